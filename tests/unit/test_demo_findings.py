"""What the demo gathers of a day's expansion from the table, and from the files of the services."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import boto3
import pytest
from moto import mock_aws

from customer_success.aws.dynamodb.expansion_log import DynamoExpansionLog
from customer_success.aws.dynamodb.offers import DynamoOffers
from customer_success.aws.dynamodb.stored import Stored
from customer_success.aws.dynamodb.table import Table
from customer_success.expansion.entry import ExpansionEntry, Outcome
from customer_success.scan.run import Run
from local.demo.findings import Expansion, Sent
from local.demo.state import DemoState
from tests.builders.accounts import TODAY
from tests.builders.aws import REGION, TABLE, TENANT, create_table
from tests.builders.offers import offer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def table() -> Iterator[Table]:
    """The table, with nothing in it."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b")
        create_table(client)
        yield Table(cast("DynamoDBClient", client), TABLE, TENANT)


def entry(number: int, outcome: Outcome) -> ExpansionEntry:
    return ExpansionEntry(TODAY, f"A-{number:04d}", f"A-{number:04d}", f"Account {number}", None, outcome)


def test_a_day_has_its_run_its_entries_and_the_offers_that_it_found_itself(table: Table) -> None:
    # GIVEN an account with an offer of the day and an older one, one with an older one alone, and runs of two kinds
    entries, log, offers = (entry(1, "offered"), entry(2, "nothing")), DynamoExpansionLog(table), DynamoOffers(table)
    for each in (*entries, replace(entry(3, "offered"), on=TODAY - timedelta(1))):
        log.settle(each)
    today, older = offer("seats", 1), offer("module", 1, found_on=TODAY - timedelta(1))
    for found in (today, older, offer("seats", 2, found_on=TODAY - timedelta(1))):
        offers.put(found)
    run = Run("expansion", TODAY, "r", status="finished")
    for kind in ("expansion", "health_scan"):
        table.put(Stored(table, Run).item(table.key("RUNS", kind, TODAY.isoformat()), replace(run, kind=kind)))
    # WHEN the day is gathered
    gathered = Expansion.of(table, TODAY, ())
    # THEN it is the day's own, and new
    assert gathered == Expansion(TODAY, run, (), entries, (today,))
    assert not gathered.nothing_new
    # AND played once more nothing is new, while a day without anybody says nothing of the kind
    assert Expansion.of(table, TODAY, entries).nothing_new
    assert not Expansion.of(table, TODAY + timedelta(1), ()).nothing_new


def test_the_records_of_offers_are_counted(tmp_path: Path) -> None:
    state = DemoState(tmp_path)
    folder = state.vendors / "notion/Expansion"
    folder.mkdir(parents=True)
    (folder / "Account-1--01234567.md").touch()
    assert Sent.now(state) == Sent(0, 0, 0, 0, 0, offers=1)
