"""The expansion run on the real table adapters, killed at each of its writes: it ends as if it had not been."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest

from customer_success.accounts.row import AccountRow
from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.expansion_log import DynamoExpansionLog
from customer_success.aws.dynamodb.offers import DynamoOffers
from customer_success.aws.dynamodb.peers import DynamoAdoptionPeers
from customer_success.aws.dynamodb.runs import DynamoRuns
from customer_success.aws.dynamodb.table import Table
from customer_success.aws.dynamodb.usages import DynamoFeatureUsages
from customer_success.errors import Unavailable
from tests.builders.accounts import TODAY
from tests.builders.aws import TABLE, TENANT, Client, Clock, create_table
from tests.builders.expansion_runs import CONTENT, Expansions
from tests.builders.fakes import Crash
from tests.builders.killed import at_every
from tests.builders.offers import offer, offer_id
from tests.builders.usage import usage
from tests.integration.test_scan_killed import KilledAt

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TOMORROW = TODAY + timedelta(days=1)
TIMES = ("lease_until", "lease_holder", "version", "requests", "expires_at")


@dataclass
class TableExpansions(Expansions):
    """Expansion runs whose table is real. Each delivery of the request is a process of its own."""

    client: KilledAt = field(kw_only=True)
    clock: Clock = field(default_factory=Clock, kw_only=True)

    def run(self, on: date = TODAY, **asked: Any) -> dict[str, Any]:
        self.connect(self.client)
        return super().run(on, **asked)

    def add(self, row: AccountRow) -> None:
        self.rows.put_many([row])

    def connect(self, client: Any) -> None:
        """What a process has of the table."""
        table = Table(cast("DynamoDBClient", client), TABLE, TENANT, sleep=self.clock.sleep)
        self.rows = DynamoAccountRows(table)  # type: ignore[assignment]
        self.usages = DynamoFeatureUsages(table, clock=self.clock)  # type: ignore[assignment]
        self.peers = DynamoAdoptionPeers(table)  # type: ignore[assignment]
        self.offers = DynamoOffers(table, clock=self.clock)  # type: ignore[assignment]
        self.log = DynamoExpansionLog(table, clock=self.clock)  # type: ignore[assignment]
        self.runs = DynamoRuns(table, clock=self.clock)  # type: ignore[assignment]

    def run_to_the_end(self, on: date = TODAY, **asked: Any) -> dict[str, Any]:
        while True:
            try:
                return self.run(on, **asked)
            except Crash:
                self.client.before = self.client.after = None
            except Unavailable as fault:
                self.clock.sleep(fault.retry_after or 1.0)

    def stored(self) -> dict[tuple[str, str], Any]:
        """All that lies in the table, but for leases and moments."""
        items = self.client.real.scan(TableName=TABLE)["Items"]
        plain = [{name: next(iter(value.values())) for name, value in item.items()} for item in items]
        return {
            (item["pk"], item["sk"]): {name: _timeless(value) for name, value in item.items() if name not in TIMES}
            for item in plain
        }

    @property
    def wanted(self) -> tuple[set[tuple[str, str]], set[Any]]:
        """Which checks and closings were asked for: repeats left out."""
        return {(asked.id, asked.account_id) for asked in self.asked}, set(self.queued)


def _timeless(value: Any) -> Any:
    """A run without its version, start and end, what was read without when: a second try is later."""
    if not isinstance(value, str) or not value.startswith("{"):
        return value
    return {n: v for n, v in json.loads(value).items() if n not in ("version", "started_at", "finished_at", "at")}


def fresh_world(session: boto3.Session, **killed: int) -> TableExpansions:
    """Candidates, usage on three pages and answers of Sales."""
    real = session.client("dynamodb")
    if TABLE in real.list_tables()["TableNames"]:
        real.delete_table(TableName=TABLE)
    create_table(real)
    world = TableExpansions(client=KilledAt(Client(real), **killed))
    world.connect(real)
    for number in (1, 2, 3):
        world.account(number, plan="Team")
        world.offers.put(offer("seats", number))
    world.account(4, CONTENT, plan="Team")
    world.book.rows, world.book.page_size = [usage(f"Feature {f}", n) for n in range(1, 5) for f in range(2)], 3
    world.records.answer(offer_id("seats", 1), status="Accepted")
    world.records.answer(offer_id("seats", 2), status="Rejected", reason="no budget")
    return world


def two_days(world: TableExpansions) -> None:
    """A first run, then one on the day on which an answer is taken back."""
    world.run_to_the_end(TODAY)
    world.connect(world.client.real)
    world.account(1, on=TOMORROW, plan="Team")
    world.records.answer(offer_id("seats", 1))
    world.run_to_the_end(TOMORROW)


@at_every(11)
@pytest.mark.parametrize("where", ["before", "after"])
def test_killed_at_any_write_to_the_table_the_run_ends_as_if_it_had_not_been(
    aws: boto3.Session, where: str, step: int
) -> None:
    # GIVEN two days that nothing disturbs
    undisturbed = fresh_world(aws)
    two_days(undisturbed)
    expected, wanted = undisturbed.stored(), undisturbed.wanted
    assert len(wanted[0]) == 4
    assert undisturbed.client.count > 20
    # WHEN the same days are killed once, before or after each single call that writes
    for at in range(1, undisturbed.client.count + 1, step):
        world = fresh_world(aws, **{where: at})
        two_days(world)
        # THEN the table and what was asked for are the same
        assert world.wanted == wanted, f"killed {where} write {at}"
        assert world.stored() == expected, f"killed {where} write {at}"
