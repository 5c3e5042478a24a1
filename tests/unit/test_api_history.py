"""The score of an account from day to day, in pages that fit together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from customer_success.api.cursors import Cursors
from customer_success.api.history import HistoryAnswer, HistoryPoint, ShowHistory
from customer_success.api.problems import Problem
from customer_success.scoring.health_status import Point
from tests.builders.accounts import TODAY, account
from tests.builders.fakes import FakeHistory, FakeRows, Writes
from tests.builders.scans import World
from tests.builders.scores import point, row

CURSORS = Cursors("a long random secret", "acme")


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


class CountedHistory(FakeHistory):
    """Counts the points that were taken."""

    taken: int = 0

    def between(self, account_id: str, first: date, last: date) -> Iterator[Point]:
        for found in super().between(account_id, first, last):
            self.taken += 1
            yield found


def history_of(*days: int, account_id: str = "A-0001") -> ShowHistory:
    """An account whose last scan was today, scored so many days ago."""
    rows, history = FakeRows(Writes()), CountedHistory(Writes())
    rows.put_many([row(account(1, account_id=account_id)), row(account(2))])
    history.put_many((account_id, point(day, nps_score=day % 11)) for day in days)
    history.put_many(("A-0002", point(day)) for day in days)
    return ShowHistory(rows, history, CURSORS)


def page(
    show: ShowHistory,
    first: date | None = None,
    last: date | None = None,
    limit: int = 100,
    cursor: str | None = None,
    account_id: str = "A-0001",
) -> HistoryAnswer:
    return show(account_id, first=first, last=last, limit=limit, cursor=cursor)


def pages(show: ShowHistory, limit: int, first: date | None = None, last: date | None = None) -> list[HistoryAnswer]:
    """All pages, each asked for with nothing but the cursor of the one before."""
    found = [page(show, first, last, limit)]
    while found[-1].next:
        assert len(found) < 100, "the pages have no end"
        found.append(page(show, limit=limit, cursor=found[-1].next))
    return found


def days(answer: HistoryAnswer) -> list[int]:
    return [(TODAY - shown.on).days for shown in answer.points]


def refusal(show: ShowHistory, **asked: object) -> Problem:
    with pytest.raises(Problem) as refused:
        page(show, **asked)  # type: ignore[arg-type]
    return refused.value


# --- which days --------------------------------------------------------------------------------------------------


def test_a_point_says_how_the_account_was_scored() -> None:
    # GIVEN an account that was scanned, with a signal that is not known and a cap
    world = World([account(1, {**account().signals, "nps_score": None, "tam_health_rag": "AMBER"})])
    world.scan()
    known = world.history.points["A-0001", TODAY].score
    # WHEN its history is asked for
    (shown,) = page(ShowHistory(world.rows, world.history, CURSORS)).points
    # THEN it reads as the scan stored it
    assert shown == HistoryPoint(
        on=TODAY,
        score=round(known.score, 1),
        exact_score=known.score,
        rag=known.rag,
        churn_risk=known.churn_risk,
        coverage=0.97,
        signal_breakdown=known.signal_breakdown,
        scorecard_version="1",
    )
    assert shown.score != shown.exact_score
    assert len(shown.signal_breakdown) == 11


def test_both_ends_are_included_and_the_oldest_comes_first() -> None:
    answer = page(history_of(0, 1, 2, 3, 4, 6, 7), days_ago(6), days_ago(2))
    assert days(answer) == [6, 4, 3, 2]
    assert (answer.account_id, answer.first, answer.last, answer.next) == ("A-0001", days_ago(6), days_ago(2), None)


def test_a_single_day_can_be_asked_for() -> None:
    assert days(page(history_of(0, 1, 2), days_ago(1), days_ago(1))) == [1]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ((None, None), 89, 0),  # 90 days up to the last scan
        ((None, 10), 99, 10),
        ((95, None), 95, 0),
        ((-3, None), -3, -3),  # after the last scan: there is nothing yet, and that is no error
    ],
)
def test_days_that_are_left_out_are_the_last_90(asked: tuple[int | None, int | None], first: int, last: int) -> None:
    # GIVEN an account that was scored on each of 120 days
    show = history_of(*range(120))
    # WHEN one or both ends are left out
    answer = page(show, *(None if end is None else days_ago(end) for end in asked), limit=400)
    # THEN the answer says which were taken, and has their points
    assert (answer.first, answer.last) == (days_ago(first), days_ago(last))
    assert days(answer) == [day for day in range(119, -1, -1) if last <= day <= first]


def test_the_first_and_the_last_of_all_days_can_be_asked_for() -> None:
    show = history_of(0, 1)
    assert days(page(show, date.min, date.max)) == [1, 0]
    assert page(show, None, date.min).first == date.min
    assert days(page(show, date.max, None)) == []


def test_days_without_a_score_have_no_point() -> None:
    world = World([account(1)])
    world.scan(days_ago(2))
    world.accounts = [account(1, {"nps_score": 9})]
    world.scan(days_ago(1))
    assert days(page(ShowHistory(world.rows, world.history, CURSORS))) == [2]


def test_days_in_the_wrong_order_are_refused_with_both() -> None:
    refused = refusal(history_of(0), first=days_ago(1), last=days_ago(2))
    assert (refused.status, refused.field) == (422, "from")
    assert (str(days_ago(1)) in refused.detail, str(days_ago(2)) in refused.detail) == (True, True)


@pytest.mark.parametrize("limit", [-1, 0, 401, 10**30])
def test_a_limit_out_of_bounds_is_refused_with_them(limit: int) -> None:
    refused = refusal(history_of(0), limit=limit)
    assert (refused.status, refused.field) == (422, "limit")
    assert refused.detail == f"limit: {limit} is out of bounds; it can be 1 to 400"


def test_an_account_that_is_not_known_is_not_found_by_its_id() -> None:
    refused = refusal(history_of(0), account_id="../A-0001")
    assert (refused.status, refused.detail.startswith("account '../A-0001' is not known")) == (404, True)


# --- pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 400])
def test_the_pages_together_are_all_points_once_in_order(limit: int) -> None:
    # GIVEN eight points with gaps between them
    scored = [20, 19, 15, 14, 13, 8, 2, 0]
    show = history_of(*scored)
    # WHEN all pages are read
    found = pages(show, limit, days_ago(20), days_ago(0))
    # THEN each but the last is full, and together they are the points
    assert [day for answer in found for day in days(answer)] == scored
    assert [len(answer.points) for answer in found[:-1]] == [limit] * (len(found) - 1)
    assert len(found) == -(-8 // limit)
    assert {(answer.first, answer.last) for answer in found} == {(days_ago(20), days_ago(0))}


def test_a_scan_between_two_pages_moves_no_day_in_or_out() -> None:
    # GIVEN the first page of the last 90 days
    show = history_of(*range(100))
    first = page(show, limit=60)
    # WHEN the account is scanned on the next day before the second one is read
    tomorrow = TODAY + timedelta(days=1)
    show.rows.put_many([row(account(1), on=tomorrow)])
    show.history.put_many([("A-0001", Point(tomorrow, point().score))])
    second = page(show, limit=60, cursor=first.next)
    # THEN both are of the same 90 days
    assert days(first) + days(second) == list(range(89, -1, -1))
    assert second.next is None


def test_the_next_page_may_be_of_another_size_and_repeat_its_days() -> None:
    show = history_of(*range(10))
    first = page(show, days_ago(9), days_ago(0), limit=2)
    assert days(page(show, days_ago(9), days_ago(0), limit=5, cursor=first.next)) == [7, 6, 5, 4, 3]
    assert days(page(show, days_ago(9), limit=1, cursor=first.next)) == [7]


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"first": days_ago(8)}, "from=2026-02-21, not 2026-02-22"),
        ({"last": days_ago(1)}, "to=2026-03-02, not 2026-03-01"),
        ({"first": days_ago(9), "last": days_ago(1)}, "to=2026-03-02, not 2026-03-01"),
    ],
)
def test_a_cursor_with_other_days_is_refused(other: dict[str, date], named: str) -> None:
    show = history_of(*range(10))
    cursor = page(show, days_ago(9), days_ago(0), limit=2).next
    refused = refusal(show, cursor=cursor, **other)
    assert (refused.status, refused.field) == (422, "cursor")
    assert named in refused.detail


def test_a_cursor_of_another_account_is_refused() -> None:
    show = history_of(*range(10))
    refused = refusal(show, account_id="A-0002", cursor=page(show, limit=2).next)
    assert (refused.status, refused.field) == (422, "cursor")
    assert "another account than 'A-0002'" in refused.detail


def test_a_cursor_that_was_tampered_with_is_refused() -> None:
    show = history_of(*range(10))
    cursor = page(show, limit=2).next
    assert cursor is not None
    middle = len(cursor) // 4
    changed = cursor[:middle] + ("A" if cursor[middle] != "A" else "B") + cursor[middle + 1 :]
    for wrong in (changed, cursor[:-1], "", "🚀", "../", cursor + "x"):
        refused = refusal(show, cursor=wrong)
        assert (refused.status, refused.field) == (400, "cursor"), wrong


def test_a_cursor_of_another_tenant_or_question_is_refused() -> None:
    show = history_of(*range(10))
    theirs = ShowHistory(show.rows, show.history, Cursors("a long random secret", "globex"))
    for wrong in (page(theirs, limit=2).next, CURSORS.sign("portfolio", {"account": "A-0001"})):
        assert refusal(show, cursor=wrong).status == 400


def test_an_id_of_any_length_and_letters_can_be_paged_through() -> None:
    account_id = "🚀/#:" * 140
    show = history_of(0, 1, 2, account_id=account_id)
    first = page(show, limit=2, account_id=account_id)
    assert days(page(show, limit=2, account_id=account_id, cursor=first.next)) == [0]


def test_no_more_than_one_point_beyond_the_page_is_taken() -> None:
    show = history_of(*range(300))
    page(show, days_ago(299), days_ago(0), limit=10)
    assert isinstance(show.history, CountedHistory)
    assert show.history.taken == 11


def test_a_page_has_100_points_where_nothing_else_is_asked() -> None:
    answer = history_of(*range(150))("A-0001", first=days_ago(149), last=None)
    assert len(answer.points) == 100


def test_a_page_that_ends_with_the_last_point_is_the_last_one() -> None:
    assert page(history_of(0, 1, 2), limit=3).next is None


def test_the_answer_comes_back_from_its_json() -> None:
    answer = page(history_of(0, 1, 2), limit=2)
    assert HistoryAnswer.model_validate_json(answer.model_dump_json()) == answer
