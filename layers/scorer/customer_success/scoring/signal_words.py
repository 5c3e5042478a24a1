"""The value of a signal or a cap in words, in one place; an unknown value reads as unknown."""

from __future__ import annotations

from math import isfinite
from typing import get_args

from customer_success.schemas import CapKey, DriverValue, SignalKey, Support
from customer_success.scoring.scorecard import DEFAULT_SCORECARD, LABELS, Bands

_BOUNDS = {
    signal.key: tuple(int(band.bound) for band in signal.rule.bands if isfinite(band.bound))
    for signal in DEFAULT_SCORECARD.signals
    if isinstance(signal.rule, Bands)
}
"""Where the scorecard's bands of a signal end, rising: words change only where points do."""
_CAPS = get_args(CapKey)
SIGNAL_NAMES: dict[str, str] = {
    **LABELS,
    "open_ticket_count": "open tickets",
    "avg_ticket_sentiment": "ticket sentiment",
    "last_interaction": "last contact",
    "contract_end": "contract end",
    "no_end": "contract without an end",
    "notice_days": "notice period",
    "auto_renew": "automatic renewal",
    "term_months": "contract term",
}
"""The name in a sentence of each signal by its field, and of each cap."""
_BY_WORD: dict[str, dict[str, str]] = {
    "usage_trend": {
        "inactive": "nobody uses it",
        "declining": "usage declining",
        "stable": "usage stable",
        "growing": "usage growing",
    },
    "invoice_payment_status": {
        "current": "invoices paid",
        "overdue_30": "invoice overdue by 30 days",
        "overdue_60": "invoice overdue by 60 days",
        "overdue_90_plus": "invoice overdue by 90 days or more",
    },
}


def in_words(key: SignalKey | CapKey, value: DriverValue) -> str:
    """The signal and its value. Days are given by the scorecard's bands, so that a day's passing changes no word."""
    if value is None:
        return f"{LABELS[key]} unknown"
    if isinstance(value, Support):
        return _support(value)
    if isinstance(value, int | float):
        return _number_in_words(key, value)
    if value in _BY_WORD.get(key, {}):
        return _BY_WORD[key][value]
    match key:
        case "stakeholder_engagement" | "collections_risk":
            return f"{LABELS[key]} {value}"
        case "tam_health_rag":
            return f"TAM rating {value}"
    return f"{LABELS[key]}: {value}"


def side_of_change(key: SignalKey | CapKey, value: DriverValue) -> str:
    """The value alone, as what it was or what it is now. A cap without one did not apply, which is not unknown."""
    if value is None:
        return "no cap" if key in _CAPS else "unknown"
    return _short(value) if isinstance(value, float) else str(value)


def _number_in_words(key: str, value: float) -> str:
    match key:
        case "feature_adoption_rate":
            return f"feature adoption {value:.0%}"
        case "seats_utilization_rate":
            return f"{value:.0%} of seats used"
        case "login_frequency_days":
            return f"logins {_beyond(value, _BOUNDS[key])} days apart"
        case "days_since_last_interaction":
            return _contact(value)
        case "days_to_renewal":
            return _renewal(value)
        case "nps_score":
            return f"NPS {_short(value)}"
        case "escalation_count_90_days":
            return "1 escalation in 90 days" if value == 1 else f"{_short(value)} escalations in 90 days"
    return f"{LABELS[key]}: {_short(value)}"


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _support(support: Support) -> str:
    """Sentiment and open tickets. No open ticket is no complaint, so it is left out."""
    if support.open_tickets == 0:
        return f"tickets {support.sentiment}" if support.sentiment else "ticket sentiment unknown"
    return f"tickets {support}"


def _beyond(value: float, bounds: tuple[int, ...]) -> str:
    bound = next((bound for bound in reversed(bounds) if value > bound), None)
    return f"at most {bounds[0]}" if bound is None else f"more than {bound}"


def _contact(days: float) -> str:
    bounds = _BOUNDS["days_since_last_interaction"]
    return (
        f"last contact within {bounds[0]} days" if days <= bounds[0] else f"no contact for {_beyond(days, bounds)} days"
    )


def _renewal(days: float) -> str:
    if days < 0:
        return "contract lapsed"
    bounds = _BOUNDS["days_to_renewal"]
    bound = next((bound for bound in bounds if days <= bound), None)
    return f"renewal more than {bounds[-1]} days away" if bound is None else f"renewal within {bound} days"
