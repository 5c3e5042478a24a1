"""What jobs bring, as it is logged and stored."""

from __future__ import annotations

from typing import Any

from customer_success.results import Failed, TaskResult


def brought(result: TaskResult) -> dict[str, Any]:
    """The fields of a result. Raises the cause of a failed one, as a queue's function does."""
    if isinstance(result, Failed):
        raise result.cause
    return result.to_fields()
