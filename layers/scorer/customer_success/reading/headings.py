"""Which field a heading means: by MAP, by the preset of a tool, by what it is called in one of four languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, Literal

from customer_success.dataclass import dataclass
from customer_success.reading.fields import EXTERNAL, FIELDS, ROI, field_named
from customer_success.reading.numbers import CODES, currency_named
from customer_success.reading.words import data, plain

Language = Literal["en", "de", "fr", "es"]
LANGUAGES: Mapping[Language, str] = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TOOLS = (
    "stripe|zendesk|intercom|hubspot|salesforce|sfdc|crm|posthog|segment|chartmogul|planhat|vitally|gainsight|churnzero|"
    "pipedrive|chargebee|recurly|mixpanel|amplitude|jira|netsuite|xero|freshdesk|quickbooks"
)
_EXTERNAL_ID = re.compile(rf"(?P<tool>{_TOOLS})(?: \w+){{0,2}} ids?")
_SAME_TOOL = {"sfdc": "salesforce"}
_SCALES: Mapping[str, float] = {
    "k": 1e3, "thousand": 1e3, "thousands": 1e3, "tsd": 1e3, "tausend": 1e3, "milliers": 1e3, "miles": 1e3, "000s": 1e3,
    "m": 1e6, "mio": 1e6, "million": 1e6, "millions": 1e6, "millionen": 1e6, "millones": 1e6,
}  # fmt: skip
_SCALED_CURRENCIES: Mapping[str, tuple[str, float]] = {
    "teur": ("EUR", 1e3), "keur": ("EUR", 1e3), "kusd": ("USD", 1e3), "tusd": ("USD", 1e3), "kgbp": ("GBP", 1e3),
    "meur": ("EUR", 1e6), "musd": ("USD", 1e6), "tchf": ("CHF", 1e3), "kchf": ("CHF", 1e3),
}  # fmt: skip
_UNITS: Mapping[str, Literal["days", "months", "per cent"]] = {
    "days": "days", "tage": "days", "tagen": "days", "jours": "days", "dias": "days", "d": "days",
    "months": "months", "monate": "months", "monaten": "months", "mois": "months", "meses": "months",
    "percent": "per cent", "pct": "per cent", "prozent": "per cent", "pourcent": "per cent", "pourcentage": "per cent",
    "porcentaje": "per cent", "percentage": "per cent",
}  # fmt: skip
_LINKS = frozenset(("in", "en", "per", "pa", "of"))
_COUNTED = re.compile(r"(?:number of|no of|nr of|of|anzahl(?: der)?|nombre de|nb de|nb|numero de|num de|n de) ")
_PREFIXES = re.compile(r"^(?:properties|traits|attributes|custom|company|account)[.:](?=\S|\s\S)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as it is written, the spellings by which it is looked up, and the units that it names."""

    text: str
    keys: tuple[str, ...]
    currency: str | None = None
    scale: float | None = None
    unit: Literal["days", "months", "per cent"] | None = None


@lru_cache(maxsize=4096)
def heading_of(text: str) -> Heading:
    """A heading with its units taken apart: "ARR (k€)" is arr, in thousands of euros."""
    bare = _PREFIXES.sub("", re.sub(r"__c$", "", text.strip()))
    spelt = plain(_CAMEL.sub(" ", bare.replace("_", " ")))
    keys = [plain(bare), spelt]
    sign = re.search(r"(?P<scale>[kKTM])?(?P<sign>US\$|A\$|C\$|R\$|[$€£¥₹])", bare)
    currency = currency_named(sign["sign"]) if sign else None
    scale = {"k": 1e3, "t": 1e3, "m": 1e6}.get((sign["scale"] or "").lower()) if sign else None
    unit: Literal["days", "months", "per cent"] | None = "per cent" if "%" in bare else None
    words = spelt.split()
    while len(words) > 1:
        last = words[-1]
        if last.upper() in CODES:
            currency = last.upper()
        elif last in _SCALED_CURRENCIES:
            currency, scale = _SCALED_CURRENCIES[last]
        elif last in _SCALES and (last not in ("k", "m") or "(" in bare or currency or "_" in bare or " " in bare):
            scale = _SCALES[last]
        elif last == "t" and sign and (sign["scale"] or "").lower() == "t":
            pass
        elif last in _UNITS:
            unit = unit or _UNITS[last]
        elif last not in _LINKS:
            break
        words.pop()
    stripped = " ".join(words)
    keys += [stripped, *(_COUNTED.sub("", key, count=1) for key in (spelt, stripped))]
    keys += [_without_umlauts(key) for key in keys]
    return Heading(text, tuple(dict.fromkeys(key for key in keys if key)), currency, scale, unit)


def _without_umlauts(key: str) -> str:
    return re.sub(r"(ae|oe|ue)", lambda found: found[0][0], key)


@dataclass(frozen=True, slots=True)
class Means:
    """What a heading means: a field. `rank` is lower the plainer the heading says so."""

    field: str
    rank: int = 0
    by: Literal["MAP", "preset", "name"] = "name"


@dataclass(frozen=True, slots=True)
class MeansNothing:
    """A heading that is left out, and why; the reason is empty for one that is not known."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class MeansOneOf:
    """A heading with two readings: fields, each with what it would be; the empty field is none of ours."""

    readings: Mapping[str, str]


Meaning = Means | MeansNothing | MeansOneOf


@dataclass(frozen=True, slots=True)
class _Dictionary:
    fields: Mapping[str, Means]
    left_out: Mapping[str, str]
    two_readings: Mapping[str, Mapping[str, str]]
    languages: Mapping[str, frozenset[Language]]


@cache
def _dictionary() -> _Dictionary:
    fields: dict[str, Means] = {}
    languages: dict[str, set[Language]] = {}
    for field, by_language in data("headings.toml").items():
        for language, headings in by_language.items():
            for rank, heading in enumerate(headings):
                fields.setdefault(heading, Means(field, rank))
                languages.setdefault(heading, set()).add(language)
    not_taken = data("not_taken.toml")
    left_out = {heading: reason for reason, headings in not_taken["left_out"].items() for heading in headings}
    two = {heading: entry["readings"] for heading, entry in not_taken["two_readings"].items()}
    return _Dictionary(fields, left_out, two, {heading: frozenset(found) for heading, found in languages.items()})


def known_headings() -> Iterator[tuple[str, str]]:
    """Every heading that is known, with its field: among them a guess is looked for."""
    return ((heading, means.field) for heading, means in _dictionary().fields.items())


@dataclass(frozen=True, slots=True)
class Preset:
    """What a tool's exports are known by, and what their headings mean there."""

    name: str
    kind: str
    source: str
    recognised_by: tuple[frozenset[str], ...]
    recognised_by_cells: tuple[re.Pattern[str], ...]
    columns: Mapping[str, str]
    second_ids: Mapping[str, str]
    left_out: Mapping[str, str]
    two_readings: Mapping[str, Mapping[str, str]]
    words: Mapping[str, Mapping[str, str]]
    settings: Mapping[str, Any]

    def fits(self, keys: frozenset[str]) -> int:
        """How many of the headings that it is known by are there, 0 if it is not this tool's."""
        return max((len(wanted) for wanted in self.recognised_by if wanted <= keys), default=0)

    def meaning(self, key: str) -> Meaning | None:
        if key in self.two_readings:
            return MeansOneOf(self.two_readings[key])
        if key in self.left_out:
            return MeansNothing(self.left_out[key])
        if key in self.second_ids:
            return Means(f"{EXTERNAL}{self.second_ids[key]}", 0, "preset")
        if field := self.columns.get(key):
            return Means(field, list(self.columns).index(key), "preset")
        return None


@cache
def presets() -> tuple[Preset, ...]:
    """The presets of all tools."""
    from importlib.resources import files

    folder = files(__package__).joinpath("presets")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(_preset(data(f"presets/{name}")) for name in names)


def _preset(read: Mapping[str, Any]) -> Preset:
    return Preset(
        read["name"],
        read["kind"],
        read["source"],
        tuple(frozenset(wanted) for wanted in read["recognised_by"]),
        tuple(re.compile(pattern) for pattern in read.get("recognised_by_cells", ())),
        read.get("columns", {}),
        read.get("second_ids", {}),
        read.get("left_out", {}),
        read.get("two_readings", {}),
        read.get("words", {}),
        read.get("settings", {}),
    )


def preset_of(headings: Sequence[str], cells: Sequence[str], kind: str = "accounts") -> Preset | None:
    """The tool that a table of this kind is from: by its headings, else by what its cells look like."""
    keys = frozenset(key for heading in headings for key in heading_of(heading).keys)
    asked = [preset for preset in presets() if preset.kind == kind]
    best = max(asked, key=lambda preset: preset.fits(keys), default=None)
    if best and best.fits(keys):
        return _where_absent(best, keys)
    return next(
        (
            preset
            for preset in asked
            if any(pattern.search(cell) for pattern in preset.recognised_by_cells for cell in cells)
        ),
        None,
    )


def _where_absent(preset: Preset, keys: frozenset[str]) -> Preset:
    """The preset with what a heading means where another one is not there."""
    instead: dict[str, str] = {}
    for absent, columns in preset.settings.get("where_absent", {}).items():
        instead |= columns if absent not in keys else {}
    left_out = {key: reason for key, reason in preset.left_out.items() if key not in instead}
    return replace(preset, columns={**preset.columns, **instead}, left_out=left_out)


def meaning_of(heading: str, preset: Preset | None, own: Mapping[str, str]) -> Meaning:
    """What a heading means. `own` are the fields that MAP gives, by the heading in plain spelling."""
    if not heading.strip():
        return MeansNothing("it has no heading")
    if (mapped := own.get(plain(heading))) is not None:
        return Means(mapped, -1, "MAP") if mapped else MeansNothing("left out by MAP")
    known = _dictionary()
    keys = heading_of(heading).keys
    if preset:
        for key in keys:
            if found := preset.meaning(key):
                return found
    text = " ".join(heading.replace("_", " ").split())
    if text.casefold().startswith("roi "):
        return Means(f"{ROI}{text[4:]}")
    for key in keys:
        if key in known.left_out:
            return MeansNothing(known.left_out[key])
        if key in known.two_readings:
            return MeansOneOf(known.two_readings[key])
        if key in known.fields:
            return known.fields[key]
        if external := _EXTERNAL_ID.fullmatch(key):
            return Means(f"{EXTERNAL}{_SAME_TOOL.get(external['tool'], external['tool'])}")
    if field_named(plain(heading).replace(" ", "_")) in FIELDS.values():
        return Means(plain(heading).replace(" ", "_"))
    return MeansNothing()


def count_known(headings: Sequence[str]) -> int:
    """How many headings are known."""
    return sum(1 for heading in headings if meaning_of(heading, None, {}) != MeansNothing() and heading.strip())


def language_of(headings: Sequence[str]) -> Language:
    """The language that most headings are in, English where it is not sure."""
    known = _dictionary().languages
    votes: Counter[Language] = Counter()
    for heading in headings:
        found = next((known[key] for key in heading_of(heading).keys if key in known), frozenset())
        if len(found) == 1:
            votes.update(found)
    others = [(count, language) for language, count in votes.items() if language != "en"]
    count, language = max(others, default=(0, "en"))
    return language if count >= 2 and count >= votes["en"] else "en"  # type: ignore[return-value]
