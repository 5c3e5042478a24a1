"""`make demo` as a person runs it: a day, the same day again, the next one, a service that is down, a sudden end."""

from __future__ import annotations

import re
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from local.demo.findings import Sent
from local.demo.state import DemoState
from tests.builders.books import book_file
from tests.builders.demo import play, run, start

HEADINGS = (
    "id,name,arr,owner,contract_end_date,feature adoption,usage,login frequency days,days since last contact,"
    "payment status,mood"
)
HEALTHY = "A-1,Fine & Co,1000,ada@example.com,2027-01-31,0.9,Growing,3,5,Current,sunny"
DYING = "A-2,<b>Gloom</b>,9000,ada@example.com,2026-03-20,0.1,Declining,80,120,Overdue 60,"
BROKEN = "A-3,Odd,500,bo@example.com,2027-01-31,0.8,Growing,-3,5,Current,"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Path]:
    """A book of three accounts; what the demo keeps of it is forgotten in the end."""
    path = book_file(tmp_path, HEADINGS, HEALTHY, DYING, BROKEN)
    yield path
    shutil.rmtree(DemoState.of(path).folder, ignore_errors=True)


def running_below(folder: Path) -> list[str]:
    """The processes that work in the folder, as far as this machine shows."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if folder in (process / "cwd").readlink().parents:
                found.append(process.name)
    return found


@pytest.mark.usefixtures("warm_demos")
def test_feature_usage_beside_a_book_ends_in_what_went_to_sales_and_why(book: Path) -> None:
    # GIVEN a file beside the book that says what an account asked for, and one row of an unknown account
    usage = ("id,feature,family,entitled,used,limit,as of", "A-1,API calls,API,no,12,,2026-03-01", "A-9,X,,yes,1,,")
    book_file(book.parent, *usage, name="book.usage.csv")
    # WHEN the book is played
    code, output = play(book, DATE="2026-03-02")
    # THEN the demo ends with the offer, its price and evidence, and with what was left out
    assert code == 0, output
    assert "candidates checked 2 = offered 1 + recorded 0 + held back 1 + nothing 0 + failed 0" in output
    assert "Held back: 1\n  Odd: login_frequency_days: '-3' could not be read" in output
    assert "Handed to Sales: 1 (ARR 6,000 a year)" in output
    assert "API calls, not in the plan, times asked for: 12" in output
    assert "book.usage.csv, line 3, A-9 X: no account of the book has this id" in output


@pytest.mark.usefixtures("warm_demos")
def test_a_day_the_same_day_again_and_the_next_one(book: Path) -> None:
    # WHEN a book is played for a day
    code, output = play(book, DATE="2026-03-02")
    # THEN all of it is reported: the worst account, why, what was sent, what could not be read and what is not known
    assert code == 0, output
    assert "read 3 = scored 3 + rejected 0 + skipped 0" in output
    assert "Odd (A-3): login_frequency_days: '-3' could not be read, expected at least 0" in output
    assert re.search(r"critical <b>Gloom</b> +9,000  in 18 days +ada", output)
    assert "a direct message to ada@example.com" in output
    assert "Subject: Catching up: <b>Gloom</b>" in output
    assert "left out: mood: not known" in output
    assert "unknown for every account: " in output
    # AND the contracts that end soon, with the review that such an end calls for
    assert "Ends within 30 days: 1 contract, ARR 9,000" in output
    assert "<b>Gloom</b>: 2026-03-20 (in 18 days), ARR 9,000, ada, RED critical" in output
    assert "reviews that contract ends call for: 1 (1 written), in " in output
    shown = Sent.now(DemoState.of(book))
    assert shown == Sent(records=1, events=1, drafts=1, messages=6, reviews=1)
    # WHEN it is played again, and once more by force
    for asked, words in (({}, "nobody is told again"), ({"FORCE": "1"}, "nobody is told twice")):
        code, output = play(book, DATE="2026-03-02", **asked)
        # THEN no alert is sent
        assert code == 0, output
        assert words in output
        assert Sent.now(DemoState.of(book)) == shown
    # WHEN the next day comes, on which nothing changed
    code, output = play(book, DATE="2026-03-03")
    # THEN there are the digests, and no more
    assert code == 0, output
    assert "told before, and not worse" in output
    assert Sent.now(DemoState.of(book)) == Sent(records=1, events=1, drafts=1, messages=10, reviews=1)
    # AND a day before is refused in one line
    code, output = play(book, DATE="2026-03-01")
    assert code == 1
    assert output.startswith("DATE=2026-03-01 lies before the last run")
    assert output.count("\n") == 1


@pytest.mark.usefixtures("warm_demos")
def test_a_service_that_is_down_leaves_dead_letters_that_come_back(book: Path) -> None:
    # GIVEN a Gmail that is down
    code, output = play(book, DATE="2026-03-02", DOWN="gmail")
    # THEN the report says what failed, and what brings it back
    assert code == 0, output
    assert "draft in Gmail, failed: " in output
    assert f"1 dead letters of alert-email; once the cause is gone: make redrive QUEUE=alert-email ACCOUNTS={book}" in (
        " ".join(output.split())
    )
    assert Sent.now(DemoState.of(book)).drafts == 0
    # WHEN it is brought back
    code, output = play(book, "redrive", QUEUE="alert-email")
    # THEN the draft lies in the mailbox
    assert code == 0, output
    assert Sent.now(DemoState.of(book)).drafts == 1


@pytest.mark.slow
@pytest.mark.usefixtures("warm_demos")
def test_the_contracts_are_checked_on_a_morning_on_which_the_book_cannot_be_read(book: Path) -> None:
    # GIVEN a book that was scanned the day before
    code, output = play(book, DATE="2026-03-02")
    assert code == 0, output
    # WHEN Notion is down on the next day
    code, output = play(book, DATE="2026-03-03", DOWN="notion")
    # THEN the scan ends with its reason, which is no failure of the demo, and the contracts are reported from the table
    assert code == 0, output
    assert "As planned, DOWN=notion: the scan of 2026-03-03 did not reach its end: " in output
    assert "The next day: make demo" in output
    assert "<b>Gloom</b>: 2026-03-20 (in 17 days), ARR 9,000, ada, RED critical" in output
    assert "Scores are of what the account pages said on 2026-03-02" in output


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are looked up in /proc")
def test_a_sudden_end_leaves_no_process_and_the_next_start_goes_on(book: Path) -> None:
    # GIVEN a demo that is broken off in the middle of the scan
    process = start(book, DATE="2026-03-02")
    state = DemoState.of(book)
    while process.poll() is None and not state.played:
        time.sleep(0.1)
    time.sleep(0.5)
    assert running_below(state.folder)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate()
    # THEN it says so, and nothing of it runs on
    assert process.returncode == 130
    assert "stopped; everything that was started has ended" in output
    assert not running_below(state.folder)
    # AND the next start ends as one that was not broken off
    code, output = run(book, DATE="2026-03-02")
    assert code == 0, output
    assert Sent.now(state) == Sent(records=1, events=1, drafts=1, messages=6, reviews=1)


@pytest.mark.slow
@pytest.mark.usefixtures("warm_demos")
def test_a_day_in_shadow_sends_nothing_and_is_reported(book: Path) -> None:
    # WHEN a day is played in shadow
    code, output = play(book, DATE="2026-03-02", SHADOW="1")
    # THEN it says what would have happened, and no draft and no message lies anywhere
    assert code == 0, output
    assert "In shadow on 2026-03-02: what would have happened, and did not" in output
    assert "mail drafts: 1" in output
    vendors = DemoState.of(book).vendors
    assert [path for path in vendors.rglob("*") if path.suffix in (".eml", ".jsonl") and path.read_bytes()] == []
    # AND the report can be read again, after everything has ended
    code, again = play(book, "shadow-report")
    assert code == 0, again
    assert "mail drafts: 1" in again
