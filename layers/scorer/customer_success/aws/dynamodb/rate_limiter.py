"""The rate limit at which all functions together may call a vendor: one item holds the next free slot."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from customer_success.aws.dynamodb.items import number
from customer_success.aws.dynamodb.table import ConditionNotMetError, Table
from customer_success.errors import OutOfTime
from customer_success.ports import LONGEST_PAUSE


class DynamoRateLimiter:
    """`RateLimiter` in the table. `time_left` gives the seconds that the function may still wait.

    The slot only ever moves forward, so what this instance saw last is a lower bound: as long as no other
    instance calls the vendor, one conditional write takes a slot; a refused one brings the slot as it is now.

    A slot that lies further ahead than the longest pause and one interval was never asked for by any vendor: it
    counts as free, so that no mistake silences the functions for longer.
    """

    def __init__(
        self,
        table: Table,
        vendor: str,
        *,
        per_second: float,
        time_left: Callable[[], float],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._table = table
        self._vendor = vendor
        self._interval = 1 / per_second
        self._time_left = time_left
        self._clock = clock
        self._sleep = sleep
        self._next_free = 0.0

    def wait(self) -> None:
        """As the port says; a slot beyond the time left is not used up."""
        while True:
            now = self._clock()
            slot = self._next_free if now < self._next_free <= self._furthest(now) else now
            wait = slot - now
            if wait > self._time_left():
                raise OutOfTime(f"the next call to {self._vendor} may be made in {wait:.1f} s", retry_after=wait)
            if self._move_on(slot + self._interval, from_at_most=slot):
                self._sleep(wait)
                return

    def push_back(self, seconds: float) -> None:
        """As the port says; what is no length of time is no pause."""
        if not math.isfinite(seconds) or seconds <= 0:
            return
        until = self._clock() + min(seconds, LONGEST_PAUSE)
        self._move_on(until, from_at_most=until)

    def _move_on(self, to: float, *, from_at_most: float) -> bool:
        """Move the next free slot, unless it lies later than `from_at_most`, and may; notes where it lies now."""
        key = self._table.key("PACE", self._vendor, "SLOT")
        try:
            self._table.put(
                {**key.attributes, "next_free": number(to)},
                condition="attribute_not_exists(#pk) OR #next_free <= :latest OR #next_free > :furthest",
                given={"latest": number(from_at_most), "furthest": number(self._furthest(self._clock()))},
            )
        except ConditionNotMetError as refused:
            self._next_free = float((refused.item or {})["next_free"]["N"])
            return False
        self._next_free = round(to, 3)
        return True

    def _furthest(self, now: float) -> float:
        """Where the next free slot lies at most: behind the longest pause, after one more call."""
        return now + LONGEST_PAUSE + self._interval
