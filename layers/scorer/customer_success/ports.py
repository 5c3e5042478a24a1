"""All that the agent and its tasks need from outside. Adapters raise the errors of `errors`, no vendor's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

from customer_success.dataclass import dataclass

if TYPE_CHECKING:
    from pydantic import BaseModel

    from customer_success.documents import ChatMessage, MailDraft
    from customer_success.messages import Message


LONGEST_PAUSE = 900.0
"""Seconds: no vendor's wish for a pause is heard for longer. What asks for years is a mistake."""


class Secret(Protocol):
    """A secret that holds a JSON object, as it stands at the moment: a rotated one is taken over without a deploy.

    Both raise `Misconfigured`, in words that show nothing of it, and `Unavailable`.
    """

    @property
    def name(self) -> str:
        """What a person finds it by."""
        ...

    def read(self) -> Mapping[str, Any]:
        """What it holds, at most some minutes old."""
        ...

    def renew(self) -> Mapping[str, Any]:
        """Its current content, read again: for when the vendor refuses the cached one."""
        ...


class Drafts(Protocol):
    """Mail drafts in people's mailboxes. There is no way to send one."""

    def find(self, mailbox: str, key: str) -> str | None:
        """The id of the draft with this key in `mailbox`, or None."""
        ...

    def create(self, draft: MailDraft) -> str:
        """Create the draft and return its id. Not safe to repeat."""
        ...


class Chat(Protocol):
    """One chat service of the team."""

    name: str

    def find(self, message: ChatMessage) -> str | None:
        """The id of the message if it was posted already, or None."""
        ...

    def post(self, message: ChatMessage) -> str:
        """Post the message and return its id. Safe to repeat only where `find` says so."""
        ...


class RateLimiter(Protocol):
    """One rate limit that all functions share for a vendor."""

    def wait(self) -> None:
        """Wait for the next free slot. Raises `OutOfTime` when it lies beyond the time left."""
        ...

    def push_back(self, seconds: float) -> None:
        """The vendor asked for a pause: no slot of any function before `seconds` from now, `LONGEST_PAUSE` at most."""
        ...


class Outbox(Protocol):
    """A queue to which messages are sent."""

    def send(self, messages: Iterable[Message], *, delay_seconds: int = 0) -> None:
        """Send all of them, to be delivered after `delay_seconds` (at most 900).

        Raises `Unavailable` if any was not taken.
        """
        ...


class EventBus(Protocol):
    """The bus on which other systems of the company listen."""

    def put(self, detail_type: str, detail: BaseModel) -> str:
        """Put one event and return its id; raises `Unavailable` if the bus did not take it."""
        ...


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim: `new` and `stale` may go on (a stale one looks first), `done` carries its outcome,
    `busy` is under way elsewhere for `seconds` more.
    """

    state: Literal["new", "stale", "done", "busy"]
    outcome: str | None = None
    seconds: float = 0.0


class Ledger(Protocol):
    """Written before a vendor is called, so that a repeat is recognised. Entries are stored for 90 days."""

    def claim(self, key: str, channel: str) -> Claim: ...

    def done(self, key: str, channel: str, outcome: str) -> None: ...

    def release(self, key: str, channel: str, *, unclear: bool) -> None:
        """The call failed. If it is `unclear` whether it was carried out, the next claim is stale, else new."""
        ...
