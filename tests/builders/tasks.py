"""Tasks of the API, and their records in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from customer_success.task_records.record import FINAL, RUNS_FOR, TaskRecord, TaskState
from tests.builders.fakes import Writes

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


def queued(task_id: str = "task-1", **facts: Any) -> TaskRecord:
    """A review that was asked for in the morning, with `facts` laid over."""
    plain = TaskRecord(
        task_id,
        task_type="generate_qbr",
        account_id="A-0001",
        state="queued",
        queued_at=MORNING,
        deadline=MORNING + RUNS_FOR,
        request={"type": "generate_qbr", "account_id": "A-0001"},
    )
    return replace(plain, **facts)


@dataclass
class FakeTaskRecords:
    """Tasks by id; `now` is the moment of every mark. `error` is raised by every call while it is set."""

    writes: Writes = field(default_factory=Writes)
    tasks: dict[str, TaskRecord] = field(default_factory=dict)
    now: datetime = MORNING
    error: Exception | None = None

    def add(self, task: TaskRecord) -> TaskRecord:
        self._fail()
        with self.writes:
            return self.tasks.setdefault(task.task_id, task)

    def get(self, task_id: str) -> TaskRecord | None:
        self._fail()
        return self.tasks.get(task_id)

    def mark(
        self,
        task_id: str,
        state: TaskState,
        *,
        result: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        self._fail()
        known = self.tasks.get(task_id)
        if known is None or known.state_at(self.now) in FINAL:
            return
        with self.writes:
            self.tasks[task_id] = replace(known, state=state, result=result, error=error)

    def _fail(self) -> None:
        if self.error:
            raise self.error
