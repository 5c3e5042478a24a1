"""Account pages are written where they show something else, and once; and people's mutes as they stand now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from customer_success.accounts.row import PageValues
from customer_success.alerts.entry import Acknowledgement, AlertEntry
from customer_success.aws.messaging.consumer import Delivery
from customer_success.errors import Misconfigured, NotTaken, OutOfTime, Removed, Unavailable
from customer_success.messages import AlertAcknowledged, PagesChanged
from customer_success.scan.assessment import assess
from customer_success.scan.page_sync import NotionSync
from functions.notion_sync.wiring import NotionSyncSettings, SyncNotion
from tests.builders.accounts import AT_RISK, TODAY, account, dying
from tests.builders.fakes import FakeAlerts, FakeRows, FakeWrittenPages, Writes, publisher_of
from tests.builders.functions import app_of
from tests.builders.scores import alert, row, scan_context


@dataclass
class Pages:
    written: list[tuple[str, PageValues]] = field(default_factory=list)
    mutes: list[tuple[str, date | None, str | None]] = field(default_factory=list)
    fault: Exception | None = None
    fails_on: str = ""

    def write(self, page_id: str, values: PageValues) -> None:
        if self.fault and page_id.endswith(self.fails_on):
            raise self.fault
        self.written.append((page_id, values))

    def write_mute(self, page_id: str, quiet_until: date | None, verdict: str | None) -> None:
        if self.fault:
            raise self.fault
        self.mutes.append((page_id, quiet_until, verdict))


def sync_of(rows: FakeRows, pages: Pages, alerts: FakeAlerts | None = None) -> Callable[..., int]:
    return partial(job_of(rows, pages, alerts), on=TODAY)


def job_of(rows: FakeRows, pages: Pages, alerts: FakeAlerts | None = None) -> NotionSync:
    alerts = alerts or FakeAlerts(Writes())
    return NotionSync(rows, FakeWrittenPages(), pages, alerts, publisher_of(alerts))


def message(*account_ids: str) -> PagesChanged:
    return PagesChanged(tenant_id="acme", run_date=TODAY, account_ids=account_ids)


def test_a_page_is_written_once_until_it_shows_something_else() -> None:
    # GIVEN an account that was scanned
    rows, pages = FakeRows(Writes(), {"A-0001": row(account(1))}), Pages()
    sync = sync_of(rows, pages)
    # WHEN its message is delivered twice
    assert [sync(message("A-0001")), sync(message("A-0001"))] == [1, 0]
    # THEN the page is written once, and again only when its values differ
    rows.rows["A-0001"] = row(account(1, AT_RISK))
    assert sync(message("A-0001"), on=TODAY) == 1
    assert pages.written[-1][1].rag == "AMBER"


def test_the_last_scan_is_brought_up_to_date_once_a_week() -> None:
    rows, pages = FakeRows(Writes(), {}), Pages()
    sync = sync_of(rows, pages)
    for day in range(8):
        known = rows.rows.get("A-0001")
        rows.rows["A-0001"] = assess(scan_context(TODAY + timedelta(days=day)), account(1), known, 0).row
        sync(message("A-0001"))
    assert [values.last_scan for _, values in pages.written] == [TODAY, TODAY + timedelta(days=7)]


def test_a_fault_keeps_what_was_written_and_the_next_delivery_writes_the_rest() -> None:
    # GIVEN three accounts, and a Notion that fails at the second
    rows = FakeRows(Writes(), {f"A-000{n}": row(account(n)) for n in (1, 2, 3)})
    pages = Pages(fault=Unavailable("503"), fails_on="2")
    sync = sync_of(rows, pages)
    with pytest.raises(Unavailable):
        sync(message("A-0001", "A-0002", "A-0003"))
    # THEN the others are written
    assert [page_id for page_id, _ in pages.written] == [account(n).page_id for n in (1, 3)]
    # WHEN it is delivered again
    pages.fault = None
    # THEN only that one is written
    assert sync(message("A-0001", "A-0002", "A-0003")) == 1


def test_a_page_that_refuses_does_not_keep_the_others() -> None:
    rows = FakeRows(Writes(), {f"A-000{n}": row(account(n)) for n in (1, 2)})
    pages = Pages(fault=Removed("in the bin"), fails_on="1")
    assert sync_of(rows, pages)(message("A-0001", "A-0002")) == 1


@dataclass
class Faulty:
    """Pages of which some fail, each in its own way."""

    faults: Mapping[int, Exception]
    tried: list[str] = field(default_factory=list)

    def write(self, page_id: str, values: PageValues) -> None:  # noqa: ARG002
        self.tried.append(page_id)
        for number, fault in self.faults.items():
            if page_id == account(number).page_id:
                raise fault

    def write_mute(self, page_id: str, quiet_until: date | None, verdict: str | None) -> None: ...


def synced(faults: Mapping[int, Exception], accounts: int = 20) -> tuple[Exception, set[str], list[str]]:
    """What is raised for a message of so many accounts, which are noted as written, and which pages were tried."""
    rows = FakeRows(Writes(), {f"A-{n:04}": row(account(n)) for n in range(1, accounts + 1)})
    pages, written = Faulty(faults), FakeWrittenPages()
    with pytest.raises(Exception) as raised:
        alerts = FakeAlerts(Writes())
        NotionSync(rows, written, pages, alerts, publisher_of(alerts))(message(*rows.rows), on=TODAY)
    return raised.value, set(written.values), pages.tried


DOWN, REFUSED, WRONG, ODD = Unavailable("500"), NotTaken("400"), Misconfigured("403"), KeyError("id")


@pytest.mark.parametrize(
    ("faults", "raised"),
    [
        ({2: DOWN}, Unavailable),
        ({2: ODD}, KeyError),
        ({2: REFUSED, 9: REFUSED}, NotTaken),
        ({2: REFUSED, 9: DOWN, 12: WRONG}, Unavailable),
        ({2: REFUSED, 9: WRONG, 12: ODD}, Misconfigured),
        ({2: REFUSED, 12: ODD}, KeyError),
        ({2: DOWN, 3: DOWN, 4: Removed("in the bin"), 5: DOWN, 7: DOWN, 8: DOWN}, Unavailable),
    ],
)
def test_after_any_answer_of_one_page_the_others_are_written(
    faults: Mapping[int, Exception], raised: type[Exception]
) -> None:
    # GIVEN twenty accounts, and pages that cannot be written  WHEN they are synced
    fault, written, tried = synced(faults)
    # THEN all others are written and noted, and no page that was not
    assert len(tried) == 20
    assert written == {f"A-{n:04}" for n in range(1, 21)} - {f"A-{n:04}" for n in faults}
    # AND it is raised what is to be done about them: what may pass by itself comes first
    assert type(fault) is raised
    # AND each is named
    if not isinstance(fault, KeyError):
        assert "A-0002: " in str(fault)


@pytest.mark.parametrize(
    ("fault", "retry_after"),
    [(Unavailable("429", retry_after=30.0), 30.0), (OutOfTime("no time is left", retry_after=2.0), 2.0)],
)
def test_no_page_is_tried_while_notion_is_to_be_left_alone(fault: Exception, retry_after: float) -> None:
    # GIVEN a Notion that asks for a pause, or no time  WHEN pages are synced  THEN it ends there, and says until when
    raised, written, tried = synced({3: fault})
    assert isinstance(raised, Unavailable)
    assert raised.retry_after == retry_after
    assert (len(written), len(tried)) == (2, 3)


def test_a_notion_that_is_down_is_not_asked_for_every_page() -> None:
    # GIVEN a Notion that takes nothing  WHEN pages are synced  THEN it is asked for some, and not for all
    _, written, tried = synced(dict.fromkeys(range(1, 21), DOWN))
    assert (len(written), len(tried)) == (0, 5)


def test_what_was_raised_names_some_and_counts_all() -> None:
    raised, *_ = synced(dict.fromkeys((1, 3, 5, 7), REFUSED))
    assert str(raised) == "4 of the pages could not be written: A-0001: 400; A-0003: 400; A-0005: 400; …"


def test_an_unknown_account_is_skipped() -> None:
    assert sync_of(FakeRows(Writes()), Pages())(message("A-9")) == 0


def test_a_rejected_account_reads_unknown_with_the_reason() -> None:
    rejected = row(replace(account(1), signals={"nps_score": 3}))
    pages = Pages()
    sync_of(FakeRows(Writes(), {"A-0001": rejected}), pages)(message("A-0001"))
    ((_, values),) = pages.written
    assert values.rag == "Unknown"
    assert values.why.startswith(
        "13% of what the score weighs is known, at least 50% is needed; unknown: feature adoption,"
    )


EVENTS = Path(__file__).parents[2] / "events"
SETTINGS = NotionSyncSettings(
    tenant_id="acme",
    table_name="table",
    timezone="UTC",
    queue_url="queue",
    retry_base_seconds=1,
    max_receives=5,
    notion_api_url="https://notion.example",
    notion_secret="notion",
    notion_requests_per_second=3,
    notion_accounts="0" * 32,
    churn_topic_arn="topic",
)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
UNTIL = date(2026, 3, 20)


def acknowledged(**mutes: object) -> AlertAcknowledged:
    """The message of an acknowledgement."""
    reported = alert(dying(1))
    return AlertAcknowledged.model_validate(
        {
            "tenant_id": "acme",
            "alert_id": reported.alert_id,
            "account_id": reported.account_id,
            "page_id": reported.page_id,
            **mutes,
        }
    )


def alerts_with(acknowledgement: Acknowledgement | None) -> FakeAlerts:
    """The alerts, with the one that the message is about."""
    reported = alert(dying(1))
    return FakeAlerts(Writes(), {reported.alert_id: AlertEntry(reported, acknowledged=acknowledgement)})


def test_an_acknowledgements_mute_is_written_to_the_accounts_page() -> None:
    pages = Pages()
    alerts = alerts_with(Acknowledgement("grace", NOON, verdict="false alarm", quiet_until=UNTIL))
    assert sync_of(FakeRows(Writes()), pages, alerts)(acknowledged(verdict="false alarm", quiet_until=UNTIL)) == 1
    assert pages.mutes == [(account(1).page_id, UNTIL, "false alarm")]
    assert pages.written == []


def test_an_older_message_that_comes_last_does_not_undo_a_newer_one() -> None:
    # GIVEN a person who corrected himself, and a queue that keeps no order
    pages = Pages()
    latest = Acknowledgement("grace", NOON, verdict="true alarm", quiet_until=UNTIL)
    sync = sync_of(FakeRows(Writes()), pages, alerts_with(latest))
    # WHEN both messages come, the older one last
    sync(acknowledged(verdict="true alarm", quiet_until=UNTIL))
    sync(acknowledged(verdict="false alarm", quiet_until=TODAY))
    # THEN the page has the last text
    assert pages.mutes == [(account(1).page_id, UNTIL, "true alarm")] * 2


def test_a_mute_that_only_an_older_message_has_is_written_too() -> None:
    pages = Pages()
    sync = sync_of(FakeRows(Writes()), pages, alerts_with(Acknowledgement("grace", NOON, verdict="true alarm")))
    sync(acknowledged(verdict="false alarm", quiet_until=UNTIL))
    assert pages.mutes == [(account(1).page_id, UNTIL, "true alarm")]


@pytest.mark.parametrize("stored", [True, False], ids=["corrected by a note", "the alert is not kept any more"])
def test_a_wish_that_nothing_later_contradicts_is_written(stored: bool) -> None:
    pages = Pages()
    alerts = alerts_with(Acknowledgement("grace", NOON, note="I call them.")) if stored else FakeAlerts(Writes())
    sync_of(FakeRows(Writes()), pages, alerts)(acknowledged(verdict="false alarm", quiet_until=UNTIL))
    assert pages.mutes == [(account(1).page_id, UNTIL, "false alarm")]


def test_an_unacknowledged_alert_keeps_the_messages_mute() -> None:
    pages = Pages()
    sync_of(FakeRows(Writes()), pages, alerts_with(None))(acknowledged(quiet_until=UNTIL))
    assert pages.mutes == [(account(1).page_id, UNTIL, None)]


def test_a_removed_page_is_reported_and_left(caplog: pytest.LogCaptureFixture) -> None:
    # GIVEN a page that a person threw away  WHEN an acknowledgement is to be written to it
    sync = sync_of(FakeRows(Writes()), Pages(fault=Removed("the page is gone")))
    # THEN the message is done with, and the log names account, alert and reason
    assert sync(acknowledged(verdict="false alarm")) == 0
    assert f"account A-0001 does not show what alert A-0001:{TODAY}:critical" in caplog.text
    assert "the page is gone" in caplog.text


@pytest.mark.parametrize("fault", [Unavailable("503"), NotTaken("400"), Misconfigured("403")])
def test_a_wish_that_cannot_be_written_is_not_lost(fault: Exception) -> None:
    with pytest.raises(type(fault)):
        sync_of(FakeRows(Writes()), Pages(fault=fault))(acknowledged(verdict="false alarm"))


def test_the_function_takes_both_messages_that_are_on_its_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN the function, and what it is to do
    app = app_of("notion_sync")
    done: list[object] = []
    reported: list[dict[str, int]] = []
    monkeypatch.setattr(app, "function", SyncNotion())
    app.function.settings = SETTINGS
    app.function.sync = lambda message, **_: done.append(message) or 1
    app.function.report = reported.append
    # WHEN the samples of its queue come
    for name in ("pages_changed", "alert_acknowledged"):
        body = (EVENTS / f"{name}.json").read_text("utf-8")
        app.sync(Delivery(body, 1, last_try=False, message_id="1", attributes={}))
    # THEN it does what each asks for, and counts the pages
    assert [type(message) for message in done] == [PagesChanged, AlertAcknowledged]
    assert reported == [{"PagesWritten": 1}] * 2


def test_a_page_that_shows_a_day_to_come_is_written_again() -> None:
    # GIVEN a page that a scan of 2031 has written, and a row that is of today again
    rows, pages = FakeRows(Writes(), {"A-0001": row(account(1))}), Pages()
    sync = job_of(rows, pages)
    shown = rows.rows["A-0001"].latest.page
    assert shown is not None
    sync.written.put_many({"A-0001": replace(shown, last_scan=date(2031, 5, 5))})
    # WHEN its message comes  THEN it shows today
    assert sync(message("A-0001"), on=TODAY) == 1
    assert pages.written[-1][1].last_scan == TODAY
