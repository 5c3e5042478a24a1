"""A quarter's reviews of a book: planned by the deployed rule's target, and written until every queue is empty."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console

from customer_success.accounts.row import AccountRow
from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.history import DynamoScoreHistory
from customer_success.periods import Quarter, long_date
from local.demo.commands import Scenario, named, prepared
from local.demo.day import STALL_SECONDS, STALL_SECONDS_WITH_FAULTS, DemoRun
from local.demo.environment import demo_deployment, obey_notes, refuse, tokens
from local.demo.errors import DemoError
from local.demo.findings import QuarterFindings, Sent, gather_quarter, reviews_of_quarter, waiting
from local.demo.options import DOWN_VENDORS, SAMPLE_BOOK, Options
from local.demo.outage import close_with_waiting
from local.demo.progress import QuarterLook
from local.demo.report.quarter import quarter_heading, quarter_report
from local.demo.state import DemoState
from local.deployment import LocalDeployment
from local.import_history.job import Imported, import_history
from local.import_history.output import IN_VAIN, print_result, progress_bar
from local.spreadsheets.history import History, read_history

MODEL = "sandbox.writer-v1"
COMMAND = re.compile(r"ignore .*instructions", re.IGNORECASE)
"""Notes that would command a model."""


def run_quarter(options: Options, console: Console) -> None:
    """`make demo-qbr`. Raises `DemoError` and what `demo_deployment` raises."""
    # A book that was never scanned is scanned on the quarter's own day; the bundled one has a day of its own.
    fresh = options.book != SAMPLE_BOOK and not DemoState.of(options.book).played
    state, scenario, scanned_on = prepared(options if fresh else replace(options, day=None))
    day = options.day or _next_quarter(scanned_on)
    if day < scanned_on:
        raise DemoError(f"DATE={day} lies before the scan of this book, {scanned_on}: take a later day")
    by_model = options.narrator == "bedrock"
    console.print("starting Notion, Gmail, Google Chat, Slack, Bedrock and AWS on this machine …")
    with demo_deployment(state, {"BedrockModelId": MODEL} if by_model else {"BedrockModelId": ""}) as deployment:
        demo_run = DemoRun(deployment, state, console, STALL_SECONDS_WITH_FAULTS if options.down else STALL_SECONDS)
        scan_first(demo_run, scenario, scanned_on)
        quarter_heading(console, Quarter.of(day), day, options.book)
        _import_beside(deployment, options.book, day, console)
        for name in options.down:
            refuse(deployment, DOWN_VENDORS[name])
        for row in _commanding(deployment):
            obey_notes(deployment, row.account_id)
        found = _played(demo_run, day)
        quarter_report(console, found, state, named(options.book), tokens(deployment) if by_model else {})
    console.print("\nEverything that was started has ended.", soft_wrap=True)
    close_with_waiting(console, found.waiting, options.down)


def _played(demo_run: DemoRun, day: date) -> QuarterFindings:
    deployment, period = demo_run.deployment, str(Quarter.of(day))
    before, sent_before = reviews_of_quarter(deployment.table, period), Sent.now(demo_run.state)
    if waiting(deployment):
        demo_run.drain(QuarterLook(deployment, period))
    deployment.plan_quarter(day)
    demo_run.drain(QuarterLook(deployment, period))
    return gather_quarter(deployment, demo_run.state, day, before, sent_before)


def _next_quarter(day: date) -> date:
    """The first day of the quarter after the one that `day` lies in."""
    last = Quarter.of(day).last
    return date.fromordinal(last.toordinal() + 1)


def scan_first(demo_run: DemoRun, scenario: Scenario, day: date) -> None:
    """Scan the book if that was never done: reviews are written of accounts that a scan has read."""
    deployment = demo_run.deployment
    if next(iter(DynamoAccountRows(deployment.table).every()), None) is not None:
        return
    rows = scenario.load(deployment, day)
    demo_run.console.print(f"the book was not scanned yet: the scan of {long_date(day)}")
    if failure := demo_run.scan(day, len(rows.book.rows)):
        raise DemoError(failure)


def _commanding(deployment: LocalDeployment) -> Iterator[AccountRow]:
    """Accounts whose notes would command a model."""
    return (row for row in DynamoAccountRows(deployment.table).every() if COMMAND.search(row.account.notes or ""))


def history_beside(book: Path) -> Path:
    """Where older scores of a book stand."""
    return book.with_suffix(".history.csv")


def _import_beside(deployment: LocalDeployment, book: Path, day: date, console: Console) -> None:
    """Bring in the older scores that lie beside a book, so that its first quarter is not empty."""
    path = history_beside(book)
    if not path.exists():
        return
    done = _import(deployment, read_history(path, day), day, console)
    if done.imported or done.rejected:
        console.print(f"older scores beside the book, {path.name} (as `make import-history` brings them in):")
        print_result(console, done)


def _import(deployment: LocalDeployment, history: History, today: date, console: Console) -> Imported:
    rows, points = DynamoAccountRows(deployment.table).every(), DynamoScoreHistory(deployment.table)
    with progress_bar(console, len(history)) as step:
        return import_history(history, rows, points, today=today, step=step)


def run_import_history(options: Options, console: Console) -> None:
    """`make import-history` into the demo's deployment of a book. Raises as `demo_deployment` does, and `DemoError`."""
    if not options.file:
        raise DemoError(
            "FILE is missing: name a CSV of older days, with account, date and signals, as in FILE=history.csv"
        )
    state = DemoState.of(options.book)
    if not state.played:
        raise DemoError(f"{options.book} was not played yet, so no account is known: make demo{named(options.book)}")
    history = read_history(Path(options.file), datetime.now(UTC).date())
    with demo_deployment(state) as deployment:
        console.print(f"{options.file} into the deployment of {options.book.name}:")
        done = _import(deployment, history, datetime.now(UTC).date(), console)
        print_result(console, done)
    if done.in_vain:
        raise DemoError(IN_VAIN)
