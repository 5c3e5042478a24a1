"""Exports of tools as lines of a feed: a preset or a team's map names each column and its form, and nothing is guessed.

A feed is read line by line, so no column is there as a whole to decide: what its form leaves open stays as it is
written, and the line is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from customer_success.dataclass import dataclass
from customer_success.reading.dates import DateOrder, moment
from customer_success.reading.errors import UnreadableTableError
from customer_success.reading.headings import Preset, heading_of, preset_of
from customer_success.reading.mapping import Map, read_map
from customer_success.reading.numbers import DecimalSign, plain_number, written
from customer_success.reading.words import clean, is_empty, plain, yes_or_no

DAYS = frozenset({"date", "opened", "closed", "due", "paid", "at", "as_of", "end", "decision_date"})
NUMBERS = frozenset({"active_users", "events", "used", "limit", "csat", "amount", "score", "arr", "arr_before"})
YES_OR_NO = frozenset({"entitled", "escalated", "auto_renew", "no_end"})
FIELDS: Mapping[str, frozenset[str]] = {
    "usage": frozenset({"account", "date", "active_users", "events", "feature"}),
    "features": frozenset({"account", "feature", "family", "entitled", "used", "limit", "as_of"}),
    "tickets": frozenset({"id", "account", "opened", "closed", "priority", "sentiment", "csat", "escalated"}),
    "invoices": frozenset({"id", "account", "due", "paid", "amount", "currency"}),
    "touchpoints": frozenset({"account", "at", "kind", "people"}),
    "nps": frozenset({"account", "person", "score", "at"}),
    "contracts": frozenset({"account", "end", "no_end", "notice_days", "auto_renew", "term_months"}),
    "ids": frozenset({"account_id", "source", "external_id"}),
    "signals": frozenset({"account", "signal", "value", "as_of"}),
}
"""The fields of each kind of feed."""


@dataclass(frozen=True, slots=True)
class ToolExport:
    """How the lines of a tool's export become those of a feed.

    `columns` is the field of each column, empty for one that is left out; `fallback` fields take the place of empty
    ones. A line whose cell in a column of `left_out_where` is one of the words there is no line of the feed.
    """

    name: str
    columns: tuple[str, ...]
    fallback: Mapping[str, int]
    left_out_where: Mapping[int, frozenset[str]]
    words: Mapping[str, Mapping[str, str]]
    decimal: DecimalSign = "."
    dates: DateOrder | None = None
    timezone: str = "UTC"

    def line(self, cells: Sequence[str]) -> dict[str, str] | None:
        """The cells of a line by field, None for a line that is left out."""
        for place, words in self.left_out_where.items():
            if place < len(cells) and plain(cells[place]) in words:
                return None
        found: dict[str, str] = {}
        for field, cell in zip(self.columns, cells, strict=False):
            if field and not is_empty(cell):
                found[field] = self._cell(field, cell)
        for field, place in self.fallback.items():
            if field not in found and place < len(cells) and not is_empty(cells[place]):
                found[field] = self._cell(field, cells[place])
        return {field: value for field, value in found.items() if value}

    def _cell(self, field: str, cell: str) -> str:
        text = clean(cell)
        if field in self.words:
            return self.words[field].get(plain(text), text)
        if field in DAYS:
            return self._day(text)
        if field in NUMBERS:
            number = written(text)
            known = number.readings.get(self.decimal) if number and not number.percent else None
            return text if known is None else plain_number(known)
        if field in YES_OR_NO:
            answer = yes_or_no(text)
            return text if answer is None else str(answer).lower()
        return text.upper() if field == "currency" else text

    def _day(self, text: str) -> str:
        """A day that has one reading; another stays as it is, and its line is refused."""
        each = moment(text)
        if each is None or (each.ambiguous and self.dates is None):
            return text
        day = each.readings.get(self.dates or "year first", next(iter(each.readings.values())))
        if self.dates and self.dates not in each.readings:
            return text
        if each.time is not None and each.zone is not None and not each.at_midnight:
            day = datetime.combine(day, each.time, each.zone).astimezone(ZoneInfo(self.timezone)).date()
        return day.isoformat()


def tool_export(
    headings: Sequence[str], kind: str, given: str | None = None, timezone: str = "UTC"
) -> ToolExport | None:
    """How the export with these headings becomes a feed of a kind: by the team's map, else by the preset of a tool.

    None where neither knows it. Raises `UnreadableTableError` for a map that is wrong.
    """
    if given is not None:
        return _mapped(headings, kind, read_map(given, FIELDS.get(kind)), timezone)
    preset = preset_of(headings, (), kind)
    return _of_preset(headings, preset, timezone) if preset else None


def _of_preset(headings: Sequence[str], preset: Preset, timezone: str) -> ToolExport:
    places: dict[str, int] = {}
    for place, heading in enumerate(headings):
        for key in heading_of(heading).keys:
            places.setdefault(key, place)
    columns = [""] * len(headings)
    taken: set[str] = set()
    for key, field in preset.columns.items():
        if key in places and field not in taken and not columns[places[key]]:
            columns[places[key]] = field
            taken.add(field)
    settings: Mapping[str, Any] = preset.settings
    fallback = {field: places[key] for field, key in settings.get("fallback", {}).items() if key in places}
    left_out = {
        places[key]: frozenset(words) for key, words in settings.get("left_out_where", {}).items() if key in places
    }
    return ToolExport(
        preset.name,
        tuple(columns),
        fallback,
        left_out,
        preset.words,
        cast(DecimalSign, settings.get("decimal", ".")),
        cast("DateOrder | None", settings.get("dates")),
        timezone,
    )


def _mapped(headings: Sequence[str], kind: str, given: Map, timezone: str) -> ToolExport:
    fields = [given.columns[plain(each)].field or "" if plain(each) in given.columns else "" for each in headings]
    names = [
        field or (name if (name := re.sub(" ", "_", plain(heading))) in FIELDS.get(kind, ()) else "")
        for field, heading in zip(fields, headings, strict=True)
    ]
    if len(set(filter(None, names))) < len(list(filter(None, names))):
        raise UnreadableTableError(f"the map gives one field of {kind} by two columns")
    return ToolExport(
        "a map",
        tuple(names),
        {},
        {},
        given.words,
        given.decimal or ".",
        given.dates,
        given.timezone or timezone,
    )
