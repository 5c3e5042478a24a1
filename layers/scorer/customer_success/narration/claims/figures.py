"""The figures that a sentence states: every number, percentage, amount, duration, ratio and date, however written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import isfinite
from typing import Literal

from customer_success.dataclass import dataclass
from customer_success.narration.claims.moments import MOMENTS, Moment, moments
from customer_success.narration.claims.number_words import NUMBER_WORDS, SCALES, read
from customer_success.narration.claims.sentences import HIDDEN
from customer_success.patterns import lazy_pattern

Kind = Literal[
    "percent", "percentage_points", "amount", "plain", "points", "duration", "times", "share", "moment", "unread"
]
"""What a figure states. "share" is a part of a whole, as in "99 out of 100"; "unread" is what cannot be understood."""

ROUGHLY = 0.05
"""How far, as a share of it, a ratio in words may be from the truth: "doubled" holds for 1.9 to 2.1 times."""
CLOSELY = 0.02
"""The same of a ratio in numbers, as in "2 of 3"."""
LARGEST = 1e15
"""What is larger states nothing that a review could speak of: it cannot be understood."""
SMALLEST_HALF = 1e-15


@dataclass(frozen=True, slots=True)
class Reading:
    """A number as stated; anything within `half` of it rounds to it. What lies just between two numbers rounds to the
    one farther from zero or to the even one.
    """

    value: float
    half: float

    @property
    def is_bounded(self) -> bool:
        """False for a number that is none, such as the "1e948" of an id."""
        return abs(self.value) <= LARGEST and SMALLEST_HALF <= self.half <= LARGEST

    def is_of(self, value: float) -> bool:
        """True if `value` is stated by it."""
        if not isfinite(value):
            return False
        off, noise = abs(value - self.value), 1e-12 * max(1.0, abs(value))
        if self.half and abs(off - self.half) <= noise:
            return off < self.half or abs(self.value) > abs(value) or round(self.value / (2 * self.half)) % 2 == 0
        return off <= self.half + noise

    def times(self, factor: float) -> Reading:
        return Reading(self.value * factor, self.half * factor)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a sentence, from `start` to `end`. Where it can be read in several ways, any may be true."""

    text: str
    start: int
    end: int
    kind: Kind
    readings: tuple[Reading, ...] = ()
    unit: str = ""
    """Of a duration: "day"; of "times": "x" where a number is written with it."""
    signed: bool = False
    fraction: bool = False
    """Written with decimals, so that it may be a share: 0.85."""
    moments: tuple[Moment, ...] = ()
    parts: tuple[Figure, ...] = ()
    """Of "12 of 14": both numbers, which may be known each for itself."""
    pronoun: bool = False
    """The word "one", which may stand for anything."""

    def is_of(self, value: float) -> bool:
        """True if `value` is stated by it."""
        return any(reading.is_of(value) for reading in self.readings)


_CURRENCY = (
    r"(?:US\$|[$€£¥₹]|(?:USD|EUR|GBP|CHF|CAD|AUD|NZD|JPY|SEK|NOK|DKK|INR|PLN)\b|\b(?:US\s)?dollars?\b|\beuros?\b|"
    r"\bpounds?\b)"
)
_DIGITS = (
    r"(?:\d{1,3}(?:[ ,.']\d{3}){1,9}(?:[.,]\d{1,30})?(?!\d)|\d{1,30}(?:[.,]\d{1,30})?|(?<!\w)\.\d{1,30})"
    r"(?:e[+-]?\d{1,3}\b)?"
)
_SCALE = r"(?:[kmb]|mn|bn|mio|hundred|thousand|million|billion|dozen)\b"
_SCALES = {**SCALES, "k": 1_000, "m": 1_000_000, "mn": 1_000_000, "mio": 1_000_000, "b": 10**9, "bn": 10**9}
_NUMBER = rf"(?P<number>{_DIGITS})(?:\s?(?P<scale>{_SCALE}))?|(?P<words>{NUMBER_WORDS})"
_QUANTITY = lazy_pattern(
    rf"(?:(?<![\w)%])(?P<sign>[+-]))?(?P<before>{_CURRENCY}\s?)?(?<![\w)%])(?P<sign2>[+-])?(?:{_NUMBER})"
    r"(?:[\s-]{0,2}(?:"
    r"(?P<points_of_percent>(?:%|per\s?cent(?:age)?)[\s-]?points?\b|pp\b|ppts?\b)"
    r"|(?P<percent>%|per\s?cent(?:age)?\b|pct\b)"
    r"|(?P<times>x\b|×|times\b|-?fold\b)"
    r"|(?:(?:business|working|calendar|full)\s)?(?P<duration>minute|min|hour|hr|day|week|month|quarter|year)s?\b"
    r"|(?P<points>points?\b|pts?\b)"
    rf"|(?P<after>{_CURRENCY})"
    r"|(?P<ordinal>(?:st|nd|rd|th)\b)"
    r"))?",
    re.IGNORECASE,
)
_KINDS: dict[str, Kind] = {
    "points_of_percent": "percentage_points",
    "percent": "percent",
    "times": "times",
    "duration": "duration",
    "points": "points",
}
_PART = rf"(?:{_DIGITS}|{NUMBER_WORDS})"
_RATIO = lazy_pattern(
    rf"(?<![\w.,])(?P<part>{_PART})\s*(?:out\s+of(?:\s+every)?|of(?:\s+(?:the|every|its|all))?|in(?:\s+every)?|per|/)"
    rf"\s*(?P<whole>{_PART})(?!\s?(?:%|per\s?cent|{_SCALE})|[\s-]*(?:day|week|month|quarter|year)s?\b)",
    re.IGNORECASE,
)
_FACTORS = {
    "doubl": 2.0,
    "twofold": 2.0,
    "tripl": 3.0,
    "threefold": 3.0,
    "trebl": 3.0,
    "quadrupl": 4.0,
    "halv": 0.5,
    "halfas": 0.5,
    "inhalf": 0.5,
}
_FACTOR = lazy_pattern(
    r"\b(?P<factor>doubl|two-?fold|tripl|three-?fold|trebl|quadrupl|halv|half\sas\b|in\shalf\b)(?:e[ds]?|ing)?\b(?![\s-](?:check|click|down))"
    r"|\b(?P<twice>twice)(?P<as>\s+(?:as|the|its|that|what)\b)?",
    re.IGNORECASE,
)
_A_WHILE = lazy_pattern(
    r"(?:(?<=\bin\s)|(?<=\bwithin\s))an?\s(?P<duration>day|week|month|quarter|year)\b", re.IGNORECASE
)
_FRACTION = lazy_pattern(
    r"(?P<position>\b(?:first|second|third|latter|other)\s+(?:half|third)\b|\bthird[\s-]part(?:y|ies)\b)"
    r"|\b(?P<three_quarters>three[\s-]quarters\b(?=\s+of))|\b(?P<two_thirds>two[\s-]thirds)\b"
    r"|\b(?P<third>(?:a|one|by)[\s-]third)\b|\b(?P<quarter>(?:(?:a|one)[\s-])?quarter\b(?=\s+of\s+(?:the|all|its|our)\s+"
    r"(?!year)|\s+of\s+\w+s\b))|\b(?P<half>half)\b",
    re.IGNORECASE,
)
_FRACTIONS = {"three_quarters": 0.75, "two_thirds": 2 / 3, "third": 1 / 3, "quarter": 0.25, "half": 0.5}
_VAGUE = lazy_pattern(r"\b(?:dozens|hundreds|thousands|millions|billions|percent|per\scent|pct)\b", re.IGNORECASE)
_SIGNS = "%‰‱٪$€£¥₹"

_HEDGED = lazy_pattern(
    r"(?:\b(?:about|around|roughly|approximately|approx\.?|circa|ca\.?|some|nearly|almost|close to|over|under|"
    r"more than|less than)|~|≈)\s*$",
    re.IGNORECASE,
)
_FROM_TO = lazy_pattern(r"\s*(?:-|–|—|to|and|or|→)\s*", re.IGNORECASE)
_WINDOW = 24


def figures(text: str) -> list[Figure]:
    """The figures of a plain text in their order. What has digits or a percent sign and is none of them is unread."""
    found: list[Figure] = []
    for pattern, make in _PASSES:
        taken = [figure for match in pattern.finditer(text) for figure in make(match)]
        found += taken
        text = _hidden(text, pattern)
    found += _unread(text)
    return _ranges(sorted(found, key=lambda figure: figure.start), text)


def _hidden(text: str, pattern: re.Pattern[str]) -> str:
    return pattern.sub(lambda match: HIDDEN * len(match.group()), text)


def _moments(match: re.Match[str]) -> Iterator[Figure]:
    yield Figure(match.group(), match.start(), match.end(), "moment", moments=moments(match))


def _ratios(match: re.Match[str]) -> Iterator[Figure]:
    part, whole = _number(match["part"]), _number(match["whole"])
    parts = tuple(
        Figure(match[name], match.start(name), match.end(name), "plain", _number(match[name]))
        for name in ("part", "whole")
    )
    if not part or not whole or not whole[0].value:
        yield Figure(match.group(), match.start(), match.end(), "unread")
        return
    share = part[0].value / whole[0].value
    if abs(share) > LARGEST:
        yield Figure(match.group(), match.start(), match.end(), "unread")
        return
    half = part[0].half / whole[0].value
    if whole[0].value < 100:
        half = min(half, CLOSELY * share)  # half of "one in three" is far from a third
    yield Figure(match.group(), match.start(), match.end(), "share", (Reading(share, half),), parts=parts)


def _factors(match: re.Match[str]) -> Iterator[Figure]:
    if match["twice"] and not match["as"]:
        yield Figure("twice", match.start(), match.end(), "plain", (Reading(2.0, 0.0),), unit="twice")
        return
    factor = 2.0 if match["twice"] else _FACTORS[match["factor"].casefold().replace("-", "").replace(" ", "")]
    end = match.end("twice") if match["twice"] else match.end()
    yield Figure(match.group(), match.start(), end, "times", (Reading(factor, ROUGHLY * factor),))


def _whiles(match: re.Match[str]) -> Iterator[Figure]:
    unit = match["duration"].casefold()
    yield Figure(match.group(), match.start(), match.end(), "duration", (Reading(1.0, 0.5),), unit=unit)


def _fractions(match: re.Match[str]) -> Iterator[Figure]:
    if match.lastgroup and match.lastgroup in _FRACTIONS:
        share = _FRACTIONS[match.lastgroup]
        yield Figure(match.group(), match.start(), match.end(), "share", (Reading(share, ROUGHLY * share),))


def _quantities(match: re.Match[str]) -> Iterator[Figure]:
    readings = _number(match["number"] or match["words"], (match["scale"] or "").casefold())
    sign = match["sign"] or match["sign2"]
    kind: Kind = "plain"
    for name, of_unit in _KINDS.items():
        if match[name]:
            kind = of_unit
    if match["before"] or match["after"]:
        kind = "amount" if kind == "plain" else "unread"
    hedged = _HEDGED.search(match.string[max(0, match.start() - _WINDOW) : match.start()])
    if hedged and kind not in ("percent", "percentage_points"):
        readings = tuple(_rounder(reading) for reading in readings)
    if sign == "-":
        readings = tuple(Reading(-reading.value, reading.half) for reading in readings)
    yield Figure(
        match.group().strip(),
        match.start(),
        match.end(),
        kind if readings else "unread",
        readings,
        unit=(match["duration"] or "").casefold() or ("x" if kind == "times" else ""),
        signed=sign is not None,
        fraction=any(reading.half < 0.5 for reading in readings) and not match["scale"],
        pronoun=(match["words"] or "").casefold() == "one" and kind == "plain",
    )


def _number(text: str, scale: str = "") -> tuple[Reading, ...]:
    """The ways to read a number; none if it is not one."""
    if not text[-1].isdigit() or text[0].isalpha():
        spoken = read(text)
        readings = (Reading(spoken[0], spoken[1] / 2),) if spoken else ()
        return tuple(reading for reading in readings if reading.is_bounded)
    factor = float(_SCALES.get(scale, 1))
    found = (reading.times(factor) for reading in _in_digits(text))
    return tuple(reading for reading in found if reading.is_bounded)


def _in_digits(text: str) -> Iterator[Reading]:
    digits, _, exponent = text.casefold().partition("e")
    shift = int(exponent or 0)
    separators = [character for character in digits if not character.isdigit()]
    groups = re.split(r"[ ,.']", digits)
    in_thousands = (
        len(set(separators)) == 1
        and groups[0].lstrip("0") != ""
        and len(groups[0]) <= 3
        and all(len(group) == 3 for group in groups[1:])
    )
    if not separators or in_thousands:
        yield _reading("".join(groups), "", shift)
    if separators and (not in_thousands or separators == ["."]) and separators[-1] in ".,":
        grouped = set(separators[:-1])
        if len(grouped) <= 1 and separators[-1] not in grouped:
            yield _reading("".join(groups[:-1]), groups[-1], shift)


def _reading(whole: str, decimals: str, shift: int) -> Reading:
    # Read from text, a power that no float holds is infinite or zero, and not an error.
    return Reading(float(f"{whole or 0}.{decimals or 0}e{shift}"), float(f"0.5e{shift - len(decimals)}"))


def _rounder(reading: Reading) -> Reading:
    """A number given as rough: its zeros at the end are not exact, beyond the first two digits."""
    half, value = reading.half, round(reading.value)
    while half >= 0.5 and value % (20 * half) == 0 and value >= 200 * half:
        half *= 10
    return replace(reading, half=half)


def _unread(text: str) -> Iterator[Figure]:
    for match in _VAGUE.finditer(text):
        yield Figure(match.group(), match.start(), match.end(), "unread")
    for place, character in enumerate(text):
        if character in _SIGNS or unicodedata.numeric(character, None) is not None:
            yield Figure(character, place, place + 1, "unread")


def _ranges(found: list[Figure], text: str) -> list[Figure]:
    """Gives the first number of a range the unit of the second: "60–70 %", "from 60 to 70 %"."""
    whole = list(found)
    for at in range(len(found) - 1):
        first, second = whole[at], whole[at + 1]
        between = text[first.end : second.start]
        bare = first.kind == "plain" and second.kind not in ("plain", "moment", "unread", "share")
        if bare and second.unit != "x" and len(between) < _WINDOW and _FROM_TO.fullmatch(between):
            whole[at] = replace(first, kind=second.kind, unit=second.unit)
    return whole


_PASSES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Iterator[Figure]]], ...] = (
    *((pattern, _moments) for pattern in MOMENTS),
    (_FACTOR, _factors),
    (_A_WHILE, _whiles),
    (_FRACTION, _fractions),
    (_RATIO, _ratios),
    (_QUANTITY, _quantities),
)
