"""Answers the API's requests, from the table or by putting a task on its queue."""

from typing import Any

from wiring import Api

function = Api()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.answer(event, context)
