"""Health status: colour and churn risk, each in an order, and the score behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from typing import Annotated

from pydantic import Field

from customer_success.dataclass import dataclass
from customer_success.schemas import ChurnRisk, CSMHealthScore, Rag, SignalValue, Support, is_empty

RISKS = ("low", "medium", "high", "critical")
COLOURS = ("GREEN", "AMBER", "RED")

TYPED = "Notion"
"""The source of what people type into the account's page."""


@dataclass(frozen=True, slots=True)
class HealthStatus:
    """Score, colour and churn risk of an account on a day."""

    run_date: Annotated[date, Field(alias="on")]
    score: float
    rag: Rag
    churn_risk: ChurnRisk

    @property
    def at_risk(self) -> bool:
        """Whether it is an alerting state: RED, or churn risk high or critical."""
        return self.rag == "RED" or self.churn_risk in ("high", "critical")


@dataclass(frozen=True, slots=True)
class SignalSource:
    """The feed that a signal's value comes from, and the day that the value is of."""

    source: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Point:
    """One scored day of an account: one point of its history, with all that its score is made of.

    `signals` are the known ones by the field names of `CSMHealthSignals`, `sources` those of them that a feed
    observed; people typed the others, on `typed_on` if the page has that day. Points from before these were stored
    have none. `carried` is the health status with the last known values of signals that became unknown; None where
    none did.
    """

    run_date: Annotated[date, Field(alias="on")]
    score: CSMHealthScore
    signals: Annotated[Mapping[str, SignalValue], Field(exclude_if=is_empty)] = field(default_factory=dict)
    sources: Annotated[Mapping[str, SignalSource], Field(exclude_if=is_empty)] = field(default_factory=dict)
    typed_on: Annotated[date | None, Field(exclude_if=is_empty)] = None
    carried: Annotated[HealthStatus | None, Field(exclude_if=is_empty)] = None

    @property
    def health_status(self) -> HealthStatus:
        """The status that decisions and people compare: what merely became unknown has not changed it."""
        return self.carried or status_of(self.run_date, self.score)

    @property
    def known_signals(self) -> Mapping[str, SignalValue]:
        """The known signals; of a point without them, those that its score's drivers name."""
        return self.signals or _named_by_drivers(self.score)


def status_of(run_date: date, score: CSMHealthScore) -> HealthStatus:
    """The health status of a score."""
    return HealthStatus(run_date, score.score, score.rag, score.churn_risk)


def _named_by_drivers(score: CSMHealthScore) -> dict[str, SignalValue]:
    values: dict[str, SignalValue] = {}
    for driver in score.drivers:
        if isinstance(driver.value, Support):
            values["avg_ticket_sentiment"], values["open_ticket_count"] = driver.value
        else:
            values[driver.key] = driver.value
    return {name: value for name, value in values.items() if value is not None}
