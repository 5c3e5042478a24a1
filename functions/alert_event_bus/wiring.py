"""Composes what puts alerts on the bus."""

from __future__ import annotations

from functools import cached_property

from customer_success.alerts.channels import AlertChannel, PutOnBus
from customer_success.aws.function import QueueFunction
from customer_success.settings import Settings, Text


class AlertEventBusSettings(Settings):
    """The bus on which other systems listen."""

    event_bus_name: Text


class AlertEventBus(QueueFunction[AlertEventBusSettings]):
    """Puts alerts on the bus."""

    settings_model = AlertEventBusSettings

    @cached_property
    def channel(self) -> AlertChannel:
        bus = self.bus(self.settings.event_bus_name, "event_bus")
        return AlertChannel("event_bus", self.store.alerts, PutOnBus(bus))
