"""Lines of a file become accounts or are refused by their number; a team's own names of its columns count."""

from datetime import date
from pathlib import Path
from typing import Any, cast

from connectors.notion.account_import import AccountSource, KnownPage, Properties
from connectors.notion.names import PropertyNames
from local.notion.importing.accounts import FileAccounts, accounts_of
from local.notion.importing.job import Done, carry_out
from local.notion.importing.plan import planned
from local.notion.importing.targets import ColumnTarget
from local.spreadsheets.book import read_book
from local.spreadsheets.columns import recognise
from tests.builders.books import book_file, sheet_of

TODAY = date(2026, 3, 2)


def file_of(folder: Path, *lines: str) -> FileAccounts:
    """A file's accounts, for a Notion in which every property is a text."""
    sheet = sheet_of(folder, *lines)
    text: dict[str, Any] = {"type": "rich_text", "rich_text": {}}
    targets = [ColumnTarget(column, column.property, text) for column in sheet.recognised.columns]
    return accounts_of(sheet, targets, PropertyNames(), TODAY)


def page(account_id: str | None, name: str | None = None) -> KnownPage:
    return KnownPage(
        f"page-{account_id}", f"https://n/{account_id}", account_id, name, {"Account ID": account_id, "Name": name}
    )


def test_lines_that_are_no_account_are_refused_by_their_number(tmp_path: Path) -> None:
    long = "é" * 251
    file = file_of(tmp_path, "Account ID,Name", "A-1,One", " ,Two", f"{long},Three", " A-1,Again", "A-5,Five,six")
    assert file.accounts == ()
    assert [refused.line for refused in file.refused] == [6, 2, 3, 4, 5]
    assert [str(reported).split(": ")[-1] for reported in file.refused] == [
        "which is whose is not sure; the line was left out",
        "Account ID 'A-1' stands on lines 2, 5; expected it once",
        "Account ID is not given",
        "Account ID is longer than 500 bytes",
        "Account ID 'A-1' stands on lines 2, 5; expected it once",
    ]


def test_signals_are_validated_as_those_of_the_day(tmp_path: Path) -> None:
    file = file_of(tmp_path, "Account ID,Tools,Days Since Last Interaction,Last Interaction", "A-1,,,2026-04-01")
    # In a text a date cannot be read; that is reported before the scan finds it.
    assert [str(shown) for shown in file.doubtful] == [
        "line 2, A-1: Last Interaction: '2026-04-01' could not be read, expected a date"
    ]


def test_every_line_and_every_page_is_counted_once(tmp_path: Path) -> None:
    # GIVEN a file with two lines of A-3, and a Notion with two pages of A-4, one of A-9 and two without an id
    lines = ("A-4,Four", "A-1,One", "A-2,Two", "A-3,Three", "A-3,Three", "A-5,Five", "A-6,NO  body")
    file = file_of(tmp_path, "Account ID,Name", *lines)
    pages = [page("A-1", "Won"), page("A-5", "Five"), page("A-4"), page("A-4"), page("A-3"), page("A-9")]
    plan = planned(file, [*pages, page(None, "No Body"), page(None, "Five")])
    # THEN each is made, changed, as it should be, or refused
    assert [account.account_id for account in plan.create] == ["A-2"]
    assert [(update.page_id, [str(change) for change in update.changes]) for update in plan.update] == [
        ("page-A-1", ["Name: Won -> One"])
    ]
    assert plan.unchanged == 1
    assert [refused.line for refused in plan.refused] == [2, 5, 6, 8]
    assert (plan.lines, plan.requests) == (7, 2)
    # AND what the file does not name is counted: A-9 and the two without an id
    assert plan.absent == 3


def test_only_the_properties_that_differ_are_sent(tmp_path: Path) -> None:
    # GIVEN an account of which one property differs, and a Notion that notes what it is sent
    sent: list[Properties] = []

    class Noting:
        def update(self, page_id: str, account_id: str, properties: Properties) -> None:
            assert (page_id, account_id) == ("page-A-1", "A-1")
            sent.append(properties)

    done = Done(planned(file_of(tmp_path, "Account ID,Name", "A-1,One"), [page("A-1", "Won")]))
    carry_out(done, cast(AccountSource, Noting()))
    assert [list(properties) for properties in sent] == [["Name"]]
    assert str(done) == "lines 1 = created 0 + updated 1 + unchanged 0 + refused 0"


def test_a_teams_own_headings_count_before_all_others(tmp_path: Path) -> None:
    own = PropertyNames(plan="Tarif", arr="Plan", health_score="Gesundheit", roi_prefix="Nutzen ", account_id="Konto")
    headings = ["Tarif", "PLAN", "Gesundheit", "Nutzen Stunden", "ROI Cost", "konto", "Owner"]
    known = recognise(headings, own)
    assert {column.heading: column.property for column in known.columns} == {
        "Tarif": "Plan",
        "PLAN": "ARR",
        "Nutzen Stunden": "ROI Stunden",
        "ROI Cost": "ROI Cost",
        "konto": "Account ID",
        "Owner": "Owner Email",
    }
    assert [str(each) for each in known.ignored] == ["Gesundheit: written by the scan itself"]
    sheet = read_book(book_file(tmp_path, ";".join(headings), "Growth;1;2;3;4;K-1;x"), own)
    assert sheet.key.heading == "konto"
    assert recognise(["x"], PropertyNames(roi_prefix="")).columns == ()
