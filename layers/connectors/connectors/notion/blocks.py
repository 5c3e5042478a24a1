"""What a page shows as Notion's blocks, in batches that Notion takes in one request."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from connectors.notion.values import LONGEST_PIECE, rich_text
from connectors.text import clean, shortened
from customer_success.documents import Bullet, Callout, Grid, Heading, Line, PageBlock, Paragraph

Block = dict[str, Any]

MOST_BLOCKS = 100
"""Blocks in one list: those of a request, or the rows of a table."""
MOST_NESTED = 999
"""Blocks in one request, with all that lies in them: Notion takes 1,000, one of which may be a toggle around them."""
MOST_BYTES = 400_000
"""Notion takes 500 KB a request; the rest is for the properties."""
CALLOUT_ICON = "📊"


def line_blocks(lines: Iterable[Line]) -> Iterator[Block]:
    """One block for each line."""
    for line in lines:
        kind = "bulleted_list_item" if line.bullet else "paragraph"
        yield _block(kind, rich_text=rich_text(line.text, url=line.url, strong=line.strong))


def page_blocks(blocks: Iterable[PageBlock]) -> Iterator[Block]:
    """The blocks as Notion's, in order. A table too large for one goes on in another, under the same header."""
    for block in blocks:
        match block:
            case Heading(text):
                yield _block("heading_2", rich_text=rich_text(text))
            case Paragraph(text):
                yield _block("paragraph", rich_text=rich_text(text))
            case Bullet(text):
                yield _block("bulleted_list_item", rich_text=rich_text(text))
            case Callout(text):
                icon = {"type": "emoji", "emoji": CALLOUT_ICON}
                yield _block("callout", rich_text=rich_text(text), icon=icon)
            case Grid(header, rows):
                yield from _tables(header, rows)


def toggle(title: str, blocks: list[Block]) -> Block:
    """The blocks under a title that opens and closes them."""
    return _block("toggle", rich_text=rich_text(title), children=blocks)


def batches(blocks: Iterable[Block], most: int = MOST_BLOCKS) -> list[list[Block]]:
    """The blocks in order, at most `most` together and no more than one request may hold; one empty batch of none."""
    found: list[list[Block]] = [[]]
    count = weight = 0
    for block in blocks:
        more, heavier = _count(block), len(json.dumps(block))
        full = len(found[-1]) == most or count + more > MOST_NESTED or weight + heavier > MOST_BYTES
        if full and found[-1]:
            found.append([])
            count = weight = 0
        found[-1].append(block)
        count += more
        weight += heavier
    return found


def _tables(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[Block]:
    for part in batches(map(_row, rows), MOST_BLOCKS - 1):
        yield _block(
            "table",
            table_width=len(header),
            has_column_header=True,
            has_row_header=False,
            children=[_row(header), *part],
        )


def _row(cells: tuple[str, ...]) -> Block:
    return _block("table_row", cells=[rich_text(shortened(clean(cell), LONGEST_PIECE)) for cell in cells])


def _block(kind: str, **content: Any) -> Block:
    return {"object": "block", "type": kind, kind: content}


def _count(block: Block) -> int:
    return 1 + sum(_count(inner) for inner in block[block["type"]].get("children", ()))
