"""The worst accounts, two lines each: how they stand, and what drives it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from rich.cells import set_cell_size
from rich.text import Text

from customer_success.accounts.row import AccountRow
from customer_success.scoring.health_status import Point
from customer_success.scoring.words import NOTHING_COSTS, costliest
from customer_success.text import short
from local.demo.report.words import COLOUR_STYLES, RISK_STYLES, amount, name_of, owner, renewal, signed

MOST = 15
INDENT = 6
ARR, RENEWAL, OWNER = 9, 12, 12
"""Widths in cells. A name takes what the rest leaves."""

REST = 67
SHORTEST_NAME = 12


def worst(rows: Iterable[AccountRow], day: date) -> list[tuple[AccountRow, Point]]:
    """The lowest scores of the day, each with its point."""
    scored = [(row, row.latest.point) for row in rows if row.latest.run_date == day]
    found = [(row, point) for row, point in scored if point]
    return sorted(found, key=lambda each: (each[1].score.score, each[0].account_id))[:MOST]


def worst_lines(accounts: Sequence[tuple[AccountRow, Point]], day: date, width: int) -> Iterator[Text]:
    """The accounts below a line of headings, `width` cells wide."""
    if not accounts:
        return
    room = max(width - REST, SHORTEST_NAME)
    yield Text(f"score {'':5} change  {'risk':8} {'account':{room}} {'ARR':>{ARR}}  {'renewal':{RENEWAL}} owner", "dim")
    for row, point in accounts:
        score, account = point.score, row.account
        line = Text(f"{score.score:5.1f} ")
        line.append(f"{score.rag:<5} ", COLOUR_STYLES[score.rag])
        line.append(f"{_change(row, point):>6}  ")
        line.append(f"{score.churn_risk:<8} ", RISK_STYLES[score.churn_risk])
        line.append(set_cell_size(name_of(account.name, room), room), "bold")
        line.append(f" {amount(account.arr):>{ARR}}  {renewal(account.contract_end, day):<{RENEWAL}} ")
        line.append(short(owner(account.owner_email), OWNER))
        yield line
        yield Text(" " * INDENT + _fitting(costliest(score) or (NOTHING_COSTS,), width - INDENT), "dim")


def _change(row: AccountRow, point: Point) -> str:
    before = row.before.last if row.before else None
    change = round(point.score.score - before.score.score, 1) if before else None
    return "new" if change is None else signed(change) if change else "="


def _fitting(drivers: Sequence[str], width: int) -> str:
    """As many drivers as fit, at least one."""
    line = "; ".join(drivers)
    return line if len(line) <= width or len(drivers) == 1 else _fitting(drivers[:-1], width)
