"""Scans the account book, and then looks for room to grow in it. The 07:00 rule or a person asks for the scan."""

from typing import Any

from wiring import HealthScan

from customer_success.aws.messaging.consumer import Delivery
from customer_success.errors import Misconfigured
from customer_success.expansion.expansion_run import ExpansionRunRequest
from customer_success.messages import (
    ExpansionRunRequested,
    ExpansionsQueued,
    ScanMessage,
    ScanRequested,
    ScheduledEvent,
)
from customer_success.metrics import Metric
from customer_success.periods import run_date
from customer_success.scan.scan import ScanRequest, counts

function = HealthScan()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, take)


def take(delivery: Delivery) -> None:
    match function.message(ScanMessage, delivery):
        case ExpansionsQueued() as queued:
            function.done("expansions", function.close(queued, now=function.now(), last_try=delivery.last_try))
        case ExpansionRunRequested() as asked:
            expand(asked, last_try=delivery.last_try)
        case asked:
            scan(asked, last_try=delivery.last_try)


def scan(asked: ScanRequested | ScheduledEvent, *, last_try: bool) -> None:
    request = ScanRequest(
        run_date=run_date(asked.time, function.settings.timezone),
        request_id=asked.id,
        force=isinstance(asked, ScanRequested) and asked.force,
        last_try=last_try,
    )
    task_id = asked.task_id if isinstance(asked, ScanRequested) else None
    result = function.task_states.run(task_id, lambda: function.scan(request), last_try=last_try)
    function.done("health scan", result, lambda: counts(result))
    if result["status"] == "failed":
        # A misconfiguration may be fixed before the last try; after it the message goes to the dead-letter queue.
        raise Misconfigured(result["error"])


def expand(asked: ExpansionRunRequested, *, last_try: bool) -> None:
    result = function.expand(ExpansionRunRequest(asked.run_date, asked.id, last_try=last_try))
    function.done("expansion run", result, lambda: {Metric.EXPANSION_CANDIDATES: result["candidates"]})
