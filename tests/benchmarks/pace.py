"""How close to Notion's own limit the work runs, in real time: a Notion that takes its time and refuses haste."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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

ANSWER_SECONDS = 0.35
ACCOUNTS_SCANNED = 1_000
PAGES_WRITTEN = 75
WRITERS = 2
"""As many functions as the template lets write at once."""


class Gate:
    """Lets `NOTION_PER_SECOND` requests a second in on average, so many at once at most, and takes its time."""

    def __init__(self) -> None:
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
        time.sleep(ANSWER_SECONDS)
        return admitted


def run(console: Console) -> list[Promise]:
    """Scan a second day, and write the pages of a first one."""
    rows = []
    for what, work in (
        (f"scan of {ACCOUNTS_SCANNED:,} accounts", _scan_of_a_second_day),
        (f"{PAGES_WRITTEN} pages by {WRITERS} writers", _writing_of_a_first_day),
    ):
        with TemporaryDirectory() as folder:
            requests, refused, seconds = work(Path(folder))
        floor = requests / NOTION_PER_SECOND
        rows.append((what, f"{requests}", f"{refused}", f"{floor:.1f} s", f"{seconds:.1f} s", f"{seconds / floor:.2f}"))
    show(
        console,
        f"Against a Notion that allows {NOTION_PER_SECOND:g} requests a second and answers after {ANSWER_SECONDS} s",
        ("", "requests", "refused", "floor: requests / 3", "took", "over the floor"),
        rows,
        f"a scan's reads wait for one another: that alone makes {ANSWER_SECONDS * NOTION_PER_SECOND:.2f}",
    )
    return []


def _scan_of_a_second_day(folder: Path) -> tuple[int, int, float]:
    deployment = Deployment(NotionStandIn(AccountBook(ACCOUNTS_SCANNED)), folder)
    deployment.scan(0)
    return _timed(deployment, lambda: deployment.scan(1))


def _writing_of_a_first_day(folder: Path) -> tuple[int, int, float]:
    # One of so many accounts has left, and its page is not written.
    deployment = Deployment(NotionStandIn(AccountBook(PAGES_WRITTEN + 1)), folder)
    deployment.scan(0)
    waiting = SimpleQueue[PagesChanged]()
    for message in deployment.page_updates():
        waiting.put(message)
    return _timed(deployment, lambda: _write(deployment, waiting))


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


def _timed(deployment: Deployment, work: Callable[[], object]) -> tuple[int, int, float]:
    """Requests that were let in, those that were not, and the seconds it took, in real time and at Notion's pace."""
    notion = deployment.notion
    deployment.clock, notion.admit = RealClock(), Gate()
    before, start = notion.requests.total(), time.monotonic()
    work()
    return notion.requests.total() - before, notion.refused, time.monotonic() - start
