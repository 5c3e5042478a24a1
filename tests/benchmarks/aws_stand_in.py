"""AWS in this process: the calls that the adapters make, counted, with what they keep on disk and not in memory."""

from __future__ import annotations

import json
import re
import sqlite3
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock
from typing import Any, cast

from botocore.exceptions import ClientError

Item = dict[str, Any]
Request = dict[str, Any]

LARGEST_ANSWER = 1024 * 1024
"""Bytes of items after which DynamoDB ends one answer of a query."""


class TableOnDisk:
    """A DynamoDB client with one table. `calls` counts by operation.

    Conditions are left to SQLite, whose NULL does in a comparison what an absent attribute does.
    """

    def __init__(self, file: Path) -> None:
        self.calls: Counter[str] = Counter()
        self._lock = Lock()
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("CREATE TABLE items (pk, sk, item, PRIMARY KEY (pk, sk)) WITHOUT ROWID")

    def get_item(self, **request: Any) -> Any:
        self.calls["GetItem"] += 1
        with self._lock:
            item = self._read(request["Key"])
        return {"Item": item} if item else {}

    def batch_get_item(self, **request: Any) -> Any:
        self.calls["BatchGetItem"] += 1
        [(table, wanted)] = request["RequestItems"].items()
        with self._lock:
            found = [item for key in wanted["Keys"] if (item := self._read(key))]
        return {"Responses": {table: found}, "UnprocessedKeys": {}}

    def batch_write_item(self, **request: Any) -> Any:
        self.calls["BatchWriteItem"] += 1
        [(_, writes)] = request["RequestItems"].items()
        with self._lock:
            self._write(write["PutRequest"]["Item"] for write in writes)
        return {"UnprocessedItems": {}}

    def put_item(self, **request: Any) -> Any:
        self.calls["PutItem"] += 1
        with self._lock:
            before = self._read(request["Item"])
            self._require(request, before, "PutItem")
            self._write([request["Item"]])
        return {"Attributes": before} if before else {}

    def update_item(self, **request: Any) -> Any:
        self.calls["UpdateItem"] += 1
        with self._lock:
            self._write([self._updated(request)])
        return {}

    def transact_write_items(self, **request: Any) -> Any:
        self.calls["TransactWriteItems"] += 1
        with self._lock:
            self._write([self._updated(step["Update"]) for step in request["TransactItems"]])
        return {}

    def query(self, **request: Any) -> Any:
        self.calls["Query"] += 1
        where, values = request["KeyConditionExpression"], _values(request)
        if start := request.get("ExclusiveStartKey"):
            where += " AND sk > :start" if request["ScanIndexForward"] else " AND sk < :start"
            values["start"] = start["sk"]["S"]
        order = "ASC" if request["ScanIndexForward"] else "DESC"
        limit = request.get("Limit", -1)
        with self._lock:
            rows = self._db.execute(f"SELECT item FROM items WHERE {where} ORDER BY sk {order} LIMIT {limit}", values)
            items, more = _one_answer(rows)
        if not items or not (more or len(items) == limit):
            return {"Items": items}
        return {"Items": items, "LastEvaluatedKey": {name: items[-1][name] for name in ("pk", "sk")}}

    def full_answers(self, kind: str) -> int:
        """How many answers it takes to read all partitions of a kind, as in "BOOK#", each as full as it may be."""
        with self._lock:
            sizes = self._db.execute("SELECT sum(length(item)) FROM items WHERE pk LIKE ? GROUP BY pk", (f"%#{kind}%",))
            return sum(1 + size // LARGEST_ANSWER for (size,) in sizes)

    def items(self, kind: str, sort_key: str = "") -> Iterator[Item]:
        """The items of all partitions of a kind, as in "BOOK"."""
        wanted = (f"%#{kind}#%", f"{sort_key}%")
        with self._lock:
            rows = self._db.execute("SELECT item FROM items WHERE pk LIKE ? AND sk LIKE ?", wanted).fetchall()
        return (_unpacked(item) for (item,) in rows)

    def _updated(self, update: Request) -> Item:
        before = self._read(update["Key"])
        self._require(update, before, "UpdateItem")
        assigned = re.findall(r"#(\w+) = (:\w+)", update["UpdateExpression"])
        values = update["ExpressionAttributeValues"]
        return {**(before or update["Key"]), **{name: values[value] for name, value in assigned}}

    def _require(self, request: Request, item: Item | None, operation: str) -> None:
        if "ConditionExpression" not in request:
            return
        condition = re.sub(r"attribute_not_exists\((#\w+)\)", r"\1 IS NULL", request["ConditionExpression"])
        condition = re.sub(r"attribute_exists\((#\w+)\)", r"\1 IS NOT NULL", condition)
        condition = re.sub(r"#(\w+)", r":its_\1", condition)
        named = {
            f"its_{name[1:]}": _plain((item or {}).get(a)) for name, a in request["ExpressionAttributeNames"].items()
        }
        [(holds,)] = self._db.execute(f"SELECT {condition}", {**_values(request), **named})
        if not holds:
            error: Any = {"Error": {"Code": "ConditionalCheckFailedException", "Message": "no"}, "Item": item}
            raise ClientError(error, operation)

    def _read(self, key: Item) -> Item | None:
        place = (key["pk"]["S"], key["sk"]["S"])
        row = self._db.execute("SELECT item FROM items WHERE pk = ? AND sk = ?", place).fetchone()
        return _unpacked(row[0]) if row else None

    def _write(self, items: Iterable[Item]) -> None:
        rows = [(item["pk"]["S"], item["sk"]["S"], json.dumps(item, default=_encoded)) for item in items]
        self._db.execute("BEGIN")
        self._db.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", rows)
        self._db.execute("COMMIT")


class QueueOnDisk:
    """An SQS client with one queue, or an SNS client with one topic: what it is given lies in a file, line by line."""

    def __init__(self, file: Path) -> None:
        self.calls: Counter[str] = Counter()
        self._file = file

    def send_message_batch(self, **request: Any) -> Any:
        self.calls["SendMessageBatch"] += 1
        return self._take(entry["MessageBody"] for entry in request["Entries"])

    def publish_batch(self, **request: Any) -> Any:
        self.calls["PublishBatch"] += 1
        return self._take(entry["Message"] for entry in request["PublishBatchRequestEntries"])

    def receive(self) -> Iterator[str]:
        """The bodies of all messages; the queue is empty then."""
        if not self._file.exists():
            return
        taken = self._file.with_suffix(".taken")
        self._file.rename(taken)
        with taken.open(encoding="utf-8") as lines:
            yield from lines

    def _take(self, bodies: Iterable[str]) -> Any:
        with self._file.open("a", encoding="utf-8") as file:
            file.writelines(f"{body}\n" for body in bodies)
        return {}


def _one_answer(rows: sqlite3.Cursor) -> tuple[list[Item], bool]:
    """As many items as one answer holds, and whether there are more."""
    items: list[Item] = []
    size = 0
    for (text,) in rows:
        if items and size + len(text) > LARGEST_ANSWER:
            return items, True
        size += len(text)
        items.append(_unpacked(text))
    return items, False


def _encoded(content: bytes) -> str:
    return b64encode(content).decode("ascii")


def _unpacked(item: str) -> Item:
    def with_bytes(found: Item) -> Item:
        return {"B": b64decode(found["B"])} if found.keys() == {"B"} else found

    return cast("Item", json.loads(item, object_hook=with_bytes))


def _values(request: Request) -> dict[str, Any]:
    return {name[1:]: _plain(value) for name, value in request["ExpressionAttributeValues"].items()}


def _plain(value: Item | None) -> Any:
    if value is None:
        return None
    return float(value["N"]) if "N" in value else next(iter(value.values()))
