"""The tasks that were asked for. How far a task is lies in attributes of its own, beside the task as it was added."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from customer_success.aws.dynamodb.items import Item, Key, Update, expiry, number, text
from customer_success.aws.dynamodb.stored import Stored
from customer_success.aws.dynamodb.table import ConditionNotMetError, Table
from customer_success.isolation import whole
from customer_success.task_records.record import CUT, FINAL, TaskRecord, TaskState
from customer_success.text import short

STORED_DAYS = 30
FREE = "attribute_not_exists(#pk) OR #expires_at <= :now"
UNDER_WAY = f"#deadline >= :now AND NOT #state IN ({', '.join(f':{end}' for end in FINAL)})"
LONGEST_RESULT = 300_000
"""Bytes of JSON: an item takes 400 KB, and the request lies beside the result."""
LONGEST_ERROR = 4_000
"""Characters."""

logger = logging.getLogger(__name__)


class DynamoTaskRecords:
    """`TaskRecords` in the table. They are stored for 30 days; the table deletes them some time later.

    A task that is not over by its deadline reads as failed from then on, so what comes later is not written either.
    """

    def __init__(self, table: Table, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._tasks = Stored(table, TaskRecord)
        self._results = Stored(table, dict[str, Any], attribute="result")
        self._clock = clock

    def add(self, task: TaskRecord) -> TaskRecord:
        now = self._clock()
        item = self._tasks.item(
            self._key(task.task_id),
            task,
            state=text(task.state),
            deadline=number(task.deadline.timestamp()),
            expires_at=expiry(now, STORED_DAYS),
        )
        try:
            self._table.put(item, condition=FREE, given={"now": number(now)})
        except ConditionNotMetError as taken:
            return self._task(taken.item or item)
        return task

    def get(self, task_id: str) -> TaskRecord | None:
        item = self._table.get(self._key(task_id))
        if item is None or float(item["expires_at"]["N"]) <= self._clock():
            return None
        return self._task(item)

    def mark(
        self,
        task_id: str,
        state: TaskState,
        *,
        result: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        values: dict[str, Any] = {"state": text(state)}
        if result is not None:
            values["result"] = self._results.body(_cut(result))
        if error is not None:
            values["error"] = text(error[:LONGEST_ERROR])
        given: Item = {"now": number(self._clock()), **{end: text(end) for end in FINAL}}
        try:
            self._table.update(Update(self._key(task_id), values, UNDER_WAY, given))
        except ConditionNotMetError:
            return

    def _key(self, task_id: str) -> Key:
        return self._table.key("TASK", task_id, "TASK")

    def _task(self, item: Item) -> TaskRecord:
        task = replace(self._tasks.read(item), state=cast("TaskState", item["state"]["S"]))
        if "result" in item:
            task = replace(task, result=self._results.read(item))
        return replace(task, error=item["error"]["S"]) if "error" in item else task


def _cut(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result without its largest fields, if it is too long for the table; `cut` then names them."""
    stored = {str(name): _plain(value) for name, value in result.items()}
    sizes = {name: _bytes({name: value}) for name, value in stored.items()}
    left_out: list[str] = []
    size = sum(sizes.values())
    for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if size <= LONGEST_RESULT:
            break
        size -= sizes[name]
        del stored[name]
        left_out.append(name)
    return (
        {**stored, CUT: short(f"too long to be stored: {', '.join(left_out)}", LONGEST_ERROR)} if left_out else stored
    )


def _plain(value: Any) -> Any:
    """The value as JSON can hold it: what is neither text nor number by its own text, or by its type."""
    try:
        return json.loads(whole(json.dumps(value, default=str, ensure_ascii=False)))
    except Exception:
        logger.exception("a part of a task's result is kept by its type alone")
        return f"not to be kept: {type(value).__name__}"


def _bytes(value: dict[str, Any]) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
