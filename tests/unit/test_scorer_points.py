"""What each value of each signal earns, and the settled cases."""

from typing import Any

import pytest

from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.signals import dying, healthy, perfect


def test_a_healthy_account_is_green_with_98_points() -> None:
    # WHEN a healthy account is scored
    score = CSMHealthScorer().score(healthy(), account_id="acme")
    # THEN adoption earns 18 of 20, everything else all it can
    assert score.account_id == "acme"
    assert score.score == 98.0
    assert (score.rag, score.churn_risk, score.churn_trigger) == ("GREEN", "low", None)
    assert not score.should_alert


def test_a_dying_account_is_red_and_critical_with_8_points() -> None:
    # WHEN a dying account is scored
    score = CSMHealthScorer().score(dying())
    # THEN adoption 2, usage 3, renewal, seats and engagement 1 each are all it earns
    assert score.score == 8.0
    assert (score.rag, score.churn_risk, score.churn_trigger) == ("RED", "critical", "both")
    assert score.should_alert


def test_a_perfect_account_reaches_exactly_100() -> None:
    assert CSMHealthScorer().score(perfect()).score == 100.0


WEIGHTS = {
    "feature_adoption_rate": 20,
    "usage_trend": 15,
    "login_frequency_days": 10,
    "days_since_last_interaction": 10,
    "invoice_payment_status": 10,
    "support": 10,
    "days_to_renewal": 10,
    "seats_utilization_rate": 5,
    "stakeholder_engagement": 5,
    "nps_score": 3,
    "escalation_count_90_days": 2,
}

POINTS: dict[str, list[tuple[Any, float]]] = {
    "feature_adoption_rate": [(0.0, 0), (0, 0), (0.05, 1), (0.35, 7), (0.7, 14), (1.0, 20), (1, 20)],
    "usage_trend": [("growing", 15), ("stable", 10), ("declining", 3), ("inactive", 0)],
    "login_frequency_days": [(0, 10), (7, 10), (8, 7), (30, 7), (31, 4), (60, 4), (61, 0), (9999, 0)],
    "days_since_last_interaction": [(0, 10), (30, 10), (31, 7), (60, 7), (61, 4), (90, 4), (91, 0)],
    "invoice_payment_status": [("current", 10), ("overdue_30", 6), ("overdue_60", 3), ("overdue_90_plus", 0)],
    "days_to_renewal": [
        *[(181, 10), (180, 8), (91, 8), (90, 6), (61, 6), (60, 3), (31, 3), (30, 1), (0, 1), (-400, 1)],
    ],
    "seats_utilization_rate": [
        *[(0.0, 1), (0.49, 1), (0.5, 3), (0.79, 3), (0.8, 5), (1.0, 5), (1.0000001, 4), (2.0, 4)],
    ],
    "stakeholder_engagement": [("high", 5), ("medium", 3), ("low", 1)],
    "nps_score": [(0, 0), (4, 0), (5, 1), (6, 1), (7, 2), (8, 2), (9, 3), (10, 3)],
    "escalation_count_90_days": [(0, 2), (1, 1), (2, 0), (50, 0)],
}


@pytest.mark.parametrize(
    ("signal", "value", "points"),
    [(signal, value, points) for signal, table in POINTS.items() for value, points in table],
)
def test_each_value_earns_its_points(signal: str, value: Any, points: float) -> None:
    # GIVEN an account that would have 100 points
    # WHEN one signal has this value
    score = CSMHealthScorer().score(perfect(**{signal: value}))
    # THEN it earns these points, and the score loses exactly the others
    assert score.signal_breakdown[signal] == pytest.approx(points, abs=1e-12)  # type: ignore[index]
    assert score.score == pytest.approx(100 - WEIGHTS[signal] + points, abs=1e-9)


@pytest.mark.parametrize(
    ("sentiment", "tickets", "points"),
    [
        *[("positive", 0, 10), ("positive", 1, 9), ("positive", 5, 5), ("positive", 6, 5), ("positive", 900, 5)],
        *[("neutral", 0, 7), ("neutral", 4, 3), ("neutral", 5, 2), ("neutral", 6, 2)],
        *[("negative", 0, 3), ("negative", 3, 0), ("negative", 4, 0), ("critical", 0, 0), ("critical", 5, 0)],
    ],
)
def test_support_earns_by_sentiment_less_one_for_each_open_ticket(sentiment: str, tickets: int, points: float) -> None:
    # WHEN customers write in this mood, and so many tickets are open
    score = CSMHealthScorer().score(perfect(avg_ticket_sentiment=sentiment, open_ticket_count=tickets))
    # THEN tickets take 5 points at most, and never more than there are
    assert score.signal_breakdown["support"] == points
    assert score.score == 90 + points


def test_the_breakdown_has_exactly_the_eleven_signals() -> None:
    assert list(CSMHealthScorer().score(dying()).signal_breakdown) == list(WEIGHTS)
