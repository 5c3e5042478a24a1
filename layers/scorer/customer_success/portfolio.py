"""The book as it stood when a scan closed: one short line for each account, sums, and an order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from math import fsum

from pydantic import TypeAdapter

from customer_success.account_row import AccountRow
from customer_success.batches import batches

LINES_PER_PART = 500
LARGEST_PART = 300 * 1024
"""Bytes of the lines of one part; the table takes 400 KB."""
MOST_ARR = 1e12
"""An ARR from here on, of either sign, is a slip of the pen: not known."""
UNKNOWN = "UNKNOWN"
"""What counts and filters call a colour or a risk that is not known."""

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


LINE = TypeAdapter(PortfolioLine)


def line_of(row: AccountRow) -> PortfolioLine | None:
    """The account as its row stands, amounts in whole cents, the score as people see it; None if it has left the book.

    Score, colour and risk are those of the row's day: of an account that was not scored then they are not known.
    """
    account, day = row.account, row.day
    if day.status == "gone":
        return None
    score = day.point.score if day.point else None
    arr = None if account.arr is None or not abs(account.arr) < MOST_ARR else round(float(account.arr), 2)
    at_risk = score is not None and (score.churn_risk in ("high", "critical") or score.rag == "RED")
    return PortfolioLine(
        account_id=account.account_id,
        name=account.name,
        owner_email=account.owner_email,
        status=day.status,
        score=round(score.score, 1) if score else None,
        rag=score.rag if score else None,
        churn_risk=score.churn_risk if score else None,
        arr=arr,
        arr_at_risk=arr if at_risk and arr else 0.0,
        contract_end=account.contract_end,
        since=day.since,
    )


def totals_of(lines: Iterable[PortfolioLine]) -> Totals:
    """The sums over the lines, in whole cents; what is not known counts as 0, or as `UNKNOWN`."""
    lines = list(lines)
    return Totals(
        accounts=len(lines),
        arr=round(fsum(line.arr or 0.0 for line in lines), 2),
        arr_at_risk=round(fsum(line.arr_at_risk for line in lines), 2),
        colours=dict(Counter(line.rag or UNKNOWN for line in lines)),
        risks=dict(Counter(line.churn_risk or UNKNOWN for line in lines)),
        statuses=dict(Counter(line.status for line in lines)),
    )


def cut(run: str, on: date, lines: list[PortfolioLine]) -> tuple[Snapshot, list[list[PortfolioLine]]]:
    """The snapshot of a run and its parts. The list is put in order where it is: a big book's is not held twice."""
    lines.sort(key=lambda line: line.account_id)
    lines.sort(key=lambda line: line.arr_at_risk, reverse=True)
    parts = list(
        batches(lines, count=LINES_PER_PART, weight=LARGEST_PART, weigh=lambda line: len(LINE.dump_json(line)))
    )
    return Snapshot(run, on, len(parts), len(lines), totals_of(lines)), parts
