"""What can be seen of a Google Chat space without posting anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.answers import text_at
from connectors.google_chat.space import space_service

if TYPE_CHECKING:
    from connectors.retry_policy import RetryPolicy
    from customer_success.ports import Secret

ALLOWED = (("GET", r"/v1/spaces/[\w-]+"),)


def space_title(secret: Secret, space: str, retry_policy: RetryPolicy, *, base_url: str | None = None) -> str:
    """What people call the space (`spaces/…`); the app sees those alone that it is a member of.

    Raises `Misconfigured`, `Unavailable`.
    """
    service = space_service("chat_spaces.json", ALLOWED, secret, space, retry_policy, base_url=base_url)

    def title(found: dict[str, Any]) -> str:
        return str(found.get("displayName") or text_at(found, "name"))

    return service.call(lambda chat: chat.spaces().get(name=space), title, repeatable=True)
