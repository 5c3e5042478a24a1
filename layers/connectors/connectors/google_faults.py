"""What a failed call to Google means for us."""

from __future__ import annotations

import json
from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError, TransportError
from googleapiclient.errors import HttpError  # type: ignore[import-untyped]
from urllib3.exceptions import MaxRetryError, NewConnectionError

from connectors.access import TokenRefused
from connectors.patience import seconds_asked
from customer_success.errors import Misconfigured, Refused, Unavailable, Unclear

FAILURES = (HttpError, GoogleAuthError, requests.RequestException, json.JSONDecodeError, UnicodeDecodeError)
"""All that a call of the SDK raises over our transport."""

_LIMITS = {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"}
_NOT_SET_UP = {"failedPrecondition", "FAILED_PRECONDITION"}


def fault_of(error: Exception, about: str, fix: str) -> Exception:
    """The error of ours for one of `FAILURES` on `about`; `fix` says what to set right."""
    if isinstance(error, HttpError):
        return _answered(error, about, fix)
    if isinstance(error, GoogleAuthError):
        return _not_let_in(error, about, fix)
    text = f"Google did not answer about {about}: {type(error).__name__} {error}"
    return Unavailable(text) if _never_sent(error) else Unclear(text)


def _answered(error: HttpError, about: str, fix: str) -> Exception:
    status = int(error.resp.status)
    said, reasons = _message(error.content)
    if status == 429 or (status == 403 and reasons & _LIMITS):
        retry_after = seconds_asked(error.resp.get("retry-after"))
        return Unavailable(f"Google asks for a pause on {about}: {said}", retry_after=retry_after)
    if status == 401:
        return TokenRefused(f"Google refused access to {about} ({status}): {said} {fix}")
    if status in (403, 404) or reasons & _NOT_SET_UP:
        return Misconfigured(f"Google refused access to {about} ({status}): {said} {fix}")
    if status == 409:
        return Unavailable(f"Google could not complete a change of {about}: {said}")
    if status >= 500 or status == 408:
        return Unclear(f"Google failed on {about} with {status}: {said}")
    return Refused(f"Google refused {about} ({status}): {said}")


def _not_let_in(error: GoogleAuthError, about: str, fix: str) -> Exception:
    """A token that was not to be had: nothing was sent yet."""
    said = str(error.args[0]) if error.args else type(error).__name__
    if isinstance(error, TransportError) or error.retryable:
        return Unavailable(f"Google gave no token for {about}: {said}")
    return TokenRefused(f"Google refused access to {about}: {said}. {fix}")


def _never_sent(error: Exception) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError):
        return True
    cause = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _message(content: bytes) -> tuple[str, set[str]]:
    """Google's own words, and the reasons it gives."""
    try:
        told: Any = json.loads(content)["error"]
        reasons = {str(one.get("reason")) for one in told.get("errors") or ()} | {str(told.get("status"))}
        return str(told.get("message", told)), reasons
    except (ValueError, KeyError, TypeError, AttributeError):
        return content[:200].decode("utf-8", "replace"), set()
