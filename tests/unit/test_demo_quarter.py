"""What the demo says of renewals and of a quarter's reviews: short, and every account accounted for."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console

from customer_success.outcomes.capture import OutcomeCase
from customer_success.renewals.contracts import Contract
from customer_success.renewals.digest import renewals_digest
from customer_success.reviews.qbr import Qbr, QbrKey, QbrState
from local.demo.findings import QuarterFindings, Renewals, Sent
from local.demo.options import SAMPLE_BOOK
from local.demo.progress import how_far_reviews
from local.demo.quarter import COMMAND, history_beside
from local.demo.report import renewals_report
from local.demo.report.quarter import quarter_report
from local.demo.report.review import review_page
from local.demo.state import DemoState
from tests.builders.accounts import TODAY
from tests.builders.texts.claims import not_in_evidence

PERIOD = "Q2 2026"
QUARTER_DAY = date(2026, 4, 1)
NOTHING = Sent(0, 0, 0, 0, 0)
PAGE = """# QBR: Fine \\& Co — Q2 2026

- **Period**: Q2 2026

---

> Health score 90\\.0 (GREEN)

## Account Health Summary

- one
- two
- three
- four
- five
- six
- seven
- eight
- nine
- ten
- eleven

## Evidence

| Fact | Value |
| --- | --- |
| seats a\\|b | 5 |
"""


def console() -> Console:
    return Console(width=100, markup=False, emoji=False, highlight=False)


def contract(number: int, days: int) -> Contract:
    """A contract that ends in so many days and renews by itself unless notice is given 30 days before."""
    return Contract(
        account_id=f"A-{number}",
        name=f"Account {number}",
        page_url="https://www.notion.so/page",
        owner_email="ada@example.com",
        arr=1000.0,
        end=TODAY + timedelta(days),
        notice_days=30,
        auto_renew=True,
        signed=False,
        health_status=None,
    )


def review(number: int, state: QbrState, *claims: str, error: str | None = None) -> Qbr:
    key = QbrKey(f"A-{number}", PERIOD)
    return Qbr(
        key,
        f"Account {number}",
        "ada@example.com",
        trigger="scheduled",
        on=QUARTER_DAY,
        state=state,
        error=error,
        dropped_claims=claims,
    )


def quarter(*qbrs: Qbr, before: tuple[Qbr, ...] = ()) -> QuarterFindings:
    return QuarterFindings(QUARTER_DAY, before, qbrs, (), {}, {}, NOTHING, NOTHING)


def shown(found: QuarterFindings, folder: Path, tokens: dict[str, int] | None = None) -> str:
    """The report in one line."""
    with (screen := console()).capture() as capture:
        quarter_report(screen, found, DemoState(folder), "", tokens or {})
    return " ".join(capture.get().split())


def test_renewals_are_listed_group_by_group_a_line_each_and_the_rest_is_counted(tmp_path: Path) -> None:
    # GIVEN the digest of a day on which five contracts end within 30 days
    digest = renewals_digest(TODAY, [contract(n, 10 + n) for n in range(1, 6)], skipped=0, last_scan=TODAY)
    asked = (replace(review(1, "written"), on=TODAY), replace(review(2, "planned"), on=TODAY))
    # WHEN it is shown
    with (screen := console()).capture() as capture:
        renewals_report(screen, Renewals(TODAY, digest, asked), tmp_path)
    # THEN the first three stand there with owner and ARR, and what was asked for
    lines = capture.get().splitlines()
    assert "  Ends within 30 days: 5 contracts, ARR 5,000" in lines
    assert sum("ARR 1,000, ada, not judged" in line for line in lines) == 3
    assert "    … and 2 more" in lines
    assert any(line.startswith("  reviews that contract ends call for: 2 (1 planned, 1 written)") for line in lines)
    assert max(map(len, lines)) <= 100


def test_a_question_about_contracts_has_no_number_behind_it(tmp_path: Path) -> None:
    # GIVEN a contract that ended, of which it is not known what became of it
    case = OutcomeCase("A-1", "Account 1", "", None, 1_000, end=TODAY - timedelta(days=9))
    digest = renewals_digest(TODAY, [], skipped=0, last_scan=TODAY, unanswered=[case])
    # WHEN the digest is shown
    with (screen := console()).capture() as capture:
        renewals_report(screen, Renewals(TODAY, digest, ()), tmp_path)
    # THEN the question stands by itself
    assert "  What became of this contract?" in capture.get().splitlines()


def test_a_name_with_an_address_in_it_is_shown_as_it_is(tmp_path: Path) -> None:
    digest = renewals_digest(TODAY, [replace(contract(1, 11), name="Sales@Acme.io Ltd")], skipped=0, last_scan=TODAY)
    with (screen := console()).capture() as capture:
        renewals_report(screen, Renewals(TODAY, digest, ()), tmp_path)
    assert "Sales@Acme.io Ltd: " in capture.get()


def test_a_day_off_has_no_renewals_digest(tmp_path: Path) -> None:
    saturday = date(2026, 3, 7)
    with (screen := console()).capture() as capture:
        renewals_report(screen, Renewals(saturday), tmp_path)
    assert "on a day off no renewals digest is posted (Saturday)" in capture.get()


def test_the_progress_of_a_quarter_is_complete_when_every_review_has_ended() -> None:
    come = how_far_reviews([review(1, "written"), review(2, "planned"), review(3, "failed"), review(4, "not_wanted")])
    assert str(come) == "planned 4/4 · failed 1/1 · not wanted 1/1 · written 1/2"
    assert not come.complete
    assert how_far_reviews([review(1, "written"), review(2, "partial")]).complete


def test_planned_is_the_sum_of_what_became_of_the_reviews_and_each_that_is_not_whole_has_its_reason(
    tmp_path: Path,
) -> None:
    # GIVEN a review of each state
    found = quarter(
        review(1, "written"),
        review(2, "partial", error="the model gave no text"),
        review(3, "failed", error="Notion is down"),
        review(4, "not_wanted"),
        review(5, "planned"),
    )
    # THEN the sum holds, and the accounts are named
    output = shown(found, tmp_path)
    assert "planned 5 = written 1 + partial 1 + failed 1 + not wanted 1 + not finished 1" in output
    assert "partial: Account 2: the model gave no text" in output
    assert "failed: Account 3: Notion is down" in output
    assert "not wanted: Account 4" in output
    assert "not finished: Account 5" in output
    assert "was planned before" not in output
    # AND the same quarter again is named as such
    assert "Q2 2026 was planned before: nothing is new" in shown(replace(found, before=found.now), tmp_path)


def test_dropped_claims_that_differ_in_figures_only_are_listed_once_and_the_rarest_first(tmp_path: Path) -> None:
    # GIVEN an invented saving in three reviews, and one claim that a note asked for
    saving = '"It saved {0} hours." (' + not_in_evidence("{0}") + ")"
    qbrs = [review(number, "written", saving.format(number * 100)) for number in (1, 2, 3)]
    obeyed = review(4, "written", f'"Feature adoption is 99 %." ({not_in_evidence("99 %")})')
    # WHEN the quarter is reported
    printed = shown(quarter(*qbrs, obeyed), tmp_path, {"calls": 4, "input": 4000, "output": 800})
    # THEN each kind stands once, with what the model took
    assert not_in_evidence("99 %") + "): Account 4" in printed
    assert printed.index("99 %") < printed.index(f'"It saved 100 hours." ({not_in_evidence("100")}): Account 1')
    assert "Account 1, and such in 2 more" in printed
    assert "4 calls, 4,000 tokens in and 800 out: 1,000 and 200 a call" in printed


def test_a_page_reads_without_its_properties_and_without_marks_and_is_cut_where_it_is_long(tmp_path: Path) -> None:
    # GIVEN a page with a list of eleven points
    file = tmp_path / "page.md"
    file.write_text(PAGE, encoding="utf-8")
    # WHEN it is read
    with (screen := console()).capture() as capture:
        review_page(screen, "As it reads", file)
    output = capture.get()
    # THEN it is as in Notion
    assert "As it reads: QBR: Fine & Co — Q2 2026" in output
    assert "Health score 90.0 (GREEN)" in output
    assert "• ten" in output
    assert "• eleven" not in output
    assert "… and 1 more" in output
    assert "seats a|b" in output
    assert "Period" not in output


def test_the_bundled_book_has_a_history_and_a_note_that_commands() -> None:
    assert history_beside(SAMPLE_BOOK).exists()
    assert COMMAND.search(SAMPLE_BOOK.read_text(encoding="utf-8"))
