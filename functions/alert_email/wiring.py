"""Composes what drafts mails."""

from __future__ import annotations

from functools import cached_property

from connectors.gmail.wiring import gmail_drafts
from customer_success.alerts.channels import AlertChannel, DraftMail, OwnerOf
from customer_success.aws.function import QueueFunction
from customer_success.settings import GmailSettings, Optional


class AlertEmailSettings(GmailSettings):
    """Drafts for alerts."""

    fallback_owner: Optional = None


class AlertEmail(QueueFunction[AlertEmailSettings]):
    """Drafts mails."""

    settings_model = AlertEmailSettings

    @cached_property
    def channel(self) -> AlertChannel:
        owner_of = OwnerOf(self.rows, self.settings.fallback_owner, self.settings.owner_domains)
        drafts = self.drafts(lambda: gmail_drafts(self, self.settings), "email_alert")
        return AlertChannel("email_alert", self.store.alerts, DraftMail(drafts, owner_of))
