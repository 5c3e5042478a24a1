"""The lines that feeds deliver, one model per kind: read strictly, refused by field, value and bound."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints

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


def _empty_is_none(value: Any) -> Any:
    return None if value == "" else value


Key = Annotated[str, AfterValidator(_nameable)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
Day = Annotated[date, AfterValidator(_within_calendar)]
Count = Annotated[int, Field(ge=0, le=MOST_USERS)]
Amount = Annotated[float, Field(ge=0, le=LARGEST_AMOUNT)]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
Csat = Annotated[int, Field(ge=1, le=5)]
Source = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern="^[a-z0-9][a-z0-9_-]{0,39}$")]
Optional = BeforeValidator(_empty_is_none)


class Line(BaseModel):
    """One line of a feed: which account it is of, by its Account ID, an external id of the source, or its domain."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, defer_build=True)

    account: Key


class SignalLine(Line):
    """The value of one signal itself."""

    signal: Name
    value: JsonValue
    as_of: Day


class UsageLine(Line):
    """A day of an account, of one feature of it where `feature` is given."""

    date: Day
    active_users: Count
    events: Annotated[Count | None, Optional] = None
    feature: Annotated[Name | None, Optional] = None


class FeatureLine(Line):
    """How much of a feature is used, as the Feature Usage database has it."""

    feature: Name
    family: Annotated[Name | None, Optional] = None
    entitled: Annotated[bool | None, Optional] = None
    used: Annotated[Amount | None, Optional] = None
    limit: Annotated[Amount | None, Optional] = None
    as_of: Day


class TicketLine(Line):
    """A support ticket. `csat` is a rating of 1 to 5, read as sentiment where none is given."""

    id: Key
    opened: Day
    closed: Annotated[Day | None, Optional] = None
    priority: Annotated[Name | None, Optional] = None
    sentiment: Annotated[Sentiment | None, Optional] = None
    csat: Annotated[Csat | None, Optional] = None
    escalated: Annotated[bool | None, Optional] = None


class InvoiceLine(Line):
    """An invoice."""

    id: Key
    due: Day
    paid: Annotated[Day | None, Optional] = None
    amount: Annotated[Amount | None, Optional] = None
    currency: Annotated[Currency | None, Optional] = None


class TouchpointLine(Line):
    """A touchpoint. `people` names the customer's people who took part; only marks of them are stored."""

    at: Day
    kind: TouchpointKind
    people: tuple[Name, ...] = ()


class NpsLine(Line):
    """One person's answer; only a mark of the person is stored."""

    person: Name
    score: Annotated[int, Field(ge=0, le=10)]
    at: Day


class ContractLine(Line):
    """The terms of a contract."""

    end: Annotated[Day | None, Optional] = None
    no_end: Annotated[bool | None, Optional] = None
    notice_days: Annotated[int | None, Optional, Field(ge=0, le=3650)] = None
    auto_renew: Annotated[bool | None, Optional] = None
    term_months: Annotated[int | None, Optional, Field(ge=1, le=600)] = None


class OutcomeLine(Line):
    """What became of a contract."""

    outcome: Literal["renewed", "churned", "contracted", "expanded"]
    at: Day
    decision_date: Annotated[Day | None, Optional] = None
    arr_before: Annotated[Amount | None, Optional] = None
    arr: Annotated[Amount | None, Optional] = None


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
