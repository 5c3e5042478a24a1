"""Older scores that are brought in are computed, never taken; nothing is replaced, and every line is accounted for."""

from datetime import date
from pathlib import Path

import pytest

from customer_success.accounts.row import AccountRow, AssessmentRecord
from customer_success.schemas import CSMHealthSignals
from customer_success.scoring.health_status import Point
from customer_success.scoring.scorer import CSMHealthScorer
from local.import_history.job import Imported, import_history
from local.spreadsheets.errors import SpreadsheetError
from local.spreadsheets.history import read_history
from tests.builders.accounts import TODAY, account
from tests.builders.books import book_file
from tests.builders.fakes import FakeHistory, FakeRows, Writes
from tests.builders.texts.scoring import above_bound

HEADINGS = "Account ID,Date,Feature Adoption,Usage,Login Frequency Days,Last Contact,Invoice Status,Contract End"
WHOLE = "0.8,Growing,3,2026-01-01,Current,2026-04-15"


class Deployment:
    """A table in which a scan has read two accounts and one that shares the name of the second."""

    def __init__(self) -> None:
        writes = Writes()
        self.rows, self.history = FakeRows(writes), FakeHistory(writes)
        named = {1: "Fine & Co", 2: "Twin", 3: "Twin"}
        self.rows.put_many(
            AccountRow(account(number, name=name), AssessmentRecord(TODAY, "scored", TODAY), None, "run", 0)
            for number, name in named.items()
        )

    def take(self, folder: Path, *lines: str) -> Imported:
        history = read_history(book_file(folder, *lines), TODAY)
        return import_history(history, self.rows.every(), self.history, today=TODAY)


@pytest.fixture
def deployment() -> Deployment:
    return Deployment()


def test_a_line_is_scored_as_the_scan_of_its_day_would_have_scored_it(tmp_path: Path, deployment: Deployment) -> None:
    # WHEN a line of an earlier day is imported, with dates in it
    done = deployment.take(tmp_path, HEADINGS, f"A-0001,2026-01-05,{WHOLE}")
    # THEN its score is that of the same signals, counted from that day
    signals = CSMHealthSignals(
        feature_adoption_rate=0.8,
        usage_trend="growing",
        login_frequency_days=3,
        days_since_last_interaction=4,
        invoice_payment_status="current",
        days_to_renewal=100,
    )
    [point] = deployment.history.between("A-0001", date.min, date.max)
    assert point.run_date == date(2026, 1, 5)
    assert point.score.score == CSMHealthScorer().score(signals).score
    assert point.score.days_to_renewal == 100
    assert point.score.drivers
    assert str(done) == "read 1 = imported 1 (of 1 accounts) + already known 0 + rejected 0"


def test_a_day_that_has_a_point_keeps_it_and_a_second_import_brings_nothing(
    tmp_path: Path, deployment: Deployment
) -> None:
    # GIVEN a day that was scanned
    scanned = Point(
        date(2026, 1, 19),
        CSMHealthScorer().score(
            CSMHealthSignals(
                usage_trend="inactive",
                feature_adoption_rate=0.1,
                login_frequency_days=90,
                days_since_last_interaction=90,
            ),
            account_id="A-0001",
        ),
    )
    deployment.history.put_many([("A-0001", scanned)])
    lines = [HEADINGS, *(f"A-0001,{day},{WHOLE}" for day in ("2026-01-05", "2026-01-19", "2026-02-02"))]
    # WHEN days around it and that very day are imported, twice
    first, second = deployment.take(tmp_path, *lines), deployment.take(tmp_path, *lines)
    # THEN the scanned one stays, and the second time all are known
    assert (first.imported, first.known) == (2, 1)
    assert (second.imported, second.known, second.accounts) == (0, 3, 0)
    assert scanned in list(deployment.history.between("A-0001", date.min, date.max))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"A-9999,2026-01-05,{WHOLE}", "line 2, A-9999: no scan has read an account of that id or name"),
        (f",2026-01-05,{WHOLE}", "line 2, no account: neither a name nor an id"),
        (f"Twin,2026-01-05,{WHOLE}", "line 2, Twin: no scan has read an account of that id or name"),
        (f"A-0001,2026-03-02,{WHOLE}", "Date '2026-03-02', expected a day from 2000-01-01 until before 2026-03-02"),
        (f"A-0001,soon,{WHOLE}", "Date 'soon', expected a day"),
        (f"A-0001,,{WHOLE}", "Date '', expected a day"),
        (f"A-0001,1999-12-31,{WHOLE}", "Date '1999-12-31', expected a day"),
        ("A-0001,2026-01-05,1.4,Growing,3,2026-01-01,Current,", above_bound("feature_adoption_rate", 1.4, 1.0)),
        ("A-0001,2026-01-05,0.8,Sideways,3,2026-01-01,Current,", "usage_trend: 'Sideways'"),
        ("A-0001,2026-01-05,0.8,Growing,often,,Current,", "Login Frequency Days 'often', expected a number"),
        ("A-0001,2026-01-05,0.8,Growing,3,2026-01-09,Current,", "days_since_last_interaction: -4"),
        ("A-0001,2026-01-05,0.8,,,,,", "20% of what the score weighs is known, at least 50% is needed"),
    ],
)
def test_a_line_that_cannot_be_used_is_reported_with_account_field_value_and_what_would_be_right(
    tmp_path: Path, deployment: Deployment, line: str, reason: str
) -> None:
    # GIVEN lines of another account, from which the reader sees what each column is
    others = [f"A-0002,2026-01-{day:02},{WHOLE}" for day in range(5, 11)]
    done = deployment.take(tmp_path, HEADINGS, line, *others)
    assert [reason in str(rejected) for rejected in done.rejected] == [True], done.rejected
    assert (done.read, done.imported) == (7, 6)
    assert list(deployment.history.between("A-0001", date.min, date.max)) == []


def test_the_same_day_twice_counts_once_and_every_line_is_reported_as_done(
    tmp_path: Path, deployment: Deployment
) -> None:
    # GIVEN a file in which an account stands by its id and by its name on one day
    lines = [f"A-0001,2026-01-05,{WHOLE}", f"Fine & Co,2026-01-05,{WHOLE}", f"Fine & Co,2026-01-19,{WHOLE}"]
    history, steps = read_history(book_file(tmp_path, HEADINGS, *lines), TODAY), list[int]()
    # WHEN it is imported
    done = import_history(
        history, deployment.rows.every(), deployment.history, today=TODAY, step=lambda: steps.append(1)
    )
    # THEN the first of the two counts
    assert (done.read, done.imported, len(done.rejected)) == (3, 2, 1)
    assert "line 3, Fine & Co: 2026-01-05 of this account stands on line 2 already" in str(done.rejected[0])
    assert len(steps) == 3


def test_a_file_of_bare_scores_or_without_days_is_refused_whole(tmp_path: Path) -> None:
    with pytest.raises(SpreadsheetError, match="a score alone cannot say what moved it, so it is not imported"):
        read_history(book_file(tmp_path, "Account ID,Date,Score,Colour", "A-0001,2026-01-05,81,GREEN"), TODAY)
    with pytest.raises(SpreadsheetError, match="no column says of which day a line is; call it Date"):
        read_history(book_file(tmp_path, "Account ID,Usage", "A-0001,Growing"), TODAY)


def test_a_file_of_which_no_line_could_be_used_was_imported_in_vain(tmp_path: Path, deployment: Deployment) -> None:
    # GIVEN a line that can be used, and one of an unknown account
    good, bad = f"A-0001,2026-01-05,{WHOLE}", f"A-9999,2026-01-05,{WHOLE}"
    # THEN it was in vain with the second alone; what is known already was of use
    assert deployment.take(tmp_path, HEADINGS, bad).in_vain
    assert not deployment.take(tmp_path, HEADINGS, good, bad).in_vain
    assert not deployment.take(tmp_path, HEADINGS, good).in_vain
    assert not Imported().in_vain
