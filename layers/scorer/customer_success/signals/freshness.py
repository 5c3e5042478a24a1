"""Whether a feed is alive: freshness is of its deliveries, not of the values that they bring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Annotated

from pydantic import Field

from customer_success.dataclass import dataclass
from customer_success.schemas import is_empty
from customer_success.scoring.deriver_thresholds import FreshDays
from customer_success.signals.adoption import ExpectedFeatures
from customer_success.signals.kinds import Kind
from customer_success.signals.season import BookSeason, settled
from customer_success.signals.slots import SlotName
from customer_success.signals.stamped import Stamp
from customer_success.signals.usage import Season

DELIVERIES_STORED = 6
"""Deliveries that are remembered of a feed: five intervals say how often it usually comes."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One source of one kind: when it delivered, and what it covers.

    `deliveries` are the latest times of arrival, oldest first, one a day. `last_whole_day` is the newest day that its
    lines speak of, `snapshot` the stamp of its latest complete file. `lines` and `joined` count the accounts that it
    named, and those of them that are in the book. `seasons` are the book's own before
    each of the latest Mondays, `expected` the features that are expected of each plan.
    """

    kind: Kind
    source: str
    deliveries: tuple[datetime, ...] = ()
    last_whole_day: date | None = None
    snapshot: Stamp | None = None
    named: int = 0
    joined: int = 0
    seasons: Annotated[tuple[BookSeason, ...], Field(exclude_if=is_empty)] = ()
    expected: Annotated[ExpectedFeatures | None, Field(exclude_if=is_empty)] = None

    @property
    def season(self) -> Season:
        """The season of the book that the feed covers, where it is large enough."""
        return settled(self.seasons)

    @property
    def slot(self) -> SlotName:
        return SlotName(self.kind, self.source)

    def fresh_for(self, thresholds: FreshDays) -> timedelta:
        """How long after its last delivery the feed is fresh: its kind's days, or twice its usual interval."""
        usual = thresholds.intervals * _usual_interval(self.deliveries)
        return min(max(timedelta(days=days_of(self.kind, thresholds)), usual), timedelta(days=thresholds.longest))

    def late_on(self, day: date, thresholds: FreshDays) -> bool:
        """True if nothing was delivered for too long before `day`; NPS and contracts hold as long as their answers."""
        if self.kind in ("nps", "contracts", "outcomes", "ids"):
            return False
        return not self.deliveries or day - self.deliveries[-1].date() > self.fresh_for(thresholds)

    def counts_first_on(self, day: date, thresholds: FreshDays) -> bool:
        """True if the feed goes before what people typed: while it is not late.

        The terms of a contract are never late; of a feed that delivered none for long, typed ones go before them.
        """
        if self.kind == "contracts":
            return bool(self.deliveries) and (day - self.deliveries[-1].date()).days <= thresholds.longest
        return not self.late_on(day, thresholds)

    def after(self, arrived_at: datetime) -> tuple[datetime, ...]:
        """The deliveries with another one: of each day the last, in any order of processing."""
        by_day = {found.date(): found for found in sorted((*self.deliveries, arrived_at))}
        return tuple(by_day.values())[-DELIVERIES_STORED:]


def days_of(kind: Kind, thresholds: FreshDays) -> int:
    """The days for which a feed of this kind is fresh at least."""
    match kind:
        case "usage":
            return thresholds.usage
        case "tickets":
            return thresholds.tickets
        case "invoices":
            return thresholds.invoices
        case "features":
            return thresholds.features
        case "touchpoints":
            return thresholds.touchpoints
        case _:
            return thresholds.typed


def _usual_interval(deliveries: Sequence[datetime]) -> timedelta:
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(deliveries)]
    return timedelta(seconds=median(gaps) if gaps else 0)
