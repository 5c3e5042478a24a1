"""What feeds delivered, by key: the newest delivery of a key wins, in any order of processing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeVar

from customer_success.dataclass import dataclass

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """What orders two deliveries of the same key: the time of arrival, then the hash of the content.

    The hash makes the order total: of two files that arrived in the same moment the same one always wins.
    """

    arrived_at: datetime
    content_hash: str


@dataclass(frozen=True, slots=True)
class Stamped(Generic[Entry]):
    """An entry with the stamp of the delivery that brought it."""

    entry: Entry
    stamp: Stamp


def merge(stored: Mapping[str, Stamped[Entry]], delivered: Mapping[str, Stamped[Entry]]) -> dict[str, Stamped[Entry]]:
    """Both together: of each key the entry with the higher stamp. Merging is associative, commutative, idempotent."""
    merged = dict(stored)
    for key, entry in delivered.items():
        if key not in merged or merged[key].stamp < entry.stamp:
            merged[key] = entry
    return merged


def changed(stored: Mapping[str, Stamped[Entry]], merged: Mapping[str, Stamped[Entry]]) -> int:
    """How many keys have another entry than before; a newer stamp on the same entry is no change."""
    return sum(key not in stored or stored[key].entry != entry.entry for key, entry in merged.items())
