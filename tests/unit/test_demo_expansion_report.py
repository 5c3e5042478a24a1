"""What the demo says of a day's expansion: every candidate accounted for, and why."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from customer_success.expansion.entry import ExpansionEntry, Outcome
from customer_success.expansion.offer import Handoff, Offer
from customer_success.scan.run import Run
from local.demo.findings import Expansion, Findings, Renewals, Sent
from local.demo.progress import how_far_checks
from local.demo.report import day_report
from local.demo.report.expansion import expansion_report, in_short
from local.spreadsheets.usage import Usage
from tests.builders.accounts import TODAY
from tests.builders.books import usage_of
from tests.builders.offers import offer, opportunity

DONE = Run("expansion", TODAY, "r", status="finished")
SCAN = Run("health_scan", TODAY, "r", status="finished")
NOTHING = Sent(0, 0, 0, 0, 0)
SATURDAY = date(2026, 3, 7)


def entry(number: int, outcome: Outcome, *lines: str) -> ExpansionEntry:
    """What became of an account on the day."""
    return ExpansionEntry(TODAY, f"A-{number:04d}", f"A-{number:04d}", f"Account {number}", None, outcome, lines)


def handed(number: int, arr: float | None = None, **facts: Any) -> Offer:
    """An offer that Sales has."""
    found = opportunity(
        "module",
        number,
        estimated_arr_impact=arr,
        evidence=["API, in use: 12 (feature usage, 2026-02-27)", "API, limit: 10"],
    )
    handoff = Handoff(TODAY, "nora@example.com", draft_id=f"draft-{number}")
    return replace(offer("module", number), opportunity=found, handoff=handoff, **facts)


def recorded_offer(number: int, why: str) -> Offer:
    """An offer that was only recorded."""
    return offer("seats", number, dispatched_on=None, held_because=why)


def expansion(*entries: ExpansionEntry, **facts: Any) -> Expansion:
    return replace(Expansion(TODAY, DONE, entries=entries), **facts)


def findings(found: Expansion) -> Findings:
    """A day of which nothing else is known."""
    return Findings(found.day, None, SCAN, (), (), {}, {}, NOTHING, NOTHING, Renewals(found.day), found)


def lines_of(found: Expansion, folder: Path, usage: Usage | None = None) -> list[str]:
    """The report, line by line."""
    console = Console(width=100, markup=False, emoji=False, highlight=False)
    with console.capture() as capture:
        expansion_report(console, findings(found), usage, Path("book.csv"), folder)
    return capture.get().splitlines()


def report_of(found: Expansion, folder: Path, usage: Usage | None = None) -> str:
    """The report in one line."""
    return " ".join(" ".join(lines_of(found, folder, usage)).split())


def test_what_was_checked_is_the_sum_of_what_became_of_it() -> None:
    # GIVEN an account of each kind, and an answer of Sales, which is no check
    outcomes: tuple[Outcome, ...] = ("offered", "recorded", "held_back", "held_back", "nothing", "failed", "answered")
    found = expansion(*(entry(number, outcome) for number, outcome in enumerate(outcomes)))
    # THEN the sum holds
    assert list(in_short(found)) == [
        "candidates checked 6 = offered 1 + recorded 1 + held back 2 + nothing 1 + failed 1"
    ]
    # AND what is not finished is neither hidden nor counted as done
    unfinished = replace(found, entries=(*found.entries, entry(9, "planned")))
    assert list(in_short(unfinished)) == [
        "candidates checked 7 = offered 1 + recorded 1 + held back 2 + nothing 1 + failed 1 + not finished 1"
    ]
    assert how_far_checks(unfinished.entries) == {"candidates": (6, 7)}


def test_what_went_to_sales_says_to_whom_what_it_is_worth_and_why_the_biggest_first(tmp_path: Path) -> None:
    # GIVEN two offers with Sales, one without a draft, one on its way
    undrafted = replace(
        handed(3), handoff=Handoff(TODAY, "piet@example.com", skipped="no mail was drafted: no mailbox")
    )
    on_its_way = replace(handed(4), handoff=None)
    found = expansion(entry(1, "offered"), offers=(undrafted, on_its_way, handed(1, 4800), handed(2, 12000)))
    # WHEN the day is reported
    lines = lines_of(found, tmp_path)
    at = lines.index("Handed to Sales: 4 (ARR 16,800 a year, 2 not known)")
    # THEN each stands on a line of its own with the first line of its evidence
    assert lines[at + 1 : at + 5] == [
        "  Account 2: module, ARR 12,000, to nora: API, in use: 12",
        "  Account 1: module, ARR 4,800, to nora: API, in use: 12",
        "  Account 3: module, ARR not known, to piet, no mail was drafted: no mailbox: API, in use: 12",
        "  Account 4: module, ARR not known, to sam, has not reached Sales yet: API, in use: 12",
    ]


def test_what_was_only_recorded_and_what_was_held_back_has_its_reason(tmp_path: Path) -> None:
    found = expansion(
        entry(1, "recorded"),
        entry(2, "held_back", "invoices are overdue_30", "escalations in 90 days: 1"),
        entry(3, "failed", "account 'A-0003': nps_score: 11 is above the bound 10"),
        entry(4, "answered", "Sales marked the seats offer of Q1 2026 as won"),
        offers=(recorded_offer(1, "low confidence"),),
    )
    lines = lines_of(found, tmp_path)
    assert lines[lines.index("Recorded, not handed to Sales: 1") + 1].startswith("  Account 1: seats: low confidence; ")
    assert lines[lines.index("Held back: 1") + 1] == "  Account 2: invoices are overdue_30; escalations in 90 days: 1"
    assert "nps_score: 11 is above" in lines[lines.index("Could not be checked: 1") + 1]
    assert lines[lines.index("Answered: 1") + 1] == "  Account 4: Sales marked the seats offer of Q1 2026 as won"
    assert not any(line.startswith("Handed to Sales") for line in lines)


def test_within_a_list_accounts_stand_by_their_names(tmp_path: Path) -> None:
    found = expansion(
        entry(3, "held_back", "why"),
        entry(2, "held_back", "why"),
        offers=(recorded_offer(2, "low"), recorded_offer(1, "low")),
    )
    text = report_of(found, tmp_path)
    assert text.index("Account 1: seats") < text.index("Account 2: seats") < text.index("Account 2: why")
    assert text.index("Account 2: why") < text.index("Account 3: why")


def test_one_day_among_several_takes_one_line() -> None:
    found = expansion(entry(1, "offered"), offers=(handed(1),))
    console = Console(width=100, markup=False, emoji=False, highlight=False)
    with console.capture() as capture:
        day_report(console, findings(found))
    title, *lines = capture.get().partition("\nExpansion\n")[2].splitlines()
    assert title == "  candidates checked 1 = offered 1 + recorded 0 + held back 0 + nothing 0 + failed 0"
    assert lines == []


def test_of_a_long_list_twelve_are_named_and_the_others_counted(tmp_path: Path) -> None:
    found = expansion(*(entry(number, "held_back", "why") for number in range(1, 16)))
    lines = lines_of(found, tmp_path)
    assert sum(line.endswith(": why") for line in lines) == 12
    assert "  … and 3 more" in lines


def test_a_name_and_a_reason_full_of_marks_command_nothing_and_fit_on_a_line(tmp_path: Path) -> None:
    nasty = replace(
        entry(1, "held_back", "\x1b[31mred\nand more " + "x" * 500), account_name="[red]A[/] \x07" + "n" * 99
    )
    lines = lines_of(expansion(nasty), tmp_path)
    line = lines[lines.index("Held back: 1") + 1]
    assert line.startswith("  [red]A[/]")
    assert "\x1b" not in line
    assert max(map(len, lines)) <= 100


def test_the_report_names_the_places_of_the_draft_the_record_and_the_event(tmp_path: Path) -> None:
    # GIVEN an offer whose draft and record lie with the services
    page_id = "0123456789ab"
    names = ("gmail/nora@example.com/draft-1.eml", f"notion/Expansion/A--{page_id[:8]}.md", "event_bus.jsonl")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    text = report_of(expansion(entry(1, "offered"), offers=(handed(1, page_id=page_id),)), tmp_path)
    # THEN their files are named
    assert all(f"{name}: " in text for name in names)
    # AND of what Sales does not have there is a record alone
    alone = report_of(
        expansion(entry(1, "recorded"), offers=(replace(recorded_offer(1, "low"), page_id=page_id),)), tmp_path
    )
    assert [f"{name}: " in alone for name in names] == [False, True, False]
    # AND where nothing was found there is nothing to look at
    assert "Where to look" not in report_of(expansion(), tmp_path)


def test_a_day_that_was_checked_before_says_that_nothing_is_new(tmp_path: Path) -> None:
    found = expansion(entry(1, "offered"), offers=(handed(1),))
    assert "nothing is new" not in report_of(found, tmp_path)
    assert "nothing is new: no second draft" in report_of(replace(found, before=found.entries), tmp_path)
    assert "nothing is new" not in report_of(replace(found, before=(entry(1, "planned"),)), tmp_path)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (expansion(), "nobody is a candidate today: no GREEN account uses 80% of its seats"),
        (
            Expansion(SATURDAY, replace(DONE, run_date=SATURDAY)),
            "it is a day off (Saturday): nobody is offered anything",
        ),
        (Expansion(TODAY), "candidates were not looked for: the run that follows the scan has not begun"),
        (
            expansion(run=replace(DONE, status="running", failure="Notion is down")),
            "candidates were not looked for to the end: Notion is down",
        ),
    ],
    ids=["nobody", "a day off", "no run", "a run that broke off"],
)
def test_a_day_without_candidates_says_why(found: Expansion, why: str, tmp_path: Path) -> None:
    assert why in report_of(found, tmp_path)
    # AND an answer of Sales makes no account a candidate
    assert why in report_of(replace(found, entries=(entry(1, "answered"),)), tmp_path)


def test_what_could_not_be_read_is_reported(tmp_path: Path) -> None:
    noted = expansion(entry(1, "nothing"), run=replace(DONE, notes=("Feature usage could not be read to the end",)))
    assert "attention: Feature usage could not be read to the end" in report_of(noted, tmp_path)


def test_feature_usage_is_counted_and_what_was_left_out_is_reported_by_file_and_line(tmp_path: Path) -> None:
    lines = [f"A-{number},API" for number in range(1, 13)]
    text = report_of(expansion(), tmp_path, usage_of(tmp_path, "Account ID,Feature", *lines))
    assert "book.usage.csv: 2 rows" in text
    assert "of 2 rows nobody says of which day they are (As Of): nothing follows from them" in text
    assert "book.usage.csv, line 4, A-3 API: no account of the book has this id" in text
    assert "… and 2 more" in text
    assert text.count("book.usage.csv, line ") == 8


def test_a_book_without_feature_usage_reports_what_is_missing(tmp_path: Path) -> None:
    text = report_of(expansion(), tmp_path)
    assert "no book.usage.csv lies beside the book: nobody can be offered a module or an integration" in text
