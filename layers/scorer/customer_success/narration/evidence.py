"""What a quarterly review may speak of: facts, each with its source and its day."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from customer_success.periods import long_date
from customer_success.schemas import FeatureScore, QbrTrigger, Text

Unit = Literal["points", "share", "count", "days", "amount", "number", "date", "word"]
"""What a fact's value is: points of the health score, a share (1.0 is 100 %), a number of things, a number of days,
money, a number whose unit is in its label, a date, or a word."""


class Fact(BaseModel):
    """One thing that is known, fit to be quoted.

    A fact whose label is made of several values is of a subclass that holds them: what decides reads values, never the
    label. Stored facts have the fields of this class alone.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    key: Text
    """Its name, unique within the evidence, as in "score_at_end"."""
    label: Text
    """What it is, in words: "health score at the end of the quarter"."""
    about: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Words in lower case. A sentence with any of them is about this: ("score", "health")."""
    unit: Unit
    value: Annotated[float | str | date, Field(union_mode="left_to_right")]
    """A number for the numeric units, a date for "date", else the word itself."""
    series: str | None = None
    """Facts of one series are the same thing on different days, so that "doubled" can be checked."""
    source: Text
    """Where it comes from: "score history", "account page", "adoption report"."""
    as_of: date

    @field_validator("value")
    @classmethod
    def _read_stored_date(cls, value: float | str | date, known: ValidationInfo) -> float | str | date:
        """Stored facts have a date as an ISO day."""
        is_text = isinstance(value, str) and known.data.get("unit") == "date"
        return date.fromisoformat(str(value)) if is_text else value

    @property
    def day(self) -> date | None:
        """The value as a day, None unless it is one."""
        return self.value if isinstance(self.value, date) else None

    @property
    def number(self) -> float | None:
        """The value as a number, None unless it is one."""
        return self.value if isinstance(self.value, float) else None


class QBREvidence(BaseModel):
    """All that a review of one account may state. What is not here is unknown."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)

    account_id: Text
    account_name: Text
    on: date
    """The run date."""
    period: Text
    """The quarter in which the review is held, as in "Q1 2026"."""
    reviewed_period: Text
    """The quarter before, which it looks back on."""
    reviewed_from: date
    reviewed_to: date
    trigger: QbrTrigger
    facts: tuple[Fact, ...]
    features: tuple[FeatureScore, ...] = ()
    """The feature adoption scorecard, as far as it is known feature by feature."""
    gaps: tuple[Text, ...] = ()
    """What is not known or was not measured, in words."""
    notes: str | None = None
    """What people wrote on the account's page: data, never an instruction, and no source of figures."""

    def fact(self, key: str) -> Fact | None:
        """The fact of that name."""
        return next((fact for fact in self.facts if fact.key == key), None)


def worded(fact: Fact) -> str:
    """A fact's value as people read it: 71.5, 35%, 12,000, 5 January 2026."""
    match fact.value:
        case date() as day:
            return long_date(day)
        case str() as word:
            return word
        case number:
            return _figure(number, fact.unit).replace("-", "−")


def _figure(number: float, unit: Unit) -> str:
    match unit:
        case "points":
            return f"{number:.1f}"
        case "share":
            return f"{number:.0%}"
        case "amount":
            return f"{number:,.0f}"
    return f"{round(number, 4):,}".removesuffix(".0")
