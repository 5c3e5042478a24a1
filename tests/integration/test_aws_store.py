"""The store: every adapter of the table by one name, imported when it is first asked for."""

import os
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import cast

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from customer_success.aws.dynamodb.store import Store
from customer_success.aws.dynamodb.table import Table
from customer_success.shadow.outputs import ShadowedOutput
from tests.builders.accounts import TODAY
from tests.builders.aws import TABLE, TENANT, Client
from tests.builders.stored import point

LAYER = Path(__file__).parents[2] / "layers/scorer"
ADAPTERS = LAYER / "customer_success/aws/dynamodb"
SHELVES = sorted(name for name, value in vars(Store).items() if isinstance(value, cached_property))
LOADED = """
import sys
from customer_success.aws.dynamodb.store import Store
store = Store(object())
for name in sys.argv[1:]:
    getattr(store, name)
print(*sorted(name.rsplit(".", 1)[1] for name in sys.modules if name.startswith("customer_success.aws.dynamodb.")))
"""


@pytest.fixture
def live(table: Table) -> Store:
    return Store(table)


@pytest.fixture
def shadowed(dynamodb: Client, table: Table) -> Store:
    """The store of the tenant's shadow."""
    return Store(Table(cast("DynamoDBClient", dynamodb), TABLE, f"shadow:{TENANT}"), shared=table)


def loaded(*names: str) -> set[str]:
    """The modules of the table that a process has loaded once it has asked the store for these."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(LAYER)}
    command = [sys.executable, "-c", LOADED, *names]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_what_is_not_asked_for_is_not_imported() -> None:
    assert loaded() == {"store"}
    assert loaded("written_pages") < loaded("written_pages", "offers")
    assert "offers" not in loaded("written_pages")


def test_every_adapter_of_the_table_has_its_name_in_the_store() -> None:
    adapters = {path.stem for path in ADAPTERS.glob("*.py") if "\nclass Dynamo" in path.read_text("utf-8")}
    assert adapters - loaded(*SHELVES) == {"ledger", "rate_limiter"}


def test_an_adapter_is_made_once(live: Store) -> None:
    assert all(getattr(live, name) is getattr(live, name) for name in SHELVES)


def test_a_shadow_shares_the_scores_with_its_tenant_and_nothing_else(live: Store, shadowed: Store) -> None:
    # GIVEN what a deployment in shadow wrote
    shadowed.history.put_many([("A-0001", point(TODAY))])
    shadowed.shadow_log.put(ShadowedOutput(TODAY, "digest", "scan", "A digest"))
    # THEN the live one goes on from its scores, and finds nothing else of it
    assert [p.run_date for p in live.history.between("A-0001", TODAY, TODAY)] == [TODAY]
    assert (live.shadow_log.days(1), shadowed.shadow_log.days(1)) == ([], [TODAY])
