"""The same answer the plain way: a pydantic model per account, chains of ifs, model_dump. Ours is compared with it."""

from __future__ import annotations

from math import fsum
from typing import Any, Literal

from pydantic import BaseModel, Field

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
DROPS_OUT = (
    "feature_adoption_rate",
    "usage_trend",
    "invoice_payment_status",
    "seats_utilization_rate",
    "stakeholder_engagement",
)


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
    open_ticket_count: int | None = Field(default=None, ge=0)
    avg_ticket_sentiment: Literal["positive", "neutral", "negative", "critical"] | None = None
    escalation_count_90_days: int | None = Field(default=None, ge=0)
    tam_health_rag: Literal["GREEN", "AMBER", "RED"] | None = None
    collections_risk: Literal["GREEN", "AMBER", "RED", "CRITICAL"] | None = None


class PlainScore(BaseModel):
    """The score and its points, without a word on why."""

    account_id: str
    score: float
    rag: str
    churn_risk: str
    churn_trigger: str | None
    should_alert: bool
    signal_breakdown: dict[str, float]


class PlainDriver(BaseModel):
    """What one signal or cap costs."""

    key: str
    points_lost: float
    value: str | float | None


class PlainExplanation(PlainScore):
    """The score with its reasons, as ours always gives them."""

    coverage: float
    unknown: list[str]
    drivers: list[PlainDriver]


def plain_score(given: dict[str, Any], account_id: str) -> dict[str, Any]:
    """Validate, score, serialise."""
    signals = PlainSignals(**given)
    points = _points(signals)
    score, _ = _capped(_scaled(points, signals), signals)
    return PlainScore(**_verdict(account_id, score, points, signals)).model_dump()


def plain_explanation(given: dict[str, Any], account_id: str) -> dict[str, Any]:
    """Validate, score, say why, serialise."""
    signals = PlainSignals(**given)
    points = _points(signals)
    score, drivers = _capped(_scaled(points, signals), signals)
    scale = 100 / _weight_in_play(signals)
    unknown = []
    for key, weight in WEIGHTS.items():
        value = _value(signals, key)
        if value is None:
            unknown.append(key)
        lost = 0.0 if value is None and key in DROPS_OUT else (weight - points[key]) * scale
        drivers.append(PlainDriver(key=key, points_lost=lost, value=value))
    drivers.sort(key=lambda driver: driver.points_lost, reverse=True)
    coverage = 1 - sum(WEIGHTS[key] for key in unknown) / 100
    verdict = _verdict(account_id, score, points, signals)
    return PlainExplanation(**verdict, coverage=coverage, unknown=unknown, drivers=drivers).model_dump()


def _verdict(account_id: str, score: float, points: dict[str, float], signals: PlainSignals) -> dict[str, Any]:
    if score >= 70:
        rag = "GREEN"
    elif score >= 40:
        rag = "AMBER"
    else:
        rag = "RED"
    risk, trigger = _churn(signals, rag)
    return {
        "account_id": account_id,
        "score": score,
        "rag": rag,
        "churn_risk": risk,
        "churn_trigger": trigger,
        "should_alert": rag == "RED" or risk in ("high", "critical"),
        "signal_breakdown": points,
    }


def _weight_in_play(signals: PlainSignals) -> int:
    weight = 100
    for key in DROPS_OUT:
        if getattr(signals, key) is None:
            weight -= WEIGHTS[key]
    return weight


def _scaled(points: dict[str, float], signals: PlainSignals) -> float:
    return fsum(points.values()) * 100 / _weight_in_play(signals)


def _capped(score: float, signals: PlainSignals) -> tuple[float, list[PlainDriver]]:
    caps = []
    for key, factors in (
        ("collections_risk", {"CRITICAL": 0.80, "RED": 0.90}),
        ("tam_health_rag", {"RED": 0.85, "AMBER": 0.95}),
    ):
        rating = getattr(signals, key)
        if rating in factors:
            capped = score * factors[rating]
            caps.append(PlainDriver(key=key, points_lost=score - capped, value=rating))
            score = capped
    return score, caps


def _value(signals: PlainSignals, key: str) -> Any:
    if key != "support":
        return getattr(signals, key)
    if signals.avg_ticket_sentiment is None and signals.open_ticket_count is None:
        return None
    return f"{signals.avg_ticket_sentiment}, {signals.open_ticket_count} open"


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


def _support(sentiment: str | None, tickets: int | None) -> float:
    if sentiment == "positive":
        points = 10
    elif sentiment == "negative":
        points = 3
    elif sentiment == "critical":
        points = 0
    else:
        points = 7
    return max(0, points - min(tickets or 0, 5))


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


def _escalations(count: int | None) -> float:
    if not count:
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
