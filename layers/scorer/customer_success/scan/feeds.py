"""Feeds that broke: signals that are unknown for most of the book, and were known for most of it before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import groupby
from types import MappingProxyType

from customer_success.scan.feed_report import explained_by_late_feeds
from customer_success.scan.run import BrokenFeed, Run
from customer_success.scan.tally import Tally
from customer_success.scoring.signal_words import SIGNAL_NAMES

NEW_NORMAL_AFTER = timedelta(days=28)
"""How long a broken feed is reported. After that the team is taken to have decided against the signal."""

SMALLEST_BOOK = 4
"""With fewer accounts than this, missing signals are reported per account."""

PROPERTIES: Mapping[str, str] = MappingProxyType(
    {
        "feature_adoption_rate": "Feature Adoption Rate",
        "usage_trend": "Usage Trend",
        "login_frequency_days": "Login Frequency Days",
        "days_since_last_interaction": "Last Interaction",
        "stakeholder_engagement": "Stakeholder Engagement",
        "nps_score": "NPS",
        "invoice_payment_status": "Invoice Status",
        "days_to_renewal": "Contract End Date",
        "seats_utilization_rate": "Seats Used",
        "open_ticket_count": "Open Tickets",
        "avg_ticket_sentiment": "Ticket Sentiment",
        "escalation_count_90_days": "Escalations 90d",
        "tam_health_rag": "Health Status",
        "collections_risk": "Collections Risk",
    }
)
"""The property of an account page that each signal is read from, as it is called where the team did not rename it."""


def broken_feeds(run: Run, before: Run | None) -> tuple[BrokenFeed, ...]:
    """The feeds that are broken on the day of the run, `before` being the last one whose book was not in doubt.

    A feed stays broken until its signal is known for half of the accounts again, or `NEW_NORMAL_AFTER` is over. A run
    whose own book is in doubt, or that watches no account, changes nothing.
    """
    if before is None:
        return ()
    known_broken = tuple(feed for feed in before.broken_feeds if run.run_date - feed.since < NEW_NORMAL_AFTER)
    if run.alarm or not run.tally.watched:
        return known_broken
    if min(run.tally.watched, before.tally.watched) < SMALLEST_BOOK:
        return ()
    still = {feed.signal: feed for feed in known_broken if _mostly_unknown(run.tally, feed.signal)}
    new = {
        signal: BrokenFeed(signal, run.run_date, before.run_date, _known(before.tally, signal), before.tally.watched)
        for signal in PROPERTIES
        if _has_broken(signal, before.tally, run.tally)
    }
    return tuple((new | still)[signal] for signal in PROPERTIES if signal in new or signal in still)


def in_words(run: Run) -> Iterator[str]:
    """Of each broken feed since when, for how many accounts, and what to look at; those that share it share a line.
    One that a late feed explains is named there.
    """
    mute = [feed for feed in run.broken_feeds if not explained_by_late_feeds(run.tally, feed.signal)]
    feeds = sorted(mute, key=lambda feed: (feed.since, _known_since(run, feed)))
    for since, alike in groupby(feeds, key=lambda feed: _known_since(run, feed)):
        signals = [feed.signal for feed in alike]
        names = ", ".join(SIGNAL_NAMES[signal] for signal in signals)
        yield f"{names}: {since}{_cause(run.tally, signals)}"


def _known_since(run: Run, feed: BrokenFeed) -> str:
    unknown = run.tally.missing.get(feed.signal, 0)
    return (
        f"unknown for {unknown} of {run.tally.watched} accounts since {feed.since}, "
        f"known for {feed.known} of {feed.accounts} on {feed.before}."
    )


def _cause(tally: Tally, signals: list[str]) -> str:
    properties = ", ".join(repr(PROPERTIES[signal]) for signal in signals)
    step = f" Look at what fills {properties} in Notion"
    if tally.outdated:
        return f"{step}, and 'Signals Updated': of {tally.outdated} accounts it is too old to count."
    return f"{step}."


def _has_broken(signal: str, before: Tally, now: Tally) -> bool:
    """True if most accounts lack what most had; where only new accounts came without it, nothing broke."""
    was_known = _known(before, signal) > before.watched / 2
    return was_known and _mostly_unknown(now, signal) and _known(now, signal) < _known(before, signal)


def _mostly_unknown(tally: Tally, signal: str) -> bool:
    return tally.missing.get(signal, 0) > tally.watched / 2


def _known(tally: Tally, signal: str) -> int:
    return tally.watched - tally.missing.get(signal, 0)
