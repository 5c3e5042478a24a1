"""`make demo` and `make demo-qbr` on a book of 415 accounts, much of it unknown: from the scan to the last review."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.demo.state import DemoState
from tests.builders.demo import run
from tests.builders.large_books import large_book

pytestmark = pytest.mark.slow

SCANNED, QUARTER = "2026-03-02", "2026-04-01"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Path]:
    """The book; what the demo keeps of it is forgotten in the end."""
    path = large_book(tmp_path)
    yield path
    shutil.rmtree(DemoState.of(path).folder, ignore_errors=True)


def titles(book: Path, source: str, containing: str = "") -> list[str]:
    """The titles of the pages of a data source whose Markdown has a text in it."""
    texts = (page.read_text("utf-8") for page in (DemoState.of(book).vendors / "notion" / source).glob("*.md"))
    return [text.partition("\n")[0].removeprefix("# ") for text in texts if containing in text]


def test_a_large_book_from_the_scan_to_the_last_review(book: Path) -> None:
    # WHEN a book of 415 accounts is scanned
    code, output = run(book, DATE=SCANNED)
    # THEN every account is scored, with its id as it stands in the file
    assert code == 0, output
    assert "read 415 = scored 415 + rejected 0 + skipped 0" in output
    # AND every critical account has its alert: a record, a draft to the customer, a message to the owner
    critical = titles(book, "Accounts", "**CSM Churn Risk**: critical")
    assert len(critical) > 10
    recorded = titles(book, "Health-Records", "**Churn Risk**: critical")
    assert sorted(title.partition(", ")[0] for title in recorded) == sorted(critical)
    drafts = "".join(mail.read_text("utf-8") for mail in DemoState.of(book).vendors.glob("gmail/*/*.eml"))
    messages = "".join(file.read_text("utf-8") for file in DemoState.of(book).vendors.glob("slack/dm-*.jsonl"))
    for name in critical:
        assert re.search(rf"\b{name}\b", drafts), name
        assert re.search(rf"\b{name}\b", messages), name
    # WHEN the quarter comes
    code, output = run(book, "qbr", DATE=QUARTER)
    # THEN every account has its review, and none failed
    assert code == 0, output
    counts = re.search(r"planned 415 = written (\d+) \+ partial (\d+) \+ failed 0 \+ not wanted (\d+)", output)
    assert counts is not None, output
    assert sum(map(int, counts.groups())) == 415
