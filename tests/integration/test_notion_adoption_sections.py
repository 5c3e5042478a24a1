"""The section on an account's own page: one of a title, at its place, and never at a person's cost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.notion.adoption_sections import NotionAdoptionSections
from connectors.notion.client import NotionClient
from customer_success.documents import Bullet, Callout, Grid, Heading, PageBlock, Paragraph
from customer_success.errors import Misconfigured, Refused, Removed, Unavailable, Unclear
from customer_success.paging import Bookmark
from local.sandbox import Sandbox
from local.sandbox.notion.blocks import read_blocks
from local.sandbox.notion.workspace import PERSON
from tests.builders.notion_books import account_book, load_book, notion_client, row, typed
from tests.builders.vendors import NASTY, Waiting, break_next, requests_to

Json = dict[str, Any]
TITLE = "Feature adoption"
LIST = "GET /v1/blocks/{block_id}/children"
APPEND = "PATCH /v1/blocks/{block_id}/children"
DELETE = "DELETE /v1/blocks/{block_id}"
ME = "GET /v1/users/me"
REMOVED_PAGE = "c5000000-0000-4000-8000-00000000dead"
REPORT: tuple[PageBlock, ...] = (
    Callout("71% of the features are used"),
    Paragraph(f"{NASTY} uses most of them."),
    Heading("Underutilised"),
    Bullet("Reports"),
    Grid(("Feature", "Use"), (("Boards", "80%"), ("Reports", "2%"))),
)
READ = (
    "📊 71% of the features are used",
    f"{NASTY} uses most of them.",
    "Underutilised",
    "Reports",
    ["Feature | Use", "Boards | 80%", "Reports | 2%"],
)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path).start() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> NotionClient:
    return notion_client(sandbox, Waiting())


@pytest.fixture
def accounts_id(sandbox: Sandbox) -> str:
    return load_book(sandbox, [row(1)]).database_id


@pytest.fixture
def page_id(sandbox: Sandbox, accounts_id: str) -> str:
    [page] = account_book(sandbox, accounts_id).read(Bookmark())
    return page.accounts[0].page_id


@pytest.fixture
def sections(client: NotionClient) -> NotionAdoptionSections:
    return NotionAdoptionSections(client)


def block(kind: str, text: str) -> Json:
    return {kind: {"rich_text": typed(text)}}


def person_adds(sandbox: Sandbox, block_id: str, *blocks: Json) -> None:
    """A person puts blocks at the end of a page, or into a block."""
    with sandbox._lock:
        sandbox._workspace.append(block_id, read_blocks(list(blocks)), None, by=PERSON)


def we_add(client: NotionClient, block_id: str, *blocks: Json) -> None:
    client.call(lambda notion: notion.blocks.children.append(block_id, children=list(blocks)), about="page")


def children_of(client: NotionClient, block_id: str) -> list[Json]:
    found: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        answer = client.call(lambda notion: notion.blocks.children.list(block_id, **cursor), about="page")  # noqa: B023
        found += answer["results"]
        if not answer["has_more"]:
            return found
        cursor = {"start_cursor": answer["next_cursor"]}


def plain(parts: list[Json]) -> str:
    return "".join(part["plain_text"] for part in parts)


def shown(client: NotionClient, block: Json) -> Any:
    """A block as a person sees it: its text, a table as its lines, a toggle as its title and what lies in it."""
    content = block[block["type"]]
    if block["type"] == "table":
        return [" | ".join(map(plain, line["table_row"]["cells"])) for line in children_of(client, block["id"])]
    text = (content.get("icon") or {}).get("emoji", "") + " " + plain(content["rich_text"])
    inner = [shown(client, child) for child in children_of(client, block["id"])] if block["has_children"] else []
    return (text.lstrip(), *inner) if block["type"] == "toggle" or inner else text.lstrip()


def read(client: NotionClient, page_id: str) -> list[Any]:
    return [shown(client, block) for block in children_of(client, page_id)]


def section_ids(client: NotionClient, page_id: str) -> list[str]:
    return [block["id"] for block in children_of(client, page_id) if block["type"] == "toggle"]


def calls(sandbox: Sandbox) -> tuple[int, int, int]:
    """How often content was listed, added and deleted so far."""
    counted = requests_to(sandbox, "notion")
    return counted.get(LIST, 0), counted.get(APPEND, 0), counted.get(DELETE, 0)


def test_a_section_comes_below_what_people_wrote(
    sandbox: Sandbox, client: NotionClient, sections: NotionAdoptionSections, page_id: str, tmp_path: Path
) -> None:
    # GIVEN an account's page with a note on it  WHEN a section is written
    person_adds(sandbox, page_id, block("paragraph", "Talk to Dana first."))
    sections.write(page_id, TITLE, REPORT)

    # THEN it is one toggle below the note, after a look and one addition
    assert calls(sandbox) == (1, 1, 0)
    assert read(client, page_id) == ["Talk to Dana first.", (TITLE, *READ)]

    # AND the page can be read as Markdown, with the section as an item of a list
    [file] = (tmp_path / "notion" / "Accounts").iterdir()
    assert file.read_text().partition("Talk to Dana first.\n\n")[2].splitlines()[:7] == [
        "- Feature adoption",
        "",
        "    > 📊 71% of the features are used",
        "",
        "    " + NASTY.replace("<", "\\<").replace("*", "\\*").replace("_", "\\_") + " uses most of them.",
        "",
        "    ### Underutilised",
    ]


def test_a_section_that_is_written_again_is_one_and_keeps_its_place(
    sandbox: Sandbox, client: NotionClient, sections: NotionAdoptionSections, page_id: str
) -> None:
    # GIVEN a section, below which a person went on writing
    sections.write(page_id, TITLE, (Paragraph("of last month"),))
    person_adds(sandbox, page_id, block("paragraph", "Talk to Dana first."), block("to_do", "Call"))
    first = calls(sandbox)

    # WHEN it is written again
    sections.write(page_id, TITLE, REPORT)

    # THEN there is one, in the same place, and the person's blocks are as they were
    assert [after - before for after, before in zip(calls(sandbox), first, strict=True)] == [2, 1, 1]
    assert read(client, page_id) == [(TITLE, *READ), "Talk to Dana first.", "Call"]

    # WHEN it is written many times  THEN nothing changes but its id, and who we are is asked once
    for _ in range(3):
        sections.write(page_id, TITLE, REPORT)
    assert read(client, page_id) == [(TITLE, *READ), "Talk to Dana first.", "Call"]
    assert requests_to(sandbox, "notion")[ME] == 1


def test_only_a_toggle_of_ours_with_that_very_title_is_taken_away(
    sandbox: Sandbox, client: NotionClient, sections: NotionAdoptionSections, page_id: str
) -> None:
    # GIVEN a person's toggle of the title, and blocks of ours that are no section of it
    person_adds(sandbox, page_id, block("toggle", TITLE) | {"children": [block("paragraph", "mine")]})
    we_add(client, page_id, block("paragraph", TITLE), block("toggle", f"{TITLE} 2023"), block("heading_2", TITLE))
    others = read(client, page_id)
    assert others == [(TITLE, "mine"), TITLE, (f"{TITLE} 2023",), TITLE]

    # WHEN a section is written, twice  THEN all of them are there still
    sections.write(page_id, TITLE, REPORT)
    sections.write(page_id, TITLE, (Bullet("new"),))
    assert read(client, page_id) == [*others, (TITLE, "new")]


def test_what_a_person_wrote_in_a_section_stays(
    sandbox: Sandbox, client: NotionClient, sections: NotionAdoptionSections, page_id: str
) -> None:
    # GIVEN a section in which a person wrote, beside our blocks and below one of them
    sections.write(page_id, TITLE, (Bullet("Reports"), Bullet("Boards"), Grid(("Feature",), (("Boards",),))))
    [section_id] = section_ids(client, page_id)
    person_adds(sandbox, section_id, block("paragraph", "They plan a workshop."))
    person_adds(sandbox, children_of(client, section_id)[1]["id"], block("paragraph", "Since May."))

    # WHEN it is written again, twice  THEN only what is ours alone is replaced, and the rest stays under its title
    for _ in range(2):
        sections.write(page_id, TITLE, (Bullet("new"),))
        left = (TITLE, ("Boards", "Since May."), "They plan a workshop.")
        assert read(client, page_id) == [left, (TITLE, "new")]

    # WHEN the person takes it out  THEN the empty section goes with the next writing
    for child in children_of(client, section_id):
        with sandbox._lock:
            sandbox._workspace.delete(child["id"], by=PERSON)
    sections.write(page_id, TITLE, (Bullet("newer"),))
    assert read(client, page_id) == [(TITLE, "newer")]


def test_a_section_may_be_empty(client: NotionClient, sections: NotionAdoptionSections, page_id: str) -> None:
    # GIVEN nothing to say  WHEN a section is written, twice  THEN there is its title
    sections.write(page_id, TITLE, ())
    sections.write(page_id, TITLE, ())
    assert read(client, page_id) == [(TITLE,)]


@pytest.mark.parametrize("title", [NASTY, "Feature  adoption\n2024", "Feature adoption " * 150])
def test_a_section_is_known_by_any_title(
    client: NotionClient, sections: NotionAdoptionSections, page_id: str, title: str
) -> None:
    # GIVEN a title of markup, of two lines, or longer than one text may be
    # WHEN its section is written twice  THEN there is one, under the title on one line
    sections.write(page_id, title, (Bullet("old"),))
    sections.write(page_id, title, (Bullet("new"),))
    assert read(client, page_id) == [(" ".join(title.split()), "new")]


def test_a_section_is_found_on_a_long_page(
    sandbox: Sandbox, client: NotionClient, sections: NotionAdoptionSections, page_id: str
) -> None:
    # GIVEN a page on which a section comes after 150 blocks
    person_adds(sandbox, page_id, *[block("paragraph", str(number)) for number in range(100)])
    person_adds(sandbox, page_id, *[block("paragraph", str(number)) for number in range(100, 150)])
    sections.write(page_id, TITLE, (Bullet("old"),))
    assert calls(sandbox) == (2, 1, 0)

    # WHEN it is written again  THEN it is still one, and the blocks before it are all there
    sections.write(page_id, TITLE, (Bullet("new"),))
    assert read(client, page_id) == [*map(str, range(150)), (TITLE, "new")]


@pytest.mark.parametrize(
    ("blocks", "requests"),
    [
        ([Bullet(str(number)) for number in range(100)], 1),
        ([Bullet(str(number)) for number in range(101)], 2),
        ([Bullet(str(number)) for number in range(250)], 3),
        ([Grid((str(number),), (("x",),) * 98) for number in range(10)], 2),
    ],
)
def test_a_long_section_arrives_whole(
    sandbox: Sandbox,
    client: NotionClient,
    sections: NotionAdoptionSections,
    page_id: str,
    blocks: list[PageBlock],
    requests: int,
) -> None:
    # GIVEN a section of as much as one request takes, or more  WHEN it is written
    sections.write(page_id, TITLE, blocks)

    # THEN all of it is there, in order
    assert calls(sandbox)[1] == requests
    [(title, *inner)] = read(client, page_id)
    assert title == TITLE
    assert [each if isinstance(each, str) else each[0] for each in inner] == [str(at) for at in range(len(blocks))]


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
@pytest.mark.parametrize("times", [1, 2])
def test_an_addition_that_broke_off_is_healed_by_the_next_writing(
    sandbox: Sandbox,
    client: NotionClient,
    sections: NotionAdoptionSections,
    page_id: str,
    kind: str,
    times: int,
) -> None:
    # GIVEN a section
    sections.write(page_id, TITLE, (Bullet("old"),))
    new = [Bullet(str(number)) for number in range(150)]

    for _ in range(times):
        # WHEN the connection breaks while a new one is added  THEN that is unclear, and the addition is not repeated
        before = calls(sandbox)
        break_next(sandbox, "notion", kind, method="PATCH")
        with pytest.raises(Unclear):
            sections.write(page_id, TITLE, new)
        assert calls(sandbox)[1] == before[1] + 1

        # AND what could be read before can be read still
        assert (TITLE, "old") in read(client, page_id)

    # WHEN it is written again  THEN there is one, whole
    sections.write(page_id, TITLE, new)
    assert read(client, page_id) == [(TITLE, *map(str, range(150)))]


def test_a_long_section_that_broke_off_in_the_middle_is_healed(
    client: NotionClient, sections: NotionAdoptionSections, page_id: str
) -> None:
    # GIVEN a section whose second part does not arrive
    sections.write(page_id, TITLE, (Bullet("old"),))
    new = [Bullet(str(number)) for number in range(150)]
    [section_id] = section_ids(client, page_id)
    real_call, added = client.call, 0

    def breaks_at_the_second(request: Any, *, about: str, repeatable: bool = True) -> Any:
        nonlocal added
        added += not repeatable
        if added == 2:
            raise Unclear("the connection broke")
        return real_call(request, about=about, repeatable=repeatable)

    client.call = breaks_at_the_second  # type: ignore[method-assign]
    with pytest.raises(Unclear):
        sections.write(page_id, TITLE, new)
    client.call = real_call  # type: ignore[method-assign]
    assert len(section_ids(client, page_id)) == 2
    assert section_ids(client, page_id)[0] == section_id

    # WHEN it is written again  THEN there is one, whole
    sections.write(page_id, TITLE, new)
    assert read(client, page_id) == [(TITLE, *map(str, range(150)))]


def test_a_deletion_whose_answer_was_lost_is_done(
    sandbox: Sandbox, client: NotionClient, sections: NotionAdoptionSections, page_id: str
) -> None:
    # GIVEN a connection that breaks after Notion took the old section away, which it then says cannot be done again
    sections.write(page_id, TITLE, (Bullet("old"),))
    break_next(sandbox, "notion", "drop_after", method="DELETE")

    # WHEN the section is written  THEN it is, and there is one
    sections.write(page_id, TITLE, (Bullet("new"),))
    assert calls(sandbox)[2] == 2
    assert read(client, page_id) == [(TITLE, "new")]


def test_a_block_in_a_section_whose_deletion_was_lost_counts_as_removed_too(
    sandbox: Sandbox, client: NotionClient, sections: NotionAdoptionSections, page_id: str
) -> None:
    # GIVEN a section with a person's block in it, and a connection that breaks after our own was taken out of it
    sections.write(page_id, TITLE, (Bullet("old"),))
    person_adds(sandbox, section_ids(client, page_id)[0], block("paragraph", "mine"))
    break_next(sandbox, "notion", "drop_after", method="DELETE")

    # WHEN the section is written  THEN only the person's is left of the old one
    sections.write(page_id, TITLE, (Bullet("new"),))
    assert read(client, page_id) == [(TITLE, "mine"), (TITLE, "new")]


@pytest.mark.parametrize(
    ("status", "times", "error"), [(400, 1, Refused), (404, 1, Misconfigured), (503, 4, Unavailable)]
)
def test_an_old_section_that_cannot_be_deleted_is_reported_and_goes_the_next_time(
    sandbox: Sandbox,
    client: NotionClient,
    sections: NotionAdoptionSections,
    page_id: str,
    status: int,
    times: int,
    error: type[Exception],
) -> None:
    # GIVEN a section that Notion does not delete
    sections.write(page_id, TITLE, (Bullet("old"),))
    break_next(sandbox, "notion", "status", status=status, times=times, method="DELETE")

    # WHEN it is written again  THEN that is reported, while the new one is there already
    with pytest.raises(error):
        sections.write(page_id, TITLE, (Bullet("new"),))
    assert read(client, page_id) == [(TITLE, "old"), (TITLE, "new")]

    # WHEN it is written once more  THEN there is one
    sections.write(page_id, TITLE, (Bullet("newest"),))
    assert read(client, page_id) == [(TITLE, "newest")]


def test_a_page_with_more_blocks_than_notion_shows_in_time_is_looked_through_in_smaller_parts(
    sandbox: Sandbox, client: NotionClient, sections: NotionAdoptionSections, page_id: str
) -> None:
    # GIVEN a page of 61 blocks, of which Notion shows 30 in time
    sections.write(page_id, TITLE, (Bullet("old"),))
    for number in range(60):
        person_adds(sandbox, page_id, block("paragraph", f"line {number}"))
    httpx.post(sandbox.url("control") + "/notion/heavy", json={"rows_above": 30}).raise_for_status()
    # WHEN the section is written again  THEN there is one
    sections.write(page_id, TITLE, (Bullet("new"),))
    httpx.post(sandbox.url("control") + "/notion/heavy", json={"rows_above": None}).raise_for_status()
    assert [each for each in read(client, page_id) if isinstance(each, tuple)] == [(TITLE, "new")]


def test_a_block_that_cannot_be_taken_out_of_a_section_is_reported(
    sandbox: Sandbox, client: NotionClient, sections: NotionAdoptionSections, page_id: str
) -> None:
    # GIVEN a section with a person's block in it, out of which Notion does not delete ours
    sections.write(page_id, TITLE, (Bullet("old"),))
    person_adds(sandbox, section_ids(client, page_id)[0], block("paragraph", "mine"))
    break_next(sandbox, "notion", "status", status=400, method="DELETE")

    # WHEN it is written again  THEN that is reported, and the next writing makes up for it
    with pytest.raises(Refused):
        sections.write(page_id, TITLE, (Bullet("new"),))
    sections.write(page_id, TITLE, (Bullet("newest"),))
    assert read(client, page_id) == [(TITLE, "mine"), (TITLE, "newest")]


def test_an_old_section_that_a_person_deleted_meanwhile_costs_nothing(
    sandbox: Sandbox, client: NotionClient, sections: NotionAdoptionSections, page_id: str
) -> None:
    # GIVEN a section that is not there any more when we look into it
    sections.write(page_id, TITLE, (Bullet("old"),))
    [section_id] = section_ids(client, page_id)
    break_next(sandbox, "notion", "status", status=404, match=f"/blocks/{section_id}/children")

    # WHEN it is written again  THEN the new one is there, and nothing was deleted
    sections.write(page_id, TITLE, (Bullet("new"),))
    assert (TITLE, "new") in read(client, page_id)
    assert calls(sandbox)[2] == 0


def test_a_page_in_the_trash_counts_as_removed(
    client: NotionClient, sections: NotionAdoptionSections, page_id: str
) -> None:
    # GIVEN a page with a section that a person threw away  WHEN the section is written  THEN the page counts as removed
    sections.write(page_id, TITLE, REPORT)
    client.call(lambda notion: notion.pages.update(page_id, in_trash=True), about="page")
    with pytest.raises(Removed, match=f"the page {page_id} is in the trash"):
        sections.write(page_id, TITLE, REPORT)


def test_a_page_that_is_not_there_counts_as_removed(
    sandbox: Sandbox, sections: NotionAdoptionSections, accounts_id: str, page_id: str
) -> None:
    # GIVEN the id of a page that was deleted for good  WHEN a section is written  THEN it counts as removed
    with pytest.raises(Removed, match=f"the page {REMOVED_PAGE} was removed, or is no longer shared"):
        sections.write(REMOVED_PAGE, TITLE, REPORT)

    # GIVEN a page that is deleted just after its look-up  WHEN a section is written  THEN it counts as removed too
    break_next(sandbox, "notion", "status", status=404, method="PATCH")
    break_next(sandbox, "notion", "status", status=404, match="/v1/pages/")
    with pytest.raises(Removed, match=f"the page {page_id} was removed, or is no longer shared"):
        sections.write(page_id, TITLE, REPORT)

    # GIVEN accounts that are no longer shared  WHEN a section is written  THEN the error names that as a possible cause
    unshared = {"database_id": accounts_id, "shared": False}
    httpx.post(sandbox.url("control") + "/notion/share", json=unshared).raise_for_status()
    with pytest.raises(Removed, match="no longer shared with the integration"):
        sections.write(page_id, TITLE, REPORT)


def test_a_section_whose_place_is_missing_is_tried_again_later(
    sandbox: Sandbox, client: NotionClient, sections: NotionAdoptionSections, page_id: str
) -> None:
    # GIVEN a page that is there, and a Notion that does not find the block to put the section after
    sections.write(page_id, TITLE, (Bullet("old"),))
    break_next(sandbox, "notion", "status", status=404, method="PATCH")

    # WHEN the section is written  THEN no person has to act: it may be tried later
    with pytest.raises(Unavailable, match=f"the page {page_id} was changed while its section was written"):
        sections.write(page_id, TITLE, (Bullet("new"),))
    assert read(client, page_id) == [(TITLE, "old")]


@pytest.mark.parametrize(("status", "error"), [(400, Refused), (401, Misconfigured), (403, Misconfigured)])
def test_a_section_that_notion_does_not_take_is_named_as_such(
    sandbox: Sandbox, sections: NotionAdoptionSections, page_id: str, status: int, error: type[Exception]
) -> None:
    # GIVEN a page that is there  WHEN Notion refuses the section  THEN that is no removed page
    break_next(sandbox, "notion", "status", status=status, method="PATCH")
    with pytest.raises(error, match="Notion") as raised:
        sections.write(page_id, TITLE, REPORT)
    assert not isinstance(raised.value, Removed)
