"""What can be seen of a Google Chat space without posting anything."""

from __future__ import annotations

from importlib.resources import files

from connectors.google_auth import credentials_for
from connectors.google_chat.chat import SCOPE
from connectors.google_service import GoogleService
from connectors.patience import Patience
from customer_success.ports import Secret

ALLOWED = (("GET", r"/v1/spaces/[\w-]+"),)
TIMEOUT = 30.0


def space_title(secret: Secret, space: str, patience: Patience, *, base_url: str | None = None) -> str:
    """What people call the space (`spaces/…`); the app sees those alone that it is a member of.

    Raises `Misconfigured`, `Refused`, `Unavailable`.
    """
    service = GoogleService(
        files(__package__).joinpath("chat_spaces.json").read_text("utf-8"),
        secret,
        lambda info: credentials_for(info, [SCOPE]),
        ALLOWED,
        patience=patience,
        endpoint=base_url,
        timeout=TIMEOUT,
        about=f"the Google Chat space {space}",
        fix="Check the space's name, that the Chat app is a member of it, and that the key is the app's.",
    )
    found = service.call(lambda chat: chat.spaces().get(name=space), repeatable=True)
    return str(found.get("displayName") or space)
