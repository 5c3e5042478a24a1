"""A feed dies: from its files in the bucket, by the table's own adapters, to the pages and digests of ten mornings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

import boto3
import pytest

from customer_success.aws.dynamodb.directories import DynamoDirectories
from customer_success.aws.dynamodb.feeds import DynamoFeeds
from customer_success.aws.dynamodb.observations import DynamoObservations
from customer_success.aws.dynamodb.table import Table
from customer_success.aws.inbox import S3Files
from customer_success.scoring.health_status import COLOURS, RISKS, HealthStatus
from customer_success.signals.entries import Mark
from customer_success.signals.inbox import FileResult, OpenFile, TakeFile
from customer_success.signals.ingest import Ingest
from customer_success.signals.spool import DiskSpool
from tests.builders.accounts import HEALTHY, TODAY, account
from tests.builders.aws import REGION, TABLE, TENANT, Client, create_table
from tests.builders.feeds import FakeInbox, usage_lines
from tests.builders.scans import World
from tests.integration.test_scan_killed import KilledAt, TableWorld

BUCKET = "inbox"
BOOK = 30
DEAD = range(1, 11)
"""These accounts stopped working with the product; the others work as ever."""
STOPPED, WORKING = [5] * 75 + [0] * 45, [5] * 120


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


@dataclass
class Mornings:
    """A deployment on a table and a bucket of moto's, and what its mornings left behind."""

    world: World
    s3: Any
    table: Table
    arrives: datetime = datetime.combine(TODAY, time(3), UTC)

    def put(self, kind: str, name: str, lines: list[dict[str, Any]]) -> FileResult:
        """A feed puts a file into the inbox, and the function takes it in."""
        columns = list(lines[0])
        text = "\n".join([",".join(columns), *(",".join(str(line[c]) for c in columns) for line in lines)])
        key = f"in/{kind}/product/{name}.csv"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())
        stores = DynamoObservations(self.table), DynamoFeeds(self.table), DynamoDirectories(self.table)
        return TakeFile(_Arriving(self.s3, BUCKET, self.arrives), Ingest(*stores, DiskSpool, Mark(TENANT)))(key)

    def usage(self, number: int) -> None:
        self.arrives = datetime.combine(day(number), time(3), UTC)
        lines = [
            line
            for n in range(1, BOOK + 1)
            for line in usage_lines(f"A-{n:04d}", day(number - 1), STOPPED if n in DEAD else WORKING)
        ]
        assert self.put("usage", str(day(number)), lines).joined in (0, BOOK)

    def status(self, number: int) -> HealthStatus:
        row = self.world.rows.get(f"A-{number:04d}")
        assert row is not None
        assert row.latest.last is not None
        return row.latest.last.health_status


class _Arriving(S3Files):
    """A bucket whose files arrived at one moment."""

    def __init__(self, client: Any, bucket: str, at: datetime) -> None:
        super().__init__(client, bucket)
        self._at = at

    @contextmanager
    def open(self, key: str) -> Iterator[OpenFile]:
        with super().open(key) as file:
            yield replace(file, arrived_at=self._at)


class TableInbox(FakeInbox):
    """The inbox's stores, on the table."""

    def __init__(self, table: Table) -> None:
        super().__init__(
            observations=cast(Any, DynamoObservations(table)),
            feeds=cast(Any, DynamoFeeds(table)),
            directories=cast(Any, DynamoDirectories(table)),
        )


@pytest.fixture
def mornings(aws: boto3.Session) -> Mornings:
    dynamodb: Any = aws.client("dynamodb")
    s3: Any = aws.client("s3")
    create_table(dynamodb)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    table = Table(dynamodb, TABLE, TENANT)
    fed = ("usage_trend", "login_frequency_days", "seats_utilization_rate", "feature_adoption_rate")
    typed = {name: value for name, value in HEALTHY.items() if name not in fed}
    book = [account(n, {**typed, "feature_adoption_rate": 0.3}, seats_bought=10.0) for n in range(1, BOOK + 1)]
    world = TableWorld(book, client=KilledAt(Client(dynamodb)))
    world.inbox = TableInbox(table)
    return Mornings(world, s3, table)


def test_over_ten_days_without_a_file_nothing_recovers(mornings: Mornings) -> None:
    # GIVEN a book whose usage comes as a file every night; of ten accounts it says that they stopped
    world = mornings.world
    mornings.usage(0)
    world.scan(day(0))
    mornings.usage(1)
    world.scan(day(1))
    before = {number: mornings.status(number) for number in range(1, BOOK + 1)}
    assert [number for number, status in before.items() if status.at_risk] == list(DEAD)
    alerts = {entry.alert_id for on in (0, 1) for entry in world.alerts.on(day(on))}
    assert len(alerts) == len(DEAD)
    # WHEN no file comes for ten days
    for number in range(2, 12):
        world.scan(day(number))
        # THEN each account stays as it was: no better, no worse, and no alert is new or over
        for account_number, was in before.items():
            now = mornings.status(account_number)
            assert COLOURS.index(now.rag) == COLOURS.index(was.rag), (number, account_number)
            assert RISKS.index(now.churn_risk) == RISKS.index(was.churn_risk), (number, account_number)
        assert list(world.alerts.on(day(number))) == []
        rows = world.rows.get_many(f"A-{n:04d}" for n in DEAD)
        assert {row.latest.alert_state.alerting_since for row in rows.values()} == {day(0)}
        # AND the digest of each working day names the feed, once it is late, and nothing as recovered
        digests = [digest for digest in _digests(world) if f", {day(number)}" in digest]
        assert not any("recovered" in text or "→" in text for text in digests)
        if day(number).weekday() < 5 and number > 4:
            (text,) = digests
            assert f"Late: usage from product delivered last on {day(1)}, {number - 1} days ago" in text
    # AND the pages say as of when the colours are
    page = rows["A-0001"].latest.page
    assert page is not None
    assert "no data since" in page.why
    # WHEN the feed comes back and says that they work again
    mornings.arrives = datetime.combine(day(12), time(3), UTC)
    lines = [line for n in range(1, BOOK + 1) for line in usage_lines(f"A-{n:04d}", day(11), WORKING)]
    assert mornings.put("usage", "back", lines).status == "accepted"
    world.scan(day(12))
    # THEN they recover
    assert not any(mornings.status(number).at_risk for number in range(1, BOOK + 1))


def _digests(world: World) -> list[str]:
    stored = cast(Any, world.digests)
    return [
        "\n".join([digest.title, *(line.text for section in digest.sections for line in section.lines)])
        for name in world.topic.digest_ids
        for digest in [stored.get(name)]
    ]
