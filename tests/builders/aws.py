"""AWS as the tests meet it: clients that count their calls, and whose first calls may go wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from botocore.exceptions import ClientError, ReadTimeoutError

TABLE = "customer-success"
TENANT = "acme"
REGION = "eu-central-1"

Request: TypeAlias = dict[str, Any]
Operation: TypeAlias = Callable[..., Any]
Script: TypeAlias = Callable[[Operation, Request], Any]


class Client:
    """A real client. Notes its calls and counts them; `instead` says how the next ones of an operation go."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.calls: Counter[str] = Counter()
        self.requests: list[Request] = []
        self._scripts: dict[str, list[Script]] = {}

    def instead(self, operation: str, *scripts: Script) -> None:
        self._scripts.setdefault(operation, []).extend(scripts)

    @property
    def meta(self) -> Any:
        """What the real client knows of itself."""
        return self.real.meta

    def __getattr__(self, operation: str) -> Operation:
        def call(**request: Any) -> Any:
            self.calls[operation] += 1
            self.requests.append(request)
            carry_out = getattr(self.real, operation)
            scripts = self._scripts.get(operation)
            return scripts.pop(0)(carry_out, request) if scripts else carry_out(**request)

        return call


def create_table(client: Any) -> None:
    """The table as the template has it, as far as keys go."""
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )


def refused(code: str, *, status: int = 400, reasons: Sequence[str] = ()) -> Script:
    """AWS refuses the call; a transaction with a reason for each of its items."""

    def script(operation: Operation, _: Request) -> Any:
        answer: Any = {
            "Error": {"Code": code, "Message": "as the test says"},
            "ResponseMetadata": {"HTTPStatusCode": status},
            "CancellationReasons": [{"Code": reason} for reason in reasons],
        }
        raise ClientError(answer, getattr(operation, "__name__", "call"))

    return script


def raising(error: Exception) -> Script:
    """The call does not come through."""

    def script(*_: object) -> Any:
        raise error

    return script


def answer_lost(operation: Operation, request: Request) -> Any:
    """The call is carried out, and its answer never arrives."""
    operation(**request)
    raise ReadTimeoutError(endpoint_url="https://aws.example")


def sent_twice(operation: Operation, request: Request) -> Any:
    """The call is carried out, its answer is lost, and the client repeats it by itself."""
    operation(**request)
    return operation(**request)


def writes_only(first: int) -> Script:
    """A batch of which only the first items are written."""

    def script(operation: Operation, request: Request) -> Any:
        [(table, items)] = request["RequestItems"].items()
        if first:
            operation(RequestItems={table: items[:first]})
        return {"UnprocessedItems": {table: items[first:]}}

    return script


def reads_only(first: int) -> Script:
    """A batch of which only the first keys are read."""

    def script(operation: Operation, request: Request) -> Any:
        [(table, wanted)] = request["RequestItems"].items()
        answer = operation(RequestItems={table: {**wanted, "Keys": wanted["Keys"][:first]}})
        left = {**wanted, "Keys": wanted["Keys"][first:]}
        return {**answer, "UnprocessedKeys": {table: left}}

    return script


def loses(entries: str, *places: int, code: str = "InternalFailure", sender_fault: bool = False) -> Script:
    """A batch of messages of which those at `places` are not taken; `entries` is the name of its parameter."""

    def script(operation: Operation, request: Request) -> Any:
        batch = request[entries]
        taken = [entry for place, entry in enumerate(batch) if place not in places]
        answer = operation(**{**request, entries: taken}) if taken else {}
        failed = [
            {"Id": batch[place]["Id"], "Code": code, "Message": "lost", "SenderFault": sender_fault} for place in places
        ]
        return {**answer, "Failed": failed}

    return script


@dataclass
class Clock:
    """A clock that moves only when it is set or slept on."""

    now: float = 1_772_434_800.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
