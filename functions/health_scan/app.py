"""Scans the account book: a message from the 07:00 rule, or a person's request, starts or resumes it."""

from typing import Any

from customer_success.aws.consumer import Delivery
from customer_success.messages import ScanMessage, ScanRequested
from customer_success.periods import run_date
from customer_success.tasks.scan_run import ScanRequest
from customer_success.wiring import HealthScan

function = HealthScan()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, scan)


def scan(delivery: Delivery) -> None:
    asked = function.message(ScanMessage, delivery)
    result = function.scan(
        ScanRequest(
            on=run_date(asked.time, function.settings.timezone),
            request=asked.id,
            force=isinstance(asked, ScanRequested) and asked.force,
            last_try=delivery.last_try,
        )
    )
    function.logger.info("health scan", extra={"result": result})
    function.report(
        {
            "AccountsRead": result["read"],
            "AccountsScored": result["scored"],
            "AccountsRejected": sum(result["rejected"].values()),
        }
    )
