"""How an account compares with its kind: who they are, how many are enough, and the reason where they are not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_success.accounts.account import Account
from customer_success.adoption.peers import FEWEST_PEERS, NAME_LIMIT, PeerGroup, compared, counted, groups_of
from customer_success.schemas import BenchmarkComparison
from tests.builders.accounts import TODAY, account

RETAIL = "plan Enterprise, industry Retail"
ENTERPRISE = "plan Enterprise"

rates = st.floats(0, 1)


def book(rates: Iterable[float | None], **facts: str | None) -> list[tuple[Account, float | None]]:
    """Accounts of one kind with these rates, from account 1 on."""
    kind = {"plan": "Enterprise", "industry": "Retail", **facts}
    return [(account(number, **kind), rate) for number, rate in enumerate(rates, start=1)]


def comparison(accounts: Sequence[tuple[Account, float | None]], at: int = 0) -> BenchmarkComparison:
    """How one of the accounts compares with the others."""
    return compared(*accounts[at], {group.name: group for group in counted(accounts, TODAY)})


def test_an_account_belongs_to_its_industry_within_its_plan_and_to_its_plan() -> None:
    assert groups_of(account(plan="Enterprise", industry="Retail")) == (RETAIL, ENTERPRISE)
    assert groups_of(account(plan="Enterprise")) == (ENTERPRISE,)
    assert groups_of(account(industry="Retail")) == groups_of(account(plan="  ")) == ()


@pytest.mark.parametrize(("plan", "industry"), [("enterprise", "RETAIL"), ("Enterprise ", " retail")])
def test_spellings_that_differ_in_case_or_spaces_are_one_group(plan: str, industry: str) -> None:
    assert groups_of(account(plan=plan, industry=industry)) == (RETAIL, ENTERPRISE)
    assert groups_of(account(plan="Großkunde")) == groups_of(account(plan="GROSSKUNDE"))


def test_a_name_is_no_longer_than_a_key_may_be() -> None:
    (closest, _) = groups_of(account(plan="p" * 2000, industry="i" * 2000))
    assert len(closest) == len("plan , industry ") + 2 * NAME_LIMIT


def test_rates_are_counted_in_whole_percents_and_unknown_ones_nowhere() -> None:
    # GIVEN two accounts within one percent, one in another industry, one unknown and one without a plan
    accounts = [
        *book([0.349, 0.351, None]),
        (account(8, plan="enterprise", industry="Banking"), 1.0),
        (account(9, industry="Retail"), 0.5),
    ]
    # THEN each group has its own histogram of the day
    assert counted(accounts, TODAY) == [
        PeerGroup(ENTERPRISE, TODAY, {35: 2, 100: 1}),
        PeerGroup("plan Enterprise, industry Banking", TODAY, {100: 1}),
        PeerGroup(RETAIL, TODAY, {35: 2}),
    ]
    assert counted([], TODAY) == []


def test_the_percentile_is_the_share_of_the_others_at_or_below() -> None:
    # GIVEN an account at 60 %, and five others, one of them at the same rate
    found = comparison(book([0.6, 0.2, 0.4, 0.6, 0.8, 1.0]))
    # THEN three of the five are at or below it, itself not counted
    assert found == BenchmarkComparison(peer_group=RETAIL, peers=5, percentile=60.0)


def test_rates_within_one_percent_are_alike() -> None:
    assert comparison(book([0.601, 0.604, 0.604, 0.604, 0.604, 0.604])).percentile == 100.0


def test_the_plan_alone_is_compared_where_too_few_share_the_industry() -> None:
    accounts = [*book([0.5, 0.9, 0.9, 0.9, 0.9]), *((account(i, plan="Enterprise"), 0.1) for i in range(10, 15))]
    found = comparison(accounts)
    assert (found.peer_group, found.peers, found.percentile) == (ENTERPRISE, 9, pytest.approx(500 / 9))


@pytest.mark.parametrize(
    ("others", "expected"), [(4, "4 other accounts are"), (1, "1 other account is"), (0, "0 other accounts are")]
)
def test_with_fewer_than_five_others_there_is_no_comparison(others: int, expected: str) -> None:
    found = comparison(book([0.5] * (others + 1)))
    assert (found.peer_group, found.peers, found.percentile) == (ENTERPRISE, others, None)
    assert found.withheld_because == f"the adoption of {expected} known, at least {FEWEST_PEERS} are needed"


def test_where_even_the_plan_is_too_small_its_own_count_is_reported() -> None:
    accounts = [*book([0.5, 0.5]), *((account(number, plan="Enterprise"), 0.5) for number in (8, 9))]
    found = comparison(accounts)
    assert (found.peer_group, found.peers) == (ENTERPRISE, 3)


def test_a_group_without_a_count_has_no_others() -> None:
    found = compared(account(plan="Enterprise"), 0.5, {})
    assert (found.peer_group, found.peers, found.percentile) == (ENTERPRISE, 0, None)


def test_without_a_plan_or_a_rate_of_its_own_an_account_is_not_compared() -> None:
    others = book([0.5] * 10)
    without_plan = comparison([(account(20, industry="Retail"), 0.5), *others])
    assert (without_plan.peer_group, without_plan.withheld_because) == (
        "plan unknown",
        "the plan of the account is unknown",
    )
    unknown = comparison([*book([None]), *others])
    assert (unknown.peer_group, unknown.withheld_because) == (RETAIL, "the adoption of the account itself is unknown")
    assert without_plan.percentile is unknown.percentile is None


@pytest.mark.parametrize(("now", "percentile"), [(0.0, 0.0), (0.55, 60.0), (1.0, 100.0)])
def test_an_account_that_was_counted_at_another_rate_stays_within_bounds(now: float, percentile: float) -> None:
    # GIVEN a group as counted this morning, and an account whose rate has changed since
    group = PeerGroup(ENTERPRISE, TODAY, {10: 1, 20: 1, 50: 1, 60: 1, 70: 1, 80: 1})
    found = compared(account(plan="Enterprise"), now, {ENTERPRISE: group})
    assert (found.peers, found.percentile) == (5, percentile)


@given(st.lists(rates, min_size=FEWEST_PEERS, max_size=40), rates, rates)
def test_higher_adoption_is_placed_no_lower(others: list[float], one: float, another: float) -> None:
    placed = [comparison(book([rate, *others])).percentile for rate in sorted((one, another))]
    assert 0 <= (placed[0] or 0) <= (placed[1] or 0) <= 100
    assert None not in placed


@given(st.lists(rates, min_size=FEWEST_PEERS + 1, max_size=40), rates, rates)
def test_also_where_the_rate_is_not_the_one_that_was_counted(counts: list[float], one: float, another: float) -> None:
    groups = {group.name: group for group in counted(book(counts), TODAY)}
    low, high = (
        compared(account(plan="Enterprise", industry="Retail"), rate, groups).percentile
        for rate in sorted((one, another))
    )
    assert low is not None
    assert high is not None
    assert 0 <= low <= high <= 100
