"""Days as people and tools write them. A cell may have several readings; its column decides."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Literal

from customer_success.dataclass import dataclass

DateOrder = Literal["day first", "month first", "year first"]
_ORDERS: tuple[DateOrder, ...] = ("day first", "month first", "year first")
FIRST, LAST = date(1990, 1, 1), date(2089, 12, 31)
"""A day outside is a placeholder or a slip of the pen."""
CLOSE_YEARS = 8
"""The years of a column's days lie so close together, as far as its readings leave a choice."""
_SERIAL_ZERO = date(1899, 12, 30)
_SERIALS = range(32_874, 69_400)
"""The numbers of spreadsheet days from 1990 to 2089."""
_SECONDS = (631_152_000, 3_786_912_000)


def _months() -> dict[str, int]:
    listed = """
    january jan januar janner jan janvier janv enero ene
    february feb februar februar feb fevrier fev fevr febrero
    march mar marz mrz marz mars marzo maerz
    april apr april avril avr abril abr
    may mai mai mayo
    june jun juni juin junio
    july jul juli juillet juil julio
    august aug august aout agosto ago
    september sep sept septembre septiembre set setiembre
    october oct oktober okt octobre octubre
    november nov november novembre noviembre
    december dec dezember dez decembre diciembre dic
    """
    names = [line.split() for line in listed.strip().splitlines()]
    return {name: number for number, line in enumerate(names, start=1) for name in line}


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MONTHS: Mapping[str, int] = _months()
_WEEKDAYS = _listed("""
    mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun sunday
    montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so
    lundi mardi mercredi jeudi vendredi samedi dimanche lun mar mer jeu ven sam dim
    lunes martes miercoles jueves viernes sabado domingo mie jue vie sab
    """)
_FILLERS = frozenset(("de", "del", "of", "the", "le", "um", "at", "uhr", "a", "las", "kl"))
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_COMPACT = re.compile(r"(19|20)\d{6}")
_TRIPLE = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
_TIME = re.compile(
    r"(?:[T ,]\s*|^)(?P<hour>\d{1,2})[:h](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\.?)?",
    re.IGNORECASE,
)
_ZONE = re.compile(r"\(?(?P<name>Z|UTC|GMT|[A-Z]{3,4})?\s*(?P<offset>[+-−]\d{1,2}(?::?\d{2})?)?\)?")
_ZONES: Mapping[str, int] = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "CET": 60, "MEZ": 60, "CEST": 120, "MESZ": 120, "EET": 120, "EEST": 180,
    "EST": -300, "EDT": -240, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
}  # fmt: skip
"""Minutes from UTC. CST, IST and BST are zones of several countries, so they are not among them."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A day as it is written, with a reading for each order of its parts, and its time where it has one."""

    text: str
    readings: Mapping[DateOrder, date]
    time: time | None = None
    zone: tzinfo | None = None
    dotted: bool = False
    """Whether points stand between its parts, as where the day comes first."""
    form: Literal["numbers", "iso", "letters", "serial", "instant", "range"] = "numbers"

    @property
    def ambiguous(self) -> bool:
        return len(set(self.readings.values())) > 1

    @property
    def is_instant(self) -> bool:
        """Whether it has a time of a known zone."""
        return self.zone is not None and self.time is not None

    @property
    def at_midnight(self) -> bool:
        return self.time is None or self.time == time()


def moment(cell: object) -> Moment | None:
    """The day in a cell, None if there is none."""
    if isinstance(cell, datetime):
        return _fixed(str(cell), cell.date(), "iso", cell.time() if cell.tzinfo else None, cell.tzinfo)
    if isinstance(cell, date):
        return _fixed(cell.isoformat(), cell, "iso")
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return _serial(f"{cell:g}" if isinstance(cell, float) else str(cell), float(cell))
    text = " ".join(str(cell).split())
    parts = re.split(r"\s*(?:→|\s–\s|\sto\s|\sbis\s)\s*", text)
    if len(parts) == 2:
        first, last = (moment(part) for part in parts)
        if first is None or last is None or last.ambiguous or first.ambiguous:
            return None
        return Moment(text, last.readings, last.time, last.zone, last.dotted, "range")
    if re.fullmatch(r"\d+(\.\d+)?", text) and not _COMPACT.fullmatch(text):
        return _serial(text, float(text))
    return _dated(text)


def _serial(text: str, number: float) -> Moment | None:
    """A spreadsheet's days since 1900, or seconds or milliseconds since 1970."""
    if int(number) in _SERIALS:
        return _fixed(text, _SERIAL_ZERO + timedelta(days=int(number)), "serial")
    seconds = number / 1000 if number > _SECONDS[1] else number
    if _SECONDS[0] <= seconds <= _SECONDS[1] and len(text.partition(".")[0]) in (10, 13):
        instant = datetime.fromtimestamp(seconds, UTC)
        return _fixed(text, instant.date(), "instant", instant.time(), UTC)
    return None


def _dated(text: str) -> Moment | None:
    at, zone, rest = None, None, text
    if found := _TIME.search(text):
        at = _time(found)
        zone_text = text[found.end() :].strip()
        rest = text[: found.start()].strip(" ,")
        if at is None or not rest:
            return None
        if zone_text and _fold(zone_text) != "uhr":
            zone = _zone(zone_text)
            if zone is None:
                return None
    if iso := _ISO.fullmatch(rest):
        day = _day(int(iso[1]), int(iso[3]), int(iso[4]))
        return _fixed(text, day, "iso", at, zone) if day else None
    if _COMPACT.fullmatch(rest):
        day = _day(int(rest[:4]), int(rest[4:6]), int(rest[6:]))
        return _fixed(text, day, "iso", at, zone) if day else None
    if numbers := _TRIPLE.fullmatch(rest):
        return _triple(text, numbers, at, zone)
    day = _in_letters(rest)
    return _fixed(text, day, "letters", at, zone) if day else None


def _triple(text: str, found: re.Match[str], at: time | None, zone: tzinfo | None) -> Moment | None:
    first, second, last = int(found[1]), int(found[3]), int(found[4])
    year = last if len(found[4]) == 4 else 2000 + last
    days: dict[DateOrder, date | None] = {
        "day first": _day(year, second, first),
        "month first": _day(year, first, second),
    }
    if len(found[4]) == 2 and found[2] != ".":
        days["year first"] = _day(2000 + first, second, last)
    readings = {order: day for order, day in days.items() if day is not None}
    return Moment(text, readings, at, zone, dotted=found[2] == ".") if readings else None


def _in_letters(text: str) -> date | None:
    words = [_fold(word) for word in re.findall(r"[^\W\d_]+|\d+", text)]
    if re.sub(r"[\w\s.,/\-ºª°']", "", text):
        return None
    numbers = [word for word in words if word.isdigit()]
    letters = [word for word in words if not word.isdigit() and word not in _FILLERS]
    letters = [word for word in letters if word not in ("st", "nd", "rd", "th", "er", "o")]
    if len(letters) == 2:
        letters = letters[1:] if letters[0] in _WEEKDAYS else []
    if len(letters) != 1 or letters[0] not in _MONTHS or len(numbers) != 2:
        return None
    month = _MONTHS[letters[0]]
    a, b = numbers
    if len(a) == 4 and len(b) <= 2:
        a, b = b, a
    if len(a) > 2 or len(b) not in (2, 4):
        return None
    return _day(int(b) if len(b) == 4 else 2000 + int(b), month, int(a))


def _fixed(
    text: str,
    day: date,
    form: Literal["iso", "letters", "serial", "instant"],
    at: time | None = None,
    zone: tzinfo | None = None,
) -> Moment | None:
    return Moment(text, dict.fromkeys(_ORDERS, day), at, zone, form=form)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _time(found: re.Match[str]) -> time | None:
    hour, half = int(found["hour"]), (found["half"] or "")[:1].lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, int(found["minute"]), int(found["second"] or 0))
    except ValueError:
        return None


def _zone(text: str) -> tzinfo | None:
    found = _ZONE.fullmatch(text)
    if found is None or not (found["name"] or found["offset"]):
        return None
    minutes = _ZONES.get(found["name"]) if found["name"] else 0
    if minutes is None:
        return None
    if offset := found["offset"]:
        digits = offset[1:].replace(":", "")
        hours, rest = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
        minutes += (hours * 60 + rest) * (1 if offset[0] == "+" else -1)
    return timezone(timedelta(minutes=minutes)) if abs(minutes) < 24 * 60 else None


def _fold(word: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(sign))


@dataclass(frozen=True, slots=True)
class DecidedOrder:
    """The order of the parts of a column's days, and why."""

    order: DateOrder
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TwoOrders:
    """A column whose days can be read in two orders, or that was written in both."""

    readings: str
    contradictory: bool = False


def proven_order(cells: Iterable[Moment]) -> tuple[set[DateOrder], dict[DateOrder, Moment]]:
    """The orders in which every cell can be read, and for each order a cell that cannot be read in it."""
    left: set[DateOrder] = set(_ORDERS)
    against: dict[DateOrder, Moment] = {}
    for cell in cells:
        if cell.form == "numbers":
            for order in left - cell.readings.keys():
                against[order] = cell
            left &= cell.readings.keys()
    return left, against


def decide_order(
    cells: Collection[Moment],
    *,
    asked: DateOrder | None = None,
    of_file: DecidedOrder | None = None,
    latest: date = LAST,
) -> DecidedOrder | TwoOrders:
    """The order of a column's days: what MAP asks for, what its own cells prove, else what the file suggests.

    `latest` is the last day that the column can hold.
    """
    numeric = [cell for cell in cells if cell.form == "numbers"]
    if not numeric:
        return DecidedOrder("year first", _form(cells))
    if asked:
        return DecidedOrder(asked, f"{asked} by MAP")
    left, against = proven_order(numeric)
    if not left:
        examples = " and ".join(sorted({cell.text for cell in against.values()})[:2])
        return TwoOrders(f"{examples} have no order of day and month in common", contradictory=True)
    left = _plausible(numeric, left, latest)
    open_ones = [cell for cell in numeric if len({cell.readings[order] for order in left}) > 1]
    if not open_ones:
        order = next(order for order in _ORDERS if order in left)
        why = next((cell.text for other, cell in against.items() if other != order), "")
        return DecidedOrder(order, f"{order}, as in {why}" if why else "")
    if "day first" in left and all(cell.dotted for cell in open_ones):
        return DecidedOrder("day first", f"day first, for points stand in {open_ones[0].text}")
    if of_file and of_file.order in left:
        return DecidedOrder(of_file.order, f"{of_file.order}, {of_file.reason}")
    first = open_ones[0]
    days = sorted({first.readings[order] for order in left})
    return TwoOrders(f"{first.text} can be {' or '.join(map(str, days))}, and no cell of the file decides")


def _plausible(cells: Collection[Moment], left: set[DateOrder], latest: date) -> set[DateOrder]:
    """The orders without those that put a day too late, or the years of a book far apart where another does not."""
    fitting = {order for order in left if all(cell.readings[order] <= latest for cell in cells)} or left
    years = {order: [cell.readings[order].year for cell in cells] for order in fitting}
    close = {order for order, found in years.items() if max(found) - min(found) <= CLOSE_YEARS}
    return close if close and len(cells) > 1 else fitting


def _form(cells: Iterable[Moment]) -> str:
    for cell in cells:
        if cell.form == "serial":
            return f"days of a spreadsheet: {cell.text} is {cell.readings['year first']}"
        if cell.form == "instant":
            return f"seconds since 1970: {cell.text} is {cell.readings['year first']}"
    return ""
