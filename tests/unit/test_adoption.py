"""What an account makes of its features: used, underutilised, not in the plan, and what is not known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_success.accounts.account import Account
from customer_success.adoption.feature_usage import USAGE_STALE_AFTER, FeatureUsage
from customer_success.adoption.peers import PeerGroup
from customer_success.adoption.report import MOST_RECOMMENDED, adoption_rate, adoption_report, named
from customer_success.errors import Refused
from customer_success.schemas import FeatureAdoptionReport
from tests.builders.accounts import HEALTHY, TODAY, account
from tests.builders.texts.scoring import above_bound
from tests.builders.usage import little_used, not_in_plan, usage

PLAN = "plan Enterprise"
ENTERPRISE = account(plan="Enterprise")
SIX = {PLAN: PeerGroup(PLAN, TODAY, {50: 6})}
LONG_AGO = TODAY - USAGE_STALE_AFTER - timedelta(days=1)


def report(
    *rows: FeatureUsage, of: Account = ENTERPRISE, groups: dict[str, PeerGroup] | None = None
) -> FeatureAdoptionReport:
    return adoption_report(of, rows, groups or {}, run_date=TODAY)


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (usage(), "used"),
        (usage(used=1.0), "used"),
        (usage(used=0.0), "underutilised"),
        (usage(used=3.0, limit=30.0), "used"),
        (usage(used=2.0, limit=30.0), "underutilised"),
        (usage(used=40.0, limit=30.0), "used"),
        (usage(used=1.0, limit=0.0), "used"),
        (usage(used=1.0, limit=-5.0), "used"),
        (usage(used=None), None),
        (usage(used=-1.0), None),
        (usage(entitled=None), None),
        (not_in_plan(), "not_entitled"),
        (not_in_plan(used=12.0), "not_entitled"),
        (not_in_plan(used=None), "not_entitled"),
        (usage(as_of=TODAY - USAGE_STALE_AFTER), "used"),
        (usage(as_of=LONG_AGO), None),
        (usage(as_of=TODAY + timedelta(days=1)), None),
        (usage(as_of=None), None),
        (not_in_plan(as_of=LONG_AGO), "not_entitled"),
    ],
)
def test_what_an_account_makes_of_a_feature(row: FeatureUsage, status: str | None) -> None:
    assert row.status(TODAY) == status


def test_a_feature_that_the_plan_does_not_include_is_never_called_unused() -> None:
    # GIVEN one feature in use, one that is not, and one that the plan does not include
    found = report(usage("Boards"), little_used("Reports"), not_in_plan("Forecasts"))
    # THEN half of what the plan includes is in use, and the last one is listed apart
    assert (found.features_used, found.underutilised_features, found.not_entitled_features) == (
        ["Boards"],
        ["Reports"],
        ["Forecasts"],
    )
    assert found.adoption_rate == 0.5
    assert (found.account_id, found.as_of) == ("A-0001", TODAY)


def test_what_is_not_known_counts_neither_way() -> None:
    found = report(usage("Boards"), usage("Search", used=None), usage("Export", entitled=None))
    assert (found.features_used, found.adoption_rate) == (["Boards"], 1.0)
    assert not found.underutilised_features


@pytest.mark.parametrize("rows", [(), (usage(as_of=LONG_AGO),), (not_in_plan(),), (usage(used=None),)])
def test_where_no_use_is_known_the_accounts_own_rate_counts(rows: tuple[FeatureUsage, ...]) -> None:
    assert report(*rows).adoption_rate == adoption_rate(ENTERPRISE, rows, TODAY) == 0.9
    unknown = account(1, {**HEALTHY, "feature_adoption_rate": None})
    assert report(*rows, of=unknown).adoption_rate is None


def test_where_nothing_of_the_plan_is_in_use_the_accounts_own_rate_is_not_believed() -> None:
    rows = (little_used("Boards"), little_used("Reports"))
    assert report(*rows).adoption_rate == adoption_rate(ENTERPRISE, rows, TODAY) == 0.0


def test_a_rate_of_its_own_that_is_none_is_refused_unless_the_features_speak_for_themselves() -> None:
    wrong = account(1, {"feature_adoption_rate": 1.35})
    with pytest.raises(
        Refused, match=re.escape(f"account 'A-0001': {above_bound('feature_adoption_rate', 1.35, 1.0)}")
    ):
        report(of=wrong)
    with pytest.raises(Refused):
        adoption_rate(wrong, (), TODAY)
    assert report(usage(), of=wrong).adoption_rate == adoption_rate(wrong, [usage()], TODAY) == 1.0


def test_an_assumed_rate_replaces_the_known_one() -> None:
    found = adoption_report(ENTERPRISE, [usage()], SIX, run_date=TODAY, assumed=0.0)
    assert (found.adoption_rate, found.benchmark_comparison.percentile) == (0.0, 0.0)


def test_the_account_is_compared_with_its_peers() -> None:
    comparison = report(usage(), groups=SIX).benchmark_comparison
    assert (comparison.peer_group, comparison.peers, comparison.percentile) == (PLAN, 5, 100.0)


@pytest.mark.parametrize(("counted", "percentile"), [(TODAY - USAGE_STALE_AFTER, 100.0), (LONG_AGO, None)])
def test_peers_that_were_counted_too_long_ago_are_not_compared_with(counted: date, percentile: float | None) -> None:
    groups = {PLAN: PeerGroup(PLAN, counted, {50: 6})}
    assert report(usage(), groups=groups).benchmark_comparison.percentile == percentile


@pytest.mark.parametrize(
    ("rows", "groups", "confidence"),
    [
        ([usage(), not_in_plan()], SIX, "high"),
        ([little_used()], SIX, "high"),
        ([usage(), usage("Search", used=None)], SIX, "medium"),
        ([usage()], {}, "medium"),
        ([not_in_plan()], SIX, "medium"),
        ([usage(used=None)], SIX, "low"),
        ([], SIX, "low"),
    ],
)
def test_confidence_is_what_is_known(
    rows: Sequence[FeatureUsage], groups: dict[str, PeerGroup], confidence: str
) -> None:
    assert report(*rows, groups=groups).confidence == confidence


def test_what_is_least_used_is_recommended_first_by_name() -> None:
    found = report(
        usage("Exports", used=5.0, limit=100.0),
        usage("Alerts", used=8.0, limit=100.0),
        little_used("Search"),
        little_used("Reports"),
        usage("Boards"),
    )
    assert found.recommendations == [
        "Show what Reports can do: the plan includes it, and it is not used.",
        "Show what Search can do: the plan includes it, and it is not used.",
        "Show what Exports can do: the plan includes it, and it is used to 5% of its limit.",
        "Show what Alerts can do: the plan includes it, and it is used to 8% of its limit.",
    ]


def test_what_the_plan_does_not_include_is_named_the_most_requested_first() -> None:
    found = report(
        usage(),
        not_in_plan("Audit", used=None),
        not_in_plan("Exports", used=-3.0),
        not_in_plan("Forecasts", used=3.0),
        not_in_plan("SSO", used=1200.0),
    )
    assert found.recommendations == [
        "Not included in the plan: SSO (asked for 1,200 times), Forecasts (asked for 3 times), Audit and Exports."
    ]


def test_recommendations_are_five_at_most_and_repeats_keep_their_first_place() -> None:
    # GIVEN more than can be recommended of each kind
    found = report(
        *(little_used(f"Little {n}") for n in range(9)),
        *(not_in_plan(f"Other {n}") for n in range(9)),
        *(usage(f"Unknown {n}", used=None) for n in range(9)),
    )
    # THEN the plan and what is not known have a sentence each, after what is little used
    assert len(found.recommendations) == MOST_RECOMMENDED
    assert [text.split(":")[0] for text in found.recommendations[:3]] == [
        f"Show what Little {n} can do" for n in range(3)
    ]
    assert found.recommendations[3:] == [
        "Not included in the plan: Other 0, Other 1, Other 2, Other 3, Other 4 and 4 more.",
        "Bring feature usage up to date; not known of "
        "Unknown 0, Unknown 1, Unknown 2, Unknown 3, Unknown 4 and 4 more.",
    ]


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (0.3, "Show what the plan includes and is not in use yet, and find out feature by feature what is used."),
        (0.9, "Find out feature by feature what is used."),
        (None, "Find out feature by feature what is used."),
    ],
)
def test_with_a_rate_alone_the_features_are_to_be_found_out(rate: float | None, expected: str) -> None:
    assert report(of=account(1, {"feature_adoption_rate": rate})).recommendations == [expected]
    assert report(usage()).recommendations == []


@pytest.mark.parametrize(
    ("features", "expected"), [([], ""), (["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C")]
)
def test_features_are_named_in_a_row(features: list[str], expected: str) -> None:
    assert named(features) == expected


def test_a_long_name_is_cut_wherever_it_is_shown() -> None:
    long = "A name that somebody wrote into the wrong column, " * 40
    found = report(little_used(long), not_in_plan(long), usage(long, used=None))
    assert all(len(text) < 200 for text in found.recommendations)


numbers = st.none() | st.floats(-10, 1000)
days = st.none() | st.integers(-5, 60).map(lambda ago: TODAY - timedelta(days=ago))
facts: Any = st.fixed_dictionaries(
    {"entitled": st.sampled_from([True, False, None]), "used": numbers, "limit": numbers, "as_of": days}
)


@given(st.lists(facts, max_size=30))
def test_every_feature_is_in_one_list_or_unknown(given_facts: list[dict[str, Any]]) -> None:
    rows = [usage(f"Feature {number}", **row) for number, row in enumerate(given_facts)]
    found = report(*rows)
    unknown = [row.feature for row in rows if row.status(TODAY) is None]
    listed = [*found.features_used, *found.underutilised_features, *found.not_entitled_features, *unknown]
    assert sorted(listed) == sorted(row.feature for row in rows)
    assert {row.feature for row in rows if row.entitled is False}.isdisjoint(found.underutilised_features)
    assert len(found.recommendations) <= MOST_RECOMMENDED
