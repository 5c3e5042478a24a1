"""A book is read as spreadsheet programs save it, or refused in one line that says what and where."""

from pathlib import Path

import pytest

from local.spreadsheets.book import read_book
from local.spreadsheets.errors import SpreadsheetError
from tests.builders.books import book_file, sheet_of


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_book_is_read_with_any_cell_separator(tmp_path: Path, delimiter: str, encoding: str) -> None:
    # GIVEN a book whose names hold the very signs that separate cells, and letters of many kinds
    heading = delimiter.join(["account_id", "name", "arr"])
    line = delimiter.join(["A-1", '"Café, Söhne; ""Enkel""\t🍋"', "1200"])
    # WHEN it is read
    sheet = read_book(book_file(tmp_path, heading, line, encoding=encoding))
    # THEN the columns are known and the name is whole
    assert sheet.headings == ("account_id", "name", "arr")
    assert [column.property for column in sheet.recognised.columns] == ["Account ID", "Name", "ARR"]
    assert sheet.lines[0].cells == ("A-1", 'Café, Söhne; "Enkel" 🍋', "1200")


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"'])
def test_the_line_that_names_the_separator_for_excel_is_no_heading(tmp_path: Path, first: str) -> None:
    sheet = sheet_of(tmp_path, first, "Name;ARR", "Acme, Inc;5")
    assert sheet.headings == ("Name", "ARR")
    assert [(line.number, line.cells) for line in sheet.lines] == [(3, ("Acme, Inc", "5"))]


def test_lines_are_reported_by_their_number_in_the_file_also_after_a_name_of_two_lines(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, "Name,ARR", '"Two', 'lines",1', "", "Other,2")
    assert [(line.number, line.cells[0]) for line in sheet.lines] == [(2, "Two lines"), (5, "Other")]


def test_short_lines_are_filled_and_long_ones_left_out_and_reported(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, "Name,ARR,NPS", "Short", "Long,1,2,3", "Empty cells behind,1,2,,")
    assert [line.cells for line in sheet.lines] == [
        ("Short", "", ""),
        ("Empty cells behind", "1", "2"),
    ]
    assert [str(problem.line) + ": " + problem.what for problem in sheet.problems] == [
        "3: 4 cells where the heading has 3: which is whose is not sure; the line was left out"
    ]


def test_a_nul_in_one_cell_costs_that_character_alone(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_bytes(b"name,owner\n" + b"Plain,ada@example.com\n" * 20 + b"Odd,a\0da@example.com\n")
    assert read_book(path).lines[-1].cells == ("Odd", "ada@example.com")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "the file is empty"),
        (b"\n  \n", "the file is empty"),
        (b"\x7fELF\x00\x00", "this is not a text file; save the table as CSV (UTF-8)"),
        (
            b"colour,shape\nred,4\n",
            "line 1: no line of the first 2 holds headings that are known, such as Name or Account ID",
        ),
        (b"name,arr\n\n,\n", "there is no line below the headings"),
        (b'name\n"' + b"x" * 1_000_001 + b'"\n', "field larger than field limit"),
        (b'name,arr\nFine,1\n"Acme,2\nOther,3\nLast,4\n', ": line 3: unexpected end of data; is a quotation mark"),
        (b'name,arr\n"Acme,2\n"Other",3\n', ": line 2: "),
        (b"sep=;\n", "the file is empty"),
    ],
    ids=[
        "nothing",
        "blank",
        "binary",
        "another table",
        "headings alone",
        "endless cell",
        "open quote",
        "quote within a quote",
        "separator alone",
    ],
)
def test_a_file_that_is_no_book_is_refused_in_one_line(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "book.csv"
    path.write_bytes(content)
    with pytest.raises(SpreadsheetError) as refused:
        read_book(path)
    assert expected in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_and_a_folder_are_refused_by_their_name(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.csv", tmp_path):
        with pytest.raises(SpreadsheetError, match=str(path)):
            read_book(path)
