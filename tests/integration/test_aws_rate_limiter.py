"""The rate limit: all functions together call a vendor no faster than it allows."""

from dataclasses import dataclass

import pytest

from customer_success.aws.dynamodb.items import number
from customer_success.aws.dynamodb.rate_limiter import DynamoRateLimiter
from customer_success.aws.dynamodb.table import Table
from customer_success.errors import OutOfTime
from tests.builders.aws import Client, Clock


@dataclass
class Function:
    """A function that calls the vendor, with a clock of its own so that it sleeps by itself."""

    table: Table
    clock: Clock
    seconds_left: float = 60.0

    def __post_init__(self) -> None:
        self.rate_limiter = DynamoRateLimiter(
            self.table,
            "notion",
            per_second=2,
            time_left=lambda: self.seconds_left,
            clock=self.clock,
            sleep=self.clock.sleep,
        )

    def call(self) -> float:
        """Wait for a slot, and return the time at which the call is made."""
        self.rate_limiter.wait()
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
    # AND a slot costs two writes at most: one that is refused and names the free one, and one that takes it
    assert dynamodb.calls["put_item"] <= 40


def test_a_slot_beyond_the_time_left_is_not_used_up(function: Function, another: Function) -> None:
    # GIVEN a vendor that asked for a pause of 10 seconds, and a function with 5 seconds left
    another.rate_limiter.push_back(10)
    function.seconds_left = 5.0
    start = function.clock.now
    # WHEN it wants to call
    with pytest.raises(OutOfTime, match="notion") as out_of_time:
        function.call()
    # THEN the error says when, and it did not wait
    assert out_of_time.value.retry_after == pytest.approx(10)
    assert function.clock.now == start
    # AND the slot is still free
    assert another.call() - start == pytest.approx(10)


def test_a_known_wait_beyond_the_time_left_costs_no_call(function: Function, dynamodb: Client) -> None:
    function.rate_limiter.push_back(10)
    function.seconds_left = 5.0
    dynamodb.calls.clear()
    with pytest.raises(OutOfTime):
        function.call()
    assert not dynamodb.calls


def test_a_pause_holds_for_all_functions(function: Function, another: Function) -> None:
    start = function.clock.now
    function.rate_limiter.push_back(30)
    calls = [another.call() - start, function.call() - start]
    assert calls == pytest.approx([30, 30.5])


def test_a_pause_only_ever_moves_the_slot_forward(function: Function, another: Function) -> None:
    # GIVEN a pause of 30 seconds
    start = function.clock.now
    function.rate_limiter.push_back(30)
    # WHEN the vendor asks another function for 5
    another.rate_limiter.push_back(5)
    # THEN the longer one holds
    assert another.call() - start == pytest.approx(30)


def test_no_pause_is_longer_than_a_quarter_of_an_hour(function: Function, another: Function) -> None:
    # GIVEN a vendor that asks for a pause of 57 years
    start = function.clock.now
    function.rate_limiter.push_back(1_800_000_000)
    # WHEN functions call  THEN they wait for fifteen minutes
    function.seconds_left = another.seconds_left = 1_000
    calls = [another.call() - start, function.call() - start]
    assert calls == pytest.approx([900, 900.5])


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), float("-inf"), -5.0, 0.0])
def test_what_is_no_length_of_time_is_no_pause(function: Function, seconds: float) -> None:
    start = function.clock.now
    function.rate_limiter.push_back(seconds)
    assert function.call() == start


def move_slot(table: Table, to: float) -> None:
    """Let the next free slot lie there, as a version without a bound may have left it."""
    table.put({**table.key("PACE", "notion", "SLOT").attributes, "next_free": number(to)})


@pytest.mark.parametrize("ahead", [901.0, 86_400.0, 1_800_000_000.0])
def test_a_slot_that_lies_too_far_ahead_heals_itself(
    table: Table, function: Function, another: Function, ahead: float
) -> None:
    # GIVEN a slot further ahead than any vendor may ask for
    start = function.clock.now
    move_slot(table, start + ahead)
    # WHEN functions call  THEN the first one goes at once, and the next one at its distance
    assert [function.call() - start, another.call() - start] == pytest.approx([0, 0.5])


def test_a_slot_too_far_ahead_does_not_swallow_a_pause(table: Table, function: Function, another: Function) -> None:
    # GIVEN the same  WHEN the vendor asks for ten seconds  THEN those are respected
    start = function.clock.now
    move_slot(table, start + 86_400)
    function.rate_limiter.push_back(10)
    assert another.call() - start == pytest.approx(10)


def test_a_slot_after_the_longest_pause_counts(table: Table, function: Function) -> None:
    # GIVEN a slot that the longest pause and a call have left
    move_slot(table, function.clock.now + 900.4)
    # WHEN a function wants to call  THEN the error says how long to wait
    with pytest.raises(OutOfTime) as raised:
        function.call()
    assert raised.value.retry_after == pytest.approx(900.4)


def test_vendors_have_slots_of_their_own(function: Function, table: Table, clock: Clock) -> None:
    start = clock.now
    slack = DynamoRateLimiter(table, "slack", per_second=1, time_left=lambda: 60.0, clock=clock, sleep=clock.sleep)
    function.call()
    slack.wait()
    assert clock.now == start
