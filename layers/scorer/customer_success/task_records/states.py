"""Says of a task that was asked for how far it is, while the function that does it works."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from customer_success.errors import Misconfigured, NotTaken, Refused, Unavailable, words_of
from customer_success.isolation import cause
from customer_success.task_records.ports import TaskRecords
from customer_success.task_records.record import CUT, TaskState

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TaskStates:
    """Marks tasks. A mark that cannot be written is logged: what the task does is worth more than that."""

    records: TaskRecords

    def run(self, task_id: str | None, work: Callable[[], dict[str, Any]], *, last_try: bool) -> dict[str, Any]:
        """Do the work, and record its outcome under `task_id` if there is one.

        A task whose input is refused has failed at once. Any other failure may pass with the next try, and ends the
        task on the `last_try`. Raises what the work raises.
        """
        if task_id is None:
            return work()
        self._mark(task_id, "running")
        try:
            result = work()
        except Exception as error:
            if last_try or isinstance(error, Refused):
                self._mark(task_id, "failed", error=words_of(error))
            raise
        self._mark(task_id, _end(result), result=result, error=_error(result))
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


def _error(result: Mapping[str, Any]) -> str | None:
    error = result.get("error")
    return error if error is None else str(error)


def _end(result: Mapping[str, Any]) -> TaskState:
    """A scan that failed answers with what it counted until then; other work raises."""
    if result.get("status") == "failed":
        return "failed"
    return "partial" if result.get("partial") else "done"
