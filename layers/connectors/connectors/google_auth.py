"""Credentials for Google's services, from what stands in the secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.oauth2 import credentials as user
from google.oauth2 import service_account

from customer_success.errors import Misconfigured

Info = Mapping[str, Any]
"""A service account's JSON key, or one user's OAuth grant (type `authorized_user`)."""

_USER_FIELDS = ("refresh_token", "client_id", "client_secret", "token_uri")


def credentials_for(info: Info, scopes: Sequence[str], *, mailbox: str | None = None) -> Credentials:
    """Credentials with exactly these scopes; a service account's speak for `mailbox` if one is given.

    A user's own reach that user's mailbox alone: Google refuses any other. Raises `Misconfigured`.
    """
    try:
        match info.get("type"):
            case "service_account":
                account = service_account.Credentials.from_service_account_info(info, scopes=scopes)  # type: ignore[no-untyped-call]
                return account.with_subject(mailbox) if mailbox else account  # type: ignore[no-any-return]
            case "authorized_user":
                return _user(info, scopes)
            case kind:
                raise Misconfigured(
                    f"Google credentials of type {kind!r} cannot be used: the secret must hold a service "
                    "account's JSON key, or a user's OAuth grant of type 'authorized_user'"
                )
    except (GoogleAuthError, ValueError, KeyError) as error:
        raise Misconfigured(f"The Google credentials in the secret cannot be used: {error}") from error


def _user(info: Info, scopes: Sequence[str]) -> Credentials:
    missing = [field for field in _USER_FIELDS if not info.get(field)]
    if missing:
        raise Misconfigured(f"The Google credentials in the secret lack {', '.join(missing)}")
    given = {field: info[field] for field in _USER_FIELDS}
    return user.Credentials(token=None, scopes=scopes, **given)  # type: ignore[no-untyped-call]
