"""The one retry layer: how often, how much later and for how long a vendor's call is tried again."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TypeVar

from customer_success.errors import Unavailable, Unclear
from customer_success.ports import LONGEST_PAUSE, Pace

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
                    fault.retry_after = _bounded(fault.retry_after)
                    raise
                asked = _bounded(fault.retry_after)
                if not self._paused_after(asked, tried):
                    raise Unavailable(str(fault), retry_after=asked) from fault

    def within(self, timeout: float) -> float:
        """The time that one request may take, in seconds: `timeout`, less where less is left, but at least one."""
        return min(timeout, max(1.0, self.time_left()))

    def _paused_after(self, asked: float | None, tried: int) -> bool:
        """Wait for the next try; False if there is none. A pause that the vendor `asked` for is told to all.

        One of no length is none: the vendor is spared as if it had named none.
        """
        if asked:
            self.pace.push_back(asked)
        pause = asked or self._backoff(tried)
        if tried == self.tries or pause >= self.time_left():
            return False
        if not asked:
            self.sleep(pause)
        return True

    def _backoff(self, tried: int) -> float:
        longest = FIRST_PAUSE * 2.0 ** (tried - 1)
        return longest * (0.5 + self.jitter() / 2)


def seconds_asked(retry_after: str | None) -> float | None:
    """The pause a `Retry-After` header asks for, from its seconds or its date; None if it names none.

    It is never longer than `LONGEST_PAUSE`: what asks for years is a mistake, and would silence us for as long.
    """
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        return _bounded(_seconds_until(retry_after))
    # More digits than a float holds are a long pause all the same; "inf" is none.
    return LONGEST_PAUSE if seconds == math.inf and retry_after.strip().lstrip("+")[0].isdigit() else _bounded(seconds)


def _seconds_until(http_date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(http_date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _bounded(seconds: float | None) -> float | None:
    """A pause that may be waited for; None for what is no number."""
    if seconds is None or not math.isfinite(seconds):
        return None
    return min(max(0.0, seconds), LONGEST_PAUSE)
