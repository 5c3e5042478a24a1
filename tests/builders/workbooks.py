"""Spreadsheets of xlsx as programs save them, made by hand so that a test can also make what none would save."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import date
from io import BytesIO
from xml.sax.saxutils import escape

_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>'
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STYLES = (
    f'<?xml version="1.0"?><styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="0.0%"/>'
    '</numFmts><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/>'
    '<xf numFmtId="164" applyNumberFormat="1"/></cellXfs></styleSheet>'
)
FIRST_DAY = date(1899, 12, 30)


class PerCent(float):
    """A share in a cell that shows per cent."""


class Formula(str):
    """A formula without a stored value, as a program that only writes files leaves it."""


class Failed(str):
    """The error of a formula that failed."""


def workbook(*sheets: tuple[str, Sequence[Sequence[object]]], raw_sheet: str = "") -> bytes:
    """A workbook of sheets, each with its name and rows; `raw_sheet` is the XML of a first sheet of any content."""
    contents = [(name, _sheet(rows)) for name, rows in sheets]
    if raw_sheet:
        contents.insert(0, ("Raw", raw_sheet))
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELS)
        archive.writestr("xl/styles.xml", _STYLES)
        archive.writestr("xl/workbook.xml", _book([name for name, _ in contents]))
        archive.writestr("xl/_rels/workbook.xml.rels", _links(len(contents)))
        for number, (_, xml) in enumerate(contents, start=1):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", xml)
    return content.getvalue()


def _book(names: Sequence[str]) -> str:
    sheets = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="s{number}"/>' for number, name in enumerate(names, 1)
    )
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return f'<?xml version="1.0"?><workbook xmlns="{_MAIN}" xmlns:r="{relations}"><sheets>{sheets}</sheets></workbook>'


def _links(sheets: int) -> str:
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = "".join(
        f'<Relationship Id="s{number}" Type="{kinds}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, sheets + 1)
    )
    links += f'<Relationship Id="st" Type="{kinds}/styles" Target="styles.xml"/>'
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<?xml version="1.0"?><Relationships xmlns="{package}">{links}</Relationships>'


def _sheet(rows: Sequence[Sequence[object]]) -> str:
    lines = "".join(
        f'<row r="{number}">{"".join(_cell(_place(place, number), value) for place, value in enumerate(row))}</row>'
        for number, row in enumerate(rows, start=1)
    )
    return sheet_xml(lines)


def sheet_xml(rows: str) -> str:
    """A sheet of these rows."""
    return f'<?xml version="1.0"?><worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def _place(column: int, row: int) -> str:
    return f"{chr(ord('A') + column)}{row}"


def _cell(place: str, value: object) -> str:
    match value:
        case None | "":
            return ""
        case Formula():
            return f'<c r="{place}"><f>{escape(value)}</f></c>'
        case Failed():
            return f'<c r="{place}" s="1" t="e"><f>Z9</f><v>{escape(value)}</v></c>'
        case PerCent():
            return f'<c r="{place}" s="2"><v>{float(value)}</v></c>'
        case bool():
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        case date():
            return f'<c r="{place}" s="1"><v>{(value - FIRST_DAY).days}</v></c>'
        case int() | float():
            return f'<c r="{place}"><v>{value}</v></c>'
        case _:
            return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'
