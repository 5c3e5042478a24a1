"""Adoption: what an account uses of what is expected of its plan, against histories worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from customer_success.accounts.account import Account
from customer_success.scoring.deriver_thresholds import AdoptionThresholds
from customer_success.signals.adoption import FeatureWeeks
from tests.builders.accounts import account
from tests.builders.feeds import Line
from tests.builders.scans import World

MONDAY = date(2026, 3, 2)
NEXT_QUARTER = date(2026, 4, 6)
BOTH, ALL = ("reports", "api"), ("reports", "api", "sso")


def book(basic: int, pro: int = 0) -> list[Account]:
    """Accounts of two plans: first those on Basic, then those on Pro."""
    return [
        replace(account(number), plan="Basic" if number <= basic else "Pro ", seats_bought=10)
        for number in range(1, basic + pro + 1)
    ]


def uses(known: Account, features: tuple[str, ...], *, before: date = MONDAY, weeks: int = 5) -> list[Line]:
    """Three people use each of the features on the Friday of each week."""
    return [
        {
            "account": known.account_id,
            "date": str(before - timedelta(days=7 * back + 3)),
            "active_users": 3,
            "feature": feature,
        }
        for back in range(weeks)
        for feature in features
    ] + [{"account": known.account_id, "date": str(before - timedelta(days=1)), "active_users": 1}]


def deliver(world: World, used: Mapping[str, tuple[str, ...]], on: date = MONDAY, *, weeks: int = 5) -> None:
    lines = [
        line
        for known in world.accounts
        for line in uses(known, used.get(known.account_id, ("reports",)), before=on, weeks=weeks)
    ]
    world.inbox.take("usage", *lines, at=datetime.combine(on, time(3), UTC))


def adoption(world: World, number: int, on: date) -> object:
    return world.rows.rows[account(number).account_id].account.signals_on(on).get("feature_adoption_rate")


def world_of(accounts: list[Account]) -> World:
    """The page has no adoption rate."""
    return World([replace(known, signals={}) for known in accounts])


def test_expected_is_what_half_of_the_accounts_on_the_plan_use() -> None:
    # GIVEN 20 accounts on Basic: all use reports, ten the API, nine single sign-on; and 19 on Pro
    world = world_of(book(basic=20, pro=19))
    used = {account(number).account_id: ALL if number <= 9 else BOTH for number in range(1, 11)}
    deliver(world, used)
    # WHEN the first scan has seen what they use, the next one knows what is usual
    world.scan(MONDAY)
    assert adoption(world, 1, MONDAY) is None
    tuesday = MONDAY + timedelta(days=1)
    world.scan(tuesday)
    # THEN an account is compared with reports and the API; of 19 accounts nothing is usual
    assert (adoption(world, 1, tuesday), adoption(world, 10, tuesday), adoption(world, 11, tuesday)) == (1.0, 1.0, 0.5)
    assert adoption(world, 21, tuesday) is None


def test_what_is_expected_stays_for_the_quarter() -> None:
    # GIVEN a plan of which only reports are usual
    world = world_of(book(basic=20))
    deliver(world, {})
    world.scan(MONDAY)
    # WHEN all but one begin to use the API, in the same quarter that lowers no rate
    later = MONDAY + timedelta(days=28)
    deliver(world, {account(number).account_id: BOTH for number in range(2, 21)}, later, weeks=4)
    world.scan(later)
    world.scan(later + timedelta(days=1))
    assert adoption(world, 1, later + timedelta(days=1)) == 1.0
    # THEN in the next one it does
    deliver(world, {account(number).account_id: BOTH for number in range(2, 21)}, NEXT_QUARTER, weeks=4)
    world.scan(NEXT_QUARTER)
    assert adoption(world, 1, NEXT_QUARTER) == 1.0
    world.scan(NEXT_QUARTER + timedelta(days=1))
    assert adoption(world, 1, NEXT_QUARTER + timedelta(days=1)) == 0.5
    assert adoption(world, 2, NEXT_QUARTER + timedelta(days=1)) == 1.0


def test_a_plan_that_grows_large_enough_is_worked_out_within_the_quarter() -> None:
    world = world_of(book(basic=20, pro=19))
    deliver(world, {})
    world.scan(MONDAY)
    [before] = world.inbox.feeds.all()
    # WHEN the twentieth account on Pro comes
    world.accounts = [replace(known, signals={}) for known in book(basic=20, pro=20)]
    deliver(world, {})
    for day in (1, 2):
        world.scan(MONDAY + timedelta(days=day))
    [after] = world.inbox.feeds.all()
    # THEN its plan has a habit, and the other keeps its own
    assert before.expected and after.expected
    assert (before.expected.by_plan, after.expected.by_plan) == (
        {"basic": ("reports",)},
        {"basic": ("reports",), "pro": ("reports",)},
    )


def test_core_features_that_the_team_names_count_before_the_habit() -> None:
    world = world_of(book(basic=2))
    world.inbox.core_features = {"BASIC": ("reports", "sso", "api", "audit")}
    deliver(world, {account(1).account_id: ALL})
    world.scan(MONDAY)
    assert (adoption(world, 1, MONDAY), adoption(world, 2, MONDAY)) == (0.75, 0.25)


def test_a_feed_of_three_weeks_says_nothing_of_adoption() -> None:
    """Else each account would use nothing at first, and look lost."""
    world = world_of(book(basic=20))
    world.inbox.core_features = {"basic": ("reports",)}
    deliver(world, {}, weeks=4)
    world.scan(MONDAY)
    assert adoption(world, 1, MONDAY) is None
    world = world_of(book(basic=20))
    deliver(world, {}, weeks=4)
    world.scan(MONDAY)
    assert [feed.expected for feed in world.inbox.feeds.all()] == [None]


@pytest.mark.parametrize(
    ("people", "seats", "used"),
    [
        pytest.param([2, 0, 2, 0], 10, True, id="two people in two of four weeks"),
        pytest.param([2, 0, 1, 0], 10, False, id="one of the weeks by one person alone"),
        pytest.param([1, 0, 1, 0], 5, True, id="one person is enough with five seats"),
        pytest.param([1, 0, 1, 0], None, False, id="of unknown seats two people are asked for"),
        pytest.param([9, 0, 0, 0, 9], 10, False, id="the fifth week is too long ago"),
    ],
)
def test_a_feature_is_used_by_enough_people_in_enough_weeks(
    people: list[int], seats: float | None, *, used: bool
) -> None:
    weeks = {MONDAY - timedelta(days=7 * back): count for back, count in enumerate(people, start=1)}
    found = FeatureWeeks({"api": weeks}).used(MONDAY - timedelta(days=1), seats, AdoptionThresholds())
    assert bool(found) is used
