"""The end of a scan: alerts are ranked and published, and the digest is posted. Every step may be repeated."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from customer_success.accounts.portfolio import PackedLines, line_of
from customer_success.accounts.row import AccountRow, AssessmentRecord, check_marker
from customer_success.alerts.policy import FALL_POINTS, Delivery, Reason, muted, rank
from customer_success.alerts.publisher import BATCH, AlertPublisher
from customer_success.batches import batches
from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured, Unavailable
from customer_success.isolation import alone, attempted, together
from customer_success.scan.assessment import alert_state_after_leaving
from customer_success.scan.book_notes import vanished_properties
from customer_success.scan.digest import alarm_digest, failure_digest, scan_digest
from customer_success.scan.feed_report import feed_lines
from customer_success.scan.feeds import NEW_NORMAL_AFTER, broken_feeds
from customer_success.scan.observed_book import BookTally, Unjoined
from customer_success.scan.run import Run, SentCounts
from customer_success.scan.tally import add_counts

if TYPE_CHECKING:
    from customer_success.accounts.ports import AccountRows, Portfolios
    from customer_success.alerts.entry import AlertEntry
    from customer_success.alerts.ports import AlertLog
    from customer_success.periods import Calendar
    from customer_success.scan.observed_book import ObservedBook
    from customer_success.scan.ports import Runs
    from customer_success.signals.freshness import Feed
    from customer_success.signals.slots import SlotName

SHRUNK_BELOW = 0.5
ONE_DAY = timedelta(days=1)
DOUBT = timedelta(days=7)
"""For so long a book that shrank is compared with the one before; a longer silence of people is consent."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Past:
    """The runs before the present one that its closing looks back on.

    `reported` is the latest run whose digest was posted: finished, on a working day. `unreported` are those since,
    oldest first: of days off, failed, or broken off; their alerts may wait still. `trusted` is the latest whose
    book was not in doubt, if it is not longer ago than `NEW_NORMAL_AFTER`, `previous` the latest that scored
    anything; each is None where there is none. A run that scored nothing because all signals were stale counts as
    reported and trusted.
    """

    previous: Run | None = None
    reported: Run | None = None
    trusted: Run | None = None
    unreported: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class Closing:
    """Closes a run, or reports that it failed."""

    rows: AccountRows
    alerts: AlertLog
    runs: Runs
    portfolios: Portfolios
    publisher: AlertPublisher
    observed: ObservedBook
    calendar: Calendar
    now: Callable[[], datetime]

    def close(
        self, run: Run, past: Past, *, feeds: Mapping[SlotName, Feed], signals_stale_after_days: int, last_try: bool
    ) -> Run:
        """Rank the alerts, mark accounts as removed, publish, post the digest, store the portfolio.

        The digest names the limit after which signals count as stale.
        The run comes back as finished and is still to be saved: what else follows a scan comes before that.
        """
        if run.sent is None:
            run = self._ranked(run, past)
        run, lines, book = self._mark_removed(run, past.trusted)
        unjoined = [Unjoined()]
        attempted(
            "the directory of the book's ids",
            lambda: unjoined.append(self.observed.remember(book.known, book.names, feeds=bool(feeds))),
        )
        if feeds:
            attempted(
                "the features that each plan is expected to use",
                lambda: self.observed.expect(book, feeds, run.run_date),
            )
        self._publish(run, past)
        run = replace(
            run,
            status="finished",
            finished_at=self.now(),
            broken_feeds=broken_feeds(run, past.trusted),
            vanished=vanished_properties(run, past.previous),
            alerts_ever=add_counts(run.tally.alerts, past.previous.alerts_ever if past.previous else {}),
            false_alarms_ever=add_counts(
                run.tally.false_alarms, past.previous.false_alarms_ever if past.previous else {}
            ),
        )
        if self.calendar.is_working_day(run.run_date):
            entries = self._to_digest(run, past)
            fresh = self.observed.thresholds.fresh
            of_feeds = feed_lines(run.tally, feeds.values(), unjoined[-1], run.run_date, fresh)
            self.publisher.post(
                scan_digest(run, past.reported, past.unreported, entries, signals_stale_after_days, of_feeds)
            )
        elif run.alarm:
            self.publisher.post(alarm_digest(run))
        self._store_portfolio(run, lines, last_try=last_try)
        return run

    def fail(self, run: Run, failure: str, *, last_try: bool) -> Run:
        """Report that the run failed and why, on any day; what it wrote before stays, and waits for the next run."""
        run = replace(run, status="failed", failure=failure, finished_at=self.now())
        digest = failure_digest(run, last_try=last_try)
        attempted(f"the digest that the run of {run.run_date} failed", lambda: self.publisher.post(digest))
        return self.runs.save(run)

    def past(self, run: Run) -> Past:
        """What the run's closing looks back on."""
        past = Past()
        for earlier in self.runs.before(run.kind, run.run_date):
            scored = earlier.status == "finished" and earlier.tally.scored > 0
            finished = scored or (earlier.status == "finished" and earlier.tally.watched > 0)
            if scored and past.previous is None:
                past = replace(past, previous=earlier)
            if (
                finished
                and not earlier.alarm
                and run.run_date - earlier.run_date <= NEW_NORMAL_AFTER
                and past.trusted is None
            ):
                past = replace(past, trusted=earlier)
            if finished and past.reported is None and self.calendar.is_working_day(earlier.run_date):
                past = replace(past, reported=earlier)
            if past.reported is None:
                past = replace(past, unreported=(earlier, *past.unreported))
            elif past.previous and (past.trusted or run.run_date - earlier.run_date > NEW_NORMAL_AFTER):
                break
        return past

    def _ranked(self, run: Run, past: Past) -> Run:
        """Mark each alert single or digest, and what waits for the next working day as held."""
        working_day = self.calendar.is_working_day(run.run_date)
        today = [(entry.state, entry.candidate) for entry in self.alerts.on(run.run_date)]
        waiting = list(self._waiting(past, run.run_date))
        asked = [entry for entry in waiting if entry.delivery != "digest" and (working_day or entry.state == "pending")]
        deliveries = rank(
            [alert for _, alert in today] + [entry.candidate for entry in asked],
            first_scan=past.previous is None,
            working_day=working_day,
        )
        waits = not working_day and past.previous is not None
        self._mark_ranked(run, waiting, deliveries, waits)
        pending = Counter(deliveries[alert.alert_id] for state, alert in today if state == "pending")
        pending += Counter(deliveries[e.alert_id] for e in asked if e.state == "pending" or _single(e, deliveries))
        sent = SentCounts(
            pending["single"],
            digest=0 if waits else pending["digest"],
            held=pending["digest"] if waits else 0,
        )
        return self.runs.save(replace(run, sent=sent))

    def _mark_ranked(
        self, run: Run, waiting: Iterable[AlertEntry], deliveries: Mapping[str, Delivery], waits: bool
    ) -> None:
        """Today's alerts are read once more for it: a big book's do not fit into memory together."""
        pending = (
            replace(e, delivery=deliveries[e.alert_id], held=waits and deliveries[e.alert_id] == "digest")
            for e in self.alerts.on(run.run_date)
            if e.state == "pending"
        )
        earlier = (self._settled(entry, deliveries, waits) for entry in waiting)
        self.alerts.mark(chain(pending, earlier))

    def _settled(self, entry: AlertEntry, deliveries: Mapping[str, Delivery], waits: bool) -> AlertEntry:
        """An alert of an earlier day as it is sent now; a held one waits on while no working day has come."""
        if entry.held and waits:
            return replace(entry, delivery="digest")
        delivery = deliveries.get(entry.alert_id, "digest")
        if entry.state == "pending":
            return replace(
                entry, delivery=delivery, held=waits and entry.alert_id in deliveries and delivery == "digest"
            )
        return replace(entry, delivery=delivery, held=delivery == "single")

    def _waiting(self, past: Past, on: date) -> Iterator[AlertEntry]:
        """The alerts of unreported runs that are not sent yet, with today's owner.

        `delivery` is "digest" for one that needs no message of its own any more: a later alert replaces it, the
        account is no longer in danger, was removed or left, or was muted meanwhile.
        """
        found = (
            entry
            for earlier in past.unreported
            for entry in self.alerts.on(earlier.run_date)
            if entry.state == "pending" or entry.held
        )
        for entries in batches(found, count=BATCH):
            rows = self.rows.get_many({entry.alert.account_id for entry in entries})
            for entry in entries:
                row = rows.get(entry.alert.account_id)
                worth_a_message = row and not _replaced(entry, row) and in_danger_still(entry, row, on)
                delivery: Delivery | None = None
                if entry.delivery == "single" and entry.state == "published":
                    delivery = "single"
                yield replace(with_owner(entry, row), delivery=delivery if worth_a_message else "digest")

    def _publish(self, run: Run, past: Past) -> None:
        days = [*(earlier.run_date for earlier in past.unreported), run.run_date]
        self.publisher.publish(
            entry
            for day in days
            for entry in self.alerts.on(day)
            if entry.state == "pending" or (entry.held and entry.delivery == "single")
        )

    def _mark_removed(self, run: Run, trusted: Run | None) -> tuple[Run, PackedLines, BookTally]:
        """Close the accounts that the book no longer holds, unless so many are missing that the book is in doubt.

        Those that are left come back in short: the book is read only once.
        """
        alarm = _doubt(run, trusted)
        if alarm:
            logger.error("%s", alarm)
        # A contract check that came between reading and writing a row has marked it as its own.
        ours = (run.key, check_marker(run.run_date))
        removed = 0
        lines, book = PackedLines(), BookTally()
        for rows in batches(self.rows.every(), count=BATCH):
            missing = {
                row.account_id: _removed(row, run)
                for row in rows
                if not alarm and row.run not in ours and row.latest.status != "gone"
            }
            together(list(missing.values()), self.rows.put_many, about=_about, otherwise=lambda *_: None)
            closed = [missing.get(row.account_id, row) for row in rows]
            removed += sum(row.latest.status == "gone" and row.latest.run_date == run.run_date for row in closed)
            for row in closed:
                alone(_about(row), partial(_add_line, lines, row), lambda _: None)
                if row.latest.status == "gone":
                    book.add_removed(row)
                else:
                    book.add(row)
        return replace(run, alarm=alarm, removed=0 if alarm else removed), lines, book

    def _store_portfolio(self, run: Run, lines: PackedLines, *, last_try: bool) -> None:
        """Store the portfolio. A scan whose digest is posted does not fail for it."""
        try:
            self.portfolios.write(*lines.cut(run.key, run.run_date))
        except (Misconfigured, Unavailable) as error:
            if isinstance(error, Unavailable) and not last_try:
                raise
            logger.exception("the portfolio stays as it was before the scan of %s", run.run_date)

    def _to_digest(self, run: Run, past: Past) -> Iterator[tuple[AlertEntry, str]]:
        """Today's alerts, and those of the unreported runs that today's do not replace, and what came of them."""
        today = set[str]()
        for entry in self.alerts.on(run.run_date):
            today.add(entry.alert.account_id)
            yield entry, ""
        latest = {
            entry.alert.account_id: entry
            for earlier in past.unreported
            for entry in self.alerts.on(earlier.run_date)
            if entry.alert.account_id not in today
        }
        rows = self.rows.get_many(latest)
        for account_id, entry in latest.items():
            yield with_owner(entry, rows.get(account_id)), _since_then(rows.get(account_id))


def _about(row: AccountRow) -> str:
    return f"account {row.account_id!r}"


def _add_line(lines: PackedLines, row: AccountRow) -> None:
    if line := line_of(row):
        lines.add(line)


def _doubt(run: Run, trusted: Run | None) -> str | None:
    """Why the book is in doubt, None if it is not."""
    if (
        trusted is None
        or run.run_date - trusted.run_date > DOUBT
        or run.tally.read >= trusted.tally.read * SHRUNK_BELOW
    ):
        return None
    return (
        f"the book holds {run.tally.read} accounts, less than half of the {trusted.tally.read} of "
        f"{trusted.run_date}: no account was closed, and none will be before {trusted.run_date + DOUBT + ONE_DAY}"
    )


def in_danger_still(entry: AlertEntry, row: AccountRow, on: date) -> bool:
    """True if an alert of an earlier day is still worth a message of its own on the day `on`."""
    last, state = row.latest.last, row.latest.alert_state
    if (
        last is None
        or row.latest.status in ("gone", "skipped")
        or muted(replace(last.health_status, run_date=on), state.mute)
    ):
        return False
    regained = last.score.score - entry.alert.score >= FALL_POINTS
    return state.episode is not None or (entry.alert.reason == Reason.FELL and not regained)


def _replaced(entry: AlertEntry, row: AccountRow) -> bool:
    """True if the account raised another alert on that day or since."""
    sent, alert = row.latest.alert_state.last_sent, entry.alert
    if sent is None or sent.run_date < alert.run_date:
        return False
    return (sent.run_date, sent.churn_risk) != (alert.run_date, alert.churn_risk)


def with_owner(entry: AlertEntry, row: AccountRow | None) -> AlertEntry:
    """The alert with the account's present owner, by whom it is ranked and listed."""
    owner = row.account.owner_email if row else None
    return replace(entry, alert=entry.alert.model_copy(update={"owner_email": owner})) if owner else entry


def _single(entry: AlertEntry, deliveries: Mapping[str, Delivery]) -> bool:
    return deliveries[entry.alert_id] == "single"


def _since_then(row: AccountRow | None) -> str:
    if row is None or row.latest.status == "gone":
        return "no longer in the book"
    if row.latest.status == "skipped":
        return "inactive by now"
    return "" if row.latest.alert_state.alerting_since else "recovered since"


def _removed(row: AccountRow, run: Run) -> AccountRow:
    before = row.latest_before(run.run_date)
    last = before.last if before else None
    day = AssessmentRecord(run.run_date, "gone", run.run_date, last=last, alert_state=alert_state_after_leaving(before))
    return replace(row, latest=day, before=before, run=run.key)
