"""A whole scan over fakes: the morning's job without any vendor or AWS."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from customer_success.accounts.account import Account
from customer_success.alerts.publisher import AlertPublisher
from customer_success.errors import Unavailable
from customer_success.periods import Calendar
from customer_success.results import Failed
from customer_success.scan.closing import Closing
from customer_success.scan.scan import ScanRequest, ScanRun
from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.accounts import TODAY
from tests.builders.expansion_runs import FakeQueue
from tests.builders.fakes import (
    Crash,
    FakeAlerts,
    FakeBook,
    FakeDigests,
    FakeHistory,
    FakeOutbox,
    FakeRows,
    FakeRuns,
    FakeTopic,
    Writes,
)
from tests.builders.feeds import FakeInbox
from tests.builders.portfolios import FakePortfolios
from tests.builders.results import brought


@dataclass
class World:
    """All that a scan reads and writes; it outlives every crash."""

    accounts: list[Account]
    page_size: int = 100
    holidays: frozenset[date] = frozenset()
    signals_stale_after_days: int = 14
    today: date = date.min
    """The latest day that anything was done on, if no other is set."""
    writes: Writes = field(default_factory=Writes)

    def __post_init__(self) -> None:
        self.book = FakeBook(self.accounts, self.page_size)
        self.rows = FakeRows(self.writes)
        self.history = FakeHistory(self.writes)
        self.alerts = FakeAlerts(self.writes)
        self.runs = FakeRuns(self.writes)
        self.digests = FakeDigests(self.writes)
        self.portfolios = FakePortfolios(self.writes)
        self.topic = FakeTopic(self.writes)
        self.outbox = FakeOutbox(self.writes)
        self.expansion_runs = FakeQueue(self.writes)
        self.inbox = FakeInbox()

    def scan(
        self,
        on: date = TODAY,
        *,
        request: str | None = None,
        force: bool = False,
        last_try: bool = False,
        seconds_left: float = 300.0,
    ) -> dict[str, Any]:
        """Run the scan of a day, as one delivery of its message."""
        self.book.accounts = self.accounts
        self.today = max(self.today, on)
        result = self.scan_run(seconds_left)(ScanRequest(on, request or f"rule-{on}", force, last_try))
        # One that failed answers with what it counted.
        return result.finished.to_fields() if isinstance(result, Failed) and result.finished else brought(result)

    @staticmethod
    def moment(on: date, hour: int = 7) -> datetime:
        return datetime.combine(on, time(hour), UTC)

    @staticmethod
    def asked(on: date) -> ScanRequest:
        """What the rule asks for on a day."""
        return ScanRequest(on, f"rule-{on}")

    def scan_to_the_end(self, on: date = TODAY, **asked: Any) -> dict[str, Any]:
        """Deliver the message again after each crash or passing fault, as its queue does."""
        while True:
            try:
                return self.scan(on, **asked)
            except (Crash, Unavailable):
                self.writes.crash_before = self.writes.crash_after = None

    def scan_run(self, seconds_left: float = 300.0) -> ScanRun:
        """The job, on the day that is today."""

        def now() -> datetime:
            return datetime.combine(self.today, time(7), UTC)

        closing = Closing(
            self.rows,
            self.alerts,
            self.runs,
            self.portfolios,
            AlertPublisher("acme", self.alerts, self.digests, self.topic),
            self.inbox.observed,
            Calendar(self.holidays),
            now,
        )
        return ScanRun(
            tenant_id="acme",
            book=self.book,
            rows=self.rows,
            history=self.history,
            alerts=self.alerts,
            runs=self.runs,
            page_updates=self.outbox,
            expansion_runs=self.expansion_runs,
            closing=closing,
            observed=self.inbox.observed,
            scorer=CSMHealthScorer(),
            fallback_owner="lead@example.com",
            signals_stale_after_days=self.signals_stale_after_days,
            time_left=lambda: seconds_left,
            now=now,
        )

    @property
    def end_state(self) -> dict[str, Any]:
        """What remains of a scan, and the messages sent: repeats, which channels recognise, are left out."""
        return {
            "rows": self.rows.rows,
            "history": self.history.points,
            "alerts": self.alerts.entries,
            "runs": {key: (run.status, run.tally, run.sent, run.removed) for key, run in self.runs.runs.items()},
            "digests": self.digests.digests,
            "portfolio": (self.portfolios.latest_run, self.portfolios.snapshots, self.portfolios.parts),
            "told": self.topic.sent_individually,
            "announced": self.topic.digest_ids,
            "pages": {account_id for message in self.outbox.sent for account_id in message.account_ids},  # type: ignore[attr-defined]
            "expansion": {message.id for message in self.expansion_runs.sent},  # type: ignore[attr-defined]
        }
