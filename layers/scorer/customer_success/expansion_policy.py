"""Which accounts may be offered something more, and what not: pure functions of what is known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from customer_success.account import Account
from customer_success.account_row import AccountRow
from customer_success.alert_policy import Memory
from customer_success.offer import Offer
from customer_success.schemas import CSMHealthSignals, OpportunityType, Rag


def is_candidate(row: AccountRow, on: date) -> bool:
    """True if the account was scored on the day `on` and is a candidate by `why_no_candidate`."""
    raise NotImplementedError


def why_no_candidate(rag: Rag, signals: CSMHealthSignals) -> str | None:
    """Why an account of this colour and these signals is no candidate for an offer; None if it is one."""
    raise NotImplementedError


def never_offered(account: Account, signals: CSMHealthSignals, memory: Memory, on: date) -> tuple[str, ...]:
    """Why nothing may be offered to the account on the day `on`, each reason with the value; empty if it may."""
    raise NotImplementedError


def blocked(offers: Iterable[Offer], on: date) -> dict[OpportunityType, str]:
    """The types that may not be offered again on the day `on`, each with the earlier offer that stands against it."""
    raise NotImplementedError
