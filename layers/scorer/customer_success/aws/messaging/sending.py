"""Sends messages by tens, and leaves none behind unnoticed: what the topic and the queues have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from customer_success.aws.errors import translated
from customer_success.batches import batches
from customer_success.errors import NotTaken, Unavailable
from customer_success.messages import Message

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import BatchResultErrorEntryTypeDef as Failure

MESSAGES_PER_CALL = 10
CORRELATION = "correlation_id"
"""The attribute of a message that joins it to what led to it, in the logs of all functions."""
OWN_FAULTS = frozenset({"InvalidMessageContents", "InvalidParameter", "InvalidParameterValue", "MessageTooLong"})
"""Codes that mean the message itself, which no further try can change."""
LARGEST_CALL = 256 * 1024
ROOM_FOR_ATTRIBUTES = 256
"""Bytes: attributes count towards the size of a call."""

M = TypeVar("M", bound=Message)


class Letter(NamedTuple, Generic[M]):
    """A message, and the body in which it travels."""

    message: M
    body: str


def _bytes(letter: Letter[M]) -> int:
    return len(letter.body.encode()) + ROOM_FOR_ATTRIBUTES


def send_all(messages: Iterable[M], send: Callable[[Mapping[str, Letter[M]]], Sequence[Failure]], where: str) -> None:
    """Send all messages; `send` takes up to ten by entry id and returns those that were not taken.

    What was not taken for a passing cause is sent once more. Raises `Unavailable` if any is left after that, `NotTaken`
    if these are not taken for what they are; the others are sent.
    """
    left: list[Failure] = []
    letters = (Letter(message, message.model_dump_json()) for message in messages)
    for batch in batches(letters, count=MESSAGES_PER_CALL, weight=LARGEST_CALL, weigh=_bytes):
        entries = {str(place): letter for place, letter in enumerate(batch)}
        with translated(where):
            failed = send(entries)
            again = {failure["Id"]: entries[failure["Id"]] for failure in failed if not failure["SenderFault"]}
            left += [failure for failure in failed if failure["SenderFault"]]
            left += send(again) if again else []
    if left:
        causes = ", ".join(sorted({f"{failure['Code']}: {failure.get('Message', '')}" for failure in left}))
        refusal = f"{where} did not take {len(left)} messages: {causes}"
        if all(failure["Code"] in OWN_FAULTS for failure in left):
            raise NotTaken(refusal)
        raise Unavailable(refusal)
