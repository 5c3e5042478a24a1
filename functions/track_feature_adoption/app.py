"""Works out the feature adoption of one account after the other."""

from typing import Any

from wiring import TrackAdoption

from customer_success.aws.messaging.consumer import Delivery
from customer_success.messages import AdoptionRequested
from customer_success.periods import run_date

function = TrackAdoption()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, track)


def track(delivery: Delivery) -> None:
    asked = function.message(AdoptionRequested, delivery)
    function.run_task(
        "feature adoption",
        function.agent.execute,
        {"type": "track_feature_adoption", "account_id": asked.account_id, "draft": asked.draft},
        run_date=run_date(asked.time, function.settings.timezone),
        request_id=asked.id,
        task_id=asked.task_id,
        last_try=delivery.last_try,
    )
