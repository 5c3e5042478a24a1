"""Which accounts are in danger of leaving, and which alert."""

import pytest

from customer_success.schemas import CSMHealthScore
from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.signals import healthy

COLOURED = {
    "GREEN": CSMHealthScorer(green_threshold=0.1, amber_threshold=0.0),
    "AMBER": CSMHealthScorer(green_threshold=100.0, amber_threshold=0.0),
    "RED": CSMHealthScorer(green_threshold=100.0, amber_threshold=99.9),
}


def scored(colour: str, renewal: int | None, usage: str | None, logins: int | None) -> CSMHealthScore:
    """An account whose colour is settled by the thresholds, so that only the triggers differ."""
    signals = healthy(days_to_renewal=renewal, usage_trend=usage, login_frequency_days=logins)
    score = COLOURED[colour].score(signals)
    assert score.rag == colour
    return score


@pytest.mark.parametrize(
    ("colour", "contract_ends", "usage_falls", "risk", "trigger"),
    [
        ("GREEN", False, False, "low", None),
        ("GREEN", False, True, "medium", "behavioral"),
        ("GREEN", True, False, "low", None),
        ("GREEN", True, True, "medium", "behavioral"),
        ("AMBER", False, False, "medium", None),
        ("AMBER", False, True, "high", "behavioral"),
        ("AMBER", True, False, "high", "contract_proximity"),
        ("AMBER", True, True, "critical", "both"),
        ("RED", False, False, "medium", None),
        ("RED", False, True, "high", "behavioral"),
        ("RED", True, False, "critical", "contract_proximity"),
        ("RED", True, True, "critical", "both"),
    ],
)
def test_churn_risk_follows_from_colour_contract_and_behaviour(
    colour: str, contract_ends: bool, usage_falls: bool, risk: str, trigger: str | None
) -> None:
    # WHEN the contract ends soon or not, and usage falls with rare logins or not
    score = scored(
        colour,
        renewal=30 if contract_ends else 200,
        usage="declining" if usage_falls else "stable",
        logins=45,
    )
    # THEN this is the risk, and this is why
    assert (score.churn_risk, score.churn_trigger) == (risk, trigger)
    # AND it is an alerting state if the account is RED or the risk high or critical
    assert score.should_alert is (colour == "RED" or risk in ("high", "critical"))


@pytest.mark.parametrize(
    ("renewal", "speaks"), [(61, False), (60, True), (0, True), (-1, True), (-900, True), (None, False)]
)
def test_a_contract_speaks_from_60_days_before_its_end_and_after(renewal: int | None, speaks: bool) -> None:
    score = scored("AMBER", renewal=renewal, usage="growing", logins=5)
    assert score.churn_trigger == ("contract_proximity" if speaks else None)


def test_a_tenant_may_have_a_churn_window_of_its_own() -> None:
    # GIVEN a tenant who looks 90 days ahead, and an AMBER account
    scorer = CSMHealthScorer(green_threshold=100.0, churn_window_days=90)
    # THEN a contract speaks from 90 days before its end
    assert scorer.score(healthy(days_to_renewal=90)).churn_trigger == "contract_proximity"
    assert scorer.score(healthy(days_to_renewal=91)).churn_trigger is None


@pytest.mark.parametrize(
    ("usage", "logins", "speaks"),
    [
        ("growing", 90, False),
        ("stable", 90, False),
        ("declining", 31, True),
        ("declining", 30, False),
        ("inactive", 31, True),
        ("inactive", 30, False),
        ("growing", None, False),
        ("stable", None, False),
        ("declining", None, False),
        ("inactive", None, True),
        (None, 90, False),
        (None, None, False),
    ],
)
def test_behaviour_speaks_by_usage_and_logins(usage: str | None, logins: int | None, speaks: bool) -> None:
    score = scored("AMBER", renewal=200, usage=usage, logins=logins)
    assert score.churn_trigger == ("behavioral" if speaks else None)


def test_a_missing_login_feed_does_not_put_a_whole_book_on_alert() -> None:
    # GIVEN a GREEN account with declining usage and unknown logins
    # THEN it stays calm
    assert scored("GREEN", renewal=200, usage="declining", logins=None).churn_risk == "low"
