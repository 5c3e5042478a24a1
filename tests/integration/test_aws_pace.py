"""The pace: all functions together call a vendor no faster than it allows."""

from dataclasses import dataclass

import pytest

from customer_success.aws.pace import DynamoPace
from customer_success.aws.table import Table
from customer_success.errors import OutOfTime
from tests.builders.aws import Client, Clock


@dataclass
class Function:
    """A function that calls the vendor, with a clock of its own so that it sleeps by itself."""

    table: Table
    clock: Clock
    seconds_left: float = 60.0

    def __post_init__(self) -> None:
        self.pace = DynamoPace(
            self.table,
            "notion",
            per_second=2,
            time_left=lambda: self.seconds_left,
            clock=self.clock,
            sleep=self.clock.sleep,
        )

    def call(self) -> float:
        """Wait for a slot, and return the time at which the call is made."""
        self.pace.wait()
        return self.clock.now


@pytest.fixture
def function(table: Table, clock: Clock) -> Function:
    return Function(table, clock)


@pytest.fixture
def another(table: Table, clock: Clock) -> Function:
    """A function that begins at the same time."""
    return Function(table, Clock(clock.now))


def test_calls_keep_their_distance_and_one_write_each(function: Function, clock: Clock, dynamodb: Client) -> None:
    start = clock.now
    assert [function.call() - start for _ in range(5)] == pytest.approx([0, 0.5, 1.0, 1.5, 2.0])
    assert dynamodb.calls == {"put_item": 5}


def test_who_called_long_ago_need_not_wait(function: Function, clock: Clock) -> None:
    # GIVEN a function that has not called for an hour
    function.call()
    clock.sleep(3600)
    start = clock.now
    # WHEN it calls twice
    # THEN the first call is made at once, and no call was saved up for the second
    assert [function.call() - start for _ in range(2)] == pytest.approx([0, 0.5])


def test_two_functions_share_the_slots(function: Function, another: Function, clock: Clock, dynamodb: Client) -> None:
    # GIVEN two functions that call as fast as they may
    start = clock.now
    times = sorted(call for _ in range(10) for call in (function.call(), another.call()))
    # THEN no two calls lie closer together than the vendor allows, and no slot is left empty
    assert [time - start for time in times] == pytest.approx([n / 2 for n in range(20)])
    # AND a slot costs two writes at most: one that is refused and tells which is free, and one that takes it
    assert dynamodb.calls["put_item"] <= 40


def test_a_slot_beyond_the_time_left_is_not_used_up(function: Function, another: Function) -> None:
    # GIVEN a vendor that asked for a pause of 10 seconds, and a function with 5 seconds left
    another.pace.push_back(10)
    function.seconds_left = 5.0
    start = function.clock.now
    # WHEN it wants to call
    with pytest.raises(OutOfTime, match="notion") as out_of_time:
        function.call()
    # THEN it is told when, and did not wait for it
    assert out_of_time.value.retry_after == pytest.approx(10)
    assert function.clock.now == start
    # AND the slot is still free
    assert another.call() - start == pytest.approx(10)


def test_a_known_wait_beyond_the_time_left_costs_no_call(function: Function, dynamodb: Client) -> None:
    function.pace.push_back(10)
    function.seconds_left = 5.0
    dynamodb.calls.clear()
    with pytest.raises(OutOfTime):
        function.call()
    assert not dynamodb.calls


def test_a_pause_holds_for_all_functions(function: Function, another: Function) -> None:
    start = function.clock.now
    function.pace.push_back(30)
    calls = [another.call() - start, function.call() - start]
    assert calls == pytest.approx([30, 30.5])


def test_a_pause_only_ever_moves_the_slot_forward(function: Function, another: Function) -> None:
    # GIVEN a pause of 30 seconds
    start = function.clock.now
    function.pace.push_back(30)
    # WHEN the vendor asks another function for 5
    another.pace.push_back(5)
    # THEN the longer one holds
    assert another.call() - start == pytest.approx(30)


def test_vendors_have_slots_of_their_own(function: Function, table: Table, clock: Clock) -> None:
    start = clock.now
    slack = DynamoPace(table, "slack", per_second=1, time_left=lambda: 60.0, clock=clock, sleep=clock.sleep)
    function.call()
    slack.wait()
    assert clock.now == start
