"""Ratings of other teams that cap the score, and the colours."""

from typing import Any

import pytest

from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.signals import healthy, perfect


@pytest.mark.parametrize(
    ("ratings", "score"),
    [
        ({"collections_risk": "GREEN"}, 100),
        ({"collections_risk": "AMBER"}, 100),
        ({"collections_risk": "RED"}, 90),
        ({"collections_risk": "CRITICAL"}, 80),
        ({"tam_health_rag": "GREEN"}, 100),
        ({"tam_health_rag": "AMBER"}, 95),
        ({"tam_health_rag": "RED"}, 85),
        ({"collections_risk": "CRITICAL", "tam_health_rag": "RED"}, 68),
        ({"collections_risk": "RED", "tam_health_rag": "AMBER"}, 85.5),
    ],
)
def test_a_rating_caps_the_score(ratings: dict[str, str], score: float) -> None:
    assert CSMHealthScorer().score(perfect(**ratings)).score == pytest.approx(score, abs=1e-9)


def test_caps_apply_in_order_collections_first() -> None:
    # GIVEN a perfect account that collections and the technical account manager both rate worst
    assessed = CSMHealthScorer().score(perfect(collections_risk="CRITICAL", tam_health_rag="RED"))
    # THEN collections take 20 of 100, and the manager's rating 15 % of the 80 left
    assert [(cap.name, cap.value, cap.factor) for cap in assessed.caps] == [
        ("collections_risk", "CRITICAL", 0.80),
        ("tam_health_rag", "RED", 0.85),
    ]
    assert [cap.points_lost for cap in assessed.caps] == pytest.approx([20, 12])
    # AND both are drivers of their own
    assert [(driver.key, driver.value) for driver in assessed.drivers[:2]] == [
        ("collections_risk", "CRITICAL"),
        ("tam_health_rag", "RED"),
    ]


def test_a_manager_rating_of_red_costs_a_healthy_account_15_percent_and_amber_less() -> None:
    # GIVEN a healthy account
    scorer = CSMHealthScorer()
    none, amber, red = (scorer.score(healthy(tam_health_rag=rag)).score for rag in (None, "AMBER", "RED"))
    # THEN RED leaves at most 85 %, and AMBER lies between
    assert red <= 0.85 * none
    assert red < amber < none


# 60 points without adoption: usage costs 12, logins 6, escalations 2
NEAR_GREEN: dict[str, Any] = {
    "usage_trend": "declining",
    "login_frequency_days": 60,
    "escalation_count_90_days": 2,
}
# 35 points without adoption: usage costs 15, logins, contact and payment 10 each
NEAR_AMBER: dict[str, Any] = {
    "usage_trend": "inactive",
    "login_frequency_days": 61,
    "days_since_last_interaction": 91,
    "invoice_payment_status": "overdue_90_plus",
}


@pytest.mark.parametrize(
    ("account", "adoption", "score", "rag"),
    [
        (NEAR_GREEN, 0.5, 70.0, "GREEN"),
        (NEAR_GREEN, 0.498, 69.96, "AMBER"),
        (NEAR_GREEN, 0.49999999, 69.9999998, "AMBER"),
        (NEAR_AMBER, 0.25, 40.0, "AMBER"),
        (NEAR_AMBER, 0.2498, 39.996, "RED"),
    ],
)
def test_thresholds_see_the_score_unrounded(account: dict[str, Any], adoption: float, score: float, rag: str) -> None:
    assessed = CSMHealthScorer().score(perfect(feature_adoption_rate=adoption, **account))
    assert assessed.score == pytest.approx(score, abs=1e-9)
    assert assessed.rag == rag


@pytest.mark.parametrize("twentieths", range(21))
def test_a_round_score_is_met_exactly(twentieths: int) -> None:
    # GIVEN an adoption rate that earns whole points, written as people write it
    rate = round(twentieths / 20, 2)
    # THEN no binary remainder pushes the account below a threshold of just that score
    assert CSMHealthScorer().score(perfect(feature_adoption_rate=rate)).score == 80 + twentieths


def test_a_tenant_may_have_thresholds_of_its_own() -> None:
    scorer = CSMHealthScorer(green_threshold=99.0, amber_threshold=98.0)
    assert scorer.score(healthy()).rag == "AMBER"
    assert scorer.score(healthy(nps_score=8)).rag == "RED"


@pytest.mark.parametrize(
    ("green", "amber"), [(40.0, 70.0), (50.0, 50.0), (101.0, 40.0), (70.0, -1.0), (float("nan"), 40.0)]
)
def test_inverted_or_impossible_thresholds_are_refused(green: float, amber: float) -> None:
    with pytest.raises(ValueError, match=f"green_threshold={green} and amber_threshold={amber}"):
        CSMHealthScorer(green_threshold=green, amber_threshold=amber)


def test_a_threshold_is_checked_against_the_default_of_the_other() -> None:
    with pytest.raises(ValueError, match=r"green_threshold=30.0 and amber_threshold=40.0"):
        CSMHealthScorer(green_threshold=30.0)


def test_a_negative_churn_window_is_refused() -> None:
    with pytest.raises(ValueError, match="churn_window_days must be 0 or more, not -1"):
        CSMHealthScorer(churn_window_days=-1)
