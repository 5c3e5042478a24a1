"""The offers in the table: what finds them, what hands them over and what Sales answers lie beside each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from customer_success.aws.dynamodb.items import text
from customer_success.aws.dynamodb.offers import DynamoOffers
from customer_success.aws.dynamodb.table import Table
from customer_success.errors import Refused, Unreadable
from customer_success.expansion.offer import Handoff, Offer, SalesAnswer
from customer_success.expansion.policy import blocked
from customer_success.schemas import ExpansionOpportunity, OpportunityType
from tests.builders.accounts import TODAY
from tests.builders.aws import TABLE, Client, Clock
from tests.builders.stored import NASTY_ID

HANDOFF = Handoff(TODAY, "sam@example.com", draft_id="r-1")
ACCEPTED = SalesAnswer("Accepted", TODAY)


@pytest.fixture
def offers(table: Table, clock: Clock) -> DynamoOffers:
    return DynamoOffers(table, clock=clock)


def offer(account_id: str = "A-0001", opportunity_type: OpportunityType = "seats", **facts: Any) -> Offer:
    """An offer on its way to Sales, with everything in it that its finder writes."""
    opportunity = ExpansionOpportunity(
        account_id=account_id,
        opportunity_type=opportunity_type,
        evidence=["seats_utilization_rate is 0.95", "Łódź: 3 × 120"],
        estimated_arr_impact=3600.5,
        recommended_talk_track="You have outgrown your plan 🚀",
        confidence="high",
        made_at=datetime(2026, 3, 2, 7, 30, tzinfo=UTC),
    )
    plain = Offer(
        opportunity,
        "Q1 2026",
        found_on=TODAY,
        written_by="rules",
        account_name="Łódź & Co",
        owner_email="ada@example.com",
        sales_email="sam@example.com",
        page_id="p-1",
        page_url="https://x.example",
        dispatched_on=TODAY,
    )
    return replace(plain, **facts)


def held_back(account_id: str = "A-0001") -> Offer:
    """An offer with nothing in it that can be missing."""
    full = offer(account_id)
    return replace(
        full,
        opportunity=full.opportunity.model_copy(
            update={"estimated_arr_impact": None, "confidence": "low", "made_at": None}
        ),
        owner_email=None,
        sales_email=None,
        page_id=None,
        page_url=None,
        dispatched_on=None,
        held_because="its confidence is low",
    )


@pytest.mark.parametrize("account_id", ["A-0001", NASTY_ID, "x:seats:Q1 2026", ":", " ", "a#b"])
def test_an_offer_is_found_by_its_id_under_any_account_name(offers: DynamoOffers, account_id: str) -> None:
    # GIVEN offers of one account, and of an account that is called nearly like it
    stored = [offer(account_id, "integration"), held_back(account_id)]
    for known in [*stored, offer(f"{account_id}:seats")]:
        offers.put(known)
    # THEN each is found by its id, and with its account
    assert [offers.get(known.handoff_id) for known in stored] == stored
    assert offers.of_account(account_id) == stored
    assert offers.of_account("nobody") == []


def test_an_account_has_all_its_offers_of_all_quarters(offers: DynamoOffers) -> None:
    stored = [offer(quarter="Q1 2026"), offer(quarter="Q2 2026"), offer(opportunity_type="module")]
    for known in stored:
        offers.put(known)
    found = offers.of_account("A-0001")
    assert sorted(known.handoff_id for known in found) == sorted(known.handoff_id for known in stored)
    assert all(known in found for known in stored)


@pytest.mark.parametrize("handoff_id", ["A-0001:seats:Q2 2026", "A-0001:module:Q1 2026", "A-0001", ":", ""])
def test_an_offer_that_does_not_exist_is_none_and_takes_no_note(
    offers: DynamoOffers, dynamodb: Client, handoff_id: str
) -> None:
    # GIVEN another offer
    offers.put(offer())
    # THEN one that was never found is not there, and nothing can be noted of it
    assert offers.get(handoff_id) is None
    with pytest.raises(Refused, match=f"offer '{handoff_id}' is not in the table, so it takes no handoff"):
        offers.record_handoff(handoff_id, HANDOFF)
    with pytest.raises(Refused, match=f"offer '{handoff_id}' is not in the table, so it takes no answer"):
        offers.record_answer(handoff_id, ACCEPTED)
    assert len(dynamodb.real.scan(TableName=TABLE)["Items"]) == 1
    assert offers.get(offer().handoff_id) == offer()


def test_an_id_that_the_table_cannot_hold_is_refused(offers: DynamoOffers) -> None:
    with pytest.raises(Refused, match="cannot be kept"):
        offers.record_answer(f"{'x' * 3000}:seats:Q1 2026", ACCEPTED)


@pytest.mark.parametrize(
    "handoff", [HANDOFF, Handoff(TODAY, "sam@example.com", skipped="no mailbox of that name: «Łódź»")]
)
@pytest.mark.parametrize("answer", [ACCEPTED, SalesAnswer("Rejected", TODAY, "no budget 🚀"), SalesAnswer(None, TODAY)])
def test_a_handoff_and_an_answer_come_back_with_the_offer(
    offers: DynamoOffers, handoff: Handoff, answer: SalesAnswer
) -> None:
    # GIVEN an offer
    offers.put(offer(NASTY_ID))
    # WHEN it was handed over, and answered
    offers.record_handoff(offer(NASTY_ID).handoff_id, handoff)
    offers.record_answer(offer(NASTY_ID).handoff_id, answer)
    # THEN it says both, wherever it is read
    composed = offer(NASTY_ID, handoff=handoff, answer=answer)
    assert offers.get(composed.handoff_id) == composed
    assert offers.of_account(NASTY_ID) == [composed]


def test_a_later_answer_replaces_the_earlier(offers: DynamoOffers) -> None:
    offers.put(offer())
    won = SalesAnswer("Won", TODAY + timedelta(days=9))
    for answer in (SalesAnswer("Rejected", TODAY, "no budget"), won):
        offers.record_answer(offer().handoff_id, answer)
    assert offers.get(offer().handoff_id) == offer(answer=won)


def test_writing_an_offer_leaves_what_others_wrote(offers: DynamoOffers) -> None:
    # GIVEN an offer that is read before it is handed over and answered
    offers.put(offer(page_id=None))
    [old] = offers.of_account("A-0001")
    offers.record_handoff(old.handoff_id, HANDOFF)
    offers.record_answer(old.handoff_id, ACCEPTED)
    # WHEN the copy is written with the page that it has by now
    offers.put(replace(old, page_id="p-2"))
    # THEN the page is there, and so are the handoff and the answer
    assert offers.get(old.handoff_id) == replace(old, page_id="p-2", handoff=HANDOFF, answer=ACCEPTED)


def test_writing_an_offer_writes_no_handoff_and_no_answer(offers: DynamoOffers, dynamodb: Client) -> None:
    # GIVEN a copy with an answer that was taken back since
    offers.put(offer())
    rejected = SalesAnswer("Rejected", TODAY, "no budget")
    offers.record_answer(offer().handoff_id, SalesAnswer(None, TODAY))
    # WHEN it is written
    offers.put(offer(handoff=HANDOFF, answer=rejected))
    # THEN neither is in the table
    assert offers.get(offer().handoff_id) == offer(answer=SalesAnswer(None, TODAY))
    [item] = dynamodb.real.scan(TableName=TABLE)["Items"]
    assert "no budget" not in str(item)


def test_a_handoff_and_an_answer_do_not_undo_each_other_nor_the_offer(offers: DynamoOffers) -> None:
    # GIVEN an offer whose page is changed between the two
    offers.put(offer(page_id=None))
    offers.record_answer(offer().handoff_id, ACCEPTED)
    offers.put(offer())
    offers.record_handoff(offer().handoff_id, HANDOFF)
    offers.record_answer(offer().handoff_id, SalesAnswer("Won", TODAY))
    assert offers.get(offer().handoff_id) == offer(handoff=HANDOFF, answer=SalesAnswer("Won", TODAY))


def test_writing_an_offer_depends_on_nothing_and_a_note_on_the_offer(offers: DynamoOffers, dynamodb: Client) -> None:
    """AWS takes no condition that is empty."""
    offers.put(offer())
    offers.record_answer(offer().handoff_id, ACCEPTED)
    assert [request.get("ConditionExpression") for request in dynamodb.requests] == [None, "attribute_exists(#pk)"]


def test_every_writing_is_one_call(offers: DynamoOffers, dynamodb: Client) -> None:
    offers.put(offer())
    offers.put(offer())
    offers.record_handoff(offer().handoff_id, HANDOFF)
    offers.record_answer(offer().handoff_id, ACCEPTED)
    assert dynamodb.calls == {"update_item": 4}
    offers.of_account("A-0001")
    offers.get(offer().handoff_id)
    assert dynamodb.calls == {"update_item": 4, "query": 1, "get_item": 1}


def test_an_offer_is_forgotten_800_days_after_it_was_last_written(
    offers: DynamoOffers, dynamodb: Client, clock: Clock
) -> None:
    offers.put(offer())
    clock.now += 86_400
    offers.put(offer())
    written = clock.now
    clock.now += 86_400
    offers.record_handoff(offer().handoff_id, HANDOFF)
    [item] = dynamodb.real.scan(TableName=TABLE)["Items"]
    assert item["expires_at"] == {"N": str(int(written) + 800 * 86_400)}


def test_tenants_do_not_see_each_other(offers: DynamoOffers, dynamodb: Client) -> None:
    # GIVEN our offer, and a tenant with an account of the same id
    offers.put(offer())
    other = DynamoOffers(Table(cast("Any", dynamodb), TABLE, "other"))
    # THEN they see nothing of it, and note nothing of it
    assert other.get(offer().handoff_id) is None
    assert other.of_account("A-0001") == []
    with pytest.raises(Refused, match="is not in the table"):
        other.record_answer(offer().handoff_id, ACCEPTED)
    other.put(offer(account_name="Theirs"))
    assert offers.of_account("A-0001") == [offer()]


@pytest.mark.parametrize("attribute", ["body", "handoff", "answer"])
def test_an_offer_of_another_version_stands_against_its_type_alone(
    offers: DynamoOffers, table: Table, dynamodb: Client, attribute: str, caplog: pytest.LogCaptureFixture
) -> None:
    # GIVEN an offer a part of which means nothing to this version, and a held one of another type
    offers.put(offer())
    [item] = dynamodb.real.scan(TableName=TABLE)["Items"]
    table.put({**item, attribute: text('{"status": "Maybe"}')})
    module = offer(opportunity_type="module", dispatched_on=None, held_because="nobody sells to it")
    offers.put(module)
    # WHEN all of the account are read
    found = offers.of_account("A-0001")
    # THEN nothing is offered of the type with the unknown outcome, and the other is as it was
    assert [known for known in found if not known.unreadable] == [module]
    assert blocked(found, TODAY).keys() == {"seats"}
    assert "cannot be read" in blocked(found, TODAY)["seats"]
    # AND it is named, in the log and in the error of a request for it alone
    message = "'acme#OFFERS#A-0001' / 'seats:Q1 2026' was written by a version"
    assert message in caplog.text
    with pytest.raises(Unreadable, match=message):
        offers.get(offer().handoff_id)
