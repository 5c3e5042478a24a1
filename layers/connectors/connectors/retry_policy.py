"""The one retry layer: how often, how much later and for how long a vendor's call is tried again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from customer_success.dataclass import dataclass
from customer_success.errors import Unavailable, Unclear
from customer_success.pauses import bounded

if TYPE_CHECKING:
    from customer_success.ports import RateLimiter

Answer = TypeVar("Answer")

FIRST_PAUSE = 0.5
"""Seconds before the second try, doubled before each further one and then taken at 50 to 100 %."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Carries calls out at the shared rate limit and repeats those that may be repeated, within the time left.

    `time_left` and `sleep` are in seconds; `jitter` gives 0 to 1.
    """

    rate_limiter: RateLimiter
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
            self.rate_limiter.wait()
            tried += 1
            try:
                return request()
            except Unavailable as fault:
                if isinstance(fault, Unclear) and not repeatable:
                    fault.retry_after = bounded(fault.retry_after)
                    raise
                asked = bounded(fault.retry_after)
                if not self._paused_after(asked, tried):
                    raise Unavailable(str(fault), retry_after=asked) from fault

    def within(self, timeout: float) -> float:
        """The time that one request may take, in seconds: `timeout`, less where less is left, but at least one."""
        return min(timeout, max(1.0, self.time_left()))

    def _paused_after(self, asked: float | None, tried: int) -> bool:
        """Wait for the next try; False if there is none. A pause that the vendor `asked` for holds for all functions.

        A pause of no length counts as none: the usual backoff applies.
        """
        if asked:
            self.rate_limiter.push_back(asked)
        pause = asked or self._backoff(tried)
        if tried == self.tries or pause >= self.time_left():
            return False
        if not asked:
            self.sleep(pause)
        return True

    def _backoff(self, tried: int) -> float:
        longest = FIRST_PAUSE * 2.0 ** (tried - 1)
        return longest * (0.5 + self.jitter() / 2)
