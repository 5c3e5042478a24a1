"""A morning on the embedded stack: from the rule's target to the four channels, and nobody told twice."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest

from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from customer_success.aws.dynamodb.runs import DynamoRuns
from customer_success.messages import ScanRequested
from local.deployment import TENANT, House
from local.stack.queues import redrive
from tests.builders.accounts import TODAY
from tests.builders.pages import at_risk_page, critical_page, page, title
from tests.builders.sandbox import calls, chat_messages, drafts, fault, mend, pages
from tests.e2e.conftest import Enter

TOMORROW = TODAY + timedelta(days=1)


def results(home: House) -> dict[str, dict[str, str]]:
    """What became of each alert, on each channel."""
    log = DynamoAlertLog(home.table)
    return {e.alert_id: dict(e.result.channels) for day in (TODAY, TOMORROW) for e in log.on(day)}  # type: ignore[misc]


def news(home: House) -> dict[str, int]:
    """How much each channel received."""
    return {
        "records": len(pages(home, "Health-Records")),
        "drafts": len(drafts(home)),
        "slack": len(chat_messages(home, "slack")),
        "google_chat": len(chat_messages(home, "chat")),
        "events": len(home.write_bus_events().read_text("utf-8").splitlines()),
    }


def test_a_morning_from_the_rule_to_every_channel_and_the_days_after(home: House) -> None:
    # GIVEN a book with a critical account, one at risk, and a healthy one
    home.load([critical_page(1), at_risk_page(2), page(3), page(4)])
    # WHEN the 07:00 rule's target gets its event
    home.tick(TODAY)
    assert home.drain() == {}
    # THEN the critical one is told on every channel, the other stands in the record, on the bus and in the digest
    assert results(home) == {
        f"A-0001:{TODAY}:critical": dict.fromkeys(("notion", "event_bus", "email_alert", "chat_alert"), "delivered"),
        f"A-0002:{TODAY}:high": {
            "notion": "delivered",
            "event_bus": "delivered",
            "email_alert": "skipped",
            "chat_alert": "skipped",
        },
    }
    first = news(home)
    assert first == {"records": 2, "drafts": 1, "slack": 2, "google_chat": 2, "events": 2}
    (event, _) = (json.loads(line) for line in home.write_bus_events().read_text("utf-8").splitlines())
    assert (event["source"], event["detail-type"]) == ("customer_success_manager", "agent.health")
    account_page = next(text for name, text in pages(home, "Accounts").items() if name.startswith("Account-1-"))
    assert "**CSM Health RAG**: RED" in account_page
    # WHEN the same day is scanned again, by the rule and by a person
    home.tick(TODAY)
    home.drain()
    again = ScanRequested(tenant_id=TENANT, id="by hand", time=f"{TODAY}T09:00:00Z", force=True)
    home.aws.sqs.send_message(QueueUrl=home.deployment.queues["scan"], MessageBody=again.model_dump_json())
    assert home.drain() == {}
    # THEN nobody is told anything again
    assert news(home) == first
    run = DynamoRuns(home.table).last_finished("health_scan", TOMORROW)
    assert run is not None
    assert run.attempt == 2
    # WHEN one more falls into danger the next day
    home.load([at_risk_page(3)])
    home.tick(TOMORROW)
    assert home.drain() == {}
    # THEN that one alone is told, one by one, and the digest is posted
    assert [entry for entry in results(home) if str(TOMORROW) in entry] == [f"A-0003:{TOMORROW}:high"]
    assert news(home) == {"records": 3, "drafts": 2, "slack": 4, "google_chat": 4, "events": 3}


def test_a_channel_that_is_down_delays_no_other_and_its_dead_letters_come_back(home: House) -> None:
    # GIVEN a Slack that is down, and a Gmail that is not
    home.load([critical_page(1)])
    fault(home, "slack", kind="status", status=503, times=None)
    # WHEN an account is told
    home.tick(TODAY)
    dead = home.drain(120)
    # THEN the other channels have it, Google Chat among them, and chat's messages lie in its dead-letter queue
    assert dead == {"alert-chat-dlq": 2}
    assert results(home)[f"A-0001:{TODAY}:critical"] == {
        "notion": "delivered",
        "event_bus": "delivered",
        "email_alert": "delivered",
        "chat_alert": "failed",
    }
    assert (len(drafts(home)), len(chat_messages(home, "chat"))) == (1, 2)
    # WHEN Slack is back and the queue is redriven
    mend(home, "slack")
    assert redrive(home.aws, home.deployment.queues, "alert-chat") == 2
    assert home.drain() == {}
    # THEN the end is that of a morning without the fault
    assert results(home)[f"A-0001:{TODAY}:critical"]["chat_alert"] == "delivered"
    assert (len(chat_messages(home, "slack")), len(chat_messages(home, "chat"))) == (2, 2)


def test_connections_that_break_after_the_work_was_done_double_nothing(home: House) -> None:
    # GIVEN vendors that do the work once and then drop the connection
    home.load([critical_page(1)])
    fault(home, "notion", kind="drop_after", method="POST", match="/pages")
    fault(home, "gmail", kind="drop_after", method="POST", match="/drafts")
    fault(home, "slack", kind="drop_after", match="chat.postMessage")
    fault(home, "chat", kind="drop_after", method="POST", match="/messages")
    # WHEN an account is told
    home.tick(TODAY)
    assert home.drain() == {}
    # THEN each channel has it once
    assert news(home) == {"records": 1, "drafts": 1, "slack": 2, "google_chat": 2, "events": 1}


@pytest.mark.parametrize(
    ("status", "fix"), [(401, "Check the secret"), (404, "hare")], ids=["wrong token", "not shared"]
)
def test_a_notion_that_must_be_put_right_stops_the_run_and_says_how(home: House, status: int, fix: str) -> None:
    # GIVEN a Notion that refuses
    home.load([critical_page(1)])
    fault(home, "notion", kind="status", status=status, times=None)
    # WHEN the scan runs
    home.tick(TODAY)
    assert home.drain() == {}
    # THEN chat says that the scan failed, and what to do
    (digest,) = chat_messages(home, "slack")
    assert "the scan failed" in digest["text"]
    assert fix in digest["text"]
    # AND once that is done, the next event scans the day after all
    mend(home, "notion")
    event = ScanRequested(tenant_id=TENANT, id="mended", time=f"{TODAY}T10:00:00Z")
    home.aws.sqs.send_message(QueueUrl=home.deployment.queues["scan"], MessageBody=event.model_dump_json())
    assert home.drain() == {}
    assert len(drafts(home)) == 1


def test_a_notion_that_asks_for_patience_and_stumbles_is_waited_for(home: House) -> None:
    # GIVEN a Notion that answers 429 with a wait, then 502, then drops connections
    home.load([critical_page(1), page(2)])
    fault(home, "notion", kind="status", status=429, retry_after=1, times=2)
    fault(home, "notion", kind="status", status=502, times=1)
    fault(home, "notion", kind="drop_before", times=2)
    # WHEN the scan runs
    home.tick(TODAY)
    assert home.drain() == {}
    # THEN it ends as any other
    assert DynamoRuns(home.table).last_finished("health_scan", TOMORROW) is not None
    assert news(home) == {"records": 1, "drafts": 1, "slack": 2, "google_chat": 2, "events": 1}


def test_names_that_look_like_markup_arrive_harmless_and_readable(home: House) -> None:
    # GIVEN accounts with names that mean something to Slack, Google Chat, HTML or Markdown
    names = [
        "<script>alert(1)</script> & Söhne",
        "*bold* _it_ ~no~ `x` <!channel> 🚀",
        'He said "hi", O\'Hara',
        "L" * 5000,
    ]
    home.load([critical_page(n, Name=title(name)) for n, name in enumerate(names, 1)])
    # WHEN they are told
    home.tick(TODAY)
    assert home.drain() == {}
    # THEN each arrives as it is written, the longest one cut short, and no channel read it as markup
    slack = "\n".join(message["text"] for message in chat_messages(home, "slack"))
    assert "<!channel>" not in json.dumps([m["payload"]["text"] for m in chat_messages(home, "slack")])
    for name in ("alert(1)", "*bold* _it_", 'He said "hi"', "L" * 100):
        assert name in slack
    html = [
        part.get_content() for mail in drafts(home) for part in mail.walk() if part.get_content_type() == "text/html"
    ]
    assert len(html) == 4
    assert not any("<script" in text for text in html)
    subjects = [mail["Subject"] for mail in drafts(home)]
    assert any("🚀" in subject for subject in subjects)
    assert all(len(subject) <= 150 for subject in subjects)
    assert len(pages(home, "Health-Records")) == 4


def test_an_unreadable_message_ends_in_the_dead_letter_queue_and_another_tenants_is_refused(home: House) -> None:
    # GIVEN a message that is no message, and one of another tenant, on every queue
    sources = [name for name in home.deployment.queues if name + "-dlq" in home.deployment.queues]
    foreign = ScanRequested(tenant_id="somebody-else", id="x", time=f"{TODAY}T10:00:00Z")
    scan = home.deployment.queues["scan"]
    home.aws.sqs.send_message(QueueUrl=scan, MessageBody=foreign.model_dump_json())
    for name in set(sources) - {"scan", "notion-updates"}:
        home.aws.sqs.send_message(QueueUrl=home.deployment.queues[name], MessageBody='{"kind": "noise"}')
    # WHEN they are delivered until nobody wants them any more
    dead = home.drain(120)
    # THEN what is unreadable is kept for a person, and what is another's is dropped
    assert dead == {f"{name}-dlq": 1 for name in set(sources) - {"scan", "notion-updates"}}
    assert DynamoRuns(home.table).latest_day("health_scan") is None


def test_a_restart_goes_on_with_the_state(enter: Enter) -> None:
    # GIVEN a morning, and a stack that was stopped
    home = enter({})
    home.load([critical_page(1), page(2)])
    home.tick(TODAY)
    home.drain()
    told = news(home)
    # WHEN it starts again, with a parameter changed
    home = enter({"GreenThreshold": "80"})
    home.tick(TODAY)
    assert home.drain() == {}
    # THEN the day is known as scanned, and nobody is told again
    assert news(home) == told
    home.tick(TOMORROW)
    assert home.drain() == {}
    row = DynamoAccountRows(home.table).get("A-0002")
    assert row is not None
    assert row.day.on == TOMORROW


def test_one_request_for_each_hundred_accounts_and_none_for_an_account(home: House) -> None:
    # GIVEN 250 accounts
    home.load([page(n) for n in range(1, 251)])
    # WHEN they are scanned
    home.tick(TODAY)
    assert home.drain(120) == {}
    # THEN Notion was asked three times for them, once for feature usage and once for the answers of Sales, and written
    # once for each
    notion = calls(home, "notion")
    assert sum(count for call, count in notion.items() if "query" in call) == 5
    assert sum(count for call, count in notion.items() if call.startswith("PATCH")) == 250


def test_a_real_tick_of_the_rule_scans_the_book(enter: Enter) -> None:
    # GIVEN a deployment whose rule ticks every minute
    home = enter({"ScanSchedule": "rate(1 minute)", "ScanEnabled": "true"})
    home.load([critical_page(1)])
    # WHEN nobody does anything for a minute or so
    runs = DynamoRuns(home.table)
    for _ in range(400):
        if runs.latest_day("health_scan"):
            break
        time.sleep(0.25)
    # THEN the book was scanned, and the account told
    home.drain()
    assert runs.latest_day("health_scan") is not None
    assert len(drafts(home)) == 1
