"""Accounts as signals: a test starts from one of these and gives only what differs."""

from typing import Any

from customer_success.schemas import CSMHealthSignals

HEALTHY: dict[str, Any] = {
    "feature_adoption_rate": 0.9,
    "usage_trend": "growing",
    "login_frequency_days": 5,
    "days_since_last_interaction": 10,
    "stakeholder_engagement": "high",
    "nps_score": 9,
    "invoice_payment_status": "current",
    "days_to_renewal": 200,
    "seats_utilization_rate": 0.85,
    "open_ticket_count": 0,
    "avg_ticket_sentiment": "positive",
    "escalation_count_90_days": 0,
}

DYING: dict[str, Any] = {
    "feature_adoption_rate": 0.1,
    "usage_trend": "declining",
    "login_frequency_days": 90,
    "days_since_last_interaction": 120,
    "stakeholder_engagement": "low",
    "nps_score": 2,
    "invoice_payment_status": "overdue_90_plus",
    "days_to_renewal": 30,
    "seats_utilization_rate": 0.3,
    "open_ticket_count": 5,
    "avg_ticket_sentiment": "negative",
    "escalation_count_90_days": 3,
}

PERFECT: dict[str, Any] = {**HEALTHY, "feature_adoption_rate": 1.0}


def healthy(**changes: Any) -> CSMHealthSignals:
    """An account that lacks nothing but 2 points of feature adoption: 98 points."""
    return CSMHealthSignals(**HEALTHY | changes)


def dying(**changes: Any) -> CSMHealthSignals:
    """An account that has nearly everything against it: 8 points."""
    return CSMHealthSignals(**DYING | changes)


def perfect(**changes: Any) -> CSMHealthSignals:
    """An account with 100 points, so that a change costs exactly what it costs."""
    return CSMHealthSignals(**PERFECT | changes)


def only(**known: Any) -> CSMHealthSignals:
    """An account of which nothing else is known."""
    return CSMHealthSignals(**known)
