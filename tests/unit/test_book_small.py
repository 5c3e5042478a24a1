"""The small book is a form for a team's own accounts: every column is recognised, every cell is taken."""

from __future__ import annotations

import pytest

from local.demo.options import SAMPLE_BOOK, SAMPLE_DAY
from local.sandbox import Sandbox
from local.spreadsheets.book import read_book
from local.spreadsheets.rows import notion_rows
from local.spreadsheets.usage import usage_rows, usage_sheet
from tests.builders.books import accounts_in_notion
from tests.builders.scans import World

BOOK = SAMPLE_BOOK.with_name("small.csv")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The book, scanned on the day that the README names."""
    world = World([])
    with Sandbox(tmp_path_factory.mktemp("small")) as sandbox:
        world.accounts = accounts_in_notion(sandbox, notion_rows(read_book(BOOK), SAMPLE_DAY))
        world.scan(SAMPLE_DAY)
    return world


def test_every_column_is_recognised_and_every_cell_taken() -> None:
    sheet = read_book(BOOK)
    assert sheet.recognised.ignored == ()
    assert notion_rows(sheet, SAMPLE_DAY).not_taken == ()
    usage = usage_sheet(BOOK)
    assert usage is not None
    assert usage_rows(usage, sheet, SAMPLE_DAY).not_taken == ()


def test_it_shows_every_colour_and_one_account_of_which_too_little_is_known(world: World) -> None:
    tally = world.runs.runs["health_scan", SAMPLE_DAY].tally
    assert tally.colours.keys() == {"GREEN", "AMBER", "RED"}
    assert tally.rejected == {"insufficient_data": 1}
    assert (tally.read, tally.scored) == (6, 5)
