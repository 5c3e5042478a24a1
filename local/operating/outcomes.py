"""What became of a deployment's contracts, as CSV: one line for each outcome that is stored."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING

from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.observations import DynamoObservations
from customer_success.aws.dynamodb.table import Table
from customer_success.batches import batches
from customer_success.outcomes.outcome import ContractOutcome, outcomes_of
from customer_success.settings import shadow_of
from customer_success.signals.slots import Holder
from local.stack.aws import Aws
from local.stack.deploy import Deployment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

COLUMNS = ("account", "outcome", "at", "decision_date", "arr_before", "arr", "source")
BATCH = 100


def outcomes(aws: Aws, deployed: Deployment) -> str:
    """The outcomes of a deployment."""
    return as_csv(stored_outcomes(aws.dynamodb, deployed.outputs["TableName"], deployed.parameters["TenantId"]))


def stored_outcomes(dynamodb: DynamoDBClient, table_name: str, tenant_id: str) -> Iterator[ContractOutcome]:
    """All outcomes by account, oldest first; those of accounts that left the book are among them."""
    live, shadow = (Table(dynamodb, table_name, space) for space in (tenant_id, shadow_of(tenant_id)))
    known = {row.account_id for table in (live, shadow) for row in DynamoAccountRows(table).every()}
    observations = DynamoObservations(live)
    for account_ids in batches(sorted(known), count=BATCH):
        found = observations.get_many([Holder.account(account_id) for account_id in account_ids], "outcomes")
        for account_id in account_ids:
            yield from outcomes_of(account_id, found.get(Holder.account(account_id), {}))


def as_csv(found: Iterator[ContractOutcome]) -> str:
    """The outcomes as a table, without a line break at its end."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(
        (one.account_id, one.kind, one.at, one.decision_date, one.arr_before, one.arr, one.source) for one in found
    )
    return text.getvalue().rstrip("\n")
