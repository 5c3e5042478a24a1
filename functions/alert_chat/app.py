"""Posts alerts sent individually to their owners, and digests to the team, in chat."""

from typing import Any

from wiring import AlertChat

from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import ChatNews, DigestReady

function = AlertChat()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, tell)


def tell(delivery: Delivery) -> None:
    news = function.message(ChatNews, delivery)
    if isinstance(news, DigestReady):
        function.post.digest(news)
    else:
        function.channel(news, last_try=delivery.last_try)
