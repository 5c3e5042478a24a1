"""Values whose property disappeared from the book: the last known one stands for some days.

An emptied cell retracts its value. A property that is no longer there says nothing about any account.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from customer_success.accounts.account import Account
    from customer_success.accounts.row import AccountRow

IN_WORDS: Mapping[str, str] = MappingProxyType(
    {"status": "status", "owner_email": "owner", "contract_end": "contract end"}
)
"""The fields whose last known value stands, in words. What an alert is about, and who gets it, hangs on them."""

STANDS_FOR = timedelta(days=7)
FORGOTTEN_AFTER = timedelta(days=28)
"""After that the team is taken to have decided against the property."""


def with_last_known(account: Account, known: AccountRow | None, absent: Collection[str], run_date: date) -> Account:
    """The account with the last known values of the fields that are `absent` from the book; `known` is its row."""
    if known is None:
        return account
    values: dict[str, Any] = {}
    read_on: dict[str, date] = {}
    # What a feed delivers does not hang on the property.
    for field in sorted((IN_WORDS.keys() & absent) - account.terms.keys()):
        value, day = getattr(known.account, field), known.account.last_known.get(field)
        if day is None and value is None:
            continue
        day = day or known.latest.run_date
        if run_date - day <= FORGOTTEN_AFTER:
            read_on[field] = day
        if run_date - day <= STANDS_FOR:
            values[field] = value
    return replace(account, **values, last_known=read_on) if read_on else account
