"""Writes the quarterly review of one account."""

from typing import Any

from wiring import GenerateQbr

from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import QbrRequested
from customer_success.periods import run_date

function = GenerateQbr()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, write)


def write(delivery: Delivery) -> None:
    asked = function.message(QbrRequested, delivery)
    function.run_task(
        "review",
        function.agent.execute,
        {
            "type": "generate_qbr",
            "account_id": asked.account_id,
            "trigger": asked.trigger,
            "contract_end": asked.contract_end,
        },
        run_date=run_date(asked.time, function.settings.timezone),
        request_id=asked.id,
        task_id=asked.task_id,
        last_try=delivery.last_try,
    )
