"""What people and feeds change in a book from one day to the next, for playing several days.

The changes of `book.csv` stand beside it in `book.changes.csv`: the day they happen on (2 is the day after the first),
the account's id or name, the column as the book heads it, the new value. An account that the book does not have is
added; the column "remove" takes one out.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from local.spreadsheets.book import Line, Sheet, read_text
from local.spreadsheets.columns import NAMES, plain
from local.spreadsheets.errors import SpreadsheetError

HEADINGS = ["day", "account", "column", "value"]
REMOVE = "remove"
LONGEST_DAY = 6
"""Digits of a day's number."""


@dataclass(frozen=True, slots=True)
class Change:
    """A new value for one column of one account, from `day` on."""

    day: int
    account: str
    column: str
    value: str


def in_words(changes: Iterable[Change], names: Mapping[str, str]) -> Iterator[str]:
    """The changes, one line for each account; `names` are those of the accounts known so far, by id or name."""
    by_account: dict[str, dict[str, str]] = {}
    for change in changes:
        by_account.setdefault(change.account, {})[change.column] = change.value or "unknown"
    for account, columns in by_account.items():
        if REMOVE in columns:
            yield f"{names.get(account, account)}: no longer in the book"
        elif account in names:
            yield f"{names[account]}: {', '.join(f'{column} {value}' for column, value in columns.items())}"
        else:
            named = next((value for column, value in columns.items() if plain(column) == plain(NAMES.name)), account)
            yield f"{named}: new in the book"


def changes_file(book: Path) -> Path:
    """Where the changes of a book stand."""
    return book.with_suffix(".changes.csv")


def changes_beside(book: Path) -> tuple[Change, ...]:
    """The changes of a book, none if no such file lies beside it. Raises `SpreadsheetError` for an unreadable one."""
    path = changes_file(book)
    return tuple(_read(path)) if path.exists() else ()


def _read(path: Path) -> Iterator[Change]:
    try:
        headings, *lines = csv.reader(read_text(path).splitlines())
    except csv.Error as error:
        raise SpreadsheetError(f"{path}: {error}; save it as CSV (UTF-8)") from error
    if headings != HEADINGS:
        raise SpreadsheetError(f"{path}, line 1: the columns must be {', '.join(HEADINGS)}, not {', '.join(headings)}")
    for number, cells in enumerate(lines, start=2):
        if len(cells) != len(HEADINGS) or not cells[0].isdecimal() or len(cells[0]) > LONGEST_DAY:
            raise SpreadsheetError(f"{path}, line {number}: expected a day such as 2, an account, a column and a value")
        day, account, column, value = cells
        yield Change(int(day), account, column, value)


def changed(sheet: Sheet, changes: Iterable[Change]) -> Sheet:
    """The book after the changes. Raises `SpreadsheetError` for a column that the book does not have."""
    lines = list(sheet.lines)
    for change in changes:
        lines = _after(sheet, lines, change)
    return replace(sheet, lines=tuple(lines))


def _after(sheet: Sheet, lines: list[Line], change: Change) -> list[Line]:
    place = sheet.key.place
    at = next((at for at, line in enumerate(lines) if line.cells[place] == change.account), len(lines))
    before, there, after = lines[:at], lines[at : at + 1], lines[at + 1 :]
    if change.column == REMOVE:
        return before + after
    if change.column not in sheet.headings:
        raise SpreadsheetError(f"the changes of {sheet.path}: it has no column {change.column!r}")
    cells = list(there[0].cells) if there else [""] * len(sheet.headings)
    cells[place] = change.account
    cells[sheet.headings.index(change.column)] = change.value
    number = there[0].number if there else len(lines) + 2
    return [*before, Line(number, tuple(cells)), *after]
