"""The lines that feeds deliver, one model per kind: read strictly, refused by field, value and bound."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
)

from customer_success.identifiers import ID_BOUND, is_nameable
from customer_success.periods import FIRST_DAY, LAST_DAY
from customer_success.schemas import Sentiment
from customer_success.signals.touchpoints import TouchpointKind

Kind = Literal[
    "signals", "usage", "features", "tickets", "invoices", "touchpoints", "nps", "contracts", "outcomes", "ids"
]
MOST_USERS = 10_000_000
LARGEST_AMOUNT = 1e15
LONGEST_NAME = 100


def _nameable(value: str) -> str:
    if not is_nameable(value):
        raise ValueError(f"must be {ID_BOUND}")
    return value


def _within_calendar(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"must be a day from {FIRST_DAY} to {LAST_DAY}")
    return day


def _separate(value: Any) -> Any:
    """A cell of a table holds several people, separated by semicolons."""
    return [part.strip() for part in value.split(";") if part.strip()] if isinstance(value, str) else value


Key = Annotated[str, AfterValidator(_nameable)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
Day = Annotated[date, AfterValidator(_within_calendar)]
Count = Annotated[int, Field(ge=0, le=MOST_USERS)]
Amount = Annotated[float, Field(ge=0, le=LARGEST_AMOUNT)]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
Csat = Annotated[int, Field(ge=1, le=5)]
Source = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern="^[a-z0-9][a-z0-9_-]{0,39}$")]


class Line(BaseModel):
    """One line of a feed: which account it is of, by its Account ID, an external id of the source, or its domain."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, defer_build=True)

    account: Annotated[Key, Field(validation_alias=AliasChoices("account", "account_id"))]


class SignalLine(Line):
    """The value of one signal itself."""

    signal: Name
    value: JsonValue
    as_of: Day


class UsageLine(Line):
    """A day of an account, of one feature of it where `feature` is given."""

    date: Day
    active_users: Count
    events: Count | None = None
    feature: Name | None = None


class FeatureLine(Line):
    """How much of a feature is used, as the Feature Usage database has it."""

    feature: Name
    family: Name | None = None
    entitled: bool | None = None
    used: Amount | None = None
    limit: Amount | None = None
    as_of: Day


class TicketLine(Line):
    """A support ticket. `csat` is a rating of 1 to 5, read as sentiment where none is given."""

    id: Key
    opened: Day
    closed: Day | None = None
    priority: Name | None = None
    sentiment: Sentiment | None = None
    csat: Csat | None = None
    escalated: bool | None = None


class InvoiceLine(Line):
    """An invoice."""

    id: Key
    due: Day
    paid: Day | None = None
    amount: Amount | None = None
    currency: Currency | None = None


class TouchpointLine(Line):
    """A touchpoint. `people` names the customer's people who took part; only marks of them are stored."""

    at: Day
    kind: TouchpointKind
    people: Annotated[list[Name], BeforeValidator(_separate), Field(max_length=200)] = []


class NpsLine(Line):
    """One person's answer; only a mark of the person is stored."""

    person: Name
    score: Annotated[int, Field(ge=0, le=10)]
    at: Day


class ContractLine(Line):
    """The terms of a contract."""

    end: Day | None = None
    no_end: bool | None = None
    notice_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    auto_renew: bool | None = None
    term_months: Annotated[int, Field(ge=1, le=600)] | None = None


class OutcomeLine(Line):
    """What became of a contract."""

    outcome: Literal["renewed", "churned", "contracted", "expanded"]
    at: Day
    decision_date: Day | None = None
    arr_before: Amount | None = None
    arr: Amount | None = None


class IdLine(BaseModel):
    """An account's id in another tool."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    account_id: Key
    source: Annotated[
        str, StringConstraints(strip_whitespace=True, to_lower=True, pattern="^[a-z0-9][a-z0-9_-]{0,39}$")
    ]
    external_id: Key


AnyLine = Line | IdLine
MODELS: Mapping[Kind, type[Line] | type[IdLine]] = MappingProxyType(
    {
        "signals": SignalLine,
        "usage": UsageLine,
        "features": FeatureLine,
        "tickets": TicketLine,
        "invoices": InvoiceLine,
        "touchpoints": TouchpointLine,
        "nps": NpsLine,
        "contracts": ContractLine,
        "outcomes": OutcomeLine,
        "ids": IdLine,
    }
)
"""The model of each kind's lines."""

SENTIMENT_OF_CSAT: Mapping[int, Sentiment] = MappingProxyType(
    {1: "critical", 2: "negative", 3: "neutral", 4: "positive", 5: "positive"}
)
