"""What was last written to each account's page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from customer_success.accounts.row import PageValues
from customer_success.aws.dynamodb.stored import Stored

if TYPE_CHECKING:
    from customer_success.aws.dynamodb.items import Key
    from customer_success.aws.dynamodb.table import Table


class DynamoWrittenPages:
    """`WrittenPages` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._pages = Stored(table, PageValues)

    def get_many(self, account_ids: Iterable[str]) -> dict[str, PageValues]:
        return self._pages.get_many({account_id: self._key(account_id) for account_id in account_ids})

    def put_many(self, written: Mapping[str, PageValues]) -> None:
        self._pages.put_many((self._key(account_id), values) for account_id, values in written.items())

    def _key(self, account_id: str) -> Key:
        return self._table.key("ACCOUNT", account_id, "PAGE")
