"""The queues to which messages are sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from customer_success.aws.sending import Letter, send_all
from customer_success.messages import Message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import BatchResultErrorEntryTypeDef as Failure
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef


class SqsOutbox:
    """`Outbox` on an SQS queue."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, messages: Iterable[Message], *, delay_seconds: int = 0) -> None:
        send_all(messages, partial(self._send, delay_seconds), f"queue {self._queue_url}")

    def _send(self, delay_seconds: int, letters: Mapping[str, Letter[Message]]) -> Sequence[Failure]:
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": entry_id, "MessageBody": letter.body, "DelaySeconds": delay_seconds}
            for entry_id, letter in letters.items()
        ]
        answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        return answer.get("Failed", [])
