"""The snapshots in the table: whole or not there, and as long as one is found its lines are there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from customer_success.accounts.portfolio import LINES_PER_PART, PortfolioLine, Snapshot
from customer_success.aws.dynamodb.portfolios import DynamoPortfolios
from customer_success.aws.dynamodb.table import Table
from customer_success.errors import Misconfigured, Unavailable
from tests.builders.accounts import TODAY
from tests.builders.aws import TABLE, Client, Clock, Operation, Request, raising, writes_only
from tests.builders.portfolios import RUN, cut, line, red
from tests.builders.stored import NASTY_ID

DAY = 86_400
TOMORROW = TODAY + timedelta(days=1)
BARE = PortfolioLine(NASTY_ID, "Łódź 🚀", None, "rejected", None, None, None, None, 0.0, None, TODAY)


@pytest.fixture
def portfolios(table: Table, clock: Clock) -> DynamoPortfolios:
    return DynamoPortfolios(table, clock=clock)


def test_a_snapshot_comes_back_as_it_was_part_by_part(portfolios: DynamoPortfolios, dynamodb: Client) -> None:
    # GIVEN more lines than one part takes, one of them with nothing in it
    snapshot, parts = cut(RUN, TODAY, [BARE, red(1), *(line(n) for n in range(2, LINES_PER_PART + 2))])
    assert snapshot.parts == 2
    # WHEN it is written
    portfolios.write(snapshot, parts)
    # THEN it took few calls, and all is there
    assert dynamodb.calls == {"get_item": 1, "batch_write_item": 1, "put_item": 2}
    assert portfolios.latest() == portfolios.get(RUN) == snapshot
    assert [portfolios.part(RUN, number) for number in range(2)] == parts
    # AND what is asked for is one read each
    dynamodb.calls.clear()
    portfolios.latest()
    portfolios.part(RUN, 1)
    assert dynamodb.calls == {"get_item": 2}


def test_a_big_book_lies_in_items_that_the_table_takes(portfolios: DynamoPortfolios, dynamodb: Client) -> None:
    portfolios.write(*cut(RUN, TODAY, [line(n, name="🚀" * 500) for n in range(1000)]))
    items = dynamodb.real.scan(TableName=TABLE)["Items"]
    assert max(len(item["body"]["S"].encode()) for item in items) < 350_000


def test_there_is_no_snapshot_before_the_first(portfolios: DynamoPortfolios) -> None:
    assert portfolios.latest() is None
    assert portfolios.get(RUN) is None


def test_an_earlier_snapshot_stays_when_a_later_one_becomes_the_latest(portfolios: DynamoPortfolios) -> None:
    # GIVEN the snapshot of a day, of which a rescan makes another
    first, parts = cut(RUN, TODAY, [line(1), line(2)])
    portfolios.write(first, parts)
    again, others = cut(f"{TODAY}#2", TODAY, [line(3)])
    portfolios.write(again, others)
    # THEN both can be read
    assert portfolios.latest() == again
    assert (portfolios.get(RUN), portfolios.part(RUN, 0)) == (first, parts[0])


def test_a_snapshot_that_is_there_stays_as_it_is(portfolios: DynamoPortfolios) -> None:
    """A reader may be paging through it already: its lines must not change places."""
    first, parts = cut(RUN, TODAY, [line(1), line(2)])
    portfolios.write(first, parts)
    portfolios.write(*cut(RUN, TODAY, [red(2), line(1), line(3)]))
    assert (portfolios.latest(), portfolios.part(RUN, 0)) == (first, parts[0])


def failing_at(dynamodb: Client, step: int) -> None:
    """The table fails at the parts, of which it takes one, at the snapshot, or at what makes it the latest."""

    def half(operation: Operation, request: Request) -> Any:
        writes_only(1)(operation, request)
        raise Unavailable("no answer")

    def whole(operation: Operation, request: Request) -> Any:
        return operation(**request)

    if step == 0:
        dynamodb.instead("batch_write_item", half)
    else:
        dynamodb.instead("put_item", *[whole] * (step - 1), raising(Unavailable("no answer")))


@pytest.mark.parametrize("step", range(3))
def test_what_is_not_written_to_its_end_is_not_the_latest_and_may_be_written_again(
    portfolios: DynamoPortfolios, dynamodb: Client, step: int
) -> None:
    # GIVEN yesterday's snapshot, and today's whose writing breaks off
    before, parts = cut(RUN, TODAY, [line(1)])
    portfolios.write(before, parts)
    wanted, lines = cut(f"{TOMORROW}#1", TOMORROW, [line(n) for n in range(LINES_PER_PART + 1)])
    failing_at(dynamodb, step)
    with pytest.raises(Unavailable):
        portfolios.write(wanted, lines)
    # THEN readers go on with yesterday's
    assert portfolios.latest() == before
    # AND written again it is the latest
    portfolios.write(wanted, lines)
    assert portfolios.latest() == wanted
    assert [portfolios.part(wanted.run, number) for number in range(2)] == lines


def test_after_seven_days_it_is_not_found_and_its_lines_outlive_it(
    portfolios: DynamoPortfolios, dynamodb: Client, clock: Clock
) -> None:
    # GIVEN a snapshot that was written in a second try that was late
    snapshot, parts = cut(RUN, TODAY, [line(1)])
    portfolios.write(snapshot, parts)
    written = clock.now
    clock.now += 100
    portfolios.write(snapshot, parts)
    items = dynamodb.real.scan(TableName=TABLE)["Items"]
    expire = {item["sk"]["S"]: int(item["expires_at"]["N"]) - int(written) for item in items}
    assert expire == {"HEAD": 7 * DAY, "PART#0000": 8 * DAY}
    # WHEN its time is nearly over, and over
    clock.now = written + 7 * DAY - 1
    assert portfolios.latest() == portfolios.get(RUN) == snapshot
    clock.now = written + 7 * DAY
    # THEN it is not found any more, although the table has not deleted it yet
    assert portfolios.latest() is None
    assert portfolios.get(RUN) is None
    assert portfolios.part(RUN, 0) == parts[0]


def test_a_deleted_part_is_reported(portfolios: DynamoPortfolios) -> None:
    portfolios.write(Snapshot(RUN, TODAY, parts=1, lines=1), [[line(1)]])
    with pytest.raises(Misconfigured, match="part 1 of the snapshot of '2026-03-02#1' is not in the table"):
        portfolios.part(RUN, 1)
