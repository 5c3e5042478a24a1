"""A space of Google Chat as the Chat app reaches it: by its service account's key, with the app's one scope."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

from connectors.google_auth import credentials_for
from connectors.google_service import GoogleService

if TYPE_CHECKING:
    from connectors.retry_policy import RetryPolicy
    from customer_success.ports import Secret

SCOPE = "https://www.googleapis.com/auth/chat.bot"


def space_service(
    document: str,
    allowed: Sequence[tuple[str, str]],
    secret: Secret,
    space: str,
    retry_policy: RetryPolicy,
    *,
    base_url: str | None = None,
    timeout: float = 30.0,
) -> GoogleService:
    """What the discovery document of that name holds, and of it only the allowed methods and paths."""
    return GoogleService(
        files(__package__).joinpath(document).read_text("utf-8"),
        secret,
        lambda info: credentials_for(info, [SCOPE]),
        allowed,
        retry_policy=retry_policy,
        endpoint=base_url,
        timeout=timeout,
        about=f"the Google Chat space {space}",
        fix="Check the space's name, that the Chat app is a member of it, and that the key is the app's.",
    )
