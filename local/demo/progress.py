"""Shows how far the work has come while it runs, and notices when it gets no further."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Protocol

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from customer_success.alerts.entry import AlertEntry, Channel
from customer_success.expansion.entry import ExpansionEntry
from customer_success.reviews.qbr import SETTLED, Qbr
from customer_success.scan.run import Run
from local.demo.alert_days import AlertDays
from local.demo.environment import page_writes
from local.demo.findings import brought, expansions_of, reviews_of_contracts, reviews_of_quarter, run_of
from local.demo.log_errors import crashed, last_logged_error
from local.demo.report.words import name_of
from local.deployment import LocalDeployment
from local.stack.queues import Depth, Stillness

LOOK_SECONDS = 0.5
PLAIN_SECONDS = 3.0
NAME_LIMIT = 40
STILL_SECONDS = 8.0
"""Seconds without movement after which the reason is shown."""

CHANNEL_WORDS: Mapping[Channel, str] = {
    "notion": "records",
    "event_bus": "events",
    "email_alert": "drafts",
    "chat_alert": "chat",
}


@dataclass(frozen=True, slots=True)
class Come:
    """How far the work has come: done and total by what is done. A total of 0 is not known yet.

    `updates` are lines about what was done since the last look, `trouble` is what a person should know.
    """

    parts: Mapping[str, tuple[int, int]]
    updates: tuple[str, ...] = ()
    trouble: str | None = None

    @property
    def complete(self) -> bool:
        """True if all that is known to be done is done."""
        return all(done >= total for done, total in self.parts.values())

    def __str__(self) -> str:
        return " · ".join(f"{name} {done}/{total}" for name, (done, total) in self.parts.items() if total)


def how_far(run: Run | None, alerts: tuple[AlertEntry, ...], accounts: int, pages: int, *, pages_wait: bool) -> Come:
    """How far a scan has come, of a book with so many accounts and with so many pages written by now.

    A page that shows already what it should is queued and not written: the total counts while pages wait. What else is
    written in Notion, such as a record of an offer, is none of them.
    """
    tally = run.tally if run else None
    changed = tally.pages_changed if tally else 0
    written = min(pages, changed)
    left_out = sum(tally.rejected.values()) + tally.inactive if tally else 0
    parts = {
        "read": (tally.read if tally else 0, accounts),
        "scored": (tally.scored if tally else 0, max(accounts - left_out, 0)),
        "pages": (written, changed if pages_wait else written),
    }
    out = brought(alerts)
    return Come(parts | {words: out[channel] for channel, words in CHANNEL_WORDS.items()})


def failed_since(run: Run, began: datetime) -> bool:
    """True if the scan failed since then, and not in a demo before."""
    return run.status == "failed" and run.finished_at is not None and run.finished_at >= began


def how_far_reviews(qbrs: Sequence[Qbr]) -> Come:
    """How far the reviews have come: those that can still be written are the total of the written ones."""
    counts = {state: sum(qbr.state == state for qbr in qbrs) for state in SETTLED}
    still = len(qbrs) - sum(number for state, number in counts.items() if state != "written")
    others = {state.replace("_", " "): (number, number) for state, number in counts.items() if state != "written"}
    return Come({"planned": (len(qbrs), len(qbrs)), **others, "written": (counts["written"], still)})


def how_far_checks(entries: Sequence[ExpansionEntry]) -> Mapping[str, tuple[int, int]]:
    """How far the check of the candidates for an offer has come; what Sales answered is no check."""
    checks = [entry for entry in entries if entry.outcome != "answered"]
    return {"candidates": (sum(entry.outcome != "planned" for entry in checks), len(checks))}


class Screen(Protocol):
    """Shows how far the work has come."""

    def show(self, come: Come) -> None: ...

    def note(self, line: str) -> None:
        """Note that something is done."""
        ...

    def warn(self, words: str) -> None:
        """Say why nothing moves, or why it failed."""
        ...


class Bars:
    """One bar for each part of the work, on a terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def show(self, come: Come) -> None:
        for name, (done, total) in come.parts.items():
            if total and name not in self._tasks:
                self._tasks[name] = self._progress.add_task(name)
            if name in self._tasks:
                self._progress.update(self._tasks[name], completed=done, total=max(total, done))

    def note(self, line: str) -> None:
        self._progress.console.print(Padding(Text(line, "dim"), (0, 0, 0, 2), expand=False))

    def warn(self, words: str) -> None:
        self._progress.console.print(f"  {words}", style="yellow")


class Lines:
    """A line now and then, where no terminal is."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown = ""
        self._next = 0.0

    def show(self, come: Come) -> None:
        line = str(come)
        if line != self._shown and (come.complete or time.monotonic() >= self._next):
            self._console.print(f"  {line}", style="dim", soft_wrap=True)
            self._shown, self._next = line, time.monotonic() + PLAIN_SECONDS

    def note(self, line: str) -> None:
        self._console.print(f"  {line}", style="dim", soft_wrap=True)

    def warn(self, words: str) -> None:
        self._console.print(f"  {words}")


def bars(console: Console) -> Progress:
    """The bars of a terminal."""
    return Progress(
        TextColumn("  {task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def screen_on(console: Console) -> tuple[AbstractContextManager[object], Screen]:
    """What shows the progress on this console, and the block in which it does."""
    if not console.is_terminal:
        return nullcontext(), Lines(console)
    progress = bars(console)
    return progress, Bars(progress)


Look = Callable[[bool], Come]
"""Looks at the work once; its argument is whether pages are still queued."""


class ScanLook:
    """Looks at the scan of a day over a book of so many accounts, at what came of it on the channels, and at the
    check of its candidates for an offer.
    """

    def __init__(self, deployment: LocalDeployment, day: date, accounts: int) -> None:
        self._deployment = deployment
        self._alert_days = AlertDays.until(deployment.table, day)
        self._accounts = accounts
        self._pages_before = page_writes(deployment)
        self._began = datetime.now(UTC)

    def __call__(self, pages_wait: bool) -> Come:
        table, days = self._deployment.table, self._alert_days
        run, pages = run_of(table, days.day), page_writes(self._deployment) - self._pages_before
        come = how_far(run, tuple(days.alerts(table)), self._accounts, pages, pages_wait=pages_wait)
        come = replace(come, parts={**come.parts, **how_far_checks(expansions_of(table, days.day))})
        failed = run and failed_since(run, self._began)
        return replace(come, trouble=f"the scan failed: {run.failure}") if run and failed else come


class ContractLook:
    """Looks at the reviews that a day's contract check asked for."""

    def __init__(self, deployment: LocalDeployment, day: date) -> None:
        self._deployment = deployment
        self._day = day

    def __call__(self, _: bool) -> Come:
        asked = reviews_of_contracts(self._deployment.table, self._day)
        return Come({"reviews": (sum(qbr.state in SETTLED for qbr in asked), len(asked))})


class QuarterLook:
    """Looks at the reviews of a quarter, and names each account whose review has come to its end."""

    def __init__(self, deployment: LocalDeployment, period: str) -> None:
        self._deployment = deployment
        self._period = period
        self._ended = {qbr.key: qbr for qbr in reviews_of_quarter(deployment.table, period) if qbr.state in SETTLED}

    def __call__(self, _: bool) -> Come:
        qbrs = reviews_of_quarter(self._deployment.table, self._period)
        new = [qbr for qbr in qbrs if qbr.state in SETTLED and self._ended.get(qbr.key) != qbr]
        self._ended |= {qbr.key: qbr for qbr in new}
        return replace(how_far_reviews(qbrs), updates=tuple(_ended(new)))


def _ended(qbrs: Sequence[Qbr]) -> Iterator[str]:
    for state in SETTLED:
        if names := [name_of(qbr.account_name, NAME_LIMIT) for qbr in qbrs if qbr.state == state]:
            yield f"{state.replace('_', ' ')}: {' · '.join(names)}"


class Stalled(Exception):
    """Nothing has moved for too long."""


class Watch:
    """Looks at the work now and then, as long as the queues are not drained. Raises `Stalled`."""

    def __init__(self, deployment: LocalDeployment, look: Look, screen: Screen, stall_seconds: float) -> None:
        self._deployment = deployment
        self._look = look
        self._screen = screen
        self._stall_seconds = stall_seconds
        self._began = datetime.now(UTC)
        self._stillness = Stillness()
        self._shown: set[str | None] = {None}
        self._next_look = time.monotonic()

    def __call__(self, depths: Mapping[str, Depth]) -> None:
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        pages = depths.get("notion-updates")
        come = self.look(pages_wait=pages is not None and pages.total > 0)
        still = self._stillness.seconds((come, depths, self._deployment.work()))
        if still > STILL_SECONDS:
            self._show_why()
        if still > self._stall_seconds or (still > STILL_SECONDS and crashed(self._deployment, self._began)):
            raise Stalled

    def _show_why(self) -> None:
        """Show the functions' last complaint."""
        complaint = last_logged_error(self._deployment, self._began)
        self._show_once(complaint and f"waiting: {complaint}")

    def _show_once(self, words: str | None) -> None:
        """Show each text once."""
        if words not in self._shown:
            self._shown.add(words)
            self._screen.warn(str(words))

    def look(self, *, pages_wait: bool = False) -> Come:
        """Look once, and show it."""
        come = self._look(pages_wait)
        for line in come.updates:
            self._screen.note(line)
        self._show_once(come.trouble)
        self._screen.show(come)
        return come
