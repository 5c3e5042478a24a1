"""The bus on which other systems of the company listen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

from customer_success.aws.errors import fault, translated
from customer_success.messages import EVENT_SOURCE

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class EventBridgeBus:
    """`EventBus` on EventBridge."""

    def __init__(self, client: EventBridgeClient, bus_name: str) -> None:
        self._client = client
        self._bus_name = bus_name
        self._where = f"event bus {bus_name!r}"

    def put(self, detail_type: str, detail: BaseModel) -> str:
        with translated(self._where):
            answer = self._client.put_events(
                Entries=[
                    {
                        "EventBusName": self._bus_name,
                        "Source": EVENT_SOURCE,
                        "DetailType": detail_type,
                        "Detail": detail.model_dump_json(),
                    }
                ]
            )
        entry = answer["Entries"][0]
        if answer["FailedEntryCount"]:
            raise fault(self._where, entry.get("ErrorCode", "Unknown"), entry.get("ErrorMessage", "no reason given"))
        return entry["EventId"]
