"""From what feeds delivered of an account to observations of its signals."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from datetime import date, timedelta

from customer_success.dataclass import dataclass
from customer_success.scoring.deriver_thresholds import DeriverThresholds
from customer_success.signals import decoding, invoices, nps, tickets, touchpoints, usage
from customer_success.signals.adoption import expected_of, feature_adoption_rate
from customer_success.signals.derived import Derived, NotEnough
from customer_success.signals.freshness import Feed
from customer_success.signals.observations import Observation
from customer_success.signals.slots import Slot, SlotName

COMPLETE = ("tickets",)
"""Kinds of which an account without a line has none: who wrote no ticket has none open. Who is in no other feed may be
in another tool, so there it is unknown."""


LAST_INTERACTION, DAYS_SINCE = "last_interaction", "days_since_last_interaction"
"""The day of the last contact, and the days since then: what a feed says of these holds on its own day."""


@dataclass(frozen=True, slots=True)
class Context:
    """What deriving needs beside the deliveries: the day, the account's seats, and what is expected of its plan."""

    on: date
    feeds: Mapping[SlotName, Feed]
    thresholds: DeriverThresholds = DeriverThresholds()
    seats: float | None = None
    plan: str | None = None
    core_features: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The features that the team expects of accounts, by their plan."""


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
        fresh = feed.counts_first_on(context.on, context.thresholds.fresh)
        for signal, found, as_of in _of_feed(name, slot, feed, context):
            if isinstance(found, NotEnough):
                not_derived.append(NotDerived(signal, name.source, found.reason))
            else:
                observations.append(Observation(signal, found.value, as_of, name.source, found.basis, fresh, name.kind))
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
            yield LAST_INTERACTION, last, last.value if isinstance(last, Derived) else delivered
            engagement = touchpoints.stakeholder_engagement(touches, context.on, context.thresholds.contact)
            yield "stakeholder_engagement", engagement, delivered
        case "nps":
            answers = decoding.nps_answers(slot)
            at_nps = context.thresholds.nps
            newest = max((answer.at for answer in answers.newest(context.on, at_nps.days)), default=delivered)
            yield "nps_score", nps.nps_score(answers, context.on, at_nps), newest
        case "contracts":
            present = decoding.contracts(slot, feed.snapshot).present(context.on)
            for term, value in present.known() if present else ():
                yield term, Derived(value), delivered
        case "signals":
            for signal, (value, as_of) in decoding.values(slot).items():
                if value is None or as_of > context.on:
                    continue
                if signal == DAYS_SINCE and isinstance(value, int):  # the days go on after the day that it is of
                    contact = as_of - timedelta(days=min(value, as_of.toordinal() - 1))
                    yield LAST_INTERACTION, Derived(contact), contact
                else:
                    yield signal, Derived(value), as_of


def _of_usage(slot: Slot, feed: Feed, context: Context) -> Iterator[Found]:
    until = _until(feed, context)
    daily, at = decoding.daily_usage(slot), context.thresholds
    yield "usage_trend", usage.usage_trend(daily, until, feed.season, at.trend), until
    yield "login_frequency_days", usage.login_frequency_days(daily, until, context.seats, at.logins), until
    seats = usage.seats_utilization_rate(daily, until, context.seats, None, at.logins)
    yield "seats_utilization_rate", seats, until
    used = _features_used(slot, until, context)
    if used is not None:
        expected = expected_of(context.plan, context.core_features, feed.expected)
        rate = used if isinstance(used, NotEnough) else feature_adoption_rate(used, expected)
        yield "feature_adoption_rate", rate, until


def features_used(slots: Mapping[SlotName, Slot], context: Context) -> Mapping[str, tuple[str, ...]]:
    """The features that an account uses, by the source of its usage; a source that is late or too new has no say."""
    found: dict[str, tuple[str, ...]] = {}
    for name, slot in slots.items():
        feed = context.feeds.get(name)
        if name.kind == "usage" and feed and not feed.late_on(context.on, context.thresholds.fresh):
            used = _features_used(slot, _until(feed, context), context)
            if isinstance(used, frozenset):
                found[name.source] = tuple(sorted(used))
    return found


def _features_used(slot: Slot, until: date, context: Context) -> frozenset[str] | NotEnough | None:
    """None where the feed counts no features."""
    weeks, at = decoding.feature_weeks(slot), context.thresholds.adoption
    if not weeks.people:
        return None
    monday = usage.monday_on_or_before(until + timedelta(days=1))
    if slot.first is None or slot.first > monday - timedelta(weeks=at.weeks):
        return NotEnough(f"usage since {slot.first}, adoption takes {at.weeks * 7} days")
    return weeks.used(until, context.seats, at)


def _until(feed: Feed, context: Context) -> date:
    """The feed's last whole day, as far as it lies in the past."""
    return min(feed.last_whole_day or context.on, context.on - timedelta(days=1))
