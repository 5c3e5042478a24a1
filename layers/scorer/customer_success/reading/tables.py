"""A table in a text: its headings, its lines, and the lines that are none of it, such as the foot of a report."""

from __future__ import annotations

import codecs
import csv
import html
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeAlias

from customer_success.dataclass import dataclass
from customer_success.reading.dates import moment
from customer_success.reading.errors import UnreadableTableError
from customer_success.reading.numbers import written
from customer_success.reading.people import is_address
from customer_success.reading.words import clean, is_footer, is_total, plain

Cell: TypeAlias = str | int | float | date
"""A cell is text, but where a spreadsheet holds a number or a day as such."""

DELIMITERS = (",", ";", "\t", "|")
NAMES_OF_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "": "a spreadsheet"}
LONGEST_CELL = 1_000_000
MOST_COLUMNS = 500
LINES_LOOKED_AT = 25
"""So far down a table's headings may stand below a report's title."""
HEADINGS_SHOWN = 8
MOST_NULS = 100
"""One byte of so many may be a NUL; a binary file has more."""
_SEPARATOR = re.compile(r'"?sep=([,;|\t])"?[ \t]*(?=\r?\n|$)', re.IGNORECASE)
_ENTITY_CUT = re.compile(r"&#?\w{2,8}$")
_GROUP = re.compile(r"\(\d+ (?:records?|items?|accounts?)\)|^[^:]{2,40}: \S")
_SENTENCE_WORDS = 5
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

CountKnown = Callable[[Sequence[str]], int]
"""How many of some headings are known."""


@dataclass(frozen=True, slots=True)
class TableLine:
    """One line of a table: where it begins in the file, counted from 1, and its cells."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class NotARow:
    """A line that is left out, and why."""

    number: int
    shown: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.number}{f' ({self.shown})' if self.shown else ''}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Table:
    """The headings and lines of a file, and what of it is no line of the table.

    `delimiter` is empty for a spreadsheet; `repaired` are sentences about lines that were put together again.
    """

    headings: tuple[str, ...]
    lines: tuple[TableLine, ...]
    not_rows: tuple[NotARow, ...] = ()
    repaired: tuple[str, ...] = ()
    delimiter: str = ","
    encoding: str = "UTF-8"


def decoded(content: bytes) -> tuple[str, str]:
    """A file's text and encoding: UTF-8, or UTF-16 with its mark. Raises `UnreadableTableError` for any other."""
    if not content.strip(b"\x00\r\n\t "):
        raise UnreadableTableError("the file is empty")
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    if encoding != "utf-16" and content.count(b"\0") > len(content) // MOST_NULS:
        raise UnreadableTableError("this is not a text file; save the table as CSV (UTF-8)")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableTableError(f"line {line}: this is not UTF-8; save the table as CSV (UTF-8)") from error
    return text.replace("\0", ""), "UTF-16" if encoding == "utf-16" else "UTF-8"


def table_of_text(text: str, known: CountKnown, encoding: str = "UTF-8") -> Table:
    """The table in a text. `known` counts the headings that are known. Raises `UnreadableTableError`."""
    text = text.removeprefix("\ufeff")
    delimiters: Sequence[str] = DELIMITERS
    skipped = 0
    if separator := _SEPARATOR.match(text):
        delimiters, skipped = (separator[1],), 1
        text = text[separator.end() :].removeprefix("\r").removeprefix("\n")
    start = "\n".join(text.splitlines()[: LINES_LOOKED_AT * 2])
    best = max(delimiters, key=lambda sign: _fit(start, sign, known))
    return table_of_rows(_rows(text, best, skipped, strict=True), known, delimiter=best, encoding=encoding)


def _fit(start: str, delimiter: str, known: CountKnown) -> tuple[int, int]:
    rows = [row.cells for row in _rows(start, delimiter, 0, strict=False)]
    counts = [known([str(cell) for cell in cells]) for cells in rows[:LINES_LOOKED_AT]]
    return max(counts, default=0), len(rows[0]) if rows else 0


def _rows(text: str, delimiter: str, skipped: int, *, strict: bool) -> Iterator[TableLine]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    begins = 1
    try:
        for cells in reader:
            yield TableLine(begins + skipped, tuple(cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableTableError(
            f"line {begins + skipped}: {error}; is a quotation mark of this line never closed, or not doubled inside "
            "a cell?"
        ) from error


def table_of_rows(rows: Iterator[TableLine], known: CountKnown, *, delimiter: str = "", encoding: str = "") -> Table:
    """The table among rows of cells. Raises `UnreadableTableError` where none of the first lines holds headings."""
    start: list[TableLine] = []
    for row in rows:
        start.append(row)
        if len(start) >= LINES_LOOKED_AT:
            break
    place = _heading_place(start, known)
    headings = tuple(clean(_text(cell)) for cell in start[place].cells)
    while headings and not headings[-1]:
        headings = headings[:-1]
    if len(headings) > MOST_COLUMNS:
        raise UnreadableTableError(f"the heading has {len(headings)} columns, at most {MOST_COLUMNS} are read")
    above = [NotARow(row.number, _shown(row), "above the headings") for row in start[:place] if _filled(row)]
    below = _Below(headings, delimiter)
    for row in start[place + 1 :]:
        below.take(row)
    for row in rows:
        below.take(row)
    below.close()
    if not below.lines:
        raise UnreadableTableError("there is no line below the headings")
    return Table(
        headings,
        tuple(below.lines),
        (*above, *sorted(below.not_rows, key=lambda row: row.number)),
        tuple(below.repaired),
        delimiter,
        encoding,
    )


def _heading_place(rows: Sequence[TableLine], known: CountKnown) -> int:
    filled = [place for place, row in enumerate(rows) if _filled(row)]
    if not filled:
        raise UnreadableTableError("the file is empty")
    counts = {place: known([_text(cell) for cell in rows[place].cells]) for place in filled if _can_head(rows[place])}
    best = max(counts, key=lambda place: counts[place], default=filled[0])
    if not counts.get(best):
        first = [repr(_text(cell)[:40]) for cell in rows[filled[0]].cells]
        shown = ", ".join(first[:HEADINGS_SHOWN])
        more = f" and {len(first) - HEADINGS_SHOWN} more" if len(first) > HEADINGS_SHOWN else ""
        raise UnreadableTableError(
            f"line {rows[filled[0]].number}: no line of the first {len(rows)} holds headings that are known, such as "
            f"Name or Account ID; the first is {shown}{more}. Put a line of headings above the accounts"
        )
    return best


def _can_head(row: TableLine) -> bool:
    """Whether a line can hold headings: no cell is a number, a day or an address."""
    texts = [cell for cell in row.cells if not isinstance(cell, str) or cell.strip()]
    return bool(texts) and all(
        isinstance(cell, str) and written(cell) is None and moment(cell) is None and not is_address(cell.strip())
        for cell in texts
    )


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else str(cell)


def _filled(row: TableLine) -> int:
    return sum(1 for cell in row.cells if not isinstance(cell, str) or cell.strip())


def _shown(row: TableLine) -> str:
    text = next((clean(_text(cell)) for cell in row.cells if _text(cell).strip()), "")
    return text if len(text) <= 50 else f"{text[:49]}…"


class _Below:
    """Takes the lines below the headings, and separates those that are none of the table."""

    def __init__(self, headings: tuple[str, ...], delimiter: str) -> None:
        self._headings = headings
        self._width = len(headings)
        self._delimiter = delimiter
        self._spelt = [plain(heading) for heading in headings]
        self._empty: list[int] = []
        self._short: TableLine | None = None
        self.lines: list[TableLine] = []
        self.not_rows: list[NotARow] = []
        self.repaired: list[str] = []

    def take(self, row: TableLine) -> None:
        filled = _filled(row)
        if not filled:
            self._empty.append(row.number)
            return
        if reason := self._no_row(row, filled):
            self.not_rows.append(NotARow(row.number, _shown(row), reason))
            return
        row = self._of_width(row)
        if any(
            (isinstance(cell, str) and cell.strip()) or not isinstance(cell, str) for cell in row.cells[self._width :]
        ):
            self.not_rows.append(
                NotARow(
                    row.number,
                    _shown(row),
                    f"{len(row.cells)} cells where the heading has {self._width}: which is whose is not sure",
                )
            )
            return
        if self._delimiter and len(row.cells) < self._width and self._broken(row):
            return
        cells = (*row.cells, *[""] * (self._width - len(row.cells)))[: self._width]
        self.lines.append(TableLine(row.number, cells))

    def _no_row(self, row: TableLine, filled: int) -> str | None:
        first = next(_text(cell) for cell in row.cells if _text(cell).strip())
        starts_alike = plain(_text(row.cells[0])) == self._spelt[0]
        if starts_alike and [plain(_text(cell)) for cell in row.cells][: self._width] == self._spelt:
            return "the headings again"
        wide = self._width >= 3
        if wide and filled == 1 and (is_footer(first) or is_total(first)):
            return "the foot of a report"
        others = [cell for cell in row.cells if _text(cell).strip()][1:]
        if is_total(first) and all(not isinstance(cell, str) or written(cell) for cell in others):
            return "a total, which is no account"
        after_gap = bool(self._empty) and self._empty[-1] == row.number - 1
        if wide and filled <= 2 and (is_footer(first) or (after_gap and (filled == 1 or len(row.cells) <= 2))):
            return "the foot of a report"
        if wide and filled == 1 and _GROUP.search(first):
            return "the heading of a group"
        return None

    def _of_width(self, row: TableLine) -> TableLine:
        """The line, put together where semicolons of HTML's entities cut a cell."""
        cells = list(row.cells)
        if self._delimiter != ";" or len(cells) <= self._width:
            return row
        place = 0
        while place < len(cells) - 1 and len(cells) > self._width:
            cell = cells[place]
            if isinstance(cell, str) and _ENTITY_CUT.search(cell):
                cells[place : place + 2] = [f"{cell};{cells[place + 1]}"]
            else:
                place += 1
        if len(cells) != self._width:
            return row
        name = next((html.unescape(cell) for cell in cells if isinstance(cell, str) and "&" in cell), "")
        self.repaired.append(f"line {row.number}: semicolons of HTML signs had cut a cell; put together it is {name!r}")
        return replace(row, cells=tuple(cells))

    def _broken(self, row: TableLine) -> bool:
        """Whether a line and the one before are the halves of one that a line break cut; neither is taken then."""
        before = self.lines[-1] if self.lines else None
        short = self._short
        self._short = row
        if short is None or before is None or before.number != short.number:
            return False
        if len(short.cells) + len(row.cells) not in (self._width, self._width + 1):
            return False
        self.lines.pop()
        for half in (short, row):
            self.not_rows.append(
                NotARow(half.number, _shown(half), "half of a line: a line break stands in a bare cell")
            )
        self._short = None
        return True

    def close(self) -> None:
        while self.lines and self._width > 3 and _filled(self.lines[-1]) == 1 and _is_sentence(self.lines[-1]):
            last = self.lines.pop()
            self.not_rows.append(NotARow(last.number, _shown(last), "the foot of a report"))
        if self._empty:
            self.not_rows += [NotARow(number, "", "empty") for number in self._empty]


def _is_sentence(row: TableLine) -> bool:
    text = next(clean(_text(cell)) for cell in row.cells if _text(cell).strip())
    return len(text.split()) >= _SENTENCE_WORDS or ":" in text
