"""Looks at the contracts: a message from the 08:00 rule asks for a day's check."""

from typing import Any

from wiring import CheckContracts

from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import ScheduledEvent
from customer_success.periods import run_date

function = CheckContracts()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, check)


def check(delivery: Delivery) -> None:
    tick = function.message(ScheduledEvent, delivery)
    on = run_date(tick.time, function.settings.timezone)
    result = function.check(on, request=tick.id, time=tick.time, last_try=delivery.last_try)
    function.done("contract check", result)
