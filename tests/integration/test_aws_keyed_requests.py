"""Requests under a key, in the table."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from customer_success.aws.dynamodb.keyed_requests import DynamoKeyedRequests
from customer_success.aws.dynamodb.table import Table
from customer_success.signals.ports import KeyedRequest
from tests.builders.aws import Clock

AT = datetime(2026, 3, 2, 9, 30, 1, 250, tzinfo=UTC)
FIRST = KeyedRequest("monday", "hash-1", AT)


@pytest.fixture
def requests(table: Table, clock: Clock) -> DynamoKeyedRequests:
    clock.now = AT.timestamp()
    return DynamoKeyedRequests(table, clock=clock)


def test_of_two_requests_with_a_key_the_first_stays(requests: DynamoKeyedRequests) -> None:
    assert requests.begin(FIRST) == FIRST
    assert requests.begin(KeyedRequest("monday", "hash-2", AT.replace(hour=11))) == FIRST
    assert requests.begin(KeyedRequest("tuesday", "hash-2", AT)).body_hash == "hash-2"


def test_the_answer_is_stored_with_it_however_long(requests: DynamoKeyedRequests) -> None:
    # GIVEN an answer that is longer than an item of the table, and does compress
    answer = os.urandom(40_000).hex().encode() + b"is refused " * 50_000
    requests.begin(FIRST)
    requests.finish(FIRST, answer)
    # WHEN the request comes again  THEN its answer is there
    assert requests.begin(FIRST).answer == answer


def test_after_a_day_the_key_is_free(requests: DynamoKeyedRequests, clock: Clock) -> None:
    requests.begin(FIRST)
    clock.now += 86_401
    again = KeyedRequest("monday", "hash-2", AT.replace(day=3))
    assert requests.begin(again) == again
    # AND an answer to what expired is not stored
    requests.finish(FIRST, b"late")
    assert requests.begin(again).answer is None
