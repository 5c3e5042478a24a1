"""How the cost of a scan grows with the book: requests to Notion, calls of AWS, memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rich.console import Console

from tests.benchmarks.figures import Promise, at_most, exactly, show
from tests.benchmarks.scan_cost import COSTS, DayCost

MOST_READS = 11
"""Notion requests per 1,000 accounts."""
MOST_CALLS = 1.2
"""AWS calls, as a multiple of what full batches need."""
MOST_MEMORY = 1.3
"""Peak memory at the largest size, as a multiple of that at the smallest."""
DAYS = ("first day", "second day")


@dataclass(frozen=True, slots=True)
class Size:
    """Accounts of each book, the smallest first; the first day's pages are written of books of up to `written`."""

    books: tuple[int, ...] = (1_000, 10_000, 50_000)
    written: int = 10_000


QUICK = Size(books=(50, 100), written=50)


def run(console: Console, size: Size = Size()) -> list[Promise]:
    """Measure all books, two at a time, the largest first."""
    books = sorted(size.books, reverse=True)
    with ThreadPoolExecutor(max_workers=2) as pool:
        costs = dict(zip(books, pool.map(lambda book: _measured(book, size), books), strict=True))
    days = [cost for book in size.books for cost in costs[book]]
    _show_costs(console, days)
    _show_calls(console, days)
    return [*count_promises(days), *_memory_promises(costs)]


def count_promises(days: Iterable[DayCost]) -> list[Promise]:
    """What is promised of requests and calls, at any size."""
    return [promise for cost in days for promise in _of_a_day(cost)]


def _of_a_day(cost: DayCost) -> list[Promise]:
    where = f"{cost.accounts:,} accounts, {DAYS[cost.day]}"
    kind, excess = cost.calls.worst
    promises = [
        at_most(f"{where}: Notion reads per 1,000", cost.per_thousand(cost.reads), MOST_READS),
        at_most(f"{where}: AWS calls of the scan over full batches, most for {kind}", excess, MOST_CALLS),
    ]
    if cost.writing:
        promises += [
            exactly(f"{where}: page writes = changed accounts", cost.writing.pages, cost.changed),
            exactly(f"{where}: page writes that changed nothing", cost.writing.idle, 0),
            at_most(f"{where}: AWS calls of the writing over full batches", cost.writing.calls.excess, MOST_CALLS),
        ]
    return promises


def _memory_promises(costs: dict[int, list[DayCost]]) -> list[Promise]:
    small, large = min(costs), max(costs)
    return [
        at_most(
            f"peak memory at {large:,} over {small:,}: up to the {DAYS[day]}",
            costs[large][day].peak_megabytes / costs[small][day].peak_megabytes,
            MOST_MEMORY,
        )
        for day in range(len(DAYS))
    ]


def _measured(book: int, size: Size) -> list[DayCost]:
    options = ["--write-first-day"] if book <= size.written else []
    command = [sys.executable, "-m", "tests.benchmarks.scan_cost", str(book), *options]
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    measured = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=os.environ | paths)
    return COSTS.validate_json(measured.stdout)


def _show_costs(console: Console, days: list[DayCost]) -> None:
    columns = ("accounts", "day", "reads per\n1,000", "accounts\nchanged", "pages\nwritten", "AWS calls\nper 1,000")
    rows = [
        (
            f"{cost.accounts:,}",
            DAYS[cost.day],
            f"{cost.per_thousand(cost.reads):.1f}",
            f"{cost.changed:,}",
            f"{cost.writing.pages:,}" if cost.writing else "-",
            f"{cost.per_thousand(sum(cost.calls.made.values())):,.0f}",
            f"{cost.calls.worst[1]:.2f}",
            f"{cost.peak_megabytes:.0f}",
            f"{cost.peak_megabytes / days[cost.day].peak_megabytes:.2f}",
        )
        for cost in days
    ]
    limits = ("limit", "", f"{MOST_READS}", "", "changed", "", f"{MOST_CALLS}", "", f"{MOST_MEMORY}")
    show(
        console,
        "A scan of the book against Notion and AWS in process",
        (*columns, "over full\nbatches", "peak\nMB", f"over\n{days[0].accounts:,}"),
        [*rows, limits],
        "each size in a process of its own with the same imports; -: not written, hours at Notion's rate limit",
    )


def _show_calls(console: Console, days: list[DayCost]) -> None:
    made = Counter[str]()
    for cost in days:
        made.update(cost.calls.made)
    show(
        console,
        "AWS calls of a scan per 1,000 accounts: made / needed if all batches were full",
        ("", *(f"{cost.accounts:,}\n{DAYS[cost.day]}" for cost in days)),
        [(kind, *(_made_and_needed(kind, cost) for cost in days)) for kind, _ in made.most_common()],
    )


def _made_and_needed(kind: str, cost: DayCost) -> str:
    made, needed = (cost.per_thousand(calls.get(kind, 0)) for calls in (cost.calls.made, cost.calls.needed))
    return f"{made:.1f} / {needed:.1f}"
