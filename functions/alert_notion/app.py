"""Records each alert as a page beside its account."""

from typing import Any

from wiring import AlertNotion

from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import ChurnAlert

function = AlertNotion()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, deliver)


def deliver(delivery: Delivery) -> None:
    function.channel(function.message(ChurnAlert, delivery), last_try=delivery.last_try)
