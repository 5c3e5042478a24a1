"""Writes account pages: where they show something else than is known now, and what people wish for an account."""

from typing import Any

from wiring import SyncNotion

from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import SyncMessage
from customer_success.metrics import Metric
from customer_success.periods import run_date

function = SyncNotion()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, sync)


def sync(delivery: Delivery) -> None:
    message = function.message(SyncMessage, delivery)
    on = run_date(function.now(), function.settings.timezone)
    function.report({Metric.PAGES_WRITTEN: function.sync(message, on=on, last_try=delivery.last_try)})
