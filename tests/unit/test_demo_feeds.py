"""What the bundled book's feeds deliver: the same on any first day, and never of a day that is still to come."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from io import BytesIO

import pytest

from customer_success.signals.directory import Known
from customer_success.signals.lines import MODELS, InvoiceLine, TicketLine, TouchpointLine, UsageLine
from customer_success.signals.records import parsed, records
from local.demo.feeds import SOURCES, feed_files, feeds_beside
from local.demo.options import SAMPLE_BOOK
from local.spreadsheets.book import read_book
from tests.builders.feeds import FakeInbox

FIRST = date(2026, 3, 2)


def lines(first: date, day: date) -> dict[str, list[object]]:
    """Each kind's lines, read as the inbox reads them."""
    folder = feeds_beside(SAMPLE_BOOK)
    assert folder
    return {
        file.kind: [
            parsed(record, MODELS[file.kind]) for _, record in records(BytesIO(file.text.encode()), MODELS[file.kind])
        ]
        for file in feed_files(folder, first, day)
    }


def test_the_bundled_book_has_a_feed_of_each_kind_and_every_line_is_accepted() -> None:
    found = lines(FIRST, FIRST)
    assert set(found) == set(SOURCES)
    assert all(found.values())


@pytest.mark.parametrize("first", [FIRST, date(2031, 7, 9)])
@pytest.mark.parametrize("later", [0, 1, 2])
def test_no_line_is_of_a_day_that_is_still_to_come(first: date, later: int) -> None:
    day = first + timedelta(days=later)
    for line in (line for found in lines(first, day).values() for line in found):
        match line:
            case UsageLine():
                assert line.date < day
            case TicketLine():
                assert line.opened <= day
                assert line.closed is None or line.closed <= day
            case TouchpointLine():
                assert line.at <= day
            case InvoiceLine():
                assert line.paid is None or line.paid <= day


def test_the_usage_of_a_later_day_goes_on_to_the_day_before_it() -> None:
    newest = max(line.date for line in lines(FIRST, FIRST + timedelta(days=4))["usage"] if isinstance(line, UsageLine))
    assert newest == FIRST + timedelta(days=3)


def test_every_line_is_of_an_account_that_is_in_the_book_or_comes_into_it() -> None:
    accounts = {line.cells[0] for line in read_book(SAMPLE_BOOK).lines} | {"FW-163"}
    found = {getattr(line, "account", None) for lines_ in lines(FIRST, FIRST).values() for line in lines_}
    assert found <= accounts


def test_the_file_that_the_readme_brings_in_shows_what_is_taken_refused_and_not_joined() -> None:
    # GIVEN the ids of the bundled book
    inbox = FakeInbox()
    inbox.directories.write(Known(line.cells[0]) for line in read_book(SAMPLE_BOOK).lines)
    # WHEN the file beside it is taken in
    path = SAMPLE_BOOK.with_suffix(".tickets.csv")
    lines = csv.DictReader(path.read_text("utf-8").splitlines())
    done = inbox.take("tickets", *lines, source="helpdesk")
    # THEN two tickets are of an account, one of none, and one has a day that does not exist
    assert (done.lines, done.refused, done.accounts, done.joined) == (4, 1, 2, 1)
    assert done.unjoined == ("FW-1O2",)
    assert "opened" in str(done.refusals[0])
