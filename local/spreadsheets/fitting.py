"""Cells of a file fitted to the properties of the team's own data source, of any type."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from connectors.notion.account_import import Definition
from connectors.notion.reading import Dated, Read, value_of
from connectors.notion.values import LONGEST_TEXT, rich_text
from connectors.text import clean, size
from local.spreadsheets.cells import EXPECTED
from local.spreadsheets.cells import value_of as read_cell
from local.spreadsheets.columns import Kind

_TEXTS = ("title", "rich_text")
HELD_BY: Mapping[Kind, Collection[str]] = {
    "title": _TEXTS,
    "rich_text": _TEXTS,
    "number": ("number", *_TEXTS),
    "select": ("select", "status", "multi_select", "checkbox", *_TEXTS),
    "multi_select": ("multi_select", *_TEXTS),
    "date": ("date", *_TEXTS),
    "email": ("email", *_TEXTS),
    "checkbox": ("checkbox", "select", "status", *_TEXTS),
}
"""The types of a team's property that can hold what a column means."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """What would have been right in a cell that a property cannot hold."""

    expected: str


@dataclass(frozen=True, slots=True)
class Fitted:
    """A property's value as Notion takes it."""

    kind: str
    value: Any

    @property
    def written(self) -> Mapping[str, Any]:
        return {self.kind: self.value}

    @property
    def shown(self) -> Mapping[str, Any]:
        """As Notion will show it on the page."""
        value = self.value
        if self.kind in _TEXTS:
            value = [piece | {"plain_text": piece["text"]["content"]} for piece in value]
        return {"type": self.kind, self.kind: value}

    @property
    def read(self) -> Read:
        """What it will be read as."""
        return value_of(self.shown)


def fitted(definition: Definition, cell: str) -> Fitted | Unfit:
    """A filled cell as a value of a property of this definition, whose type is one of `HELD_BY`.

    An option that the property has, in any spelling, is taken as it stands there; a status takes no other.
    """
    kind = str(definition["type"])
    if kind in _TEXTS:
        text = clean(cell).strip()
        fits = 0 < size(text) <= LONGEST_TEXT
        return Fitted(kind, rich_text(text)) if fits else Unfit(f"a text of at most {LONGEST_TEXT:,} characters")
    cell_kind = cast(Kind, "select" if kind == "status" else kind)
    value = read_cell(cell_kind, clean(cell), date.min)
    if value is None:
        return Unfit(EXPECTED[cell_kind])
    held = value[cell_kind]
    if kind == "multi_select":
        names = dict.fromkeys(_option(definition, option["name"]) for option in held)
        return Fitted(kind, [{"name": name} for name in names])
    if cell_kind == "select":
        name = _option(definition, held["name"])
        options = _options(definition)
        if kind == "status" and name not in options:
            return Unfit(f"one of the options that this status has: {', '.join(options)}")
        return Fitted(kind, {"name": name})
    return Fitted(kind, held)


def same(have: Read, want: Read) -> bool:
    """True if a property that holds `have` says already what is wanted; the order of several options says nothing."""
    if isinstance(have, tuple) and isinstance(want, tuple):
        return set(have) == set(want)
    # Of a date only its day is in the file.
    return have == want if isinstance(want, int | float) else _day_or_text(have) == _day_or_text(want)


def _day_or_text(value: Read) -> object:
    return value.last[:10] if isinstance(value, Dated) else value


def _options(definition: Definition) -> list[str]:
    return [str(option["name"]) for option in definition[definition["type"]].get("options", ())]


def _option(definition: Definition, name: str) -> str:
    known = _options(definition)
    if name in known:
        return name
    return next((option for option in known if _spelt(option) == _spelt(name)), name)


def _spelt(name: str) -> str:
    return re.sub(r"[\s\-_]+", "_", name.strip().casefold())
