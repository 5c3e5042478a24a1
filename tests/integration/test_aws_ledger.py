"""The ledger: a delivery is made once, for any caller and after any interruption."""

import pytest

from customer_success.aws.dynamodb.ledger import DynamoLedger
from customer_success.aws.dynamodb.table import Table
from customer_success.ports import Claim
from tests.builders.aws import TABLE, Client, Clock, sent_twice
from tests.builders.stored import NASTY_ID

KEY = f"{NASTY_ID}:2026-03-02:critical"


@pytest.fixture
def ledger(table: Table, clock: Clock) -> DynamoLedger:
    return DynamoLedger(table, lease_seconds=60, clock=clock)


@pytest.fixture
def elsewhere(table: Table, clock: Clock) -> DynamoLedger:
    """The same ledger, as another function sees it."""
    return DynamoLedger(table, lease_seconds=60, clock=clock)


def test_a_delivery_is_claimed_once(ledger: DynamoLedger, elsewhere: DynamoLedger, dynamodb: Client) -> None:
    # GIVEN a delivery that one function claimed
    assert ledger.claim(KEY, "notion") == Claim("new")
    # WHEN another claims it meanwhile, and when it is done
    busy = elsewhere.claim(KEY, "notion")
    ledger.done(KEY, "notion", "page-1")
    done = elsewhere.claim(KEY, "notion")
    # THEN the answer says so, each time by one call
    assert busy == Claim("busy", seconds=60.0)
    assert done == Claim("done", outcome="page-1")
    assert dynamodb.calls == {"put_item": 4}


def test_channels_and_keys_do_not_stand_in_each_others_way(ledger: DynamoLedger, elsewhere: DynamoLedger) -> None:
    ledger.claim(KEY, "notion")
    assert elsewhere.claim(KEY, "chat") == Claim("new")
    assert elsewhere.claim("another", "notion") == Claim("new")


def test_a_claim_that_ran_out_is_stale(ledger: DynamoLedger, elsewhere: DynamoLedger, clock: Clock) -> None:
    # GIVEN a function that died after it claimed a delivery
    ledger.claim(KEY, "notion")
    # WHEN others come before and after its time is over
    clock.sleep(59)
    early = elsewhere.claim(KEY, "notion")
    clock.sleep(1)
    late = elsewhere.claim(KEY, "notion")
    # THEN the late one may go on, after a look
    assert (early, late) == (Claim("busy", seconds=1.0), Claim("stale"))
    # AND it has claimed it: a third has to wait
    assert ledger.claim(KEY, "notion") == Claim("busy", seconds=60.0)


def test_what_a_function_left_itself_is_stale_at_once(ledger: DynamoLedger) -> None:
    ledger.claim(KEY, "notion")
    assert ledger.claim(KEY, "notion") == Claim("stale")


def test_a_repeated_claim_is_not_busy_with_itself(ledger: DynamoLedger, dynamodb: Client) -> None:
    dynamodb.instead("put_item", sent_twice)
    assert ledger.claim(KEY, "notion").state == "stale"


@pytest.mark.parametrize(("unclear", "next_claim"), [(False, "new"), (True, "stale")])
def test_a_failed_delivery_may_be_made_by_another(
    ledger: DynamoLedger, elsewhere: DynamoLedger, unclear: bool, next_claim: str
) -> None:
    ledger.claim(KEY, "notion")
    ledger.release(KEY, "notion", unclear=unclear)
    assert elsewhere.claim(KEY, "notion").state == next_claim


@pytest.mark.parametrize("unclear", [False, True])
def test_who_comes_too_late_releases_nothing(
    ledger: DynamoLedger, elsewhere: DynamoLedger, clock: Clock, unclear: bool
) -> None:
    # GIVEN a slow function whose claim ran out, and another that claimed the delivery
    ledger.claim(KEY, "notion")
    clock.sleep(61)
    elsewhere.claim(KEY, "notion")
    # WHEN the slow one fails at last, while the other is at work and when it is done
    ledger.release(KEY, "notion", unclear=unclear)
    busy = ledger.claim(KEY, "notion")
    elsewhere.done(KEY, "notion", "page-1")
    ledger.release(KEY, "notion", unclear=unclear)
    # THEN the other's entry stands
    assert busy.state == "busy"
    assert ledger.claim(KEY, "notion") == Claim("done", outcome="page-1")


def test_an_entry_expires_after_90_days(ledger: DynamoLedger, dynamodb: Client, clock: Clock) -> None:
    ledger.claim(KEY, "notion")
    ledger.claim(KEY, "chat")
    ledger.done(KEY, "chat", "")
    items = dynamodb.real.scan(TableName=TABLE)["Items"]
    assert [item["expires_at"]["N"] for item in items] == [str(int(clock.now) + 90 * 86_400)] * 2
    assert ledger.claim(KEY, "chat") == Claim("done", outcome="")
