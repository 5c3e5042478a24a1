"""The feeds of the tenant, together in one item: a scan reads them at once, each is written by itself."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from customer_success.aws.dynamodb.items import Update
from customer_success.aws.dynamodb.stored import Stored
from customer_success.aws.dynamodb.table import ConditionNotMetError, Table
from customer_success.signals.freshness import Feed
from customer_success.signals.ports import Outdated

if TYPE_CHECKING:
    from customer_success.aws.dynamodb.items import Item, Key

_PREFIX = "feed_"


class DynamoFeeds:
    """`Feeds` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self) -> list[Feed]:
        item = self._table.get(self._key()) or {}
        attributes = sorted(name for name in item if name.startswith(_PREFIX))
        return [feed for name in attributes for feed in self._stored(name).readable([item])]

    def put(self, feed: Feed, before: Feed | None) -> None:
        attribute = _PREFIX + sha256(str(feed.slot).encode()).hexdigest()[:16]
        stored = self._stored(attribute)
        condition = f"attribute_not_exists(#{attribute})" if before is None else f"#{attribute} = :before"
        given: Item = {} if before is None else {"before": stored.body(before)}
        try:
            self._table.update(Update(self._key(), {attribute: stored.body(feed)}, condition, given))
        except ConditionNotMetError as error:
            raise Outdated(f"the feed {feed.slot} was written by another delivery meanwhile") from error

    def _key(self) -> Key:
        return self._table.key("FEEDS", "ALL", "ALL")

    def _stored(self, attribute: str) -> Stored[Feed]:
        return Stored(self._table, Feed, attribute=attribute)
