"""The book in short: what a line says of an account, the order, the cuts and the sums."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic_core import to_json

from customer_success.accounts.account import Account
from customer_success.accounts.portfolio import (
    LARGEST_PART,
    LINES_PER_PART,
    PortfolioLine,
    Snapshot,
    Totals,
    line_of,
    totals_of,
)
from customer_success.accounts.row import AccountRow
from tests.builders.accounts import AT_RISK, HEALTHY, TODAY, account, at_risk, dying
from tests.builders.portfolios import RUN, cut, line, red
from tests.builders.scans import World


def scanned(known: Account) -> AccountRow:
    """The account's row after a scan of it."""
    world = World([known])
    world.scan()
    return world.rows.rows[known.account_id]


def in_short(known: Account) -> PortfolioLine:
    short = line_of(scanned(known))
    assert short is not None
    return short


def test_a_scored_account_in_short() -> None:
    known = account(1, arr=1234.567, contract_end=TODAY + timedelta(days=200))
    short = in_short(known)
    score = scanned(known).latest.last
    assert score is not None
    assert short == PortfolioLine(
        account_id="A-0001",
        name="Account 1",
        owner_email="ada@example.com",
        status="scored",
        score=round(score.score.score, 1),
        rag="GREEN",
        churn_risk="low",
        arr=1234.57,
        arr_at_risk=0.0,
        contract_end=TODAY + timedelta(days=200),
        since=TODAY,
    )


@pytest.mark.parametrize(
    ("known", "rag", "risk", "at_risk"),
    [
        (account(1, arr=500.0), "GREEN", "low", 0.0),
        (at_risk(1, arr=500.0), "AMBER", "high", 500.0),
        (dying(1, arr=500.0), "RED", "critical", 500.0),
        (dying(1, arr=None), "RED", "critical", 0.0),
    ],
)
def test_at_risk_is_the_arr_of_who_may_leave(known: Account, rag: str, risk: str, at_risk: float) -> None:
    short = in_short(known)
    assert (short.rag, short.churn_risk, short.arr_at_risk) == (rag, risk, at_risk)


@pytest.mark.parametrize(
    ("rag", "risk", "at_risk"),
    [("RED", "medium", 1000.0), ("GREEN", "high", 1000.0), ("AMBER", "critical", 1000.0), ("AMBER", "medium", 0.0)],
)
def test_either_the_colour_or_the_risk_puts_arr_at_risk(rag: str, risk: str, at_risk: float) -> None:
    row = scanned(account(1))
    assert row.latest.last is not None
    score = row.latest.last.score.model_copy(update={"rag": rag, "churn_risk": risk})
    short = line_of(replace(row, latest=replace(row.latest, last=replace(row.latest.last, score=score))))
    assert short is not None
    assert short.arr_at_risk == at_risk


def test_of_an_account_that_left_yesterdays_score_counts_for_nothing() -> None:
    # GIVEN an account that was at risk yesterday, and left today
    world = World([at_risk(1), account(2)])
    world.scan()
    world.accounts = [account(1, AT_RISK, status="Inactive"), account(2)]
    world.scan(TODAY + timedelta(days=1))
    # THEN its ARR is known, and nothing of how it is
    short = line_of(world.rows.rows["A-0001"])
    assert short is not None
    assert (short.status, short.score, short.rag, short.churn_risk) == ("skipped", None, None, None)
    assert (short.arr, short.arr_at_risk) == (1000.0, 0.0)


def test_an_account_of_which_too_little_is_known_today_stays_at_risk_without_a_score() -> None:
    # GIVEN an account that was at risk yesterday, and of which hardly anything is known today
    world = World([at_risk(1), account(2)])
    world.scan()
    world.accounts = [account(1, {"nps_score": 9}), account(2)]
    world.scan(TODAY + timedelta(days=1))
    # THEN it has no score, and its ARR is at risk by the colour that it had last
    short = line_of(world.rows.rows["A-0001"])
    assert short is not None
    assert (short.status, short.score, short.rag, short.churn_risk) == ("rejected", None, "AMBER", "high")
    assert (short.arr, short.arr_at_risk) == (1000.0, 1000.0)


def test_since_is_the_first_day_with_this_colour_and_risk() -> None:
    world = World([account(1)])
    for days in range(3):
        world.scan(TODAY + timedelta(days=days))
    short = line_of(world.rows.rows["A-0001"])
    assert short is not None
    assert short.since == TODAY


def test_a_removed_account_has_no_line() -> None:
    row = scanned(account(1))
    assert line_of(replace(row, latest=replace(row.latest, status="gone"))) is None


@pytest.mark.parametrize(
    ("arr", "known"),
    [(None, None), (0, 0.0), (-250.25, -250.25), (1e12, None), (-1e12, None), (1e308, None), (float("nan"), None)],
)
def test_an_arr_that_cannot_be_is_not_known(arr: float | None, known: float | None) -> None:
    assert in_short(account(1, HEALTHY, arr=arr)).arr == known


def test_the_most_arr_at_risk_comes_first_then_the_lower_id() -> None:
    lines = [red(6, arr=-5.0), red(5, arr=20.0), red(4, arr=10.0), line(3), red(2, arr=20.0), line(1)]
    _, (part,) = cut(RUN, TODAY, lines)
    assert [each.account_id for each in part] == ["A-0002", "A-0005", "A-0004", "A-0001", "A-0003", "A-0006"]


def test_a_snapshot_reports_its_parts_its_lines_and_its_sums() -> None:
    # GIVEN as many lines as two parts take, and one
    lines = [line(n) for n in range(2 * LINES_PER_PART + 1)]
    # WHEN they are cut
    snapshot, parts = cut(RUN, TODAY, lines)
    # THEN nothing is lost
    assert [len(part) for part in parts] == [LINES_PER_PART, LINES_PER_PART, 1]
    assert [each for part in parts for each in part] == lines
    assert snapshot == Snapshot(RUN, TODAY, parts=3, lines=len(lines), totals=totals_of(lines))


def test_long_names_make_smaller_parts() -> None:
    _, parts = cut(RUN, TODAY, [line(n, name="🚀" * 2000) for n in range(100)])
    sizes = [sum(len(to_json(each)) for each in part) for part in parts]
    assert LARGEST_PART / 2 < max(sizes) <= 340_000
    assert sum(map(len, parts)) == 100


def test_an_empty_book_is_a_snapshot_without_parts() -> None:
    assert cut(RUN, TODAY, []) == (Snapshot(RUN, TODAY, parts=0, lines=0), [])


def test_what_is_not_known_is_counted_as_such() -> None:
    lines = [
        red(1, arr=0.29),
        red(2, arr=0.01, rag="AMBER", churn_risk="critical"),
        line(3, arr=None, status="rejected", rag=None, churn_risk=None),
        line(4, arr=-5.0),
    ]
    assert totals_of(iter(lines)) == Totals(
        accounts=4,
        arr=-4.7,
        arr_at_risk=0.3,
        colours={"RED": 1, "AMBER": 1, "UNKNOWN": 1, "GREEN": 1},
        risks={"high": 1, "critical": 1, "UNKNOWN": 1, "low": 1},
        statuses={"scored": 3, "rejected": 1},
    )
