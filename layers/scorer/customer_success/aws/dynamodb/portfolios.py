"""The snapshots of the book, in parts small enough for the table. What makes one the latest comes last."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from customer_success.accounts.portfolio import PortfolioLine, Snapshot
from customer_success.aws.dynamodb.items import Item, Key, expiry
from customer_success.aws.dynamodb.stored import Stored
from customer_success.errors import Misconfigured

if TYPE_CHECKING:
    from customer_success.aws.dynamodb.table import Table

STORED_DAYS = 7
STORED_DAYS_OF_PARTS = STORED_DAYS + 1
"""Longer than what refers to them: as long as a snapshot can be found, its lines are there."""


class DynamoPortfolios:
    """`Portfolios` in the table. They are stored for 7 days. A complete snapshot is never overwritten."""

    def __init__(self, table: Table, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._heads = Stored(table, Snapshot)
        self._parts = Stored(table, list[PortfolioLine])
        self._clock = clock

    def write(self, snapshot: Snapshot, parts: Iterable[Sequence[PortfolioLine]]) -> None:
        head = self._table.get(self._head(snapshot.run))
        if head is None:
            head = self._written(snapshot, parts)
        self._table.put({**head, **self._latest.attributes})

    def latest(self) -> Snapshot | None:
        return self._stored(self._latest)

    def get(self, run: str) -> Snapshot | None:
        return self._stored(self._head(run))

    def part(self, run: str, number: int) -> Sequence[PortfolioLine]:
        """As the port says. Raises `Misconfigured` if it is not there."""
        lines = self._parts.get(self._part(run, number))
        if lines is None:
            raise Misconfigured(f"part {number} of the snapshot of {run!r} is not in the table: was it deleted?")
        return lines

    def _written(self, snapshot: Snapshot, parts: Iterable[Sequence[PortfolioLine]]) -> Item:
        """Write the parts, and then the head by which they are found; it comes back."""
        now = self._clock()
        self._table.put_many(
            self._parts.item(
                self._part(snapshot.run, number), list(lines), expires_at=expiry(now, STORED_DAYS_OF_PARTS)
            )
            for number, lines in enumerate(parts)
        )
        head = self._heads.item(self._head(snapshot.run), snapshot, expires_at=expiry(now, STORED_DAYS))
        self._table.put(head)
        return head

    def _stored(self, key: Key) -> Snapshot | None:
        """The table deletes what has expired when it comes to it, the head before its parts or after."""
        item = self._table.get(key)
        if item is None or float(item["expires_at"]["N"]) <= self._clock():
            return None
        return self._heads.read(item)

    @property
    def _latest(self) -> Key:
        return self._table.key("PORTFOLIO", "LATEST", "HEAD")

    def _head(self, run: str) -> Key:
        return self._table.key("PORTFOLIO", run, "HEAD")

    def _part(self, run: str, number: int) -> Key:
        return self._table.key("PORTFOLIO", run, f"PART#{number:04d}")
