"""What a failed Slack call means for us."""

from __future__ import annotations

import http.client
import socket
import ssl
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError

from connectors.access import TokenRefused
from connectors.patience import seconds_asked
from customer_success.errors import Misconfigured, Refused, Unavailable, Unclear

FAILURES = (SlackClientError, OSError, http.client.HTTPException, UnicodeDecodeError)
"""All that a call of the SDK raises, its own errors and those of the standard library's transport."""

_BAD_TOKEN = {
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
}
_BAD_CHANNEL = {"channel_not_found", "not_in_channel", "is_archived", "restricted_action"}
_NOT_ALLOWED = {
    "missing_scope",
    "no_permission",
    "access_denied",
    "ekm_access_denied",
    "team_access_not_granted",
    "org_login_required",
    "enterprise_is_restricted",
}
_SLOWER = {"ratelimited", "rate_limited", "message_limit_exceeded"}
_PASSING = {"service_unavailable", "request_timeout", "team_added_to_org"}
_PERHAPS_DONE = {"internal_error", "fatal_error"}


def fault_of(error: Exception, about: str) -> Exception:
    """The error of ours for one of `FAILURES`; `about` names what the call was about."""
    if isinstance(error, SlackApiError):
        return _answered(error, about)
    if isinstance(error, SlackClientError):
        return Misconfigured(f"Slack cannot be called about {about}: {error}")
    text = f"Slack did not answer about {about}: {type(error).__name__} {error}"
    return Unavailable(text) if _never_sent(error) else Unclear(text)


def code_of(error: BaseException | None) -> str:
    """Slack's own error code; empty for an error that has none."""
    return str(error.response.get("error") or "") if isinstance(error, SlackApiError) else ""


def _answered(error: SlackApiError, about: str) -> Exception:
    code, status = code_of(error), int(error.response.status_code)
    text = f"Slack refused {about}: {code}."
    if status == 429 or code in _SLOWER:
        return Unavailable(f"Slack asks for a pause on {about}: {code}", retry_after=_retry_after(error))
    if code in _BAD_TOKEN:
        return TokenRefused(text)
    if code == "not_allowed_token_type":
        return Misconfigured(f"{text} The secret must hold a bot token (xoxb-…).")
    if code in _BAD_CHANNEL:
        return Misconfigured(f"{text} Check the channel's id and invite the app to it.")
    if code in _NOT_ALLOWED:
        needed = error.response.get("needed") or "what the message says"
        return Misconfigured(f"{text} Give the app the scope it lacks ({needed}) and install it again.")
    if code in _PASSING:
        return Unavailable(f"Slack could not take {about}: {code}")
    if status != 200 or code in _PERHAPS_DONE or not code.replace("_", "").isalnum():
        # An answer that is no JSON stands in place of a code.
        return Unclear(f"Slack failed on {about} with {status}: {code}")
    return Refused(text)


def _retry_after(error: SlackApiError) -> float | None:
    headers = {name.lower(): value for name, value in error.response.headers.items()}
    return seconds_asked(headers.get("retry-after"))


def _never_sent(error: Exception) -> bool:
    reason = error.reason if isinstance(error, URLError) else None
    return isinstance(reason, ConnectionRefusedError | socket.gaierror | ssl.SSLCertVerificationError)
