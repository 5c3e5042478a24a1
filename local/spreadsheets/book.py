"""Reads an account book from a CSV file, as a spreadsheet program saves it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connectors.notion.names import PropertyNames
from local.spreadsheets.columns import NAMES, Column, Recognised, recognise
from local.spreadsheets.errors import SpreadsheetError

DELIMITERS = ",;\t"
LONGEST_CELL = 1_000_000
HEADINGS_SHOWN = 8
SEPARATOR = re.compile(r'"?sep=([,;|\t])"?[ \t]*(?=\r?\n|$)', re.IGNORECASE)
"""The first line in which a file names the cell separator for Excel. It is no part of the book."""


@dataclass(frozen=True, slots=True)
class Line:
    """One account of the file: the number of its line, counted from 1, and its cells as they are written."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's recognised columns and its lines, each with as many cells as there are headings.

    `key` is the column by which an account is known again the next day; `too_long` are the numbers of lines that had
    more cells than there are headings.
    """

    path: Path
    headings: tuple[str, ...]
    recognised: Recognised
    key: Column
    lines: tuple[Line, ...]
    too_long: tuple[int, ...] = ()


def read_book(path: Path, own: PropertyNames = NAMES) -> Sheet:
    """Read the file, whose columns may have the team's `own` names.

    Raises `SpreadsheetError`, naming the file and what would be right, if it is no account book.
    """
    text = read_text(path)
    delimiters = DELIMITERS
    if separator := SEPARATOR.match(text):
        delimiters, text = separator[1], text[separator.end() :]
    delimiter = max(delimiters, key=lambda each: len(recognise(_headings(path, text, each), own).columns))
    lines = [line for line in _lines(path, text, delimiter, strict=True) if _is_filled(line)]
    headings = _headings(path, text, delimiter)
    recognised = recognise(headings, own)
    if recognised.key is None:
        raise SpreadsheetError(
            f"{path}, line 1: no column is called {NAMES.name} or {NAMES.account_id}; "
            f"the columns are {_shown(headings)}"
        )
    filled = lines[1:]
    if not filled:
        raise SpreadsheetError(f"{path}: there is no account below the headings")
    width = len(headings)
    return Sheet(
        path,
        headings,
        recognised,
        recognised.key,
        tuple(Line(line.number, (*line.cells, *[""] * width)[:width]) for line in filled),
        tuple(line.number for line in filled if any(cell.strip() for cell in line.cells[width:])),
    )


MOST_NULS = 100
"""One byte of so many may be a NUL, which a cell can hold by mistake; a binary file, or UTF-16, has more."""


def read_text(path: Path) -> str:
    """The file as text. Raises `SpreadsheetError` if it is missing, empty or no UTF-8."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SpreadsheetError(f"{path}: {error.strerror}; expected a CSV file") from error
    if not content.strip():
        raise SpreadsheetError(f"{path}: the file is empty")
    if content.count(b"\0") > len(content) // MOST_NULS:
        raise SpreadsheetError(f"{path}: this is not a text file; save the book as CSV (UTF-8)")
    try:
        return content.decode("utf-8-sig").replace("\0", "")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SpreadsheetError(f"{path}, line {line}: this is not UTF-8; save the book as CSV (UTF-8)") from error


def _headings(path: Path, text: str, delimiter: str) -> tuple[str, ...]:
    first = next(filter(_is_filled, _lines(path, text, delimiter, strict=False)), None)
    if first is None:
        raise SpreadsheetError(f"{path}: the file is empty")
    return tuple(cell.strip() for cell in first.cells)


def _is_filled(line: Line) -> bool:
    return any(cell.strip() for cell in line.cells)


def _lines(path: Path, text: str, delimiter: str, *, strict: bool) -> Iterator[Line]:
    """The lines; where it is `strict`, a quotation mark out of place is refused."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    begins = 1
    try:
        for cells in reader:
            yield Line(begins, tuple(cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise SpreadsheetError(
            f"{path}, line {begins}: {error}; is a quotation mark of this line never closed, or not doubled inside "
            "a cell?"
        ) from error


def _shown(headings: tuple[str, ...]) -> str:
    shown = ", ".join(repr(heading[:40]) for heading in headings[:HEADINGS_SHOWN])
    return shown if len(headings) <= HEADINGS_SHOWN else f"{shown} and {len(headings) - HEADINGS_SHOWN} more"
