"""Contracts that come to an end: which group, which notice deadline, and how the digest says it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from customer_success.accounts.row import AccountRow, AssessmentRecord
from customer_success.alerts.digest import Digest
from customer_success.renewals.contracts import Contract, Group, contract_of
from customer_success.renewals.digest import renewals_digest
from customer_success.scoring.health_status import HealthStatus
from tests.builders.accounts import TODAY, account


def contract(days: int | None = 20, number: int = 1, **facts: Any) -> Contract:
    """The contract of a healthy account that ends in so many days (None: unknown)."""
    plain = Contract(
        account_id=f"A-{number:04d}",
        name=f"Account {number}",
        page_url=f"https://www.notion.so/{number}",
        owner_email="ada@example.com",
        arr=1000.0 * number,
        end=None if days is None else TODAY + timedelta(days=days),
        notice_days=None,
        auto_renew=None,
        signed=False,
        health_status=HealthStatus(TODAY, 85.0, "GREEN", "low"),
    )
    return replace(plain, **facts)


def digest(*contracts: Contract, on: date = TODAY, skipped: int = 0, last_scan: date | None = TODAY) -> Digest:
    return renewals_digest(on, contracts, skipped=skipped, last_scan=last_scan)


def sections(*contracts: Contract, **asked: Any) -> dict[str, list[str]]:
    """The digest's lines by their section."""
    return {section.title: [line.text for line in section.lines] for section in digest(*contracts, **asked).sections}


def the_line(only: Contract, on: date = TODAY) -> str:
    """The line of a contract in its group."""
    _, group, *_ = digest(only, on=on).sections
    return group.lines[0].text


@pytest.mark.parametrize(
    ("days", "group"),
    [
        (-400, Group.LAPSED),
        (-1, Group.LAPSED),
        (0, Group.WITHIN_30),
        (30, Group.WITHIN_30),
        (31, Group.WITHIN_60),
        (60, Group.WITHIN_60),
        (61, Group.WITHIN_90),
        (90, Group.WITHIN_90),
        (91, Group.LATER),
        (None, Group.UNDATED),
    ],
)
def test_a_contract_is_in_the_group_of_its_days(days: int | None, group: Group) -> None:
    assert contract(days).group(TODAY) is group


def test_a_signed_contract_is_in_a_group_of_its_own_unless_its_end_is_unknown() -> None:
    assert contract(-5, signed=True).group(TODAY) is Group.SIGNED
    assert contract(None, signed=True).group(TODAY) is Group.UNDATED


@pytest.mark.parametrize(
    ("end", "notice_days", "by"),
    [
        (date(2028, 3, 30), 30, date(2028, 2, 29)),
        (date(2026, 3, 30), 30, date(2026, 2, 28)),
        (date(2028, 2, 29), 1, date(2028, 2, 28)),
        (date(2027, 1, 15), 30, date(2026, 12, 16)),
        (date(2027, 3, 1), 365, date(2026, 3, 1)),
        (date(2028, 3, 1), 365, date(2027, 3, 2)),
        (date(2026, 5, 31), 0, date(2026, 5, 31)),
    ],
)
def test_notice_is_due_so_many_days_before_the_end_over_leap_days_and_year_ends(
    end: date, notice_days: int, by: date
) -> None:
    assert contract(end=end, notice_days=notice_days).notice_by == by


@pytest.mark.parametrize(
    ("on", "end", "group"),
    [
        (date(2028, 2, 28), date(2028, 2, 29), Group.WITHIN_30),
        (date(2028, 1, 30), date(2028, 2, 29), Group.WITHIN_30),
        (date(2028, 1, 29), date(2028, 2, 29), Group.WITHIN_60),
        (date(2028, 3, 1), date(2028, 2, 29), Group.LAPSED),
        (date(2027, 12, 31), date(2028, 3, 30), Group.WITHIN_90),
        (date(2026, 12, 31), date(2027, 4, 1), Group.LATER),
    ],
)
def test_the_groups_count_days_over_leap_days_and_year_ends(on: date, end: date, group: Group) -> None:
    assert contract(end=end).group(on) is group


@pytest.mark.parametrize(
    ("facts", "due"),
    [
        ({"notice_days": 20}, True),  # today is the last day
        ({"notice_days": 21}, False),  # missed
        ({"days": 50, "notice_days": 20}, True),
        ({"days": 51, "notice_days": 20}, False),
        ({"days": 200, "notice_days": 180}, True),
        ({"notice_days": 10, "auto_renew": False}, False),
        ({"notice_days": 10, "signed": True}, False),
        ({"notice_days": None, "auto_renew": True}, False),
        ({"days": None, "notice_days": 10}, False),
        ({"notice_days": -3}, False),
        ({"notice_days": 20260331}, False),
    ],
)
def test_a_notice_deadline_is_due_within_thirty_days(facts: dict[str, Any], due: bool) -> None:
    assert contract(**facts).notice_due(TODAY) is due


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"notice_days": 10, "auto_renew": True}, "renews by itself unless notice is given by 2026-03-12"),
        ({"notice_days": 10}, "notice by 2026-03-12"),
        ({"notice_days": 10, "auto_renew": False}, None),
        ({"auto_renew": True}, "renews by itself"),
        ({}, None),
        ({"notice_days": 30, "auto_renew": True}, "notice was due by 2026-02-20: renews by itself"),
        ({"notice_days": 30}, "notice was due by 2026-02-20"),
        ({"notice_days": 30, "auto_renew": False}, None),
        ({"days": -3, "notice_days": 30, "auto_renew": True}, "renews by itself: enter the new end date"),
        ({"days": -3, "notice_days": 30}, None),
        ({"notice_days": 20260331}, "notice period 20260331 days cannot be right, expected 0 to 3650"),
    ],
)
def test_a_line_says_what_the_contracts_own_terms_ask_for(facts: dict[str, Any], expected: str | None) -> None:
    line = the_line(contract(**facts))
    assert line.partition("GREEN")[2] == (f", {expected}" if expected else "")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (20, "2026-03-22 (in 20 days)"),
        (1, "2026-03-03 (in 1 day)"),
        (0, "2026-03-02 (today)"),
        (-1, "2026-03-01 (lapsed 1 day ago)"),
        (-40, "2026-01-21 (lapsed 40 days ago)"),
    ],
)
def test_a_line_names_account_end_arr_owner_and_colour(days: int, expected: str) -> None:
    assert the_line(contract(days)) == f"Account 1: {expected}, ARR 1,000, ada@example.com, GREEN"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"arr": None}, "ARR unknown"),
        ({"arr": 1234567.4}, "ARR 1,234,567"),
        ({"owner_email": None}, "no owner"),
        ({"health_status": None}, "not judged"),
        ({"health_status": HealthStatus(TODAY - timedelta(days=1), 55.0, "AMBER", "medium")}, "AMBER as of 2026-03-01"),
        ({"health_status": HealthStatus(TODAY, 30.0, "RED", "critical")}, "RED, churn risk critical"),
    ],
)
def test_a_line_says_what_is_unknown_old_or_alarming(facts: dict[str, Any], expected: str) -> None:
    assert f", {expected}, " in f"{the_line(contract(**facts))}, "


def test_each_line_leads_to_the_accounts_page() -> None:
    _, group = digest(contract()).sections
    assert [line.url for line in group.lines] == ["https://www.notion.so/1"]


def test_the_digest_lists_the_groups_in_order_each_with_its_arr() -> None:
    # GIVEN a contract of each kind, one of them without ARR
    found = sections(
        contract(90, 4),
        contract(-3, 1),
        contract(30, 2),
        contract(29, 3),
        contract(60, 5, arr=None),
        contract(45, 6),
        contract(91, 7),
        contract(5, 8, signed=True),
        skipped=2,
    )
    # THEN each group has its sum, and the nearest end comes first
    assert list(found) == [
        "The contracts",
        "Lapsed: 1 contract, ARR 1,000",
        "Ends within 30 days: 2 contracts, ARR 5,000",
        "Ends in 31 to 60 days: 2 contracts, ARR 6,000 and 1 unknown",
        "Ends in 61 to 90 days: 1 contract, ARR 4,000",
    ]
    assert [line[:9] for line in found["Ends within 30 days: 2 contracts, ARR 5,000"]] == ["Account 3", "Account 2"]
    assert found["The contracts"] == [
        "Read: 10 = 8 with an end date + 0 without + 2 skipped (inactive, gone or listed twice)",
        "Signed, and not listed: 1",
    ]


def test_what_lapsed_last_comes_first() -> None:
    found = sections(contract(-30, 1), contract(-2, 2), contract(-9, 3))
    (lapsed,) = (lines for title, lines in found.items() if title.startswith("Lapsed"))
    assert [line[:9] for line in lapsed] == ["Account 2", "Account 3", "Account 1"]


def test_notice_deadlines_are_listed_by_day_also_of_contracts_that_end_much_later() -> None:
    found = sections(
        contract(20, 1, notice_days=10),
        contract(200, 2, notice_days=195, auto_renew=True, owner_email=None),
        contract(40, 3, notice_days=40),
        contract(20, 4, notice_days=10, signed=True),
    )
    assert found["Notice deadlines within 30 days"] == [
        "Account 3: 2026-03-02 (today): notice by 2026-03-02, ada@example.com",
        "Account 2: 2026-03-07 (in 5 days): renews by itself unless notice is given by 2026-03-07, no owner",
        "Account 1: 2026-03-12 (in 10 days): notice by 2026-03-12, ada@example.com",
    ]


def test_without_a_contract_that_ends_the_digest_says_so_and_how_many_have_no_end() -> None:
    found = sections(*(contract(None, n) for n in range(1, 13)), contract(300, 20))
    assert found["The contracts"][1:] == ["No contract ends within 90 days."]
    (undated,) = (lines for title, lines in found.items() if title.startswith("No end date: 12 contracts"))
    assert (len(undated), undated[0], undated[-1]) == (11, "Account 12: ada@example.com", "and 2 more")


def test_lapsed_contracts_alone_do_not_end_within_90_days() -> None:
    assert "No contract ends within 90 days." in sections(contract(-3))["The contracts"]
    assert "No contract ends within 90 days." not in sections(contract(90))["The contracts"]


def test_a_long_group_names_the_nearest_and_counts_the_rest() -> None:
    found = sections(*(contract(1 + n // 10, n) for n in range(1, 81)))
    ((title, lines),) = (item for item in found.items() if item[0].startswith("Ends within 30"))
    assert title == "Ends within 30 days: 80 contracts, ARR 3,240,000"
    assert (len(lines), lines[-1]) == (51, "and 30 more")


def test_a_long_list_of_deadlines_names_the_nearest_and_counts_the_rest() -> None:
    found = sections(*(contract(200, n, notice_days=180) for n in range(1, 61)))
    lines = found["Notice deadlines within 30 days"]
    assert (len(lines), lines[0][:10], lines[-1]) == (51, "Account 60", "and 10 more")


def test_of_contracts_that_end_together_the_largest_comes_first() -> None:
    found = sections(contract(5, 1, arr=None), contract(5, 2), contract(5, 3), contract(4, 4))
    (lines,) = (lines for title, lines in found.items() if title.startswith("Ends within 30"))
    assert [line[:9] for line in lines] == ["Account 4", "Account 3", "Account 2", "Account 1"]


@pytest.mark.parametrize(
    ("last_scan", "expected"),
    [
        (TODAY, None),
        (date(2026, 2, 27), "Scores are of what the account pages said on 2026-02-27: today's scan has not finished."),
        (None, "No scan has finished yet: not every account may be known."),
    ],
)
def test_scores_that_are_not_of_today_are_reported(last_scan: date | None, expected: str | None) -> None:
    overview = sections(contract(), last_scan=last_scan)["The contracts"]
    assert overview[1:] == ([expected] if expected else [])


@pytest.mark.parametrize("stage", ["Signed", "signed", " SIGNED "])
def test_signed_is_read_however_it_is_written(stage: str) -> None:
    found = contract_of(row_of(renewal_stage=stage))
    assert found is not None
    assert found.signed
    assert not contract_of(row_of(renewal_stage="Unsigned")).signed  # type: ignore[union-attr]


def row_of(status: str = "scored", reason: str | None = None, **facts: Any) -> AccountRow:
    day = AssessmentRecord(TODAY, status, TODAY, reason=reason)  # type: ignore[arg-type]
    return AccountRow(account(1, **facts), day, None, "run", 0)


@pytest.mark.parametrize(
    ("row", "looked_at"),
    [
        (row_of(), True),
        (row_of("rejected", "insufficient_data"), True),
        (row_of("skipped"), False),
        (row_of("gone"), False),
        (row_of(status="rejected", reason="duplicate_account_id"), False),
    ],
)
def test_who_left_and_who_is_listed_twice_is_not_looked_at(row: AccountRow, looked_at: bool) -> None:
    assert (contract_of(row) is not None) is looked_at


@pytest.mark.parametrize("end", [date.min, date(1969, 1, 1), date(9999, 12, 1), date.max])
@pytest.mark.parametrize("notice_days", [None, -(10**9), -1, 0, 1, 90, 3650, 3651, 10**9, 10**30])
@pytest.mark.parametrize("auto_renew", [None, False, True])
def test_a_contract_of_another_age_is_in_the_digest_beside_the_others(
    end: date, notice_days: int | None, auto_renew: bool | None
) -> None:
    # GIVEN a row of a contract whose end or notice no calendar holds, and a plain one
    odd = contract(number=1, end=end, notice_days=notice_days, auto_renew=auto_renew)
    plain = contract(20, number=2, notice_days=10, auto_renew=True)

    # WHEN the digest is made  THEN both are listed, and only the plain one's notice is due
    reported = sections(odd, plain)
    assert reported["The contracts"][0].startswith("Read: 2 = 2 with an end date")
    assert [line.partition(":")[0] for line in reported["Notice deadlines within 30 days"]] == ["Account 2"]
