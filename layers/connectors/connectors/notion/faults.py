"""What a failed Notion call means for us."""

from __future__ import annotations

import json

import httpx
from notion_client.errors import HTTPResponseError, InvalidPathParameterError, RequestTimeoutError

from connectors.access import TokenRefused
from connectors.patience import seconds_asked
from customer_success.errors import Misconfigured, Refused, Unavailable, Unclear

FAILURES = (
    HTTPResponseError,
    RequestTimeoutError,
    InvalidPathParameterError,
    httpx.RequestError,
    json.JSONDecodeError,
    UnicodeDecodeError,
)
"""All that a call of the SDK raises, its own errors and those that escape it."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class NotFound(Misconfigured):
    """Notion does not find it, or does not show it to the integration."""


def fault_of(error: Exception, about: str) -> Exception:
    """The error of ours for one of `FAILURES`; `about` names what the call was about."""
    if isinstance(error, HTTPResponseError):
        return _answered(error, about)
    if isinstance(error, InvalidPathParameterError):
        return Misconfigured(f"{about}: this cannot be an id in Notion")
    # The SDK raises its timeout error while it handles httpx's own, which knows how far the request came.
    cause = error.__context__ if isinstance(error, RequestTimeoutError) else error
    text = f"Notion did not answer about {about}: {type(cause).__name__} {error}"
    return Unavailable(text) if isinstance(cause, _NEVER_SENT) else Unclear(text)


def _answered(error: HTTPResponseError, about: str) -> Exception:
    said = _message(error)
    match error.status:
        case 401:
            return TokenRefused(f"Notion refused the token: {said}")
        case 403:
            return Misconfigured(
                f"Notion does not let the integration touch {about}: {said} "
                "Give it the capabilities to read, insert and update content."
            )
        case 404:
            return NotFound(
                f"Notion does not find {about}: {said} "
                "Check the id, and share the database with the integration (in its menu, under Connections)."
            )
        case 429:
            retry_after = seconds_asked(error.headers.get("retry-after"))
            return Unavailable(f"Notion asks for a pause: {said}", retry_after=retry_after)
        case 409:
            return Unavailable(f"Notion could not complete a change of {about}: {said}")
        case status if status >= 500 or status == 408:
            return Unclear(f"Notion failed on {about} with {status}: {said}")
        case status:
            return Refused(f"Notion refused {about} ({status} {_code(error)}): {said}")


def _code(error: HTTPResponseError) -> str:
    return str(getattr(error.code, "value", error.code))


def _message(error: HTTPResponseError) -> str:
    """Notion's own words; the SDK drops them when it does not know the error code."""
    try:
        body = json.loads(error.body)
    except ValueError:
        return str(error)
    return str(body.get("message", error)) if isinstance(body, dict) else str(error)
