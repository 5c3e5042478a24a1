"""Reading properties of whatever type the team gave them: what a value can mean, and what it cannot.

A missing or empty property is None: unknown. One whose value cannot mean what is asked for is None too,
and noted.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from connectors.text import one_line, shortened
from customer_success.account import Unreadable
from customer_success.addresses import is_address

LONGEST_SHOWN = 200
"""Units of a value that could not be read which are shown."""

_YES_NO = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True, slots=True)
class Dated:
    """A date or a span; `last` is its last day as written, in its own offset."""

    last: str

    def __str__(self) -> str:
        return self.last


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the workspace. The e-mail is None where the integration may not see it."""

    name: str
    email: str | None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class RelatedPage:
    """A page that a relation leads to."""

    page_id: str

    def __str__(self) -> str:
        return f"the page {self.page_id}"


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something that is there and means none of what is asked for, such as files."""

    kind: str

    def __str__(self) -> str:
        return f"a value of type {self.kind}"


Single = str | int | float | bool | Dated | Person | RelatedPage | Opaque
Read = Single | tuple[Single, ...] | None
Meaning = TypeVar("Meaning")


class PropertyReader:
    """The properties of one page; `unreadable` gathers those that could not be read."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self._properties = properties
        self.unreadable: list[Unreadable] = []

    def title(self) -> str | None:
        """The page's title, whatever its property is called."""
        kinds = {prop.get("type"): name for name, prop in self._properties.items()}
        return self.text(kinds.get("title", ""))

    def text(self, name: str) -> str | None:
        return self._read(name, "a text", _text)

    def number(self, name: str) -> float | None:
        """A number; a whole one comes as an int."""
        return self._read(name, "a number", _number)

    def count(self, name: str) -> float | None:
        """A number that is not negative; a whole one comes as an int."""
        return self._read(name, "a number from 0 on", _count)

    def days(self, name: str) -> int | None:
        """A whole number of days."""
        return self._read(name, "a whole number of days", _whole)

    def day(self, name: str) -> date | None:
        """A date; of a span its last day."""
        return self._read(name, "a date", _day)

    def choice(self, name: str, words: Collection[str]) -> str | None:
        """One of `words`, however its case, spaces and hyphens are written; else the text as it stands."""
        return self._read(name, f"one of {', '.join(words)}", lambda value: _choice(value, words))

    def yes_or_no(self, name: str) -> bool | None:
        return self._read(name, "yes or no", _yes_or_no)

    def email(self, name: str) -> str | None:
        """An e-mail address in lower case; of several people the first who has one."""
        return self._read(name, "an e-mail address", _email)

    def several(self, name: str) -> tuple[str, ...]:
        """The texts of a list, or of a text with commas."""
        return self._read(name, "a list", _several) or ()

    def account(self, name: str) -> str | None:
        """An account: its page's id without hyphens, or its Account ID; of several the first, and that is noted."""
        singles = tuple(_singles(value_of(self._properties.get(name))))
        if len(singles) > 1:
            self.note(name, ", ".join(map(str, singles)), "one account, so only the first is taken")
        return self._read(name, "an account", _account)

    def numbers_named(self, prefix: str) -> dict[str, float]:
        """All numbers whose property's name begins with `prefix`, by that name."""
        found = {name: _number(value_of(prop)) for name, prop in self._properties.items() if name.startswith(prefix)}
        return {name: float(number) for name, number in found.items() if number is not None}

    def note(self, name: str, value: object, expected: str) -> None:
        """Note that a property could not be read."""
        self.unreadable.append(Unreadable(name, shortened(one_line(str(value)), LONGEST_SHOWN), expected))

    def _read(self, name: str, expected: str, meaning_of: Callable[[Read], Meaning | None]) -> Meaning | None:
        value = value_of(self._properties.get(name))
        if value is None:
            return None
        meaning = meaning_of(value)
        if meaning is None:
            self.note(name, ", ".join(map(str, _singles(value))), expected)
        return meaning


def value_of(prop: Mapping[str, Any] | None) -> Read:
    """What a property of any type holds, formulas and rollups unwrapped; None if it is empty."""
    if prop is None:
        return None
    kind = str(prop.get("type"))
    held = prop.get(kind)
    match kind:
        case "formula":
            return value_of(held)
        case "rollup":
            return _rolled_up(held)
        case "string" | "email" | "url" | "phone_number":
            return _filled(held)
        case "title" | "rich_text":
            return _filled("".join(part.get("plain_text", "") for part in held or ()))
        case "select" | "status":
            return _filled(held and held.get("name"))
        case "number" | "checkbox" | "boolean":
            return held
        case "date":
            return Dated(held.get("end") or held["start"]) if held else None
        case "created_time" | "last_edited_time":
            return Dated(held) if held else None
        case "multi_select":
            return tuple(option["name"] for option in held or ()) or None
        case "relation":
            return tuple(RelatedPage(page["id"]) for page in held or ()) or None
        case "people":
            return tuple(map(_person, held or ())) or None
        case "created_by" | "last_edited_by":
            return _person(held) if held else None
        case "unique_id":
            return _unique_id(held or {})
        case _:
            return Opaque(kind) if held else None


def _rolled_up(rollup: Mapping[str, Any] | None) -> Read:
    if rollup is None or rollup.get("type") != "array":
        return value_of(rollup)
    values = dict.fromkeys(single for prop in rollup["array"] for single in _singles(value_of(prop)))
    return tuple(values) if len(values) > 1 else next(iter(values), None)


def _filled(text: str | None) -> str | None:
    return (text or "").strip() or None


def _person(user: Mapping[str, Any]) -> Person:
    return Person(user.get("name") or "somebody", (user.get("person") or {}).get("email"))


def _unique_id(held: Mapping[str, Any]) -> str | None:
    if held.get("number") is None:
        return None
    return f"{held['prefix']}-{held['number']}" if held.get("prefix") else str(held["number"])


def _singles(value: Read) -> Iterator[Single]:
    if isinstance(value, tuple):
        yield from value
    elif value is not None:
        yield value


def _text(value: Read) -> str | None:
    if any(isinstance(single, bool | RelatedPage | Opaque) for single in _singles(value)):
        return None
    return ", ".join(str(_whole_if_whole(single)) for single in _singles(value))


def _number(value: Read) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return _whole_if_whole(value)


def _count(value: Read) -> int | float | None:
    number = _number(value)
    return number if number is not None and number >= 0 else None


def _account(value: Read) -> str | None:
    first = next(_singles(value), None)
    return first.page_id.replace("-", "") if isinstance(first, RelatedPage) else _text(first) or None


def _whole(value: Read) -> int | None:
    number = _number(value)
    return number if isinstance(number, int) else None


def _whole_if_whole(value: Meaning) -> Meaning | int:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _day(value: Read) -> date | None:
    if not isinstance(value, Dated):
        return None
    try:
        return date.fromisoformat(value.last[:10])
    except ValueError:
        return None


def _choice(value: Read, words: Collection[str]) -> str | None:
    if not isinstance(value, str):
        return None
    return next((word for word in words if _plain(word) == _plain(value)), value)


def _plain(text: str) -> str:
    return re.sub(r"[\s\-_]+", "_", text.strip().casefold())


def _yes_or_no(value: Read) -> bool | None:
    return _YES_NO.get(str(value).strip().casefold()) if isinstance(value, bool | str) else None


def _email(value: Read) -> str | None:
    if isinstance(value, tuple | Person):
        known = (single.email for single in _singles(value) if isinstance(single, Person) and single.email)
        value = next(known, None)
    address = unicodedata.normalize("NFC", value.strip().lower()) if isinstance(value, str) else ""
    return address if is_address(address) else None


def _several(value: Read) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return tuple(filter(None, map(str.strip, value.split(","))))
    singles = tuple(_singles(value))
    return tuple(map(str, singles)) if all(isinstance(one, str | Person) for one in singles) else None
