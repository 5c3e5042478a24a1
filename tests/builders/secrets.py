"""Secrets that a test holds in its hands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.sandbox import NOTION_TOKEN, SLACK_TOKEN


@dataclass
class HeldSecret:
    """The port `Secret`: `content` can be changed, and `renewals` counts how often it was read anew.

    `cached` is what is read until then; None reads what it holds.
    """

    content: Mapping[str, Any] = field(repr=False)
    name: str = "csm/secret"
    cached: Mapping[str, Any] | None = field(default=None, repr=False)
    renewals: int = 0

    def read(self) -> Mapping[str, Any]:
        return self.content if self.cached is None else self.cached

    def renew(self) -> Mapping[str, Any]:
        self.renewals += 1
        self.cached = None
        return self.content


def notion_secret(token: str = NOTION_TOKEN) -> HeldSecret:
    return HeldSecret({"token": token}, "csm/notion")


def slack_secret(token: str = SLACK_TOKEN) -> HeldSecret:
    return HeldSecret({"token": token}, "csm/slack")


def google_secret(info: Mapping[str, Any]) -> HeldSecret:
    return HeldSecret(info, "csm/google")
