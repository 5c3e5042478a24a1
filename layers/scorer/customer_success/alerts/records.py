"""The page that records an alert beside its account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from customer_success.documents import (
    Line,
)


@dataclass(frozen=True, slots=True)
class HealthRecord:
    """A page that records one alert beside its account."""

    key: str
    title: str
    account_page_id: str
    run_date: date
    score: float
    rag: str
    churn_risk: str
    trigger: str
    owner_email: str | None
    lines: tuple[Line, ...]
