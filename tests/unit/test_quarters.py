"""Quarters as reviews count them, and the one moment at which the whole world is on a quarter's first day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from customer_success.periods import Quarter, run_date


@pytest.mark.parametrize(
    ("last_day", "label", "following"),
    [
        (date(2026, 3, 31), "Q1 2026", "Q2 2026"),
        (date(2026, 6, 30), "Q2 2026", "Q3 2026"),
        (date(2026, 9, 30), "Q3 2026", "Q4 2026"),
        (date(2026, 12, 31), "Q4 2026", "Q1 2027"),
    ],
)
def test_a_quarter_ends_on_its_last_day_and_the_next_begins_the_day_after(
    last_day: date, label: str, following: str
) -> None:
    quarter, after = Quarter.of(last_day), Quarter.of(last_day + timedelta(days=1))
    assert (str(quarter), str(after)) == (label, following)
    assert (quarter.last, after.first) == (last_day, last_day + timedelta(days=1))
    assert after.previous == quarter


@pytest.mark.parametrize(
    ("year", "days"), [(2023, 90), (2024, 91), (2025, 90), (2100, 90)], ids=["plain", "leap", "plain too", "century"]
)
def test_the_leap_day_lies_in_the_first_quarter(year: int, days: int) -> None:
    first = Quarter(year, 1)
    assert (first.last - first.first).days + 1 == days
    assert str(Quarter.of(date(2024, 2, 29))) == "Q1 2024"


def test_quarters_cover_every_day_once_and_lie_in_order() -> None:
    # GIVEN every day of five years, with a leap year among them
    days = [date(2023, 1, 1) + timedelta(days=n) for n in range(5 * 365 + 1)]
    # THEN each lies within its quarter, of its year, and quarters follow each other as the days do
    quarters = [Quarter.of(day) for day in days]
    assert all(q.first <= day <= q.last and q.year == day.year for q, day in zip(quarters, days, strict=True))
    assert quarters == sorted(quarters)
    assert len(set(quarters)) == 20


ZONES = ["America/Los_Angeles", "UTC", "Asia/Tokyo"]


@pytest.mark.parametrize("month", [1, 4, 7, 10])
@pytest.mark.parametrize("timezone", ZONES)
def test_the_quarters_tick_at_noon_utc_is_the_same_date_from_los_angeles_to_tokyo(month: int, timezone: str) -> None:
    # GIVEN the rule's tick at 12:00 UTC on the first day of a quarter
    tick = datetime(2026, month, 1, 12, tzinfo=UTC)
    # THEN the run date is that very day, and so the quarter and the one it reviews are the same
    on = run_date(tick, timezone)
    assert on == date(2026, month, 1)
    assert (Quarter.of(on).first, Quarter.of(on).previous.last) == (on, on - timedelta(days=1))


@pytest.mark.parametrize(
    ("time", "timezone", "label"),
    [
        # Midnight of a quarter's end, a second before and at it: standard time, summer time, and the other hemisphere.
        ("2026-01-01T07:59:59+00:00", "America/Los_Angeles", "Q4 2025"),
        ("2026-01-01T08:00:00+00:00", "America/Los_Angeles", "Q1 2026"),
        ("2026-04-01T06:59:59+00:00", "America/Los_Angeles", "Q1 2026"),
        ("2026-04-01T07:00:00+00:00", "America/Los_Angeles", "Q2 2026"),
        ("2026-07-01T06:59:59+00:00", "America/Los_Angeles", "Q2 2026"),
        ("2026-10-01T07:00:00+00:00", "America/Los_Angeles", "Q4 2026"),
        ("2025-12-31T10:59:59+00:00", "Pacific/Auckland", "Q4 2025"),
        ("2025-12-31T11:00:00+00:00", "Pacific/Auckland", "Q1 2026"),
        ("2026-03-31T10:59:59+00:00", "Pacific/Auckland", "Q1 2026"),
        ("2026-03-31T11:00:00+00:00", "Pacific/Auckland", "Q2 2026"),
        ("2026-06-30T11:59:59+00:00", "Pacific/Auckland", "Q2 2026"),
        ("2026-06-30T12:00:00+00:00", "Pacific/Auckland", "Q3 2026"),
        ("2026-09-30T10:59:59+00:00", "Pacific/Auckland", "Q3 2026"),
        ("2026-09-30T11:00:00+00:00", "Pacific/Auckland", "Q4 2026"),
        ("2026-03-31T14:59:59+00:00", "Asia/Tokyo", "Q1 2026"),
        ("2026-03-31T15:00:00+00:00", "Asia/Tokyo", "Q2 2026"),
    ],
)
def test_a_quarter_ends_at_the_tenants_own_midnight(time: str, timezone: str, label: str) -> None:
    assert str(Quarter.of(run_date(datetime.fromisoformat(time), timezone))) == label


@pytest.mark.parametrize(
    ("midnight", "timezone", "day", "hours"),
    [
        ("2026-03-08T08:00:00+00:00", "America/Los_Angeles", date(2026, 3, 8), 23),
        ("2026-11-01T07:00:00+00:00", "America/Los_Angeles", date(2026, 11, 1), 25),
        ("2026-09-26T12:00:00+00:00", "Pacific/Auckland", date(2026, 9, 27), 23),
        ("2026-04-04T11:00:00+00:00", "Pacific/Auckland", date(2026, 4, 5), 25),
    ],
)
def test_a_day_on_which_clocks_change_is_one_day(midnight: str, timezone: str, day: date, hours: int) -> None:
    # GIVEN the midnight with which a short or a long day begins
    start = datetime.fromisoformat(midnight)
    # THEN it is that day until its own last second, and no longer
    assert run_date(start - timedelta(seconds=1), timezone) == day - timedelta(days=1)
    assert run_date(start, timezone) == day
    assert run_date(start + timedelta(hours=hours, seconds=-1), timezone) == day
    assert run_date(start + timedelta(hours=hours), timezone) == day + timedelta(days=1)


@pytest.mark.parametrize("month", [1, 4, 7, 10])
def test_in_auckland_the_tick_comes_a_day_later_and_still_in_the_new_quarter(month: int) -> None:
    # GIVEN a tick at noon UTC, when Auckland, 12 or 13 hours ahead, is on the next day already
    on = run_date(datetime(2026, month, 1, 12, tzinfo=UTC), "Pacific/Auckland")
    # THEN it is about the same quarter all the same
    assert on == date(2026, month, 2)
    assert Quarter.of(on) == Quarter.of(date(2026, month, 1))


@pytest.mark.parametrize(
    ("noon", "timezone"),
    [("2028-02-29T20:00:00+00:00", "America/Los_Angeles"), ("2028-02-28T23:00:00+00:00", "Pacific/Auckland")],
)
def test_the_leap_day_is_a_run_date_of_its_own(noon: str, timezone: str) -> None:
    on = run_date(datetime.fromisoformat(noon), timezone)
    assert on == date(2028, 2, 29)
    assert (str(Quarter.of(on)), str(Quarter.of(on).previous)) == ("Q1 2028", "Q4 2027")
