"""How a page reads as Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from local.sandbox.notion.properties import simple, stored
from local.sandbox.notion.text import escaped, fence, marked, plain
from local.sandbox.wire import Json

INDENT = "    "
LISTS = ("bulleted_list_item", "numbered_list_item", "to_do")


def page_as_markdown(
    page: Json, schema: Mapping[str, Json], blocks: list[Json], children: Callable[[str], list[Json]]
) -> str:
    """The title, each filled property as an item of a list, then the blocks."""
    return "\n".join(_page(page, schema, blocks, children))


def _page(
    page: Json, schema: Mapping[str, Json], blocks: list[Json], children: Callable[[str], list[Json]]
) -> Iterator[str]:
    yield f"# {_as_heading(marked(page['properties'].get('title', []))) or 'Untitled'}\n"
    for name, prop in schema.items():
        value = simple(prop["type"], stored(page, prop))
        if prop["type"] != "title" and value is not None:
            yield f"- **{escaped(_in_one_line(name))}**: {escaped(_one_line(value))}"
    yield from ("", "---", "", *_blocks(blocks, children)) if blocks else ("",)


def _one_line(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _in_one_line(", ".join(value) if isinstance(value, list) else str(value))


def _as_heading(text: str) -> str:
    """The text in one line; hash signs at the end of a heading would not be shown."""
    return re.sub(r"#+$", r"\\\g<0>", _in_one_line(text))


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _blocks(blocks: list[Json], children: Callable[[str], list[Json]], indent: str = "") -> list[str]:
    lines: list[str] = []
    for block, following in zip_longest(blocks, blocks[1:]):
        inner = children(block["id"])
        if block["type"] == "table":
            lines += [(indent + line).rstrip() for line in _table(inner)]
            continue
        text = _block(block).replace("\n", f"\n{indent}")
        # What lies in a toggle stands below its title, not in one paragraph with it.
        gap = [""] if inner and block["type"] == "toggle" else []
        lines += [indent + text, *gap, *_blocks(inner, children, indent + INDENT)]
        # Only items of one list follow each other closely.
        if lines[-1] and (block["type"] not in LISTS or (following and following["type"] != block["type"])):
            lines.append("")
    return lines


# Where a line of a text would begin a heading, a quote, a rule or an item of a list.
_LINE_MARK = re.compile(
    r"^([ \t]*(?:\d+(?=[.)](?:\s|$))|(?=#{1,6}(?:\s|$)|[+-](?:\s|$)|>|=+[ \t]*$|-{2,}[ \t]*$)))", re.MULTILINE
)

_MARKS: Mapping[str, str] = {
    "heading_1": "## ",
    "heading_2": "### ",
    "heading_3": "#### ",
    "bulleted_list_item": "- ",
    "numbered_list_item": "1. ",
    "toggle": "- ",
}


def _block(block: Json) -> str:
    kind, content = block["type"], block["content"]
    if kind == "divider":
        return "---"
    if kind == "code":
        code = plain(content["rich_text"])
        ticks = fence(code, 3)
        return f"{ticks}{content.get('language', '')}\n{code}\n{ticks}"
    if kind == "bookmark":
        return f"<{content.get('url', '')}>"
    if kind == "to_do":
        return f"- [{'x' if content.get('checked') else ' '}] {_lines(content)}"
    if kind in ("quote", "callout"):
        icon = (content.get("icon") or {}).get("emoji", "")
        return "> " + f"{icon} {_lines(content)}".lstrip().replace("\n", "\n> ")
    if kind.startswith("heading"):
        return _MARKS.get(kind, "") + _as_heading(marked(content["rich_text"]))
    return _MARKS.get(kind, "") + _lines(content)


def _lines(content: Json) -> str:
    """The block's text, each line of which is text and nothing else."""
    return _LINE_MARK.sub(r"\1\\", marked(content.get("rich_text", [])))


def _table(rows: list[Json]) -> list[str]:
    cells = [[_cell(cell) for cell in row["content"]["cells"]] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return [lines[0], "|" + " --- |" * len(cells[0]), *lines[1:], ""]


def _cell(cell: list[Json]) -> str:
    return marked(cell).replace("|", "\\|").replace("\n", " ")
