"""Days, months, quarters and years as a sentence names them."""

from __future__ import annotations

import re
from calendar import month_name
from datetime import date

from customer_success.dataclass import dataclass
from customer_success.narration.claims.number_words import ORDINALS, any_of
from customer_success.patterns import lazy_pattern
from customer_success.periods import Quarter

_MONTHS = tuple(name.casefold() for name in month_name[1:])
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, start=1)}
_MONTH_NUMBERS |= {name[:3]: number for name, number in _MONTH_NUMBERS.items()} | {"sept": 9}
_SURE_MONTHS = any_of(set(_MONTHS) - {"may", "march"})
_MONTH = rf"(?P<month>{any_of(_MONTH_NUMBERS)})\b\.?"
_DAY = rf"(?P<day>\d{{1,2}}(?:st|nd|rd|th)?(?!\d|[.,]\d|\s?%)|(?:{any_of(ORDINALS)})\b)"
_YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d|[.,]\d|\s?%)"
_QUARTERS = r"(?P<quarter>first|second|third|fourth|1st|2nd|3rd|4th)"

MOMENTS = tuple(
    lazy_pattern(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?:t\d{2}:\d{2}[\d:.]*(?:z|[+-]\d{2}:?\d{2})?)?\b",
        r"\b(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})\b",
        r"\b(?P<day>\d{1,2})(?P<by>[./])(?P<month>\d{1,2})(?P=by)(?P<year>\d{4})\b",
        rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR})?",
        rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}(?:,?\s+{_YEAR})?",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}",
        rf"\bq(?P<quarter>[1-4])(?:\s*(?:of\s+|/|-)?\s*{_YEAR})?\b",
        rf"\b{_YEAR}[\s/-]*q(?P<quarter>[1-4])\b",
        rf"\b{_QUARTERS}[\s-]quarter\b(?:\s+(?:of\s+|in\s+)?{_YEAR})?",
        # "May" and "march" alone are months only after a word that calls for one.
        rf"\b(?P<month>{_SURE_MONTHS})\b",
        r"\b(?:in|by|of|since|until|during|from|early|late|mid)[\s-]+(?P<month>may|march)\b",
        rf"\b(?:in|of|since|during|for|year|fy|until|through|end|late|early|mid)[\s-]?{_YEAR}",
    )
)
"""Tried in this order."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, or a month, a quarter or a year in which days lie; a part that is not given is None."""

    year: int | None = None
    quarter: int | None = None
    month: int | None = None
    day: int | None = None

    def holds(self, day: date) -> bool:
        """True if `day` is it, or lies in it."""
        of_day = (day.year, Quarter.of(day).number, day.month, day.day)
        given = (self.year, self.quarter, self.month, self.day)
        return all(part is None or part == known for part, known in zip(given, of_day, strict=True))


def moments(match: re.Match[str]) -> tuple[Moment, ...]:
    """What a match of one of `MOMENTS` may mean: 1/5/2026 is a day in January or in May."""
    given = match.groupdict()
    year, quarter, month, day = (given.get(name) for name in ("year", "quarter", "month", "day"))
    moment = Moment(
        int(year) if year else None,
        _ordinal(quarter) if quarter else None,
        _MONTH_NUMBERS.get(month.casefold()) or int(month) if month else None,
        _ordinal(day) if day else None,
    )
    if given.get("by") == "/":
        return moment, Moment(moment.year, None, moment.day, moment.month)
    return (moment,)


def _ordinal(text: str) -> int:
    return ORDINALS.get(text.casefold()) or int(re.sub(r"\D", "", text))
