"""The commands of the demo: a book day by day, its dead letters brought back, what shadow mode recorded."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from rich.console import Console

from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.shadow_log import DynamoShadowLog
from customer_success.errors import Refused
from customer_success.reading.errors import UnreadableTableError
from local.check_book.asked import map_of
from local.check_book.coverage import coverage_of
from local.check_book.report import report_lines
from local.demo.day import STALL_SECONDS, STALL_SECONDS_WITH_FAULTS, DemoRun
from local.demo.environment import demo_deployment, refuse
from local.demo.errors import DemoError
from local.demo.feeds import deliver_all, feeds_beside, what_came_from_feeds
from local.demo.findings import Before, gather
from local.demo.options import DOWN_VENDORS, SAMPLE_BOOK, SAMPLE_DAY, Options
from local.demo.outage import close_with_waiting, close_without_scan
from local.demo.progress import ScanLook
from local.demo.report import channel_report, day_report, full_report, heading, renewals_report
from local.demo.report.expansion import expansion_report
from local.demo.report.lines import section
from local.demo.state import DemoState
from local.deployment import LocalDeployment
from local.forgetting.job import UnknownAccountError, forget
from local.ingest.asked import read_asked
from local.ingest.delivery import deliver, result_lines
from local.shadow_report.report import shadow_report
from local.spreadsheets.book import Sheet, read_book
from local.spreadsheets.changes import Change, changed, changes_beside, changes_file, in_words
from local.spreadsheets.rows import Rows, names_of, notion_rows
from local.spreadsheets.usage import Usage, usage_rows, usage_sheet
from local.stack.queues import brought_back, dead_letters_left, redrive


@dataclass(frozen=True, slots=True)
class Scenario:
    """A book over several days, the first of which is `first`: what stands in it, and what changes when.

    `usage` is the feature usage that lies beside it, the same on every day, if any does; `feeds` the folder of what
    its feeds deliver.
    """

    sheet: Sheet
    changes: tuple[Change, ...]
    first: date
    usage: Sheet | None = None
    feeds: Path | None = None

    def changes_on(self, day: date) -> Iterator[str]:
        """What changes on this very day, in words."""
        number = self._number(day)
        names = names_of(self._sheet(number - 1))
        return in_words((change for change in self.changes if change.day == number), names)

    def rows(self, day: date) -> Rows:
        """The book as it stands on a day."""
        return notion_rows(self._sheet(self._number(day)), self.first)

    def features(self, day: date) -> Usage | None:
        """The feature usage of the accounts that are in the book on a day or were at first, None without a list."""
        if self.usage is None:
            return None
        today = self._sheet(self._number(day))
        return usage_rows(self.usage, replace(today, lines=(*self.sheet.lines, *today.lines)), self.first)

    def load(self, deployment: LocalDeployment, day: date) -> Rows:
        """Put the book into Notion as it stands on a day, and the feature usage beside it."""
        rows, features = self.rows(day), self.features(day)
        deployment.sandbox.load(rows.book)
        deployment.load_usage(list(features.rows) if features else [])
        return rows

    def _sheet(self, number: int) -> Sheet:
        return changed(self.sheet, (change for change in self.changes if change.day <= number))

    def _number(self, day: date) -> int:
        return (day - self.first).days + 1


def run_demo(options: Options, console: Console) -> None:
    """`make demo`. Raises `DemoError` and what `demo_deployment` raises."""
    state, scenario, start = prepared(options)
    if options.book != SAMPLE_BOOK:
        _show_what_it_holds(options, scenario, console)
    days = [start + timedelta(number) for number in range(options.days)]
    scenario.rows(days[-1])  # a change that cannot be made is reported before anything starts
    if options.days > 1 and not scenario.changes:
        console.print(f"no {changes_file(options.book).name} lies beside the book: only the calendar moves on")
    console.print("starting Notion, Gmail, Google Chat, Slack and AWS on this machine, deploying template.yaml …")
    with demo_deployment(state, {"Shadow": "true"} if options.shadow else {}) as deployment:
        for name in options.down:
            refuse(deployment, DOWN_VENDORS[name])
        demo_run = DemoRun(deployment, state, console, STALL_SECONDS_WITH_FAULTS if options.down else STALL_SECONDS)
        for day in days:
            rows = scenario.load(deployment, day)
            heading(console, day, options.book, len(rows.book.rows), scenario.changes_on(day))
            if scenario.feeds:
                section(console, "Feeds", deliver_all(deployment, scenario.feeds, scenario.first, day))
            played = demo_run.day(day, len(rows.book.rows), force=options.force)
            found = None if played.failure else played.found
            if found is None:
                renewals_report(console, played.renewals, state.vendors)
                close_without_scan(console, played.failure or f"the scan of {day} left no run", options.down)
                break
            if options.days > 1:
                day_report(console, found)
        if found and options.shadow:
            day_report(console, found)
            shadow_report(console, DynamoShadowLog(deployment.table), day)
        elif found:
            full_report(console, found, scenario.sheet, rows, state, named(options.book))
            observed = what_came_from_feeds(DynamoAccountRows(deployment.table).every())
            section(console, "Signals that feeds brought", observed)
            expansion_report(console, found, scenario.features(day), options.book, state.vendors)
    following = f"make demo{named(options.book)} DATE={day + timedelta(1)}"
    following += " SHADOW=1" if options.shadow else ""
    console.print(f"\nEverything that was started has ended. The next day: {following}", soft_wrap=True)
    close_with_waiting(console, found.waiting if found else {}, options.down)


def _show_what_it_holds(options: Options, scenario: Scenario, console: Console) -> None:
    """Show first what was read of a book of the team's own. Raises `DemoError` where none of it would be scored."""
    reading = scenario.sheet.reading
    coverage = coverage_of(reading.accounts, scenario.first)
    for line in report_lines(options.book, reading, coverage):
        console.print(line, soft_wrap=True)
    console.print()
    if not coverage.scored and not scenario.feeds and not options.force:
        raise DemoError(
            f"ACCOUNTS={options.book}: none of its accounts would be scored, for the signals above are missing; bring "
            "them, name their columns by MAP=map.toml, or go on all the same with FORCE=1"
        )


def run_redrive(options: Options, console: Console) -> None:
    """`make redrive`. Raises `DemoError` and what `demo_deployment` raises."""
    state = DemoState.of(options.book)
    if not options.queue:
        raise DemoError("QUEUE is missing: name the queue that gets its dead letters back, as in QUEUE=alert-chat")
    if not state.played:
        raise DemoError(f"{options.book} was not played yet: there are no dead letters")
    day = state.played[-1]
    with demo_deployment(state) as deployment:
        try:
            moved = redrive(deployment.aws, deployment.stack.queues, options.queue)
        except ValueError as error:
            raise DemoError(f"QUEUE={options.queue}: {error}") from error
        left = dead_letters_left(deployment.aws, deployment.stack.queues, options.queue)
        console.print(brought_back(options.queue, moved, left))
        demo_run = DemoRun(deployment, state, console)
        before = Before.of(deployment, state, day)
        demo_run.drain(ScanLook(deployment, day, 0))
        if found := gather(deployment, state, day, before):
            channel_report(console, found, named(options.book))


def run_ingest(options: Options, console: Console) -> None:
    """`make ingest`. Raises `DemoError`, `AskedWronglyError` and what `demo_deployment` raises."""
    state = DemoState.of(options.book)
    given = {"FILE": options.file, "KIND": options.kind, "SOURCE": options.source, "SNAPSHOT": options.snapshot}
    given["MAP"] = options.map
    asked = read_asked(given)
    if not state.played:
        raise DemoError(f"{options.book} was not played yet: `make demo{named(options.book)}` makes its inbox")
    with demo_deployment(state) as deployment:
        result = deliver(deployment.aws, deployment.stack, asked, partial(console.print, soft_wrap=True))
    for line in result_lines(result):
        console.print(line, soft_wrap=True)
    if result.status == "refused":
        raise DemoError(f"FILE={options.file}: nothing of it was taken in")


def run_forget(options: Options, console: Console) -> None:
    """`make forget` without a stack's name. Raises `DemoError` and what `demo_deployment` raises."""
    state = DemoState.of(options.book)
    if not options.account:
        raise DemoError("ACCOUNT is missing: name the account to forget by its id, as in ACCOUNT=acc-001")
    if not state.played:
        raise DemoError(f"{options.book} was not played yet: nothing is stored of its accounts")
    with demo_deployment(state) as deployment:
        try:
            forgotten = forget(deployment.aws, deployment.stack, options.account, datetime.now(UTC))
        except (Refused, UnknownAccountError) as error:
            raise DemoError(str(error)) from error
    for line in forgotten.lines:
        console.print(line, soft_wrap=True, markup=False)


def run_shadow_report(options: Options, console: Console) -> None:
    """`make shadow-report` without a stack's name. Raises `DemoError` and what `demo_deployment` raises."""
    state = DemoState.of(options.book)
    if not state.played:
        raise DemoError(f"{options.book} was not played yet: `make demo SHADOW=1` plays a day of it in shadow")
    with demo_deployment(state, {"Shadow": "true"}) as deployment:
        shadow_report(console, DynamoShadowLog(deployment.table), options.day)


def prepared(options: Options) -> tuple[DemoState, Scenario, date]:
    """What is stored of the book, the book over the days, and the day to begin with."""
    state = DemoState.of(options.book)
    start = state.starting(options.day, SAMPLE_DAY if options.book == SAMPLE_BOOK else datetime.now(UTC).date())
    first = state.first_day(start)
    try:
        sheet = read_book(options.book, run_date=start, given=map_of(options.map))
    except UnreadableTableError as error:
        raise DemoError(str(error)) from error
    scenario = Scenario(
        sheet,
        changes_beside(options.book),
        first,
        usage_sheet(options.book),
        feeds_beside(options.book),
    )
    return state, scenario, start


def named(book: Path) -> str:
    """How a command names the book; the bundled one needs no name."""
    return "" if book == SAMPLE_BOOK else f" ACCOUNTS={shlex.quote(str(book))}"
