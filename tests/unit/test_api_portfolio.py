"""`GET /portfolio`: pages of one snapshot, unchanged by the next scan, and sums that are those of the pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from math import fsum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from customer_success.accounts.portfolio import PortfolioLine, Snapshot, totals_of
from customer_success.api.cursors import Cursors
from customer_success.api.portfolio import (
    MOST_ACCOUNTS,
    PortfolioAccount,
    PortfolioAnswer,
    PortfolioQuery,
    ShowPortfolio,
)
from customer_success.api.problems import Problem
from local.api.openapi import document
from tests.builders.accounts import TODAY
from tests.builders.portfolios import RUN, FakePortfolios, cut, line, red

TOMORROW = TODAY + timedelta(days=1)
NEXT_RUN = f"{TOMORROW}#1"
EVERYTHING = PortfolioQuery()
CURSORS = Cursors("a secret", "acme")


def asked(**filters: Any) -> PortfolioQuery:
    return PortfolioQuery.model_validate(filters)


def portfolios_of(lines: Sequence[PortfolioLine], *, lines_per_part: int = 10, run: str = RUN) -> FakePortfolios:
    """A snapshot with small parts, the latest one."""
    portfolios = FakePortfolios()
    put(portfolios, lines, lines_per_part=lines_per_part, run=run)
    return portfolios


def put(portfolios: FakePortfolios, lines: Sequence[PortfolioLine], *, lines_per_part: int = 10, run: str) -> None:
    _, parts = cut(run, TODAY, list(lines))
    ordered = [each for part in parts for each in part]
    cuts = [ordered[at : at + lines_per_part] for at in range(0, len(ordered), lines_per_part)]
    portfolios.write(Snapshot(run, TODAY, len(cuts), len(ordered), totals_of(ordered)), cuts)


def show(portfolios: FakePortfolios) -> ShowPortfolio:
    return ShowPortfolio(portfolios, CURSORS)


def pages(portfolios: FakePortfolios, query: PortfolioQuery = EVERYTHING, *, limit: int = 7) -> list[PortfolioAnswer]:
    """The first answer, and all to which it leads."""
    answers = [show(portfolios)(query, limit=limit)]
    while cursor := answers[-1].next:
        answers.append(show(portfolios)(query, limit=limit, cursor=cursor))
    return answers


def ids(answers: Sequence[PortfolioAnswer]) -> list[str]:
    return [account.account_id for answer in answers for account in answer.accounts]


def problem(portfolios: FakePortfolios, query: PortfolioQuery = EVERYTHING, **how: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        show(portfolios)(query, **{"limit": 7, **how})
    return caught.value


def test_the_first_answer_says_of_when_it_is_and_how_much_there_is() -> None:
    # GIVEN a snapshot with one account in danger
    portfolios = portfolios_of([line(1), red(2), line(3)])
    # WHEN two accounts are asked for
    answer = show(portfolios)(EVERYTHING, limit=2)
    # THEN the one in danger comes first, and the sums are those of all three
    assert (answer.as_of, answer.run) == (TODAY, RUN)
    assert answer.accounts[0] == PortfolioAccount(
        account_id="A-0002",
        name="Account 2",
        owner_email="ada@example.com",
        status="scored",
        score=20.0,
        rag="RED",
        churn_risk="high",
        arr=1000.0,
        arr_at_risk=1000.0,
        contract_end=TODAY + timedelta(days=300),
        since=TODAY,
    )
    assert ids([answer]) == ["A-0002", "A-0001"]
    assert answer.totals is not None
    assert answer.totals.model_dump() == {
        "accounts": 3,
        "arr": 3000.0,
        "arr_at_risk": 1000.0,
        "colours": {"GREEN": 2, "RED": 1},
        "risks": {"low": 2, "high": 1},
        "statuses": {"scored": 3},
    }
    # AND the last page ends it, without the sums
    assert answer.next is not None
    last = show(portfolios)(EVERYTHING, limit=2, cursor=answer.next)
    assert (ids([last]), last.totals, last.next) == (["A-0003"], None, None)


def test_before_the_first_scan_there_is_nothing_as_of_no_day() -> None:
    answer = show(FakePortfolios())(asked(owner="ada@example.com"), limit=10)
    assert (answer.as_of, answer.run, answer.accounts, answer.next) == (None, None, (), None)
    assert answer.totals is not None
    assert (answer.totals.accounts, answer.totals.arr) == (0, 0.0)


def test_an_empty_book_is_as_of_its_day() -> None:
    assert show(portfolios_of([]))(EVERYTHING, limit=10).as_of == TODAY


RENEWALS = {"lapsed": -3, "today": 0, "soon": 30, "later": 31}


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({}, {"A-0001", "A-0002", "A-0003", "A-0004", "A-0005", "A-0006"}),
        ({"owner": "ADA@example.com "}, {"A-0001", "A-0002", "A-0006"}),
        ({"owner": "bob@example.com"}, {"A-0003"}),
        ({"owner": "None"}, {"A-0004", "A-0005"}),
        ({"owner": "nobody@example.com"}, set()),
        ({"colour": "RED"}, {"A-0002"}),
        ({"colour": "UNKNOWN"}, {"A-0005", "A-0006"}),
        ({"risk": "high"}, {"A-0002", "A-0003"}),
        ({"risk": "low"}, {"A-0001", "A-0004"}),
        ({"risk": "UNKNOWN"}, {"A-0005", "A-0006"}),
        ({"renewal_within_days": 30}, {"A-0002", "A-0003", "A-0004"}),
        ({"renewal_within_days": 0}, {"A-0002", "A-0003"}),
        ({"renewal_within_days": 31}, {"A-0001", "A-0002", "A-0003", "A-0004"}),
        ({"owner": "ada@example.com", "risk": "high", "renewal_within_days": 30}, {"A-0002"}),
    ],
)
def test_filters_keep_what_meets_all_of_them(filters: dict[str, Any], wanted: set[str]) -> None:
    def ends(days: int) -> dict[str, Any]:
        return {"contract_end": TODAY + timedelta(days=days)}

    portfolios = portfolios_of(
        [
            line(1, owner_email="Ada@Example.com", **ends(31)),
            red(2, **ends(-3)),
            line(3, owner_email="bob@example.com", rag="AMBER", churn_risk="high", **ends(0)),
            line(4, owner_email=None, **ends(30)),
            line(5, owner_email=" ", status="rejected", rag=None, churn_risk=None, contract_end=None),
            line(6, status="skipped", rag=None, churn_risk=None, **ends(-3)),
        ],
        lines_per_part=2,
    )
    answers = pages(portfolios, asked(**filters), limit=2)
    assert set(ids(answers)) == wanted
    assert answers[0].totals is not None
    assert answers[0].totals.accounts == len(wanted)


lines = st.builds(
    lambda arr, at_risk, rag, risk, owner, days: {
        "arr": arr,
        "arr_at_risk": arr if at_risk and arr else 0.0,
        "rag": rag,
        "churn_risk": risk,
        "owner_email": owner,
        "contract_end": TODAY + timedelta(days=days),
    },
    # Few amounts, so that many lines are equal in what they are sorted by.
    st.sampled_from([None, 0.1, 0.2, 1000.0, 99_999_999.99]) | st.integers(0, 10**11).map(lambda cents: cents / 100),
    st.booleans(),
    st.sampled_from(["GREEN", "AMBER", "RED", None]),
    st.sampled_from(["low", "high", None]),
    st.sampled_from(["ada@example.com", "bob@example.com", None]),
    st.integers(-10, 100),
)
queries = st.builds(
    PortfolioQuery,
    owner=st.none() | st.sampled_from(["ada@example.com", "none"]),
    colour=st.none() | st.sampled_from(["GREEN", "UNKNOWN"]),
    risk=st.none() | st.just("high"),
    renewal_within_days=st.none() | st.integers(0, 100),
)


@given(st.lists(lines, max_size=60), queries, st.integers(1, 20), st.integers(1, 15), st.integers(0, 6))
def test_the_pages_add_up_to_the_sums_and_no_account_is_lost_or_doubled(
    facts: list[dict[str, Any]], query: PortfolioQuery, limit: int, lines_per_part: int, scanned_after: int
) -> None:
    # GIVEN a book, many of whose accounts are equal but for their ids
    book = [line(n, **each) for n, each in enumerate(facts)]
    portfolios = portfolios_of(book, lines_per_part=lines_per_part)
    # WHEN it is paged through, and after some page the next scan closes with a book that is all different
    answers = [show(portfolios)(query, limit=limit)]
    while cursor := answers[-1].next:
        if len(answers) == scanned_after:
            put(portfolios, [red(n, arr=7.0) for n in range(500)], run=NEXT_RUN)
        answers.append(show(portfolios)(query, limit=limit, cursor=cursor))
    # THEN each account that was wanted came once, the most at risk first
    accounts = [account for answer in answers for account in answer.accounts]
    wanted = sorted((e for e in book if query.keeps(e, TODAY)), key=lambda e: (-e.arr_at_risk, e.account_id))
    assert [account.account_id for account in accounts] == [each.account_id for each in wanted]
    assert {answer.run for answer in answers} == {RUN}
    assert all(len(answer.accounts) == limit for answer in answers[:-1])
    # AND the sums of the first answer are those of what came
    totals = answers[0].totals
    assert totals is not None
    assert totals.accounts == len(accounts)
    assert totals.arr == round(fsum(account.arr or 0.0 for account in accounts), 2)
    assert totals.arr_at_risk == round(fsum(account.arr_at_risk for account in accounts), 2)
    assert totals.colours == Counter(account.rag or "UNKNOWN" for account in accounts)
    assert totals.risks == Counter(account.churn_risk or "UNKNOWN" for account in accounts)
    assert totals.statuses == Counter(account.status for account in accounts)
    # AND no page follows that is empty
    assert [answer.totals for answer in answers[1:]] == [None] * (len(answers) - 1)
    assert len(answers) == 1 or answers[-1].accounts


def test_a_page_of_another_size_goes_on_where_the_last_one_ended() -> None:
    portfolios = portfolios_of([line(n) for n in range(25)])
    first = show(portfolios)(EVERYTHING, limit=3)
    second = show(portfolios)(EVERYTHING, limit=MOST_ACCOUNTS, cursor=first.next)
    assert ids([first, second]) == [f"A-{n:04d}" for n in range(25)]


def test_without_filters_a_page_takes_few_reads_however_big_the_book() -> None:
    # GIVEN a book of 100 parts
    portfolios = portfolios_of([line(n) for n in range(1000)], lines_per_part=10)
    # WHEN pages are read
    reads = []
    answer, cursor = None, None
    while answer is None or cursor:
        portfolios.reads = 0
        answer = show(portfolios)(EVERYTHING, limit=7, cursor=cursor)
        reads.append(portfolios.reads)
        cursor = answer.next
    # THEN the first takes the snapshot and a part, and the others a part more where they lie across two
    assert reads[0] == 2
    assert max(reads) == 3


def test_with_filters_a_later_page_reads_no_further_than_its_last_account() -> None:
    portfolios = portfolios_of([red(1), *(line(n) for n in range(2, 1000)), red(1001)], lines_per_part=10)
    first = show(portfolios)(asked(risk="low"), limit=5)
    portfolios.reads = 0
    show(portfolios)(asked(risk="low"), limit=5, cursor=first.next)
    assert portfolios.reads <= 3


@pytest.mark.parametrize("other", [{}, {"owner": "bob@example.com"}, {"owner": "ada@example.com", "risk": "low"}])
def test_a_cursor_of_other_filters_is_refused(other: dict[str, Any]) -> None:
    portfolios = portfolios_of([line(n) for n in range(25)])
    first = show(portfolios)(asked(owner="ada@example.com"), limit=3)
    refused = problem(portfolios, asked(**other), cursor=first.next)
    assert (refused.status, refused.field) == (422, "cursor")
    assert "it belongs to other filters" in refused.detail
    # AND the same owner in other letters is no other filter
    assert show(portfolios)(asked(owner="ADA@example.com"), limit=3, cursor=first.next).accounts


def test_an_expired_snapshot_asks_to_begin_again() -> None:
    portfolios = portfolios_of([line(n) for n in range(25)])
    first = show(portfolios)(EVERYTHING, limit=3)
    put(portfolios, [line(1)], run=NEXT_RUN)
    portfolios.forget(RUN)
    removed = problem(portfolios, cursor=first.next)
    assert (removed.status, removed.kind, removed.field) == (410, "gone", "cursor")
    assert f"the snapshot of {RUN} has expired; begin again without a cursor" in removed.detail


@pytest.mark.parametrize("limit", [0, -1, MOST_ACCOUNTS + 1])
def test_a_limit_out_of_bounds_is_refused_with_them(limit: int) -> None:
    refused = problem(portfolios_of([]), limit=limit)
    assert (refused.status, refused.detail) == (422, f"limit: {limit} is not from 1 to 200")


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "",
        CURSORS.sign("history", {"run": RUN}),
        Cursors("a secret", "globex").sign("portfolio", {"run": RUN}),
    ],
)
def test_a_cursor_that_is_not_ours_is_a_bad_request(cursor: str) -> None:
    refused = problem(portfolios_of([line(1)]), cursor=cursor)
    assert (refused.status, refused.field) == (400, "cursor")


@pytest.mark.parametrize(
    "filters",
    [
        {"owner": ""},
        {"owner": "  "},
        {"owner": "a" * 255},
        {"owner": "\ud800"},
        {"colour": "green"},
        {"risk": "HIGH"},
        {"renewal_within_days": -1},
        {"renewal_within_days": 3651},
        {"owner_email": "ada@example.com"},
    ],
)
def test_a_filter_out_of_bounds_is_refused(filters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        asked(**filters)


def test_what_the_fields_mean_is_in_the_document() -> None:
    made = document()
    described = made["components"]["schemas"][PortfolioAnswer.__name__]["properties"]
    assert described["next"]["description"].startswith("The `cursor` of the next page")
    (owner,) = [given for given in made["paths"]["/portfolio"]["get"]["parameters"] if given["name"] == "owner"]
    assert "none" in owner["description"]
