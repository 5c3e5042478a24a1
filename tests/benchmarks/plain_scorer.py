"""The same answer the plain way: pydantic models, chains of ifs, `model_dump_json`. Ours is compared with it.

It checks the same and writes the same JSON, letter by letter: what is compared is the way there alone.
"""

from __future__ import annotations

from datetime import datetime
from math import fsum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from customer_success.schemas import SignalKey

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


Key = Literal[SignalKey, "collections_risk", "tam_health_rag"]


class Strict(BaseModel):
    """What is checked as strictly as our models are."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class PlainSignals(Strict):
    """One account."""

    feature_adoption_rate: Annotated[float, Field(ge=0, le=1), AfterValidator(abs)] | None = None
    usage_trend: Literal["growing", "stable", "declining", "inactive"] | None = None
    login_frequency_days: int | None = Field(default=None, ge=0)
    days_since_last_interaction: int | None = Field(default=None, ge=0)
    stakeholder_engagement: Literal["high", "medium", "low"] | None = None
    nps_score: int | None = Field(default=None, ge=0, le=10)
    invoice_payment_status: Literal["current", "overdue_30", "overdue_60", "overdue_90_plus"] | None = None
    days_to_renewal: int | None = None
    seats_utilization_rate: Annotated[float, Field(ge=0, le=2), AfterValidator(abs)] | None = None
    open_ticket_count: int | None = Field(default=None, ge=0)
    avg_ticket_sentiment: Literal["positive", "neutral", "negative", "critical"] | None = None
    escalation_count_90_days: int | None = Field(default=None, ge=0)
    tam_health_rag: Literal["GREEN", "AMBER", "RED"] | None = None
    collections_risk: Literal["GREEN", "AMBER", "RED", "CRITICAL"] | None = None


class PlainDriver(Strict):
    """What one signal or cap costs."""

    key: Key
    points_lost: Annotated[float, Field(ge=0)]
    value: str | int | float | None


class PlainCap(Strict):
    """A rating by another team that lowered the score."""

    name: Literal["collections_risk", "tam_health_rag"]
    value: str
    factor: Annotated[float, Field(ge=0, le=1)]
    points_lost: Annotated[float, Field(ge=0)]


class PlainScore(Strict):
    """The score and its points, silently on why."""

    account_id: str
    score: Annotated[float, Field(ge=0, le=100)]
    rag: Literal["GREEN", "AMBER", "RED"]
    churn_risk: Literal["low", "medium", "high", "critical"]
    churn_trigger: Literal["both", "contract_proximity", "behavioral"] | None
    signal_breakdown: Annotated[dict[SignalKey, Annotated[float, Field(ge=0)]], Field(min_length=11)]


class PlainExplanation(PlainScore):
    """The score with its reasons, field by field as ours gives them."""

    coverage: Annotated[float, Field(ge=0, le=1)]
    unknown: list[SignalKey]
    drivers: list[PlainDriver]
    caps: list[PlainCap]
    scale: Annotated[float, Field(ge=1)]
    scorecard_version: str
    scored_at: datetime | None
    days_to_renewal: int | None
    should_alert: bool


def plain_score(given: dict[str, Any], account_id: str) -> str:
    """Validate, score, serialise."""
    signals = PlainSignals(**given)
    points = _points(signals)
    score, _ = _capped(_scaled(points, signals), signals)
    rag = _colour(score)
    risk, trigger = _churn(signals, rag)
    return PlainScore(
        account_id=account_id,
        score=score,
        rag=rag,
        churn_risk=risk,
        churn_trigger=trigger,
        signal_breakdown=points,
    ).model_dump_json()


def plain_explanation(given: dict[str, Any], account_id: str) -> str:
    """Validate, score, give the reasons, serialise."""
    signals = PlainSignals(**given)
    points = _points(signals)
    score, caps = _capped(_scaled(points, signals), signals)
    scale = 100 / _weight_in_play(signals)
    unknown = []
    known_weight = 100
    drivers = []
    for key, weight in WEIGHTS.items():
        value = _value(signals, key)
        if value is None:
            unknown.append(key)
            known_weight -= weight
        lost = 0.0 if value is None and key in DROPS_OUT else (weight - points[key]) * scale
        drivers.append(PlainDriver(key=key, points_lost=lost, value=value))
    if known_weight < 50:
        raise ValueError(f"{account_id}: too little is known; unknown: {', '.join(unknown)}")
    drivers += [PlainDriver(key=cap.name, points_lost=cap.points_lost, value=cap.value) for cap in caps]
    drivers.sort(key=lambda driver: driver.points_lost, reverse=True)
    rag = _colour(score)
    risk, trigger = _churn(signals, rag)
    return PlainExplanation(
        account_id=account_id,
        score=score,
        rag=rag,
        churn_risk=risk,
        churn_trigger=trigger,
        signal_breakdown=points,
        coverage=known_weight / 100,
        unknown=unknown,
        drivers=drivers,
        caps=caps,
        scale=scale,
        scorecard_version="1",
        scored_at=None,
        days_to_renewal=signals.days_to_renewal,
        should_alert=rag == "RED" or risk in ("high", "critical"),
    ).model_dump_json()


def _colour(score: float) -> str:
    if score >= 70:
        return "GREEN"
    if score >= 40:
        return "AMBER"
    return "RED"


def _weight_in_play(signals: PlainSignals) -> int:
    weight = 100
    for key in DROPS_OUT:
        if getattr(signals, key) is None:
            weight -= WEIGHTS[key]
    return weight


def _scaled(points: dict[str, float], signals: PlainSignals) -> float:
    return fsum(points.values()) * 100 / _weight_in_play(signals)


def _capped(score: float, signals: PlainSignals) -> tuple[float, list[PlainCap]]:
    caps = []
    for key, factors in (
        ("collections_risk", {"CRITICAL": 0.80, "RED": 0.90}),
        ("tam_health_rag", {"RED": 0.85, "AMBER": 0.95}),
    ):
        rating = getattr(signals, key)
        if rating in factors:
            capped = score * factors[rating]
            caps.append(PlainCap(name=key, value=rating, factor=factors[rating], points_lost=score - capped))
            score = capped
    return score, caps


def _value(signals: PlainSignals, key: str) -> Any:
    if key != "support":
        return getattr(signals, key)
    if signals.avg_ticket_sentiment is None and signals.open_ticket_count is None:
        return None
    if signals.open_ticket_count is None:
        return signals.avg_ticket_sentiment
    if signals.avg_ticket_sentiment is None:
        return f"{signals.open_ticket_count} open"
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
