"""Checks one account for something that it could buy more."""

from typing import Any

from wiring import CheckExpansion

from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import ExpansionCheckRequested

function = CheckExpansion()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, check)


def check(delivery: Delivery) -> None:
    asked = function.message(ExpansionCheckRequested, delivery)
    function.run_task(
        "expansion",
        function.agent.execute,
        {"type": "check_expansion", "account_id": asked.account_id},
        run_date=asked.run_date,
        request_id=asked.id,
        task_id=asked.task_id,
        last_try=delivery.last_try,
    )
