"""The records of a file that a feed delivers: CSV or JSON lines, compressed or not, read in constant memory.

Nothing is guessed: the text is UTF-8, or UTF-16 with its mark, the separator is the one by which the heading names
known columns, and what is none of this is refused in one sentence.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from io import BufferedReader, RawIOBase, TextIOWrapper
from typing import IO, TYPE_CHECKING, cast

from pydantic import BaseModel

from customer_success.dataclass import dataclass
from customer_success.errors import Refused

if TYPE_CHECKING:
    from customer_success.reading.tool_exports import ToolExport

MOST_BYTES = 1024**3
"""Bytes that a file may have, and may unpack to."""
MOST_COLUMNS = 500
LONGEST_LINE = 1024**2
"""Characters of one line, its quoted line breaks included."""
_GZIP = b"\x1f\x8b"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SEPARATORS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Cells:
    """A line of a table: its cells by the names of their columns, all of them text."""

    by_column: dict[str, str]


@dataclass(frozen=True, slots=True)
class Json:
    """A line of JSON, as it stands."""

    text: str


Record = Cells | Json


def records(file: IO[bytes], model: type[BaseModel], kind: str = "") -> Iterator[tuple[int, Record]]:
    """The records of a file with the number of the line on which each begins.

    `model` is what a line is of: its fields are the columns that are known. Where the headings are those of a tool's
    export of this `kind`, they are read as its preset says. Raises `Refused` for a file that is none,
    which may be in its middle: nothing is to be written before its end.
    """
    lines = _lines(file)
    first = next(lines, None)
    if first is None:
        raise Refused("the file is empty")
    if first.lstrip().startswith(("{", "[")):
        yield from _json_lines(first, lines)
    else:
        yield from _table(first, lines, model, kind)


def column_name(heading: str) -> str:
    """The name of the column that a heading means: "Active Users" is active_users."""
    return "_".join(heading.strip().casefold().replace("-", " ").replace("_", " ").split())


def _json_lines(first: str, others: Iterable[str]) -> Iterator[tuple[int, Record]]:
    if first.lstrip().startswith("["):
        raise Refused("the file begins with '[': JSON lines are asked for, one object on each line")
    if first.strip():
        yield 1, Json(first)
    for number, line in enumerate(others, start=2):
        if line.strip():
            yield number, Json(line)


def _table(first: str, others: Iterable[str], model: type[BaseModel], kind: str) -> Iterator[tuple[int, Record]]:
    known = _columns_of(model)
    csv.field_size_limit(LONGEST_LINE)
    if export := _export(first, known, kind):
        yield from _tool_lines(*export, others)
        return
    separator = max(_SEPARATORS, key=lambda sign: len(known & set(map(column_name, first.split(sign)))))
    rows = csv.reader(_and(first, others), delimiter=separator, strict=True)
    try:
        columns = _heading(next(rows), known)
        start = rows.line_num + 1
        for row in rows:
            number, start = start, rows.line_num + 1
            if any(cell.strip() for cell in row):
                yield number, Cells(dict(zip(columns, map(str.strip, row), strict=False)))
    except csv.Error as error:
        raise Refused(f"line {rows.line_num}: {error}") from error


def _export(first: str, known: set[str], kind: str) -> tuple[ToolExport, str] | None:
    """How a tool's export becomes lines of this kind, with its separator; None where the columns are the kind's own."""
    # Only a file of a tool needs what reads it: others start without.
    from customer_success.reading.tool_exports import tool_export

    for separator in _SEPARATORS if kind else ():
        headings = next(csv.reader([first], delimiter=separator), [])
        if len(headings) > MOST_COLUMNS:
            return None
        named = {column_name(heading) for heading in headings} & known
        export = tool_export(headings, kind) if len(headings) > 1 else None
        if export and len(named) < len(set(filter(None, export.columns))):
            return export, separator
    return None


def _tool_lines(export: ToolExport, separator: str, others: Iterable[str]) -> Iterator[tuple[int, Record]]:
    rows = csv.reader(others, delimiter=separator, strict=True)
    start = 2
    try:
        for row in rows:
            number, start = start, rows.line_num + 2
            if any(cell.strip() for cell in row) and (cells := export.line(row)) is not None:
                yield number, Cells(cells)
    except csv.Error as error:
        raise Refused(f"line {rows.line_num + 1}: {error}") from error


def _heading(cells: list[str], known: set[str]) -> list[str]:
    if len(cells) > MOST_COLUMNS:
        raise Refused(f"the heading has {len(cells)} columns, at most {MOST_COLUMNS} are read")
    columns = [column_name(cell) for cell in cells]
    named = [column for column in columns if column in known]
    if not named:
        raise Refused(f"the first line names none of the columns {', '.join(sorted(known))}")
    twice = [column for column, count in Counter(named).items() if count > 1]
    if twice:
        raise Refused(f"the heading names {', '.join(twice)} twice")
    return columns


def _columns_of(model: type[BaseModel]) -> set[str]:
    """The names of a model's fields, and the other names that they go by."""
    names: set[str] = set()
    for name, info in model.model_fields.items():
        choices = getattr(info.validation_alias, "choices", None)
        names |= {str(choice) for choice in choices} if choices else {name}
    return names


def _and(first: str, others: Iterable[str]) -> Iterator[str]:
    yield first
    yield from others


def _lines(file: IO[bytes]) -> Iterator[str]:
    """The lines of text that a file holds, unpacked."""
    plain = BufferedReader(_Bounded(file))
    source: IO[bytes] = plain
    try:
        if plain.peek(2).startswith(_GZIP):
            source = BufferedReader(_Bounded(cast("IO[bytes]", gzip.GzipFile(fileobj=plain))))
        start = cast("BufferedReader", source).peek(4)
        encoding = next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")
        text = TextIOWrapper(cast("BufferedReader", source), encoding=encoding, newline="")
        number = 0
        while line := text.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise Refused(f"line {number} has more than {LONGEST_LINE:,} characters")
            if "\0" in line:
                raise Refused(f"line {number} holds a NUL character: the file is no text, or was cut off")
            yield line
    except UnicodeDecodeError as error:
        raise Refused(f"the file is not {error.encoding}: {error.reason} after line {number}") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Refused(f"the compressed file is broken: {error}") from error


class _Bounded(RawIOBase):
    """A stream that refuses to go on beyond `MOST_BYTES`: a compressed file does not say its size."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._left = MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer))
        part = self._source.read(len(view))
        self._left -= len(part)
        if self._left < 0:
            raise Refused(f"the file unpacks to more than {MOST_BYTES:,} bytes: deliver it in several files")
        view[: len(part)] = part
        return len(part)


def parsed(record: Record, model: type[BaseModel]) -> BaseModel:
    """The line that a record is. Raises `pydantic.ValidationError`."""
    match record:
        case Cells(by_column):
            return model.model_validate_strings({name: cell for name, cell in by_column.items() if cell})
        case Json(text):
            return model.model_validate_json(text, strict=True)


def from_object(line: object) -> Json:
    """A line that came as an object, as in a request."""
    return Json(json.dumps(line))
