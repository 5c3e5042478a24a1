"""The page that records an alert beside its account, made once."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from customer_success.dataclass import dataclass

if TYPE_CHECKING:
    from customer_success.alerts.ports import HealthRecords
    from customer_success.documents import Line
    from customer_success.once import Once


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


@dataclass(frozen=True, slots=True)
class OnceRecords:
    """Records of which each is created once for its key."""

    records: HealthRecords
    once: Once

    def create(self, record: HealthRecord) -> str:
        """Create the record and return its id."""
        return self.once(
            record.key,
            lambda: self.records.create(record),
            find=lambda: self.records.find(record.key),
        )
