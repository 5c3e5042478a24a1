"""What models promise when they are stored, read back, or given false claims."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from customer_success.schemas import (
    BenchmarkComparison,
    ChurnRiskResult,
    CSMAlertResult,
    CSMHandoffRequest,
    CSMHealthScore,
    ExpansionOpportunity,
    FeatureAdoptionReport,
    FeatureScore,
    QBRContent,
)
from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.signals import dying, healthy

NOW = datetime(2024, 9, 30, 7, tzinfo=UTC)

IN_DANGER = CSMHealthScorer().score(
    dying(open_ticket_count=None, seats_utilization_rate=None, tam_health_rag="RED"), "acme", NOW
)
ALERT = CSMAlertResult(
    alert_id="acme:2024-09-30:critical",
    account_id="acme",
    channels={
        "notion": "delivered",
        "event_bus": "delivered",
        "email_alert": "failed",
        "chat_alert": "skipped",
    },
    draft_id="r-1",
)
MODELS: list[BaseModel] = [
    healthy(),
    IN_DANGER,
    ALERT,
    ChurnRiskResult(
        account_id="acme",
        churn_risk="critical",
        trigger="both",
        narrative="The contract ends in 30 days and usage is falling.",
        what_changed=["usage trend: stable → declining (−7.0)"],
        what_costs=[],
        unknown=["seat utilisation"],
        next_step="Agree on the renewal.",
        confidence="medium",
    ),
    ExpansionOpportunity(
        account_id="acme",
        opportunity_type="seats",
        evidence=["seats_utilization_rate 0.97"],
        recommended_talk_track="Nearly every seat is in use.",
        confidence="high",
    ),
    QBRContent(
        account_id="acme",
        period="Q4 2024",
        reviewed_period="Q3 2024",
        account_health_summary=["The score rose from 61.0 to 74.5."],
        roi_and_business_impact=["Not measured."],
        feature_adoption_scorecard=[FeatureScore(feature="Reports", status="used")],
        expansion_and_next_steps=[],
    ),
    FeatureAdoptionReport(
        account_id="acme",
        as_of=date(2024, 9, 30),
        features_used=["Reports"],
        adoption_rate=0.5,
        underutilised_features=["Alerts"],
        not_entitled_features=["Forecasts"],
        recommendations=["Show them the alerts."],
        benchmark_comparison=BenchmarkComparison(
            peer_group="plan Enterprise", peers=3, withheld_because="fewer than five peers"
        ),
        confidence="low",
    ),
    CSMHandoffRequest(
        task_type="health_scan", account_id="acme", tenant_id="t", context={"refresh": True, "days": [1]}
    ),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_model_reads_back_as_it_was_written(model: BaseModel) -> None:
    assert type(model).model_validate_json(model.model_dump_json()) == model
    assert type(model).model_validate(model.model_dump()) == model


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_model_takes_no_field_that_it_does_not_know(model: BaseModel) -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        type(model).model_validate(model.model_dump() | {"mood": "fine"})


def test_a_score_is_stored_with_whether_it_alerts() -> None:
    assert IN_DANGER.model_dump()["should_alert"] is True


@pytest.mark.parametrize("claimed", [True, False, None, "no"])
def test_should_alert_cannot_be_forged(claimed: Any) -> None:
    # GIVEN a healthy score and one in danger
    calm = CSMHealthScorer().score(healthy())
    for score, truth in ((calm, False), (IN_DANGER, True)):
        # WHEN a caller claims something about their alerting, in any way
        reported = score.model_dump() | {"should_alert": claimed}
        # THEN the score keeps saying what follows from its colour and risk
        assert CSMHealthScore.model_validate(reported).should_alert is truth
        assert CSMHealthScore(**reported).should_alert is truth
        assert score.model_copy(update={"should_alert": claimed}).should_alert is truth
        assert CSMHealthScore.model_construct(**reported).should_alert is truth


def test_should_alert_follows_the_colour_it_is_given() -> None:
    calm = CSMHealthScorer().score(healthy())
    assert calm.model_copy(update={"rag": "RED"}).should_alert
    assert calm.model_copy(update={"churn_risk": "high"}).should_alert


@pytest.mark.parametrize(
    "change", [{}, {"usage_trend": 3.0}], ids=["a signal is missing", "it is not one of the eleven"]
)
def test_a_breakdown_has_exactly_eleven_keys(change: dict[str, float]) -> None:
    # GIVEN a breakdown without support
    reported = IN_DANGER.model_dump()
    breakdown = {key: points for key, points in reported["signal_breakdown"].items() if key != "support"}
    # WHEN another key stands in for it, or none
    stand_in = {f"{key} again": points for key, points in change.items()}
    # THEN it is refused
    with pytest.raises(ValidationError, match="signal_breakdown"):
        CSMHealthScore.model_validate(reported | {"signal_breakdown": breakdown | stand_in})


def test_an_alert_counts_the_channels_that_delivered() -> None:
    # THEN two of four delivered, against any claim of a caller
    assert ALERT.alerts_sent == 2
    assert CSMAlertResult.model_validate(ALERT.model_dump() | {"alerts_sent": 4}).alerts_sent == 2
    assert ALERT.model_dump()["alerts_sent"] == 2


@pytest.mark.parametrize(
    "channels",
    [
        {"notion": "delivered"},
        {**dict.fromkeys(("notion", "event_bus", "email_alert", "chat_alert"), "pending"), "fax": "failed"},
        dict.fromkeys(("notion", "event_bus", "email_alert", "chat_alert"), "sent"),
    ],
    ids=["channels are missing", "an unknown channel", "an unknown outcome"],
)
def test_an_alert_has_exactly_four_channels_with_known_outcomes(channels: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="channels"):
        CSMAlertResult.model_validate({"alert_id": "a", "account_id": "acme", "channels": channels})


def test_an_opportunity_needs_evidence() -> None:
    with pytest.raises(ValidationError, match="evidence"):
        ExpansionOpportunity(
            account_id="acme",
            opportunity_type="seats",
            evidence=[],
            recommended_talk_track="…",
            confidence="low",
        )
