"""The lines of a history file: on which day what was known of which account, and what of it cannot be used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from pydantic import ValidationError

from connectors.notion.account_page import account_of
from customer_success.schemas import CSMHealthSignals, refusals
from customer_success.scoring.health_status import Point
from customer_success.scoring.scorer import CSMHealthScorer, InsufficientDataError
from customer_success.scoring.words import too_little_known
from customer_success.text import short
from local.spreadsheets.book import Line, Sheet, read_book
from local.spreadsheets.cells import EXPECTED, value_of
from local.spreadsheets.columns import NAMES, USAGE_NAMES
from local.spreadsheets.errors import SpreadsheetError

DATE_HEADINGS: Mapping[str, str] = dict.fromkeys(("date", "day", "as of", "scored on"), "as_of")
"""What a column may be called that gives the day of a line."""
FIRST_DAY = date(2000, 1, 1)
SEVEN = time(7)
LONGEST_SHOWN = 40
SIGNALS = frozenset(
    {getattr(NAMES, field) for field in CSMHealthSignals.model_fields if hasattr(NAMES, field)}
    | {NAMES.contract_end, NAMES.last_interaction, NAMES.seats_bought, NAMES.seats_used}
)
"""The properties of an account that a score is made of."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that was not imported, and why."""

    line: int
    account: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.account or 'no account'}: {self.reason}"


class Known:
    """The accounts that scans have read, given as pairs of id and name."""

    def __init__(self, accounts: Iterable[tuple[str, str]]) -> None:
        self._ids: set[str] = set()
        self._by_name: dict[str, list[str]] = {}
        for account_id, name in accounts:
            self._ids.add(account_id)
            self._by_name.setdefault(name, []).append(account_id)

    def account_id(self, written: str) -> str | None:
        """The id of the account that goes by this id or, if only one does, by this name."""
        if written in self._ids:
            return written
        named = self._by_name.get(written, [])
        return named[0] if len(named) == 1 else None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that can be used: the account's score of that day."""

    line: int
    account_id: str
    point: Point


def read_history(path: Path, run_date: date) -> History:
    """The history in a file. Raises `SpreadsheetError`."""
    return History(read_book(path, run_date=run_date, also=DATE_HEADINGS))


class History:
    """A history file. Raises `SpreadsheetError` if it says on no line which day it is of, or holds no signals."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._problems: dict[int, list[str]] = {}
        for problem in sheet.problems:
            self._problems.setdefault(problem.line, []).append(problem.what)
        self._key = sheet.key.place
        self._day = _date_column(sheet)
        self._signals = [column for column in sheet.recognised.columns if column.property in SIGNALS]
        if not self._signals:
            raise SpreadsheetError(
                f"{sheet.path}, line 1: no column is a signal such as {NAMES.feature_adoption_rate} or "
                f"{NAMES.usage_trend}; a score alone cannot say what moved it, so it is not imported"
            )

        taken = {line.number for line in sheet.lines}
        self._left_out = [problem for problem in sheet.problems if problem.line not in taken]

    def __len__(self) -> int:
        return len(self._sheet.lines) + len(self._left_out)

    def entries(self, known: Known, scorer: CSMHealthScorer, today: date) -> Iterator[Entry | Rejected]:
        """Each line, scored or with the reason why it is not. A day must lie before `today`."""
        for problem in self._left_out:
            yield Rejected(problem.line, "", problem.what)
        at: dict[tuple[str, date], int] = {}
        for line in self._sheet.lines:
            made = self._entry(line, known, scorer, today)
            if isinstance(made, Entry):
                first = at.setdefault((made.account_id, made.point.run_date), line.number)
                if first != line.number:
                    reason = f"{made.point.run_date} of this account stands on line {first} already"
                    made = Rejected(line.number, self._account(line), reason)
            yield made

    def _entry(self, line: Line, known: Known, scorer: CSMHealthScorer, today: date) -> Entry | Rejected:
        account = self._account(line)
        account_id = known.account_id(account)
        if account_id is None:
            return Rejected(
                line.number, short(account, LONGEST_SHOWN), "no scan has read an account of that id or name"
            )
        on = self._on(line, today)
        if isinstance(on, str):
            return Rejected(line.number, account, on)
        signals, problems = self._signals_of(line, on)
        problems += self._problems.get(line.number, [])
        if problems:
            return Rejected(line.number, account, "; ".join(problems))
        try:
            known_then = CSMHealthSignals.model_validate(signals)
            score = scorer.score(known_then, account_id=account_id, now=datetime.combine(on, SEVEN, UTC))
        except ValidationError as error:
            return Rejected(line.number, account, "; ".join(str(refusal) for refusal in refusals(error)))
        except InsufficientDataError as error:
            return Rejected(line.number, account, too_little_known(error))
        return Entry(line.number, account_id, Point(on, score))

    def _account(self, line: Line) -> str:
        return line.cells[self._key].strip()

    def _on(self, line: Line, today: date) -> date | str:
        """The day of the line, or what is wrong with it."""
        cell = line.cells[self._day].strip()
        try:
            on = datetime.fromisoformat(cell).date()
        except ValueError:
            on = date.min
        if FIRST_DAY <= on < today:
            return on
        heading = self._sheet.headings[self._day]
        return f"{heading} {short(cell, LONGEST_SHOWN)!r}, expected a day from {FIRST_DAY} until before {today}"

    def _signals_of(self, line: Line, on: date) -> tuple[dict[str, object], list[str]]:
        """The signals, read as those of an account's page are, and the cells that cannot be read."""
        properties: dict[str, dict[str, object]] = {}
        problems: list[str] = []
        for column in self._signals:
            cell = line.cells[column.place].strip()
            value = value_of(column.kind, cell, on) if cell else None
            if value:
                properties.setdefault(column.property, {"type": next(iter(value)), **value})
            elif cell:
                problems.append(f"{column.heading} {short(cell, LONGEST_SHOWN)!r}, expected {EXPECTED[column.kind]}")
        page = account_of({"id": "", "properties": properties}, NAMES)
        return page.signals_on(on), [*problems, *map(str, page.unreadable)]


def _date_column(sheet: Sheet) -> int:
    column = sheet.recognised.named(USAGE_NAMES.as_of)
    if column is None:
        raise SpreadsheetError(f"{sheet.path}, line 1: no column says of which day a line is; call it Date")
    return column.place
