"""Records each alert as a page beside its account."""

from typing import Any

from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import ChurnAlert
from customer_success.wiring import AlertNotion

function = AlertNotion()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, tell)


def tell(delivery: Delivery) -> None:
    function.channel(function.message(ChurnAlert, delivery), last_try=delivery.last_try)
