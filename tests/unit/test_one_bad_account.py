"""Any fault of one account, and any end of a job: the rest goes on, and the fault is reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from customer_success.accounts.account import Account
from customer_success.accounts.row import AccountRow
from customer_success.alerts.digest import Digest
from customer_success.alerts.entry import AlertEntry
from customer_success.alerts.publisher import AlertPublisher
from customer_success.errors import Misconfigured, NotTaken, Refused, Unavailable, Unreadable
from customer_success.expansion import expansion_run
from customer_success.isolation import cause
from customer_success.messages import AlertAcknowledged, ChurnAlert, DigestReady, PagesChanged
from customer_success.renewals.contracts import Contract
from customer_success.reviews.plan_qbrs import PlanQbrs
from customer_success.reviews.qbr import Qbr
from customer_success.scan import scan, tally
from customer_success.scan.assessment import Assessment, ScanContext, assess
from customer_success.scan.page_sync import NotionSync
from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.accounts import TODAY, account, at_risk, dying
from tests.builders.contract_checks import Mornings
from tests.builders.expansion_runs import Expansions
from tests.builders.fakes import FakeWrittenPages
from tests.builders.handoffs import Handoffs
from tests.builders.results import brought
from tests.builders.reviews import Reviews
from tests.builders.scans import World

TOMORROW = TODAY + timedelta(days=1)
FUTURE = date(2031, 5, 5)
BAD = "A-0002"
FAULTS = [
    OverflowError("date value out of range"),
    KeyError("x"),
    RecursionError("deep"),
    Refused("no key"),
    AssertionError(),
]


def counts(result: dict[str, Any]) -> tuple[int, int, dict[str, int]]:
    return result["read"], result["scored"], result["rejected"]


def is_honest(result: dict[str, Any]) -> bool:
    return result["read"] == result["scored"] + sum(result["rejected"].values()) + result["skipped"]


def text_of(world: World, name: str) -> str:
    digest = world.digests.digests[name]
    return "\n".join(t for s in digest.sections for t in (s.title, *(line.text for line in s.lines)))


@pytest.fixture(params=FAULTS, ids=lambda fault: type(fault).__name__)
def fault(request: pytest.FixtureRequest) -> Exception:
    return request.param  # type: ignore[no-any-return]


def test_an_account_that_cannot_be_scored_is_rejected_by_name(
    fault: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # GIVEN a book of which one account makes the scorer fail unexpectedly
    world = World([account(1), dying(2), dying(3), account(4, status="Inactive")])
    scored = CSMHealthScorer.score

    def score(self: CSMHealthScorer, signals: Any, account_id: str = "", now: Any = None) -> Any:
        if account_id == BAD:
            raise fault
        return scored(self, signals, account_id, now)

    monkeypatch.setattr(CSMHealthScorer, "score", score)
    # WHEN it is scanned
    result = world.scan()

    # THEN the others are scored, the alerts and the digest are out, and the counts are honest
    assert counts(result) == (4, 2, {"unexpected": 1})
    assert is_honest(result)
    assert [alert.account_id for alert in world.topic.sent_individually.values()] == ["A-0003"]
    # AND the account is named, with what went wrong and what to do
    day = world.rows.rows[BAD].latest
    assert (day.status, day.reason) == ("rejected", "unexpected")
    assert str(fault) in str(day.detail)
    assert "Account 2 (A-0002)" in text_of(world, f"health_scan:{TODAY}:1")
    assert "account 'A-0002' is left out" in caplog.text

    # WHEN it can be scored again, THEN it is
    monkeypatch.undo()
    assert counts(world.scan(TOMORROW)) == (4, 3, {})


def test_what_went_wrong_unexpectedly_is_in_the_digest_every_day(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World([account(1), account(2)])
    world.scan()

    def fails_for_one(context: ScanContext, each: Account, known: AccountRow | None, chunk: int) -> Assessment:
        if each.account_id == BAD:
            raise OverflowError("date value out of range")
        return assess(context, each, known, chunk)

    monkeypatch.setattr(scan, "assess", fails_for_one)
    for day in (TOMORROW, TOMORROW + timedelta(days=1)):
        world.scan(day)
        text = text_of(world, f"health_scan:{day}:0")
        assert "something unexpected went wrong. Look for an odd value on this page." in text
        assert "Account 2 (A-0002): OverflowError: date value out of range" in text


@pytest.mark.parametrize("port", ["rows", "history", "alerts"])
def test_a_row_that_the_table_does_not_take_rejects_its_account_alone(
    port: str, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a table that refuses a batch in which a full account stands
    world = World([dying(1), dying(2, notes="n" * 500_000), dying(3)])
    method = {"rows": "put_many", "history": "put_many", "alerts": "put"}[port]
    put = getattr(getattr(world, port), method)

    def too_large(item: Any) -> bool:
        match item:
            case AccountRow():
                return item.account_id == BAD and item.account.notes is not None
            case AlertEntry():
                return item.alert.account_id == BAD
        return bool(item[0] == BAD)

    def refusing(items: Iterable[Any]) -> None:
        if any(map(too_large, items := list(items))):
            raise fault
        put(items)

    monkeypatch.setattr(getattr(world, port), method, refusing)
    # WHEN the book is scanned
    result = world.scan()

    # THEN the others are scored and alerted, and the one is rejected with a row that holds nothing but its name
    assert counts(result) == (3, 2, {"unexpected": 1})
    assert world.rows.rows[BAD].account.notes is None
    assert {alert.account_id for alert in world.topic.sent_individually.values()} >= {"A-0001", "A-0003"}


@pytest.mark.parametrize("fault", [Unavailable("the table is down"), Misconfigured("no permission")])
def test_what_all_accounts_need_is_no_single_accounts_fault(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World([account(1), account(2)])

    def refusing(_: object) -> None:
        raise fault

    monkeypatch.setattr(world.rows, "put_many", refusing)
    if isinstance(fault, Unavailable):
        with pytest.raises(Unavailable):
            world.scan()
    else:
        assert world.scan()["status"] == "failed"


def test_a_table_that_takes_no_row_at_all_fails_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World([account(1), account(2)])

    def refusing(_: object) -> None:
        raise NotTaken("the key has another name")

    monkeypatch.setattr(world.rows, "put_many", refusing)
    assert world.scan()["error"] == "no row is taken: the key has another name"


def test_an_alert_that_the_topic_does_not_take_keeps_none_of_the_others_back(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a topic that refuses one alert
    world = World([dying(1), dying(2), dying(3)])
    publish = world.topic.publish

    def refusing(messages: Iterable[ChurnAlert | DigestReady]) -> None:
        messages = list(messages)
        if any(isinstance(message, ChurnAlert) and message.account_id == BAD for message in messages):
            raise NotTaken("InvalidParameter")
        publish(messages)

    monkeypatch.setattr(world.topic, "publish", refusing)
    # WHEN the scan closes
    assert world.scan()["status"] == "finished"

    # THEN the others are out, and its row says of every channel that it failed
    assert {alert.account_id for alert in world.topic.sent_individually.values()} == {"A-0001", "A-0003"}
    [entry] = [e for e in world.alerts.entries.values() if e.alert.account_id == BAD]
    assert {outcome.state for outcome in entry.outcomes.values()} == {"failed"}
    assert len(entry.outcomes) == 4


# --- what ends a job ---


def test_a_scan_that_ends_unexpectedly_is_recorded_and_reported_on_the_last_try() -> None:
    # GIVEN a book that cannot be read, as no adapter translates it
    world = World([account(1)])
    world.book.error, world.book.failures = ZeroDivisionError("by zero"), 2
    with pytest.raises(ZeroDivisionError):
        world.scan()
    assert world.runs.runs["health_scan", TODAY].status == "running"

    # WHEN it is tried for the last time, THEN it is recorded and reported, and raised: its message is not lost
    with pytest.raises(ZeroDivisionError):
        world.scan(last_try=True)
    run = world.runs.runs["health_scan", TODAY]
    assert (run.status, run.failure) == ("failed", "ZeroDivisionError: by zero")
    assert "ZeroDivisionError: by zero" in text_of(world, f"health_scan:{TODAY}:failed:1")
    # AND brought back it scans after all
    assert world.scan()["status"] == "finished"


def test_a_fault_that_passes_before_the_last_try_leaves_the_scan_finished() -> None:
    # GIVEN a token that is being rotated: refused once  WHEN its message comes again
    world = World([account(1)])
    world.book.error, world.book.failures = Misconfigured("Notion refused the token"), 1
    assert world.scan()["status"] == "failed"
    # THEN the scan finishes, and its failure was reported once
    assert world.scan()["status"] == "finished"
    assert f"health_scan:{TODAY}:failed:rule-{TODAY}" in world.digests.digests


def test_a_contract_check_that_fails_is_reported_on_the_last_try(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Mornings([account(1)])
    world.scan()

    def broken() -> Any:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(world.rows, "every", broken)
    with pytest.raises(ZeroDivisionError):
        world.check()
    assert f"contract_check:{TODAY}:failed" not in world.digests.digests
    with pytest.raises(ZeroDivisionError):
        world.check(last_try=True)
    assert "ZeroDivisionError: by zero" in text_of(world, f"contract_check:{TODAY}:failed")


def test_a_contract_that_cannot_be_looked_at_is_named_and_the_others_are_listed(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN three contracts that end soon, one of which breaks every check of it
    world = Mornings([account(n, contract_end=TODAY + timedelta(days=20)) for n in (1, 2, 3)])
    world.scan()
    group = Contract.group

    def broken(self: Contract, on: date) -> Any:
        if self.account_id == BAD:
            raise fault
        return group(self, on)

    monkeypatch.setattr(Contract, "group", broken)
    # WHEN the contracts are checked
    result = world.check()

    # THEN two are listed, one is named, and the counts are honest
    assert (result["read"], result["dated"], result["failed"]) == (3, 2, 1)
    text = world.renewals_text()
    assert "Account 1: " in text and "Account 3: " in text
    assert "Account 2 (A-0002): " in text


# --- days to come ---


def test_a_day_to_come_is_refused() -> None:
    world = Mornings([account(1)])
    world.today = TODAY
    world.scan()
    job = replace(world.scan_run(), now=lambda: world.moment(TODAY))
    with pytest.raises(Refused, match=f"the run date {FUTURE} lies after today, {TODAY} in UTC: ask for {TODAY}"):
        job(world.asked(FUTURE))


def test_today_is_the_tenants() -> None:
    # GIVEN 11 in the evening in UTC, which is tomorrow in Tokyo
    world = World([account(1)])
    late = world.moment(TODAY, hour=23)
    # WHEN the scan of tomorrow is asked for, THEN it runs there, and nowhere else
    with pytest.raises(Refused, match="lies after today"):
        replace(world.scan_run(), now=lambda: late)(world.asked(TOMORROW))
    tokyo = replace(world.scan_run(), now=lambda: late, timezone="Asia/Tokyo")
    assert brought(tokyo(world.asked(TOMORROW)))["status"] == "finished"


def test_a_scan_of_a_day_to_come_that_is_there_already_blocks_no_real_day() -> None:
    # GIVEN a table in which a version before this one scanned a day of 2031
    world = Mornings([at_risk(1), dying(2, contract_end=TODAY + timedelta(days=20)), account(3)])
    world.scan()
    world.scan(FUTURE)
    world.today = date.min
    world.topic.published.clear()

    # WHEN the next real day is scanned, and its contracts are checked
    assert world.scan(TOMORROW)["status"] == "finished"
    checked = world.check(TOMORROW)

    # THEN the rows are of this day, compared with the last real one, and no alert is sent twice
    assert {row.latest.run_date for row in world.rows.rows.values()} == {TOMORROW}
    assert {row.before and row.before.run_date for row in world.rows.rows.values()} == {TODAY}
    assert world.topic.sent_individually == {}
    assert (checked["read"], checked["confidence"]) == (3, "high")


def test_rows_of_a_day_to_come_are_assessed_by_the_contract_check_as_if_from_before() -> None:
    # GIVEN rows of 2031 alone, and a morning without a scan
    world = Mornings([dying(2, contract_end=TODAY + timedelta(days=20))])
    world.scan(FUTURE)
    world.today = date.min
    # WHEN the contracts are checked  THEN the due one is assessed today
    assert world.check()["scanned"] == 1
    assert world.rows.rows[BAD].latest.run_date == TODAY


# --- reviews, offers ---


def raising(fault: Exception) -> Callable[..., Any]:
    def fails(*_: object, **__: object) -> Any:
        raise fault

    return fails


def test_a_review_that_ends_unexpectedly_is_recorded_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a review whose evidence breaks its reader
    world = Reviews()
    world.account(1)
    monkeypatch.setattr(world.history, "between", raising(OverflowError("out of range")))
    with pytest.raises(OverflowError):
        world.review()
    assert world.qbrs.records == {}
    # WHEN it is tried for the last time  THEN it is recorded, and raised: its message is not lost
    with pytest.raises(OverflowError):
        world.review(last_try=True)
    [record] = world.qbrs.records.values()
    assert (record.state, record.error) == ("failed", "OverflowError: out of range")


def test_one_account_that_cannot_be_planned_costs_no_other_its_review(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN three accounts, for one of which no record is taken
    world = Reviews()
    for number in (1, 2, 3):
        world.account(number)
    add = world.qbrs.add

    def refusing(qbrs: Iterable[Qbr]) -> None:
        qbrs = list(qbrs)
        if any(qbr.key.account_id == BAD for qbr in qbrs):
            raise NotTaken("the item is too large")
        add(qbrs)

    monkeypatch.setattr(world.qbrs, "add", refusing)
    # WHEN the quarter is planned
    result = world.plan()
    # THEN the others are asked for, and the one is named
    assert world.asked_for["qbr"] == ("A-0001", "A-0003")
    assert (result["read"], result["planned"], result["confidence"]) == (3, 2, "medium")
    assert result["failed"] == {BAD: "the item is too large"}


def test_a_plan_that_fails_is_reported_on_the_last_try(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Reviews()
    monkeypatch.setattr(world.rows, "every", raising(ZeroDivisionError("by zero")))
    noon = datetime(2026, 4, 1, 12, tzinfo=UTC)
    publisher = AlertPublisher("acme", world.alerts, world.digests, world.topic)
    job = PlanQbrs("acme", world.rows, world.qbrs, world.adoption, world.queue, world.closings, publisher)
    for last_try, digests in ((False, set()), (True, {"plan_qbrs:2026-04-01:failed"})):
        with pytest.raises(ZeroDivisionError):
            job(noon.date(), request="tick", time=noon, now=noon, last_try=last_try)
        assert world.digests.digests.keys() == digests
    with pytest.raises(Refused, match="the run date 2026-04-02 lies after today"):
        job(date(2026, 4, 2), request="tick", time=noon, now=noon)


def test_a_check_for_offers_that_ends_unexpectedly_is_in_the_days_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Handoffs()
    world.account(1)
    monkeypatch.setattr(world.usages, "of", raising(OverflowError("out of range")))
    with pytest.raises(OverflowError):
        world.check(last_try=True)
    assert (world.entry().outcome, world.entry().lines) == ("failed", ("OverflowError: out of range",))


def test_a_part_of_a_handoff_that_breaks_keeps_no_other_part_back(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a draft that fails unexpectedly
    world = Handoffs()
    world.account(1)
    world.check()
    monkeypatch.setattr(world.drafts, "create", raising(KeyError("subject")))
    # WHEN the offer is handed off  THEN word and event are out, and the fault is raised for the draft to be tried again
    with pytest.raises(KeyError):
        world.hand_off(world.sent[0], last_try=True)
    assert world.digests.digests.keys() == {f"handoff:{world.sent[0].handoff_id}", f"sales_handoff:{TODAY}:failed"}
    assert len(world.bus.events) == 1


def test_an_expansion_run_goes_on_past_one_account_and_is_recorded_where_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # GIVEN two candidates, one of which breaks every check of it
    world = Expansions()
    world.account(1)
    world.account(2)
    candidate = expansion_run.is_candidate

    def broken(row: AccountRow, on: date) -> bool:
        if row.account_id == BAD:
            raise OverflowError("out of range")
        return candidate(row, on)

    monkeypatch.setattr(expansion_run, "is_candidate", broken)
    assert world.run()["candidates"] == 1

    # WHEN the next run breaks as a whole, on its last try
    monkeypatch.setattr(world.rows, "every", raising(ZeroDivisionError("by zero")))
    with pytest.raises(ZeroDivisionError):
        world.run(TOMORROW, last_try=True)
    # THEN it is recorded, and the day's digest says so
    assert world.runs.runs["expansion", TOMORROW].status == "failed"
    assert "ZeroDivisionError: by zero" in world.queued[-1].notes[0]


@pytest.mark.parametrize("words", ["_cases", "_move", "_watched"])
def test_an_account_that_cannot_be_put_into_words_costs_only_its_own(
    words: str, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a book of which one account breaks counting and wording
    world = World([account(1), dying(2), dying(3), account(4, status="Inactive")])
    made = getattr(tally, words)

    def make(assessment: Assessment) -> Any:
        if assessment.row.account_id == BAD:
            raise fault
        return made(assessment)

    monkeypatch.setattr(tally, words, make)
    # WHEN it is scanned
    result = world.scan()
    # THEN what became of each is counted, the others in full, and the digest names the one with its cause
    assert counts(result) == (4, 3, {})
    assert is_honest(result)
    assert result["colours"] == {"GREEN": 1, "RED": 1}
    assert sum(result["told"].values()) == 2
    [run] = world.runs.runs.values()
    assert run.tally.cases["unreadable"] == 1
    assert "A-0002: it was not counted in full: " in text_of(world, f"health_scan:{TODAY}:2")


def test_a_stored_item_that_cannot_be_read_stops_neither_scan_nor_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # GIVEN a page with another's Account ID, whose own row was written by a version that this one cannot read
    world = World([account(1), account(3), account(2, account_id="A-0001", name="Twin")])
    monkeypatch.setattr(world.rows, "get", raising(Unreadable("item 'acme#BOOK#01' / 'x'")))
    # WHEN the book is scanned, THEN the others are scored
    assert counts(world.scan()) == (3, 2, {"duplicate_account_id": 1})

    # GIVEN an answer of Sales to an offer that cannot be read
    expansions = Expansions()
    expansions.account(1)
    expansions.records.answer("A-0001:seats:Q1 2026", status="Won")
    monkeypatch.setattr(expansions.offers, "get", raising(Unreadable("item 'acme#OFFERS#A-0001' / 'seats:Q1 2026'")))
    # WHEN the run reads it, THEN it goes on, and the note names the offer
    result = expansions.run()
    assert (result["status"], result["candidates"]) == ("finished", 1)
    assert result["notes"] == [
        "Sales Status of A-0001:seats:Q1 2026: item 'acme#OFFERS#A-0001' / 'seats:Q1 2026'",
    ]


BY_ZERO = ZeroDivisionError("by zero")


def heard(world: Any) -> dict[str, str]:
    """The failures reported to the team, by the digest's name: the line that names each."""
    posted = {name: digest for name, digest in world.digests.digests.items() if name.endswith(":failed")}
    assert posted.keys() <= world.topic.digest_ids
    return {name: digest.sections[0].lines[0].text for name, digest in posted.items()}


def ends_in(fault: Exception, world: Any, work: Callable[..., object], name: str, what: str) -> None:
    """The work fails on every try with this fault, and is heard of on the last one alone."""
    for last_try, reported in ((False, {}), (True, {name: what}), (True, {name: what})):
        with pytest.raises(type(fault)) as raised:
            work(last_try=last_try)
        assert raised.value is fault
        assert heard(world) == reported


@pytest.fixture(params=[BY_ZERO, Unavailable("503"), Misconfigured("share the page")], ids=lambda f: type(f).__name__)
def end(request: pytest.FixtureRequest) -> Exception:
    return request.param  # type: ignore[no-any-return]


def test_the_closing_of_a_days_expansions_that_ends_is_heard_of(
    end: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = Expansions()
    world.run()
    monkeypatch.setattr(world.log, "on", raising(end))
    ends_in(end, world, world.close, f"close_expansions:{TODAY}:failed", cause(end))


def test_the_closing_of_a_quarter_that_ends_is_heard_of(end: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    world = Reviews()
    world.account(1)
    world.plan()
    monkeypatch.setattr(world.qbrs, "of_period", raising(end))
    ends_in(end, world, world.close, "close_quarter:2026-04-01:failed", cause(end))


def test_the_adoption_of_an_account_that_ends_is_heard_of(end: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    world = Reviews()
    world.account(1)
    monkeypatch.setattr(world.peers, "get_many", raising(end))
    ends_in(end, world, world.track, "track_feature_adoption:2026-04-01:failed", f"A-0001: {cause(end)}")


def test_an_adoption_that_cannot_be_asked_for_is_answered_without_a_message() -> None:
    world = Reviews()
    with pytest.raises(Refused, match="not known"):
        world.track(last_try=True)
    assert heard(world) == {}


def test_a_handoff_that_ends_is_heard_of(end: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    world = Handoffs()
    world.account(1)
    world.check()
    monkeypatch.setattr(world.rows, "get", raising(end))
    offer = world.sent[0]
    ends_in(
        end, world, partial(world.hand_off, offer), f"sales_handoff:{TODAY}:failed", f"{offer.handoff_id}: {cause(end)}"
    )


def test_an_offer_that_may_not_be_made_any_more_is_found_anew() -> None:
    # GIVEN an offer on its way to an account that is not in the book any more
    world = Handoffs()
    world.account(1)
    world.check()
    (offer,) = world.sent
    world.rows.rows.clear()
    # WHEN it is refused, at its first try  THEN the offer says that Sales does not have it, and why
    with pytest.raises(Refused):
        world.hand_off(offer)
    assert heard(world) == {}
    stored = world.offers.offers[offer.handoff_id]
    assert stored.dispatched_on is None
    assert (stored.held_because or "").startswith("the handoff was refused: account 'A-0001' is not known")


def test_pages_that_cannot_be_written_are_heard_of(end: Exception) -> None:
    # GIVEN what writes pages, and Notion, or the reader of the rows, failing for good
    world = World([account(1)])
    world.scan()
    publisher = AlertPublisher("acme", world.alerts, world.digests, world.topic)
    broken: Any = SimpleNamespace(write=raising(end), write_mute=raising(end))
    sync = NotionSync(world.rows, FakeWrittenPages(), broken, world.alerts, publisher)
    for message in (
        PagesChanged(tenant_id="acme", run_date=TODAY, account_ids=("A-0001",)),
        AlertAcknowledged(tenant_id="acme", alert_id="x", account_id="A-0001", page_id="p"),
    ):
        world.digests.digests.clear()
        for last_try in (False, True):
            with pytest.raises(type(end)):
                sync(message, on=TOMORROW, last_try=last_try)
            assert list(heard(world)) == [f"notion_sync:{TOMORROW}:failed"] * last_try


def test_one_owners_digest_that_cannot_be_posted_keeps_no_other_owners_back(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a quarter with reviews of two owners, of whom the first one's index the table does not take
    world = Reviews()
    world.account(1, owner_email="ada@example.com")
    world.account(2, owner_email="bo@example.com")
    world.plan()
    put, too_large = world.digests.put, NotTaken("the item is too large")

    def only_bo(digest: Digest) -> None:
        if digest.recipient == "ada@example.com":
            raise too_large
        put(digest)

    monkeypatch.setattr(world.digests, "put", only_bo)
    # WHEN it is closed  THEN the other has it, and the fault is raised and heard of
    with pytest.raises(NotTaken):
        world.close(hours_later=30)
    assert world.digests.digests.keys() == {"qbr:Q2 2026:bo@example.com", "close_quarter:2026-04-01:failed"}
