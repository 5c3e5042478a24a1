"""Builds accounts of a book."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from customer_success.account import Account

TODAY = date(2026, 3, 2)

HEALTHY: dict[str, object] = {
    "feature_adoption_rate": 0.9,
    "usage_trend": "growing",
    "login_frequency_days": 5,
    "days_since_last_interaction": 10,
    "stakeholder_engagement": "high",
    "nps_score": 9,
    "invoice_payment_status": "current",
    "seats_utilization_rate": 0.85,
    "open_ticket_count": 0,
    "avg_ticket_sentiment": "positive",
    "escalation_count_90_days": 0,
}
AT_RISK = {**HEALTHY, "usage_trend": "inactive", "login_frequency_days": 70, "feature_adoption_rate": 0.3}
DYING: dict[str, object] = {
    "feature_adoption_rate": 0.1,
    "usage_trend": "declining",
    "login_frequency_days": 90,
    "days_since_last_interaction": 120,
    "stakeholder_engagement": "low",
    "nps_score": 2,
    "invoice_payment_status": "overdue_90_plus",
    "seats_utilization_rate": 0.3,
    "open_ticket_count": 5,
    "avg_ticket_sentiment": "negative",
    "escalation_count_90_days": 3,
}


def account(number: int = 1, signals: dict[str, object] | None = None, /, **facts: Any) -> Account:
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
        signals=HEALTHY if signals is None else signals,
    )
    return replace(plain, **facts)


def at_risk(number: int = 1, **facts: Any) -> Account:
    """An account with a behaviour trigger: AMBER, churn risk high."""
    return account(number, AT_RISK, **facts)


def dying(number: int = 1, **facts: Any) -> Account:
    """An account with both triggers: RED, churn risk critical."""
    return account(number, DYING, **{"contract_end": TODAY + timedelta(days=30), **facts})
