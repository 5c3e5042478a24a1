"""Plans a quarter's reviews when the rule asks for it, and closes the quarter when all of them are settled."""

from typing import Any

from wiring import PlanQbrs

from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import PlanMessage, QuarterPlanned
from customer_success.periods import run_date

function = PlanQbrs()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, plan)


def plan(delivery: Delivery) -> None:
    asked = function.message(PlanMessage, delivery)
    if isinstance(asked, QuarterPlanned):
        function.done("quarter", function.close(asked, now=function.now(), last_try=delivery.last_try))
        return
    on = run_date(asked.time, function.settings.timezone)
    result = function.plan(on, request=asked.id, time=asked.time, now=function.now(), last_try=delivery.last_try)
    function.done("quarter planned", result)
