"""Writes the quarterly review of one account."""

from typing import Any

from wiring import GenerateQbr

from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import QbrRequested
from customer_success.metrics import Metric
from customer_success.periods import run_date
from customer_success.reviews.generate_qbr import QbrRequest

function = GenerateQbr()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, write)


def write(delivery: Delivery) -> None:
    asked = function.message(QbrRequested, delivery)
    request = QbrRequest(
        account_id=asked.account_id,
        on=run_date(asked.time, function.settings.timezone),
        request=asked.id,
        trigger=asked.trigger,
        contract_end=asked.contract_end,
        last_try=delivery.last_try,
    )
    result = function.task_states.run(asked.task_id, lambda: function.review(request), last_try=delivery.last_try)
    shown = ("account_id", "period", "status", "confidence", "written_by", "qbr_page_id", "draft_id", "error")
    function.done(
        "review",
        result,
        lambda: {Metric.QBRS_WRITTEN: 1, Metric.CLAIMS_DROPPED: len(result["dropped_claims"])},
        shown=shown,
    )
