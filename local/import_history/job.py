"""The import: lines become points of the score history where none is yet. It may be repeated, and replaces nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from customer_success.accounts.ports import ScoreHistory
from customer_success.accounts.row import AccountRow
from customer_success.scoring.health_status import Point
from customer_success.scoring.scorer import CSMHealthScorer
from local.spreadsheets.history import Entry, History, Known, Rejected


@dataclass(slots=True)
class Imported:
    """What became of a file's lines: read = imported + known + rejected. `accounts` got points that are new."""

    read: int = 0
    imported: int = 0
    known: int = 0
    accounts: int = 0
    rejected: list[Rejected] = field(default_factory=list)

    @property
    def in_vain(self) -> bool:
        """Whether not one line of the file could be used."""
        return bool(self.rejected) and len(self.rejected) == self.read

    def __str__(self) -> str:
        return (
            f"read {self.read} = imported {self.imported} (of {self.accounts} accounts) "
            f"+ already known {self.known} + rejected {len(self.rejected)}"
        )


def import_history(
    history: History,
    rows: Iterable[AccountRow],
    points: ScoreHistory,
    *,
    today: date,
    scorer: CSMHealthScorer | None = None,
    step: Callable[[], None] = lambda: None,
) -> Imported:
    """Import what a file holds of days before `today` about the accounts of `rows`; `step` is called for each line.

    A day that has a point already is left as it is. Raises `Unavailable`, `Misconfigured`.
    """
    known = Known((row.account_id, row.account.name) for row in rows)
    done = Imported(read=len(history))
    by_account: dict[str, list[Entry]] = {}
    for made in history.entries(known, scorer or CSMHealthScorer(), today):
        if isinstance(made, Entry):
            by_account.setdefault(made.account_id, []).append(made)
        else:
            done.rejected.append(made)
            step()
    points.put_many(_new(by_account, points, done, step))
    return done


def _new(
    by_account: dict[str, list[Entry]], points: ScoreHistory, done: Imported, step: Callable[[], None]
) -> Iterator[tuple[str, Point]]:
    """The points of days that have none, one account after the other."""
    for account_id, entries in by_account.items():
        days = [entry.point.run_date for entry in entries]
        there = {point.run_date for point in points.between(account_id, min(days), max(days))}
        new = [entry.point for entry in entries if entry.point.run_date not in there]
        done.known += len(entries) - len(new)
        done.imported += len(new)
        done.accounts += bool(new)
        for point in new:
            yield account_id, point
        for _ in entries:
            step()
