"""`make api` as a person runs it, on a book in which no account can be scored."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.demo.state import DemoState
from tests.builders.books import book_file
from tests.builders.demo import start


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Path]:
    """A book of one account, of which next to nothing is known; what the demo keeps of it is forgotten in the end."""
    path = book_file(tmp_path, "Account ID,Name,ARR,Contract End Date", "A,Nothing to score,1000,2026-12-31")
    yield path
    shutil.rmtree(DemoState.of(path).folder, ignore_errors=True)


def test_a_book_without_any_score_is_served_all_the_same(book: Path) -> None:
    # GIVEN an API that is served of such a book
    process = start(book, "api", DATE="2026-03-02")
    assert process.stdout is not None
    output, call = "", ""
    for line in process.stdout:
        output += line
        if line.startswith("curl") and "/portfolio" in line:
            call = line.strip()
        if line.startswith("curl") and "/history" in line:
            break
    # WHEN the first call that it prints is made as it stands
    answer = subprocess.run(call, shell=True, capture_output=True, text=True).stdout
    # THEN the portfolio has no colours, what is missing is named, and Ctrl-C ends it in good order
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate()
    assert "Traceback" not in output + rest, output + rest
    assert "Nobody in this book is scored" in output
    assert '"colours":{"UNKNOWN":1}' in answer, answer
    assert (process.returncode, "everything that was started has ended" in rest) == (130, True)
