"""The way into a vendor, by a secret that may change while the process lives."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

from connectors.text import one_line, shortened
from customer_success.errors import Misconfigured, Refused, Unavailable

if TYPE_CHECKING:
    from customer_success.ports import Secret

Opened = TypeVar("Opened")
Answer = TypeVar("Answer")

Content = Mapping[str, Any]
"""What a secret holds."""

_HIDDEN_FIELDS = ("token", "private_key", "client_secret", "refresh_token")
_HEAD = 8
LONGEST_TEXT = 1000
"""Units of an error: a vendor may send back all that it was sent, notes and names with it."""
_PASSES = re.compile(r"(?i)\bbearer[ +]+[^\s'\"]{8,}|\bya29\.[\w.-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*")
"""What lets in for a while and stands in no secret: access tokens, and what they are asked for with."""


class Unfit(ValueError):
    """What a secret holds cannot be used. The text goes on after the secret's name, and shows nothing of it."""


class TokenRefused(Misconfigured):
    """The vendor does not let us in with what the secret holds; what was asked for was surely not done."""


class Access(Generic[Opened]):
    """What `opening` makes of the secret's content, made anew when that changes.

    `opening` raises `Unfit`; `holds` says in errors what the secret must hold.
    """

    def __init__(self, secret: Secret, opening: Callable[[Content], Opened], holds: str) -> None:
        self._secret = secret
        self._opening = opening
        self._holds = holds
        self._current: tuple[Content, Opened] | None = None

    def use(self, call: Callable[[Opened], Answer]) -> Answer:
        """`call` with what was opened; once more if it is refused (`TokenRefused`) and the secret holds another now.

        Raises what `call` raises, cut, with nothing of the secret in the text, and `Misconfigured` naming the secret.
        """
        content = self._secret.read()
        try:
            return self._call(content, call)
        except TokenRefused as refusal:
            renewed = self._secret.renew()
            if renewed == content:
                raise self._named(refusal) from None
        try:
            return self._call(renewed, call)
        except TokenRefused as refusal:
            raise self._named(refusal) from None

    def _call(self, content: Content, call: Callable[[Opened], Answer]) -> Answer:
        opened = self._open(content)
        try:
            return call(opened)
        except (Misconfigured, Refused, Unavailable) as fault:
            fault.args = (shortened(one_line(hidden(str(fault), content)), LONGEST_TEXT),)
            # The SDK's own error shows what came over the wire, which a traceback would print.
            raise fault from None

    def _open(self, content: Content) -> Opened:
        if self._current is None or self._current[0] != content:
            try:
                self._current = (content, self._opening(content))
            except Unfit as unfit:
                raise Misconfigured(f"secret {self._secret.name!r} {unfit}") from None
        return self._current[1]

    def _named(self, refusal: TokenRefused) -> TokenRefused:
        refusal.args = (f"{refusal} Check the secret {self._secret.name!r}: it must hold {self._holds}.",)
        return refusal


def token_in(content: Content) -> str:
    """The secret's `token`. Raises `Unfit`."""
    token = content.get("token")
    if not isinstance(token, str) or not token:
        raise Unfit('holds no token: it must read {"token": "…"}')
    if not re.fullmatch(r"[!-~]+", token):
        # Libraries report a header that cannot be sent by showing it.
        raise Unfit("holds a token that cannot be one: with a line break, a space or another character beyond ASCII")
    return token


def hidden(text: str, content: Content) -> str:
    """`text` without what the secret holds, be it whole, encoded for an address, cut off, or one line of a key."""
    values = [content[field] for field in _HIDDEN_FIELDS if isinstance(content.get(field), str)]
    for part in (part for value in values for part in re.split(r"\s|\\n", value)):
        if "-----" in part:
            continue
        for written in {part, quote(part, safe="")}:
            if len(written) >= _HEAD:
                text = re.sub(re.escape(written[:_HEAD]) + r"[\w%/+=.~-]*", "…", text)
    return _PASSES.sub("…", text)
