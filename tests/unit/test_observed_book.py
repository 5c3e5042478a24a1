"""The scan scores by what feeds observe: a fresh feed before a typed value, each line with its own account."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from tests.builders.accounts import TODAY, account
from tests.builders.feeds import usage_lines
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
