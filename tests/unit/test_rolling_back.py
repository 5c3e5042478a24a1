"""Rolling back: rows of the landed version are read here, and what is stored here is what the landed version reads.

`tests/samples/landed` has rows as the landed version wrote them, and the JSON schemas by which it reads them.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from customer_success.adoption.peers import PeerGroup
from customer_success.aws.dynamodb import adoption, offers, qbrs
from customer_success.expansion.check_expansion import _Answer
from customer_success.expansion.entry import ExpansionEntry
from customer_success.expansion.offer import Handoff, HeldReason, Offer, SalesAnswer
from customer_success.narration.evidence import worded
from customer_success.reviews.facts import FactKey
from customer_success.reviews.qbr import Qbr, QbrKey, QbrText
from customer_success.schemas import FeatureAdoptionReport, Support
from customer_success.scoring.health_status import Point
from tests.builders.accounts import HEALTHY
from tests.builders.handoffs import Handoffs
from tests.builders.opportunities import offered
from tests.builders.reviews import Reviews

LANDED = Path(__file__).parents[1] / "samples" / "landed"
MODELS: dict[str, Any] = {
    "review": Qbr,
    "review_text": QbrText,
    "adoption_report": FeatureAdoptionReport,
    "peer_group": PeerGroup,
    "score": Point,
    "offer": Offer,
    "offer_handoff": Handoff,
    "offer_answer": SalesAnswer,
    "expansion_answer": _Answer,
    "expansion_entry": ExpansionEntry,
}
BESIDE: dict[str, Any] = {"review_text": qbrs.BESIDE, "adoption_report": adoption.BESIDE, "offer": offers.BESIDE}


def landed(name: str) -> Any:
    return json.loads((LANDED / f"{name}.json").read_text())


def stored(name: str, value: Any) -> Any:
    """The value as the table has it, in its item's body."""
    body = TypeAdapter(MODELS[name]).dump_json(value, round_trip=True, by_alias=True, exclude=BESIDE.get(name))
    return json.loads(body)


def read(name: str, row: Any) -> Any:
    return TypeAdapter(MODELS[name]).validate_json(json.dumps(row))


def unreadable(name: str, row: Any) -> list[str]:
    """What keeps the landed version from reading a row."""
    schema = json.loads((LANDED / "schemas" / f"{name}.json").read_text())
    checked = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in checked.iter_errors(row)]


def fields(row: Any) -> Any:
    """Names and types of a row, all the way down."""
    match row:
        case dict():
            return {name: fields(value) for name, value in row.items()}
        case list():
            return [fields(value) for value in row]
    return type(row).__name__


@pytest.mark.parametrize("name", MODELS)
def test_a_landed_row_is_read_and_stored_as_it_was(name: str) -> None:
    # GIVEN a row as the landed version wrote it
    row = landed(name)

    # WHEN it is read and stored again  THEN nothing of it is lost or changed
    assert stored(name, read(name, row)) == row


@pytest.mark.parametrize("name", MODELS)
def test_the_schemas_refuse_what_the_landed_version_refuses(name: str) -> None:
    # GIVEN the landed row  WHEN a field of it is missing  THEN the schema notices; whole it is fine
    row = landed(name)
    assert unreadable(name, row) == []
    required = json.loads((LANDED / "schemas" / f"{name}.json").read_text()).get("required", [])
    assert all(unreadable(name, {k: v for k, v in row.items() if k != field}) for field in required)


def test_a_review_of_today_is_read_by_the_landed_version() -> None:
    # GIVEN a review with all kinds of facts: scores, colours, moves, contract, ROI
    reviews = Reviews()
    worse = {**HEALTHY, "usage_trend": "declining", "feature_adoption_rate": 0.3, "open_ticket_count": 5}
    facts: dict[str, Any] = {"roi": {"ROI Hours saved": 120.0}, "auto_renew": True, "notice_days": 60}
    reviews.account(1, days=[date(2025, 12, 31)], signals=HEALTHY, **facts)
    reviews.account(1, days=[date(2026, 3, 31)], signals=worse, **facts)

    # WHEN it is written
    reviews.review()
    reviews.track()

    # THEN record, text and report have the fields that the landed version reads
    key = QbrKey("A-0001", "Q2 2026")
    known_ = reviews.qbrs.text(key)
    assert known_
    assert known_.content.trigger == "scheduled"
    text = stored("review_text", known_)
    assert unreadable("review_text", text) == []
    assert unreadable("review", stored("review", reviews.qbrs.get(key))) == []
    assert unreadable("adoption_report", stored("adoption_report", reviews.reports.get("A-0001"))) == []
    known = {fact["key"]: fields(fact) for fact in landed("review_text")["evidence"]["facts"]}
    written = {fact["key"]: fields(fact) for fact in text["evidence"]["facts"]}
    assert written.keys() & known.keys() > {"score_at_end", "contract_end", "auto_renew"}
    assert all(written[key].keys() == known[key].keys() for key in written.keys() & known.keys())


def test_an_offer_of_today_is_read_by_the_landed_version() -> None:
    # GIVEN an account that asks for seats and a module
    handoffs = Handoffs()
    handoffs.account(1)
    handoffs.wants_a_module(1)

    # WHEN it is checked
    handoffs.check()

    # THEN offers, the day's entry and its answer have the fields that the landed version reads
    found = handoffs.offers.of_account("A-0001")
    assert {offer.opportunity.opportunity_type for offer in found} == {"seats", "module"}
    for offer in found:
        assert offer.opportunity.made_at
        assert fields(stored("offer", offer)).keys() == fields(landed("offer")).keys()
        assert unreadable("offer", stored("offer", offer)) == []
    entry = stored("expansion_entry", handoffs.entry())
    assert (entry.keys(), unreadable("expansion_entry", entry)) == (landed("expansion_entry").keys(), [])
    (answer,) = [
        json.loads(known)
        for (_, channel), (_, known) in handoffs.ledger.entries.items()
        if channel == "expansion_found"
    ]
    assert (answer.keys(), unreadable("expansion_answer", answer)) == (landed("expansion_answer").keys(), [])


def test_a_reason_that_no_version_knows_stays_as_it_is() -> None:
    # GIVEN an offer that was held for a reason in free words
    offer = offered(held_because="the handoff was refused: offer is unknown")

    # WHEN it is stored and read  THEN the reason is the same
    assert read("offer", stored("offer", offer)) == offer


def test_a_reason_why_an_offer_is_held_is_read_as_the_one_that_it_is() -> None:
    # GIVEN a landed offer that was held for a known reason  WHEN it is read  THEN that reason differs from others
    for reason in HeldReason:
        offer: Offer = read("offer", landed("offer") | {"held_because": reason.value})
        assert offer.held_because is reason


def test_the_confidence_of_an_offers_rationale_is_stored_under_its_old_name() -> None:
    offer: Offer = read("offer", landed("offer"))
    assert (offer.rationale_confidence, stored("offer", offer)["ground_confidence"]) == ("high", "high")


def test_a_stored_fact_that_is_a_date_is_read_as_one() -> None:
    # GIVEN a review that the landed version stored, with the contract's end as an ISO day
    text: QbrText = read("review_text", landed("review_text"))

    # WHEN it is read  THEN the end is a date, and worded as one
    end = text.evidence.fact(FactKey.CONTRACT_END)
    assert end is not None
    assert (end.value, end.day, worded(end)) == (date(2026, 6, 30), date(2026, 6, 30), "30 June 2026")


def test_support_is_stored_as_one_text_and_read_as_two_values() -> None:
    # GIVEN a stored score with both halves of its support in one text
    row = landed("score")
    (shown,) = [driver["value"] for driver in row["score"]["drivers"] if driver["key"] == "support"]
    assert shown == "negative, 2 open"

    # WHEN it is read  THEN the driver has both values, and is stored as one text again
    point: Point = read("score", row)
    (support,) = [driver.value for driver in point.score.drivers if driver.key == "support"]
    assert support == Support("negative", 2)
    assert isinstance(support, Support)


@pytest.mark.parametrize(
    ("text", "support"),
    [
        ("negative, 5 open", Support("negative", 5)),
        ("5 open", Support(None, 5)),
        ("0 open", Support(None, 0)),
        ("critical", Support("critical", None)),
        ("", None),
        (", 5 open", None),
        ("furious, 5 open", None),
        ("many open", None),
    ],
)
def test_each_stored_support_is_read_or_left_as_it_is(text: str, support: Support | None) -> None:
    assert Support.read(text) == support
    assert support is None or str(support) == text
