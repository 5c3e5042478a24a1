"""Composes what writes reviews."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from connectors.gmail.wiring import gmail_drafts
from connectors.notion.wiring import qbr_pages
from customer_success.agent import CustomerSuccessAgent
from customer_success.aws.bedrock.function import ModelFunction
from customer_success.reviews.generate_qbr import GenerateQbr as QbrReview
from customer_success.reviews.generate_qbr import generate_qbr_task
from customer_success.reviews.rules_writer import ReviewByRule
from customer_success.settings import (
    GmailSettings,
    ModelSettings,
    NotionSettings,
    Optional,
    Text,
)
from customer_success.shadow.adapters import ShadowReviews

if TYPE_CHECKING:
    from customer_success.reviews.ports import QbrPages


class GenerateQbrSettings(NotionSettings, GmailSettings, ModelSettings):
    """Reviews: where their pages go."""

    notion_qbrs: Text
    fallback_owner: Optional = None


class GenerateQbr(ModelFunction[GenerateQbrSettings]):
    """Writes reviews."""

    settings_model = GenerateQbrSettings

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
            usages=self.store.usages,
            peers=self.store.peers,
            qbrs=self.store.qbrs,
            narrator=self.model() or by_rule,
            by_rule=by_rule,
            pages=self._pages(),
            drafts=self.drafts(lambda: gmail_drafts(self, settings)),
            ledger=self.long_ledger,
            fallback_owner=settings.fallback_owner,
            count=self.report,
        )

    def _pages(self) -> QbrPages:
        settings = self.settings

        def live() -> QbrPages:
            return qbr_pages(self, settings, settings.notion_qbrs)

        return self.outward(live, ShadowReviews)
