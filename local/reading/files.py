"""Tables in files of any kind that a person may have: CSV in any encoding, xlsx, xls, ods."""

from __future__ import annotations

import codecs
import html
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from charset_normalizer import from_bytes
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum, ZipError

from customer_success.reading.errors import UnreadableTableError
from customer_success.reading.headings import count_known
from customer_success.reading.tables import (
    LINES_LOOKED_AT,
    Cell,
    CountKnown,
    Table,
    TableLine,
    decoded,
    table_of_rows,
    table_of_text,
)

MOST_BYTES = 200_000_000
"""Bytes that a file may have, and that a spreadsheet may unpack to."""
MOST_PARTS = 5_000
MOST_CELLS = 20_000_000
"""Cells between the first and the last of a sheet, filled or not: each takes memory."""
SAMPLE_BYTES = 400_000
"""Of a text in an unknown encoding so much is looked at."""
COMMON_LETTERS = frozenset("äöüßÄÖÜàâæçéèêëîïôœùûÀÂÇÉÈÊËÎÏÔÙÛáíóúñÁÍÓÚÑãõÃÕåøÅØÆìòºª")
"""The letters of English, German, French, Spanish and their neighbours beyond ASCII."""
ENCODINGS = ["cp1252", "iso8859_15", "cp1250", "mac_roman", "cp850", "utf_16_le", "utf_16_be"]
"""The encodings in which spreadsheet programs save text in the languages that are read here."""
Shown = Mapping[tuple[int, int], str]
"""What cells show, by row and column, counted from 1."""
_PER_CENT = {"9", "10"}
"""The formats of xlsx that show per cent, beside those that a workbook defines."""
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_ERROR = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]{1,3})(\d{1,7})"[^>]*>(?:<f[^>]*/>|<f\b[^>]*>[^<]*</f>)?<v>([^<]+)</v>'
)
_PLACE = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_CHUNK = 1 << 20
_DOUBLE = re.compile("[ÃÂ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
"""How letters look that were encoded twice."""


def read_table(path: Path, known: CountKnown = count_known) -> Table:
    """The table in a file. Raises `UnreadableTableError`, naming what is wrong and what would be right."""
    content = _content(path)
    try:
        if content.startswith((_ZIP, _OLE)):
            return _of_workbook(content, known)
        text, encoding = _text(content)
        return table_of_text(text, known, encoding)
    except UnreadableTableError as error:
        raise UnreadableTableError(f"{path}: {error}") from error


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UnreadableTableError(f"{path}: {size:,} bytes, at most {MOST_BYTES:,} are read: split it")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableTableError(f"{path}: {error.strerror}; expected a CSV or xlsx file") from error


def _text(content: bytes) -> tuple[str, str]:
    """The text and its encoding: UTF-8 or UTF-16 where it is that, else what the letters look like."""
    try:
        text, encoding = decoded(content)
    except UnreadableTableError as error:
        if not isinstance(error.__cause__, UnicodeDecodeError):
            raise
        bare = content.removeprefix(codecs.BOM_UTF8)
        guess = _encoding(_with_letters(bare))
        if guess is None:
            raise
        says = ", though its mark says UTF-8" if len(bare) != len(content) else ""
        return bare.decode(guess, "replace"), f"{guess}, no UTF-8{says}"
    if _DOUBLE.search(text) and (once := _decoded_once(text)):
        return once, f"{encoding} encoded twice, read as it was meant"
    return text, encoding


def _encoding(sample: bytes) -> str | None:
    """The encoding of a text that is no UTF-8: that of Windows where it makes common letters, else the likeliest."""
    try:
        if set(filter(str.isalpha, filter(_is_beyond_ascii, sample.decode("cp1252")))) <= COMMON_LETTERS:
            return "cp1252"
    except UnicodeDecodeError:
        pass
    guess = from_bytes(sample, cp_isolation=ENCODINGS).best()
    return guess.encoding if guess else None


def _is_beyond_ascii(sign: str) -> bool:
    return not sign.isascii()


def _with_letters(content: bytes) -> bytes:
    """The lines in which an encoding shows, since most of a large file may be plain ASCII."""
    lines = [line for line in content.splitlines() if not line.isascii()]
    return b"\n".join(lines)[:SAMPLE_BYTES]


def _decoded_once(text: str) -> str | None:
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None


def _of_workbook(content: bytes, known: CountKnown) -> Table:
    shown = _check_unpacked(content) if content.startswith(_ZIP) else {}
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        found = ((name, _of_sheet(workbook, name, known, shown.get(name, {}))) for name in names)
        tables = [(name, table) for name, table in found if table is not None]
    except PasswordError as error:
        raise UnreadableTableError("the spreadsheet is locked with a password: save it without one") from error
    except (CalamineError, ZipError, zipfile.BadZipFile, ValueError) as error:
        raise UnreadableTableError(f"the spreadsheet cannot be read: {error}; save it as CSV (UTF-8)") from error
    if not tables:
        raise UnreadableTableError(f"no sheet holds headings that are known: {', '.join(names) or 'there is none'}")
    name, table = max(tables, key=lambda each: known(each[1].headings))
    others = [each for each, _ in tables if each != name]
    also = f", not {', '.join(others)}" if others else ""
    return replace(table, encoding=f"sheet {name}{also}" if len(names) > 1 else "")


def _of_sheet(workbook: CalamineWorkbook, name: str, known: CountKnown, shown: Shown) -> Table | None:
    rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    if not any(known([str(cell) for cell in row]) for row in rows[:LINES_LOOKED_AT]):
        return None
    try:
        return table_of_rows(_lines(rows, shown), known)
    except UnreadableTableError:
        return None


def _lines(rows: Sequence[Sequence[object]], shown: Shown) -> Iterator[TableLine]:
    for number, row in enumerate(rows, start=1):
        cells = tuple(_cell(value) for value in row)
        if shown:
            cells = tuple(_as_shown(cell, shown.get((number, place))) for place, cell in enumerate(cells, start=1))
        yield TableLine(number, cells)


def _as_shown(cell: Cell, shown: str | None) -> Cell:
    """A cell as the sheet shows it: 62% for 0.62 in one that shows per cent, and the error of a formula that failed."""
    if shown == "%":
        return f"{cell * 100:.10g}%" if isinstance(cell, int | float) else cell
    return shown or cell


def _cell(value: object) -> Cell:
    """A cell as the sheet holds it. A formula is there with the value that was last computed, and is not run."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date | str | int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    return str(value)


def _check_unpacked(content: bytes) -> Mapping[str, Shown]:
    """Refuse what unpacks to far more than it is: nothing of it is read before. Raises `UnreadableTableError`.

    The result has, by sheet, the cells that show per cent, as "%", and those that show an error, as its text.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
                raise UnreadableTableError(f"the spreadsheet unpacks to more than {MOST_BYTES:,} bytes: it is not read")
            sheets = {name: _Area() for part in parts if _SHEET.fullmatch(name := part.filename)}
            for part in parts:
                _check_part(archive, part, sheets.get(part.filename))
            return _shown(archive, {part.filename for part in parts}, sheets)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise UnreadableTableError(f"the spreadsheet cannot be read: {error}; save it as CSV (UTF-8)") from error


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, area: _Area | None) -> None:
    """Unpack a part without storing it: its declared size may be a lie, and two far cells span billions."""
    size, rest = 0, b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > MOST_BYTES:
                raise UnreadableTableError(f"the spreadsheet unpacks to more than {MOST_BYTES:,} bytes: it is not read")
            if area:
                area.take(rest + chunk)
                rest = chunk[-200:]


def _shown(archive: zipfile.ZipFile, parts: Set[str], sheets: Mapping[str, _Area]) -> Mapping[str, Shown]:
    """What cells show other than calamine gives, to which an error is an empty cell; by the name of the sheet."""
    if not {"xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= parts:
        return {}
    styles, book, links = (
        archive.read(name).decode("utf-8", "replace")
        for name in ("xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels")
    )
    own = {
        number
        for tag in re.findall(r"<numFmt\b[^>]*>", styles)
        if "%" in _named(tag, "formatCode")
        for number in [_named(tag, "numFmtId")]
    }
    used = styles.partition("<cellXfs")[2].partition("</cellXfs>")[0]
    formats = [_named(tag, "numFmtId") for tag in re.findall(r"<xf\b[^>]*>", used)]
    per_cent = {str(place) for place, number in enumerate(formats) if number in own | _PER_CENT}
    targets = {_named(tag, "Id"): _named(tag, "Target") for tag in re.findall(r"<Relationship\b[^>]*>", links)}
    shares = re.compile(
        rb'<(?:\w+:)?c\b(?=[^>]*\bs="(?:'
        + "|".join(per_cent or {"none"}).encode()
        + rb')")[^>]*\br="([A-Z]{1,3})(\d{1,7})"'
    )
    found: dict[str, Shown] = {}
    for tag in re.findall(r"<sheet\b[^>]*>", book):
        part = f"xl/{targets.get(_named(tag, 'r:id'), '').removeprefix('/xl/')}"
        if part in sheets:
            xml = archive.read(part)
            cells = {(int(row), _number(column)): "%" for column, row in shares.findall(xml)}
            errors = {(int(row), _number(column)): text.decode() for column, row, text in _ERROR.findall(xml)}
            found[html.unescape(_named(tag, "name"))] = cells | errors
    return found


def _named(tag: str, attribute: str) -> str:
    found = re.search(rf'\b{attribute}="([^"]*)"', tag)
    return found[1] if found else ""


class _Area:
    """The cells between the first and the last of a sheet."""

    def __init__(self) -> None:
        self._column = 1
        self._row = 1

    def take(self, xml: bytes) -> None:
        found = _PLACE.findall(xml)
        if not found:
            return
        letters = {column for column, _ in found}
        self._column = max(self._column, *map(_number, letters))
        self._row = max(self._row, max(int(row) for _, row in found))
        if self._column * self._row > MOST_CELLS:
            raise UnreadableTableError(
                f"a sheet spans {self._column:,} columns and {self._row:,} rows, more than {MOST_CELLS:,} cells: "
                "delete what lies far outside of the table"
            )


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
