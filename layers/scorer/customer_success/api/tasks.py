"""Takes tasks, answers what can be answered at once, and says how far the others are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from customer_success.accounts.ports import AccountRows
from customer_success.accounts.row import AccountRow
from customer_success.agent import CustomerSuccessAgent
from customer_success.api.accounts import known_account
from customer_success.api.problems import Problem, bad_request, conflict, invalid, not_found, other_tenant
from customer_success.api.task_models import (
    FORMS,
    KEY_HEADER,
    LONGEST_KEY,
    AdoptionTask,
    BookScanTask,
    ExpansionTask,
    HealthScanAnswer,
    HealthScanTask,
    QbrTask,
    SlowTask,
    Task,
    TaskAccepted,
    TaskAnswer,
    in_letters,
)
from customer_success.api.task_models import TaskRequest as TaskRequest
from customer_success.dataclass import dataclass
from customer_success.errors import Refused, Unavailable
from customer_success.messages import AdoptionRequested, ExpansionCheckRequested, Message, QbrRequested, ScanRequested
from customer_success.periods import run_date
from customer_success.ports import Outbox
from customer_success.results import Failed
from customer_success.scan.one_account import CannotBeScored, HealthScanResult
from customer_success.task_records.ports import TaskRecords
from customer_success.task_records.record import RUNS_FOR, TaskRecord


@dataclass(frozen=True, slots=True)
class TaskDesk:
    """Answers `POST /tasks` and `GET /tasks/{id}`. `queues` are those of the slow tasks, by their types.

    `new_id` names a task for which no key was given.
    """

    tenant_id: str
    space: str
    timezone: str
    agent: CustomerSuccessAgent
    rows: AccountRows
    records: TaskRecords
    queues: Mapping[str, Outbox]
    new_id: Callable[[], str]

    def submit(self, request: TaskRequest, *, key: str | None, now: datetime) -> HealthScanAnswer | TaskAccepted:
        """Do the task, or queue it. The same request under the same `key` gets the same answer, and is done once.

        A task that could not be queued is queued by the next repeat. Raises `Problem` for what the caller did wrong,
        `Unavailable` when the same request may succeed later.
        """
        task = self._read(request)
        task_id = self._task_id(key)
        record = self.records.get(task_id) if key else None
        if record is None and isinstance(task, HealthScanTask):
            answer = self._scan(task, now)
            if key is None:
                return answer
            record = self.records.add(self._record(task_id, task, request, now, answer))
        elif record is None:
            record = self.records.add(self._record(task_id, task, request, now))
        if in_letters(record.request) != in_letters(request.root):
            raise conflict(
                f"{KEY_HEADER}: {key!r} came with another task before; another one takes a new key", KEY_HEADER
            )
        if isinstance(task, HealthScanTask):
            return HealthScanAnswer.model_validate(record.result)
        state = record.state_at(now)
        if state == "queued":
            self.queues[task.type].send([self._message(task, record)])
        return TaskAccepted(
            task_id=record.task_id,
            task_type=record.task_type,
            account_id=record.account_id,
            state=state,
            href=f"/tasks/{record.task_id}",
        )

    def show(self, task_id: str, now: datetime) -> TaskAnswer:
        """How far the task is. Raises a `Problem` of status 404 for one that is not there."""
        try:
            record = self.records.get(task_id)
        except (Refused, UnicodeEncodeError):  # no key of the table can be made of it, so it is none
            record = None
        if record is None:
            raise not_found(f"task {task_id[:80]!r} is not known; tasks are kept for 30 days")
        state, error = record.state_at(now), record.error
        if state != record.state:
            error = f"it was still {record.state} at its deadline, {record.deadline:%Y-%m-%d %H:%M %Z}"
        return TaskAnswer(
            task_id=record.task_id,
            task_type=record.task_type,
            account_id=record.account_id,
            state=state,
            queued_at=record.queued_at,
            result=None if record.result is None else dict(record.result),
            error=error,
        )

    def _read(self, request: TaskRequest) -> Task:
        """The task. Whose it is comes first, then whether it is one."""
        tenant_id = request.root.get("tenant_id")
        if isinstance(tenant_id, str) and tenant_id != self.tenant_id:
            raise other_tenant(tenant_id, self.tenant_id)
        task_type = request.root[request.type_field]
        if not isinstance(task_type, str) or task_type not in FORMS:
            try:
                self.agent.execute({"type": task_type}, {})
            except ValueError as unknown:
                raise bad_request(str(unknown), request.type_field) from unknown
        return request.task()

    def _task_id(self, key: str | None) -> str:
        if key is None:
            return self.new_id()
        if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
            raise invalid(KEY_HEADER, f"{key[:80]!r} must have 1 to {LONGEST_KEY} characters, no control characters")
        return str(uuid5(NAMESPACE_URL, f"{self.tenant_id}\n{key}"))

    def _scan(self, task: HealthScanTask, now: datetime) -> HealthScanAnswer:
        row = self._scored_row(task.account_id)
        signals = task.signals.model_dump(exclude_unset=True) if task.signals else {}
        asked = {"type": task.type, "account_id": task.account_id, "signals": signals}
        # Scored as of the row's day: days since then must not make the scan's signals stale.
        of_its_day = datetime.combine(row.latest.run_date, time(12), ZoneInfo(self.timezone))
        match self.agent.execute(asked, {"now": min(now, of_its_day)}):
            case HealthScanResult() as result:
                return HealthScanAnswer.model_validate(result.to_fields())
            case Failed(cause=CannotBeScored() as cause):
                raise Problem(422, "cannot-be-judged", "Cannot be judged", str(cause)) from cause
            case Failed(cause=Unavailable() as cause):
                raise cause
            case other:
                raise RuntimeError(f"the scan of account {task.account_id!r}: {other.to_fields().get('error')}")

    def _scored_row(self, account_id: str) -> AccountRow:
        """The row of an account that is scored; an inactive one is not."""
        row = known_account(self.rows, account_id)
        if row.latest.status in ("gone", "skipped"):
            why = "no longer in the book" if row.latest.status == "gone" else "inactive"
            raise Problem(422, "cannot-be-judged", "Cannot be judged", f"account {account_id!r} is {why}", "account_id")
        return row

    def _record(
        self,
        task_id: str,
        task: Task,
        request: TaskRequest,
        now: datetime,
        answer: HealthScanAnswer | None = None,
    ) -> TaskRecord:
        """A record of the task, over if there is an answer. All but a new scan needs an account that is known."""
        if answer is None and not isinstance(task, BookScanTask):
            self._scored_row(task.account_id)
        return TaskRecord(
            task_id,
            task_type=task.type,
            account_id=task.account_id,
            state="done" if answer else "queued",
            queued_at=now,
            deadline=now + RUNS_FOR,
            request=request.root,
            result=answer.model_dump(mode="json") if answer else None,
        )

    def _message(self, task: SlowTask, record: TaskRecord) -> Message:
        """What goes on the queue: the same for each repeat, so that it is done once."""
        tenant_id, task_id, asked_at = self.space, record.task_id, record.queued_at
        match task:
            case BookScanTask():
                again = task.refresh
                return ScanRequested(tenant_id=tenant_id, id=task_id, time=asked_at, force=again, task_id=task_id)
            case QbrTask(account_id=account_id):
                return QbrRequested(
                    tenant_id=tenant_id,
                    id=task_id,
                    time=asked_at,
                    account_id=account_id,
                    trigger="requested",
                    task_id=task_id,
                )
            case ExpansionTask(account_id=account_id):
                return ExpansionCheckRequested(
                    tenant_id=tenant_id,
                    id=task_id,
                    run_date=run_date(asked_at, self.timezone),
                    account_id=account_id,
                    task_id=task_id,
                )
            case AdoptionTask(account_id=account_id, draft=draft):
                return AdoptionRequested(
                    tenant_id=tenant_id,
                    id=task_id,
                    time=asked_at,
                    account_id=account_id,
                    draft=draft,
                    task_id=task_id,
                )
