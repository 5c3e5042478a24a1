"""What a task brings: the result of its job, or the cause for which it failed, with what it had finished until then."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from customer_success.dataclass import dataclass
from customer_success.errors import Unavailable, words_of
from customer_success.metrics import Metric

logger = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R", bound="JobResult")


def _is_none(value: object) -> bool:
    return value is None


IfKnown = Annotated[T | None, Field(exclude_if=_is_none)]
"""A field that is left out of the result where it is None."""


class JobResult(BaseModel):
    """What a job brought. `error` says what it did without: the result is then partial."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    LOGGED: ClassVar[tuple[str, ...]] = ()
    """The fields that the log shows; all of them if none is named."""

    task_type: str
    error: IfKnown[str] = None

    def to_fields(self) -> dict[str, Any]:
        """The result as it is logged, stored and answered: a JSON object."""
        fields = self.model_dump(mode="json", by_alias=True)
        return {**fields, "partial": True, "retryable": False} if self.error else fields

    def counts(self) -> Mapping[Metric, float]:
        """What is counted of it for metrics."""
        return {}


@dataclass(frozen=True, slots=True)
class Failed:
    """A task that did not come to its end. What it `finished` until then is not lost."""

    task_type: str
    cause: Exception
    finished: JobResult | None = None

    @property
    def error(self) -> str:
        """The cause as a person reads it."""
        return words_of(self.cause)

    @property
    def retryable(self) -> bool:
        """True if the same task may succeed later, without anybody's doing."""
        return isinstance(self.cause, Unavailable)

    def to_fields(self) -> dict[str, Any]:
        """The failure, and all that was finished, as a JSON object."""
        finished = self.finished.to_fields() if self.finished else {}
        failure = {"error": self.error, "confidence": "low", "partial": True, "retryable": self.retryable}
        return {**finished, "task_type": self.task_type, **failure}


TaskResult = JobResult | Failed


def finished_or_failed(
    task_type: str, work: Callable[[], R], finished: Callable[[Exception], JobResult | None]
) -> R | Failed:
    """What the work brings; where it fails, for any fault, the cause with what is `finished`."""
    try:
        return work()
    except Exception as cause:  # noqa: BLE001 - handed on as a value, and raised where a queue is to bring it back
        try:
            return Failed(task_type, cause, finished(cause))
        except Exception:
            logger.exception("what a failed %s had finished cannot be shown", task_type)
            return Failed(task_type, cause)
