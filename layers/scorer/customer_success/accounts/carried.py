"""The last known values of signals: what merely became unknown says nothing about the account.

Decisions, and the colour that people see, rest on what is known, and on the last known value of what is not. So a
signal that becomes unknown changes neither: no account recovers by it, and none gets worse.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from customer_success.accounts.account import CONTRACT_END, LAST_INTERACTION, Account
from customer_success.dataclass import dataclass
from customer_success.schemas import CSMHealthSignals, SignalValue
from customer_success.scoring.health_status import TYPED, Point, SignalSource

CONTACT, RENEWAL = "days_since_last_interaction", "days_to_renewal"


@dataclass(frozen=True, slots=True)
class LastKnown:
    """A signal's value as it was last known: on the run date `known_on`, from `source`, as of the day `as_of`."""

    value: SignalValue
    known_on: date
    source: str
    as_of: date


def known_at(point: Point | None) -> dict[str, LastKnown]:
    """The values that a point knows, by signal."""
    if point is None:
        return {}
    return known_values(point.run_date, point.known_signals, point.sources, point.typed_on)


def known_on(run_date: date, account: Account, signals: CSMHealthSignals) -> dict[str, LastKnown]:
    """The values of an account's signals that are known on the run date."""
    return known_values(run_date, plain(signals), sources_of(account), account.signals_updated)


def known_values(
    run_date: date, values: Mapping[str, SignalValue], sources: Mapping[str, SignalSource], typed_on: date | None
) -> dict[str, LastKnown]:
    typed = SignalSource(TYPED, typed_on or run_date)
    found = {name: (value, sources.get(name, typed)) for name, value in values.items()}
    return {name: LastKnown(value, run_date, by.source, by.as_of) for name, (value, by) in found.items()}


def plain(signals: CSMHealthSignals) -> dict[str, SignalValue]:
    """The known signals by their fields."""
    return {name: value for name, value in signals if value is not None}


def sources_of(account: Account) -> dict[str, SignalSource]:
    """The feeds that an account's signals come from."""
    fed = {_field(name): SignalSource(seen.source, seen.as_of) for name, seen in account.observed.items()}
    end = account.terms.get(CONTRACT_END)
    return {**fed, RENEWAL: SignalSource(end.source, end.as_of)} if end else fed


def still_applies(last: Mapping[str, LastKnown], account: Account) -> dict[str, LastKnown]:
    """The last known values without those that no longer apply, which is not the same as unknown: a contract that has
    no end any more is not as near to its end as it was.
    """
    return {name: one for name, one in last.items() if not (account.open_ended and name == RENEWAL)}


def overruled(account: Account) -> dict[str, object]:
    """The typed values that a fresh feed goes before."""
    return {name: typed for name in account.observed if (typed := account.signals.get(name)) is not None}


def left_over(
    account: Account, last: Mapping[str, LastKnown], overruled_before: Mapping[str, object]
) -> dict[str, object]:
    """The typed values that count only because a feed died: older than what it delivered last, and as they were while
    it went before them.
    """
    fed = {name: one for name, one in last.items() if one.source != TYPED}
    typed = {name: value for name in fed if (value := _typed(account, name, overruled_before)) is not None}
    return {name: value for name, value in typed.items() if not _is_newer(account, name, fed[name])}


def carried(
    signals: CSMHealthSignals, last: Mapping[str, LastKnown], left: Mapping[str, object]
) -> dict[str, LastKnown]:
    """The last known values of signals that are unknown, or known only by what was left over."""
    return {name: one for name, one in last.items() if name in left or getattr(signals, name, None) is None}


def _typed(account: Account, name: str, overruled_before: Mapping[str, object]) -> object | None:
    """The typed value that a signal rests on now, if it did not change since a feed went before it."""
    if name == CONTACT:
        return None if LAST_INTERACTION in account.observed else account.last_interaction
    value = None if name in account.observed else account.signals.get(name)
    return value if name in overruled_before and overruled_before[name] == value else None


def _is_newer(account: Account, name: str, last: LastKnown) -> bool:
    typed_on = account.last_interaction if name == CONTACT else account.signals_updated
    return typed_on is not None and typed_on > last.as_of


def _field(observed: str) -> str:
    return CONTACT if observed == LAST_INTERACTION else observed
