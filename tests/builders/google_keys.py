"""Credentials for the sandbox's Google."""

from __future__ import annotations

from functools import cache
from typing import Any

from local.sandbox import Sandbox
from local.sandbox.google import service_account


@cache
def _key() -> dict[str, Any]:
    return service_account("")


def service_account_of(sandbox: Sandbox) -> dict[str, Any]:
    """A service account's key whose tokens the sandbox gives."""
    return {**_key(), "token_uri": sandbox.url("token")}


def grant_of(sandbox: Sandbox, mailbox: str) -> dict[str, Any]:
    """The OAuth grant of one user, for that user's own mailbox."""
    return {
        "type": "authorized_user",
        "client_id": "client",
        "client_secret": "secret",
        "refresh_token": f"1//{mailbox}",
        "token_uri": sandbox.url("token"),
    }
