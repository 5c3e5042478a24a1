"""The Notion sandbox, driven by Notion's own client."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from notion_client import Client
from notion_client.errors import APIResponseError

from local.sandbox import NOTION_TOKEN, Sandbox
from local.sandbox.notion.workspace import ROOT_PAGE

Json = dict[str, Any]
LIMIT = 120
SCHEMA: Json = {
    "Name": {"title": {}},
    "Account ID": {"rich_text": {}},
    "ARR": {"number": {"format": "dollar"}},
    "Status": {"select": {"options": [{"name": "Active", "color": "green"}]}},
    "Tags": {"multi_select": {}},
    "Stage": {"status": {}},
    "Contract End Date": {"date": {}},
    "Owner Email": {"email": {}},
    "Auto-Renew": {"checkbox": {}},
    "Health": {"formula": {"expression": "1"}},
    "Created": {"created_time": {}},
}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2024, 9, 30, 7, 0, 42, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(tmp_path: Path, clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(tmp_path, notion_query_limit=LIMIT, clock=clock).start() as sandbox:
        yield sandbox


def client_of(sandbox: Sandbox, token: str = NOTION_TOKEN, version: str = "2026-03-11") -> Any:
    return Client(
        auth=token,
        base_url=sandbox.url("notion"),
        notion_version=version,
        retry=False,
        logger=logging.getLogger("notion"),
        log_level=logging.CRITICAL,
    )


@pytest.fixture
def notion(sandbox: Sandbox) -> Any:
    return client_of(sandbox)


def text(content: str) -> list[Json]:
    return [{"text": {"content": content}}]


def paragraph(content: str, *children: Json) -> Json:
    return {"paragraph": {"rich_text": text(content), "children": list(children)}}


def new_source(notion: Any, title: str = "Accounts", schema: Json = SCHEMA) -> str:
    database = notion.databases.create(
        parent={"type": "page_id", "page_id": ROOT_PAGE},
        title=text(title),
        initial_data_source={"properties": schema},
    )
    return str(notion.databases.retrieve(database["id"])["data_sources"][0]["id"])


def new_page(notion: Any, source: str, name: str, **properties: Any) -> Json:
    parent = {"type": "data_source_id", "data_source_id": source}
    found: Json = notion.pages.create(parent=parent, properties={"Name": {"title": text(name)}, **properties})
    return found


def row(number: int, **more: Any) -> Json:
    name = f"Account {number:03}"
    values = {
        "Name": {"title": text(name)},
        "Account ID": {"rich_text": text(f"A{number}")},
        "ARR": {"number": number},
    }
    return {"properties": values | more}


def load(sandbox: Sandbox, rows: list[Json], schema: Json = SCHEMA) -> Json:
    book = {"title": "Accounts", "properties": schema, "key": "Account ID", "rows": rows}
    answer = httpx.post(sandbox.url("control") + "/notion/load", json=book)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def names(answer: Json) -> list[str]:
    return [page["properties"]["Name"]["title"][0]["plain_text"] for page in answer["results"]]


def test_a_database_is_made_with_its_data_source_and_properties_beside_it_are_dropped(notion: Any) -> None:
    # GIVEN a database whose columns stand both where they belong and where Notion drops them
    answer = httpx.post(
        f"{notion.options.base_url}/v1/databases",
        headers={"Authorization": f"Bearer {NOTION_TOKEN}", "Notion-Version": "2026-03-11"},
        json={
            "parent": {"page_id": ROOT_PAGE},
            "title": text("Accounts"),
            "initial_data_source": {"properties": {"Name": {"title": {}}}},
            "properties": {"Dropped": {"number": {}}},
        },
    ).json()

    # WHEN its one data source is looked at
    [listed] = notion.databases.retrieve(answer["id"])["data_sources"]
    source = notion.data_sources.retrieve(listed["id"])

    # THEN only the right place counted
    assert listed["name"] == "Accounts"
    assert list(source["properties"]) == ["Name"]
    assert source["parent"] == {"type": "database_id", "database_id": answer["id"]}


def test_a_schema_is_changed_through_the_data_source(notion: Any) -> None:
    source = new_source(notion)
    before = notion.data_sources.retrieve(source)["properties"]

    # WHEN a column is added, one renamed, one removed
    changed = notion.data_sources.update(
        source,
        properties={"CSM Why": {"rich_text": {}}, "ARR": {"name": "Revenue"}, "Tags": None},
    )["properties"]

    # THEN the renamed one has its old id, and the others are as asked
    assert changed["CSM Why"]["type"] == "rich_text"
    assert changed["Revenue"]["id"] == before["ARR"]["id"]
    assert changed["Revenue"]["number"] == {"format": "dollar"}
    assert not {"ARR", "Tags"} & set(changed)


def test_a_page_shows_every_property_in_notions_format(notion: Any) -> None:
    source = new_source(notion)

    # WHEN a page is written with some of its properties, one with an option that the select does not have
    page = new_page(
        notion,
        source,
        "Ünïcode & Söhne",
        ARR={"number": 12.5},
        Status={"select": {"name": "Inactive"}},
        **{"Contract End Date": {"date": {"start": "2024-12-31"}}},
    )
    read = notion.pages.retrieve(page["id"])["properties"]

    # THEN values, empty values and times have the shapes that a reader meets at Notion
    assert read["ARR"]["number"] == 12.5
    assert read["Status"]["select"]["name"] == "Inactive"
    assert read["Contract End Date"]["date"] == {"start": "2024-12-31", "end": None, "time_zone": None}
    assert read["Owner Email"] == {"id": read["Owner Email"]["id"], "type": "email", "email": None}
    assert read["Auto-Renew"]["checkbox"] is False
    assert read["Stage"]["status"]["name"] == "Not started"
    assert read["Created"]["created_time"] == page["created_time"] == "2024-09-30T07:00:00.000Z"
    assert page["url"].startswith("https://www.notion.so/")
    options = notion.data_sources.retrieve(source)["properties"]["Status"]["select"]["options"]
    assert [option["name"] for option in options] == ["Active", "Inactive"]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"No Such": {"number": 1}}, "No Such is not a property that exists."),
        ({"ARR": {"rich_text": []}}, "ARR is expected to be number."),
        ({"ARR": {"number": "12"}}, "body.properties.ARR.number should be a number or `null`"),
        ({"ARR": {"number": True}}, "body.properties.ARR.number should be a number or `null`"),
        ({"Account ID": {"rich_text": text("x" * 2001)}}, "length should be ≤ `2000`, instead was `2001`"),
        ({"Account ID": {"rich_text": text("x") * 101}}, "length should be ≤ `100`, instead was `101`"),
        ({"Status": {"select": {"name": "a, b"}}}, "commas not allowed: a, b"),
        ({"Stage": {"status": {"name": "Unheard of"}}}, "Unheard of"),
        ({"Contract End Date": {"date": {"start": "31.12.2024"}}}, "should be a valid ISO 8601 date string"),
        ({"Owner Email": {"email": 5}}, "body.properties.Owner Email.email should be a string or `null`"),
        ({"Owner Email": {"email": ""}}, "should be populated"),
        ({"Health": {"formula": {"type": "number", "number": 1}}}, "Health"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(notion: Any, properties: Json, expected: str) -> None:
    source = new_source(notion)

    # WHEN a page is written with the value
    with pytest.raises(APIResponseError) as refusal:
        new_page(notion, source, "Acme", **properties)

    # THEN Notion names it, and nothing was written
    assert (refusal.value.code, refusal.value.status) == ("validation_error", 400)
    assert expected in str(refusal.value)
    assert notion.data_sources.query(source)["results"] == []


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        ([paragraph("x")] * 101, "body.children.length should be ≤ `100`"),
        ([paragraph("x" * 2001)], "length should be ≤ `2000`"),
        ([paragraph("0", *[paragraph("1", *[paragraph("2")] * 99)] * 11)], "≤ `1000`"),
        ([paragraph("0", paragraph("1", paragraph("2", paragraph("3"))))], "should be not present"),
        ([{"no_such_block": {}}], "should be defined"),
    ],
)
def test_more_blocks_than_notion_takes_at_once_are_refused(notion: Any, children: list[Json], expected: str) -> None:
    source = new_source(notion)
    with pytest.raises(APIResponseError, match="validation") as refusal:
        notion.pages.create(
            parent={"data_source_id": source}, properties={"Name": {"title": text("QBR")}}, children=children
        )
    assert expected in str(refusal.value)


def test_a_body_beyond_500_kb_is_refused(notion: Any) -> None:
    source = new_source(notion)
    long = [paragraph("", *[]) | {"paragraph": {"rich_text": text("x" * 2000) * 3}}] * 90
    with pytest.raises(APIResponseError, match="500000"):
        notion.pages.create(
            parent={"data_source_id": source}, properties={"Name": {"title": text("QBR")}}, children=long
        )


def test_a_query_goes_on_beyond_100_rows_by_cursor(sandbox: Sandbox, notion: Any) -> None:
    # GIVEN 115 accounts
    source = load(sandbox, [row(number) for number in range(115)])["data_source_id"]

    # WHEN they are read page by page
    first = notion.data_sources.query(source)
    second = notion.data_sources.query(source, start_cursor=first["next_cursor"])

    # THEN none is missing and none comes twice
    assert (len(first["results"]), first["has_more"]) == (100, True)
    assert (second["has_more"], second["next_cursor"]) == (False, None)
    assert names(first) + names(second) == [f"Account {number:03}" for number in range(115)]
    assert second["request_status"] == {"type": "complete"}

    # AND a page of more than 100 is refused
    with pytest.raises(APIResponseError, match="page_size should be ≤ `100`"):
        notion.data_sources.query(source, page_size=101)


def test_a_query_stops_silently_at_the_limit_and_a_window_reads_on(sandbox: Sandbox, notion: Any, clock: Clock) -> None:
    # GIVEN more accounts than a query gives, created over two minutes
    load(sandbox, [row(number) for number in range(LIMIT)])
    clock.time += timedelta(minutes=1)
    source = load(sandbox, [row(number) for number in range(LIMIT, LIMIT + 10)])["data_source_id"]
    by_age = [{"timestamp": "created_time", "direction": "ascending"}]

    # WHEN a query is read to its end
    first = notion.data_sources.query(source, sorts=by_age)
    last = notion.data_sources.query(source, sorts=by_age, start_cursor=first["next_cursor"])

    # THEN it looks finished but for its request status
    assert (last["has_more"], last["next_cursor"], len(last["results"])) == (False, None, LIMIT - 100)
    assert last["request_status"] == {
        "type": "incomplete",
        "incomplete_reason": "query_result_limit_reached",
    }

    # AND a window of creation times gives the rest
    rest = notion.data_sources.query(
        source,
        sorts=by_age,
        filter={"timestamp": "created_time", "created_time": {"on_or_after": "2024-09-30T07:01:00.000Z"}},
    )
    assert names(rest) == [f"Account {number:03}" for number in range(LIMIT, LIMIT + 10)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"property": "Account ID", "rich_text": {"equals": "A1"}}, ["Account 001"]),
        ({"property": "Name", "title": {"contains": "account 002"}}, ["Account 002"]),
        ({"property": "ARR", "number": {"greater_than_or_equal_to": 2}}, ["Account 002", "Account 003"]),
        ({"property": "Status", "select": {"equals": "Active"}}, ["Account 002"]),
        ({"property": "Status", "select": {"does_not_equal": "Active"}}, ["Account 001", "Account 003"]),
        ({"property": "Status", "select": {"is_empty": True}}, ["Account 001"]),
        ({"property": "Auto-Renew", "checkbox": {"equals": True}}, ["Account 003"]),
        ({"property": "Owner Email", "email": {"ends_with": "@acme.com"}}, ["Account 001"]),
        ({"property": "Contract End Date", "date": {"before": "2024-12-31"}}, ["Account 001"]),
        (
            {"property": "Contract End Date", "date": {"on_or_before": "2024-12-31"}},
            ["Account 001", "Account 002"],
        ),
        ({"property": "Tags", "multi_select": {"contains": "eu"}}, ["Account 003"]),
        ({"timestamp": "last_edited_time", "last_edited_time": {"after": "2024-09-30T07:00:00Z"}}, []),
        (
            {
                "and": [
                    {"property": "ARR", "number": {"less_than": 3}},
                    {
                        "or": [
                            {"property": "Status", "select": {"equals": "Active"}},
                            {"property": "Account ID", "rich_text": {"equals": "A1"}},
                        ]
                    },
                ]
            },
            ["Account 001", "Account 002"],
        ),
    ],
)
def test_filters_compare_as_notion_does(sandbox: Sandbox, notion: Any, asked: Json, expected: list[str]) -> None:
    # GIVEN three accounts
    rows = [
        row(
            1,
            **{
                "Owner Email": {"email": "dana@acme.com"},
                "Contract End Date": {"date": {"start": "2024-12-30"}},
            },
        ),
        row(
            2,
            Status={"select": {"name": "Active"}},
            **{"Contract End Date": {"date": {"start": "2024-12-31"}}},
        ),
        row(
            3,
            Status={"select": {"name": "Inactive"}},
            Tags={"multi_select": [{"name": "eu"}]},
            Health={"formula": {"type": "number", "number": 40}},
            **{"Auto-Renew": {"checkbox": True}},
        ),
    ]
    source = load(sandbox, rows)["data_source_id"]

    # WHEN they are filtered, THEN those meant are found
    assert names(notion.data_sources.query(source, filter=asked)) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"property": "Nope", "number": {"equals": 1}}, "Could not find property with name or id: Nope"),
        ({"property": "Status", "rich_text": {"equals": "x"}}, "select does not match filter rich_text"),
        ({"property": "ARR", "number": {"contains": 1}}, "body.filter.number.contains should be not present"),
        ({"property": "ARR", "number": {"equals": "1"}}, "should be a number"),
    ],
)
def test_a_filter_that_does_not_fit_the_schema_is_refused(notion: Any, asked: Json, expected: str) -> None:
    source = new_source(notion)
    with pytest.raises(APIResponseError) as refusal:
        notion.data_sources.query(source, filter=asked)
    assert expected in str(refusal.value)


def test_sorts_and_the_choice_of_properties(sandbox: Sandbox, notion: Any) -> None:
    rows = [row(1, ARR={"number": 5}), row(2, ARR={"number": None}), row(3, ARR={"number": 9})]
    source = load(sandbox, rows)["data_source_id"]
    arr = notion.data_sources.retrieve(source)["properties"]["ARR"]["id"]

    # WHEN sorted by a property, the empty ones come last either way
    down = notion.data_sources.query(source, sorts=[{"property": "ARR", "direction": "descending"}])
    up = notion.data_sources.query(source, sorts=[{"property": "ARR", "direction": "ascending"}])
    assert names(down) == ["Account 003", "Account 001", "Account 002"]
    assert names(up) == ["Account 001", "Account 003", "Account 002"]

    # AND properties are chosen by id, not by name
    chosen = notion.data_sources.query(source, filter_properties=["title", arr])
    assert list(chosen["results"][0]["properties"]) == ["Name", "ARR"]
    with pytest.raises(APIResponseError, match="filter_properties"):
        notion.data_sources.query(source, filter_properties=["ARR"])


def test_an_update_changes_what_it_names_and_the_time_of_the_last_edit(
    notion: Any, clock: Clock, tmp_path: Path
) -> None:
    source = new_source(notion)
    page = new_page(notion, source, "Acme", ARR={"number": 1}, Status={"select": {"name": "Active"}})

    # WHEN a minute later one property is changed, by its id
    clock.time += timedelta(minutes=1)
    changed = notion.pages.update(page["id"], properties={page["properties"]["ARR"]["id"]: {"number": 2}})

    # THEN the other stays, and the edit shows
    assert changed["properties"]["ARR"]["number"] == 2
    assert changed["properties"]["Status"]["select"]["name"] == "Active"
    assert (page["last_edited_time"], changed["last_edited_time"]) == (
        "2024-09-30T07:00:00.000Z",
        "2024-09-30T07:01:00.000Z",
    )
    assert changed["created_time"] == page["created_time"]

    # AND a page in the trash is in no query, has no file, and takes no change
    notion.pages.update(page["id"], in_trash=True)
    assert notion.data_sources.query(source)["results"] == []
    assert list((tmp_path / "notion" / "Accounts").iterdir()) == []
    with pytest.raises(APIResponseError, match="archived"):
        notion.pages.update(page["id"], properties={"ARR": {"number": 3}})


def test_options_that_a_change_leaves_out_are_removed_and_100_are_the_most(notion: Any) -> None:
    source = new_source(notion)
    change = {"Status": {"select": {"options": [{"name": "Paused"}]}}}
    found = notion.data_sources.update(source, properties=change)["properties"]["Status"]["select"]["options"]
    assert [option["name"] for option in found] == ["Paused"]

    many = {"Status": {"select": {"options": [{"name": str(number)} for number in range(101)]}}}
    with pytest.raises(APIResponseError, match=r"options\.length should be ≤ `100`"):
        notion.data_sources.update(source, properties=many)


def test_a_page_lists_its_blocks_then_the_pages_and_databases_on_it(sandbox: Sandbox, notion: Any) -> None:
    # GIVEN a page with text, a page and two databases below it, and one more database in the trash
    notion.blocks.children.append(ROOT_PAGE, children=[paragraph("Hello")])
    inner = notion.pages.create(parent={"page_id": ROOT_PAGE}, properties={"title": {"title": text("Notes")}})
    databases = [
        notion.databases.create(parent={"type": "page_id", "page_id": ROOT_PAGE}, title=text(title))
        for title in ("Accounts", "Gone", "QBR")
    ]
    notion.databases.update(databases[1]["id"], in_trash=True)
    assert notion.databases.retrieve(databases[1]["id"])["in_trash"] is True

    # WHEN it is listed, by cursor
    first = notion.blocks.children.list(ROOT_PAGE, page_size=3)
    rest = notion.blocks.children.list(ROOT_PAGE, start_cursor=first["next_cursor"])

    # THEN a child is a block with the id of the page or database and its title
    listed = first["results"] + rest["results"]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert [block["type"] for block in listed] == ["paragraph", "child_page", "child_database", "child_database"]
    assert [block["id"] for block in listed[1:]] == [inner["id"], databases[0]["id"], databases[2]["id"]]
    assert listed[1]["child_page"] == {"title": "Notes"}
    assert listed[2]["child_database"] == {"title": "Accounts"}
    assert listed[3]["parent"] == {"type": "page_id", "page_id": ROOT_PAGE}
    assert not any(block["has_children"] for block in listed)

    # AND one that is not shared, or a page in the trash, is not listed
    notion.pages.update(inner["id"], in_trash=True)
    share = {"database_id": databases[2]["id"], "shared": False}
    httpx.post(sandbox.url("control") + "/notion/share", json=share).raise_for_status()
    assert [block["type"] for block in notion.blocks.children.list(ROOT_PAGE)["results"]] == [
        "paragraph",
        "child_database",
    ]


def test_a_block_is_shown_by_itself_with_what_it_lies_in(notion: Any) -> None:
    notion.blocks.children.append(ROOT_PAGE, children=[paragraph("Outer", paragraph("Inner"))])
    [outer] = notion.blocks.children.list(ROOT_PAGE)["results"]
    [inner] = notion.blocks.children.list(outer["id"])["results"]
    assert notion.blocks.retrieve(outer["id"])["parent"] == {"type": "page_id", "page_id": ROOT_PAGE}
    found = notion.blocks.retrieve(inner["id"])
    assert found["parent"] == {"type": "block_id", "block_id": outer["id"]}
    assert found["paragraph"]["rich_text"][0]["plain_text"] == "Inner"


def test_a_page_is_no_database_and_a_database_no_page(notion: Any) -> None:
    database = notion.databases.create(parent={"type": "page_id", "page_id": ROOT_PAGE}, title=text("Accounts"))
    with pytest.raises(APIResponseError, match="is a page, not a database") as page:
        notion.databases.retrieve(ROOT_PAGE)
    with pytest.raises(APIResponseError, match="is a database, not a page") as other:
        notion.pages.retrieve(database["id"])
    assert (page.value.status, other.value.status) == (400, 400)


def test_archived_belongs_to_the_older_version_only(sandbox: Sandbox, notion: Any) -> None:
    page = new_page(notion, new_source(notion), "Acme")
    older = client_of(sandbox, version="2025-09-03")

    assert "archived" not in page
    assert older.pages.retrieve(page["id"])["archived"] is False
    with pytest.raises(APIResponseError, match="archived should be not present"):
        notion.pages.update(page["id"], archived=True)
    assert older.pages.update(page["id"], archived=True)["in_trash"] is True


def test_blocks_are_stored_in_order_with_nested_ones(notion: Any, tmp_path: Path) -> None:
    source = new_source(notion, "Health records")
    bold = {"text": {"content": "42"}, "annotations": {"bold": True}}
    table = {
        "table": {
            "table_width": 2,
            "children": [
                {"table_row": {"cells": [text("Feature"), text("Use")]}},
                {"table_row": {"cells": [text("Export"), text("0.4")]}},
            ],
        }
    }
    page = notion.pages.create(
        parent={"data_source_id": source},
        properties={"Name": {"title": text("Acme <script> *bold*")}},
        children=[
            {"heading_1": {"rich_text": text("What changed")}},
            {
                "bulleted_list_item": {
                    "rich_text": [*text("NPS is "), bold],
                    "children": [paragraph("was 60")],
                }
            },
        ],
    )

    # WHEN more is appended, one block at a place of its own
    first = notion.blocks.children.list(page["id"])["results"][0]
    notion.blocks.children.append(page["id"], children=[table, {"divider": {}}])
    notion.blocks.children.append(
        page["id"],
        children=[paragraph("right after the heading")],
        position={"type": "after_block", "after_block": {"id": first["id"]}},
    )

    # THEN they are listed in order, page by page, and what is nested under its own block
    start = notion.blocks.children.list(page["id"], page_size=3)
    end = notion.blocks.children.list(page["id"], page_size=3, start_cursor=start["next_cursor"])
    listed = [*start["results"], *end["results"]]
    assert [block["type"] for block in listed] == [
        "heading_1",
        "paragraph",
        "bulleted_list_item",
        "table",
        "divider",
    ]
    assert [block["has_children"] for block in listed] == [False, False, True, True, False]
    [nested] = notion.blocks.children.list(listed[2]["id"])["results"]
    assert nested["paragraph"]["rich_text"][0]["plain_text"] == "was 60"

    # AND the page can be read as Markdown, in which nothing of its text acts as markup
    [file] = (tmp_path / "notion" / "Health-records").iterdir()
    assert file.name == f"Acme-script-bold--{page['id'][:8]}.md"
    assert file.read_text() == (
        "# Acme \\<script> \\*bold\\*\n\n- **Stage**: Not started\n- **Auto-Renew**: no\n"
        "- **Created**: 2024-09-30T07:00:00.000Z\n\n---\n\n"
        "## What changed\n\nright after the heading\n\n- NPS is **42**\n    was 60\n\n"
        "| Feature | Use |\n| --- | --- |\n| Export | 0.4 |\n\n---\n"
    )


def test_a_review_reads_well_as_markdown(notion: Any, tmp_path: Path) -> None:
    # GIVEN a page with a callout of two lines, lists and text that looks like markup at the start of a line
    source = new_source(notion, "QBR", {"Name": {"title": {}}})
    notion.pages.create(
        parent={"data_source_id": source},
        properties={"Name": {"title": text("QBR")}},
        children=[
            {"callout": {"rich_text": text("Health 62\nup 8"), "icon": {"type": "emoji", "emoji": "📊"}}},
            {"callout": {"rich_text": text("No icon")}},
            {"heading_2": {"rich_text": text("Risks")}},
            *[{"bulleted_list_item": {"rich_text": text(each)}} for each in ("one", "two")],
            paragraph("# none\n- none\n>90%\n2. none\n-5% #1"),
        ],
    )

    # THEN each block stands by itself, the items of a list together, and text stays text
    [file] = (tmp_path / "notion" / "QBR").iterdir()
    assert file.read_text() == (
        "# QBR\n\n\n---\n\n> 📊 Health 62\n> up 8\n\n> No icon\n\n### Risks\n\n- one\n- two\n\n"
        "\\# none\n\\- none\n\\>90%\n2\\. none\n-5% #1\n"
    )


def test_a_page_reports_who_edited_it_last(sandbox: Sandbox, notion: Any, clock: Clock, tmp_path: Path) -> None:
    # GIVEN a page that the integration made, and one of a book that a person imported
    own = notion.users.me()["id"]
    page = new_page(notion, new_source(notion, "QBR"), "Acme")
    loaded = load(sandbox, [row(1)])
    [imported] = notion.data_sources.query(loaded["data_source_id"])["results"]
    assert (page["created_by"]["id"], page["last_edited_by"]["id"]) == (own, own)
    assert own not in (imported["created_by"]["id"], imported["last_edited_by"]["id"])

    # WHEN a minute later a person adds a paragraph to it
    clock.time += timedelta(minutes=1)
    edit = {"page_id": page["id"], "text": "Spoke with Dana"}
    httpx.post(sandbox.url("control") + "/notion/edit", json=edit).raise_for_status()

    # THEN page, block and file report it, while the page remains the integration's own
    edited = notion.pages.retrieve(page["id"])
    person = edited["last_edited_by"]["id"]
    assert person == imported["last_edited_by"]["id"]
    assert edited["created_by"]["id"] == own
    assert edited["last_edited_time"] == "2024-09-30T07:01:00.000Z"
    [block] = notion.blocks.children.list(page["id"])["results"]
    assert (block["created_by"]["id"], block["last_edited_by"]["id"]) == (person, person)
    [file] = (tmp_path / "notion" / "QBR").iterdir()
    assert file.read_text().endswith("Spoke with Dana\n")

    # WHEN the integration writes to either  THEN it is the last again
    notion.blocks.children.append(page["id"], children=[paragraph("ours")])
    notion.pages.update(imported["id"], properties={"ARR": {"number": 5}})
    assert notion.pages.retrieve(page["id"])["last_edited_by"]["id"] == own
    assert notion.pages.retrieve(imported["id"])["last_edited_by"]["id"] == own


def test_a_person_cannot_edit_a_page_that_is_not_there(sandbox: Sandbox) -> None:
    edit = {"page_id": "c5000000-0000-4000-8000-00000000dead", "text": "Hello"}
    assert httpx.post(sandbox.url("control") + "/notion/edit", json=edit).status_code == 404


def test_the_content_of_a_page_is_erased_with_an_update_and_only_if_the_update_fits(notion: Any) -> None:
    # GIVEN a page with nested blocks
    page = new_page(notion, new_source(notion), "Acme")
    notion.blocks.children.append(page["id"], children=[paragraph("outer", paragraph("inner")), paragraph("last")])
    outer = notion.blocks.children.list(page["id"])["results"][0]["id"]

    # WHEN an update does not fit  THEN nothing is erased
    for wrong in ({"properties": {"No Such": {"number": 1}}, "erase_content": True}, {"erase_content": "yes"}):
        with pytest.raises(APIResponseError):
            notion.pages.update(page["id"], **wrong)
    assert len(notion.blocks.children.list(page["id"])["results"]) == 2

    # WHEN it fits  THEN the properties are written, and the blocks are removed with all that lay in them
    changed = notion.pages.update(page["id"], properties={"ARR": {"number": 7}}, erase_content=True)
    assert changed["properties"]["ARR"]["number"] == 7
    assert notion.blocks.children.list(page["id"])["results"] == []
    with pytest.raises(APIResponseError) as refusal:
        notion.blocks.children.list(outer)
    assert refusal.value.code == "object_not_found"

    # AND the page takes new ones
    notion.blocks.children.append(page["id"], children=[paragraph("new")])
    assert len(notion.blocks.children.list(page["id"])["results"]) == 1


def test_a_deleted_block_is_in_the_trash_with_all_that_lies_in_it(notion: Any, clock: Clock, tmp_path: Path) -> None:
    # GIVEN a page with a toggle between two paragraphs
    page = new_page(notion, new_source(notion, "QBR", {"Name": {"title": {}}}), "Acme")
    toggle = {"toggle": {"rich_text": text("Details"), "children": [paragraph("outer", paragraph("inner"))]}}
    notion.blocks.children.append(page["id"], children=[paragraph("first"), toggle, paragraph("last")])
    listed = notion.blocks.children.list(page["id"])["results"]
    [outer] = notion.blocks.children.list(listed[1]["id"])["results"]

    # WHEN a minute later it is deleted
    clock.time += timedelta(minutes=1)
    deleted = notion.blocks.delete(listed[1]["id"])

    # THEN it comes back as it was, but in the trash
    changed = {"in_trash": True, "last_edited_time": "2024-09-30T07:01:00.000Z", "request_id": ""}
    assert deleted | {"request_id": ""} == listed[1] | changed
    assert "archived" not in deleted

    # AND the page and its file are without it, and the page was edited
    assert [block["id"] for block in notion.blocks.children.list(page["id"])["results"]] == [
        listed[0]["id"],
        listed[2]["id"],
    ]
    assert notion.pages.retrieve(page["id"])["last_edited_time"] == "2024-09-30T07:01:00.000Z"
    [file] = (tmp_path / "notion" / "QBR").iterdir()
    assert file.read_text().endswith("---\n\nfirst\n\nlast\n")

    # AND neither it nor what lies in it can be deleted or added to any more
    for block_id in (listed[1]["id"], outer["id"]):
        with pytest.raises(APIResponseError, match="Can't edit block that is archived") as refusal:
            notion.blocks.delete(block_id)
        assert (refusal.value.status, refusal.value.code) == (400, "validation_error")
        with pytest.raises(APIResponseError, match="archived"):
            notion.blocks.children.append(block_id, children=[paragraph("late")])


def test_a_block_in_another_block_is_deleted_alone(sandbox: Sandbox, notion: Any) -> None:
    # GIVEN a block in a block  WHEN it is deleted  THEN the outer one is there, with nothing in it
    page = new_page(notion, new_source(notion), "Acme")
    notion.blocks.children.append(page["id"], children=[paragraph("outer", paragraph("inner"))])
    [outer] = notion.blocks.children.list(page["id"])["results"]
    [inner] = notion.blocks.children.list(outer["id"])["results"]
    older = client_of(sandbox, version="2025-09-03")
    deleted = older.blocks.delete(inner["id"])
    assert deleted["parent"] == {"type": "block_id", "block_id": outer["id"]}
    assert (deleted["archived"], deleted["in_trash"]) == (True, True)
    [outer] = notion.blocks.children.list(page["id"])["results"]
    assert outer["has_children"] is False


def test_what_is_no_block_to_delete_is_refused(notion: Any) -> None:
    # GIVEN no block, a page, and a block on a page in the trash  WHEN they are deleted  THEN it says why not
    page = new_page(notion, new_source(notion), "Acme")
    notion.blocks.children.append(page["id"], children=[paragraph("only")])
    [block] = notion.blocks.children.list(page["id"])["results"]
    with pytest.raises(APIResponseError, match="Could not find block with ID") as refusal:
        notion.blocks.delete("c5000000-0000-4000-8000-00000000dead")
    assert (refusal.value.status, refusal.value.code) == (404, "object_not_found")
    with pytest.raises(APIResponseError, match="no pages"):
        notion.blocks.delete(page["id"])
    notion.pages.update(page["id"], in_trash=True)
    with pytest.raises(APIResponseError, match="archived"):
        notion.blocks.delete(block["id"])


def test_a_toggle_reads_well_as_markdown(notion: Any, tmp_path: Path) -> None:
    # GIVEN a toggle with a paragraph, a heading, a list and a table in it, an empty one and a paragraph after it
    rows = [{"table_row": {"cells": [text(cell)]}} for cell in ("Feature", "Boards")]
    inner = [
        paragraph("71% are used"),
        {"heading_2": {"rich_text": text("Unused")}},
        *[{"bulleted_list_item": {"rich_text": text(each)}} for each in ("one", "two")],
        {"table": {"table_width": 1, "children": rows}},
    ]
    notion.pages.create(
        parent={"data_source_id": new_source(notion, "Pages", {"Name": {"title": {}}})},
        properties={"Name": {"title": text("Acme")}},
        children=[
            {"toggle": {"rich_text": text("Adoption"), "children": inner}},
            {"toggle": {"rich_text": text("Empty")}},
            paragraph("after"),
        ],
    )

    # THEN all that lies in it stands below its title, each block by itself
    [file] = (tmp_path / "notion" / "Pages").iterdir()
    assert file.read_text() == (
        "# Acme\n\n\n---\n\n- Adoption\n\n    71% are used\n\n    ### Unused\n\n    - one\n    - two\n\n"
        "    | Feature |\n    | --- |\n    | Boards |\n\n- Empty\n\nafter\n"
    )


def test_a_page_in_the_trash_takes_no_blocks(notion: Any) -> None:
    page = new_page(notion, new_source(notion), "Acme")
    notion.pages.update(page["id"], in_trash=True)
    with pytest.raises(APIResponseError, match="archived"):
        notion.blocks.children.append(page["id"], children=[paragraph("late")])


def test_relations_show_25_pages_and_the_rest_when_asked(notion: Any) -> None:
    # GIVEN 27 accounts that one digest refers to
    accounts = new_source(notion, schema={"Name": {"title": {}}})
    ids = [new_page(notion, accounts, f"Account {number}")["id"] for number in range(27)]
    relation = {"relation": {"data_source_id": accounts, "single_property": {}}}
    digests = new_source(notion, "Digests", {"Name": {"title": {}}, "Accounts": relation})
    digest = new_page(notion, digests, "Monday", Accounts={"relation": [{"id": each} for each in ids]})

    # THEN the page shows 25 and says there are more
    shown = digest["properties"]["Accounts"]
    assert (len(shown["relation"]), shown["has_more"]) == (25, True)

    # AND the property by itself gives all, page by page
    first = notion.pages.properties.retrieve(digest["id"], shown["id"], page_size=20)
    second = notion.pages.properties.retrieve(digest["id"], shown["id"], start_cursor=first["next_cursor"])
    assert [item["relation"]["id"] for item in first["results"] + second["results"]] == ids

    # AND a digest is found by an account, while an account that does not exist cannot be referred to
    found = notion.data_sources.query(digests, filter={"property": "Accounts", "relation": {"contains": ids[26]}})
    assert names(found) == ["Monday"]
    with pytest.raises(APIResponseError) as refusal:
        new_page(notion, digests, "Tuesday", Accounts={"relation": [{"id": digests}]})
    assert refusal.value.code == "object_not_found"


def test_a_wrong_token_and_a_database_that_is_not_shared(sandbox: Sandbox, notion: Any) -> None:
    source = new_source(notion)
    page = new_page(notion, source, "Acme")
    database = notion.data_sources.retrieve(source)["parent"]["database_id"]
    assert notion.users.me()["type"] == "bot"

    # WHEN the token is wrong
    with pytest.raises(APIResponseError) as refusal:
        client_of(sandbox, token="ntn_other").users.me()
    assert (refusal.value.status, refusal.value.code) == (401, "unauthorized")
    assert refusal.value.request_id

    # WHEN the database is taken away from the integration
    sharing = {"database_id": database, "shared": False}
    httpx.post(sandbox.url("control") + "/notion/share", json=sharing).raise_for_status()

    # THEN neither it nor anything in it can be found
    calls: list[Callable[[], object]] = [
        lambda: notion.databases.retrieve(database),
        lambda: notion.data_sources.query(source),
        lambda: notion.pages.retrieve(page["id"]),
        lambda: notion.blocks.children.list(page["id"]),
    ]
    for call in calls:
        with pytest.raises(APIResponseError, match="shared with your integration") as refusal:
            call()
        assert (refusal.value.status, refusal.value.code) == (404, "object_not_found")


def test_a_book_is_loaded_at_once_and_again_by_its_key(sandbox: Sandbox, notion: Any, tmp_path: Path) -> None:
    # GIVEN a book with two rows of the same key, and a name longer than a text of the API may be
    long = "Ä" * 5000
    rows = [row(1), row(1), row(2, Name={"title": text(long)})]
    first = load(sandbox, rows)
    assert (first["created"], first["updated"], first["unchanged"]) == (3, 0, 0)

    # WHEN it is loaded again with one change and one more column
    rows[1] = row(1, ARR={"number": 99}, **{"CSM Why": {"rich_text": text("No reply for 40 days")}})
    second = load(sandbox, rows, SCHEMA | {"CSM Why": {"rich_text": {}}})

    # THEN pages are known again, and only the changed one is written
    assert (second["created"], second["updated"], second["unchanged"]) == (0, 1, 2)
    assert second["data_source_id"] == first["data_source_id"]
    pages = notion.data_sources.query(first["data_source_id"])["results"]
    assert [page["properties"]["ARR"]["number"] for page in pages] == [1, 99, 2]
    assert "".join(item["plain_text"] for item in pages[2]["properties"]["Name"]["title"]) == long
    assert max(len(item["plain_text"]) for item in pages[2]["properties"]["Name"]["title"]) == 2000

    # AND every page has its file
    files = sorted(path.name for path in (tmp_path / "notion" / "Accounts").iterdir())
    assert len(files) == 3
    assert all(len(name) < 80 for name in files)
    assert "- **CSM Why**: No reply for 40 days" in "".join(
        path.read_text() for path in (tmp_path / "notion" / "Accounts").iterdir()
    )


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    # GIVEN a page with blocks in a sandbox that has ended
    with Sandbox(tmp_path).start() as sandbox:
        notion = client_of(sandbox)
        source = new_source(notion)
        page = new_page(notion, source, "Acme", Status={"select": {"name": "At risk"}})
        notion.blocks.children.append(page["id"], children=[paragraph("first", paragraph("inner"))])
        before = notion.pages.retrieve(page["id"])

    # WHEN another begins on the same folder
    with Sandbox(tmp_path).start() as sandbox:
        notion = client_of(sandbox)
        after = notion.pages.retrieve(page["id"])

        # THEN all is as it was, and goes on from there
        assert after | {"request_id": ""} == before | {"request_id": ""}
        [block] = notion.blocks.children.list(page["id"])["results"]
        [inner] = notion.blocks.children.list(block["id"])["results"]
        assert inner["paragraph"]["rich_text"][0]["plain_text"] == "inner"
        notion.pages.update(page["id"], properties={"Name": {"title": text("Acme Ltd")}})
        assert [path.name for path in (tmp_path / "notion" / "Accounts").iterdir()] == [
            f"Acme-Ltd--{page['id'][:8]}.md"
        ]
