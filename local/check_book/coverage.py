"""Who of a file could be scored, by the scorer itself, and which feed brings what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from customer_success.reading.accounts import AccountValues
from customer_success.schemas import CSMHealthSignals, SignalKey, refusals
from customer_success.scoring.scorecard import DEFAULT_SCORECARD, Scorecard

BROUGHT_BY: Mapping[SignalKey, str] = {
    "feature_adoption_rate": "the feed usage, per feature",
    "usage_trend": "the feed usage",
    "login_frequency_days": "the feed usage",
    "days_since_last_interaction": "the feed touchpoints",
    "invoice_payment_status": "the feed invoices",
    "support": "the feed tickets",
    "days_to_renewal": "the feed contracts, or the column Contract End Date",
    "seats_utilization_rate": "the feed usage, with the column Seats Bought",
    "stakeholder_engagement": "the feed touchpoints",
    "nps_score": "the feed nps",
    "escalation_count_90_days": "the feed tickets",
}
"""What brings each signal, where no column of a file does."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the scorecard's weight a file knows of each account. `best` and `least` are shares of the weight.

    `known` says of how many active accounts each signal is known; `refused` are values that the scorer will not take.
    """

    active: int
    inactive: int
    scored: frozenset[str]
    best: float
    minimum: float
    known: Mapping[SignalKey, int]
    refused: tuple[str, ...]


def coverage_of(
    accounts: Sequence[AccountValues], run_date: date, scorecard: Scorecard = DEFAULT_SCORECARD
) -> Coverage:
    """Say which active accounts would be scored on a day."""
    known: Counter[SignalKey] = Counter()
    scored: list[str] = []
    refused: list[str] = []
    best, inactive = 0.0, 0
    weights = {signal.key: signal.weight for signal in scorecard.signals}
    for account in accounts:
        if account.values.get("status") == "inactive":
            inactive += 1
            continue
        there, problems = _signals(account.values, run_date)
        refused += [f"line {account.line}, {account.name}: {problem}" for problem in problems]
        known.update(there)
        share = sum(weights[key] for key in there) / sum(weights.values())
        best = max(best, share)
        if share >= scorecard.minimum_coverage:
            scored.append(account.key)
    return Coverage(
        len(accounts) - inactive,
        inactive,
        frozenset(scored),
        best,
        scorecard.minimum_coverage,
        {signal.key: known[signal.key] for signal in scorecard.signals if signal.weight or signal.key in known},
        tuple(refused),
    )


def _signals(values: Mapping[str, Any], run_date: date) -> tuple[frozenset[SignalKey], list[str]]:
    """The signals that an account's values give, and what of them is out of bounds."""
    given = {name: values[name] for name in CSMHealthSignals.model_fields if name in values}
    if end := values.get("contract_end"):
        given["days_to_renewal"] = (end - run_date).days
    if touch := values.get("last_interaction"):
        given["days_since_last_interaction"] = (run_date - touch).days
    try:
        CSMHealthSignals.model_validate(given)
        problems: list[str] = []
    except ValidationError as error:
        faults = refusals(error)
        problems = [str(fault) for fault in faults]
        given = {name: value for name, value in given.items() if name not in {fault.field for fault in faults}}
    keys = {_KEY_OF.get(name, name) for name in given}
    return frozenset(key for key in keys if key in BROUGHT_BY), problems  # type: ignore[misc]


_KEY_OF: Mapping[str, str] = {"open_ticket_count": "support", "avg_ticket_sentiment": "support"}
