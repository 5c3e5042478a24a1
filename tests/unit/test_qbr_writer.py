"""A review by rule: what it says of a quarter, and that it says nothing but what is known."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_success.narration.claims import checked
from customer_success.narration.evidence import Fact, QBREvidence, Unit, worded
from customer_success.reviews.evidence import qbr_evidence
from customer_success.reviews.facts import ColourChange, SignalMove
from customer_success.reviews.rules_writer import ReviewByRule, renewal_due
from customer_success.schemas import BenchmarkComparison, FeatureAdoptionReport, FeatureScore, QBRContent
from customer_success.scoring.health_status import Point
from tests.builders.accounts import HEALTHY, account
from tests.builders.evidence import evidence, fact
from tests.builders.scores import row, score

ON = date(2026, 1, 1)
FALLEN = {"usage_trend": "declining", "feature_adoption_rate": 0.35, "open_ticket_count": 2, "nps_score": 4}


def on(month: int, day: int, year: int = 2025, **signals: Any) -> Point:
    return Point(date(year, month, day), score(**signals))


def known(*points: Point, **facts: Any) -> QBREvidence:
    return qbr_evidence(row(account(**facts), on=ON), points, None, run_date=ON, trigger="scheduled")


def written(of: QBREvidence) -> QBRContent:
    return ReviewByRule().write_qbr(of).content


def test_a_review_is_of_its_account_and_quarter_and_takes_no_model() -> None:
    narration = ReviewByRule().write_qbr(evidence())
    assert (narration.written_by, narration.calls, narration.tokens_in, narration.tokens_out) == ("rules", 0, 0, 0)
    content = narration.content
    assert (content.account_id, content.period, content.reviewed_period) == ("A-0001", "Q1 2026", "Q4 2025")


def test_the_summary_describes_a_quarter_in_order() -> None:
    # GIVEN 98.0 at the start; 98 − 12 (usage) − 11 (adoption) − 2 (tickets) − 3 (NPS) = 70.0, then 83.0
    points = on(10, 1), on(12, 30, **FALLEN), on(1, 1, 2026, usage_trend="stable", feature_adoption_rate=0.4)
    # WHEN it is written
    summary = written(known(*points)).account_health_summary
    # THEN it reads from the whole to its parts
    assert summary == [
        "The health score was 98.0 (GREEN) on 1 October 2025 and 70.0 (GREEN) on 30 December 2025: down 28.0 points.",
        "The health score was lowest with 70.0 on 30 December 2025 and highest with 98.0 on 1 October 2025.",
        "The colour was GREEN throughout.",
        "Usage trend (growing → declining) cost 12.0 points of the health score.",
        "Feature adoption cost 11.0 points of the health score.",
        "NPS cost 3.0 points of the health score.",
        "Support cost 2.0 points of the health score.",
        "The latest health score is 83.0 (GREEN) on 1 January 2026.",
        "Feature adoption was 90% on 1 October 2025 and 35% on 30 December 2025.",
    ]


def test_each_change_of_colour_has_its_day() -> None:
    low = {"usage_trend": "inactive", "feature_adoption_rate": 0.2, "login_frequency_days": 70}
    summary = written(known(on(10, 1), on(11, 12, **low), on(12, 31))).account_health_summary
    assert "The colour changed from GREEN to AMBER on 12 November 2025." in summary
    assert "The colour changed from AMBER to GREEN on 31 December 2025." in summary
    assert not any("throughout" in sentence for sentence in summary)


def test_a_quarter_in_which_nothing_moved_takes_few_words() -> None:
    assert written(known(on(10, 1), on(12, 31))).account_health_summary == [
        "The health score was 98.0 (GREEN) on 1 October 2025 and 98.0 (GREEN) on 31 December 2025: no change.",
        "The colour was GREEN throughout.",
        "Feature adoption was 90% on 1 October 2025 and 90% on 31 December 2025.",
    ]


def test_a_gain_is_brought_and_not_cost() -> None:
    summary = written(known(on(10, 1, nps_score=2), on(12, 31))).account_health_summary
    assert summary[0].endswith(": up 3.0 points.")
    assert "NPS brought 3.0 points of the health score." in summary


def test_an_account_without_history_gets_a_review_that_says_so() -> None:
    summary = written(known()).account_health_summary
    assert summary == [
        "There is no score history of Q4 2025, so it cannot be said how health developed.",
        "Feature adoption is 90% as of 1 January 2026.",
    ]


def test_one_score_alone_is_called_the_only_one() -> None:
    summary = written(known(on(11, 20))).account_health_summary
    assert summary[0] == "The only health score of Q4 2025 is 98.0 (GREEN) on 20 November 2025."


def test_roi_is_stated_as_measured_or_as_not_measured() -> None:
    roi = {"ROI Hours saved": 1200.0, "ROI Cost avoided": 15_000.5}
    assert written(known(roi=roi)).roi_and_business_impact == [
        "ROI Hours saved: 1,200, as of 1 January 2026.",
        "ROI Cost avoided: 15,000.5, as of 1 January 2026.",
    ]
    assert written(known()).roi_and_business_impact == ["not measured"]


def test_the_scorecard_is_the_evidences_own() -> None:
    features = (FeatureScore(feature="Boards", status="used"), FeatureScore(feature="SSO", status="not_entitled"))
    assert written(evidence(features=features)).feature_adoption_scorecard == list(features)
    assert written(evidence()).feature_adoption_scorecard == []


def page_says(signals: dict[str, Any], **facts: Any) -> QBREvidence:
    of = account(1, {**HEALTHY, **signals}, **facts)
    return qbr_evidence(row(of, on=ON), [], None, run_date=ON, trigger="scheduled")


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        (date(2026, 3, 31), "The contract runs until 31 March 2026, in 89 days."),
        (date(2026, 1, 2), "The contract runs until 2 January 2026, in 1 day."),
        (date(2026, 1, 1), "The contract runs until 1 January 2026, today."),
        (date(2025, 12, 20), "The contract ended on 20 December 2025: agree on what follows it."),
        (None, "The end of the contract is not known: confirm it."),
    ],
)
def test_next_steps_begin_with_the_contract(end: date | None, sentence: str) -> None:
    assert written(page_says({}, contract_end=end)).expansion_and_next_steps[0] == sentence


def test_a_term_that_ended_and_renews_by_itself_is_to_be_confirmed() -> None:
    steps = written(page_says({}, contract_end=date(2025, 12, 20), auto_renew=True)).expansion_and_next_steps
    assert steps[0] == (
        "The term of the contract ended on 20 December 2025, and it renews by itself: confirm the new term."
    )
    assert not any("agree on what follows" in step or step == "The contract renews by itself." for step in steps)


@pytest.mark.parametrize(("notice", "past"), [(89, False), (90, True)])
def test_a_notice_that_is_past_replaces_the_renewal_to_agree_on(notice: int, past: bool) -> None:
    of = page_says({}, contract_end=date(2026, 3, 31), auto_renew=True, notice_days=notice)
    steps = written(of).expansion_and_next_steps
    assert ("The day for giving notice has passed." in steps) is past
    assert any(step.startswith("Agree on the renewal") for step in steps) is not past


@pytest.mark.parametrize(
    ("terms", "sentence"),
    [
        (
            {"auto_renew": True, "notice_days": 60},
            "The contract renews by itself, and has a notice period of 60 days.",
        ),
        ({"auto_renew": False}, "The contract does not renew by itself."),
        ({"notice_days": 1}, "The contract has a notice period of 1 day."),
        ({"renewal_stage": "Signed", "auto_renew": True}, "The renewal of the contract is signed."),
    ],
)
def test_the_terms_are_stated_as_far_as_they_are_known(terms: dict[str, Any], sentence: str) -> None:
    assert written(page_says({}, **terms)).expansion_and_next_steps[1] == sentence


@pytest.mark.parametrize(
    ("days", "stage", "due"),
    [(-1, None, False), (0, None, True), (120, None, True), (121, None, False), (30, "Signed", False)],
)
def test_a_renewal_is_to_be_agreed_on_within_120_days_unless_it_is_signed(
    days: int, stage: str | None, due: bool
) -> None:
    facts = [fact("days_to_renewal", float(days), "days"), fact("contract_end", "2026-02-01", "date")]
    of = evidence(*facts, *([fact("renewal_signed", "yes", "word")] if stage else []))
    assert renewal_due(of) is due
    assert any(s.startswith("Agree on the renewal") for s in written(of).expansion_and_next_steps) is due


@pytest.mark.parametrize(
    ("signals", "step"),
    [
        (
            {"feature_adoption_rate": 0.35},
            "Feature adoption is 35%: show what the plan includes and is not in use yet.",
        ),
        ({"usage_trend": "inactive"}, "Usage is inactive: ask what changed in the daily work."),
        (
            {"seats_utilization_rate": 1.1},
            "More seats are in use than were bought (110%): agree on how many are needed.",
        ),
        ({"seats_utilization_rate": 0.3}, "Seats in use: 30%. Find out who has a seat and does not use it."),
        ({"nps_score": 6}, "Ask what lies behind the NPS of 6."),
        ({"open_ticket_count": 1}, "Go through the 1 open ticket with support."),
        ({"open_ticket_count": 5}, "Go through the 5 open tickets with support."),
        ({"escalation_count_90_days": 2}, "Make sure that every escalation was closed to everybody's satisfaction."),
    ],
)
def test_what_asks_for_a_step_gets_one(signals: dict[str, Any], step: str) -> None:
    # GIVEN a healthy account with one thing that is not  THEN that is what its steps are about, and nothing else
    (contract, *rest) = written(page_says(signals)).expansion_and_next_steps
    assert contract.startswith("The contract runs until")
    assert rest == [step]


@pytest.mark.parametrize(
    "signals",
    [
        {"feature_adoption_rate": 0.7},
        {"seats_utilization_rate": 1.0},
        {"seats_utilization_rate": 0.5},
        {"nps_score": 7},
    ],
)
def test_what_is_just_good_enough_asks_for_none(signals: dict[str, Any]) -> None:
    (_, *rest) = written(page_says(signals)).expansion_and_next_steps
    assert rest == ["Nothing else that is known asks for a step: keep the regular contact."]


def test_features_that_are_little_used_are_to_be_shown() -> None:
    # GIVEN a feature that the plan includes and that is little used, and a low rate
    rows = (FeatureScore(feature="Reports", status="underutilised"), FeatureScore(feature="SSO", status="not_entitled"))
    of = evidence(fact("adoption", 0.2, "share"), features=rows)
    # THEN the step points to the scorecard, and the rate is not repeated beside it
    assert written(of).expansion_and_next_steps[1:] == [
        "Show what the features can do that the scorecard has as underutilised."
    ]
    # AND what the plan does not include is nothing to be shown
    assert not any("Show" in step for step in written(evidence(features=rows[1:])).expansion_and_next_steps)


def test_too_little_known_proposes_nothing_of_its_own() -> None:
    assert written(evidence()).expansion_and_next_steps == [
        "The end of the contract is not known: confirm it.",
        "Too little is known to propose more: fill in what is listed as not known.",
    ]


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (71.46, "points", "71.5"),
        (-10.5, "points", "−10.5"),
        (0.354, "share", "35%"),
        (1.1, "share", "110%"),
        (48_000.0, "amount", "48,000"),
        (1_200_000.0, "number", "1,200,000"),
        (12.5, "number", "12.5"),
        (0.1 + 0.2, "number", "0.3"),
        (0.0125, "number", "0.0125"),
        (-1250.0, "amount", "−1,250"),
        (100.0, "count", "100"),
        (0.0, "count", "0"),
        (-3.0, "days", "−3"),
        ("2026-03-31", "date", "31 March 2026"),
        ("declining", "word", "declining"),
    ],
)
def test_a_value_as_people_read_it(value: float | str, unit: Unit, words: str) -> None:
    of: Fact = fact("anything", value, unit)
    assert worded(of) == words


NAMES = st.sampled_from(
    ["Boards", "Office 365", "Q4 Reports", "99 % uptime", "Two-factor login", "RED alerts", "B2B portal"]
)
ROI_NAMES = [
    "ROI Hours saved",
    "ROI Cost avoided (EUR)",
    "ROI Errors per 1,000",
    "ROI Return 2025",
    "ROI Tickets avoided",
    "ROI Days to close, down by",
    "ROI Seats freed",
    "ROI",
]
SIGNALS: dict[str, st.SearchStrategy[Any]] = {
    "feature_adoption_rate": st.floats(0, 1),
    "usage_trend": st.sampled_from(["growing", "stable", "declining", "inactive"]),
    "login_frequency_days": st.integers(0, 130),
    "days_since_last_interaction": st.integers(0, 130),
    "stakeholder_engagement": st.sampled_from(["high", "medium", "low"]),
    "nps_score": st.integers(0, 10),
    "invoice_payment_status": st.sampled_from(["current", "overdue_30", "overdue_60", "overdue_90_plus"]),
    "days_to_renewal": st.integers(-60, 400),
    "seats_utilization_rate": st.floats(0, 2),
    "open_ticket_count": st.integers(0, 12),
    "avg_ticket_sentiment": st.sampled_from(["positive", "neutral", "negative", "critical"]),
    "escalation_count_90_days": st.integers(0, 5),
    "tam_health_rag": st.sampled_from([None, "GREEN", "AMBER", "RED"]),
    "collections_risk": st.sampled_from([None, "GREEN", "AMBER", "RED", "CRITICAL"]),
}
"""Any signals of which at most two are unknown, so that they can be scored."""


@st.composite
def signals(draw: st.DrawFn) -> dict[str, Any]:
    known = draw(st.fixed_dictionaries(SIGNALS))
    return known | dict.fromkeys(draw(st.sets(st.sampled_from(sorted(SIGNALS)), max_size=2)), None)


@st.composite
def reviews(draw: st.DrawFn) -> QBREvidence:
    """The evidence of any account: with a history of up to eight scores or none, with any terms, ROI and features."""
    days = sorted(draw(st.sets(st.dates(date(2025, 9, 17), ON), max_size=8)))
    points = [Point(day, score(**draw(signals()))) for day in days]
    on_page = {name: value for name, value in draw(signals()).items() if name != "days_to_renewal"}
    of = account(
        1,
        on_page,
        name=draw(st.sampled_from(["Account 1", "3M", "Seventy Seven", "RED Bull 24"])),
        contract_end=draw(st.none() | st.dates(date(2025, 6, 1), date(2027, 6, 1))),
        notice_days=draw(st.none() | st.integers(0, 400)),
        auto_renew=draw(st.none() | st.booleans()),
        renewal_stage=draw(st.sampled_from([None, "Signed", "Talking"])),
        plan=draw(st.sampled_from([None, "Growth", "Plan 9"])),
        roi=draw(
            st.dictionaries(
                st.sampled_from(ROI_NAMES),
                st.floats(-1e6, 1e6) | st.integers(0, 100_000).map(float),
                max_size=3,
            )
        ),
    )
    used, little, other = (draw(st.lists(NAMES, max_size=4, unique=True)) for _ in range(3))
    report = FeatureAdoptionReport(
        account_id="A-0001",
        as_of=date(2025, 12, 28),
        features_used=used,
        adoption_rate=None,
        underutilised_features=[name for name in little if name not in used],
        not_entitled_features=[name for name in other if name not in (*used, *little)],
        recommendations=[],
        benchmark_comparison=BenchmarkComparison(peer_group="plan Growth", peers=0),
        confidence="low",
    )
    return qbr_evidence(row(of, on=ON), points, report, run_date=ON, trigger="scheduled")


@given(reviews())
def test_the_check_drops_nothing_that_the_rules_write(of: QBREvidence) -> None:
    content = written(of)
    passed = checked(content, of)
    assert passed.dropped_claims == ()
    assert passed.content == content


def test_a_review_is_written_from_values_and_not_from_labels() -> None:
    # GIVEN a quarter with a change of colour and several causes
    worst = {**FALLEN, "usage_trend": "inactive", "feature_adoption_rate": 0.2}
    found = known(on(10, 1), on(12, 30, **worst), roi={"ROI Hours saved": 120.0})
    assert {SignalMove, ColourChange} <= set(map(type, found.facts))

    # WHEN their labels are worded in another way  THEN the review is the same
    reworded = [
        fact.model_copy(update={"label": "something"}) if isinstance(fact, SignalMove | ColourChange) else fact
        for fact in found.facts
    ]
    assert written(found.model_copy(update={"facts": tuple(reworded)})) == written(found)
