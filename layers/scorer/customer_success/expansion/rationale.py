"""Why an offer is made: the signals of an account that ask for more seats, a module or an integration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from customer_success.accounts.account import Account
from customer_success.adoption.feature_usage import FeatureUsage
from customer_success.expansion.policy import MANY_SEATS
from customer_success.expansion.price_list import PriceList
from customer_success.expansion.text import signal_label
from customer_success.narration.evidence import Unit
from customer_success.narration.offer_evidence import ExpansionSignal, Rationale
from customer_success.narration.offer_evidence import ExpansionSignalKind as Kind
from customer_success.schemas import Confidence, CSMHealthSignals

ALL_SEATS = 1.0
NEARLY_ALL_SEATS = 0.9
"""With growing usage, this share of seats in use counts like all of them."""
NEAR_LIMIT = 0.9
ASKED_OFTEN = 10
"""A feature that was requested this often counts like one that has reached its limit."""

SURE_FOR = timedelta(days=14)
"""Older account-page figures give low confidence under any staleness limit of the tenant."""

FEATURES_LISTED = 5
"""At most this many features or tools are listed, those with the strongest demand."""

PAGE, USAGE = "account page", "feature usage"
_SEATS = ("seat", "seats")
_INTEGRATIONS = ("integration", "integrations")


def rationales(
    account: Account, signals: CSMHealthSignals, usage: Sequence[FeatureUsage], prices: PriceList, *, run_date: date
) -> tuple[Rationale, ...]:
    """The rationales for offers on the run date, at most one of each type. Stale account-page figures are ignored."""
    account = account.known_on(run_date)
    fresh = [row for row in usage if row.is_fresh(run_date) and not _is_integration(row)]
    found = (_seats(account, signals, prices, run_date), _module(fresh, prices), _integration(account, usage, run_date))
    return tuple(rationale for rationale in found if rationale)


def _seats(account: Account, signals: CSMHealthSignals, prices: PriceList, run_date: date) -> Rationale | None:
    rate = signals.seats_utilization_rate
    if rate is None or rate < MANY_SEATS:
        return None
    used, bought, growing = account.seats_used, account.seats_bought, signals.usage_trend == "growing"
    as_of = _as_of(account, run_date)
    found = [_signal(Kind.SEATS_RATE, rate, "share", PAGE, as_of, about=_SEATS)]
    if used is not None and used >= 0:
        found.append(_signal(Kind.SEATS_USED, used, "count", PAGE, as_of, about=_SEATS))
    if bought is not None and bought > 0:
        found.append(_signal(Kind.SEATS_BOUGHT, bought, "count", PAGE, as_of, about=_SEATS))
    if growing:
        found.append(_signal(Kind.USAGE_TREND, "growing", "word", PAGE, as_of, about=("usage",)))
    missing = used - bought if used is not None and bought is not None and bought > 0 else 0.0
    return Rationale(
        opportunity_type="seats",
        signals=tuple(found),
        estimated_arr_impact=prices.seat * missing if prices.seat is not None and missing > 0 else None,
        confidence=_seats_confidence(rate, growing=growing, sure=run_date - as_of <= SURE_FOR),
    )


def _as_of(account: Account, run_date: date) -> date:
    """The date of the account page's signals: the one that it names, else the one on which it was read."""
    return min(account.signals_updated or run_date, run_date)


def _seats_confidence(rate: float, *, growing: bool, sure: bool) -> Confidence:
    if not sure:
        return "low"
    return "high" if rate >= ALL_SEATS or (rate >= NEARLY_ALL_SEATS and growing) else "medium"


def _module(fresh: Iterable[FeatureUsage], prices: PriceList) -> Rationale | None:
    found = sorted((row for row in fresh if _asks_for_more(row)), key=lambda row: (-_demand(row), row.feature))
    strongest = found[:FEATURES_LISTED]
    if not strongest:
        return None
    return Rationale(
        opportunity_type="module",
        signals=tuple(signal for number, row in enumerate(strongest, 1) for signal in _module_signals(number, row)),
        estimated_arr_impact=_module_estimate(strongest, prices),
        confidence="high" if _demand(strongest[0]) >= 1 else "medium",
    )


def _module_estimate(rows: Sequence[FeatureUsage], prices: PriceList) -> float | None:
    """The price of the modules that were asked for, one of each; the size of a limit increase is unknown."""
    families = dict.fromkeys((row.family or row.feature).strip().casefold() for row in rows)
    known = [price for family in families if (price := prices.module(family)) is not None]
    return sum(known) if len(known) == len(families) and not any(row.entitled for row in rows) else None


def _asks_for_more(row: FeatureUsage) -> bool:
    """True for a feature that is near its limit, or that was requested and is not in the plan."""
    if row.entitled:
        return _demand(row) >= NEAR_LIMIT
    return _demand(row) > 0 and row.used is not None and row.used >= 1


def _demand(row: FeatureUsage) -> float:
    """How strong the demand for more is: the used share of the limit, or the number of requests as a share of
    `ASKED_OFTEN`. 0 where it is unknown.
    """
    most = {True: row.limit, False: ASKED_OFTEN, None: None}[row.entitled]
    return row.used / most if row.used is not None and most is not None and most > 0 else 0.0


def _module_signals(number: int, row: FeatureUsage) -> Iterator[ExpansionSignal]:
    def known(kind: Kind, value: float | None, unit: Unit = "count") -> Iterator[ExpansionSignal]:
        if value is not None:
            as_of = row.as_of or date.min
            yield _signal(kind, value, unit, USAGE, as_of, name=row.feature, key=f"module_{number}_{kind}")

    if row.entitled:
        yield from known(Kind.LIMIT_SHARE, _demand(row), "share")
        yield from known(Kind.USED, row.used)
        yield from known(Kind.LIMIT, row.limit)
    else:
        yield from known(Kind.ASKED_FOR, row.used)


def _integration(account: Account, usage: Sequence[FeatureUsage], run_date: date) -> Rationale | None:
    """The tools that the account works with and that are not connected; none where its integrations are not known.

    What is known of a tool by a row of its own goes before what is only not there.
    """
    rows = [row for row in usage if _is_integration(row)]
    if not any(row.is_fresh(run_date) for row in rows):
        return None
    unused: dict[str, list[FeatureUsage]] = {}
    for tool in _once(account.connected_tools):
        own = [row for row in rows if _names(row, tool)]
        in_use = any(row.used and row.entitled is not False for row in usage if _names(row, tool))
        if not in_use and all(row.is_fresh(run_date) and (row.used == 0 or row.entitled is False) for row in own):
            unused[tool] = own
    sure = {tool: own for tool, own in unused.items() if own}
    listed = list((sure or unused).items())[:FEATURES_LISTED]
    if not listed:
        return None
    as_of = _as_of(account, run_date)
    return Rationale(
        opportunity_type="integration",
        signals=tuple(
            found for number, (tool, own) in enumerate(listed, 1) for found in _tool(number, tool, own, as_of)
        ),
        confidence="medium" if sure else "low",
    )


def _is_integration(row: FeatureUsage) -> bool:
    return (row.family or "").strip().casefold() in _INTEGRATIONS


def _once(tools: Iterable[str]) -> list[str]:
    """The tools in their order, each once however its case is written."""
    return list({tool.strip().casefold(): tool.strip() for tool in tools if tool.strip()}.values())


def _names(row: FeatureUsage, tool: str) -> bool:
    """True if the feature's name holds that of the tool as whole words."""
    return re.search(rf"(?<!\w){re.escape(tool.casefold())}(?!\w)", row.feature.casefold()) is not None


def _tool(number: int, tool: str, own: Sequence[FeatureUsage], as_of: date) -> Iterator[ExpansionSignal]:
    key = f"tool_{number}"
    yield _signal(Kind.TOOL, tool, "word", PAGE, as_of, name=tool, key=key)
    for which, row in enumerate(own, start=1):
        if row.used is None:
            continue  # how often it was asked for is unknown, which is not 0 times
        kind = Kind.ASKED_FOR if row.entitled is False else Kind.USED
        yield _signal(
            kind, row.used, "count", USAGE, row.as_of or as_of, name=tool, key=f"{key}_used_{which}", of=row.feature
        )


def _signal(
    kind: Kind,
    value: float | str,
    unit: Unit,
    source: str,
    as_of: date,
    *,
    name: str | None = None,
    about: tuple[str, ...] = (),
    key: str | None = None,
    of: str | None = None,
) -> ExpansionSignal:
    """A signal about the feature or tool `name`; `of` is the feature that is counted, where it is another."""
    return ExpansionSignal(
        key=key or kind,
        label=signal_label(kind, of or name),
        about=(name.casefold(),) if name else about,
        value=value,
        unit=unit,
        source=source,
        as_of=as_of,
        kind=kind,
        name=name,
    )
