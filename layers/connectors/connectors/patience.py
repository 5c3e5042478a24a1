"""The one retry layer: how often, how much later and for how long a vendor's call is tried again."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar

from customer_success.errors import Unavailable, Unclear
from customer_success.ports import Pace

Answer = TypeVar("Answer")

FIRST_PAUSE = 0.5
"""Seconds before the second try, doubled before each further one and then taken at 50 to 100 %."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Carries calls out at the shared pace and repeats those that may be repeated, within the time left.

    `time_left` and `sleep` are in seconds; `jitter` gives 0 to 1.
    """

    pace: Pace
    time_left: Callable[[], float]
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    tries: int = 4

    def call(self, request: Callable[[], Answer], *, repeatable: bool) -> Answer:
        """Carry `request` out.

        It raises `Unavailable` when the vendor surely did nothing, `Unclear` when it may have. The first is
        tried again in any case, the second only where `repeatable` says that this is safe: raises `Unclear`
        where it is not, else `Unavailable` when tries or time are used up.
        """
        tried = 0
        while True:
            self.pace.wait()
            tried += 1
            try:
                return request()
            except Unavailable as fault:
                if isinstance(fault, Unclear) and not repeatable:
                    raise
                if not self._paused_after(fault, tried):
                    raise Unavailable(str(fault), retry_after=fault.retry_after) from fault

    def within(self, timeout: float) -> float:
        """The time that one request may take, in seconds: `timeout`, less where less is left, but at least one."""
        return min(timeout, max(1.0, self.time_left()))

    def _paused_after(self, fault: Unavailable, tried: int) -> bool:
        """Wait for the next try; False if there is none. A pause that the vendor named is told to all."""
        if fault.retry_after is not None:
            self.pace.push_back(fault.retry_after)
        pause = fault.retry_after if fault.retry_after is not None else self._backoff(tried)
        if tried == self.tries or pause >= self.time_left():
            return False
        if fault.retry_after is None:
            self.sleep(pause)
        return True

    def _backoff(self, tried: int) -> float:
        longest = FIRST_PAUSE * 2.0 ** (tried - 1)
        return longest * (0.5 + self.jitter() / 2)


def seconds_asked(retry_after: str | None) -> float | None:
    """The pause a `Retry-After` header asks for, from its seconds or its date; None if it names none."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        return _seconds_until(retry_after)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds_until(http_date: str) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(http_date).timestamp() - time.time())
    except ValueError:
        return None
