"""How close to Notion's own limit the work runs, in real time: a Notion that takes its time and refuses haste."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from threading import Lock

from rich.console import Console

from customer_success.messages import PagesChanged
from tests.benchmarks.book import AccountBook
from tests.benchmarks.deployment import NOTION_PER_SECOND, Deployment, RealClock
from tests.benchmarks.figures import Promise, show
from tests.benchmarks.notion_stand_in import NotionStandIn

WRITERS = 2
"""As many functions as the template lets write at once."""


@dataclass(frozen=True, slots=True)
class Size:
    """Accounts that are scanned, pages that are written, and the seconds that Notion takes for an answer."""

    accounts: int = 1_000
    pages: int = 75
    answer_seconds: float = 0.35


QUICK = Size(accounts=150, pages=3, answer_seconds=0.05)


class Gate:
    """Lets `NOTION_PER_SECOND` requests a second in on average, so many at once at most, and takes its time."""

    def __init__(self, answer_seconds: float) -> None:
        self._answer_seconds = answer_seconds
        self._room = NOTION_PER_SECOND
        self._seen = time.monotonic()
        self._lock = Lock()

    def __call__(self) -> bool:
        with self._lock:
            now = time.monotonic()
            self._room = min(NOTION_PER_SECOND, self._room + (now - self._seen) * NOTION_PER_SECOND)
            self._seen = now
            admitted = self._room >= 1
            self._room -= admitted
        time.sleep(self._answer_seconds)
        return admitted


def run(console: Console, size: Size = Size()) -> list[Promise]:
    """Scan a second day, and write the pages of a first one."""
    rows = []
    for what, work in (
        (f"scan of {size.accounts:,} accounts", _scan_of_a_second_day),
        (f"{size.pages} pages by {WRITERS} writers", _writing_of_a_first_day),
    ):
        with TemporaryDirectory() as folder:
            requests, refused, seconds = work(Path(folder), size)
        floor = requests / NOTION_PER_SECOND
        rows.append((what, f"{requests}", f"{refused}", f"{floor:.1f} s", f"{seconds:.1f} s", f"{seconds / floor:.2f}"))
    show(
        console,
        f"Against a Notion that allows {NOTION_PER_SECOND:g} a second and answers after {size.answer_seconds} s",
        ("", "requests", "refused", "floor: requests / 3", "took", "over the floor"),
        rows,
        f"a scan's reads wait for one another: that alone makes {size.answer_seconds * NOTION_PER_SECOND:.2f}",
    )
    return []


def _scan_of_a_second_day(folder: Path, size: Size) -> tuple[int, int, float]:
    deployment = Deployment(NotionStandIn(AccountBook(size.accounts)), folder)
    deployment.scan(0)
    return _timed(deployment, size, lambda: deployment.scan(1))


def _writing_of_a_first_day(folder: Path, size: Size) -> tuple[int, int, float]:
    # One of so many accounts has left, and its page is not written.
    deployment = Deployment(NotionStandIn(AccountBook(size.pages + 1)), folder)
    deployment.scan(0)
    waiting = SimpleQueue[PagesChanged]()
    for message in deployment.page_updates():
        waiting.put(message)
    return _timed(deployment, size, lambda: _write(deployment, waiting))


def _write(deployment: Deployment, waiting: SimpleQueue[PagesChanged]) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        for done in [pool.submit(_writer, deployment, waiting) for _ in range(WRITERS)]:
            done.result()


def _writer(deployment: Deployment, waiting: SimpleQueue[PagesChanged]) -> None:
    """A function that takes message after message until there is none."""
    write = deployment.page_writer()
    while True:
        try:
            write(waiting.get_nowait())
        except Empty:
            return


def _timed(deployment: Deployment, size: Size, work: Callable[[], object]) -> tuple[int, int, float]:
    """Requests admitted and refused, and the seconds it took, in real time and at Notion's rate limit."""
    notion = deployment.notion
    deployment.clock, notion.admit = RealClock(), Gate(size.answer_seconds)
    before, start = notion.requests.total(), time.monotonic()
    work()
    return notion.requests.total() - before, notion.refused, time.monotonic() - start
