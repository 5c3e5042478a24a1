"""What the cells of a column are: read together, for the column decides and not the cell."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from customer_success.accounts.status_words import meaning_of as status_meaning
from customer_success.dataclass import dataclass
from customer_success.reading import words
from customer_success.reading.dates import (
    FIRST,
    LAST,
    DateOrder,
    DecidedOrder,
    Moment,
    TwoOrders,
    decide_order,
    moment,
    proven_order,
)
from customer_success.reading.fields import Field
from customer_success.reading.headings import Heading, Language, Preset
from customer_success.reading.mapping import ColumnMap, Map
from customer_success.reading.numbers import (
    Decided,
    DecimalSign,
    TwoSigns,
    Written,
    currency_named,
    decide,
    evidence,
    plain_number,
    written,
)
from customer_success.reading.people import people_in
from customer_success.reading.tables import Cell
from customer_success.reading.words import clean, is_empty, plain

Value: TypeAlias = Any
"""A cell's value: text, a number, a day, yes or no, or several people."""

NUMERIC = frozenset({"amount", "number", "count", "share", "nps", "days", "months"})
CONTRACT_YEARS = 30
"""A contract that ends later has a placeholder for its end."""
MOST = 0.5
"""From this share of a column's values on above 1 it is in per cent."""
FEW = 0.2
"""Up to this share of a column's values are slips of the pen, not another unit; under `ENOUGH` values none is sure."""
ENOUGH = 5
MOST_SHOWN = 4
_OUT_OF_TEN = re.compile(r"(?P<score>\d+(?:[.,]\d+)?)\s*(?:/|out of|von|sur|de)\s*10")
_DURATION = re.compile(
    r"(?P<number>\d{1,4})\s*-?\s*(?P<unit>d|days?|tagen?|tage|jours?|dias?|wochen?|weeks?|semaines?|semanas?|m|mo|months?|"
    r"monaten?|monate|mois|mes|meses|y|yrs?|years?|jahren?|jahre|ans?|annees?|anos?)"
)
_WHAT: Mapping[str, str] = {
    "amount": "an amount", "number": "a number", "count": "a whole number from 0 on", "share": "a share or per cent",
    "nps": "a number from 0 to 10", "date": "a day", "yes_no": "yes or no", "word": "a known word",
    "payment": "current, or overdue with its days", "people": "a person", "domain": "a domain",
    "days": "a number of days", "months": "a number of months", "left": "yes or no", "left_on": "a day",
    "currency": "a currency",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnCells:
    """A column before it is read: what its heading means, and its cells that differ, each with how often it stands."""

    place: int
    heading: Heading
    field: Field
    cells: Mapping[Cell, int]
    given: ColumnMap = dataclasses.field(default_factory=ColumnMap)

    @property
    def filled(self) -> int:
        return sum(self.cells.values())


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What holds for the whole file: its day, its time zone, its language, and what other columns decided."""

    run_date: date
    timezone: str = "UTC"
    language: Language = "en"
    sign: Decided | None = None
    order: DecidedOrder | None = None
    given: Map = dataclasses.field(default_factory=Map)
    preset: Preset | None = None

    def own_words(self, name: str) -> Mapping[str, str]:
        """The words of a field that the preset and MAP give."""
        return {**(self.preset.words.get(name, {}) if self.preset else {}), **self.given.words.get(name, {})}


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """A column that was read: the value of each cell, why a cell has none, and how it was taken, in words."""

    place: int
    heading: str
    field: Field
    values: Mapping[Cell, Value]
    problems: Mapping[Cell, str] = dataclasses.field(default_factory=dict)
    how: tuple[str, ...] = ()
    currencies: Mapping[Cell, str] = dataclasses.field(default_factory=dict)
    """The currency that each cell names."""
    beyond: Mapping[Cell, Value] = dataclasses.field(default_factory=dict)
    """The numbers and days that were read and lie out of bounds: their cells have a problem and no value."""

    @property
    def example(self) -> tuple[Cell, Value] | None:
        """The first cell with a value that is not nothing."""
        return next(((cell, value) for cell, value in self.values.items() if value not in (None, ())), None)


@dataclass(frozen=True, slots=True)
class RefusedColumn:
    """A column that has two readings or none: it gives no value, and `cure` is how to choose."""

    place: int
    heading: str
    field: str
    reason: str
    cure: str


@dataclass(frozen=True, slots=True)
class LeftOutColumn:
    """A column that is no field, with the reason, or without one where its heading is not known."""

    place: int
    heading: str
    reason: str = ""


Result: TypeAlias = ReadColumn | RefusedColumn


def read_column(column: ColumnCells, facts: FileFacts) -> Result:
    """Read one column."""
    if unit := _foreign_unit(column):
        return RefusedColumn(
            column.place,
            column.heading.text,
            column.field.name,
            f"its heading says {unit}, which is no unit of {column.field.words}",
            f'"{column.heading.text}" = "" leaves it out, or the field that it is',
        )
    result = _READERS[column.field.kind](column, facts)
    if isinstance(result, ReadColumn) and column.filled and not result.values and result.problems:
        shown = _shown(list(result.problems))
        what = _WHAT.get(column.field.kind, column.field.words)
        return RefusedColumn(
            column.place,
            column.heading.text,
            column.field.name,
            f"none of its cells can be read as {what}: {shown}",
            f'"{column.heading.text}" = "" leaves it out, or the field that it is',
        )
    return result


def _foreign_unit(column: ColumnCells) -> str | None:
    """A unit in the heading that values of the field do not have."""
    kind, heading = column.field.kind, column.heading
    if heading.unit == "per cent" and kind in NUMERIC - {"share"}:
        return "per cent"
    if heading.scale and kind in NUMERIC - {"amount"}:
        return "thousands or millions"
    return None


def number_fits(column: ColumnCells) -> Callable[[float, Written], bool]:
    """Whether a reading of a number is possible in this column: a whole number, within bounds, money without mills."""
    kind, high = column.field.kind, column.field.high
    most = {"share": max(1000.0, high), "nps": 100.0}.get(kind, high)

    def fits(value: float, cell: Written) -> bool:
        if abs(value) > most:
            return False
        if kind in ("count", "days", "months") and not float(value).is_integer():
            return False
        has_mills = cell.in_a_group and cell.currency and value == min(cell.readings.values(), key=abs)
        return not (kind == "amount" and has_mills)

    return fits


def _numbers(column: ColumnCells) -> tuple[dict[Cell, Written], dict[Cell, str]]:
    found: dict[Cell, Written] = {}
    problems: dict[Cell, str] = {}
    for cell in column.cells:
        number = written(clean(cell) if isinstance(cell, str) else cell)
        if number is None:
            problems[cell] = f"not {_WHAT[column.field.kind]}"
        else:
            found[cell] = number
    return found, problems


def file_sign(columns: Sequence[ColumnCells], language: Language, delimiter: str, given: Map) -> Decided | None:
    """The decimal sign that the numbers of a file have wherever one decides, else what its language suggests."""
    if given.decimal:
        return Decided(given.decimal, f'decimal "{given.decimal}" by MAP')
    found: dict[DecimalSign, tuple[str, str]] = {}
    for column in columns:
        if column.field.kind in NUMERIC:
            numbers, _ = _numbers(column)
            for sign, example in evidence(numbers.values(), number_fits(column)).items():
                found.setdefault(sign, (column.heading.text, example.text))
    if len(found) == 1:
        sign, (heading, text) = next(iter(found.items()))
        name = "commas" if sign == "," else "points"
        return Decided(sign, f"the file has decimal {name}, as in {heading} {text}")
    if found:
        return None
    if language in ("de", "fr", "es") and delimiter != ",":
        return Decided(",", "as headings of this language suggest")
    if language == "en" and delimiter == ",":
        return Decided(".", "")
    return None


def file_order(columns: Sequence[ColumnCells], language: Language, given: Map) -> DecidedOrder | None:
    """The order of day and month that the days of a file have wherever one decides, else what its language suggests."""
    if given.dates:
        return DecidedOrder(given.dates, "by MAP")
    found: dict[DateOrder, tuple[str, str]] = {}
    for column in columns:
        if column.field.kind in ("date", "left_on"):
            moments = [each for cell in column.cells if (each := moment(_dateable(cell))) and not each.dotted]
            left, against = proven_order(moments)
            if len(left) == 1 and against:
                order = next(iter(left))
                found.setdefault(order, (column.heading.text, next(iter(against.values())).text))
    if len(found) == 1:
        order, (heading, text) = next(iter(found.items()))
        return DecidedOrder(order, f"as in {heading} {text}")
    if not found and language in ("de", "fr", "es"):
        return DecidedOrder("day first", "as headings of this language suggest")
    return None


def _dateable(cell: Cell) -> Cell:
    return clean(cell) if isinstance(cell, str) else cell


def _read_number(column: ColumnCells, facts: FileFacts) -> Result:
    found, problems = _numbers(column)
    values, signed = _signed(column, found, problems, facts)
    if isinstance(signed, RefusedColumn):
        return signed
    taken: dict[Cell, Value] = {}
    beyond: dict[Cell, float] = {}
    for cell, value in values.items():
        number = found[cell]
        if number.percent or (number.currency and column.field.kind != "amount"):
            problems[cell] = f"not {_WHAT[column.field.kind]}"
        elif not column.field.low <= value <= column.field.high:
            problems[cell] = f"not from {plain_number(column.field.low)} to {plain_number(column.field.high)}"
            beyond[cell] = value
        elif column.field.kind == "count" and not float(value).is_integer():
            problems[cell] = "not a whole number"
        else:
            taken[cell] = _whole(value)
    return ReadColumn(column.place, column.heading.text, column.field, taken, problems, signed, beyond=beyond)


def _signed(
    column: ColumnCells, found: Mapping[Cell, Written], problems: dict[Cell, str], facts: FileFacts
) -> tuple[dict[Cell, float], tuple[str, ...] | RefusedColumn]:
    """The numbers by the column's decimal sign, with how it was found."""
    decided = decide(list(found.values()), number_fits(column), asked=column.given.decimal, of_file=facts.sign)
    if isinstance(decided, TwoSigns):
        heading = column.heading.text
        reason = f"two decimal signs: {decided.readings}" if decided.contradictory else decided.readings
        return {}, RefusedColumn(
            column.place,
            heading,
            column.field.name,
            reason,
            f'[columns."{heading}"] decimal = "," or "."',
        )
    values: dict[Cell, float] = {}
    for cell, number in found.items():
        if decided.sign not in number.readings:
            problems[cell] = f'cannot be read with the decimal sign "{decided.sign}" of its column'
        else:
            values[cell] = number.readings[decided.sign]
    reason = decided.reason.removesuffix(": ")
    return values, (reason,) if reason else ()


def _read_amount(column: ColumnCells, facts: FileFacts) -> Result:
    found, problems = _numbers(column)
    values, how = _signed(column, found, problems, facts)
    if isinstance(how, RefusedColumn):
        return how
    taken: dict[Cell, Value] = {}
    for cell, value in values.items():
        number, scale = found[cell], column.heading.scale
        has_mills = number.in_a_group and number.ambiguous and value == min(number.readings.values(), key=abs)
        if number.percent:
            problems[cell] = "per cent, not an amount"
        elif has_mills and column.given.decimal is None:
            problems[cell] = "three digits behind the decimal sign, which no amount has"
        elif number.scaled and scale:
            problems[cell] = "both the heading and the cell name thousands or millions"
        elif not column.field.low <= value * (scale or 1.0) <= column.field.high:
            problems[cell] = "too large for an amount"
        else:
            taken[cell] = _whole(round(value * (scale or 1.0), 6))
    if column.heading.scale:
        how = (*how, f"in {'thousands' if column.heading.scale == 1e3 else 'millions'}, by its heading")
    currencies = {cell: number.currency for cell, number in found.items() if number.currency}
    return ReadColumn(column.place, column.heading.text, column.field, taken, problems, how, currencies)


def _read_share(column: ColumnCells, facts: FileFacts) -> Result:
    found, problems = _numbers(column)
    values, how = _signed(column, found, problems, facts)
    if isinstance(how, RefusedColumn):
        return how
    bare = {cell: value for cell, value in values.items() if not found[cell].percent and value != 0}
    unit = _unit(column, found, bare)
    if isinstance(unit, RefusedColumn):
        return unit
    divisor, reason = unit
    taken: dict[Cell, Value] = {}
    outside: dict[Cell, float] = {}
    for cell, value in values.items():
        share = value / 100 if found[cell].percent else value / divisor
        if found[cell].currency:
            problems[cell] = "an amount, not a share"
        elif not 0 <= share <= column.field.high:
            problems[cell] = f"not from 0 to {column.field.high * 100:.0f} %"
            outside[cell] = share
        else:
            taken[cell] = round(share, 9)
    beyond = [cell for cell, value in values.items() if value > 100 * column.field.high]
    if len(beyond) * 2 > len(values) > 1:
        return RefusedColumn(
            column.place,
            column.heading.text,
            column.field.name,
            f"more than half of its values lie above {column.field.high * 100:.0f}: no share or per cent",
            f'"{column.heading.text}" = "" leaves it out',
        )
    return ReadColumn(
        column.place,
        column.heading.text,
        column.field,
        taken,
        problems,
        tuple(filter(None, (reason, *how))),
        beyond=outside,
    )


def _unit(
    column: ColumnCells, found: Mapping[Cell, Written], bare: Mapping[Cell, float]
) -> tuple[float, str] | RefusedColumn:
    """What the numbers without a sign are divided by, with the reason; refused where there are two readings."""
    heading, field_words = column.heading, column.field.words
    signed = any(number.percent for number in found.values())
    if column.given.unit:
        return (100.0 if column.given.unit == "per cent" else 1.0), f"{column.given.unit} by MAP"
    if not bare:
        return 100.0, "per cent by sign" if signed else ""
    above = {cell: value for cell, value in bare.items() if value > 1}
    cure = f'[columns."{heading.text}"] unit = "per cent" or "share"'
    first = next(iter(bare))
    if heading.unit == "per cent":
        if any(value > 2 for value in bare.values()):
            return 100.0, "per cent by heading"
        reason = f"the heading says per cent, and no value lies above 2: {first} can be {first} % or a share"
        return RefusedColumn(column.place, heading.text, column.field.name, reason, cure)
    many = sum(column.cells[cell] for cell in above)
    every = sum(column.cells[cell] for cell in bare)
    if 0 < many < MOST * every and (column.field.high <= 1 or any(value > 2 for value in bare.values())):
        if all(value <= 2 for value in bare.values()) and many <= FEW * every and every >= ENOUGH:
            return 1.0, "share"
        reason = (
            f"{many} of {every} lie above 1 ({_shown(list(above))}): per cent, with all others at most 1 %, or shares "
            "with slips of the pen"
        )
        return RefusedColumn(column.place, heading.text, column.field.name, reason, cure)
    if any(value > 2 for value in bare.values()):
        small = next((cell for cell in bare if cell not in above), None)
        lie = "lies" if many == 1 else "lie"
        more = f"; {small} is {small} %" if small is not None else ""
        return 100.0, f"per cent, since {many} of {every} {lie} above 1 ({_shown(list(above))}){more}"
    if above and (column.field.high <= 1 or not any(value < 1 for value in bare.values())):
        reason = f"{next(iter(above))} can be {next(iter(above))} % or a share of {field_words} above 1"
        return RefusedColumn(column.place, heading.text, column.field.name, reason, cure)
    if all(float(value).is_integer() for value in bare.values()) and not _is_typed(bare):
        reason = f"{first} can be all of it or {first} %: no value lies between 0 and 1, and none above"
        return RefusedColumn(column.place, heading.text, column.field.name, reason, cure)
    return 1.0, "share; per cent where the cell has its sign" if signed else "share"


def _is_typed(cells: Mapping[Cell, float]) -> bool:
    """Whether a cell is a decimal such as 1.0, which a tool writes for a share."""
    return any(isinstance(cell, str) and re.fullmatch(r"\s*[01][.,]0+\s*", cell) for cell in cells)


def _read_nps(column: ColumnCells, facts: FileFacts) -> Result:
    heading = column.heading.text
    if column.field.name == "nps_company":
        return RefusedColumn(
            column.place,
            heading,
            "nps_score",
            "a company's Net Promoter Score of −100 to 100 here, not answers from 0 to 10",
            f'"{heading}" = "nps_score" if they are answers, "" leaves it out',
        )
    of_ten: dict[Cell, Cell] = {
        cell: match["score"] for cell in column.cells if (match := _OUT_OF_TEN.fullmatch(str(cell).strip()))
    }
    if of_ten:
        column = replace(column, cells={of_ten.get(cell, cell): count for cell, count in column.cells.items()})
    found, problems = _numbers(column)
    values, how = _signed(column, found, problems, facts)
    if isinstance(how, RefusedColumn):
        return how
    outside = [cell for cell, value in values.items() if not 0 <= value <= 10]
    many, every = sum(column.cells[cell] for cell in outside), sum(column.cells[cell] for cell in values)
    if outside and not (every >= ENOUGH and many < FEW * every):
        return RefusedColumn(
            column.place,
            heading,
            "nps_score",
            f"−100 to 100: {_shown(outside)} {'lies' if many == 1 else 'lie'} outside of 0 to 10, so this is a "
            "company's Net Promoter Score and not answers from 0 to 10",
            f'no entry turns one scale into the other: "{heading}" = "" leaves it out, or give the answers (kind nps)',
        )
    beyond = {cell: values.pop(cell) for cell in outside}
    problems |= dict.fromkeys(beyond, "not from 0 to 10")
    taken: dict[Cell, Value] = {cell: _whole(value) for cell, value in values.items() if not found[cell].percent}
    if of_ten:
        taken = {cell: taken[of_ten.get(cell, cell)] for cell in {**of_ten, **taken} if of_ten.get(cell, cell) in taken}
    return ReadColumn(column.place, heading, column.field, taken, problems, ("0 to 10", *how), beyond=beyond)


def _read_duration(column: ColumnCells, facts: FileFacts) -> Result:
    """Days of notice, or months of a term: by the heading's unit, else by that of the cells."""
    wants_days = column.field.kind == "days"
    named: dict[Cell, Value] = {}
    problems: dict[Cell, str] = {}
    rest: dict[Cell, int] = {}
    for cell, count in column.cells.items():
        if found := _DURATION.fullmatch(_folded(cell)):
            value = _in_days(found) if wants_days else _in_months(found)
            if value is None:
                problems[cell] = f"months and weeks are no number of {'days' if wants_days else 'months'}"
            else:
                named[cell] = value
        else:
            rest[cell] = count
    if not rest:
        return ReadColumn(column.place, column.heading.text, column.field, named, problems)
    result = _read_number(replace(column, cells=rest, field=replace(column.field, kind="count")), facts)
    if isinstance(result, RefusedColumn):
        return result
    unit, wanted = column.heading.unit, "days" if wants_days else "months"
    numbers = [value for value in result.values.values() if value]
    sure = unit == wanted or all(value >= (28 if wants_days else 6) for value in numbers)
    if unit not in (None, wanted) or not sure:
        other = "months" if wants_days else "years"
        first = plain_number(numbers[0])
        return RefusedColumn(
            column.place,
            column.heading.text,
            column.field.name,
            f"{first} can be {first} {wanted} or {first} {unit or other}",
            f'"{column.heading.text}" = "" leaves it out; name the unit in its heading, as in Notice Days, Term Months',
        )
    how = () if unit == wanted else (f"in {wanted}",) if numbers else ()
    return ReadColumn(
        column.place,
        column.heading.text,
        column.field,
        {**named, **result.values},
        {**problems, **result.problems},
        (*how, *result.how),
    )


def _folded(cell: Cell) -> str:
    return " ".join(re.findall(r"[^\W_]+", plain(str(cell))))


def _in_days(found: re.Match[str]) -> int | None:
    number, unit = int(found["number"]), found["unit"]
    if unit.startswith(("d", "tag", "j")) and not unit.startswith("jahr"):
        return number
    return number * 7 if unit.startswith(("w", "sem")) else None


def _in_months(found: re.Match[str]) -> int | None:
    number, unit = int(found["number"]), found["unit"]
    if unit.startswith(("y", "jahr", "an")):
        return number * 12
    return number if unit.startswith("m") else None


def _read_date(column: ColumnCells, facts: FileFacts) -> Result:
    found: dict[Cell, Moment] = {}
    problems: dict[Cell, str] = {}
    for cell in column.cells:
        each = moment(_dateable(cell))
        if each is None:
            problems[cell] = "no day"
        else:
            found[cell] = each
    latest = facts.run_date + timedelta(days=1) if column.field.past else LAST
    asked = column.given.dates
    decided = decide_order(list(found.values()), asked=asked, of_file=facts.order, latest=latest)
    heading = column.heading.text
    if isinstance(decided, TwoOrders):
        reason = f"two orders of day and month: {decided.readings}" if decided.contradictory else decided.readings
        return RefusedColumn(
            column.place,
            heading,
            column.field.name,
            reason,
            f'[columns."{heading}"] dates = "day first" or "month first"',
        )
    serial = [cell for cell, each in found.items() if each.form == "serial"]
    if serial and len(serial) < len(found) and all(isinstance(cell, str) for cell in serial):
        return RefusedColumn(
            column.place,
            heading,
            column.field.name,
            f"some cells are numbers such as {serial[0]}, others days: whether the numbers are days is not sure",
            f'"{heading}" = "" leaves it out; format the column as days and save it again',
        )
    zone = ZoneInfo(facts.timezone)
    # What was stored as a day comes back as midnight of UTC: it is that day in every zone.
    ahead: dict[Cell, Value] = {}
    days_alone = all(each.at_midnight for each in found.values() if each.is_instant)
    taken: dict[Cell, Value] = {}
    for cell, each in found.items():
        day = each.readings.get(decided.order)
        if day is None:
            problems[cell] = f"no day with the {decided.order}"
            continue
        if each.is_instant and not days_alone and each.time is not None:
            day = datetime.combine(day, each.time, each.zone).astimezone(zone).date()
        if not FIRST <= day <= LAST:
            problems[cell] = f"{day} is a placeholder or a slip of the pen"
        elif column.field.past and day > facts.run_date:
            problems[cell] = f"{day} lies ahead"
            ahead[cell] = day
        elif column.field.name == "contract_end" and day.year > facts.run_date.year + CONTRACT_YEARS:
            problems[cell] = f"{day} is a placeholder for no end"
        else:
            taken[cell] = day
    ranges = [each for each in found.values() if each.form == "range"]
    how = tuple(filter(None, (decided.reason,)))
    if ranges:
        how = (*how, f"of a range its last day: {ranges[0].text} is {ranges[0].readings[decided.order]}")
    if any(each.is_instant for each in found.values()) and not days_alone:
        how = (*how, f"moments as days in {facts.timezone}")
    return ReadColumn(column.place, heading, column.field, taken, problems, how, beyond=ahead)


def _read_text(column: ColumnCells, _: FileFacts) -> Result:
    values = {cell: clean(_plain_text(cell)) for cell in column.cells}
    return ReadColumn(column.place, column.heading.text, column.field, values)


def _read_notes(column: ColumnCells, _: FileFacts) -> Result:
    values = {cell: _plain_text(cell).strip() for cell in column.cells}
    return ReadColumn(column.place, column.heading.text, column.field, values)


def _read_several(column: ColumnCells, _: FileFacts) -> Result:
    values = {
        cell: tuple(part.strip() for part in re.split("[,;]", clean(_plain_text(cell))) if part.strip())
        for cell in column.cells
    }
    return ReadColumn(column.place, column.heading.text, column.field, values)


def _plain_text(cell: Cell) -> str:
    if isinstance(cell, float):
        return plain_number(cell)
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _read_id(column: ColumnCells, _: FileFacts) -> Result:
    values: dict[Cell, Value] = {}
    problems: dict[Cell, str] = {}
    for cell in column.cells:
        text = clean(_plain_text(cell))
        if re.fullmatch(r"\d+([.,]\d+)?E\+?\d+", text, re.IGNORECASE) or (
            isinstance(cell, float) and abs(cell) >= 1e15
        ):
            problems[cell] = "a spreadsheet cut this id down to a number: format the column as text and save it again"
        else:
            values[cell] = text
    return ReadColumn(column.place, column.heading.text, column.field, values, problems)


def _by_words(
    column: ColumnCells, facts: FileFacts, read: Callable[[str, Mapping[str, str]], Value | None]
) -> ReadColumn:
    own = facts.own_words(column.field.name)
    values: dict[Cell, Value] = {}
    problems: dict[Cell, str] = {}
    for cell in column.cells:
        value = read(clean(_plain_text(cell)), own)
        if value is None:
            problems[cell] = f"not {_WHAT[column.field.kind]}"
        else:
            values[cell] = value
    return ReadColumn(column.place, column.heading.text, column.field, values, problems)


def _read_word(column: ColumnCells, facts: FileFacts) -> Result:
    return _by_words(column, facts, lambda text, own: words.value_of(column.field.name, text, own))


def _read_payment(column: ColumnCells, facts: FileFacts) -> Result:
    return _by_words(column, facts, words.payment_status)


def _read_yes_no(column: ColumnCells, facts: FileFacts) -> Result:
    return _by_words(column, facts, words.yes_or_no)


def _read_left(column: ColumnCells, facts: FileFacts) -> Result:
    """Whether a record was deleted, or is not active any more: True where it has left. A day says when it did."""
    left_where = column.field.name != "is_active"

    def answer(text: str, own: Mapping[str, str]) -> bool | None:
        found = words.yes_or_no(text, own)
        return True if found is None and left_where and _has_come(text, facts.run_date) else found

    read = _by_words(column, facts, answer)
    return replace(read, values={cell: yes == left_where for cell, yes in read.values.items()})


def _has_come(text: str, run_date: date) -> bool:
    """Whether a text is a day, in every reading of it up to this one."""
    each = moment(text)
    return each is not None and all(day <= run_date for day in each.readings.values())


def _read_status(column: ColumnCells, facts: FileFacts) -> Result:
    own = facts.own_words("status")
    values: dict[Cell, Value] = {}
    for cell in column.cells:
        text = clean(_plain_text(cell))
        meant = own.get(plain(text)) or status_meaning(text)
        values[cell] = {"active": "active", "left": "inactive", "inactive": "inactive"}.get(meant, text)
    unknown = [cell for cell, value in values.items() if value not in ("active", "inactive")]
    how = (f"unknown words stay active inwards: {_shown(unknown)}",) if unknown else ()
    return ReadColumn(column.place, column.heading.text, column.field, values, how=how)


def _read_people(column: ColumnCells, _: FileFacts) -> Result:
    values = {cell: people_in(_plain_text(cell)) for cell in column.cells}
    return ReadColumn(column.place, column.heading.text, column.field, values)


_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}|(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}")


def _read_domain(column: ColumnCells, _: FileFacts) -> Result:
    values: dict[Cell, Value] = {}
    problems: dict[Cell, str] = {}
    for cell in column.cells:
        hosts = [_host(part) for part in re.split(r"[,;\s]+", clean(_plain_text(cell))) if part]
        if hosts and all(hosts):
            values[cell] = tuple(dict.fromkeys(host for host in hosts if host))
        else:
            problems[cell] = "no domain"
    return ReadColumn(column.place, column.heading.text, column.field, values, problems)


def _host(text: str) -> str | None:
    bare = text.casefold().split("://", 1)[-1].split("/", 1)[0].split("?", 1)[0].rsplit("@", 1)[-1].split(":", 1)[0]
    bare = bare.removeprefix("www.").rstrip(".")
    return bare if _HOST.fullmatch(bare) else None


def _read_currency(column: ColumnCells, _: FileFacts) -> Result:
    values: dict[Cell, Value] = {}
    problems: dict[Cell, str] = {}
    for cell in column.cells:
        code = currency_named(clean(_plain_text(cell)))
        if code is None:
            problems[cell] = "not a currency"
        else:
            values[cell] = code
    return ReadColumn(column.place, column.heading.text, column.field, values, problems)


_READERS: Mapping[str, Callable[[ColumnCells, FileFacts], Result]] = {
    "id": _read_id,
    "text": _read_text,
    "notes": _read_notes,
    "ids": _read_text,
    "several": _read_several,
    "status": _read_status,
    "left": _read_left,
    "left_on": _read_date,
    "amount": _read_amount,
    "number": _read_number,
    "count": _read_number,
    "share": _read_share,
    "nps": _read_nps,
    "days": _read_duration,
    "months": _read_duration,
    "date": _read_date,
    "yes_no": _read_yes_no,
    "word": _read_word,
    "payment": _read_payment,
    "people": _read_people,
    "domain": _read_domain,
    "currency": _read_currency,
}


_NO_NAMES = frozenset({"-", "–", "—", "n/a", "#n/a", "null", "(blank)", "(empty)", "."})


def filled_cells(cells: Sequence[Cell], of_field: Field) -> dict[Cell, int]:
    """The cells of a column that hold something, each with how often it stands.

    A company may be called Unknown, and reviews be held None; in any other column these say that nothing is known.
    """
    counts: dict[Cell, int] = {}
    for cell in cells:
        counts[cell] = counts.get(cell, 0) + 1
    is_a_name = of_field.name in ("name", "qbr_cadence") or of_field.kind in ("id", "notes")
    return {cell: count for cell, count in counts.items() if not isinstance(cell, str) or _holds(cell, is_a_name)}


def _holds(cell: str, is_a_name: bool) -> bool:
    text = cell.strip()
    return bool(text) and text.casefold() not in _NO_NAMES if is_a_name else not is_empty(cell)


def _whole(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value


def _shown(cells: Sequence[Cell]) -> str:
    shown = ", ".join(str(cell) for cell in cells[:MOST_SHOWN])
    return shown if len(cells) <= MOST_SHOWN else f"{shown} and {len(cells) - MOST_SHOWN} more"
