"""`POST /tasks` and `GET /tasks/{id}`: what is answered at once, what is queued, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from customer_success.accounts.ports import AccountRows
from customer_success.agent import SUPPORTED, CustomerSuccessAgent
from customer_success.api.problems import Problem
from customer_success.api.task_models import FORMS, LONGEST
from customer_success.api.tasks import HealthScanAnswer, TaskAccepted, TaskDesk, TaskRequest
from customer_success.errors import Refused, Unavailable
from customer_success.messages import AdoptionRequested, ExpansionCheckRequested, Message, QbrRequested, ScanRequested
from customer_success.scan.health_scan import health_scan_task
from customer_success.scan.one_account import HealthScan
from customer_success.scoring.scorer import CSMHealthScorer
from customer_success.task_records.record import RUNS_FOR
from tests.builders.accounts import TODAY, account
from tests.builders.fakes import FakeOutbox, FakeRows, Writes
from tests.builders.scores import row
from tests.builders.tasks import MORNING, FakeTaskRecords, queued
from tests.builders.texts.scoring import NPS_11

SCAN = {"type": "health_scan", "account_id": "A-0001"}
QBR = {"type": "generate_qbr", "account_id": "A-0001"}
RESCAN = {"type": "health_scan", "refresh": True}
SLOW = [QBR, {**QBR, "type": "check_expansion"}, {**QBR, "type": "track_feature_adoption"}]


@dataclass
class Queue(FakeOutbox):
    """A queue that may be down."""

    down: bool = False

    def send(self, messages: Iterable[Message], *, delay_seconds: int = 0) -> None:
        if self.down:
            raise Unavailable("the queue is down")
        super().send(messages, delay_seconds=delay_seconds)


def agent_of(rows: AccountRows) -> CustomerSuccessAgent:
    """The agent of the API, in Auckland."""
    scan = HealthScan(rows, CSMHealthScorer())
    return CustomerSuccessAgent({"health_scan": health_scan_task(scan, timezone="Pacific/Auckland")})


@dataclass
class Office:
    """The desk of tenant acme, in the time zone of Auckland, and all that it uses. One account is known."""

    writes: Writes = field(default_factory=Writes)

    def __post_init__(self) -> None:
        self.rows = FakeRows(self.writes, {"A-0001": row(account(1))})
        self.records = FakeTaskRecords(self.writes)
        self.queues = {task_type: Queue(self.writes) for task_type in SUPPORTED}
        self.named = 0
        self.desk = TaskDesk(
            tenant_id="acme",
            space="acme",
            timezone="Pacific/Auckland",
            agent=agent_of(self.rows),
            rows=self.rows,
            records=self.records,
            queues=self.queues,
            new_id=self._name,
        )

    def _name(self) -> str:
        self.named += 1
        return f"task-{self.named}"

    def ask(self, body: Mapping[str, Any], key: str | None = None, now: datetime = MORNING) -> Any:
        return self.desk.submit(TaskRequest.model_validate(dict(body)), key=key, now=now)

    def refused(self, body: Mapping[str, Any], key: str | None = None) -> Problem:
        """The problem that answers the task; nothing is written or sent for it."""
        before = self.writes.count
        with pytest.raises(Problem) as raised:
            self.ask(body, key)
        assert self.writes.count == before
        return raised.value

    @property
    def sent(self) -> list[Message]:
        return [message for queue in self.queues.values() for message in queue.sent]


@pytest.fixture
def office() -> Office:
    return Office()


def handoff(task: Mapping[str, Any], **context: Any) -> dict[str, Any]:
    """The task in the words of another team."""
    named = {"task_type": task["type"], "account_id": task["account_id"], "tenant_id": "acme"}
    return {**named, "context": context, "priority": "high"}


# A health scan


NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)


def test_a_health_scan_is_of_the_day_of_the_accounts_row_however_late_it_is_asked_for(office: Office) -> None:
    # WHEN the same is asked for on the day of the scan, and forty days later
    then, later = office.ask(SCAN, now=NOON), office.ask(SCAN, now=NOON + timedelta(days=40))
    # THEN the answer is the same: no day has passed for what was scanned
    assert then.health == later.health


@pytest.mark.parametrize("status", ["skipped", "gone"])
@pytest.mark.parametrize("body", [SCAN, QBR])
def test_an_inactive_account_is_not_scored(office: Office, body: dict[str, Any], status: Any) -> None:
    # GIVEN an account that is inactive, or no longer in the book
    known = office.desk.rows.get("A-0001")
    assert known is not None
    office.desk.rows.put_many([replace(known, latest=replace(known.latest, status=status))])
    # WHEN a task is asked for it
    # THEN it is refused
    with pytest.raises(Problem, match=r"'A-0001' is (inactive|no longer in the book)") as refused:
        office.ask(body)
    assert refused.value.status == 422


def test_a_health_scan_is_answered_from_the_accounts_row(office: Office) -> None:
    answer = office.ask(SCAN)
    assert isinstance(answer, HealthScanAnswer)
    assert (answer.account_id, answer.health.rag, answer.churn.churn_risk) == ("A-0001", "GREEN", "low")
    # AND it is what the agent answers, letter by letter
    known = office.desk.rows.get("A-0001")
    assert known is not None
    of_its_day = datetime.combine(known.latest.run_date, time(12), ZoneInfo(office.desk.timezone))
    reported = office.desk.agent.execute(SCAN, {"now": min(MORNING, of_its_day)})
    assert answer.model_dump(mode="json") == reported.to_fields()


@pytest.mark.parametrize("form", ["plain", "handoff"])
def test_what_if_signals_are_laid_over_and_nothing_is_stored(office: Office, form: str) -> None:
    # GIVEN a healthy account
    signals = {"usage_trend": "inactive", "nps_score": None}
    asked = {**SCAN, "signals": signals} if form == "plain" else handoff(SCAN, signals=signals, why="a question")
    plain = office.ask(SCAN).health
    # WHEN it is asked for the health without any usage and with an unknown rating
    answer = office.ask(asked).health
    # THEN those two differ and nothing else, and nothing is written or sent
    changed = {key for key, points in answer.signal_breakdown.items() if points != plain.signal_breakdown[key]}
    assert (changed, set(answer.unknown) - set(plain.unknown)) == ({"usage_trend", "nps_score"}, {"nps_score"})
    assert office.writes.count == 0


def test_the_same_scan_in_the_other_form_is_answered_the_same(office: Office) -> None:
    assert office.ask(handoff(SCAN)) == office.ask(SCAN) == office.ask({**SCAN, "tenant_id": "acme", "signals": {}})


def test_a_wrong_signal_is_named_with_its_bound_where_it_stands(office: Office) -> None:
    wrong = {"nps_score": 11, "usage_tren": "growing"}
    problem = office.refused({**SCAN, "signals": wrong})
    assert (problem.status, problem.field) == (422, "signals.nps_score")
    assert problem.detail.startswith(
        f"signals.{NPS_11}; "
        "signals.usage_tren: no such field (did you mean usage_trend?); an account has feature_adoption_rate, "
    )
    problem = office.refused(handoff(SCAN, signals={"nps_score": True}))
    assert problem.detail == "context.signals.nps_score: must be a number, not True"


def test_an_account_that_cannot_be_scored_is_reported_with_the_reason(office: Office) -> None:
    # GIVEN one account whose page has too little beside a value that is none, and one of which nothing is known
    office.rows.rows["A-0002"] = row(account(2, {"nps_score": 44}))
    office.rows.rows["A-0003"] = row(account(3, {}))
    # WHEN their health is asked for
    wrong, unknown = office.refused({**SCAN, "account_id": "A-0002"}), office.refused({**SCAN, "account_id": "A-0003"})
    # THEN both answers say why, and that the request is not at fault
    assert (wrong.status, wrong.kind, wrong.field) == (422, "cannot-be-judged", None)
    assert wrong.detail.endswith("; nps_score: '44' could not be read, expected at most 10")
    assert unknown.status == 422
    assert "are known, at least" in unknown.detail


@pytest.mark.parametrize("task", [SCAN, {**SCAN, "signals": {"nps_score": 3}}, *SLOW])
@pytest.mark.parametrize("account_id", ["A-9999", "../etc", "Robert'); DROP TABLE accounts;--", "№ 7 🚀"])
def test_an_unknown_account_is_404_with_its_id(office: Office, task: dict[str, Any], account_id: str) -> None:
    for body in ({**task, "account_id": account_id}, handoff({**task, "account_id": account_id})):
        problem = office.refused(body)
        assert (problem.status, problem.kind) == (404, "not-found")
        assert f"{account_id!r} is not known" in problem.detail


class Broken(FakeRows):
    """Rows that can be read once, and then break."""

    def __init__(self, fault: Exception) -> None:
        super().__init__(Writes(), {"A-0001": row(account(1))})
        self.fault, self.reads = fault, 0

    def get(self, account_id: str) -> Any:
        self.reads += 1
        if self.reads > 1:
            raise self.fault
        return super().get(account_id)


@pytest.mark.parametrize(
    ("fault", "expected"), [(Unavailable("throttled"), Unavailable), (KeyError("bug"), RuntimeError)]
)
def test_a_fault_while_scoring_is_no_fault_of_the_callers(office: Office, fault: Exception, expected: Any) -> None:
    rows = Broken(fault)
    desk = replace(office.desk, rows=rows, agent=agent_of(rows))
    with pytest.raises(expected, match=r"throttled|KeyError: 'bug'"):
        desk.submit(TaskRequest.model_validate(SCAN), key=None, now=MORNING)


# What is queued

EVENING = datetime(2026, 3, 2, 20, tzinfo=UTC)
"""The next day in Auckland."""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            QBR,
            QbrRequested(
                tenant_id="acme",
                id="task-1",
                time=EVENING,
                account_id="A-0001",
                trigger="requested",
                task_id="task-1",
            ),
        ),
        (
            {**QBR, "type": "check_expansion"},
            ExpansionCheckRequested(
                tenant_id="acme", id="task-1", run_date=date(2026, 3, 3), account_id="A-0001", task_id="task-1"
            ),
        ),
        (
            {**QBR, "type": "track_feature_adoption", "draft": True},
            AdoptionRequested(
                tenant_id="acme", id="task-1", time=EVENING, account_id="A-0001", draft=True, task_id="task-1"
            ),
        ),
        (
            {**SCAN, "refresh": True},
            ScanRequested(tenant_id="acme", id="task-1", time=EVENING, force=True, task_id="task-1"),
        ),
    ],
    ids=lambda each: each["type"] if isinstance(each, dict) else "",
)
@pytest.mark.parametrize("form", ["plain", "handoff"])
def test_a_slow_task_goes_on_its_queue(office: Office, body: dict[str, Any], message: Message, form: str) -> None:
    options = {name: body[name] for name in ("refresh", "draft") if name in body}
    # WHEN it is asked for
    answer = office.ask(body if form == "plain" else handoff(body, **options, reason="asked by phone"), now=EVENING)
    # THEN its message is on its own queue, and its record is there
    assert office.queues[body["type"]].sent == office.sent == [message]
    assert answer == TaskAccepted(
        task_id="task-1", task_type=body["type"], account_id="A-0001", state="queued", href="/tasks/task-1"
    )
    shown = office.desk.show("task-1", EVENING)
    assert (shown.state, shown.queued_at, shown.task_type, shown.account_id) == (
        "queued",
        EVENING,
        body["type"],
        "A-0001",
    )


def test_a_mail_on_adoption_is_drafted_only_on_request(office: Office) -> None:
    office.ask({**QBR, "type": "track_feature_adoption"})
    [message] = office.sent
    assert isinstance(message, AdoptionRequested)
    assert message.draft is False


def test_a_new_scan_needs_no_account_and_takes_one_that_no_scan_has_read(office: Office) -> None:
    assert office.ask(RESCAN).account_id is None
    assert office.ask({**RESCAN, "account_id": "A-9999"}).account_id == "A-9999"
    assert len(office.sent) == 2


@pytest.mark.parametrize("refresh", [{}, {"refresh": False}, {"refresh": True}])
def test_a_health_scan_without_an_account_is_the_scan_of_the_book(office: Office, refresh: dict[str, bool]) -> None:
    # WHEN it is asked for
    answer = office.ask({"type": "health_scan", **refresh})
    # THEN it is on the scan's queue; a day that is scanned is scanned again only where that is asked for
    assert answer == TaskAccepted(
        task_id="task-1", task_type="health_scan", account_id=None, state="queued", href="/tasks/task-1"
    )
    again = refresh.get("refresh", False)
    assert office.queues["health_scan"].sent == [
        ScanRequested(tenant_id="acme", id="task-1", time=MORNING, force=again, task_id="task-1")
    ]


@pytest.mark.parametrize("priority", ["low", "high", "at once", None, 7])
def test_a_priority_of_requests_from_before_is_read_and_ignored(office: Office, priority: Any) -> None:
    office.ask({**handoff(QBR), "priority": priority})
    office.ask({name: value for name, value in handoff(QBR).items() if name != "priority"})
    (first, second) = office.sent
    assert first.model_copy(update={"id": "", "task_id": ""}) == second.model_copy(update={"id": "", "task_id": ""})


def test_two_tasks_without_a_key_are_two(office: Office) -> None:
    assert office.ask(QBR).task_id != office.ask(QBR).task_id
    assert len(office.sent) == 2


def test_the_record_is_written_before_the_message_is_sent(office: Office) -> None:
    # GIVEN a queue that is down
    office.queues["generate_qbr"].down = True
    # WHEN a review is asked for
    with pytest.raises(Unavailable, match="the queue is down"):
        office.ask(QBR, "monday", now=MORNING)
    # THEN it is queued as far as anybody knows
    [stored] = office.records.tasks.values()
    assert (stored.state, stored.request) == ("queued", QBR)
    # WHEN the queue is back, and the request comes again
    office.queues["generate_qbr"].down = False
    answer = office.ask(QBR, "monday", now=MORNING + timedelta(minutes=5))
    # THEN it is sent as the task that it was, of the moment at which it was first asked for
    [message] = office.sent
    assert isinstance(message, QbrRequested)
    assert (message.task_id, message.time) == (answer.task_id, MORNING) == (stored.task_id, MORNING)
    # AND without the record nothing is sent
    office.records.error = Unavailable("the table is down")
    with pytest.raises(Unavailable, match="the table is down"):
        office.ask(QBR)
    assert len(office.sent) == 1


# A key


def test_the_same_key_with_the_same_task_is_the_same_task(office: Office) -> None:
    first = office.ask(QBR, "monday")
    again = office.ask(dict(reversed(QBR.items())), "monday", now=MORNING + timedelta(hours=1))
    assert again == first
    assert len(office.records.tasks) == 1
    assert first.task_id != office.ask(QBR, "tuesday").task_id


def test_a_repeat_sends_nothing_once_the_task_is_under_way_and_says_how_far_it_is(office: Office) -> None:
    task = office.ask(QBR, "monday")
    office.records.mark(task.task_id, "running")
    assert office.ask(QBR, "monday").state == "running"
    office.records.mark(task.task_id, "done", result={})
    assert office.ask(QBR, "monday").state == "done"
    assert len(office.sent) == 1


def test_a_task_past_its_deadline_has_failed_and_is_not_sent_again(office: Office) -> None:
    office.ask(QBR, "monday")
    assert office.ask(QBR, "monday", now=MORNING + RUNS_FOR + timedelta(seconds=1)).state == "failed"
    assert len(office.sent) == 1


def test_a_repeat_is_answered_though_the_account_is_not_known_any_more(office: Office) -> None:
    first = office.ask(QBR, "monday"), office.ask(SCAN, "scan")
    office.rows.rows.clear()
    assert (office.ask(QBR, "monday"), office.ask(SCAN, "scan")) == first


@pytest.mark.parametrize(
    "other",
    [
        {**QBR, "account_id": "A-0002"},
        {**QBR, "type": "check_expansion"},
        {**QBR, "tenant_id": "acme"},
        handoff(QBR),
        SCAN,
        RESCAN,
    ],
)
@pytest.mark.parametrize("first", [QBR, {**SCAN, "signals": {"nps_score": 1}}])
def test_the_same_key_with_another_task_is_a_conflict(
    office: Office, first: dict[str, Any], other: dict[str, Any]
) -> None:
    office.rows.rows["A-0002"] = row(account(2))
    office.ask(first, "monday")
    problem = office.refused(other, "monday")
    assert (problem.status, problem.kind, problem.field) == (409, "conflict", "Idempotency-Key")
    assert "'monday'" in problem.detail


def test_one_is_not_true_when_requests_are_compared(office: Office) -> None:
    office.ask(handoff(QBR, urgent=True), "monday")
    assert office.refused(handoff(QBR, urgent=1), "monday").status == 409


def test_a_scan_under_a_key_is_answered_the_same_after_later_changes(office: Office) -> None:
    # GIVEN a scan under a key
    asked = {**SCAN, "signals": {"days_to_renewal": 10**30, "usage_trend": None}}
    first = office.ask(asked, "monday")
    # WHEN the account has changed, and the request comes again
    office.rows.rows["A-0001"] = row(account(1, {"nps_score": 1}))
    again = office.ask(asked, "monday", now=MORNING + timedelta(days=2))
    # THEN the answer is the same, to the moment of scoring
    assert again == first
    # AND it can be asked for as a task, and is done
    [known] = office.records.tasks.values()
    assert office.desk.show(known.task_id, MORNING + timedelta(days=2)).state == "done"
    # AND a refusal is not stored: once the account can be scored, it is
    office.refused({**SCAN, "account_id": "A-0002"}, "tuesday")
    office.rows.rows["A-0002"] = row(account(2))
    assert office.ask({**SCAN, "account_id": "A-0002"}, "tuesday").account_id == "A-0002"


def test_of_two_requests_at_once_under_one_key_both_get_the_first_ones_answer(office: Office) -> None:
    # GIVEN two requests that both found no record
    first = office.ask(SCAN, "monday")

    class Blind(FakeTaskRecords):
        def get(self, task_id: str) -> None:
            del task_id

    late = replace(office.desk, records=Blind(office.writes, office.records.tasks))
    # WHEN the second one comes to add its own, later
    second = late.submit(TaskRequest.model_validate(SCAN), key="monday", now=MORNING + timedelta(seconds=1))
    # THEN both get the same answer, and another task is a conflict all the same
    assert second == first
    with pytest.raises(Problem, match="'monday' came with another task"):
        late.submit(TaskRequest.model_validate(QBR), key="monday", now=MORNING)
    assert office.sent == []


def test_a_key_is_the_tenants_own(office: Office) -> None:
    other = replace(office.desk, tenant_id="other")
    theirs = other.submit(TaskRequest.model_validate(QBR), key="monday", now=MORNING)
    assert isinstance(theirs, TaskAccepted)
    assert theirs.task_id != office.ask(QBR, "monday").task_id


@pytest.mark.parametrize("key", ["", "k" * 256, "a\nb", "a\x00", "\x7f"])
def test_a_key_that_is_none_is_refused_by_the_name_of_its_header(office: Office, key: str) -> None:
    for body in (QBR, SCAN):
        problem = office.refused(body, key)
        assert (problem.status, problem.field) == (422, "Idempotency-Key")
        assert "1 to 255 characters" in problem.detail
        assert len(problem.detail) < 250


def test_the_longest_key_is_a_key(office: Office) -> None:
    assert office.ask(QBR, "k" * 255) == office.ask(QBR, "k" * 255)


# What is refused


@pytest.mark.parametrize(
    "body",
    [
        {**QBR, "tenant_id": "other"},
        {**SCAN, "tenant_id": "other"},
        {**handoff(QBR), "tenant_id": "other"},
        {"type": "dance", "tenant_id": "other"},
    ],
)
def test_another_tenants_task_is_refused_before_anything_else(office: Office, body: dict[str, Any]) -> None:
    problem = office.refused(body)
    assert (problem.status, problem.kind, problem.field) == (403, "other-tenant", "tenant_id")


@pytest.mark.parametrize("name", ["dance", "", "HEALTH_SCAN", "sales_handoff", None, 7, [], {}])
def test_an_unknown_type_is_answered_in_the_agents_words(office: Office, name: Any) -> None:
    with pytest.raises(ValueError, match=r"^Unknown task type: ") as agents:
        office.desk.agent.execute({"type": name}, {})
    for body, named in (({**QBR, "type": name}, "type"), ({**handoff(QBR), "task_type": name}, "task_type")):
        problem = office.refused(body)
        assert (problem.status, problem.detail, problem.field) == (400, str(agents.value), named)


def test_every_type_of_the_agent_has_a_form() -> None:
    assert tuple(FORMS) == SUPPORTED


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({}, "type: a task has either type"),
        ({**QBR, "task_type": "generate_qbr"}, "type: a task has either type"),
        ({"type": "generate_qbr"}, "account_id: is missing"),
        ({**QBR, "account_id": ""}, "account_id: '' is refused"),
        ({**QBR, "account_id": 7}, "account_id: 7 is refused"),
        ({**QBR, "account_id": None}, "account_id: None is refused"),
        ({**SCAN, "account_id": "x" * 1025}, "account_id: "),
        ({**SCAN, "refresh": True, "account_id": None}, "account_id: None is refused"),
        ({**SCAN, "account_id": None}, "account_id: None is refused"),
        (
            {"type": "health_scan", "signals": {"nps_score": 3}},
            "signals: no such field; a health_scan task of the whole",
        ),
        ({**RESCAN, "account_id": 7}, "account_id: 7 is refused"),
        ({**QBR, "tenant_id": 7}, "tenant_id: 7 is refused"),
        ({**QBR, "tenant_id": ["other"]}, "tenant_id: "),
        (
            {**QBR, "signals": {"nps_score": 3}},
            "signals: no such field; a generate_qbr task has tenant_id, account_id, type",
        ),
        ({**QBR, "signals": {"nps_score": 11}}, "signals: no such field; a generate_qbr task has"),
        ({**QBR, "refresh": True}, "refresh: no such field; a generate_qbr task has"),
        ({**QBR, "draft": True}, "draft: no such field; a generate_qbr task has"),
        ({**SCAN, "draft": True}, "draft: no such field; a health_scan task has"),
        ({**RESCAN, "signals": {}}, "signals: no such field; a health_scan task of the whole book has"),
        ({**SCAN, "refresh": 1}, "refresh: '1' is neither true nor false"),
        ({**SCAN, "refresh": "yes"}, "refresh: 'yes' is neither true nor false"),
        ({**SCAN, "signals": 5}, "signals: 5 is refused"),
        ({**SCAN, "signals": [1]}, "signals: [1] is refused"),
        ({**QBR, "type": "track_feature_adoption", "draft": 1}, "draft: 1 is refused"),
        ({**QBR, "context": {}}, "context: no such field"),
        ({**QBR, "priority": "high"}, "priority: no such field"),
        ({**QBR, "acount_id": "A-0001"}, "acount_id: no such field (did you mean account_id?)"),
        ({**handoff(QBR), "signals": {}}, "signals: no such field; a handoff request has task_type, account_id"),
        ({**handoff(QBR), "draft": True}, "draft: no such field; a handoff request has"),
        ({**handoff(QBR), "context": []}, "context: [] is refused"),
        ({**handoff(QBR), "account_id": "x" * 1025}, "account_id: "),
        (handoff(QBR, signals={"nps_score": 3}), "context.signals: no such field; a generate_qbr task has"),
        (handoff(QBR, draft=True), "context.draft: no such field; a generate_qbr task has"),
        (handoff(SCAN, refresh="yes"), "context.refresh: 'yes' is neither true nor false"),
        (
            handoff(SCAN, refresh=True, signals={}),
            "context.signals: no such field; a health_scan task of the whole book",
        ),
        (handoff(SCAN, signals=5), "context.signals: 5 is refused"),
        ({"task_type": "generate_qbr", "account_id": "A-0001"}, "tenant_id: is missing"),
    ],
)
def test_what_is_wrong_is_named_with_what_would_be_right(office: Office, body: dict[str, Any], wanted: str) -> None:
    problem = office.refused(body)
    assert (problem.status, problem.kind) == (422, "invalid")
    assert problem.detail.startswith(wanted)
    assert problem.field == wanted.partition(":")[0]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_in_no_task(number: float) -> None:
    with pytest.raises(ValidationError, match="finite number"):
        TaskRequest.model_validate(handoff(QBR, note=number))


def test_a_task_that_is_too_long_to_be_stored_is_refused(office: Office) -> None:
    room = LONGEST - len(json.dumps(handoff(QBR, note="")))
    assert office.ask(handoff(QBR, note="x" * room)).state == "queued"
    problem = office.refused(handoff(QBR, note="x" * (room + 1)))
    assert (problem.status, problem.field) == (413, "body")
    assert str(LONGEST) in problem.detail


WORDS = st.sampled_from((*SUPPORTED, "A-0001", "acme", "other", "", "../", "type", "é\n"))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=5,
)
SIGNALS = st.dictionaries(st.sampled_from(("nps_score", "usage_trend", "days_to_renewal", "what")), VALUES, max_size=2)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.one_of(st.sampled_from(SUPPORTED), VALUES),
        "task_type": st.one_of(st.sampled_from(SUPPORTED), VALUES),
        "account_id": st.one_of(st.just("A-0001"), VALUES),
        "tenant_id": st.one_of(st.just("acme"), VALUES),
        "signals": st.one_of(SIGNALS, VALUES),
        "refresh": VALUES,
        "draft": VALUES,
        "context": st.fixed_dictionaries({}, optional={"signals": SIGNALS, "refresh": VALUES, "note": VALUES}),
        "priority": VALUES,
        "what": VALUES,
    },
)


@given(BODIES, st.one_of(st.none(), st.text(max_size=5)))
def test_any_body_is_answered_or_refused_with_a_reason(body: dict[str, Any], key: str | None) -> None:
    office = Office()
    try:
        answer = office.ask(body, key)
    except Problem as problem:
        assert 400 <= problem.status < 500
        assert problem.detail
        assert office.writes.count == 0
        return
    # A repeat under the same key is answered the same
    assert key is None or office.ask(body, key) == answer


# How far a task is


def test_a_task_is_shown_with_its_result(office: Office) -> None:
    result = {"qbr": {"period": "Q1 2026"}, "dropped_claims": ["x"]}
    office.records.tasks["task-1"] = queued(state="partial", result=result, error="no invitation was drafted")
    shown = office.desk.show("task-1", MORNING + timedelta(days=3))
    assert shown.model_dump(mode="json") == {
        "task_id": "task-1",
        "task_type": "generate_qbr",
        "account_id": "A-0001",
        "state": "partial",
        "queued_at": "2026-03-02T09:00:00Z",
        "result": result,
        "error": "no invitation was drafted",
    }


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_task_that_is_not_over_by_its_deadline_reads_as_failed_and_says_why(office: Office, state: Any) -> None:
    office.records.tasks["task-1"] = queued(state=state)
    shown = office.desk.show("task-1", MORNING + RUNS_FOR)
    assert (shown.state, shown.error) == (state, None)
    late = office.desk.show("task-1", MORNING + RUNS_FOR + timedelta(seconds=1))
    assert late.state == "failed"
    assert late.error == f"it was still {state} at its deadline, 2026-03-02 15:00 UTC"


@pytest.mark.parametrize("task_id", ["task-2", "../task-1", "' OR 1=1", "🚀"])
def test_an_unknown_task_is_404_with_its_id(office: Office, task_id: str) -> None:
    office.ask(QBR)
    with pytest.raises(Problem, match="is not known; tasks are kept for 30 days") as raised:
        office.desk.show(task_id, MORNING)
    assert raised.value.status == 404
    assert repr(task_id) in raised.value.detail


@pytest.mark.parametrize("fault", [Refused("too long for a key"), UnicodeEncodeError("utf-8", "\ud800", 0, 1, "no")])
def test_an_id_of_which_no_key_can_be_made_is_of_no_task(office: Office, fault: Exception) -> None:
    office.records.error = fault
    with pytest.raises(Problem) as raised:
        office.desk.show("x" * 3000, MORNING)
    assert raised.value.status == 404
    assert len(raised.value.detail) < 200


# The document


def test_the_document_shows_each_form() -> None:
    schema = TypeAdapter(TaskRequest).json_schema()
    forms = {each["$ref"].removeprefix("#/$defs/"): schema["$defs"][each["$ref"][8:]] for each in schema["anyOf"]}
    assert set(forms) == {
        "HealthScanTask",
        "BookScanTask",
        "QbrTask",
        "ExpansionTask",
        "AdoptionTask",
        "CSMHandoffRequest",
    }
    assert forms["HealthScanTask"]["properties"]["refresh"]["const"] is False
    assert forms["BookScanTask"]["required"] == ["type"]
    assert "priority" not in forms["CSMHandoffRequest"]["properties"]
    assert all(form["additionalProperties"] is False for form in forms.values())
    assert "description" in schema
