"""The Slack sandbox, driven by Slack's own client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from local.sandbox import SLACK_TOKEN, Sandbox

METADATA = {"event_type": "churn_alert", "event_payload": {"alert_id": "A1"}}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    # The clock stands still, so that messages differ by more than the time at which they come.
    with Sandbox(tmp_path, clock=lambda: datetime(2024, 9, 30, tzinfo=UTC)).start() as sandbox:
        yield sandbox


def client_of(sandbox: Sandbox, token: str = SLACK_TOKEN) -> WebClient:
    return WebClient(token=token, base_url=sandbox.url("slack"), retry_handlers=[])


@pytest.fixture
def slack(sandbox: Sandbox) -> WebClient:
    return client_of(sandbox)


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


def test_a_message_is_stored_with_its_blocks_and_metadata(slack: WebClient, tmp_path: Path) -> None:
    # WHEN an alert is posted to a channel by its name, and an answer in its thread
    posted = slack.chat_postMessage(
        channel="#cs-alerts",
        text="Acme is critical",
        blocks=[header("Acme"), section("NPS &lt; 0 &amp; falling")],
        metadata=METADATA,
    )
    channel, ts = posted["channel"], posted["ts"]
    slack.chat_postMessage(channel=channel, text="Seen", thread_ts=ts)

    # THEN it is found again by channel and metadata, and the answer under it
    [found] = slack.conversations_history(channel=channel, include_all_metadata=True)["messages"]
    assert (found["ts"], found["metadata"], found["text"]) == (ts, METADATA, "Acme is critical")
    assert "metadata" not in slack.conversations_history(channel=channel)["messages"][0]
    replies = slack.conversations_replies(channel=channel, ts=ts)["messages"]
    assert [message["text"] for message in replies] == ["Acme is critical", "Seen"]

    # AND on disk each line begins with what a person would read
    lines = [json.loads(line) for line in (tmp_path / "slack" / "cs-alerts.jsonl").read_text().splitlines()]
    assert [line["text"] for line in lines] == ["Acme\nNPS < 0 & falling", "Seen"]
    assert lines[0]["payload"]["metadata"] == METADATA


def test_history_is_newest_first_page_by_page_and_by_time(slack: WebClient) -> None:
    stamps = [slack.chat_postMessage(channel="#cs", text=str(number))["ts"] for number in range(5)]
    channel = slack.chat_postMessage(channel="#cs", text="5")["channel"]
    assert len(set(stamps)) == 5

    first = slack.conversations_history(channel=channel, limit=4)
    second = slack.conversations_history(channel=channel, limit=4, cursor=first["response_metadata"]["next_cursor"])
    assert [message["text"] for message in first["messages"] + second["messages"]] == list("543210")
    assert (first["has_more"], second["has_more"]) == (True, False)
    between = slack.conversations_history(channel=channel, oldest=stamps[1], latest=stamps[3], inclusive=True)
    assert [message["text"] for message in between["messages"]] == list("321")


def test_a_message_is_changed_in_place(slack: WebClient) -> None:
    posted = slack.chat_postMessage(channel="#cs", text="Acme is high", metadata=METADATA)
    slack.chat_update(channel=posted["channel"], ts=posted["ts"], text="Acme is critical")
    [found] = slack.conversations_history(channel=posted["channel"], include_all_metadata=True)["messages"]
    assert (found["text"], found["metadata"]) == ("Acme is critical", METADATA)
    with pytest.raises(SlackApiError, match="message_not_found"):
        slack.chat_update(channel=posted["channel"], ts="1.000000", text="x")


def test_the_owner_is_found_by_mail_and_written_to_directly(sandbox: Sandbox, slack: WebClient, tmp_path: Path) -> None:
    # GIVEN an owner with a Slack account
    user = slack.users_lookupByEmail(email="dana@acme.com")["user"]["id"]

    # WHEN she is written to
    channel = slack.conversations_open(users=user)["channel"]["id"]
    posted = slack.chat_postMessage(channel=channel, text="Acme is critical")

    # THEN it is a direct message, the same as one to her id, in a file of her name
    assert posted["channel"] == channel == slack.chat_postMessage(channel=user, text="Again")["channel"]
    assert channel.startswith("D")
    assert len((tmp_path / "slack" / "dm-dana@acme.com.jsonl").read_text().splitlines()) == 2

    # AND a person without an account is not found
    with pytest.raises(SlackApiError, match="users_not_found"):
        slack.users_lookupByEmail(email="nobody@acme.com")
    httpx.post(sandbox.url("control") + "/people", json={"known": ["eve@acme.com"]}).raise_for_status()
    with pytest.raises(SlackApiError, match="users_not_found"):
        slack.users_lookupByEmail(email="dana@acme.com")
    with pytest.raises(SlackApiError, match="user_not_found"):
        slack.conversations_open(users="U0UNKNOWN")


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"blocks": [section("x")] * 51}, "invalid_blocks"),
        ({"blocks": [section("x" * 3001)]}, "invalid_blocks"),
        ({"blocks": [section("")]}, "invalid_blocks"),
        ({"blocks": [header("x" * 151)]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "context", "elements": [section("x")["text"]] * 11}]}, "invalid_blocks"),
        ({"blocks": [section("x" * 2900)] * 5}, "msg_blocks_too_long"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": ""}, "no_text"),
        ({"channel": "No Such Channel"}, "channel_not_found"),
        ({"channel": "U0UNKNOWN"}, "channel_not_found"),
    ],
)
@pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing")
def test_slacks_limits_answer_with_a_200_that_is_not_ok(slack: WebClient, message: dict[str, Any], code: str) -> None:
    with pytest.raises(SlackApiError) as refusal:
        slack.chat_postMessage(**{"channel": "#cs", "text": "x", **message})
    assert (refusal.value.response.status_code, refusal.value.response["error"]) == (200, code)
    channel = slack.chat_postMessage(channel="#cs", text="x")["channel"]
    assert len(slack.conversations_history(channel=channel)["messages"]) == 1


def test_what_is_just_within_the_limits_is_taken(slack: WebClient) -> None:
    blocks = [header("x" * 150), section("x" * 3000), *[{"type": "divider"}] * 48]
    assert slack.chat_postMessage(channel="#cs", text="x", blocks=blocks)["ok"]


def test_a_form_is_taken_as_well_as_json(sandbox: Sandbox) -> None:
    form = {
        "token": SLACK_TOKEN,
        "channel": "#cs",
        "blocks": json.dumps([section("Acme")]),
        "metadata": json.dumps(METADATA),
    }
    answer = httpx.post(sandbox.url("slack") + "chat.postMessage", data=form).json()
    assert (answer["ok"], answer["message"]["metadata"]) == (True, METADATA)


def test_a_wrong_token_is_reported(sandbox: Sandbox, slack: WebClient) -> None:
    assert slack.auth_test()["bot_id"]
    with pytest.raises(SlackApiError, match="invalid_auth"):
        client_of(sandbox, "xoxb-other").auth_test()
    assert httpx.post(sandbox.url("slack") + "auth.test").json() == {"ok": False, "error": "not_authed"}


def test_a_restart_keeps_messages_and_direct_channels(tmp_path: Path) -> None:
    with Sandbox(tmp_path).start() as sandbox:
        slack = client_of(sandbox)
        user = slack.users_lookupByEmail(email="dana@acme.com")["user"]["id"]
        posted = slack.chat_postMessage(channel=user, text="Acme", metadata=METADATA)
    with Sandbox(tmp_path).start() as sandbox:
        slack = client_of(sandbox)
        assert slack.conversations_open(users=user)["channel"]["id"] == posted["channel"]
        [found] = slack.conversations_history(channel=posted["channel"], include_all_metadata=True)["messages"]
        assert (found["ts"], found["metadata"]) == (posted["ts"], METADATA)
