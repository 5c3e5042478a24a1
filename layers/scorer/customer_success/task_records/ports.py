"""Where the API's tasks are stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from customer_success.task_records.record import TaskRecord, TaskState


class TaskRecords(Protocol):
    """The tasks that were requested, stored for 30 days."""

    def add(self, task: TaskRecord) -> TaskRecord:
        """Write the task unless one of its id is there; the one that is there."""
        ...

    def get(self, task_id: str) -> TaskRecord | None: ...

    def mark(
        self,
        task_id: str,
        state: TaskState,
        *,
        result: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        """Write how far the task is; one that has come to its end stays as it is, and one that is not there is none."""
        ...
