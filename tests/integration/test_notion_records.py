"""Records of alerts in Notion: found by their key, related to their account, whole however long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.notion.client import NotionClient
from connectors.notion.names import RecordNames
from connectors.notion.records import NotionHealthRecords
from connectors.notion.schema import records_schema
from customer_success.alerts.records import HealthRecord
from customer_success.documents import Line
from customer_success.errors import Misconfigured
from customer_success.paging import Bookmark
from local.sandbox import Sandbox
from local.sandbox.notion.load import Book
from tests.builders.notion_books import account_book, load_book, notion_client, row
from tests.builders.vendors import NASTY, Waiting, break_next, requests_to

APPEND = "PATCH /v1/blocks/{block_id}/children"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path).start() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> NotionClient:
    return notion_client(sandbox, Waiting())


@pytest.fixture
def account_page(sandbox: Sandbox) -> str:
    loaded = load_book(sandbox, [row(1)])
    [page] = account_book(sandbox, loaded.database_id).read(Bookmark())
    return page.accounts[0].page_id


def records_of(sandbox: Sandbox, client: NotionClient, schema: dict[str, Any] | None = None) -> NotionHealthRecords:
    """The records, in a data source made with our own schema unless another is given."""
    own = records_schema(RecordNames(), accounts_source_id=load_book(sandbox, []).data_source_id)
    made = sandbox.load(Book(title="Records", properties=schema or own, key="Name", rows=[]))
    return NotionHealthRecords(client, made.database_id)


def record(account_page: str, *lines: Line, key: str = "A-1:2024-09-30:high") -> HealthRecord:
    return HealthRecord(
        key=key,
        title=f"{NASTY}\nat risk",
        account_page_id=account_page,
        run_date=date(2024, 9, 30),
        score=38.4,
        rag="RED",
        churn_risk="high",
        trigger="behavioral",
        owner_email="ada@example.com",
        lines=lines,
    )


def properties_of(client: NotionClient, page_id: str) -> dict[str, Any]:
    page: dict[str, Any] = client.call(lambda notion: notion.pages.retrieve(page_id), about="page")
    return dict(page["properties"])


def blocks_of(client: NotionClient, page_id: str) -> list[dict[str, Any]]:
    """All blocks of the page, in order."""
    blocks: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = client.call(lambda notion: notion.blocks.children.list(page_id, **cursor), about="page")  # noqa: B023
        blocks += answer["results"]
        if not answer["has_more"]:
            return blocks
        cursor = {"start_cursor": answer["next_cursor"]}


def plain(parts: list[dict[str, Any]]) -> str:
    return "".join(part["plain_text"] for part in parts)


def texts(blocks: list[dict[str, Any]]) -> list[str]:
    return [plain(block[block["type"]]["rich_text"]) for block in blocks]


def test_a_record_says_what_happened_beside_its_account(
    sandbox: Sandbox, client: NotionClient, account_page: str
) -> None:
    # GIVEN an alert with a heading, a reason and a link
    lines = (
        Line("What changed", strong=True),
        Line(NASTY, bullet=True),
        Line("Account", url="https://www.notion.so/cafe"),
        Line("A link that leads nowhere good", url="javascript://x.example/%0aalert(1)"),
    )

    # WHEN it is recorded
    records = records_of(sandbox, client)
    page_id = records.create(record(account_page, *lines))

    # THEN its properties can be filtered by
    found = properties_of(client, page_id)
    assert plain(found["Name"]["title"]) == f"{NASTY} at risk"
    assert found["Account"]["relation"] == [{"id": account_page}]
    assert found["Date"]["date"]["start"] == "2024-09-30"
    assert found["Score"]["number"] == 38.4
    assert found["RAG"]["select"]["name"] == "RED"
    assert found["Churn Risk"]["select"]["name"] == "high"
    assert found["Trigger"]["select"]["name"] == "behavioral"
    assert found["Owner Email"]["email"] == "ada@example.com"

    # AND its lines read as they were written
    blocks = blocks_of(client, page_id)
    assert texts(blocks) == [line.text for line in lines]
    assert [block["type"] for block in blocks] == ["paragraph", "bulleted_list_item", "paragraph", "paragraph"]
    assert blocks[0]["paragraph"]["rich_text"][0]["annotations"]["bold"] is True
    assert [block[block["type"]]["rich_text"][0]["href"] for block in blocks] == [
        None,
        None,
        "https://www.notion.so/cafe",
        None,
    ]


def test_a_record_is_found_by_its_key(sandbox: Sandbox, client: NotionClient, account_page: str) -> None:
    # GIVEN a book of records without this one  WHEN it is looked for  THEN it is not there
    records = records_of(sandbox, client)
    assert records.find("A-1:2024-09-30:high") is None

    # WHEN it was created  THEN it is found, by its whole key only
    page_id = records.create(record(account_page))
    assert records.find("A-1:2024-09-30:high") == page_id
    assert records.find("A-1:2024-09-30") is None


def test_a_long_record_arrives_whole(sandbox: Sandbox, client: NotionClient, account_page: str) -> None:
    # GIVEN more lines than one request takes, one of them longer than one text may be
    lines = [Line(f"line {number}", bullet=number % 3 == 0) for number in range(230)]
    lines[100] = Line("🦊" * 3000)

    # WHEN it is recorded
    page_id = records_of(sandbox, client).create(record(account_page, *lines))

    # THEN every line is there, in order, in three requests
    assert texts(blocks_of(client, page_id)) == [line.text for line in lines]
    assert requests_to(sandbox, "notion")[APPEND] == 2


def test_lines_too_heavy_for_one_request_are_sent_in_several(
    sandbox: Sandbox, client: NotionClient, account_page: str
) -> None:
    # GIVEN few lines that are together heavier than Notion takes
    lines = [Line("漢" * 20_000) for _ in range(10)]

    # WHEN they are recorded  THEN they are all there
    page_id = records_of(sandbox, client).create(record(account_page, *lines))
    assert texts(blocks_of(client, page_id)) == [line.text for line in lines]


def test_a_record_stands_when_its_last_lines_are_lost(
    sandbox: Sandbox, client: NotionClient, account_page: str, caplog: pytest.LogCaptureFixture
) -> None:
    # GIVEN a connection that breaks after the page was created
    lines = [Line(f"line {number}") for number in range(150)]
    break_next(sandbox, "notion", "drop_before", method="PATCH", match="/blocks")

    # WHEN a long record is created
    records = records_of(sandbox, client)
    page_id = records.create(record(account_page, *lines))

    # THEN it is there without them, which is reported, and nothing was sent twice
    assert len(blocks_of(client, page_id)) == 100
    assert f"the record {page_id} stays without its last lines" in caplog.text
    assert requests_to(sandbox, "notion")[APPEND] == 1


def test_a_record_without_owner_leaves_it_open(sandbox: Sandbox, client: NotionClient, account_page: str) -> None:
    # GIVEN an account without an owner  WHEN it is recorded  THEN the property is empty
    alert = record(account_page)
    alone = HealthRecord(alert.key, alert.title, account_page, alert.run_date, 1.0, "RED", "high", "both", None, ())
    page_id = records_of(sandbox, client).create(alone)
    assert properties_of(client, page_id)["Owner Email"]["email"] is None


def test_only_the_properties_that_are_there_are_written(
    sandbox: Sandbox, client: NotionClient, account_page: str
) -> None:
    # GIVEN records that the team keeps under few properties, and under another title
    schema: dict[str, Any] = {"Alert": {"title": {}}, "Name": {"rich_text": {}}, "Alert ID": {"rich_text": {}}}
    records = records_of(sandbox, client, schema)

    # WHEN an alert is recorded  THEN it is there, with what fits
    page_id = records.create(record(account_page, Line("usage fell")))
    found = properties_of(client, page_id)
    assert plain(found["Alert"]["title"]) == f"{NASTY} at risk"
    assert records.find("A-1:2024-09-30:high") == page_id


@pytest.mark.parametrize("kind", [{}, {"Alert ID": {"number": {}}}])
def test_ambiguous_records_are_not_begun(
    sandbox: Sandbox, client: NotionClient, account_page: str, kind: dict[str, Any]
) -> None:
    # GIVEN a data source without the property by which a record is found again
    records = records_of(sandbox, client, {"Name": {"title": {}}, **kind})

    # WHEN an alert is looked for or recorded  THEN what is missing is reported, and no page is made
    with pytest.raises(Misconfigured, match="needs a text property 'Alert ID'"):
        records.find("k")
    with pytest.raises(Misconfigured, match="needs a text property 'Alert ID'"):
        records.create(record(account_page))
    assert "POST /v1/pages" not in requests_to(sandbox, "notion")
