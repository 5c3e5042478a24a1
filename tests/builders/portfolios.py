"""Snapshots of the book in memory, and lines for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from customer_success.accounts.portfolio import PackedLines, PortfolioLine, Snapshot
from tests.builders.accounts import TODAY
from tests.builders.fakes import Writes

RUN = f"{TODAY}#1"


def line(number: int = 1, **facts: object) -> PortfolioLine:
    """A healthy account with 1,000 of ARR."""
    plain = PortfolioLine(
        account_id=f"A-{number:04d}",
        name=f"Account {number}",
        owner_email="ada@example.com",
        status="scored",
        score=92.0,
        rag="GREEN",
        churn_risk="low",
        arr=1000.0,
        arr_at_risk=0.0,
        contract_end=TODAY + timedelta(days=300),
        since=TODAY,
    )
    return replace(plain, **facts)  # type: ignore[arg-type]


def red(number: int = 1, **facts: object) -> PortfolioLine:
    """An account in danger, all of whose ARR is at risk."""
    arr = facts.get("arr", 1000.0)
    return line(number, **{"score": 20.0, "rag": "RED", "churn_risk": "high", "arr_at_risk": arr, **facts})


def cut(run: str, on: date, lines: Iterable[PortfolioLine]) -> tuple[Snapshot, list[list[PortfolioLine]]]:
    """The snapshot of these lines, and its parts."""
    gathered = PackedLines()
    for each in lines:
        gathered.add(each)
    snapshot, parts = gathered.cut(run, on)
    return snapshot, list(parts)


@dataclass
class FakePortfolios:
    """Snapshots by run. Each part is one write, then the snapshot, then which is the latest; `reads` counts.

    A snapshot that is there whole stays as it is.
    """

    writes: Writes = field(default_factory=Writes)
    parts: dict[tuple[str, int], tuple[PortfolioLine, ...]] = field(default_factory=dict)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    latest_run: str | None = None
    error: Exception | None = None
    reads: int = 0

    def write(self, snapshot: Snapshot, parts: Iterable[Sequence[PortfolioLine]]) -> None:
        if self.error:
            raise self.error
        if snapshot.run not in self.snapshots:
            for number, lines in enumerate(parts):
                with self.writes:
                    self.parts[snapshot.run, number] = tuple(lines)
            with self.writes:
                self.snapshots[snapshot.run] = snapshot
        with self.writes:
            self.latest_run = snapshot.run

    def latest(self) -> Snapshot | None:
        self.reads += 1
        return self.snapshots.get(self.latest_run) if self.latest_run else None

    def get(self, run: str) -> Snapshot | None:
        self.reads += 1
        return self.snapshots.get(run)

    def part(self, run: str, number: int) -> Sequence[PortfolioLine]:
        self.reads += 1
        return self.parts[run, number]

    def forget(self, run: str) -> None:
        """The snapshot has expired."""
        del self.snapshots[run]
        self.parts = {key: lines for key, lines in self.parts.items() if key[0] != run}
