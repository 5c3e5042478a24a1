"""The topic on which alerts and digests go out to the channels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from customer_success.aws.messaging.sending import CORRELATION, Letter, send_all

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import PublishBatchRequestEntryTypeDef
    from mypy_boto3_sqs.type_defs import BatchResultErrorEntryTypeDef as Failure

    from customer_success.messages import ChurnAlert, DigestReady


class SnsAnnouncements:
    """`Announcements` on an SNS topic; the subscriptions filter on the attributes `kind` and `delivery`.

    `correlation_id` gives the id that each message takes along.
    """

    def __init__(self, client: SNSClient, topic_arn: str, correlation_id: Callable[[], str]) -> None:
        self._client = client
        self._topic_arn = topic_arn
        self._correlation_id = correlation_id

    def publish(self, messages: Iterable[ChurnAlert | DigestReady]) -> None:
        send_all(messages, self._publish, f"topic {self._topic_arn}")

    def _publish(self, letters: Mapping[str, Letter[ChurnAlert | DigestReady]]) -> Sequence[Failure]:
        correlation_id = self._correlation_id()
        entries = [_entry(entry_id, letter, correlation_id) for entry_id, letter in letters.items()]
        answer = self._client.publish_batch(TopicArn=self._topic_arn, PublishBatchRequestEntries=entries)
        return answer.get("Failed", [])


def _entry(
    entry_id: str, letter: Letter[ChurnAlert | DigestReady], correlation_id: str
) -> PublishBatchRequestEntryTypeDef:
    return {
        "Id": entry_id,
        "Message": letter.body,
        "MessageAttributes": {
            "kind": {"DataType": "String", "StringValue": letter.message.kind},
            "delivery": {"DataType": "String", "StringValue": letter.message.delivery},
            CORRELATION: {"DataType": "String", "StringValue": correlation_id},
        },
    }
