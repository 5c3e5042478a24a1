"""What a deriver answers: a value, or that there is not enough to say."""

from __future__ import annotations

from typing import Generic, TypeVar

from customer_success.dataclass import dataclass

Value = TypeVar("Value", covariant=True)


@dataclass(frozen=True, slots=True)
class Derived(Generic[Value]):
    """A signal's value, and in a few words what it was derived from."""

    value: Value
    basis: str = ""


@dataclass(frozen=True, slots=True)
class NotEnough:
    """The feed is alive and says too little for this signal: it is unknown, and `reason` says why."""

    reason: str
