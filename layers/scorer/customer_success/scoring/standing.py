"""How an account stands on a day: colour and churn risk in an order, and the score behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from customer_success.schemas import CSMHealthScore


@dataclass(frozen=True, slots=True)
class Point:
    """One scored day of an account: one point of its history."""

    on: date
    score: CSMHealthScore

    @property
    def standing(self) -> Standing:
        return Standing(self.on, self.score.score, self.score.rag, self.score.churn_risk)


RISKS = ("low", "medium", "high", "critical")
COLOURS = ("GREEN", "AMBER", "RED")


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands on a day, as far as alerts compare it."""

    on: date
    score: float
    rag: str
    churn_risk: str
