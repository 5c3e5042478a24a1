"""A task that takes longer than an answer may: what was asked, how far it is, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any, Literal

from customer_success.dataclass import dataclass

TaskState = Literal["queued", "running", "done", "partial", "failed"]
FINAL: tuple[TaskState, ...] = ("done", "partial", "failed")
CUT = "cut"
"""The field of a result that names what of it could not be stored."""
RUNS_FOR = timedelta(hours=6)
"""With its tries and the waits between them a task is over after that; one that is not reads as failed."""


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """One task. `request` is the body that asked for it, by which a repeat under the same key is compared.

    `deadline` is when a running task counts as failed. `result` is what the task answered, also where it is partial.
    """

    task_id: str
    task_type: str
    account_id: str | None
    state: TaskState
    queued_at: datetime
    deadline: datetime
    request: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] | None = None
    error: str | None = None

    def state_at(self, now: datetime) -> TaskState:
        """Its state as it reads now: one that is not over by its deadline has failed."""
        return self.state if self.state in FINAL or now <= self.deadline else "failed"
