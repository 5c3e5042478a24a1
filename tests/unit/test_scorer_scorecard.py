"""A scorecard that does not fit together is refused when it is made."""

from dataclasses import FrozenInstanceError, replace
from types import MappingProxyType
from typing import Any, get_args

import pytest

from customer_success.schemas import (
    CapKey,
    Engagement,
    PaymentStatus,
    Sentiment,
    SignalKey,
    UsageTrend,
)
from customer_success.scoring.scorecard import (
    DEFAULT_SCORECARD,
    LABELS,
    Band,
    Bands,
    Cap,
    Levels,
    Proportion,
    Signal,
    SupportLoad,
)
from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.signals import healthy

SIGNALS = {signal.key: signal for signal in DEFAULT_SCORECARD.signals}


def test_the_weights_add_up_to_100() -> None:
    assert sum(signal.weight for signal in DEFAULT_SCORECARD.signals) == 100


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("usage_trend", UsageTrend),
        ("invoice_payment_status", PaymentStatus),
        ("stakeholder_engagement", Engagement),
    ],
)
def test_every_word_a_signal_can_take_has_points(key: SignalKey, words: Any) -> None:
    rule = SIGNALS[key].rule
    assert isinstance(rule, Levels)
    assert set(rule.by_level) == set(get_args(words))


def test_every_ticket_sentiment_has_points() -> None:
    rule = SIGNALS["support"].rule
    assert isinstance(rule, SupportLoad)
    assert set(rule.sentiment.by_level) == set(get_args(Sentiment))


def test_every_driver_has_a_name_in_a_sentence() -> None:
    assert set(LABELS) == {*get_args(SignalKey), *get_args(CapKey)}
    assert LABELS["feature_adoption_rate"] == "feature adoption"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"green_threshold": 40.0, "amber_threshold": 70.0}, "green_threshold=40.0 and amber_threshold=70.0"),
        ({"minimum_coverage": 0.0}, "minimum_coverage must lie between 0 and 1, not be 0.0"),
        ({"minimum_coverage": 1.5}, "minimum_coverage must lie between 0 and 1, not be 1.5"),
        ({"signals": DEFAULT_SCORECARD.signals[1:]}, "signals must be each of feature_adoption_rate"),
        ({"caps": DEFAULT_SCORECARD.caps * 2}, "caps must be each of collections_risk"),
        (
            {
                "signals": (
                    replace(SIGNALS["feature_adoption_rate"], weight=21, rule=Proportion(21)),
                    *DEFAULT_SCORECARD.signals[1:],
                )
            },
            "weights must add up to 100, not 101",
        ),
    ],
)
def test_a_scorecard_that_does_not_fit_together_is_refused(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        replace(DEFAULT_SCORECARD, **changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"weight": 16}, "usage_trend: the best value earns 15 of a weight of 16"),
        ({"rule": Levels.of(growing=15, inactive=-1)}, "usage_trend: the worst value earns -1"),
        ({"unknown": 16}, "usage_trend: unknown earns 16, outside of 0 to 15"),
        ({"unknown": -1}, "usage_trend: unknown earns -1, outside of 0 to 15"),
    ],
)
def test_points_outside_of_the_weight_are_refused(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        replace(SIGNALS["usage_trend"], **changes)


@pytest.mark.parametrize(
    "bands",
    [
        (Band(10, up_to=30), Band(7, up_to=7), Band(0)),
        (Band(10, up_to=7), Band(7, below=7), Band(0)),
        (Band(10), Band(0)),
        (Band(10, up_to=7),),
        (),
    ],
    ids=["falling", "touching", "two open ones", "none open", "none"],
)
def test_bands_that_do_not_rise_to_an_open_end_are_refused(bands: tuple[Band, ...]) -> None:
    with pytest.raises(ValueError, match="band"):
        Bands.of(*bands)


@pytest.mark.parametrize("factor", [0.0, 1.0, 1.2, -0.5])
def test_a_cap_that_does_not_cap_is_refused(factor: float) -> None:
    with pytest.raises(ValueError, match=f"the factor of RED must lie between 0 and 1, not be {factor}"):
        Cap("tam_health_rag", "rating", {"RED": factor})


def test_a_scorecard_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        DEFAULT_SCORECARD.version = "mine"  # type: ignore[misc]
    assert all(isinstance(cap.factors, MappingProxyType) for cap in DEFAULT_SCORECARD.caps)


def test_a_scorer_goes_by_the_scorecard_it_is_given() -> None:
    # GIVEN a scorecard of a later version in which adoption and usage have changed weights
    signals = (
        Signal("feature_adoption_rate", "feature adoption", 15, Proportion(15)),
        Signal("usage_trend", "usage trend", 20, Levels.of(growing=20, stable=0, declining=0, inactive=0)),
        *DEFAULT_SCORECARD.signals[2:],
    )
    card = replace(DEFAULT_SCORECARD, version="2", signals=signals, green_threshold=99.0)
    # WHEN a healthy account is scored by it
    score = CSMHealthScorer(scorecard=card).score(healthy())
    # THEN adoption costs 1.5 instead of 2, and the scorecard's own threshold holds
    assert score.score == pytest.approx(98.5)
    assert (score.rag, score.scorecard_version) == ("AMBER", "2")
