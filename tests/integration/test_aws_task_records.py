"""The tasks that were asked for, in the table."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_success.aws.dynamodb.items import number, text
from customer_success.aws.dynamodb.table import Table
from customer_success.aws.dynamodb.task_records import DynamoTaskRecords
from customer_success.errors import Misconfigured, Unavailable
from customer_success.expansion.sales_handoff import HandedOff
from customer_success.task_records.record import FINAL, RUNS_FOR, TaskRecord, TaskState
from customer_success.task_records.states import TaskStates
from tests.builders.aws import TABLE, Client, Clock, refused, sent_twice
from tests.builders.stored import NASTY_ID
from tests.builders.tasks import MORNING, FakeTaskRecords, queued


@pytest.fixture
def records(table: Table, clock: Clock) -> DynamoTaskRecords:
    clock.now = MORNING.timestamp()
    return DynamoTaskRecords(table, clock=clock)


def found(records: DynamoTaskRecords, task_id: str = "task-1") -> TaskRecord:
    task = records.get(task_id)
    assert task is not None
    return task


@pytest.mark.parametrize(
    "task",
    [
        queued(),
        queued(NASTY_ID, account_id=None, request={"signals": {"nps_score": None, "rate": 0.1}, "é": ["🚀", 10**30]}),
        queued(state="done", result={"health": {"score": 98.0}, "drivers": [1, 2.5, None, True]}),
    ],
)
def test_a_task_comes_back_as_it_was(records: DynamoTaskRecords, task: TaskRecord) -> None:
    assert records.add(task) == task
    assert records.get(task.task_id) == task
    assert records.get("task-2") is None


def test_of_two_tasks_with_one_id_the_first_stays(records: DynamoTaskRecords) -> None:
    # GIVEN a task that has come to its end
    records.add(queued())
    records.mark("task-1", "done", result={"a": 1})
    # WHEN another one is added under its id
    there = records.add(queued(account_id="A-0002"))
    # THEN the first one is what is there
    assert there == found(records) == queued(state="done", result={"a": 1})


def test_a_task_whose_adding_is_sent_twice_is_added(records: DynamoTaskRecords, dynamodb: Client) -> None:
    dynamodb.instead("put_item", sent_twice)
    assert records.add(queued()) == queued()


def test_a_mark_is_one_write_and_keeps_what_was_asked(records: DynamoTaskRecords, dynamodb: Client) -> None:
    records.add(queued())
    records.mark("task-1", "running")
    assert found(records) == queued(state="running")
    records.mark("task-1", "partial", result={"a": [1]}, error="no draft")
    assert found(records) == queued(state="partial", result={"a": [1]}, error="no draft")
    assert dynamodb.calls["update_item"] == 2


@pytest.mark.parametrize("end", FINAL)
@pytest.mark.parametrize("late", ["queued", "running", *FINAL])
def test_a_state_that_is_final_stays(records: DynamoTaskRecords, end: TaskState, late: TaskState) -> None:
    records.add(queued())
    records.mark("task-1", end, result={"a": 1}, error="first")
    records.mark("task-1", late, result={"a": 2}, error="second")
    assert found(records) == queued(state=end, result={"a": 1}, error="first")


def test_a_mark_on_a_task_that_is_not_there_makes_none(records: DynamoTaskRecords, dynamodb: Client) -> None:
    records.mark("task-1", "running")
    assert records.get("task-1") is None
    assert dynamodb.real.scan(TableName=TABLE)["Items"] == []


def test_what_comes_after_the_deadline_changes_nothing(records: DynamoTaskRecords, clock: Clock) -> None:
    # GIVEN a task that runs
    records.add(queued())
    clock.now = (MORNING + RUNS_FOR).timestamp()
    records.mark("task-1", "running")
    assert found(records).state == "running"
    # WHEN it is done after it had to be
    clock.now += 1
    records.mark("task-1", "done", result={"a": 1})
    # THEN it reads as it read before
    assert found(records) == queued(state="running")
    assert found(records).state_at(MORNING + RUNS_FOR + timedelta(seconds=1)) == "failed"


MARKS = st.lists(st.tuples(st.sampled_from(("running", *FINAL)), st.integers(0, 200)), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(marks=MARKS)
def test_marks_in_any_order_come_to_the_same_in_the_table_and_in_memory(
    table: Table, clock: Clock, marks: list[tuple[TaskState, int]]
) -> None:
    # GIVEN a task, and marks in any order and number, minutes apart
    clock.now = MORNING.timestamp()
    records, memory = DynamoTaskRecords(table, clock=clock), FakeTaskRecords()
    task_id = str(uuid4())
    for each in (records, memory):
        each.add(queued(task_id))
    end: TaskState | None = None
    for count, (state, minutes) in enumerate(marks):
        clock.now += minutes * 60
        memory.now += timedelta(minutes=minutes)
        # WHEN both are marked
        for each in (records, memory):
            each.mark(task_id, state, result=None if state == "running" else {"mark": count})
        # THEN both say the same, and an end is never left
        task = found(records, task_id)
        assert task == memory.get(task_id)
        now = task.state_at(memory.now)
        assert end in (None, now)
        end = now if now in FINAL else None


def test_a_result_that_is_too_long_loses_its_largest_fields_and_says_so(records: DynamoTaskRecords) -> None:
    # GIVEN a result with two fields that are too long together, next to the longest request
    records.add(queued(request={"context": "x" * 64_000}))
    long = {"outcome": "offered", "qbr": "é" * 120_000, "page": "p" * 200_000, "confidence": "high"}
    # WHEN it is stored
    records.mark("task-1", "done", result=long, error="x" * 5_000)
    # THEN it lacks the longest one, and names it
    known = found(records).result or {}
    assert list(known) == ["outcome", "page", "confidence", "cut"]
    assert known["cut"] == "too long to be stored: qbr"
    assert len(found(records).error or "") == 4_000


class Odd:
    """A value that not even has a text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


@pytest.mark.parametrize(
    ("odd", "stored"),
    [
        (date(2026, 3, 2), "2026-03-02"),
        (Decimal("1.5"), "1.5"),
        (Odd(), "not to be kept: Odd"),
        ({("a", 1): 2}, "not to be kept: dict"),
        (math.nan, None),
        ("half \ud83e", "half ?"),
        ({"half \ud83e": [1]}, {"half ?": [1]}),
    ],
)
def test_a_value_that_is_none_of_jsons_costs_itself(records: DynamoTaskRecords, odd: Any, stored: Any) -> None:
    records.add(queued())
    records.mark("task-1", "done", result={"odd": odd, "read": 3})
    assert (found(records).state, found(records).result) == ("done", {"odd": stored, "read": 3})


def test_a_result_of_very_many_fields_is_cut_too(records: DynamoTaskRecords) -> None:
    records.add(queued())
    records.mark("task-1", "done", result={f"field_{n}": n for n in range(60_000)})
    assert found(records).state == "done"
    assert (found(records).result or {})["cut"].startswith("too long to be stored: field_")


def test_a_task_whose_result_the_table_does_not_take_comes_to_its_end_all_the_same(
    records: DynamoTaskRecords, dynamodb: Client
) -> None:
    # GIVEN a table that finds no room for a result, beside a very long request
    records.add(queued())
    dynamodb.instead("update_item", sent_twice, refused("ValidationException"))
    # WHEN the task's work is done
    done = HandedOff(
        handoff_id="h-1",
        account_id="A-0001",
        status="handed_off",
        sales_email="s",
        record_url="q" * 1_000,
        draft_id=None,
    )
    assert TaskStates(records).run("task-1", lambda: done, last_try=False) is done
    # THEN the task says so, and what of it is not stored
    assert found(records).state == "done"
    assert (found(records).result or {})["cut"].startswith("it could not be kept: ")


def test_a_result_that_just_fits_stays_whole(records: DynamoTaskRecords) -> None:
    records.add(queued())
    whole = {"qbr": "q" * 299_990}
    records.mark("task-1", "done", result=whole)
    assert found(records).result == whole
    records.add(queued("task-2"))
    records.mark("task-2", "done", result={"qbr": "q" * 299_991})
    assert found(records, "task-2").result == {"cut": "too long to be stored: qbr"}


def test_a_task_is_forgotten_after_30_days(records: DynamoTaskRecords, dynamodb: Client, clock: Clock) -> None:
    records.add(queued())
    clock.now += 3600
    records.mark("task-1", "done", result={})
    [item] = dynamodb.real.scan(TableName=TABLE)["Items"]
    assert item["expires_at"] == {"N": str(int(MORNING.timestamp()) + 30 * 86_400)}
    assert item["pk"] == {"S": "acme#TASK#task-1"}
    # AND until the table deletes it, no read finds it, and its id is free
    clock.now = MORNING.timestamp() + 30 * 86_400 - 1
    assert records.get("task-1") is not None
    clock.now += 1
    assert records.get("task-1") is None
    later = queued(account_id="A-0002")
    assert records.add(later) == records.get("task-1") == later


def test_tenants_do_not_see_each_others_tasks(records: DynamoTaskRecords, dynamodb: Client) -> None:
    other = DynamoTaskRecords(Table(cast("Any", dynamodb), TABLE, "other"), clock=lambda: MORNING.timestamp())
    records.add(queued())
    assert other.get("task-1") is None
    other.mark("task-1", "failed", error="theirs")
    assert other.add(queued(account_id="B-1")) == queued(account_id="B-1")
    assert found(records) == queued()


def test_a_task_of_another_version_is_named(records: DynamoTaskRecords, table: Table) -> None:
    place = table.key("TASK", "task-1", "TASK").attributes
    table.put({**place, "body": text('{"what": "else"}'), "state": text("queued"), "expires_at": number(9e9)})
    with pytest.raises(Misconfigured, match="'acme#TASK#task-1' / 'TASK' was written by a version"):
        records.get("task-1")


def test_a_table_under_load_is_a_passing_fault(records: DynamoTaskRecords, dynamodb: Client) -> None:
    records.add(queued())
    dynamodb.instead("update_item", refused("InternalServerError", status=500))
    with pytest.raises(Unavailable):
        records.mark("task-1", "running")
