"""The accounts of a file as they are to stand in Notion, and what of it cannot be loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from connectors.notion.account_page import account_of
from connectors.notion.names import PropertyNames
from connectors.text import clean, one_line
from customer_success.identifiers import ID_BOUND, LONGEST_ID, is_nameable
from customer_success.schemas import CSMHealthSignals, refusals
from customer_success.text import short
from local.notion.importing.targets import ColumnTarget
from local.spreadsheets.book import Line, Sheet
from local.spreadsheets.columns import NAMES
from local.spreadsheets.fitting import Fitted, Unfit, fitted
from local.spreadsheets.rows import LONGEST_SHOWN, NotTaken


@dataclass(frozen=True, slots=True)
class FileAccount:
    """One account of the file: the values of its filled cells by the team's properties."""

    line: int
    account_id: str
    name: str
    values: Mapping[str, Fitted]

    def __str__(self) -> str:
        return shown_as(self.account_id, self.name)


@dataclass(frozen=True, slots=True)
class FileAccounts:
    """A file's accounts. `refused` are lines that are none, `left_out` cells that no property can hold.

    `named` are the Account IDs of all lines. `doubtful` are values that are loaded as they stand, and that the scan
    will not take.
    """

    accounts: tuple[FileAccount, ...]
    named: Set[str]
    refused: tuple[NotTaken, ...]
    left_out: tuple[NotTaken, ...]
    doubtful: tuple[NotTaken, ...]


def accounts_of(sheet: Sheet, targets: Sequence[ColumnTarget], names: PropertyNames, today: date) -> FileAccounts:
    """Read the lines, whose key is the Account ID. Signals are validated as those of `today`."""
    lines_of: dict[str, list[int]] = {}
    for line in sheet.lines:
        lines_of.setdefault(_account_id(sheet, line), []).append(line.number)
    accounts: list[FileAccount] = []
    taken = {line.number for line in sheet.lines}
    refused = [NotTaken(each.line, "", each.what) for each in sheet.problems if each.line not in taken]
    left_out, doubtful = [], []
    for line in sheet.lines:
        account_id, name = _account_id(sheet, line), _name(sheet, line)
        if reason := _wrong(account_id, lines_of[account_id]):
            refused.append(NotTaken(line.number, shown_as(account_id, name), reason))
            continue
        values, unfit = _values(line, targets)
        account = FileAccount(line.number, account_id, name, values)
        unfit += [problem.what for problem in sheet.problems if problem.line == line.number]
        accounts.append(account)
        left_out += [NotTaken(line.number, str(account), what) for what in unfit]
        doubtful += [NotTaken(line.number, str(account), what) for what in _doubts(account, names, today)]
    return FileAccounts(tuple(accounts), lines_of.keys(), tuple(refused), tuple(left_out), tuple(doubtful))


def shown_as(account_id: str, name: str) -> str:
    """An account by its id and name, as far as they are given, in one line."""
    return " ".join(short(one_line(text), LONGEST_SHOWN) for text in (account_id, name) if text)


def _account_id(sheet: Sheet, line: Line) -> str:
    return clean(line.cells[sheet.key.place]).strip()


def _name(sheet: Sheet, line: Line) -> str:
    column = sheet.recognised.named(NAMES.name)
    return one_line(line.cells[column.place]) if column else ""


def _wrong(account_id: str, lines: Sequence[int]) -> str | None:
    if not account_id:
        return f"{NAMES.account_id} is not given"
    if len(account_id.encode()) > LONGEST_ID:
        return f"{NAMES.account_id} is longer than {LONGEST_ID} bytes"
    if not is_nameable(account_id):
        return f"{NAMES.account_id} {account_id!r} cannot be an account's id; expected {ID_BOUND}"
    if len(lines) > 1:
        return f"{NAMES.account_id} {account_id!r} stands on lines {', '.join(map(str, lines))}; expected it once"
    return None


def _values(line: Line, targets: Sequence[ColumnTarget]) -> tuple[dict[str, Fitted], list[str]]:
    values, unfit = {}, []
    for target in targets:
        cell = line.cells[target.column.place].strip()
        if not cell:
            continue
        match fitted(target.definition, cell):
            case Fitted() as value:
                values[target.property] = value
            case Unfit(expected):
                shown = short(one_line(cell), LONGEST_SHOWN)
                unfit.append(f"{target.column.heading} {shown!r} is left out, expected {expected}")
    return values, unfit


def _doubts(account: FileAccount, names: PropertyNames, today: date) -> list[str]:
    """What the scan will say, by the very rules of the scan."""
    read = account_of({"id": "", "properties": {name: value.shown for name, value in account.values.items()}}, names)
    doubts = list(map(str, read.unreadable))
    try:
        CSMHealthSignals.model_validate({**read.signals_on(today), **read.signals})
    except ValidationError as error:
        doubts += map(str, refusals(error))
    return doubts
