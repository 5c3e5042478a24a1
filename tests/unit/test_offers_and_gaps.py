"""What is unknown holds an offer where half of the book has it, and makes it less sure where the book lacks it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from customer_success.expansion.book_knowledge import SPEAKS_AGAINST, BookKnowledge, gaps_in_words, held_for_gaps
from customer_success.scan.run import BrokenFeed
from customer_success.schemas import CSMHealthSignals
from tests.builders import signals
from tests.builders.accounts import TODAY, account
from tests.builders.handoffs import Handoffs

PAYMENT = "invoice payment not known"


def without(*unknown: str, **facts: Any) -> Handoffs:
    """An account that needs more seats, and of which these signals are unknown."""
    world = Handoffs()
    world.account(1, signals=dict.fromkeys(unknown), **facts)
    return world


@pytest.mark.parametrize("missing", [50, 10, 0])
def test_an_offer_waits_for_a_signal_that_half_of_the_book_has(missing: int) -> None:
    # GIVEN an account of which payment is unknown, in a book of which half or more pays in sight
    world = without("invoice_payment_status")
    world.book_lacks({"invoice_payment_status": missing})
    # WHEN it is checked  THEN nothing is offered, and the reason is named
    answer = world.check()
    assert (answer["outcome"], answer["opportunities"]) == ("held_back", [])
    assert answer["reasons"] == [f"{PAYMENT}, and half of the book or more has it"]
    assert world.sent == []


@pytest.mark.parametrize("missing", [51, 100])
def test_an_offer_without_what_the_book_lacks_is_less_sure_and_names_it(missing: int) -> None:
    # GIVEN an account whose offer is of high confidence when all is known
    known = Handoffs()
    known.account(1)
    assert known.check()["opportunities"][0]["confidence"] == "high"
    # WHEN payment is unknown of it, and of most of the book
    world = without("invoice_payment_status")
    world.book_lacks({"invoice_payment_status": missing})
    answer = world.check()
    # THEN it goes to Sales with medium confidence, and says so
    assert answer["outcome"] == "offered"
    assert answer["opportunities"][0]["confidence"] == "medium"
    (sent,) = world.sent
    assert sent.evidence[-1] == PAYMENT
    assert any(PAYMENT in line for line in world.entry().lines)
    # AND asked again it is the same offer
    assert world.check(request="again")["opportunities"] == answer["opportunities"]
    assert world.sent == [sent]


def test_a_feed_that_broke_today_does_not_let_offers_out() -> None:
    world = without("invoice_payment_status")
    broken = BrokenFeed("invoice_payment_status", TODAY, TODAY - timedelta(days=1), 90, 100)
    world.book_lacks({"invoice_payment_status": 100}, broken_feeds=(broken,))
    assert world.check()["outcome"] == "held_back"


@pytest.mark.parametrize("watched", [0, 3])
def test_of_a_book_of_a_few_accounts_nothing_is_a_measure(watched: int) -> None:
    world = without("invoice_payment_status")
    world.book_lacks({}, watched=watched)
    assert world.check()["outcome"] == "offered"


BOOK = BookKnowledge(watched=100)


def of(**changes: Any) -> CSMHealthSignals:
    return signals.healthy(**changes)


@pytest.mark.parametrize(
    ("facts", "changes"),
    [
        pytest.param({}, {"tam_health_rag": None, "collections_risk": None}, id="without warnings"),
        pytest.param({}, {"avg_ticket_sentiment": None, "open_ticket_count": 0}, id="no ticket was rated"),
        pytest.param({"no_end": True, "contract_end": None}, {"days_to_renewal": None}, id="a contract without an end"),
    ],
)
def test_what_does_not_apply_is_no_gap(facts: dict[str, Any], changes: dict[str, Any]) -> None:
    assert held_for_gaps(account(1, **facts), of(**changes), BOOK) == ()
    assert gaps_in_words(account(1, **facts), of(**changes)) == ""


@pytest.mark.parametrize("signal", SPEAKS_AGAINST)
def test_every_signal_that_may_exclude_an_account_is_a_gap(signal: str) -> None:
    gap = of(**{signal: None}, **({"open_ticket_count": None} if signal == "avg_ticket_sentiment" else {}))
    assert held_for_gaps(account(1), gap, BOOK)
    assert gaps_in_words(account(1), gap).endswith("not known")
