"""The facts of a review: by which key each is known, and the values of those whose label is made of several."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from customer_success.narration.evidence import Fact, Unit
from customer_success.schemas import CapKey, DriverValue, Rag, SignalKey, Support

HISTORY, PAGE, REPORT = "score history", "account page", "adoption report"


class FactKey(StrEnum):
    """The keys of facts of which a review has at most one."""

    SCORE_AT_START = "score_at_start"
    SCORE_AT_END = "score_at_end"
    SCORE_LOWEST = "score_lowest"
    SCORE_HIGHEST = "score_highest"
    SCORE_CHANGE = "score_change"
    SCORE_NOW = "score_now"
    COLOUR_AT_START = "colour_at_start"
    COLOUR_AT_END = "colour_at_end"
    COLOUR_CHANGES = "colour_changes"
    COLOUR_NOW = "colour_now"
    ADOPTION_AT_START = "adoption_at_start"
    ADOPTION = "adoption"
    SEATS_AT_START = "seats_at_start"
    SEATS = "seats"
    USAGE_TREND_AT_START = "usage_trend_at_start"
    USAGE_TREND = "usage_trend"
    LOGIN_FREQUENCY_AT_START = "login_frequency_at_start"
    LOGIN_FREQUENCY = "login_frequency"
    NPS_AT_START = "nps_at_start"
    NPS = "nps"
    OPEN_TICKETS_AT_START = "open_tickets_at_start"
    OPEN_TICKETS = "open_tickets"
    TICKET_SENTIMENT_AT_START = "ticket_sentiment_at_start"
    TICKET_SENTIMENT = "ticket_sentiment"
    ESCALATIONS_AT_START = "escalations_at_start"
    ESCALATIONS = "escalations"
    FEATURES_USED = "features_used"
    FEATURES_UNDERUTILISED = "features_underutilised"
    FEATURES_NOT_ENTITLED = "features_not_entitled"
    CONTRACT_END = "contract_end"
    DAYS_TO_RENEWAL = "days_to_renewal"
    PLAN = "plan"
    NOTICE_DAYS = "notice_days"
    AUTO_RENEW = "auto_renew"
    RENEWAL_SIGNED = "renewal_signed"
    ARR = "arr"


class YesNo(StrEnum):
    """The value of a fact that is true or false."""

    YES = "yes"
    NO = "no"


class ColourChange(Fact):
    """A day on which the health colour changed."""

    before: Rag
    after: Rag


class SignalMove(Fact):
    """The points that one signal brought or cost between the start and the end of the quarter."""

    signal: SignalKey | CapKey
    before: DriverValue
    after: DriverValue


class OtherMoves(Fact):
    """The points of all that is not listed as a `SignalMove`."""


class MeasuredRoi(Fact):
    """A number that the team measured, labelled by the name of its own column."""


def fact(
    key: FactKey,
    label: str,
    about: tuple[str, ...],
    value: float | str | date,
    unit: Unit,
    source: str,
    as_of: date,
    *,
    series: str | None = None,
) -> Fact:
    """A fact of the review."""
    return Fact(key=key, label=label, about=about, value=value, unit=unit, series=series, source=source, as_of=as_of)


def value_in_words(signal: SignalKey | CapKey, value: DriverValue) -> str:
    """A signal's value as a review names it beside its points."""
    match value:
        case None:
            return "unknown"
        case int() | float() if signal in ("feature_adoption_rate", "seats_utilization_rate"):
            return f"{value:.0%}"
        case _:
            return str(value).replace("_", " ")


def has_figures(value: DriverValue) -> bool:
    """True if the value in words holds a number."""
    return isinstance(value, int | float) or (isinstance(value, Support) and value.open_tickets is not None)
