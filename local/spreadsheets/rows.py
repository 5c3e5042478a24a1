"""An account book as Notion pages, with a sentence for everything that could not be imported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from connectors.notion.schema import Schema, accounts_schema
from customer_success.text import short
from local.sandbox.notion.load import Book, Row
from local.spreadsheets.book import Line, Sheet
from local.spreadsheets.cells import EXPECTED, empty, value_of
from local.spreadsheets.columns import NAMES

BOOK_TITLE = "Accounts"
LONGEST_SHOWN = 40
ROWS_A_MINUTE = 100
"""Notion returns 10,000 rows to a query; a longer book is read on from the minute in which it was cut off."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A cell, or a whole line, that Notion cannot hold."""

    line: int
    account: str
    what: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.account}: {self.what}" if self.account else f"line {self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class Rows:
    """The book as the sandbox's Notion loads it, and what did not fit."""

    book: Book
    not_taken: tuple[NotTaken, ...]


def notion_rows(sheet: Sheet, first_day: date) -> Rows:
    """The book's accounts as Notion pages.

    Values that Notion can hold go through as they stand, also those that the scan will refuse. Days to renewal become
    a contract end, counted from `first_day`, where the book gives no contract end.
    """
    rows: list[Row] = []
    accounts = {line.number: account_key(sheet, line) for line in sheet.lines}
    not_taken = [NotTaken(problem.line, accounts.get(problem.line, ""), problem.what) for problem in sheet.problems]
    for line in sheet.lines:
        values, problems = _page(sheet, line, first_day)
        not_taken += problems
        if values:
            rows.append(Row(properties=values, created_time=created(len(rows), first_day)))
    schema = _schema(sheet)
    book = Book(title=BOOK_TITLE, properties=schema, key=sheet.key.property, rows=rows, whole=True)
    return Rows(book, tuple(sorted(not_taken, key=lambda each: each.line)))


def created(number: int, first_day: date) -> str:
    """When a person entered the row of that number, in the order of the file from the day before the first one on."""
    start = datetime.combine(first_day - timedelta(days=1), time(), UTC)
    return f"{start + timedelta(minutes=number // ROWS_A_MINUTE):%Y-%m-%dT%H:%M:00.000Z}"


def names_of(sheet: Sheet) -> dict[str, str]:
    """The accounts' names, by what they are known by the next day."""
    return {line.cells[sheet.key.place]: _cell(sheet, line, NAMES.name) for line in sheet.lines}


def _schema(sheet: Sheet) -> Schema:
    """The account book's properties, with those that only this book has."""
    known = accounts_schema(NAMES)
    own = {column.property for column in sheet.recognised.columns} - known.keys()
    return known | {name: {"number": {"format": "number"}} for name in sorted(own)}


def account_key(sheet: Sheet, line: Line) -> str:
    """The account's id and name as they stand in the line."""
    shown = (_cell(sheet, line, NAMES.account_id), short(_cell(sheet, line, NAMES.name), LONGEST_SHOWN))
    return " ".join(filter(None, shown))


def _cell(sheet: Sheet, line: Line, property_name: str) -> str:
    column = sheet.recognised.named(property_name)
    return line.cells[column.place].strip() if column else ""


def _page(sheet: Sheet, line: Line, first_day: date) -> tuple[dict[str, Any], list[NotTaken]]:
    account = account_key(sheet, line)
    if not account:
        missing = f"neither {NAMES.name} nor {NAMES.account_id} is given; the line was left out"
        return {}, [NotTaken(line.number, "", missing)]
    values: dict[str, Any] = {}
    problems = []
    for column in sheet.recognised.columns:
        nothing, cell = empty(column.kind), line.cells[column.place].strip()
        value = value_of(column.kind, cell, first_day) if cell else nothing
        if value is None:
            shown = short(cell, LONGEST_SHOWN)
            problems.append(f"{column.heading} {shown!r} was left empty, expected {EXPECTED[column.kind]}")
        # A contract end may come from two columns: the date itself, else the days until then.
        if column.kind != "days" or values.get(column.property, nothing) == nothing:
            values[column.property] = value or nothing
    return values, [NotTaken(line.number, account, problem) for problem in problems]
