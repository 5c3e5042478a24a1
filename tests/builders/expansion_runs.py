"""A whole expansion run over fakes, from the scan's request to the owners' digests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from customer_success.accounts.account import Account, Unreadable
from customer_success.accounts.row import AccountRow
from customer_success.adoption.feature_usage import FeatureUsage, UsagePage
from customer_success.alerts.publisher import AlertPublisher
from customer_success.errors import Unavailable
from customer_success.expansion.close_expansions import CloseExpansions
from customer_success.expansion.entry import Outcome
from customer_success.expansion.expansion_run import ExpansionRun, ExpansionRunRequest
from customer_success.messages import ExpansionCheckRequested, ExpansionsQueued, Message
from customer_success.paging import Bookmark
from customer_success.periods import Calendar
from customer_success.scan.assessment import ScanContext, assess
from customer_success.scan.run import Run
from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.accounts import HEALTHY, TODAY, account
from tests.builders.fakes import Crash, FakeAlerts, FakeDigests, FakeOutbox, FakeRows, FakeRuns, FakeTopic, Writes
from tests.builders.offers import FakeExpansionLog, FakeExpansionRecords, FakeOffers
from tests.builders.results import brought
from tests.builders.usage import FakePeers, FakeUsages

CLOSES_AFTER = timedelta(hours=3)
LOOK_AGAIN_SECONDS = 120

CONTENT: dict[str, object] = {**HEALTHY, "seats_utilization_rate": 0.7, "usage_trend": "stable"}
"""GREEN, and with no need of more."""


@dataclass
class FakeUsageBook:
    """Feature usage in pages of `page_size`. `error` is raised at the row `fails_at`, a number of times."""

    rows: list[FeatureUsage] = field(default_factory=list)
    page_size: int = 100
    rejected: tuple[str, ...] = ()
    unreadable: tuple[tuple[str, Unreadable], ...] = ()
    error: Exception | None = None
    fails_at: int = 0
    failures: int = 0
    reads: int = 0

    def read(self, start: Bookmark) -> Iterator[UsagePage]:
        for at in range(int(start.cursor or 0), max(len(self.rows), 1), self.page_size):
            self.reads += 1
            if self.error and at == self.fails_at and self.failures:
                self.failures -= 1
                raise self.error
            after = at + self.page_size
            more = Bookmark(cursor=str(after)) if after < len(self.rows) else None
            note = (self.rejected, self.unreadable) if at == 0 else ((), ())
            yield UsagePage(tuple(self.rows[at:after]), more, *note)


@dataclass
class FakeQueue(FakeOutbox):
    """A queue that keeps the delays of its messages too; `error` is raised by every sending while it is set."""

    delays: list[int] = field(default_factory=list)
    error: Exception | None = None

    def send(self, messages: Iterable[Message], *, delay_seconds: int = 0) -> None:
        if self.error:
            raise self.error
        for message in messages:
            super().send([message])
            self.delays.append(delay_seconds)


@dataclass
class LeasedRuns(FakeRuns):
    """Runs that count how often a lease was given back before its end."""

    released: int = 0

    def release(self, run: Run) -> None:  # noqa: ARG002
        self.released += 1


@dataclass
class AskedUsages(FakeUsages):
    """Feature usage that keeps for how many accounts at a time it was asked."""

    asked: list[int] = field(default_factory=list)

    def of_many(self, accounts: Iterable[Account]) -> dict[str, tuple[FeatureUsage, ...]]:
        together = list(accounts)
        self.asked.append(len(together))
        return super().of_many(together)


@dataclass
class Expansions:
    """All that expansion runs and their closing read and write; it outlives every crash."""

    holidays: frozenset[date] = frozenset()
    writes: Writes = field(default_factory=Writes)
    today: date = date.min
    """The latest day of a run, if no other is set."""

    def __post_init__(self) -> None:
        self.book = FakeUsageBook()
        self.usages, self.peers = AskedUsages(self.writes), FakePeers(self.writes)
        self.records, self.offers = FakeExpansionRecords(), FakeOffers(self.writes)
        self.log, self.rows, self.runs = FakeExpansionLog(self.writes), FakeRows(self.writes), LeasedRuns(self.writes)
        self.checks, self.closings = FakeQueue(self.writes), FakeQueue(self.writes)
        self.alerts, self.digests = FakeAlerts(self.writes), FakeDigests(self.writes)
        self.topic = FakeTopic(self.writes)

    def account(
        self, number: int = 1, given: dict[str, object] | None = None, /, *, on: date = TODAY, **facts: Any
    ) -> Account:
        """Add an account that was scored on the day `on`: a candidate, unless its signals say otherwise."""
        found = account(number, given, **facts)
        self.add(scanned(found, on))
        return found

    def add(self, row: AccountRow) -> None:
        """What a scan wrote; no write of the run."""
        self.rows.rows[row.account_id] = row

    def run(
        self,
        on: date = TODAY,
        *,
        request: str | None = None,
        last_try: bool = False,
        seconds_left: float = 300.0,
        without: Iterable[str] = (),
    ) -> dict[str, Any]:
        """Run, as one delivery of the request; `without` names ports that are None."""
        self.today = max(self.today, on)
        job = ExpansionRun(
            tenant_id="acme",
            usage_book=self.book,
            usages=self.usages,
            records=self.records,
            offers=self.offers,
            rows=self.rows,
            peers=self.peers,
            log=self.log,
            checks=self.checks,
            closings=self.closings,
            runs=self.runs,
            calendar=Calendar(self.holidays),
            time_left=lambda: seconds_left,
            now=lambda: moment(self.today),
            close_after=CLOSES_AFTER,
            look_again_seconds=LOOK_AGAIN_SECONDS,
        )
        job = replace(job, **dict.fromkeys(without))
        return brought(job(ExpansionRunRequest(on, request or f"expansion:{on}#1", last_try)))

    def run_to_the_end(self, on: date = TODAY, **asked: Any) -> dict[str, Any]:
        """Deliver the request again after each crash or passing fault, as its queue does."""
        while True:
            try:
                return self.run(on, **asked)
            except (Crash, Unavailable):
                self.writes.crash_before = self.writes.crash_after = None

    def close(self, *, hours_later: float = 1, last_try: bool = False) -> dict[str, Any]:
        """Look at the day that was queued last."""
        queued = self.queued[-1]
        publisher = AlertPublisher("acme", self.alerts, self.digests, self.topic)
        job = CloseExpansions(self.log, publisher, self.closings, "lead@example.com", LOOK_AGAIN_SECONDS)
        return brought(job(queued, now=moment(queued.run_date) + timedelta(hours=hours_later), last_try=last_try))

    def checked(self, number: int, outcome: Outcome = "offered", on: date = TODAY, *lines: str) -> None:
        """What the check of an account came to."""
        self.log.settle(replace(self.log.entries[on, f"A-{number:04d}"], outcome=outcome, lines=lines))

    @property
    def asked(self) -> list[ExpansionCheckRequested]:
        """The checks that were asked for, repeats included."""
        return [message for message in self.checks.sent if isinstance(message, ExpansionCheckRequested)]

    @property
    def queued(self) -> list[ExpansionsQueued]:
        """The closings that were asked for, repeats included."""
        return [message for message in self.closings.sent if isinstance(message, ExpansionsQueued)]

    @property
    def end_state(self) -> dict[str, Any]:
        """What remains of runs, and what was asked for: repeats, which who is asked recognises, are left out."""
        return {
            "usage": self.usages.rows,
            "peers": self.peers.groups,
            "offers": self.offers.offers,
            "log": self.log.entries,
            "runs": {
                key: (run.status, run.attempt, run.tally, run.found, run.notes) for key, run in self.runs.runs.items()
            },
            "checks": {(asked.id, asked.account_id) for asked in self.asked},
            "closings": set(self.queued),
        }


def scanned(account: Account, on: date) -> AccountRow:
    """The account as the scan of the day `on` leaves it."""
    scan = ScanContext("acme", on, f"{on}#1", moment(on), CSMHealthScorer(), {}, "lead@example.com")
    return assess(scan, account, None, 0).row


def moment(on: date) -> datetime:
    """The moment at which a day's run begins."""
    return datetime.combine(on, time(7, 30), UTC)
