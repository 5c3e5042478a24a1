"""Composes what records alerts in Notion."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from connectors.notion.wiring import health_records
from customer_success.alerts.channels import AlertChannel, RecordAlert
from customer_success.alerts.records import OnceRecords
from customer_success.aws.function import QueueFunction
from customer_success.settings import NotionSettings, Text

if TYPE_CHECKING:
    from customer_success.alerts.ports import HealthRecords


class AlertNotionSettings(NotionSettings):
    """The data source in which alerts are recorded."""

    notion_health_records: Text


class AlertNotion(QueueFunction[AlertNotionSettings]):
    """Records alerts in Notion."""

    settings_model = AlertNotionSettings

    @cached_property
    def channel(self) -> AlertChannel:
        records = OnceRecords(self._records(), self.once("notion"))
        return AlertChannel("notion", self.store.alerts, RecordAlert(records))

    def _records(self) -> HealthRecords:
        settings = self.settings

        def live() -> HealthRecords:
            return health_records(self, settings, settings.notion_health_records)

        return self.outward(live, lambda shadow: shadow.records())
