"""Takes in the files that feeds put into the inbox."""

from typing import Any

from wiring import TakeFiles

from customer_success.aws.inbox import ObjectsCreated
from customer_success.aws.messaging.consumer import Delivery

function = TakeFiles()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, take)


def take(delivery: Delivery) -> None:
    for key in function.message(ObjectsCreated, delivery).keys:
        function.done("file", function.take_file(key))
