"""What daily usage says: the trend, the days between logins, the seats in use.

Every function is pure and looks at whole days up to the feed's last whole day, never at today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from math import sqrt

from customer_success.dataclass import dataclass
from customer_success.schemas import UsageTrend
from customer_success.scoring.deriver_thresholds import LoginThresholds, TrendThresholds
from customer_success.signals.derived import Derived, NotEnough

DAYS_STORED = 200
"""Days of daily usage that are stored of an account: twelve weeks of a trend, and the Mondays it is followed over."""
MOST_SEATS_RATE = 2.0
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DayOfUsage:
    """One day of an account: its active users, and the events that they made."""

    active_users: int
    events: int = 0

    @property
    def silent(self) -> bool:
        return not self.active_users and not self.events


@dataclass(frozen=True, slots=True)
class DailyUsage:
    """The daily usage of one account by one feed.

    `days` holds what was delivered for each day; a day without a line is a day without usage. `first` is the first day
    that the feed ever carried the account, which may lie before the first of `days`.
    """

    days: Mapping[date, DayOfUsage]
    first: date | None = None

    def carried_since(self, monday: date, weeks: int) -> bool:
        """True if the feed carried the account for all of the weeks before `monday`."""
        return self.first is not None and self.first <= monday - weeks * _WEEK

    def users_on(self, day: date) -> int:
        found = self.days.get(day)
        return found.active_users if found else 0

    def user_days(self, until: date, days: int) -> int:
        """The sum of each day's active users over the `days` that end with `until`."""
        return sum(self.users_on(until - timedelta(days=back)) for back in range(days))

    def last_active(self, until: date) -> date | None:
        """The last day with usage up to `until`."""
        return max((day for day, use in self.days.items() if day <= until and not use.silent), default=None)

    def peak(self, until: date, days: int) -> int:
        """The most active users of a day within the `days` that end with `until`."""
        return max(self.users_on(until - timedelta(days=back)) for back in range(days))


Season = Mapping[date, Sequence[float]]
"""The book's factor of each of the weeks before a Monday, oldest first; a Monday without any has no season."""


def user_days_by_week(usage: DailyUsage) -> dict[date, int]:
    """The user-days of each week with usage, by the week's Monday."""
    by_week: dict[date, int] = {}
    for day, use in usage.days.items():
        monday = monday_on_or_before(day)
        by_week[monday] = by_week.get(monday, 0) + use.active_users
    return by_week


def weeks_before(by_week: Mapping[date, int], monday: date, weeks: int) -> list[int]:
    """The user-days of each of the whole weeks before `monday`, oldest first."""
    return [by_week.get(monday - back * _WEEK, 0) for back in range(weeks, 0, -1)]


def mondays_followed(newest: date, thresholds: TrendThresholds) -> list[date]:
    """The Mondays that a trend is followed over, oldest first: those before which all of its weeks are stored."""
    # The newest day that is stored may lie up to six days after the newest Monday's last week.
    most = (DAYS_STORED - 6 - thresholds.weeks * 7) // 7
    return [newest - back * _WEEK for back in range(most, -1, -1)]


def usage_trend(
    usage: DailyUsage, until: date, season: Season, thresholds: TrendThresholds
) -> Derived[UsageTrend] | NotEnough:
    """Whether an account's usage grows, falls, stands or has stopped, as of the feed's last whole day `until`.

    The trend is followed from Monday to Monday over what is stored, so that it begins late and ends early: an account
    that wavers around a threshold keeps its trend. More usage in the recent weeks never makes it worse: the scatter is
    that of the base weeks alone.
    """
    last = usage.last_active(until)
    if last is None or usage.first is None:
        return NotEnough("this feed has never carried the account")
    if (until - last).days >= thresholds.inactive_days:
        return Derived("inactive", f"no event since {last}")
    newest = _newest_monday(until, season)
    if not usage.carried_since(newest, thresholds.weeks):
        return NotEnough(f"usage since {usage.first}, a trend takes {thresholds.weeks * 7} days")
    by_week, comparison, followed = user_days_by_week(usage), None, _Followed()
    for monday in mondays_followed(newest, thresholds):
        if usage.carried_since(monday, thresholds.weeks):
            comparison = _compare(weeks_before(by_week, monday, thresholds.weeks), season.get(monday), thresholds)
            followed = followed.after(comparison, thresholds)
    if comparison is None:
        return NotEnough(f"fewer than {thresholds.smallest_base} user-days in the {thresholds.base_weeks} base weeks")
    return Derived(followed.trend, f"{comparison.change:+.0%} in {thresholds.recent_weeks} weeks")


def login_frequency_days(
    usage: DailyUsage, until: date, seats: float | None, thresholds: LoginThresholds
) -> Derived[float] | NotEnough:
    """Days between logins of an average seat: seats × days / user-days, at least the days since the last active day.

    Seats are those that were bought, else the peak of active users.
    """
    last = usage.last_active(until)
    if last is None:
        if usage.first is None:
            return NotEnough("this feed has never carried the account")
        return Derived(float(thresholds.longest), f"no login in {thresholds.longest} days")
    idle = (until - last).days
    if idle >= thresholds.longest:
        return Derived(float(thresholds.longest), f"no login in {thresholds.longest} days")
    user_days = usage.user_days(until, thresholds.days)
    if not user_days:
        return Derived(float(idle), f"last login on {last}")
    counted = seats or usage.peak(until, thresholds.longest)
    between = max(counted * thresholds.days / user_days, float(idle))
    return Derived(round(min(between, thresholds.longest), 1), f"{user_days} user-days in {thresholds.days} days")


def seats_utilization_rate(
    usage: DailyUsage, until: date, seats: float | None, distinct_users: int | None, thresholds: LoginThresholds
) -> Derived[float] | NotEnough:
    """Users per seat bought: distinct users where the feed counts them, else the peak of a day."""
    if not seats:
        return NotEnough("the seats bought are unknown")
    if usage.first is None:
        return NotEnough("this feed has never carried the account")
    users = usage.peak(until, thresholds.days) if distinct_users is None else distinct_users
    return Derived(round(min(users / seats, MOST_SEATS_RATE), 4), f"{users} of {seats:g} seats")


@dataclass(frozen=True, slots=True)
class _Comparison:
    """The recent weeks against the base weeks, with the standard error of that change; so for the sudden weeks."""

    change: float
    error: float
    sudden_change: float
    sudden_error: float


@dataclass(frozen=True, slots=True)
class _Followed:
    """A trend on a Monday, and for how many Mondays in a row it has spoken for a fall or growth."""

    trend: UsageTrend = "stable"
    falls: int = 0
    rises: int = 0

    def after(self, seen: _Comparison | None, at: TrendThresholds) -> _Followed:
        """The trend a Monday later. A Monday that cannot be assessed begins anew."""
        if seen is None:
            return _Followed()
        falls = self.falls + 1 if seen.change <= -max(at.change, at.standard_errors * seen.error) else 0
        rises = self.rises + 1 if seen.change >= max(at.change, at.standard_errors * seen.error) else 0
        sudden = seen.sudden_change <= -max(at.sudden_fall, at.sudden_standard_errors * seen.sudden_error)
        return _Followed(self._next(seen, falls >= at.mondays or sudden, rises >= at.mondays, at), falls, rises)

    def _next(self, seen: _Comparison, falling: bool, rising: bool, at: TrendThresholds) -> UsageTrend:
        if falling:
            return "declining"
        if rising:
            return "growing"
        still_falls = self.trend == "declining" and seen.change <= -at.end
        still_rises = self.trend == "growing" and seen.change >= at.end
        return self.trend if still_falls or still_rises else "stable"


def _compare(weeks: Sequence[int], season: Sequence[float] | None, at: TrendThresholds) -> _Comparison | None:
    """None where the base is too small.

    A week counts by what the season leaves of it: a change is user-days per usual week against user-days per usual
    week, so that a Christmas week with a third of the usual visits weighs a third, and its chance is not blown up.
    The error is that of counts, by the scatter of the account's own base weeks around what the season lets expect.
    """
    factors = season if season and len(season) == len(weeks) else (1.0,) * len(weeks)
    base, usual = weeks[: at.base_weeks], factors[: at.base_weeks]
    if sum(base) < max(at.smallest_base, 1):
        return None
    rate = sum(base) / sum(usual)
    deviations = ((week - rate * factor) ** 2 / (rate * factor) for week, factor in zip(base, usual, strict=True))
    dispersion = max(sum(deviations) / (at.base_weeks - 1), at.dispersion**2)

    def change(recent: int) -> tuple[float, float]:
        left = sum(factors[-recent:])
        return sum(weeks[-recent:]) / left / rate - 1, sqrt(dispersion * (1 / left + 1 / sum(usual)) / rate)

    return _Comparison(*change(at.recent_weeks), *change(at.sudden_weeks))


def _newest_monday(until: date, season: Season) -> date:
    """The newest Monday that can be assessed: the one before, while the book's season of the last week is to come.

    Else a quiet week of everybody would look like a decline until it is known that it was everybody's.
    """
    newest = monday_on_or_before(until + timedelta(days=1))
    return newest - _WEEK if newest not in season and newest - _WEEK in season else newest


def monday_on_or_before(day: date) -> date:
    return day - timedelta(days=day.weekday())
