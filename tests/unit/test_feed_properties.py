"""What feeds deliver comes to the same in any order, twice is once, and of two lines for one thing the newer counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from customer_success.signals.deriving import Context, derive
from customer_success.signals.directory import ExternalId, Known
from customer_success.signals.entries import Mark
from customer_success.signals.ingest import Ingest
from customer_success.signals.kinds import Kind
from customer_success.signals.memory_spool import MemorySpool
from customer_success.signals.slots import SlotName
from tests.builders.accounts import TODAY
from tests.builders.feeds import FakeInbox, as_records, delivery

NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
BOOK = [Known("A-1", (ExternalId("tool", "1"),)), Known("A-2")]
Line = dict[str, Any]
File = tuple[datetime, list[Line], bool]
"""When a file arrived, what is in it, and whether it is complete."""


def days(most: int = 60) -> some.SearchStrategy[str]:
    return some.integers(0, most).map(lambda back: str(TODAY - timedelta(days=back)))


accounts = some.sampled_from(["A-1", "1", "A-2", "unknown"])
LINES: dict[Kind, some.SearchStrategy[Line]] = {
    "usage": some.fixed_dictionaries({"account": accounts, "date": days(260), "active_users": some.integers(0, 9)}),
    "tickets": some.fixed_dictionaries(
        {"account": accounts, "id": some.sampled_from("abc"), "opened": days(), "closed": some.none() | days()}
    ),
    "invoices": some.fixed_dictionaries(
        {"account": accounts, "id": some.sampled_from("abc"), "due": days(150), "paid": some.none() | days()}
    ),
    "nps": some.fixed_dictionaries(
        {"account": accounts, "person": some.sampled_from("pq"), "score": some.integers(0, 10), "at": days(400)}
    ),
    "contracts": some.fixed_dictionaries(
        {"account": accounts, "end": some.none() | days(30), "notice_days": some.none() | some.integers(0, 90)}
    ),
    "features": some.fixed_dictionaries(
        {"account": accounts, "feature": some.sampled_from("xy"), "as_of": days(), "used": some.integers(0, 9)}
    ),
    "outcomes": some.fixed_dictionaries(
        {"account": accounts, "outcome": some.sampled_from(["renewed", "churned", None]), "at": days(3)}
    ),
}


def files(kind: Kind) -> some.SearchStrategy[list[File]]:
    """A few files, each of a moment of its own; what one has of a thing more than once counts as it comes last."""
    some_lines = some.lists(LINES[kind], min_size=1, max_size=6)
    complete = some.booleans() if kind in ("tickets", "invoices", "contracts") else some.just(False)
    one = some.tuples(some_lines, complete)
    return some.lists(one, min_size=1, max_size=5).map(
        lambda found: [(NOON + timedelta(hours=number), lines, whole) for number, (lines, whole) in enumerate(found)]
    )


def taken(kind: Kind, given_files: list[File]) -> FakeInbox:
    inbox = FakeInbox()
    inbox.directories.write(BOOK)
    ingest = Ingest(inbox.observations, inbox.feeds, inbox.directories, MemorySpool, Mark("acme"))
    for at, lines, whole in given_files:
        ingest(delivery(kind, lines, at, "tool", snapshot=whole), as_records(lines))
    return inbox


def state(inbox: FakeInbox, kind: Kind) -> Any:
    """All that is stored, what it comes to, and what is known of the feed."""
    (feed,) = inbox.feeds.all()
    signals = {
        holder: derive(slots, Context(TODAY, {feed.slot: feed})) for holder, slots in inbox.observations.slots.items()
    }
    known = (feed.deliveries, feed.last_whole_day, feed.snapshot, feed.named, feed.joined)
    return inbox.observations.slots, signals if kind != "usage" else {}, known


@pytest.mark.parametrize("kind", LINES)
@settings(deadline=None, max_examples=10)
@given(some.data())
def test_files_come_to_the_same_in_any_order_and_however_often(kind: Kind, data: some.DataObject) -> None:
    given_files = data.draw(files(kind))
    in_order = taken(kind, given_files)
    shuffled = data.draw(some.permutations([*given_files, *data.draw(some.lists(some.sampled_from(given_files)))]))
    assert state(taken(kind, shuffled), kind) == state(in_order, kind)


@pytest.mark.parametrize("kind", LINES)
@settings(deadline=None, max_examples=10)
@given(some.data())
def test_of_two_lines_for_one_thing_the_newer_counts(kind: Kind, data: some.DataObject) -> None:
    given_files = data.draw(files(kind))
    # WHEN every line of the first file is delivered again, after all others
    first = given_files[0][1]
    inbox = taken(kind, [*given_files, (NOON + timedelta(days=1), first, False)])
    # THEN what is stored of it is as that file alone has it
    alone = taken(kind, [(NOON + timedelta(days=1), first, False)])
    for holder, slots in alone.observations.slots.items():
        stored = inbox.observations.slots[holder][SlotName(kind, "tool")].entries
        newest = slots[SlotName(kind, "tool")].entries
        assert {key: stored[key].entry for key in newest if key in stored} == {
            key: held.entry for key, held in newest.items() if key in stored
        }
        # AND only what lies too far back is not there
        assert kind == "usage" or newest.keys() <= stored.keys()


def test_an_older_file_that_is_processed_late_says_nothing_of_the_present() -> None:
    # GIVEN a file that named an account, and an older one with a key of none that is processed after it
    newer: File = (NOON, [{"account": "A-1", "id": "a", "opened": str(TODAY)}], False)
    older: File = (NOON - timedelta(hours=3), [{"account": "unknown", "id": "a", "opened": str(TODAY)}], False)
    (feed,) = taken("tickets", [newer, older]).feeds.all()
    # THEN the share that the feed joined is that of the newer
    assert (feed.named, feed.joined) == (1, 1)
