"""Blocks: what a page's body is made of, and how much of it Notion takes at once."""

from __future__ import annotations

from uuid import uuid4

from local.sandbox.notion.errors import invalid, unfit
from local.sandbox.notion.text import read_rich_text
from local.sandbox.wire import Json

MOST_IN_ARRAY = 100
MOST_IN_REQUEST = 1000
DEEPEST_IN_REQUEST = 2
TEXT = (
    "paragraph",
    "heading_1",
    "heading_2",
    "heading_3",
    "bulleted_list_item",
    "numbered_list_item",
    "to_do",
    "toggle",
    "quote",
    "callout",
    "code",
)
WITHOUT_TEXT = ("divider", "table", "table_row", "bookmark", "table_of_contents")
WITHOUT_CHILDREN = (
    "heading_1",
    "heading_2",
    "heading_3",
    "code",
    "divider",
    "table_row",
    "bookmark",
    "table_of_contents",
)


def read_blocks(given: object, at: str = "body.children") -> list[Json]:
    """Blocks as stored, with their own under `children`. Raises `VendorError` beyond Notion's limits."""
    blocks = _read_array(given, at, 0)
    if _count(blocks) > MOST_IN_REQUEST:
        raise unfit(f"{at}.length", f"≤ `{MOST_IN_REQUEST}` with all that is nested", _count(blocks))
    return blocks


def _count(blocks: list[Json]) -> int:
    return sum(1 + _count(block["children"]) for block in blocks)


def _read_array(given: object, at: str, depth: int) -> list[Json]:
    if not isinstance(given, list):
        raise unfit(at, "an array", given)
    if len(given) > MOST_IN_ARRAY:
        raise unfit(f"{at}.length", f"≤ `{MOST_IN_ARRAY}`", len(given))
    if given and depth > DEEPEST_IN_REQUEST:
        raise unfit(at, "not present", given)
    return [_read_block(block, f"{at}[{index}]", depth) for index, block in enumerate(given)]


def _read_block(given: object, at: str, depth: int) -> Json:
    kinds = [kind for kind in (*TEXT, *WITHOUT_TEXT) if isinstance(given, dict) and kind in given]
    if not isinstance(given, dict) or len(kinds) != 1 or given.get("type", kinds[0]) != kinds[0]:
        raise unfit(f"{at}.paragraph", "defined")
    kind = kinds[0]
    where = f"{at}.{kind}"
    content = dict(given[kind])
    nested = content.pop("children", given.get("children", []))
    if nested and kind in WITHOUT_CHILDREN:
        raise unfit(f"{where}.children", "not present", nested)
    children = _read_array(nested, f"{where}.children", depth + 1)
    if kind in TEXT:
        content["rich_text"] = read_rich_text(content.get("rich_text"), f"{where}.rich_text")
    elif kind == "table_row":
        content["cells"] = [read_rich_text(cell, f"{where}.cells") for cell in content.get("cells", [])]
    elif kind == "table":
        _check_table(content, children, where)
    return {"id": str(uuid4()), "type": kind, "content": content, "children": children}


def _check_table(content: Json, rows: list[Json], at: str) -> None:
    if not rows:
        raise unfit(f"{at}.children", "defined")
    width = content.get("table_width")
    if any(row["type"] != "table_row" or len(row["content"]["cells"]) != width for row in rows):
        raise invalid("Number of cells in table row must match the table width of the parent table")
