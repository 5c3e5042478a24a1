"""The scan scores by what feeds observe: a fresh feed before a typed value, each line with its own account."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from customer_success.errors import Unavailable
from customer_success.signals.slots import Holder
from tests.builders.accounts import TODAY, account
from tests.builders.feeds import FakeObservations, Line, usage_lines
from tests.builders.scans import World

YESTERDAY = TODAY - timedelta(days=1)
NIGHT = datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=3)
WEEKS = [5, 5, 5, 5, 5, 0, 0] * 16


def signals_of(world: World, account_id: str, on: date = TODAY) -> dict[str, object]:
    return world.rows.rows[account_id].account.signals_on(on)


def test_a_fresh_feed_counts_before_a_typed_value_of_a_later_day() -> None:
    # GIVEN an account whose page was typed today, and a feed that says something else as of yesterday
    typed = account(1, {"usage_trend": "growing", "open_ticket_count": 0})
    world = World([replace(typed, signals_updated=TODAY)])
    id_ = typed.account_id
    world.inbox.take("tickets", {"account": id_, "id": "1", "opened": str(YESTERDAY)}, at=NIGHT)
    # WHEN the book is scanned
    world.scan()
    # THEN the feed counts for what it carries, the typed value for the rest
    assert signals_of(world, id_)["open_ticket_count"] == 1
    assert signals_of(world, id_)["usage_trend"] == "growing"
    assert world.rows.rows[id_].account.observed["open_ticket_count"].source == "product"


def test_a_feed_before_the_first_scan_waits_for_the_books_ids() -> None:
    # GIVEN a feed that delivered by an id of its own before anything was scanned
    known = replace(account(1), external_ids="stripe:cus_1")
    world = World([known])
    invoice = {"account": "cus_1", "id": "in_1", "due": str(TODAY - timedelta(days=95))}
    assert world.inbox.take("invoices", invoice, source="stripe", at=NIGHT).joined == 0
    # WHEN the first scan comes, THEN its score rests on it
    world.scan()
    assert signals_of(world, known.account_id)["invoice_payment_status"] == "overdue_90_plus"
    # AND the next delivery finds the account by itself
    assert world.inbox.take("invoices", invoice, source="stripe", at=NIGHT + timedelta(hours=9)).joined == 1


def test_the_first_delivery_of_all_finds_the_accounts_of_a_book_that_was_scanned() -> None:
    # GIVEN a deployment without any feed that has scanned its book
    world = World([replace(account(1), external_ids="zendesk:42")])
    world.scan()
    # WHEN the first file of its life comes  THEN every key of the book leads to its account
    ticket = {"account": "42", "id": "1", "opened": str(YESTERDAY)}
    assert world.inbox.take("tickets", ticket, source="zendesk", at=NIGHT).joined == 1


class StoppedObservations(FakeObservations):
    """Fails once, when the second account is given what waited for it."""

    adopted = 0

    def adopt(self, account: Holder, waiting: Holder) -> None:
        self.adopted += 1
        if self.adopted == 2:
            raise Unavailable("the table does not answer")
        super().adopt(account, waiting)


def test_a_first_scan_that_ends_while_it_joins_ids_begins_there_again() -> None:
    # GIVEN tickets of two accounts from before the first scan
    world = World([account(1), account(2)])
    world.inbox.observations = StoppedObservations()
    for number in (1, 2):
        ticket = {"account": account(number).account_id, "id": str(number), "opened": str(YESTERDAY)}
        world.inbox.take("tickets", ticket, at=NIGHT)
    # WHEN the first scan fails between the two, and is delivered again
    world.scan_to_the_end()
    # THEN both are scored by their tickets
    for number in (1, 2):
        assert signals_of(world, account(number).account_id)["open_ticket_count"] == 1


def test_an_id_that_is_entered_later_brings_what_waited_for_it() -> None:
    world = World([account(1)])
    id_ = account(1).account_id
    world.scan()
    world.inbox.take("tickets", {"account": "42", "id": "1", "opened": str(YESTERDAY)}, source="zendesk", at=NIGHT)
    # WHEN a person enters the id, the scan takes note of it, and the one after rests on it
    world.accounts = [replace(account(1), external_ids="Zendesk: 42")]
    world.scan(TODAY + timedelta(days=1))
    world.scan(TODAY + timedelta(days=2))
    assert signals_of(world, id_, TODAY + timedelta(days=2))["open_ticket_count"] == 1


def test_what_is_no_id_among_the_ids_is_named() -> None:
    # GIVEN a page whose ids lack the tool for one of them
    world = World([replace(account(1), external_ids="stripe:cus_1, 42")])
    world.inbox.take("tickets", {"account": "A-0001", "id": "1", "opened": str(YESTERDAY)}, at=NIGHT)
    # WHEN the book is scanned  THEN the digest says what would be right, and the account is scored
    result = world.scan()
    assert result["scored"] == 1
    texts = [line.text for digest in world.digests.digests.values() for s in digest.sections for line in s.lines]
    assert any("External IDs: '42' could not be read, expected the tool and the id" in text for text in texts)


def test_a_feed_that_is_late_leaves_its_signals_unknown_and_the_typed_ones_count() -> None:
    typed = account(1, {"usage_trend": "growing"})
    world = World([typed])
    lines = usage_lines(typed.account_id, YESTERDAY, WEEKS)
    world.inbox.take("usage", *lines, at=NIGHT)
    world.scan()
    assert signals_of(world, typed.account_id)["usage_trend"] == "stable"
    # WHEN nothing is delivered for a week
    later = TODAY + timedelta(days=7)
    world.scan(later)
    assert signals_of(world, typed.account_id, later)["usage_trend"] == "growing"


def test_the_last_contact_is_a_day_and_ages_with_the_scan() -> None:
    known = account(1)
    world = World([known])
    touch = {"account": known.account_id, "at": str(TODAY - timedelta(days=10)), "kind": "meeting"}
    world.inbox.take("touchpoints", touch, at=NIGHT)
    world.scan()
    assert signals_of(world, known.account_id)["days_since_last_interaction"] == 10
    world.scan(TODAY + timedelta(days=2))
    assert signals_of(world, known.account_id, TODAY + timedelta(days=2))["days_since_last_interaction"] == 12


MONDAY = TODAY - timedelta(days=TODAY.weekday())


def usage_of_the_book(accounts: int, weeks: int, *, halves: int, from_account: int = 1) -> list[Line]:
    """Weeks of a book up to last Sunday in which everybody is away for the last fortnight; `halves` also lost half of
    its people three weeks before that.
    """
    lines: list[Line] = []
    for number in range(from_account, from_account + accounts):
        usual, away = 10 + number % 20, (3 + 6 * (number % 20) // 20)
        fewer = (usual // 2, away // 2) if number == halves else (usual, away)
        by_week = [usual] * (weeks - 5) + [fewer[0]] * 3 + [fewer[1]] * 2
        users = [of_day for week in by_week for of_day in [week] * 5 + [0, 1]]
        lines += usage_lines(account(number).account_id, MONDAY - timedelta(days=1), users)
    return lines


def test_a_quiet_fortnight_of_the_whole_book_is_no_decline() -> None:
    # GIVEN a book of 25 accounts that is away for a fortnight, of which one also lost half of its people
    world = World([account(number) for number in range(1, 26)])
    world.inbox.take("usage", *usage_of_the_book(25, 16, halves=7), at=NIGHT)
    # WHEN it is scanned
    world.scan()
    # THEN that one alone declines
    trends = {account(number).account_id: signals_of(world, account(number).account_id) for number in range(1, 26)}
    assert [id_ for id_, signals in trends.items() if signals["usage_trend"] == "declining"] == [account(7).account_id]
    assert {signals["usage_trend"] for signals in trends.values()} == {"declining", "stable"}


@pytest.mark.parametrize("accounts", [25, 60])
def test_a_quiet_week_waits_for_the_season_of_the_book(accounts: int) -> None:
    """A Sunday's file names few accounts; until the book has reported, its quiet week is no decline."""
    # GIVEN a book that was away for a fortnight, of which a third worked on its last Sunday
    world = World([account(number) for number in range(1, accounts + 1)])
    lines = usage_of_the_book(accounts, 16, halves=0)
    sunday = str(MONDAY - timedelta(days=1))
    whole = [line for line in lines if line["date"] != sunday]
    world.inbox.take("usage", *whole, at=NIGHT - timedelta(days=1))
    few = [line for line in lines if line["date"] == sunday][: accounts * 2 // 5]
    world.inbox.take("usage", *few, at=NIGHT)
    # WHEN the morning's scan comes, THEN no account declines
    world.scan()
    trends = {signals_of(world, known.account_id)["usage_trend"] for known in world.accounts}
    assert trends == {"stable"}


def test_a_file_about_one_account_leaves_the_season_of_the_book_as_it_was() -> None:
    world = World([account(number) for number in range(1, 26)])
    whole, one = usage_of_the_book(25, 16, halves=0), usage_of_the_book(1, 16, halves=0)
    world.inbox.take("usage", *whole, at=NIGHT)
    [before] = world.inbox.feeds.all()
    assert before.seasons[-1].accounts == 25
    # WHEN the file of one account comes, or the whole file again
    world.inbox.take("usage", *one, at=NIGHT + timedelta(hours=1))
    world.inbox.take("usage", *whole, at=NIGHT)
    # THEN the season stays
    assert [feed.seasons for feed in world.inbox.feeds.all()] == [before.seasons]


def test_a_small_book_has_no_season_and_its_quiet_fortnight_counts() -> None:
    world = World([account(number) for number in range(1, 11)])
    world.inbox.take("usage", *usage_of_the_book(10, 16, halves=0), at=NIGHT)
    world.scan()
    assert signals_of(world, account(1).account_id)["usage_trend"] == "declining"
    assert [feed.seasons for feed in world.inbox.feeds.all()] == [()]


def test_days_since_the_last_contact_that_a_feed_delivers_are_as_of_its_own_day() -> None:
    # GIVEN a feed that reported yesterday that the last contact was three days before
    known = account(1)
    world = World([known])
    reported = {
        "account": known.account_id,
        "signal": "days_since_last_interaction",
        "value": 3,
        "as_of": str(YESTERDAY),
    }
    world.inbox.take("signals", reported, at=NIGHT)
    # WHEN the book is scanned  THEN the days went on
    world.scan()
    assert signals_of(world, known.account_id)["days_since_last_interaction"] == 4


def test_a_value_that_a_feed_takes_back_leaves_the_typed_one() -> None:
    typed = account(1, {"nps_score": 9})
    world = World([typed])
    line = {"account": typed.account_id, "signal": "nps_score", "value": 2, "as_of": str(YESTERDAY)}
    world.inbox.take("signals", line, at=NIGHT)
    world.inbox.take("signals", {**line, "value": None}, at=NIGHT + timedelta(hours=1))
    world.scan()
    assert signals_of(world, typed.account_id)["nps_score"] == 9
