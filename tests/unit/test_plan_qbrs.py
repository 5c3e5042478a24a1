"""The plan of a quarter: who gets a review, and the index when all are settled."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from customer_success.messages import QbrRequested
from customer_success.periods import Quarter, run_date
from tests.builders.fakes import Crash
from tests.builders.reviews import QUARTER_DAY, FakeNarrator, Reviews


@pytest.fixture
def reviews() -> Reviews:
    """Two accounts that want a review, one that does not, and one that left."""
    world = Reviews()
    world.account(1)
    world.account(2, owner_email="bo@example.com")
    world.account(3, qbr_cadence="None")
    world.account(4, status="Inactive")
    return world


def test_every_active_account_that_wants_one_is_planned(reviews: Reviews) -> None:
    # WHEN the quarter is planned
    result = reviews.plan()
    # THEN those that want a review are on both queues, and the count adds up
    assert reviews.asked_for == {"qbr": ("A-0001", "A-0002"), "adoption": ("A-0001", "A-0002")}
    assert (result["read"], result["planned"], result["queued"], result["not_wanted"], result["skipped"]) == (
        4,
        3,
        2,
        1,
        1,
    )
    states = {qbr.key.account_id: qbr.state for qbr in reviews.qbrs.of_period("Q2 2026")}
    assert states == {"A-0001": "planned", "A-0002": "planned", "A-0003": "not_wanted"}


def test_the_messages_say_whose_review_it_is_and_of_which_day(reviews: Reviews) -> None:
    reviews.plan(request="tick-7")
    message = reviews.queue.sent[0]
    assert isinstance(message, QbrRequested)
    assert (message.id, message.trigger) == ("tick-7", "scheduled")
    assert run_date(message.time, "UTC") == QUARTER_DAY


def test_a_plan_that_is_delivered_again_changes_nothing_that_is_written(reviews: Reviews) -> None:
    # GIVEN a plan of which one review is written
    reviews.plan()
    reviews.review("A-0001")
    # WHEN its message is delivered again
    reviews.plan()
    # THEN the record of that review stands, and its message finds it written
    assert reviews.qbrs.records["A-0001:Q2 2026"].state == "written"
    reviews.review("A-0001")
    assert len(reviews.pages.pages) == 1


def test_a_crash_around_any_write_of_the_plan_forgets_no_account() -> None:
    def world() -> Reviews:
        planned = Reviews()
        for number in (1, 2, 3):
            planned.account(number)
        planned.writes.count = 0
        return planned

    whole = world()
    whole.plan()
    for write in range(1, whole.writes.count + 1):
        reviews = world()
        reviews.writes.crash_after = write
        with pytest.raises(Crash):
            reviews.plan()
        reviews.writes.crash_after = None
        reviews.plan()
        assert {name: set(ids) for name, ids in reviews.asked_for.items()} == {
            name: set(ids) for name, ids in whole.asked_for.items()
        }
        assert reviews.qbrs.records == whole.qbrs.records


def test_an_empty_book_plans_nothing_and_waits_for_nothing() -> None:
    reviews = Reviews()
    result = reviews.plan()
    assert (result["planned"], result["confidence"]) == (0, "low")
    assert reviews.closings.sent == []


def test_the_index_waits_until_every_review_is_settled(reviews: Reviews) -> None:
    # GIVEN a plan of which one review is still to be written
    reviews.plan()
    reviews.review("A-0001")
    # WHEN the quarter is looked at
    counts = {"planned": 1, "written": 1, "partial": 0, "failed": 0, "not_wanted": 1}
    assert reviews.close() == {"task_type": "close_quarter", **counts}
    # THEN no message is sent yet, and it is checked again
    assert reviews.topic.digest_ids == set()
    assert len(reviews.closings.sent) == 2
    # WHEN the last one is settled, if only by rule
    reviews.narrator = FakeNarrator()
    reviews.review("A-0002")
    reviews.close()
    # THEN each owner gets one message that links their pages
    by_owner = {digest.recipient: digest for digest in reviews.digests.digests.values()}
    assert set(by_owner) == {"ada@example.com", "bo@example.com"}
    links = [line.url for section in by_owner["bo@example.com"].sections for line in section.lines if line.url]
    assert links == [reviews.qbrs.records["A-0002:Q2 2026"].page_url]
    assert len(reviews.topic.digest_ids) == 2
    # AND a second look announces the same messages, which chat recognises
    reported = set(reviews.topic.digest_ids)
    reviews.close()
    assert reviews.topic.digest_ids == reported


def test_the_index_is_not_held_back_for_ever(reviews: Reviews) -> None:
    # GIVEN a review that never comes to an end
    reviews.plan()
    reviews.review("A-0001")
    # WHEN a day has passed
    reviews.close(hours_later=24)
    # THEN its owner reads what there is, and that it is not finished
    text = "\n".join(
        line.text
        for digest in reviews.digests.digests.values()
        for section in digest.sections
        for line in (*section.lines,)
    )
    assert "not finished 1" in text


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "UTC", "Europe/Berlin", "Asia/Tokyo"])
@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1), date(2024, 10, 1)])
def test_the_rule_means_the_same_date_from_los_angeles_to_tokyo(zone: str, day: date) -> None:
    tick = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert run_date(tick, zone) == day


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1)])
def test_in_auckland_it_may_be_the_next_day_but_never_another_quarter(day: date) -> None:
    tick = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert Quarter.of(run_date(tick, "Pacific/Auckland")) == Quarter.of(day)
