"""What a failed Slack call means for us.

Slack adds error codes as it likes. Only those that are known to be the message's own fault refuse the message; a code
that is not listed here is a fault to be looked at.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError

from connectors.access import TokenRefused
from connectors.answers import shown
from customer_success.errors import Misconfigured, NotTaken, Unavailable, Unclear
from customer_success.pauses import seconds_asked

FAILURES = (SlackClientError, OSError, http.client.HTTPException, ValueError, LookupError, AttributeError)
"""All that a call of the SDK raises: its own errors, those of the standard library's transport, and what comes of an
answer that is no object, cannot be decoded, or names an encoding that is none."""

_CODE = re.compile(r"[a-z0-9_]{1,80}")
_SCOPES = re.compile(r"[a-z:._, ]{1,200}")

_BAD_TOKEN = {
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
}
_SLOWER = {"ratelimited", "rate_limited", "message_limit_exceeded"}
_PASSING = {"service_unavailable", "request_timeout", "team_added_to_org", "external_channel_migrating"}
_PERHAPS_DONE = {"internal_error", "fatal_error"}
_MESSAGES_OWN = {"msg_too_long", "no_text", "metadata_too_large"}

_SCOPE = "Give the app the scope it lacks and install it again."
_INVITE = "Check the channel's id, and invite the app to it: /invite in the channel."
_CHANNEL_RULES = (
    "The channel's or the workspace's settings do not let the app post there: allow it in the channel's posting "
    "permissions, or name another channel."
)
_PERSON = "Slack lets the app write no direct message to this person."
_BUILT_WRONG = "Slack does not take messages as this program builds them: report it, with this text."
_ADMINS = "A workspace administrator has to allow the app."
_NETWORK = (
    "Slack takes calls from certain networks only: let an administrator allow those that the functions call from."
)
_FILES = "The workspace forbids to share this in channels with other companies: name a channel of your own."

_ADVICE: Mapping[str, str] = {
    "not_allowed_token_type": "The secret must hold a bot token (xoxb-…).",
    "missing_scope": _SCOPE,
    "no_permission": f"{_SCOPE} {_INVITE}",
    "channel_not_found": _INVITE,
    "not_in_channel": _INVITE,
    "is_archived": "The channel is archived: unarchive it, or name another.",
    "channel_is_archived": "The channel is archived: unarchive it, or name another.",
    "messages_tab_disabled": "The app takes no direct messages: switch on the Messages Tab under App Home in the app's "
    "settings (docs/slack-manifest.yaml has it).",
    "posting_to_general_channel_denied": _CHANNEL_RULES,
    "thread_locked": "The thread was locked by an administrator.",
    "cannot_reply_to_message": "Slack takes no reply to the message that this one follows.",
    "users_not_found": "Nobody in Slack has this address.",
    "user_not_found": _PERSON,
    "user_not_visible": _PERSON,
    "user_disabled": "The person's account in Slack is switched off.",
    "user_is_restricted": "The person is a guest, to whom the app may not write.",
    "user_is_ultra_restricted": "The person is a guest, to whom the app may not write.",
    "cannot_dm_bot": "The address belongs to a bot, which takes no direct messages.",
    "invalid_user_combination": "The person is of another company, and shares no channel with the app.",
    "team_not_found": "The token is one of an organisation: name the channel by its id.",
    "team_access_not_granted": "The app is not given this workspace: let an administrator of the organisation add it.",
    "accesslimited": _NETWORK,
    "access_denied": _ADMINS,
    "app_not_approved": _ADMINS,
    "two_factor_setup_required": "The workspace wants two-factor authentication to be set up for the app's owner.",
    "org_login_required": "The workspace moves to an organisation: bring the messages back once that is done.",
    "enterprise_is_restricted": "The method cannot be called for an organisation: install the app in one workspace.",
    "as_user_not_supported": _BUILT_WRONG,
    "invalid_blocks": _BUILT_WRONG,
    "invalid_blocks_format": _BUILT_WRONG,
    "msg_blocks_too_long": _BUILT_WRONG,
    "too_many_attachments": _BUILT_WRONG,
    "too_many_contact_cards": _BUILT_WRONG,
    "deprecated_endpoint": _BUILT_WRONG,
    "method_deprecated": _BUILT_WRONG,
    "unknown_method": "The address that is called is not Slack's, or the method was taken away: look at SlackApiUrl.",
}
_FAMILIES: Mapping[str, str] = {
    "restricted_action": _CHANNEL_RULES,
    "ekm_": "The administrators have suspended posting in this workspace or channel (enterprise key management).",
    "slack_connect_": _FILES,
    "invalid_": _BUILT_WRONG,
    "missing_": _BUILT_WRONG,
    "metadata_": _BUILT_WRONG,
    "duplicate_": _BUILT_WRONG,
    "team_": _ADMINS,
    "enterprise_": _ADMINS,
    "user_": _PERSON,
}
"""What codes mean that begin like this."""
_UNKNOWN = (
    "This program does not know the code: look it up at the method's page on docs.slack.dev/reference/methods, set "
    "right what it names, and bring the message back from the dead-letter queue."
)


def fault_of(error: Exception, about: str) -> Exception:
    """The error of ours for one of `FAILURES`; `about` names what the call was about."""
    if isinstance(error, SlackApiError):
        return _answered(error, about)
    if isinstance(error, SlackClientError):
        return Misconfigured(f"Slack cannot be called about {about}: {error}")
    if isinstance(error, ValueError | LookupError | AttributeError):
        return Unclear(f"the answer about {about} is not one of Slack's")
    text = f"Slack did not answer about {about}: {type(error).__name__} {shown(error)}"
    return Unavailable(text) if _never_sent(error) else Unclear(text)


def code_of(error: BaseException | None) -> str:
    """Slack's own error code; empty for an error that has none."""
    if not isinstance(error, SlackApiError):
        return ""
    data = _data(error)
    code = data.get("error") if data.get("ok") is False else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _answered(error: SlackApiError, about: str) -> Exception:
    code, status, retry_after = code_of(error), int(error.response.status_code), _retry_after(error)
    if status == 429 or code in _SLOWER:
        text = code or shown(_data(error).get("error", ""))
        return Unavailable(f"Slack asks for a pause on {about}: {text}", retry_after=retry_after)
    if not code:
        text = shown(_data(error).get("error", "") or "nothing that is Slack's")
        return Unclear(f"the answer about {about} is not one of Slack's ({status}): {text}", retry_after=retry_after)
    if code in _PASSING:
        return Unavailable(f"Slack could not take {about}: {code}", retry_after=retry_after)
    text = f"Slack refused {about}: {code}."
    if code in _BAD_TOKEN:
        return TokenRefused(text)
    if code in _PERHAPS_DONE or status >= 500:
        return Unclear(f"Slack failed on {about} with {status}: {code}", retry_after=retry_after)
    if code in _MESSAGES_OWN:
        return NotTaken(text)
    return Misconfigured(f"{text} {_advice(code)}{_needed(error)}")


def _advice(code: str) -> str:
    families = (text for begin, text in _FAMILIES.items() if code.startswith(begin))
    return _ADVICE.get(code) or next(families, _UNKNOWN)


def _needed(error: SlackApiError) -> str:
    needed = str(_data(error).get("needed") or "")
    return f" Needed: {needed}." if _SCOPES.fullmatch(needed) else ""


def _data(error: SlackApiError) -> Mapping[str, Any]:
    data: Any = error.response.data
    return data if isinstance(data, dict) else {}


def _retry_after(error: SlackApiError) -> float | None:
    headers = {name.lower(): value for name, value in error.response.headers.items()}
    return seconds_asked(headers.get("retry-after"))


def _never_sent(error: Exception) -> bool:
    reason = error.reason if isinstance(error, URLError) else None
    return isinstance(reason, ConnectionRefusedError | socket.gaierror | ssl.SSLCertVerificationError)
