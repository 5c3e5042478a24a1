"""How often the usage trend is wrong about an account that stands, and how soon it finds one whose usage halves.

A simulation by the product's own functions: weekends, public holidays, a Christmas fortnight, people who are away for
a week or two at a time, and who visit more or less often than others. The season is that of the simulated book.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import log
from random import Random

from rich.console import Console

from customer_success.scoring.deriver_thresholds import TrendThresholds
from customer_success.signals.derived import Derived
from customer_success.signals.season import BookSeason, SeasonTally
from customer_success.signals.usage import DAYS_STORED, DailyUsage, DayOfUsage, Season, usage_trend
from tests.benchmarks.figures import Promise, at_least, at_most, show

MOST_FALSE = 0.1
"""False entries into "declining" per stable account and year."""
LEAST_FOUND = 0.95
"""Share of accounts of ten seats whose halved usage is found within `FOUND_IN`."""
FOUND_IN = timedelta(days=28)

FIRST_MONDAY = date(2024, 1, 1)
FOLLOWED_FROM = FIRST_MONDAY + timedelta(weeks=30)
WEEKS_FOLLOWED = 52
LAST_MONDAY = FOLLOWED_FROM + timedelta(weeks=WEEKS_FOLLOWED)
DAYS = (LAST_MONDAY - FIRST_MONDAY).days

CHRISTMAS, PUBLIC_HOLIDAY, WEEKEND = 0.3, 0.05, 0.05
"""What is left of a day's usual visits."""
PUBLIC_HOLIDAYS = frozenset(
    {(1, 1), (1, 6), (4, 1), (4, 5), (5, 1), (5, 9), (5, 20), (6, 9), (10, 3), (11, 1), (12, 25), (12, 26)}
)
DAYS_BETWEEN_ABSENCES = 75
DAYS_OF_ABSENCE = (5, 7, 7, 10, 14)


@dataclass(frozen=True, slots=True)
class Size:
    """How many stable accounts of each number of seats, and how many of ten seats whose usage halves."""

    stable: tuple[tuple[int, int], ...] = ((3, 1_200), (10, 800), (30, 200), (100, 60))
    halved: int = 1_000
    followed: int = WEEKS_FOLLOWED


QUICK = Size(stable=((3, 20), (10, 20)), halved=10, followed=4)
SEATS_HALVED = 10
MOST_OF_THE_SEASON = 100
"""Accounts of each number of seats that the season rests on: as many as a book may have."""


def run(console: Console, size: Size = Size()) -> list[Promise]:
    """Simulate a book, and follow each of its accounts from Monday to Monday over a year."""
    chance = Random(20261130)
    book = {seats: [_account(seats, chance) for _ in range(accounts)] for seats, accounts in size.stable}
    season = _season([usage for accounts in book.values() for usage in accounts[:MOST_OF_THE_SEASON]])
    false = {seats: _entries_a_year(accounts, season, size.followed) for seats, accounts in book.items()}
    found = _share_found(size.halved, season, chance)
    show(
        console,
        "The usage trend over a simulated year",
        ("seats", "accounts", 'false entries into "declining"\nper account and year', "halved usage found\nin 28 days"),
        [
            (f"{seats}", f"{len(book[seats]):,}", f"{rate:.3f}", f"{found:.1%}" if seats == SEATS_HALVED else "-")
            for seats, rate in false.items()
        ],
        f"{size.halved:,} accounts whose usage halves on any day of the year",
    )
    return [
        *(
            at_most(f'{seats} seats: false entries into "declining" a year', rate, MOST_FALSE)
            for seats, rate in false.items()
        ),
        at_least(f"{SEATS_HALVED} seats: halved usage found within 28 days", found, LEAST_FOUND),
    ]


def _account(seats: int, chance: Random, *, halves_on: date | None = None) -> DailyUsage:
    """Daily usage of so many people, each as active as a person of its own; from `halves_on` on every other visit."""
    users = [0] * DAYS
    for _ in range(seats):
        activity = chance.betavariate(5, 3)
        away = set(_days_away(chance))
        for number, left in enumerate(_LEFT):
            if number not in away and chance.random() < activity * left:
                users[number] += 1
    if halves_on:
        for number in range((halves_on - FIRST_MONDAY).days, DAYS):
            users[number] = sum(chance.random() < 0.5 for _ in range(users[number]))
    days = {FIRST_MONDAY + timedelta(number): DayOfUsage(count) for number, count in enumerate(users) if count}
    return DailyUsage(days, FIRST_MONDAY)


def _days_away(chance: Random) -> Iterator[int]:
    start = 0
    while (start := start - round(DAYS_BETWEEN_ABSENCES * log(1 - chance.random()))) < DAYS:
        end = start + chance.choice(DAYS_OF_ABSENCE)
        yield from range(start, end)
        start = end


def _left(day: date) -> float:
    if day.weekday() >= 5:
        return WEEKEND
    if (day.month, day.day) in PUBLIC_HOLIDAYS:
        return PUBLIC_HOLIDAY
    at_christmas = (day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 4)
    return CHRISTMAS if at_christmas else 1.0


_LEFT = [_left(FIRST_MONDAY + timedelta(number)) for number in range(DAYS)]


def _stored(usage: DailyUsage, monday: date) -> DailyUsage:
    """What is stored of the account on a Monday."""
    days = [monday - timedelta(days=back) for back in range(1, DAYS_STORED + 1)]
    return DailyUsage({day: use for day in days if (use := usage.days.get(day))}, usage.first)


def _season(book: Sequence[DailyUsage]) -> Season:
    """The book's season before every Monday, each as its day's delivery finds it."""
    seasons: list[BookSeason] = []
    for monday in _mondays(FIRST_MONDAY + timedelta(weeks=28), LAST_MONDAY, step=16):
        tally = SeasonTally(monday - timedelta(days=1), TrendThresholds())
        for usage in book:
            tally.add(_stored(usage, monday))
        seasons += tally.seasons()
    return {season.monday: season.factors for season in seasons}


def _mondays(first: date, last: date, step: int = 1) -> list[date]:
    weeks = (last - first).days // 7
    return [last - timedelta(weeks=back) for back in range(weeks, -1, -1) if back % step == 0]


def _trend(usage: DailyUsage, monday: date, season: Season) -> str:
    found = usage_trend(_stored(usage, monday), monday - timedelta(days=1), season, TrendThresholds())
    return str(found.value) if isinstance(found, Derived) else "unknown"


def _entries_a_year(accounts: Sequence[DailyUsage], season: Season, followed: int) -> float:
    entries = 0
    for usage in accounts:
        mondays = _mondays(FOLLOWED_FROM, FOLLOWED_FROM + timedelta(weeks=followed))
        declines = [_trend(usage, monday, season) == "declining" for monday in mondays]
        entries += sum(later and not earlier for earlier, later in pairwise(declines))
    return entries / len(accounts) * WEEKS_FOLLOWED / followed


def _share_found(accounts: int, season: Season, chance: Random) -> float:
    days = (LAST_MONDAY - FOLLOWED_FROM - FOUND_IN).days
    found = 0
    for _ in range(accounts):
        halves_on = FOLLOWED_FROM + timedelta(chance.randrange(days))
        usage = _account(SEATS_HALVED, chance, halves_on=halves_on)
        mondays = [day for day in _mondays(FOLLOWED_FROM, LAST_MONDAY) if halves_on < day <= halves_on + FOUND_IN]
        found += any(_trend(usage, monday, season) in ("declining", "inactive") for monday in mondays)
    return found / accounts
