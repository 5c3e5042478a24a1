"""Which alerts the scan of a day sends: its own, and those of earlier days that were not sent before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from customer_success.alerts.entry import AlertEntry
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from customer_success.aws.dynamodb.stored import Stored
from customer_success.aws.dynamodb.table import Table
from customer_success.periods import Calendar
from customer_success.scan.run import HEALTH_SCAN, Run


@dataclass(frozen=True, slots=True)
class AlertDays:
    """The days whose alerts are sent on `day`: `unranked` ones whose scan did not finish, and days off that `held`."""

    day: date
    unranked: tuple[date, ...] = ()
    held: tuple[date, ...] = ()

    @classmethod
    def until(cls, table: Table, day: date) -> AlertDays:
        """Those since the last finished scan; on a working day since the last finished scan of a working day."""
        calendar, span = Calendar(), (date.min.isoformat(), (day - timedelta(days=1)).isoformat())
        runs = list(Stored(table, Run).query(table.partition("RUNS", HEALTH_SCAN), between=span))
        finished = [run.run_date for run in runs if run.status == "finished" and run.tally.scored]
        last = max(finished, default=date.min)
        last_working = max(filter(calendar.is_working_day, finished), default=date.min)
        return cls(
            day,
            unranked=tuple(run.run_date for run in runs if run.run_date > last),
            held=tuple(run.run_date for run in runs if last_working < run.run_date <= last)
            if calendar.is_working_day(day)
            else (),
        )

    def alerts(self, table: Table) -> Iterator[AlertEntry]:
        """The alerts that are sent on the day, its own first, without those that a day off still holds."""
        log = DynamoAlertLog(table)
        yield from log.on(self.day)
        for day in self.unranked:
            yield from (entry for entry in log.on(day) if entry.delivery)
        for day in self.held:
            for entry in log.on(day):
                # A critical alert was sent on the day off itself.
                if entry.delivery == "single" and entry.alert.churn_risk != "critical":
                    yield entry
