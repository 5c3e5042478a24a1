"""The groups of peers in the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, cast

import pytest

from customer_success.adoption.peers import PeerGroup
from customer_success.aws.dynamodb.items import text
from customer_success.aws.dynamodb.peers import DynamoAdoptionPeers
from customer_success.aws.dynamodb.table import Table
from tests.builders.aws import TABLE, Client
from tests.builders.stored import NASTY_ID

TODAY = date(2026, 3, 2)


def group(name: str = "plan Growth", **accounts: int) -> PeerGroup:
    return PeerGroup(name, TODAY, accounts or {0: 1, 35: 12, 100: 3})


@pytest.fixture
def peers(table: Table) -> DynamoAdoptionPeers:
    return DynamoAdoptionPeers(table)


def test_groups_come_back_as_they_were(peers: DynamoAdoptionPeers) -> None:
    # GIVEN groups with any kind of name, one of them without an account
    stored = [group(), group(f"plan {NASTY_ID}, industry Łódź"), PeerGroup("plan growth", TODAY, {})]
    peers.put_many(stored)
    # THEN those that exist are read by their names
    assert peers.get_many([*(each.name for each in stored), "plan Starter"]) == {each.name: each for each in stored}


def test_counting_again_replaces_a_group(peers: DynamoAdoptionPeers) -> None:
    peers.put_many([group(), group("plan Starter")])
    later = replace(group(), on=date(2026, 3, 3), accounts={40: 1})
    peers.put_many([later])
    assert peers.get_many(["plan Growth", "plan Starter"]) == {
        "plan Growth": later,
        "plan Starter": group("plan Starter"),
    }


@pytest.mark.parametrize("letters", ["x", "é", "🚀", "éx🚀"])
def test_a_name_of_any_length_is_a_group_of_its_own(peers: DynamoAdoptionPeers, letters: str) -> None:
    # GIVEN groups whose names differ only after a few thousand letters, and one of an ordinary name
    stored = [group(letters * 3000), group(letters * 3000 + "1"), group(letters * 3000 + "2"), group()]
    peers.put_many(stored)
    # THEN none is taken for another
    assert peers.get_many([each.name for each in stored]) == {each.name: each for each in stored}


def test_a_thousand_groups_take_full_batches(peers: DynamoAdoptionPeers, dynamodb: Client) -> None:
    stored = [group(f"plan {number}") for number in range(1000)]
    peers.put_many(iter(stored))
    assert peers.get_many(each.name for each in stored) == {each.name: each for each in stored}
    assert dynamodb.calls == {"batch_write_item": 40, "batch_get_item": 10}


def test_no_groups_cost_no_call(peers: DynamoAdoptionPeers, dynamodb: Client) -> None:
    peers.put_many([])
    assert peers.get_many([]) == {}
    assert not dynamodb.calls


def test_tenants_do_not_see_each_other(peers: DynamoAdoptionPeers, dynamodb: Client) -> None:
    peers.put_many([group()])
    other = DynamoAdoptionPeers(Table(cast("Any", dynamodb), TABLE, "other"))
    assert other.get_many(["plan Growth"]) == {}


def test_a_group_of_another_version_costs_itself_and_is_named(
    peers: DynamoAdoptionPeers, table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    peers.put_many([group("all")])
    table.put({**table.key("PEERS", "plan Growth", "ADOPTION").attributes, "body": text('{"name": 1}')})
    assert peers.get_many(["plan Growth", "all"]).keys() == {"all"}
    assert "'acme#PEERS#plan Growth' / 'ADOPTION' was written by a version" in caplog.text
