"""What is known of a task while a function works at it, and afterwards."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_success.agent import CustomerSuccessAgent
from customer_success.aws.messaging.consumer import Delivery
from customer_success.errors import Misconfigured, NotTaken, Refused, Unavailable
from customer_success.metrics import Metric
from customer_success.results import Failed, JobResult, TaskResult
from customer_success.task_records.record import FINAL, RUNS_FOR, TaskRecord
from customer_success.task_records.states import TaskStates
from tests.builders.functions import app_of
from tests.builders.tasks import MORNING, FakeTaskRecords, queued

ROOT = Path(__file__).parents[2]


class Done(JobResult):
    """What some work brought."""

    LOGGED = ("read",)

    task_type: str = "generate_qbr"
    read: Any = 1

    def counts(self) -> Mapping[Metric, float]:
        return {Metric.ACCOUNTS_READ: self.read}


WHOLE, PARTIAL = Done(), Done(error="no invitation was drafted")
WHAT_IS_PARTIAL = {
    "task_type": "generate_qbr",
    "read": 1,
    "error": "no invitation was drafted",
    "partial": True,
    "retryable": False,
}


@pytest.fixture
def records() -> FakeTaskRecords:
    return FakeTaskRecords(tasks={"task-1": queued()})


def answering(result: TaskResult) -> Callable[[], TaskResult]:
    return lambda: result


def failing(cause: Exception, finished: JobResult | None = None) -> Callable[[], TaskResult]:
    return answering(Failed("generate_qbr", cause, finished))


def of(records: FakeTaskRecords) -> TaskRecord:
    return records.tasks["task-1"]


def test_a_task_runs_while_it_is_worked_at_and_is_done_with_its_result(records: FakeTaskRecords) -> None:
    # GIVEN work that looks at its own task
    seen: list[str] = []

    def work() -> TaskResult:
        seen.append(of(records).state)
        return WHOLE

    # WHEN it is done
    result = TaskStates(records).run("task-1", work, last_try=False)
    # THEN the task was running meanwhile, and is done
    assert (result, seen) == (WHOLE, ["running"])
    assert (of(records).state, of(records).result, of(records).error) == (
        "done",
        {"task_type": "generate_qbr", "read": 1},
        None,
    )


def test_a_task_of_which_something_is_missing_is_partial_and_says_what(records: FakeTaskRecords) -> None:
    TaskStates(records).run("task-1", answering(PARTIAL), last_try=False)
    assert (of(records).state, of(records).result) == ("partial", WHAT_IS_PARTIAL)
    assert of(records).error == "no invitation was drafted"


@pytest.mark.parametrize("cause", [Misconfigured("Notion refused the token"), Unavailable("Notion is down")])
def test_a_failed_task_keeps_what_it_had_finished(records: FakeTaskRecords, cause: Exception) -> None:
    # GIVEN work that fails after it has done a part
    work = failing(cause, Done(read=100))
    # WHEN it may be tried again THEN the task is not over
    TaskStates(records).run("task-1", work, last_try=False)
    assert of(records).state == "running"
    # WHEN it was the last try THEN it has failed, and the part is there
    TaskStates(records).run("task-1", work, last_try=True)
    assert (of(records).state, of(records).error) == ("failed", str(cause))
    assert of(records).result == {
        "task_type": "generate_qbr",
        "read": 100,
        "error": str(cause),
        "confidence": "low",
        "partial": True,
        "retryable": isinstance(cause, Unavailable),
    }


@pytest.mark.parametrize("last_try", [False, True])
@pytest.mark.parametrize("cause", [Refused("it is inactive"), NotTaken("too long")])
def test_what_is_refused_has_failed_at_once(records: FakeTaskRecords, cause: Exception, last_try: bool) -> None:
    TaskStates(records).run("task-1", failing(cause), last_try=last_try)
    assert (of(records).state, of(records).result, of(records).error) == ("failed", None, str(cause))


@pytest.mark.parametrize("fault", [Unavailable("Notion is down"), Misconfigured("no such page"), KeyError("arr")])
def test_what_may_pass_fails_the_task_on_the_last_try_alone(records: FakeTaskRecords, fault: Exception) -> None:
    states = TaskStates(records)
    # GIVEN a first try that does not come through
    states.run("task-1", failing(fault), last_try=False)
    # THEN the task is still running
    assert (of(records).state, of(records).error) == ("running", None)
    # WHEN the last one does not either
    states.run("task-1", failing(fault), last_try=True)
    # THEN it has failed
    assert of(records).state == "failed"
    assert of(records).error == (str(fault) if not isinstance(fault, KeyError) else "KeyError: 'arr'")


def test_a_later_try_may_still_bring_it_to_its_end(records: FakeTaskRecords) -> None:
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
    deliveries: list[tuple[Callable[[], TaskResult], bool, int]],
) -> None:
    # GIVEN a task, and deliveries of its message in any number and with any outcome, hours apart
    records = FakeTaskRecords(tasks={"task-1": queued()})
    end: tuple[str, Any] | None = None
    for work, last_try, minutes in deliveries:
        records.now += timedelta(minutes=minutes)
        end = end or ended(records)
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
    "generate_qbr": ("qbr_requested", "write"),
    "check_expansion": ("expansion_check_requested", "check"),
    "track_feature_adoption": ("adoption_requested", "track"),
    "health_scan": ("scan_requested", "take"),
}


def app(name: str, records: FakeTaskRecords, work: Callable[[], TaskResult] = lambda: WHOLE) -> ModuleType:
    """The app of a function whose agent does `work` for every task; its metrics are in `counted`."""
    loaded = app_of(name)
    function: Any = loaded.function  # type: ignore[attr-defined]
    function.settings = SimpleNamespace(space="acme", timezone="UTC", shadow=False)
    function.task_states = TaskStates(records)
    function.counted = []
    function.report = function.counted.append
    if name in APPS:
        function.agent = CustomerSuccessAgent({name: lambda *_: work()})
    return loaded


def deliver(loaded: ModuleType, name: str, task_id: str | None, *, last_try: bool = False) -> None:
    event, take = APPS[name]
    message = json.loads((ROOT / "events" / f"{event}.json").read_text("utf-8")) | {"task_id": task_id}
    getattr(loaded, take)(Delivery(json.dumps(message), 1, last_try=last_try, message_id="1", attributes={}))


@pytest.mark.parametrize("name", APPS)
def test_a_function_has_the_agent_do_what_its_message_asks_for(name: str, records: FakeTaskRecords) -> None:
    # GIVEN an agent that notes what it is asked
    loaded, asked = app(name, records), []
    function: Any = loaded.function  # type: ignore[attr-defined]
    function.agent = SimpleNamespace(execute=lambda *given: asked.append(given) or WHOLE)
    # WHEN a message is delivered
    deliver(loaded, name, "task-1", last_try=True)
    # THEN its task is done for the day of the message, under its id, and as the last try that it is
    ((task, context),) = asked
    message = json.loads((ROOT / "events" / f"{APPS[name][0]}.json").read_text("utf-8"))
    assert (task["type"], task.get("account_id")) == (name, message.get("account_id"))
    assert context["run_date"].isoformat() == message.get("run_date", message.get("time", "")[:10])
    assert (context["request_id"], context["last_try"]) == (message["id"], True)
    # AND what it brought is stored, logged and counted
    assert (of(records).state, of(records).result) == ("done", WHOLE.to_fields())
    assert function.counted == [{Metric.ACCOUNTS_READ: 1}]


@pytest.mark.parametrize("name", APPS)
@pytest.mark.parametrize("last_try", [False, True])
@pytest.mark.parametrize(
    "cause", [Unavailable("down", retry_after=7), Misconfigured("share it"), NotTaken("no"), KeyError("arr")]
)
def test_a_failed_task_is_a_failure_again_where_a_queue_asked_for_it(
    name: str, records: FakeTaskRecords, cause: Exception, last_try: bool
) -> None:
    # WHEN the agent answers that a task failed
    with pytest.raises(type(cause)) as raised:
        deliver(app(name, records, failing(cause)), name, "task-1", last_try=last_try)
    # THEN the very cause reaches the consumer, which decides by it
    assert raised.value is cause
    over = last_try or isinstance(cause, Refused)
    assert of(records).state == ("failed" if over else "running")


@pytest.mark.parametrize("name", APPS)
def test_a_function_marks_nothing_for_what_no_task_asked_for(name: str, records: FakeTaskRecords) -> None:
    deliver(app(name, records), name, None)
    assert records.writes.count == 0


def test_the_morning_scan_is_no_task(records: FakeTaskRecords) -> None:
    loaded = app("health_scan", records)
    rule = (ROOT / "events/schedule.json").read_text("utf-8")
    loaded.take(Delivery(rule, 1, last_try=False, message_id="1", attributes={}))
    assert records.writes.count == 0


@pytest.mark.parametrize("name", APPS)
@pytest.mark.parametrize("read", [None, "three", math.nan])
def test_a_result_that_cannot_be_counted_fails_nothing_that_was_done(
    name: str, records: FakeTaskRecords, read: Any
) -> None:
    # GIVEN work that counts what no metric takes
    loaded = app(name, records, answering(Done(read=read)))
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
    function = app("health_scan", FakeTaskRecords()).function  # type: ignore[attr-defined]
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
    loaded, asked = app(name, FakeTaskRecords()), []
    function: Any = loaded.function  # type: ignore[attr-defined]
    setattr(function, job, lambda *_, **given: asked.append(given["last_try"]) or WHOLE)
    body = (ROOT / "events" / f"{event}.json").read_text("utf-8")
    getattr(loaded, take)(Delivery(body, 1, last_try=last_try, message_id="1", attributes={}))
    assert asked == [last_try]
