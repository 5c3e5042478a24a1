"""Composes what hands offers to Sales."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from connectors.gmail.wiring import gmail_drafts
from connectors.notion.wiring import expansion_records
from customer_success.alerts.publisher import OncePublisher
from customer_success.aws.function import QueueFunction
from customer_success.expansion.recording import OfferRecords
from customer_success.expansion.sales_handoff import SalesHandoff as Handoff
from customer_success.settings import (
    GmailSettings,
    NotionSettings,
    Optional,
    Text,
)

if TYPE_CHECKING:
    from customer_success.expansion.ports import ExpansionRecords


class SalesHandoffSettings(NotionSettings, GmailSettings):
    """The handoff: records, drafts, the topic for messages to Sales, and the bus."""

    notion_expansions: Text
    sales_owner: Optional = None
    churn_topic_arn: Text
    event_bus_name: Text


class SalesHandoff(QueueFunction[SalesHandoffSettings]):
    """Hands offers to Sales."""

    settings_model = SalesHandoffSettings

    @cached_property
    def hand_off(self) -> Handoff:
        settings = self.settings
        return Handoff(
            tenant_id=settings.space,
            rows=self.rows,
            offers=self.store.offers,
            records=OfferRecords(self._records(), self.once("expansion_record")),
            drafts=self.optional_drafts(lambda: gmail_drafts(self, settings), "sales_draft"),
            publisher=OncePublisher(self.publisher(settings.churn_topic_arn), self.once("sales_news")),
            bus=self.bus(settings.event_bus_name, "expansion_event"),
            sales_owner=settings.sales_owner,
            count=self.report,
            domains=settings.owner_domains,
        )

    def _records(self) -> ExpansionRecords:
        settings = self.settings

        def live() -> ExpansionRecords:
            return expansion_records(self, settings, settings.notion_expansions)

        return self.outward(live, lambda shadow: shadow.offers())
