"""MAP: what a team says of its own file where the file alone does not decide."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import field, replace
from typing import Any, Literal, cast

from customer_success.dataclass import dataclass
from customer_success.reading.dates import DateOrder
from customer_success.reading.errors import UnreadableTableError
from customer_success.reading.fields import FIELDS, field_named
from customer_success.reading.numbers import CODES, DecimalSign
from customer_success.reading.words import plain

Unit = Literal["share", "per cent"]
_ORDERS = ("day first", "month first", "year first")
_COLUMN_KEYS = ("field", "currency", "decimal", "dates", "unit")
_KEYS = ("columns", "words", "currency", "decimal", "dates", "timezone", "kind", "source")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """What is given about one column; None leaves it to the file. An empty field leaves the column out."""

    field: str | None = None
    currency: str | None = None
    decimal: DecimalSign | None = None
    dates: DateOrder | None = None
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Map:
    """What is given about a file: its columns by their plain headings, its words by field, and what holds for all."""

    columns: Mapping[str, ColumnMap] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    currency: str | None = None
    decimal: DecimalSign | None = None
    dates: DateOrder | None = None
    timezone: str | None = None

    @property
    def fields(self) -> Mapping[str, str]:
        """The field of each column for which one is given."""
        return {heading: column.field for heading, column in self.columns.items() if column.field is not None}

    def of(self, heading: str) -> ColumnMap:
        """What is given about a column, with what holds for all."""
        found = self.columns.get(plain(heading), ColumnMap())
        return replace(found, decimal=found.decimal or self.decimal, dates=found.dates or self.dates)


def read_map(text: str, fields: Collection[str] | None = None) -> Map:
    """A MAP file, for accounts or for a feed of these `fields`.

    Raises `UnreadableTableError`, naming the entry and what would be right.
    """
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnreadableTableError(f"MAP is no TOML: {error}") from error
    if unknown := sorted(read.keys() - set(_KEYS)):
        raise UnreadableTableError(f"MAP: {', '.join(unknown)} is not known; known are {', '.join(_KEYS)}")
    columns = {plain(heading): _column(heading, entry, fields) for heading, entry in _table(read, "columns").items()}
    words = {name: _words(name, entry) for name, entry in _table(read, "words").items()}
    return Map(
        columns,
        words,
        _currency("currency", read.get("currency")),
        _decimal("decimal", read.get("decimal")),
        _dates("dates", read.get("dates")),
        read.get("timezone"),
    )


def _table(read: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = read.get(name, {})
    if not isinstance(found, dict):
        raise UnreadableTableError(f"MAP: [{name}] is a table of headings")
    return found


def _column(heading: str, entry: object, fields: Collection[str] | None) -> ColumnMap:
    given = {"field": entry} if isinstance(entry, str) else entry
    if not isinstance(given, dict) or (unknown := sorted(given.keys() - set(_COLUMN_KEYS))):
        raise UnreadableTableError(
            f"MAP: {heading!r} takes the name of a field, or {', '.join(_COLUMN_KEYS)}"
            + (f", not {', '.join(unknown)}" if isinstance(given, dict) else "")
        )
    name = given.get("field")
    if name and (field_named(str(name)) is None if fields is None else name not in fields):
        raise UnreadableTableError(f"MAP: {heading!r} = {name!r} is no field; fields are {', '.join(fields or FIELDS)}")
    unit = given.get("unit")
    if unit not in (None, "share", "per cent"):
        raise UnreadableTableError(f'MAP: {heading!r}: unit is "share" or "per cent", not {unit!r}')
    return ColumnMap(
        name,
        _currency(heading, given.get("currency")),
        _decimal(heading, given.get("decimal")),
        _dates(heading, given.get("dates")),
        cast("Unit | None", unit),
    )


def _words(name: str, entry: object) -> Mapping[str, str]:
    if not isinstance(entry, dict):
        raise UnreadableTableError(f"MAP: [words.{name}] is a table of words, each with what it means")
    return {plain(word) or word.strip(): str(value) for word, value in entry.items()}


def _currency(where: str, value: object) -> str | None:
    if value is None or value in CODES:
        return value
    raise UnreadableTableError(f"MAP: {where}: currency is a code of ISO 4217 such as USD or EUR, not {value!r}")


def _decimal(where: str, value: object) -> DecimalSign | None:
    if value in (None, ".", ","):
        return value
    raise UnreadableTableError(f'MAP: {where}: decimal is "." or ",", not {value!r}')


def _dates(where: str, value: object) -> DateOrder | None:
    if value is None or value in _ORDERS:
        return cast("DateOrder | None", value)
    raise UnreadableTableError(f"MAP: {where}: dates is one of {', '.join(_ORDERS)}, not {value!r}")
