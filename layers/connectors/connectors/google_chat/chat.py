"""The team's space in Google Chat."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from connectors.answers import text_at
from connectors.google_chat.card import card_message
from connectors.google_chat.space import space_service
from customer_success.errors import Misconfigured

if TYPE_CHECKING:
    from connectors.retry_policy import RetryPolicy
    from customer_success.documents import ChatMessage
    from customer_success.ports import Secret

ALLOWED = (("POST", r"/v1/spaces/[\w-]+/messages"),)


class GoogleChat:
    """The port `Chat`, posting to one space (`spaces/…`) as a Chat app, by its service account's key.

    `secret` holds that key, `timeout` bounds one answer, in seconds.
    """

    name = "google_chat"

    def __init__(
        self,
        secret: Secret,
        space: str,
        retry_policy: RetryPolicy,
        *,
        base_url: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        self._space = space
        self._service = space_service(
            "chat_messages.json", ALLOWED, secret, space, retry_policy, base_url=base_url, timeout=timeout
        )

    def find(self, message: ChatMessage) -> str | None:
        """None: there is no need to look, since posting again is safe."""
        del message
        return None

    def post(self, message: ChatMessage) -> str:
        """Post the message, or find it posted, and return its name (`spaces/…/messages/…`). Safe to repeat.

        Raises `Misconfigured`, also for a space that cannot be one, `NotTaken`, `Unavailable`.
        """
        if not re.fullmatch(r"spaces/[\w-]+", self._space):
            raise Misconfigured(f"{self._space!r} names no Google Chat space: it must read 'spaces/…'")
        request_id = str(uuid5(NAMESPACE_URL, f"customer-success:{self._space}:{message.key}"))
        return self._service.call(
            lambda chat: (
                chat.spaces()
                .messages()
                .create(
                    parent=self._space,
                    requestId=request_id,
                    messageReplyOption="REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD",
                    body=card_message(message, request_id),
                )
            ),
            lambda posted: text_at(posted, "name"),
            repeatable=True,
            writes=True,
        )
