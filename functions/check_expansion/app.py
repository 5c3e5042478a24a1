"""Checks one account for something that it could buy more."""

from typing import Any

from wiring import CheckExpansion

from customer_success.aws.messaging.consumer import Delivery
from customer_success.expansion.check_expansion import ExpansionRequest
from customer_success.messages import ExpansionCheckRequested
from customer_success.metrics import Metric

function = CheckExpansion()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, check)


def check(delivery: Delivery) -> None:
    asked = function.message(ExpansionCheckRequested, delivery)
    request = ExpansionRequest(
        account_id=asked.account_id, on=asked.run_date, request=asked.id, last_try=delivery.last_try
    )
    result = function.task_states.run(asked.task_id, lambda: function.check(request), last_try=delivery.last_try)
    shown = ("account_id", "run_date", "outcome", "reasons", "dispatched", "not_dispatched", "refused", "written_by")
    function.done(
        "expansion",
        result,
        lambda: {Metric.EXPANSION_CHECKS: 1, Metric.HANDOFFS: len(result["dispatched"])},
        shown=shown,
    )
