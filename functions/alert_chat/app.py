"""Posts alerts sent individually to their owners, and digests to the team, in chat."""

from typing import Any

from wiring import AlertChat

from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import AlertOrDigest, DigestReady

function = AlertChat()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, deliver)


def deliver(delivery: Delivery) -> None:
    message = function.message(AlertOrDigest, delivery)
    if isinstance(message, DigestReady):
        function.post.digest(message)
    else:
        function.channel(message, last_try=delivery.last_try)
