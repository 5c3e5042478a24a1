"""Account rows, their history and what was written to their pages."""

from datetime import date, timedelta
from zlib import crc32

import pytest

from customer_success.aws.dynamodb.accounts import SHARDS, DynamoAccountRows
from customer_success.aws.dynamodb.history import DynamoScoreHistory
from customer_success.aws.dynamodb.items import text
from customer_success.aws.dynamodb.pages import DynamoWrittenPages
from customer_success.aws.dynamodb.table import Table
from customer_success.errors import Misconfigured
from tests.builders.accounts import TODAY
from tests.builders.aws import TABLE, Client
from tests.builders.stored import NASTY_ID, page, point, row


def test_a_row_comes_back_as_it_was(table: Table) -> None:
    # GIVEN rows with everything in them, and a signal that was read but makes no sense
    rows = DynamoAccountRows(table)
    odd = {"nps_score": "ten", "feature_adoption_rate": 1.0, "open_ticket_count": 3, "usage_trend": None}
    stored = [row(1), row(2, account_id=NASTY_ID, name="<b>*Łódź* 🚀</b>\n" * 300), row(3, signals=odd)]
    # WHEN they are written and read again
    rows.put_many(stored)
    # THEN they are equal to the last decimal
    assert [rows.get(known.account_id) for known in stored] == stored
    assert rows.get("nobody") is None


def test_numbers_that_are_none_do_not_spoil_a_row(table: Table) -> None:
    """What could not be validated is stored as well, with what was wrong with it."""
    rows = DynamoAccountRows(table)
    rows.put_many([row(1, signals={"nps_score": float("nan"), "seats_utilization_rate": float("inf")})])
    known = rows.get("A-0001")
    assert known is not None
    assert set(known.account.signals) == {"nps_score", "seats_utilization_rate"}


def test_a_page_of_the_book_takes_one_read_and_four_writes(table: Table, dynamodb: Client) -> None:
    rows = DynamoAccountRows(table)
    stored = [row(number) for number in range(100)]
    rows.put_many(stored)
    found = rows.get_many(known.account_id for known in [*stored, row(100)])
    assert found == {known.account_id: known for known in stored}
    assert dynamodb.calls == {"batch_write_item": 4, "batch_get_item": 2}


def test_every_row_of_the_book_comes_once(table: Table, dynamodb: Client) -> None:
    # GIVEN a book of 150 accounts
    rows = DynamoAccountRows(table)
    stored = {known.account_id: known for known in (row(number) for number in range(150))}
    rows.put_many(stored.values())
    # WHEN every row is read
    found = list(rows.every())
    # THEN none is missing, none comes twice, and each partition was asked once
    assert len(found) == 150
    assert {known.account_id: known for known in found} == stored
    assert dynamodb.calls["query"] == SHARDS


def test_rows_that_fill_more_than_a_page_are_read_on(table: Table, dynamodb: Client) -> None:
    # GIVEN 80 rows with notes of 350 KB: more than a megabyte in some partitions
    rows = DynamoAccountRows(table)
    rows.put_many(row(number, notes="n" * 350_000) for number in range(80))
    # WHEN every row is read
    found = [known.account_id for known in rows.every()]
    # THEN each comes once, and some partitions took more than one call
    assert len(found) == len(set(found)) == 80
    assert dynamodb.calls["query"] > SHARDS


def test_a_row_of_another_version_costs_itself_and_is_named(table: Table, caplog: pytest.LogCaptureFixture) -> None:
    # GIVEN a row that this version cannot read, beside one that it can
    rows = DynamoAccountRows(table)
    rows.put_many([row(2)])
    shard = crc32(b"A-1") % SHARDS
    key = table.key("BOOK", f"{shard:02d}", "A-1")
    table.put_many([{**key.attributes, "body": text('{"account": 1}')}])

    # WHEN the book is read, THEN the other is there, and the log names the one that is passed over
    assert [each.account_id for each in rows.every()] == ["A-0002"]
    assert rows.get_many(["A-1", "A-0002"]).keys() == {"A-0002"}
    assert f"'acme#BOOK#{shard:02d}' / 'A-1' was written by a version" in caplog.text

    # AND a request for it alone is answered with what to do
    with pytest.raises(Misconfigured, match="'A-1' was written by a version"):
        rows.get("A-1")


def test_a_span_of_history_has_both_its_ends(table: Table) -> None:
    # GIVEN an account's points of ten days, and another account's
    history = DynamoScoreHistory(table)
    days = [TODAY - timedelta(days=back) for back in range(10)]
    history.put_many((NASTY_ID, point(on)) for on in days)
    history.put_many([("A-0002", point(TODAY))])
    # WHEN a span is read
    found = list(history.between(NASTY_ID, days[5], days[2]))
    # THEN it comes oldest first, with both ends
    assert found == [point(on) for on in (days[5], days[4], days[3], days[2])]
    assert list(history.between(NASTY_ID, days[2], days[5])) == []


def test_a_point_of_the_same_day_is_replaced(table: Table) -> None:
    history = DynamoScoreHistory(table)
    history.put_many([("A-0001", point(nps_score=0))])
    history.put_many([("A-0001", point(nps_score=10))])
    assert list(history.between("A-0001", date.min, date.max)) == [point(nps_score=10)]


def test_written_pages_are_known_by_account_and_are_no_part_of_the_history(table: Table) -> None:
    # GIVEN pages written for two accounts, one of which has a history
    pages, history = DynamoWrittenPages(table), DynamoScoreHistory(table)
    written = {NASTY_ID: page(), "A-0002": page(score=None, rag="Unknown", churn_risk=None, since=None)}
    history.put_many([(NASTY_ID, point())])
    pages.put_many(written)
    # WHEN they are read with one that was never written
    found = pages.get_many([NASTY_ID, "A-0002", "A-0003"])
    # THEN they come back as they were, and the history is what it was
    assert found == written
    assert list(history.between(NASTY_ID, date.min, date.max)) == [point()]


def test_everything_about_an_account_lies_under_its_id_and_tenant(table: Table, dynamodb: Client) -> None:
    DynamoAccountRows(table).put_many([row(1)])
    DynamoScoreHistory(table).put_many([("A-0001", point())])
    DynamoWrittenPages(table).put_many({"A-0001": page()})
    items = dynamodb.real.scan(TableName=TABLE)["Items"]
    assert {(item["pk"]["S"], item["sk"]["S"]) for item in items} == {
        ("acme#BOOK#07", "A-0001"),
        ("acme#ACCOUNT#A-0001", "SCORE#2026-03-02"),
        ("acme#ACCOUNT#A-0001", "PAGE"),
    }
