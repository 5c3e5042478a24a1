"""A book's cells become Notion values; what cannot is left empty and reported with line, account, column and fix."""

from datetime import date
from pathlib import Path

import pytest

from local.sandbox import Sandbox
from local.spreadsheets.cells import value_of
from local.spreadsheets.columns import Kind
from tests.builders.books import FIRST_DAY, accounts_in_notion, rows_of


@pytest.mark.parametrize(
    ("kind", "cell", "held"),
    [
        ("number", "0.85", 0.85),
        ("number", "1200", 1200),
        ("number", "-3", -3),
        ("number", "11", 11),
        ("number", "35%", 0.35),
        ("number", "12.5 %", 0.125),
        ("number", "12,000", 12000),
        ("number", "1,234,567.5", 1234567.5),
        ("number", "$12,000", 12000),
        ("number", "-€ 950.50", -950.5),
        ("number", "1,200 €", 1200),
        ("select", "Sideways", {"name": "Sideways"}),
        ("date", "2026-04-01", {"start": "2026-04-01"}),
        ("date", "2026-04-01T10:00:00Z", {"start": "2026-04-01"}),
        ("days", "30", {"start": "2026-04-01"}),
        ("days", "-2", {"start": "2026-02-28"}),
        ("checkbox", "Yes", True),
        ("multi_select", "Jira, Slack", [{"name": "Jira"}, {"name": "Slack"}]),
        ("email", "owner of record", "owner of record"),
    ],
)
def test_a_cell_becomes_a_value_of_its_property(kind: Kind, cell: str, held: object) -> None:
    assert list((value_of(kind, cell, FIRST_DAY) or {}).values()) == [held]


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("number", "abc"),
        ("number", "nan"),
        ("number", "1e999"),
        ("number", "1_000"),
        ("number", "$85%"),
        ("number", "$5€"),
        ("number", "€12.000"),
        ("number", "0,850"),
        ("number", "12,50"),
        ("number", "1,2345"),
        ("select", "Media, Print"),
        ("select", "x" * 101),
        ("date", "next spring"),
        ("date", "31/12/2026"),
        ("days", "2.5"),
        ("days", "100%"),
        ("days", "99999999999"),
        ("checkbox", "perhaps"),
        ("email", "x" * 201),
        ("multi_select", "x" * 101),
    ],
)
def test_a_cell_that_the_property_cannot_hold_has_no_value(kind: Kind, cell: str) -> None:
    assert value_of(kind, cell, FIRST_DAY) is None


def test_a_cell_that_does_not_fit_is_left_empty_and_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    # GIVEN a book with a word for a number, and a value that only the scan may refuse
    rows = rows_of(
        tmp_path,
        "account_id,name,arr,nps,usage_trend",
        "A-1,Acme,a lot,11,Sideways",
        *(f"A-{number},Other,5,9,Stable" for number in range(2, 8)),
    )
    # WHEN it lies in Notion
    with Sandbox(tmp_path / "vendors") as sandbox:
        acme, other, *_ = accounts_in_notion(sandbox, rows)
    # THEN the word is reported, the rest is as it was written
    assert [str(problem) for problem in rows.not_taken] == [
        "line 2, A-1 Acme: arr 'a lot' was left empty, expected a number such as 0.85, 35% or 1200"
    ]
    assert acme.arr is None
    assert acme.signals == {"nps_score": 11, "usage_trend": "Sideways"}
    assert other.arr == 5


def test_an_account_without_name_and_id_is_left_out_and_reported(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "id,company,arr", ",,5", "A-1,,5", ",Named,5", "A-2,Long,1,2,3")
    assert [str(problem) for problem in rows.not_taken] == [
        "line 2: neither a name nor an id; the line was left out",
        "line 5: 5 cells where the heading has 3: which is whose is not sure; the line was left out",
    ]
    assert len(rows.book.rows) == 2


def test_a_contract_end_counts_before_days_to_renewal(tmp_path: Path) -> None:
    # GIVEN a book in which one account gives both, one the days alone, one a date that is none, one nothing
    rows = rows_of(
        tmp_path,
        "days_to_renewal,name,contract_end_date",
        "30,Both,2026-12-31",
        "30,Days alone,",
        "30,No date,soon",
        ",Nothing,",
    )
    # WHEN it lies in Notion
    with Sandbox(tmp_path / "vendors") as sandbox:
        accounts = accounts_in_notion(sandbox, rows)
    # THEN the date counts, else the days from the book's first day
    assert [account.contract_end for account in accounts] == [
        date(2026, 12, 31),
        date(2026, 4, 1),
        date(2026, 4, 1),
        None,
    ]


def test_a_number_that_only_this_book_has_becomes_a_property_of_its_own(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "vendors") as sandbox:
        (account,) = accounts_in_notion(sandbox, rows_of(tmp_path, "name,ROI hours saved", "Acme,40"))
    assert account.roi == {"ROI hours saved": 40}


def test_what_is_emptied_in_the_book_is_emptied_in_notion_and_what_is_removed_is_removed(tmp_path: Path) -> None:
    # GIVEN a book in Notion
    with Sandbox(tmp_path / "vendors") as sandbox:
        accounts_in_notion(sandbox, rows_of(tmp_path, "id,name,arr,nps", "A-1,Acme,5,9", "A-2,Gone,5,9"))
        # WHEN it comes again with a cell emptied and an account less
        (acme,) = accounts_in_notion(sandbox, rows_of(tmp_path, "id,name,arr,nps", "A-1,Acme,,9"))
        # THEN Notion shows just that
        assert (acme.account_id, acme.arr, acme.signals) == ("A-1", None, {"nps_score": 9})
        # AND an account that returns is the same page as before
        both = accounts_in_notion(sandbox, rows_of(tmp_path, "id,name,arr,nps", "A-1,Acme,,9", "A-2,Gone,5,9"))
        assert [account.account_id for account in both] == ["A-1", "A-2"]


def test_the_rows_of_a_long_book_are_created_one_minute_after_the_other_and_the_same_on_every_day(
    tmp_path: Path,
) -> None:
    # GIVEN a book of more rows than one minute takes
    lines = ["name", *(f"Account {number}" for number in range(250))]
    created = [row.created_time for row in rows_of(tmp_path, *lines).book.rows]
    # THEN the times go up in its order, from the day before the first one on
    assert created == sorted(created)
    assert [created.count(minute) for minute in dict.fromkeys(created)] == [100, 100, 50]
    assert created[0] == "2026-03-01T00:00:00.000Z"
