"""Numbers that are written out: "twenty-five", "two million", "a dozen", "ninety-nine point five"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from customer_success.patterns import lazy_pattern

_UNITS = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
)
_TENS = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")
_FIRST_TO_NINTH = re.findall(r"\w+", "first second third fourth fifth sixth seventh eighth ninth")
_TENTH_ON = [f"{word}th" for word in [*_UNITS[10:12], "twelf", *_UNITS[13:]]]

SMALL: dict[str, int] = {
    **{word: number for number, word in enumerate(_UNITS)},
    **{word: 10 * number for number, word in enumerate(_TENS, start=2)},
}
SCALES = {"hundred": 100, "dozen": 12, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_DAYS = [
    *_FIRST_TO_NINTH,
    *_TENTH_ON,
    "twentieth",
    *(f"twenty-{unit}" for unit in _FIRST_TO_NINTH),
    "thirtieth",
    "thirty-first",
]
ORDINALS = {word: number for number, word in enumerate(_DAYS, start=1)}
"""As far as the days of a month go."""


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first."""
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_SMALL, _SCALE = any_of(SMALL), any_of(SCALES)
_POINT = rf"(?:\s+point(?:\s+(?:{any_of(_UNITS[:10])})\b)+)?"
# Words may run together: "ninetynine" says the same as "ninety-nine". Runs have an end, so that matching has one too.
NUMBER_WORDS = (
    rf"\b(?:(?:an?\s+)?(?:{_SCALE})|(?:{_SMALL}))"
    rf"(?:(?:[\s-]*|(?:(?<=hundred)|(?<=thousand)|(?<=million))\s+and\s+)(?:{_SMALL}|{_SCALE})){{0,12}}"
    rf"\b{_POINT}"
)
_WORD = lazy_pattern(rf"{_SMALL}|{_SCALE}|point", re.IGNORECASE)


def read(words: str) -> tuple[float, float] | None:
    """The number and the unit it is exact to, as in 2,000,000 and 1,000,000; None if the words make no number."""
    found = [word.casefold() for word in _WORD.findall(words)]
    whole, decimals = found, list[str]()
    if "point" in found:
        at = found.index("point")
        whole, decimals = found[:at], found[at + 1 :]
    number = _whole(whole)
    if number is None:
        return None
    if decimals:
        digits = "".join(str(SMALL[word]) for word in decimals)
        return number + float(f"0.{digits}"), 10.0 ** -len(digits)
    exact_to = SCALES[whole[-1]] if whole[-1] in ("thousand", "million", "billion") else 1
    return float(number), float(exact_to)


def _whole(words: list[str]) -> int | None:
    total, part, last = 0, 0, 0
    for word in words:
        scale = SCALES.get(word)
        if scale is None:
            number = SMALL[word]
            fits = last == 0 or last >= 100 or (last in range(20, 100) and 0 < number < 10)
            if not fits:
                return None
            part, last = part + number, number or 1
        elif scale < 1_000:
            part, last = (part or 1) * scale, 100
        else:
            total, part, last = total + (part or 1) * scale, 0, scale
    return total + part
