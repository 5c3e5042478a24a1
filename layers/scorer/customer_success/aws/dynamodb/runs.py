"""The runs, each with a lease and a version: one function works on a run; one that lost it writes nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from customer_success.aws.dynamodb.items import Item, Key, Update, number, text
from customer_success.aws.dynamodb.stored import Stored
from customer_success.aws.dynamodb.table import ConditionNotMetError, Table
from customer_success.errors import Unavailable, Unreadable
from customer_success.scan.run import Run

RUNS_PER_READ = 4
SETTLED = ("finished", "failed")

logger = logging.getLogger(__name__)


class DynamoRuns:
    """`Runs` in the table.

    The lease belongs to this instance, of which a function has one: when its next invocation takes the run
    again, it need not wait for the lease that an invocation which broke off has left.
    """

    def __init__(self, table: Table, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._runs = Stored(table, Run)
        self._clock = clock
        self._holder = uuid4().hex
        self._lease_seconds = 0.0

    def take(self, kind: str, on: date, *, request: str, force: bool, lease_seconds: float) -> Run:
        """As the port says. A run that comes back finished or failed comes without the lease.

        The requests that a run has seen are stored with it: none of them begins another attempt, unless the run failed
        and its message was brought back from the dead-letter queue.
        """
        self._lease_seconds = lease_seconds
        item = self._table.get(self._key(kind, on))
        while True:
            run, seen = self._present(item)
            fresh = Run(kind, on, request, attempt=_version(item) + 1)
            wanted = self._wanted(run, seen, fresh, force)
            if wanted.status in SETTLED:
                return wanted
            if item and (seconds := self._seconds_left(item)):
                raise self._busy(wanted, seconds)
            try:
                return self._taken(wanted, _version(item), {*seen, request})
            except ConditionNotMetError as lost:
                item = lost.item

    def save(self, run: Run) -> Run:
        """As the port says. A run that is saved as finished or failed gives its lease back."""
        saved = replace(run, version=run.version + 1)
        body = self._runs.body(saved)
        update = Update(
            self._key(run.kind, run.run_date),
            {"body": body, "version": number(saved.version), "lease_until": number(self._lease_end(saved))},
            "#version = :read AND #lease_holder = :me",
            given={"read": number(run.version), "me": text(self._holder)},
        )
        try:
            self._table.update(update)
        except ConditionNotMetError as lost:
            if not self._is_ours(lost.item, saved):
                raise self._lost(run, lost.item) from lost
        return saved

    def release(self, run: Run) -> None:
        """As the port says; a lease that another function holds by now stays as it is."""
        free = Update(
            self._key(run.kind, run.run_date),
            {"lease_until": number(0)},
            "#lease_holder = :me",
            given={"me": text(self._holder)},
        )
        try:
            self._table.update(free)
        except ConditionNotMetError:
            return

    def before(self, kind: str, on: date) -> Iterator[Run]:
        earlier = self._table.query(
            self._table.partition("RUNS", kind),
            between=(date.min.isoformat(), (on - timedelta(days=1)).isoformat()),
            newest_first=True,
            page=RUNS_PER_READ,
        )
        return self._runs.readable(earlier)

    def last_finished(self, kind: str, before: date) -> Run | None:
        earlier = self.before(kind, before)
        return next((run for run in earlier if run.status == "finished" and run.tally.scored), None)

    def latest_day(self, kind: str, *, until: date | None = None) -> date | None:
        runs = self._table.query(
            self._table.partition("RUNS", kind),
            between=(date.min.isoformat(), (until or date.max).isoformat()),
            newest_first=True,
            page=1,
        )
        return next((date.fromisoformat(item["sk"]["S"]) for item in runs), None)

    def _present(self, item: Item | None) -> tuple[Run | None, frozenset[str]]:
        """The run that is there and can be read, and the requests it has seen. One that cannot be is begun anew."""
        if item is None:
            return None, frozenset()
        seen = frozenset(item.get("requests", {}).get("SS", ()))
        try:
            return self._runs.read(item), seen
        except Unreadable as error:
            logger.error("the run is begun anew: %s", error)
            return None, seen

    def _wanted(self, run: Run | None, seen: frozenset[str], fresh: Run, force: bool) -> Run:
        """The run to go on with: the present attempt, or a new one.

        `fresh` is what stands for no run at all, or for one that cannot be read: it has no earlier attempt's number, by
        which that marked what it wrote.
        """
        fresh = replace(fresh, started_at=datetime.fromtimestamp(self._clock(), UTC))
        if run is None:
            return fresh
        asked_anew = fresh.request_id not in seen and (force or not run.tally.scored)
        if run.status == "failed" or (run.status == "finished" and asked_anew):
            return replace(fresh, attempt=run.attempt + 1)
        return run

    def _taken(self, wanted: Run, read: int, seen: set[str]) -> Run:
        """The run with its lease, its version having been `read`. Raises `ConditionNotMetError` if another function was
        faster.
        """
        taken = replace(wanted, version=read + 1)
        item = self._runs.item(
            self._key(taken.kind, taken.run_date),
            taken,
            version=number(taken.version),
            lease_until=number(self._lease_end(taken)),
            lease_holder=text(self._holder),
            requests={"SS": sorted(seen)},
        )
        self._table.put(
            item,
            condition="attribute_not_exists(#version) OR "
            "(#version = :read AND (#lease_until <= :now OR #lease_holder = :me))",
            given={"read": number(read), "now": number(self._clock()), "me": text(self._holder)},
        )
        return taken

    def _lease_end(self, run: Run) -> float:
        return 0.0 if run.status in SETTLED else self._clock() + self._lease_seconds

    def _seconds_left(self, item: Item) -> float:
        """How long another function may still hold the lease; 0 if it is free, or ours."""
        if item.get("lease_holder", {}).get("S") == self._holder:
            return 0.0
        return max(0.0, float(item.get("lease_until", {}).get("N", 0)) - self._clock())

    def _is_ours(self, item: Item | None, saved: Run) -> bool:
        """True if this very write was carried out: the client lost the answer and repeated it."""
        there = item or {}
        return there.get("lease_holder") == text(self._holder) and there.get("body") == self._runs.body(saved)

    def _busy(self, run: Run, seconds: float) -> Unavailable:
        return Unavailable(
            f"another function has the lease of the {run.kind} run of {run.run_date}, for {seconds:.0f} s more",
            retry_after=seconds,
        )

    def _lost(self, run: Run, item: Item | None) -> Unavailable:
        return Unavailable(
            f"the {run.kind} run of {run.run_date} was lost at version {run.version}: another function went on with it",
            retry_after=self._seconds_left(item) if item else None,
        )

    def _key(self, kind: str, on: date) -> Key:
        return self._table.key("RUNS", kind, on.isoformat())


def _version(item: Item | None) -> int:
    """How often the run was written; every attempt has been written at least once."""
    return int(float((item or {}).get("version", {}).get("N", 0)))
