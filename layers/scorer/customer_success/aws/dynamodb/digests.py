"""The digests, in items small enough for the table. The head comes last: a digest is there whole, or not."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import groupby, islice
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from customer_success.alerts.digest import Digest, Section
from customer_success.aws.dynamodb.items import Item, expiry, number
from customer_success.aws.dynamodb.stored import Stored
from customer_success.batches import batches
from customer_success.documents import Line
from customer_success.errors import Unreadable

if TYPE_CHECKING:
    from customer_success.aws.dynamodb.table import Table

STORED_DAYS = 90
LARGEST_PART = 300 * 1024
"""Bytes of lines in one item; the table takes 400 KB."""

LOST = Section("", (Line("A part of this cannot be read any more: the log says which.", strong=True),))

logger = logging.getLogger(__name__)


class DynamoDigests:
    """`Digests` in the table. They are stored for 90 days."""

    def __init__(self, table: Table, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._heads = Stored(table, Digest)
        self._parts = Stored(table, Section)
        self._clock = clock

    def put(self, digest: Digest) -> None:
        expires_at = expiry(self._clock(), STORED_DAYS)
        parts = list(_parts(digest))
        self._table.put_many(
            self._parts.item(
                self._table.key("DIGEST", digest.digest_id, f"SECTION#{place:04d}"),
                part,
                section=number(section),
                expires_at=expires_at,
            )
            for place, (section, part) in enumerate(parts)
        )
        head = self._heads.item(
            self._table.key("DIGEST", digest.digest_id, "HEAD"),
            replace(digest, sections=()),
            parts=number(len(parts)),
            expires_at=expires_at,
        )
        self._table.put(head)

    def get(self, digest_id: str) -> Digest | None:
        items = self._table.query(self._table.partition("DIGEST", digest_id))
        head = next(items, None)
        if head is None or head["sk"]["S"] != "HEAD":
            return None
        parts = islice(items, int(head["parts"]["N"]))
        sections = groupby(parts, key=lambda item: item["section"]["N"])
        return replace(
            self._heads.read(head),
            sections=tuple(_joined(map(self._part, same)) for _, same in sections),
        )

    def _part(self, item: Item) -> Section:
        """A piece of a section. One that this version cannot read costs itself alone, and the digest says so."""
        try:
            return self._parts.read(item)
        except Unreadable as error:
            logger.error("a part of a digest is left out: %s", error)
            return LOST


def _parts(digest: Digest) -> Iterator[tuple[int, Section]]:
    """The sections in pieces that fit into an item, each with the place of its section."""
    for place, section in enumerate(digest.sections):
        if not section.lines:
            yield place, section
        for lines in batches(section.lines, weight=LARGEST_PART, weigh=_bytes):
            yield place, Section(section.title, tuple(lines))


def _bytes(line: Line) -> int:
    return len(_line_adapter().dump_json(line))


def _joined(parts: Iterable[Section]) -> Section:
    found = list(parts)
    title = next((part.title for part in found if part is not LOST), "Not readable")
    return Section(title, tuple(line for part in found for line in part.lines))


@cache
def _line_adapter() -> TypeAdapter[Line]:
    return TypeAdapter(Line)
