"""A morning on the embedded stack: from the rule's target to the four channels, and no alert sent twice."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from customer_success.aws.dynamodb.runs import DynamoRuns
from customer_success.messages import ScanRequested
from local.deployment import TENANT, LocalDeployment
from local.stack.queues import redrive
from tests.builders.accounts import TODAY
from tests.builders.pages import at_risk_page, critical_page, page, title
from tests.builders.sandbox import calls, chat_messages, drafts, fault, mend, pages
from tests.builders.warm_stack import retry_at_once
from tests.e2e.conftest import Enter

TOMORROW = TODAY + timedelta(days=1)


def results(deployment: LocalDeployment) -> dict[str, dict[str, str]]:
    """What became of each alert, on each channel."""
    log = DynamoAlertLog(deployment.table)
    return {e.alert_id: dict(e.result.channels) for day in (TODAY, TOMORROW) for e in log.on(day)}  # type: ignore[misc]


def sent_so_far(deployment: LocalDeployment) -> dict[str, int]:
    """How much each channel received."""
    return {
        "records": len(pages(deployment, "Health-Records")),
        "drafts": len(drafts(deployment)),
        "slack": len(chat_messages(deployment, "slack")),
        "google_chat": len(chat_messages(deployment, "chat")),
        "events": len(deployment.write_bus_events().read_text("utf-8").splitlines()),
    }


def test_a_morning_from_the_rule_to_every_channel_and_the_days_after(deployment: LocalDeployment) -> None:
    # GIVEN a book with a critical account, one at risk, and a healthy one
    deployment.load([critical_page(1), at_risk_page(2), page(3), page(4)])
    # WHEN the 07:00 rule's target gets its event
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    # THEN the critical alert is sent on every channel, the other stands in the record, on the bus and in the digest
    assert results(deployment) == {
        f"A-0001:{TODAY}:critical": dict.fromkeys(("notion", "event_bus", "email_alert", "chat_alert"), "delivered"),
        f"A-0002:{TODAY}:high": {
            "notion": "delivered",
            "event_bus": "delivered",
            "email_alert": "skipped",
            "chat_alert": "skipped",
        },
    }
    first = sent_so_far(deployment)
    assert first == {"records": 2, "drafts": 1, "slack": 2, "google_chat": 2, "events": 2}
    (event, _) = (json.loads(line) for line in deployment.write_bus_events().read_text("utf-8").splitlines())
    assert (event["source"], event["detail-type"]) == ("customer_success_manager", "agent.health")
    account_page = next(text for name, text in pages(deployment, "Accounts").items() if name.startswith("Account-1-"))
    assert "**CSM Health RAG**: RED" in account_page
    # WHEN the same day is scanned again, by the rule and by a person
    deployment.tick(TODAY)
    deployment.drain()
    again = ScanRequested(tenant_id=TENANT, id="by hand", time=f"{TODAY}T09:00:00Z", force=True)
    deployment.aws.sqs.send_message(QueueUrl=deployment.stack.queues["scan"], MessageBody=again.model_dump_json())
    assert deployment.drain() == {}
    # THEN no alert is sent again
    assert sent_so_far(deployment) == first
    run = DynamoRuns(deployment.table).last_finished("health_scan", TOMORROW)
    assert run is not None
    assert run.attempt == 2
    # WHEN one more falls into danger the next day
    deployment.load([at_risk_page(3)])
    deployment.tick(TOMORROW)
    assert deployment.drain() == {}
    # THEN that alert alone is sent individually, and the digest is posted
    assert [entry for entry in results(deployment) if str(TOMORROW) in entry] == [f"A-0003:{TOMORROW}:high"]
    assert sent_so_far(deployment) == {"records": 3, "drafts": 2, "slack": 4, "google_chat": 4, "events": 3}


@pytest.mark.slow
def test_a_channel_that_is_down_delays_no_other_and_its_dead_letters_come_back(deployment: LocalDeployment) -> None:
    # GIVEN a Slack that is down, and a Gmail that is not
    deployment.load([critical_page(1)])
    fault(deployment, "slack", kind="status", status=503, times=None)
    # WHEN an account alerts
    deployment.tick(TODAY)
    dead = deployment.drain()
    # THEN the other channels have it, Google Chat among them, and chat's messages lie in its dead-letter queue
    assert dead == {"alert-chat-dlq": 2}
    assert results(deployment)[f"A-0001:{TODAY}:critical"] == {
        "notion": "delivered",
        "event_bus": "delivered",
        "email_alert": "delivered",
        "chat_alert": "failed",
    }
    assert (len(drafts(deployment)), len(chat_messages(deployment, "chat"))) == (1, 2)
    # WHEN Slack is back and the queue is redriven
    mend(deployment, "slack")
    assert redrive(deployment.aws, deployment.stack.queues, "alert-chat") == 2
    assert deployment.drain() == {}
    # THEN the end is that of a morning without the fault
    assert results(deployment)[f"A-0001:{TODAY}:critical"]["chat_alert"] == "delivered"
    assert (len(chat_messages(deployment, "slack")), len(chat_messages(deployment, "chat"))) == (2, 2)


def test_connections_that_break_after_the_work_was_done_double_nothing(deployment: LocalDeployment) -> None:
    # GIVEN vendors that do the work once and then drop the connection
    deployment.load([critical_page(1)])
    fault(deployment, "notion", kind="drop_after", method="POST", match="/pages")
    fault(deployment, "gmail", kind="drop_after", method="POST", match="/drafts")
    fault(deployment, "slack", kind="drop_after", match="chat.postMessage")
    fault(deployment, "chat", kind="drop_after", method="POST", match="/messages")
    # WHEN an account alerts
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    # THEN each channel has it once
    assert sent_so_far(deployment) == {"records": 1, "drafts": 1, "slack": 2, "google_chat": 2, "events": 1}


def first_message(deployment: LocalDeployment, chat: str) -> dict[str, Any]:
    """The first message that a chat gets."""
    return deployment.wait_for(lambda: next(iter(chat_messages(deployment, chat)), None), f"a message to {chat}")


@pytest.mark.parametrize(
    ("status", "fix"), [(401, "Check the secret"), (404, "hare")], ids=["wrong token", "not shared"]
)
def test_a_notion_that_must_be_put_right_stops_the_run_and_says_how(
    deployment: LocalDeployment, status: int, fix: str
) -> None:
    # GIVEN a Notion that refuses
    deployment.load([critical_page(1)])
    fault(deployment, "notion", kind="status", status=status, times=None)
    # WHEN the scan runs
    deployment.tick(TODAY)
    # THEN chat says at once that the scan failed, and what to do
    digest = first_message(deployment, "slack")
    assert "the scan failed" in digest["text"]
    assert fix in digest["text"]
    # AND once that is done, the day is scanned after all: its message was not given up
    mend(deployment, "notion")
    assert deployment.drain() == {}
    assert len(drafts(deployment)) == 1


def test_a_notion_that_asks_for_a_pause_and_stumbles_is_waited_for(deployment: LocalDeployment) -> None:
    # GIVEN a Notion that answers 429 with a wait, then 502, then drops connections
    deployment.load([critical_page(1), page(2)])
    fault(deployment, "notion", kind="status", status=429, retry_after=1, times=2)
    fault(deployment, "notion", kind="status", status=502, times=1)
    fault(deployment, "notion", kind="drop_before", times=2)
    # WHEN the scan runs
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    # THEN it ends as any other
    assert DynamoRuns(deployment.table).last_finished("health_scan", TOMORROW) is not None
    assert sent_so_far(deployment) == {"records": 1, "drafts": 1, "slack": 2, "google_chat": 2, "events": 1}


def test_names_that_look_like_markup_arrive_harmless_and_readable(deployment: LocalDeployment) -> None:
    # GIVEN accounts with names that mean something to Slack, Google Chat, HTML or Markdown
    names = [
        "<script>alert(1)</script> & Söhne",
        "*bold* _it_ ~no~ `x` <!channel> 🚀",
        'He said "hi", O\'Hara',
        "L" * 5000,
    ]
    deployment.load([critical_page(n, Name=title(name)) for n, name in enumerate(names, 1)])
    # WHEN they alert
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    # THEN each arrives as it is written, the longest one cut short, and no channel read it as markup
    slack = "\n".join(message["text"] for message in chat_messages(deployment, "slack"))
    assert "<!channel>" not in json.dumps([m["payload"]["text"] for m in chat_messages(deployment, "slack")])
    for name in ("alert(1)", "*bold* _it_", 'He said "hi"', "L" * 100):
        assert name in slack
    html = [
        part.get_content()
        for mail in drafts(deployment)
        for part in mail.walk()
        if part.get_content_type() == "text/html"
    ]
    assert len(html) == 4
    assert not any("<script" in text for text in html)
    subjects = [mail["Subject"] for mail in drafts(deployment)]
    assert any("🚀" in subject for subject in subjects)
    assert all(len(subject) <= 150 for subject in subjects)
    assert len(pages(deployment, "Health-Records")) == 4


def test_an_unreadable_message_ends_in_the_dead_letter_queue_and_another_tenants_is_refused(
    deployment: LocalDeployment,
) -> None:
    # GIVEN a message that is no message, and one of another tenant, on every queue
    retry_at_once(deployment)
    sources = [name for name in deployment.stack.queues if name + "-dlq" in deployment.stack.queues]
    foreign = ScanRequested(tenant_id="somebody-else", id="x", time=f"{TODAY}T10:00:00Z")
    scan = deployment.stack.queues["scan"]
    deployment.aws.sqs.send_message(QueueUrl=scan, MessageBody=foreign.model_dump_json())
    for name in set(sources) - {"scan", "notion-updates"}:
        deployment.aws.sqs.send_message(QueueUrl=deployment.stack.queues[name], MessageBody='{"kind": "noise"}')
    # WHEN they are delivered as often as the queue allows
    dead = deployment.drain()
    # THEN what is unreadable is stored for a person, and what is another's is dropped
    assert dead == {f"{name}-dlq": 1 for name in set(sources) - {"scan", "notion-updates"}}
    assert DynamoRuns(deployment.table).latest_day("health_scan") is None


@pytest.mark.slow
def test_a_restart_goes_on_with_the_state(enter_anew: Enter) -> None:
    # GIVEN a morning, and a stack that was stopped
    deployment = enter_anew({})
    deployment.load([critical_page(1), page(2)])
    deployment.tick(TODAY)
    deployment.drain()
    sent = sent_so_far(deployment)
    # WHEN it starts again, with a parameter changed
    deployment = enter_anew({"GreenThreshold": "80"})
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    # THEN the day is known as scanned, and no alert is sent again
    assert sent_so_far(deployment) == sent
    deployment.tick(TOMORROW)
    assert deployment.drain() == {}
    row = DynamoAccountRows(deployment.table).get("A-0002")
    assert row is not None
    assert row.latest.run_date == TOMORROW


@pytest.mark.slow
def test_one_request_for_each_hundred_accounts_and_none_for_an_account(deployment: LocalDeployment) -> None:
    # GIVEN 250 accounts
    deployment.load([page(n) for n in range(1, 251)])
    # WHEN they are scanned
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    # THEN Notion was asked three times for them, once for feature usage and once for the answers of Sales, and written
    # once for each
    notion = calls(deployment, "notion")
    assert sum(count for call, count in notion.items() if "query" in call) == 5
    assert sum(count for call, count in notion.items() if call.startswith("PATCH")) == 250


@pytest.mark.slow
def test_a_real_tick_of_the_rule_scans_the_book(enter_anew: Enter) -> None:
    # GIVEN a deployment whose rule ticks every minute
    deployment = enter_anew({"ScanSchedule": "rate(1 minute)", "ScanEnabled": "true"})
    deployment.load([critical_page(1)])
    # WHEN a minute or so passes without any action
    runs = DynamoRuns(deployment.table)
    deployment.wait_for(lambda: runs.latest_day("health_scan"), "a scan")
    # THEN the book was scanned, and the account alerted
    deployment.drain()
    assert len(drafts(deployment)) == 1
