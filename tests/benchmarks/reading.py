"""How long check-book takes for books of several sizes, each in a process of its own, as a person waits for it."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from rich.console import Console

from tests.benchmarks.figures import Promise, at_most, show

ROOT = Path(__file__).parents[2]
HEADINGS = (
    *("Account ID", "Name", "Owner", "ARR", "Contract End Date", "Feature Adoption Rate", "Usage Trend"),
    *("Login Frequency Days", "Last Interaction", "NPS", "Invoice Status", "Seats Bought", "Seats Used"),
    *("Open Tickets", "Industry"),
)
MOST_GROWTH = 2.0
"""Seconds a row of the largest book, as a multiple of those of the book before."""


@dataclass(frozen=True, slots=True)
class Size:
    """The rows of each book, the smallest first."""

    rows: tuple[int, ...] = (50, 5_000, 50_000)


QUICK = Size((5, 50, 500))


def run(console: Console, size: Size = Size()) -> list[Promise]:
    """Check books of each size."""
    with TemporaryDirectory() as scratch:
        seconds = {rows: _seconds(_book(Path(scratch) / f"{rows}.csv", rows)) for rows in size.rows}
    show(
        console,
        "make check-book",
        ("rows", "seconds"),
        [(f"{rows:,}", f"{taken:.2f}") for rows, taken in seconds.items()],
        f"{len(HEADINGS)} columns of every kind; the start of Python is in it",
    )
    floor, *_, before, largest = sorted(size.rows)
    growth = [(seconds[rows] - seconds[floor]) / (rows - floor) for rows in (before, largest)]
    return [
        at_most(f"seconds a row of {largest:,} rows over {before:,}", growth[1] / max(growth[0], 1e-6), MOST_GROWTH)
    ]


def _seconds(book: Path) -> float:
    env = os.environ | {"FILE": str(book), "DATE": "2026-03-02", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    start = time.perf_counter()
    command = [sys.executable, "-m", "local.check_book"]
    subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _book(path: Path, rows: int) -> Path:
    random = Random(1)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(_row(number, random) for number in range(rows))
    return path


def _row(number: int, random: Random) -> tuple[object, ...]:
    return (
        f"A-{number}",
        f"Company {number}",
        f"p{number % 40}@acme.example",
        f"${random.randrange(1_000, 500_000):,}.00",
        f"{random.randrange(1, 13)}/{random.randrange(1, 29)}/2026",
        f"{random.randrange(101)}%",
        random.choice(("Up", "Down", "Flat")),
        random.randrange(60),
        f"{random.randrange(1, 3)}/{random.randrange(1, 29)}/2026",
        random.randrange(11),
        "Current",
        random.randrange(5, 500),
        random.randrange(5, 300),
        random.randrange(9),
        "Retail",
    )
