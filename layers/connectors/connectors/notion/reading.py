"""Reads properties of any type: what a value can mean, and what it cannot.

A missing or empty property is None: unknown. One whose value cannot mean what is asked for is None too,
and noted; so is a formula or rollup that Notion did not compute, which is not empty. A value that is read is whole
characters, and bounded: a page is one item of the table, and an item has a largest size.

A rollup that shows each value is a list. Amounts and counts in it add up, equal ones too: two contracts of 12,000 are
24,000. Rates, averages, days, dates, words and people do not add up: where all are equal that is the value, and where
they differ the property cannot be read, as no rule says which one counts. Texts and lists take each value once.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from connectors.text import clean, cut, one_line, shortened
from customer_success.accounts.account import Unreadable
from customer_success.addresses import address_of
from customer_success.dataclass import dataclass
from customer_success.identifiers import ID_BOUND, is_nameable
from customer_success.periods import FIRST_DAY, LAST_DAY, day_as_written

LONGEST_SHOWN = 200
"""Units of a value that could not be read which are shown, and of a property's name."""
LONGEST_TEXT = 500
"""Units of a text in one line."""
LONGEST_TEXT_OF_LINES = 10_000
LONGEST_KEY = 1024
"""Bytes. A key of ours begins with an account's id."""
LARGEST_NUMBER = 10**15
"""Neither money nor a count is more, and up to here a float is exact."""
MOST_IN_A_LIST = 100
LONGEST_IN_A_LIST = 100
MOST_NAMED_NUMBERS = 50
MOST_NOTED = 50
_TOO_LARGE = 2**63

_YES_NO = {"yes": True, "true": True, "no": False, "false": False}


class OutOfBoundsError(ValueError):
    """A value of the right type that cannot be meant; the text says what would be right."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A date or a span; `last` is its last day or moment as written, in the time zone `zone` if it has no offset."""

    last: str
    zone: str | None = None

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


@dataclass(frozen=True, slots=True)
class NotComputed:
    """A formula or rollup without a result. `kind` is Notion's word for why: `unsupported` or `incomplete`."""

    kind: str

    def __str__(self) -> str:
        return f"not computed by Notion ({self.kind})"


Single = str | int | float | bool | Dated | Person | RelatedPage | Opaque | NotComputed
Read = Single | tuple[Single, ...] | None
Meaning = TypeVar("Meaning")

NUMBERS = f"a number from -{LARGEST_NUMBER:.0e} to {LARGEST_NUMBER:.0e}"
COUNTS = f"a number from 0 to {LARGEST_NUMBER:.0e}"
DAYS = f"a day from {FIRST_DAY} to {LAST_DAY}"
OWN_EDITS = ("last_edited_time", "last_edited_by")
"""Types of property that change whenever we write a page: as the date of a delivery they keep a dead feed alive."""

logger = logging.getLogger(__name__)


class PropertyReader:
    """The properties of one page; `unreadable` gathers those that could not be read, `added_up` the names of those
    that hold the sum of several values, `refused` of those that have a type which is not read. Moments become days in
    the `timezone`.
    """

    def __init__(self, properties: Mapping[str, Any], timezone: str = "UTC") -> None:
        self._properties = properties
        self._timezone = timezone
        self.unreadable: list[Unreadable] = []
        self.added_up: list[str] = []
        self.refused: list[str] = []

    def title(self) -> str | None:
        """The page's title, under any property name."""
        named = (name for name, prop in self._properties.items() if isinstance(prop, Mapping))
        return next((self.text(name) for name in named if self._properties[name].get("type") == "title"), None)

    def text(self, name: str) -> str | None:
        """A text in one line, cut to `LONGEST_TEXT` units."""
        return self._read(name, "a text", lambda value: _in_one_line(value, LONGEST_TEXT))

    def text_of_lines(self, name: str) -> str | None:
        """A text with its line breaks, cut to `LONGEST_TEXT_OF_LINES` units."""
        return self._read(name, "a text", _in_lines)

    def account_id(self, name: str) -> str | None:
        """A text that can be an account's id, exactly as it stands: another spelling is another account."""
        return self._read(name, ID_BOUND, _account_id, as_it_stands=True)

    def key(self, name: str) -> str | None:
        """A key of ours, exactly as it stands."""
        return self._read(name, f"a key of at most {LONGEST_KEY} bytes", _key, as_it_stands=True)

    def number(self, name: str) -> float | None:
        """A rate or an average; a whole number comes as an int. Several do not add up."""
        return self._read(name, "a number", lambda value: _number(_each_once(value)))

    def total(self, name: str) -> float | None:
        """A number of things; a whole one comes as an int. Several are added up."""
        return self._read(name, "a number", lambda value: _number(self._sum(name, value)))

    def count(self, name: str) -> float | None:
        """An amount or a count that is not negative; a whole one comes as an int. Several are added up."""
        return self._read(name, "a number from 0 on", lambda value: _count(self._sum(name, value)))

    def days(self, name: str) -> int | None:
        """A whole number of days."""
        return self._read(name, "a whole number of days", lambda value: _whole(_each_once(value)))

    def day(self, name: str, *, refused: Collection[str] = ()) -> date | None:
        """A date; of a span its last day. A property of a `refused` type is noted and not read."""
        kind = (self._properties.get(name) or {}).get("type")
        if kind in refused:
            self.refused.append(name)
            self.note(
                name,
                f"a property of type {kind}",
                "a date that people or a feed set: each page that we write changes this one, and a feed that stopped "
                "would look alive",
            )
            return None
        return self._read(name, "a date", lambda value: _day(_each_once(value), self._timezone))

    def choice(self, name: str, words: Collection[str]) -> str | None:
        """One of `words`, however its case, spaces and hyphens are written; else the text as it stands."""
        return self._read(name, f"one of {', '.join(words)}", lambda value: _choice(_each_once(value), words))

    def yes_or_no(self, name: str) -> bool | None:
        return self._read(name, "yes or no", lambda value: _yes_or_no(_each_once(value)))

    def email(self, name: str) -> str | None:
        """An e-mail address in lower case; of several people the first who has one."""
        return self._read(name, "an e-mail address", _email, as_it_stands=True)

    def several(self, name: str) -> tuple[str, ...]:
        """The texts of a list, or of a text with commas: the first `MOST_IN_A_LIST`, each in one line and cut."""
        listed = self._read(name, "a list", lambda value: _several(_each_once(value))) or ()
        if len(listed) > MOST_IN_A_LIST:
            self.note(name, f"{len(listed)} values", f"at most {MOST_IN_A_LIST}, so only the first are taken")
        return tuple(cut(one_line(each), LONGEST_IN_A_LIST) for each in listed[:MOST_IN_A_LIST])

    def account(self, name: str) -> str | None:
        """An account: its page's id without hyphens, or its Account ID; of several the first, and that is noted."""
        singles = self._read(name, "an account", lambda value: tuple(_singles(_each_once(value))), as_it_stands=True)
        if singles is None:
            return None
        if len(singles) > 1:
            self.note(name, _shown(singles), "one account, so only the first is taken")
        account = _account(singles[0])
        if account is None:
            self.note(name, _shown(singles), "an account" if _text(singles[0]) is None else ID_BOUND)
        return account

    def numbers_named(self, prefix: str) -> dict[str, float]:
        """All numbers whose property's name begins with `prefix`, by that name; at most `MOST_NAMED_NUMBERS`.

        Several of one property are added up.
        """
        numbers = (
            (name, self._number_of(name, prop)) for name, prop in self._properties.items() if name.startswith(prefix)
        )
        found = {one_line(name): (name, float(number)) for name, number in numbers if number is not None}
        taken: dict[str, float] = {}
        for shown, (name, number) in found.items():
            if len(taken) == MOST_NAMED_NUMBERS:
                self.note(f"{prefix}…", f"{len(found)} numbers", f"at most {MOST_NAMED_NUMBERS}")
                break
            if len(shown) > LONGEST_IN_A_LIST:
                self.note(name, number, f"a property name of at most {LONGEST_IN_A_LIST} characters")
            elif abs(number) > LARGEST_NUMBER:
                self.note(name, number, NUMBERS)
            else:
                taken[shown] = number
        return taken

    def note(self, name: str, value: object, expected: str) -> None:
        """Note that a property could not be read; the first `MOST_NOTED` are."""
        if len(self.unreadable) < MOST_NOTED:
            shown = [shortened(one_line(str(part)), LONGEST_SHOWN) for part in (name, value)]
            self.unreadable.append(Unreadable(shown[0], shown[1], expected))

    def _number_of(self, name: str, prop: Any) -> int | float | None:
        """The number that a property holds, however large; None if it holds none."""
        try:
            value = self._sum(name, value_of(prop))
        except Exception as error:
            logger.warning("a property that begins like a measured return has an unknown shape", exc_info=error)
            return None
        if isinstance(value, NotComputed):
            self.note(name, value, "a number")
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return value if number else None  # type: ignore[return-value]

    def _sum(self, name: str, value: Read) -> Read:
        """The sum of several numbers, which is noted; any other value as it is."""
        if not isinstance(value, tuple) or not all(map(_is_number, value)):
            return value
        self.added_up.append(shortened(one_line(name), LONGEST_SHOWN))
        return sum(value)  # type: ignore[arg-type]

    def _read(
        self, name: str, expected: str, meaning_of: Callable[[Read], Meaning | None], *, as_it_stands: bool = False
    ) -> Meaning | None:
        """What the property means. A value of a shape that Notion does not document costs this property alone."""
        try:
            raw = value_of(self._properties.get(name))
        except Exception as error:
            logger.warning("the property %r has an unknown shape", name, exc_info=error)
            self.note(name, f"a value of an unknown shape ({type(error).__name__})", expected)
            return None
        value = raw if as_it_stands else _clean(raw)
        if value is None:
            return None
        try:
            meaning = meaning_of(value)
        except OutOfBoundsError as bound:
            meaning, expected = None, str(bound)
        if meaning is None:
            self.note(name, _shown(_singles(value)), expected)
        return meaning


def value_of(prop: Mapping[str, Any] | None) -> Read:
    """What a property of any type holds, formulas and rollups unwrapped; None if it is empty."""
    if prop is None:
        return None
    kind = str(prop.get("type"))
    held = prop.get(kind)
    match kind:
        case "unsupported" | "incomplete":
            return NotComputed(kind)
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
        case "number":
            return _as_notion_counts(held)
        case "checkbox" | "boolean":
            return None if held is None else bool(held)
        case "date":
            return Dated(held.get("end") or held["start"], held.get("time_zone")) if held else None
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
    values = tuple(single for prop in rollup["array"] for single in _singles(value_of(prop)))
    return values if len(values) > 1 else next(iter(values), None)


def _each_once(value: Read) -> Read:
    """The values in their order without repetition; one that all agree on stands alone."""
    if not isinstance(value, tuple):
        return value
    once = tuple(dict.fromkeys(value))
    return once[0] if len(once) == 1 < len(value) else once


def _is_number(value: Single) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _filled(text: str | None) -> str | None:
    return (text or "").strip() or None


def _as_notion_counts(held: Any) -> int | float | None:
    """A number as the double that Notion has it as; a whole one that is written without a point stays an int."""
    if isinstance(held, bool) or not isinstance(held, int) or abs(held) < _TOO_LARGE:
        return None if held is None else held if isinstance(held, int) else float(held)
    try:
        return float(held)
    except OverflowError:
        return math.inf if held > 0 else -math.inf


def _clean(value: Read) -> Read:
    """The value in whole characters; what is nothing then is empty."""
    match value:
        case tuple():
            singles = (_clean(single) for single in value)
            return tuple(single for single in singles if single is not None and not isinstance(single, tuple)) or None
        case str():
            return _filled(clean(value))
        case Dated(last, zone):
            return Dated(clean(last), zone)
        case Person(name, email):
            return Person(clean(name), clean(email) if email else None)
        case RelatedPage(page_id):
            return RelatedPage(clean(page_id))
        case Opaque(kind):
            return Opaque(clean(kind))
    return value


def _shown(singles: Iterable[Single]) -> str:
    """The first values as they are written."""
    return ", ".join(map(str, islice(singles, MOST_IN_A_LIST)))


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
    if any(isinstance(single, bool | RelatedPage | Opaque | NotComputed) for single in _singles(value)):
        return None
    return ", ".join(str(_whole_if_whole(single)) for single in _singles(_each_once(value)))


def _in_one_line(value: Read, limit: int) -> str | None:
    text = _text(value)
    return None if text is None else cut(one_line(text), limit)


def _in_lines(value: Read) -> str | None:
    text = _text(value)
    return None if text is None else cut(text, LONGEST_TEXT_OF_LINES)


def _account_id(value: Read) -> str | None:
    text = _text(value)
    return text if text is not None and is_nameable(text) else None


def _key(value: Read) -> str | None:
    text = _text(value)
    return text if text is not None and is_nameable(text, longest=LONGEST_KEY) else None


def _number(value: Read) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if abs(value) > LARGEST_NUMBER:
        raise OutOfBoundsError(NUMBERS)
    return _whole_if_whole(value)


def _count(value: Read) -> int | float | None:
    try:
        number = _number(value)
    except OutOfBoundsError:
        raise OutOfBoundsError(COUNTS) from None
    return number if number is not None and number >= 0 else None


def _account(value: Read) -> str | None:
    first = next(_singles(value), None)
    return _account_id(first.page_id.replace("-", "") if isinstance(first, RelatedPage) else first)


def _whole(value: Read) -> int | None:
    number = _number(value)
    return number if isinstance(number, int) else None


def _whole_if_whole(value: Meaning) -> Meaning | int:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _day(value: Read, timezone: str) -> date | None:
    if not isinstance(value, Dated):
        return None
    try:
        day = day_as_written(value.last, timezone, written_in=value.zone)
    except ValueError:
        return None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise OutOfBoundsError(DAYS)
    return day


def _choice(value: Read, words: Collection[str]) -> str | None:
    if not isinstance(value, str):
        return None
    return next((word for word in words if _plain(word) == _plain(value)), cut(one_line(value), LONGEST_TEXT))


def _plain(text: str) -> str:
    return re.sub(r"[\s\-_]+", "_", text.strip().casefold())


def _yes_or_no(value: Read) -> bool | None:
    return _YES_NO.get(str(value).strip().casefold()) if isinstance(value, bool | str) else None


def _email(value: Read) -> str | None:
    if isinstance(value, tuple | Person):
        known = (single.email for single in _singles(value) if isinstance(single, Person) and single.email)
        value = next(known, None)
    return address_of(value) if isinstance(value, str) else None


def _several(value: Read) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return tuple(filter(None, map(str.strip, value.split(","))))
    singles = tuple(_singles(value))
    return tuple(map(str, singles)) if all(isinstance(one, str | Person) for one in singles) else None
