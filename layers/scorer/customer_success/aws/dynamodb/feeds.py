"""The feeds of the tenant: one item per kind and source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer_success.aws.dynamodb.stored import Stored
from customer_success.aws.dynamodb.table import ConditionNotMetError, Table
from customer_success.signals.freshness import Feed
from customer_success.signals.ports import Outdated

if TYPE_CHECKING:
    from customer_success.aws.dynamodb.items import Key


class DynamoFeeds:
    """`Feeds` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._feeds = Stored(table, Feed)

    def all(self) -> list[Feed]:
        return list(self._feeds.query(self._table.partition("FEEDS", "ALL")))

    def put(self, feed: Feed, before: Feed | None) -> None:
        condition = "attribute_not_exists(pk)" if before is None else "#body = :before"
        given = {} if before is None else {"before": self._feeds.body(before)}
        try:
            self._table.put(self._feeds.item(self._key(feed), feed), condition=condition, given=given)
        except ConditionNotMetError as error:
            raise Outdated(f"the feed {feed.slot} was written by another delivery meanwhile") from error

    def _key(self, feed: Feed) -> Key:
        return self._table.key("FEEDS", "ALL", str(feed.slot))
