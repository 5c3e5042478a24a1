"""Clears addresses outside the domains from rows that were written before the domains were set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from customer_success.dataclass import dataclass

if TYPE_CHECKING:
    from customer_success.accounts.ports import AccountRows
    from customer_success.accounts.row import AccountRow
    from customer_success.addresses import OwnerDomains


@dataclass(frozen=True, slots=True)
class RowsOfColleagues:
    """`AccountRows` in which no account belongs to anybody outside `domains`."""

    rows: AccountRows
    domains: OwnerDomains

    def get(self, account_id: str) -> AccountRow | None:
        row = self.rows.get(account_id)
        return row and self._bounded(row)

    def get_many(self, account_ids: Iterable[str]) -> dict[str, AccountRow]:
        return {account_id: self._bounded(row) for account_id, row in self.rows.get_many(account_ids).items()}

    def put_many(self, rows: Iterable[AccountRow]) -> None:
        self.rows.put_many(rows)

    def every(self) -> Iterator[AccountRow]:
        return map(self._bounded, self.rows.every())

    def _bounded(self, row: AccountRow) -> AccountRow:
        return replace(row, account=row.account.within(self.domains))
