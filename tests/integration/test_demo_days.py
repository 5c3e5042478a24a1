"""The demo over its days: which alerts a day reports, and a book that is longer than one query."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import pytest

from customer_success.alerts.entry import AlertEntry
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from customer_success.aws.dynamodb.stored import Stored
from customer_success.aws.dynamodb.table import Table
from customer_success.paging import Bookmark
from customer_success.scan.run import Run
from customer_success.scan.tally import Tally
from local.demo.alert_days import AlertDays
from local.sandbox import Sandbox
from tests.builders.books import rows_of
from tests.builders.notion_books import account_book
from tests.builders.stored import alert

THURSDAY, FRIDAY, SATURDAY, SUNDAY, MONDAY, TUESDAY = (date(2026, 3, day) for day in (5, 6, 7, 8, 9, 10))
FINISHED: Final = "finished"
FAILED: Final = "failed"


def scanned(table: Table, runs: Mapping[date, Literal["finished", "failed"]]) -> None:
    """The scans of these days, which all scored an account."""
    for on, status in runs.items():
        run = Run("health_scan", on, "r", status=status, tally=Tally(read=1, scored=1))
        Stored(table, Run).put_many([(table.key("RUNS", "health_scan", on.isoformat()), run)])


def raised(table: Table, account_id: str, on: date, *, risk: str = "high", **marks: Any) -> None:
    """An alert as its scan, and later ones, left it."""
    own = alert(account_id, on=on, churn_risk=risk, alert_id=f"{account_id}:{on}:{risk}")
    DynamoAlertLog(table).put([AlertEntry(own, **marks)])


def sent_on(table: Table, day: date) -> list[str]:
    return [each.alert.account_id for each in AlertDays.until(table, day).alerts(table)]


def test_a_monday_reports_what_the_weekend_held_and_no_critical_alert_twice(table: Table) -> None:
    # GIVEN a finished Friday, a weekend with an alert that was sent at once, one released and one left to the digest
    scanned(table, {FRIDAY: FINISHED, SATURDAY: FINISHED, SUNDAY: FINISHED, MONDAY: FINISHED})
    raised(table, "friday", FRIDAY, delivery="single")
    raised(table, "critical", SATURDAY, risk="critical", delivery="single")
    raised(table, "released", SATURDAY, delivery="single")
    raised(table, "held", SUNDAY, delivery="digest", held=True)
    raised(table, "monday", MONDAY, delivery="digest")
    # THEN each is sent with its day
    assert sent_on(table, MONDAY) == ["monday", "released"]
    assert sent_on(table, SATURDAY) == ["critical", "released"]
    assert sent_on(table, TUESDAY) == []


def test_alerts_of_failed_scans_are_sent_by_the_next_one_that_finishes(table: Table) -> None:
    # GIVEN two scans that failed after one that finished, and what they had found by then
    scanned(table, {THURSDAY: FINISHED, FRIDAY: FAILED, MONDAY: FAILED, TUESDAY: FINISHED})
    raised(table, "thursday", THURSDAY, delivery="single")
    raised(table, "friday", FRIDAY, risk="critical", delivery="single")
    raised(table, "monday", MONDAY, delivery="digest")
    raised(table, "not ranked yet", MONDAY)
    # THEN the next reports all that it ranked
    assert sent_on(table, TUESDAY) == ["friday", "monday"]


@pytest.mark.parametrize("accounts", [120, 250])
def test_a_book_longer_than_a_query_returns_is_read_whole(tmp_path: Path, accounts: int) -> None:
    # GIVEN a Notion that stops a query at 120 rows
    ids = [f"A-{number:03d}" for number in range(accounts)]
    rows = rows_of(tmp_path, "id,name", *(f"{each},Account" for each in ids))
    with Sandbox(tmp_path / "vendors", notion_query_limit=120).start() as sandbox:
        source = sandbox.load(rows.book).data_source_id
        # WHEN the book is read
        pages = list(account_book(sandbox, source).read(Bookmark()))
    # THEN each account comes once
    assert sorted(account.account_id for page in pages for account in page.accounts) == ids
