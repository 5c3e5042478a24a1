"""What is known of the book as a whole: an account that lacks what most others have is offered nothing.

What most of the book lacks holds nothing: it makes an offer less sure, and the offer names it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from datetime import date, timedelta

from customer_success.accounts.account import Account
from customer_success.dataclass import dataclass
from customer_success.scan.ports import Runs
from customer_success.schemas import CSMHealthSignals
from customer_success.scoring.signal_words import SIGNAL_NAMES

SCAN = "health_scan"
SMALLEST_BOOK = 4
"""Accounts from which on half of the book is a measure."""
RATINGS = ("tam_health_rag", "collections_risk")
"""A rating is a warning: where there is none, there is no warning."""
SPEAKS_AGAINST = (
    "usage_trend",
    "nps_score",
    "open_ticket_count",
    "avg_ticket_sentiment",
    "escalation_count_90_days",
    "invoice_payment_status",
    "days_to_renewal",
    "stakeholder_engagement",
)
"""The signals by which an account may be excluded: without one of them an offer is less sure."""


@dataclass(frozen=True, slots=True)
class BookKnowledge:
    """For how many of the accounts whose feeds are `watched` each signal was `missing` in the last finished scan.

    `broken` are signals that were known for most of the book until their feed broke: they count as known to the others.
    """

    watched: int = 0
    missing: Mapping[str, int] = field(default_factory=dict)
    broken: Collection[str] = ()

    def half_has(self, signal: str) -> bool:
        """True if half of the book or more has the signal. Of a book of a few accounts nothing is known."""
        if self.watched < SMALLEST_BOOK:
            return False
        return signal in self.broken or 2 * (self.watched - self.missing.get(signal, 0)) >= self.watched


def known_of_book(runs: Runs, run_date: date) -> BookKnowledge:
    """What the last finished scan up to the run date knew."""
    run = runs.last_finished(SCAN, run_date + timedelta(days=1))
    if run is None:
        return BookKnowledge()
    return BookKnowledge(run.tally.watched, run.tally.missing, {feed.signal for feed in run.broken_feeds})


def held_for_gaps(account: Account, signals: CSMHealthSignals, book: BookKnowledge) -> tuple[str, ...]:
    """Why an offer waits: a signal is unknown that half of the book has."""
    held = [signal for signal in _unknown(account, signals) if book.half_has(signal)]
    return tuple(f"{SIGNAL_NAMES[signal]} not known, and half of the book or more has it" for signal in held)


def gaps_in_words(account: Account, signals: CSMHealthSignals) -> str:
    """What could speak against an offer and is unknown, as in "payment not known"; empty where nothing is."""
    unknown = [SIGNAL_NAMES[signal] for signal in _unknown(account, signals) if signal in SPEAKS_AGAINST]
    return f"{', '.join(unknown)} not known" if unknown else ""


def _unknown(account: Account, signals: CSMHealthSignals) -> Iterator[str]:
    """The signals that could be known and are not."""
    for signal, value in signals:
        if value is not None or signal in RATINGS:
            continue
        if signal == "avg_ticket_sentiment" and signals.open_ticket_count is not None:
            continue  # no ticket was rated
        if signal == "days_to_renewal" and account.open_ended:
            continue
        yield signal
