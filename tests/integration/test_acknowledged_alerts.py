"""An alert that is acknowledged by the API keeps its account as quiet as a person's own edit in Notion does."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.notion.accounts import NotionCSMAdapter
from connectors.notion.client import NotionClient
from customer_success.accounts.account import Account
from customer_success.api.acknowledge import AcknowledgeAlert, AcknowledgeRequest
from customer_success.paging import Bookmark
from customer_success.scan.page_sync import NotionSync
from customer_success.scan.run import Run
from local.sandbox import Sandbox
from local.sandbox.notion.load import Row
from tests.builders.accounts import TODAY
from tests.builders.fakes import FakeWrittenPages, publisher_of
from tests.builders.notion_books import account_book, load_book, notion_client
from tests.builders.pages import at_risk_page, choice, critical_page, day, page
from tests.builders.scans import World
from tests.builders.vendors import Waiting

ALERT = f"A-0001:{TODAY}:high"
LATER = TODAY + timedelta(days=18)
"""A Friday after the cool-down, when an account that comes back into danger alerts again."""
UNTIL = TODAY + timedelta(days=60)


class ReadBook:
    """The account book in the sandbox, where `World` expects to choose the accounts itself."""

    def __init__(self, book: NotionCSMAdapter) -> None:
        self.accounts: list[Account] = []
        self.read = book.read


@dataclass
class Team:
    """A team with one account in danger among its accounts in Notion, alerted on a Monday, and what it does then."""

    sandbox: Sandbox

    def __post_init__(self) -> None:
        self.world = World([])
        database = load_book(self.sandbox, [at_risk_page(1), *(page(n) for n in range(2, 6))]).database_id
        self.book = account_book(self.sandbox, database)
        self.world.book = ReadBook(self.book)  # type: ignore[assignment]
        alerts = self.world.alerts
        self.sync = NotionSync(self.world.rows, FakeWrittenPages(), self.book, alerts, publisher_of(alerts))
        self.scan(TODAY)
        assert set(self.world.alerts.entries) == {ALERT}

    def scan(self, on: date) -> Run:
        """A day's scan, and what it hands on written to the pages."""
        self.world.scan(on)
        self.deliver()
        return self.world.runs.runs["health_scan", on]

    def deliver(self) -> None:
        sent, self.world.outbox.sent = self.world.outbox.sent, []
        for message in sent:
            self.sync(message, on=TODAY)  # type: ignore[arg-type]

    def by_the_api(self, verdict: Any = None, quiet_until: date | None = None) -> None:
        asked = AcknowledgeRequest(by="grace@example.com", verdict=verdict, quiet_until=quiet_until)
        use_case = AcknowledgeAlert("acme", "acme", self.world.alerts, self.world.rows, self.world.outbox, "UTC")
        use_case(ALERT, asked, now=datetime.combine(TODAY, time(12), UTC))
        self.deliver()

    def by_hand(self, verdict: str | None = None, quiet_until: date | None = None) -> None:
        edited = {
            **({"CSM Verdict": choice(verdict)} if verdict else {}),
            **({"CSM Quiet Until": day(quiet_until)} if quiet_until else {}),
        }
        self.edit(edited)

    def becomes(self, row: Row) -> None:
        """The team's other tools write what they know of the account."""
        self.edit({name: value for name, value in row.properties.items() if name not in ("Name", "Account ID")})

    def edit(self, properties: dict[str, Any]) -> None:
        client: NotionClient = notion_client(self.sandbox, Waiting())
        page_id = next(a.page_id for p in self.book.read(Bookmark()) for a in p.accounts if a.account_id == "A-0001")
        client.call(lambda notion: notion.pages.update(page_id, properties=properties), about="page")

    def digest(self, on: date) -> list[str]:
        [digest] = [d for d in self.world.digests.digests.values() if d.run_date == on]
        return [line.text for section in digest.sections for line in section.lines]


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Callable[[], Team]]:
    """Makes teams, each with a Notion of its own."""
    numbers = itertools.count()
    with ExitStack() as running:
        yield lambda: Team(running.enter_context(Sandbox(tmp_path / str(next(numbers))).start()))


MUTES: list[dict[str, Any]] = [
    {"verdict": "false alarm"},
    {"quiet_until": UNTIL},
    {"verdict": "false alarm", "quiet_until": UNTIL},
]


@pytest.mark.parametrize("wish", MUTES, ids=["a false alarm", "quiet until a day", "both"])
def test_an_acknowledgement_by_the_api_is_obeyed_as_a_persons_edit_in_notion(
    team: Callable[[], Team], wish: dict[str, Any]
) -> None:
    # GIVEN three teams with an alert for the same account: one does nothing, one edits the page, one uses the API
    silent, by_hand, by_api = team(), team(), team()
    by_hand.by_hand(**wish)
    by_api.by_the_api(**wish)
    for one in (silent, by_hand, by_api):
        # WHEN the account recovers, and falls into danger again after the cool-down
        one.scan(TODAY + timedelta(days=1))
        one.becomes(page(1))
        one.scan(TODAY + timedelta(days=2))
        one.becomes(at_risk_page(1))
        one.scan(LATER)

    # THEN it alerts again where it was not muted, and is silent alike where it was
    again = f"A-0001:{LATER}:high"
    assert again in silent.world.alerts.entries
    assert again not in by_hand.world.alerts.entries
    assert again not in by_api.world.alerts.entries
    for on in (TODAY + timedelta(days=1), TODAY + timedelta(days=2), LATER):
        assert by_api.world.runs.runs["health_scan", on].tally == by_hand.world.runs.runs["health_scan", on].tally
        assert by_api.digest(on) == by_hand.digest(on)
    assert by_api.world.rows.rows["A-0001"].latest.alert_state == by_hand.world.rows.rows["A-0001"].latest.alert_state

    # AND it alerts for all of them once it is worse than it was
    worse = LATER + timedelta(days=3)
    for one in (silent, by_hand, by_api):
        one.becomes(critical_page(1))
        one.scan(worse)
        assert f"A-0001:{worse}:critical" in one.world.topic.sent_individually


def test_a_false_alarm_is_counted_once_by_its_trigger_in_the_next_digests(team: Callable[[], Team]) -> None:
    # GIVEN an alert that a person calls false by the API
    one = team()
    trigger = one.world.alerts.entries[ALERT].alert.churn_trigger
    one.by_the_api(verdict="false alarm")
    # WHEN the next scans run  THEN their digests count it, once
    for days in (1, 2):
        on = TODAY + timedelta(days=days)
        one.scan(on)
        assert f"False alarms: 1 of 1 alerts so far ({trigger} 1)" in one.digest(on)
    # AND a true alarm is none
    other = team()
    other.by_the_api(verdict="true alarm")
    other.scan(TODAY + timedelta(days=1))
    assert "False alarms: 0 of 1 alerts so far" in other.digest(TODAY + timedelta(days=1))


def test_a_verdict_taken_back_alerts_again(team: Callable[[], Team]) -> None:
    # GIVEN a false alarm that its caller corrects before the next scan
    one = team()
    one.by_the_api(verdict="false alarm")
    one.by_the_api(verdict="true alarm")
    # WHEN the account recovers and comes back
    one.becomes(page(1))
    one.scan(TODAY + timedelta(days=1))
    one.becomes(at_risk_page(1))
    one.scan(LATER)
    # THEN that is reported
    assert f"A-0001:{LATER}:high" in one.world.alerts.entries
