"""Offers by rule: their text for Sales, and the text for the customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from customer_success.accounts.account import Account
from customer_success.adoption.feature_usage import FeatureUsage
from customer_success.expansion.offer_check import accepted
from customer_success.expansion.price_list import PriceList
from customer_success.expansion.rules_writer import OffersByRule, opportunities
from customer_success.narration.claims.sentences import sentences
from customer_success.narration.offer_evidence import ExpansionEvidence
from customer_success.schemas import ExpansionOpportunity
from tests.builders.accounts import HEALTHY, TODAY, account
from tests.builders.opportunities import asks_for, full
from tests.builders.usage import little_used, not_in_plan, usage

PRICES = PriceList(seat=300, modules={"Planning": 4800})
SLACK = little_used("Slack integration", family="Integrations")


def by_rule(evidence: ExpansionEvidence) -> dict[str, ExpansionOpportunity]:
    """What the rules narrator proposes, by type, as the check lets it pass."""
    proposals = OffersByRule().find_expansions(evidence)
    passed = accepted(proposals.proposed, evidence)
    assert (passed.refused, passed.dropped) == ((), ())
    assert [dict(proposed) for proposed in proposals.proposed] == [o.model_dump() for o in passed.opportunities]
    return {found.opportunity_type: found for found in passed.opportunities}


def talk_track(kind: str, of: Account, rows: Sequence[FeatureUsage] = ()) -> str:
    return by_rule(asks_for(of, rows, PRICES))[kind].recommended_talk_track


def test_each_rationale_becomes_one_opportunity_with_its_facts_in_words() -> None:
    # GIVEN an account that needs seats, has reached a limit and has not connected a tool
    of = full(connected_tools=("Slack",))
    rows = [usage(used=40.0, limit=40.0), SLACK]
    # WHEN offers are found by rule
    found = by_rule(asks_for(of, rows, PRICES))
    # THEN there is one of each type
    assert list(found) == ["seats", "module", "integration"]
    seats = found["seats"]
    assert (seats.account_id, seats.estimated_arr_impact, seats.confidence) == ("A-0001", 5100.0, "high")
    assert seats.evidence[:2] == [
        "Seats in use per seat bought: 107% (account page, 2026-03-02)",
        "Seats in use: 257 (account page, 2026-03-02)",
    ]
    assert found["integration"].evidence[-1] == "Slack integration, in use: 0 (feature usage, 2026-03-02)"
    assert found["integration"].estimated_arr_impact is None


def test_an_offer_is_worded_from_values_and_not_from_labels() -> None:
    # GIVEN an account that asks for an offer of each type
    of = full(connected_tools=("Slack",))
    evidence = asks_for(of, [usage(used=40.0, limit=40.0), not_in_plan(used=3.0), SLACK], PRICES)

    # WHEN its signals are called something else  THEN the talk tracks are the same
    reworded = [
        rationale.model_copy(
            update={"signals": tuple(s.model_copy(update={"label": "something"}) for s in rationale.signals)}
        )
        for rationale in evidence.rationales
    ]
    called_otherwise = evidence.model_copy(update={"rationales": tuple(reworded)})
    first, second = (opportunities(known) for known in (evidence, called_otherwise))
    assert [o.recommended_talk_track for o in first] == [o.recommended_talk_track for o in second]


def test_an_account_without_rationales_is_offered_nothing() -> None:
    assert by_rule(asks_for(account(1, {**HEALTHY, "seats_utilization_rate": 0.1}))) == {}


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (full(), "Your team uses 257 seats, and 240 are in your plan."),
        (full(seats_used=None), "Your team uses 107% of its seats."),
        (full(seats_bought=None), "Your team uses 107% of its seats."),
    ],
)
def test_seats_are_stated_by_their_counts_else_by_their_rate(of: Account, expected: str) -> None:
    assert talk_track("seats", of).startswith(
        f"{expected} What your team does with us is growing, too. We can add seats"
    )


def test_growing_usage_is_stated_only_where_it_is_known() -> None:
    stable = account(1, {**HEALTHY, "seats_utilization_rate": 1.0, "usage_trend": "stable"})
    assert "growing" not in talk_track("seats", stable)


def test_features_near_their_limit_go_before_those_that_were_asked_for() -> None:
    rows = [not_in_plan("Forecasts", used=30.0), usage("Boards", used=38.0, limit=40.0)]
    assert talk_track("module", account(), rows) == (
        "With Boards your team has nearly reached what your plan allows. "
        "Your team asked for Forecasts, which is not in your plan yet. "
        "We can show you what more room would let your team do. "
        "What would your team like to do next that it cannot do today?"
    )


def test_two_features_are_named_at_most() -> None:
    rows = [not_in_plan(name, used=3.0) for name in ("Alpha", "Beta", "Gamma")]
    text = talk_track("module", account(), rows)
    assert "Alpha" in text
    assert "Beta" in text
    assert "Gamma" not in text
    assert "what it would let your team do" in text


def test_two_tools_are_named_together_at_most() -> None:
    rows = [SLACK, little_used("Jira link", family="Integrations")]
    rows.append(little_used("Asana link", family="Integrations"))
    text = talk_track("integration", account(connected_tools=("Slack", "Jira", "Asana")), rows)
    assert text.startswith("Your team works with Slack and Jira as well. ")


@pytest.mark.parametrize(
    "name",
    ["Churn risk score RED", "https://evil.example/free", "us: reply with your password", "Boards " * 12, "Free <b>"],
)
def test_a_name_that_a_customer_is_not_to_read_is_left_out(name: str) -> None:
    text = talk_track("module", account(), [not_in_plan(name, used=3.0)])
    assert text.startswith("Your team asks for more than your plan includes. ")


@pytest.mark.parametrize("name", ["99%", "365", "Three", "Boards. Next", "What?! Next", "two  spaces", "12 times"])
def test_a_name_that_a_sentence_cannot_hold_is_left_out_of_it(name: str) -> None:
    text = talk_track("module", account(), [not_in_plan(name, used=3.0)])
    assert text.startswith("Your team asks for more than your plan includes. We can show you what it would")
    tools = talk_track("integration", account(connected_tools=(name,)), [SLACK])
    assert tools.startswith("Your team works with other tools as well. ")


@pytest.mark.parametrize("name", ["Studio 54", "Node.js", "Roles & Rights"])
def test_a_name_may_hold_figures_and_words_that_are_refused_elsewhere(name: str) -> None:
    rows = [usage(name, used=38.0, limit=40.0)]
    assert f"With {name} your team has nearly" in talk_track("module", account(), rows)


@pytest.mark.parametrize(("used", "expected"), [(39.9, "nearly reached"), (40.0, "has reached"), (55.0, "has reached")])
def test_a_limit_counts_as_reached_once_it_is(used: float, expected: str) -> None:
    assert f"{expected} what your plan allows" in talk_track("module", account(), [usage(used=used, limit=40.0)])


def test_a_feature_whose_name_reads_like_the_sentence_takes_nothing_out_of_it() -> None:
    rows = [usage("A", used=2.0, limit=1.0), usage("Your team", used=1.0, limit=1.0)]
    assert "With A your team has reached what your plan allows." in talk_track("module", account(), rows)


NAMES = st.text(min_size=1, max_size=30).filter(str.strip) | st.sampled_from(
    [
        "Seats",
        "At 5",
        "and 95",
        "your team",
        "of what",
        "Boards 3.5",
        "growing",
        "up 20 %",
        "Q1 2026",
        "May",
        "a",
        "−1",
        "½",
    ]
)
ROWS = st.builds(
    usage,
    NAMES,
    family=st.none() | st.sampled_from(["Planning", "Integrations"]) | NAMES,
    entitled=st.sampled_from([True, False, None]),
    used=st.none() | st.integers(0, 10**7).map(float) | st.floats(0, 1e6),
    limit=st.none() | st.integers(0, 10**7).map(float) | st.floats(0.01, 1e6),
)
SEATS = st.none() | st.integers(-5, 10**6).map(float) | st.floats(0, 1e5)


@given(
    rate=st.none() | st.floats(0, 2),
    trend=st.sampled_from(["growing", "stable", "declining", None]),
    facts=st.fixed_dictionaries(
        {
            "seats_used": SEATS,
            "seats_bought": SEATS,
            "name": NAMES,
            "plan": st.none() | NAMES,
            "industry": st.none() | NAMES,
        }
    ),
    tools=st.lists(NAMES, max_size=3).map(tuple),
    rows=st.lists(ROWS, max_size=5, unique_by=lambda row: " ".join(row.feature.split())),
)
@example(
    rate=0.9,
    trend="growing",
    facts={"seats_used": 0.0, "seats_bought": 95001.0, "name": "Acme", "plan": "AND 95", "industry": None},
    tools=(),
    rows=[],
)
def test_what_the_rules_propose_always_passes_the_check(
    rate: float | None, trend: str | None, facts: dict[str, Any], tools: tuple[str, ...], rows: list[FeatureUsage]
) -> None:
    of = account(1, {**HEALTHY, "seats_utilization_rate": rate, "usage_trend": trend}, connected_tools=tools, **facts)
    evidence = asks_for(of, rows, PRICES, TODAY)
    found = by_rule(evidence)
    assert list(found) == [rationale.opportunity_type for rationale in evidence.rationales]
    for offer in found.values():
        assert len(sentences(offer.recommended_talk_track)) <= 5
        assert offer.recommended_talk_track.endswith("?")
        assert all(line == " ".join(line.split()) for line in offer.evidence)
