"""Feature usage beside an account book, as Notion pages, with a sentence for each cell that was not imported."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from connectors.notion.names import UsageNames
from customer_success.text import short
from local.sandbox.notion.load import Row
from local.spreadsheets.book import Line, Sheet, read_book
from local.spreadsheets.cells import EXPECTED, empty, value_of
from local.spreadsheets.columns import NAMES as ACCOUNT_NAMES
from local.spreadsheets.columns import Column, Kind
from local.spreadsheets.errors import SpreadsheetError
from local.spreadsheets.history import Known
from local.spreadsheets.rows import LONGEST_SHOWN, NotTaken, created

NAMES = UsageNames()
USAGE_KEY = "Usage ID"
"""The property by which a row is known again: its account and feature."""
TITLE = "Name"
"""The title of a page; it shows the feature."""

_KINDS: Mapping[str, Kind] = {
    NAMES.feature: "rich_text",
    NAMES.family: "select",
    NAMES.entitled: "checkbox",
    NAMES.used: "number",
    NAMES.limit: "number",
    NAMES.as_of: "date",
}
_ALSO_CALLED: Mapping[str, Collection[str]] = {
    NAMES.feature: ("feature name",),
    NAMES.family: ("feature family", "module"),
    NAMES.entitled: ("included", "in plan"),
    NAMES.used: ("in use", "times used"),
    NAMES.limit: ("quota", "allowance"),
    NAMES.as_of: ("as of date", "date", "day"),
}
_FIELDS = {getattr(NAMES, field): field for field in ("feature", "family", "entitled", "used", "limit", "as_of")}
_MEANINGS = {other: _FIELDS[name] for name in _KINDS for other in (name, *_ALSO_CALLED[name])}


@dataclass(frozen=True, slots=True)
class Usage:
    """The feature usage as the sandbox's Notion loads it, and what of the file did not fit."""

    file: Path
    rows: tuple[Row, ...]
    not_taken: tuple[NotTaken, ...]


def usage_beside(book: Path) -> Path:
    """Where the feature usage of a book stands."""
    return book.with_suffix(".usage.csv")


def usage_sheet(book: Path) -> Sheet | None:
    """The feature usage beside a book, None if there is no file. Raises `SpreadsheetError` for one without features."""
    path = usage_beside(book)
    if not path.exists():
        return None
    sheet = read_book(path, also=_MEANINGS)
    if NAMES.feature not in _columns(sheet):
        raise SpreadsheetError(f"{path}, line 1: no column is called {NAMES.feature}")
    return sheet


def usage_rows(sheet: Sheet, book: Sheet, first_day: date) -> Usage:
    """The feature usage of the accounts of a book, entered before `first_day`. A line that names no account or feature
    is left out, a cell that cannot be is left empty; both are reported.
    """
    reading = _Reading(sheet, _accounts(book), first_day)
    lines = {line.number for line in sheet.lines}
    reading.not_taken += [NotTaken(each.line, "", each.what) for each in sheet.problems if each.line not in lines]
    rows = tuple(row for line in sheet.lines if (row := reading.row(line)))
    return Usage(sheet.path, rows, tuple(reading.not_taken))


class _Reading:
    """Reads the lines of a file one after the other, and keeps what did not fit."""

    def __init__(self, sheet: Sheet, accounts: Known, first_day: date) -> None:
        self._sheet = sheet
        self._columns = _columns(sheet)
        self._accounts = accounts
        self._first_day = first_day
        self._lines: dict[tuple[str, str], int] = {}
        self.not_taken: list[NotTaken] = []

    def row(self, line: Line) -> Row | None:
        """The line as a page, None if it is left out."""
        written, feature = self._cell(line, self._sheet.key), self._cell(line, self._columns[NAMES.feature])
        label = " ".join(filter(None, (short(written, LONGEST_SHOWN), short(feature, LONGEST_SHOWN))))
        account_id = self._accounts.account_id(written) if written else None
        if why := self._unfit(line, written, account_id, feature):
            self.not_taken.append(NotTaken(line.number, label, f"{why}; the line was left out"))
        if why or account_id is None:
            return None
        values, problems = self._values(line)
        self.not_taken += [NotTaken(line.number, label, problem) for problem in problems]
        named = {NAMES.account: account_id, USAGE_KEY: f"{account_id}:{feature}"}
        texts = {name: value_of("rich_text", content, self._first_day) for name, content in named.items()}
        title = value_of("title", feature, self._first_day)
        return Row(
            properties={TITLE: title, **texts, **values},
            created_time=created(len(self._lines) - 1, self._first_day),
        )

    def _unfit(self, line: Line, written: str, account_id: str | None, feature: str) -> str | None:
        """Why the line can be no page, None if it can."""
        if account_id is None:
            return "no account of the book has this id, or an id and this name" if written else "no account is given"
        if not feature:
            return f"no {NAMES.feature} is given"
        first = self._lines.setdefault((account_id, feature.casefold()), line.number)
        return None if first == line.number else f"this feature of the account stands on line {first} already"

    def _values(self, line: Line) -> tuple[dict[str, Any], list[str]]:
        values: dict[str, Any] = {}
        problems = [problem.what for problem in self._sheet.problems if problem.line == line.number]
        for column in self._columns.values():
            cell, nothing = self._cell(line, column), _nothing(column)
            value = _value(column, cell, self._first_day) if cell else nothing
            if value is None:
                shown = short(cell, LONGEST_SHOWN)
                problems.append(f"{column.heading} {shown!r} was left empty, expected {_expected(column.kind)}")
            values[column.property] = value or nothing
        return values, problems

    def _cell(self, line: Line, column: Column) -> str:
        return line.cells[column.place].strip()


def _accounts(book: Sheet) -> Known:
    """The accounts of a book by id and name. One without an id cannot be named in a list beside the book."""
    at = [book.recognised.named(name) for name in (ACCOUNT_NAMES.account_id, ACCOUNT_NAMES.name)]
    lines = ([line.cells[column.place].strip() if column else "" for column in at] for line in book.lines)
    return Known({(account_id, name) for account_id, name in lines if account_id})


def _columns(sheet: Sheet) -> dict[str, Column]:
    """The columns of feature usage by their property."""
    return {column.property: column for column in sheet.recognised.columns if column.property in _KINDS}


def _value(column: Column, cell: str, first_day: date) -> dict[str, Any] | None:
    value = value_of(column.kind, cell, first_day)
    if value is None or column.kind not in ("checkbox", "number"):
        return value
    if column.kind == "number":
        return value if value["number"] >= 0 else None
    return {"select": {"name": "Yes" if value["checkbox"] else "No"}}


def _nothing(column: Column) -> dict[str, Any]:
    """Whether a feature is in the plan can be unknown: it is a choice of two, not a checkbox."""
    return empty("select" if column.kind == "checkbox" else column.kind)


def _expected(kind: Kind) -> str:
    return "a number from 0 on such as 35 or 1,200" if kind == "number" else EXPECTED[kind]
