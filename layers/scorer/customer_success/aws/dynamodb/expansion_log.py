"""What each day brought for expansion: the entries of a day lie together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from customer_success.aws.dynamodb.items import Item, Key, expiry, key_of, shortened
from customer_success.aws.dynamodb.stored import Stored
from customer_success.expansion.entry import ExpansionEntry

if TYPE_CHECKING:
    from customer_success.aws.dynamodb.table import Table

STORED_DAYS = 90


class DynamoExpansionLog:
    """`ExpansionLog` in the table. Entries are stored for 90 days."""

    def __init__(self, table: Table, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._entries = Stored(table, ExpansionEntry)
        self._clock = clock

    def plan(self, entries: Iterable[ExpansionEntry]) -> None:
        items: dict[Key, Item] = {}
        for entry in entries:
            items.setdefault(self._key(entry), self._item(entry))
        there = {key_of(item) for item in self._table.get_many(items, only="pk, sk")}
        self._table.put_many(item for key, item in items.items() if key not in there)

    def settle(self, entry: ExpansionEntry) -> None:
        self._table.put(self._item(entry))

    def on(self, day: date) -> Iterator[ExpansionEntry]:
        return self._entries.query(self._table.partition("EXPANSIONS", day.isoformat()))

    def _item(self, entry: ExpansionEntry) -> Item:
        return self._entries.item(self._key(entry), entry, expires_at=expiry(self._clock(), STORED_DAYS))

    def _key(self, entry: ExpansionEntry) -> Key:
        """The id of an account that is just short enough makes a handoff id that is too long."""
        return self._table.key("EXPANSIONS", entry.on.isoformat(), shortened(entry.key))
