"""What the demo's report says of a day adds up, and says nothing that a terminal would obey."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from rich.console import Console, RenderableType

from customer_success.accounts.row import AccountRow, AssessmentRecord
from customer_success.alerts.entry import AlertEntry
from customer_success.alerts.policy import Delivery
from customer_success.scan.run import BrokenFeed, Run
from customer_success.scan.tally import Tally
from customer_success.schemas import CSMHealthScore, CSMHealthSignals
from customer_success.scoring.health_status import Point
from customer_success.scoring.scorer import CSMHealthScorer
from local.demo.findings import Expansion, Findings, Renewals, Sent
from local.demo.progress import failed_since
from local.demo.report import full_report
from local.demo.report.anatomy import anatomy, most_telling
from local.demo.report.counts import counts, refusals
from local.demo.report.knowledge import columns, unknown
from local.demo.report.words import amount
from local.demo.report.worst import worst, worst_lines
from local.demo.state import DemoState
from local.spreadsheets.rows import notion_rows
from tests.builders.accounts import DYING, HEALTHY, TODAY, account
from tests.builders.books import sheet_of
from tests.builders.stored import entry

Status = Literal["finished", "failed"]

SCORER = CSMHealthScorer()


def scored(number: int, signals: dict[str, object], **facts: object) -> AccountRow:
    """An account as the table has it after a scan of today."""
    what = account(number, signals, **facts)
    score = SCORER.score(CSMHealthSignals.model_validate(what.signals_on(TODAY)), what.account_id)
    day = AssessmentRecord(TODAY, "scored", TODAY, last=Point(TODAY, score))
    return AccountRow(what, day, None, "run", 0)


def found_in(run: Run, *alerts: AlertEntry) -> Findings:
    """The findings of a day on which no account was read, with a run and alerts."""
    return Findings(
        day=TODAY,
        known=None,
        run=run,
        rows=(),
        alerts=alerts,
        dead={},
        waiting={},
        sent_before=Sent(0, 0, 0, 0, 0),
        sent=Sent(0, 0, 0, 0, 0),
        renewals=Renewals(TODAY),
        expansion=Expansion(TODAY),
    )


def shown(what: Iterable[RenderableType]) -> str:
    """As it is printed, a hundred cells wide."""
    console = Console(width=100, markup=False, emoji=False, highlight=False)
    with console.capture() as capture:
        for each in what:
            console.print(each, no_wrap=True)
    return capture.get()


def columns_of(score: CSMHealthScore) -> dict[str, list[float]]:
    """The figures of a score taken apart, by column, as they are printed."""
    table = anatomy(score)
    return {str(c.header): [float(str(cell).replace("−", "-")) for cell in c.cells if cell] for c in table.columns[2:]}


def test_a_score_taken_apart_adds_up_to_100_with_caps_and_with_signals_that_drop_out() -> None:
    # GIVEN a score with two caps, and one in which three signals are unknown and drop out
    capped = SCORER.score(
        CSMHealthSignals.model_validate({**DYING, "collections_risk": "CRITICAL", "tam_health_rag": "RED"})
    )
    known = {
        name: value for name, value in DYING.items() if name not in ("invoice_payment_status", "seats_utilization_rate")
    }
    partly = SCORER.score(CSMHealthSignals.model_validate(known))
    for score in (capped, partly):
        # WHEN it is taken apart
        figures = columns_of(score)
        # THEN the weights make 100, the points the score, and what is lost the rest
        assert abs(sum(figures["weight"]) - 100) < 0.5
        assert abs(sum(figures["earns"]) - score.score) < 0.5
        assert abs(sum(figures["loses"]) - (100 - score.score)) < 0.5


def test_an_unknown_signal_says_which_part_of_its_weight_it_earns() -> None:
    # GIVEN an account of which escalations, logins, NPS and the contract's end are unknown
    missing = ("escalation_count_90_days", "login_frequency_days", "nps_score")
    known = {name: value for name, value in HEALTHY.items() if name not in missing}
    # WHEN its score is taken apart
    cells = [str(cell) for cell in anatomy(SCORER.score(CSMHealthSignals.model_validate(known))).columns[1].cells]
    # THEN each says what it is given, which differs from signal to signal
    assert [cell for cell in cells if cell.startswith("unknown")] == [
        "unknown, earns 5.0 of 10.0",
        "unknown, earns 7.0 of 10.0",
        "unknown, earns 2.0 of 3.0",
        "unknown, earns 2.0 of 2.0",
    ]


def test_a_score_with_caps_is_taken_apart_before_a_worse_one_without() -> None:
    plain, capped = scored(1, DYING), scored(2, {**DYING, "nps_score": 9, "tam_health_rag": "AMBER"})
    telling = most_telling(worst([plain, capped], TODAY))
    assert telling is not None
    assert telling[0].account_id == capped.account_id
    assert most_telling([]) is None


def test_the_worst_accounts_stand_first_and_no_more_than_fifteen() -> None:
    rows = [scored(number, HEALTHY) for number in range(1, 20)] + [scored(99, DYING)]
    found = worst(rows, TODAY)
    assert len(found) == 15
    assert found[0][0].account_id == "A-0099"


def test_a_name_full_of_marks_is_shown_as_it_is_written_on_one_line_and_commands_nothing() -> None:
    # GIVEN names with markup, with an escape sequence, and of 5,000 characters
    names = ["[bold red]Acme[/] :smile: <script>", "\x1b[31mRed\x07\nAlert", "L" * 5000]
    rows = [scored(number, DYING, name=name) for number, name in enumerate(names, 1)]
    # WHEN they are listed
    lines = shown(worst_lines(worst(rows, TODAY), TODAY, 100)).splitlines()
    # THEN each takes its two lines below the headings, within the width
    assert len(lines) == 1 + 2 * len(names)
    assert max(map(len, lines)) <= 100
    assert "[bold red]Acme[/] :smile: <script>"[:30] in lines[1]
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize(
    ("arr", "written"),
    [
        (None, "unknown"),
        (1234.4, "1,234"),
        (9_999_999.0, "9,999,999"),
        (123_456_789.0, "123M"),
        (1e300, "1.0e+300"),
    ],
)
def test_every_amount_fits_its_column(arr: float | None, written: str) -> None:
    assert amount(arr) == written
    row = scored(1, DYING, arr=arr)
    assert max(map(len, shown(worst_lines(worst([row], TODAY), TODAY, 100)).splitlines())) <= 100


@pytest.mark.parametrize(
    ("delivery", "expected"),
    [
        ("single", "nothing has arrived of what was told one by one (1): see the channels below"),
        ("digest", "nothing was told one by one on this day"),
    ],
)
def test_what_did_not_arrive_is_not_described_as_held(tmp_path: Path, delivery: Delivery, expected: str) -> None:
    # GIVEN an alert, and a chat and a mailbox that got nothing
    shown_ = entry("A-1", state="published", delivery=delivery)
    found = found_in(Run("health_scan", TODAY, "r", status="finished"), shown_)
    console = Console(width=100, markup=False, emoji=False, highlight=False)
    sheet = sheet_of(tmp_path, "name", "A")
    # WHEN the day is reported
    with console.capture() as capture:
        full_report(console, found, sheet, notion_rows(sheet, TODAY), DemoState(tmp_path), "")
    # THEN it says which of the two it was, and that nothing was scored
    assert capture.get().count(expected) == 2
    assert "No account could be scored" in capture.get()
    assert "colours" not in capture.get()


@pytest.mark.parametrize(
    ("status", "minutes", "failed"), [("failed", 1, True), ("failed", -1, False), ("finished", 1, False)]
)
def test_a_failed_scan_is_reported_if_it_failed_in_this_demo(status: Status, minutes: int, failed: bool) -> None:
    began = datetime(2026, 3, 2, 7, tzinfo=UTC)
    run = Run("health_scan", TODAY, "r", status=status, finished_at=began + timedelta(minutes=minutes))
    assert failed_since(run, began) is failed


def test_what_is_unknown_throughout_says_what_is_missing(tmp_path: Path) -> None:
    # GIVEN a book without logins, owners and contacts, whose NPS is known for one of four
    sheet = sheet_of(tmp_path, "name,arr,nps,mood", "A,1,9,", "B,1,,", "C,1,,", "D,,,")
    tally = Tally(read=4, scored=4, unknown={"login_frequency_days": 4, "nps_score": 3})
    # WHEN it is described by the book
    text = "\n".join([*columns(sheet), *unknown(Run("health_scan", TODAY, "r", tally=tally), sheet)])
    # THEN the gaps are named with what follows from them
    assert "left out: mood: not known" in text
    assert "given for a part of the accounts only: nps 25%" in text
    assert "unknown for every account: days between logins" in text
    assert "falling usage alone tells nobody" in text
    assert "the fallback owner" in text
    assert "addressed to nobody" in text
    assert "no ARR" not in text
    assert "unknown for some accounts: NPS 75%" in text


def test_signals_that_are_too_old_and_feeds_that_broke_are_reported() -> None:
    feed = BrokenFeed("nps_score", TODAY, TODAY - timedelta(days=1), 9, 10)
    tally = Tally(watched=10, missing={"nps_score": 10}, cases={"stale": 1}, stale=("Account 1 (A-0001): too old",))
    run = Run("health_scan", TODAY, "r", tally=tally, broken_feeds=(feed,))
    reported = "\n".join([*counts(found_in(run)), *refusals(found_in(run))])
    assert "accounts whose signals are too old to count: 1" in reported
    assert f"broken feed: NPS: unknown for 10 of 10 accounts since {TODAY}" in reported
    assert "  Account 1 (A-0001): too old" in reported
