"""What a failed call to Google means for us.

Only what is known to be the message's own fault refuses the message; an unknown reason is a fault for a
person to look at, and an answer that is not Google's own is a passing fault at any status.
"""

from __future__ import annotations

import json
import re
from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError, InvalidValue, RefreshError, TransportError
from googleapiclient.errors import HttpError  # type: ignore[import-untyped]
from urllib3.exceptions import MaxRetryError, NewConnectionError

from connectors.access import TokenRefused
from connectors.answers import NOT_THEIRS, shown
from connectors.google_http import NoToken
from customer_success.errors import Misconfigured, NotTaken, Unavailable, Unclear
from customer_success.pauses import seconds_asked

FAILURES = (HttpError, NoToken, requests.RequestException, *NOT_THEIRS)
"""All that carrying out a request of the SDK raises over our transport."""

_LIMITS = {
    *("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded", "concurrentLimitExceeded"),
    *("variableTermLimitExceeded", "servingLimitExceeded", "sharingRateLimitExceeded", "limitExceeded"),
    *("dailyLimitExceededUnreg", "userRateLimitExceededUnreg", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"),
}
_PASSING = {
    *("backendError", "internalError", "internalServerError", "transientError", "backendNotConnected", "notReady"),
    *("INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "UNKNOWN", "DATA_LOSS"),
}
_TOO_LARGE = {"uploadTooLarge", "requestTooLarge"}
_MESSAGES_OWN = re.compile(
    # Gmail on a mail
    r"Invalid [\w-]+ header|Recipient address required|(?:Request payload size|Message size) exceeds|Message too large"
    # Chat on a message
    r"|Message cannot be empty|Message (?:text )?is (?:longer|too long)",
    re.IGNORECASE,
)
_OAUTH_CODE = re.compile(r"[a-z_]{1,60}")
_OAUTH_CODES = {
    *("invalid_grant", "invalid_client", "invalid_scope", "invalid_request", "unauthorized_client", "access_denied"),
    *("unsupported_grant_type", "unsupported_response_type", "admin_policy_enforced", "org_internal"),
    *("deleted_client", "disabled_client", "account_disabled", "invalid_rapt", "redirect_uri_mismatch"),
}
_OAUTH_PASSING = {"internal_failure", "server_error", "temporarily_unavailable", "rate_limit_exceeded"}


def fault_of(error: Exception, about: str, fix: str, *, writes: bool = False) -> Exception:
    """The error of ours for one of `FAILURES` on `about`; `fix` says what to set right.

    `writes` says that a message was to be written, which may be at fault itself.
    """
    if isinstance(error, HttpError):
        return _answered(error, about, fix, writes=writes)
    if isinstance(error, NoToken):
        return _not_let_in(error.cause, error.retry_after, about, fix)
    if isinstance(error, NOT_THEIRS) and not isinstance(error, requests.RequestException):
        return not_googles(about, error)
    text = f"Google did not answer about {about}: {type(error).__name__} {shown(error)}"
    return Unavailable(text) if _never_sent(error) else Unclear(text)


def not_googles(about: str, text: object, retry_after: float | None = None) -> Unclear:
    """The error of ours for an answer that is not as Google's are."""
    return Unclear(f"the answer about {about} is not one of Google's: {shown(text)}", retry_after=retry_after)


def _answered(error: HttpError, about: str, fix: str, *, writes: bool) -> Exception:
    status, retry_after = int(error.resp.status), seconds_asked(error.resp.get("retry-after"))
    answer = _message(error.content)
    text, reasons = answer or (shown(error.content.decode("utf-8", "replace")), set())
    if status == 429 or reasons & _LIMITS:
        return Unavailable(f"Google asks for a pause on {about}: {text}", retry_after=retry_after)
    if answer is None:
        return not_googles(about, f"{status} {text or 'nothing'}", retry_after)
    if status >= 500 or status == 408 or reasons & _PASSING:
        return Unclear(f"Google failed on {about} with {status}: {text}", retry_after=retry_after)
    if status == 401:
        return TokenRefused(f"Google refused access to {about} ({status}): {text} {fix}")
    if status == 409:
        return Unavailable(f"Google could not complete a change of {about}: {text}", retry_after=retry_after)
    named = " ".join(sorted(reasons))
    if writes and (status == 413 or reasons & _TOO_LARGE or (status == 400 and _MESSAGES_OWN.search(text))):
        return NotTaken(f"Google does not take what is written to {about} ({status} {named}): {text}")
    what = "refused access to" if status in (403, 404) else "refused"
    return Misconfigured(f"Google {what} {about} ({status} {named}): {text} {fix}")


def _not_let_in(error: GoogleAuthError, retry_after: float | None, about: str, fix: str) -> Exception:
    """A token that was not to be had: nothing was sent yet."""
    text = shown(error.args[0] if error.args else type(error).__name__)
    # What cannot be used as a token is an invalid value.
    unreached = isinstance(error, TransportError | InvalidValue) or error.retryable
    if unreached or (isinstance(error, RefreshError) and not _says_no(error)):
        return Unavailable(f"Google gave no token for {about}: {text}", retry_after=retry_after)
    return TokenRefused(f"Google refused access to {about}: {text}. {fix}")


def _says_no(error: RefreshError) -> bool:
    """True if the token endpoint itself refused: its answer has the shape of OAuth, or of Google's other services."""
    answer = error.args[1] if len(error.args) > 1 else None
    if not isinstance(answer, dict):
        return False
    code = answer.get("error")
    if isinstance(code, str) and _OAUTH_CODE.fullmatch(code):
        return code in _OAUTH_CODES or (code not in _OAUTH_PASSING and isinstance(answer.get("error_description"), str))
    parsed = _message(json.dumps(answer).encode())
    return parsed is not None and not parsed[1] & (_LIMITS | _PASSING)


def _never_sent(error: Exception) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError):
        return True
    cause = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _message(content: bytes) -> tuple[str, set[str]] | None:
    """Google's own words, and the reasons it gives; None for an error that is not as Google's are."""
    try:
        answer: Any = json.loads(content)
        parsed: Any = (answer[0] if isinstance(answer, list) else answer)["error"]
        text = parsed["message"]
        reasons = {one["reason"] for one in (*parsed.get("errors", ()), *parsed.get("details", ())) if "reason" in one}
        reasons |= {parsed["status"]} if "status" in parsed else set()
        named = reasons or isinstance(parsed.get("code"), int)
        if not named or not isinstance(text, str) or not all(isinstance(reason, str) for reason in reasons):
            return None
        return shown(text), {shown(reason) for reason in reasons}
    except (*NOT_THEIRS, RecursionError):
        return None
