"""What the vendors let in, and how that changes: a token is rotated, a key or a grant is revoked."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from local.sandbox.google import Grants
from local.sandbox.notion.api import Notion
from local.sandbox.slack import Slack


class Rotation(BaseModel):
    """The only token that a vendor takes from now on.

    Google's is the id of a service account's key (`private_key_id`), or a user's refresh token.
    """

    model_config = ConfigDict(extra="forbid")

    vendor: Literal["notion", "slack", "google"]
    token: str


class Gates:
    """The vendors' gates. What is let in at first is set where the sandbox is made."""

    def __init__(self, notion: Notion, slack: Slack, grants: Grants) -> None:
        self._notion = notion
        self._slack = slack
        self._grants = grants

    def rotate(self, rotation: Rotation) -> None:
        """Take the new token, and no other any more."""
        match rotation.vendor:
            case "notion":
                self._notion.token = rotation.token
            case "slack":
                self._slack.token = rotation.token
            case "google":
                self._grants.only = rotation.token
