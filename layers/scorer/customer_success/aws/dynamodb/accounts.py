"""The account rows, spread over 16 partitions so that a whole book can be written at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from zlib import crc32

from customer_success.accounts.row import AccountRow
from customer_success.aws.dynamodb.stored import Stored

if TYPE_CHECKING:
    from customer_success.aws.dynamodb.items import Key
    from customer_success.aws.dynamodb.table import Table

SHARDS = 16


class DynamoAccountRows:
    """`AccountRows` in the table. Of several, a row that this version cannot read is passed over, and logged."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows = Stored(table, AccountRow)

    def get(self, account_id: str) -> AccountRow | None:
        return self._rows.get(self._key(account_id))

    def get_many(self, account_ids: Iterable[str]) -> dict[str, AccountRow]:
        items = self._table.get_many(map(self._key, account_ids))
        return {row.account_id: row for row in self._rows.readable(items)}

    def put_many(self, rows: Iterable[AccountRow]) -> None:
        self._rows.put_many((self._key(row.account_id), row) for row in rows)

    def every(self) -> Iterator[AccountRow]:
        for shard in range(SHARDS):
            yield from self._rows.readable(self._table.query(self._table.partition("BOOK", f"{shard:02d}")))

    def _key(self, account_id: str) -> Key:
        return self._table.key("BOOK", f"{crc32(account_id.encode('utf-8', 'replace')) % SHARDS:02d}", account_id)
