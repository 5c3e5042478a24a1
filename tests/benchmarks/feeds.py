"""What feeds cost: seconds, memory and writes of a file, and what a scan of the book reads more for them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from tests.benchmarks.feed_cost import (
    COST,
    IngestCost,
    RequestCost,
    ScanCost,
    measure_requests,
    measure_scans,
)
from tests.benchmarks.figures import Promise, at_most, exactly, show

MOST_MEMORY = 1.3
"""Peak memory of the largest file, as a multiple of that of the smallest."""
MOST_READS = 1.2
"""Table reads of a scan, as a multiple of what full batches need."""


@dataclass(frozen=True, slots=True)
class Size:
    """The lines of each file, the smallest first, the accounts of the book that is scanned, and the requests."""

    lines: tuple[int, int] = (10_000, 1_000_000)
    book: int = 5_000
    requests: int = 20


QUICK = Size(lines=(200, 1_000), book=20, requests=2)


def run(console: Console, size: Size = Size()) -> list[Promise]:
    """Take files in, each in a process of its own; then scan a book with a feed for a week."""
    small, large = (_measured(lines) for lines in size.lines)
    _show_files(console, [small, large])
    with TemporaryDirectory() as scratch:
        asked = measure_requests(size.requests, Path(scratch))
    _show_requests(console, asked)
    with TemporaryDirectory() as scratch:
        without, steady = measure_scans(size.book, Path(scratch))
    _show_scans(console, size.book, without, steady)
    return [
        at_most(
            f"peak memory of {large.lines:,} usage lines over {small.lines:,}",
            large.peak_megabytes / small.peak_megabytes,
            MOST_MEMORY,
        ),
        exactly(
            f"table writes of {large.lines:,} usage lines = accounts, and the feed", large.writes, large.accounts + 1
        ),
        at_most(
            "POST /observations: table writes per account and request, and the feed's",
            asked.writes / (asked.accounts + size.requests),
            1,
        ),
        at_most(
            f"scan of {size.book:,} accounts with a feed: table reads over full batches",
            max(cost.table_reads / cost.floor for cost in steady),
            MOST_READS,
        ),
        exactly(
            f"scan of {size.book:,} accounts with a feed: Notion reads as without one",
            max(cost.notion_reads for cost in steady),
            without.notion_reads,
        ),
        exactly(
            f"four steady days of {size.book:,} accounts with a feed: page writes",
            sum(cost.pages_written for cost in steady),
            0,
        ),
    ]


def _measured(lines: int) -> IngestCost:
    command = [sys.executable, "-m", "tests.benchmarks.feed_cost", str(lines)]
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    return COST.validate_json(
        subprocess.run(command, stdout=subprocess.PIPE, check=True, env=os.environ | paths).stdout
    )


def _show_files(console: Console, costs: Sequence[IngestCost]) -> None:
    rows = [
        (
            f"{cost.lines:,}",
            f"{cost.accounts:,}",
            f"{cost.seconds:.1f}",
            f"{cost.lines / cost.seconds:,.0f}",
            f"{cost.seconds / cost.parsing_seconds:.0f}",
            f"{cost.writes / cost.accounts:.2f}",
            f"{cost.peak_megabytes:.0f}",
            f"{cost.peak_megabytes / costs[0].peak_megabytes:.2f}",
        )
        for cost in costs
    ]
    show(
        console,
        "A file of usage, 200 days of each account, taken in against AWS in process",
        (
            "lines",
            "accounts",
            "seconds",
            "lines a\nsecond",
            "times of parsing\nthe CSV alone",
            "table writes\nper account",
            "peak\nMB",
            f"over\n{costs[0].lines:,}",
        ),
        rows,
        "each size in a process of its own with the same imports",
    )


def _show_requests(console: Console, cost: RequestCost) -> None:
    figures = (
        f"{cost.lines / cost.seconds:,.0f}",
        f"{cost.seconds / cost.parsing_seconds:.0f}",
        f"{cost.writes / cost.accounts:.2f}",
    )
    show(
        console,
        f"POST /observations, {cost.lines:,} lines of usage in full requests, against AWS in process",
        ("", "lines a\nsecond", "times of parsing\nthe JSON alone", "table writes\nper account"),
        [("usage", *figures)],
        "ten days of fifty accounts in each request",
    )


def _show_scans(console: Console, book: int, without: ScanCost, steady: Sequence[ScanCost]) -> None:
    rows = [
        (
            f"{cost.day:%A}",
            "no" if cost is without else "yes",
            f"{cost.table_reads:,}",
            "-" if cost is without else f"{cost.table_reads / cost.floor:.2f}",
            f"{cost.notion_reads:,}",
            f"{cost.pages_written:,}",
        )
        for cost in (without, *steady)
    ]
    columns = ("day", "feed", "table\nreads", "over full\nbatches", "Notion\nreads", "pages\nwritten")
    show(console, f"A scan of {book:,} accounts with a feed of usage, day by day", columns, rows)
