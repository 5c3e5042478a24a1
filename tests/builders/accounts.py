"""Builds accounts of a book."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from customer_success.accounts.account import Account
from tests.builders import signals

TODAY = date(2026, 3, 2)

# The renewal is not among an account's own signals: it comes from the end of its contract.
HEALTHY: dict[str, object] = {name: value for name, value in signals.HEALTHY.items() if name != "days_to_renewal"}
DYING: dict[str, object] = {name: value for name, value in signals.DYING.items() if name != "days_to_renewal"}
AT_RISK = {**HEALTHY, "usage_trend": "inactive", "login_frequency_days": 70, "feature_adoption_rate": 0.3}


def account(number: int = 1, given: dict[str, object] | None = None, /, **facts: Any) -> Account:
    """A healthy account of ada@example.com whose contract runs for another 200 days, with `facts` laid over."""
    page_id = f"00000000-0000-4000-8000-{number:012d}"
    plain = Account(
        account_id=f"A-{number:04d}",
        name=f"Account {number}",
        page_id=page_id,
        page_url=f"https://www.notion.so/{page_id.replace('-', '')}",
        created_at=f"2026-01-01T00:{number % 60:02d}:00.000Z",
        status="Active",
        arr=1000.0 * number,
        owner_email="ada@example.com",
        primary_contact_email=f"contact{number}@customer.example",
        contract_end=TODAY + timedelta(days=200),
        signals=HEALTHY if given is None else given,
    )
    return replace(plain, **facts)


def at_risk(number: int = 1, **facts: Any) -> Account:
    """An account with a behaviour trigger: AMBER, churn risk high."""
    return account(number, AT_RISK, **facts)


def dying(number: int = 1, **facts: Any) -> Account:
    """An account with both triggers: RED, churn risk critical."""
    return account(number, DYING, **{"contract_end": TODAY + timedelta(days=30), **facts})
