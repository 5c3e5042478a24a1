"""Says of a task that was asked for how far it is, while the function that does it works."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured, NotTaken, Refused, Unavailable
from customer_success.isolation import cause
from customer_success.results import Failed, JobResult, TaskResult
from customer_success.task_records.record import CUT, TaskState

if TYPE_CHECKING:
    from customer_success.task_records.ports import TaskRecords

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TaskStates:
    """Marks tasks. A mark that cannot be written is logged: what the task does is worth more than that."""

    records: TaskRecords

    def run(self, task_id: str | None, execute: Callable[[], TaskResult], *, last_try: bool) -> TaskResult:
        """Do a task, and record its outcome under `task_id` if there is one.

        A task whose input is refused has failed at once. Any other failure may pass with the next try, and ends the
        task on the `last_try`; what it had finished by then is stored with it.
        """
        if task_id is None:
            return execute()
        self._mark(task_id, "running")
        result = execute()
        match result:
            case Failed() if last_try or isinstance(result.cause, Refused):
                finished = result.to_fields() if result.finished else None
                self._mark(task_id, "failed", result=finished, error=result.error)
            case JobResult():
                state: TaskState = "partial" if result.error else "done"
                self._mark(task_id, state, result=result.to_fields(), error=result.error)
        return result

    def _mark(
        self,
        task_id: str,
        state: TaskState,
        *,
        result: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        try:
            self.records.mark(task_id, state, result=result, error=error)
        except Exception as fault:
            of_the_result = isinstance(fault, NotTaken) or not isinstance(fault, Unavailable | Misconfigured | Refused)
            logger.warning(
                "task %s is not marked as %s: %s", task_id, state, fault, exc_info=fault if of_the_result else None
            )
            if of_the_result and result is not None and result.keys() != {CUT}:
                self._mark(task_id, state, result={CUT: f"it could not be kept: {cause(fault)}"}, error=error)
