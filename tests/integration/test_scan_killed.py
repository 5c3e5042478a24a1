"""The scan on the real table adapters, killed at each of its calls that write: it ends as if it had not been."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest

from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from customer_success.aws.dynamodb.digests import DynamoDigests
from customer_success.aws.dynamodb.history import DynamoScoreHistory
from customer_success.aws.dynamodb.portfolios import DynamoPortfolios
from customer_success.aws.dynamodb.runs import DynamoRuns
from customer_success.aws.dynamodb.table import Table
from customer_success.errors import Unavailable
from tests.builders.accounts import TODAY, account, at_risk, dying
from tests.builders.aws import TABLE, TENANT, Client, Clock, create_table
from tests.builders.fakes import Crash
from tests.builders.killed import at_every
from tests.builders.scans import World

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WRITES = ("put_item", "update_item", "delete_item", "batch_write_item", "transact_write_items")
TOMORROW = TODAY + timedelta(days=1)
LEASES = ("lease_until", "lease_holder", "version", "requests", "expires_at")


@dataclass
class KilledAt:
    """A client whose process dies before, or after, its n-th call that writes."""

    real: Client
    before: int | None = None
    after: int | None = None
    count: int = 0

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        carry_out = getattr(self.real, operation)
        return self._counted(carry_out) if operation in WRITES else carry_out  # type: ignore[no-any-return]

    def _counted(self, carry_out: Callable[..., Any]) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.count += 1
            if self.count == self.before:
                raise Crash
            answer = carry_out(**request)
            if self.count == self.after:
                raise Crash
            return answer

        return call


@dataclass
class TableWorld(World):
    """A world whose table is real. Each delivery of the message is a process of its own."""

    client: KilledAt = field(kw_only=True)
    clock: Clock = field(default_factory=Clock, kw_only=True)

    def scan(self, on: date = TODAY, **asked: Any) -> dict[str, Any]:
        table = Table(cast("DynamoDBClient", self.client), TABLE, TENANT, sleep=self.clock.sleep)
        self.rows = DynamoAccountRows(table)  # type: ignore[assignment]
        self.history = DynamoScoreHistory(table)  # type: ignore[assignment]
        self.alerts = DynamoAlertLog(table, clock=self.clock)  # type: ignore[assignment]
        self.runs = DynamoRuns(table, clock=self.clock)  # type: ignore[assignment]
        self.digests = DynamoDigests(table, clock=self.clock)  # type: ignore[assignment]
        self.portfolios = DynamoPortfolios(table, clock=self.clock)  # type: ignore[assignment]
        return super().scan(on, **asked)

    def scan_to_the_end(self, on: date = TODAY, **asked: Any) -> dict[str, Any]:
        while True:
            try:
                return self.scan(on, **asked)
            except Crash:
                self.client.before = self.client.after = None
            except Unavailable as fault:
                self.clock.sleep(fault.retry_after or 1.0)

    def stored(self) -> dict[tuple[str, str], Any]:
        """All that lies in the table, but for leases and what a second try counts anew."""
        items = self.client.real.scan(TableName=TABLE)["Items"]
        plain = [{name: next(iter(value.values())) for name, value in item.items()} for item in items]
        return {
            (item["pk"], item["sk"]): {name: _timeless(value) for name, value in item.items() if name not in LEASES}
            for item in plain
        }

    @property
    def announced(self) -> tuple[set[str], set[str], set[str]]:
        """Alerts sent individually, digests posted and pages handed on, without repeats."""
        pages = {account_id for message in self.outbox.sent for account_id in message.account_ids}  # type: ignore[attr-defined]
        return set(self.topic.sent_individually), self.topic.digest_ids, pages


def _timeless(value: Any) -> Any:
    """A run's text without its version, start and end, a digest's without its time: a second try is later."""
    if not isinstance(value, str):
        return value
    if value.startswith("{") and '"bookmark"' in value:
        run = json.loads(value)
        return {name: v for name, v in run.items() if name not in ("version", "started_at", "finished_at")}
    return re.sub(r"Scanned at \d\d:\d\d UTC", "Scanned", value)


def two_mornings(world: TableWorld) -> None:
    """A first scan, then one with alerts of each delivery, a rejection and a departure."""
    world.scan_to_the_end(TODAY)
    world.accounts = [
        dying(1),
        *(at_risk(n) for n in range(2, 9)),
        account(9, {"nps_score": 9}),
        account(10),
    ]
    world.scan_to_the_end(TOMORROW)


def fresh_world(session: boto3.Session, **killed: int) -> TableWorld:
    real = session.client("dynamodb")
    if TABLE in real.list_tables()["TableNames"]:
        real.delete_table(TableName=TABLE)
    create_table(real)
    client = KilledAt(Client(real), **killed)
    return TableWorld([account(n) for n in range(1, 12)], page_size=4, client=client)


@at_every(11)
@pytest.mark.parametrize("where", ["before", "after"])
def test_killed_at_any_write_to_the_table_the_scan_ends_as_if_it_had_not_been(
    aws: boto3.Session, where: str, step: int
) -> None:
    # GIVEN two mornings that nothing disturbs
    undisturbed = fresh_world(aws)
    two_mornings(undisturbed)
    expected, reported = undisturbed.stored(), undisturbed.announced
    assert undisturbed.client.count > 20
    # WHEN the same mornings are killed once, before or after each single call that writes
    for at in range(1, undisturbed.client.count + 1, step):
        world = fresh_world(aws, **{where: at})
        two_mornings(world)
        # THEN the table and the messages are the same
        assert world.announced == reported, f"killed {where} write {at}"
        assert world.stored() == expected, f"killed {where} write {at}"


@pytest.mark.parametrize("at", [5, 30], ids=["half through", "finished"])
def test_a_scan_whose_run_cannot_be_read_begins_anew_and_counts_every_account(aws: boto3.Session, at: int) -> None:
    # GIVEN a scan that broke off, or came to its end, and a run that this version cannot read
    world = fresh_world(aws, after=at)
    world.accounts = [dying(1), *(account(n) for n in range(2, 12))]
    with contextlib.suppress(Crash):
        world.scan()
    [run] = [key for key in world.stored() if key[0].endswith("#RUNS#health_scan")]
    assert any(pk.startswith(f"{TENANT}#BOOK#") for pk, _ in world.stored())
    world.client.real.update_item(
        TableName=TABLE,
        Key={"pk": {"S": run[0]}, "sk": {"S": run[1]}},
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": {"S": "{}"}},
    )
    # WHEN the message comes again, and Notion answers in pages of another size
    world.book.page_size = 3
    result = world.scan_to_the_end()
    # THEN every account is read and counted, and no alert is sent twice
    assert (result["status"], result["read"], result["scored"]) == ("finished", 11, 11)
    assert list(world.topic.sent_individually) == [f"A-0001:{TODAY}:critical"]
