"""The feature usage in Notion: read past its limits, by any name of the account, and nothing dropped silently."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.notion.feature_usage import NotionFeatureUsage
from connectors.notion.names import UsageNames
from customer_success.adoption.feature_usage import FeatureUsage, UsagePage
from customer_success.errors import Misconfigured
from customer_success.paging import Bookmark
from local.sandbox import Sandbox
from local.sandbox.notion.load import Row
from tests.builders.notion_books import (
    account_book,
    load_book,
    load_usage,
    notion_client,
    related,
    row,
    typed,
    usage_row,
)
from tests.builders.vendors import Waiting, break_next, requests_to

LIMIT = 120
QUERY = "POST /v1/data_sources/{data_source_id}/query"
Json = dict[str, Any]
TEXT: Json = {"rich_text": {}}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path, notion_query_limit=LIMIT).start() as sandbox:
        yield sandbox


@pytest.fixture
def account_pages(sandbox: Sandbox) -> list[str]:
    """The ids of the pages of three accounts."""
    source = load_book(sandbox, [row(number) for number in range(3)]).data_source_id
    [page] = account_book(sandbox, source).read(Bookmark())
    return [account.page_id for account in page.accounts]


def minute(number: int) -> str:
    return f"2024-01-01T{number // 60:02}:{number % 60:02}:00.000Z"


def text(content: str) -> Json:
    return {"rich_text": typed(content)}


def usage_of(sandbox: Sandbox, usage_id: str) -> NotionFeatureUsage:
    return NotionFeatureUsage(notion_client(sandbox, Waiting()), usage_id)


def read(sandbox: Sandbox, rows: list[Row], changes: Json | None = None) -> UsagePage:
    """The rows as they are read, all of them in one page."""
    [page] = usage_of(sandbox, load_usage(sandbox, rows, changes)).read(Bookmark())
    return page


def features(pages: list[UsagePage]) -> list[str]:
    return [usage.feature for page in pages for usage in page.rows]


def test_a_row_is_a_feature_of_an_account(sandbox: Sandbox, account_pages: list[str]) -> None:
    # GIVEN a row on which everything is filled in
    full = usage_row(
        related(account_pages[1]),
        Name={"title": typed("Acme: Boards")},
        Family={"select": {"name": "Planning"}},
        Entitled={"select": {"name": "Yes"}},
        Used={"number": 40.0},
        Limit={"number": 50.5},
        As_Of={"date": {"start": "2024-09-29"}},
    )

    # WHEN it is read  THEN every fact is in its place, and the account is named by its page
    page = read(sandbox, [full])
    holder = account_pages[1].replace("-", "")
    boards = FeatureUsage(holder, "Boards", "Planning", True, 40, 50.5, date(2024, 9, 29))
    assert page == UsagePage((boards,), None)


def test_a_row_of_which_little_is_known_is_read_all_the_same(sandbox: Sandbox, account_pages: list[str]) -> None:
    # GIVEN a row that says no more than account and feature  WHEN it is read  THEN the rest is unknown
    page = read(sandbox, [usage_row(related(account_pages[0]))])
    assert page == UsagePage((FeatureUsage(account_pages[0].replace("-", ""), "Boards"),), None)


@pytest.mark.parametrize(
    ("kind", "given", "holder"),
    [
        (TEXT, text("A-1"), "A-1"),
        (TEXT, text(" A-1, Berlin "), "A-1, Berlin"),
        ({"select": {"options": []}}, {"select": {"name": "A-1"}}, "A-1"),
        ({"number": {}}, {"number": 1042.0}, "1042"),
        ({"formula": {}}, {"formula": {"type": "string", "string": "A-1"}}, "A-1"),
        (
            {"rollup": {}},
            {"rollup": {"type": "array", "array": [{"type": "rich_text", "rich_text": [{"plain_text": "A-1"}]}]}},
            "A-1",
        ),
        (
            {"rollup": {}},
            {"rollup": {"type": "array", "array": [{"type": "relation", "relation": [{"id": "0b1c-2d"}]}]}},
            "0b1c2d",
        ),
    ],
)
def test_an_account_is_named_by_its_id_too(sandbox: Sandbox, kind: Json, given: Json, holder: str) -> None:
    # GIVEN a list that names the account in a way of its own  WHEN it is read  THEN that is the holder
    page = read(sandbox, [usage_row(given)], {"Account": kind})
    assert [usage.holder for usage in page.rows] == [holder]
    assert (page.rejected, page.unreadable) == ((), ())


def test_of_several_accounts_the_first_is_taken_and_that_is_reported(
    sandbox: Sandbox, account_pages: list[str]
) -> None:
    # GIVEN a row that leads to two accounts  WHEN it is read
    page = read(sandbox, [usage_row(related(account_pages[2], account_pages[0]))])

    # THEN it is the first one's, and both are named
    holder = account_pages[2].replace("-", "")
    assert [usage.holder for usage in page.rows] == [holder]
    [(whose, note)] = page.unreadable
    assert whose == f"{holder}, Boards"
    assert (note.property, note.value) == ("Account", f"the page {account_pages[2]}, the page {account_pages[0]}")
    assert note.expected == "one account, so only the first is taken"


@pytest.mark.parametrize(
    ("account", "kind", "expected"),
    [
        (related(), None, "the feature 'Boards' names no account: Account is empty ("),
        (text(" "), TEXT, "the feature 'Boards' names no account: Account is empty ("),
        (
            {"checkbox": True},
            {"checkbox": {}},
            "the feature 'Boards' names no account: Account: 'True' could not be read, expected an account (",
        ),
        (
            text("Ä" * 251),
            TEXT,
            f"the feature 'Boards' names no account: Account: '{'Ä' * 199}…' could not be read, expected 1 to 500 ",
        ),
    ],
)
def test_a_row_without_an_account_is_reported_in_words(
    sandbox: Sandbox, account: Json, kind: Json | None, expected: str
) -> None:
    # GIVEN a row that names no account, and one that does in a list of the same kind
    page = read(sandbox, [usage_row(account)], None if kind is None else {"Account": kind})

    # THEN it is not among the rows, and its note names feature, reason and page
    assert page.rows == ()
    assert page.unreadable == ()
    [note] = page.rejected
    assert note.startswith(expected)
    assert "(https://www.notion.so/Boards-" in note


def test_a_row_is_reported_for_its_accounts_fault_alone(sandbox: Sandbox) -> None:
    # GIVEN a row that names no account, and its feature by its title, as the property holds no text
    page = read(sandbox, [usage_row(related(), Feature={"checkbox": True})], {"Feature": {"checkbox": {}}})

    # THEN the reason is the account
    assert page.rejected[0].startswith("the feature 'Boards' names no account: Account is empty (")


def test_a_list_without_accounts_says_so_of_each_row(sandbox: Sandbox) -> None:
    # GIVEN a list that has no property for the account at all
    lacking = Row(properties={"Name": {"title": typed("Boards")}})
    page = read(sandbox, [lacking], {"Account": None})

    # THEN its row is reported
    assert page.rows == ()
    assert page.rejected[0].startswith("the feature 'Boards' names no account: Account is empty")


@pytest.mark.parametrize("longest", ["Ä" * 250, "Ä" * 250 + "ä"])
def test_an_account_id_of_500_bytes_is_one_and_a_longer_one_is_none(sandbox: Sandbox, longest: str) -> None:
    # GIVEN an Account ID at the limit, or past it  WHEN it is read  THEN it counts, or is reported
    page = read(sandbox, [usage_row(text(longest))], {"Account": TEXT})
    assert (len(page.rows), len(page.rejected)) == ((1, 0) if len(longest) == 250 else (0, 1))


@pytest.mark.parametrize(
    ("properties", "feature"),
    [
        ({"Feature": text("Time  tracking\n")}, "Time tracking"),
        ({"Feature": text(""), "Name": {"title": typed(" Gantt ")}}, "Gantt"),
        ({"Feature": text("Ä" * 250)}, "Ä" * 250),
    ],
)
def test_a_feature_goes_by_its_name_or_else_by_the_title(
    sandbox: Sandbox, account_pages: list[str], properties: Json, feature: str
) -> None:
    # GIVEN a row that names its feature in one way or the other  WHEN it is read  THEN that is its name, on one line
    page = read(sandbox, [usage_row(related(account_pages[0]), **properties)])
    assert features([page]) == [feature]
    assert page.rejected == ()


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (
            {"Feature": text(" "), "Name": {"title": []}},
            "a row names no feature, neither as 'Feature' nor as its title (https://",
        ),
        ({"Feature": text("Ä" * 251)}, f"the name of the feature '{'Ä' * 59}…' has more than 500 bytes (https://"),
    ],
)
def test_a_row_without_a_usable_feature_is_reported_in_words(
    sandbox: Sandbox, account_pages: list[str], properties: Json, expected: str
) -> None:
    # GIVEN a row that names no feature, or one too long  WHEN it is read  THEN that is reported, the other row is there
    account = related(account_pages[0])
    page = read(sandbox, [usage_row(account, **properties), usage_row(account, "Gantt")])
    assert features([page]) == ["Gantt"]
    [note] = page.rejected
    assert note.startswith(expected)


@pytest.mark.parametrize(
    ("kind", "given", "entitled"),
    [
        ({"checkbox": {}}, {"checkbox": True}, True),
        ({"checkbox": {}}, {"checkbox": False}, False),
        (TEXT, text("yes"), True),
        ({"select": {"options": []}}, {"select": {"name": "No"}}, False),
        ({"select": {"options": []}}, {"select": None}, None),
    ],
)
def test_the_plan_includes_a_feature_by_a_checkbox_or_a_word(
    sandbox: Sandbox, account_pages: list[str], kind: Json, given: Json, entitled: bool | None
) -> None:
    # GIVEN yes, no or nothing in one of its forms  WHEN it is read  THEN it is just that
    page = read(sandbox, [usage_row(related(account_pages[0]), Entitled=given)], {"Entitled": kind})
    assert [usage.entitled for usage in page.rows] == [entitled]
    assert page.unreadable == ()


def test_what_cannot_be_read_is_unknown_and_reported_with_account_and_feature(sandbox: Sandbox) -> None:
    # GIVEN a row with counts below zero, a word that is neither yes nor no, and a date that is none
    changes = {"Account": TEXT, "Entitled": TEXT, "As Of": TEXT}
    bad = usage_row(
        text("A-1"), Used={"number": -1}, Limit={"number": -0.5}, Entitled=text("maybe"), As_Of=text("last week")
    )
    good = usage_row(text("A-2"), Used={"number": 0}, Limit={"number": 0})

    # WHEN it is read beside a good one
    page = read(sandbox, [bad, good], changes)

    # THEN the row is there without what could not be read, each of which is reported with account and feature
    assert page.rows == (FeatureUsage("A-1", "Boards"), FeatureUsage("A-2", "Boards", used=0, limit=0))
    assert {whose for whose, _ in page.unreadable} == {"A-1, Boards"}
    assert [str(note) for _, note in page.unreadable] == [
        "Entitled: 'maybe' could not be read, expected yes or no",
        "Used: '-1' could not be read, expected a number from 0 on",
        "Limit: '-0.5' could not be read, expected a number from 0 on",
        "As Of: 'last week' could not be read, expected a date",
    ]
    assert page.rejected == ()


def test_the_teams_own_names_are_read(sandbox: Sandbox) -> None:
    # GIVEN a list whose properties are called otherwise
    usage_id = load_usage(
        sandbox,
        [usage_row(text("A-1"), Customer=text("A-7"), Module=text("Reports"))],
        {"Customer": TEXT, "Module": TEXT, "Account": TEXT},
    )
    names = UsageNames(account="Customer", feature="Module")

    # WHEN it is read by those names  THEN they count
    [page] = NotionFeatureUsage(notion_client(sandbox, Waiting()), usage_id, names=names).read(Bookmark())
    assert page.rows == (FeatureUsage("A-7", "Reports"),)


def test_a_list_is_read_with_one_request_per_hundred_rows_and_none_per_account(
    sandbox: Sandbox, account_pages: list[str]
) -> None:
    # GIVEN a list of 115 rows of three accounts, created in another order than they are listed
    rows = [usage_row(related(account_pages[number % 3]), f"F-{number}", minute(115 - number)) for number in range(115)]
    usage_id = load_usage(sandbox, rows)
    before = requests_to(sandbox, "notion")

    # WHEN it is read from the start
    pages = list(usage_of(sandbox, usage_id).read(Bookmark()))

    # THEN every row comes once, oldest first, at one query per hundred and one look at the database
    assert features(pages) == [f"F-{number}" for number in reversed(range(115))]
    assert [len(page.rows) for page in pages] == [100, 15]
    assert [page.next is None for page in pages] == [False, True]
    after = requests_to(sandbox, "notion")
    made = {name: count - before.get(name, 0) for name, count in after.items() if count != before.get(name, 0)}
    assert made == {"GET /v1/databases/{database_id}": 1, QUERY: 2}


@pytest.mark.parametrize("each_minute", [1, 7, 100, 119])
def test_reading_goes_on_past_the_row_at_which_a_query_silently_stops(sandbox: Sandbox, each_minute: int) -> None:
    # GIVEN three times as many rows as one query returns, created in bursts
    rows = [usage_row(text("A-1"), f"F-{number}", minute(number // each_minute)) for number in range(3 * LIMIT)]
    usage_id = load_usage(sandbox, rows, {"Account": TEXT})

    # WHEN the list is read  THEN each row comes exactly once, also those of the minute in which a query was cut off
    pages = list(usage_of(sandbox, usage_id).read(Bookmark()))
    assert sorted(features(pages)) == sorted(f"F-{number}" for number in range(3 * LIMIT))

    # WHEN another process goes on from any of its pages  THEN nothing is missed
    for number, page in enumerate(pages):
        rest = [] if page.next is None else features(list(usage_of(sandbox, usage_id).read(page.next)))
        assert {*features(pages[: number + 1]), *rest} == set(features(pages))


def test_a_cursor_refused_on_the_way_costs_no_row(sandbox: Sandbox) -> None:
    # GIVEN a list of which the first page was read
    rows = [usage_row(text("A-1"), f"F-{number}", minute(number // 3)) for number in range(LIMIT)]
    reading = usage_of(sandbox, load_usage(sandbox, rows, {"Account": TEXT})).read(Bookmark())
    pages = [next(reading)]

    # WHEN Notion refuses the cursor of the second  THEN each row still comes exactly once
    break_next(sandbox, "notion", "status", status=400, match="/query")
    pages += list(reading)
    assert features(pages) == [f"F-{number}" for number in range(LIMIT)]


def test_more_rows_of_one_minute_than_a_query_returns_stop_the_reading(sandbox: Sandbox) -> None:
    # GIVEN an import that created more rows in one minute than Notion ever returns
    rows = [usage_row(text("A-1"), f"F-{number}", minute(5)) for number in range(LIMIT + 1)]
    usage_id = load_usage(sandbox, rows, {"Account": TEXT})

    # WHEN the list is read  THEN what is wrong is reported, in words that fit any list
    with pytest.raises(Misconfigured, match=r"^More pages were created at 2024-01-01T00:05:00.000Z"):
        list(usage_of(sandbox, usage_id).read(Bookmark()))


def test_an_id_that_is_not_shared_says_what_to_do(sandbox: Sandbox) -> None:
    # GIVEN an id that the integration does not see  WHEN the list is read  THEN id and remedy are reported
    with pytest.raises(
        Misconfigured,
        match=r"the database 0b1cd2ef-\S+ \(NotionFeatureUsage\).*share the database",
    ):
        list(usage_of(sandbox, "0b1cd2ef-0000-4000-8000-000000000000").read(Bookmark()))
