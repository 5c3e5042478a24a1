"""An account is forgotten: what is stored of it is removed, of others nothing, and what lies elsewhere is listed."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, cast

import boto3
import pytest

from customer_success.aws.dynamodb.store import Store
from customer_success.aws.dynamodb.table import Table
from customer_success.reviews.qbr import Qbr, QbrKey
from customer_success.signals.directory import ExternalId, Known
from customer_success.signals.entries import Mark
from customer_success.signals.ingest import Delivery, Ingest
from customer_success.signals.kinds import Kind
from customer_success.signals.memory_spool import MemorySpool
from customer_success.signals.records import from_object
from local.forgetting.job import Forget, Forgotten, UnknownAccountError
from tests.builders.accounts import TODAY
from tests.builders.aws import REGION, TABLE, TENANT, Client
from tests.builders.offers import offer
from tests.builders.stored import entry, page, point, row
from tests.builders.usage import usage

NIGHT = datetime(2026, 3, 2, 3, tzinfo=UTC)
BUCKET = "customer-success-dev-inbox-123456789012"
OURS, OTHER = 1, 10
"""The id of the one begins the id of the other."""
FILES = {
    "in/usage/product/one.csv": b"account,date,active_users\nA-0001,2026-03-01,5\nA-0010,2026-03-01,5\n",
    "in/usage/product/two.csv": b"account,date,active_users\nA-0010,2026-03-01,5\n",
    "in/invoices/stripe/three.csv.gz": gzip.compress(b"account,id,due\ncus_1,in_1,2026-02-01\n"),
    "in/tickets/zendesk/four.csv": b"account,id,opened\n42,cus_1,2026-02-01\n",
    "in/usage/product/five.csv": "account,date,active_users\nA-0001,2026-03-01,5\n".encode("utf-16"),
    "results/usage/product/one.csv.json": json.dumps({"unjoined": ["A-0001"]}).encode(),
}


def deliver(store: Store, kind: Kind, source: str, *lines: dict[str, Any]) -> None:
    ingest = Ingest(store.observations, store.feeds, store.directories, MemorySpool, Mark(TENANT))
    ingest(Delivery(kind, source, "file", NIGHT, "hash"), list(enumerate(map(from_object, lines), start=1)))


def fill(store: Store, number: int) -> None:
    """All that a deployment stores of an account."""
    id_ = f"A-{number:04d}"
    store.rows.put_many([row(number, external_ids=f"stripe:cus_{number}")])
    store.history.put_many([(id_, point(TODAY)), (id_, point(date(2026, 3, 1)))])
    store.alerts.add([entry(id_)])
    store.written_pages.put_many({id_: page()})
    store.offers.put(offer("seats", number))
    store.usages.add("run", [usage("Boards", number)])
    for key in (QbrKey(id_, "Q1 2026"), QbrKey(id_, "Q1 2026", date(2026, 6, 1))):
        store.qbrs.put(Qbr(key, "Account", None, "scheduled", TODAY))
    deliver(store, "usage", "product", {"account": id_, "date": "2026-03-01", "active_users": 5})
    deliver(store, "outcomes", "crm", {"account": id_, "outcome": "renewed", "at": "2026-02-01"})


@pytest.fixture
def store(table: Table) -> Store:
    store = Store(table)
    store.directories.write([Known(f"A-{n:04d}", (ExternalId("stripe", f"cus_{n}"),)) for n in (OURS, OTHER)])
    for number in (OURS, OTHER):
        fill(store, number)
    return store


@pytest.fixture
def inbox(aws: boto3.Session) -> Any:
    """A bucket that stores every version of its files."""
    s3 = aws.client("s3", region_name=REGION)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})  # type: ignore[typeddict-item]
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for key, content in FILES.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    s3.put_object(Bucket=BUCKET, Key="in/usage/product/one.csv", Body=FILES["in/usage/product/two.csv"])
    return s3


def forget(dynamodb: Client, s3: Any, account_id: str) -> Forgotten:
    return Forget(cast("Any", dynamodb.real), s3, TABLE, TENANT, BUCKET, NIGHT)(account_id)


def everything(dynamodb: Client) -> list[str]:
    """The keys of all items."""
    return [f"{item['pk']['S']} / {item['sk']['S']}" for item in dynamodb.real.scan(TableName=TABLE)["Items"]]


def files(s3: Any) -> list[str]:
    return sorted(version["Key"] for version in s3.list_object_versions(Bucket=BUCKET)["Versions"])


def test_an_account_is_removed_and_no_other(store: Store, dynamodb: Client, inbox: Any) -> None:
    # GIVEN two accounts of which much is stored
    of_the_other = [item for item in everything(dynamodb) if "A-0010" in item and "A-0001" not in item]
    # WHEN one is forgotten
    forgotten = forget(dynamodb, inbox, "A-0001")
    # THEN no item names it, and those of the other are there
    left = everything(dynamodb)
    assert [item for item in left if "A-0001" in item] == []
    assert set(of_the_other) <= set(left)
    kinds = {"account row", "score history", "observations", "outcomes", "alert", "offer", "review", "feature usage"}
    assert kinds <= set(forgotten.removed)
    directory = store.directories.read()
    assert directory and directory.accounts == {"A-0010"}
    # AND so it is with the files, each version by itself; another tool's "cus_1" is none of its ids
    assert files(inbox) == ["in/tickets/zendesk/four.csv", "in/usage/product/one.csv", "in/usage/product/two.csv"]
    # AND what lies elsewhere is listed, with the way to it
    words = "\n".join(forgotten.lines)
    assert all(vendor in words for vendor in ("Notion", "Gmail", "Slack"))
    assert row(OURS).account.page_url in words


def test_a_second_run_says_that_nothing_is_left(store: Store, dynamodb: Client, inbox: Any) -> None:
    forget(dynamodb, inbox, "A-0001")
    assert forget(dynamodb, inbox, "A-0001").lines == ["nothing is left of account 'A-0001': it was forgotten before"]
    # AND what came afterwards is removed as at first
    deliver(store, "usage", "product", {"account": "A-0001", "date": "2026-03-01", "active_users": 5})
    assert forget(dynamodb, inbox, "A-0001").removed == {"observations": 1}


def test_an_unknown_account_is_reported_and_nothing_is_written(store: Store, dynamodb: Client, inbox: Any) -> None:
    before = everything(dynamodb)
    assert store
    with pytest.raises(UnknownAccountError, match="A-00: nothing is stored of an account with this id"):
        forget(dynamodb, inbox, "A-00")
    assert everything(dynamodb) == before
    assert len(files(inbox)) == len(FILES) + 1


def test_one_that_was_broken_off_is_ended_by_the_next(store: Store, dynamodb: Client, inbox: Any) -> None:
    # GIVEN a connection that breaks after some items
    class Breaking:
        left = 3

        def __getattr__(self, name: str) -> Any:
            if name == "delete_item":
                self.left -= 1
                if self.left < 0:
                    raise ConnectionError("broken off")
            return getattr(dynamodb.real, name)

    with pytest.raises(ConnectionError):
        Forget(cast("Any", Breaking()), inbox, TABLE, TENANT, BUCKET, NIGHT)("A-0001")
    assert store.rows.get("A-0001")
    # WHEN it is asked for again  THEN nothing is left
    forget(dynamodb, inbox, "A-0001")
    assert [item for item in everything(dynamodb) if "A-0001" in item] == []


def test_what_is_stored_in_shadow_is_forgotten_too(store: Store, dynamodb: Client, inbox: Any) -> None:
    shadowed = Table(cast("Any", dynamodb), TABLE, f"{TENANT}~shadow")
    Store(shadowed).rows.put_many([replace(row(OURS), run="shadow")])
    assert store
    assert forget(dynamodb, inbox, "A-0001").removed["account row"] == 2
