"""Records of offers in Notion: written by us as often as need be, answered by Sales, whose word is never touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.notion.client import NotionClient
from connectors.notion.expansions import NotionExpansionRecords
from connectors.notion.names import ExpansionNames
from connectors.notion.schema import expansion_schema
from customer_success.errors import Misconfigured, NotTaken, Removed, Unavailable, Unclear
from customer_success.expansion.offer import ExpansionRecord
from customer_success.expansion.ports import RecordedAnswer
from customer_success.paging import Bookmark
from local.sandbox import Sandbox
from local.sandbox.notion.load import Book, Loaded, Row
from tests.builders.notion_books import account_book, load_book, notion_client, row, typed
from tests.builders.vendors import NASTY, Waiting, break_next, requests_to

Json = dict[str, Any]
LIMIT = 120
CREATE = "POST /v1/pages"
UPDATE = "PATCH /v1/pages/{page_id}"
RETRIEVE = "GET /v1/pages/{page_id}"
QUERY = "POST /v1/data_sources/{data_source_id}/query"
KEY = "A-1:seats:Q2 2026"
TODAY = date(2026, 4, 7)
LONG_AGO = date(2026, 1, 1)
REMOVED_PAGE = "c5000000-0000-4000-8000-00000000dead"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 4, 7, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(tmp_path: Path, clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(tmp_path, notion_query_limit=LIMIT, clock=clock).start() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> NotionClient:
    return notion_client(sandbox, Waiting())


@pytest.fixture
def account_page(sandbox: Sandbox) -> str:
    loaded = load_book(sandbox, [row(1)])
    [page] = account_book(sandbox, loaded.database_id).read(Bookmark())
    return page.accounts[0].page_id


def load_offers(sandbox: Sandbox, rows: list[Row], changes: Json | None = None) -> Loaded:
    """A database of offers with these rows, made with our own schema with `changes` laid over it."""
    own = expansion_schema(ExpansionNames(), accounts_source_id=load_book(sandbox, []).data_source_id)
    schema = {name: about for name, about in (own | (changes or {})).items() if about}
    return sandbox.load(Book(title="Expansion", properties=schema, key="Name", rows=rows))


@pytest.fixture
def offers_id(sandbox: Sandbox) -> str:
    return load_offers(sandbox, []).database_id


@pytest.fixture
def records(client: NotionClient, offers_id: str) -> NotionExpansionRecords:
    return NotionExpansionRecords(client, offers_id)


def offer(account_page: str) -> ExpansionRecord:
    return ExpansionRecord(
        key=KEY,
        title=f"Seats for {NASTY}\n— Q2 2026",
        account_page_id=account_page,
        on=TODAY,
        state="Recorded",
        opportunity_type="seats",
        confidence="high",
        estimated_arr_impact=12_000.0,
        evidence=("97 of 100 seats are used",),
        talk_track="You are running out of seats. " * 100,
        owner_email="ada@example.com",
        sales_email="nora@example.com",
        note="not handed off: confidence is low",
    )


def record_row(number: int, answer: Json | None, created: str = "", **properties: Json) -> Row:
    """The record of offer `K-{number}` with Sales' answer; keyword `Handoff_ID` is the property "Handoff ID"."""
    values: Json = {"Name": {"title": typed(f"Offer {number}")}, "Handoff ID": text(f"K-{number}")}
    values |= {} if answer is None else {"Sales Status": answer}
    values |= {name.replace("_", " "): value for name, value in properties.items()}
    return Row(properties=values, created_time=created)


def text(content: str) -> Json:
    return {"rich_text": typed(content)}


def chosen(name: str) -> Json:
    return {"select": {"name": name}}


def properties_of(client: NotionClient, page_id: str) -> Json:
    page: Json = client.call(lambda notion: notion.pages.retrieve(page_id), about="page")
    return dict(page["properties"])


def plain(prop: Json) -> str:
    return "".join(part["plain_text"] for part in prop[prop["type"]])


def update(client: NotionClient, page_id: str, **what: Any) -> None:
    client.call(lambda notion: notion.pages.update(page_id, **what), about="page")


def sales_answers(client: NotionClient, page_id: str, status: str, reason: str) -> None:
    properties = {"Sales Status": chosen(status), "Rejection Reason": text(reason)}
    update(client, page_id, properties=properties)


def answers(records: NotionExpansionRecords, since: date = LONG_AGO) -> list[RecordedAnswer]:
    return [answer for part in records.answers(since) for answer in part]


def test_an_offer_is_a_page_beside_its_account(
    sandbox: Sandbox, client: NotionClient, records: NotionExpansionRecords, account_page: str
) -> None:
    # GIVEN an offer to an account whose name is full of markup  WHEN its record is created
    page_id = records.create(offer(account_page))

    # THEN every fact stands in a property
    found = properties_of(client, page_id)
    assert plain(found["Name"]) == f"Seats for {NASTY} — Q2 2026"
    assert plain(found["Handoff ID"]) == KEY
    assert found["Account"]["relation"] == [{"id": account_page}]
    assert found["Date"]["date"]["start"] == "2026-04-07"
    assert found["State"]["select"]["name"] == "Recorded"
    assert found["Opportunity"]["select"]["name"] == "seats"
    assert found["Confidence"]["select"]["name"] == "high"
    assert found["Estimated ARR"]["number"] == 12_000
    assert plain(found["Evidence"]) == "97 of 100 seats are used"
    assert plain(found["Talk Track"]) == "You are running out of seats. " * 100
    assert found["Owner Email"]["email"] == "ada@example.com"
    assert found["Sales Email"]["email"] == "nora@example.com"
    assert plain(found["Note"]) == "not handed off: confidence is low"

    # AND Sales has not answered yet; the page took one request, and its address is known without one
    assert (found["Sales Status"]["select"], found["Rejection Reason"]["rich_text"]) == (None, [])
    assert requests_to(sandbox, "notion")[CREATE] == 1
    assert records.url(page_id) == f"https://www.notion.so/{page_id.replace('-', '')}"


def test_an_offer_is_found_by_its_key(records: NotionExpansionRecords, account_page: str) -> None:
    # GIVEN no record  WHEN one is looked for  THEN there is none
    assert records.find(KEY) is None

    # WHEN one was created  THEN it is found, by its whole key only
    page_id = records.create(offer(account_page))
    assert records.find(KEY) == page_id
    assert records.find(KEY[:-1]) is None


def test_a_dropped_create_is_looked_up_not_repeated(
    sandbox: Sandbox, records: NotionExpansionRecords, account_page: str
) -> None:
    # GIVEN a connection that breaks after Notion created the page
    break_next(sandbox, "notion", "drop_after", method="POST", match="/v1/pages")

    # WHEN a record is created  THEN the outcome is unclear, and there is one page, found by its key
    with pytest.raises(Unclear):
        records.create(offer(account_page))
    assert requests_to(sandbox, "notion")[CREATE] == 1
    assert records.find(KEY) is not None


def test_a_record_is_written_anew_but_what_sales_wrote_stays(
    sandbox: Sandbox, client: NotionClient, records: NotionExpansionRecords, account_page: str
) -> None:
    # GIVEN a record that Sales has answered
    page_id = records.create(offer(account_page))
    sales_answers(client, page_id, "Rejected", "no budget")
    before = requests_to(sandbox, "notion")[UPDATE]

    # WHEN it is written anew, twice, with less than before
    changed = replace(
        offer(account_page), state="Ready for Sales", note=None, estimated_arr_impact=None, sales_email=None
    )
    records.write(page_id, changed)
    records.write(page_id, changed)

    # THEN it reads as it should, and nothing of the earlier one is left
    found = properties_of(client, page_id)
    assert found["State"]["select"]["name"] == "Ready for Sales"
    assert plain(found["Note"]) == ""
    assert (found["Estimated ARR"]["number"], found["Sales Email"]["email"]) == (None, None)
    assert plain(found["Handoff ID"]) == KEY

    # AND the answer is Sales' own
    assert found["Sales Status"]["select"]["name"] == "Rejected"
    assert plain(found["Rejection Reason"]) == "no budget"

    # AND each writing took one request
    calls = requests_to(sandbox, "notion")
    assert calls[UPDATE] - before == 2
    assert calls[CREATE] == 1


def test_a_write_that_was_cut_off_is_repeated(
    sandbox: Sandbox, client: NotionClient, records: NotionExpansionRecords, account_page: str
) -> None:
    # GIVEN a connection that breaks after Notion did its work
    page_id = records.create(offer(account_page))
    break_next(sandbox, "notion", "drop_after", method="PATCH")

    # WHEN a record is written  THEN it is written again, since that is safe
    records.write(page_id, replace(offer(account_page), state="Ready for Sales"))
    assert properties_of(client, page_id)["State"]["select"]["name"] == "Ready for Sales"
    assert requests_to(sandbox, "notion")[UPDATE] == 2


def test_a_trashed_record_counts_as_removed(
    client: NotionClient, records: NotionExpansionRecords, account_page: str
) -> None:
    # GIVEN a record that a person threw away  WHEN it is written  THEN it counts as removed, and is not found either
    page_id = records.create(offer(account_page))
    update(client, page_id, in_trash=True)
    with pytest.raises(Removed, match=f"the page {page_id} is in the trash of the database"):
        records.write(page_id, offer(account_page))
    assert records.find(KEY) is None

    # GIVEN one that was deleted for good  WHEN it is written  THEN it counts as removed too
    with pytest.raises(Removed, match=f"the page {REMOVED_PAGE} was removed from the database"):
        records.write(REMOVED_PAGE, offer(account_page))


def test_a_write_that_notion_refuses_is_named_as_such(
    sandbox: Sandbox, records: NotionExpansionRecords, offers_id: str, account_page: str
) -> None:
    # GIVEN a record that is there  WHEN Notion refuses to write it  THEN that is no removed record
    page_id = records.create(offer(account_page))
    break_next(sandbox, "notion", "status", status=400, method="PATCH", times=2)
    with pytest.raises(NotTaken, match="400") as refusal:
        records.write(page_id, offer(account_page))
    assert not isinstance(refusal.value, Removed)

    # WHEN Notion does not answer in time  THEN it may be tried later
    break_next(sandbox, "notion", "status", status=503, method="PATCH", times=4)
    with pytest.raises(Unavailable):
        records.write(page_id, offer(account_page))

    # WHEN the database is no longer shared  THEN a person has to act first
    unshared = {"database_id": offers_id, "shared": False}
    httpx.post(sandbox.url("control") + "/notion/share", json=unshared).raise_for_status()
    with pytest.raises(Misconfigured, match="share the database"):
        records.write(page_id, offer(account_page))


def test_ambiguous_records_are_not_begun(sandbox: Sandbox, client: NotionClient, account_page: str) -> None:
    # GIVEN a database without a property for the key
    records = NotionExpansionRecords(client, load_offers(sandbox, [], {"Handoff ID": None}).database_id)

    # WHEN a record is looked for, created or written  THEN what is missing is reported, and no page is touched
    output = "needs a text property 'Handoff ID', by which its pages are found again; it is missing"
    with pytest.raises(Misconfigured, match=output):
        records.find(KEY)
    with pytest.raises(Misconfigured, match=output):
        records.create(offer(account_page))
    with pytest.raises(Misconfigured, match=output):
        records.write(account_page, offer(account_page))
    assert not {CREATE, UPDATE} & set(requests_to(sandbox, "notion"))


def test_only_the_properties_that_are_there_are_written(
    sandbox: Sandbox, client: NotionClient, account_page: str
) -> None:
    # GIVEN a database that lacks some of our properties, and has one as text
    changes: Json = {"Note": None, "Confidence": {"rich_text": {}}, "Sales Status": None}
    records = NotionExpansionRecords(client, load_offers(sandbox, [], changes).database_id)

    # WHEN a record is created  THEN it is there, with what fits
    found = properties_of(client, records.create(offer(account_page)))
    assert plain(found["Confidence"]) == "high"
    assert "Note" not in found


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ({"select": {}}, chosen("Accepted"), RecordedAnswer("K-1", "Accepted")),
        ({"select": {}}, chosen("wON"), RecordedAnswer("K-1", "Won")),
        ({"rich_text": {}}, text(" rejected \n"), RecordedAnswer("K-1", "Rejected")),
        ({"rich_text": {}}, text("  "), RecordedAnswer("K-1")),
        ({"select": {}}, None, RecordedAnswer("K-1")),
        ({"select": {}}, chosen("Maybe later"), RecordedAnswer("K-1", unreadable="Maybe later")),
        ({"rich_text": {}}, text("won, by Nora"), RecordedAnswer("K-1", unreadable="won, by Nora")),
        ({"rich_text": {}}, text("x\ny" * 200), RecordedAnswer("K-1", unreadable=("x y" * 200)[:199] + "…")),
        (
            {"status": {"options": [{"name": "Accepted"}, {"name": "Rejected"}]}},
            {"status": {"name": "Rejected"}},
            RecordedAnswer("K-1", "Rejected"),
        ),
        ({"status": {}}, None, RecordedAnswer("K-1")),
        ({"status": {}}, {"status": {"name": "Done"}}, RecordedAnswer("K-1", unreadable="Done")),
    ],
)
def test_sales_answers_in_a_property_of_its_own_kind(
    sandbox: Sandbox, client: NotionClient, kind: Json, given: Json | None, expected: RecordedAnswer
) -> None:
    # GIVEN a record with an answer, or none, in a property that the team chose
    offers_id = load_offers(sandbox, [record_row(1, given)], {"Sales Status": kind}).database_id

    # WHEN the answers are read  THEN the word counts in any spelling, and another is reported
    assert answers(NotionExpansionRecords(client, offers_id)) == [expected]


def test_a_rejection_comes_with_its_reason(sandbox: Sandbox, client: NotionClient) -> None:
    # GIVEN a rejection with a reason, in a database that has one  WHEN the answers are read  THEN both are there
    rejected = record_row(1, chosen("Rejected"), Rejection_Reason=text("no budget"))
    offers_id = load_offers(sandbox, [rejected]).database_id
    assert answers(NotionExpansionRecords(client, offers_id)) == [RecordedAnswer("K-1", "Rejected", "no budget")]


def test_a_database_without_reasons_has_answers_all_the_same(sandbox: Sandbox, client: NotionClient) -> None:
    # GIVEN a database that keeps no reasons  WHEN the answers are read  THEN they come without
    offers_id = load_offers(sandbox, [record_row(1, chosen("Rejected"))], {"Rejection Reason": None}).database_id
    assert answers(NotionExpansionRecords(client, offers_id)) == [RecordedAnswer("K-1", "Rejected")]


def test_a_page_without_a_key_is_not_ours(sandbox: Sandbox, client: NotionClient) -> None:
    # GIVEN a page that a person made among the records  WHEN the answers are read  THEN it is passed over
    rows = [record_row(1, chosen("Won"), Handoff_ID=text(" ")), record_row(2, chosen("Won"))]
    offers_id = load_offers(sandbox, rows).database_id
    assert answers(NotionExpansionRecords(client, offers_id)) == [RecordedAnswer("K-2", "Won")]


@pytest.mark.parametrize(
    ("kind", "found"), [(None, "missing"), ({"checkbox": {}}, "of type checkbox"), ({"number": {}}, "of type number")]
)
def test_a_database_in_which_sales_cannot_answer_is_reported(
    sandbox: Sandbox, client: NotionClient, kind: Json | None, found: str
) -> None:
    # GIVEN a database without a property in which a word could stand  WHEN the answers are read  THEN it is named
    records = NotionExpansionRecords(client, load_offers(sandbox, [], {"Sales Status": kind}).database_id)
    with pytest.raises(
        Misconfigured,
        match=f"needs a select or status or text property 'Sales Status', in which Sales .* it is {found}",
    ):
        list(records.answers(LONG_AGO))
    assert QUERY not in requests_to(sandbox, "notion")


def test_only_what_was_edited_of_late_is_read(
    client: NotionClient, records: NotionExpansionRecords, account_page: str, clock: Clock
) -> None:
    # GIVEN two records of one day, one of which Sales answers two days later
    silent = replace(offer(account_page), key="A-2:seats:Q2 2026", title="Silent")
    records.create(silent)
    page_id = records.create(offer(account_page))
    clock.time += timedelta(days=2)
    sales_answers(client, page_id, "Accepted", "")

    # WHEN the answers since the day of the edit are read  THEN the other record is not among them
    assert answers(records, TODAY + timedelta(days=2)) == [RecordedAnswer(KEY, "Accepted")]
    assert answers(records, TODAY + timedelta(days=3)) == []
    assert {answer.handoff_id for answer in answers(records, TODAY)} == {KEY, silent.key}


def test_answers_take_one_request_per_hundred_records(sandbox: Sandbox, client: NotionClient) -> None:
    # GIVEN 115 records
    offers_id = load_offers(sandbox, [record_row(number, chosen("Won")) for number in range(115)]).database_id
    records = NotionExpansionRecords(client, offers_id)

    # WHEN the answers are read
    parts = list(records.answers(LONG_AGO))

    # THEN that took two queries, after a look at database and schema, and no record was asked for by itself
    assert [len(part) for part in parts] == [100, 15]
    assert requests_to(sandbox, "notion") == {
        "GET /v1/databases/{database_id}": 1,
        "GET /v1/data_sources/{data_source_id}": 1,
        QUERY: 2,
    }


@pytest.mark.parametrize("each_minute", [7, 119])
def test_answers_go_on_past_the_row_at_which_a_query_silently_stops(
    sandbox: Sandbox, client: NotionClient, clock: Clock, each_minute: int
) -> None:
    # GIVEN more records than one query returns, created in bursts, and as many that were not edited for long
    def minute(number: int) -> str:
        return f"2026-03-01T{number // each_minute // 60:02}:{number // each_minute % 60:02}:00.000Z"

    clock.time -= timedelta(days=20)
    load_offers(sandbox, [record_row(-number, None, minute(number)) for number in range(1, LIMIT)])
    clock.time += timedelta(days=20)
    new = [record_row(number, chosen("Won"), minute(number)) for number in range(2 * LIMIT)]
    records = NotionExpansionRecords(client, load_offers(sandbox, new).database_id)

    # WHEN the answers of late are read  THEN each comes exactly once
    found = [answer.handoff_id for answer in answers(records, TODAY)]
    assert sorted(found) == sorted(f"K-{number}" for number in range(2 * LIMIT))
