"""The agent: routes a task to what does it, and is the boundary at which everything fails open."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from customer_success.errors import Misconfigured, Refused, Unavailable
from customer_success.results import Failed, TaskResult

if TYPE_CHECKING:
    from customer_success.tasks import Task

SUPPORTED = ("health_scan", "generate_qbr", "check_expansion", "track_feature_adoption")

logger = logging.getLogger(__name__)


class CustomerSuccessAgent:
    """Does tasks. `tasks` are those that are configured here, by their types."""

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        self._tasks = dict(tasks)

    def execute(self, task: Mapping[str, Any], context: Mapping[str, Any]) -> TaskResult:
        """Do `task["type"]`, for `task["account_id"]` and with `task["signals"]` laid over the account's own.

        `context["now"]` is the moment at which it is done, an aware datetime; `run_date`, `request_id` and `last_try`
        can be given too. Raises ValueError for an unknown task type and nothing else: what cannot be done comes back
        as `Failed`, with its cause and what was finished.
        """
        task_type = task.get("type")
        if not isinstance(task_type, str) or task_type not in SUPPORTED:
            raise ValueError(f"Unknown task type: {task_type!r}. Supported: {', '.join(SUPPORTED)}")
        result = self._done(task_type, task, context)
        if isinstance(result, Failed):
            foreseen = isinstance(result.cause, Unavailable | Misconfigured | Refused)
            logger.warning(
                "task %s failed open: %s", task_type, result.error, exc_info=None if foreseen else result.cause
            )
        return result

    def _done(self, task_type: str, task: Mapping[str, Any], context: Mapping[str, Any]) -> TaskResult:
        do = self._tasks.get(task_type)
        if do is None:
            return Failed(task_type, Misconfigured(f"{task_type} was skipped: it is not configured here"))
        try:
            return do(task, context)
        except Exception as cause:  # noqa: BLE001 - the fail-open boundary: `execute` logs it
            return Failed(task_type, cause)
