"""What expansion needs from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from customer_success.dataclass import dataclass

if TYPE_CHECKING:
    from datetime import date

    from customer_success.expansion.entry import ExpansionEntry
    from customer_success.expansion.offer import ExpansionRecord, Handoff, Offer, SalesAnswer, SalesStatus


class Offers(Protocol):
    """The offers that were found, per account. Those who write them do not undo each other's work."""

    def of_account(self, account_id: str) -> list[Offer]:
        """All stored offers of an account; one that cannot be read comes as `unreadable`."""
        ...

    def get(self, handoff_id: str) -> Offer | None: ...

    def put(self, offer: Offer) -> None:
        """Write all of the offer but its handoff and its answer, which stay as they are."""
        ...

    def record_handoff(self, handoff_id: str, handoff: Handoff) -> None:
        """Note that Sales has it. Raises `Refused` if there is no such offer."""
        ...

    def record_answer(self, handoff_id: str, answer: SalesAnswer) -> None:
        """Note what Sales answered. Raises `Refused` if there is no such offer."""
        ...


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """What a record says of Sales' answer; `unreadable` is a status that is none of those that are known."""

    handoff_id: str
    status: SalesStatus | None = None
    reason: str | None = None
    unreadable: str | None = None


class ExpansionRecords(Protocol):
    """Pages that record offers, on which Sales answers."""

    def find(self, key: str) -> str | None:
        """The id of the record with this key, or None."""
        ...

    def create(self, record: ExpansionRecord) -> str:
        """Create the record and return its id. Not safe to repeat."""
        ...

    def write(self, page_id: str, record: ExpansionRecord) -> None:
        """Make the record read as `record`; what Sales wrote on it stays. Safe to repeat.

        Raises `Removed` if it is not there any more.
        """
        ...

    def url(self, page_id: str) -> str:
        """Where a person opens the record."""
        ...

    def answers(self, since: date) -> Iterator[tuple[RecordedAnswer, ...]]:
        """What the records say that were edited on or after `since`, up to 100 of them with each request."""
        ...


class ExpansionLog(Protocol):
    """What each day brought for expansion."""

    def plan(self, entries: Iterable[ExpansionEntry]) -> None:
        """Add those that are not there yet; the others stay as they are."""
        ...

    def settle(self, entry: ExpansionEntry) -> None:
        """Write what came of it."""
        ...

    def on(self, day: date) -> Iterator[ExpansionEntry]:
        """The entries of a day, by their keys."""
        ...
