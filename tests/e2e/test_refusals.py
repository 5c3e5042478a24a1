"""A chat that refuses for an unknown reason costs neither person, team nor the other chat a message."""

from __future__ import annotations

from datetime import timedelta

from customer_success.alerts.entry import Outcome
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from local.deployment import LocalDeployment
from local.stack.queues import DEAD_LETTERS, redrive
from tests.builders.accounts import TODAY
from tests.builders.pages import critical_page, page
from tests.builders.sandbox import chat_messages, fault, mend
from tests.builders.warm_stack import WarmStack, retry_at_once

TOMORROW = TODAY + timedelta(days=1)
DEAD_LETTER_QUEUE = f"alert-chat{DEAD_LETTERS}"


def outcomes(deployment: LocalDeployment) -> dict[str, Outcome]:
    """What became of each alert in chat."""
    entries = [entry for day in (TODAY, TOMORROW) for entry in DynamoAlertLog(deployment.table).on(day)]
    return {entry.alert.account_id: entry.outcomes["chat_alert"] for entry in entries}


def texts(deployment: LocalDeployment, service: str) -> list[str]:
    return [message["text"] for message in chat_messages(deployment, service)]


def test_a_slack_that_refuses_costs_no_message(warm_stack: WarmStack) -> None:
    # GIVEN a Slack that opens no direct messages, for an unknown reason, and a chat function that has none open
    deployment = warm_stack.return_to()
    retry_at_once(deployment)
    warm_stack.cool("alert-chat")
    deployment.load([critical_page(1), page(2), page(3)])
    fault(deployment, "slack", kind="code", code="never_heard_of", match="conversations.open", times=None)
    # WHEN an account falls into danger
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    # THEN its alert is in the team's channel, led by the person it is for, beside the digest
    alert, _ = sorted(texts(deployment, "slack"), key=lambda text: "For " not in text)
    assert "For " in alert
    assert "Account 1" in alert
    assert {outcome.state for outcome in outcomes(deployment).values()} == {"delivered"}
    first = texts(deployment, "chat")
    assert len(first) == 2
    # WHEN its channel refuses as well, and another account falls into danger
    fault(deployment, "slack", kind="code", code="restricted_action_anew", match="chat.postMessage", times=None)
    deployment.load([critical_page(2)])
    deployment.tick(TOMORROW)
    # THEN Google Chat has the alert and the digest of the team all the same
    assert deployment.drain() == {DEAD_LETTER_QUEUE: 2}
    since = texts(deployment, "chat")[len(first) :]
    assert len(since) == 2
    assert sum("Account 2" in text for text in since) >= 1
    # AND the alert says where it is, and why it is not in Slack, and what to do
    outcome = outcomes(deployment)["A-0002"]
    assert (outcome.state, (outcome.reference or "").partition(":")[0]) == ("failed", "google_chat")
    assert "restricted_action_anew" in (outcome.reason or "")
    assert "posting permissions" in (outcome.reason or "")
    # WHEN it is set right, and the messages are brought back
    mend(deployment, "slack")
    redrive(deployment.aws, deployment.stack.queues, "alert-chat")
    assert deployment.drain() == {}
    # THEN Slack has them too, and nothing was posted twice
    assert len(texts(deployment, "slack")) == 4
    assert texts(deployment, "chat") == [*first, *since]
    assert outcomes(deployment)["A-0002"].state == "delivered"
