"""The book as it stood when a scan closed: one short line for each account, sums, and an order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import field
from datetime import date
from typing import Annotated, Any, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic_core import to_json

from customer_success.accounts.row import AccountRow
from customer_success.batches import batches
from customer_success.dataclass import dataclass

LINES_PER_PART = 200
"""As many as the longest page: a page lies in two parts at most."""
LARGEST_PART = 300 * 1024
"""Bytes of the packed lines of one part; with the names of their fields they are less than the 400 KB of an item."""
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
    run_date: Annotated[date, Field(alias="on")]
    parts: int
    lines: int
    totals: Totals = Totals()


FIELDS = tuple(get_type_hints(PortfolioLine))
PACKED: TypeAdapter[tuple[Any, ...]] = TypeAdapter(
    tuple[*get_type_hints(PortfolioLine).values()],  # type: ignore[misc]
    config=ConfigDict(defer_build=True),
)


def line_of(row: AccountRow) -> PortfolioLine | None:
    """The account as its row stands, amounts in whole cents, the score as people see it; None if it has left the book.

    Score, colour and risk are those of the row's day. An account that was not scored then has no score; where that is
    for want of data it keeps its last colour and risk.
    """
    account, day = row.account, row.latest
    if day.status == "gone":
        return None
    scored = day.point.health_status if day.point else None
    status = scored or day.last_colour
    arr = None if account.arr is None or not abs(account.arr) < MOST_ARR else round(float(account.arr), 2)
    return PortfolioLine(
        account_id=account.account_id,
        name=account.name,
        owner_email=account.owner_email,
        status=day.status,
        score=round(scored.score, 1) if scored else None,
        rag=status.rag if status else None,
        churn_risk=status.churn_risk if status else None,
        arr=arr,
        arr_at_risk=arr if status and status.at_risk and arr else 0.0,
        contract_end=account.contract_end,
        since=day.since,
    )


def totals_of(lines: Iterable[PortfolioLine]) -> Totals:
    """The sums over the lines, to the cent; what is not known counts as 0, or as `UNKNOWN`."""
    accounts = cents = cents_at_risk = 0
    colours, risks, statuses = Counter[str](), Counter[str](), Counter[str]()
    for line in lines:
        accounts += 1
        cents += round((line.arr or 0.0) * 100)
        cents_at_risk += round(line.arr_at_risk * 100)
        colours[line.rag or UNKNOWN] += 1
        risks[line.churn_risk or UNKNOWN] += 1
        statuses[line.status] += 1
    return Totals(accounts, cents / 100, cents_at_risk / 100, dict(colours), dict(risks), dict(statuses))


class PackedLines:
    """The lines of a book as they are gathered: packed, they take a third of the memory."""

    def __init__(self) -> None:
        self._packed: list[bytes] = []

    def add(self, line: PortfolioLine) -> None:
        """Add one more line."""
        self._packed.append(to_json([getattr(line, name) for name in FIELDS]))

    def cut(self, run: str, on: date) -> tuple[Snapshot, Iterator[list[PortfolioLine]]]:
        """The snapshot of a run, and its parts one by one."""
        self._packed.sort(key=lambda packed: _unpacked(packed).account_id)
        self._packed.sort(key=lambda packed: _unpacked(packed).arr_at_risk, reverse=True)
        totals = totals_of(map(_unpacked, self._packed))
        parts = list(batches(self._packed, count=LINES_PER_PART, weight=LARGEST_PART, weigh=len))
        return Snapshot(run, on, len(parts), totals.accounts, totals), (list(map(_unpacked, part)) for part in parts)


def _unpacked(packed: bytes) -> PortfolioLine:
    return PortfolioLine(*PACKED.validate_json(packed))
