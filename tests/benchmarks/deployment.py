"""The scan and the writer of pages, put together as the deployment does, on stand-ins for AWS and Notion."""

from __future__ import annotations

import time as real_time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from connectors.notion.accounts import NotionCSMAdapter
from connectors.notion.client import NotionClient
from connectors.retry_policy import RetryPolicy
from customer_success.alerts.publisher import AlertPublisher
from customer_success.api.observations import ObservationsAnswer, ObservationsRequest, TakeObservations
from customer_success.aws.dynamodb.rate_limiter import DynamoRateLimiter
from customer_success.aws.dynamodb.store import Store
from customer_success.aws.dynamodb.table import Table
from customer_success.aws.messaging.queues import SqsOutbox
from customer_success.aws.messaging.topic import SnsAnnouncements
from customer_success.messages import PagesChanged
from customer_success.periods import Calendar
from customer_success.scan.closing import Closing
from customer_success.scan.observed_book import ObservedBook
from customer_success.scan.page_sync import NotionSync
from customer_success.scan.scan import ScanRequest, ScanRun
from customer_success.scoring.scorer import CSMHealthScorer
from customer_success.signals.directory import Known
from customer_success.signals.entries import Mark
from customer_success.signals.ingest import Delivery, Ingest, Ingested
from customer_success.signals.lines import UsageLine
from customer_success.signals.memory_spool import MemorySpool
from customer_success.signals.records import Record, records
from customer_success.signals.spool import DiskSpool
from tests.benchmarks.aws_stand_in import QueueOnDisk, TableOnDisk
from tests.benchmarks.book import FIRST_DAY, account_id
from tests.benchmarks.notion_stand_in import DATABASE, NotionStandIn
from tests.builders.secrets import notion_secret

TENANT = "acme"
NOTION_PER_SECOND = 3.0
"""The deployment's default."""


class Clock(Protocol):
    """What the functions wait by."""

    def __call__(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class VirtualClock:
    """A clock of long ago that only sleeping moves."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


class RealClock:
    """The clock on the wall."""

    def __call__(self) -> float:
        return real_time.time()

    def sleep(self, seconds: float) -> None:
        real_time.sleep(seconds)


class Deployment:
    """One tenant's, with its state in `folder`."""

    def __init__(self, notion: NotionStandIn, folder: Path) -> None:
        self.notion = notion
        self.clock: Clock = VirtualClock()
        self.dynamodb: Any = TableOnDisk(folder / "table")
        self.updates: Any = QueueOnDisk(folder / "notion-updates")
        self.scans: Any = QueueOnDisk(folder / "scan")
        self.topic: Any = QueueOnDisk(folder / "churn-alerts")

    @property
    def aws_calls(self) -> Counter[str]:
        """All calls so far, by operation, but the one message by which a scan asks for what follows it."""
        calls: Counter[str] = self.dynamodb.calls + self.updates.calls + self.topic.calls
        return calls

    def scan(self, day: int) -> dict[str, Any]:
        """The whole scan of a day, and what it counted."""
        self.notion.day = day
        on = FIRST_DAY + timedelta(days=day)
        table, pages = self._function()
        store = Store(table)
        observed = ObservedBook(store.observations, store.feeds, store.directories)
        rows, alerts, runs, portfolios = store.rows, store.alerts, store.runs, store.portfolios

        def now() -> datetime:
            return datetime.combine(on, time(7), UTC)

        job = ScanRun(
            tenant_id=TENANT,
            book=pages,
            rows=rows,
            history=store.history,
            alerts=alerts,
            runs=runs,
            page_updates=SqsOutbox(self.updates, "notion-updates", str),
            expansion_runs=SqsOutbox(self.scans, "scan", str),
            closing=Closing(rows, alerts, runs, portfolios, self._publisher(store), observed, Calendar(), now),
            observed=observed,
            scorer=CSMHealthScorer(),
            fallback_owner="lead@example.com",
            signals_stale_after_days=14,
            time_left=_plenty,
            now=now,
        )
        return job(ScanRequest(on, f"rule-{on}")).to_fields()

    def know_ids(self) -> None:
        """Write the ids of the book, as the first scan with a feed does."""
        numbers = range(self.notion.book.size)
        Store(self._function()[0]).directories.write(Known(account_id(number)) for number in numbers)

    def take_usage(self, file: Path, arrived_at: datetime) -> Ingested:
        """Take a file of usage in, as the function does with one of the inbox."""
        delivery = Delivery("usage", "product", file.name, arrived_at, sha256(file.name.encode()).hexdigest())
        with file.open("rb") as content:
            return self.ingest(delivery, records(content, UsageLine))

    def ingest(self, delivery: Delivery, lines: Iterable[tuple[int, Record]]) -> Ingested:
        """Take a delivery in."""
        store = Store(self._function()[0])
        return Ingest(store.observations, store.feeds, store.directories, DiskSpool, Mark(TENANT))(delivery, lines)

    def take_request(self, body: str, now: datetime) -> ObservationsAnswer:
        """Answer a request to take observations in, as the function of the API does."""
        store = Store(self._function()[0])
        ingest = Ingest(store.observations, store.feeds, store.directories, MemorySpool, Mark(TENANT))
        take = TakeObservations(TENANT, ingest, store.keyed_requests)
        return take(ObservationsRequest.model_validate_json(body), key=None, now=now)

    def page_updates(self) -> list[PagesChanged]:
        """Take all messages off the queue of pages to be written."""
        return [PagesChanged.model_validate_json(body) for body in self.updates.receive()]

    def page_writer(self) -> Callable[[PagesChanged], int]:
        """One of the functions that write pages."""
        table, pages = self._function()
        store = Store(table)
        job = NotionSync(store.rows, store.written_pages, pages, store.alerts, self._publisher(store))
        return partial(job, on=FIRST_DAY)

    def _publisher(self, store: Store) -> AlertPublisher:
        announcements = SnsAnnouncements(self.topic, "churn-alerts", str)
        return AlertPublisher(TENANT, store.alerts, store.digests, announcements)

    def _function(self) -> tuple[Table, NotionCSMAdapter]:
        """The clients that each function has for itself."""
        table = Table(self.dynamodb, "customer-success", TENANT, sleep=self.clock.sleep)
        rate_limiter = DynamoRateLimiter(
            table,
            "notion",
            per_second=NOTION_PER_SECOND,
            time_left=_plenty,
            clock=self.clock,
            sleep=self.clock.sleep,
        )
        client = NotionClient(
            notion_secret(), RetryPolicy(rate_limiter, _plenty, self.clock.sleep), transport=self.notion
        )
        return table, NotionCSMAdapter(client, DATABASE)


def _plenty() -> float:
    """Seconds left: no function is cut off here."""
    return 3600.0
