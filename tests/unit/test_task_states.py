"""What is known of a task while a function works at it, and afterwards."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_success.aws.messaging.consumer import Delivery
from customer_success.errors import Misconfigured, Refused, Unavailable
from customer_success.metrics import Metric
from customer_success.task_records.record import FINAL, RUNS_FOR, TaskRecord
from customer_success.task_records.states import TaskStates
from tests.builders.functions import app_of
from tests.builders.tasks import MORNING, FakeTaskRecords, queued

ROOT = Path(__file__).parents[2]
WHOLE = {"task_type": "generate_qbr", "confidence": "high"}
PARTIAL = {**WHOLE, "partial": True, "error": "no invitation was drafted"}


@pytest.fixture
def records() -> FakeTaskRecords:
    return FakeTaskRecords(tasks={"task-1": queued()})


def answering(result: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    return lambda: result


def failing(error: Exception) -> Callable[[], dict[str, Any]]:
    def work() -> dict[str, Any]:
        raise error

    return work


def of(records: FakeTaskRecords) -> TaskRecord:
    return records.tasks["task-1"]


def test_a_task_runs_while_it_is_worked_at_and_is_done_with_its_result(records: FakeTaskRecords) -> None:
    # GIVEN work that looks at its own task
    seen: list[str] = []

    def work() -> dict[str, Any]:
        seen.append(of(records).state)
        return WHOLE

    # WHEN it is done
    result = TaskStates(records).run("task-1", work, last_try=False)
    # THEN the task was running meanwhile, and is done
    assert (result, seen) == (WHOLE, ["running"])
    assert (of(records).state, of(records).result, of(records).error) == ("done", WHOLE, None)


def test_a_task_of_which_something_is_missing_is_partial_and_says_what(records: FakeTaskRecords) -> None:
    TaskStates(records).run("task-1", answering(PARTIAL), last_try=False)
    assert (of(records).state, of(records).result) == ("partial", PARTIAL)
    assert of(records).error == "no invitation was drafted"


def test_a_scan_that_failed_is_a_failed_task_that_keeps_what_was_counted(records: FakeTaskRecords) -> None:
    failed = {"status": "failed", "read": 100, "error": "Notion refused the token", "partial": True}
    TaskStates(records).run("task-1", answering(failed), last_try=False)
    assert (of(records).state, of(records).result) == ("failed", failed)
    assert of(records).error == "Notion refused the token"


@pytest.mark.parametrize("last_try", [False, True])
def test_what_is_refused_has_failed_at_once(records: FakeTaskRecords, last_try: bool) -> None:
    with pytest.raises(Refused, match="inactive"):
        TaskStates(records).run("task-1", failing(Refused("it is inactive")), last_try=last_try)
    assert (of(records).state, of(records).result, of(records).error) == ("failed", None, "it is inactive")


@pytest.mark.parametrize("fault", [Unavailable("Notion is down"), Misconfigured("no such page"), KeyError("arr")])
def test_what_may_pass_fails_the_task_on_the_last_try_alone(records: FakeTaskRecords, fault: Exception) -> None:
    states = TaskStates(records)
    # GIVEN a first try that does not come through
    with pytest.raises(type(fault)):
        states.run("task-1", failing(fault), last_try=False)
    # THEN the task is still running
    assert (of(records).state, of(records).error) == ("running", None)
    # WHEN the last one does not either
    with pytest.raises(type(fault)):
        states.run("task-1", failing(fault), last_try=True)
    # THEN it has failed
    assert of(records).state == "failed"
    assert of(records).error == (str(fault) if not isinstance(fault, KeyError) else "KeyError: 'arr'")


def test_a_later_try_may_still_bring_it_to_its_end(records: FakeTaskRecords) -> None:
    with pytest.raises(Unavailable):
        TaskStates(records).run("task-1", failing(Unavailable("down")), last_try=False)
    TaskStates(records).run("task-1", answering(WHOLE), last_try=True)
    assert of(records).state == "done"


def test_work_without_an_api_task_is_just_done(records: FakeTaskRecords) -> None:
    assert TaskStates(records).run(None, answering(WHOLE), last_try=False) == WHOLE
    assert records.writes.count == 0


@pytest.mark.parametrize("fault", [Unavailable("throttled"), Misconfigured("no such table"), Refused("no key")])
def test_a_mark_that_cannot_be_written_stops_no_work(
    records: FakeTaskRecords, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    records.error = fault
    assert TaskStates(records).run("task-1", answering(WHOLE), last_try=False) == WHOLE
    with pytest.raises(Refused, match="inactive"):
        TaskStates(records).run("task-1", failing(Refused("inactive")), last_try=False)
    assert [record.message for record in caplog.records] == [
        f"task task-1 is not marked as {state}: {fault}" for state in ("running", "done", "running", "failed")
    ]


def test_a_task_that_is_not_there_is_none(records: FakeTaskRecords) -> None:
    assert TaskStates(records).run("task-2", answering(WHOLE), last_try=False) == WHOLE
    assert set(records.tasks) == {"task-1"}


ENDS = (answering(WHOLE), answering(PARTIAL), failing(Refused("no")), failing(Unavailable("down")))
DELIVERIES = st.lists(st.tuples(st.sampled_from(ENDS), st.booleans(), st.integers(0, 4 * 60)), max_size=12)


@given(DELIVERIES)
def test_an_end_is_never_left_after_any_redelivery(
    deliveries: list[tuple[Callable[[], dict[str, Any]], bool, int]],
) -> None:
    # GIVEN a task, and deliveries of its message in any number and with any outcome, hours apart
    records = FakeTaskRecords(tasks={"task-1": queued()})
    end: tuple[str, Any] | None = None
    for work, last_try, minutes in deliveries:
        records.now += timedelta(minutes=minutes)
        end = end or ended(records)
        with suppress(Refused, Unavailable):
            TaskStates(records).run("task-1", work, last_try=last_try)
        # THEN what was once its end is its end
        assert end in (None, ended(records))
        end = ended(records)


def ended(records: FakeTaskRecords) -> tuple[str, Any] | None:
    """The state and the result that the task has come to, None while it has not."""
    state = of(records).state_at(records.now)
    return (state, of(records).result) if state in FINAL else None


def test_a_task_that_is_not_over_by_its_deadline_has_failed() -> None:
    task = queued(state="running")
    assert task.state_at(MORNING + RUNS_FOR) == "running"
    assert task.state_at(MORNING + RUNS_FOR + timedelta(seconds=1)) == "failed"
    assert queued(state="done").state_at(MORNING + RUNS_FOR * 2) == "done"


APPS = {
    "generate_qbr": ("qbr_requested", "write", "review"),
    "check_expansion": ("expansion_check_requested", "check", "check"),
    "track_feature_adoption": ("adoption_requested", "track", "track"),
    "health_scan": ("scan_requested", "take", "scan"),
}
COUNTED: dict[str, Any] = {
    "status": "finished",
    "told": {},
    "read": 0,
    "scored": 0,
    "rejected": {},
    "dropped_claims": [],
    "dispatched": [],
}


def app(name: str, records: FakeTaskRecords, work: Callable[[Any], dict[str, Any]]) -> ModuleType:
    """The app of a function that does `work`."""
    loaded = app_of(name)
    function: Any = loaded.function  # type: ignore[attr-defined]
    function.settings = SimpleNamespace(space="acme", timezone="UTC", shadow=False)
    function.task_states = TaskStates(records)
    function.report = lambda _: None
    if name in APPS:
        setattr(function, APPS[name][2], work)
    return loaded


def deliver(loaded: ModuleType, name: str, task_id: str | None, *, last_try: bool = False) -> None:
    event, take, _ = APPS[name]
    message = json.loads((ROOT / "events" / f"{event}.json").read_text("utf-8")) | {"task_id": task_id}
    getattr(loaded, take)(Delivery(json.dumps(message), 1, last_try=last_try, message_id="1", attributes={}))


@pytest.mark.parametrize("name", APPS)
def test_a_function_says_how_far_the_task_is_that_it_was_asked_for(name: str, records: FakeTaskRecords) -> None:
    deliver(app(name, records, lambda _: {**COUNTED, "confidence": "high"}), name, "task-1")
    assert (of(records).state, of(records).result) == ("done", {**COUNTED, "confidence": "high"})


@pytest.mark.parametrize("name", APPS)
@pytest.mark.parametrize("last_try", [False, True])
def test_a_function_says_on_its_last_try_that_a_task_has_failed(
    name: str, records: FakeTaskRecords, last_try: bool
) -> None:
    def work(_: Any) -> dict[str, Any]:
        raise Unavailable("down")

    with pytest.raises(Unavailable):
        deliver(app(name, records, work), name, "task-1", last_try=last_try)
    assert of(records).state == ("failed" if last_try else "running")


@pytest.mark.parametrize("name", APPS)
def test_a_function_marks_nothing_for_what_no_task_asked_for(name: str, records: FakeTaskRecords) -> None:
    deliver(app(name, records, lambda _: COUNTED), name, None)
    assert records.writes.count == 0


def test_the_morning_scan_is_no_task(records: FakeTaskRecords) -> None:
    loaded = app("health_scan", records, lambda _: COUNTED)
    rule = (ROOT / "events/schedule.json").read_text("utf-8")
    loaded.take(Delivery(rule, 1, last_try=False, message_id="1", attributes={}))
    assert records.writes.count == 0


@pytest.mark.parametrize("name", APPS)
@pytest.mark.parametrize("odd", [{"read": None, "told": 7}, {"dropped_claims": 3, "dispatched": None}])
def test_a_result_that_cannot_be_logged_or_counted_fails_nothing_that_was_done(
    name: str, records: FakeTaskRecords, odd: dict[str, Any]
) -> None:
    # GIVEN work whose result holds what no log and no metric takes
    result = {**COUNTED, "account_id": Odd(), "candidates": Odd(), **odd}
    loaded = app(name, records, lambda _: result)
    del loaded.function.report
    # WHEN it is done  THEN the task is, and the message is acknowledged
    deliver(loaded, name, "task-1")
    assert of(records).state == "done"


class Odd:
    """A value that not even has a text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


@pytest.mark.parametrize("value", ["three", None, Odd(), math.nan])
def test_a_count_that_is_none_fails_nothing_that_was_done(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN metrics without a namespace, which nothing can be written to, and with one
    function = app("health_scan", FakeTaskRecords(), lambda _: COUNTED).function  # type: ignore[attr-defined]
    del function.report
    function.report({Metric.ALERTS: value})
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "CustomerSuccess")
    # WHEN a count comes that is none, THEN what is done is done
    function.report({Metric.ALERTS: value, Metric.ACCOUNTS_READ: 3})


@pytest.mark.parametrize(
    ("name", "event", "take", "job"),
    [
        ("health_scan", "expansions_queued", "take", "close"),
        ("plan_qbrs", "quarter_planned", "plan", "close"),
        ("notion_sync", "pages_changed", "sync", "sync"),
    ],
)
@pytest.mark.parametrize("last_try", [False, True])
def test_a_job_knows_its_last_try(name: str, event: str, take: str, job: str, last_try: bool) -> None:
    loaded, asked = app(name, FakeTaskRecords(), lambda _: {}), []
    function: Any = loaded.function  # type: ignore[attr-defined]
    setattr(function, job, lambda *_, **given: asked.append(given["last_try"]) or {})
    body = (ROOT / "events" / f"{event}.json").read_text("utf-8")
    getattr(loaded, take)(Delivery(body, 1, last_try=last_try, message_id="1", attributes={}))
    assert asked == [last_try]
