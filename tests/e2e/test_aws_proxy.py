"""The proxy between the functions and the embedded AWS: what AWS's own client meets when a fault strikes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from local.deployment import STACK_PYTHON
from local.stack.serving import REGION, serving
from tests.builders.aws import TABLE, create_table
from tests.builders.aws_proxy import AwsFault, AwsProxy

ONCE = Config(retries={"total_max_attempts": 1}, proxies={})


@dataclass(frozen=True)
class Aws:
    """The embedded AWS with a table, a queue, a topic that leads to it, a bus and a secret, reached by the proxy."""

    proxy: AwsProxy
    client: Callable[[str], Any]
    queue: str
    topic: str

    def received(self) -> list[str]:
        """What lies in the queue."""
        answer = self.client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        return sorted(message["Body"] for message in answer.get("Messages", []))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with serving(tmp_path_factory.mktemp("stack"), STACK_PYTHON) as direct, AwsProxy(direct.endpoint or "") as proxy:

        def client(service: str) -> Any:
            session: Any = boto3.Session("test", "test", region_name=REGION)
            return session.client(service, endpoint_url=proxy.url, config=ONCE)

        create_table(client("dynamodb"))
        client("events").create_event_bus(Name="bus")
        client("secretsmanager").create_secret(Name="secret", SecretString="word")
        queue = client("sqs").create_queue(QueueName="queue")["QueueUrl"]
        topic = client("sns").create_topic(Name="topic")["TopicArn"]
        yield Aws(proxy, client, queue, topic)


@pytest.fixture
def aws(shared: Aws) -> Aws:
    shared.proxy.mend()
    shared.client("sqs").purge_queue(QueueUrl=shared.queue)
    return shared


def item(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}, "sk": {"S": "-"}}


def entries(*bodies: str) -> list[dict[str, str]]:
    return [{"Id": str(place), "MessageBody": body} for place, body in enumerate(bodies)]


def events(*names: str) -> list[dict[str, str]]:
    return [{"EventBusName": "bus", "Source": "test", "DetailType": name, "Detail": "{}"} for name in names]


def test_without_a_fault_everything_goes_through_and_is_counted(aws: Aws) -> None:
    before = aws.proxy.calls["secretsmanager GetSecretValue"]
    assert aws.client("secretsmanager").get_secret_value(SecretId="secret")["SecretString"] == "word"
    assert aws.proxy.calls["secretsmanager GetSecretValue"] == before + 1


@pytest.mark.parametrize(
    ("service", "operation", "request_of", "code"),
    [
        ("dynamodb", "GetItem", {"TableName": TABLE, "Key": item("a")}, "ProvisionedThroughputExceededException"),
        ("sqs", "GetQueueUrl", {"QueueName": "queue"}, "RequestThrottled"),
        ("sns", "ListTopics", {}, "Throttled"),
        ("events", "PutEvents", {"Entries": events("a")}, "ThrottlingException"),
        ("secretsmanager", "GetSecretValue", {"SecretId": "secret"}, "ThrottlingException"),
    ],
)
def test_a_throttled_call_is_refused_as_the_service_does(
    aws: Aws, service: Any, operation: str, request_of: dict[str, Any], code: str
) -> None:
    aws.proxy.fault(AwsFault(service, "throttled", operation))
    name = "".join(f"_{c.lower()}" if c.isupper() else c for c in operation).removeprefix("_")
    with pytest.raises(ClientError) as refusal:
        getattr(aws.client(service), name)(**request_of)
    assert refusal.value.response["Error"]["Code"] == code
    # AND the next one passes
    getattr(aws.client(service), name)(**request_of)
    assert aws.proxy.in_force() == []


@pytest.mark.parametrize(("kind", "written"), [("reset_before", False), ("reset_after", True)])
def test_a_reset_comes_before_or_after_the_work(aws: Aws, kind: Any, written: bool) -> None:
    table = aws.client("dynamodb")
    aws.proxy.fault(AwsFault("dynamodb", kind, "PutItem", match=kind))
    with pytest.raises(ConnectionClosedError):
        table.put_item(TableName=TABLE, Item=item(kind))
    assert ("Item" in table.get_item(TableName=TABLE, Key=item(kind))) is written


def test_a_fault_strikes_those_that_are_meant_and_from_the_call_on_that_is_meant(aws: Aws) -> None:
    table = aws.client("dynamodb")
    aws.proxy.fault(AwsFault("dynamodb", "throttled", "GetItem", match="meant", after=1))
    for name in ("other", "meant", "other"):
        table.get_item(TableName=TABLE, Key=item(name))
    with pytest.raises(ClientError):
        table.get_item(TableName=TABLE, Key=item("meant"))


def test_a_batch_of_items_is_written_in_part(aws: Aws) -> None:
    table = aws.client("dynamodb")
    wanted = [{"PutRequest": {"Item": item(name)}} for name in ("part-1", "part-2", "part-3")]
    aws.proxy.fault(AwsFault("dynamodb", "in_part"))
    answer = table.batch_write_item(RequestItems={TABLE: wanted})
    assert answer["UnprocessedItems"] == {TABLE: wanted[1:]}
    there = [
        name for name in ("part-1", "part-2", "part-3") if "Item" in table.get_item(TableName=TABLE, Key=item(name))
    ]
    assert there == ["part-1"]
    # AND one of a single item not at all
    aws.proxy.fault(AwsFault("dynamodb", "in_part"))
    answer = table.batch_write_item(RequestItems={TABLE: wanted[2:]})
    assert answer["UnprocessedItems"] == {TABLE: wanted[2:]}


def test_a_batch_of_items_is_read_in_part(aws: Aws) -> None:
    table = aws.client("dynamodb")
    keys = [item("read-1"), item("read-2")]
    table.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": key}} for key in keys]})
    aws.proxy.fault(AwsFault("dynamodb", "in_part"))
    asked = {"Keys": keys, "ConsistentRead": True, "ProjectionExpression": "pk"}
    answer = table.batch_get_item(RequestItems={TABLE: asked})
    assert answer["Responses"] == {TABLE: [{"pk": {"S": "read-1"}}]}
    assert answer["UnprocessedKeys"] == {TABLE: {**asked, "Keys": keys[1:]}}


def test_a_transaction_meets_another_one(aws: Aws) -> None:
    aws.proxy.fault(AwsFault("dynamodb", "in_part"))
    table = aws.client("dynamodb")
    with pytest.raises(ClientError) as refusal:
        table.transact_write_items(TransactItems=[{"Put": {"TableName": TABLE, "Item": item("conflict")}}])
    assert refusal.value.response["Error"]["Code"] == "TransactionCanceledException"
    assert [reason["Code"] for reason in refusal.value.response["CancellationReasons"]] == ["TransactionConflict"]
    assert "Item" not in table.get_item(TableName=TABLE, Key=item("conflict"))


def test_a_batch_of_messages_is_taken_in_part(aws: Aws) -> None:
    aws.proxy.fault(AwsFault("sqs", "in_part"))
    answer = aws.client("sqs").send_message_batch(QueueUrl=aws.queue, Entries=entries("a", "b", "c"))
    assert [entry["Id"] for entry in answer["Successful"]] == ["0"]
    assert [(entry["Id"], entry["SenderFault"]) for entry in answer["Failed"]] == [("1", False), ("2", False)]
    assert aws.received() == ["a"]


def test_a_batch_of_announcements_is_taken_in_part(aws: Aws) -> None:
    wanted = [{"Id": name, "Message": name} for name in ("a", "b", "c")]
    for taken in (["a"], []):
        aws.proxy.fault(AwsFault("sns", "in_part"))
        answer = aws.client("sns").publish_batch(TopicArn=aws.topic, PublishBatchRequestEntries=wanted)
        assert [entry["Id"] for entry in answer["Successful"]] == taken
        assert [(entry["Id"], entry["SenderFault"]) for entry in answer["Failed"]] == [
            (entry["Id"], False) for entry in wanted[len(taken) :]
        ]
        wanted = wanted[2:]


def test_events_are_taken_in_part(aws: Aws) -> None:
    aws.proxy.fault(AwsFault("events", "in_part"))
    answer = aws.client("events").put_events(Entries=events("a", "b"))
    assert answer["FailedEntryCount"] == 1
    assert ["EventId" in entry for entry in answer["Entries"]] == [True, False]
