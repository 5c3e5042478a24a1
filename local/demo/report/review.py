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
from customer_success.reviews.qbr import Qbr
from local.demo.report.lines import framed_all, head

BULLETS = 10
"""Points of one list that are shown."""
ROWS = 6
"""Rows of a table that are shown."""

_SPACE_BELOW_A_HEADING = re.compile(r"^(#.*)\n\n", re.MULTILINE)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")


def page_file(vendors: Path, qbr: Qbr) -> Path | None:
    """Where the page of a review lies, None if it has none."""
    return next(vendors.glob(f"notion/QBR/*--{(qbr.page_id or '-')[:8]}.md"), None)


def review_page(console: Console, title: str, file: Path) -> None:
    """The page without its properties; of long lists and tables the beginning."""
    top, _, body = clean(file.read_text(encoding="utf-8")).partition("\n---\n")
    head(console, f"{title}: {_plain(top.splitlines()[0].lstrip('# '))}")
    lines = _SPACE_BELOW_A_HEADING.sub(r"\1\n", body.strip()).splitlines()
    framed_all(console, _parts(lines))


def _parts(lines: list[str]) -> Iterator[RenderableType]:
    for mark, some in groupby(lines, key=lambda line: line[:1]):
        together = list(some)
        if mark == "|":
            yield from _table(together)
        elif mark == "-":
            yield from (Text(f"• {_plain(line[2:])}") for line in together[:BULLETS])
            yield from _more(len(together) - BULLETS)
        else:
            style = "bold" if mark in ("#", ">") else ""
            yield from (Text(_plain(line.lstrip("#> ")), style) for line in together)


def _table(lines: list[str]) -> Iterator[RenderableType]:
    headings, _, *rows = [[_plain(cell.strip()) for cell in _BETWEEN_CELLS.split(line)[1:-1]] for line in lines]
    table = Table(*headings, box=None, padding=(0, 2, 0, 0), header_style="dim")
    for row in rows[:ROWS]:
        table.add_row(*row)
    yield table
    yield from _more(len(rows) - ROWS)


def _more(number: int) -> Iterator[Text]:
    if number > 0:
        yield Text(f"… and {number} more", "dim")


def _plain(text: str) -> str:
    """The text without the marks that Markdown asks for."""
    return _ESCAPED.sub(r"\1", text.replace("**", ""))
