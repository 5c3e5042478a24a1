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
from local.deployment import BUILT, ROOT, SECRETS, STACK, STACK_PYTHON, LocalDeployment
from local.operating.__main__ import main
from local.stack.build import build
from local.stack.deploy import deploy, describe
from local.stack.secret_store import put_secret
from local.stack.template import read_template
from tests.builders.accounts import TODAY
from tests.builders.pages import at_risk_page, critical_page, page
from tests.builders.sandbox import MOMENT, calls, chat_messages, drafts, fault, mend, pages
from tests.builders.warm_stack import retry_at_once
from tests.e2e.conftest import Enter, Operate

Command = Callable[..., int]
Captured = pytest.CaptureFixture[str]
TOMORROW = TODAY + timedelta(days=1)
QUERY = "POST /v1/data_sources/{data_source_id}/query"


@pytest.fixture
def command(operate: Operate) -> Command:
    """A command as `make` starts it, by an operator of the deployment."""

    def run(deployment: LocalDeployment, *arguments: str) -> int:
        operate(deployment)
        return main([*arguments, "--stack", STACK])

    return run


def outcome(deployment: LocalDeployment, number: int, channel: str) -> str | None:
    """What became of the day's alert about an account on a channel."""
    alerts = {entry.alert.account_id: entry for entry in DynamoAlertLog(deployment.table).on(TODAY)}
    found = alerts[f"A-{number:04d}"].outcomes.get(channel)  # type: ignore[call-overload]
    return found.state if found else None


def finished(deployment: LocalDeployment) -> Run:
    """The latest scan that reached its end."""
    run = DynamoRuns(deployment.table).last_finished("health_scan", TOMORROW + timedelta(1))
    assert run is not None
    return run


def test_dead_letters_are_brought_back_and_done_once(
    deployment: LocalDeployment, command: Command, capsys: Captured
) -> None:
    # GIVEN a chat that was down long enough for its messages to give up
    retry_at_once(deployment)
    deployment.load([critical_page(1), page(2)])
    fault(deployment, "slack", kind="status", status=503, retry_after=MOMENT, times=None)
    deployment.tick(TODAY)
    dead = deployment.drain()
    assert set(dead) == {"alert-chat-dlq"}
    # WHEN it is back, and the runbook is followed
    mend(deployment, "slack")
    assert command(deployment, "redrive", "--queue", "alert-chat") == 0
    assert f"{dead['alert-chat-dlq']} dead letters go back to the queue alert-chat" in capsys.readouterr().out
    # THEN every alert is sent once; the other chat did not wait and gets none again
    assert deployment.drain() == {}
    assert outcome(deployment, 1, "chat_alert") == "delivered"
    assert len(chat_messages(deployment, "slack")) == len(chat_messages(deployment, "chat")) == 2
    # AND a name that is none is refused with those that there are
    assert command(deployment, "redrive", "--queue", "chat") == 1
    assert "alert-chat, alert-email" in capsys.readouterr().err


def test_a_day_is_run_again(deployment: LocalDeployment, command: Command, capsys: Captured) -> None:
    # GIVEN a morning that read a wrong figure
    deployment.load([critical_page(1), page(2), page(3)])
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    sent = len(drafts(deployment))
    # WHEN it is put right in Notion, and the day is run again
    deployment.load([at_risk_page(3)])
    assert command(deployment, "rescan", "--date", str(TODAY)) == 0
    assert f"asked for a scan of {TODAY}" in capsys.readouterr().out
    assert deployment.drain() == {}
    # THEN the day's scores are those of the right figures, and no alert is sent again
    assert finished(deployment).attempt == 2
    rows = {row.account_id: row for row in DynamoAccountRows(deployment.table).every()}
    assert rows["A-0003"].latest.last.score.churn_risk == "high"  # type: ignore[union-attr]
    assert len(drafts(deployment)) == sent
    assert [entry.alert_id for entry in DynamoAlertLog(deployment.table).on(TODAY)] == [
        f"A-0001:{TODAY}:critical",
        f"A-0003:{TODAY}:high",
    ]
    # AND an invalid day is reported by its name
    assert command(deployment, "rescan", "--date", "tomorrow") == 1
    assert "DATE=tomorrow" in capsys.readouterr().err


@pytest.mark.slow
def test_a_scan_that_gave_up_is_done_to_its_end(deployment: LocalDeployment, command: Command) -> None:
    # GIVEN a book of three pages, and a Notion that goes down after the first
    deployment.load([critical_page(1), *(page(number) for number in range(2, 251))])
    fault(deployment, "notion", kind="status", status=503, times=None, after=1, method="POST", match="/query")
    deployment.tick(TODAY)
    assert set(deployment.drain()) == {"scan-dlq"}
    assert DynamoRuns(deployment.table).last_finished("health_scan", TOMORROW) is None
    asked = calls(deployment, "notion")[QUERY]
    # WHEN Notion is back, and the runbook is followed
    mend(deployment, "notion")
    assert command(deployment, "redrive", "--queue", "scan") == 0
    # THEN the scan reaches its end, and has counted every account once
    assert deployment.drain() == {}
    assert finished(deployment).tally.read == finished(deployment).tally.scored == 250
    usage_and_answers = 2
    assert calls(deployment, "notion")[QUERY] - asked == 3 + usage_and_answers
    assert outcome(deployment, 1, "chat_alert") == "delivered"


@pytest.mark.slow
def test_the_notion_token_is_rotated_without_a_deploy(enter_anew: Enter) -> None:
    # GIVEN functions that are warm, with the token of yesterday
    deployment = enter_anew({})
    deployment.load([critical_page(1), page(2)])
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    # WHEN the token is refreshed in Notion, and then put into the secret
    control = deployment.sandbox.url("control")
    rotation = {"vendor": "notion", "token": "ntn_the_next_token_of_the_integration"}
    requests.post(f"{control}/rotate", json=rotation, timeout=60).raise_for_status()
    put_secret(deployment.aws, SECRETS["notion"], {"token": rotation["token"]})
    deployment.load([at_risk_page(2)])
    deployment.tick(TOMORROW)
    # THEN the next morning is as any other
    assert deployment.drain() == {}
    assert finished(deployment).run_date == TOMORROW
    assert len(pages(deployment, "Health-Records")) == 2


def test_a_channel_is_switched_off_and_nothing_waits_for_it(enter: Enter) -> None:
    # GIVEN a deployment in which the parameters of Gmail and Slack were emptied
    deployment = enter({"GmailSecret": "", "SlackSecret": "", "SlackChannel": ""})
    deployment.load([critical_page(1), page(2)])
    # WHEN a morning comes
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    # THEN the alert says that mail was skipped, the other channels have it
    assert (outcome(deployment, 1, "email_alert"), outcome(deployment, 1, "chat_alert")) == ("skipped", "delivered")
    assert (drafts(deployment), chat_messages(deployment, "slack"), len(chat_messages(deployment, "chat"))) == (
        [],
        [],
        2,
    )


@pytest.mark.slow
def test_a_version_is_rolled_back_and_the_table_stays(enter_anew: Enter) -> None:
    # GIVEN a deployment that ran for a day, and then a new version of it
    deployment = enter_anew({})
    deployment.load([critical_page(1), page(2)])
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    template = read_template(ROOT / "template.yaml")
    zips = build(template, ROOT, BUILT, STACK_PYTHON)
    newer = copy.deepcopy(template)
    newer["Resources"]["HealthScan"]["Properties"]["MemorySize"] = 2048
    parameters = dict(deployment.stack.parameters)
    deploy(deployment.aws, newer, zips, STACK, parameters)
    function = f"customer-success-{parameters['Stage']}-health-scan"
    assert deployment.aws.functions.get_function_configuration(FunctionName=function)["MemorySize"] == 2048
    # WHEN the version before is deployed again
    before = describe(deployment.aws, STACK).outputs["TableName"]
    deploy(deployment.aws, template, zips, STACK, parameters)
    # THEN its functions run, on the same table, and the next morning knows the one before
    assert deployment.aws.functions.get_function_configuration(FunctionName=function)["MemorySize"] == 1024
    assert describe(deployment.aws, STACK).outputs["TableName"] == before
    sent = len(drafts(deployment))
    deployment.tick(TOMORROW)
    assert deployment.drain() == {}
    assert finished(deployment).run_date == TOMORROW
    assert len(drafts(deployment)) == sent


def test_an_account_is_forgotten(deployment: LocalDeployment, command: Command, capsys: Captured) -> None:
    # GIVEN a morning's alert about an account
    deployment.load([critical_page(1), page(2)])
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    # WHEN its customer asks to be forgotten
    assert command(deployment, "forget", "--account", "A-0001") == 0
    printed = capsys.readouterr().out
    assert "account 'A-0001' is forgotten. Removed: account row 1" in printed
    assert all(place in printed for place in ("Notion", "Gmail", "Slack"))
    # THEN no row and no alert of it is stored, and the other's row is there
    assert [row.account_id for row in DynamoAccountRows(deployment.table).every()] == ["A-0002"]
    assert [*DynamoAlertLog(deployment.table).on(TODAY)] == []
    # AND a second run says so, and one for an unknown id fails
    assert command(deployment, "forget", "--account", "A-0001") == 0
    assert "nothing is left of account 'A-0001'" in capsys.readouterr().out
    assert command(deployment, "forget", "--account", "A-9999") == 1
    assert "ACCOUNT=A-9999: nothing is stored" in capsys.readouterr().err
