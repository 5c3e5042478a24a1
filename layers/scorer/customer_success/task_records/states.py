"""Says of a task that was asked for how far it is, while the function that does it works."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from customer_success.errors import Misconfigured, Refused, Unavailable, words_of
from customer_success.task_records.ports import TaskRecords
from customer_success.task_records.record import TaskState

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TaskStates:
    """Marks tasks. A mark that cannot be written is logged: what the task does is worth more than that."""

    records: TaskRecords

    def run(self, task_id: str | None, work: Callable[[], dict[str, Any]], *, last_try: bool) -> dict[str, Any]:
        """Do the work, and mark what became of it; without a `task_id` nobody waits for that.

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
        self._mark(task_id, _end(result), result=result, error=result.get("error"))
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
        except (Unavailable, Misconfigured, Refused) as fault:
            logger.warning("task %s is not marked as %s: %s", task_id, state, fault)


def _end(result: Mapping[str, Any]) -> TaskState:
    """A scan that failed answers with what it counted until then; other work raises."""
    if result.get("status") == "failed":
        return "failed"
    return "partial" if result.get("partial") else "done"
