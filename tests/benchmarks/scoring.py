"""How fast accounts are validated, scored and serialised, beside the plain way of doing it."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from rich.console import Console

from customer_success.schemas import (
    CollectionsRisk,
    CSMHealthSignals,
    Engagement,
    PaymentStatus,
    Rag,
    Sentiment,
    UsageTrend,
)
from customer_success.scoring.scorer import CSMHealthScorer
from tests.benchmarks.figures import Promise, show
from tests.benchmarks.plain_scorer import plain_explanation, plain_score

Signals = dict[str, Any]
Score = Callable[[Signals, str], str]

SEED = 20260302
UNKNOWN = 0.05
"""Share of the signals that are unknown."""

ENOUGH_KNOWN = 11
"""Signals, of 14: so many have the weight that a score asks for."""

SCORER = CSMHealthScorer()


@dataclass(frozen=True, slots=True)
class Size:
    """Accounts that are scored, and how many times."""

    accounts: int = 5_000
    rounds: int = 7


QUICK = Size(accounts=50, rounds=2)


def run(console: Console, size: Size = Size()) -> list[Promise]:
    """Time all ways on the same accounts, in turns, each by its best round."""
    book = accounts(random.Random(SEED), size.accounts)
    require_same_scores(book)
    ways: dict[str, Score] = {
        "ours": our_json,
        "the plain way, with the same checks, reasons and JSON": plain_explanation,
        "the plain way, the score alone": plain_score,
    }
    best = {name: min(times) for name, times in _timed(book, ways, size.rounds).items()}
    show(
        console,
        f"Validate, score and serialise {len(book):,} accounts",
        ("", "accounts a second", "ours over it"),
        [
            (name, f"{len(book) / seconds:,.0f}", "" if name == "ours" else f"{seconds / best['ours']:.2f}")
            for name, seconds in best.items()
        ],
        "reasons: drivers, caps, coverage, what is unknown; each way by its best round, in CPU time",
    )
    return []


def our_json(given: Signals, account_id: str) -> str:
    """Validate, score, serialise, as the scan does."""
    return SCORER.score(CSMHealthSignals.model_validate(given), account_id).model_dump_json()


def require_same_scores(book: list[Signals]) -> None:
    """Raise AssertionError unless ours and the plain way write the same JSON for every account, letter by letter.

    The plain way without reasons has to write the same as far as it goes.
    """
    for given in book:
        ours, plain, alone = (way(given, "A-1") for way in (our_json, plain_explanation, plain_score))
        assert ours == plain, f"{given}: {ours} and {plain}"
        assert json.loads(alone).items() <= json.loads(ours).items(), f"{given}: {ours} and {alone}"


def accounts(chance: random.Random, count: int = Size().accounts) -> list[Signals]:
    """Accounts of every kind, of which enough is known to be scored."""
    book: list[Signals] = []
    while len(book) < count:
        known = {name: value for name, value in _account(chance).items() if chance.random() >= UNKNOWN}
        if len(known) >= ENOUGH_KNOWN:
            book.append(known)
    return book


def _account(chance: random.Random) -> Signals:
    return {
        "feature_adoption_rate": round(chance.random(), 2),
        "usage_trend": chance.choice(get_args(UsageTrend)),
        "login_frequency_days": chance.randint(0, 90),
        "days_since_last_interaction": chance.randint(0, 120),
        "stakeholder_engagement": chance.choice(get_args(Engagement)),
        "nps_score": chance.randint(0, 10),
        "invoice_payment_status": chance.choice(get_args(PaymentStatus)),
        "days_to_renewal": chance.randint(-30, 400),
        "seats_utilization_rate": round(chance.uniform(0.0, 1.2), 2),
        "open_ticket_count": chance.randint(0, 7),
        "avg_ticket_sentiment": chance.choice(get_args(Sentiment)),
        "escalation_count_90_days": chance.randint(0, 3),
        "tam_health_rag": chance.choice([*get_args(Rag), None]),
        "collections_risk": chance.choice([*get_args(CollectionsRisk), None]),
    }


def _timed(book: list[Signals], ways: dict[str, Score], rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, score in ways.items():
            start = time.process_time()
            for given in book:
                score(given, "A-1")
            times[name].append(time.process_time() - start)
    return times
