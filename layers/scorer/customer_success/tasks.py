"""What the agent is asked: a task with its type, and the context in which it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from customer_success.dataclass import dataclass
from customer_success.errors import Refused
from customer_success.periods import run_date
from customer_success.results import TaskResult

Task = Callable[[Mapping[str, Any], Mapping[str, Any]], TaskResult]
"""A ready task: takes what is asked and its context, and brings a result."""


@dataclass(frozen=True, slots=True)
class TaskContext:
    """When a task is done, and by which request.

    `now` is the moment at which it is done, `run_date` the tenant's day that it is for. On the `last_try`, which it is
    unless a queue says otherwise, what only enriches the result is done without.
    """

    now: datetime
    run_date: date
    request_id: str
    last_try: bool


def context_of(about: str, context: Mapping[str, Any], timezone: str) -> TaskContext:
    """Read a context: `now` is required; `run_date`, `request_id` and `last_try` have defaults.

    `about` says what the task is about, as in "account 'A-0001'". Raises `Refused` with the field and its value.
    """
    now, on, last_try = context.get("now"), context.get("run_date"), context.get("last_try", True)
    if not isinstance(now, datetime) or now.tzinfo is None:
        raise Refused(f"{about}: now: {now!r} in the context is not a moment with a time zone")
    if on is not None and (not isinstance(on, date) or isinstance(on, datetime)):
        raise Refused(f"{about}: run_date: {on!r} in the context is not a day")
    if not isinstance(last_try, bool):
        raise Refused(f"{about}: last_try: {last_try!r} in the context is neither true nor false")
    request_id = str(context.get("request_id") or f"{about}@{now.isoformat()}")
    return TaskContext(now, on or run_date(now, timezone), request_id, last_try)


def account_id_of(task: Mapping[str, Any]) -> str:
    """The id of the account that a task is about. Raises `Refused` if it is none."""
    account_id = task.get("account_id")
    if not isinstance(account_id, str) or not account_id:
        raise Refused(f"account_id: {account_id!r} is not the id of an account")
    return account_id


def signals_of(task: Mapping[str, Any]) -> Mapping[str, Any]:
    """The signals that a task lays over the account's own, by their names. Raises `Refused` if they are no object."""
    signals = task.get("signals") or {}
    if not isinstance(signals, Mapping):
        raise Refused(
            f"account {task.get('account_id')!r}: signals: {signals!r} is not an object of signals by their names"
        )
    return signals
