"""Does a thing once, however often it is asked for. Nothing else knows how the ledger is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured, Refused, Unavailable, Unclear

if TYPE_CHECKING:
    from pydantic import BaseModel

    from customer_success.documents import ChatMessage
    from customer_success.ports import Chat, EventBus, Ledger

UNCLEAR = ""
"""Stands in the ledger while it is not known what was last written."""


def _nowhere() -> None:
    """Looks up what cannot be looked up."""


@dataclass(frozen=True, slots=True)
class Once:
    """One kind of thing that is done once for each key; `channel` is what the ledger calls the kind."""

    ledger: Ledger
    channel: str

    def __call__(self, key: str, create: Callable[[], str], *, find: Callable[[], str | None] = _nowhere) -> str:
        """Create what `key` names unless it was created before; returns the vendor's id for it.

        `find` looks it up at the vendor. It is asked only when an earlier call broke off and may have been carried out.
        Raises `Unavailable` while another function is creating it, and all that `create` raises.
        """
        claim = self.ledger.claim(key, self.channel)
        if claim.state == "done":
            return claim.outcome or ""
        if claim.state == "busy":
            raise self._busy(key, claim.seconds)
        try:
            reference = (find() if claim.state == "stale" else None) or create()
        except Exception as fault:
            # An unexpected error, such as an answer that cannot be read, may have come after the work was done.
            surely_undone = isinstance(fault, Unavailable | Misconfigured | Refused) and not isinstance(fault, Unclear)
            self.ledger.release(key, self.channel, unclear=claim.state == "stale" or not surely_undone)
            raise
        self.ledger.done(key, self.channel, reference)
        return reference

    def unless_same(self, key: str, content: str, write: Callable[[], object]) -> bool:
        """Write `content` under `key` unless it was the last that was written; True if it was written now.

        A write that breaks off leaves the content unclear, so that the next one is made. Raises `Unavailable` while
        another function is writing it, and all that `write` raises.
        """
        claim = self.ledger.claim(key, self.channel)
        if claim.state == "busy":
            raise self._busy(key, claim.seconds)
        if claim.outcome == content:
            return False
        self.ledger.done(key, self.channel, UNCLEAR)
        write()
        self.ledger.done(key, self.channel, content)
        return True

    def _busy(self, key: str, seconds: float) -> Unavailable:
        return Unavailable(f"{key} is being delivered to {self.channel} elsewhere", retry_after=seconds)


@dataclass(frozen=True, slots=True)
class OnceChat:
    """A chat in which each message is posted once."""

    chat: Chat
    once: Once

    @property
    def name(self) -> str:
        return self.chat.name

    def post(self, message: ChatMessage) -> str:
        """Post the message and return its id."""
        return self.once(message.key, lambda: self.chat.post(message), find=lambda: self.chat.find(message))


@dataclass(frozen=True, slots=True)
class OnceBus:
    """A bus on which each event is put once. One that may have been put is put again: its readers know its key."""

    bus: EventBus
    once: Once

    def put(self, key: str, detail_type: str, detail: BaseModel) -> str:
        """Put the event that `key` names and return its id."""
        return self.once(key, lambda: self.bus.put(detail_type, detail))
