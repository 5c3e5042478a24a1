"""Takes what a queue delivers, record by record: one that fails neither repeats nor drops the others."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from customer_success.aws.errors import translated
from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured, NotTaken, NotUnderstood, Refused, Unavailable

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_sqs import SQSClient

LONGEST_WAIT = 43_200
"""Seconds: a queue hides a message for 12 hours at most."""


class FailedRecord(TypedDict):
    """A record that the queue delivers again."""

    itemIdentifier: str


class ConsumerResponse(TypedDict):
    """What Lambda needs to know: which records failed. Powertools has these types too, and loads a third of a start."""

    batchItemFailures: list[FailedRecord]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as the queue delivers it; `receive_count` is 1 at the first try.

    After the `last_try` a failed message goes to the dead-letter queue.
    """

    body: str
    receive_count: int
    last_try: bool
    message_id: str
    attributes: Mapping[str, str]


class QueueConsumer:
    """Hands each record of a batch to the work, and reports those that failed.

    A failed one is hidden for as long as its `Unavailable` says, else for `retry_base_seconds`, doubled with
    each try. After `max_receives` tries the queue moves it to its dead-letter queue, at once. `Refused` is logged and
    acknowledged, save `NotTaken`: an output that a vendor refuses is never dropped.
    """

    def __init__(
        self,
        client: SQSClient,
        queue_url: str,
        *,
        retry_base_seconds: float,
        max_receives: int,
        logger: Logger,
    ) -> None:
        self._client = client
        self._queue_url = queue_url
        self._retry_base_seconds = retry_base_seconds
        self._max_receives = max_receives
        self._logger = logger

    def consume(self, event: Mapping[str, Any], work: Callable[[Delivery], object]) -> ConsumerResponse:
        """Do the work for every record, and return what Lambda needs to know of those that failed."""
        failed: list[FailedRecord] = []
        for record in event["Records"]:
            try:
                self._handle(record, work)
            except Exception as fault:  # noqa: BLE001 - what happens to one record must not fail the others
                self._logger.debug("record %s is reported as failed: %s", record["messageId"], fault)
                failed.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failed}

    def _handle(self, record: Mapping[str, Any], work: Callable[[Delivery], object]) -> None:
        delivery = self._delivery(record)
        about = {"message_id": delivery.message_id, "receive_count": delivery.receive_count}
        try:
            work(delivery)
        except Exception as fault:
            if isinstance(fault, Refused) and not isinstance(fault, NotTaken):
                self._logger.warning("message refused: %s", fault, extra=about)
                return
            self._logger.warning(
                "message failed: %s: %s",
                type(fault).__name__,
                fault,
                extra=about,
                exc_info=not isinstance(fault, NotTaken | NotUnderstood | Unavailable | Misconfigured),
            )
            self._hide(record, 0 if delivery.last_try else self._wait(fault, delivery.receive_count))
            raise
        else:
            self._logger.info("message done", extra=about)

    def _delivery(self, record: Mapping[str, Any]) -> Delivery:
        received = int(record["attributes"]["ApproximateReceiveCount"])
        attributes = record.get("messageAttributes") or {}
        return Delivery(
            body=record["body"],
            receive_count=received,
            last_try=received >= self._max_receives,
            message_id=record["messageId"],
            attributes={name: value.get("stringValue", "") for name, value in attributes.items()},
        )

    def _wait(self, fault: Exception, receive_count: int) -> int:
        """Whole seconds for which a failed message is hidden."""
        asked = fault.retry_after if isinstance(fault, Unavailable) else None
        if asked is None or math.isnan(asked):
            # A power of two that a float still holds, however often the message came.
            asked = math.ldexp(self._retry_base_seconds, min(receive_count - 1, 100))
        return math.ceil(max(1.0, min(asked, LONGEST_WAIT)))

    def _hide(self, record: Mapping[str, Any], seconds: int) -> None:
        """Set the message's own visibility; where that fails, it comes back after the queue's."""
        try:
            with translated(f"queue {self._queue_url}"):
                self._client.change_message_visibility(
                    QueueUrl=self._queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds
                )
        except (Unavailable, Misconfigured) as error:
            self._logger.warning("message %s could not be hidden: %s", record["messageId"], error)
