"""The README shows what `make demo` prints of the bundled book."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.demo.options import SAMPLE_BOOK, SAMPLE_DAY
from local.demo.state import DemoState
from local.deployment import ROOT
from tests.builders.demo import run

pytestmark = pytest.mark.slow

LEFT_OUT = "…"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Path]:
    """The bundled book with what lies beside it, at a place of its own; what the demo stores of it is removed."""
    folder = tmp_path / "books"
    shutil.copytree(SAMPLE_BOOK.parent, folder)
    path = folder / SAMPLE_BOOK.name
    yield path
    shutil.rmtree(DemoState.of(path).folder, ignore_errors=True)


def test_the_readme_shows_lines_of_the_demo_in_their_order(book: Path) -> None:
    # GIVEN the lines that the README shows
    blocks = re.findall(r"^```\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (shown,) = [block.splitlines() for block in blocks if not block.startswith("make ")]
    assert len(shown) > 5
    # WHEN the demo plays the book's own day
    code, printed = run(book, DATE=SAMPLE_DAY.isoformat())
    # THEN it prints each of them, one after the other
    assert code == 0, printed
    lines = iter(printed.splitlines())
    missing = [line for line in shown if line != LEFT_OUT and line not in lines]
    assert missing == []
