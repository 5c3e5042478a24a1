"""A narrator's proposals, of which only what rests on its rationale becomes an offer."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest

from customer_success.expansion.offer_check import Accepted, accepted
from customer_success.expansion.price_list import PriceList
from customer_success.expansion.talk_track import can_be_named
from customer_success.narration.offer_evidence import ExpansionEvidence
from customer_success.schemas import ExpansionOpportunity
from tests.builders.accounts import HEALTHY, account
from tests.builders.opportunities import asks_for, full
from tests.builders.texts.claims import not_as_written, not_in_evidence
from tests.builders.usage import little_used, not_in_plan, usage

PRICES = PriceList(seat=300)
ROWS = (
    usage("Boards", used=38.0, limit=40.0),
    not_in_plan("Forecasts 360", used=12.0),
    little_used("Slack integration", family="Integrations"),
)
KNOWN = asks_for(full(connected_tools=("Slack",), plan="Team 50"), ROWS, PRICES)
SEATS_IN_USE = "Seats in use: 257 (account page, 2026-03-02)"
TRACKS = {
    "seats": "Your team uses 257 seats today. How many do you need?",
    "module": "With Boards your team is at 95% of its limit. What would you do with more room?",
    "integration": "Your team works with Slack. What do you enter by hand today?",
}
LINES = {
    "seats": SEATS_IN_USE,
    "module": "Boards, share of its limit in use: 95% (feature usage, 2026-03-02)",
    "integration": "Slack integration, in use: 0 (feature usage, 2026-03-02)",
}


def proposal(kind: str = "seats", /, **changes: Any) -> dict[str, Any]:
    """A proposal that holds, with `changes` laid over."""
    plain: dict[str, Any] = {
        "opportunity_type": kind,
        "evidence": [LINES[kind]],
        "recommended_talk_track": TRACKS[kind],
        "confidence": "medium",
    }
    return plain | changes


def check(*proposed: dict[str, Any], known: ExpansionEvidence = KNOWN) -> Accepted:
    return accepted(proposed, known)


def only(checked: Accepted) -> ExpansionOpportunity:
    assert checked.refused == ()
    (found,) = checked.opportunities
    return found


def refusal(checked: Accepted) -> str:
    assert checked.opportunities == ()
    (why,) = checked.refused
    return why


def checked(track: str, kind: str = "seats") -> tuple[str, tuple[str, ...]]:
    """What is left of a talk track that begins with what is true, and what was dropped."""
    checked = check(proposal(kind, recommended_talk_track=f"Good to see you. {track}"))
    return only(checked).recommended_talk_track.removeprefix("Good to see you.").strip(), checked.dropped


def test_proposals_that_hold_stay_in_their_order() -> None:
    kinds = ["module", "seats"]
    checked = check(*map(proposal, kinds))
    assert [found.opportunity_type for found in checked.opportunities] == kinds
    assert (checked.refused, checked.dropped) == ((), ())


def test_a_proposal_without_an_account_is_of_the_account_that_was_asked_for() -> None:
    assert only(check(proposal())).account_id == "A-0001"
    assert only(check(proposal(account_id="A-0001"))).account_id == "A-0001"


def test_a_proposal_for_another_account_is_refused() -> None:
    why = refusal(check(proposal(account_id="A-0002")))
    assert why == "Account 1, seats: account_id: 'A-0002' is another account than 'A-0001'"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"opportunity_type": "discount"},
            "proposal 1: opportunity_type: 'discount' is not one of seats, module, integration",
        ),
        ({"estimated_arr_impact": -1.0}, "seats: estimated_arr_impact: -1.0 is below the bound 0.0"),
        ({"estimated_arr_impact": nan}, "seats: estimated_arr_impact: must be a finite number, not nan"),
        ({"estimated_arr_impact": "5100"}, "seats: estimated_arr_impact: must be a number, not '5100'"),
        ({"evidence": []}, "seats: evidence: [] is refused: List should have at least 1 item"),
        ({"confidence": "certain"}, "seats: confidence: 'certain' is not one of high, medium, low"),
        ({"recommended_talk_track": ""}, "seats: recommended_talk_track: '' is refused"),
        ({"talk_track": "Hello"}, "seats: talk_track: no such field (did you mean"),
        ({"account_id": None}, "seats: account_id: None is refused"),
    ],
)
def test_what_is_not_whole_is_refused_with_field_and_reason(changes: dict[str, Any], why: str) -> None:
    assert refusal(check(proposal() | changes)).startswith(f"Account 1, {why}")


def test_all_that_is_wrong_with_a_proposal_is_reported() -> None:
    why = refusal(check({"opportunity_type": "seats"}))
    assert why == ("Account 1, seats: evidence: is missing; recommended_talk_track: is missing; confidence: is missing")
    unfounded = refusal(check(proposal(evidence=["Seats: many"], estimated_arr_impact=1.0, account_id="A-0002")))
    assert all(field in unfounded for field in ("account_id:", "evidence[0]:", "estimated_arr_impact:"))


def test_an_opportunity_without_a_rationale_is_refused() -> None:
    of = account(1, {**HEALTHY, "seats_utilization_rate": 0.2})
    why = refusal(check(proposal(), known=asks_for(of, ROWS)))
    assert why == "Account 1, seats: opportunity_type: nothing that is known asks for 'seats'"


def test_the_second_of_a_type_is_refused() -> None:
    checked = check(proposal(), proposal(confidence="low"))
    assert [found.confidence for found in checked.opportunities] == ["medium"]
    assert checked.refused == ("Account 1, seats: opportunity_type: 'seats' is proposed already",)


def test_a_refused_proposal_takes_no_other_ones_place() -> None:
    checked = check(proposal(evidence=["invented"]), proposal())
    assert len(checked.opportunities) == 1
    assert len(checked.refused) == 1


def test_evidence_may_differ_in_white_space_alone() -> None:
    spaced = f"  {SEATS_IN_USE.replace(' ', '  ')}\n"
    assert only(check(proposal(evidence=[spaced, SEATS_IN_USE]))).evidence == [SEATS_IN_USE]


@pytest.mark.parametrize(
    "line", ["Seats in use: 258 (account page, 2026-03-02)", "Seats in use: 257", LINES["module"], "NPS: 9"]
)
def test_a_line_that_is_not_in_the_rationales_evidence_is_refused(line: str) -> None:
    why = refusal(check(proposal(evidence=[SEATS_IN_USE, line])))
    assert why == f"Account 1, seats: evidence[1]: {not_in_evidence(repr(line))}"


@pytest.mark.parametrize("proposed", [None, 5100, 5100.0, 5125.0, 5075.0])
def test_the_estimate_is_that_which_was_worked_out(proposed: float | None) -> None:
    assert only(check(proposal(estimated_arr_impact=proposed))).estimated_arr_impact == 5100.0


@pytest.mark.parametrize("proposed", [5126.0, 5074.0, 0.0, 51_000.0])
def test_another_estimate_is_refused(proposed: float) -> None:
    why = refusal(check(proposal(estimated_arr_impact=proposed)))
    assert why == f"Account 1, seats: estimated_arr_impact: {proposed:,.2f} is not price × quantity, which is 5,100.00"


@pytest.mark.parametrize("proposed", [1.0, 0.0])
def test_an_estimate_that_nothing_is_known_for_is_refused(proposed: float) -> None:
    why = refusal(check(proposal("module", estimated_arr_impact=proposed)))
    assert why.endswith("cannot be known: price or quantity is not known")


@pytest.mark.parametrize(
    ("kind", "proposed", "stored"),
    [("seats", "high", "high"), ("seats", "low", "low"), ("integration", "high", "medium"), ("module", "low", "low")],
)
def test_no_offer_is_surer_than_its_rationale(kind: str, proposed: str, stored: str) -> None:
    assert only(check(proposal(kind, confidence=proposed))).confidence == stored


@pytest.mark.parametrize(
    "track",
    [
        "Your team uses 257 seats, and 240 are in your plan.",
        "Seats in use stand at 107%.",
        "There are more people than the 240 seats in your plan hold.",
        "Shall we take 30 minutes next week to look at it in a call?",
        "Your Team 50 plan has served you well.",
        "Who else should work with it?",
        "1. Your team uses 257 seats.",
    ],
)
def test_what_follows_from_the_rationale_can_be_written(track: str) -> None:
    assert checked(track) == (track, ())


@pytest.mark.parametrize(
    ("track", "why"),
    [
        ("Your team uses 300 seats.", not_in_evidence("300")),
        ("Your seats are used to 99%.", not_in_evidence("99%")),
        ("Your adoption reached 107%.", not_as_written("107%")),
        ("Usage has tripled.", not_in_evidence("tripled")),
        ("It is worth $5,100 a year.", not_in_evidence("$5,100")),
        ("You would save 20 hours.", not_in_evidence("20 hours")),
        ("Your team is at 95% with Boards.", not_in_evidence("95%")),
    ],
)
def test_a_sentence_with_a_figure_of_its_own_is_dropped(track: str, why: str) -> None:
    left, dropped = checked(track)
    assert left == ""
    assert dropped == (f'Account 1, seats: "{track}" ({why.casefold()})',)


@pytest.mark.parametrize(
    "words",
    [
        "We do not want you to churn.",
        "Your health score is fine.",
        "The rating that we keep of you is good.",
        "You are rated well.",
        "All your invoices are paid.",
        "Nothing is overdue.",
        "There was no escalation.",
        "There is no risk in it.",
        "Your NPS is high.",
        "Our ARR would rise.",
        "This is an upsell.",
        "We have a special price for you.",
        "You get a discount.",
        "Your colour is GREEN.",
        "Read more on https://example.com.",
        "See www.example.com for that.",
        "Write to sales@example.com.",
    ],
)
def test_what_is_not_for_the_customers_ears_is_dropped(words: str) -> None:
    left, dropped = checked(words)
    assert left == ""
    assert len(dropped) == 1


def test_figures_count_for_the_feature_of_which_they_are_known() -> None:
    assert checked("Your team asked for Forecasts 360 12 times.", "module")[1] == ()
    assert checked("With Boards you are at 95% of the limit.", "module")[1] == ()
    assert checked("It is at 95%.", "module")[1] == ()
    for untrue in (
        "Your team asked for Boards 12 times.",
        "With Forecasts 360 you are at 95%.",
        "Your team asked for Forecasts 360 some 360 times.",
        "Your team asked for 360 of Forecasts 360.",
        "Your team uses 257 seats.",
    ):
        assert checked(untrue, "module")[0] == "", untrue


def test_the_longer_of_two_names_is_read_first() -> None:
    both = asks_for(full(), [not_in_plan("Forecasts", used=3.0), not_in_plan("Forecasts 360", used=12.0)])
    track = "Your team asked for Forecasts 360 12 times. Your team asked for Forecasts 3 times."
    line = "Forecasts, not in the plan, times asked for: 3 (feature usage, 2026-03-02)"
    checked = check(proposal("module", evidence=[line], recommended_talk_track=track), known=both)
    assert only(checked).recommended_talk_track == track
    swapped = "Your team asked for Forecasts 360 3 times."
    assert refusal(check(proposal("module", evidence=[line], recommended_talk_track=swapped), known=both))


@pytest.mark.parametrize("name", ["İzmir 2.0", "㎒ 2.0", "Straße 2.0"])
def test_a_name_is_found_however_its_letters_are_written(name: str) -> None:
    known = asks_for(full(), [not_in_plan(name, used=12.0)])
    line = f"{name}, not in the plan, times asked for: 12 (feature usage, 2026-03-02)"
    for reported in (name, name.casefold()):
        track = f"Your team asked for {reported} 12 times."
        checked = check(proposal("module", evidence=[line], recommended_talk_track=track), known=known)
        assert only(checked).recommended_talk_track == track


def test_a_feature_whose_name_is_a_figure_lets_no_figure_pass() -> None:
    known = asks_for(full(), [not_in_plan("300", used=12.0)])
    line = "300, not in the plan, times asked for: 12 (feature usage, 2026-03-02)"
    track = "Good to see you. Your team asked for it 300 times."
    checked = check(proposal("module", evidence=[line], recommended_talk_track=track), known=known)
    assert only(checked).recommended_talk_track == "Good to see you."


def test_a_continued_sentence_is_about_what_was_named_before() -> None:
    left, dropped = checked("You asked for Forecasts 360. It was asked for 38 times.", "module")
    assert left == "You asked for Forecasts 360."
    assert len(dropped) == 1


def test_a_proposal_without_a_usable_sentence_is_refused() -> None:
    why = refusal(check(proposal(recommended_talk_track="You have 900 seats. Your churn risk is low.")))
    assert why == (
        'Account 1, seats: recommended_talk_track: no sentence of it can be said: "You have 900 seats." '
        f'({not_in_evidence("900")}), "Your churn risk is low." (churn is nothing to tell the customer)'
    )
    assert refusal(check(proposal(recommended_talk_track=" \n "))).endswith("can be said: it is empty")


def test_checking_what_holds_again_changes_nothing() -> None:
    track = "Your team uses 257 seats. It will grow by 40%.\nHow many do you need?"
    first = check(proposal(recommended_talk_track=track, confidence="high"), proposal("integration", confidence="high"))
    again = accepted([found.model_dump() for found in first.opportunities], KNOWN)
    assert again.opportunities == first.opportunities
    assert (again.refused, again.dropped) == ((), ())
    assert len(first.dropped) == 1


def test_the_sentences_of_a_refused_proposal_are_not_listed_as_dropped() -> None:
    track = "Your team uses 257 seats. You have 900 of them."
    checked = check(proposal(recommended_talk_track=track, evidence=["invented"]))
    assert len(checked.refused) == 1
    assert checked.dropped == ()


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("Boards", True),
        ("Forecasts 360", True),
        ("Node.js", True),
        ("360", False),
        ("Twenty", False),
        ("5 %", False),
        ("Boards 5%", False),
        ("One. Two", False),
        ("a\nb", False),
        ("***", False),
    ],
)
def test_a_name_that_is_a_figure_or_breaks_a_sentence_is_not_written(name: str, fits: bool) -> None:
    assert can_be_named(name) is fits
