"""What support tickets say: how many are open, their sentiment, how many were escalated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from customer_success.dataclass import dataclass
from customer_success.schemas import Sentiment
from customer_success.scoring.deriver_thresholds import SupportThresholds
from customer_success.signals.derived import Derived, NotEnough
from customer_success.signals.stamped import Stamp, Stamped

WORST_FIRST: tuple[Sentiment, ...] = ("critical", "negative", "neutral", "positive")
_GRADES: Mapping[Sentiment, int] = {"critical": 0, "negative": 1, "neutral": 2, "positive": 3}


@dataclass(frozen=True, slots=True)
class Ticket:
    """One support ticket. `closed` is None while it is open; `sentiment` None where the tool does not rate it."""

    opened: date
    closed: date | None = None
    sentiment: Sentiment | None = None
    escalated: bool = False


@dataclass(frozen=True, slots=True)
class Tickets:
    """The tickets of one account by one feed, as of a day.

    `snapshot` is the stamp of the feed's latest complete file: a ticket that it lacks was closed by then.
    """

    by_id: Mapping[str, Stamped[Ticket]]
    snapshot: Stamp | None = None

    def open_on(self, day: date) -> list[Ticket]:
        """The tickets that are open on `day`."""
        return [held.entry for held in self.by_id.values() if self._open(held, day)]

    def opened_since(self, day: date, until: date) -> list[Ticket]:
        """The tickets opened from `day` to `until`."""
        return [held.entry for held in self.by_id.values() if day <= held.entry.opened <= until]

    def _open(self, held: Stamped[Ticket], day: date) -> bool:
        ticket = held.entry
        missing_from_snapshot = self.snapshot is not None and held.stamp < self.snapshot
        return ticket.opened <= day and (ticket.closed is None or ticket.closed > day) and not missing_from_snapshot


def open_ticket_count(tickets: Tickets, until: date) -> Derived[int]:
    """How many tickets are open. An account without tickets has none: the feed would carry them."""
    count = len(tickets.open_on(until))
    return Derived(count, f"{count} open")


def avg_ticket_sentiment(
    tickets: Tickets, until: date, thresholds: SupportThresholds
) -> Derived[Sentiment] | NotEnough:
    """The mean sentiment of the rated tickets of the last days, rounded down: half a grade counts against the account.

    A ticket counts while it is open, and for `days` after it was opened.
    """
    rated = [ticket.sentiment for ticket in _recent(tickets, until, thresholds) if ticket.sentiment]
    if not rated:
        return NotEnough(f"no rated ticket in {thresholds.days} days")
    mean = sum(_GRADES[sentiment] for sentiment in rated) / len(rated)
    return Derived(WORST_FIRST[int(mean)], f"{len(rated)} rated tickets: {_counted(rated)}")


def escalation_count(tickets: Tickets, until: date, thresholds: SupportThresholds) -> Derived[int]:
    """How many tickets of the last days were escalated."""
    first = date.fromordinal(until.toordinal() - thresholds.days + 1)
    count = sum(ticket.escalated for ticket in tickets.opened_since(first, until))
    return Derived(count, f"{count} in {thresholds.days} days")


def _recent(tickets: Tickets, until: date, thresholds: SupportThresholds) -> Iterable[Ticket]:
    first = date.fromordinal(until.toordinal() - thresholds.days + 1)
    return {id(ticket): ticket for ticket in (*tickets.open_on(until), *tickets.opened_since(first, until))}.values()


def _counted(rated: Iterable[Sentiment]) -> str:
    counts = Counter(rated)
    return ", ".join(f"{counts[word]} {word}" for word in WORST_FIRST if counts[word])
