"""Composes what posts alerts and digests in chat."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import Field

from connectors.host import retry_policy
from customer_success.alerts.channels import AlertChannel, OwnerOf, PostToChat
from customer_success.aws.function import QueueFunction
from customer_success.once import OnceChat
from customer_success.settings import (
    Optional,
    Settings,
    Text,
)

if TYPE_CHECKING:
    from customer_success.ports import Chat


class AlertChatSettings(Settings):
    """Slack and Google Chat; each is used if its secret is set. Both take about one message a second."""

    slack_api_url: Text
    slack_secret: Optional = None
    slack_channel: Optional = None
    google_chat_api_url: Text
    google_chat_secret: Optional = None
    google_chat_space: Optional = None
    chat_requests_per_second: float = Field(gt=0, le=100)
    fallback_owner: Optional = None


class AlertChat(QueueFunction[AlertChatSettings]):
    """Posts alerts and digests to the chats that are configured."""

    settings_model = AlertChatSettings

    @cached_property
    def post(self) -> PostToChat:
        owner_of = OwnerOf(self.rows, self.settings.fallback_owner, self.settings.owner_domains)
        chats: list[Chat] = self.outward(self._chats, lambda shadow: [shadow.chat()])
        once = [OnceChat(chat, self.once(f"chat_alert:{chat.name}")) for chat in chats]
        return PostToChat(once, owner_of, self.store.digests)

    @cached_property
    def channel(self) -> AlertChannel:
        return AlertChannel("chat_alert", self.store.alerts, self.post.alert)

    def _chats(self) -> list[Chat]:
        settings = self.settings
        chats: list[Chat] = []
        with_google = bool(settings.google_chat_secret and settings.google_chat_space)
        if settings.slack_secret and settings.slack_channel:
            from connectors.slack.chat import SlackChat

            # A Slack that does not answer leaves time for the other.
            share = 0.5 if with_google else 1.0
            slack = retry_policy(self, "slack", settings.chat_requests_per_second, share=share)
            secret = self.secret(settings.slack_secret)
            chats.append(SlackChat(secret, settings.slack_channel, slack, base_url=settings.slack_api_url))
        if settings.google_chat_secret and settings.google_chat_space:
            from connectors.google_chat.chat import GoogleChat

            google = retry_policy(self, "google_chat", settings.chat_requests_per_second)
            secret, space = self.secret(settings.google_chat_secret), settings.google_chat_space
            chats.append(GoogleChat(secret, space, google, base_url=settings.google_chat_api_url))
        return chats
