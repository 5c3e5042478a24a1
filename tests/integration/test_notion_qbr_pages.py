"""Pages of reviews in Notion: whole however long, once however often asked, and a person's as soon as one edits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.notion.client import NotionClient
from connectors.notion.names import QbrNames
from connectors.notion.qbr_pages import NotionQbrPages
from connectors.notion.schema import qbr_schema
from customer_success.documents import Bullet, Callout, Grid, Heading, PageBlock, Paragraph
from customer_success.errors import Misconfigured, Refused, Unavailable, Unclear
from customer_success.paging import Bookmark
from customer_success.reviews.ports import FoundPage
from customer_success.reviews.qbr import QbrPage
from local.sandbox import Sandbox
from local.sandbox.notion.load import Book
from tests.builders.notion_books import account_book, load_book, notion_client, row
from tests.builders.vendors import NASTY, Waiting, break_next, requests_to

CREATE = "POST /v1/pages"
UPDATE = "PATCH /v1/pages/{page_id}"
APPEND = "PATCH /v1/blocks/{block_id}/children"
ME = "GET /v1/users/me"
KEY = "A-1:Q2 2026"
REVIEW: tuple[PageBlock, ...] = (
    Callout("Health 62.5, AMBER: up 8.3 since the quarter began"),
    Heading("Executive summary"),
    Paragraph(f"{NASTY} had a good quarter."),
    Heading("What went well"),
    Bullet("Feature adoption rose to 71%"),
    Bullet("No escalation"),
    Heading("Scorecard"),
    Grid(("Signal", "Now", "Before"), (("NPS", "9", ""), ("Seats | used", "85%", "80%"))),
    Paragraph("ROI: not measured"),
)


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


def load_reviews(sandbox: Sandbox, schema: dict[str, Any] | None = None) -> str:
    """The id of a database of reviews, made with our own schema unless another is given."""
    own = qbr_schema(QbrNames(), accounts_source_id=load_book(sandbox, []).data_source_id)
    return sandbox.load(Book(title="QBR", properties=schema or own, key="Name", rows=[])).database_id


@pytest.fixture
def pages(sandbox: Sandbox, client: NotionClient) -> NotionQbrPages:
    return NotionQbrPages(client, load_reviews(sandbox))


def review(account_page: str, *blocks: PageBlock, key: str = KEY, partial: bool = False) -> QbrPage:
    return QbrPage(
        key=key,
        title=f"QBR: {NASTY} — Q2 2026",
        account_page_id=account_page,
        period="Q2 2026",
        reviewed_period="Q1 2026",
        on=date(2026, 4, 1),
        owner_email="ada@example.com",
        trigger="scheduled",
        partial=partial,
        blocks=blocks or REVIEW,
    )


def long_review(account_page: str) -> QbrPage:
    """250 blocks, among them a table of 150 rows and a paragraph of 5,000 characters."""
    table = Grid(("No", "Value"), tuple((str(number), "") for number in range(150)))
    bullets = [Bullet(f"item {number}") for number in range(247)]
    return review(account_page, Heading("Long"), *bullets[:90], table, Paragraph("🦊x" * 2500), *bullets[90:])


def properties_of(client: NotionClient, page_id: str) -> dict[str, Any]:
    page: dict[str, Any] = client.call(lambda notion: notion.pages.retrieve(page_id), about="page")
    return dict(page["properties"])


def plain(parts: list[dict[str, Any]]) -> str:
    return "".join(part["plain_text"] for part in parts)


def children_of(client: NotionClient, block_id: str) -> Iterator[dict[str, Any]]:
    cursor: dict[str, str] = {}
    while True:
        answer = client.call(lambda notion: notion.blocks.children.list(block_id, **cursor), about="page")  # noqa: B023
        yield from answer["results"]
        if not answer["has_more"]:
            return
        cursor = {"start_cursor": answer["next_cursor"]}


def read(client: NotionClient, page_id: str) -> tuple[PageBlock, ...]:
    """The page as it reads; a table that goes on in the next is one."""
    blocks: list[PageBlock] = []
    for block in children_of(client, page_id):
        content = block[block["type"]]
        match block["type"]:
            case "heading_2":
                blocks.append(Heading(plain(content["rich_text"])))
            case "paragraph":
                blocks.append(Paragraph(plain(content["rich_text"])))
            case "bulleted_list_item":
                blocks.append(Bullet(plain(content["rich_text"])))
            case "callout":
                blocks.append(Callout(plain(content["rich_text"])))
            case "table":
                inner = children_of(client, block["id"])
                header, *rows = (tuple(map(plain, line["table_row"]["cells"])) for line in inner)
                last = blocks[-1]
                if isinstance(last, Grid) and last.header == header:
                    blocks[-1] = Grid(header, (*last.rows, *rows))
                else:
                    blocks.append(Grid(header, tuple(rows)))
    return tuple(blocks)


def state_of(client: NotionClient, page_id: str) -> str:
    return str(properties_of(client, page_id)["State"]["select"]["name"])


def edit(sandbox: Sandbox, page_id: str, text: str) -> None:
    """A person adds a paragraph to the page."""
    answer = httpx.post(sandbox.url("control") + "/notion/edit", json={"page_id": page_id, "text": text})
    answer.raise_for_status()


def test_a_review_is_a_page_beside_its_account(
    sandbox: Sandbox, client: NotionClient, pages: NotionQbrPages, account_page: str
) -> None:
    # GIVEN a review of an account whose name is full of markup  WHEN its page is created
    page_id = pages.create(review(account_page))

    # THEN its properties can be filtered by
    found = properties_of(client, page_id)
    assert plain(found["Name"]["title"]) == f"QBR: {NASTY} — Q2 2026"
    assert plain(found["Run Key"]["rich_text"]) == KEY
    assert found["Account"]["relation"] == [{"id": account_page}]
    assert found["Period"]["select"]["name"] == "Q2 2026"
    assert found["Reviews"]["select"]["name"] == "Q1 2026"
    assert found["Date"]["date"]["start"] == "2026-04-01"
    assert found["Owner Email"]["email"] == "ada@example.com"
    assert found["State"]["select"]["name"] == "Written"
    assert found["Trigger"]["select"]["name"] == "scheduled"

    # AND it reads as it was written, after one request for the page
    assert read(client, page_id) == REVIEW
    calls = requests_to(sandbox, "notion")
    assert (calls[CREATE], calls.get(APPEND), calls.get(UPDATE)) == (1, None, None)
    assert pages.url(page_id) == f"https://www.notion.so/{page_id.replace('-', '')}"


def test_a_review_is_found_by_its_key(pages: NotionQbrPages, account_page: str) -> None:
    # GIVEN no review  WHEN one is looked for  THEN there is none
    assert pages.find(KEY) is None

    # WHEN one was created, even one that is partial by its content  THEN it is found, by its whole key only
    page_id = pages.create(review(account_page, partial=True))
    assert pages.find(KEY) == FoundPage(page_id, complete=True)
    assert pages.find(KEY[:-1]) is None


@pytest.mark.parametrize(("partial", "state"), [(False, "Written"), (True, "Partial")])
def test_a_long_review_arrives_whole(
    sandbox: Sandbox,
    client: NotionClient,
    pages: NotionQbrPages,
    account_page: str,
    partial: bool,
    state: str,
) -> None:
    # GIVEN a review beyond what one request, one table and one text may hold
    page = replace(long_review(account_page), partial=partial)

    # WHEN its page is created  THEN every block is there, in order, and it counts as whole only after the last
    page_id = pages.create(page)
    assert read(client, page_id) == page.blocks
    assert state_of(client, page_id) == state
    assert pages.find(KEY) == FoundPage(page_id, complete=True)
    calls = requests_to(sandbox, "notion")
    assert (calls[CREATE], calls[APPEND], calls[UPDATE]) == (1, 2, 1)


def test_an_empty_review_is_a_page_all_the_same(
    sandbox: Sandbox, client: NotionClient, pages: NotionQbrPages, account_page: str
) -> None:
    # GIVEN a review without a block  WHEN it is created, and replaced  THEN nothing empty is appended
    page = replace(review(account_page), blocks=(), owner_email=None)
    page_id = pages.create(page)
    assert pages.replace(page_id, page)
    assert read(client, page_id) == ()
    assert properties_of(client, page_id)["Owner Email"]["email"] is None
    assert APPEND not in requests_to(sandbox, "notion")


def test_a_dropped_create_is_looked_up_not_repeated(
    sandbox: Sandbox, client: NotionClient, pages: NotionQbrPages, account_page: str
) -> None:
    # GIVEN a connection that breaks after Notion created the page
    break_next(sandbox, "notion", "drop_after", method="POST", match="/v1/pages")

    # WHEN a review is created  THEN the outcome is unclear, and there is one page, found and whole
    with pytest.raises(Unclear):
        pages.create(review(account_page))
    assert requests_to(sandbox, "notion")[CREATE] == 1
    found = pages.find(KEY)
    assert found is not None
    assert found.complete
    assert read(client, found.page_id) == REVIEW


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop_before", "match": "/blocks"},
        {"kind": "drop_after", "match": "/blocks"},
        {"kind": "status", "status": 503, "match": "/blocks"},
        {"kind": "status", "status": 429, "retry_after": 900, "match": "/blocks"},
        {"kind": "status", "status": 400, "match": "/blocks"},
        {"kind": "status", "status": 403, "match": "/blocks"},
        {"kind": "drop_before", "match": "/v1/pages/", "times": 4},
        {"kind": "status", "status": 429, "retry_after": 900, "match": "/v1/pages/"},
    ],
)
def test_a_page_that_broke_off_is_found_and_made_whole(
    sandbox: Sandbox, client: NotionClient, pages: NotionQbrPages, account_page: str, fault: dict[str, Any]
) -> None:
    # GIVEN a long review of which an append, or the last update, fails after the page was created
    page = long_review(account_page)
    break_next(sandbox, "notion", method="PATCH", **fault)

    # WHEN it is created  THEN that is unclear for any cause, as there is a page by now; nothing is sent twice
    with pytest.raises(Unclear, match=f"the review {KEY} stays unfinished on the page"):
        pages.create(page)
    calls = requests_to(sandbox, "notion")
    assert calls[CREATE] == 1
    assert calls[APPEND] == (1 if fault["match"] == "/blocks" else 2)

    # AND it is found as one that is not whole
    found = pages.find(KEY)
    assert found is not None
    assert not found.complete

    # WHEN it is replaced  THEN it reads whole, with nothing doubled
    assert pages.replace(found.page_id, page)
    assert read(client, found.page_id) == page.blocks
    assert pages.find(KEY) == FoundPage(found.page_id, complete=True)


def test_a_partial_review_is_replaced_by_a_whole_one(
    sandbox: Sandbox, client: NotionClient, pages: NotionQbrPages, account_page: str
) -> None:
    # GIVEN a partial review that was not edited
    page_id = pages.create(review(account_page, Paragraph("written by rule"), partial=True))
    before = requests_to(sandbox, "notion")

    # WHEN a better one takes its place
    better = replace(review(account_page), title="QBR: Acme — Q2 2026", trigger="requested")
    assert pages.replace(page_id, better)

    # THEN the page reads as the better one, in properties too
    assert read(client, page_id) == REVIEW
    found = properties_of(client, page_id)
    assert plain(found["Name"]["title"]) == "QBR: Acme — Q2 2026"
    assert found["Trigger"]["select"]["name"] == "requested"
    assert found["State"]["select"]["name"] == "Written"

    # AND that took three changes, and a look at the page and at who we are
    after = requests_to(sandbox, "notion")
    assert (after[UPDATE], after[APPEND], after[CREATE]) == (2, 1, before[CREATE])
    assert after[ME] == 1

    # WHEN it is replaced again  THEN who we are is known
    assert pages.replace(page_id, better)
    assert requests_to(sandbox, "notion")[ME] == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop_after", "method": "PATCH", "match": "/v1/pages/"},
        {"kind": "drop_before", "method": "PATCH", "match": "/v1/pages/", "times": 4},
        {"kind": "drop_after", "method": "PATCH", "match": "/v1/pages/", "times": 4},
        {"kind": "drop_before", "method": "PATCH", "match": "/blocks"},
        {"kind": "drop_after", "method": "PATCH", "match": "/blocks"},
    ],
)
def test_a_replacement_that_breaks_off_is_safe_to_repeat(
    sandbox: Sandbox, client: NotionClient, pages: NotionQbrPages, account_page: str, fault: dict[str, Any]
) -> None:
    # GIVEN a page that is being replaced while the connection breaks
    page_id = pages.create(review(account_page, Paragraph("old")))
    page = long_review(account_page)
    break_next(sandbox, "notion", **fault)

    # WHEN it is tried until it succeeds
    for _ in range(3):
        try:
            replaced = pages.replace(page_id, page)
            break
        except Unavailable:
            continue

    # THEN it reads as meant, with nothing old and nothing doubled
    assert replaced
    assert read(client, page_id) == page.blocks
    assert pages.find(KEY) == FoundPage(page_id, complete=True)


def test_a_replacement_under_way_is_not_whole(sandbox: Sandbox, pages: NotionQbrPages, account_page: str) -> None:
    # GIVEN a whole page  WHEN its replacement breaks off before the first block
    page_id = pages.create(review(account_page))
    break_next(sandbox, "notion", "drop_before", method="PATCH", match="/blocks")
    with pytest.raises(Unclear):
        pages.replace(page_id, review(account_page))

    # THEN it is no longer found as whole
    assert pages.find(KEY) == FoundPage(page_id, complete=False)


def test_what_a_person_edited_stays_as_it_is(
    sandbox: Sandbox, client: NotionClient, pages: NotionQbrPages, account_page: str
) -> None:
    # GIVEN a partial page to which a person added a paragraph
    page_id = pages.create(review(account_page, Paragraph("written by rule"), partial=True))
    edit(sandbox, page_id, "Spoke with Dana: they renew.")
    before = requests_to(sandbox, "notion")

    # WHEN it is to be replaced  THEN it is not, and nothing is sent that could change it
    assert pages.replace(page_id, review(account_page)) is False
    assert read(client, page_id) == (Paragraph("written by rule"), Paragraph("Spoke with Dana: they renew."))
    assert state_of(client, page_id) == "Partial"
    after = requests_to(sandbox, "notion")
    assert (after.get(UPDATE), after.get(APPEND)) == (before.get(UPDATE), before.get(APPEND))


def test_a_page_in_the_trash_is_not_written_to(client: NotionClient, pages: NotionQbrPages, account_page: str) -> None:
    # GIVEN a page that a person threw away
    page_id = pages.create(review(account_page))
    client.call(lambda notion: notion.pages.update(page_id, in_trash=True), about="page")

    # WHEN it is looked for or to be replaced  THEN it is not found, and the refusal says why
    assert pages.find(KEY) is None
    with pytest.raises(Refused, match=f"the page {page_id} is in the trash"):
        pages.replace(page_id, review(account_page))


def test_a_removed_page_differs_from_a_database_that_is_not_shared(
    sandbox: Sandbox, client: NotionClient, account_page: str
) -> None:
    # GIVEN the id of a page that was deleted for good
    reviews_id = load_reviews(sandbox)
    pages = NotionQbrPages(client, reviews_id)
    page_id = pages.create(review(account_page))
    missing = "c5000000-0000-4000-8000-00000000dead"

    # WHEN it is to be replaced  THEN that is refused
    with pytest.raises(Refused, match=f"the page {missing} was removed"):
        pages.replace(missing, review(account_page))

    # WHEN the database is no longer shared  THEN a person has to act first
    unshared = {"database_id": reviews_id, "shared": False}
    httpx.post(sandbox.url("control") + "/notion/share", json=unshared).raise_for_status()
    with pytest.raises(Misconfigured, match=r"\(NotionQbrs\).*share the database"):
        pages.replace(page_id, review(account_page))
    with pytest.raises(Misconfigured, match="share the database"):
        NotionQbrPages(client, reviews_id).create(review(account_page))


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"State": {"select": {}}}, "needs a text property 'Run Key'.* it is missing"),
        (
            {"State": {"select": {}}, "Run Key": {"number": {}}},
            "needs a text property 'Run Key'.* it is of type number",
        ),
        ({"Run Key": {"rich_text": {}}}, "needs a select property 'State'.* it is missing"),
    ],
)
def test_ambiguous_reviews_are_not_begun(
    sandbox: Sandbox, client: NotionClient, account_page: str, schema: dict[str, Any], expected: str
) -> None:
    # GIVEN a data source without a property by which a page, or that it is not whole, is known
    pages = NotionQbrPages(client, load_reviews(sandbox, {"Name": {"title": {}}, **schema}))

    # WHEN a review is looked for, created or replaced  THEN what is missing is reported, and no page is touched
    with pytest.raises(Misconfigured, match=expected):
        pages.find(KEY)
    with pytest.raises(Misconfigured, match=expected):
        pages.create(review(account_page))
    with pytest.raises(Misconfigured, match=expected):
        pages.replace(account_page, review(account_page))
    assert not {CREATE, UPDATE, APPEND} & set(requests_to(sandbox, "notion"))


def test_only_the_properties_that_are_there_are_written(
    sandbox: Sandbox, client: NotionClient, account_page: str
) -> None:
    # GIVEN reviews that the team keeps under few properties, one as text, and under another title
    stored: dict[str, Any] = {"Run Key": {"rich_text": {}}, "State": {"select": {}}, "Period": {"rich_text": {}}}
    properties = {"Review": {"title": {}}, "Name": {"rich_text": {}}, **stored}
    pages = NotionQbrPages(client, load_reviews(sandbox, properties))

    # WHEN a review is created  THEN it is there, with what fits
    found = properties_of(client, pages.create(review(account_page)))
    assert plain(found["Review"]["title"]) == f"QBR: {NASTY} — Q2 2026"
    assert plain(found["Period"]["rich_text"]) == "Q2 2026"
    assert found["Name"]["rich_text"] == []
