"""An offer in the shape of each reader: the record, the mail to the customer, the news for Sales and for the owner."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from customer_success.account import Account
from customer_success.digest import Digest
from customer_success.expansion_entry import ExpansionEntry
from customer_success.messages import ExpansionHandoff
from customer_success.news import ExpansionRecord, MailDraft
from customer_success.offer import Offer


def expansion_record(offer: Offer, account: Account) -> ExpansionRecord:
    """The offer as a record beside its account, ready for Sales once it was handed off."""
    raise NotImplementedError


def handed_off_record(handoff: ExpansionHandoff, account: Account, sales_email: str) -> ExpansionRecord:
    """The record of an offer that Sales has now."""
    raise NotImplementedError


def offer_mail(handoff: ExpansionHandoff, account: Account, mailbox: str) -> MailDraft:
    """A mail from Sales to the account's primary contact that could be sent as it stands."""
    raise NotImplementedError


def sales_news(handoff: ExpansionHandoff, account: Account, recipient: str, record_url: str | None) -> Digest:
    """What the sales owner is told in chat: what to offer to whom, why, what to say, and where it is recorded."""
    raise NotImplementedError


def owner_digests(
    on: date, entries: Iterable[ExpansionEntry], notes: Iterable[str], fallback_owner: str | None
) -> list[Digest]:
    """The day's story in one digest per owner who has news. Entries of nobody go to `fallback_owner`, without one to
    the team.
    """
    raise NotImplementedError
