"""The end of a scan: what was found is ranked, published and told. Every step may be repeated after a crash."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from customer_success.account_row import AccountRow, Day
from customer_success.alert_entry import AlertEntry
from customer_success.alert_policy import Delivery, rank
from customer_success.batches import batches
from customer_success.digest import Digest, failure_digest, scan_digest
from customer_success.errors import Unavailable
from customer_success.messages import DigestReady
from customer_success.periods import Calendar
from customer_success.ports import AccountRows, AlertLog, Announcements, Digests, Runs
from customer_success.run import Run, Told, add_counts

SHRUNK_BELOW = 0.5
BATCH = 100

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Closing:
    """Closes a run, or tells that it failed."""

    tenant_id: str
    rows: AccountRows
    alerts: AlertLog
    runs: Runs
    digests: Digests
    announcements: Announcements
    calendar: Calendar
    now: Callable[[], datetime]

    def close(self, run: Run, previous: Run | None) -> Run:
        """Rank the alerts, close accounts that are gone, publish, post the digest, finish.

        `previous` is the last finished run before this day, None for a deployment's first.
        """
        if run.told is None:
            run = self._ranked(run, first_scan=previous is None)
        run = self._without_the_gone(run, previous)
        self._publish(run)
        run = replace(
            run,
            status="finished",
            finished_at=self.now(),
            alerts_ever=add_counts(run.tally.alerts, previous.alerts_ever if previous else {}),
            false_alarms_ever=add_counts(run.tally.false_alarms, previous.false_alarms_ever if previous else {}),
        )
        if self.calendar.is_working_day(run.on):
            self._post(scan_digest(run, previous, self._entries_to_digest(run)))
        return self.runs.save(run)

    def fail(self, run: Run, failure: str) -> Run:
        """Tell that the run failed and why, on whatever day; what it wrote before stays."""
        run = replace(run, status="failed", failure=failure, finished_at=self.now())
        try:
            self._post(failure_digest(run))
        except Unavailable:
            logger.exception("the failed run of %s could not be told: %s", run.on, failure)
        return self.runs.save(run)

    def _ranked(self, run: Run, *, first_scan: bool) -> Run:
        """Mark each alert single or digest, and what waits for the next working day as held."""
        working_day = self.calendar.is_working_day(run.on)
        today = [(entry.state, entry.candidate) for entry in self.alerts.on(run.on)]
        held = self._held_before(run, {alert.account_id for _, alert in today}) if working_day else []
        deliveries = rank(
            [alert for _, alert in today] + [entry.candidate for entry in held],
            first_scan=first_scan,
            working_day=working_day,
        )
        waits = not working_day and not first_scan
        self._mark_ranked(run, held, deliveries, waits)
        pending = Counter(deliveries[alert.alert_id] for state, alert in today if state == "pending")
        singles = pending["single"] + sum(deliveries[entry.alert_id] == "single" for entry in held)
        told = Told(singles, digest=0 if waits else pending["digest"], held=pending["digest"] if waits else 0)
        return self.runs.save(replace(run, told=told))

    def _mark_ranked(
        self, run: Run, held: Iterable[AlertEntry], deliveries: Mapping[str, Delivery], waits: bool
    ) -> None:
        """Today's alerts are read once more for it: a big book's do not fit into memory together."""
        pending = (
            replace(e, delivery=deliveries[e.alert_id], held=waits and deliveries[e.alert_id] == "digest")
            for e in self.alerts.on(run.on)
            if e.state == "pending"
        )
        released = (replace(e, delivery=deliveries[e.alert_id], held=deliveries[e.alert_id] == "single") for e in held)
        self.alerts.mark(chain(pending, released))

    def _held_before(self, run: Run, told_anew: Collection[str]) -> list[AlertEntry]:
        """Alerts of the days off just before whose accounts are in danger still, and not told anew today."""
        held = {
            entry.alert.account_id: entry
            for day in reversed(list(self.calendar.days_off_before(run.on)))
            for entry in self.alerts.on(day)
            if entry.held and entry.alert.account_id not in told_anew
        }
        rows = self.rows.get_many(held)
        return [
            entry if entry.delivery == "single" else replace(entry, delivery=None)
            for account_id, entry in held.items()
            if (row := rows.get(account_id)) and row.day.memory.alerting_since
        ]

    def _publish(self, run: Run) -> None:
        pending = (entry for entry in self.alerts.on(run.on) if entry.state == "pending")
        released = (
            entry
            for day in self.calendar.days_off_before(run.on)
            for entry in self.alerts.on(day)
            if entry.held and entry.delivery == "single"
        )
        for entries in batches(chain(pending, released), count=BATCH):
            self.announcements.publish(
                [entry.alert.model_copy(update={"delivery": entry.delivery}) for entry in entries]
            )
            self.alerts.mark([replace(e, state="published", held=e.held and e.delivery == "digest") for e in entries])

    def _without_the_gone(self, run: Run, previous: Run | None) -> Run:
        """Close the accounts that the book no longer holds, unless so many are missing that the book is in doubt."""
        if previous and run.tally.read < previous.tally.read * SHRUNK_BELOW:
            alarm = (
                f"the book holds {run.tally.read} accounts, less than half of the {previous.tally.read} of "
                f"{previous.on}: no account was closed"
            )
            logger.error("%s", alarm)
            return replace(run, alarm=alarm)
        gone = 0
        for rows in batches(self.rows.every(), count=BATCH):
            missing = [row for row in rows if row.run != run.key and row.day.status != "gone"]
            gone += len(missing) + sum(row.day.status == "gone" and row.day.on == run.on for row in rows)
            self.rows.put_many([_gone(row, run) for row in missing])
        return replace(run, gone=gone)

    def _entries_to_digest(self, run: Run) -> Iterator[AlertEntry]:
        """Today's alerts, and those of the days off before, which had no digest of their own."""
        days = [*self.calendar.days_off_before(run.on)][::-1]
        return (entry for day in (*days, run.on) for entry in self.alerts.on(day))

    def _post(self, digest: Digest) -> None:
        self.digests.put(digest)
        self.announcements.publish(
            [
                DigestReady(
                    tenant_id=self.tenant_id,
                    digest_id=digest.digest_id,
                    run_kind=digest.run_kind,
                    run_date=digest.on,
                )
            ]
        )


def _gone(row: AccountRow, run: Run) -> AccountRow:
    before = row.before_day(run.on)
    last = before.last if before else None
    return replace(row, day=Day(run.on, "gone", run.on, last=last), before=before, run=run.key)
