"""Works out the feature adoption of one account after the other."""

from typing import Any

from wiring import TrackAdoption

from customer_success.adoption.track_feature_adoption import AdoptionRequest
from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import AdoptionRequested
from customer_success.periods import run_date

function = TrackAdoption()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, track)


def track(delivery: Delivery) -> None:
    asked = function.message(AdoptionRequested, delivery)
    request = AdoptionRequest(
        account_id=asked.account_id,
        on=run_date(asked.time, function.settings.timezone),
        request=asked.id,
        draft=asked.draft,
        last_try=delivery.last_try,
    )
    result = function.task_states.run(asked.task_id, lambda: function.track(request), last_try=delivery.last_try)
    shown = ("account_id", "section", "draft_id", "confidence", "error")
    function.done("feature adoption", result, shown=shown)
