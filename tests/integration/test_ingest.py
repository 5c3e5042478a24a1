"""What feeds deliver, merged into the table: twice is once, the order of files does not matter, corrections win."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import permutations
from typing import Any

import pytest

from customer_success.aws.dynamodb.directories import DynamoDirectories
from customer_success.aws.dynamodb.feeds import DynamoFeeds
from customer_success.aws.dynamodb.observations import DynamoObservations
from customer_success.aws.dynamodb.table import Table
from customer_success.errors import Refused
from customer_success.outcomes.outcome import outcomes_of
from customer_success.signals.decoding import daily_usage
from customer_success.signals.deriving import Context, derive
from customer_success.signals.directory import ExternalId, Known
from customer_success.signals.entries import Mark
from customer_success.signals.freshness import Feed
from customer_success.signals.ingest import Delivery, Ingest, Ingested
from customer_success.signals.kinds import Kind
from customer_success.signals.records import Cells, Record, from_object
from customer_success.signals.season import BookSeason
from customer_success.signals.slots import Holder, SlotName
from customer_success.signals.spool import DiskSpool
from tests.builders.aws import TABLE, Client

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TODAY = date(2026, 3, 2)
BOOK = [
    Known("A-1", (ExternalId("stripe", "cus_1"), ExternalId("domain", "acme.example"))),
    Known("A-2", (ExternalId("domain", "shared.example"),)),
    Known("A-3", (ExternalId("domain", "shared.example"),)),
]
Line = dict[str, Any]


def _records(lines: Sequence[Line]) -> Iterator[tuple[int, Record]]:
    """The lines as a file has them: of text alone as a table, else as JSON."""
    for number, line in enumerate(lines, start=2):
        yield number, Cells(line) if all(isinstance(cell, str) for cell in line.values()) else from_object(line)


class Inbox:
    """Takes files in, one after the other."""

    def __init__(self, table: Table) -> None:
        self.observations = DynamoObservations(table)
        self.feeds = DynamoFeeds(table)
        self.directories = DynamoDirectories(table)
        self._ingest = Ingest(
            self.observations, self.feeds, self.directories, DiskSpool, Mark("tenant"), most_lines=1_000
        )

    def take(
        self, kind: Kind, lines: Sequence[Line], *, at: datetime = NOON, source: str = "crm", snapshot: bool = False
    ) -> Ingested:
        content = sha256(repr(lines).encode()).hexdigest()
        return self._ingest(Delivery(kind, source, "file.csv", at, content, snapshot), _records(lines))

    def signals(self, account_id: str) -> Mapping[str, object]:
        slots = self.observations.get_many([Holder.account(account_id)]).get(Holder.account(account_id), {})
        found, _ = derive(slots, Context(on=TODAY, feeds={feed.slot: feed for feed in self.feeds.all()}))
        return {observation.signal: observation.value for observation in found}


@pytest.fixture
def inbox(table: Table) -> Inbox:
    taken = Inbox(table)
    taken.directories.write(BOOK)
    return taken


def test_ids_that_are_as_before_are_not_written_again(dynamodb: Client, table: Table) -> None:
    # GIVEN the ids of a book of two parts
    book = [Known(f"A-{number}") for number in range(1_500)]
    directories = DynamoDirectories(table)
    directories.write(book)
    written = dynamodb.calls["batch_write_item"]
    # WHEN the same ids are written again THEN nothing is
    directories.write(book)
    assert dynamodb.calls["batch_write_item"] == written
    # AND of a change, the part that it is in
    directories.write([*book[:-1], Known("A-1499", (ExternalId("stripe", "cus_9"),))])
    assert dynamodb.calls["batch_write_item"] == written + 1
    found = directories.read()
    assert found is not None
    assert found.account_of("cus_9", "stripe") == ("A-1499", "external id")


def usage(account: str, day: date, users: int) -> Line:
    return {"account": account, "date": str(day), "active_users": str(users)}


def days_of(inbox: Inbox, account_id: str) -> dict[date, int]:
    slots = inbox.observations.get_many([Holder.account(account_id)]).get(Holder.account(account_id), {})
    found = daily_usage(slots[SlotName("usage", "crm")])
    return {day: use.active_users for day, use in found.days.items()}


def test_a_feed_stores_the_season_of_its_book(table: Table) -> None:
    # GIVEN a feed as it was stored before any season
    feeds, bare = DynamoFeeds(table), Feed("usage", "product", (NOON,))
    feeds.put(bare, None)
    # WHEN it gets one, THEN it is read as it was written, and can be written again
    full = replace(bare, seasons=(BookSeason(TODAY, 25, (1.0, 0.35)),))
    feeds.put(full, bare)
    assert feeds.all() == [full]
    feeds.put(bare, full)
    assert feeds.all() == [bare]


@pytest.mark.parametrize(
    ("key", "source", "account_id"),
    [
        pytest.param("A-1", "crm", "A-1", id="by its Account ID"),
        pytest.param("cus_1", "stripe", "A-1", id="by the source's own id"),
        pytest.param("https://www.ACME.example/about", "crm", "A-1", id="by its domain"),
        pytest.param("ada@acme.example", "crm", "A-1", id="by the domain of an address"),
        pytest.param("cus_1", "zendesk", None, id="another source's id leads nowhere"),
        pytest.param("shared.example", "crm", None, id="two accounts share a domain: neither"),
        pytest.param("Acme", "crm", None, id="a name is never matched"),
    ],
)
def test_whose_line_it_is(inbox: Inbox, key: str, source: str, account_id: str | None) -> None:
    result = inbox.take("nps", [{"account": key, "person": "ada", "score": 9, "at": "2026-02-01"}], source=source)
    assert result.joined == (account_id is not None)
    assert result.unjoined == (() if account_id else (key,))
    assert [one for one in ("A-1", "A-2", "A-3") if inbox.signals(one)] == ([account_id] if account_id else [])


def test_the_order_of_files_does_not_matter_and_corrections_win(inbox: Inbox, table: Table) -> None:
    # GIVEN three files for the same days, one after the other
    files = [
        (NOON, [usage("A-1", date(2026, 2, 27), 5), usage("A-1", date(2026, 2, 28), 5)]),
        (NOON + timedelta(hours=1), [usage("A-1", date(2026, 2, 28), 7)]),
        (NOON + timedelta(hours=2), [usage("A-1", date(2026, 2, 26), 1), usage("A-1", date(2026, 2, 27), 0)]),
    ]
    expected = {date(2026, 2, 26): 1, date(2026, 2, 27): 0, date(2026, 2, 28): 7}
    for number, order in enumerate(permutations(files)):
        # WHEN they are processed in any order, each of them twice
        inbox = Inbox(Table(table._client, table._name, f"tenant-{number}"))
        inbox.directories.write(BOOK)
        for at, lines in (*order, *order):
            inbox.take("usage", lines, at=at)
        # THEN the newest line of each day counts
        assert days_of(inbox, "A-1") == expected


def test_the_same_file_twice_changes_nothing(inbox: Inbox) -> None:
    lines = [usage("A-1", date(2026, 2, 28), 5)]
    first, second = inbox.take("usage", lines), inbox.take("usage", lines)
    assert (first.changed, second.changed) == (1, 0)


def test_usage_of_several_ids_of_an_account_adds_up(inbox: Inbox) -> None:
    inbox.take("usage", [usage("A-1", date(2026, 2, 28), 5), usage("acme.example", date(2026, 2, 28), 2)])
    assert days_of(inbox, "A-1") == {date(2026, 2, 28): 7}


def test_a_wrong_line_is_refused_by_number_and_the_rest_goes_in(inbox: Inbox) -> None:
    result = inbox.take(
        "usage",
        [
            usage("A-1", date(2026, 2, 28), 5),
            usage("A-1", date(2026, 2, 27), -1),
            {"account": "A-1", "date": "yesterday", "active_users": 3},
            {"account": "", "date": "2026-02-26", "active_users": 3},
            {"date": "2026-02-26", "active_users": 3},
        ],
    )
    assert (result.lines, result.refused, result.joined) == (5, 4, 1)
    assert [str(refusal).split(":")[0] for refusal in result.refusals] == ["line 3", "line 4", "line 5", "line 6"]
    assert "active_users: -1 is below the bound 0" in str(result.refusals[0]).replace("'", "")
    assert days_of(inbox, "A-1") == {date(2026, 2, 28): 5}


def test_a_file_with_too_many_lines_is_refused_whole(inbox: Inbox) -> None:
    with pytest.raises(Refused, match="more than 1,000 lines"):
        inbox.take("usage", [usage("A-1", date(2026, 2, 28), 5)] * 1_001)
    assert inbox.signals("A-1") == {}
    assert inbox.feeds.all() == []


def test_what_a_snapshot_lacks_is_closed(inbox: Inbox) -> None:
    # GIVEN two open tickets
    opened = [{"account": "A-1", "id": str(number), "opened": "2026-02-20"} for number in (1, 2)]
    inbox.take("tickets", opened)
    assert inbox.signals("A-1")["open_ticket_count"] == 2
    # WHEN a complete file has one of them left
    inbox.take("tickets", opened[:1], at=NOON + timedelta(hours=1), snapshot=True)
    # THEN one is open, also if an older file comes late
    assert inbox.signals("A-1")["open_ticket_count"] == 1
    inbox.take("tickets", opened)
    assert inbox.signals("A-1")["open_ticket_count"] == 1


def test_a_snapshot_with_a_refused_line_closes_nothing(inbox: Inbox) -> None:
    # GIVEN two open tickets
    opened = [{"account": "A-1", "id": str(number), "opened": "2026-02-20"} for number in (1, 2)]
    inbox.take("tickets", opened)
    # WHEN a complete file has both, and one of them cannot be read
    torn = [opened[0], {**opened[1], "sentiment": "angry"}]
    result = inbox.take("tickets", torn, at=NOON + timedelta(hours=1), snapshot=True)
    # THEN both are open still
    assert (result.refused, result.closes_nothing) == (1, True)
    assert inbox.signals("A-1")["open_ticket_count"] == 2
    # AND one is, once a file without it is whole
    assert not inbox.take("tickets", opened[:1], at=NOON + timedelta(hours=2), snapshot=True).closes_nothing
    assert inbox.signals("A-1")["open_ticket_count"] == 1


def test_an_account_without_a_ticket_has_none_open_while_the_feed_lives(inbox: Inbox) -> None:
    inbox.take("tickets", [{"account": "A-1", "id": "1", "opened": "2026-02-20", "sentiment": "negative"}])
    assert inbox.signals("A-2") == {"open_ticket_count": 0, "escalation_count_90_days": 0}


def test_touchpoints_and_nps_store_marks_and_no_address(inbox: Inbox) -> None:
    inbox.take(
        "touchpoints",
        [
            {
                "account": "A-1",
                "at": "2026-02-10",
                "kind": "meeting",
                "people": ["ada@acme.example", "bob@acme.example"],
            },
            {"account": "A-1", "at": "2026-02-20", "kind": "mail_out", "people": ["ada@acme.example"]},
            {"account": "A-1", "at": "2026-03-09", "kind": "meeting", "people": ["ada@acme.example"]},
        ],
    )
    inbox.take("nps", [{"account": "A-1", "person": "ada@acme.example", "score": 3, "at": "2026-02-01"}])
    assert inbox.signals("A-1") == {
        "last_interaction": date(2026, 2, 10),
        "stakeholder_engagement": "high",
        "nps_score": 3.0,
    }
    slots = inbox.observations.get_many([Holder.account("A-1")])
    assert "ada@" not in repr(slots)


def test_outcomes_are_stored_for_good_and_apart_from_what_expires(inbox: Inbox, dynamodb: Client) -> None:
    # GIVEN an account with observations, and outcomes that came before its id was known
    outcome = {"outcome": "churned", "at": "2026-02-20", "decision_date": "2026-01-10", "arr_before": 9000, "arr": 0}
    inbox.take("tickets", [{"account": "A-1", "id": "1", "opened": "2026-02-20"}])
    inbox.take("outcomes", [{"account": "cus_9", **outcome}], source="stripe")
    inbox.take("outcomes", [{"account": "A-1", **outcome, "at": "2012-02-20"}], source="stripe")
    holder = Holder.account("A-1")
    # WHEN the id is known
    inbox.observations.adopt(holder, Holder.waiting("stripe", "cus_9"))
    # THEN the account has both, whole
    found = outcomes_of("A-1", inbox.observations.get_many([holder], "outcomes")[holder])
    assert [(one.kind, one.at.year, one.decision_date, one.arr_before, one.arr) for one in found] == [
        ("churned", 2012, date(2026, 1, 10), 9000.0, 0.0),
        ("churned", 2026, date(2026, 1, 10), 9000.0, 0.0),
    ]
    # AND no day on which the table deletes them
    items = {item["pk"]["S"].split("#")[1]: item for item in dynamodb.real.scan(TableName=TABLE)["Items"]}
    assert "expires_at" in items["OBSERVATIONS"]
    assert "expires_at" not in items["OUTCOMES"]
    # AND a scan does not read them
    assert {name.kind for name in inbox.observations.get_many([holder])[holder]} == {"tickets"}


@pytest.mark.parametrize(
    ("due", "paid", "status"),
    [
        ("2026-03-05", None, "current"),
        ("2026-02-10", None, "current"),
        ("2026-01-31", None, "overdue_30"),
        ("2026-01-01", None, "overdue_60"),
        ("2025-12-02", None, "overdue_90_plus"),
        ("2025-12-02", "2026-02-01", "current"),
    ],
)
def test_invoices_by_lower_bounds(inbox: Inbox, due: str, paid: str | None, status: str) -> None:
    inbox.take("invoices", [{"account": "A-1", "id": "in_1", "due": due, "paid": paid or ""}])
    assert inbox.signals("A-1") == {"invoice_payment_status": status}


def test_two_deliveries_at_once_lose_nothing(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a delivery that is overtaken by another between its read and its write
    overtaken = inbox.observations.get_many

    def get_many(*asked: Any) -> Any:
        found = overtaken(*asked)
        monkeypatch.undo()
        inbox.take("usage", [usage("A-1", date(2026, 2, 27), 4)], at=NOON + timedelta(minutes=1))
        return found

    monkeypatch.setattr(inbox.observations, "get_many", get_many)
    inbox.take("usage", [usage("A-1", date(2026, 2, 28), 5)])
    # THEN both are there
    assert days_of(inbox, "A-1") == {date(2026, 2, 27): 4, date(2026, 2, 28): 5}
