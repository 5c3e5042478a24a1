"""No figure in a review that the evidence does not bear out, however it is written."""

from __future__ import annotations

import pytest

from customer_success.narration.claims import checked
from tests.builders.evidence import evidence, fact
from tests.builders.texts.claims import not_in_evidence
from tests.unit.claims_case import FACTS, check, content

TRUE = (
    # percent and fraction
    "Adoption is at 85 %.",
    "Adoption is at 85.3%.",
    "Adoption is about 85 percent.",
    "Adoption stands at 85 per cent.",
    "Adoption stands at eighty-five percent.",
    "Adoption stands at 0.85.",
    "Adoption stands at 85,3 %.",
    "Adoption is at **85 %**.",
    "Adoption is at ８５％.",
    "Adoption is over 85 %.",
    "Adoption is 85 out of 100.",
    "99 % of the seats are in use.",
    # changes
    "Adoption rose from 60 % to 85 %.",
    "Adoption rose by 25 percentage points.",
    "Adoption grew by 42 %.",
    "Adoption was up 25.3 pp.",
    "The score fell by 10.5 points.",
    "The score is down 10.5 points since the start of the quarter.",
    "The score fell from 82.0 to 71.5 (−10.5).",
    "Score: 82.0 → 71.5.",
    "The score went from 82 to 71.5, a drop of 13 %.",
    "The score fell from 82.0 to 71.5 as adoption rose from 60 % to 85 %.",
    "The score recovered from 60.2 to 71.5.",
    "The score fell to 60.2 on 15 November 2025.",
    "Support cost 4.2 points of the score.",
    "Users doubled.",
    "The number of users more than doubled, from 100 to 204.",
    "Open tickets halved.",
    "There are twice as many users as before.",
    "Users grew 2x.",
    # counts and number words
    "There are 3 open tickets.",
    "Three tickets are open.",
    "Tickets fell from six to three.",
    "Half as many tickets are open.",
    "There were no escalations.",
    "There were zero escalations in the last 90 days.",
    "Two features are in use, one feature is little used.",
    "2 of 3 features are in use.",
    "Two hundred and four users log in.",
    "One thing stands out: the team is engaged.",
    # points
    "The health score is 71.5 points.",
    "The health score is 72 of 100.",
    "The health score is 71.50.",
    "The health score is nearly 72.",
    # amounts
    "ARR is $119,800.",
    "ARR is about 120,000.",
    "ARR is 120k USD.",
    "ARR is one hundred and nineteen thousand and eight hundred.",
    "ARR is 119 800.",
    "ARR is €119.800.",
    "ARR is EUR 0.12 million.",
    "Savings are 1.2 million.",
    "Savings come to $1.21m.",
    # days
    "The contract ends on 31 March 2026.",
    "The contract ends on March 31, 2026, in 89 days.",
    "The contract ends on 2026-03-31.",
    "The contract ends on 31.03.2026.",
    "The contract ends in March 2026.",
    "The contract ends on the thirty-first of March.",
    "The contract ends in Q1 2026.",
    "The contract ends in about 13 weeks.",
    "The contract ends in three months.",
    "As of 31 December 2025 the contract has a notice period of 30 days.",
    "This review is held in Q1 2026 and looks back on Q4 2025.",
    "In the fourth quarter of 2025 the score fell.",
    "In November the score was lowest, at 60.2.",
    "On 1 Oct the score was 82.0.",
    # subjects
    "Support quality (negative by now) cost 4.2 points of the score.",
    "Adoption among two hundred and four users is at 85 %.",
    "The adoption team uses 99 % of the seats.",
    "Adoption has not fallen: it is at 85 %.",
    "Adoption and seats are at 85 % and 99 %.",
    "Open tickets and escalations stand at 3 and 0.",
    "With adoption at 85 %, seats at 99 % and 3 open tickets, the score is 71.5.",
    "At 85 %, adoption is good.",
    # as people write
    "Overall health declined over Q4 2025, with the score falling from 82.0 on 1 October to 71.5 on 31 December 2025.",
    "Northwind Traders ended the quarter at 71.5 points (AMBER), 10.5 points below where it began.",
    "Adoption grew by 25 points, or about 42 %.",
    "Open tickets were cut in half, from 6 to 3.",
    "Logins improved from every 4 days to every 2 days.",
    "The renewal is less than 90 days away.",
    "More than 200 users log in.",
    "Compared to 60 % at the start of October, adoption is now 85 %.",
    "Usage is declining.",
    # colours and names
    "Health is AMBER.",
    "Health went from GREEN to AMBER.",
    "Amber alerts are little used.",
    "SSO 2.0 is used well by Northwind Traders (A-0001).",
    "A green light from the sponsor would help.",
    "They may march on; B2B customers often do.",
    "First, look at the reports, e.g. those of last week.",
)

FALSE = (
    # not in the evidence
    ("Adoption rose to 99 %.", "99 %"),
    ("Adoption is at 86 %.", "86 %"),
    ("Adoption is at 85.4 %.", "85.4 %"),
    ("Adoption is at 85.31 %.", "85.31 %"),
    ("Adoption is over 86 %.", "86 %"),
    ("Adoption is nearly 85 %.", "85 %"),
    ("Adoption is at 0.86.", "0.86"),
    ("Adoption reached 71.5.", "71.5"),
    ("The score is 71.", "71"),
    ("The score is 71.5 %.", "71.5 %"),
    ("The score is 85.", "85"),
    ("The score is over 72.", "72"),
    ("There are 4 open tickets.", "4"),
    ("Four tickets are open.", "Four"),
    ("One open ticket remains.", "One"),
    ("A dozen tickets are open.", "A dozen"),
    ("There are no open tickets.", "no open"),
    ("Dozens of users left.", "Dozens"),
    ("3 of 3 features are in use.", "3 of 3"),
    # amounts
    ("ARR is $120,000.", "$120,000"),
    ("ARR is 119k.", "119k"),
    ("ARR is €1.2 million.", "€1.2 million"),
    ("Savings come to 1.3 million.", "1.3 million"),
    ("Revenue is 119800 %.", "119800 %"),
    # changes
    ("Adoption grew by 43 %.", "43 %"),
    ("Adoption rose by 85 %.", "85 %"),
    ("Adoption is at 25 %.", "25 %"),
    ("Adoption rose by 26 percentage points.", "26 percentage points"),
    ("Adoption doubled.", "doubled"),
    ("Users tripled.", "tripled"),
    ("Users halved.", "halved"),
    ("Users grew 3x.", "3x"),
    ("Half of the features are in use.", "Half"),
    ("Adoption rose by a third.", "a third"),
    ("A quarter of the seats are empty.", "A quarter"),
    # direction
    ("Adoption fell to 85 %.", "85 %"),
    ("The score rose to 71.5.", "71.5"),
    ("The score rose by 10.5 points.", "10.5 points"),
    ("The score improved from 71.5 to 82.0.", "from 71.5 to 82.0"),
    ("The score fell from 82.0 to 85 %.", "82.0"),
    ("Seats rose to 99 %.", "99 %"),
    ("The score: 71.5 → 82.0.", "from 71.5 to 82.0"),
    ("Support brought 4.2 points.", "4.2 points"),
    ("Health went from AMBER to GREEN.", "from AMBER to GREEN"),
    # the wrong subject
    ("Adoption reached 99 %.", "99 %"),
    ("Seats are well used, adoption reached 99 %.", "99 %"),
    ("With seats nearly full adoption reached 99 %.", "99 %"),
    ("At 99 %, adoption is good.", "99 %"),
    ("Seats are at 85 %.", "85 %"),
    ("NPS is 3.", "3"),
    ("The notice period is 89 days.", "89 days"),
    ("Logins are 3 days apart.", "3 days"),
    # days
    ("The contract ends on 30 March 2026.", "30 March 2026"),
    ("The contract ends on 31 December 2025.", "31 December 2025"),
    ("The contract ends on 2026-04-01.", "2026-04-01"),
    ("The contract ends on April 1, 2026.", "April 1, 2026"),
    ("The contract ends in May.", "in May"),
    ("The contract ends in Q2 2026.", "Q2 2026"),
    ("The contract ended 89 days ago.", "89 days"),
    ("The contract ends in 90 days.", "90 days"),
    ("The contract ends in 12 weeks.", "12 weeks"),
    ("The contract ends in two months.", "two months"),
    ("The score was 82.0 on 31 December 2025.", "82.0"),
    ("In Q3 2025 the score fell.", "Q3 2025"),
    ("In 2024 the score fell.", "In 2024"),
    ("On 10 May the team met.", "10 May"),
    # colours
    ("Health is GREEN today and RED tomorrow.", "RED"),
    ("Health is red.", "red"),
    ("The score shows 72 tickets.", "72"),
    ("With seats nearly full NPS reached 99 %.", "99 %"),
    ("Adoption is 5 out of 6.", "5 out of 6"),
    # words
    ("Usage is growing.", "growing"),
    # as people write
    ("Adoption, like seats, is at 99 %.", "99 %"),
    ("Tickets rose to 3.", "3"),
    ("The renewal is less than 88 days away.", "88 days"),
    ("The renewal is more than 90 days away.", "90 days"),
    ("The contract ends in a week.", "a week"),
    ("The score fell by 10.5 points, or about 42 %.", "42 %"),
    ("Adoption quadrupled.", "quadrupled"),
    ("Not a single ticket was filed.", "Not a single ticket"),
    ("They pay $71.5.", "$71.5"),
    # ways to write 99 %
    ("Adoption: 99 percent.", "99 percent"),
    ("Adoption: ninety-nine percent.", "ninety-nine percent"),
    ("Adoption: ninetynine per cent.", "ninetynine per cent"),
    ("Adoption: ninety-nine point zero percent.", "ninety-nine point zero percent"),
    ("Adoption: 99 out of 100.", "99 out of 100"),
    ("Adoption: ninety-nine out of a hundred.", "ninety-nine out of a hundred"),
    ("Adoption: 99 in every 100.", "99 in every 100"),
    ("Adoption: 99/100.", "99/100"),
    ("Adoption: 0.99.", "0.99"),
    ("Adoption: .99.", ".99"),
    ("Adoption: ９９％.", "99%"),
    ("Adoption: 𝟗𝟗 %.", "99 %"),
    ("Adoption: ٩٩٪.", "99"),
    ("Adoption: 9\u200b9\u00a0%.", "99 %"),
    ("Adoption: 9**9** %.", "99 %"),
    ("Adoption: 9.9e1 %.", "9.9e1 %"),
    ("Adoption: 9 9 %.", "9"),
    ("Adoption: 9O %.", "9"),
    ("Adoption: XCIX percent.", "percent"),
    ("Adoption: 990‰.", "990"),
    ("Adoption: 九十九.", "九"),
    ("Adoption: 60–99 %.", "99 %"),
    ("Adoption: 99pp.", "99pp"),
    ("Adoption: 198/200.", "198/200"),
    ("Adoption: nine point nine out of ten.", "nine point nine out of ten"),
    ("Adoption: &#57;&#57;%.", "57"),
    ("Adoption: ⑨⑨%.", "99%"),
    ("Adoption: one less than a hundred percent.", "a hundred percent"),
    ("Adoption: neunundneunzig %.", "%"),
)


@pytest.mark.parametrize("sentence", TRUE)
def test_what_the_evidence_bears_out_stays(sentence: str) -> None:
    result = check(sentence)
    assert result.dropped_claims == ()
    assert result.content.account_health_summary == [sentence]


@pytest.mark.parametrize(("sentence", "figure"), FALSE, ids=[sentence for sentence, _ in FALSE])
def test_what_it_does_not_bear_out_is_dropped_and_listed(sentence: str, figure: str) -> None:
    result = check(sentence)
    assert result.content.account_health_summary == []
    (dropped,) = result.dropped_claims
    assert dropped.startswith('"') and f"({figure}" in dropped and not_in_evidence("") in dropped


OF_NAMES = evidence(
    *FACTS,
    fact("roi_cost_saved", 91_000.0, "number", label="ROI Cost saved per year", about=("cost saved per year",)),
    fact("colour_changes", 0.0, "count", label="changes of colour in Q4 2025", about=("changes of colour",)),
)


@pytest.mark.parametrize("text", ["ROI Cost saved per year: 91,000.", "Changes of colour in Q4 2025: 0."])
def test_a_name_that_sounds_like_a_change_is_none(text: str) -> None:
    assert checked(content(text), OF_NAMES).dropped_claims == ()


@pytest.mark.parametrize("text", ["ROI Cost saved per year: 92,000.", "Changes of colour in Q4 2025: 2."])
def test_a_wrong_figure_under_such_a_name_is_dropped_all_the_same(text: str) -> None:
    assert len(checked(content(text), OF_NAMES).dropped_claims) == 1


@pytest.mark.parametrize(
    "text",
    [
        "The lowest score was 82.0.",
        "The highest score was 60.2.",
        "ARR grew by $119,800.",
        "Revenue rose by 119,800.",
    ],
)
def test_a_figure_is_not_given_another_meaning(text: str) -> None:
    highest = fact("score_highest", 82.0, "points", about=("score", "health"), series="health_score")
    assert len(checked(content(text), evidence(*FACTS, highest)).dropped_claims) == 1


@pytest.mark.parametrize("text", ["The lowest score was 60.2.", "The highest score was 82.0.", "ARR is $119,800."])
def test_and_its_own_meaning_may_be_written(text: str) -> None:
    highest = fact("score_highest", 82.0, "points", about=("score", "health"), series="health_score")
    assert checked(content(text), evidence(*FACTS, highest)).dropped_claims == ()


@pytest.mark.parametrize("name", ["ROI %", "ROI $", "ROI Tickets deflected %", "ROI 3", "ROI Value (2025) 99% sure"])
def test_a_column_is_recognised_by_its_name_with_any_punctuation(name: str) -> None:
    measured = fact("roi_x", 12.0, "number", label=name, about=("roi",))
    reported = content(roi_and_business_impact=[f"{name}: 12."])
    assert checked(reported, evidence(*FACTS, measured)).dropped_claims == ()
