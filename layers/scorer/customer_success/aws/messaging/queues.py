"""The queues to which messages are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from customer_success.aws.messaging.sending import CORRELATION, Letter, send_all

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import BatchResultErrorEntryTypeDef as Failure
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef, SendMessageBatchRequestEntryTypeDef

    from customer_success.messages import Message


class SqsOutbox:
    """`Outbox` on an SQS queue; `correlation_id` gives the id that each message takes along."""

    def __init__(self, client: SQSClient, queue_url: str, correlation_id: Callable[[], str]) -> None:
        self._client = client
        self._queue_url = queue_url
        self._correlation_id = correlation_id

    def send(self, messages: Iterable[Message], *, delay_seconds: int = 0) -> None:
        send_all(messages, partial(self._send, delay_seconds), f"queue {self._queue_url}")

    def _send(self, delay_seconds: int, letters: Mapping[str, Letter[Message]]) -> Sequence[Failure]:
        attributes: dict[str, MessageAttributeValueTypeDef] = {
            CORRELATION: {"DataType": "String", "StringValue": self._correlation_id()}
        }
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {
                "Id": entry_id,
                "MessageBody": letter.body,
                "DelaySeconds": delay_seconds,
                "MessageAttributes": attributes,
            }
            for entry_id, letter in letters.items()
        ]
        answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        return answer.get("Failed", [])
