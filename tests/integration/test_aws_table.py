"""The table: whole batches, nothing left behind, and AWS's refusals distinguished."""

import json
from collections.abc import Sequence

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from customer_success.aws.dynamodb.items import Item, Key, Update, number, text
from customer_success.aws.dynamodb.table import ConditionNotMetError, Table
from customer_success.errors import Misconfigured, Refused, Unavailable, Unclear
from tests.builders.aws import (
    TABLE,
    Client,
    Clock,
    answer_lost,
    raising,
    reads_only,
    refused,
    writes_only,
)
from tests.builders.stored import NASTY_ID


def things(table: Table, count: int, *, size: int = 1) -> list[Item]:
    keys = [table.key("THING", "1", f"{place:04d}") for place in range(count)]
    return [{**key.attributes, "value": text("x" * size)} for key in keys]


def keys(items: Sequence[Item]) -> list[Key]:
    return [Key(item["pk"]["S"], item["sk"]["S"]) for item in items]


def written(dynamodb: Client) -> list[int]:
    """How many items each batch had."""
    return [len(request["RequestItems"][TABLE]) for request in dynamodb.requests if "RequestItems" in request]


def test_batches_are_full(table: Table, dynamodb: Client) -> None:
    # GIVEN 230 items
    items = things(table, 230)
    # WHEN they are written and read again
    table.put_many(iter(items))
    found = list(table.get_many(keys(items)))
    # THEN all are there, by as many calls as full batches of 25 and of 100 take
    assert sorted(keys(found)) == keys(items)
    assert dynamodb.calls == {"batch_write_item": 10, "batch_get_item": 3}


def test_what_is_asked_for_twice_is_read_once(table: Table) -> None:
    [item] = things(table, 1)
    table.put_many([item])
    assert list(table.get_many([*keys([item]), *keys([item])])) == [item]


def test_of_two_items_with_one_key_the_later_stays(table: Table, dynamodb: Client) -> None:
    # GIVEN two items for one place
    [item] = things(table, 1)
    later = {**item, "value": text("later")}
    # WHEN both are written
    table.put_many([item, later])
    # THEN the later one is there, and AWS, which refuses a batch with both, saw that one only
    assert table.get(keys([item])[0]) == later
    assert written(dynamodb) == [1]


def test_unprocessed_items_are_written_after_a_pause(table: Table, dynamodb: Client, clock: Clock) -> None:
    # GIVEN a table that takes 10 items, then none, then the rest
    dynamodb.instead("batch_write_item", writes_only(10), writes_only(0))
    items = things(table, 25)
    # WHEN 25 items are written
    table.put_many(items)
    # THEN all are there, each further attempt came after a pause, and nothing was written twice
    assert len(list(table.query(table.partition("THING", "1")))) == 25
    assert written(dynamodb) == [25, 15, 15]
    assert len(clock.slept) == 2
    assert 0 < clock.slept[0] <= 0.05 < clock.slept[1] * 2 <= 0.2


def test_a_table_that_never_takes_the_rest_is_unavailable(table: Table, dynamodb: Client, clock: Clock) -> None:
    dynamodb.instead("batch_write_item", *[writes_only(0)] * 20)
    with pytest.raises(Unavailable, match="3 items could not be written"):
        table.put_many(things(table, 3))
    assert sum(clock.slept) < 10


def test_unprocessed_keys_are_read_after_a_pause(table: Table, dynamodb: Client, clock: Clock) -> None:
    # GIVEN a table that reads 40 keys of a batch, and later the rest
    items = things(table, 100)
    table.put_many(items)
    dynamodb.instead("batch_get_item", reads_only(40))
    # WHEN 100 are asked for, some attributes only
    found = list(table.get_many(keys(items), only="pk, sk"))
    # THEN each comes once, and without the others
    assert sorted(keys(found)) == keys(items)
    assert all(set(item) == {"pk", "sk"} for item in found)
    assert len(clock.slept) == 1


def test_a_table_that_never_reads_the_rest_is_unavailable(table: Table, dynamodb: Client) -> None:
    dynamodb.instead("batch_get_item", *[reads_only(1)] * 20)
    with pytest.raises(Unavailable, match="could not be read"):
        list(table.get_many(keys(things(table, 50))))


def test_a_query_reads_on_beyond_a_megabyte_and_only_as_far_as_it_is_taken(table: Table, dynamodb: Client) -> None:
    # GIVEN 3 MB in one partition
    items = things(table, 30, size=100_000)
    table.put_many(items)
    # WHEN the first item is taken, and then the rest
    found = table.query(table.partition("THING", "1"))
    first = next(found)
    calls_for_the_first = dynamodb.calls["query"]
    rest = list(found)
    # THEN nothing is missing, and no page was read before it was needed
    assert [first, *rest] == items
    assert calls_for_the_first == 1
    assert dynamodb.calls["query"] >= 3


def test_a_query_can_be_bounded_and_turned_around(table: Table) -> None:
    items = things(table, 9)
    table.put_many(items)
    partition = table.partition("THING", "1")
    assert list(table.query(partition, between=("0002", "0004"))) == items[2:5]
    assert list(table.query(partition, newest_first=True, page=2)) == items[::-1]


def test_a_span_that_ends_before_it_begins_is_empty_and_costs_no_call(table: Table, dynamodb: Client) -> None:
    assert list(table.query(table.partition("THING", "1"), between=("0004", "0002"))) == []
    assert not dynamodb.calls


def test_a_refused_condition_says_what_stands_there(table: Table) -> None:
    # GIVEN an item
    [item] = things(table, 1)
    table.put_many([item])
    # WHEN it is to be replaced only if it were another
    with pytest.raises(ConditionNotMetError) as refusal:
        table.put(item, condition="#value = :other", given={"other": text("y")})
    # THEN the refusal brings the item along, without another call
    assert refusal.value.item == item


def test_a_transaction_is_repeated_while_others_have_its_items(table: Table, dynamodb: Client, clock: Clock) -> None:
    # GIVEN 101 items, and channels that write to some of them just now
    items = things(table, 101)
    table.put_many(items)
    clash = refused("TransactionCanceledException", reasons=["None", "TransactionConflict"])
    dynamodb.instead("transact_write_items", clash, clash)
    # WHEN all are updated
    table.transact(Update(key, {"value": number(n)}, "attribute_exists(#pk)") for n, key in enumerate(keys(items)))
    # THEN it takes two transactions and two repeats, and all are updated
    assert dynamodb.calls["transact_write_items"] == 4
    assert [item["value"] for item in table.query(table.partition("THING", "1"))] == [{"N": str(n)} for n in range(101)]
    assert len(clock.slept) == 2


def test_a_transaction_with_an_unmet_condition_changes_nothing(table: Table) -> None:
    items = things(table, 2)
    table.put_many(items[:1])
    with pytest.raises(ConditionNotMetError):
        table.transact(Update(key, {"value": text("y")}, "attribute_exists(#pk)") for key in keys(items))
    assert table.get(keys(items)[0]) == items[0]


def test_an_item_that_stays_in_other_hands_is_unavailable(table: Table, dynamodb: Client) -> None:
    dynamodb.instead("update_item", *[refused("TransactionConflictException")] * 20)
    with pytest.raises(Unavailable, match="other writers"):
        table.update(Update(table.key("THING", "1", "1"), {"value": text("y")}, "attribute_not_exists(#pk)"))


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (refused("ThrottlingException"), Unavailable),
        (refused("ProvisionedThroughputExceededException"), Unavailable),
        (refused("InternalServerError", status=500), Unavailable),
        (refused("SomethingNew", status=503), Unavailable),
        (refused("AccessDeniedException"), Misconfigured),
        (refused("ResourceNotFoundException"), Misconfigured),
        (raising(EndpointConnectionError(endpoint_url="https://aws.example")), Unavailable),
        (answer_lost, Unclear),
        (raising(NoCredentialsError()), Misconfigured),
    ],
)
def test_refusals_differ_by_what_can_be_done(
    table: Table, dynamodb: Client, script: object, error: type[Exception]
) -> None:
    dynamodb.instead("get_item", script)  # type: ignore[arg-type]
    with pytest.raises(error, match="table 'customer-success'") as raised:
        table.get(table.key("THING", "1", "1"))
    assert type(raised.value) is error


def test_a_missing_table_is_named(aws: boto3.Session) -> None:
    table = Table(aws.client("dynamodb"), "no-such-table", "acme")
    with pytest.raises(Misconfigured, match="table 'no-such-table': ResourceNotFoundException") as raised:
        table.get(table.key("THING", "1", "1"))
    assert "check that it exists" in str(raised.value)


def test_the_tenant_is_part_of_every_key(dynamodb: Client) -> None:
    # GIVEN two tenants in one table
    ours, theirs = (Table(dynamodb, "customer-success", tenant) for tenant in ("acme", "other"))  # type: ignore[arg-type]
    # WHEN one keeps something
    ours.put_many(things(ours, 1))
    # THEN the other does not see it
    assert list(theirs.query(theirs.partition("THING", "1"))) == []
    assert theirs.get(theirs.key("THING", "1", "0000")) is None
    assert ours.get(ours.key("THING", "1", "0000"))


@pytest.mark.parametrize(("name", "sk"), [("1", ""), ("1", "x" * 1025), ("1", "é" * 513), ("x" * 2048, "1")])
def test_a_key_that_the_table_cannot_hold_is_refused(table: Table, name: str, sk: str) -> None:
    with pytest.raises(Refused, match="cannot be kept"):
        table.key("THING", name, sk)


def test_any_account_id_can_be_part_of_a_key(table: Table) -> None:
    key = table.key("THING", NASTY_ID, NASTY_ID)
    item: Item = {**key.attributes, "value": text(json.dumps(NASTY_ID))}
    table.put_many([item])
    assert table.get(key) == item
    assert list(table.get_many([key])) == [item]
