"""Scans the account book, and then looks for room to grow in it. The 07:00 rule or a person asks for the scan."""

from typing import Any

from wiring import HealthScan

from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import (
    ExpansionRunRequested,
    ExpansionsQueued,
    ScanMessage,
    ScanRequested,
    ScheduledEvent,
)
from customer_success.periods import run_date

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
    force, task_id = (asked.force, asked.task_id) if isinstance(asked, ScanRequested) else (False, None)
    function.run_task(
        "health scan",
        function.agent.execute,
        {"type": "health_scan", "force": force},
        run_date=run_date(asked.time, function.settings.timezone),
        request_id=asked.id,
        task_id=task_id,
        last_try=last_try,
    )


def expand(asked: ExpansionRunRequested, *, last_try: bool) -> None:
    from customer_success.expansion.expansion_run import ExpansionRunRequest

    request = ExpansionRunRequest(asked.run_date, asked.id, last_try=last_try)
    function.done("expansion run", function.expand(request))
