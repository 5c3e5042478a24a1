"""A chat that refuses for a reason nobody foresaw costs neither person, team nor the other chat a word."""

from __future__ import annotations

from datetime import timedelta

from customer_success.alerts.entry import Outcome
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from local.deployment import House
from local.stack.queues import DEAD_LETTERS, redrive
from tests.builders.accounts import TODAY
from tests.builders.pages import critical_page, page
from tests.builders.sandbox import chat_messages, fault, mend

TOMORROW = TODAY + timedelta(days=1)
DEAD_LETTER_QUEUE = f"alert-chat{DEAD_LETTERS}"


def outcomes(home: House) -> dict[str, Outcome]:
    """What became of each alert in chat."""
    entries = [entry for day in (TODAY, TOMORROW) for entry in DynamoAlertLog(home.table).on(day)]
    return {entry.alert.account_id: entry.outcomes["chat_alert"] for entry in entries}


def texts(home: House, service: str) -> list[str]:
    return [message["text"] for message in chat_messages(home, service)]


def test_a_slack_that_refuses_costs_nobody_a_word(home: House) -> None:
    # GIVEN a Slack that opens no direct messages, for a reason that nobody foresaw
    home.load([critical_page(1), page(2), page(3)])
    fault(home, "slack", kind="code", code="never_heard_of", match="conversations.open", times=None)
    # WHEN an account falls into danger
    home.tick(TODAY)
    assert home.drain() == {}
    # THEN its alert is in the team's channel, led by the person it is for, beside the digest
    alert, _ = sorted(texts(home, "slack"), key=lambda text: "For " not in text)
    assert "For " in alert
    assert "Account 1" in alert
    assert {outcome.state for outcome in outcomes(home).values()} == {"delivered"}
    first = texts(home, "chat")
    assert len(first) == 2
    # WHEN its channel refuses as well, and another account falls into danger
    fault(home, "slack", kind="code", code="restricted_action_anew", match="chat.postMessage", times=None)
    home.load([critical_page(2)])
    home.tick(TOMORROW)
    # THEN Google Chat has the alert and the digest of the team all the same
    assert home.drain(120) == {DEAD_LETTER_QUEUE: 2}
    since = texts(home, "chat")[len(first) :]
    assert len(since) == 2
    assert sum("Account 2" in text for text in since) >= 1
    # AND the alert says where it is, and why it is not in Slack, and what to do
    told = outcomes(home)["A-0002"]
    assert (told.state, (told.reference or "").partition(":")[0]) == ("failed", "google_chat")
    assert "restricted_action_anew" in (told.reason or "")
    assert "posting permissions" in (told.reason or "")
    # WHEN it is set right, and the messages are brought back
    mend(home, "slack")
    redrive(home.aws, home.deployment.queues, "alert-chat")
    assert home.drain(120) == {}
    # THEN Slack has them too, and nothing was posted twice
    assert len(texts(home, "slack")) == 4
    assert texts(home, "chat") == [*first, *since]
    assert outcomes(home)["A-0002"].state == "delivered"
