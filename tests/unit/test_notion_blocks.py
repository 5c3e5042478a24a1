"""What a page shows as Notion's blocks, within what Notion takes in one request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.notion.blocks import batches, line_blocks, page_blocks
from customer_success.documents import Bullet, Callout, Grid, Heading, Line, PageBlock, Paragraph
from tests.builders.vendors import NASTY

Block = dict[str, Any]


def plain(parts: list[Block]) -> str:
    return "".join(part["text"]["content"] for part in parts)


def rows_of(table: Block) -> list[list[str]]:
    return [[plain(cell) for cell in row["table_row"]["cells"]] for row in table["table"]["children"]]


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        (Heading(NASTY), "heading_2"),
        (Paragraph(NASTY), "paragraph"),
        (Bullet(NASTY), "bulleted_list_item"),
        (Callout(NASTY), "callout"),
    ],
)
def test_text_keeps_its_words_in_a_block_of_its_kind(block: PageBlock, kind: str) -> None:
    # GIVEN a text that would do harm as markup  WHEN it is put on a page  THEN it is there literally, without style
    [made] = page_blocks([block])
    assert made["type"] == kind
    assert made[kind]["rich_text"] == [{"type": "text", "text": {"content": NASTY}}]


def test_a_callout_has_an_emoji() -> None:
    [made] = page_blocks([Callout("Score 62")])
    assert made["callout"]["icon"] == {"type": "emoji", "emoji": "📊"}


def test_a_grid_is_a_table_under_its_header() -> None:
    # GIVEN a table with an empty cell and one with markup
    grid = Grid(("Signal", "Value"), (("Usage", ""), (NASTY, "2|3")))

    # WHEN it is put on a page  THEN the first row is the header, and every cell is literal
    [made] = page_blocks([grid])
    assert {**made["table"], "children": []} == {
        "table_width": 2,
        "has_column_header": True,
        "has_row_header": False,
        "children": [],
    }
    assert rows_of(made) == [["Signal", "Value"], ["Usage", ""], [NASTY, "2|3"]]
    assert made["table"]["children"][1]["table_row"]["cells"][1] == []


def test_a_grid_without_rows_is_its_header_alone() -> None:
    # Notion takes no table without a row.
    [made] = page_blocks([Grid(("Signal", "Value"), ())])
    assert rows_of(made) == [["Signal", "Value"]]


@pytest.mark.parametrize(("count", "sizes"), [(99, [100]), (100, [100, 2]), (150, [100, 52]), (198, [100, 100])])
def test_a_long_table_goes_on_in_another_under_the_same_header(count: int, sizes: list[int]) -> None:
    # GIVEN a table  WHEN it has more rows than one may have  THEN each part has the header, and no row is lost
    tables = list(page_blocks([Grid(("No",), tuple((str(number),) for number in range(count)))]))
    assert [len(rows_of(table)) for table in tables] == sizes
    assert [rows_of(table)[0] for table in tables] == [["No"]] * len(sizes)
    assert [row for table in tables for row in rows_of(table)[1:]] == [[str(number)] for number in range(count)]


def test_a_heavy_table_is_parted_before_it_outweighs_a_request() -> None:
    # GIVEN 60 rows of five cells, together four megabytes, each cell longer than a cell may be
    grid = Grid(("A",) * 5, (("漢" * 5000,) * 5,) * 60)

    # WHEN they are put on a page  THEN each table fits into a request by itself, and long cells end in an ellipsis
    tables = list(page_blocks([grid]))
    assert all(len(json.dumps(table)) < 500_000 for table in tables)
    assert sum(len(rows_of(table)) - 1 for table in tables) == 60
    assert rows_of(tables[0])[1][0] == "漢" * 1999 + "…"


def test_a_long_text_is_parted_into_pieces() -> None:
    # GIVEN a paragraph of 5,000 characters of two units each  WHEN it is put on a page  THEN no piece has over 2,000
    [made] = page_blocks([Paragraph("🦊" * 5000)])
    pieces = [part["text"]["content"] for part in made["paragraph"]["rich_text"]]
    assert "".join(pieces) == "🦊" * 5000
    assert max(len(piece) for piece in pieces) * 2 == 2000


def test_batches_hold_a_hundred_blocks_in_order() -> None:
    blocks = list(line_blocks(Line(str(number)) for number in range(250)))
    assert [len(batch) for batch in batches(blocks)] == [100, 100, 50]
    assert [block for batch in batches(blocks) for block in batch] == blocks


def test_batches_count_what_lies_inside_the_blocks() -> None:
    # GIVEN twelve tables of 100 rows, each 101 blocks with itself
    blocks = list(page_blocks([Grid(("No",), (("1",),) * 99)] * 12))

    # WHEN they are sent  THEN no request has more than a thousand
    assert [len(batch) for batch in batches(blocks)] == [9, 3]


def test_batches_stay_below_the_weight_of_a_request() -> None:
    blocks = list(line_blocks([Line("漢" * 20_000)] * 10))
    assert all(len(json.dumps(batch)) < 500_000 for batch in batches(blocks))
    assert [len(batch) for batch in batches(blocks)] == [3, 3, 3, 1]
    assert [block for batch in batches(blocks) for block in batch] == blocks


def test_nothing_is_one_empty_batch() -> None:
    assert batches([]) == [[]]
