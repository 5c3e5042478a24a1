"""Shadowed outputs lie in the table by day and kind, once, and can be paged through."""

from __future__ import annotations

from datetime import date

import pytest

from customer_success.aws.dynamodb.shadow_log import DynamoShadowLog
from customer_success.aws.dynamodb.table import Table
from customer_success.shadow.outputs import ShadowedOutput
from tests.builders.aws import Client
from tests.builders.stored import NASTY_ID

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture
def log(table: Table) -> DynamoShadowLog:
    return DynamoShadowLog(table)


def thing(key: str, *, on: date = MONDAY, lines: tuple[str, ...] = ()) -> ShadowedOutput:
    return ShadowedOutput(on, "draft", key, "Catching up", "ada@example.com", lines)


def test_each_day_and_kind_has_its_own_items_and_a_repeat_replaces(log: DynamoShadowLog) -> None:
    # GIVEN outputs of two days and kinds, one of them stored twice
    first, again = thing(NASTY_ID), thing(NASTY_ID, lines=("Hello,",))
    event = ShadowedOutput(MONDAY, "event", NASTY_ID, "agent.health")
    for each in (first, again, event, thing("b"), thing("c", on=TUESDAY)):
        log.put(each)
    # THEN each is found by its day and kind, in order of keys
    assert sorted(log.on(MONDAY, "draft"), key=lambda each: each.key) == sorted(
        [again, thing("b")], key=lambda e: e.key
    )
    assert list(log.on(MONDAY, "event")) == [event]
    assert list(log.on(TUESDAY, "draft")) == [thing("c", on=TUESDAY)]
    assert log.days(5) == [TUESDAY, MONDAY]
    assert log.days(1) == [TUESDAY]


def test_a_reader_goes_on_after_what_was_read(log: DynamoShadowLog) -> None:
    keys = ["a", "a#", "ab", "b" * 1500, "🚀"]
    for key in keys:
        log.put(thing(key))
    found = [each.key for each in log.on(MONDAY, "draft")]
    assert sorted(found) == sorted(keys)
    for place, key in enumerate(found):
        assert [each.key for each in log.on(MONDAY, "draft", key)] == found[place + 1 :]


def test_there_are_no_shadowed_outputs_before_the_first(log: DynamoShadowLog) -> None:
    assert (log.days(5), list(log.on(MONDAY, "digest"))) == ([], [])


def test_a_day_is_listed_once_by_a_warm_function(log: DynamoShadowLog, dynamodb: Client) -> None:
    for number in range(5):
        log.put(thing(str(number)))
    assert dynamodb.calls == {"put_item": 6}


def test_a_text_too_long_for_an_item_is_cut_and_says_so(log: DynamoShadowLog) -> None:
    log.put(thing("long", lines=("🚀" * 50_000, "🚀" * 50_000)))
    (known,) = log.on(MONDAY, "draft")
    assert (known.lines[0], known.lines[1:]) == ("🚀" * 50_000, ("… cut: too long to be stored",))
