"""The scan and the writer of pages, put together as the deployment does, on stand-ins for AWS and Notion."""

from __future__ import annotations

import time as clock
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from connectors.notion.accounts import NotionCSMAdapter
from connectors.notion.client import NotionClient
from connectors.patience import Patience
from customer_success.aws.accounts import DynamoAccountRows
from customer_success.aws.alerts import DynamoAlertLog
from customer_success.aws.digests import DynamoDigests
from customer_success.aws.history import DynamoScoreHistory
from customer_success.aws.pace import DynamoPace
from customer_success.aws.pages import DynamoWrittenPages
from customer_success.aws.queues import SqsOutbox
from customer_success.aws.runs import DynamoRuns
from customer_success.aws.table import Table
from customer_success.aws.topic import SnsAnnouncements
from customer_success.closing import Closing
from customer_success.health_scorer import CSMHealthScorer
from customer_success.messages import PagesChanged
from customer_success.periods import Calendar
from customer_success.tasks.notion_sync import NotionSync
from customer_success.tasks.scan_run import ScanRequest, ScanRun
from tests.benchmarks.aws_stand_in import QueueOnDisk, TableOnDisk
from tests.benchmarks.book import FIRST_DAY
from tests.benchmarks.notion_stand_in import DATABASE, NotionStandIn

TENANT = "acme"
PER_SECOND = 3.0


class VirtualTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = clock.time()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Deployment:
    """What runs for one tenant. Waits for Notion's pace in virtual time unless told otherwise."""

    def __init__(
        self,
        notion: NotionStandIn,
        folder: Path,
        *,
        time: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        virtual = VirtualTime()
        self._time, self._sleep = time or virtual, sleep or virtual.sleep
        self.notion = notion
        self.dynamodb: Any = TableOnDisk(folder / "table")
        self.updates: Any = QueueOnDisk(folder / "notion-updates")
        self.topic: Any = QueueOnDisk(folder / "churn-alerts")

    @property
    def aws_calls(self) -> Counter[str]:
        return self.dynamodb.calls + self.updates.calls + self.topic.calls

    def scan(self, day: int) -> dict[str, Any]:
        """The whole scan of a day, and what it counted."""
        self.notion.day = day
        on = FIRST_DAY + timedelta(days=day)
        table, pages = self._function()
        rows, alerts, runs = DynamoAccountRows(table), DynamoAlertLog(table), DynamoRuns(table)

        def now() -> datetime:
            return datetime.combine(on, time(7), UTC)

        job = ScanRun(
            tenant_id=TENANT,
            book=pages,
            rows=rows,
            history=DynamoScoreHistory(table),
            alerts=alerts,
            runs=runs,
            page_updates=SqsOutbox(self.updates, "notion-updates"),
            closing=Closing(
                TENANT,
                rows,
                alerts,
                runs,
                DynamoDigests(table),
                SnsAnnouncements(self.topic, "churn-alerts"),
                Calendar(),
                now,
            ),
            scorer=CSMHealthScorer(),
            fallback_owner="lead@example.com",
            time_left=_plenty,
            now=now,
        )
        return job(ScanRequest(on, f"rule-{on}"))

    def sync(self) -> int:
        """Write the pages of all messages that wait; returns how many were written."""
        work = self.sync_worker()
        return sum(work(PagesChanged.model_validate_json(body)) for body in self.updates.receive())

    def sync_worker(self) -> NotionSync:
        """One of the functions that write pages."""
        table, pages = self._function()
        return NotionSync(DynamoAccountRows(table), DynamoWrittenPages(table), pages)

    def _function(self) -> tuple[Table, NotionCSMAdapter]:
        """The clients that a function of its own has."""
        table = Table(self.dynamodb, "customer-success", TENANT, sleep=self._sleep)
        pace = DynamoPace(
            table, "notion", per_second=PER_SECOND, time_left=_plenty, clock=self._time, sleep=self._sleep
        )
        client = NotionClient("token", Patience(pace, _plenty, self._sleep), transport=self.notion)
        return table, NotionCSMAdapter(client, DATABASE)


def _plenty() -> float:
    """Seconds left: the benchmark measures one function that is not cut off."""
    return 3600.0
