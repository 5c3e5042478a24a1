"""An alert on its channels: once on each, one that fails stops no other, and what became of it is written down."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations

import pytest

from customer_success.alerts.channels import AlertChannel, DraftMail, OwnerOf, PostToChat
from customer_success.alerts.entry import AlertEntry, Outcome
from customer_success.documents import ChatMessage, MailDraft
from customer_success.drafts.drafts import OnceDrafts
from customer_success.errors import Misconfigured, NotTaken, Refused, Unavailable, Unclear, words_of
from customer_success.messages import DigestReady
from customer_success.once import Once, OnceChat
from tests.builders.accounts import TODAY, account, dying
from tests.builders.fakes import FakeAlerts, FakeDigests, FakeLedger, FakeRows, Writes
from tests.builders.scans import World
from tests.builders.scores import alert, row


@dataclass
class Vendor:
    """Stands for chat and mail: does its work, and fails as often as given."""

    name: str = "slack"
    faults: list[Exception] = field(default_factory=list)
    done_before_fault: bool = False
    made: list[ChatMessage | MailDraft] = field(default_factory=list)
    looked_up: int = 0
    refused: dict[int, Exception] = field(default_factory=dict)
    asked: int = 0

    def post(self, made: ChatMessage | MailDraft) -> str:
        self.asked += 1
        if fault := self.refused.get(self.asked - 1):
            raise fault
        if self.faults:
            if self.done_before_fault:
                self.made.append(made)
            raise self.faults.pop(0)
        self.made.append(made)
        return f"{self.name}-{len(self.made)}"

    create = post

    def find(self, *what: object) -> str | None:
        self.looked_up += 1
        key = what[-1].key if isinstance(what[-1], ChatMessage) else what[-1]
        return next((f"found-{m.key}" for m in self.made if m.key == key), None)


def owner_of(*rows: object) -> OwnerOf:
    return OwnerOf(FakeRows(Writes(), {r.account_id: r for r in rows}), "lead@example.com")  # type: ignore[attr-defined]


def once(*chats: Vendor, ledger: FakeLedger | None = None) -> list[OnceChat]:
    ledger = ledger or FakeLedger()
    return [OnceChat(chat, Once(ledger, f"chat_alert:{chat.name}")) for chat in chats]


def drafts_of(gmail: Vendor) -> OnceDrafts:
    return OnceDrafts(gmail, Once(FakeLedger(), "email_alert"))


def channel(chats: Iterable[Vendor], log: FakeAlerts, ledger: FakeLedger | None = None) -> AlertChannel:
    post = PostToChat(once(*chats, ledger=ledger), owner_of(), FakeDigests(Writes()))
    return AlertChannel("chat_alert", log, post.alert)


def log_with(raised: object) -> FakeAlerts:
    log = FakeAlerts(Writes())
    log.add([AlertEntry(raised)])  # type: ignore[arg-type]
    return log


def test_delivered_five_times_an_alert_is_posted_once() -> None:
    # GIVEN an alert
    raised, slack = alert(dying(1)), Vendor()
    log = log_with(raised)
    post = channel([slack], log)
    # WHEN its message is delivered five times
    for _ in range(5):
        post(raised, last_try=False)
    # THEN there is one message, and the alert knows of it
    assert len(slack.made) == 1
    assert log.entries[raised.alert_id].outcomes == {"chat_alert": Outcome("delivered", "slack:slack-1")}


def test_a_chat_that_is_down_keeps_the_other_from_nothing_and_is_tried_again() -> None:
    # GIVEN two chats, the first of which is down
    slack, google = Vendor(faults=[Unavailable("503")]), Vendor("google_chat")
    raised = alert(dying(1))
    log = log_with(raised)
    post = channel([slack, google], log)
    # WHEN the alert is delivered, and again
    with pytest.raises(Unavailable):
        post(raised, last_try=False)
    assert (len(slack.made), len(google.made)) == (0, 1)
    post(raised, last_try=False)
    # THEN each has it once
    assert (len(slack.made), len(google.made)) == (1, 1)


ANY_FAULT = [
    Unavailable("503"),
    Unclear("connection lost"),
    Misconfigured("restricted_action_read_only_channel"),
    NotTaken("msg_too_long"),
    Refused("no such person"),
    KeyError("ts"),
]


@pytest.mark.parametrize("fault", ANY_FAULT, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("first", [True, False])
def test_any_fault_of_one_chat_leaves_the_other_its_alert_and_is_recorded(fault: Exception, first: bool) -> None:
    # GIVEN two chats, one of which fails for good
    slack, google = Vendor(faults=[fault] * 2), Vendor("google_chat")
    raised = alert(dying(1))
    log, ledger = log_with(raised), FakeLedger()
    post = channel([slack, google] if first else [google, slack], log, ledger)
    # WHEN the alert is delivered, and again for the last time  THEN its message is failed each time, with that fault
    for last_try in (False, True):
        with pytest.raises(type(fault)):
            post(raised, last_try=last_try)
    # AND the other has it, once
    assert (len(slack.made), len(google.made)) == (0, 1)
    # AND the alert says where it is, and why not everywhere
    outcome = log.entries[raised.alert_id].outcomes["chat_alert"]
    assert (outcome.state, outcome.reference) == ("failed", "google_chat:google_chat-1")
    assert str(fault) in (outcome.reason or "")


def test_of_several_faults_the_one_that_passes_decides_when_it_is_tried_again() -> None:
    # GIVEN the faults of two chats  WHEN both fail  THEN what a try can change comes before what a person has to
    order = [Unavailable("503"), Misconfigured("missing_scope"), NotTaken("msg_too_long"), Refused("no such person")]
    for better, worse in combinations(order, 2):
        for faults in (better, worse), (worse, better):
            raised = alert(dying(1))
            chats = [Vendor(faults=[faults[0]]), Vendor("google_chat", [faults[1]])]
            with pytest.raises(type(better), match=str(better)):
                channel(chats, log_with(raised))(raised, last_try=True)


class UnwrittenAlerts(FakeAlerts):
    """Alerts of which nothing can be written down."""

    def record(self, *_: object) -> None:
        raise Refused("the alert is not in the table")


def test_a_failure_that_cannot_be_written_down_is_still_the_failure() -> None:
    # GIVEN an alert that is not in the table any more, and a chat that is down  WHEN it is delivered for the last time
    raised = alert(dying(1))
    log = UnwrittenAlerts(Writes())
    # THEN the message is not acknowledged as one that was refused
    with pytest.raises(Unavailable):
        channel([Vendor(faults=[Unavailable("503")])], log)(raised, last_try=True)


@pytest.mark.parametrize("fault", ANY_FAULT, ids=lambda fault: type(fault).__name__)
def test_a_digest_is_posted_message_by_message_and_chat_by_chat(fault: Exception) -> None:
    # GIVEN a digest of several messages, and a chat that fails with the second of them
    world = World([dying(n) for n in range(1, 131)])
    world.scan()
    (digest_id,) = world.topic.digest_ids
    slack, google = Vendor(), Vendor("google_chat")
    slack.refused = {1: fault}
    post = PostToChat(once(slack, google), owner_of(), world.digests)
    ready = DigestReady(tenant_id="acme", digest_id=digest_id, run_kind="health_scan", run_date=TODAY)
    # WHEN it is delivered  THEN its message is failed
    with pytest.raises(type(fault)):
        post.digest(ready)
    # AND all else was posted
    assert len(google.made) > 2
    assert [message for message in google.made if message not in slack.made] == [google.made[1]]
    # AND the next delivery brings what was missing, and nothing twice
    post.digest(ready)
    assert {message.key for message in slack.made} == {message.key for message in google.made}
    assert len(slack.made) == len(google.made)


@pytest.mark.parametrize("fault", [Unavailable("503"), Misconfigured("invalid_auth"), KeyError("ts")])
def test_a_failure_is_written_down_on_the_last_try_alone(fault: Exception) -> None:
    raised = alert(dying(1))
    log = log_with(raised)
    for last_try, outcomes in ((False, {}), (True, {"chat_alert": Outcome("failed", reason=words_of(fault))})):
        with pytest.raises(type(fault)):
            channel([Vendor(faults=[fault])], log)(raised, last_try=last_try)
        assert log.entries[raised.alert_id].outcomes == outcomes


def test_a_connection_that_breaks_after_posting_is_looked_up_and_not_posted_again() -> None:
    # GIVEN a chat that posts and then drops the connection
    slack = Vendor(faults=[Unclear("connection lost")], done_before_fault=True)
    raised = alert(dying(1))
    post = channel([slack], log_with(raised), FakeLedger())
    with pytest.raises(Unclear):
        post(raised, last_try=False)
    # WHEN the message is delivered again
    post(raised, last_try=False)
    # THEN it was found there
    assert (len(slack.made), slack.looked_up) == (1, 1)


def test_no_chat_and_no_mail_configured_is_reported_as_skipped() -> None:
    raised = alert(dying(1))
    log = log_with(raised)
    channel([], log)(raised, last_try=False)
    AlertChannel("email_alert", log, DraftMail(None, owner_of()))(raised, last_try=False)
    assert {name: o.state for name, o in log.entries[raised.alert_id].outcomes.items()} == {
        "chat_alert": "skipped",
        "email_alert": "skipped",
    }


def test_the_owner_is_read_when_the_alert_is_sent() -> None:
    # GIVEN an alert of the morning, and an account that changed hands since
    raised, gmail = alert(dying(1)), Vendor("gmail")
    draft = DraftMail(drafts_of(gmail), owner_of(row(account(1, owner_email="ben@example.com"))))
    # WHEN the draft is made
    draft(raised)
    # THEN it lies in the new owner's mailbox
    assert gmail.made[0].mailbox == "ben@example.com"  # type: ignore[union-attr]


def test_without_an_owner_the_fallback_owner_gets_the_message() -> None:
    raised, gmail = alert(dying(1, owner_email=None)), Vendor("gmail")
    DraftMail(drafts_of(gmail), owner_of(row(dying(1, owner_email=None))))(raised)
    assert gmail.made[0].mailbox == "lead@example.com"  # type: ignore[union-attr]


def test_a_long_digest_names_every_alert_in_one_thread_and_is_posted_once() -> None:
    # GIVEN a first scan with 130 accounts in danger
    world = World([dying(n) for n in range(1, 131)])
    world.scan()
    (digest_id,) = world.topic.digest_ids
    slack = Vendor()
    post = PostToChat(once(slack), owner_of(), world.digests)
    ready = DigestReady(tenant_id="acme", digest_id=digest_id, run_kind="health_scan", run_date=TODAY)
    # WHEN it is delivered twice
    post.digest(ready)
    post.digest(ready)
    # THEN each account stands in it once, in messages of one thread
    lines = [line.text for message in slack.made for line in message.lines]  # type: ignore[union-attr]
    assert [sum(line.startswith(f"Account {n}:") for line in lines) for n in range(1, 131)] == [1] * 130
    head, *rest = slack.made
    assert {message.thread for message in rest} == {head.key}  # type: ignore[union-attr]
    assert all(len(message.lines) <= 40 for message in slack.made)  # type: ignore[union-attr]


def test_a_digest_that_is_not_in_the_table_any_more_is_refused() -> None:
    ready = DigestReady(tenant_id="acme", digest_id="gone", run_kind="health_scan", run_date=TODAY)
    with pytest.raises(Refused, match="gone"):
        PostToChat(once(Vendor()), owner_of(), FakeDigests(Writes())).digest(ready)
