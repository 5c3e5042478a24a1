"""Limits who may own an account: a stranger on its page is reported and does not become the owner."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer_success.accounts.account import Account, Unreadable

if TYPE_CHECKING:
    from connectors.notion.names import PropertyNames
    from customer_success.addresses import OwnerDomains


def without_strangers(account: Account, domains: OwnerDomains, names: PropertyNames) -> Account:
    """The account without the colleagues whose addresses lie outside `domains`; each is among its `unreadable`."""
    strangers = [
        Unreadable(name, address, f"an address within OwnerDomains ({domains})")
        for name, address in (
            (names.owner_email, account.owner_email),
            (names.sales_email, account.sales_email),
            (names.manager_email, account.manager_email),
        )
        if address and address not in domains
    ]
    return replace(account.within(domains), unreadable=(*account.unreadable, *strangers))
