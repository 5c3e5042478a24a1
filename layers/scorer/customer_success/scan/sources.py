"""Where the signals of an account came from, and when, in the words of its page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from customer_success.accounts.account import CONTRACT_END, LAST_INTERACTION, Account
from customer_success.accounts.readable_signals import readable_signals
from customer_success.scoring.health_status import TYPED
from customer_success.scoring.scorecard import LABELS

_OF_ITS_OWN = {
    "days_to_renewal": "contract end",
    "open_ticket_count": "open tickets",
    "avg_ticket_sentiment": "ticket sentiment",
}
"""Names of signals that are no driver by themselves, or that come from something else than they say."""


def sources_in_words(account: Account, day: date) -> str:
    """The source of each signal that counts on `day`, as in "Usage trend: product, 1 March · NPS: Notion"."""
    return " · ".join(f"{name[0].upper()}{name[1:]}: {source}" for name, source in _sources(account, day))


def _sources(account: Account, day: date) -> Iterator[tuple[str, str]]:
    for signal, value in readable_signals(account, day).signals:
        if value is None:
            continue
        contact = signal == "days_since_last_interaction"
        seen = account.observed.get(LAST_INTERACTION if contact else signal) or account.observed.get(signal)
        typed_on = account.last_interaction if contact else account.signals_updated
        if signal == "days_to_renewal":
            seen = account.terms.get(CONTRACT_END)
            typed_on = None  # it is the contract's own date, whenever it was typed
        source, as_of = (seen.source, seen.as_of) if seen else (TYPED, typed_on)
        basis = f" ({seen.basis})" if seen and seen.basis else ""
        yield _OF_ITS_OWN.get(signal) or LABELS.get(signal, signal), f"{source}{_when(as_of, day)}{basis}"


def _when(as_of: date | None, day: date) -> str:
    if as_of is None:
        return ""
    year = "" if as_of.year == day.year else f" {as_of.year}"
    return f", {as_of.day} {as_of:%B}{year}"
