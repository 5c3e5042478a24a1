"""Which accounts may get an offer, and which types of offer may not be repeated.

The rules are those of "Expansion and the Sales handoff" in the architecture. A signal that is unknown counts neither
for an offer nor against it; a status that is not known, and a value that could not be read, hold every offer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from customer_success.accounts.account import Account
from customer_success.accounts.alert_state import FALL_WINDOW, AlertState
from customer_success.accounts.outward import offer_held_because
from customer_success.accounts.readable_signals import readable_signals
from customer_success.accounts.row import AccountRow
from customer_success.expansion.offer import Offer
from customer_success.periods import shifted
from customer_success.schemas import CSMHealthSignals, OpportunityType, Rag

MANY_SEATS = 0.8
HIGH_ADOPTION = 0.7
RENEWAL_FIRST_DAYS = 90
"""A contract that ends within this many days is renewed before anything is added to it."""
SETTLED_FOR = timedelta(days=90)
"""An offer that Sales rejected is not repeated within this time."""


def is_candidate(row: AccountRow, run_date: date) -> bool:
    """True if the account was scored on the run date and is a candidate by `why_no_candidate`."""
    point = row.latest.point
    if row.latest.run_date != run_date or row.latest.status != "scored" or point is None:
        return False
    signals = readable_signals(row.account, run_date).signals
    return why_no_candidate(point.health_status.rag, signals) is None


def why_no_candidate(rag: Rag, signals: CSMHealthSignals) -> str | None:
    """Why an account of this colour and these signals is no candidate for an offer; None if it is one."""
    if rag != "GREEN":
        return f"the colour is {rag}: only a GREEN account is offered more"
    seats, adoption, usage = signals.seats_utilization_rate, signals.feature_adoption_rate, signals.usage_trend
    if seats is not None and seats >= MANY_SEATS:
        return None
    if adoption is not None and adoption >= HIGH_ADOPTION and usage == "growing":
        return None
    return (
        f"seats in use per seat bought: {_share(seats)} (at least {MANY_SEATS:.0%} is needed), feature adoption: "
        f"{_share(adoption)} with usage {usage or 'unknown'} (at least {HIGH_ADOPTION:.0%} and growing is needed)"
    )


def never_offered(
    account: Account, signals: CSMHealthSignals, alert_state: AlertState, run_date: date
) -> tuple[str, ...]:
    """Why nothing may be offered to the account on the run date, each reason with the value; empty if it may.

    An alert is open while the account is in an alerting state, and for `FALL_WINDOW` after one was sent: falls are
    looked back on for so long, and a recovery is too recent for an offer. An alert that a person called false is over
    at once, unless the account is still in an alerting state.
    """
    unknown = offer_held_because(account)
    return (
        *((unknown,) if unknown else ()),
        *_of_ratings(signals),
        *_of_contract(account, signals, run_date),
        *_of_dealings(signals),
        *_of_alerts(alert_state, run_date),
    )


def blocked(offers: Iterable[Offer], run_date: date) -> dict[OpportunityType, str]:
    """The types that may not be offered again on the run date, each with the earlier offer that blocks it."""
    found: dict[OpportunityType, str] = {}
    for offer in sorted(offers, key=lambda offer: (offer.found_on, offer.handoff_id)):
        if reason := _blocking_reason(offer, run_date):
            found[offer.opportunity.opportunity_type] = reason
    return found


def _of_ratings(signals: CSMHealthSignals) -> Iterator[str]:
    if signals.tam_health_rag in ("AMBER", "RED"):
        yield f"the technical account manager's rating is {signals.tam_health_rag}"
    if signals.collections_risk in ("RED", "CRITICAL"):
        yield f"collections risk is {signals.collections_risk}"


def _of_contract(account: Account, signals: CSMHealthSignals, run_date: date) -> Iterator[str]:
    days = account.days_to_renewal(run_date) if signals.days_to_renewal is None else signals.days_to_renewal
    if days is None or days > RENEWAL_FIRST_DAYS:
        return
    end = shifted(run_date, days)
    if days < 0:
        yield f"the contract lapsed on {end}"
    else:
        yield f"the contract ends on {end} (days left: {days}, needed: more than {RENEWAL_FIRST_DAYS})"


def _of_dealings(signals: CSMHealthSignals) -> Iterator[str]:
    if signals.invoice_payment_status not in (None, "current"):
        yield f"invoices are {signals.invoice_payment_status}"
    if signals.stakeholder_engagement == "low":
        yield "stakeholder engagement is low"
    if signals.avg_ticket_sentiment in ("negative", "critical"):
        yield f"ticket sentiment is {signals.avg_ticket_sentiment}"
    if signals.escalation_count_90_days:
        yield f"escalations in 90 days: {signals.escalation_count_90_days}"


def _of_alerts(state: AlertState, run_date: date) -> Iterator[str]:
    if state.episode:
        yield f"an alert is open since {state.episode.since}"
    elif state.sent and not state.sent.called_false and run_date - state.sent.health_status.run_date < FALL_WINDOW:
        yield f"an alert was sent on {state.sent.health_status.run_date}, less than {FALL_WINDOW.days} days ago"


def _blocking_reason(offer: Offer, run_date: date) -> str | None:
    """Why an earlier offer lets no new one of its type be made, None if it does not."""
    if offer.unreadable:
        return f"an offer of {offer.quarter} is there that cannot be read, so what became of it is not known"
    status = offer.answer.status if offer.answer else None
    if offer.answer and status:
        answered = f"offered in {offer.quarter} and {status.lower()} on {offer.answer.on}"
        if status == "Accepted":
            return answered
        if run_date - offer.answer.on <= SETTLED_FOR:
            return f"{answered}: not again before {offer.answer.on + SETTLED_FOR + timedelta(days=1)}"
        return None
    if offer.dispatched_on:
        return f"offered in {offer.quarter} and open since {offer.dispatched_on}, not answered by Sales yet"
    return None


def _share(rate: float | None) -> str:
    return "unknown" if rate is None else f"{rate:.0%}"
