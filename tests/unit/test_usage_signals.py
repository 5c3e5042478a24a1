"""What daily usage says, against histories worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_success.schemas import UsageTrend
from customer_success.scoring.deriver_thresholds import LoginThresholds, TrendThresholds
from customer_success.signals.derived import Derived, NotEnough
from customer_success.signals.season import BookSeason, SeasonTally, joined, settled
from customer_success.signals.usage import (
    DailyUsage,
    DayOfUsage,
    Season,
    login_frequency_days,
    mondays_followed,
    seats_utilization_rate,
    usage_trend,
)

SUNDAY = date(2026, 3, 1)
"""The feed's last whole day: the evaluation looks at whole weeks up to it."""
MONDAY = SUNDAY + timedelta(days=1)
AT, LOGINS = TrendThresholds(), LoginThresholds()
NO_SEASON: Season = {}
ORDER: list[UsageTrend] = ["inactive", "declining", "stable", "growing"]


def history(users: Callable[[int], int], days: int = 200, first: date | None = None) -> DailyUsage:
    """A history of `days` days that ends on `SUNDAY`; `users` gives the active users of a day by its age in days."""
    by_day = {SUNDAY - timedelta(days=age): DayOfUsage(users(age)) for age in range(days) if users(age)}
    return DailyUsage(by_day, first or min(by_day, default=None))


def on_weekdays(users: int) -> Callable[[int], int]:
    """So many users from Monday to Friday: the age 0 is a Sunday."""
    return lambda age: 0 if age % 7 in (0, 1) else users


def trend_of(usage: DailyUsage, until: date = SUNDAY, season: Season = NO_SEASON) -> UsageTrend | str:
    found = usage_trend(usage, until, season, AT)
    return found.value if isinstance(found, Derived) else found.reason


@pytest.mark.parametrize(
    ("users", "trend"),
    [
        pytest.param(on_weekdays(10), "stable", id="ten users on every weekday"),
        pytest.param(lambda age: on_weekdays(10 if age >= 28 else 5)(age), "declining", id="half for four weeks"),
        pytest.param(lambda age: on_weekdays(10 if age >= 21 else 5)(age), "declining", id="half for three weeks"),
        pytest.param(lambda age: on_weekdays(10 if age >= 7 else 5)(age), "stable", id="half for one week alone"),
        pytest.param(lambda age: on_weekdays(10 if age >= 28 else 9)(age), "stable", id="a tenth less"),
        pytest.param(lambda age: on_weekdays(10 if age >= 35 else 14)(age), "growing", id="two fifths more"),
        pytest.param(lambda age: on_weekdays(10)(age) if age >= 28 else 0, "inactive", id="daily use, then silence"),
        pytest.param(lambda age: on_weekdays(10)(age) if age >= 26 else 0, "declining", id="nearly four silent weeks"),
    ],
)
def test_the_trend_of_a_history(users: Callable[[int], int], trend: UsageTrend) -> None:
    assert trend_of(history(users)) == trend


def test_a_fall_of_a_quarter_takes_two_mondays() -> None:
    # GIVEN thirty users, and twenty-one from the last four weeks on
    fell = history(lambda age: on_weekdays(30 if age >= 28 else 21)(age))
    # THEN the first Monday that sees it says nothing yet, the second does
    assert trend_of(fell) == "stable"
    assert trend_of(later(fell, on_weekdays(21), 7), SUNDAY + timedelta(days=7)) == "declining"


def test_a_decline_ends_when_most_of_it_is_made_up_for() -> None:
    # GIVEN an account that fell to two thirds
    fallen = history(lambda age: on_weekdays(30 if age >= 42 else 20)(age))
    assert trend_of(fallen) == "declining"
    # WHEN usage comes back a little, it still declines; once it is within a tenth, it is stable
    assert trend_of(later(fallen, on_weekdays(21), 7), SUNDAY + timedelta(days=7)) == "declining"
    assert trend_of(later(fallen, on_weekdays(32), 28), SUNDAY + timedelta(days=28)) == "stable"


def later(usage: DailyUsage, users: Callable[[int], int], days: int) -> DailyUsage:
    """The history, `days` days later."""
    added = {SUNDAY + timedelta(days=days - age): DayOfUsage(users(age)) for age in range(days) if users(age)}
    return DailyUsage({**usage.days, **added}, usage.first)


@pytest.mark.parametrize(
    ("usage", "reason"),
    [
        pytest.param(DailyUsage({}), "this feed has never carried the account", id="never carried"),
        pytest.param(history(on_weekdays(10), days=80), "a trend takes 84 days", id="too young"),
        pytest.param(history(lambda age: age % 7 == 3), "fewer than 20 user-days", id="too small"),
    ],
)
def test_too_little_for_a_trend(usage: DailyUsage, reason: str) -> None:
    found = usage_trend(usage, SUNDAY, {}, AT)
    assert isinstance(found, NotEnough)
    assert reason in found.reason


def test_a_feed_that_stopped_gives_its_last_value() -> None:
    """The feed's last whole day counts, not today: silence after it is the feed's, not the customer's."""
    usage = history(on_weekdays(10))
    assert trend_of(usage, SUNDAY) == "stable"
    assert trend_of(usage, SUNDAY + timedelta(days=28)) == "inactive"


def test_a_quiet_fortnight_of_the_whole_book_is_a_season() -> None:
    # GIVEN a book in which everybody is away for two weeks, and one account that also lost half of its users
    def away(users: int) -> Callable[[int], int]:
        return lambda age: on_weekdays(users * 3 // 10 if age < 14 else users)(age)

    book = [history(away(users)) for users in range(10, 40)]
    half = history(lambda age: away(20)(age) if age >= 28 else away(10)(age))
    # THEN without a season all would decline; with it that one alone
    season = {found.monday: found.factors for found in seasons_of(book)}
    assert trend_of(book[10]) == "declining"
    assert trend_of(book[10], season=season) == "stable"
    assert trend_of(half, season=season) == "declining"


def seasons_of(book: Iterable[DailyUsage]) -> tuple[BookSeason, ...]:
    tally = SeasonTally(SUNDAY, AT)
    for usage in book:
        tally.add(usage)
    return tally.seasons()


def test_the_season_is_that_of_the_account_in_the_middle() -> None:
    # GIVEN one Monday's twelve weeks, the last at half of the usual for most of the book, and none for some of it
    half = [history(lambda age: on_weekdays(10 if age >= 7 else 5)(age), days=84)] * 14
    none = [history(lambda age: on_weekdays(10)(age) if age >= 7 else 0, days=84, first=half[0].first)] * 10
    [found] = seasons_of([*half, *none])
    # THEN it is half of a usual week, where a usual one is a twelfth of all twelve
    assert (found.monday, found.accounts) == (MONDAY, 24)
    assert found.factors == pytest.approx((12 / 11.5,) * 11 + (6 / 11.5,), rel=0.006)


def test_a_small_book_has_no_season() -> None:
    assert seasons_of([history(on_weekdays(10))] * 19) == ()
    # AND accounts that are too small or too new for a trend of their own make it no larger
    small, new = history(lambda age: age % 7 == 3), history(on_weekdays(10), days=80)
    assert seasons_of([history(on_weekdays(10))] * 19 + [small, new]) == ()


def test_the_season_that_rests_on_more_accounts_wins() -> None:
    few, many = BookSeason(MONDAY, 20, (1.0,) * 12), BookSeason(MONDAY, 400, (0.5,) * 12)
    assert joined([few], [many], AT) == joined([many], [few], AT) == (many,)
    # AND only as many Mondays stay as a trend is followed over
    mondays = [BookSeason(MONDAY - timedelta(days=7 * back), 20, (1.0,) * 12) for back in range(20)]
    assert [season.monday for season in joined(mondays, [many], AT)] == mondays_followed(MONDAY, AT)


def test_the_week_before_the_sudden_weeks_is_no_base_of_theirs() -> None:
    """Else more usage in it would make the fall after it look deeper."""
    # GIVEN a fall to two thirds for three weeks, and a week before it with twice the usual usage
    fell = history(lambda age: on_weekdays(10 if age >= 21 else 7)(age))
    peak = history(lambda age: on_weekdays(20 if 21 <= age < 28 else 10 if age >= 21 else 7)(age))
    assert (trend_of(fell), trend_of(peak)) == ("stable", "stable")


def test_a_week_of_few_usual_visits_weighs_little() -> None:
    # GIVEN a fortnight in which the book makes a tenth of its visits, and an account makes none by chance
    usual, holiday = 12 / 10.2, 1.2 / 10.2
    season = {MONDAY: (usual,) * 10 + (holiday,) * 2}
    none = history(lambda age: on_weekdays(2)(age) if age >= 14 else 0)
    # THEN those two weeks say nothing of the two before them
    assert trend_of(none) == "declining"
    assert trend_of(none, season=season) == "stable"


@pytest.mark.parametrize(("accounts", "newest"), [(199, MONDAY - timedelta(days=7)), (200, MONDAY)])
def test_the_newest_season_waits_until_half_of_the_book_speaks(accounts: int, newest: date) -> None:
    whole = BookSeason(MONDAY - timedelta(days=7), 400, (1.0,) * 12)
    assert max(settled([whole, BookSeason(MONDAY, accounts, (1.0,) * 12)])) == newest


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 30), min_size=112, max_size=200),
    st.lists(st.integers(0, 30), min_size=28, max_size=28),
    st.lists(st.floats(0.05, 2), min_size=12, max_size=12),
)
def test_more_usage_in_the_recent_weeks_never_makes_the_trend_worse(
    users: list[int], more: list[int], factors: list[float]
) -> None:
    season: Season = {MONDAY: factors}
    usage = history(lambda age: users[age], len(users), first=SUNDAY - timedelta(days=len(users) - 1))
    raised = [count + extra for count, extra in zip(users, [*more, *[0] * len(users)], strict=False)]
    grown = history(lambda age: raised[age], len(users), first=usage.first)
    before, after = usage_trend(usage, SUNDAY, season, AT), usage_trend(grown, SUNDAY, season, AT)
    if isinstance(before, Derived) and isinstance(after, Derived):
        assert ORDER.index(after.value) >= ORDER.index(before.value)


@pytest.mark.parametrize(
    ("usage", "seats", "days"),
    [
        pytest.param(history(on_weekdays(10)), 10, 2.0, id="ten seats in daily use: the last login was on Friday"),
        pytest.param(history(on_weekdays(5)), 10, 2.8, id="half of the seats"),
        pytest.param(history(on_weekdays(5)), None, 2.0, id="no seats known: the peak of users"),
        pytest.param(history(lambda age: 4 if age == 20 else 0), 4, 28.0, id="once in four weeks"),
        pytest.param(history(lambda age: 4 if age == 40 else 0), 4, 40.0, id="last login forty days ago"),
        pytest.param(history(lambda age: 4 if age == 95 else 0), 4, 90.0, id="none in ninety days is no unknown"),
        pytest.param(history(lambda age: 1 if age == 0 else 0), 500, 90.0, id="never more than ninety"),
    ],
)
def test_the_days_between_logins_of_an_average_seat(usage: DailyUsage, seats: float | None, days: float) -> None:
    found = login_frequency_days(usage, SUNDAY, seats, LOGINS)
    assert isinstance(found, Derived)
    assert found.value == days


@pytest.mark.parametrize(("seats", "distinct", "rate"), [(10, None, 0.8), (10, 9, 0.9), (8, None, 1.0), (2, None, 2.0)])
def test_seats_in_use_per_seat_bought(seats: float, distinct: int | None, rate: float) -> None:
    found = seats_utilization_rate(history(on_weekdays(8)), SUNDAY, seats, distinct, LOGINS)
    assert isinstance(found, Derived)
    assert found.value == rate


def test_without_bought_seats_nothing_is_stated_of_their_use() -> None:
    assert seats_utilization_rate(history(on_weekdays(8)), SUNDAY, None, None, LOGINS) == NotEnough(
        "the seats bought are unknown"
    )
