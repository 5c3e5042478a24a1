"""The same score the plain way: a pydantic model per account, chains of ifs, model_dump. What ours is compared with."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class PlainSignals(BaseModel):
    """One account, validated as pydantic does by default."""

    feature_adoption_rate: float | None = Field(default=None, ge=0, le=1)
    usage_trend: Literal["growing", "stable", "declining", "inactive"] | None = None
    login_frequency_days: int | None = Field(default=None, ge=0)
    days_since_last_interaction: int | None = Field(default=None, ge=0)
    stakeholder_engagement: Literal["high", "medium", "low"] | None = None
    nps_score: int | None = Field(default=None, ge=0, le=10)
    invoice_payment_status: Literal["current", "overdue_30", "overdue_60", "overdue_90_plus"] | None = None
    days_to_renewal: int | None = None
    seats_utilization_rate: float | None = Field(default=None, ge=0, le=2)
    open_ticket_count: int = Field(default=0, ge=0)
    avg_ticket_sentiment: Literal["positive", "neutral", "negative", "critical"] = "neutral"
    escalation_count_90_days: int = Field(default=0, ge=0)
    tam_health_rag: Literal["GREEN", "AMBER", "RED"] | None = None
    collections_risk: Literal["GREEN", "AMBER", "RED", "CRITICAL"] | None = None


class PlainScore(BaseModel):
    """What comes out: the score and its parts, without a word on why."""

    account_id: str
    score: float
    rag: str
    churn_risk: str
    churn_trigger: str | None
    should_alert: bool
    signal_breakdown: dict[str, float]


def plain_score(given: dict[str, Any], account_id: str) -> dict[str, Any]:
    """Validate, score, serialise."""
    signals = PlainSignals(**given)
    points = _points(signals)
    dropped = sum(
        weight
        for name, weight in (
            ("feature_adoption_rate", 20),
            ("usage_trend", 15),
            ("invoice_payment_status", 10),
            ("seats_utilization_rate", 5),
            ("stakeholder_engagement", 5),
        )
        if getattr(signals, name) is None
    )
    score = sum(points.values()) * 100 / (100 - dropped)
    if signals.collections_risk == "CRITICAL":
        score *= 0.80
    elif signals.collections_risk == "RED":
        score *= 0.90
    if signals.tam_health_rag == "RED":
        score *= 0.85
    elif signals.tam_health_rag == "AMBER":
        score *= 0.95
    rag = "GREEN" if score >= 70 else "AMBER" if score >= 40 else "RED"
    risk, trigger = _churn(signals, rag)
    return PlainScore(
        account_id=account_id,
        score=score,
        rag=rag,
        churn_risk=risk,
        churn_trigger=trigger,
        should_alert=rag == "RED" or risk in ("high", "critical"),
        signal_breakdown=points,
    ).model_dump()


def _points(signals: PlainSignals) -> dict[str, float]:
    return {
        "feature_adoption_rate": (signals.feature_adoption_rate or 0.0) * 20,
        "usage_trend": _usage(signals.usage_trend),
        "login_frequency_days": _days(signals.login_frequency_days, 7, 30, 60),
        "days_since_last_interaction": _days(signals.days_since_last_interaction, 30, 60, 90),
        "invoice_payment_status": _invoice(signals.invoice_payment_status),
        "support": _support(signals.avg_ticket_sentiment, signals.open_ticket_count),
        "days_to_renewal": _renewal(signals.days_to_renewal),
        "seats_utilization_rate": _seats(signals.seats_utilization_rate),
        "stakeholder_engagement": _engagement(signals.stakeholder_engagement),
        "nps_score": _nps(signals.nps_score),
        "escalation_count_90_days": _escalations(signals.escalation_count_90_days),
    }


def _usage(trend: str | None) -> float:
    if trend == "growing":
        return 15
    if trend == "stable":
        return 10
    if trend == "declining":
        return 3
    return 0


def _days(days: int | None, few: int, some: int, many: int) -> float:
    if days is None:
        return 5
    if days <= few:
        return 10
    if days <= some:
        return 7
    if days <= many:
        return 4
    return 0


def _invoice(status: str | None) -> float:
    if status == "current":
        return 10
    if status == "overdue_30":
        return 6
    if status == "overdue_60":
        return 3
    return 0


def _support(sentiment: str, tickets: int) -> float:
    if sentiment == "positive":
        points = 10
    elif sentiment == "neutral":
        points = 7
    elif sentiment == "negative":
        points = 3
    else:
        points = 0
    return max(0, points - min(tickets, 5))


def _renewal(days: int | None) -> float:
    if days is None:
        return 7
    if days > 180:
        return 10
    if days > 90:
        return 8
    if days > 60:
        return 6
    if days > 30:
        return 3
    return 1


def _seats(rate: float | None) -> float:
    if rate is None:
        return 0
    if rate > 1.0:
        return 4
    if rate >= 0.8:
        return 5
    if rate >= 0.5:
        return 3
    return 1


def _engagement(level: str | None) -> float:
    if level == "high":
        return 5
    if level == "medium":
        return 3
    if level == "low":
        return 1
    return 0


def _nps(score: int | None) -> float:
    if score is None:
        return 2
    if score >= 9:
        return 3
    if score >= 7:
        return 2
    if score >= 5:
        return 1
    return 0


def _escalations(count: int) -> float:
    if count == 0:
        return 2
    if count == 1:
        return 1
    return 0


def _churn(signals: PlainSignals, rag: str) -> tuple[str, str | None]:
    contract = rag != "GREEN" and signals.days_to_renewal is not None and signals.days_to_renewal <= 60
    if signals.login_frequency_days is None:
        behaviour = signals.usage_trend == "inactive"
    else:
        behaviour = signals.usage_trend in ("declining", "inactive") and signals.login_frequency_days > 30
    if contract and behaviour:
        return "critical", "both"
    if contract:
        return ("critical" if rag == "RED" else "high"), "contract_proximity"
    if behaviour:
        return ("medium" if rag == "GREEN" else "high"), "behavioral"
    return ("low" if rag == "GREEN" else "medium"), None
