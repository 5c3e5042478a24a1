"""What speaks for an offer: the signals of an account that ask for more seats, a module or an integration.

Of facts that are about one feature or tool, its name is the first word of `about`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from math import isfinite

from customer_success.account import Account
from customer_success.evidence import Fact, Unit
from customer_success.expansion_evidence import Ground
from customer_success.expansion_policy import MANY_SEATS
from customer_success.feature_usage import FeatureUsage
from customer_success.judgement import SIGNALS_STALE_AFTER
from customer_success.price_list import PriceList
from customer_success.schemas import Confidence, CSMHealthSignals

ALL_SEATS = 1.0
NEARLY_ALL_SEATS = 0.9
"""So many seats in use, and usage growing, are as good as all of them."""
NEAR_LIMIT = 0.9
ASKED_OFTEN = 10
"""Who asked for it so often wants it."""

PAGE, USAGE = "account page", "feature usage"

_SEATS = ("seat", "seats")
_INTEGRATIONS = ("integration", "integrations")


def grounds(
    account: Account, signals: CSMHealthSignals, usage: Sequence[FeatureUsage], prices: PriceList, *, on: date
) -> tuple[Ground, ...]:
    """The grounds for offers on the day `on`, at most one of each type."""
    fresh = [row for row in usage if row.is_fresh(on)]
    found = (_seats(account, signals, prices, on), _module(fresh, prices), _integration(account, fresh, on))
    return tuple(ground for ground in found if ground)


def _seats(account: Account, signals: CSMHealthSignals, prices: PriceList, on: date) -> Ground | None:
    rate = signals.seats_utilization_rate
    if rate is None or rate < MANY_SEATS:
        return None
    used, bought, growing = account.seats_used, account.seats_bought, signals.usage_trend == "growing"
    as_of = _as_of(account, on)
    facts = [_fact("seats_rate", "Seats in use per seat bought", _SEATS, rate, "share", PAGE, as_of)]
    if used is not None:
        facts.append(_fact("seats_used", "Seats in use", _SEATS, used, "count", PAGE, as_of))
    if bought is not None:
        facts.append(_fact("seats_bought", "Seats bought", _SEATS, bought, "count", PAGE, as_of))
    if growing:
        facts.append(_fact("usage_trend", "Usage trend", ("usage",), "growing", "word", PAGE, as_of))
    missing = used - bought if used is not None and bought is not None else 0.0
    return Ground(
        opportunity_type="seats",
        facts=tuple(facts),
        estimated_arr_impact=prices.seat * missing if prices.seat is not None and missing > 0 else None,
        confidence=_seats_confidence(rate, growing=growing, stale=on - as_of > SIGNALS_STALE_AFTER),
    )


def _as_of(account: Account, on: date) -> date:
    """The day of which the account page's signals are: the one that it names, else the one on which it was read."""
    return min(account.signals_updated or on, on)


def _seats_confidence(rate: float, *, growing: bool, stale: bool) -> Confidence:
    if stale:
        return "low"
    return "high" if rate >= ALL_SEATS or (rate >= NEARLY_ALL_SEATS and growing) else "medium"


def _module(fresh: Iterable[FeatureUsage], prices: PriceList) -> Ground | None:
    asked_for = [row for row in fresh if _is_near_limit(row) or _is_wanted(row)]
    if not asked_for:
        return None
    families = {_family(row).strip().casefold(): _family(row) for row in asked_for}
    known = [price for family in families.values() if (price := prices.module(family)) is not None]
    sure = any(_is_at_limit(row) or (_is_wanted(row) and (row.used or 0) >= ASKED_OFTEN) for row in asked_for)
    return Ground(
        opportunity_type="module",
        facts=tuple(fact for number, row in enumerate(asked_for, start=1) for fact in _module_facts(number, row)),
        estimated_arr_impact=sum(known) if len(known) == len(families) else None,
        confidence="high" if sure else "medium",
    )


def _is_near_limit(row: FeatureUsage) -> bool:
    return row.entitled is True and _share_of_limit(row) >= NEAR_LIMIT


def _is_at_limit(row: FeatureUsage) -> bool:
    return _is_near_limit(row) and _share_of_limit(row) >= 1


def _share_of_limit(row: FeatureUsage) -> float:
    """How much of its limit a feature is used to; 0 where that is not known."""
    share = row.used / row.limit if row.used is not None and row.limit and row.limit > 0 else 0.0
    return share if isfinite(share) else 0.0


def _is_wanted(row: FeatureUsage) -> bool:
    """True for a feature that the plan does not include, and that somebody asked for."""
    return row.entitled is False and row.used is not None and row.used > 0


def _family(row: FeatureUsage) -> str:
    return row.family or row.feature


def _module_facts(number: int, row: FeatureUsage) -> Iterator[Fact]:
    about, as_of = (row.feature.casefold(),), row.as_of or date.min
    key = f"module_{number}"
    if row.entitled is False:
        label = f"{row.feature}, not in the plan: times asked for"
        yield _fact(f"{key}_asked", label, about, row.used or 0.0, "count", USAGE, as_of)
        return
    share = _share_of_limit(row)
    yield _fact(f"{key}_share", f"{row.feature}: in use of its limit", about, share, "share", USAGE, as_of)
    yield _fact(f"{key}_used", f"{row.feature}: in use", about, row.used or 0.0, "count", USAGE, as_of)
    yield _fact(f"{key}_limit", f"{row.feature}: limit", about, row.limit or 0.0, "count", USAGE, as_of)


def _integration(account: Account, fresh: Sequence[FeatureUsage], on: date) -> Ground | None:
    """The tools that the account works with and has not connected; none where its integrations are not known."""
    rows = [row for row in fresh if (row.family or "").strip().casefold() in _INTEGRATIONS]
    if not rows:
        return None
    facts: list[Fact] = []
    has_row = False
    for number, tool in enumerate(_once(account.connected_tools), start=1):
        own = [row for row in rows if _names(row.feature, tool)]
        if any(row.used != 0 or row.entitled is False for row in own):
            continue
        has_row = has_row or bool(own)
        facts += _integration_facts(number, tool, own, _as_of(account, on))
    if not facts:
        return None
    return Ground(opportunity_type="integration", facts=tuple(facts), confidence="medium" if has_row else "low")


def _once(tools: Iterable[str]) -> list[str]:
    return list({tool.strip().casefold(): tool.strip() for tool in tools if tool.strip()}.values())


def _names(feature: str, tool: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(tool)}(?!\w)", feature, re.IGNORECASE) is not None


def _integration_facts(number: int, tool: str, own: Sequence[FeatureUsage], as_of: date) -> Iterator[Fact]:
    about = (tool.casefold(),)
    key = f"tool_{number}"
    yield _fact(key, "Connected tool", about, tool, "word", PAGE, as_of)
    for which, row in enumerate(own, start=1):
        label = f"{row.feature}: uses of the integration"
        yield _fact(f"{key}_used_{which}", label, about, 0.0, "count", USAGE, row.as_of or as_of)


def _fact(
    key: str, label: str, about: tuple[str, ...], value: float | str, unit: Unit, source: str, as_of: date
) -> Fact:
    return Fact(key=key, label=label, about=about, value=value, unit=unit, source=source, as_of=as_of)
