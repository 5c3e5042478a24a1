"""Files of any kind are read on a person's machine, or refused in one line before they do harm."""

from __future__ import annotations

import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest

from customer_success.reading.accounts import Asked, Reading, read_accounts
from customer_success.reading.errors import UnreadableTableError
from local.reading import files
from local.reading.files import read_table
from tests.builders.reading_cells import RUN_DATE
from tests.builders.workbooks import Failed, Formula, PerCent, sheet_xml, workbook

HEADINGS = ("Account ID", "Name", "ARR", "Contract End Date", "Feature Adoption Rate")


def reading_of(folder: Path, content: bytes, name: str = "book.csv") -> Reading:
    path = folder / name
    path.write_bytes(content)
    return read_accounts(read_table(path), Asked(RUN_DATE))


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("cp1252", "cp1252, no UTF-8"),
    ],
)
def test_a_file_is_read_in_its_own_encoding(tmp_path: Path, encoding: str, shown: str) -> None:
    # GIVEN a book of names with letters beyond ASCII, saved by some program
    content = "Name,ARR\nMüller Söhne,5\nCrème & Cie,6\nPanadería Ñandú,7\n".encode(encoding)
    # WHEN it is read
    reading = reading_of(tmp_path, content)
    # THEN the names are right, and the report names the encoding
    assert [account.name for account in reading.accounts] == ["Müller Söhne", "Crème & Cie", "Panadería Ñandú"]
    assert reading.table.encoding == shown


def test_a_mark_of_utf_8_on_another_encoding_is_named(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, b"\xef\xbb\xbfName,ARR\nM\xfcller,5\n")
    assert reading.accounts[0].name == "Müller"
    assert "though its mark says UTF-8" in reading.recognised


def test_letters_that_were_encoded_twice_are_read_as_they_were_meant(tmp_path: Path) -> None:
    twice = "Name,ARR\nMüller,5\n".encode().decode("cp1252").encode()
    reading = reading_of(tmp_path, twice)
    assert reading.accounts[0].name == "Müller"
    assert "encoded twice" in reading.recognised


def test_a_workbook_is_read_with_its_days_numbers_and_last_computed_values(tmp_path: Path) -> None:
    # GIVEN a workbook whose cells are numbers, days and formulas, with a sheet of something else before it
    accounts = [
        HEADINGS,
        ("A-1", "Kite Labs", 120000, date(2026, 5, 31), 0.45),
        (8812345671, "Loom", "$85k", 46120, 0.9),
        ("A-3", "Mango", Formula("C2*2"), "", ""),
    ]
    content = workbook(("Legend", [("colour", "means")]), ("Accounts", accounts))
    # WHEN it is read
    reading = reading_of(tmp_path, content, "book.xlsx")
    # THEN each value is what the sheet shows, an id is no float, and what a formula never computed is unknown
    kite, loom, mango = (account.values for account in reading.accounts)
    assert kite["arr"] == 120000
    assert kite["contract_end"] == date(2026, 5, 31)
    assert kite["feature_adoption_rate"] == 0.45
    assert loom["account_id"] == "8812345671"
    assert loom["contract_end"] == date(2026, 4, 8)
    assert "arr" not in mango
    assert "sheet Accounts" in reading.recognised


def test_a_share_that_a_workbook_shows_as_per_cent_is_read_as_it_is_shown(tmp_path: Path) -> None:
    # GIVEN shares in cells that show per cent, under a heading that says so, and one that shows all of it
    rows = [("Name", "Adoption %"), ("Kite", PerCent(0.62)), ("Loom", PerCent(0.0875)), ("Mango", PerCent(1.0))]
    reading = reading_of(tmp_path, workbook(("Book & more", rows)), "book.xlsx")
    assert [account.values["feature_adoption_rate"] for account in reading.accounts] == [0.62, 0.0875, 1.0]


def test_a_formula_that_failed_is_a_cell_that_could_not_be_read(tmp_path: Path) -> None:
    # GIVEN a workbook with the errors of formulas
    accounts = [
        HEADINGS,
        ("A-1", "Kite Labs", Failed("#REF!"), Failed("#VALUE!"), Failed("#DIV/0!")),
        ("A-2", "Loom", 85_000, date(2026, 5, 31), 0.9),
    ]
    reading = reading_of(tmp_path, workbook(("Accounts", accounts)), "book.xlsx")
    # THEN each is unknown, and named with what the sheet shows
    assert reading.accounts[0].values.keys() == {"account_id", "name"}
    assert [(cell.line, cell.account, cell.heading, cell.cell, cell.reason) for cell in reading.unread] == [
        (2, "Kite Labs", HEADINGS[2], "#REF!", "the error of a formula"),
        (2, "Kite Labs", HEADINGS[3], "#VALUE!", "the error of a formula"),
        (2, "Kite Labs", HEADINGS[4], "#DIV/0!", "the error of a formula"),
    ]


def test_a_number_that_a_spreadsheet_made_of_an_id_is_no_id(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, b"Account ID,Name\n8.81235E+09,Acme\n")
    assert "account_id" not in reading.accounts[0].values
    assert [column.heading for column in reading.refused] == ["Account ID"]


def test_a_workbook_that_unpacks_to_far_more_than_it_is_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a sheet of nothing but spaces, which packs a thousandfold
    monkeypatch.setattr(files, "MOST_BYTES", 1_000_000)
    content = workbook(("Accounts", [HEADINGS]), raw_sheet=sheet_xml(" " * 2_000_000))
    assert len(content) < 20_000
    # THEN it is refused before a spreadsheet library sees it
    with pytest.raises(UnreadableTableError, match="unpacks to more than 1,000,000 bytes"):
        reading_of(tmp_path, content, "book.xlsx")


def test_a_workbook_that_lies_about_its_size_is_refused_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 1_000_000)
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", " " * 2_000_000)
    packed = content.getvalue().replace((2_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(UnreadableTableError):
        reading_of(tmp_path, packed, "book.xlsx")


def test_two_cells_at_the_ends_of_a_sheet_do_not_fill_the_memory(tmp_path: Path) -> None:
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    with pytest.raises(UnreadableTableError, match=r"spans 16,384 columns and 1,048,576 rows"):
        reading_of(tmp_path, workbook(raw_sheet=sheet_xml(far)), "book.xlsx")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04 cut off", "cannot be read"),
        (b"\xd0\xcf\x11\xe0 nothing", "cannot be read"),
        (b"", "the file is empty"),
        (b"\x00\x01\x02\x00" * 100, "not a text file"),
        (b"A-1,Acme,5\nA-2,Beta,6\n", "holds headings that are known"),
        (b"Name,ARR\n", "no line below the headings"),
        (b'Name,ARR\n"Acme,5\nBeta,6\n', "quotation mark"),
        (b"ARR,NPS\n5,6\n", "no column is the accounts' name or id"),
    ],
)
def test_what_is_no_table_of_accounts_is_refused_with_its_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableTableError, match=reason):
        reading_of(tmp_path, content)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTableError, match=r"missing\.csv: No such file"):
        read_table(tmp_path / "missing.csv")
