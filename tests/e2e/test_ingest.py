"""Files in the inbox on the embedded stack: S3 names them on the queue, the function takes them in."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.directories import DynamoDirectories
from customer_success.aws.dynamodb.feeds import DynamoFeeds
from customer_success.aws.dynamodb.observations import DynamoObservations
from customer_success.signals.decoding import daily_usage
from customer_success.signals.directory import ExternalId, Known
from customer_success.signals.inbox import result_key
from customer_success.signals.slots import Holder, Slot, SlotName
from local.demo.state import DemoState
from local.deployment import STACK, LocalDeployment
from local.operating.__main__ import main
from tests.builders.accounts import TODAY
from tests.builders.aws_proxy import AwsFault
from tests.builders.books import book_file
from tests.builders.demo import play
from tests.builders.pages import page
from tests.builders.warm_stack import proxied_stack
from tests.e2e.conftest import Operate

DAY = "in/usage/product/2026-03-01.csv"
LINES = "Account,Date,Active users\nA-1,2026-02-28,5\ncus_2,2026-02-28,7\n"
BOOK = [Known("A-1"), Known("A-2", (ExternalId("product", "cus_2"),))]


def put(deployment: LocalDeployment, key: str, content: str | bytes) -> None:
    body = content.encode() if isinstance(content, str) else content
    deployment.aws.s3.put_object(Bucket=deployment.stack.outputs["InboxBucketName"], Key=key, Body=body)


def result(deployment: LocalDeployment, key: str) -> dict[str, Any]:
    bucket = deployment.stack.outputs["InboxBucketName"]
    found: dict[str, Any] = json.loads(deployment.aws.s3.get_object(Bucket=bucket, Key=result_key(key))["Body"].read())
    return found


def slots(deployment: LocalDeployment, account_id: str) -> Mapping[SlotName, Slot]:
    holder = Holder.account(account_id)
    return DynamoObservations(deployment.table).get_many([holder]).get(holder, {})


def users(deployment: LocalDeployment, account_id: str) -> dict[date, int]:
    found = daily_usage(slots(deployment, account_id)[SlotName("usage", "product")])
    return {day: use.active_users for day, use in found.days.items()}


@pytest.fixture
def inbox(deployment: LocalDeployment) -> LocalDeployment:
    """A deployment that knows its book, and whose inbox took what S3 sends when it is set up."""
    DynamoDirectories(deployment.table).write(BOOK)
    assert deployment.drain() == {}
    return deployment


def test_a_file_becomes_observations_of_its_accounts_and_has_a_result(inbox: LocalDeployment) -> None:
    # WHEN a feed puts a file into the inbox
    put(inbox, DAY, LINES)
    assert inbox.drain() == {}
    # THEN each account has its line, found by its own id or by that of the source
    assert users(inbox, "A-1") == {date(2026, 2, 28): 5}
    assert users(inbox, "A-2") == {date(2026, 2, 28): 7}
    # AND the result says so, where no event is made of it
    found = result(inbox, DAY)
    assert found["status"] == "accepted"
    assert (found["lines"], found["accepted"], found["joined"], found["changed"]) == (2, 2, 2, 2)
    # AND the same file twice changes nothing
    put(inbox, DAY, LINES)
    assert inbox.drain() == {}
    assert result(inbox, DAY)["changed"] == 0
    (feed,) = DynamoFeeds(inbox.table).all()
    assert (str(feed.slot), feed.last_whole_day) == ("usage#product", date(2026, 2, 28))


def test_what_came_before_the_first_scan_counts_in_it(deployment: LocalDeployment) -> None:
    # GIVEN a file that came when no account was known yet
    deployment.load([page(1), page(2)])
    ticket = f"id,account,opened\n1,A-0001,{TODAY - timedelta(days=1)}\n"
    put(deployment, "in/tickets/helpdesk/first.csv", ticket)
    assert deployment.drain() == {}
    assert result(deployment, "in/tickets/helpdesk/first.csv")["joined"] == 0
    # WHEN the first scan comes
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    # THEN it is the account's, and nothing waits any more
    (row,) = DynamoAccountRows(deployment.table).get_many(["A-0001"]).values()
    observed = row.account.observed["open_ticket_count"]
    assert (observed.value, observed.source) == (1, "helpdesk")
    assert list(DynamoObservations(deployment.table).waiting()) == []


def test_every_kind_of_file_has_a_result(inbox: LocalDeployment) -> None:
    # GIVEN files of all kinds
    files: dict[str, str | bytes] = {
        "in/usage/product/two words/March, +1 % 'ünits'.csv": LINES,
        "in/usage/product/packed.csv.gz": gzip.compress(LINES.encode()),
        "in/usage/product/partly.csv": LINES + "ada@acme.example,2026-02-27,many\n",
        "in/usage/product/leads nowhere.csv": "account,date,active_users\nada@other.example,2026-02-28,1\n",
        "in/usage/product/bomb.gz": gzip.compress(b"a" * 5_000_000),
        "in/usage/product/empty.csv": "",
        "in/usage/product/book.xlsx": b"PK\x03\x04\x14\x00\x06\x00",
        "in/usage/product/nul.csv": b"account,date,active_users\nA-1,2026-02-28,5\nA-1,\0,5\n",
        "in/usage/product/twice.csv": "account,date,Date,active_users\nA-1,2026-02-28,2026-02-28,5\n",
        "in/usage/product/wide.csv": ",".join(["account", *(f"c{n}" for n in range(9_999))]) + "\n",
        "in/payroll/product/a.csv": LINES,
        "in/outcomes/product/a.csv": LINES,
        "in/lost.csv": LINES,
    }
    # WHEN they are put
    for key, content in files.items():
        put(inbox, key, content)
    # A folder that a person makes in the console is no file.
    put(inbox, "in/usage/product/march/", b"")
    assert inbox.drain() == {}
    # THEN each has its result
    found = {key.rpartition("/")[2]: result(inbox, key) for key in files}
    assert found["March, +1 % 'ünits'.csv"]["status"] == found["packed.csv.gz"]["status"] == "accepted"
    assert found["partly.csv"]["status"] == "accepted in part"
    (refusal,) = found["partly.csv"]["refusals"]
    assert refusal["line"] == 4 and refusal["reason"].startswith("active_users: ")
    assert found["leads nowhere.csv"]["unjoined"] == ["…@other.example"]
    for name, reason in {
        "bomb.gz": "line 1 has more than 1,048,576 characters",
        "empty.csv": "the file is empty",
        "book.xlsx": "the file is no text",
        "nul.csv": "line 3 holds a NUL character",
        "twice.csv": "the heading names date twice",
        "wide.csv": "the heading has 10000 columns, at most 500 are read",
        "lost.csv": "put it under in/<kind>/<source>/",
    }.items():
        assert found[name]["status"] == "refused"
        assert reason in found[name]["reason"]
    assert "'payroll' is no kind of file" in result(inbox, "in/payroll/product/a.csv")["reason"]
    assert "POST /observations" in result(inbox, "in/outcomes/product/a.csv")["reason"]
    # AND no result holds anything of a person
    assert "ada" not in json.dumps(list(found.values()))


@pytest.mark.slow
def test_a_file_waits_for_the_table(tmp_path: Path) -> None:
    # GIVEN a table that does not answer
    with proxied_stack(tmp_path / "deployment", {"RetryBaseSeconds": "1"}) as warm:
        DynamoDirectories(warm.deployment.table).write(BOOK)
        warm.deployment.drain()
        warm.proxy.fault(AwsFault("dynamodb", "throttled", times=12))
        # WHEN a file comes
        put(warm.deployment, DAY, LINES)
        # THEN it is taken in once the table is back
        assert warm.deployment.drain() == {}
        assert users(warm.deployment, "A-1") == {date(2026, 2, 28): 5}
        assert result(warm.deployment, DAY)["status"] == "accepted"


def test_a_person_brings_a_file_in(
    inbox: LocalDeployment,
    operate: Operate,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    # GIVEN an operator with two files
    operate(inbox)
    good, wrong = tmp_path / "usage.csv", tmp_path / "wrong.csv"
    good.write_text(LINES + "unknown,2026-02-28,7\n")
    wrong.write_text("a,b\n1,2\n")
    for name, value in {"FILE": str(good), "KIND": "usage", "SOURCE": "product", "SNAPSHOT": ""}.items():
        monkeypatch.setenv(name, value)
    # WHEN the first is brought in
    assert main(["ingest", "--stack", STACK]) == 0
    # THEN its result is printed
    printed = capsys.readouterr().out
    assert "accepted: 3 of 3 lines; new or changed values: 3" in printed
    assert "2 of 3 keys lead to an account" in printed and "  unknown\n" in printed
    assert users(inbox, "A-2") == {date(2026, 2, 28): 7}
    # AND the second ends with its reason and an exit code
    monkeypatch.setenv("FILE", str(wrong))
    assert main(["ingest", "--stack", STACK]) == 1
    output = capsys.readouterr()
    assert "refused: the first line names none of the columns" in output.out
    assert "nothing of it was taken in" in output.err


@pytest.mark.usefixtures("warm_demos")
def test_a_file_is_brought_into_what_the_demo_left_behind(tmp_path: Path) -> None:
    # GIVEN a book of which a day was played
    book = book_file(tmp_path, "Account ID,Name,ARR,Contract End Date", "A-1,Acme,1000,2026-12-31")
    usage = tmp_path / "usage.csv"
    usage.write_text("account,date,active_users\nA-1,2026-02-28,5\nA-1,2026-02-29,5\n")
    asked = {"FILE": str(usage), "KIND": "usage", "SOURCE": "product"}
    try:
        assert play(book, DATE="2026-03-02", FORCE="1")[0] == 0
        # WHEN a file of its usage is brought in
        code, printed = play(book, "ingest", **asked)
        # THEN what was taken is printed, and the line that was not
        assert code == 0, printed
        assert "putting usage.csv into s3://customer-success-local-inbox-" in printed
        assert "accepted in part: 1 of 2 lines; new or changed values: 1" in printed
        assert "  line 3: date: " in printed
        # AND again nothing is new
        assert "new or changed values: 0" in play(book, "ingest", **asked)[1]
    finally:
        shutil.rmtree(DemoState.of(book).folder, ignore_errors=True)
