"""Keeps strangers out for good: rows written before the domains were bounded, and whoever a draft would go to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from customer_success.accounts.ports import AccountRows
from customer_success.accounts.row import AccountRow
from customer_success.addresses import OwnerDomains
from customer_success.documents import MailDraft
from customer_success.errors import Misconfigured
from customer_success.ports import Drafts


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


@dataclass(frozen=True, slots=True)
class DraftsOfColleagues:
    """`Drafts` in the mailboxes of `domains` alone. Both raise `Misconfigured` for any other."""

    drafts: Drafts
    domains: OwnerDomains

    def find(self, mailbox: str, key: str) -> str | None:
        self._check(mailbox)
        return self.drafts.find(mailbox, key)

    def create(self, draft: MailDraft) -> str:
        self._check(draft.mailbox)
        return self.drafts.create(draft)

    def _check(self, mailbox: str) -> None:
        if mailbox not in self.domains:
            raise Misconfigured(
                f"the mailbox {mailbox} is outside OwnerDomains ({self.domains}): no draft is written there. "
                "Add its domain, or name a colleague"
            )
