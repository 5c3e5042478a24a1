"""The account book in Notion: read past its limits, and written back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from connectors.notion.accounts import NotionCSMAdapter
from connectors.notion.client import NotionClient
from connectors.notion.names import PropertyNames
from connectors.notion.schema import accounts_schema
from connectors.notion.walk import Walk
from connectors.notion.wiring import account_pages
from customer_success.accounts.account import Account
from customer_success.accounts.ports import BookPage
from customer_success.accounts.row import PageValues
from customer_success.addresses import ANYBODY, OwnerDomains
from customer_success.errors import Misconfigured, NotTaken, OutOfTime, Refused, Unavailable
from customer_success.paging import Bookmark
from local.sandbox import Sandbox
from local.sandbox.notion.load import Book
from tests.builders.notion_books import account_book, load_book, notion_client, row, typed
from tests.builders.secrets import notion_secret
from tests.builders.vendors import NASTY, CountingRateLimiter, Waiting, break_next, requests_to

LIMIT = 120
QUERY = "POST /v1/data_sources/{data_source_id}/query"
VALUES = PageValues(
    71.3, "AMBER", "high", "usage fell", date(2024, 9, 1), "call them", date(2024, 9, 30), "NPS: Notion"
)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path, notion_query_limit=LIMIT).start() as sandbox:
        yield sandbox


def minute(number: int) -> str:
    return f"2024-01-01T{number // 60:02}:{number % 60:02}:00.000Z"


def ids(pages: list[BookPage]) -> list[str]:
    return [account.account_id for page in pages for account in page.accounts]


def test_a_book_is_read_in_order_of_creation_with_one_request_per_hundred_accounts(sandbox: Sandbox) -> None:
    # GIVEN a book whose accounts were created in another order than they are listed
    load_book(sandbox, [row(number, minute(110 - number)) for number in range(110)])
    database = load_book(sandbox, []).database_id

    # WHEN it is read from the start
    pages = list(account_book(sandbox, database).read(Bookmark()))

    # THEN every account comes once, oldest first, at one query per hundred and one look at the database
    assert ids(pages) == [f"A-{number}" for number in reversed(range(110))]
    assert [len(page.accounts) for page in pages] == [100, 10]
    assert requests_to(sandbox, "notion") == {"GET /v1/databases/{database_id}": 1, QUERY: 2}
    assert [page.next is None for page in pages] == [False, True]


def test_an_empty_book_is_one_empty_page(sandbox: Sandbox) -> None:
    # GIVEN a book without accounts  WHEN it is read  THEN there is one page, and it is the last
    source = load_book(sandbox, []).data_source_id
    assert list(account_book(sandbox, source).read(Bookmark())) == [BookPage((), None)]


@pytest.mark.parametrize("each_minute", [1, 7, 100, 119])
def test_reading_goes_on_past_the_row_at_which_a_query_silently_stops(sandbox: Sandbox, each_minute: int) -> None:
    # GIVEN three times as many accounts as one query returns, created in bursts
    load_book(sandbox, [row(number, minute(number // each_minute)) for number in range(3 * LIMIT)])
    source = load_book(sandbox, []).data_source_id

    # WHEN the book is read in one go
    pages = list(account_book(sandbox, source).read(Bookmark()))

    # THEN each account comes exactly once, also those of the minute in which a query was cut off
    assert sorted(ids(pages)) == sorted(f"A-{number}" for number in range(3 * LIMIT))


def test_a_bookmark_lets_another_process_go_on_at_any_page(sandbox: Sandbox) -> None:
    # GIVEN a long book, and the bookmarks that one reading of it left
    load_book(sandbox, [row(number, minute(number // 7)) for number in range(2 * LIMIT)])
    source = load_book(sandbox, []).data_source_id
    pages = list(account_book(sandbox, source).read(Bookmark()))

    for number, page in enumerate(pages):
        # WHEN another process goes on from one of them
        rest = [] if page.next is None else ids(list(account_book(sandbox, source).read(page.next)))

        # THEN no account is missed; only the first accounts of a new window may come again
        known = ids(pages[: number + 1])
        assert set(known) | set(rest) == set(ids(pages))
        again = [account_id for account_id in rest if account_id in known]
        assert again == rest[: len(again)]
        assert not again or (page.next and page.next.cursor is None)


def test_more_accounts_of_one_minute_than_a_query_returns_stop_the_reading(sandbox: Sandbox) -> None:
    # GIVEN an import that created more accounts in one minute than Notion ever returns
    load_book(sandbox, [row(number, minute(5)) for number in range(LIMIT + 1)])
    source = load_book(sandbox, []).data_source_id

    # WHEN the book is read  THEN it ends with what is wrong, and does not turn in circles
    with pytest.raises(Misconfigured, match=r"created at 2024-01-01T00:05:00.000Z.*another data source"):
        list(account_book(sandbox, source).read(Bookmark()))
    assert requests_to(sandbox, "notion")[QUERY] == 4


def test_a_cursor_that_notion_has_forgotten_starts_its_window_over(sandbox: Sandbox) -> None:
    # GIVEN a bookmark whose cursor is no longer known
    load_book(sandbox, [row(number, minute(number)) for number in range(150)])
    source = load_book(sandbox, []).data_source_id
    forgotten = Bookmark(minute(20), "0b1cd2ef-0000-4000-8000-000000000000")

    # WHEN reading goes on from it
    pages = list(account_book(sandbox, source).read(forgotten))

    # THEN it is from the beginning of the bookmark's window
    assert ids(pages) == [f"A-{number}" for number in range(20, 150)]


def test_a_cursor_refused_on_the_way_costs_no_account(sandbox: Sandbox) -> None:
    # GIVEN a long book, of which the first page was read
    load_book(sandbox, [row(number, minute(number // 3)) for number in range(220)])
    reading = account_book(sandbox, load_book(sandbox, []).data_source_id).read(Bookmark())
    pages = [next(reading)]

    # WHEN Notion refuses the cursor of the second
    break_next(sandbox, "notion", "status", status=400, match="/query")
    pages += list(reading)

    # THEN each account still comes exactly once
    assert ids(pages) == [f"A-{number}" for number in range(220)]


def test_a_refusal_that_has_nothing_to_do_with_a_cursor_is_reported_at_once(sandbox: Sandbox) -> None:
    # GIVEN a Notion that refuses the first query  WHEN the book is read  THEN it is asked once
    source = load_book(sandbox, [row(1)]).data_source_id
    break_next(sandbox, "notion", "status", status=400, match="/query")
    with pytest.raises(Refused, match="400"):
        list(account_book(sandbox, source).read(Bookmark()))
    assert requests_to(sandbox, "notion")[QUERY] == 1


def test_a_notion_that_refuses_every_cursor_is_reported_not_asked_for_ever(sandbox: Sandbox) -> None:
    # GIVEN a Notion that refuses every request from now on
    load_book(sandbox, [row(number, minute(0)) for number in range(150)])
    reading = account_book(sandbox, load_book(sandbox, []).data_source_id).read(Bookmark())
    next(reading)
    break_next(sandbox, "notion", "status", status=400, match="/query", times=None)

    # WHEN reading goes on  THEN Notion's refusal is reported
    with pytest.raises(Refused, match="400"):
        next(reading)


def be_heavy(sandbox: Sandbox, rows_above: int | None) -> None:
    """Let Notion time out over more rows than these."""
    answer = httpx.post(sandbox.url("control") + "/notion/heavy", json={"rows_above": rows_above})
    answer.raise_for_status()


@pytest.mark.parametrize(
    ("shown_in_time", "sizes"),
    [(99, [50, 50, 10]), (50, [50, 50, 10]), (25, [25, 25, 25, 25, 10]), (13, [12] * 9 + [2]), (12, [12] * 9 + [2])],
)
def test_a_book_that_is_too_heavy_is_read_in_smaller_parts_for_the_rest_of_the_run(
    sandbox: Sandbox, shown_in_time: int, sizes: list[int]
) -> None:
    # GIVEN a book of which Notion does not show so many at once
    source = load_book(sandbox, [row(number, minute(number)) for number in range(110)]).data_source_id
    be_heavy(sandbox, shown_in_time)

    # WHEN it is read
    waiting = Waiting()
    pages = list(account_book(sandbox, source, waiting).read(Bookmark()))

    # THEN no account is missed, and no question was asked twice that Notion had no end with
    assert ids(pages) == [f"A-{number}" for number in range(110)]
    assert [len(page.accounts) for page in pages] == sizes
    halvings = [100, 50, 25, 12].index(sizes[0])
    assert requests_to(sandbox, "notion")[QUERY] == len(sizes) + halvings
    assert len(waiting.slept) == halvings

    # AND another delivery of the same run goes on with as few
    be_heavy(sandbox, None)
    [after, *_] = [page.next for page in pages if page.next]
    assert len(next(account_book(sandbox, source).read(after)).accounts) == sizes[0]

    # AND the next run begins with 100 again
    assert len(next(account_book(sandbox, source).read(Bookmark())).accounts) == 100


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 502},
        {"kind": "html", "status": 502},
        {"kind": "html", "status": 504},
        {"kind": "empty", "status": 503},
        {"kind": "delay", "seconds": 3.5},
    ],
)
def test_every_timeout_halves_what_is_asked_for(sandbox: Sandbox, fault: dict[str, Any]) -> None:
    # GIVEN a Notion, or what stands before it, that comes to no end with the first question
    source = load_book(sandbox, [row(number, minute(number)) for number in range(60)]).data_source_id
    break_next(sandbox, "notion", match="/query", **fault)
    client = NotionClient(notion_secret(), Waiting().retry_policy, base_url=sandbox.url("notion"), timeout=3)
    # WHEN the book is read  THEN it is asked for half as many
    pages = list(NotionCSMAdapter(client, source).read(Bookmark()))
    assert [len(page.accounts) for page in pages] == [50, 10]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 529},
        {"kind": "status", "status": 409},
        {"kind": "html", "status": 403},
        {"kind": "drop_before"},
    ],
)
def test_what_says_nothing_of_the_size_does_not_change_it(sandbox: Sandbox, fault: dict[str, Any]) -> None:
    source = load_book(sandbox, [row(number, minute(number)) for number in range(60)]).data_source_id
    break_next(sandbox, "notion", match="/query", **fault)
    assert [len(page.accounts) for page in account_book(sandbox, source).read(Bookmark())] == [60]


def test_one_html_page_of_a_proxy_does_not_end_the_reading(sandbox: Sandbox) -> None:
    # GIVEN a proxy that once says 403 in its own words  WHEN the book is read  THEN it is read
    source = load_book(sandbox, [row(1)]).data_source_id
    break_next(sandbox, "notion", "html", status=403)
    assert ids(list(account_book(sandbox, source).read(Bookmark()))) == ["A-1"]


def test_the_data_sources_among_the_pages_of_a_wiki_are_no_accounts(sandbox: Sandbox) -> None:
    # GIVEN a book that was made a wiki, with a database among its accounts
    book = load_book(sandbox, [row(1), row(2)])
    inner = sandbox.load(Book(title="Minutes", properties={"Name": {"title": {}}}, key="Name", rows=[]))
    nested = {"database_id": inner.database_id, "among": book.data_source_id}
    httpx.post(sandbox.url("control") + "/notion/nest", json=nested).raise_for_status()
    listed = notion_client(sandbox, Waiting()).call(
        lambda notion: notion.data_sources.query(book.data_source_id), about="the book"
    )
    assert [each["object"] for each in listed["results"]] == ["data_source", "page", "page"]

    # WHEN it is read  THEN there are its accounts
    assert ids(list(account_book(sandbox, book.database_id).read(Bookmark()))) == ["A-1", "A-2"]


def test_a_row_that_is_no_page_is_passed_over() -> None:
    # GIVEN a Notion that lists data sources though pages were asked for
    walk = Walk(Bookmark())
    rows = [{"object": kind, "id": kind, "created_time": minute(0)} for kind in ("data_source", "page", "block")]
    assert [each["id"] for each in walk.step({"results": rows, "has_more": False})] == ["page"]


def test_a_cursor_that_does_not_move_ends_the_reading() -> None:
    # GIVEN a Notion that says there is more, and leads to the same page again
    walk = Walk(Bookmark())
    answer = {"results": [], "has_more": True, "next_cursor": "c"}
    walk.step(answer)
    # WHEN it says so of the page that was asked for by that cursor  THEN nothing is read for ever
    with pytest.raises(Unavailable, match="the same page again"):
        walk.step(answer)


def rename(sandbox: Sandbox, source_id: str, **names: str | None) -> None:
    """Rename properties, as a person does; keyword `CSM_Why` is the property "CSM Why", None deletes it."""
    change = {old.replace("_", " "): new and {"name": new} for old, new in names.items()}
    notion_client(sandbox, Waiting()).call(
        lambda notion: notion.data_sources.update(source_id, properties=change), about="the schema"
    )


@pytest.mark.parametrize("renamed", ["Reason", None])
def test_a_property_renamed_while_a_function_is_warm_costs_no_page(sandbox: Sandbox, renamed: str | None) -> None:
    # GIVEN a function that has written pages
    loaded = load_book(sandbox, [row(number) for number in range(4)])
    book = account_book(sandbox, loaded.database_id)
    [page] = book.read(Bookmark())
    book.write(page.accounts[0].page_id, VALUES)

    # WHEN a person renames one of the properties, or deletes it, and pages are written
    rename(sandbox, loaded.data_source_id, CSM_Why=renamed)
    before = requests_to(sandbox, "notion")
    for account in page.accounts:
        book.write(account.page_id, VALUES)

    # THEN all are written, but for that property
    for account in page.accounts:
        assert written(sandbox, account.page_id)["CSM Health Score"]["number"] == 71.3
    # AND it cost one refusal, and one look at the schema
    cost = {call: count - before.get(call, 0) for call, count in requests_to(sandbox, "notion").items()}
    assert cost["GET /v1/data_sources/{data_source_id}"] == 1
    assert cost["PATCH /v1/pages/{page_id}"] == 5


def test_values_that_notion_does_not_take_are_not_lost(sandbox: Sandbox, page_of: tuple[str, Account]) -> None:
    # GIVEN a Notion that takes no values  WHEN they are written  THEN that is reported, after a second try
    database, account = page_of
    break_next(sandbox, "notion", "status", status=400, method="PATCH", times=None)
    with pytest.raises(NotTaken, match=f"the page {account.page_id}"):
        account_book(sandbox, database).write(account.page_id, VALUES)
    assert requests_to(sandbox, "notion")["PATCH /v1/pages/{page_id}"] == 2


def test_pages_of_a_book_that_is_no_longer_shared_do_not_count_as_removed(
    sandbox: Sandbox, page_of: tuple[str, Account]
) -> None:
    # GIVEN a function that has written a page, and a book that is no longer shared
    database, account = page_of
    book = account_book(sandbox, database)
    book.write(account.page_id, VALUES)
    unshared = {"database_id": database, "shared": False}
    httpx.post(sandbox.url("control") + "/notion/share", json=unshared).raise_for_status()
    # WHEN the page is written  THEN the error asks to share the book again
    with pytest.raises(Misconfigured, match="share the database"):
        book.write(account.page_id, VALUES)


def test_a_notion_that_knows_none_of_its_own_cursors_is_reported_not_asked_for_ever() -> None:
    # GIVEN a Notion that gives cursors and takes none of them back
    class Forgetful(TwoSources):
        def query(self, source_id: str, **asked: Any) -> dict[str, Any]:
            self.asked.append(source_id)
            if "start_cursor" in asked:
                raise Refused("The start_cursor provided is invalid")
            rows = [{"id": str(number), "created_time": minute(0)} for number in range(100)]
            return {"results": rows, "has_more": True, "next_cursor": "x"}

    # WHEN the book is read  THEN its window is started over once, and then the refusal is reported
    notion: Any = Forgetful("Accounts")
    with pytest.raises(Refused, match="start_cursor"):
        list(NotionCSMAdapter(notion, "db").read(Bookmark()))
    assert len(notion.asked) == 4


def test_what_could_not_be_read_is_reported_with_its_account(sandbox: Sandbox) -> None:
    # GIVEN a book that keeps NPS as a text
    schema: dict[str, Any] = {"Name": {"title": {}}, "Account ID": {"rich_text": {}}, "NPS": {"rich_text": {}}}
    load_book(sandbox, [row(1, NPS={"rich_text": typed("nine")})], schema)
    source = load_book(sandbox, [], schema).data_source_id

    # WHEN it is read
    [page] = account_book(sandbox, source).read(Bookmark())

    # THEN the account is there, and says what of it could not be read
    [account] = page.accounts
    assert account.account_id == "A-1"
    assert [str(note) for note in account.unreadable] == ["NPS: 'nine' could not be read, expected a number"]


def test_the_id_of_a_data_source_does_as_well(sandbox: Sandbox) -> None:
    # GIVEN both ids of a book  WHEN it is read by either  THEN it is the same book
    loaded = load_book(sandbox, [row(1)])
    by_database = list(account_book(sandbox, loaded.database_id).read(Bookmark()))
    assert list(account_book(sandbox, loaded.data_source_id).read(Bookmark())) == by_database


class TwoSources:
    """A database of two data sources, which Notion's API makes by `data_sources.create`."""

    def __init__(self, *names: str) -> None:
        self.asked: list[str] = []
        self.sources = [{"id": f"id-{name}", "name": name} for name in names]

    def call(self, request: Any, *, about: str, repeatable: bool = True) -> Any:
        del about, repeatable
        return request(self)

    @property
    def databases(self) -> Any:
        return self

    data_sources = databases

    def retrieve(self, database_id: str) -> dict[str, Any]:
        return {"id": database_id, "data_sources": self.sources}

    def query(self, source_id: str, **_: Any) -> dict[str, Any]:
        self.asked.append(source_id)
        return {"results": [], "has_more": False}


def test_a_database_of_several_data_sources_needs_the_name_of_one() -> None:
    # GIVEN a database of two data sources  WHEN none is named  THEN both are named in the error
    notion: Any = TwoSources("Accounts", "Archive")
    with pytest.raises(Misconfigured, match=r"exactly one .* 'Accounts' \(id-Accounts\), 'Archive'"):
        list(NotionCSMAdapter(notion, "db").read(Bookmark()))

    # WHEN one of them is named  THEN that is read
    list(NotionCSMAdapter(notion, "db", source_name="Archive").read(Bookmark()))
    assert notion.asked == ["id-Archive"]

    # WHEN a third is named, or there is none at all  THEN that is reported
    with pytest.raises(Misconfigured, match="named 'Leads'"):
        list(NotionCSMAdapter(notion, "db", source_name="Leads").read(Bookmark()))
    empty: Any = TwoSources()
    with pytest.raises(Misconfigured, match="has: none"):
        list(NotionCSMAdapter(empty, "db").read(Bookmark()))


@pytest.fixture
def page_of(sandbox: Sandbox) -> tuple[str, Account]:
    """A book of one account: the database's id, and the account."""
    loaded = load_book(sandbox, [row(1)])
    [page] = account_book(sandbox, loaded.database_id).read(Bookmark())
    return loaded.database_id, page.accounts[0]


def written(sandbox: Sandbox, page_id: str) -> dict[str, Any]:
    """The page's properties, as Notion shows them."""
    page: dict[str, Any] = notion_client(sandbox, Waiting()).call(
        lambda notion: notion.pages.retrieve(page_id), about="page"
    )
    return dict(page["properties"])


def plain(prop: dict[str, Any]) -> str:
    return "".join(part["plain_text"] for part in prop[prop["type"]])


def test_what_the_scan_found_is_written_to_the_accounts_page(sandbox: Sandbox, page_of: tuple[str, Account]) -> None:
    # GIVEN an account's page  WHEN values are written to it, twice
    database, account = page_of
    book = account_book(sandbox, database)
    book.write(account.page_id, VALUES)
    book.write(account.page_id, VALUES)

    # THEN they stand there, and what the team keeps there is as it was
    page = written(sandbox, account.page_id)
    assert page["CSM Health Score"]["number"] == 71.3
    assert page["CSM Health RAG"]["select"]["name"] == "AMBER"
    assert page["CSM Churn Risk"]["select"]["name"] == "high"
    assert plain(page["CSM Why"]) == "usage fell"
    assert page["CSM Since"]["date"]["start"] == "2024-09-01"
    assert plain(page["CSM Next Step"]) == "call them"
    assert page["CSM Last Scan"]["date"]["start"] == "2024-09-30"
    assert plain(page["CSM Sources"]) == "NPS: Notion"
    assert plain(page["Account ID"]) == "A-1"

    # AND the schema was looked at once
    assert requests_to(sandbox, "notion")["GET /v1/data_sources/{data_source_id}"] == 1


def test_what_is_not_known_any_more_is_emptied(sandbox: Sandbox, page_of: tuple[str, Account]) -> None:
    # GIVEN a page with values
    database, account = page_of
    book = account_book(sandbox, database)
    book.write(account.page_id, VALUES)

    # WHEN the account can no longer be scored
    unknown = PageValues(None, "Unknown", None, "no usage data", None, "", date(2024, 10, 1))
    book.write(account.page_id, unknown)

    # THEN no old value stays
    page = written(sandbox, account.page_id)
    assert page["CSM Health Score"]["number"] is None
    assert page["CSM Health RAG"]["select"]["name"] == "Unknown"
    assert page["CSM Churn Risk"]["select"] is None
    assert page["CSM Since"]["date"] is None
    assert plain(page["CSM Next Step"]) == ""


def test_long_and_nasty_texts_arrive_whole_and_literal(sandbox: Sandbox, page_of: tuple[str, Account]) -> None:
    # GIVEN a reason that is longer than one text may be, full of markup, half characters and emoji
    database, account = page_of
    why = NASTY * 50 + "🦊" * 2500 + "\ud83e" + "\x00" + "‮"

    # WHEN it is written
    account_book(sandbox, database).write(
        account.page_id, PageValues(1.0, "RED", "high", why, None, "", date(2024, 9, 30))
    )

    # THEN it reads the same, but for what no text may hold
    found = written(sandbox, account.page_id)["CSM Why"]
    assert plain(found) == NASTY * 50 + "🦊" * 2500 + "\ufffd"

    # AND no part of it is longer than Notion takes, as Notion counts
    assert max(len(part["plain_text"].encode("utf-16-le")) // 2 for part in found["rich_text"]) == 2000


def test_only_properties_that_are_there_and_fit_are_written(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    # GIVEN a book that has few of our properties, and one of them as another type
    schema: dict[str, Any] = {
        "Name": {"title": {}},
        "Account ID": {"rich_text": {}},
        "CSM Health Score": {"rich_text": {}},
        "CSM Why": {"number": {}},
        "CSM Last Scan": {"date": {}},
    }
    loaded = load_book(sandbox, [row(1)], schema)
    book = account_book(sandbox, loaded.database_id)
    [page] = book.read(Bookmark())

    # WHEN values are written, twice
    with caplog.at_level(logging.WARNING):
        book.write(page.accounts[0].page_id, VALUES)
        book.write(page.accounts[0].page_id, VALUES)

    # THEN what fits is there
    properties = written(sandbox, page.accounts[0].page_id)
    assert plain(properties["CSM Health Score"]) == "71.3"
    assert properties["CSM Why"]["number"] is None
    assert properties["CSM Last Scan"]["date"]["start"] == "2024-09-30"

    # AND what does not is reported once
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("connectors")]
    assert len(logged) == 6
    assert (
        f"the database {loaded.database_id} (NotionAccounts): the property 'CSM Since' is missing; it is not written"
        in logged
    )
    assert any("'CSM Why' has the type number, which cannot hold a str" in text for text in logged)


def test_a_book_without_our_properties_is_not_written_to(sandbox: Sandbox) -> None:
    # GIVEN a book that has none of our properties  WHEN values are written  THEN Notion is not troubled
    loaded = load_book(sandbox, [row(1)], {"Name": {"title": {}}, "Account ID": {"rich_text": {}}})
    book = account_book(sandbox, loaded.database_id)
    [page] = book.read(Bookmark())
    book.write(page.accounts[0].page_id, VALUES)
    assert "PATCH /v1/pages/{page_id}" not in requests_to(sandbox, "notion")


@pytest.mark.parametrize(
    ("quiet_until", "verdict"), [(date(2024, 10, 20), "false alarm"), (date(2024, 10, 20), None), (None, "true alarm")]
)
def test_what_is_wished_for_an_account_is_written_each_only_if_it_is_given(
    sandbox: Sandbox, page_of: tuple[str, Account], quiet_until: date | None, verdict: str | None
) -> None:
    # GIVEN a page on which a person has asked for something, and the scan has written
    database, account = page_of
    book = account_book(sandbox, database)
    book.write(account.page_id, VALUES)
    book.write_mute(account.page_id, date(2024, 10, 1), "false alarm")
    before = written(sandbox, account.page_id)

    # WHEN another wish is written, twice
    book.write_mute(account.page_id, quiet_until, verdict)
    book.write_mute(account.page_id, quiet_until, verdict)

    # THEN what it names is as it says, and all the rest as it was
    after = written(sandbox, account.page_id)
    assert after["CSM Quiet Until"]["date"]["start"] == str(quiet_until or "2024-10-01")
    assert after["CSM Verdict"]["select"]["name"] == (verdict or "false alarm")
    own = ("CSM Quiet Until", "CSM Verdict")
    assert {n: v for n, v in after.items() if n not in own} == {n: v for n, v in before.items() if n not in own}

    # AND the next reading of the book finds it
    [page] = book.read(Bookmark())
    assert (page.accounts[0].quiet_until, page.accounts[0].verdict) == (
        quiet_until or date(2024, 10, 1),
        verdict or "false alarm",
    )


def test_nothing_wished_is_nothing_written(sandbox: Sandbox, page_of: tuple[str, Account]) -> None:
    account_book(sandbox, page_of[0]).write_mute(page_of[1].page_id, None, None)
    assert "PATCH /v1/pages/{page_id}" not in requests_to(sandbox, "notion")


def test_mutes_go_to_the_teams_own_properties(sandbox: Sandbox) -> None:
    # GIVEN a team that calls them by other names
    names = PropertyNames(quiet_until="Ruhe bis", verdict="Urteil")
    database = load_book(sandbox, [row(1)], accounts_schema(names)).database_id
    book = NotionCSMAdapter(notion_client(sandbox, Waiting()), database, names=names)
    [page] = book.read(Bookmark())

    # WHEN a mute is written  THEN it stands there
    book.write_mute(page.accounts[0].page_id, date(2024, 10, 20), "false alarm")
    properties = written(sandbox, page.accounts[0].page_id)
    assert properties["Ruhe bis"]["date"]["start"] == "2024-10-20"
    assert properties["Urteil"]["select"]["name"] == "false alarm"


def test_a_book_without_properties_for_mutes_is_reported_once_and_not_written_to(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    # GIVEN a book that has a place for the verdict alone
    schema: dict[str, Any] = {"Name": {"title": {}}, "Account ID": {"rich_text": {}}, "CSM Verdict": {"rich_text": {}}}
    loaded = load_book(sandbox, [row(1)], schema)
    book = account_book(sandbox, loaded.database_id)
    [page] = book.read(Bookmark())

    # WHEN a day is wished, twice  THEN Notion is not troubled
    for _ in range(2):
        book.write_mute(page.accounts[0].page_id, date(2024, 10, 20), None)
    assert "PATCH /v1/pages/{page_id}" not in requests_to(sandbox, "notion")

    # WHEN a verdict comes with it  THEN that is written
    book.write_mute(page.accounts[0].page_id, date(2024, 10, 20), "false alarm")
    assert plain(written(sandbox, page.accounts[0].page_id)["CSM Verdict"]) == "false alarm"

    # AND what is missing was reported once
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("connectors")]
    where = f"the database {loaded.database_id} (NotionAccounts)"
    assert logged == [f"{where}: the property 'CSM Quiet Until' is missing; it is not written"]


def test_a_page_in_the_trash_is_refused_by_name(sandbox: Sandbox, page_of: tuple[str, Account]) -> None:
    # GIVEN an account whose page was thrown away after the scan read it
    database, account = page_of
    notion_client(sandbox, Waiting()).call(
        lambda notion: notion.pages.update(account.page_id, in_trash=True), about="page"
    )

    # WHEN values are written to it  THEN it is refused, and the page is named
    with pytest.raises(Refused, match=f"the page {account.page_id}.*archived"):
        account_book(sandbox, database).write(account.page_id, VALUES)


def test_a_page_that_was_removed_is_refused_while_the_book_is_still_there(
    sandbox: Sandbox, page_of: tuple[str, Account]
) -> None:
    # GIVEN a page that does not exist any more  WHEN values are written to it  THEN it is that page's matter alone
    missing = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(Refused, match=f"the page {missing} was removed"):
        account_book(sandbox, page_of[0]).write(missing, VALUES)
    with pytest.raises(Refused, match=f"the page {missing} was removed"):
        account_book(sandbox, page_of[0]).write_mute(missing, date(2024, 10, 20), "false alarm")


def test_a_write_that_was_cut_off_is_repeated(sandbox: Sandbox, page_of: tuple[str, Account]) -> None:
    # GIVEN a connection that breaks after Notion did its work
    database, account = page_of
    break_next(sandbox, "notion", "drop_after", method="PATCH")

    # WHEN values are written  THEN they are written again, since that is safe
    account_book(sandbox, database).write(account.page_id, VALUES)
    assert written(sandbox, account.page_id)["CSM Health Score"]["number"] == 71.3
    assert requests_to(sandbox, "notion")["PATCH /v1/pages/{page_id}"] == 2


def test_every_call_waits_for_the_shared_rate_limit(sandbox: Sandbox) -> None:
    # GIVEN a rate limiter that has no slot left in time
    class NoSlot:
        def wait(self) -> None:
            raise OutOfTime("the next slot is too late")

        def push_back(self, seconds: float) -> None: ...

    waiting = Waiting()
    waiting.rate_limiter = NoSlot()  # type: ignore[assignment]
    source = load_book(sandbox, [row(1)]).data_source_id

    # WHEN the book is read  THEN Notion is not called at all
    with pytest.raises(OutOfTime):
        list(account_book(sandbox, source, waiting).read(Bookmark()))
    assert requests_to(sandbox, "notion") == {}


def test_a_book_that_was_unshared_says_what_to_do(sandbox: Sandbox) -> None:
    # GIVEN an id that the integration does not see  WHEN the book is read  THEN id and remedy are reported
    with pytest.raises(Misconfigured, match=r"the database 0b1cd2ef-\S+ \(NotionAccounts\).*share the database"):
        list(account_book(sandbox, "0b1cd2ef-0000-4000-8000-000000000000").read(Bookmark()))


def test_memory_stays_flat_over_many_windows() -> None:
    # GIVEN a walk over many windows of a book whose accounts were created minute by minute
    walk = Walk(Bookmark())
    most = 0
    for number in range(2000):
        rows = [{"id": f"{number}-{at}", "created_time": f"{number:06}-{at // 10}"} for at in range(100)]
        walk.step({"results": rows, "has_more": True, "next_cursor": f"x{number}"})
        most = max(most, len(walk._seam))

    # WHEN it is over  THEN it never held more than the ids of one minute
    assert most == 10


def test_a_database_that_was_not_shared_is_found_once_it_is(tmp_path: Path) -> None:
    # GIVEN a database that is not shared with the integration, and an adapter that has tried it
    with Sandbox(tmp_path).start() as sandbox:
        database = load_book(sandbox, [row(1)]).database_id
        book = account_book(sandbox, database, Waiting())
        break_next(sandbox, "notion", "status", status=404, times=2)
        with pytest.raises(Misconfigured):
            next(book.read(Bookmark()))
        # WHEN it is shared  THEN the same adapter, in the same process, reads it
        assert len(next(book.read(Bookmark())).accounts) == 1


def test_a_stranger_on_a_page_owns_nothing_and_is_named(sandbox: Sandbox) -> None:
    # GIVEN a book whose colleagues are of one domain, and pages that name other people
    rows = [
        row(1, Owner_Email={"email": "eve@evil.example"}, Sales_Email={"email": "sam@EXAMPLE.com"}),
        row(2, Owner_Email={"email": "ada@example.com"}, Manager_Email={"email": "boss@eu.example.com"}),
        row(3, Primary_Contact_Email={"email": "kim@customer.example"}),
    ]
    loaded = load_book(sandbox, rows)
    domains = OwnerDomains.of(("example.com",))
    book = NotionCSMAdapter(notion_client(sandbox, Waiting()), loaded.database_id, owner_domains=domains)

    # WHEN it is read
    first, second, third = (account for page in book.read(Bookmark()) for account in page.accounts)

    # THEN strangers own no account, and each is named with the bound
    assert (first.owner_email, first.sales_email) == (None, "sam@example.com")
    assert list(map(str, first.unreadable)) == [
        "Owner Email: 'eve@evil.example' could not be read, expected an address within OwnerDomains (example.com)"
    ]
    assert (second.owner_email, second.manager_email) == ("ada@example.com", None)
    assert [one.property for one in second.unreadable] == ["Manager Email"]

    # AND the customer's contact may be anyone
    assert (third.primary_contact_email, third.unreadable) == ("kim@customer.example", ())


def test_a_book_says_which_properties_it_has_filled_or_empty_and_reads_moments_in_the_tenants_zone(
    sandbox: Sandbox,
) -> None:
    # GIVEN a book without the property for invoices, and an account that was met late in the evening in Los Angeles
    schema = {name: kind for name, kind in accounts_schema(PropertyNames()).items() if name != "Invoice Status"}
    late = {"date": {"start": "2026-03-02T00:30:00.000+00:00"}}
    source = load_book(sandbox, [row(1, Last_Interaction=late)], schema).data_source_id

    # WHEN a function of a deployment in that zone reads it
    settings: Any = SimpleNamespace(
        notion_secret="notion",
        notion_requests_per_second=3.0,
        notion_api_url=sandbox.url("notion"),
        notion_accounts=source,
        notion_properties={},
        owner_domains=ANYBODY,
        timezone="America/Los_Angeles",
    )
    host: Any = SimpleNamespace(
        secret=lambda _: notion_secret(),
        rate_limiter=lambda *_, **__: CountingRateLimiter(),
        time_left=lambda: 60.0,
    )
    [page] = account_pages(host, settings).read(Bookmark())

    # THEN each property that is there is named, also an empty one, and none that is not or that we write
    assert page.properties
    assert (page.properties["status"], page.properties["contract_end"]) == ("Status", "Contract End Date")
    assert not {"invoice_payment_status", "health_score"} & page.properties.keys()
    # AND the touch is of the day before
    assert page.accounts[0].last_interaction == date(2026, 3, 1)
