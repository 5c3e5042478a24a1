"""The book's own season: how much of a usual week each week was, for the account in the middle of the book.

Holidays hit every customer. Taken off week by week, a quiet Christmas neither looks like a decline nor hides one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from math import log, log1p

from customer_success.dataclass import dataclass
from customer_success.scoring.deriver_thresholds import TrendThresholds
from customer_success.signals.usage import (
    DailyUsage,
    Season,
    monday_on_or_before,
    mondays_followed,
    user_days_by_week,
    weeks_before,
)

SMALLEST_FACTOR = 0.05
"""A week in which the book stood still says nothing; it is not blown up by more than this."""
STEP = 0.01
"""Shares that differ by less than this count as the same: so a book of any size is counted in the same memory."""


@dataclass(frozen=True, slots=True)
class BookSeason:
    """The factor of each week before a Monday, oldest first: 1.0 is a usual week. `accounts` are those it rests on."""

    monday: date
    accounts: int
    factors: tuple[float, ...]


class SeasonTally:
    """Counts account by account how much of its own usual week each made of each week, up to a last whole day."""

    def __init__(self, until: date, thresholds: TrendThresholds) -> None:
        self._thresholds = thresholds
        newest = monday_on_or_before(until + timedelta(days=1))
        self._weeks: dict[date, tuple[Counter[int], ...]] = {
            monday: tuple(Counter() for _ in range(thresholds.weeks)) for monday in mondays_followed(newest, thresholds)
        }

    def add(self, usage: DailyUsage) -> None:
        """Count an account; one that is too small or too new for a trend of its own is no measure of a season."""
        by_week, at = user_days_by_week(usage), self._thresholds
        for monday, counted in self._weeks.items():
            weeks = weeks_before(by_week, monday, at.weeks)
            if usage.carried_since(monday, at.weeks) and sum(weeks[: at.base_weeks]) >= at.smallest_base:
                usual = sum(weeks) / len(weeks)
                for counter, week in zip(counted, weeks, strict=True):
                    counter[_step(week / usual)] += 1

    def seasons(self) -> tuple[BookSeason, ...]:
        """The season before each Monday for which the book is large enough, oldest first."""
        return tuple(
            BookSeason(monday, accounts, tuple(round(_median(counter, accounts), 4) for counter in counted))
            for monday, counted in self._weeks.items()
            if (accounts := counted[0].total()) >= self._thresholds.smallest_book
        )


def joined(
    stored: Iterable[BookSeason], found: Iterable[BookSeason], thresholds: TrendThresholds
) -> tuple[BookSeason, ...]:
    """Of each Monday the season that rests on more accounts, the one found now where both rest on as many.

    So a file about a part of the book leaves the season of the whole as it was, in any order of files.
    """
    by_monday = {season.monday: season for season in stored}
    for season in found:
        before = by_monday.get(season.monday)
        if before is None or before.accounts <= season.accounts:
            by_monday[season.monday] = season
    latest = len(mondays_followed(date.max, thresholds))
    return tuple(by_monday[monday] for monday in sorted(by_monday)[-latest:])


def settled(seasons: Sequence[BookSeason]) -> Season:
    """The seasons that are known for the book as a whole, oldest first as they come.

    A Sunday's file names few accounts: the newest season waits until it rests on half as many as the one before.
    """
    if len(seasons) > 1 and seasons[-1].accounts * 2 < seasons[-2].accounts:
        seasons = seasons[:-1]
    return {season.monday: season.factors for season in seasons}


def _step(share: float) -> int:
    return round(log(max(share, SMALLEST_FACTOR)) / log1p(STEP))


def _median(counter: Counter[int], total: int) -> float:
    lower, upper = (_at(counter, place) for place in ((total - 1) // 2, total // 2))
    return ((1 + STEP) ** lower + (1 + STEP) ** upper) / 2


def _at(counter: Counter[int], place: int) -> int:
    """The step of the account in this place, if all are ranked by their share."""
    passed = 0
    for step in sorted(counter):
        passed += counter[step]
        if passed > place:
            return step
    raise IndexError(place)
