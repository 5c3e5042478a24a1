"""The book's own season: how much of a usual week each week was, for the account in the middle of the book.

Holidays hit every customer. Taken off week by week, a quiet Christmas neither looks like a decline nor hides one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from statistics import median

from customer_success.scoring.deriver_thresholds import TrendThresholds
from customer_success.signals.usage import DailyUsage, weekly_user_days

SMALLEST_FACTOR = 0.05
"""A week in which the book stood still says nothing; it is not blown up by more than this."""

Factors = tuple[float, ...]


def season_of(book: Collection[DailyUsage], monday: date, thresholds: TrendThresholds) -> Factors | None:
    """The factor of each week before `monday`, oldest first: 1.0 is a usual week.

    None where fewer than `smallest_book` accounts are large enough for a trend of their own: so small a book is no
    measure of a season.
    """
    weeks = thresholds.base_weeks + thresholds.recent_weeks
    shares = [
        _shares(sums)
        for usage in book
        if usage.carried_since(monday, weeks)
        and sum((sums := weekly_user_days(usage, monday, weeks))[: thresholds.base_weeks]) >= thresholds.smallest_base
    ]
    if len(shares) < thresholds.smallest_book:
        return None
    return tuple(max(median(week), SMALLEST_FACTOR) for week in zip(*shares, strict=True))


def _shares(sums: Sequence[float]) -> list[float]:
    mean = sum(sums) / len(sums)
    return [week / mean for week in sums]
