"""What is stored of a feed, as what the derivers read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import cast

from customer_success.dataclass import dataclass
from customer_success.schemas import Sentiment
from customer_success.signals.adoption import FeatureWeeks
from customer_success.signals.contracts import Contracts, ContractTerms
from customer_success.signals.invoices import Invoice, Invoices
from customer_success.signals.nps import NpsAnswer, NpsAnswers
from customer_success.signals.slots import Fields, Slot
from customer_success.signals.stamped import Stamp, Stamped
from customer_success.signals.tickets import Ticket, Tickets
from customer_success.signals.touchpoints import Touchpoint, TouchpointKind, Touchpoints
from customer_success.signals.usage import DailyUsage, DayOfUsage


def daily_usage(slot: Slot) -> DailyUsage:
    """The account's usage per day: several external ids add up; of a day with features alone the most used counts."""
    whole: dict[date, tuple[int, int]] = {}
    features: dict[date, tuple[int, int]] = {}
    for key, held in slot.entries.items():
        users, events = _count(held.entry[0]), _count(held.entry[1])
        day, of_a_feature = date.fromisoformat(key[:10]), held.entry[2] is not None
        into = features if of_a_feature else whole
        before = into.get(day, (0, 0))
        into[day] = (max(before[0], users) if of_a_feature else before[0] + users, before[1] + events)
    days = {day: DayOfUsage(*use) for day, use in {**features, **whole}.items()}
    return DailyUsage(days, slot.first)


def feature_weeks(slot: Slot) -> FeatureWeeks:
    """The most people on a day of each week and feature; several external ids of an account count together."""
    by_day: dict[tuple[str, date], int] = {}
    for key, held in slot.entries.items():
        if held.entry[2] is not None:
            of = (str(held.entry[2]), date.fromisoformat(key[:10]))
            by_day[of] = by_day.get(of, 0) + _count(held.entry[0])
    people: dict[str, dict[date, int]] = {}
    for (feature, day), count in by_day.items():
        weeks = people.setdefault(feature, {})
        monday = day - timedelta(days=day.weekday())
        weeks[monday] = max(weeks.get(monday, 0), count)
    return FeatureWeeks(people)


def tickets(slot: Slot, snapshot: Stamp | None) -> Tickets:
    return Tickets({key: Stamped(_ticket(held.entry), held.stamp) for key, held in slot.entries.items()}, snapshot)


def invoices(slot: Slot, snapshot: Stamp | None) -> Invoices:
    return Invoices({key: Stamped(_invoice(held.entry), held.stamp) for key, held in slot.entries.items()}, snapshot)


@dataclass(frozen=True, slots=True)
class FeatureEntry:
    """How much of a feature an account uses, as a feed counted it on a day."""

    feature: str
    family: str | None
    entitled: bool | None
    used: float | None
    limit: float | None
    as_of: date


def features(slot: Slot, snapshot: Stamp | None) -> list[FeatureEntry]:
    """The features of an account; one that the latest complete file (`snapshot`) lacks is not among them."""
    return [
        FeatureEntry(
            str(held.entry[0]),
            cast(str | None, held.entry[1]),
            cast(bool | None, held.entry[2]),
            cast(float | None, held.entry[3]),
            cast(float | None, held.entry[4]),
            _day(held.entry[5]),
        )
        for held in slot.entries.values()
        if snapshot is None or held.stamp >= snapshot
    ]


def contracts(slot: Slot, snapshot: Stamp | None) -> Contracts:
    return Contracts({key: Stamped(_terms(held.entry), held.stamp) for key, held in slot.entries.items()}, snapshot)


def touchpoints(slot: Slot) -> Touchpoints:
    return Touchpoints(
        {
            key: Stamped(
                Touchpoint(
                    _day(held.entry[0]), cast(TouchpointKind, held.entry[1]), frozenset(cast(list[str], held.entry[2]))
                ),
                held.stamp,
            )
            for key, held in slot.entries.items()
        }
    )


def nps_answers(slot: Slot) -> NpsAnswers:
    return NpsAnswers(
        {
            key: Stamped(NpsAnswer(str(held.entry[0]), _count(held.entry[1]), _day(held.entry[2])), held.stamp)
            for key, held in slot.entries.items()
        }
    )


def values(slot: Slot) -> Mapping[str, tuple[object, date]]:
    """The signals that a feed delivers by themselves: the value of each, and its day."""
    return {key: (held.entry[1], _day(held.entry[2])) for key, held in slot.entries.items()}


def _ticket(fields: Fields) -> Ticket:
    sentiment = cast(Sentiment | None, fields[2])
    return Ticket(_day(fields[0]), _day(fields[1]) if fields[1] else None, sentiment, bool(fields[3]))


def _invoice(fields: Fields) -> Invoice:
    amount = fields[2] if isinstance(fields[2], int | float) else None
    currency = str(fields[3]) if fields[3] else None
    return Invoice(_day(fields[0]), _day(fields[1]) if fields[1] else None, amount, currency)


def _terms(fields: Fields) -> ContractTerms:
    end, no_end, notice_days, auto_renew, term_months = fields
    return ContractTerms(
        _day(end) if end else None,
        cast(bool | None, no_end),
        cast(int | None, notice_days),
        cast(bool | None, auto_renew),
        cast(int | None, term_months),
    )


def _day(value: object) -> date:
    return date.fromisoformat(str(value))


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
