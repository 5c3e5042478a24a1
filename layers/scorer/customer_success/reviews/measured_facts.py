"""The facts of a review about single signals, at the quarter's start and end or from the account page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from pydantic import ValidationError

from customer_success.accounts.account import Account
from customer_success.accounts.row import AccountRow
from customer_success.dataclass import dataclass
from customer_success.narration.evidence import Fact, Unit
from customer_success.periods import Quarter
from customer_success.reviews.facts import HISTORY, PAGE, FactKey, fact
from customer_success.reviews.score_facts import QuarterScores
from customer_success.schemas import CSMHealthScore, CSMHealthSignals, SignalValue, Support


class Measure(NamedTuple):
    """A signal that a review quotes as it was measured; `field` is its name in `CSMHealthSignals`."""

    key: FactKey
    at_start: FactKey
    field: str
    label: str
    about: tuple[str, ...]
    unit: Unit


MEASURES = (
    Measure(
        FactKey.ADOPTION,
        FactKey.ADOPTION_AT_START,
        "feature_adoption_rate",
        "feature adoption",
        ("adoption",),
        "share",
    ),
    Measure(
        FactKey.SEATS,
        FactKey.SEATS_AT_START,
        "seats_utilization_rate",
        "seats in use",
        ("seat", "seats"),
        "share",
    ),
    Measure(FactKey.USAGE_TREND, FactKey.USAGE_TREND_AT_START, "usage_trend", "usage trend", ("usage",), "word"),
    Measure(
        FactKey.LOGIN_FREQUENCY,
        FactKey.LOGIN_FREQUENCY_AT_START,
        "login_frequency_days",
        "average days between logins",
        ("login", "logins"),
        "days",
    ),
    Measure(FactKey.NPS, FactKey.NPS_AT_START, "nps_score", "NPS", ("nps",), "number"),
    Measure(
        FactKey.OPEN_TICKETS,
        FactKey.OPEN_TICKETS_AT_START,
        "open_ticket_count",
        "open tickets",
        ("ticket", "tickets"),
        "count",
    ),
    Measure(
        FactKey.TICKET_SENTIMENT,
        FactKey.TICKET_SENTIMENT_AT_START,
        "avg_ticket_sentiment",
        "ticket sentiment",
        ("sentiment",),
        "word",
    ),
    Measure(
        FactKey.ESCALATIONS,
        FactKey.ESCALATIONS_AT_START,
        "escalation_count_90_days",
        "escalations in 90 days",
        ("escalation", "escalations"),
        "count",
    ),
)

_NO_VALUES: Mapping[str, SignalValue] = {}


@dataclass(frozen=True, slots=True)
class Measurements:
    """The signals at the quarter's start and end, and on the account page, by the field names of
    `CSMHealthSignals`. A side without a score is empty.
    """

    start: Mapping[str, SignalValue]
    end: Mapping[str, SignalValue]
    page: Mapping[str, SignalValue]
    start_on: date
    end_on: date
    page_on: date
    quarter: Quarter

    @classmethod
    def of(cls, row: AccountRow, scores: QuarterScores) -> Measurements:
        """The account's signals around the quarter of these scores."""
        start, end = scores.start, scores.end
        return cls(
            start=_values(start.score) if start else _NO_VALUES,
            end=_values(end.score) if end else _NO_VALUES,
            page=_values_on_page(row.account),
            start_on=start.run_date if start else scores.quarter.first,
            end_on=end.run_date if end else scores.quarter.last,
            page_on=row.latest.run_date,
            quarter=scores.quarter,
        )

    def facts(self) -> Iterator[Fact]:
        """Each signal that is known, at the start and at the end or on the page."""
        for measure in MEASURES:
            before, after, on_page = (side.get(measure.field) for side in (self.start, self.end, self.page))
            if before is not None:
                label = f"{measure.label} at the start of {self.quarter}"
                yield _measured(measure, measure.at_start, label, before, HISTORY, self.start_on)
            if after is not None:
                label = f"{measure.label} at the end of {self.quarter}"
                yield _measured(measure, measure.key, label, after, HISTORY, self.end_on)
            elif on_page is not None:
                yield _measured(measure, measure.key, measure.label, on_page, PAGE, self.page_on)

    def gaps(self) -> Iterator[str]:
        """The signals that are neither in the last score nor on the page, in one line."""
        unknown = [m.label for m in MEASURES if self.end.get(m.field) is None and self.page.get(m.field) is None]
        if unknown:
            yield f"not known: {', '.join(unknown)}"


def _measured(measure: Measure, key: FactKey, label: str, value: SignalValue, source: str, as_of: date) -> Fact:
    known = str(value) if measure.unit == "word" else float(value or 0.0)
    return fact(key, label, measure.about, known, measure.unit, source, as_of, series=measure.key)


def _values(score: CSMHealthScore) -> dict[str, SignalValue]:
    """The values that a score was made of; the signal `support` as its two halves."""
    values: dict[str, SignalValue] = {}
    for driver in score.drivers:
        if isinstance(driver.value, Support):
            values["avg_ticket_sentiment"] = driver.value.sentiment
            values["open_ticket_count"] = driver.value.open_tickets
        else:
            values[driver.key] = driver.value
    return values


def _values_on_page(account: Account) -> dict[str, SignalValue]:
    """The signals of the account page. A value that the schema refuses is unknown."""
    given = dict(account.signals)
    try:
        CSMHealthSignals.model_validate(given)
    except ValidationError as error:
        refused = {detail["loc"][0] for detail in error.errors() if detail["loc"]}
        given = {name: value for name, value in given.items() if name not in refused}
    return CSMHealthSignals.model_validate(given).model_dump()
