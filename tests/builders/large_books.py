"""A book as a data warehouse exports it: hundreds of accounts, ids of all kinds, and much that is unknown."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from random import Random

from tests.builders.accounts import TODAY

HEADINGS = (
    "account_id",
    "name",
    "industry",
    "plan",
    "arr",
    "rep",
    "contract_end_date",
    "feature_adoption_rate",
    "usage_trend",
    "login_frequency_days",
    "days_since_last_interaction",
    "stakeholder_engagement",
    "nps_score",
    "invoice_payment_status",
    "seats_utilization_rate",
    "open_ticket_count",
    "avg_ticket_sentiment",
    "escalation_count_90_days",
    "tam_health_rag",
)
ODD_IDS = (
    *("A-91e948", "A-1e5", "A-00123", "A-0e0", "A-12e-3", "A-9E99", "A-1E400", "A-000000", "A-123456", "A-0x1f"),
    *("A-1_000", "A-1.5", "A-inf", "A-nan", "A-true", "A-null", "1e10", "00042", "7", "-5", "2026-01-02"),
    *("A-ffffff", "A-e00001", "A-00000e", "A-5e5e5e", "1.0e2", "+49", "A-ääß", "A 17"),
)
"""Ids that a careless reader takes for numbers, days or truth values."""


def large_book(folder: Path, count: int = 415, on: date = TODAY) -> Path:
    """A file of that many accounts, the same at every call.

    Unknown are engagement, NPS, invoices, seats and the TAM's rating of all, and the sentiment of three in four. Ten
    reps own them.
    """
    random = Random(415)
    path = folder / "large.csv"
    ids = [*ODD_IDS, *(f"A-{random.getrandbits(24):06x}" for _ in range(count - len(ODD_IDS)))]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADINGS)
        for number, account_id in enumerate(ids, start=1):
            rows.writerow(_account(random, number, account_id, on))
    return path


def _account(random: Random, number: int, account_id: str, on: date) -> list[object]:
    sentiment = random.choice(("positive", "neutral", "negative")) if number % 4 == 0 else ""
    unknown = ""
    return [
        account_id,
        f"Company {number}",
        random.choice(("FinTech", "HealthTech", "EdTech")),
        random.choice(("Enterprise", "Pro", "Basic")),
        random.randrange(1_000, 150_000),
        f"rep-{number % 10 + 1:02d}@example.com",
        on + timedelta(days=random.randrange(-20, 400)),
        random.randrange(1, 16) / 40,
        random.choice(("growing", "declining", "declining", "stable", "inactive")),
        random.randrange(3, 90),
        random.randrange(1, 300),
        unknown,
        unknown,
        unknown,
        unknown,
        0 if number % 100 else 1,
        sentiment,
        0 if number % 40 else 1,
        unknown,
    ]
