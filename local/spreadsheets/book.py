"""An account book in a file, read by the reader of all files, with its values as the properties of Notion take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from connectors.notion.names import PropertyNames
from customer_success.accounts.status_words import meaning_of
from customer_success.reading.accounts import AccountValues, Asked, Reading, read_accounts
from customer_success.reading.columns import ReadColumn
from customer_success.reading.dates import LAST
from customer_success.reading.errors import UnreadableTableError
from customer_success.reading.headings import count_known
from customer_success.reading.mapping import ColumnMap, Map
from customer_success.reading.numbers import plain_number
from customer_success.reading.tables import Cell
from customer_success.reading.words import plain
from local.reading.files import read_table
from local.spreadsheets.cells import value_of
from local.spreadsheets.columns import (
    NAMES,
    Column,
    Ignored,
    Recognised,
    column_of,
    field_of,
    own_fields,
    written_by_the_scan,
)
from local.spreadsheets.errors import SpreadsheetError


@dataclass(frozen=True, slots=True)
class Line:
    """One account of the file: the number of its line, counted from 1, and its cells as properties take them."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What of a line could not be read for sure, and is left out."""

    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's recognised columns and its lines, each with as many cells as there are headings.

    `key` is the column by which an account is known again the next day. A cell that cannot be read stands as it is
    written where that is harmless; `problems` are the others, and the lines that are no accounts. `reading` is what
    the reader made of the file.
    """

    path: Path
    headings: tuple[str, ...]
    recognised: Recognised
    key: Column
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]
    reading: Reading


def read_book(
    path: Path,
    own: PropertyNames = NAMES,
    *,
    run_date: date = LAST,
    given: Map | None = None,
    also: Mapping[str, str] | None = None,
) -> Sheet:
    """Read the file, whose columns may have the team's `own` names; `also` are further headings with their fields.

    Raises `SpreadsheetError`, naming the file and what would be right, if it is no account book.
    """
    given = given or Map()
    named = {**(also or {}), **own_fields(own, ())}
    own_headings = {plain(heading) for heading in (*named, *given.columns)}

    def known(headings: Sequence[str]) -> int:
        return count_known(headings) + sum(1 for heading in headings if plain(heading) in own_headings)

    try:
        table = read_table(path, known)
        named |= own_fields(own, table.headings)
        named |= dict.fromkeys(written_by_the_scan(own) - written_by_the_scan(NAMES), "")
        asked = Asked(run_date, map=_with_names(given, named), keep_repeated=True)
        return _sheet(path, read_accounts(table, asked))
    except UnreadableTableError as error:
        text = str(error)
        raise SpreadsheetError(text if text.startswith(str(path)) else f"{path}: {text}") from error


def _with_names(given: Map, names: Mapping[str, str]) -> Map:
    named = {plain(heading): ColumnMap(field) for heading, field in names.items()}
    return replace(given, columns={**named, **given.columns})


def read_text(path: Path) -> str:
    """The file as text. Raises `SpreadsheetError` if it is missing, empty or no UTF-8."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SpreadsheetError(f"{path}: {error.strerror}; expected a CSV file") from error
    try:
        return content.decode("utf-8-sig").replace("\0", "")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SpreadsheetError(f"{path}, line {line}: this is not UTF-8; save it as CSV (UTF-8)") from error


def _sheet(path: Path, reading: Reading) -> Sheet:
    columns = _columns(reading)
    added = _added(reading, columns, len(reading.table.headings))
    headings = (*reading.table.headings, *(column.heading for column in added))
    by_line = {line.number: line.cells for line in reading.table.lines}
    read = {column.place: column for column in reading.columns}
    lines: list[Line] = []
    problems = [
        Problem(row.number, f"{row.reason}; the line was left out") for row in reading.not_accounts if row.shown
    ]
    for account in reading.accounts:
        raw = by_line[account.line]
        cells = [_text(cell) for cell in raw] + [""] * len(added)
        for column in (*columns, *added):
            cell = raw[column.place] if column.place < len(raw) else ""
            value = _canonical(column, account, _text(cell).strip())
            if value is None and column.place in read and (reason := read[column.place].problems.get(cell)):
                value, harmless = _as_it_stands(column, read[column.place], cell)
                if not harmless:
                    shown = f"{column.heading} {_text(cell).strip()[:40]!r}"
                    problems.append(Problem(account.line, f"{shown} was left empty: {reason}"))
            cells[column.place] = value or ""
        lines.append(Line(account.line, tuple(cells)))
    ignored = [Ignored(column.heading, column.reason or "not known") for column in reading.left_out]
    ignored += [Ignored(column.heading, f"{column.reason}. MAP: {column.cure}") for column in reading.refused]
    recognised = Recognised(tuple(sorted((*columns, *added), key=lambda c: c.kind == "days")), tuple(ignored))
    if recognised.key is None:
        raise SpreadsheetError(f"{path}: no column is called {NAMES.name} or {NAMES.account_id}")
    return Sheet(path, headings, recognised, recognised.key, tuple(lines), tuple(problems), reading)


def _columns(reading: Reading) -> list[Column]:
    """The columns that become properties. Of several columns of people the one counts that the reader chose."""
    columns: dict[str, Column] = {}
    people = set(reading.people.values())
    for column in reading.columns:
        if column.field.name in _OF_PEOPLE and column.heading not in people:
            continue
        field = "arr" if column.field.name == "mrr" else column.field.name
        found = column_of(column.place, column.heading, field)
        if found and (found.kind == "days" or found.property not in columns):
            columns[found.property + found.kind * (found.kind == "days")] = found
    return list(columns.values())


def _added(reading: Reading, columns: Sequence[Column], width: int) -> list[Column]:
    """Properties that no column of the file is: the ids of other tools, and a status that follows from others."""
    there = {column.property for column in columns}
    added: list[Column] = []
    for field in ("status", "external_ids"):
        found = column_of(width + len(added), getattr(NAMES, field), field)
        if found and found.property not in there and any(field in account.values for account in reading.accounts):
            added.append(found)
    return added


def _canonical(column: Column, account: AccountValues, raw: str) -> str | None:
    """The value of a property as text that means the same to everybody, None where it is unknown."""
    values = account.values
    match column.property:
        case NAMES.owner_email:
            return values.get("owner_email") or values.get("owner_name")
        case NAMES.primary_contact_email:
            return values.get("primary_contact_email")
        case NAMES.status:
            return _status(values.get("status"), raw)
    field = field_of(column)
    value = values.get(field)
    return _OPTIONS.get(value, value) if field in _CHOICES else _written(value)


def _status(value: str | None, word: str) -> str | None:
    """The team's own word, unless other columns, or a tool's own words, say something else."""
    if word and {"active": "active", "left": "inactive"}.get(meaning_of(word), word) == value:
        return word
    return {"active": "Active", "inactive": "Inactive"}.get(value or "", value)


def _written(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "Yes" if value else "No"
        case int() | float():
            return plain_number(value)
        case date():
            return value.isoformat()
        case tuple():
            return ", ".join(map(str, value))
    return str(value)


def _as_it_stands(column: Column, read: ReadColumn, cell: Cell) -> tuple[str | None, bool]:
    """A cell that could not be read, where its property cannot take it for something else; else nothing."""
    if cell in read.beyond:
        return _written(read.beyond[cell]), True
    text = _text(cell)
    if read.field.kind in ("word", "payment", "yes_no", "people") or value_of(column.kind, text.strip(), LAST) is None:
        return text, True
    return None, False


def _text(cell: Cell) -> str:
    if isinstance(cell, date):
        return cell.isoformat()
    return plain_number(cell) if isinstance(cell, float) else str(cell)


_OF_PEOPLE = frozenset({"csm", "owner", "primary_contact", "primary_contact_email", "contact_name"})
_CHOICES = frozenset({"usage_trend", "stakeholder_engagement", "invoice_payment_status", "avg_ticket_sentiment"})
_OPTIONS: Mapping[Any, str] = {
    word: word.replace("_", " ").title()
    for word in (
        *("growing", "stable", "declining", "inactive", "high", "medium", "low"),
        *("current", "overdue_30", "overdue_60", "overdue_90_plus", "positive", "neutral", "negative", "critical"),
    )
}
"""The values of choices as Notion's options have them."""
