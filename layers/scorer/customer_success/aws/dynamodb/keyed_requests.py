"""Requests that came under a key, with what they were answered: stored for a day."""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from customer_success.aws.dynamodb.items import Item, Key, Update, expiry, number, text
from customer_success.aws.dynamodb.table import ConditionNotMetError, Table
from customer_success.signals.ports import KeyedRequest

STORED_DAYS = 1
FREE = "attribute_not_exists(#pk) OR #expires_at <= :now"

logger = logging.getLogger(__name__)


class DynamoKeyedRequests:
    """`KeyedRequests` in the table, which deletes them some time after they expired."""

    def __init__(self, table: Table, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def begin(self, request: KeyedRequest) -> KeyedRequest:
        now = self._clock()
        item: Item = {
            **self._key(request.key).attributes,
            "body_hash": text(request.body_hash),
            "received_at": text(request.received_at.isoformat()),
            "expires_at": expiry(now, STORED_DAYS),
        }
        try:
            self._table.put(item, condition=FREE, given={"now": number(now)})
        except ConditionNotMetError as taken:
            return _read(request.key, taken.item or item)
        return replace(request, answer=None)

    def finish(self, request: KeyedRequest, answer: bytes) -> None:
        values: Item = {"answer": {"B": zlib.compress(answer, 6)}}
        given: Item = {"body_hash": text(request.body_hash)}
        try:
            self._table.update(Update(self._key(request.key), values, "#body_hash = :body_hash", given))
        except ConditionNotMetError:
            logger.warning("the request under the key %s expired before it was answered", request.key)

    def _key(self, key: str) -> Key:
        return self._table.key("REQUEST", key, "OBSERVATIONS")


def _read(key: str, item: Item) -> KeyedRequest:
    answer = zlib.decompress(item["answer"]["B"]) if "answer" in item else None
    received_at = datetime.fromisoformat(item["received_at"]["S"])
    return KeyedRequest(key, item["body_hash"]["S"], received_at, answer)
