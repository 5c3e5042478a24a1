"""The account page says where each signal came from and when, and is never written for that alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from customer_success.accounts.account import Account, ObservedSignal
from customer_success.messages import PagesChanged
from customer_success.scan.sources import sources_in_words
from tests.builders.accounts import TODAY, account
from tests.builders.scans import World


def pages_changed(world: World) -> int:
    return sum(len(message.account_ids) for message in world.outbox.sent if isinstance(message, PagesChanged))


def deliver(world: World, on: date) -> None:
    """A night's delivery of tickets: each account has the same one open."""
    lines = [
        {"account": account.account_id, "id": f"of {account.account_id}", "opened": "2026-02-20"}
        for account in world.accounts
    ]
    world.inbox.take("tickets", *lines, at=datetime.combine(on, datetime.min.time(), UTC) + timedelta(hours=3))


def test_each_signal_that_counts_is_named_with_its_source_and_day() -> None:
    # GIVEN an account with signals that were typed, and others that feeds observed
    typed = account(1, {"nps_score": 9, "open_ticket_count": 2, "usage_trend": "growing"})
    seen = {
        "usage_trend": ObservedSignal("declining", date(2026, 3, 1), "product"),
        "last_interaction": ObservedSignal("2025-12-30", date(2025, 12, 30), "crm"),
    }
    known = replace(typed, observed=seen, signals_updated=date(2026, 2, 27), contract_end=date(2026, 12, 31))
    # WHEN its page is made up
    sources = sources_in_words(known, TODAY).split(" · ")
    # THEN each has its source, the day, and the year where it is another
    assert sources == [
        "Usage trend: product, 1 March",
        "Days since the last contact: crm, 30 December 2025",
        "NPS: Notion, 27 February",
        "Contract end: Notion",
        "Open tickets: Notion, 27 February",
    ]


def test_an_unknown_signal_has_no_source() -> None:
    nothing = Account("A-1", "Acme", "page", "url", "2026-01-01")
    assert sources_in_words(nothing, TODAY) == ""
    assert sources_in_words(replace(nothing, signals={"nps_score": 9}), TODAY) == "NPS: Notion"
    assert sources_in_words(replace(nothing, signals={"nps_score": 11}), TODAY) == ""


def test_the_page_of_a_scan_has_its_sources() -> None:
    world = World([account(1)])
    deliver(world, TODAY)
    world.scan()
    page = world.rows.rows[account(1).account_id].latest.page
    assert page is not None
    assert "Open tickets: product, 2 March" in page.sources


def test_a_steady_day_writes_no_page_though_its_sources_move() -> None:
    # GIVEN a book that a feed feeds every night
    world = World([account(number) for number in range(1, 11)])
    deliver(world, TODAY)
    world.scan()
    first = world.rows.rows["A-0001"].latest.page
    # WHEN nothing changes but the day of the delivery
    for day in (TODAY + timedelta(days=1), TODAY + timedelta(days=2)):
        world.outbox.sent.clear()
        deliver(world, day)
        world.scan(day)
        # THEN no page is written
        assert pages_changed(world) == 0
    last = world.rows.rows["A-0001"].latest.page
    assert first and last and first.sources != last.sources
    # AND a week later all are, with what moved
    world.outbox.sent.clear()
    deliver(world, TODAY + timedelta(days=7))
    world.scan(TODAY + timedelta(days=7))
    assert pages_changed(world) == 10
