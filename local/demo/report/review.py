"""A review as it reads on its page in Notion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from connectors.text import clean
from customer_success.qbr import Qbr
from local.demo.report.lines import framed_all, head

ROWS = 6
"""Rows of a table that are shown."""

_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")
_CELLS = re.compile(r"(?<!\\)\|")


def page_file(vendors: Path, qbr: Qbr) -> Path | None:
    """Where the page of a review lies, None if it has none."""
    return next(vendors.glob(f"notion/QBR/*--{(qbr.page_id or '-')[:8]}.md"), None)


def review_page(console: Console, title: str, file: Path) -> None:
    """The page without its properties, tables cut after some rows."""
    heading, _, body = clean(file.read_text(encoding="utf-8")).partition("\n---\n")
    name = _plain(heading.splitlines()[0].lstrip("# "))
    head(console, f"{title}: {name}")
    framed_all(console, _parts(body.strip().splitlines()))


def _parts(lines: list[str]) -> Iterator[RenderableType]:
    for is_table, some in groupby(lines, key=lambda line: line.startswith("|")):
        together = list(some)
        yield from _table(together) if is_table else map(_line, together)


def _line(line: str) -> Text:
    marks, text = re.match(r"(#+ |> |- )?(.*)", line).groups()  # type: ignore[union-attr]
    match (marks or "").strip():
        case "-":
            return Text(f"• {_plain(text)}")
        case ">":
            return Text(_plain(text), "bold")
        case "":
            return Text(_plain(text))
        case _:
            return Text(_plain(text), "bold")


def _table(lines: list[str]) -> Iterator[RenderableType]:
    headings, _, *rows = [[_plain(cell.strip()) for cell in _CELLS.split(line)[1:-1]] for line in lines]
    table = Table(*headings, box=None, padding=(0, 2, 0, 0), header_style="dim")
    for row in rows[:ROWS]:
        table.add_row(*row)
    yield table
    if len(rows) > ROWS:
        yield Text(f"… and {len(rows) - ROWS} more", "dim")


def _plain(text: str) -> str:
    """The text without the marks that Markdown asks for."""
    return _ESCAPE.sub(r"\1", text.replace("**", ""))
