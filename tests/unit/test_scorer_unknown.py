"""What is not known: neutral values, defaults, signals that drop out, and too little for a score."""

from typing import Any

import pytest

from customer_success.schemas import CSMHealthSignals, Support
from customer_success.scoring.scorer import CSMHealthScorer, InsufficientDataError
from tests.builders.signals import PERFECT, only, perfect


@pytest.mark.parametrize(
    ("field", "points", "score"),
    [
        ("login_frequency_days", 5, 95),
        ("days_since_last_interaction", 5, 95),
        ("days_to_renewal", 7, 97),
        ("nps_score", 2, 99),
        ("escalation_count_90_days", 2, 100),
    ],
)
def test_an_unknown_signal_with_a_neutral_value_earns_it(field: str, points: float, score: float) -> None:
    # WHEN one signal of a perfect account is unknown
    assessed = CSMHealthScorer().score(perfect(**{field: None}))
    # THEN it earns its neutral value, and is reported as unknown
    assert assessed.signal_breakdown[field] == points  # type: ignore[index]
    assert assessed.score == score
    assert assessed.unknown == [field]
    assert assessed.scale == 1.0


@pytest.mark.parametrize(
    ("field", "weight"),
    [
        ("feature_adoption_rate", 20),
        ("usage_trend", 15),
        ("invoice_payment_status", 10),
        ("seats_utilization_rate", 5),
        ("stakeholder_engagement", 5),
    ],
)
def test_an_unknown_signal_without_a_neutral_value_drops_out(field: str, weight: int) -> None:
    # GIVEN an account that loses 12 points: NPS 0 costs 3, neutral support 3, a contact 61 days ago 6
    losses = {"nps_score": 0, "avg_ticket_sentiment": "neutral", "days_since_last_interaction": 61}
    # WHEN one signal that costs nothing is unknown
    assessed = CSMHealthScorer().score(perfect(**losses, **{field: None}))
    # THEN it carries 0, and the others are scaled up to 100
    assert assessed.signal_breakdown[field] == 0  # type: ignore[index]
    assert assessed.scale == pytest.approx(100 / (100 - weight))
    assert assessed.score == pytest.approx((100 - weight - 12) * 100 / (100 - weight))
    assert assessed.unknown == [field]
    # AND it is no driver of what was lost
    assert {driver.key: driver.points_lost for driver in assessed.drivers}[field] == 0  # type: ignore[index]


def test_two_signals_drop_out_together() -> None:
    # WHEN usage (15) and seats (5) are unknown, and adoption is half
    assessed = CSMHealthScorer().score(
        perfect(usage_trend=None, seats_utilization_rate=None, feature_adoption_rate=0.5)
    )
    # THEN 70 of 80 points are 87.5 of 100
    assert assessed.score == 87.5


@pytest.mark.parametrize("field", sorted(CSMHealthSignals.model_fields))
def test_null_is_the_same_as_absent(field: str) -> None:
    # GIVEN an account with a signal that is null, and one without it
    null = CSMHealthSignals(**PERFECT | {field: None})
    absent = CSMHealthSignals(**{name: value for name, value in PERFECT.items() if name != field})
    # THEN they are the same, and so are their scores
    assert null == absent
    assert CSMHealthScorer().score(null) == CSMHealthScorer().score(absent)


@pytest.mark.parametrize(
    ("known", "points", "support", "is_known"),
    [
        ({"avg_ticket_sentiment": "negative"}, 3, Support("negative", None), True),
        ({"open_ticket_count": 2}, 5, Support(None, 2), True),
        ({"open_ticket_count": 0}, 7, Support(None, 0), True),
        ({"avg_ticket_sentiment": "neutral", "open_ticket_count": 1}, 6, Support("neutral", 1), True),
        ({}, 7, None, False),
    ],
)
def test_support_is_known_by_either_half(
    known: dict[str, Any], points: float, support: Support | None, is_known: bool
) -> None:
    # WHEN this much of an account's support is known
    halves = {"avg_ticket_sentiment": None, "open_ticket_count": None, **known}
    assessed = CSMHealthScorer().score(perfect(**halves))
    # THEN the other half takes its default, which was not supplied
    assert assessed.signal_breakdown["support"] == points
    assert assessed.coverage == (1.0 if is_known else 0.9)
    assert ("support" not in assessed.unknown) is is_known
    assert [driver.value for driver in assessed.drivers if driver.key == "support"] == [support]


@pytest.mark.parametrize(
    ("unknown", "coverage"),
    [
        ((), 1.0),
        (("tam_health_rag", "collections_risk"), 1.0),
        (("avg_ticket_sentiment",), 1.0),
        (("escalation_count_90_days",), 0.98),
        (("nps_score",), 0.97),
        (("open_ticket_count", "avg_ticket_sentiment"), 0.9),
        (("login_frequency_days", "days_since_last_interaction"), 0.8),
        (("feature_adoption_rate", "usage_trend"), 0.65),
        (("feature_adoption_rate", "usage_trend", "days_to_renewal", "seats_utilization_rate"), 0.5),
    ],
)
def test_coverage_counts_only_what_was_really_known(unknown: tuple[str, ...], coverage: float) -> None:
    assessed = CSMHealthScorer().score(perfect(**dict.fromkeys(unknown)))
    assert assessed.coverage == coverage


def test_below_the_minimum_coverage_there_is_no_score() -> None:
    # GIVEN an account of which adoption, usage and payment are known: 45 of 100
    signals = only(feature_adoption_rate=0.9, usage_trend="growing", invoice_payment_status="current")
    # WHEN it is scored
    with pytest.raises(InsufficientDataError) as refused:
        CSMHealthScorer().score(signals, account_id="acme")
    # THEN the refusal names the account, how much is known, and what is missing
    assert str(refused.value) == (
        "account 'acme': signals with 45% of the weight are known, at least 50% are needed; unknown: "
        "login_frequency_days, days_since_last_interaction, support, days_to_renewal, seats_utilization_rate, "
        "stakeholder_engagement, nps_score, escalation_count_90_days"
    )
    assert isinstance(refused.value, ValueError)
    assert refused.value.account_id == "acme"
    assert "support" in refused.value.missing
    # AND 5 more are enough
    more = signals.model_copy(update={"stakeholder_engagement": "low"})
    assert CSMHealthScorer().score(more).coverage == 0.5


def test_an_account_of_which_nothing_is_known_has_no_score() -> None:
    with pytest.raises(InsufficientDataError, match="0% of the weight"):
        CSMHealthScorer().score(CSMHealthSignals())
