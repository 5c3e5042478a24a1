"""Makes offers ready for Sales."""

from typing import Any

from wiring import SalesHandoff

from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import ExpansionHandoff

function = SalesHandoff()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, hand_off)


def hand_off(delivery: Delivery) -> None:
    result = function.hand_off(function.message(ExpansionHandoff, delivery), last_try=delivery.last_try)
    function.done("sales handoff", result)
