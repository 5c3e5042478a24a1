"""Composes what works out feature adoption."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from connectors.gmail.wiring import gmail_drafts
from connectors.notion.wiring import adoption_sections
from customer_success.adoption.fed_usages import FedUsages
from customer_success.adoption.sections import OnceSections
from customer_success.adoption.track_feature_adoption import TrackFeatureAdoption, track_feature_adoption_task
from customer_success.agent import CustomerSuccessAgent
from customer_success.aws.function import LONG_LEASE_SECONDS, QueueFunction
from customer_success.settings import (
    GmailSettings,
    NotionSettings,
    Optional,
    Text,
)

if TYPE_CHECKING:
    from customer_success.adoption.ports import AdoptionSections


class TrackFeatureAdoptionSettings(NotionSettings, GmailSettings):
    """Feature adoption: it is written on the accounts' pages, and to a contact where that is asked for."""

    churn_topic_arn: Text
    fallback_owner: Optional = None


class TrackAdoption(QueueFunction[TrackFeatureAdoptionSettings]):
    """Works out feature adoption."""

    settings_model = TrackFeatureAdoptionSettings
    lease_seconds = LONG_LEASE_SECONDS

    @cached_property
    def agent(self) -> CustomerSuccessAgent:
        track = track_feature_adoption_task(self.track, timezone=self.settings.timezone)
        return CustomerSuccessAgent({"track_feature_adoption": track})

    @cached_property
    def track(self) -> TrackFeatureAdoption:
        settings = self.settings
        return TrackFeatureAdoption(
            rows=self.rows,
            usages=FedUsages(self.store.usages, self.store.observations, self.store.feeds, self.now),
            peers=self.store.peers,
            reports=self.store.adoption_reports,
            sections=OnceSections(self._sections(), self.once("adoption_section")),
            drafts=self.optional_drafts(lambda: gmail_drafts(self, settings), "adoption_draft"),
            fallback_owner=settings.fallback_owner,
            publisher=self.publisher(settings.churn_topic_arn),
        )

    def _sections(self) -> AdoptionSections:
        def live() -> AdoptionSections:
            return adoption_sections(self, self.settings)

        return self.outward(live, lambda shadow: shadow.sections())
