"""Credentials for Google's services, from what stands in the secret."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from google.auth.credentials import Credentials
from google.oauth2 import credentials as user
from google.oauth2 import service_account

from connectors.access import Content, Unfit

_ACCOUNT_FIELDS = ("client_email", "token_uri", "private_key")
_USER_FIELDS = ("refresh_token", "client_id", "client_secret", "token_uri")


def credentials_for(info: Content, scopes: Sequence[str], *, mailbox: str | None = None) -> Credentials:
    """Credentials with exactly these scopes, from a service account's JSON key or one user's OAuth grant.

    A service account's speak for `mailbox` if one is given. A user's own (type `authorized_user`) reach that
    user's mailbox alone: Google refuses any other. Raises `Unfit`.
    """
    match info.get("type"):
        case "service_account":
            account = _account(info, scopes)
            return account.with_subject(mailbox) if mailbox else account  # type: ignore[no-untyped-call]
        case "authorized_user":
            given = _texts(info, _USER_FIELDS)
            return user.Credentials(token=None, scopes=scopes, **given)  # type: ignore[no-untyped-call]
        case kind:
            # What was put there by mistake may be a secret.
            shown = f"of type {kind!r}" if re.fullmatch(r"[a-z_]{1,40}", str(kind)) else "of no known type"
            raise Unfit(
                f"holds Google credentials {shown}, which cannot be used: it must hold a service account's JSON "
                "key, or a user's OAuth grant of type 'authorized_user'"
            )


def _account(info: Content, scopes: Sequence[str]) -> service_account.Credentials:
    _texts(info, _ACCOUNT_FIELDS)
    try:
        return service_account.Credentials.from_service_account_info(info, scopes=scopes)  # type: ignore[no-any-return, no-untyped-call]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The library's errors about a bad key quote parts of it.
        raise Unfit(
            "holds a service account whose private_key cannot be used: it must be the whole key, with its line breaks"
        ) from None


def _texts(info: Content, fields: Sequence[str]) -> dict[str, str]:
    missing = [field for field in fields if not isinstance(info.get(field), str) or not info[field]]
    if missing:
        raise Unfit(f"holds Google credentials that lack {', '.join(missing)}")
    return {field: info[field] for field in fields}
