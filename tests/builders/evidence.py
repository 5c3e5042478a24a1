"""Evidence for reviews: a test gives only the facts that it depends on."""

from __future__ import annotations

from datetime import date
from typing import Any

from customer_success.narration.evidence import Fact, QBREvidence, Unit

ON = date(2026, 1, 1)
REVIEWED_TO = date(2025, 12, 31)


def fact(key: str, value: float | str, unit: Unit, **changes: Any) -> Fact:
    """A fact of the account page as of the reviewed quarter's last day, spoken of by the first word of its key."""
    plain: dict[str, Any] = {
        "key": key,
        "label": key.replace("_", " "),
        "about": (key.split("_")[0],),
        "value": value,
        "unit": unit,
        "source": "account page",
        "as_of": REVIEWED_TO,
    }
    return Fact(**(plain | changes))


def evidence(*facts: Fact, **changes: Any) -> QBREvidence:
    """The evidence of the first quarter's review of A-0001, Northwind Traders, with these facts and no others."""
    plain: dict[str, Any] = {
        "account_id": "A-0001",
        "account_name": "Northwind Traders",
        "on": ON,
        "period": "Q1 2026",
        "reviewed_period": "Q4 2025",
        "reviewed_from": date(2025, 10, 1),
        "reviewed_to": REVIEWED_TO,
        "trigger": "scheduled",
        "facts": facts,
    }
    return QBREvidence(**(plain | changes))
