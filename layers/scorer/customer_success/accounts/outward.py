"""What keeps an account from outward messages: a draft to the customer, an offer. Inward ones go out, marked.

Unknown is never harmless and never mute: where the status is a word that is not known, or a value that the score rests
on could not be read, alerts and records go out and say so, and nothing is written to the customer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from customer_success.accounts.last_known import IN_WORDS
from customer_success.schemas import CSMHealthSignals

if TYPE_CHECKING:
    from customer_success.accounts.account import Account

_RESTS_ON = frozenset(
    {*CSMHealthSignals.model_fields, "status", "contract_end", "last_interaction", "seats_bought", "seats_used"}
)
"""The fields that the score or the status rests on. An address or a note that cannot be read holds nothing back."""
_NEVER_HOLD_A_DRAFT = frozenset({"contract_end", "days_to_renewal", "invoice_payment_status"})
"""A customer is written to whether or not the end of their contract and their invoices are known."""


def draft_held_because(account: Account) -> str | None:
    """Why no mail to the account's contact is drafted; None if one is."""
    return _because(account, without=_NEVER_HOLD_A_DRAFT)


def offer_held_because(account: Account) -> str | None:
    """Why nothing is offered to the account; None if something may be."""
    return _because(account)


def marks(account: Account) -> tuple[str, ...]:
    """What an inward message about the account says of its status, of values that could not be read, and of those that
    stand although their property is no longer there.
    """
    unread_since = (
        f"{IN_WORDS[field]} as of {day}, as its property is no longer in the book"
        for field, day in account.last_known.items()
        if getattr(account, field) is not None
    )
    return (*_reasons(account), *unread_since)


def status_is_unknown(account: Account) -> bool:
    """True if the status is a word that is not known, or its property disappeared and its last value is too old."""
    return account.status_meaning == "unknown" or (account.status is None and "status" in account.last_known)


def _because(account: Account, without: Collection[str] = ()) -> str | None:
    return "; ".join(_reasons(account, without)) or None


def _reasons(account: Account, without: Collection[str] = ()) -> Iterator[str]:
    if account.status_meaning == "unknown":
        yield f"status {account.status!r} is not known"
    elif status_is_unknown(account):
        yield f"status is not known since {account.last_known['status']}, as its property is no longer in the book"
    yield from (str(one) for one in account.unreadable if one.field in _RESTS_ON and one.field not in without)
