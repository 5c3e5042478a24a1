"""Drafts a mail to the customer in the owner's mailbox for each alert sent individually."""

from typing import Any

from wiring import AlertEmail

from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import ChurnAlert

function = AlertEmail()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, deliver)


def deliver(delivery: Delivery) -> None:
    function.channel(function.message(ChurnAlert, delivery), last_try=delivery.last_try)
