"""`make outcomes` lists what became of contracts, as CSV."""

from __future__ import annotations

from typing import Any, cast

from customer_success.aws.dynamodb.store import Store
from customer_success.aws.dynamodb.table import Table
from customer_success.settings import shadow_of
from customer_success.signals.directory import Known
from customer_success.signals.entries import Mark
from customer_success.signals.ingest import Delivery, Ingest
from customer_success.signals.memory_spool import MemorySpool
from customer_success.signals.records import from_object
from local.operating.outcomes import as_csv, stored_outcomes
from tests.builders.aws import TABLE, TENANT, Client
from tests.builders.feeds import NIGHT
from tests.builders.stored import row


def test_every_outcome_that_is_stored_is_a_line(dynamodb: Client, table: Table) -> None:
    # GIVEN accounts of the live book and of the shadow's, with outcomes, one of them taken back
    store = Store(table)
    store.rows.put_many([row(1), row(2)])
    Store(Table(cast("Any", dynamodb), TABLE, shadow_of(TENANT))).rows.put_many([row(3)])
    store.directories.write([Known(f"A-000{n}") for n in (1, 2, 3)])
    lines: list[dict[str, object]] = [
        {"account": "A-0003", "outcome": "churned", "at": "2026-02-01", "decision_date": "2025-12-01", "arr": 0},
        {"account": "A-0001", "outcome": "renewed", "at": "2026-01-01", "arr_before": 1000, "arr": 1200.5},
        {"account": "A-0001", "outcome": "renewed", "at": "2015-01-01"},
        {"account": "A-0002", "outcome": None, "at": "2026-01-01"},
    ]
    ingest = Ingest(store.observations, store.feeds, store.directories, MemorySpool, Mark(TENANT))
    ingest(Delivery("outcomes", "crm", "request", NIGHT, "hash"), list(enumerate(map(from_object, lines), start=1)))
    # WHEN they are listed
    text = as_csv(stored_outcomes(cast("Any", dynamodb), TABLE, TENANT))
    # THEN each is a line, with all that is known of it
    assert text.splitlines() == [
        "account,outcome,at,decision_date,arr_before,arr,source",
        "A-0001,renewed,2015-01-01,,,,crm",
        "A-0001,renewed,2026-01-01,,1000.0,1200.5,crm",
        "A-0003,churned,2026-02-01,2025-12-01,,0.0,crm",
    ]
