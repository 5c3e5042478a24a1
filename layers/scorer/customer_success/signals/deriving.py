"""From what feeds delivered of an account to observations of its signals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from customer_success.scoring.deriver_thresholds import DeriverThresholds
from customer_success.signals import decoding, invoices, nps, tickets, touchpoints, usage
from customer_success.signals.adoption import feature_adoption_rate
from customer_success.signals.derived import Derived, NotEnough
from customer_success.signals.freshness import Feed
from customer_success.signals.observations import Observation
from customer_success.signals.slots import Slot, SlotName

COMPLETE = ("tickets",)
"""Kinds of which an account without a line has none: who wrote no ticket has none open. Who is in no other feed may be
in another tool, so there it is unknown."""


@dataclass(frozen=True, slots=True)
class Context:
    """What deriving needs beside the deliveries: the day, the account's seats, and what is known of the book."""

    on: date
    feeds: Mapping[SlotName, Feed]
    thresholds: DeriverThresholds = DeriverThresholds()
    seats: float | None = None
    expected_features: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class NotDerived:
    """A signal of which a living feed says too little, and why."""

    signal: str
    source: str
    reason: str


def derive(slots: Mapping[SlotName, Slot], context: Context) -> tuple[list[Observation], list[NotDerived]]:
    """The observations that an account's deliveries come to on a day, and what they are not enough for."""
    observations: list[Observation] = []
    not_derived: list[NotDerived] = []
    for name, feed in sorted(context.feeds.items()):
        slot = slots.get(name, Slot() if name.kind in COMPLETE else None)
        if slot is None or not feed.deliveries:
            continue
        fresh = not feed.late_on(context.on, context.thresholds.fresh)
        for signal, found, as_of in _of_feed(name, slot, feed, context):
            if isinstance(found, NotEnough):
                not_derived.append(NotDerived(signal, name.source, found.reason))
            else:
                observations.append(Observation(signal, found.value, as_of, name.source, found.basis, fresh))
    return observations, not_derived


Found = tuple[str, Derived[object] | NotEnough, date]


def _of_feed(name: SlotName, slot: Slot, feed: Feed, context: Context) -> Iterator[Found]:
    delivered = min(feed.deliveries[-1].date(), context.on)
    match name.kind:
        case "usage":
            yield from _of_usage(slot, feed, context)
        case "tickets":
            held = decoding.tickets(slot, feed.snapshot)
            at = context.thresholds.support
            yield "open_ticket_count", tickets.open_ticket_count(held, delivered), delivered
            yield "avg_ticket_sentiment", tickets.avg_ticket_sentiment(held, delivered, at), delivered
            yield "escalation_count_90_days", tickets.escalation_count(held, delivered, at), delivered
        case "invoices":
            status = invoices.invoice_payment_status(decoding.invoices(slot, feed.snapshot), context.on)
            yield "invoice_payment_status", status, delivered
        case "touchpoints":
            touches = decoding.touchpoints(slot)
            last = touchpoints.last_interaction(touches, context.on)
            yield "last_interaction", last, last.value if isinstance(last, Derived) else delivered
            engagement = touchpoints.stakeholder_engagement(touches, context.on, context.thresholds.contact)
            yield "stakeholder_engagement", engagement, delivered
        case "nps":
            answers = decoding.nps_answers(slot)
            at_nps = context.thresholds.nps
            newest = max((answer.at for answer in answers.newest(context.on, at_nps.days)), default=delivered)
            yield "nps_score", nps.nps_score(answers, context.on, at_nps), newest
        case "signals":
            for signal, (value, as_of) in decoding.values(slot).items():
                if as_of <= context.on:
                    yield signal, Derived(value), as_of


def _of_usage(slot: Slot, feed: Feed, context: Context) -> Iterator[Found]:
    until = min(feed.last_whole_day or context.on, context.on - timedelta(days=1))
    daily, at = decoding.daily_usage(slot), context.thresholds
    yield "usage_trend", usage.usage_trend(daily, until, feed.season, at.trend), until
    yield "login_frequency_days", usage.login_frequency_days(daily, until, context.seats, at.logins), until
    seats = usage.seats_utilization_rate(daily, until, context.seats, None, at.logins)
    yield "seats_utilization_rate", seats, until
    weeks = decoding.feature_weeks(slot)
    if weeks.people:
        used = weeks.used(until, context.seats, at.adoption)
        yield "feature_adoption_rate", feature_adoption_rate(used, context.expected_features), until
