"""What each day brought for expansion, in the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast

import pytest

from customer_success.aws.dynamodb.expansion_log import DynamoExpansionLog
from customer_success.aws.dynamodb.items import text
from customer_success.aws.dynamodb.table import Table
from customer_success.expansion.entry import ExpansionEntry
from tests.builders.accounts import TODAY
from tests.builders.aws import TABLE, Client, Clock, writes_only
from tests.builders.stored import NASTY_ID


@pytest.fixture
def log(table: Table, clock: Clock) -> DynamoExpansionLog:
    return DynamoExpansionLog(table, clock=clock)


def planned(key: str = "A-0001", on: date = TODAY, **facts: Any) -> ExpansionEntry:
    return replace(ExpansionEntry(on, key, key, "Łódź & Co", "ada@example.com", "planned"), **facts)


def offered(key: str = "A-0001", **facts: Any) -> ExpansionEntry:
    lines = ("seats: 12 more 🚀", "\n")
    return planned(key, **{"outcome": "offered", "lines": lines, "url": "https://x.example", **facts})


def test_the_entries_of_a_day_come_back_as_they_were_by_key(log: DynamoExpansionLog) -> None:
    # GIVEN entries of two days, of accounts with any kind of id, and one of an answer
    answer = offered("A-0001:seats:Q1 2026", account_id="A-0001", outcome="answered", owner_email=None)
    stored = [planned("A-0002"), offered(NASTY_ID), answer, planned("A-0001"), planned(" ")]
    log.plan([*stored, planned("A-0003", TODAY - timedelta(days=1))])
    # THEN the day has its own, in order
    assert list(log.on(TODAY)) == sorted(stored, key=lambda entry: entry.key)
    assert list(log.on(TODAY + timedelta(days=1))) == []


def test_planning_again_leaves_what_is_settled(log: DynamoExpansionLog) -> None:
    # GIVEN a day's plan, one account of which is settled
    log.plan([planned("A-0001"), planned("A-0002")])
    log.settle(offered("A-0001"))
    # WHEN the run comes past them again, with another one
    log.plan([planned("A-0001"), planned("A-0002"), planned("A-0003")])
    # THEN the settled one stays settled
    assert list(log.on(TODAY)) == [offered("A-0001"), planned("A-0002"), planned("A-0003")]


def test_of_two_plans_for_one_account_the_first_stays(log: DynamoExpansionLog) -> None:
    log.plan([planned(), planned(account_name="another")])
    assert list(log.on(TODAY)) == [planned()]


def test_settling_replaces_the_plan_and_needs_none(log: DynamoExpansionLog) -> None:
    # GIVEN one entry that was planned, and one that was not
    log.plan([planned("A-0001")])
    # WHEN both are settled, one of them twice
    log.settle(offered("A-0001", outcome="failed"))
    log.settle(offered("A-0001"))
    log.settle(offered("A-0002", outcome="nothing", lines=()))
    # THEN the last word stands
    assert list(log.on(TODAY)) == [offered("A-0001"), offered("A-0002", outcome="nothing", lines=())]


def test_a_plan_that_broke_off_is_completed(log: DynamoExpansionLog, dynamodb: Client) -> None:
    # GIVEN a table that took 10 entries of a plan, and no more
    entries = [planned(f"A-{number:04d}") for number in range(25)]
    log.plan(entries[:10])
    dynamodb.instead("batch_write_item", writes_only(5))
    # WHEN it is planned again
    log.plan(entries)
    # THEN all are there
    assert list(log.on(TODAY)) == entries


def test_a_day_with_a_thousand_candidates_takes_full_batches(log: DynamoExpansionLog, dynamodb: Client) -> None:
    # GIVEN 1,000 candidates
    entries = [planned(f"A-{number:04d}") for number in range(1000)]
    # WHEN they are planned
    log.plan(iter(entries))
    # THEN it takes as many calls as full batches of 100 and of 25 do, and only keys are read
    assert dynamodb.calls == {"batch_get_item": 10, "batch_write_item": 40}
    assert {len(request["RequestItems"][TABLE]) for request in dynamodb.requests[10:]} == {25}
    assert dynamodb.requests[0]["RequestItems"][TABLE]["ProjectionExpression"] == "pk, sk"
    # AND a repeat writes nothing, and the day lists all of them
    log.plan(entries)
    assert dynamodb.calls == {"batch_get_item": 20, "batch_write_item": 40}
    assert list(log.on(TODAY)) == entries


def test_a_handoff_id_that_is_too_long_for_a_key_stops_no_plan(log: DynamoExpansionLog) -> None:
    # GIVEN the answers to two offers to an account with the longest id there can be
    long = [planned("é" * 512 + f":{kind}:Q1 2026") for kind in ("module", "seats")]
    log.plan([*long, planned("A-0001")])
    # THEN each is an entry of its own
    found = list(log.on(TODAY))
    assert len(found) == 3
    assert all(entry in found for entry in long)


@pytest.mark.parametrize("key", ["x" * 1024, "é" * 512])
def test_a_key_that_just_fits_stays_what_it_is(log: DynamoExpansionLog, dynamodb: Client, key: str) -> None:
    log.plan([planned(key), planned(key + "x")])
    places = {item["sk"]["S"] for item in dynamodb.real.scan(TableName=TABLE)["Items"]}
    assert key in places
    assert len(places) == 2


def test_nothing_to_plan_costs_no_call(log: DynamoExpansionLog, dynamodb: Client) -> None:
    log.plan([])
    assert not dynamodb.calls


def test_an_entry_is_forgotten_after_90_days(log: DynamoExpansionLog, dynamodb: Client, clock: Clock) -> None:
    log.plan([planned("A-0001")])
    log.settle(offered("A-0002"))
    items = dynamodb.real.scan(TableName=TABLE)["Items"]
    assert [item["expires_at"] for item in items] == [{"N": str(int(clock.now) + 90 * 86_400)}] * 2
    assert {(item["pk"]["S"], item["sk"]["S"]) for item in items} == {
        ("acme#EXPANSIONS#2026-03-02", "A-0001"),
        ("acme#EXPANSIONS#2026-03-02", "A-0002"),
    }


def test_tenants_do_not_see_each_other(log: DynamoExpansionLog, dynamodb: Client) -> None:
    other = DynamoExpansionLog(Table(cast("Any", dynamodb), TABLE, "other"))
    log.plan([planned()])
    other.plan([planned(account_name="Theirs")])
    assert list(log.on(TODAY)) == [planned()]
    assert list(other.on(TODAY)) == [planned(account_name="Theirs")]


def test_an_entry_of_another_version_costs_itself_and_is_named(
    log: DynamoExpansionLog, table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    log.plan([planned("A-0002")])
    table.put({**table.key("EXPANSIONS", "2026-03-02", "A-0001").attributes, "body": text('{"outcome": "sold"}')})
    assert list(log.on(TODAY)) == [planned("A-0002")]
    assert "'acme#EXPANSIONS#2026-03-02' / 'A-0001' was written by a version" in caplog.text
