"""What a failed Notion call means for us."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
from notion_client.errors import HTTPResponseError, InvalidPathParameterError, RequestTimeoutError

from connectors.access import TokenRefused
from connectors.answers import shown
from customer_success.errors import Misconfigured, NotTaken, Refused, Unavailable, Unclear
from customer_success.pauses import seconds_asked

FAILURES = (
    HTTPResponseError,
    RequestTimeoutError,
    InvalidPathParameterError,
    httpx.RequestError,
    httpx.InvalidURL,
    # JSON that breaks off, is none, nests too deep, or holds a number with more digits than Python reads; and what is
    # none of Notion's own objects.
    ValueError,
    RecursionError,
)
"""All that a call of the SDK raises, its own errors and those that escape it."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, UnicodeEncodeError)
_TOO_LARGE = (500, 502, 503, 504, 408)
"""With these Notion, or what stands before it, answers a question that takes too long, among others."""
_OVERLOADED = (429, 529)
"""With these Notion did nothing, and says in `Retry-After` for how long to leave it alone."""


class NotFound(Misconfigured):
    """Notion does not find it, or does not show it to the integration."""


class TooLarge(Unclear):
    """Notion came to no end with it. Less at once may do."""


def fault_of(error: Exception, about: str) -> Exception:
    """The error of ours for one of `FAILURES`; `about` names what the call was about."""
    if isinstance(error, Refused):
        return error  # Ours already, from a call within the call.
    if isinstance(error, HTTPResponseError):
        return _answered(error, about)
    if isinstance(error, InvalidPathParameterError | httpx.InvalidURL):
        return Misconfigured(f"{about}: this cannot be an id in Notion")
    # The SDK raises its timeout error while it handles httpx's own, which knows how far the request came.
    cause = error.__context__ if isinstance(error, RequestTimeoutError) else error
    text = f"Notion did not answer about {about}: {type(cause).__name__} {shown(error)}"
    if isinstance(cause, _NEVER_SENT):
        return Unavailable(text)
    return TooLarge(text) if isinstance(cause, httpx.TimeoutException) else Unclear(text)


@contextmanager
def less_if_too_large(ask_for_less: Callable[[], None]) -> Iterator[None]:
    """Call `ask_for_less` where Notion comes to no end with what is asked inside, before that is asked again."""
    try:
        yield
    except FAILURES as error:
        if isinstance(fault_of(error, ""), TooLarge):
            ask_for_less()
        raise


def _answered(error: HTTPResponseError, about: str) -> Exception:
    own = _own_words(error.body)
    code, words = own or ("", f"an answer that is not Notion's own: {shown(error.body) or 'empty'}")
    status, retry_after = error.status, seconds_asked(error.headers.get("retry-after"))
    if status in _OVERLOADED or code in ("rate_limited", "service_overload"):
        return Unavailable(f"Notion asks for a pause ({status}): {words}", retry_after=retry_after)
    if status in _TOO_LARGE:
        return TooLarge(f"Notion failed on {about} with {status}: {words}", retry_after=retry_after)
    if own is None or status >= 500:
        return Unclear(f"Notion failed on {about} with {status}: {words}", retry_after=retry_after)
    if status == 409:
        return Unavailable(f"Notion could not complete a change of {about}: {words}", retry_after=retry_after)
    if status == 401:
        return TokenRefused(f"Notion refused the token: {words}")
    if code == "validation_error":
        return NotTaken(f"Notion refused {about} ({status} {code}): {words}")
    return _to_be_set_right(status, code, words, about)


def _to_be_set_right(status: int, code: str, words: str, about: str) -> Misconfigured:
    match code:
        case "restricted_resource":
            return Misconfigured(
                f"Notion does not let the integration touch {about}: {words} "
                "Give it the capabilities to read, insert and update content."
            )
        case "object_not_found":
            return NotFound(
                f"Notion does not find {about}: {words} "
                "Check the id, and share the database with the integration (in its menu, under Connections)."
            )
        case _:
            return Misconfigured(f"Notion refused {about} ({status} {code}): {words}")


def _own_words(body: str) -> tuple[str, str] | None:
    """Notion's code and words; None for an answer that is not Notion's own, at any status.

    The SDK's own reading of them is not used: it drops the words where it does not know the code.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict) or answer.get("object") != "error":
        return None
    code, message = answer.get("code"), answer.get("message")
    return (shown(code), shown(message)) if isinstance(code, str) and isinstance(message, str) else None
