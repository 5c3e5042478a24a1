"""What becomes of paragraphs, sections and rows when one sentence in them is invented."""

from __future__ import annotations

from time import process_time

import pytest

from customer_success.schemas import FeatureScore
from tests.builders.evidence import evidence, fact
from tests.builders.texts.claims import not_as_written, not_in_evidence
from tests.unit.claims_case import FACTS, FEATURES, check

UNMEASURED = evidence(*(known for known in FACTS if not known.key.startswith("roi_")), features=FEATURES)


def test_the_rest_of_a_paragraph_stays() -> None:
    # GIVEN a paragraph whose second sentence is invented
    result = check(
        "Adoption is at 85 %, i.e. good. It doubled in Q4 2025. The account of Acme Inc. grew, vs. Q3.", "Fine."
    )

    # THEN that one goes, and so does the one that names a quarter of which nothing is known
    assert result.content.account_health_summary == ["Adoption is at 85 %, i.e. good.", "Fine."]
    assert result.dropped_claims == (
        f'"It doubled in Q4 2025." ({not_as_written("doubled")})',
        f'"The account of Acme Inc. grew, vs. Q3." ({not_in_evidence("Q3")})',
    )


def test_a_paragraph_of_which_nothing_goes_stays_to_the_letter() -> None:
    paragraph = " Adoption is at 85 %.  Fine.\n"
    assert check(paragraph).content.account_health_summary == [paragraph]


def test_days_are_months_only_if_they_are_nearly_so() -> None:
    # GIVEN 45 days, which are one and a half months
    known = evidence(fact("notice_days", 45.0, "days"))
    result = check("The notice is 45 days.", "The notice is one month.", "The notice is 6 weeks.", known=known)
    assert result.content.account_health_summary == ["The notice is 45 days.", "The notice is 6 weeks."]


def test_a_paragraph_with_nothing_left_goes() -> None:
    assert check("Adoption is at 99 %.", "Good.").content.account_health_summary == ["Good."]


def test_what_is_left_of_lines_keeps_to_its_lines() -> None:
    result = check("1. Seats are full\n2. Adoption is at 99 %\n3. Health is AMBER")
    assert result.content.account_health_summary == ["1. Seats are full\n3. Health is AMBER"]


def test_a_sentence_that_goes_on_speaks_of_what_the_one_before_spoke_of() -> None:
    # GIVEN that 99 % is true of the seats
    result = check("Adoption is good. It reached 99 %.", "Seats are full. They are at 99 %.")
    assert result.content.account_health_summary == ["Adoption is good.", "Seats are full. They are at 99 %."]


@pytest.mark.parametrize(
    "paragraph",
    [
        "Adoption, e.g. of reports, is at 85 %.",
        "Adoption is at 85.3 % vs. 60 % before.",
        "The work of Acme Inc. Berlin is at 85 % adoption.",
        "Adoption is approx. 85 %.",
    ],
)
def test_a_point_within_a_sentence_does_not_end_it(paragraph: str) -> None:
    # GIVEN a sentence and the same one with an invented figure at its end
    assert check(paragraph).content.account_health_summary == [paragraph]
    assert check(f"{paragraph[:-1]} of 77.").content.account_health_summary == []


def test_figures_in_names_claim_nothing() -> None:
    known = evidence(*FACTS, account_name="Studio 54", features=FEATURES)
    sentence = "Studio 54 uses SSO 2.0 and Amber alerts."
    assert check(sentence, known=known).content.account_health_summary == [sentence]


@pytest.mark.parametrize("name", ["99", "Ninety-nine", "99 % adoption"])
def test_a_name_that_is_a_figure_lets_no_figure_through(name: str) -> None:
    known = evidence(*FACTS, account_name=name)
    assert (
        check(
            "We have 99 % adoption now.", "Adoption: ninety-nine percent.", known=known
        ).content.account_health_summary
        == []
    )


def test_a_gap_may_be_stated() -> None:
    sentence = "Not told: no score history in Q4 2025 before 15 October 2025."
    known = evidence(*FACTS, gaps=("no score history in Q4 2025 before 15 October 2025",))
    assert check(sentence, known=known).content.account_health_summary == [sentence]
    assert check(sentence).content.account_health_summary == []


def test_roi_that_was_not_measured_reads_so_over_any_text() -> None:
    # GIVEN a section with a claim in words and one in figures
    written = ["The product pays off for everyone. It saved 500 hours.", "ROI is 3x."]

    # WHEN no ROI was measured
    result = check(known=UNMEASURED, roi_and_business_impact=written)

    # THEN nothing of it stays, and the figures are listed
    assert result.content.roi_and_business_impact == ["not measured"]
    assert result.dropped_claims == (
        '"It saved 500 hours." (ROI was not measured)',
        '"ROI is 3x." (ROI was not measured)',
    )


@pytest.mark.parametrize("written", [[], ["not measured"], ["ROI was good."]])
def test_roi_that_was_not_measured_drops_no_claim_where_there_is_none(written: list[str]) -> None:
    result = check(known=UNMEASURED, roi_and_business_impact=written)
    assert (result.content.roi_and_business_impact, result.dropped_claims) == (["not measured"], ())


def test_roi_elsewhere_is_a_claim_too() -> None:
    # GIVEN a score of 71.5 and no ROI
    assert check("ROI reached 71.5.", known=UNMEASURED).content.account_health_summary == []


def test_roi_that_was_measured_is_checked_like_the_rest() -> None:
    result = check(roi_and_business_impact=["Savings came to €1.21 million. They came to €2 million before."])
    assert result.content.roi_and_business_impact == ["Savings came to €1.21 million."]
    assert len(result.dropped_claims) == 1


def test_hours_saved_are_hours() -> None:
    known = evidence(fact("roi_hours", 120.0, "number", label="ROI Hours Saved", about=("hours saved",)))
    result = check(known=known, roi_and_business_impact=["120 hours were saved. 120 weeks were saved."])
    assert result.content.roi_and_business_impact == ["120 hours were saved."]


def test_rows_say_what_is_known_of_their_features() -> None:
    # GIVEN rows that are true, that contradict the evidence, and of a feature that it does not have
    rows = [
        FeatureScore(feature="SSO 2.0", status="used", comment="In use. By 99 % of all people."),
        FeatureScore(feature="reports", status="underutilised"),
        FeatureScore(feature="Dashboards (99 % adopted)", status="used"),
        FeatureScore(feature="API", status="not_entitled", comment="not in the plan"),
    ]

    # WHEN they are checked
    result = check(feature_adoption_scorecard=rows)

    # THEN the true ones stay, without the figure that one of them invents
    assert result.content.feature_adoption_scorecard == [
        FeatureScore(feature="SSO 2.0", status="used", comment="In use."),
        FeatureScore(feature="API", status="not_entitled", comment="not in the plan"),
    ]
    assert result.dropped_claims == (
        f'"By 99 % of all people." ({not_as_written("99 %")})',
        '"reports: underutilised" (the evidence has it as used)',
        '"Dashboards (99 % adopted): used" (the evidence has no such feature)',
    )


def test_a_comment_of_the_evidence_stays_as_it_is() -> None:
    feature = FeatureScore(feature="SSO", status="used", comment="In use by 12 of 14 people since 3 May.")
    result = check(known=evidence(features=(feature,)), feature_adoption_scorecard=[feature])
    assert result.content.feature_adoption_scorecard == [feature]


@pytest.mark.parametrize(
    "step",
    [
        "Agree on one next step in a 30-minute call.",
        "Hold a two-hour workshop within the next 2 weeks.",
        "Meet every two weeks.",
        "Talk twice a month.",
        "Agree on three next steps.",
        "First, show the reports; second, ask again next quarter.",
        "The contract ends on 31 March 2026, in 89 days.",
    ],
)
def test_a_plan_may_say_how_long_and_how_often(step: str) -> None:
    assert check(expansion_and_next_steps=[step]).content.expansion_and_next_steps == [step]


@pytest.mark.parametrize(
    "step",
    [
        "Aim for 95 % adoption.",
        "Sell 20 more seats.",
        "Hold a 500-hour workshop.",
        "Hold 40 workshops.",
        "Call them on 15 January 2026.",
        "The contract ends within the next 2 weeks.",
        "Usage dropped for 5 weeks.",
        "The product saves 7 hours.",
        "Win 500 more users in three calls.",
        "A 30-minute call can bring 40,000 more ARR.",
    ],
)
def test_a_plan_sets_no_targets_and_claims_nothing(step: str) -> None:
    result = check(expansion_and_next_steps=[step])
    assert result.content.expansion_and_next_steps == []
    assert len(result.dropped_claims) == 1


def test_a_meeting_is_planned_only_among_the_next_steps() -> None:
    assert check("We held a 30-minute call.").content.account_health_summary == []


def test_an_order_in_the_notes_changes_no_figure() -> None:
    # GIVEN an account whose notes ask for 99 % adoption, and a model that obeys in each section
    obeyed = "Adoption is at 99 %."
    row = FeatureScore(feature="SSO 2.0", status="used", comment=obeyed)

    # WHEN its review is checked
    result = check(
        obeyed,
        roi_and_business_impact=[obeyed],
        feature_adoption_scorecard=[row],
        expansion_and_next_steps=[obeyed],
    )

    # THEN nothing of it is left
    assert "99" not in result.content.model_dump_json()
    assert len(result.dropped_claims) == 4


def test_a_long_sentence_is_listed_in_short() -> None:
    (dropped,) = check(f"Adoption is at 99 % {'and good ' * 200}.").dropped_claims
    assert len(dropped) < 400 and "…" in dropped


@pytest.mark.parametrize(
    "text",
    ["9" * 20_000, "9 " * 10_000, "one " * 5_000, "99 % and " * 2_000, "no open " * 2_500, "adoption " * 2_200,
     "100 " * 5_000, "Adoption is at 85 % " * 1_000, "Adoption, 85 %, " * 1_250,
     "1,000" * 4_000, "- " * 10_000, "Adoption is at 85 %. " * 950, "a" * 20_000, "from 82.0 to 71.5 " * 1_100,
     "e.g. " * 4_000],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_a_very_long_paragraph_takes_time_in_proportion(text: str) -> None:
    # GIVEN how long a quarter of the text takes, at its best: a processor that others use slows single runs
    def once(length: int) -> float:
        started = process_time()
        check(text[:length])
        return process_time() - started

    check(text[:100])
    short = min(once(5_000) for _ in range(3))

    # THEN all of it takes at most a little more than four times as long, where squares would take sixteen times
    assert any(once(20_000) < max(9 * short, 0.5) for _ in range(3))
