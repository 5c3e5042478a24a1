"""`make ingest`: what it takes, how it waits, and what it prints."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from customer_success.signals.inbox import CLOSES_NOTHING, FileResult, LineRefusal
from local.ingest import asked
from local.ingest.asked import AskedWronglyError, FileAsked, read_asked
from local.ingest.delivery import NoResultError, deliver, result_lines
from local.stack.aws import Aws
from local.stack.deploy import Deployment

GIVEN = {"KIND": "usage", "SOURCE": "product"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "usage of march.csv"
    path.write_text("account,date,active_users\nA-1,2026-03-01,5\n")
    return path


@pytest.mark.parametrize(
    ("snapshot", "key"),
    [("", "in/usage/product/m-usage of march.csv"), ("1", "in/usage/product/snapshot/m-usage of march.csv")],
)
def test_a_file_goes_to_its_place_under_its_name(file: Path, snapshot: str, key: str) -> None:
    assert read_asked({**GIVEN, "FILE": str(file), "SNAPSHOT": snapshot}).key("m") == key


def test_a_long_name_is_cut_so_that_the_key_fits(tmp_path: Path) -> None:
    assert len(FileAsked(tmp_path / ("ü" * 120), "in/usage/product/").key("m").encode()) < 130


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"FILE": ""}, "FILE is missing"),
        ({"FILE": "missing.csv"}, "FILE=missing.csv: No such file or directory"),
        ({"FILE": "."}, "FILE=.: this is no file"),
        ({"KIND": ""}, "KIND is missing: one of signals, usage"),
        ({"KIND": "payroll"}, "KIND=payroll: 'payroll' is no kind of file: one of signals, usage"),
        ({"KIND": "usage/product"}, "KIND=usage/product: "),
        (
            {"KIND": "outcomes"},
            "KIND=outcomes: outcomes are not taken from files: send them to POST /observations/outcomes",
        ),
        ({"SOURCE": ""}, "SOURCE is missing"),
        ({"SOURCE": "our product"}, "SOURCE=our product: 'our product' is no name of a source: letters, digits"),
        ({"SOURCE": "a/b"}, "SOURCE=a/b: "),
        ({"SNAPSHOT": "yes"}, "SNAPSHOT=yes: expected 1"),
    ],
)
def test_what_is_missing_or_wrong_is_named_with_what_would_be_right(
    file: Path, given: dict[str, str], expected: str
) -> None:
    with pytest.raises(AskedWronglyError) as error:
        read_asked({**GIVEN, "FILE": str(file)} | given)
    assert str(error.value).startswith(expected)
    assert len(str(error.value).splitlines()) == 1


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "MOST_BYTES", 10)
    with pytest.raises(AskedWronglyError, match="43 bytes, at most 10"):
        read_asked({**GIVEN, "FILE": str(file)})


class Bucket:
    """S3, and a queue, in which a result appears at the n-th look; 0 means never."""

    def __init__(self, result: bytes, *, at_look: int = 1) -> None:
        self.put: list[str] = []
        self._result = result
        self._at_look = at_look
        self._looks = 0

    def upload_file(self, _: str, bucket: str, key: str) -> None:
        assert bucket == "inbox"
        self.put.append(key)

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - as boto3 calls it
        assert (Bucket, Key) == ("inbox", f"results/{self.put[-1].removeprefix('in/')}.json")
        self._looks += 1
        if self._looks == self._at_look:
            return {"Body": BytesIO(self._result)}
        raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "not there"}}, "GetObject")

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        names = ("", "NotVisible", "Delayed")
        return {"Attributes": {f"ApproximateNumberOfMessages{name}": "1" for name in names}}


def delivered(bucket: Bucket, file: Path, **options: Any) -> tuple[FileResult, list[str]]:
    aws = Aws(boto3.Session(region_name="eu-central-1"))
    aws.__dict__.update(s3=bucket, sqs=bucket)
    queues = {"inbox": "https://queue/inbox", "inbox-dlq": "https://queue/inbox-dlq"}
    deployed = Deployment({"InboxBucketName": "inbox"}, {}, queues, {})
    shown: list[str] = []
    asked_for = read_asked({**GIVEN, "FILE": str(file)})
    return deliver(aws, deployed, asked_for, shown.append, sleep=lambda _: None, **options), shown


RESULT = FileResult(file="in/a.csv", status="accepted", kind="usage", lines=1, accepted=1, accounts=1, joined=1)


def test_while_the_result_is_not_there_a_line_now_and_then_shows_that_it_is_waited_for(file: Path) -> None:
    found, shown = delivered(Bucket(RESULT.model_dump_json().encode(), at_look=50), file)
    assert found == RESULT
    assert shown[0].startswith("putting usage of march.csv into s3://inbox/in/usage/product/")
    assert shown[1:] == [
        f"  waiting for its result: {seconds} s, 3 on the queue inbox, 3 among its dead letters" for seconds in (10, 20)
    ]


def test_each_file_has_a_key_of_its_own(file: Path) -> None:
    buckets = [Bucket(RESULT.model_dump_json().encode()) for _ in range(2)]
    for bucket in buckets:
        delivered(bucket, file)
    assert buckets[0].put != buckets[1].put


def test_a_result_that_does_not_come_is_reported_with_where_it_will_lie(file: Path) -> None:
    with pytest.raises(
        NoResultError, match=r"after 30 s .* 3 among its dead letters.*s3://inbox/results/usage/product"
    ):
        delivered(Bucket(b"", at_look=0), file, most_seconds=30)


def test_a_result_of_another_version_is_reported(file: Path) -> None:
    with pytest.raises(NoResultError, match="the deployment is of another version"):
        delivered(Bucket(b'{"surprise": 1}'), file)


def test_a_result_is_printed_with_all_that_a_person_can_mend() -> None:
    refusals = (LineRefusal(line=4, reason="active_users: at least 0"),)
    given = {"status": "accepted in part", "accepted": 1_200, "lines": 1_340, "refused": 140, "changed": 1_000}
    joined = {"accounts": 62, "joined": 60, "unjoined": ("acme", "…@acme.example"), "refusals": refusals}
    result = FileResult.model_validate({"file": "in/a.csv", "kind": "usage", **given, **joined})
    assert list(result_lines(result)) == [
        "accepted in part: 1,200 of 1,340 lines; new or changed values: 1,000",
        "140 lines are refused:",
        "  line 4: active_users: at least 0",
        "  and 139 more",
        "60 of 62 keys lead to an account",
        "these lead to none; they wait until an account bears the id (External IDs, or a file of the kind ids):",
        "  acme",
        "  …@acme.example",
    ]
    one = FileResult.model_validate({"file": "in/a.csv", **given, "refused": 1, "refusals": refusals})
    assert "1 line is refused:" in list(result_lines(one))
    refused = FileResult(file="in/a.csv", status="refused", reason="the file is empty")
    assert list(result_lines(refused)) == ["refused: the file is empty"]
    # AND a complete file with a refused line says that it closed nothing
    torn = one.model_copy(update={"reason": CLOSES_NOTHING})
    assert list(result_lines(torn))[1:4] == ["1 line is refused:", "  line 4: active_users: at least 0", CLOSES_NOTHING]


def test_a_table_of_any_form_is_brought_in_by_its_map(tmp_path: Path) -> None:
    # GIVEN invoices as a team's own tool has them, and a map that names its columns
    file, given = tmp_path / "rechnungen.csv", tmp_path / "map.toml"
    file.write_text("Beleg;Kunde;Fällig;Summe\nR-1;K-1;31.03.2026;1.250,50 €\n", encoding="cp1252")
    columns = '"Beleg" = "id"\n"Kunde" = "account"\n"Fällig" = "due"\n"Summe" = "amount"\n'
    given.write_text(f'decimal = ","\n[columns]\n{columns}', encoding="utf-8")
    # WHEN it is asked for
    asked = read_asked({"FILE": str(file), "KIND": "invoices", "SOURCE": "erp", "MAP": str(given)})
    # THEN what is put into the inbox has the columns of the kind
    assert asked.path.read_text("utf-8") == "account,amount,due,id\nK-1,1250.5,2026-03-31,R-1\n"
    with pytest.raises(AskedWronglyError, match=r"MAP=none\.toml: No such file"):
        read_asked({"FILE": str(file), "KIND": "invoices", "SOURCE": "erp", "MAP": "none.toml"})
