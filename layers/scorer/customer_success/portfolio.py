"""The book as it stood when a scan closed: one short line for each account, sums, and an order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class PortfolioLine:
    """One account in the snapshot of a run; what is not known is None. `status` is scored, rejected or skipped.

    `arr_at_risk` is the ARR of an account whose churn risk is high or critical or whose colour is RED, else 0.
    """

    account_id: str
    name: str
    owner_email: str | None
    status: str
    score: float | None
    rag: str | None
    churn_risk: str | None
    arr: float | None
    arr_at_risk: float
    contract_end: date | None
    since: date


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over lines."""

    accounts: int = 0
    arr: float = 0.0
    arr_at_risk: float = 0.0
    colours: Counts = field(default_factory=dict)
    risks: Counts = field(default_factory=dict)
    statuses: Counts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of a snapshot besides its lines: the run that it belongs to, and into how many parts it was cut.

    The lines lie in the parts in order: ARR at risk, most first, then account id.
    """

    run: str
    on: date
    parts: int
    lines: int
    totals: Totals = Totals()
