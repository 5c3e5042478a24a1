"""Composes what writes reviews."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from connectors.gmail.wiring import gmail_drafts
from connectors.notion.wiring import qbr_pages
from customer_success.adoption.fed_usages import FedUsages
from customer_success.agent import CustomerSuccessAgent
from customer_success.aws.bedrock.function import ModelFunction
from customer_success.aws.function import LONG_LEASE_SECONDS
from customer_success.narration.fallback import Writers
from customer_success.reviews.generate_qbr import GenerateQbr as QbrReview
from customer_success.reviews.generate_qbr import generate_qbr_task
from customer_success.reviews.pages import OncePages
from customer_success.reviews.rules_writer import ReviewByRule
from customer_success.settings import (
    GmailSettings,
    ModelSettings,
    NotionSettings,
    Optional,
    Text,
)

if TYPE_CHECKING:
    from customer_success.reviews.ports import QbrPages


class GenerateQbrSettings(NotionSettings, GmailSettings, ModelSettings):
    """Reviews: where their pages go."""

    notion_qbrs: Text
    fallback_owner: Optional = None


class GenerateQbr(ModelFunction[GenerateQbrSettings]):
    """Writes reviews."""

    settings_model = GenerateQbrSettings
    lease_seconds = LONG_LEASE_SECONDS

    @cached_property
    def agent(self) -> CustomerSuccessAgent:
        return CustomerSuccessAgent({"generate_qbr": generate_qbr_task(self.review, timezone=self.settings.timezone)})

    @cached_property
    def review(self) -> QbrReview:
        settings = self.settings
        by_rule = ReviewByRule()
        return QbrReview(
            rows=self.rows,
            history=self.store.history,
            usages=FedUsages(self.store.usages, self.store.observations, self.store.feeds, self.now),
            peers=self.store.peers,
            qbrs=self.store.qbrs,
            writers=Writers(self.model() or by_rule, by_rule, self.report),
            pages=OncePages(self._pages(), self.once("qbr_page")),
            drafts=self.optional_drafts(lambda: gmail_drafts(self, settings), "qbr_draft"),
            fallback_owner=settings.fallback_owner,
        )

    def _pages(self) -> QbrPages:
        settings = self.settings

        def live() -> QbrPages:
            return qbr_pages(self, settings, settings.notion_qbrs)

        return self.outward(live, lambda shadow: shadow.reviews())
