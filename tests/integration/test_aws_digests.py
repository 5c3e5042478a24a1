"""The digests: whole, in order, and as they were, however long."""

import pytest

from customer_success.alerts.digest import Section
from customer_success.aws.dynamodb.digests import DynamoDigests
from customer_success.aws.dynamodb.items import text
from customer_success.aws.dynamodb.table import Table
from customer_success.documents import Line
from customer_success.errors import Unavailable
from tests.builders.aws import TABLE, Client, Clock, writes_only
from tests.builders.stored import NASTY_ID, digest, section


@pytest.fixture
def digests(table: Table, clock: Clock) -> DynamoDigests:
    return DynamoDigests(table, clock=clock)


def test_a_digest_comes_back_as_it_was(digests: DynamoDigests) -> None:
    # GIVEN sections of which one is empty, and two neighbours have the same title
    linked = Section("ada@example.com", (Line("<b>Łódź</b> 🚀", url="https://x.example", strong=True),))
    stored = digest(linked, section("ada@example.com", 3), section("Empty", 0), section("Stale feeds", 1))
    # WHEN it is put and read again
    digests.put(stored)
    # THEN it is the same
    assert digests.get(stored.digest_id) == stored
    assert digests.get("nothing") is None


def test_a_digest_without_sections_is_a_digest(digests: DynamoDigests) -> None:
    digests.put(digest(digest_id=NASTY_ID))
    assert digests.get(NASTY_ID) == digest(digest_id=NASTY_ID)


def test_a_long_section_is_stored_in_pieces(digests: DynamoDigests, dynamodb: Client) -> None:
    # GIVEN a section of about 1 MB between two short ones
    stored = digest(section("Short", 1), section("Long", 2_500, characters=200), section("Last", 2))
    # WHEN it is put
    digests.put(stored)
    # THEN it comes back whole and in order, by few calls, from items that the table can hold
    assert digests.get(stored.digest_id) == stored
    assert dynamodb.calls == {"batch_write_item": 1, "put_item": 1, "query": 2}
    items = dynamodb.real.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"acme#DIGEST#{stored.digest_id}"}},
    )["Items"]
    assert max(len(item["body"]["S"].encode()) for item in items) < 350_000


def test_a_shorter_digest_replaces_a_longer_one(digests: DynamoDigests) -> None:
    digests.put(digest(section("One", 1), section("Two", 1), section("Three", 1)))
    digests.put(digest(section("One", 2)))
    assert digests.get(digest().digest_id) == digest(section("One", 2))


def test_a_digest_that_was_not_put_to_its_end_is_not_there(digests: DynamoDigests, dynamodb: Client) -> None:
    # GIVEN a table that takes two of three sections
    dynamodb.instead("batch_write_item", writes_only(2), *[writes_only(0)] * 20)
    # WHEN a digest is put
    with pytest.raises(Unavailable):
        digests.put(digest(section("One", 1), section("Two", 1), section("Three", 1)))
    # THEN no reader gets half of it
    assert digests.get(digest().digest_id) is None


def test_a_digest_expires_after_90_days(digests: DynamoDigests, dynamodb: Client, clock: Clock) -> None:
    digests.put(digest(section("One", 1)))
    items = dynamodb.real.scan(TableName=TABLE)["Items"]
    assert [item["expires_at"]["N"] for item in items] == [str(int(clock.now) + 90 * 86_400)] * 2


def test_a_part_of_another_version_costs_itself_and_the_digest_says_so(
    digests: DynamoDigests, table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    # GIVEN a digest of three sections, the second of which this version cannot read
    stored = digest(section("Short", 1), section("Lost", 1), section("Last", 2))
    digests.put(stored)
    [_, _, lost, _] = list(table.query(table.partition("DIGEST", stored.digest_id)))
    table.put({**lost, "body": text('{"title": 1}')})
    # WHEN it is read, THEN the others are as they were, and what is missing is named
    found = digests.get(stored.digest_id)
    assert found is not None
    assert (found.sections[0], found.sections[2]) == (stored.sections[0], stored.sections[2])
    assert [line.text for line in found.sections[1].lines] == [
        "A part of this cannot be read any more: the log says which."
    ]
    assert f"'acme#DIGEST#{stored.digest_id}' / 'SECTION#0001' was written by a version" in caplog.text
