"""Messages in Slack: to the person they are for, once each, with account data that is shown and not read."""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError

import httpx
import pytest
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web import SlackResponse

from connectors.access import Access, TokenRefused
from connectors.lines import fitted
from connectors.slack.blocks import blocks
from connectors.slack.chat import SlackChat
from connectors.slack.faults import fault_of
from customer_success.documents import ChatMessage, Line
from customer_success.errors import Misconfigured, NotTaken, Unavailable, Unclear
from local.sandbox import SLACK_TOKEN, Sandbox
from tests.builders.secrets import slack_secret
from tests.builders.vendors import NASTY, Waiting, break_next, requests_to

TEAM = "C0TEAM"
ADA = "ada@example.com"
POST = "POST /api/chat.postMessage"
LOOK_UP = "POST /api/users.lookupByEmail"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path).start() as sandbox:
        yield sandbox


def slack(sandbox: Sandbox, *, token: str = SLACK_TOKEN, waiting: Waiting | None = None) -> SlackChat:
    """A connector as a fresh process makes it."""
    return SlackChat(
        slack_secret(token), TEAM, (waiting or Waiting()).retry_policy, base_url=sandbox.url("slack"), timeout=60
    )


def message(
    *lines: Line, key: str = "k1", title: str = "Acme", recipient: str | None = None, thread: str | None = None
) -> ChatMessage:
    return ChatMessage(key, title, lines or (Line("usage fell"),), recipient, thread)


def posted(folder: Path, channel: str = TEAM) -> list[dict[str, Any]]:
    """The messages of a channel, as they lie on disk."""
    file = folder / "slack" / f"{channel}.jsonl"
    return [json.loads(line)["payload"] for line in file.read_text().splitlines()] if file.exists() else []


def elements(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """The texts and links of a message's rich text, in order."""
    found: list[dict[str, Any]] = []
    for block in payload["blocks"]:
        for part in block.get("elements", []):
            sections = part["elements"] if part["type"] == "rich_text_list" else [part]
            found += [element for section in sections for element in section["elements"]]
    return found


def lines_of(payload: dict[str, Any]) -> list[str]:
    return [element["text"] for element in elements(payload)]


def test_a_message_for_a_person_is_a_direct_message(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN an owner whom Slack knows  WHEN two messages are for them
    chat = slack(sandbox)
    chat.post(message(recipient=ADA))
    chat.post(message(key="k2", recipient=ADA))

    # THEN both are in their direct messages, who was looked up once, and the team sees nothing
    assert [lines_of(payload) for payload in posted(tmp_path, f"dm-{ADA}")] == [["usage fell"]] * 2
    assert posted(tmp_path) == []
    assert requests_to(sandbox, "slack")[LOOK_UP] == 1


def test_a_message_for_the_team_is_in_its_channel(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a message without a recipient  WHEN it is posted  THEN the team's channel has it, without a look-up
    slack(sandbox).post(message(Line("Reasons", strong=True), Line("usage fell", bullet=True)))
    [payload] = posted(tmp_path)
    assert payload["blocks"] == [
        {"type": "header", "text": {"type": "plain_text", "text": "Acme", "emoji": False}},
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [{"type": "text", "text": "Reasons", "style": {"bold": True}}],
                },
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "usage fell"}]}],
                },
            ],
        },
    ]
    assert payload["text"] == "Acme\nReasons\nusage fell"
    assert payload["metadata"] == {"event_type": "csm_message", "event_payload": {"key": "k1"}}
    assert requests_to(sandbox, "slack") == {POST: 1}


def test_a_message_for_a_person_unknown_to_slack_is_in_the_teams_channel(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN an owner without an account  WHEN two messages are for them
    chat = slack(sandbox)
    chat.post(message(recipient="nobody@example.com"))
    chat.post(message(key="k2", recipient="nobody@example.com"))

    # THEN the team has them, with whom they are for; and no user was looked up twice
    assert [lines_of(payload)[0] for payload in posted(tmp_path)] == ["For nobody@example.com"] * 2
    assert requests_to(sandbox, "slack")[LOOK_UP] == 1


class Answers:
    """A Slack that answers each method as given: an error code, or data."""

    def __init__(self, **answers: str | dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, method: str) -> Any:
        def answer(**given: Any) -> SlackResponse:
            self.asked.append((method, given))
            text = self.answers[method]
            data = {"ok": False, "error": text} if isinstance(text, str) else {"ok": True, **text}
            return response(data).validate()  # type: ignore[no-any-return, no-untyped-call]

        return answer


def response(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> SlackResponse:
    return SlackResponse(
        client=None,
        http_verb="POST",
        api_url="https://slack.com/api/x",
        req_args={},
        data=data,
        headers=headers or {},
        status_code=status,
    )


def answering(**answers: str | dict[str, Any]) -> tuple[SlackChat, Answers]:
    chat, stand_in = SlackChat(slack_secret(), TEAM, Waiting().retry_policy), Answers(**answers)
    chat._client._access = Access(slack_secret(), lambda _: stand_in, "the bot token")  # type: ignore[assignment]
    return chat, stand_in


USER: dict[str, Any] = {"user": {"id": "U1"}}
DONE: dict[str, Any] = {"ts": "1.0"}


ANY_REFUSAL = [
    "missing_scope",
    "users_not_found",
    "access_denied",
    "accesslimited",
    "never_heard_of",
    "invalid_arguments",
]


@pytest.mark.parametrize("code", ANY_REFUSAL)
@pytest.mark.parametrize("refusal", ["users_lookupByEmail", "conversations_open"])
def test_where_no_direct_message_can_be_opened_the_team_gets_it(
    refusal: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    # GIVEN an app or a person that allows no direct message  WHEN one is due  THEN it goes to the team's channel
    answers: dict[str, Any] = {"users_lookupByEmail": USER, "chat_postMessage": DONE, refusal: code}
    chat, stand_in = answering(**answers)
    assert chat.post(message(recipient=ADA)) == f"{TEAM}/1.0"

    # AND it says for whom it is, and the log says why it is there
    assert f"For {ADA}" in stand_in.asked[-1][1]["text"]
    assert code in caplog.text


@pytest.mark.parametrize(
    "code",
    [
        *("messages_tab_disabled", "user_is_restricted", "user_disabled", "cannot_dm_bot", "channel_not_found"),
        *(
            "is_archived",
            "restricted_action",
            "restricted_action_read_only_channel",
            "accesslimited",
            "ekm_access_denied",
        ),
        *("slack_connect_file_link_sharing_blocked", "invalid_blocks", "msg_blocks_too_long", "never_heard_of"),
    ],
)
def test_a_direct_message_that_slack_refuses_is_the_teams(
    sandbox: Sandbox, tmp_path: Path, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    # GIVEN a Slack that refuses the first message  WHEN one is for a person
    break_next(sandbox, "slack", "code", code=code, match="chat.postMessage")
    posted_as = slack(sandbox).post(message(recipient=ADA))

    # THEN the team has it, led by the person it is for, and the log says why
    assert posted_as.startswith(f"{TEAM}/")
    assert [lines_of(payload)[0] for payload in posted(tmp_path)] == [f"For {ADA}"]
    assert posted(tmp_path, f"dm-{ADA}") == []
    assert code in caplog.text

    # AND a look-up finds it there, though direct messages work again
    assert slack(sandbox).find(message(recipient=ADA)) == posted_as


def test_where_the_teams_channel_refuses_as_well_a_person_is_needed(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a Slack that takes no message of the app  WHEN one is for a person  THEN both are tried
    break_next(
        sandbox, "slack", "code", code="restricted_action_read_only_channel", match="chat.postMessage", times=None
    )
    with pytest.raises(Misconfigured, match=r"restricted_action_read_only_channel.*posting permissions"):
        slack(sandbox).post(message(recipient=ADA))
    assert requests_to(sandbox, "slack")[POST] == 2
    assert posted(tmp_path) == []


def test_what_is_the_messages_own_fault_is_not_tried_elsewhere(sandbox: Sandbox) -> None:
    break_next(sandbox, "slack", "code", code="msg_too_long", match="chat.postMessage")
    with pytest.raises(NotTaken, match="msg_too_long"):
        slack(sandbox).post(message(recipient=ADA))
    assert requests_to(sandbox, "slack")[POST] == 1


@pytest.mark.parametrize(
    ("code", "match"),
    [("no_text", "users.lookupByEmail"), ("no_text", "conversations.open"), ("some_odd_code", "chat.postMessage")],
)
def test_a_direct_message_refused_with_an_odd_code_reaches_the_team(sandbox: Sandbox, code: str, match: str) -> None:
    # GIVEN a Slack that refuses on the way to a person, with a code that speaks of a message that was not sent yet
    break_next(sandbox, "slack", "code", code=code, match=match)
    # WHEN the message is posted  THEN the team has it
    assert slack(sandbox).post(message(recipient=ADA)).startswith(f"{TEAM}/")


@pytest.mark.parametrize("lost", ["lookup", "open", "history"])
def test_a_message_in_the_teams_channel_is_found_when_the_persons_channel_cannot_be_read(
    sandbox: Sandbox, lost: str
) -> None:
    # GIVEN a message for a person that had to go to the team
    break_next(sandbox, "slack", "code", code="messages_tab_disabled", match="chat.postMessage")
    posted_as = slack(sandbox).post(message(recipient=ADA))

    # WHEN it is looked for while Slack refuses what concerns the person  THEN it is found
    match = {"lookup": "users.lookupByEmail", "open": "conversations.open", "history": "conversations.history"}[lost]
    break_next(sandbox, "slack", "code", code="never_heard_of", match=match)
    assert slack(sandbox).find(message(recipient=ADA)) == posted_as


def test_a_history_refused_for_an_unknown_reason_is_not_taken_for_an_empty_one(sandbox: Sandbox) -> None:
    # GIVEN a team's channel whose history Slack refuses  WHEN a message is looked for  THEN it is not posted once more
    break_next(sandbox, "slack", "code", code="never_heard_of", match="conversations.history")
    with pytest.raises(Misconfigured, match="never_heard_of"):
        slack(sandbox).find(message())


def test_a_thread_that_cannot_be_seen_keeps_no_message(sandbox: Sandbox, tmp_path: Path) -> None:
    break_next(sandbox, "slack", "code", code="never_heard_of", match="conversations.history")
    slack(sandbox).post(message(thread="A-1"))
    assert len(posted(tmp_path)) == 1


def test_a_bad_token_is_no_reason_to_notify_the_team() -> None:
    # GIVEN a token that was revoked  WHEN a user is looked up  THEN that is reported, not worked around
    chat, stand_in = answering(users_lookupByEmail="token_revoked", chat_postMessage=DONE)
    with pytest.raises(Misconfigured, match="Check the secret 'csm/slack'"):
        chat.post(message(recipient=ADA))
    assert [method for method, _ in stand_in.asked] == ["users_lookupByEmail"]


@pytest.mark.parametrize("recipient", [ADA, "nobody@example.com", None])
def test_a_message_is_found_by_its_key_where_it_was_posted(sandbox: Sandbox, recipient: str | None) -> None:
    # GIVEN a message that was not posted  WHEN it is looked for  THEN it is not there
    asked = message(recipient=recipient)
    assert slack(sandbox).find(asked) is None

    # WHEN it was, among others  THEN another process finds it
    chat = slack(sandbox)
    chat.post(message(key="k0", recipient=recipient))
    message_id = chat.post(asked)
    chat.post(message(key="k2", recipient=recipient))
    assert slack(sandbox).find(asked) == message_id


@pytest.mark.parametrize("code", ["missing_scope", "not_in_channel", "channel_not_found"])
def test_a_history_that_may_not_be_read_finds_nothing(code: str) -> None:
    # GIVEN an app without the scope  WHEN a message is looked for  THEN it is not found
    chat, _ = answering(conversations_history=code)
    assert chat.find(message()) is None


def test_messages_of_others_are_not_mistaken_for_ours() -> None:
    # GIVEN another app's message with the same key  WHEN ours is looked for  THEN it is not found
    theirs = {"ts": "1.0", "metadata": {"event_type": "other", "event_payload": {"key": "k1"}}}
    chat, _ = answering(conversations_history={"messages": [theirs, {"ts": "0.5"}]})
    assert chat.find(message()) is None


@pytest.mark.parametrize("recipient", [ADA, None])
def test_messages_of_a_thread_lie_under_its_first(sandbox: Sandbox, tmp_path: Path, recipient: str | None) -> None:
    # GIVEN a digest  WHEN its details are posted by the same process, and by another
    chat = slack(sandbox)
    digest = chat.post(message(key="digest", recipient=recipient))
    chat.post(message(key="d1", recipient=recipient, thread="digest"))
    slack(sandbox).post(message(key="d2", recipient=recipient, thread="digest"))
    chat.post(message(key="other", recipient=recipient))

    # THEN the details lie under it, and nothing else does
    ts = digest.partition("/")[2]
    channel = TEAM if recipient is None else f"dm-{recipient}"
    assert [payload.get("thread_ts") for payload in posted(tmp_path, channel)] == [None, ts, ts, None]

    # AND each is found by its key
    for key in ("d1", "d2"):
        assert slack(sandbox).find(message(key=key, recipient=recipient, thread="digest")) is not None
    assert slack(sandbox).find(message(key="d3", recipient=recipient, thread="digest")) is None


def test_the_first_message_of_a_new_thread_opens_it(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a thread named after an account  WHEN several processes post to it  THEN the first is its head
    heads = [slack(sandbox).post(message(key=key, thread="A-1")) for key in ("k1", "k2", "k3")]
    ts = heads[0].partition("/")[2]
    assert [payload.get("thread_ts") for payload in posted(tmp_path)] == [None, ts, ts]


def test_of_several_heads_the_oldest_is_the_threads() -> None:
    # GIVEN two messages of a thread that were posted at once, each as its head
    marks = {"metadata": {"event_type": "csm_message", "event_payload": {"key": "k", "thread": "A-1"}}}
    history = {"messages": [{"ts": "2.0", **marks}, {"ts": "1.0", **marks}]}

    # WHEN a third is posted  THEN it lies under the older one
    chat, stand_in = answering(conversations_history=history, chat_postMessage=DONE)
    chat.post(message(key="k3", thread="A-1"))
    assert stand_in.asked[-1][1]["thread_ts"] == "1.0"


def test_the_head_of_a_thread_looks_for_no_other(sandbox: Sandbox) -> None:
    # GIVEN a message whose thread is called after itself  WHEN it is posted  THEN no history is read
    slack(sandbox).post(message(key="digest", thread="digest"))
    assert requests_to(sandbox, "slack") == {POST: 1}


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "malformed", "status"])
def test_a_post_without_a_known_outcome_is_unclear_and_never_repeated(
    sandbox: Sandbox, tmp_path: Path, kind: str
) -> None:
    # GIVEN a connection that breaks around the posting
    break_next(sandbox, "slack", kind, status=500, match="chat.postMessage")

    # WHEN it is posted  THEN it is unclear what became of it, and it was sent once
    chat = slack(sandbox)
    with pytest.raises(Unclear):
        chat.post(message())
    assert requests_to(sandbox, "slack")[POST] == 1

    # AND a look-up finds out
    done = kind in ("drop_after", "malformed")
    assert (slack(sandbox).find(message()) is not None) is done
    assert len(posted(tmp_path)) == done


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "malformed", "status"])
def test_a_question_that_fails_is_asked_again(sandbox: Sandbox, kind: str) -> None:
    # GIVEN a look-up that breaks off  WHEN it is made  THEN it is made again
    break_next(sandbox, "slack", kind, status=502, match="users.lookupByEmail")
    slack(sandbox).post(message(recipient=ADA))
    assert requests_to(sandbox, "slack")[LOOK_UP] == 2


def test_a_pause_that_slack_asks_for_is_respected(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a Slack that asks for 5 seconds  WHEN a message is posted  THEN the rate limiter waits; it is posted once
    waiting = Waiting()
    break_next(sandbox, "slack", "status", status=429, retry_after=5, match="chat.postMessage")
    slack(sandbox, waiting=waiting).post(message())
    assert waiting.rate_limiter.pauses == [5.0]
    assert len(posted(tmp_path)) == 1

    # WHEN it asks for more than there is  THEN the caller knows how long
    break_next(sandbox, "slack", "status", status=429, retry_after=90, match="chat.postMessage")
    with pytest.raises(Unavailable) as raised:
        slack(sandbox).post(message(key="k2"))
    assert raised.value.retry_after == 90.0


def test_a_wrong_token_is_reported(sandbox: Sandbox) -> None:
    # GIVEN another token  WHEN a message is posted  THEN there is one try, and the remedy
    with pytest.raises(Misconfigured, match=r"invalid_auth. Check the secret 'csm/slack'"):
        slack(sandbox, token="xoxb-wrong").post(message())
    assert requests_to(sandbox, "slack") == {POST: 1}


UNTAKEN = (
    *(
        "messages_tab_disabled",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
    ),
    *("restricted_action_something_new", "accesslimited", "user_is_restricted", "user_is_ultra_restricted"),
    *("msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format", "as_user_not_supported", "team_not_found"),
    *("ekm_access_denied", "slack_connect_canvas_sharing_blocked", "team_access_not_granted", "no_permission"),
    *("invalid_arguments", "invalid_metadata_schema", "too_many_attachments", "cannot_reply_to_message"),
    *("org_login_required", "two_factor_setup_required", "method_deprecated", "access_denied", "never_heard_of"),
)


@pytest.mark.parametrize(
    ("data", "status", "error"),
    [
        ({"error": "invalid_auth"}, 200, TokenRefused),
        ({"error": "not_authed"}, 200, TokenRefused),
        ({"error": "account_inactive"}, 200, TokenRefused),
        ({"error": "token_revoked"}, 200, TokenRefused),
        ({"error": "token_expired"}, 200, TokenRefused),
        ({"error": "not_allowed_token_type"}, 200, Misconfigured),
        ({"error": "channel_not_found"}, 200, Misconfigured),
        ({"error": "not_in_channel"}, 200, Misconfigured),
        ({"error": "is_archived"}, 200, Misconfigured),
        ({"error": "missing_scope", "needed": "chat:write"}, 200, Misconfigured),
        ({"error": "ratelimited"}, 429, Unavailable),
        ({"error": "ratelimited"}, 200, Unavailable),
        ({"error": "<html>"}, 429, Unavailable),
        ({"error": "service_unavailable"}, 503, Unavailable),
        ({"error": "internal_error"}, 200, Unclear),
        ({"error": "fatal_error"}, 200, Unclear),
        ({"error": "Received a response in a non-JSON format: <html>"}, 502, Unclear),
        ({"error": "Received a response in a non-JSON format: <html>"}, 200, Unclear),
        ({}, 500, Unclear),
        *[({"error": code}, 200, NotTaken) for code in ("msg_too_long", "no_text", "metadata_too_large")],
        *[({"error": code}, status, Misconfigured) for code in UNTAKEN for status in (200, 400, 403)],
        ({"error": "team_added_to_org"}, 200, Unavailable),
        ({"error": "never_heard_of"}, 503, Unclear),
    ],
)
def test_the_code_of_slack_says_what_went_wrong(data: dict[str, Any], status: int, error: type[Exception]) -> None:
    # GIVEN an answer of Slack's  WHEN it is read  THEN its kind says whether to wait, to look or to repair
    answer = response({"ok": False, **data}, status, {"Retry-After": "3"})
    fault = fault_of(SlackApiError("failed", answer), "it")  # type: ignore[no-untyped-call]
    assert type(fault) is error
    assert str(data.get("error", "")) in str(fault)
    # AND a passing fault waits as long as Slack asks, and every other says what to do
    assert getattr(fault, "retry_after", None) == (3.0 if isinstance(fault, Unavailable) else None)
    if error is Misconfigured:
        assert re.search(rf"{data['error']}\. .{{20,}}", str(fault))
    if "needed" in data:
        assert "chat:write" in str(fault)


@pytest.mark.parametrize("status", [200, 400, 403, 404, 502, 503])
@pytest.mark.parametrize(
    "body",
    [
        *({}, {"message": "Forbidden"}, {"error": "forbidden"}, {"ok": False}, {"ok": False, "error": None}),
        *(
            {"ok": False, "error": {"code": 5}},
            {"ok": False, "error": "A sentence."},
            {"ok": False, "error": "x" * 5000},
        ),
        *([], [1], None, 7, "text", {"ok": True}, {"ok": True, "ts": None}, {"ok": True, "ts": ["1.0"]}),
    ],
)
def test_an_answer_that_is_not_slacks_is_a_passing_fault_at_any_status(
    sandbox: Sandbox, status: int, body: object
) -> None:
    # GIVEN something in between that answers with JSON of its own
    break_next(sandbox, "slack", "json", status=status, body=body, match="chat.postMessage", retry_after=7)

    # WHEN a message is posted  THEN the outcome is unknown, and the error's text is cut
    with pytest.raises(Unclear) as raised:
        slack(sandbox).post(message())
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize("kind", ["html", "empty"])
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500, 502, 503])
def test_a_proxys_page_is_a_passing_fault_at_any_status(sandbox: Sandbox, kind: str, status: int) -> None:
    # GIVEN a proxy between us and Slack  WHEN a message is posted  THEN the outcome is unknown
    break_next(sandbox, "slack", kind, status=status, match="chat.postMessage")
    with pytest.raises(Unclear):
        slack(sandbox).post(message())

    # AND what changes nothing is asked again
    break_next(sandbox, "slack", kind, status=status, match="users.lookupByEmail")
    slack(sandbox).post(message(recipient=ADA))
    assert requests_to(sandbox, "slack")[LOOK_UP] == 2


@pytest.mark.parametrize("match", ["users.lookupByEmail", "conversations.open", "conversations.history"])
@pytest.mark.parametrize("body", [{"ok": True}, {"ok": True, "user": [], "channel": "C1", "messages": [{}]}, [], 7])
def test_an_answer_that_lacks_what_was_asked_for_is_asked_for_again(sandbox: Sandbox, match: str, body: object) -> None:
    break_next(sandbox, "slack", "json", status=200, body=body, match=match)
    slack(sandbox).post(message(recipient=ADA, thread="A-1"))
    assert requests_to(sandbox, "slack")[f"POST /api/{match}"] == 2


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (URLError(ConnectionRefusedError()), Unavailable),
        (URLError(ssl.SSLCertVerificationError()), Unavailable),
        (URLError(BrokenPipeError()), Unclear),
        (URLError(TimeoutError()), Unclear),
        (TimeoutError(), Unclear),
        (http.client.IncompleteRead(b""), Unclear),
        (ConnectionResetError(), Unclear),
        (SlackRequestError("Invalid URL"), Misconfigured),
    ],
)
def test_a_request_that_never_left_is_not_unclear(raised: Exception, error: type[Exception]) -> None:
    # GIVEN what the standard library raises  WHEN it is read  THEN only what may have arrived is unclear
    assert type(fault_of(raised, "it")) is error


def test_account_data_is_shown_and_not_read(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN names and links that would do harm as markup
    lines = (
        Line(NASTY, bullet=True),
        Line(NASTY, url="https://www.notion.so/a?b=1&c=2", strong=True),
        Line("bad link", url="javascript://x.example/%0aalert(1)"),
        Line("half \ud83e\x00"),
        Line(""),
    )

    # WHEN they are posted
    slack(sandbox).post(message(*lines, title=NASTY))

    # THEN they are texts and links, in which Slack reads no markup
    [payload] = posted(tmp_path)
    assert elements(payload) == [
        {"type": "text", "text": NASTY},
        {"type": "link", "url": "https://www.notion.so/a?b=1&c=2", "text": NASTY, "style": {"bold": True}},
        {"type": "text", "text": "bad link"},
        {"type": "text", "text": "half \ufffd"},
        {"type": "text", "text": " "},
    ]
    assert payload["blocks"][0]["text"] == {"type": "plain_text", "text": NASTY, "emoji": False}

    # AND the notification's text, which Slack does read, is escaped
    assert "<" not in payload["text"]
    assert payload["text"].startswith("&lt;script&gt;alert(1)&lt;/script&gt; *bold*")
    assert "&amp; &lt;users/all&gt; &lt;!channel&gt;" in payload["text"]


def test_nothing_in_a_message_is_read_or_unfurled() -> None:
    # GIVEN a message  WHEN it is posted
    chat, stand_in = answering(chat_postMessage=DONE)
    chat.post(message())

    # THEN the request asks Slack to read no markup in it and to unfurl no link
    [(_, given)] = stand_in.asked
    assert (given["mrkdwn"], given["unfurl_links"], given["unfurl_media"]) == (False, False, False)


def test_very_long_names_arrive_readable(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a name of 5,000 characters in the title and in a line  WHEN it is posted
    slack(sandbox).post(message(Line("🦊" * 5000), Line("the end"), title="🦊" * 5000))

    # THEN both are cut between characters, and what follows is there
    [payload] = posted(tmp_path)
    assert payload["blocks"][0]["text"]["text"] == "🦊" * 74 + "…"
    assert lines_of(payload) == ["🦊" * 1499 + "…", "the end"]


@pytest.mark.parametrize(("letter", "length"), [("x", 100), ("🦊", 100), ("x", 5000)])
def test_a_message_too_long_is_shortened_with_a_note(
    sandbox: Sandbox, tmp_path: Path, letter: str, length: int
) -> None:
    # GIVEN a digest of a thousand accounts
    lines = [Line(f"{number} {letter * length}", bullet=number % 7 == 0) for number in range(1000)]

    # WHEN it is posted
    slack(sandbox).post(message(*lines))

    # THEN Slack takes it, and it says how many lines it left out
    [payload] = posted(tmp_path)
    *stored, note = lines_of(payload)
    assert len(stored) >= 3
    assert all(line.startswith(f"{number} {letter * 40}") for number, line in enumerate(stored))
    assert note == f"… shortened: {1000 - len(stored)} more lines"
    assert len(payload["blocks"]) <= 50
    sizes = [sum(len(element["text"]) for element in elements({"blocks": [block]})) for block in payload["blocks"]]
    assert max(sizes) <= 3000
    assert sum(sizes) + len(payload["text"]) < 13_000


@pytest.mark.parametrize("room", range(40, 130))
def test_the_note_finds_room_as_well(room: int) -> None:
    # GIVEN lines that do not all fit, or just do  WHEN they are fitted  THEN they and the note take no more than that
    lines = [Line("x" * 10) for _ in range(11)]
    fits = fitted(lines, room, lambda line: len(line.text))
    assert sum(len(line.text) for line in fits) <= room
    assert (fits == tuple(lines)) is (room >= 110)


def test_many_short_lines_stay_within_fifty_blocks() -> None:
    # GIVEN as many lines as fit  WHEN they become blocks  THEN there are few
    made = blocks("t", [Line("x" * 1600) for _ in range(6)])
    assert len(made) == 7


def test_the_people_who_have_an_account_decide(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a workspace that only Grace belongs to  WHEN messages are for Ada and for Grace
    httpx.post(sandbox.url("control") + "/people", json={"known": ["grace@example.com"]}).raise_for_status()
    chat = slack(sandbox)
    chat.post(message(recipient=ADA))
    chat.post(message(key="k2", recipient="grace@example.com"))

    # THEN Ada's is the team's, and Grace has hers
    assert lines_of(posted(tmp_path)[0])[0] == f"For {ADA}"
    assert len(posted(tmp_path, "dm-grace@example.com")) == 1
