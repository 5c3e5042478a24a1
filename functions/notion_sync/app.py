"""Writes account pages: where they show something else than is known now, and what people wish for an account."""

from typing import Any

from wiring import SyncNotion

from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import SyncMessage
from customer_success.metrics import Metric

function = SyncNotion()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, sync)


def sync(delivery: Delivery) -> None:
    function.report({Metric.PAGES_WRITTEN: function.sync(function.message(SyncMessage, delivery))})
