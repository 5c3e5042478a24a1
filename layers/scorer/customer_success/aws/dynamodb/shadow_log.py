"""What a deployment in shadow would have let out, day by day. It is kept for 90 days."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice

from customer_success.aws.dynamodb.items import expiry, shortened, text
from customer_success.aws.dynamodb.stored import Stored
from customer_success.aws.dynamodb.table import Table
from customer_success.shadow.withheld import KINDS, Kind, Withheld

KEPT_DAYS = 90
LARGEST_ITEM = 300 * 1024
"""Bytes of text; the table takes 400 KB."""


class DynamoShadowLog:
    """`ShadowLog` in the table. The days are listed apart, so that the latest one is found without reading them."""

    def __init__(self, table: Table, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._withheld = Stored(table, Withheld)
        self._clock = clock
        self._listed: set[date] = set()

    def put(self, withheld: Withheld) -> None:
        expires_at = expiry(self._clock(), KEPT_DAYS)
        day = withheld.on.isoformat()
        if withheld.on not in self._listed:
            listed = self._table.key("SHADOW", "DAYS", day)
            self._table.put({**listed.attributes, "day": text(day), "expires_at": expires_at})
            self._listed.add(withheld.on)
        key = self._table.key("SHADOW", day, _place(withheld.kind, withheld.key))
        self._table.put(self._withheld.item(key, _cut(withheld), expires_at=expires_at))

    def days(self, most: int) -> list[date]:
        listed = self._table.query(self._table.partition("SHADOW", "DAYS"), newest_first=True, page=most)
        return [date.fromisoformat(item["day"]["S"]) for item in islice(listed, most)]

    def on(self, day: date, kind: Kind, after: str = "") -> Iterator[Withheld]:
        kept = self._withheld.query(
            self._table.partition("SHADOW", day.isoformat()),
            between=(_place(kind, after), f"{_place(kind, '')}\U0010ffff"),
        )
        return (withheld for withheld in kept if withheld.key != after)


def _place(kind: Kind, key: str) -> str:
    return shortened(f"{KINDS.index(kind)}#{key}")


def _cut(withheld: Withheld) -> Withheld:
    """The same without the lines for which an item has no room."""
    lines, left = [], LARGEST_ITEM
    for line in withheld.lines:
        left -= len(line.encode("utf-8", "surrogatepass"))
        if left < 0:
            lines.append("… cut: too long to be kept")
            break
        lines.append(line)
    return Withheld(withheld.on, withheld.kind, withheld.key, withheld.title, withheld.recipient, tuple(lines))
