"""The lines that feeds deliver, one model per kind: read strictly, refused by field, value and bound."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails, PydanticKnownError

from customer_success.identifiers import ID_BOUND, is_nameable
from customer_success.periods import FIRST_DAY, LAST_DAY
from customer_success.schemas import CSMHealthSignals, OutcomeKind, Refusal, Sentiment, refusals
from customer_success.signals.kinds import Kind, Source
from customer_success.signals.touchpoints import TouchpointKind

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


class Line(BaseModel):
    """One line of a feed: which account it is of, by its Account ID, an external id of the source, or its domain."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, defer_build=True)

    account: Annotated[Key, Field(validation_alias=AliasChoices("account", "account_id"))]


NOT_FROM_FEEDS: Mapping[str, str] = MappingProxyType(
    {
        "tam_health_rag": "is a person's own rating: it is set on the account's page",
        "days_to_renewal": "follows from the contract's end on each day: deliver that, as kind contracts",
    }
)
"""Signals that no feed may deliver, and why."""

_STRICT = ConfigDict(strict=True, allow_inf_nan=False)


@cache
def _values() -> Mapping[str, TypeAdapter[Any]]:
    """How the value of each signal that a feed may deliver is read: as strictly as the scorer reads it."""
    return {
        name: TypeAdapter(Annotated[info.annotation, info], config=_STRICT)
        for name, info in CSMHealthSignals.model_fields.items()
        if name not in NOT_FROM_FEEDS
    }


class SignalLine(Line):
    """The value of one signal itself, within the bounds of that signal; null takes back what was delivered before."""

    signal: Name
    value: JsonValue
    as_of: Day

    @field_validator("signal")
    @classmethod
    def _from_feeds(cls, signal: str) -> str:
        if reason := NOT_FROM_FEEDS.get(signal):
            raise ValueError(f"{signal} {reason}")
        if signal not in _values():
            raise PydanticKnownError("literal_error", {"expected": ", ".join(_values())})
        return signal

    @field_validator("value")
    @classmethod
    def _within_bounds(cls, value: JsonValue, known: ValidationInfo) -> JsonValue:
        adapter = _values().get(known.data.get("signal", ""))
        if adapter is None:
            return value
        try:
            # Every cell of a table is text, and only there a text may be a number.
            is_cell = str(known.mode) == "string" and isinstance(value, str)
            read: JsonValue = adapter.validate_strings(value) if is_cell else adapter.validate_python(value)
        except ValidationError as error:
            raise _as_of_this_field(error.errors()[0]) from error
        return read


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
    """What became of a contract; null takes back what was delivered for the day."""

    outcome: OutcomeKind | None
    at: Day
    decision_date: Day | None = None
    arr_before: Amount | None = None
    arr: Amount | None = None


class IdLine(BaseModel):
    """An account's id in another tool."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    account_id: Key
    source: Source
    external_id: Key


AnyLine = Line | IdLine
PERSONAL = ("person", "people")
"""Fields that name people: no result shows their values."""

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


def line_refusals(error: ValidationError, model: type[BaseModel]) -> list[Refusal]:
    """What was wrong with a line, without what it says of a person."""
    return [_without_people(refusal, model) for refusal in refusals(error, model)]


def _without_people(refusal: Refusal, model: type[BaseModel]) -> Refusal:
    if refusal.field == model.__name__:  # it is no line at all, and may be anything
        return Refusal("line", "", refusal.bound, f"is refused: {refusal.bound}")
    if refusal.value and refusal.field.partition(".")[0] in PERSONAL:
        return Refusal(refusal.field, "", refusal.bound, f"is refused: {refusal.bound}")
    return refusal


def _as_of_this_field(detail: ErrorDetails) -> PydanticKnownError | ValueError:
    """An error of another model's field, as one of the field that is being read."""
    context = detail.get("ctx")
    if detail["type"] in ("value_error", "assertion_error"):
        return ValueError(str((context or {}).get("error", detail["msg"])))
    return PydanticKnownError(detail["type"], context)  # type: ignore[arg-type]
