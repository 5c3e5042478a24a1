"""Takes in a few lines and answers each of them, in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from types import MappingProxyType
from typing import Any, Literal

from customer_success.dataclass import dataclass
from customer_success.schemas import Refusal
from customer_success.signals.ingest import Delivery, EntryStatus, Ingest
from customer_success.signals.kinds import Kind
from customer_success.signals.records import from_object
from customer_success.signals.slots import DAYS_OF_ENTRIES, Holder

_DAY: Mapping[Kind, str] = MappingProxyType({"tickets": "closed", "invoices": "paid", "touchpoints": "at", "nps": "at"})
"""The field by which an entry grows too old, where it is not `date`."""


@dataclass(frozen=True, slots=True)
class TakenLine:
    """A line that was taken. One that is not `joined` waits until an account bears its id."""

    status: Literal["accepted", "unchanged"]
    account: str
    joined: bool


LineResult = TakenLine | tuple[Refusal, ...]
"""What became of a line: taken, or refused for what was wrong with it."""


def take_lines(ingest: Ingest, delivery: Delivery, lines: Sequence[Any]) -> list[LineResult]:
    """What became of each line. Of two lines for the same thing the later one counts, and both are answered alike.

    Raises `Unavailable` when the store is: what was merged by then merges again without a change.
    """
    notes = _Notes()
    ingest(delivery, ((number, from_object(line)) for number, line in enumerate(lines, start=1)), notes)
    return [notes.result(read, delivery.kind) for read in notes.lines]


@dataclass(slots=True)
class _Notes:
    """What became of each line, as the ingest notes it."""

    lines: list[tuple[str, str] | tuple[Refusal, ...]] = field(default_factory=list)
    holders: dict[str, Holder] = field(default_factory=dict)
    statuses: dict[tuple[Holder, str], EntryStatus] = field(default_factory=dict)

    def refused(self, refusals: Sequence[Refusal]) -> None:
        self.lines.append(tuple(refusals))

    def read(self, account: str, key: str) -> None:
        self.lines.append((account, key))

    def joined(self, account: str, holder: Holder) -> None:
        self.holders[account] = holder

    def merged(self, holder: Holder, key: str, status: EntryStatus) -> None:
        self.statuses[holder, key] = status

    def result(self, line: tuple[str, str] | tuple[Refusal, ...], kind: Kind) -> LineResult:
        match line:
            case (str() as account, str() as key):
                holder = self.holders[account]
                status = self.statuses[holder, key]
                if status == "too old":
                    return (_too_old(kind),)
                return TakenLine(status, account, holder.account_id is not None)
            case refusals:
                return refusals


def _too_old(kind: Kind) -> Refusal:
    bound = f"a day in the {DAYS_OF_ENTRIES[kind]} days up to the newest one that the feed delivered"
    return Refusal(_DAY.get(kind, "date"), "", bound, f"lies too far back to be stored: it must be {bound}")
