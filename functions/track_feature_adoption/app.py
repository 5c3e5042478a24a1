"""Works out the feature adoption of one account after the other."""

from typing import Any

from customer_success.aws.consumer import Delivery
from customer_success.messages import AdoptionRequested
from customer_success.periods import run_date
from customer_success.wiring import TrackAdoption

function = TrackAdoption()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, track)


def track(delivery: Delivery) -> None:
    asked = function.message(AdoptionRequested, delivery)
    function.track(asked.account_id, on=run_date(asked.time, function.settings.timezone))
