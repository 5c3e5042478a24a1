"""Writes the account pages that the scan found to show something else than is known now."""

from typing import Any

from customer_success.aws.consumer import Delivery
from customer_success.messages import PagesChanged
from customer_success.wiring import SyncNotion

function = SyncNotion()


def handler(event: dict[str, Any], context: Any) -> Any:
    return function.consume(event, context, sync)


def sync(delivery: Delivery) -> None:
    function.report({"PagesWritten": function.sync(function.message(PagesChanged, delivery))})
