"""The inbox in S3 and what becomes of its files, also when the function is killed at any of its writes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.response import StreamingBody
from moto import mock_aws
from pydantic import ValidationError

from customer_success.aws.dynamodb.directories import DynamoDirectories
from customer_success.aws.dynamodb.feeds import DynamoFeeds
from customer_success.aws.dynamodb.observations import DynamoObservations
from customer_success.aws.dynamodb.table import Table
from customer_success.aws.inbox import ObjectsCreated, S3Files
from customer_success.errors import Misconfigured, Refused, Removed, Unavailable
from customer_success.metrics import Metric
from customer_success.signals import inbox as inbox_module
from customer_success.signals.directory import ExternalId, Known
from customer_success.signals.entries import Mark
from customer_success.signals.inbox import FileResult, OpenFile, TakeFile, place_of, result_key
from customer_success.signals.ingest import Ingest
from customer_success.signals.spool import DiskSpool
from local.deployment import ROOT
from tests.builders.aws import REGION, TABLE, TENANT, Client, create_table, raising, refused
from tests.builders.fakes import Crash
from tests.integration.test_scan_killed import KilledAt

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

BUCKET = "inbox"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = "in/usage/product/march.csv"
LINES = "account,date,active_users\nA-1,2026-02-28,5\nA-2,2026-02-28,7\nnobody,2026-02-28,1\n"
BOOK = [Known("A-1"), Known("A-2", (ExternalId("product", "cus_2"),))]


@pytest.fixture
def s3(aws: boto3.Session) -> Client:
    """S3 with the bucket in it."""
    real: Any = aws.client("s3")
    real.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return Client(real)


@pytest.fixture
def files(s3: Client) -> S3Files:
    return S3Files(cast("S3Client", s3), BUCKET)


def take_file(files: S3Files, dynamodb: Any) -> TakeFile:
    """The job of one process."""
    table = Table(cast("DynamoDBClient", dynamodb), TABLE, TENANT)
    stores = DynamoObservations(table, clock=lambda: 1_772_434_800.0), DynamoFeeds(table), DynamoDirectories(table)
    return TakeFile(files, Ingest(*stores, DiskSpool, Mark(TENANT)))


def result(s3: Client, key: str = KEY) -> FileResult:
    return FileResult.model_validate_json(s3.real.get_object(Bucket=BUCKET, Key=result_key(key))["Body"].read())


def test_a_file_is_read_with_its_size_arrival_and_content(s3: Client, files: S3Files) -> None:
    s3.real.put_object(Bucket=BUCKET, Key=KEY, Body=LINES.encode())
    with files.open(KEY) as file:
        assert file.content.read() == LINES.encode()
    head = s3.real.head_object(Bucket=BUCKET, Key=KEY)
    assert (file.size, file.arrived_at) == (len(LINES), head["LastModified"])
    assert f'"{file.content_hash}"' == head["ETag"]


def test_a_file_that_was_removed_is_reported(files: S3Files) -> None:
    with pytest.raises(Removed, match="is not there any more"), files.open(KEY):
        pass


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (refused("SlowDown", status=503), Unavailable),
        (refused("InternalError", status=500), Unavailable),
        (refused("AccessDenied", status=403), Misconfigured),
        (raising(ReadTimeoutError(endpoint_url="https://s3.example")), Unavailable),
    ],
)
def test_a_bucket_that_does_not_answer_is_no_file_that_is_wrong(
    s3: Client, files: S3Files, script: Any, expected: type[Exception]
) -> None:
    s3.instead("get_object", script)
    with pytest.raises(expected) as raised, files.open(KEY):
        pass
    assert not isinstance(raised.value, Refused)


class Interrupted(BytesIO):
    """A connection that breaks after its first part."""

    def read(self, *_: Any) -> bytes:
        if part := super().read(10):
            return part
        raise ReadTimeoutError(endpoint_url="https://s3.example")


@pytest.mark.parametrize("body", [Interrupted(LINES.encode()), BytesIO(LINES.encode()[:40])], ids=["breaks", "short"])
def test_a_connection_that_ends_in_the_middle_is_tried_again(
    s3: Client, files: S3Files, dynamodb: Client, body: Any
) -> None:
    # GIVEN a connection that ends after the heading
    s3.real.put_object(Bucket=BUCKET, Key=KEY, Body=LINES.encode())

    def part(operation: Any, request: Any) -> Any:
        answer = operation(**request)
        return {**answer, "Body": StreamingBody(body, len(LINES))}

    s3.instead("get_object", part)
    # THEN the file is not called wrong, and nothing is written
    with pytest.raises(Unavailable):
        take_file(files, dynamodb)(KEY)
    assert dynamodb.calls["update_item"] == 0
    # AND the next try takes it in
    assert take_file(files, dynamodb)(KEY).lines == 3


def test_what_s3_sends_is_read() -> None:
    # GIVEN the test event that comes first, and keys as they stand in a URL
    test = '{"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-03-02T03:10:00.000Z", "Bucket": "inbox"}'
    keys = ["in/usage/product/two+words/%C3%BCnits%2B1%25.csv", "in/usage/product/march/"]
    records = [{"eventName": "ObjectCreated:Put", "s3": {"object": {"key": key, "size": 1}}} for key in keys]
    # THEN the first names no file, and a folder is none
    assert ObjectsCreated.model_validate_json(test).keys == []
    named = ObjectsCreated.model_validate_json(json.dumps({"Records": records})).keys
    assert named == ["in/usage/product/two words/ünits+1%.csv"]
    sample = (ROOT / "events/objects_created.json").read_text("utf-8")
    assert ObjectsCreated.model_validate_json(sample).keys == ["in/usage/product/usage 2026-03-01.csv"]


@pytest.mark.parametrize("body", ["{}", '{"Records": []}', '{"Records": [{"s3": {}}]}', '{"Event": "s3:Other"}', "[]"])
def test_what_s3_does_not_send_is_not_acknowledged(body: str) -> None:
    with pytest.raises(ValidationError):
        ObjectsCreated.model_validate_json(body)


def test_a_result_lies_outside_of_what_starts_the_function_and_fits() -> None:
    assert result_key(KEY) == "results/usage/product/march.csv.json"
    long = [f"in/usage/product/{'ü' * 490}{end}" for end in ("a.csv", "b.csv")]
    assert len({result_key(key) for key in long}) == 2
    assert all(len(result_key(key).encode()) <= 1024 for key in long)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("in/usage/march.csv", "put it under in/<kind>/<source>/"),
        ("out/usage/product/march.csv", "put it under in/<kind>/<source>/"),
        ("in/payroll/product/march.csv", "'payroll' is no kind of file"),
        ("in/outcomes/product/march.csv", "outcomes are not taken from files"),
        ("in/usage/../march.csv", "'..' is no name of a source"),
    ],
)
def test_a_place_that_is_none_is_refused(key: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        place_of(key)


@pytest.mark.parametrize(
    ("key", "snapshot"),
    [(KEY, False), ("in/tickets/zendesk/snapshot/a.csv", True), ("in/tickets/zendesk/2026/snapshot/a.csv", True)],
)
def test_a_file_in_a_folder_snapshot_is_complete(key: str, snapshot: bool) -> None:
    assert place_of(key).snapshot is snapshot


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    s3: Client, files: S3Files, dynamodb: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "MOST_BYTES", 10)
    s3.real.put_object(Bucket=BUCKET, Key=KEY, Body=LINES.encode())
    done = take_file(files, dynamodb)(KEY)
    assert (done.status, done.reason) == ("refused", f"the file has {len(LINES)} bytes, at most 10 are read at once")
    assert result(s3) == done


def test_a_result_is_counted_and_has_no_value_of_a_person(s3: Client, files: S3Files, dynamodb: Client) -> None:
    # GIVEN a file of answers with a wrong one, whose columns are shifted
    lines = "account,person,score,at\nada@acme.example,Ada Lovelace,9,2026-02-01\nA-1,9,Ada Lovelace,2026-02-01\n"
    key = "in/nps/survey/a.csv.gz"
    s3.real.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(lines.encode()))
    # WHEN it is taken in
    done = take_file(files, dynamodb)(key)
    # THEN line, field and bound are named, and the domain by which the account could be found
    (refusal,) = done.refusals
    assert refusal.line == 3 and refusal.reason.startswith("score: ")
    assert done.unjoined == ("…@acme.example",)
    assert "Ada" not in result(s3, key).model_dump_json() and "ada@" not in result(s3, key).model_dump_json()
    # AND it is counted
    assert done.counts() == {Metric.FILES_ACCEPTED: 1, Metric.LINES_ACCEPTED: 1, Metric.LINES_REFUSED: 1}


def test_killed_at_any_write_a_file_is_taken_in_by_the_next_delivery(session: boto3.Session) -> None:
    # GIVEN what one delivery leaves behind
    expected = state(session, killed_at=None)
    # WHEN the function dies at each of its writes, before and after it, and the message comes again
    killed = 0
    for number in range(1, 40):
        for after in (False, True):
            found = state(session, killed_at=(number, after))
            if found is None:
                assert killed >= 8
                return
            killed += 1
            # THEN nothing is missing, and nothing is there twice
            assert found == expected, (number, after)
    raise AssertionError("the writes have no end")


class ArrivedAtNoon(S3Files):
    """A bucket in which every file has the same age."""

    @contextmanager
    def open(self, key: str) -> Iterator[OpenFile]:
        with super().open(key) as file:
            yield replace(file, arrived_at=NOON)


def state(session: boto3.Session, *, killed_at: tuple[int, bool] | None) -> Any:
    """All items and results after a delivery, and one more if the first was killed; None if it was not."""
    with mock_aws():
        table: Any = session.client("dynamodb")
        s3: Any = session.client("s3")
        create_table(table)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=LINES.encode())
        DynamoDirectories(Table(table, TABLE, TENANT)).write(BOOK)
        files = ArrivedAtNoon(s3, BUCKET)
        if killed_at is not None:
            number, after = killed_at
            try:
                take_file(files, KilledAt(table, **{"after" if after else "before": number}))(KEY)
                return None
            except Crash:
                pass
        take_file(files, table)(KEY)
        items = table.scan(TableName=TABLE)["Items"]
        written = json.loads(s3.get_object(Bucket=BUCKET, Key=result_key(KEY))["Body"].read())
        return sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"])), written["status"]
