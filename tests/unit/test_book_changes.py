"""What changes in a book from day to day stands beside it, and is listed account by account."""

from pathlib import Path

import pytest

from local.spreadsheets.book import read_book
from local.spreadsheets.changes import Change, changed, changes_beside, in_words
from local.spreadsheets.errors import SpreadsheetError
from tests.builders.books import book_file, sheet_of

BOOK = ("id,name,arr", "A-1,Acme,5", "A-2,Other,6")


def test_a_change_sets_a_cell_removes_an_account_or_adds_one(tmp_path: Path) -> None:
    # GIVEN a book, and changes beside it
    sheet = sheet_of(tmp_path, *BOOK)
    book_file(
        tmp_path,
        "day,account,column,value",
        "2,A-1,arr,7",
        "2,A-2,remove,",
        "3,A-3,name,New one",
        "3,A-3,arr,8",
        name="book.changes.csv",
    )
    # WHEN they are made
    after = changed(sheet, changes_beside(sheet.path))
    # THEN the book has what they say, and nothing else changed
    assert [line.cells for line in after.lines] == [("A-1", "Acme", "7"), ("A-3", "New one", "8")]


def test_changes_take_one_line_for_each_account() -> None:
    changes = [
        Change(2, "A-1", "arr", "7"),
        Change(2, "A-1", "nps", ""),
        Change(2, "A-2", "remove", ""),
        Change(2, "A-3", "Name", "New one"),
        Change(2, "A-3", "arr", "8"),
        Change(2, "A-1", "owner", "bo@example.com"),
        Change(2, "A-4", "arr", "8"),
        Change(2, "A-4", "name", "Newer one"),
    ]
    assert list(in_words(changes, {"A-1": "Acme", "A-2": "Other"})) == [
        "Acme: arr 7, nps unknown, owner bo@example.com",
        "Other: no longer in the book",
        "New one: new in the book",
        "Newer one: new in the book",
    ]


def test_a_book_without_changes_has_none(tmp_path: Path) -> None:
    assert changes_beside(book_file(tmp_path, *BOOK)) == ()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("when,account,column,value",), "line 1: the columns must be day, account, column, value"),
        (("day,account,column,value", "soon,A-1,arr,7"), "line 2: expected a day such as 2"),
        (("day,account,column,value", "2,A-1,arr"), "line 2: expected a day such as 2"),
    ],
)
def test_changes_that_cannot_be_read_are_refused_in_one_line(
    tmp_path: Path, lines: tuple[str, ...], expected: str
) -> None:
    book = book_file(tmp_path, *BOOK)
    book_file(tmp_path, *lines, name="book.changes.csv")
    with pytest.raises(SpreadsheetError, match=expected):
        changes_beside(book)


def test_a_change_of_a_column_that_the_book_does_not_have_is_refused(tmp_path: Path) -> None:
    sheet = read_book(book_file(tmp_path, *BOOK))
    with pytest.raises(SpreadsheetError, match="no column 'mood'"):
        changed(sheet, [Change(2, "A-1", "mood", "good")])
