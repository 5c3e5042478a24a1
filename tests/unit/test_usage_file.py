"""Feature usage beside a book is read as spreadsheet programs save it; bad cells are reported and stop nothing."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from customer_success.adoption.feature_usage import FeatureUsage
from local.demo.commands import prepared
from local.demo.options import SAMPLE_BOOK, SAMPLE_DAY, Options
from local.sandbox import Sandbox
from local.spreadsheets.book import read_book
from local.spreadsheets.errors import SpreadsheetError
from local.spreadsheets.usage import USAGE_KEY, usage_beside, usage_rows, usage_sheet
from tests.builders.books import FIRST_DAY, book_file, usage_in_notion, usage_of

HEAD = "Account ID,Feature,Family,Entitled,Used,Limit,As Of"


def reports(folder: Path, *lines: str) -> list[str]:
    """The reports about these lines below the usual headings."""
    return [str(problem) for problem in usage_of(folder, HEAD, *lines).not_taken]


def test_a_list_arrives_in_notion_value_for_value_and_what_is_empty_is_unknown(tmp_path: Path) -> None:
    # GIVEN a feature of which all is known, one of which nothing is, and one that the plan does not include
    usage = usage_of(
        tmp_path, HEAD, 'A-1,Dashboards,Reporting,Yes,"1,960",2000,2026-02-27', "A-1,Rules,,,,,", "A-2,API,API,no,3,,"
    )
    # WHEN it lies in Notion
    with Sandbox(tmp_path / "vendors") as sandbox:
        found = usage_in_notion(sandbox, usage)
    # THEN it says what the file says, and no more
    assert found == [
        FeatureUsage("A-1", "Dashboards", "Reporting", True, 1960, 2000, date(2026, 2, 27)),
        FeatureUsage("A-1", "Rules"),
        FeatureUsage("A-2", "API", "API", False, 3),
    ]
    assert usage.not_taken == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize(
    "headings",
    [
        ("Account ID", "Feature", "Family", "Entitled", "Used", "Limit", "As Of"),
        ("account", "feature_name", "MODULE", "in-plan", "times used", "quota", "as_of_date"),
        ("id", "FEATURE", "feature family", "included", "In Use", "Allowance", "Date"),
    ],
)
def test_columns_are_recognised_however_they_are_spelt_and_separated(
    tmp_path: Path, delimiter: str, encoding: str, headings: tuple[str, ...]
) -> None:
    path = book_file(tmp_path, "Account ID,Name", "A-1,Acme")
    cells = ("A-1", "Dashboards", "Reporting", "TRUE", "35", "1", "2026-02-27T10:00:00Z")
    lines = [delimiter.join(headings), delimiter.join(cells)]
    book_file(tmp_path, *lines, name=usage_beside(path).name, encoding=encoding)
    sheet = usage_sheet(path)
    assert sheet
    with Sandbox(tmp_path / "vendors") as sandbox:
        found = usage_in_notion(sandbox, usage_rows(sheet, read_book(path), FIRST_DAY))
    assert found == [FeatureUsage("A-1", "Dashboards", "Reporting", True, 35, 1, date(2026, 2, 27))]


def test_a_line_without_account_or_feature_is_left_out_and_reported(tmp_path: Path) -> None:
    assert reports(tmp_path, "A-9,API,,,,,", ",API,,,,,", "A-1,,,,,,", "A-1,API,,,,,", "Acme,api,,,,,") == [
        "line 3: neither a name nor an id; the line was left out",
        "line 2, A-9 API: no account of the book has this id, or an id and this name; the line was left out",
        "line 4, A-1: no Feature is given; the line was left out",
        "line 6, Acme api: this feature of the account stands on line 5 already; the line was left out",
    ]


def test_a_cell_that_does_not_fit_is_left_empty_and_reported_with_what_would_be_right(tmp_path: Path) -> None:
    usage = usage_of(
        tmp_path,
        HEAD,
        "A-1,API,API,perhaps,many,-5,soon",
        'A-2,API,"Web, Apps",yes,1,2,2026-02-27',
        "A-1,SSO,,,0,,",
    )
    number = "expected a number from 0 on such as 35 or 1,200"
    assert [str(problem) for problem in usage.not_taken] == [
        "line 2, A-1 API: Entitled 'perhaps' was left empty, expected yes or no",
        f"line 2, A-1 API: Used 'many' was left empty, {number}",
        f"line 2, A-1 API: Limit '-5' was left empty, {number}",
        "line 2, A-1 API: As Of 'soon' was left empty, expected a date as YYYY-MM-DD",
        "line 3, A-2 API: Family 'Web, Apps' was left empty, "
        "expected one option, without a comma and of at most 100 characters",
    ]
    with Sandbox(tmp_path / "vendors") as sandbox:
        assert usage_in_notion(sandbox, usage) == [
            FeatureUsage("A-1", "API", "API"),
            FeatureUsage("A-2", "API", None, True, 1, 2, date(2026, 2, 27)),
            FeatureUsage("A-1", "SSO", used=0),
        ]


def test_of_two_columns_that_mean_the_same_and_differ_none_counts(tmp_path: Path) -> None:
    usage = usage_of(tmp_path, "Account ID,Feature,Used,In Use", "A-1,API,1,2")
    assert "Used" not in usage.rows[0].properties


def test_a_page_bears_the_name_of_its_feature(tmp_path: Path) -> None:
    (row,) = usage_of(tmp_path, HEAD, "A-1,API,,,,,").rows
    assert row.properties["Name"]["title"][0]["text"]["content"] == "API"


def test_an_account_may_be_named_by_its_name_as_long_as_it_has_an_id(tmp_path: Path) -> None:
    # GIVEN a book in which two accounts share a name and one has no id
    book = ("Account ID,Name", "A-1,Acme", "A-2,Twin", "A-3,Twin", ",Nobody")
    usage = usage_of(tmp_path, "Account,Feature", "Acme,API", "Twin,API", "Nobody,API", "A-3,API", book=book)
    # THEN the one that is meant for sure is known by its id, the others are reported
    assert [problem.account for problem in usage.not_taken] == ["Twin API", "Nobody API"]
    with Sandbox(tmp_path / "vendors") as sandbox:
        assert [row.holder for row in usage_in_notion(sandbox, usage)] == ["A-1", "A-3"]


def test_a_row_is_the_same_page_on_the_next_day_and_a_removed_one_leaves(tmp_path: Path) -> None:
    first = usage_of(tmp_path, HEAD, "A-1,API,,,1,,", "A-1,SSO,,,1,,")
    with Sandbox(tmp_path / "vendors") as sandbox:
        usage_in_notion(sandbox, first)
        # WHEN a row has a new value, and another is not there any more
        again = usage_in_notion(sandbox, usage_of(tmp_path, HEAD, "A-1,API,,,2,,"))
    assert again == [FeatureUsage("A-1", "API", used=2)]
    assert first.rows[0].properties[USAGE_KEY]["rich_text"][0]["text"]["content"] == "A-1:API"


def test_the_rows_of_a_long_list_are_created_one_minute_after_the_other(tmp_path: Path) -> None:
    usage = usage_of(tmp_path, HEAD, *(f"A-1,Feature {number},,,,," for number in range(150)))
    times = [row.created_time for row in usage.rows]
    assert [times.count(minute) for minute in dict.fromkeys(times)] == [100, 50]


def test_a_book_without_a_list_has_none_and_a_list_without_features_is_refused_by_its_name(tmp_path: Path) -> None:
    path = book_file(tmp_path, "Account ID,Name", "A-1,Acme")
    assert usage_sheet(path) is None
    book_file(tmp_path, "Account ID,Used", "A-1,5", name=usage_beside(path).name)
    with pytest.raises(SpreadsheetError, match=r"book\.usage\.csv, line 1: no column is called Feature"):
        usage_sheet(path)


def test_an_account_that_comes_on_a_later_day_has_its_features_from_then_on_and_one_that_left_is_no_error(
    tmp_path: Path,
) -> None:
    # GIVEN a book that one account leaves on the second day, and another joins
    path = book_file(tmp_path, "Account ID,Name", "A-1,Acme", "A-2,Brass")
    book_file(tmp_path, "day,account,column,value", "2,A-2,remove,", "2,A-3,Name,New", name="book.changes.csv")
    book_file(tmp_path, "Account,Feature", "Acme,API", "Brass,API", "New,API", name=usage_beside(path).name)
    _, script, first = prepared(Options(path, FIRST_DAY))
    # WHEN both days are played
    days = [script.features(first + timedelta(number)) for number in (0, 1)]
    # THEN the list reports the one that is not there yet, on the first day
    assert [[problem.account for problem in usage.not_taken] for usage in days if usage] == [["New API"], []]


def test_the_bundled_list_has_fresh_stale_and_unknown_rows_and_one_of_an_account_that_is_not_there(
    tmp_path: Path,
) -> None:
    sheet = usage_sheet(SAMPLE_BOOK)
    assert sheet
    usage = usage_rows(sheet, read_book(SAMPLE_BOOK), SAMPLE_DAY)
    assert ["FW-199" in str(problem) for problem in usage.not_taken] == [True]
    with Sandbox(tmp_path) as sandbox:
        # Notion gives a hundred rows at once.
        parts = [replace(usage, rows=usage.rows[at : at + 100]) for at in range(0, len(usage.rows), 100)]
        rows = [row for part in parts for row in usage_in_notion(sandbox, part)]
    assert len({row.holder for row in rows}) >= 40
    fresh = sum(row.is_fresh(SAMPLE_DAY + timedelta(2)) for row in rows)
    assert len(rows) * 0.9 < fresh < len(rows)
    assert any(row.used is None for row in rows)
    assert any(row.entitled is None for row in rows)
