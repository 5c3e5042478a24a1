"""The rate limiter of a command on a person's machine: nothing else shares it."""

from __future__ import annotations

import time
from collections.abc import Callable

from customer_success.ports import LONGEST_PAUSE


class LocalRateLimiter:
    """`RateLimiter` in this process: at most `per_second` calls a second, evenly spread, and none while a pause lasts.

    `clock` is in seconds and never goes back; `sleep` waits for seconds.
    """

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next_free = clock()

    def wait(self) -> None:
        """As the port says; it never runs out of time."""
        now = self._clock()
        slot = max(now, self._next_free)
        self._next_free = slot + self._interval
        if slot > now:
            self._sleep(slot - now)

    def push_back(self, seconds: float) -> None:
        """As the port says; a pause only ever moves the next slot back."""
        self._next_free = max(self._next_free, self._clock() + min(seconds, LONGEST_PAUSE))
