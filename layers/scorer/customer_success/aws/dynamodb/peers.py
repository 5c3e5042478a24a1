"""How feature adoption is spread over the accounts of each group: one item per group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from customer_success.adoption.peers import PeerGroup
from customer_success.aws.dynamodb.items import Key, shortened
from customer_success.aws.dynamodb.stored import Stored

if TYPE_CHECKING:
    from customer_success.aws.dynamodb.table import Table


class DynamoAdoptionPeers:
    """`AdoptionPeers` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._groups = Stored(table, PeerGroup)

    def get_many(self, names: Iterable[str]) -> dict[str, PeerGroup]:
        return self._groups.get_many({name: self._key(name) for name in names})

    def put_many(self, groups: Iterable[PeerGroup]) -> None:
        self._groups.put_many((self._key(group.name), group) for group in groups)

    def _key(self, name: str) -> Key:
        """A group's name is made of what people wrote, of any length."""
        return self._table.key("PEERS", shortened(name), "ADOPTION")
