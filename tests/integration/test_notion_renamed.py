"""A person renames a property while functions are warm: what they write is written, with the property as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.notion.client import NotionClient
from connectors.notion.expansions import NotionExpansionRecords
from connectors.notion.names import ExpansionNames, QbrNames, RecordNames
from connectors.notion.qbr_pages import NotionQbrPages
from connectors.notion.records import NotionHealthRecords
from connectors.notion.schema import expansion_schema, qbr_schema, records_schema
from customer_success.alerts.records import HealthRecord
from customer_success.documents import Bullet, Line
from customer_success.errors import Misconfigured, NotTaken, Unclear
from customer_success.expansion.offer import ExpansionRecord
from customer_success.paging import Bookmark
from customer_success.reviews.ports import FoundPage
from customer_success.reviews.qbr import QbrPage
from local.sandbox import Sandbox
from local.sandbox.notion.load import Book
from tests.builders.notion_books import account_book, load_book, notion_client, row
from tests.builders.vendors import Waiting, break_next, requests_to

CREATE = "POST /v1/pages"
TODAY = date(2026, 4, 7)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path).start() as sandbox:
        yield sandbox


@dataclass
class Writer:
    """A writer of pages that was used before, and so knows its data source."""

    title: str
    create: Callable[[str], str]
    find: Callable[[str], object]
    rewrite: Callable[[str, str], object] | None
    owner: str
    key: str


@dataclass
class Team:
    """A team with its accounts, and what writes beside them."""

    sandbox: Sandbox

    def __post_init__(self) -> None:
        self.client: NotionClient = notion_client(self.sandbox, Waiting())
        self.accounts = load_book(self.sandbox, [row(1)]).data_source_id
        [page] = account_book(self.sandbox, self.accounts).read(Bookmark())
        self.account_page = page.accounts[0].page_id
        self.sources: dict[str, str] = {}

    def writer(self, kind: str) -> Writer:
        return {"records": self._records, "reviews": self._reviews, "offers": self._offers}[kind]()

    def rename(self, title: str, name: str, to: str | None) -> None:
        change = {name: to and {"name": to}}
        self.client.call(lambda notion: notion.data_sources.update(self.sources[title], properties=change), about="it")

    def properties(self, page_id: str) -> dict[str, Any]:
        page: dict[str, Any] = self.client.call(lambda notion: notion.pages.retrieve(page_id), about="page")
        return dict(page["properties"])

    def _database(self, title: str, schema: dict[str, Any]) -> str:
        loaded = self.sandbox.load(Book(title=title, properties=schema, key="Name", rows=[]))
        self.sources[title] = loaded.data_source_id
        return loaded.database_id

    def _records(self) -> Writer:
        names = RecordNames()
        schema = records_schema(names, accounts_source_id=self.accounts)
        records = NotionHealthRecords(self.client, self._database("Records", schema))

        def create(key: str) -> str:
            lines = (Line("usage fell"),)
            of = self.account_page
            return records.create(
                HealthRecord(key, "Acme", of, TODAY, 38.4, "RED", "high", "both", "ada@example.com", lines)
            )

        return Writer("Records", create, records.find, None, names.owner_email, names.key)

    def _reviews(self) -> Writer:
        names = QbrNames()
        pages = NotionQbrPages(self.client, self._database("QBR", qbr_schema(names, accounts_source_id=self.accounts)))

        def review(key: str) -> QbrPage:
            blocks = tuple(Bullet(f"line {number}") for number in range(130))
            return QbrPage(
                key=key,
                title="QBR",
                account_page_id=self.account_page,
                period="Q2 2026",
                reviewed_period="Q1 2026",
                on=TODAY,
                owner_email="ada@example.com",
                trigger="scheduled",
                partial=False,
                blocks=blocks,
            )

        return Writer(
            "QBR",
            lambda key: pages.create(review(key)),
            pages.find,
            lambda page_id, key: pages.replace(page_id, review(key)),
            names.owner_email,
            names.key,
        )

    def _offers(self) -> Writer:
        names = ExpansionNames()
        schema = expansion_schema(names, accounts_source_id=self.accounts)
        records = NotionExpansionRecords(self.client, self._database("Expansion", schema))

        def offer(key: str) -> ExpansionRecord:
            return ExpansionRecord(
                key=key,
                title="Seats",
                account_page_id=self.account_page,
                on=TODAY,
                state="Recorded",
                opportunity_type="seats",
                confidence="high",
                estimated_arr_impact=12_000.0,
                evidence="97 of 100 seats are used",
                talk_track="You are running out of seats.",
                owner_email="ada@example.com",
                sales_email="nora@example.com",
                note=None,
            )

        return Writer(
            "Expansion",
            lambda key: records.create(offer(key)),
            records.find,
            lambda page_id, key: records.write(page_id, offer(key)),
            names.owner_email,
            names.key,
        )


@pytest.fixture
def team(sandbox: Sandbox) -> Team:
    return Team(sandbox)


@pytest.mark.parametrize("kind", ["records", "reviews", "offers"])
@pytest.mark.parametrize(("old", "new"), [("owner", "Somebody else's"), ("owner", None), ("title", "Called")])
def test_what_is_created_is_created_once(team: Team, kind: str, old: str, new: str | None) -> None:
    # GIVEN a function that has written a page
    writer = team.writer(kind)
    first = writer.create("first")

    # WHEN a person renames or deletes a property, and another page is written
    name = writer.owner if old == "owner" else "Name"
    team.rename(writer.title, name, new)
    before = requests_to(team.sandbox, "notion").get(CREATE, 0)
    second = writer.create("second")

    # THEN it is there, with all that there is a place for
    assert writer.find("second") in (second, FoundPage(second, complete=True))
    found = team.properties(second)
    assert found[writer.key]["rich_text"][0]["plain_text"] == "second"
    assert found[new if old == "title" and new else "Name"]["title"][0]["plain_text"]
    # AND it took one try more, after which the next page takes one
    assert requests_to(team.sandbox, "notion")[CREATE] == before + 2
    writer.create("third")
    assert requests_to(team.sandbox, "notion")[CREATE] == before + 3
    assert first != second


@pytest.mark.parametrize("kind", ["reviews", "offers"])
def test_what_is_written_again_is_written(team: Team, kind: str) -> None:
    # GIVEN a page, and a property that was renamed since  WHEN the page is written again  THEN it is
    writer = team.writer(kind)
    page_id = writer.create("first")
    team.rename(writer.title, writer.owner, "Somebody else's")
    assert writer.rewrite is not None
    writer.rewrite(page_id, "first")
    assert writer.find("first") in (page_id, FoundPage(page_id, complete=True))


@pytest.mark.parametrize("kind", ["records", "reviews", "offers"])
@pytest.mark.parametrize("new", ["Our key", None])
def test_without_the_key_nothing_is_created_that_could_not_be_found_again(
    team: Team, kind: str, new: str | None
) -> None:
    # GIVEN a function that knows its data source  WHEN the property of the key is renamed, or deleted
    writer = team.writer(kind)
    writer.create("first")
    team.rename(writer.title, writer.key, new)

    # THEN what is missing is reported, whether a page is looked for or created
    missing = f"needs a text property '{writer.key}'"
    with pytest.raises(Misconfigured, match=missing):
        writer.find("first")
    with pytest.raises(Misconfigured, match=missing):
        writer.create("second")

    # WHEN it has its name again  THEN the page is found
    if new:
        team.rename(writer.title, new, writer.key)
        assert writer.find("first")


@pytest.mark.parametrize("kind", ["records", "reviews", "offers"])
def test_what_notion_does_not_take_the_second_time_either_is_reported(team: Team, kind: str) -> None:
    # GIVEN a Notion that takes no page  WHEN one is written  THEN that is reported, and nothing was created
    writer = team.writer(kind)
    break_next(team.sandbox, "notion", "status", status=400, method="POST", match="/v1/pages", times=2)
    with pytest.raises(NotTaken, match="400 validation_error") as raised:
        writer.create("first")
    assert not isinstance(raised.value, Unclear)
    assert writer.find("first") is None


def test_a_review_is_not_taken_for_whole_where_its_state_is_missing(team: Team) -> None:
    # GIVEN a review that takes two requests, and a state that is renamed between the two
    writer = team.writer("reviews")
    writer.create("first")
    team.rename("QBR", QbrNames().state, "Progress")
    # WHEN it is written  THEN a person is asked for the property, by which a page that is not whole is known
    with pytest.raises(Misconfigured, match="by which a page that is not whole is known"):
        writer.create("second")
