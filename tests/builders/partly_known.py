"""Accounts of which anything may be unknown, for properties."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from customer_success.schemas import (
    CollectionsRisk,
    CSMHealthScore,
    CSMHealthSignals,
    Engagement,
    PaymentStatus,
    Rag,
    Sentiment,
    UsageTrend,
)
from customer_success.scoring.scorer import CSMHealthScorer, InsufficientDataError

KNOWN: dict[str, SearchStrategy[Any]] = {
    "feature_adoption_rate": st.floats(0, 1),
    "usage_trend": st.sampled_from(get_args(UsageTrend)),
    "login_frequency_days": st.integers(0, 130),
    "days_since_last_interaction": st.integers(0, 130),
    "stakeholder_engagement": st.sampled_from(get_args(Engagement)),
    "nps_score": st.integers(0, 10),
    "invoice_payment_status": st.sampled_from(get_args(PaymentStatus)),
    "days_to_renewal": st.integers(-400, 800),
    "seats_utilization_rate": st.floats(0, 2),
    "open_ticket_count": st.integers(0, 12),
    "avg_ticket_sentiment": st.sampled_from(get_args(Sentiment)),
    "escalation_count_90_days": st.integers(0, 5),
    "tam_health_rag": st.sampled_from(get_args(Rag)),
    "collections_risk": st.sampled_from(get_args(CollectionsRisk)),
}


def any_signals() -> SearchStrategy[CSMHealthSignals]:
    """Each signal known or not."""
    each = {name: st.none() | values for name, values in KNOWN.items()}
    return st.fixed_dictionaries(each).map(lambda given: CSMHealthSignals(**given))


def any_score() -> SearchStrategy[CSMHealthScore]:
    """The score of an account of which enough is known for one."""
    return any_signals().map(_score).filter(lambda score: score is not None)


def _score(signals: CSMHealthSignals) -> Any:
    try:
        return CSMHealthScorer().score(signals, "A-0001")
    except InsufficientDataError:
        return None
