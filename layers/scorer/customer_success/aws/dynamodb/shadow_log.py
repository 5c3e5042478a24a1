"""Shadowed outputs day by day, stored for 90 days."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

from customer_success.aws.dynamodb.items import expiry, shortened, text
from customer_success.aws.dynamodb.stored import Stored
from customer_success.shadow.outputs import KINDS, Kind, ShadowedOutput

if TYPE_CHECKING:
    from customer_success.aws.dynamodb.table import Table

STORED_DAYS = 90
LARGEST_ITEM = 300 * 1024
"""Bytes of text; the table takes 400 KB."""


class DynamoShadowLog:
    """`ShadowLog` in the table. The days are listed apart, so that the latest one is found without reading them."""

    def __init__(self, table: Table, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._outputs = Stored(table, ShadowedOutput)
        self._clock = clock
        self._listed: set[date] = set()

    def put(self, output: ShadowedOutput) -> None:
        expires_at = expiry(self._clock(), STORED_DAYS)
        day = output.on.isoformat()
        if output.on not in self._listed:
            listed = self._table.key("SHADOW", "DAYS", day)
            self._table.put({**listed.attributes, "day": text(day), "expires_at": expires_at})
            self._listed.add(output.on)
        key = self._table.key("SHADOW", day, _place(output.kind, output.key))
        self._table.put(self._outputs.item(key, _cut(output), expires_at=expires_at))

    def days(self, most: int) -> list[date]:
        listed = self._table.query(self._table.partition("SHADOW", "DAYS"), newest_first=True, page=most)
        return [date.fromisoformat(item["day"]["S"]) for item in islice(listed, most)]

    def on(self, day: date, kind: Kind, after: str = "") -> Iterator[ShadowedOutput]:
        found = self._outputs.query(
            self._table.partition("SHADOW", day.isoformat()),
            between=(_place(kind, after), f"{_place(kind, '')}\U0010ffff"),
        )
        return (output for output in found if output.key != after)


def _place(kind: Kind, key: str) -> str:
    return shortened(f"{KINDS.index(kind)}#{key}")


def _cut(output: ShadowedOutput) -> ShadowedOutput:
    """The same without the lines for which an item has no room."""
    lines, left = [], LARGEST_ITEM
    for line in output.lines:
        left -= len(line.encode("utf-8", "surrogatepass"))
        if left < 0:
            lines.append("… cut: too long to be stored")
            break
        lines.append(line)
    return ShadowedOutput(output.on, output.kind, output.key, output.title, output.recipient, tuple(lines))
