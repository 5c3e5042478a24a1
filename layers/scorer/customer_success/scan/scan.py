"""The daily health scan of the whole account book, from checkpoint to checkpoint.

Writes before a checkpoint may be repeated after a crash, with the same values: the baseline of
every comparison lies before the run date, alerts have ids of their own, and a sent alert stays sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any, Literal

from pydantic import Field

from customer_success.accounts.account import Account
from customer_success.accounts.last_known import IN_WORDS
from customer_success.accounts.ports import AccountBook, AccountRows, BookPage, ScoreHistory
from customer_success.accounts.row import AccountRow
from customer_success.alerts.entry import AlertEntry
from customer_success.alerts.ports import AlertLog
from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured, OutOfTime, Refused, Unavailable
from customer_success.isolation import alone, attempted, cause, together
from customer_success.messages import ACCOUNTS_PER_MESSAGE, ExpansionRunRequested, pages_changed
from customer_success.metrics import Metric
from customer_success.paging import one_ahead
from customer_success.periods import today
from customer_success.ports import Outbox
from customer_success.results import Failed, IfKnown, JobResult, TaskResult
from customer_success.scan.assessment import (
    Assessment,
    ScanContext,
    Scored,
    assess,
    rejected_as_duplicate,
    rejected_as_unwritable,
    rejected_for_error,
)
from customer_success.scan.closing import Closing
from customer_success.scan.feed_report import count_observed
from customer_success.scan.observed_book import ObservedAccount, ObservedBook
from customer_success.scan.ports import Runs
from customer_success.scan.run import HEALTH_SCAN, Run, RunStatus
from customer_success.scan.tally import Counts, count
from customer_success.schemas import Confidence
from customer_success.scoring.scorer import CSMHealthScorer
from customer_success.signals.freshness import Feed
from customer_success.signals.slots import SlotName
from customer_success.tasks import Task, context_of

LEASE_SECONDS = 120.0
SECONDS_FOR_A_PAGE = 30.0
PAGES_HANDED_ON_TOGETHER = 10 * ACCOUNTS_PER_MESSAGE
"""As many as one call to the queue takes; fewer wait in the checkpoint."""


logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What a scan is asked for; `request_id` is the id of the event, by which its redelivery is recognised.

    On the `last_try` a passing fault is reported as a failed scan.
    """

    run_date: date
    request_id: str
    force: bool = False
    last_try: bool = False


class ScanResult(JobResult):
    """What a scan counted: read = scored + rejected + inactive."""

    task_type: Literal["health_scan"] = HEALTH_SCAN
    run_date: date
    attempt: int
    status: RunStatus
    confidence: Confidence
    read: int
    scored: int
    rejected: Counts
    """By reason."""
    inactive: int = Field(serialization_alias="skipped")
    pages_changed: int
    colours: Counts
    suppressed: Counts = Field(serialization_alias="quiet")
    sent: Counts = Field(serialization_alias="told")
    """Alerts by their delivery; empty where none was ranked yet."""
    removed: int = Field(serialization_alias="gone")
    broken_feeds: IfKnown[tuple[str, ...]] = None
    alarm: IfKnown[str] = None

    def counts(self) -> Mapping[Metric, float]:
        return {
            Metric.SCANS_FINISHED: self.status == "finished",
            Metric.ACCOUNTS_READ: self.read,
            Metric.ACCOUNTS_SCORED: self.scored,
            Metric.ACCOUNTS_REJECTED: sum(self.rejected.values()),
            Metric.ACCOUNTS_ONBOARDING: self.rejected.get("onboarding", 0),
            Metric.ALERTS: sum(self.sent.values()),
            Metric.ALERTS_SINGLE: self.sent.get("single", 0),
        }


@dataclass(frozen=True, slots=True)
class ScanRun:
    """The job. `time_left` gives the seconds that the function may still run; `now` the moment of scoring.

    Signals that were last updated more than `signals_stale_after_days` days ago count as unknown.
    """

    tenant_id: str
    book: AccountBook
    rows: AccountRows
    history: ScoreHistory
    alerts: AlertLog
    runs: Runs
    page_updates: Outbox
    expansion_runs: Outbox
    closing: Closing
    observed: ObservedBook
    scorer: CSMHealthScorer
    fallback_owner: str | None
    signals_stale_after_days: int
    time_left: Callable[[], float]
    now: Callable[[], datetime]
    timezone: str = "UTC"

    def __call__(self, request: ScanRequest) -> ScanResult | Failed:
        """Scan, or go on with a scan, and return what it counted.

        Raises `Refused` for a day before the last run's or after today, and `Unavailable` when the rest has to wait.
        A misconfiguration is reported at once, and comes back as failed with what was counted; anything else is
        reported on the last try, and raised in any case.
        """
        latest = self.runs.latest_day(HEALTH_SCAN, until=today(request.run_date, self.now(), self.timezone))
        if latest and request.run_date < latest:
            raise Refused(f"the scan of {request.run_date} is refused: it lies before the last run, {latest}")
        run = self._take(request, force=request.force)
        if run.status == "finished":
            return result(run)
        try:
            return result(self._finish(run, last_try=request.last_try))
        except (Misconfigured, Refused) as error:
            # The request is in order, so its message must not be acknowledged: what a person mends is scanned again.
            failure = cause(error)
            return Failed(HEALTH_SCAN, Misconfigured(failure), result(self._fail(request, failure)))
        except Exception as error:
            if request.last_try:
                attempted(
                    f"the record that the scan of {run.run_date} failed", partial(self._fail, request, cause(error))
                )
            else:
                attempted(f"the release of the scan of {run.run_date}", partial(self.runs.release, run))
            raise

    def _finish(self, run: Run, *, last_try: bool) -> Run:
        past = self.closing.past(run)
        feeds = self.observed.prepare(self.book)
        if run.status == "running":
            run = self._scan(run, past.previous, feeds)
        run = self.closing.close(
            run, past, feeds=feeds, signals_stale_after_days=self.signals_stale_after_days, last_try=last_try
        )
        self._request_expansion(run, last_try=last_try)
        return self.runs.save(run)

    def _request_expansion(self, run: Run, *, last_try: bool) -> None:
        """Ask for what follows a scan. A scan whose digest is posted does not fail for it."""
        wanted = ExpansionRunRequested(tenant_id=self.tenant_id, id=f"expansion:{run.key}", run_date=run.run_date)
        try:
            self.expansion_runs.send([wanted])
        except (Misconfigured, Unavailable) as error:
            if isinstance(error, Unavailable) and not last_try:
                raise
            logger.exception("no expansion run follows the scan of %s", run.run_date)

    def _take(self, request: ScanRequest, *, force: bool) -> Run:
        return self.runs.take(
            HEALTH_SCAN, request.run_date, request=request.request_id, force=force, lease_seconds=LEASE_SECONDS
        )

    def _fail(self, request: ScanRequest, failure: str) -> Run:
        """Report that the scan failed; the lease ends with it, so that another request may run again."""
        run = self._take(request, force=False)
        attempted("the request for the pages that changed", lambda: self._hand_on(run.pages_waiting, run.run_date))
        return self.closing.fail(run, failure, last_try=request.last_try)

    def _scan(self, run: Run, previous: Run | None, feeds: Mapping[SlotName, Feed]) -> Run:
        scan = ScanContext(
            tenant_id=self.tenant_id,
            run_date=run.run_date,
            run=run.key,
            now=self.now(),
            scorer=self.scorer,
            medians=previous.tally.medians() if previous else {},
            fallback_owner=self.fallback_owner,
        )
        for read in one_ahead(self.book.read(run.bookmark)):
            observed = self._observed(read.accounts, feeds, run, previous)
            page = replace(read, accounts=tuple(each.account for each in observed))
            if read.properties is not None:
                scan = replace(scan, absent=frozenset(IN_WORDS.keys() - read.properties.keys()))
            assessed = self._written(scan, self._assessed(scan, page, run.chunk))
            changed = (*run.pages_waiting, *(each.row.account_id for each in assessed if each.page_changed))
            full = len(changed) - (len(changed) % PAGES_HANDED_ON_TOGETHER if page.next else 0)
            self._hand_on(changed[:full], run.run_date)
            counted = count(assessed).plus(count_observed(observed))
            run = self.runs.save(run.page_done(counted, page.next, changed[full:], read.properties))
            if page.next and self.time_left() < SECONDS_FOR_A_PAGE:
                raise OutOfTime(f"{run.tally.read} accounts are scanned; the rest goes on from there", retry_after=1)
        return run

    def _observed(
        self, accounts: Sequence[Account], feeds: Mapping[SlotName, Feed], run: Run, previous: Run | None
    ) -> Sequence[ObservedAccount]:
        """The accounts with what feeds observed of them, and with the limit after which typed signals are too old.

        New is what arrived between the start of the previous scan and that of this one.
        """
        limited = [replace(account, signals_stale_after_days=self.signals_stale_after_days) for account in accounts]
        since, until = previous.started_at if previous else None, run.started_at
        arrived = (since, until) if since and until else None
        return self.observed.with_observations(limited, feeds, run.run_date, arrived)

    def _assessed(self, scan: ScanContext, page: BookPage, chunk: int) -> list[Assessment]:
        """Assess a page of the book. An account of an earlier page of the book was counted there."""
        known = self._known(page.accounts)
        assessed: list[Assessment] = []
        holders: dict[str, Account] = {}
        for account in page.accounts:
            row = known.get(account.account_id)
            if row and row.run == scan.run and row.chunk != chunk:
                holders.setdefault(account.account_id, row.account)
            holder = holders.setdefault(account.account_id, account)
            if holder.page_id != account.page_id:
                assessed.append(self._duplicate(scan, account, chunk, holder))
            elif holder is account:
                assessed.append(self._alone(scan, account, row, chunk))
        return assessed

    def _known(self, accounts: Sequence[Account]) -> dict[str, AccountRow]:
        """The accounts' rows. One whose id can be no key has none."""
        rows: dict[str, AccountRow] = {}
        together(
            [account.account_id for account in accounts],
            lambda account_ids: rows.update(self.rows.get_many(account_ids)),
            about=lambda account_id: f"the row of account {account_id!r}",
            otherwise=lambda *_: None,
        )
        return rows

    def _alone(self, scan: ScanContext, account: Account, row: AccountRow | None, chunk: int) -> Assessment:
        return alone(
            f"account {account.account_id!r}",
            lambda: assess(scan, account, row, chunk),
            lambda error: rejected_for_error(scan, account, row, chunk, error),
        )

    def _duplicate(self, scan: ScanContext, account: Account, chunk: int, holder: Account) -> Assessment:
        own = replace(account, account_id=account.page_id.replace("-", ""))
        row = self._known([own]).get(own.account_id)
        return alone(
            f"account {own.account_id!r}",
            lambda: rejected_as_duplicate(scan, own, row, chunk, holder),
            lambda error: rejected_for_error(scan, own, row, chunk, error),
        )

    def _written(self, scan: ScanContext, assessed: Sequence[Assessment]) -> list[Assessment]:
        """Write the assessments and return them; an account whose row or alert is refused is rejected instead."""
        written: dict[int, Assessment] = {id(each): each for each in assessed}

        def reject(assessment: Assessment, error: Exception) -> None:
            rejected = written[id(assessment)] = rejected_as_unwritable(scan, assessment, error)
            try:
                self._write([rejected])
            except Refused as refused:
                # A row with nothing in it is refused too, so it is not the account's fault.
                raise Misconfigured(f"no row is taken: {refused}") from refused

        together(assessed, self._write, about=lambda each: f"account {each.row.account_id!r}", otherwise=reject)
        return list(written.values())

    def _write(self, assessed: Sequence[Assessment]) -> None:
        """Write alerts first: once a row says that an alert was sent, the alert must exist.

        If the day's row exists, its alert may be published already: add, never overwrite.
        """
        scored = [each for each in assessed if isinstance(each, Scored)]
        self.alerts.put([AlertEntry(each.alert) for each in scored if each.alert and not each.again])
        self.alerts.add([AlertEntry(each.alert) for each in scored if each.alert and each.again])
        points = [(each.row.account_id, each.row.latest.point) for each in scored]
        self.history.put_many([(account_id, point) for account_id, point in points if point])
        self.rows.put_many([each.row for each in assessed])

    def _hand_on(self, account_ids: Sequence[str], on: date) -> None:
        """Queue the accounts for what writes their pages."""
        self.page_updates.send(pages_changed(self.tenant_id, account_ids, on))


def book_scan_task(scan: Callable[[ScanRequest], ScanResult | Failed], *, timezone: str = "UTC") -> Task:
    """The part of the task `health_scan` that is the scan of the book. With `force` a day that is scanned already is
    scanned again.
    """

    def scan_book(task: Mapping[str, Any], context: Mapping[str, Any]) -> TaskResult:
        asked = context_of("the whole book", context, timezone)
        force = task.get("force") is True
        return scan(ScanRequest(asked.run_date, asked.request_id, force=force, last_try=asked.last_try))

    return scan_book


def result(run: Run) -> ScanResult:
    """A run as its caller sees it; partial, with the error, if it failed."""
    tally, sent = run.tally, run.sent
    return ScanResult(
        run_date=run.run_date,
        attempt=run.attempt,
        status=run.status,
        confidence=run.confidence,
        read=tally.read,
        scored=tally.scored,
        rejected=tally.rejected,
        inactive=tally.inactive,
        pages_changed=tally.pages_changed,
        colours=tally.colours,
        suppressed=tally.suppressed,
        sent={"single": sent.single, "digest": sent.digest, "held": sent.held} if sent else {},
        removed=run.removed,
        broken_feeds=tuple(feed.signal for feed in run.broken_feeds) or None,
        alarm=run.alarm,
        error=run.failure,
    )
