"""The contract check on the real table adapters, killed at each of its calls that write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest

from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from customer_success.aws.dynamodb.digests import DynamoDigests
from customer_success.aws.dynamodb.history import DynamoScoreHistory
from customer_success.aws.dynamodb.qbrs import DynamoQbrs
from customer_success.aws.dynamodb.runs import DynamoRuns
from customer_success.aws.dynamodb.table import Table
from tests.builders.accounts import TODAY, account, at_risk
from tests.builders.aws import TABLE, TENANT, Client, create_table
from tests.builders.contract_checks import Mornings
from tests.builders.fakes import Crash
from tests.builders.killed import at_every
from tests.integration.test_scan_killed import KilledAt, TableWorld

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TOMORROW = TODAY + timedelta(days=1)


@dataclass
class TableMornings(TableWorld, Mornings):
    """Mornings whose table is real. Each delivery of a message is a process of its own."""

    def check(self, on: date = TODAY, *, request: str | None = None) -> dict[str, Any]:
        table = Table(cast("DynamoDBClient", self.client), TABLE, TENANT, sleep=self.clock.sleep)
        self.rows = DynamoAccountRows(table)  # type: ignore[assignment]
        self.history = DynamoScoreHistory(table)  # type: ignore[assignment]
        self.alerts = DynamoAlertLog(table, clock=self.clock)  # type: ignore[assignment]
        self.runs = DynamoRuns(table, clock=self.clock)  # type: ignore[assignment]
        self.digests = DynamoDigests(table, clock=self.clock)  # type: ignore[assignment]
        self.qbrs = DynamoQbrs(table, clock=self.clock)  # type: ignore[assignment]
        return super().check(on, request=request)

    def check_until_it_ends(self, on: date) -> dict[str, Any]:
        """Deliver the message again after a crash."""
        try:
            return self.check(on)
        except Crash:
            self.client.before = self.client.after = None
            return self.check(on)


def scanned(session: boto3.Session) -> TableMornings:
    """Yesterday's scan of a book with lapsed contracts, and some that come within 60 days; Notion is down today."""
    real = session.client("dynamodb")
    if TABLE in real.list_tables()["TableNames"]:
        real.delete_table(TableName=TABLE)
    create_table(real)
    ends = (-3, 20, 61, 61, 61, 61, 61, 61, 85, 300)
    accounts = [at_risk(n, contract_end=TODAY + timedelta(days=days)) for n, days in enumerate(ends, start=1)]
    world = TableMornings([*accounts, account(20, contract_end=None)], client=KilledAt(Client(real)))
    world.scan()
    world.scan_fails(TOMORROW)
    world.topic.published.clear()
    world.client.count = 0
    return world


@at_every(3)
@pytest.mark.parametrize("where", ["before", "after"])
def test_killed_at_any_write_to_the_table_the_check_ends_as_if_it_had_not_been(
    aws: boto3.Session, where: str, step: int
) -> None:
    # GIVEN a check that nothing disturbs
    undisturbed = scanned(aws)
    result = undisturbed.check_until_it_ends(TOMORROW)
    assert (result["scanned"], result["alerts"], result["qbrs"]) == (8, 6, 8)
    expected, reported = undisturbed.stored(), undisturbed.announced
    reviews, writes = undisturbed.reviews_asked_for, undisturbed.client.count
    assert writes == 7  # alerts, points, rows, what is published, reviews, the digest in two
    # WHEN it is killed once, before or after each single call that writes, and delivered again
    for at in range(1, writes + 1, step):
        world = scanned(aws)
        setattr(world.client, where, at)
        world.check_until_it_ends(TOMORROW)
        # THEN the table, the messages and the requests are the same
        assert world.stored() == expected, f"killed {where} write {at}"
        assert (world.announced, world.reviews_asked_for) == (reported, reviews), f"killed {where} write {at}"
