"""The consumer: one record that fails neither repeats nor drops the others, and waits for its own time."""

import json
import math
from collections.abc import Callable
from io import StringIO
from typing import Any, cast
from uuid import uuid4

import boto3
import pytest
from aws_lambda_powertools import Logger

from customer_success.aws.messaging.consumer import Delivery, QueueConsumer
from customer_success.errors import Misconfigured, NotTaken, OutOfTime, Refused, Removed, Unavailable
from customer_success.messages import DigestReady
from tests.builders.aws import Client, refused
from tests.builders.stored import NASTY_ID


@pytest.fixture
def sqs(aws: boto3.Session) -> Client:
    return Client(aws.client("sqs"))


class Queue:
    """A queue with messages in it, from which Lambda takes batches."""

    def __init__(self, sqs: Client) -> None:
        self.sqs = sqs
        self.url = str(sqs.real.create_queue(QueueName="work")["QueueUrl"])
        self.hidden: dict[str, int] = {}
        sqs.instead("change_message_visibility", *[self._note] * 10)

    def _note(self, operation: Callable[..., Any], request: dict[str, Any]) -> Any:
        self.hidden[self._bodies[request["ReceiptHandle"]]] = request["VisibilityTimeout"]
        return operation(**request)

    def batch(self, *messages: str, receives: int = 1) -> dict[str, Any]:
        """Put messages into the queue, take them as Lambda does, and return its event."""
        for body in messages:
            delivery = {"DataType": "String", "StringValue": "single"}
            self.sqs.real.send_message(QueueUrl=self.url, MessageBody=body, MessageAttributes={"delivery": delivery})
        taken = self.sqs.real.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])[
            "Messages"
        ]
        self._bodies = {message["ReceiptHandle"]: message["Body"] for message in taken}
        return {"Records": [_record(message, receives) for message in taken]}


def _record(message: dict[str, Any], receives: int) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {"ApproximateReceiveCount": str(receives)},
        "messageAttributes": {
            name: {"stringValue": value["StringValue"], "dataType": value["DataType"]}
            for name, value in message["MessageAttributes"].items()
        },
        "eventSource": "aws:sqs",
    }


@pytest.fixture
def queue(sqs: Client) -> Queue:
    return Queue(sqs)


@pytest.fixture
def log() -> StringIO:
    return StringIO()


@pytest.fixture
def logger(log: StringIO) -> Logger:
    """A logger of this test alone: loggers of one name share their first stream."""
    return Logger(service=uuid4().hex, stream=log)


@pytest.fixture
def consumer(sqs: Client, queue: Queue, logger: Logger) -> QueueConsumer:
    return QueueConsumer(
        cast("Any", sqs),
        queue.url,
        retry_base_seconds=60,
        max_receives=5,
        logger=logger,
    )


def logged(log: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def failed(event: dict[str, Any], response: Any) -> list[str]:
    """The bodies of the records that were reported failed."""
    ids = {failure["itemIdentifier"] for failure in response["batchItemFailures"]}
    return [record["body"] for record in event["Records"] if record["messageId"] in ids]


class Work:
    """Work that meets each message in its own way, and remembers what it was given."""

    def __init__(self, **troubles: Exception) -> None:
        self.troubles = troubles
        self.given: list[Delivery] = []

    def __call__(self, delivery: Delivery) -> None:
        self.given.append(delivery)
        if trouble := self.troubles.get(delivery.body):
            raise trouble

    @property
    def bodies(self) -> list[str]:
        return [delivery.body for delivery in self.given]


def test_every_record_is_worked_on_and_only_those_that_failed_come_again(consumer: QueueConsumer, queue: Queue) -> None:
    # GIVEN a batch of which the second has to wait for a vendor, and the fourth meets a bug
    event = queue.batch("a", "b", "c", "d", "e")
    work = Work(b=Unavailable("the vendor asks for a pause", retry_after=7.2), d=KeyError("bug"))
    # WHEN it is consumed
    response = consumer.consume(event, work)
    # THEN all were worked on, and the two are reported
    assert work.bodies == ["a", "b", "c", "d", "e"]
    assert failed(event, response) == ["b", "d"]
    # AND each of them is hidden for its own time
    assert queue.hidden == {"b": 8, "d": 60}


@pytest.mark.parametrize(
    ("asked", "hidden"),
    [(math.nan, 60), (math.inf, 43_200), (-math.inf, 1), (-5.0, 1), (0.0, 1), (1.8e9, 43_200), (0.2, 1)],
)
def test_no_wish_of_a_vendor_keeps_a_record_from_being_hidden(
    consumer: QueueConsumer, queue: Queue, asked: float, hidden: int
) -> None:
    # GIVEN a vendor that asks for a pause of no possible length  WHEN the work fails  THEN it comes again all the same
    event = queue.batch("a", "b")
    assert failed(event, consumer.consume(event, Work(a=Unavailable("later", retry_after=asked)))) == ["a"]
    assert queue.hidden == {"a": hidden}


def test_a_batch_that_fails_as_a_whole_is_reported_record_by_record(consumer: QueueConsumer, queue: Queue) -> None:
    event = queue.batch("a", "b")
    response = consumer.consume(event, Work(a=Unavailable("down"), b=Unavailable("down")))
    assert failed(event, response) == ["a", "b"]


def test_a_record_that_cannot_be_read_fails_alone(consumer: QueueConsumer, queue: Queue) -> None:
    # GIVEN a record without the number of its tries between two others
    event = queue.batch("a", "b", "c")
    del event["Records"][1]["attributes"]["ApproximateReceiveCount"]
    # WHEN the batch is consumed
    work = Work()
    response = consumer.consume(event, work)
    # THEN it comes again, and the others do not
    assert failed(event, response) == ["b"]
    assert work.bodies == ["a", "c"]


def test_the_work_gets_what_it_needs(consumer: QueueConsumer, queue: Queue) -> None:
    # GIVEN a message that comes for the fourth time, and one that comes for the last
    for receives, last_try in ((4, False), (5, True), (6, True)):
        work = Work()
        body = f"{NASTY_ID} {receives}"
        event = queue.batch(body, receives=receives)
        # WHEN it is consumed
        consumer.consume(event, work)
        # THEN the work knows
        message_id = event["Records"][0]["messageId"]
        assert work.given == [Delivery(body, receives, last_try, message_id, {"delivery": "single"})]


@pytest.mark.parametrize(
    ("trouble", "receives", "seconds"),
    [
        (Unavailable("down"), 1, 60),
        (Unavailable("down"), 2, 120),
        (Unavailable("down"), 4, 480),
        (Unavailable("down"), 5, 0),
        (Misconfigured("share the database"), 3, 240),
        (NotTaken("the page is too large"), 2, 120),
        (NotTaken("the page is too large"), 5, 0),
        (RuntimeError("bug"), 2, 120),
        (Unavailable("busy", retry_after=90.01), 4, 91),
        (OutOfTime("the rest goes on later", retry_after=0), 3, 1),
        (Unavailable("closed until Monday", retry_after=172_800), 1, 43_200),
    ],
)
def test_a_failed_message_waits_as_asked_or_twice_as_long_each_time_and_not_before_its_dead_letter_queue(
    consumer: QueueConsumer, queue: Queue, trouble: Exception, receives: int, seconds: int
) -> None:
    event = queue.batch("a", receives=receives)
    assert failed(event, consumer.consume(event, Work(a=trouble))) == ["a"]
    assert queue.hidden == {"a": seconds}


def test_bad_input_is_logged_and_acknowledged(consumer: QueueConsumer, queue: Queue, log: StringIO) -> None:
    # GIVEN a message that asks for something impossible
    event = queue.batch("a", "b")
    work = Work(a=Refused("tenant 'other' is not served here"))
    # WHEN it is consumed
    response = consumer.consume(event, work)
    # THEN it does not come again, the reason can be read, and the next one was worked on
    assert failed(event, response) == []
    assert queue.hidden == {}
    assert work.bodies == ["a", "b"]
    refused, done = logged(log)
    assert refused["message"] == "message refused: tenant 'other' is not served here"
    assert refused["message_id"] == event["Records"][0]["messageId"]
    # AND each message leaves a line by which it can be followed
    assert (done["message"], done["message_id"]) == ("message done", event["Records"][1]["messageId"])


def test_what_a_person_threw_away_is_acknowledged_and_what_a_vendor_does_not_take_is_not(
    consumer: QueueConsumer, queue: Queue, log: StringIO
) -> None:
    # GIVEN one message whose page is removed, and one whose page a vendor will not take
    event = queue.batch("gone", "not taken", receives=5)
    work = Work(**{"gone": Removed("the page is in the trash"), "not taken": NotTaken("Notion refused the page")})
    # WHEN they are consumed for the last time
    response = consumer.consume(event, work)
    # THEN the second is on its way to the dead-letter queue, and the log says why, without a trace
    assert failed(event, response) == ["not taken"]
    assert [line["message"] for line in logged(log)] == [
        "message refused: the page is in the trash",
        "message failed: NotTaken: Notion refused the page",
    ]
    assert not any("exception" in line for line in logged(log))


def test_an_unreadable_message_is_on_its_way_to_the_dead_letter_queue(
    consumer: QueueConsumer, queue: Queue, log: StringIO
) -> None:
    event = queue.batch('{"version": 99}', "not even JSON")
    response = consumer.consume(event, lambda delivery: DigestReady.model_validate_json(delivery.body))
    assert failed(event, response) == ['{"version": 99}', "not even JSON"]
    assert all("ValidationError" in line["message"] for line in logged(log))


def test_a_message_that_cannot_be_hidden_is_still_failed(
    queue: Queue, sqs: Client, log: StringIO, logger: Logger
) -> None:
    # GIVEN a role that may not change visibilities
    client = Client(sqs.real)
    client.instead("change_message_visibility", refused("AccessDenied", status=403))
    consumer = QueueConsumer(
        cast("Any", client),
        queue.url,
        retry_base_seconds=1,
        max_receives=5,
        logger=logger,
    )
    event = queue.batch("a", "b")
    work = Work(a=Unavailable("down"))
    # WHEN a record fails
    response = consumer.consume(event, work)
    # THEN it is reported, the log says what is missing, and the next one was worked on
    assert failed(event, response) == ["a"]
    assert work.bodies == ["a", "b"]
    assert "could not be hidden: queue" in logged(log)[1]["message"]


def test_a_bug_is_logged_with_its_trace_and_a_passing_fault_without(
    consumer: QueueConsumer, queue: Queue, log: StringIO
) -> None:
    event = queue.batch("a", "b")
    consumer.consume(event, Work(a=RuntimeError("bug"), b=Unavailable("down")))
    bug, down = logged(log)
    assert "Traceback" in bug["exception"]
    assert "exception" not in down
    assert (down["receive_count"], down["level"]) == (1, "WARNING")
