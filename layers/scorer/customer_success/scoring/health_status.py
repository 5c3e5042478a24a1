"""Health status: colour and churn risk, each in an order, and the score behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from customer_success.schemas import CSMHealthScore


@dataclass(frozen=True, slots=True)
class Point:
    """One scored day of an account: one point of its history."""

    run_date: Annotated[date, Field(alias="on")]
    score: CSMHealthScore

    @property
    def health_status(self) -> HealthStatus:
        return HealthStatus(self.run_date, self.score.score, self.score.rag, self.score.churn_risk)


RISKS = ("low", "medium", "high", "critical")
COLOURS = ("GREEN", "AMBER", "RED")


@dataclass(frozen=True, slots=True)
class HealthStatus:
    """Score, colour and churn risk of an account on a day."""

    run_date: Annotated[date, Field(alias="on")]
    score: float
    rag: str
    churn_risk: str
