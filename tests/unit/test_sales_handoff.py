"""One handoff: the record, the draft, the word in chat and the event, each once, and none waits for another."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from customer_success.errors import Misconfigured, OutOfTime, Refused, Unavailable
from customer_success.expansion.offer import Handoff
from customer_success.expansion.ports import RecordedAnswer
from customer_success.messages import DigestReady, ExpansionHandoff
from tests.builders.accounts import TODAY
from tests.builders.fakes import Crash, FakeLedger
from tests.builders.handoffs import PORTS, Fault, Handoffs, Port, message
from tests.builders.offers import offer

SEATS = "A-0001:seats:Q1 2026"
HANDOFF = Handoff(TODAY, "sam@example.com", "draft-1")


@pytest.fixture
def world() -> Handoffs:
    """An offer that was found, recorded and put on the queue."""
    return checked()


def checked() -> Handoffs:
    world = Handoffs()
    world.account(1)
    world.check()
    world.writes.count = 0
    world.records.calls.clear()
    world.counted.clear()
    return world


def sent(world: Handoffs) -> ExpansionHandoff:
    return world.sent[0]


def done(world: Handoffs) -> dict[str, Any]:
    """What of the four is there for the one offer."""
    return {
        "records": [record.state for record in world.records.records.values()],
        "drafts": len(world.drafts.drafts),
        "chat": len(world.digests.digests),
        "events": len(world.bus.events),
    }


WHOLE = {"records": ["Ready for Sales"], "drafts": 1, "chat": 1, "events": 1}


def test_an_offer_that_comes_five_times_is_handed_off_once(world: Handoffs) -> None:
    # WHEN the message is delivered five times
    first, *others = [world.hand_off(sent(world)) for _ in range(5)]
    # THEN the first delivery did all of it, and the others say that it was done
    assert done(world) == WHOLE
    assert first == {
        "task_type": "sales_handoff",
        "handoff_id": SEATS,
        "account_id": "A-0001",
        "status": "handed_off",
        "sales_email": "sam@example.com",
        "record_url": "https://notion.example/record-1",
        "draft_id": "draft-1",
    }
    assert others == [first | {"status": "handed_off_before"}] * 4
    assert world.offers.offers[SEATS].handoff == HANDOFF
    assert (world.records.calls, len(world.topic.published)) == (["write"], 1)
    assert not world.counted["FailOpens"]
    assert not world.counted["HandoffsFailed"]


def test_each_reader_gets_the_offer_in_its_own_shape(world: Handoffs) -> None:
    world.hand_off(sent(world))
    # the customer, once Sales sends the mail
    (draft,) = world.drafts.drafts.values()
    assert (draft.key, draft.mailbox, draft.to) == (SEATS, "sam@example.com", "contact1@customer.example")
    assert sent(world).recommended_talk_track in draft.paragraphs
    # Sales in Notion
    (record,) = world.records.records.values()
    assert (record.key, record.sales_email, record.note) == (SEATS, "sam@example.com", None)
    # Sales in chat
    (digest,) = world.digests.digests.values()
    assert digest.recipient == "sam@example.com"
    assert "https://notion.example/record-1" in repr(digest.sections)
    (ready,) = world.topic.published
    assert isinstance(ready, DigestReady)
    assert ready.digest_id == digest.digest_id
    # the company's other systems
    ((detail_type, event),) = world.bus.events
    assert (detail_type, event.handoff_id, event.tenant_id) == ("expansion.handed_off", SEATS, "acme")
    assert (event.account_id, event.run_date, event.opportunity_type) == ("A-0001", TODAY, "seats")
    assert (event.evidence, event.estimated_arr_impact) == (sent(world).evidence, 2100.0)
    assert (event.confidence, event.owner_email) == ("high", "ada@example.com")
    assert (event.sales_email, event.record_url) == ("sam@example.com", "https://notion.example/record-1")


@pytest.mark.parametrize(
    ("given", "account", "deployment", "expected"),
    [
        ("sam@example.com", "nora@example.com", "lead@example.com", "sam@example.com"),
        (None, "nora@example.com", "lead@example.com", "nora@example.com"),
        (None, None, "lead@example.com", "lead@example.com"),
    ],
    ids=["the message's", "the account's", "the deployment's"],
)
def test_who_in_sales_gets_it(given: str | None, account: str | None, deployment: str, expected: str) -> None:
    world = Handoffs(sales_owner=deployment)
    world.account(1, sales_email=account)
    answer = world.hand_off(message(sales_email=given))
    assert answer["sales_email"] == expected
    assert [draft.mailbox for draft in world.drafts.drafts.values()] == [expected]
    assert [digest.recipient for digest in world.digests.digests.values()] == [expected]


@pytest.mark.parametrize(
    ("signals", "reason"),
    [
        ({"escalation_count_90_days": 1}, "escalations in 90 days: 1"),
        ({"usage_trend": "inactive", "feature_adoption_rate": 0.1, "nps_score": 2}, "its colour is AMBER"),
        ({"nps_score": 11}, "nps_score: '11' could not be read, expected at most 10"),
    ],
)
def test_what_may_not_be_offered_any_more_is_held_back_and_the_record_says_why(
    world: Handoffs, signals: dict[str, Any], reason: str
) -> None:
    # GIVEN an offer on its way to Sales, whose account fell into trouble meanwhile
    offer = sent(world)
    world.account(1, signals=signals)
    # WHEN it arrives, be it once or twice
    answers = [world.hand_off(offer) for _ in range(2)]
    # THEN Sales gets nothing, and the record says why
    assert {answer["status"] for answer in answers} == {"held_back"}
    assert reason in "; ".join(answers[0]["reasons"])
    assert done(world) | {"records": []} == {"records": [], "drafts": 0, "chat": 0, "events": 0}
    (record,) = world.records.records.values()
    assert (record.state, reason in (record.note or "")) == ("Recorded", True)
    stored = world.offers.offers[SEATS]
    assert (stored.dispatched_on, reason in (stored.held_because or "")) == (None, True)


def test_a_talk_track_that_is_not_for_a_customer_reaches_no_mail(world: Handoffs) -> None:
    # GIVEN messages of another producer, one of which has a sentence to say
    sent(world)
    unfit = "Your score is RED, churn risk high."
    world.hand_off(message(recommended_talk_track=f"Shall we talk about seats? {unfit}"))
    (draft,) = world.drafts.drafts.values()
    assert draft.paragraphs[1] == "Shall we talk about seats?"
    # AND one has none
    world.account(2)
    answer = world.hand_off(message(2, recommended_talk_track=unfit))
    assert (answer["draft_id"], len(world.drafts.drafts)) == (None, 1)
    assert "no sentence of the talk track is fit for a customer" in answer["error"]


def test_an_offer_without_recipient_is_refused_in_words() -> None:
    # GIVEN an account without a seller
    world = Handoffs(sales_owner=None)
    world.account(1, sales_email=None)
    # WHEN an offer comes
    with pytest.raises(Refused, match=f"'{SEATS}' of account 'A-0001'.*sales owner"):
        world.hand_off(message(sales_email=None))
    # THEN nothing is done
    assert done(world) == {"records": [], "drafts": 0, "chat": 0, "events": 0}


@pytest.mark.parametrize(
    ("number", "status", "why"),
    [(9, None, "not known"), (2, "Churned", "inactive"), (3, "gone", "no longer in the book")],
)
def test_an_account_that_is_not_there_is_offered_nothing(number: int, status: str | None, why: str) -> None:
    # GIVEN an unknown account, an inactive one, and a deleted one
    world = Handoffs()
    if status:
        row = world.account(number, status=status)
        if status == "gone":
            object.__setattr__(row.latest, "status", "gone")
    # WHEN an offer to it comes
    with pytest.raises(Refused, match=f"A-000{number}.*{why}"):
        world.hand_off(message(number))
    # THEN no mail is drafted for it
    assert done(world) == {"records": [], "drafts": 0, "chat": 0, "events": 0}


def test_an_offer_of_another_producer_is_handed_off_once_too() -> None:
    # GIVEN an account of which no offer was found here
    world = Handoffs()
    world.account(1)
    # WHEN another tenant's message comes five times
    answers = [world.hand_off(message()) for _ in range(5)]
    # THEN there is one of each
    assert done(world) == WHOLE
    assert world.records.calls.count("create") == 1
    assert len(world.topic.published) == 1
    assert {answer["status"] for answer in answers} == {"handed_off"}
    assert answers[0]["record_url"] == "https://notion.example/record-1"
    assert world.offers.offers == {}


@pytest.mark.parametrize("port", ["records", "drafts", "topic", "bus"])
@pytest.mark.parametrize("fault", ["down", "lost", "carried out"])
def test_what_fails_keeps_nothing_else_back_and_is_made_up_for(world: Handoffs, port: Port, fault: Fault) -> None:
    # GIVEN one port that fails
    world.weather.faults[port] = [fault]
    # WHEN the message comes
    with pytest.raises(Unavailable, match=port):
        world.hand_off(sent(world))
    # THEN the others are done, and the offer is not handed off yet
    failed = {"records": "records", "drafts": "drafts", "topic": "chat", "bus": "events"}[port]
    assert {what: count for what, count in done(world).items() if what != failed}.items() <= WHOLE.items()
    assert len(world.topic.published) == (0 if (port, fault) in (("topic", "down"), ("topic", "lost")) else 1)
    assert world.offers.offers[SEATS].handoff is None
    # WHEN it comes again
    world.hand_off(sent(world))
    # THEN it is whole; an event whose answer was lost may come twice
    assert done(world) == WHOLE | {"events": 2 if (port, fault) == ("bus", "carried out") else 1}
    assert world.offers.offers[SEATS].handoff is not None


def test_a_gmail_that_is_down_to_the_end_is_an_output_that_failed(world: Handoffs) -> None:
    # GIVEN a Gmail that is down for all tries
    world.weather.faults["drafts"] = ["down"] * 5
    for attempt in range(5):
        with pytest.raises(Unavailable, match="drafts is down"):
            world.hand_off(sent(world), last_try=attempt == 4)
    # THEN the rest is done once, and the failure counted and reported to the team once
    assert done(world) == WHOLE | {"drafts": 0, "chat": 2}
    assert world.counted["HandoffsFailed"] == 1
    # WHEN the message is brought back from the dead-letter queue
    world.hand_off(sent(world))
    # THEN the handoff is whole
    assert done(world) == WHOLE | {"chat": 2}
    assert world.offers.offers[SEATS].handoff == HANDOFF


@pytest.mark.parametrize(
    "error", [Misconfigured("no delegation"), Refused("no such mailbox")], ids=["setting", "input"]
)
def test_a_draft_that_no_further_try_can_bring_holds_nothing_up(world: Handoffs, error: Exception) -> None:
    # GIVEN a Gmail that will not take it
    world.weather.faults["drafts"] = [error]
    # WHEN the message comes
    answer = world.hand_off(sent(world))
    # THEN the offer is handed off without a draft, and that is reported
    assert done(world) == WHOLE | {"drafts": 0}
    assert (answer["draft_id"], answer["partial"], answer["retryable"]) == (None, True, False)
    assert str(error) in answer["error"]
    handoff = world.offers.offers[SEATS].handoff
    assert handoff is not None
    assert str(error) in (handoff.skipped or "")
    assert world.counted == {"Enrichments": 1, "FailOpens": 1}
    # AND reported again on request
    assert world.hand_off(sent(world)) == answer | {"status": "handed_off_before"}


@pytest.mark.parametrize(
    ("port", "words", "missing"),
    [
        ("drafts", "Gmail is not configured", {"drafts": 0}),
        ("records", "no record was made ready: Notion is not configured", {"records": ["Recorded"]}),
    ],
)
def test_absent_ports_are_skipped_and_reported(world: Handoffs, port: str, words: str, missing: dict[str, Any]) -> None:
    answer = world.hand_off(sent(world), without=[port])
    assert done(world) == WHOLE | missing
    assert words in answer["error"]
    assert (answer["partial"], answer["record_url"]) == (True, "https://notion.example/record-1")


def test_without_records_the_link_of_the_message_is_passed_on(caplog: pytest.LogCaptureFixture) -> None:
    world = Handoffs()
    world.account(1)
    with caplog.at_level(logging.WARNING):
        assert world.hand_off(message(), without=["records"])["record_url"] == "https://notion.example/given-1"
    assert "no records are configured" in caplog.text
    assert world.bus.events[0][1].record_url == "https://notion.example/given-1"


def test_a_record_that_cannot_be_written_now_is_linked_all_the_same(world: Handoffs) -> None:
    # GIVEN a Notion that is down, a message without a link, and a ledger that has forgotten the record
    world.weather.faults["records"] = ["down"]
    world.ledger.entries.clear()
    late = sent(world).model_copy(update={"record_url": None})
    # WHEN the message comes until it is done
    with pytest.raises(Unavailable):
        world.hand_off(late)
    world.hand_off(late)
    # THEN the link is that of the offer, and there is no other record
    assert world.bus.events[0][1].record_url == "https://notion.example/record-1"
    assert world.records.calls == ["write", "write"]


def test_a_record_that_was_thrown_away_is_created_anew_once(world: Handoffs) -> None:
    # GIVEN an offer whose record is in the trash, and a Gmail that is down for a moment
    world.records.removed.add("record-1")
    world.weather.faults["drafts"] = ["down"]
    # WHEN the message comes until it is done
    with pytest.raises(Unavailable):
        world.hand_off(sent(world))
    answer = world.hand_off(sent(world))
    # THEN there is one new record, ready for Sales, and everybody gets its link
    assert world.records.calls.count("create") == 1
    assert world.records.records["record-2"].state == "Ready for Sales"
    assert answer["record_url"] == "https://notion.example/record-2"
    assert world.bus.events[0][1].record_url == "https://notion.example/record-2"


def test_a_record_that_was_made_anew_by_the_check_is_made_ready() -> None:
    # GIVEN an offer whose thrown-away record a check had to create anew, of which the table does not know yet
    world = checked()
    world.records.removed.add("record-1")
    world.ledger.entries[f"{SEATS}#record-1", "expansion_record"] = ("done", "record-2")
    world.records.records["record-2"] = world.records.records["record-1"]
    # WHEN the message comes
    world.hand_off(sent(world))
    # THEN that one is made ready, and there is no third
    assert list(world.records.records) == ["record-1", "record-2"]
    assert world.records.records["record-2"].state == "Ready for Sales"


def test_what_sales_wrote_stays(world: Handoffs) -> None:
    # GIVEN an offer that Sales accepted while its handoff was not whole
    world.weather.faults["drafts"] = ["down"]
    with pytest.raises(Unavailable):
        world.hand_off(sent(world))
    world.records.answer(SEATS, status="Accepted")
    # WHEN the message comes again
    world.hand_off(sent(world))
    # THEN the answer is there
    assert list(world.records.answers(TODAY)) == [(RecordedAnswer(SEATS, "Accepted"),)]


@pytest.mark.parametrize(
    ("records", "drafts", "expected"),
    [
        (Refused("no such property"), OutOfTime("no time left"), OutOfTime),
        (Refused("no such property"), None, Refused),
        (Misconfigured("no such database"), "down", Unavailable),
        (Misconfigured("no such database"), None, Misconfigured),
    ],
)
def test_what_brings_the_message_back_comes_before_what_does_not(
    world: Handoffs,
    caplog: pytest.LogCaptureFixture,
    records: Exception,
    drafts: Exception | Fault | None,
    expected: type[Exception],
) -> None:
    # GIVEN two ports that fail, of which one may answer later
    world.weather.faults = {"records": [records], "drafts": [drafts] if drafts else []}
    # WHEN the message comes
    with caplog.at_level(logging.WARNING), pytest.raises(expected) as raised:
        world.hand_off(sent(world))
    # THEN that one decides, and both are in the log
    assert type(raised.value) is expected
    assert str(records) in caplog.text
    assert len(world.bus.events) == 1


def test_an_offer_whose_record_is_refused_does_not_stand_as_open_for_ever(world: Handoffs) -> None:
    # GIVEN a Notion that refuses the record, and an offer on its way
    message_of_the_check = sent(world)
    world.weather.faults = {"records": [Refused("no such property")], "drafts": [OutOfTime("no time left")]}
    # WHEN it may still help to try again
    with pytest.raises(OutOfTime):
        world.hand_off(message_of_the_check)
    # THEN the offer stays as it is
    assert world.offers.offers[SEATS].held_because is None
    # WHEN nothing is left but the refusal
    world.weather.faults = {"records": [Refused("no such property")]}
    with pytest.raises(Refused):
        world.hand_off(message_of_the_check)
    # THEN it says that Sales does not have it, and is no longer open
    stored = world.offers.offers[SEATS]
    assert (stored.dispatched_on, stored.held_because) == (None, "the handoff was refused: no such property")
    assert world.counted["HandoffsFailed"] == 1


def test_an_offer_that_is_in_other_hands_is_waited_for(world: Handoffs) -> None:
    # GIVEN a draft that another function is creating at this moment
    world.ledger = FakeLedger({(SEATS, "sales_draft"): ("sending", "")})  # type: ignore[assignment]
    # WHEN the message comes here too
    with pytest.raises(Unavailable, match="elsewhere"):
        world.hand_off(sent(world))
    # THEN there is no second one
    assert world.drafts.drafts == {}


def test_an_offer_of_yesterday_that_was_answered_is_known_as_handed_off() -> None:
    # GIVEN an offer that Sales has, of an account that has left since
    world = Handoffs()
    world.offers.offers[SEATS] = offer(handoff=HANDOFF)
    # WHEN its message comes late
    answer = world.hand_off(message())
    # THEN nothing is done, and no alarm is raised
    assert answer["status"] == "handed_off_before"
    assert answer["draft_id"] == "draft-1"
    assert done(world) == {"records": [], "drafts": 0, "chat": 0, "events": 0}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_around_any_write_ends_as_a_handoff_without_one(after: bool) -> None:
    whole = checked()
    answer = whole.hand_off(sent(whole))
    assert whole.writes.count > len(PORTS)
    for write in range(1, whole.writes.count + 1):
        # GIVEN a function that dies around one of its writes
        broken = checked()
        setattr(broken.writes, "crash_after" if after else "crash_before", write)
        with pytest.raises(Crash):
            broken.hand_off(sent(broken))
        broken.writes.crash_after = broken.writes.crash_before = None
        # WHEN its message comes back
        again = broken.hand_off(sent(broken))
        # THEN the end is the same
        assert again | {"status": "handed_off"} == answer, write
        assert broken.records.records == whole.records.records, write
        assert broken.drafts.drafts == whole.drafts.drafts, write
        assert broken.digests.digests == whole.digests.digests, write
        assert set(broken.bus.events) == set(whole.bus.events), write
        assert broken.offers.offers == whole.offers.offers, write
