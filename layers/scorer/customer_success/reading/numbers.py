"""Numbers as people and tools write them. A cell may have two readings; its column decides."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import Literal

from customer_success.dataclass import dataclass

DecimalSign = Literal[".", ","]
SIGNS: tuple[DecimalSign, ...] = (".", ",")

_SYMBOLS: Mapping[str, str] = {
    "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD",
    "R$": "BRL", "$": "USD", "€": "EUR", "£": "GBP", "¥": "¥", "￥": "¥", "₹": "INR", "₩": "KRW", "₪": "ILS",
    "₺": "TRY", "₽": "RUB", "zł": "PLN", "Kč": "CZK", "kr.": "kr", "kr": "kr", "Fr.": "CHF",
}  # fmt: skip


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


CODES = _listed("""
    USD EUR GBP CHF JPY CNY AUD CAD NZD SEK NOK DKK PLN CZK HUF RON BGN TRY ILS INR SGD HKD KRW BRL MXN ARS CLP COP
    PEN ZAR AED SAR THB IDR MYR PHP VND TWD UAH
    """)
"""ISO 4217 codes of the currencies that business software bills in."""
_WORDS: Mapping[str, str] = {"euro": "EUR", "euros": "EUR", "dollar": "USD", "dollars": "USD"}
_SCALES: Mapping[str, float] = {
    "k": 1e3, "tsd": 1e3, "tsd.": 1e3, "tausend": 1e3, "thousand": 1e3, "mille": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6,
    "mln": 1e6, "mio": 1e6, "mio.": 1e6, "million": 1e6, "millions": 1e6, "millionen": 1e6, "millones": 1e6,
    "bn": 1e9, "b": 1e9, "mrd": 1e9, "mrd.": 1e9, "billion": 1e9,
}  # fmt: skip
_CURRENCY = "|".join(re.escape(sign) for sign in sorted({*_SYMBOLS, *CODES, *_WORDS}, key=len, reverse=True))
_SCALE = "|".join(re.escape(word) for word in sorted(_SCALES, key=len, reverse=True))
_NUMBER = re.compile(
    rf"""(?P<open>\()?\s*(?P<sign>[-+−–])?\s*
    (?:(?P<before_scale>[kmt])?(?P<before>{_CURRENCY})\s*)?(?P<sign_2>[-+−–])?\s*
    (?P<body>\d[\d.,'’ ]*|[.,]\d+)
    (?P<exponent>e[-+]?\d+)?\s*
    (?:(?P<scale>{_SCALE}|t(?={_CURRENCY})))?\s*
    (?P<after>{_CURRENCY}|%|per\ cent|percent|prozent)?(?P<trailing>-)?\s*(?P<close>\))?""",
    re.VERBOSE | re.IGNORECASE,
)
_ALL: Mapping[str, str] = {sign.casefold(): code for sign, code in {**_SYMBOLS, **_WORDS}.items()} | {
    code.casefold(): code for code in CODES
}
_POINT = re.compile(
    r"\d{1,3}(?:([,'’ ])\d{3})(?:\1\d{3})*(?:\.\d+)?|\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d+)?"
    r"|\d+(?:\.\d*)?|\.\d+"
)
_COMMA = re.compile(r"\d{1,3}(?:([.'’ ])\d{3})(?:\1\d{3})*(?:,\d+)?|\d+(?:,\d*)?|,\d+")
_SHAPES: Mapping[DecimalSign, re.Pattern[str]] = {".": _POINT, ",": _COMMA}
_GROUP = re.compile(r"\d{1,3}[.,]\d{3}")
_SPACES = re.compile(r"[\u00a0\u2007\u2009\u202f]")


def currency_named(text: str) -> str | None:
    """The currency that a sign, code or word means, None if it means none. "¥" and "kr" are several currencies'."""
    return _ALL.get(text.casefold())


@dataclass(frozen=True, slots=True)
class Written:
    """A number as it is written. `readings` has its value for each decimal sign with which it can be read."""

    text: str
    readings: Mapping[DecimalSign, float]
    percent: bool = False
    currency: str | None = None
    scaled: bool = False
    """Whether it says thousands or millions by a letter or word."""
    in_a_group: bool = False
    """Whether it is like 126.000 or 54,000: three digits behind its only sign."""

    @property
    def decides(self) -> DecimalSign | None:
        """The only decimal sign with which it can be read, None if both do or it has neither."""
        return next(iter(self.readings)) if len(self.readings) == 1 else None

    @property
    def ambiguous(self) -> bool:
        """Whether it has two readings that differ."""
        return len(set(self.readings.values())) > 1


def written(cell: object) -> Written | None:
    """The number in a cell, None if there is none. A number that a spreadsheet holds as such has one reading."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        value = float(cell)
        return Written(f"{cell:g}", {".": value, ",": value}) if math.isfinite(value) else None
    return _written(str(cell))


@lru_cache(maxsize=65_536)
def _written(cell: str) -> Written | None:
    text = _SPACES.sub(" ", cell).strip()
    found = _NUMBER.fullmatch(text)
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    signs = [sign for sign in (found["sign"], found["sign_2"], found["trailing"]) if sign]
    if len(signs) > 1 or (signs and found["open"]):
        return None
    unit = (found["after"] or "").casefold()
    percent = unit in ("%", "per cent", "percent", "prozent")
    currencies = {_ALL[word.casefold()] for word in (found["before"], None if percent else found["after"]) if word}
    scales = [word.casefold() for word in (found["before_scale"], found["scale"]) if word]
    if len(currencies) > 1 or len(scales) > 1 or (percent and (currencies or scales)):
        return None
    factor = (1e3 if scales[0] == "t" else _SCALES[scales[0]]) if scales else 1.0
    factor *= -1.0 if found["open"] or any(sign != "+" for sign in signs) else 1.0
    body, exponent = found["body"].strip(), found["exponent"] or ""
    values = {sign: _value(body, exponent, sign, factor) for sign in SIGNS}
    readings = {sign: value for sign, value in values.items() if value is not None}
    if not readings:
        return None
    in_a_group = bool(_GROUP.fullmatch(body)) and not body.startswith("0") and not scales
    return Written(text, readings, percent, next(iter(currencies), None), bool(scales), in_a_group)


def _value(body: str, exponent: str, sign: DecimalSign, factor: float) -> float | None:
    if not _SHAPES[sign].fullmatch(body):
        return None
    # Thousands never follow a leading zero: 0,850 is a fraction.
    grouped = body.replace(sign, "", 1) if body.count(sign) == 1 else body
    if body.startswith("0") and any(mark in grouped for mark in ".,'’ "):
        return None
    plain = "".join("." if mark == sign else mark for mark in body if mark.isdigit() or mark == sign)
    number = float(plain + exponent)
    # 1.2 million is 1,200,000, not a fraction less.
    value = round(number * factor, 6) if abs(factor) != 1.0 else number * factor
    return value if math.isfinite(value) else None


Fits = Callable[[float, Written], bool]


@dataclass(frozen=True, slots=True)
class Decided:
    """The decimal sign of a column, and why."""

    sign: DecimalSign
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TwoSigns:
    """A column that can be read with either decimal sign, or that was written with both."""

    readings: str
    contradictory: bool = False


def evidence(cells: Iterable[Written], fits: Fits) -> dict[DecimalSign, Written]:
    """The decimal signs that the cells of a column leave no choice about, each with an example."""
    found: dict[DecimalSign, Written] = {}
    for cell in cells:
        left = [sign for sign, value in cell.readings.items() if fits(value, cell)]
        sure = cell.decides or (left[0] if cell.ambiguous and len(left) == 1 else None)
        if sure:
            found.setdefault(sure, cell)
    return found


def decide(
    cells: Collection[Written],
    fits: Fits,
    *,
    asked: DecimalSign | None,
    of_file: Decided | None,
) -> Decided | TwoSigns:
    """The decimal sign of a column: what MAP asks for, what its own cells prove, else what the file suggests."""
    if asked:
        return Decided(asked, f'decimal "{asked}" by MAP')
    proven = evidence(cells, fits)
    if len(proven) > 1:
        point, comma = proven["."], proven[","]
        return TwoSigns(f"{point.text} has a decimal point and {comma.text} a decimal comma", contradictory=True)
    open_ones = [cell for cell in cells if cell.ambiguous]
    if proven:
        sign, example = next(iter(proven.items()))
        return Decided(sign, _because(sign, example, open_ones))
    if not open_ones:
        return Decided(".")
    if of_file:
        return Decided(of_file.sign, f"{shown_with(open_ones[0], of_file.sign)}: {of_file.reason}")
    first = open_ones[0]
    both = " or ".join(plain_number(value) for value in sorted(first.readings.values(), reverse=True))
    return TwoSigns(f"{first.text} can be {both}, and no cell of the file decides")


def shown_with(cell: Written, sign: DecimalSign) -> str:
    """A number with what it is read as."""
    return f"{cell.text} is {plain_number(cell.readings[sign])}"


def _because(sign: DecimalSign, example: Written, open_ones: Iterable[Written]) -> str:
    name = "comma" if sign == "," else "point"
    read = next((cell for cell in open_ones if cell is not example and sign in cell.readings), None)
    if example.ambiguous:
        return shown_with(example, sign)
    if read is None:
        return f"decimal comma, as in {example.text}" if sign == "," else ""
    return f"{shown_with(read, sign)}: decimal {name}, as in {example.text}"


def plain_number(value: float) -> str:
    """A number without an exponent and without zeros that say nothing."""
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(round(value, 9))
