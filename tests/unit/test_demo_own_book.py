"""A book of the team's own is shown as it was read before the demo plays it; one without signals ends there."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from local.demo import state
from local.demo.commands import prepared, run_demo
from local.demo.errors import DemoError
from local.demo.options import Options
from tests.builders.books import FIRST_DAY, book_file
from tests.builders.exports import EXPORTS


@pytest.fixture(autouse=True)
def scratch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(state, "SCRATCH", tmp_path / "demo")


def test_a_book_in_which_no_account_can_be_scored_is_shown_and_ends_there(tmp_path: Path) -> None:
    # GIVEN an export that holds no signal of any weight
    book = book_file(tmp_path, "Account ID,Name,ARR", "A,Acme,1000")
    console = Console(record=True, width=200)
    # WHEN it is to be played
    with pytest.raises(DemoError, match="none of its accounts would be scored"):
        run_demo(Options(book, FIRST_DAY), console)
    # THEN what was read stands above, with the feeds that bring the signals
    shown = console.export_text()
    assert "ARR: 1000" in shown
    assert "usage trend" in shown
    assert "the feed usage" in shown


def test_the_demo_reads_an_export_as_check_book_does(tmp_path: Path) -> None:
    # GIVEN an export of HubSpot, whose owner is a name with an address, and whose id is of no other tool
    book = book_file(tmp_path, *EXPORTS["HubSpot"].splitlines())
    _, scenario, _ = prepared(Options(book, FIRST_DAY))
    # WHEN it is put into Notion
    lumen, mill = scenario.rows(FIRST_DAY).book.rows
    # THEN every value is what the reader took it for
    assert lumen.properties["Owner Email"] == {"email": "ida@x.example"}
    assert lumen.properties["ARR"] == {"number": 84000}
    assert lumen.properties["Contract End Date"] == {"date": {"start": "2026-04-30"}}
    assert mill.properties["Status"] == {"select": {"name": "Former Customer"}}


def test_map_decides_in_the_demo_too(tmp_path: Path) -> None:
    book = book_file(tmp_path, "Account ID;ARR", "A;126.000")
    given = book_file(tmp_path, 'decimal = ","', name="map.toml")
    _, scenario, _ = prepared(Options(book, FIRST_DAY, map=str(given)))
    assert scenario.rows(FIRST_DAY).book.rows[0].properties["ARR"] == {"number": 126000}
    with pytest.raises(DemoError, match=r"MAP=none\.toml"):
        prepared(Options(book, FIRST_DAY, map="none.toml"))
