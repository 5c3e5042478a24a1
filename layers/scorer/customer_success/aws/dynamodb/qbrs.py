"""The quarterly reviews: those of a quarter lie together, those that a contract's end called for by themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from customer_success.aws.dynamodb.items import Item, Key, expiry, key_of
from customer_success.aws.dynamodb.stored import Stored
from customer_success.reviews.qbr import Qbr, QbrKey, QbrText

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from customer_success.aws.dynamodb.table import Table

STORED_DAYS = 800
"""Two years and a bit: a review is compared with that of a year before."""
BY_CONTRACT = "contract"
BESIDE: dict[str, Any] = {"content": {"trigger": True}}
"""What the version before this one refuses in a body."""


class DynamoQbrs:
    """`Qbrs` in the table. They are stored for 800 days."""

    def __init__(self, table: Table, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._qbrs = Stored(table, Qbr)
        self._texts = Stored(table, QbrText, beside=BESIDE)
        self._clock = clock

    def get(self, key: QbrKey) -> Qbr | None:
        return self._qbrs.get(self._key(key))

    def put(self, qbr: Qbr) -> None:
        self._table.put(self._item(qbr))

    def add(self, qbrs: Iterable[Qbr]) -> None:
        items = {key_of(item): item for item in map(self._item, qbrs)}
        there = {key_of(item) for item in self._table.get_many(items, only="pk, sk")}
        self._table.put_many(item for key, item in items.items() if key not in there)

    def of_period(self, period: str) -> Iterator[Qbr]:
        return self._qbrs.query(self._table.partition("QBRS", period))

    def known(self, keys: Iterable[QbrKey]) -> set[QbrKey]:
        places = {self._key(key): key for key in keys}
        return {places[key_of(item)] for item in self._table.get_many(places, only="pk, sk")}

    def text(self, key: QbrKey) -> QbrText | None:
        stored = self._texts.get(self._text_key(key))
        if stored is None:
            return None
        # The evidence has it too, in rows of every version.
        content = stored.content.model_copy(update={"trigger": stored.evidence.trigger})
        return replace(stored, content=content)

    def put_text(self, key: QbrKey, text: QbrText) -> None:
        self._table.put(self._texts.item(self._text_key(key), text, expires_at=self._expiry()))

    def _item(self, qbr: Qbr) -> Item:
        return self._qbrs.item(self._key(qbr.key), qbr, expires_at=self._expiry())

    def _key(self, key: QbrKey) -> Key:
        """A review of a quarter lies with all others of it, by its account."""
        if key.contract_end:
            return self._table.key("QBRS", BY_CONTRACT, str(key))
        return self._table.key("QBRS", key.period, key.account_id)

    def _text_key(self, key: QbrKey) -> Key:
        return self._table.key("ACCOUNT", key.account_id, f"QBR#{key.contract_end or key.period}")

    def _expiry(self) -> AttributeValueTypeDef:
        return expiry(self._clock(), STORED_DAYS)
