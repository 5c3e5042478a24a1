"""The runbooks of docs/operating.md, each as a person follows it, on the embedded stack."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from customer_success.aws.dynamodb.runs import DynamoRuns
from customer_success.scan.run import Run
from local.deployment import BUILT, ROOT, SECRETS, STACK, STACK_PYTHON, House
from local.operating.__main__ import main
from local.stack.build import build
from local.stack.deploy import deploy, describe
from local.stack.secret_store import put_secret
from local.stack.template import read_template
from tests.builders.accounts import TODAY
from tests.builders.pages import at_risk_page, critical_page, page
from tests.builders.sandbox import calls, chat_messages, drafts, fault, mend, pages
from tests.e2e.conftest import Enter, Operate

Command = Callable[..., int]
Captured = pytest.CaptureFixture[str]
TOMORROW = TODAY + timedelta(days=1)
QUERY = "POST /v1/data_sources/{data_source_id}/query"


@pytest.fixture
def command(operate: Operate) -> Command:
    """A command as `make` starts it, by whoever operates the deployment."""

    def run(home: House, *arguments: str) -> int:
        operate(home)
        return main([*arguments, "--stack", STACK])

    return run


def outcome(home: House, number: int, channel: str) -> str | None:
    """What became of the day's alert about an account on a channel."""
    alerts = {entry.alert.account_id: entry for entry in DynamoAlertLog(home.table).on(TODAY)}
    found = alerts[f"A-{number:04d}"].outcomes.get(channel)  # type: ignore[call-overload]
    return found.state if found else None


def finished(home: House) -> Run:
    """The latest scan that reached its end."""
    run = DynamoRuns(home.table).last_finished("health_scan", TOMORROW + timedelta(1))
    assert run is not None
    return run


def test_dead_letters_are_brought_back_and_done_once(home: House, command: Command, capsys: Captured) -> None:
    # GIVEN a chat that was down long enough for its messages to give up
    home.load([critical_page(1), page(2)])
    fault(home, "slack", kind="status", status=503, times=None)
    home.tick(TODAY)
    dead = home.drain(120)
    assert set(dead) == {"alert-chat-dlq"}
    # WHEN it is back, and the runbook is followed
    mend(home, "slack")
    assert command(home, "redrive", "--queue", "alert-chat") == 0
    assert f"{dead['alert-chat-dlq']} dead letters go back to the queue alert-chat" in capsys.readouterr().out
    # THEN all is told, once; the other chat did not wait and is not told again
    assert home.drain() == {}
    assert outcome(home, 1, "chat_alert") == "delivered"
    assert len(chat_messages(home, "slack")) == len(chat_messages(home, "chat")) == 2
    # AND a name that is none is refused with those that there are
    assert command(home, "redrive", "--queue", "chat") == 1
    assert "alert-chat, alert-email" in capsys.readouterr().err


def test_a_day_is_run_again(home: House, command: Command, capsys: Captured) -> None:
    # GIVEN a morning that read a wrong figure
    home.load([critical_page(1), page(2), page(3)])
    home.tick(TODAY)
    assert home.drain() == {}
    told = len(drafts(home))
    # WHEN it is put right in Notion, and the day is run again
    home.load([at_risk_page(3)])
    assert command(home, "rescan", "--date", str(TODAY)) == 0
    assert f"asked for a scan of {TODAY}" in capsys.readouterr().out
    assert home.drain() == {}
    # THEN the day's scores are those of the right figures, and who was told is not told again
    assert finished(home).attempt == 2
    rows = {row.account_id: row for row in DynamoAccountRows(home.table).every()}
    assert rows["A-0003"].day.last.score.churn_risk == "high"  # type: ignore[union-attr]
    assert len(drafts(home)) == told
    assert [entry.alert_id for entry in DynamoAlertLog(home.table).on(TODAY)] == [
        f"A-0001:{TODAY}:critical",
        f"A-0003:{TODAY}:high",
    ]
    # AND what is no day is told by its name
    assert command(home, "rescan", "--date", "tomorrow") == 1
    assert "DATE=tomorrow" in capsys.readouterr().err


def test_a_scan_that_gave_up_is_done_to_its_end(home: House, command: Command) -> None:
    # GIVEN a book of three pages, and a Notion that goes down after the first
    home.load([critical_page(1), *(page(number) for number in range(2, 251))])
    fault(home, "notion", kind="status", status=503, times=None, after=1, method="POST", match="/query")
    home.tick(TODAY)
    assert set(home.drain(240)) == {"scan-dlq"}
    assert DynamoRuns(home.table).last_finished("health_scan", TOMORROW) is None
    asked = calls(home, "notion")[QUERY]
    # WHEN Notion is back, and the runbook is followed
    mend(home, "notion")
    assert command(home, "redrive", "--queue", "scan") == 0
    # THEN the scan reaches its end, and has counted every account once
    assert home.drain() == {}
    assert finished(home).tally.read == finished(home).tally.scored == 250
    usage_and_answers = 2
    assert calls(home, "notion")[QUERY] - asked == 3 + usage_and_answers
    assert outcome(home, 1, "chat_alert") == "delivered"


def test_the_notion_token_is_rotated_without_a_deploy(home: House) -> None:
    # GIVEN functions that are warm, with the token of yesterday
    home.load([critical_page(1), page(2)])
    home.tick(TODAY)
    assert home.drain() == {}
    # WHEN the token is refreshed in Notion, and then put into the secret
    control = home.sandbox.url("control")
    rotation = {"vendor": "notion", "token": "ntn_the_next_token_of_the_integration"}
    requests.post(f"{control}/rotate", json=rotation, timeout=10).raise_for_status()
    put_secret(home.aws, SECRETS["notion"], {"token": rotation["token"]})
    home.load([at_risk_page(2)])
    home.tick(TOMORROW)
    # THEN the next morning is as any other
    assert home.drain() == {}
    assert finished(home).on == TOMORROW
    assert len(pages(home, "Health-Records")) == 2


def test_a_channel_is_switched_off_and_nothing_waits_for_it(enter: Enter) -> None:
    # GIVEN a deployment in which the parameters of Gmail and Slack were emptied
    home = enter({"GmailSecret": "", "SlackSecret": "", "SlackChannel": ""})
    home.load([critical_page(1), page(2)])
    # WHEN a morning comes
    home.tick(TODAY)
    assert home.drain() == {}
    # THEN the alert says that mail was skipped, the other channels have it
    assert (outcome(home, 1, "email_alert"), outcome(home, 1, "chat_alert")) == ("skipped", "delivered")
    assert (drafts(home), chat_messages(home, "slack"), len(chat_messages(home, "chat"))) == ([], [], 2)


def test_a_version_is_rolled_back_and_the_table_stays(home: House) -> None:
    # GIVEN a deployment that ran for a day, and then a new version of it
    home.load([critical_page(1), page(2)])
    home.tick(TODAY)
    assert home.drain() == {}
    template = read_template(ROOT / "template.yaml")
    zips = build(template, ROOT, BUILT, STACK_PYTHON)
    newer = copy.deepcopy(template)
    newer["Resources"]["HealthScan"]["Properties"]["MemorySize"] = 2048
    parameters = dict(home.deployment.parameters)
    deploy(home.aws, newer, zips, STACK, parameters)
    function = f"customer-success-{parameters['Stage']}-health-scan"
    assert home.aws.functions.get_function_configuration(FunctionName=function)["MemorySize"] == 2048
    # WHEN the version before is deployed again
    before = describe(home.aws, STACK).outputs["TableName"]
    deploy(home.aws, template, zips, STACK, parameters)
    # THEN its functions run, on the same table, and the next morning knows the one before
    assert home.aws.functions.get_function_configuration(FunctionName=function)["MemorySize"] == 1024
    assert describe(home.aws, STACK).outputs["TableName"] == before
    told = len(drafts(home))
    home.tick(TOMORROW)
    assert home.drain() == {}
    assert finished(home).on == TOMORROW
    assert len(drafts(home)) == told
