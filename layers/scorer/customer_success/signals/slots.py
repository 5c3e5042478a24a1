"""What one feed delivered of one account, as it is stored: entries by key, each with the stamp of its delivery."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from customer_success.dataclass import dataclass
from customer_success.signals.kinds import Kind
from customer_success.signals.stamped import Stamp, Stamped, merge
from customer_success.signals.usage import DAYS_STORED

Fields = list[object]
"""An entry as it is stored: plain JSON values, in the order of its kind."""

DAYS_OF_ENTRIES: Mapping[Kind, int] = {
    "usage": DAYS_STORED,
    "tickets": 400,
    "invoices": 400,
    "touchpoints": 200,
    "nps": 400,
    "features": 400,
    "signals": 400,
    "contracts": 400,
}
"""For how long before the newest day of its slot an entry is stored. Outcomes are stored for good."""

MOST_ENTRIES = 4_000
"""Of one feed and account; the newest stay. A slot with more would be too large for an item."""


class SlotName(NamedTuple):
    """Of which feed a slot is."""

    kind: Kind
    source: str

    def __str__(self) -> str:
        return f"{self.kind}#{self.source}"


class Holder(NamedTuple):
    """Whose slot it is: an account's, or that of a key of a source which no account has yet."""

    account_id: str | None
    unjoined: tuple[str, str] | None = None
    """The source and the key as the feed wrote it."""

    @classmethod
    def account(cls, account_id: str) -> Holder:
        return cls(account_id)

    @classmethod
    def waiting(cls, source: str, key: str) -> Holder:
        return cls(None, (source, key))


@dataclass(frozen=True, slots=True)
class Slot:
    """The entries of one feed and account. `first` is the first day that the feed ever spoke of."""

    entries: Mapping[str, Stamped[Fields]] = field(default_factory=dict)
    first: date | None = None

    def with_(self, delivered: Mapping[str, Stamped[Fields]], kind: Kind, first: date | None) -> Slot:
        """The slot with a delivery merged into it, without what is too old to count."""
        merged = merge(self.entries, delivered)
        return Slot(_pruned(merged, kind), min(filter(None, (self.first, first)), default=None))

    def joined_with(self, other: Slot, kind: Kind) -> Slot:
        """Both slots as one."""
        return self.with_(other.entries, kind, other.first)


def packed(name: SlotName, slot: Slot) -> bytes:
    """The slot as it is stored: compressed JSON, in which each delivery's stamp stands once.

    The same slot always packs to the same bytes, so that a write can be conditional on what was read.
    """
    stamps = sorted({held.stamp for held in slot.entries.values()})
    number = {stamp: index for index, stamp in enumerate(stamps)}
    stored = {
        "slot": list(name),
        "first": as_text(slot.first),
        "deliveries": [[stamp.arrived_at.isoformat(), stamp.content_hash] for stamp in stamps],
        "entries": {key: [number[held.stamp], *held.entry] for key, held in sorted(slot.entries.items())},
    }
    return zlib.compress(json.dumps(stored, separators=(",", ":")).encode(), 6)


def unpacked(stored: bytes) -> tuple[SlotName, Slot]:
    """The slot that `packed` stored, and its name."""
    read = json.loads(zlib.decompress(stored))
    stamps = [Stamp(datetime.fromisoformat(arrived_at), content) for arrived_at, content in read["deliveries"]]
    entries = {key: Stamped(fields, stamps[number]) for key, (number, *fields) in read["entries"].items()}
    return SlotName(*read["slot"]), Slot(entries, date.fromisoformat(read["first"]) if read["first"] else None)


def _pruned(entries: dict[str, Stamped[Fields]], kind: Kind) -> dict[str, Stamped[Fields]]:
    """Without what lies too long before the newest day, and of too many entries the newest."""
    days = {key: _day_of(kind, held.entry, key) for key, held in entries.items()}
    newest = max((day for day in days.values() if day), default=None)
    if newest is None:
        return entries
    start = newest - timedelta(days=DAYS_OF_ENTRIES.get(kind, 400))
    left = {key: held for key, held in entries.items() if (day := days[key]) is None or day > start}
    if len(left) <= MOST_ENTRIES:
        return left
    latest = sorted(left, key=lambda key: (days[key] or date.max, key))[-MOST_ENTRIES:]
    return {key: left[key] for key in latest}


def _day_of(kind: Kind, fields: Fields, key: str) -> date | None:
    """The day that an entry speaks of; None where it is open, or an outcome, and must not be forgotten."""
    match kind:
        case "usage":
            return date.fromisoformat(key[:10])
        case "tickets" | "invoices":
            return date.fromisoformat(str(fields[1])) if fields[1] else None
        case "touchpoints":
            return date.fromisoformat(str(fields[0]))
        case "nps":
            return date.fromisoformat(str(fields[2]))
    return None


def as_text(day: date | None) -> str | None:
    """A day as it is stored."""
    return None if day is None else day.isoformat()
