"""The end of a day of expansion: the owners get a message when all that was planned is checked, or when it is late."""

from __future__ import annotations

import pytest

from customer_success.alerts.digest import Digest
from tests.builders.accounts import TODAY
from tests.builders.expansion_runs import LOOK_AGAIN_SECONDS, Expansions
from tests.builders.offers import offer, offer_id


@pytest.fixture
def world() -> Expansions:
    """A day on which two accounts of two owners are planned, and Sales answered for one of them."""
    expansions = Expansions()
    expansions.account(1)
    expansions.account(2, owner_email="bo@example.com")
    expansions.offers.put(offer("module", 2))
    expansions.records.answer(offer_id("module", 2), status="Won")
    expansions.run()
    return expansions


def digests_of(world: Expansions) -> dict[str | None, Digest]:
    """The digests that were posted, by who gets them."""
    posted = [world.digests.digests[digest_id] for digest_id in world.topic.digest_ids]
    return {digest.recipient: digest for digest in posted}


def words(digest: Digest) -> str:
    return "\n".join(line.text for section in digest.sections for line in section.lines)


def test_no_message_is_sent_before_every_account_is_checked(world: Expansions) -> None:
    # GIVEN one account that is checked, and one that is not
    world.checked(1)
    # WHEN the day is looked at
    counts = world.close()
    # THEN no message is sent, and it is checked again later
    assert counts == {
        "task_type": "close_expansions",
        "planned": 1,
        "offered": 1,
        "recorded": 0,
        "held_back": 0,
        "nothing": 0,
        "failed": 0,
        "answered": 1,
    }
    assert digests_of(world) == {}
    first, again = world.queued
    assert (first, world.closings.delays[-1]) == (again, LOOK_AGAIN_SECONDS)


def test_each_owner_gets_one_message_when_all_are_checked(world: Expansions) -> None:
    # GIVEN a day whose accounts are checked
    world.checked(1, "offered", TODAY, "more seats")
    world.checked(2, "failed", TODAY, "the page is gone")
    # WHEN it is looked at
    assert world.close()["planned"] == 0
    # THEN each owner has a digest of the own accounts, and nothing is looked at again
    digests = digests_of(world)
    assert set(digests) == {"ada@example.com", "bo@example.com"}
    assert "Account 1: more seats" in words(digests["ada@example.com"])
    assert "Sales marked the module offer of Q1 2026 as won" in words(digests["bo@example.com"])
    assert len(world.queued) == 1
    # AND another look posts the very same digests, which chat recognises
    world.close()
    assert digests_of(world) == digests


def test_a_check_that_does_not_end_holds_no_account_back_for_ever(world: Expansions) -> None:
    # GIVEN one account that is never checked
    world.checked(1)
    # WHEN it is looked at shortly before the deadline, and when it ends
    world.close(hours_later=2.99)
    assert digests_of(world) == {}
    world.close(hours_later=3)
    # THEN its owner reads that it is not finished
    assert "not finished 1" in words(digests_of(world)["bo@example.com"])
    assert len(world.queued) == 2


def test_what_the_run_had_to_note_is_sent_to_the_lead() -> None:
    # GIVEN a day without candidates on which an answer could not be read
    world = Expansions()
    world.records.answer(offer_id(), unreadable="Maybe")
    world.run()
    # WHEN it is closed
    world.close()
    # THEN who looks after everything reads of it
    assert "'Maybe' could not be read" in words(digests_of(world)["lead@example.com"])


def test_a_day_without_events_is_not_reported() -> None:
    world = Expansions()
    world.run()
    assert not any(count for name, count in world.close().items() if name != "task_type")
    assert digests_of(world) == {}


def test_only_the_entries_of_the_day_are_shown(world: Expansions) -> None:
    # GIVEN a day before, of which nothing was checked
    day = TODAY.replace(day=TODAY.day + 1)
    world.account(1, on=day)
    world.run(day)
    world.checked(1, on=day)
    # THEN the day itself is done, and closes
    assert world.close()["offered"] == 1
    assert set(digests_of(world)) == {"ada@example.com"}
