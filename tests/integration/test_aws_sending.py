"""Topic, queues and bus: full batches, and nothing that was not taken goes unnoticed."""

import json
import re
from collections.abc import Iterable
from typing import Any, cast

import boto3
import pytest

from customer_success.aws.messaging.bus import EventBridgeBus
from customer_success.aws.messaging.queues import SqsOutbox
from customer_success.aws.messaging.topic import SnsAnnouncements
from customer_success.errors import Misconfigured, NotTaken, Unavailable
from customer_success.messages import HEALTH_DETAIL_TYPE, ChurnAlert, DigestReady, HealthEvent, PagesChanged
from tests.builders.accounts import TODAY
from tests.builders.aws import Client, Script, loses, refused
from tests.builders.stored import NASTY_ID, alert

DIGEST = DigestReady(tenant_id="acme", digest_id="health_scan:2026-03-02", run_kind="health_scan", run_date=TODAY)


def pages_changed(*account_ids: str) -> PagesChanged:
    return PagesChanged(tenant_id="acme", run_date=TODAY, account_ids=account_ids)


@pytest.fixture
def sqs(aws: boto3.Session) -> Client:
    return Client(aws.client("sqs"))


@pytest.fixture
def queue_url(sqs: Client) -> str:
    return str(sqs.real.create_queue(QueueName="listener")["QueueUrl"])


@pytest.fixture
def sns(aws: boto3.Session) -> Client:
    return Client(aws.client("sns"))


@pytest.fixture
def topic_arn(sns: Client, sqs: Client, queue_url: str) -> str:
    """A topic to which a queue listens."""
    arn = str(sns.real.create_topic(Name="churn-alerts")["TopicArn"])
    queue = sqs.real.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
    raw = {"RawMessageDelivery": "true"}
    sns.real.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue["QueueArn"], Attributes=raw)
    return arn


@pytest.fixture
def topic(sns: Client, topic_arn: str) -> SnsAnnouncements:
    return SnsAnnouncements(cast("Any", sns), topic_arn, lambda: "run-1")


@pytest.fixture
def outbox(sqs: Client, queue_url: str) -> SqsOutbox:
    return SqsOutbox(cast("Any", sqs), queue_url, lambda: "run-1")


def received(sqs: Client, queue_url: str) -> list[dict[str, Any]]:
    """All that lies in the queue."""
    messages: list[dict[str, Any]] = []
    while batch := sqs.real.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages"):
        messages += batch
    return messages


def bodies(messages: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(message["Body"] for message in messages)


def test_announcements_go_out_by_tens_with_what_the_channels_filter_on(
    topic: SnsAnnouncements, sns: Client, sqs: Client, queue_url: str
) -> None:
    # GIVEN 23 alerts, and the digest
    alerts = [alert(f"{NASTY_ID}-{number}", delivery="digest") for number in range(23)]
    # WHEN they are published
    topic.publish([*alerts, DIGEST])
    # THEN each arrives once, as it was, with its kind and delivery as attributes
    messages = received(sqs, queue_url)
    assert bodies(messages) == sorted(message.model_dump_json() for message in (*alerts, DIGEST))
    for message in messages:
        body = json.loads(message["Body"])
        attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        assert attributes == {"kind": body["kind"], "delivery": body["delivery"], "correlation_id": "run-1"}
    assert ChurnAlert.model_validate_json(next(m["Body"] for m in messages if NASTY_ID in m["Body"]))
    # AND by three calls
    assert sns.calls == {"publish_batch": 3}


@pytest.mark.parametrize(("characters", "calls"), [(30_000, 2), (100_000, 5), (250_000, 10)])
def test_a_call_is_no_larger_than_aws_takes(
    topic: SnsAnnouncements, sns: Client, sqs: Client, queue_url: str, characters: int, calls: int
) -> None:
    # GIVEN ten alerts that are too large for one call together; an é has two bytes
    alerts = [alert(str(n), account_name="é" * (characters // 2)) for n in range(10)]
    # WHEN they are published
    topic.publish(alerts)
    # THEN they go out in calls of 256 KB at most
    assert len(received(sqs, queue_url)) == 10
    assert sns.calls == {"publish_batch": calls}


def test_messages_are_sent_by_tens(outbox: SqsOutbox, sqs: Client, queue_url: str) -> None:
    messages = [pages_changed(f"{NASTY_ID}-{number}") for number in range(21)]
    outbox.send(iter(messages))
    assert bodies(received(sqs, queue_url)) == sorted(message.model_dump_json() for message in messages)
    assert sqs.calls == {"send_message_batch": 3}


def test_nothing_to_send_costs_no_call(outbox: SqsOutbox, sqs: Client) -> None:
    outbox.send([])
    assert not sqs.calls


def test_what_is_lost_in_passing_is_sent_once_more(
    topic: SnsAnnouncements, outbox: SqsOutbox, sns: Client, sqs: Client, queue_url: str
) -> None:
    # GIVEN a topic and a queue that answer 200, and did not take two of twelve
    sns.instead("publish_batch", loses("PublishBatchRequestEntries", 0, 3))
    sqs.instead("send_message_batch", loses("Entries", 0, 3))
    # WHEN twelve messages go to each
    topic.publish(alert(str(number)) for number in range(12))
    outbox.send(pages_changed(str(number)) for number in range(12))
    # THEN all arrive, each once
    assert len(set(bodies(received(sqs, queue_url)))) == 24
    assert (sns.calls["publish_batch"], sqs.calls["send_message_batch"]) == (3, 3)


def test_what_stays_lost_is_unavailable_after_the_others_went_out(
    topic: SnsAnnouncements, sns: Client, sqs: Client, queue_url: str
) -> None:
    # GIVEN a topic that loses the second of the first ten, and loses it again
    sns.instead(
        "publish_batch",
        loses("PublishBatchRequestEntries", 1),
        loses("PublishBatchRequestEntries", 0),
    )
    # WHEN twelve are published
    # THEN the caller gets the error
    with pytest.raises(Unavailable, match="did not take 1 messages: InternalFailure: lost"):
        topic.publish(alert(str(number)) for number in range(12))
    # AND the other eleven went out
    assert len(received(sqs, queue_url)) == 11


def test_what_is_our_own_fault_is_not_sent_again(outbox: SqsOutbox, sqs: Client, queue_url: str) -> None:
    sqs.instead("send_message_batch", loses("Entries", 0, code="InvalidMessageContents", sender_fault=True))
    with pytest.raises(NotTaken, match="InvalidMessageContents"):
        outbox.send(pages_changed(str(number)) for number in range(3))
    assert sqs.calls["send_message_batch"] == 1
    assert len(received(sqs, queue_url)) == 2


def test_a_topic_or_queue_that_is_not_there_is_named(sns: Client, sqs: Client) -> None:
    topic_arn = "arn:aws:sns:eu-central-1:123456789012:nowhere"
    queue_url = "https://sqs.eu-central-1.amazonaws.com/123456789012/nowhere"
    with pytest.raises(Misconfigured, match=re.escape(topic_arn)):
        SnsAnnouncements(cast("Any", sns), topic_arn, lambda: "run-1").publish([DIGEST])
    with pytest.raises(Misconfigured, match=re.escape(queue_url)):
        SqsOutbox(cast("Any", sqs), queue_url, lambda: "run-1").send([DIGEST])


@pytest.fixture
def events(aws: boto3.Session) -> Client:
    return Client(aws.client("events"))


@pytest.fixture
def bus(events: Client, sqs: Client, queue_url: str) -> EventBridgeBus:
    """A bus whose events of our source go to the queue."""
    events.real.create_event_bus(Name="company")
    pattern = json.dumps({"source": ["customer_success_manager"], "detail-type": ["agent.health"]})
    events.real.put_rule(Name="ours", EventBusName="company", EventPattern=pattern)
    queue = sqs.real.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
    targets = [{"Id": "queue", "Arn": queue["QueueArn"]}]
    events.real.put_targets(Rule="ours", EventBusName="company", Targets=targets)
    return EventBridgeBus(cast("Any", events), "company")


HEALTH_EVENT = HealthEvent(
    alert_id=f"{NASTY_ID}:2026-03-02:critical",
    tenant_id="acme",
    account_id=NASTY_ID,
    run_date=TODAY,
    score=8.0,
    rag="RED",
    churn_risk="critical",
    churn_trigger="both",
    owner_email=None,
    arr=1000.0,
    contract_end=None,
    reason="entered an alerting state",
)


def test_an_event_reaches_who_listens(bus: EventBridgeBus, sqs: Client, queue_url: str) -> None:
    event_id = bus.put(HEALTH_DETAIL_TYPE, HEALTH_EVENT)
    [message] = received(sqs, queue_url)
    heard = json.loads(message["Body"])
    assert heard["id"] == event_id
    assert HealthEvent.model_validate(heard["detail"], strict=False) == HEALTH_EVENT


def not_taken(code: str) -> Script:
    failed = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": code, "ErrorMessage": "not taken"}]}
    return lambda *_: failed


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (not_taken("InternalFailure"), Unavailable),
        (not_taken("ThrottlingException"), Unavailable),
        (not_taken("NotAuthorizedForSourceException"), Misconfigured),
        (refused("AccessDeniedException"), Misconfigured),
    ],
)
def test_an_event_that_the_bus_did_not_take_is_reported(
    bus: EventBridgeBus, events: Client, script: Script, error: type[Exception]
) -> None:
    events.instead("put_events", script)
    with pytest.raises(error, match="event bus 'company'"):
        bus.put(HEALTH_DETAIL_TYPE, HEALTH_EVENT)
