"""The bundled book shows all there is to show, over the three days that it can be played."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from customer_success.alerts.policy import Reason, Suppressed
from customer_success.scan.assessment import RejectionReason
from customer_success.scan.run import Run
from customer_success.schemas import ChurnTrigger
from customer_success.scoring.health_status import COLOURS, RISKS
from local.demo.options import SAMPLE_BOOK, SAMPLE_DAY
from local.sandbox import Sandbox
from local.spreadsheets.book import read_book
from local.spreadsheets.changes import changed, changes_beside
from local.spreadsheets.rows import notion_rows
from tests.builders.books import accounts_in_notion
from tests.builders.scans import World

DAYS = [SAMPLE_DAY + timedelta(number) for number in range(3)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The book, scanned on three days with its changes."""
    world = World([])
    sheet, changes = read_book(SAMPLE_BOOK), changes_beside(SAMPLE_BOOK)
    with Sandbox(tmp_path_factory.mktemp("sample")) as sandbox:
        for number, day in enumerate(DAYS, start=1):
            today = changed(sheet, [change for change in changes if change.day <= number])
            world.accounts = accounts_in_notion(sandbox, notion_rows(today, SAMPLE_DAY))
            world.scan(day)
    return world


def run_of(world: World, day: int) -> Run:
    return world.runs.runs["health_scan", DAYS[day - 1]]


def test_the_first_day_has_every_colour_risk_trigger_cap_and_reason_to_reject(world: World) -> None:
    scores = [point.score for point in world.history.points.values() if point.run_date == SAMPLE_DAY]
    tally = run_of(world, 1).tally
    assert tally.colours.keys() == set(COLOURS)
    assert tally.risks.keys() == set(RISKS)
    assert {score.churn_trigger for score in scores} == {*get_args(ChurnTrigger), None}
    assert {(cap.name, cap.value) for score in scores for cap in score.caps} >= {
        ("collections_risk", "CRITICAL"),
        ("collections_risk", "RED"),
        ("tam_health_rag", "RED"),
        ("tam_health_rag", "AMBER"),
    }
    assert {len(score.caps) for score in scores} == {0, 1, 2}
    assert tally.rejected.keys() == set(get_args(RejectionReason)) - {"unexpected"}
    assert tally.inactive
    assert tally.unreadable
    assert tally.cases["stale"] == tally.rejected["stale_signals"] == 6
    assert 55 <= tally.read <= 70


def test_the_first_day_reports_only_the_critical_ones_one_by_one(world: World) -> None:
    reported = run_of(world, 1).sent
    assert reported is not None
    assert (reported.single, reported.digest) == (4, 11)


def test_over_three_days_every_reason_to_alert_and_to_stay_quiet_occurs(world: World) -> None:
    reasons = Counter(entry.alert.reason for entry in world.alerts.entries.values())
    assert reasons.keys() >= {Reason.ENTERED, Reason.RISK_HIGHER, Reason.FELL}
    quiet = {reason for day in (1, 2, 3) for reason in run_of(world, day).tally.suppressed}
    assert quiet == set(Suppressed)


def test_the_days_after_bring_recoveries_a_false_alarm_and_accounts_that_come_and_go(world: World) -> None:
    second, third = run_of(world, 2), run_of(world, 3)
    assert second.removed == 1
    assert second.tally.moves == {"RED → AMBER": 1, "AMBER → RED": 1}
    assert second.tally.false_alarms == {"contract_proximity": 1}
    assert third.tally.moves["AMBER → GREEN"] == 1
    assert third.tally.no_longer_judged
    assert third.tally.inactive == second.tally.inactive + 1


def test_on_the_second_day_one_account_grows_stale_and_another_is_brought_up_to_date(world: World) -> None:
    first, second = run_of(world, 1).tally, run_of(world, 2).tally
    (lost,) = (*second.danger_lost_sight_of, *second.no_longer_judged)
    assert lost.startswith("Willowmere Water (FW-148): signals last updated on 2026-02-16, more than 14 days ago")
    assert not any("FW-148" in line for line in first.stale)
    assert any("FW-117" in line for line in first.stale)
    assert not any("FW-117" in line for line in second.stale)
    assert all(not run_of(world, day).broken_feeds for day in (1, 2, 3))


def test_the_book_itself_has_cells_and_a_line_that_cannot_be_taken_over() -> None:
    rows = notion_rows(read_book(SAMPLE_BOOK), SAMPLE_DAY)
    note = "\n".join(map(str, rows.not_taken))
    assert "'abc' was left empty, expected a number" in note
    assert "'next spring' was left empty, expected a date" in note
    assert "the line was left out" in note


def test_no_address_in_the_book_leads_anywhere() -> None:
    words = Path(SAMPLE_BOOK).read_text(encoding="utf-8").replace(",", " ").split()
    addresses = [word for word in words if "@" in word]
    assert addresses
    assert all(address.endswith(".example") for address in addresses)
