"""Refuses drafts in mailboxes outside the owners' domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured

if TYPE_CHECKING:
    from customer_success.addresses import OwnerDomains
    from customer_success.documents import MailDraft
    from customer_success.ports import Drafts


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
