"""What AWS answers when it takes only a part of a batch: the part that goes on, and how the rest is reported."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

Json = dict[str, Any]

SNS = "http://sns.amazonaws.com/doc/2010-03-31/"
NOT_TAKEN = {"Code": "InternalError", "SenderFault": False, "Message": "held back"}


class Part(NamedTuple):
    """`accepted` is the body that goes on, None if nothing does; `merged` makes the answer from that to it."""

    accepted: bytes | None
    merged: Callable[[bytes], bytes]
    status: int = 200


def split(operation: str, body: bytes) -> Part:
    """The first half of a batch, rounded down, is accepted. Raises KeyError for an operation without batches."""
    return OPERATIONS[operation](body)


def _halves(entries: list[Any]) -> tuple[list[Any], list[Any]]:
    return entries[: len(entries) // 2], entries[len(entries) // 2 :]


def _write_items(body: bytes) -> Part:
    request = json.loads(body)
    accepted, held = _by_table(request["RequestItems"], lambda entries: _halves(entries))

    def merged(answer: bytes) -> bytes:
        parsed = json.loads(answer or b"{}")
        return json.dumps({**parsed, "UnprocessedItems": held}).encode()

    return Part(_with(request, "RequestItems", accepted), merged)


def _get_items(body: bytes) -> Part:
    request = json.loads(body)

    def halves(asked: Json) -> tuple[Json | None, Json]:
        now, later = _halves(asked["Keys"])
        return ({**asked, "Keys": now} if now else None), {**asked, "Keys": later}

    accepted, held = _by_table(request["RequestItems"], halves)

    def merged(answer: bytes) -> bytes:
        parsed = json.loads(answer or b'{"Responses": {}}')
        return json.dumps({**parsed, "UnprocessedKeys": held}).encode()

    return Part(_with(request, "RequestItems", accepted), merged)


def _by_table(tables: Mapping[str, Any], halves: Callable[[Any], tuple[Any, Any]]) -> tuple[Json, Json]:
    both = {name: halves(asked) for name, asked in tables.items()}
    return {name: now for name, (now, _) in both.items() if now}, {name: later for name, (_, later) in both.items()}


def _transaction(body: bytes) -> Part:
    reasons = [{"Code": "None"} for _ in json.loads(body)["TransactItems"]]
    reasons[-1] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    text = {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons": reasons,
    }
    return Part(None, lambda _: json.dumps(text).encode(), 400)


def _send_messages(body: bytes) -> Part:
    request = json.loads(body)
    accepted, held = _halves(request["Entries"])
    failed = [{"Id": entry["Id"], **NOT_TAKEN} for entry in held]

    def merged(answer: bytes) -> bytes:
        parsed = json.loads(answer or b'{"Successful": []}')
        return json.dumps({**parsed, "Failed": [*parsed.get("Failed", []), *failed]}).encode()

    return Part(_with(request, "Entries", accepted), merged)


def _put_events(body: bytes) -> Part:
    request = json.loads(body)
    accepted, held = _halves(request["Entries"])
    failed = [{"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"} for _ in held]

    def merged(answer: bytes) -> bytes:
        parsed = json.loads(answer or b'{"FailedEntryCount": 0, "Entries": []}')
        count = parsed["FailedEntryCount"] + len(failed)
        return json.dumps({"FailedEntryCount": count, "Entries": [*parsed["Entries"], *failed]}).encode()

    return Part(_with(request, "Entries", accepted), merged)


def _publish(body: bytes) -> Part:
    """SNS's query protocol: entries are numbered fields, answers are XML."""
    fields = parse_qsl(body.decode(), keep_blank_values=True)
    numbers = sorted({int(found[1]) for name, _ in fields if (found := re.match(r"\w+\.member\.(\d+)\.", name))})
    accepted, held = _halves(numbers)
    ids = {name: value for name, value in fields if name.endswith(".Id")}
    failed = [ids[f"PublishBatchRequestEntries.member.{number}.Id"] for number in held]

    def goes_on(name: str) -> bool:
        found = re.match(r"\w+\.member\.(\d+)\.", name)
        return found is None or int(found[1]) in accepted

    def merged(answer: bytes) -> bytes:
        root = ElementTree.fromstring(answer or _NOTHING_PUBLISHED)
        result = root.find(f"{{{SNS}}}PublishBatchResult")
        assert result is not None
        failures = result.find(f"{{{SNS}}}Failed")
        failures = ElementTree.SubElement(result, f"{{{SNS}}}Failed") if failures is None else failures
        for entry_id in failed:
            member = ElementTree.SubElement(failures, f"{{{SNS}}}member")
            for name, value in {"Id": entry_id, **NOT_TAKEN, "SenderFault": "false"}.items():
                ElementTree.SubElement(member, f"{{{SNS}}}{name}").text = str(value)
        return ElementTree.tostring(root)

    left = [(name, value) for name, value in fields if goes_on(name)]
    return Part(urlencode(left).encode() if accepted else None, merged)


_NOTHING_PUBLISHED = (
    f'<PublishBatchResponse xmlns="{SNS}"><PublishBatchResult><Successful/><Failed/></PublishBatchResult>'
    "<ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></PublishBatchResponse>"
).encode()


def _with(request: Json, name: str, entries: Any) -> bytes | None:
    return json.dumps({**request, name: entries}).encode() if entries else None


OPERATIONS: Mapping[str, Callable[[bytes], Part]] = {
    "BatchWriteItem": _write_items,
    "BatchGetItem": _get_items,
    "TransactWriteItems": _transaction,
    "SendMessageBatch": _send_messages,
    "PublishBatch": _publish,
    "PutEvents": _put_events,
}
"""The operations that can fail in part, by name."""
