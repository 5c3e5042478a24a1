"""Rows of the version before this one are read, and its code can read the rows of this one: rolling back works.

`tests/samples/landed` has the items of a few scans as that version wrote them, and the JSON schemas by which it read.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from customer_success.accounts.row import AccountRow, PageValues
from customer_success.alerts.digest import Digest, Section
from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from customer_success.aws.dynamodb.digests import DynamoDigests
from customer_success.aws.dynamodb.history import DynamoScoreHistory
from customer_success.aws.dynamodb.items import Item, key_of
from customer_success.aws.dynamodb.runs import DynamoRuns
from customer_success.aws.dynamodb.stored import Stored
from customer_success.aws.dynamodb.table import Table
from customer_success.messages import ChurnAlert
from customer_success.scan.run import BrokenFeed, Run
from customer_success.scoring.health_status import Point
from tests.builders.accounts import HEALTHY, TODAY, account, at_risk, dying
from tests.builders.aws import TABLE, Client, Clock
from tests.builders.scans import World

LANDED = Path(__file__).parents[1] / "samples" / "landed"
SCHEMAS = json.loads((LANDED / "schemas.json").read_text(encoding="utf-8"))

MODELS: dict[str, Any] = {"book": AccountRow, "points": Point, "pages": PageValues, "alerts": ChurnAlert, "runs": Run}


def sample(name: str) -> list[Item]:
    items: list[Item] = json.loads((LANDED / f"{name}.json").read_text(encoding="utf-8"))
    return items


def body(item: Item) -> Any:
    return json.loads(item["body"]["S"])


def as_known_to(landed: Any, written: Any) -> Any:
    """What is written, as far as the landed version knows its attributes."""
    if isinstance(landed, dict) and isinstance(written, dict):
        return {name: as_known_to(landed[name], value) for name, value in written.items() if name in landed}
    if isinstance(landed, list) and isinstance(written, list) and len(landed) == len(written):
        return [as_known_to(known, value) for known, value in zip(landed, written, strict=True)]
    return written


def in_table(dynamodb: Client, name: str) -> list[Item]:
    """The sample's items, which are in the table from now on."""
    items = sample(name)
    for item in items:
        dynamodb.real.put_item(TableName=TABLE, Item=item)
    return items


@pytest.mark.parametrize("name", MODELS)
def test_a_row_of_the_version_before_is_read_and_written_as_it_was(table: Table, name: str) -> None:
    stored = Stored(table, MODELS[name])
    for item in sample(name):
        # GIVEN an item as the version before wrote it  WHEN it is read and written
        written = stored.item(key_of(item), stored.read(item))
        # THEN none of its attributes is lost or changed; those of later versions may stand beside them
        assert as_known_to(body(item), body(written)) == body(item)


def test_account_rows_and_points_are_found_by_their_keys(table: Table, dynamodb: Client) -> None:
    items = in_table(dynamodb, "book")
    rows = {row.account_id: row for row in DynamoAccountRows(table).every()}
    assert len(rows) == len(items)
    assert {row.latest.status for row in rows.values()} == {"scored", "rejected", "skipped", "gone"}
    assert any(row.latest.alert_state.mute for row in rows.values())
    in_table(dynamodb, "points")
    assert list(DynamoScoreHistory(table).between("A-0002", TODAY - timedelta(days=5), TODAY))


def test_alerts_are_found_by_their_ids_with_what_became_of_them(table: Table, dynamodb: Client, clock: Clock) -> None:
    # GIVEN the alerts of the version before
    items = in_table(dynamodb, "alerts")
    log = DynamoAlertLog(table, clock=clock)
    entries = [log.get(key_of(item).sk) for item in items]
    # WHEN they are written again
    log.put(entry for entry in entries if entry)
    # THEN nothing of them changed, and none is missing on its day
    assert None not in entries
    for item in items:
        now = dynamodb.real.get_item(TableName=TABLE, Key=key_of(item).attributes)["Item"]
        assert {**now, "body": body(now)} == {**item, "body": body(item)}
    days = {date.fromisoformat(key_of(item).pk.rpartition("#")[2]) for item in items}
    assert sum(len(list(log.on(day))) for day in days) == len(items)


def test_digests_and_runs_are_found(table: Table, dynamodb: Client, clock: Clock) -> None:
    heads = [item for item in in_table(dynamodb, "digest") if key_of(item).sk == "HEAD"]
    digests = DynamoDigests(table, clock=clock)
    for head in heads:
        found = digests.get(body(head)["digest_id"])
        assert found is not None
        assert (str(found.run_date), bool(found.sections)) == (body(head)["on"], True)
    runs = in_table(dynamodb, "runs")
    found_runs = list(DynamoRuns(table, clock=clock).before("health_scan", TODAY + timedelta(days=30)))
    assert [str(run.run_date) for run in found_runs] == sorted((key_of(item).sk for item in runs), reverse=True)
    assert {run.status for run in found_runs} == {"finished", "failed"}


def written_now(table: Table) -> Iterator[tuple[str, Any]]:
    """The bodies of all that a few scans write, by the name of their schema."""
    book = [
        account(1),
        at_risk(2),
        dying(3),
        account(4, {**HEALTHY, "nps_score": 11}),
        account(5, status="Churned"),
        account(6),
    ]
    world = World(book)
    world.scan()
    world.accounts = [*book[:2], replace(book[2], verdict="false alarm", quiet_until=TODAY + timedelta(days=9))]
    world.scan(TODAY + timedelta(days=1))
    rows, points, alerts, runs = (Stored[Any](table, MODELS[name]) for name in ("book", "points", "alerts", "runs"))
    for row in world.rows.rows.values():
        yield "AccountRow", rows.body(row)
    for point in world.history.points.values():
        yield "Point", points.body(point)
    for entry in world.alerts.entries.values():
        yield "ChurnAlert", alerts.body(entry.alert)
    for run in world.runs.runs.values():
        broken = BrokenFeed("nps_score", TODAY, TODAY, 9, 11)
        yield "Run", runs.body(replace(run, broken_feeds=(broken,)))
    for digest in world.digests.digests.values():
        yield "Digest", Stored(table, Digest).body(replace(digest, sections=()))
        for section in digest.sections:
            yield "Section", Stored(table, Section).body(section)


def test_the_version_before_can_read_what_is_written_now(table: Table) -> None:
    seen = set()
    for name, attribute in written_now(table):
        seen.add(name)
        written, schema = json.loads(attribute["S"]), SCHEMAS[name]
        # THEN each value has a type that the version before read
        Draft202012Validator(schema).validate(written)
        # AND each attribute that it knew is there
        assert not list(missing(written, schema, schema.get("$defs", {}))), name
    assert seen == {"AccountRow", "Point", "ChurnAlert", "Run", "Digest", "Section"}


def missing(written: Any, schema: Any, defs: Any, path: str = "") -> Iterator[str]:
    """The attributes of a schema that an object lacks, at any depth."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("anyOf", ()):
        if written is not None:
            yield from missing(written, choice, defs, path)
    if isinstance(written, dict):
        for name, inner in schema.get("properties", {}).items():
            if name in written:
                yield from missing(written[name], inner, defs, f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    if isinstance(written, list) and "items" in schema:
        for item in written:
            yield from missing(item, schema["items"], defs, f"{path}[]")
