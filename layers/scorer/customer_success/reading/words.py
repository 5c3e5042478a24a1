"""What words mean: those of cells by field, those of headings, what stands for nothing, and what is no account."""

from __future__ import annotations

import html
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any


@cache
def data(name: str) -> Mapping[str, Any]:
    """A data file of this package."""
    return tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))


@lru_cache(maxsize=65_536)
def plain(text: str) -> str:
    """A text without what people vary: case, accents, punctuation, spaces."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[^\W_]+", letters))


@lru_cache(maxsize=65_536)
def clean(text: str) -> str:
    """A cell's text on one line: entities of HTML are signs, spaces of all kinds are one, what Excel quotes is bare."""
    if "&" in text and ";" in text:
        text = html.unescape(text)
    quoted = re.fullmatch(r'="(.*)"', text.strip())
    return " ".join((quoted[1] if quoted else text).split())


@cache
def _empty() -> frozenset[str]:
    words = data("words.toml")["empty"]
    return frozenset(words["empty"]) | frozenset(words["failed"])


@lru_cache(maxsize=65_536)
def is_empty(text: str) -> bool:
    """Whether a cell says that nothing is known."""
    folded = unicodedata.normalize("NFKD", text.strip().casefold())
    bare = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return not bare or bare in _empty() or text.strip() in _empty()


def is_failed(text: str) -> bool:
    """Whether a cell shows the error of a formula: nothing is known, as in an empty one, but something went wrong."""
    return text.startswith("#") and text.strip().casefold() in data("words.toml")["empty"]["failed"]


@cache
def no_person() -> frozenset[str]:
    """What stands where no person is assigned."""
    return frozenset(map(plain, data("words.toml")["empty"]["people"]))


@cache
def _words(field: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for value, words in data("words.toml")[field].items():
        for word in (value, *words):
            found[_spelt(word)] = value
    return found


def _spelt(word: str) -> str:
    return plain(word) or word.strip()


def value_of(field: str, text: str, own: Mapping[str, str] | None = None) -> str | None:
    """What a cell's words mean for a field, None if they are not known. The team's `own` words count first.

    A sign beside the words says nothing of its own: "🟢 Green" is green.
    """
    spelt = _spelt(text)
    if own and spelt in own:
        return own[spelt] or None
    return _words(field).get(spelt)


def yes_or_no(text: str, own: Mapping[str, str] | None = None) -> bool | None:
    """Whether a cell says yes, None if it says neither."""
    meant = value_of("yes_no", text, own)
    return None if meant is None else meant in ("yes", "true")


_OVERDUE = re.compile(
    r"\D{0,24}?"
    r"(?P<low>\d{1,3})\s*(?:(?P<plus>\+|plus)|(?:-|–|to|bis|a)\s*(?P<high>\d{1,3}))?\s*"
    r"(?P<days>d|days?|tagen?|tage|jours?|dias?)?(?:\s+\D{0,24})?"
)
_LATE = re.compile(r"overdue|past due|late|uberfallig|verspatet|retard|impaye|vencid|atrasad|retraso")


_PAID = re.compile(r"\bpaid|bezahlt|\bpaye|regle|pagad")


def payment_status(text: str, own: Mapping[str, str] | None = None) -> str | None:
    """How late the oldest open invoice is, None where a cell does not say by how many days."""
    known = value_of("invoice_payment_status", text, own)
    if known:
        return known
    folded = unicodedata.normalize("NFKD", text.casefold().strip())
    bare = "".join(sign for sign in folded if not unicodedata.combining(sign))
    found = _OVERDUE.fullmatch(bare)
    if found is None or not _LATE.search(bare) or _PAID.search(bare):
        return None
    low = _by_days(int(found["low"]))
    if low == "current" and (found["high"] or found["plus"]):
        return None
    if found["plus"]:
        return low if low == "overdue_90_plus" else None
    if found["high"] and _by_days(int(found["high"]) - 1) != low:
        return None
    return low


def _by_days(days: int) -> str:
    bounds = ((90, "overdue_90_plus"), (60, "overdue_60"), (30, "overdue_30"))
    return next((status for bound, status in bounds if days >= bound), "current")


@cache
def _totals() -> frozenset[str]:
    return frozenset(map(plain, data("words.toml")["lines"]["totals"]))


def is_total(text: str) -> bool:
    """Whether a line's first words say that it sums others up."""
    bare = plain(re.sub(r"\(.*\)|:.*|\d[\d.,]*", " ", text))
    return bare in _totals()


@cache
def _footers() -> tuple[str, ...]:
    return tuple(data("words.toml")["lines"]["footers"])


def is_footer(text: str) -> bool:
    """Whether a line's first words are those of a report's foot."""
    folded = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(sign for sign in folded if not unicodedata.combining(sign)).startswith(_footers())
