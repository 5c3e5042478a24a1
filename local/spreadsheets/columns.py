"""Which property of the account book each column of a file is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal, get_args

from connectors.notion.names import PropertyNames, UsageNames
from connectors.notion.schema import accounts_schema
from customer_success.reading.fields import ROI
from customer_success.reading.headings import Means, MeansNothing, MeansOneOf, meaning_of
from customer_success.reading.words import plain as plain_heading

NAMES = PropertyNames()
USAGE_NAMES = UsageNames()
WRITTEN = "written by the scan itself"
DAYS_TO_RENEWAL = "days_to_renewal"
"""The field of a column that gives the contract's end in days. Notion keeps the date."""

Kind = Literal["title", "rich_text", "number", "select", "multi_select", "date", "email", "checkbox", "days"]
"""The type of a Notion property; "days" are days until the date that the property holds."""

_AS_IN_USAGE: Mapping[str, Kind] = {
    "feature": "rich_text",
    "family": "select",
    "entitled": "checkbox",
    "used": "number",
    "limit": "number",
    "as_of": "date",
}
_PEOPLE: Mapping[str, str] = {
    "csm": NAMES.owner_email,
    "owner": NAMES.owner_email,
    "primary_contact": NAMES.primary_contact_email,
    "contact_name": NAMES.primary_contact_email,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A recognised column: its place in the file, its heading there, and the Notion property it becomes."""

    place: int
    heading: str
    property: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Ignored:
    """A column that is left out, and why."""

    heading: str
    reason: str

    def __str__(self) -> str:
        return f"{self.heading or '(no heading)'}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the headings of a book mean."""

    columns: tuple[Column, ...]
    ignored: tuple[Ignored, ...]

    def named(self, property_name: str) -> Column | None:
        """The column that gives this property itself."""
        return next((c for c in self.columns if c.property == property_name and c.kind != "days"), None)

    @property
    def key(self) -> Column | None:
        """The column by which an account is known again the next day: its id, else its name."""
        return self.named(NAMES.account_id) or self.named(NAMES.name)


def column_of(place: int, heading: str, field: str) -> Column | None:
    """The column of a field, None if no property holds it."""
    if field == DAYS_TO_RENEWAL:
        return Column(place, heading, NAMES.contract_end, "days")
    if field in _AS_IN_USAGE:
        return Column(place, heading, getattr(USAGE_NAMES, field), _AS_IN_USAGE[field])
    if field.startswith(ROI):
        return Column(place, heading, NAMES.roi_prefix + field.removeprefix(ROI), "number")
    name = _PEOPLE.get(field) or _PROPERTIES.get(field)
    return Column(place, heading, name, _KINDS.get(name, "rich_text")) if name else None


def field_of(column: Column) -> str:
    """Our name for what a column holds."""
    if column.kind == "days":
        return DAYS_TO_RENEWAL
    if column.property.startswith(NAMES.roi_prefix):
        return ROI + column.property.removeprefix(NAMES.roi_prefix)
    return _FIELDS.get(column.property, "")


def recognise(headings: Sequence[str], own: PropertyNames = NAMES) -> Recognised:
    """Say of each heading which property it means by its name alone; of two that mean the same the first counts.

    The team's `own` names of the properties count before all others.
    """
    columns: dict[tuple[str, bool], Column] = {}
    ignored = []
    for place, heading in enumerate(headings):
        found = _by_name(place, heading, own)
        if isinstance(found, str):
            ignored.append(Ignored(heading, found))
            continue
        key = (found.property, found.kind == "days")
        if key in columns:
            ignored.append(Ignored(heading, f"means the same as {columns[key].heading!r}"))
        else:
            columns[key] = found
    # Days until a date come last: they fill in where the date itself is not given.
    return Recognised(tuple(sorted(columns.values(), key=lambda c: c.kind == "days")), tuple(ignored))


def _by_name(place: int, heading: str, own: PropertyNames) -> Column | str:
    """The column that a heading is, or why it is none."""
    if heading in written_by_the_scan(own):
        return WRITTEN
    match meaning_of(heading, None, own_fields(own, [heading])):
        case Means(field):
            return column_of(place, heading, field) or "not known"
        case MeansNothing(reason):
            return reason or "not known"
        case MeansOneOf(readings):
            return f"two readings: {' or '.join(readings.values())}"


def own_fields(own: PropertyNames, headings: Sequence[str]) -> dict[str, str]:
    """The fields of the headings that a team calls by names of its own, by those names in plain spelling."""
    differing = [field for field in _READ if getattr(own, field) != getattr(NAMES, field)]
    found = {plain_heading(getattr(own, field)): _OWNER.get(field, field) for field in differing}
    prefix = own.roi_prefix if own.roi_prefix != NAMES.roi_prefix else ""
    measures = [heading for heading in headings if prefix and heading.startswith(prefix)]
    return found | {plain_heading(heading): ROI + heading.removeprefix(prefix) for heading in measures}


def written_by_the_scan(own: PropertyNames) -> frozenset[str]:
    """The names of the properties that the scan writes, which are not read."""
    names = (field.name for field in fields(own) if field.name not in own.read and field.name != "roi_prefix")
    return frozenset(getattr(own, name) for name in names)


def plain(heading: str) -> str:
    """A heading without what people vary: case, spaces, hyphens, underscores."""
    return re.sub(r"[\W_]+", " ", heading.casefold()).strip()


_OWNER = {"owner_email": "owner"}
_READ = [field.name for field in fields(NAMES) if field.name in NAMES.read]
_PROPERTIES: Mapping[str, str] = {field: getattr(NAMES, field) for field in _READ}
_FIELDS: Mapping[str, str] = {name: field for field, name in _PROPERTIES.items()} | {
    getattr(USAGE_NAMES, field): field for field in _AS_IN_USAGE
}
_KINDS: Mapping[str, Kind] = {
    name: kind for name, definition in accounts_schema(NAMES).items() for kind in get_args(Kind) if kind in definition
}
