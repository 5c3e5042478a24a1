"""Messages in Google Chat: once each, in their thread, with account data that is shown and not read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httplib2  # type: ignore[import-untyped]
import pytest
from googleapiclient.errors import HttpError  # type: ignore[import-untyped]

from connectors.google_auth import credentials_for
from connectors.google_chat.card import LARGEST_MESSAGE, card_message
from connectors.google_chat.chat import ALLOWED, GoogleChat
from connectors.google_chat.space import SCOPE
from connectors.google_faults import fault_of
from connectors.google_http import GatedHttp, NotAllowed
from customer_success.documents import ChatMessage, Line
from customer_success.errors import Misconfigured, NotTaken, Unavailable, Unclear
from local.sandbox import Sandbox
from tests.builders.google_keys import service_account_of
from tests.builders.secrets import google_secret
from tests.builders.vendors import NASTY, Waiting, break_next, requests_to

FOREIGN: list[dict[str, Any]] = [
    {"kind": "html"},
    {"kind": "empty"},
    *(
        {"kind": "json", "body": body}
        for body in (
            *({}, {"ok": True}, {"message": "Forbidden"}, {"error": "forbidden"}, {"error": None}, {"error": []}),
            *({"error": {"message": 5}}, {"error": {"code": "x"}}, {"name": None, "id": 7}, [], [1], None, 7, "text"),
        )
    ),
]
"""What answers in Google's place may say."""

CREATE = "POST /v1/spaces/{space_id}/messages"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path).start() as sandbox:
        yield sandbox


def chat_of(sandbox: Sandbox, space: str = "spaces/TEAM") -> GoogleChat:
    return GoogleChat(
        google_secret(service_account_of(sandbox)),
        space,
        Waiting().retry_policy,
        base_url=sandbox.url("chat"),
        timeout=60,
    )


def message(*lines: Line, title: str = "Acme is at risk", key: str = "k1", thread: str | None = None) -> ChatMessage:
    return ChatMessage(key, title, lines or (Line("usage fell"),), thread=thread)


def posted(folder: Path, space: str = "TEAM") -> list[dict[str, Any]]:
    """The messages of a space, as they lie on disk."""
    file = folder / "chat" / f"{space}.jsonl"
    return [json.loads(line)["payload"] for line in file.read_text().splitlines()] if file.exists() else []


def paragraphs(body: dict[str, Any]) -> list[str]:
    [section] = body["cardsV2"][0]["card"]["sections"]
    return [widget["textParagraph"]["text"] for widget in section["widgets"]]


class Reader(HTMLParser):
    """What a person reads of a card's HTML, and the tags that the card means."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.feed("\n".join(paragraphs(body)))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag == "br":
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_message_is_posted_to_the_space(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a message for the team  WHEN it is posted
    name = chat_of(sandbox).post(message(Line("Reasons", strong=True), Line("usage fell", bullet=True)))

    # THEN it is there, with a text for notifications
    [found] = posted(tmp_path)
    assert found["name"] == name
    assert found["fallbackText"] == "Acme is at risk"
    assert paragraphs(found) == ["<b>Acme is at risk</b>", "<b>Reasons</b><br>• usage fell"]


def test_a_message_posted_again_is_the_same_message(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a message that was posted  WHEN it is posted again, also by another process
    first = chat_of(sandbox).post(message())
    again = chat_of(sandbox).post(message())

    # THEN there is one, so there is nothing to look up; another key is another message
    assert again == first
    assert len(posted(tmp_path)) == 1
    assert chat_of(sandbox).find(message()) is None
    assert chat_of(sandbox).post(message(key="k2")) != first


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "malformed", "status"])
def test_a_broken_connection_makes_no_second_message(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    # GIVEN a connection that breaks  WHEN the message is posted  THEN it is tried again, and there is one
    break_next(sandbox, "chat", kind, status=503)
    name = chat_of(sandbox).post(message())
    assert [found["name"] for found in posted(tmp_path)] == [name]
    assert requests_to(sandbox, "chat") == {CREATE: 2}


def test_messages_of_a_thread_belong_together(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a digest, its details, and other messages  WHEN they are posted
    chat = chat_of(sandbox)
    chat.post(message(key="digest"))
    chat.post(message(key="detail", thread="digest"))
    chat.post(message(key="other"))

    # THEN only the first two share a thread
    digest, detail, other = (found["thread"]["name"] for found in posted(tmp_path))
    assert digest == detail != other


def test_account_data_is_shown_and_not_read(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN names and links that would do harm as markup
    lines = (
        Line(NASTY, bullet=True),
        Line(NASTY, url='https://www.notion.so/a?b=1&c="2"'),
        Line("two\nlines", url="javascript://x.example/%0aalert(1)"),
    )
    chat_of(sandbox).post(message(*lines, title=NASTY))

    # WHEN the card is looked at
    [found] = posted(tmp_path)
    read = Reader(found)

    # THEN it reads as it was written, and holds no tag but ours
    assert read.text == f"{NASTY}\n• {NASTY}\n{NASTY}\ntwo\nlines"
    assert read.tags == {"b", "br", "a"}
    assert read.links == ['https://www.notion.so/a?b=1&c="2"']
    assert not any(mark in "".join(paragraphs(found)) for mark in ("<script", "<users", "<!", "<http"))


def test_a_message_for_one_person_says_so_in_the_teams_space(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a message for an owner  WHEN it is posted where all read it  THEN it says for whom it is
    chat_of(sandbox).post(ChatMessage("k", "t", (Line("usage fell"),), recipient="ada@example.com"))
    assert paragraphs(posted(tmp_path)[0])[1] == "For ada@example.com<br>usage fell"


@pytest.mark.parametrize("letter", ["x", "<", "🦊", "é"])
def test_a_message_too_long_is_shortened_with_a_note(sandbox: Sandbox, tmp_path: Path, letter: str) -> None:
    # GIVEN a digest of a thousand accounts with all kinds of names
    digest = message(*(Line(f"{number} {letter * 100}") for number in range(1000)))

    # WHEN it is posted
    chat_of(sandbox).post(digest)

    # THEN it fits, says how many lines it left out, and those that are there are whole
    *stored, note = Reader(posted(tmp_path)[0]).text.split("\n")[1:]
    assert stored == [f"{number} {letter * 100}" for number in range(len(stored))]
    assert note == f"… shortened: {1000 - len(stored)} more lines"
    assert len(json.dumps(card_message(digest, "x" * 36))) <= LARGEST_MESSAGE


def test_very_long_names_arrive_readable(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a name of 5,000 characters in the title and in a line  WHEN it is posted
    chat_of(sandbox).post(message(Line("🦊" * 5000), Line("the end"), title="🦊" * 5000))

    # THEN both are cut between characters, and what follows is there
    title, line, end = Reader(posted(tmp_path)[0]).text.split("\n")
    assert title == "🦊" * 74 + "…"
    assert line == "🦊" * 1499 + "…"
    assert end == "the end"


@pytest.mark.parametrize("space", ["TEAM", "spaces/", "spaces/a/b", "spaces/../x", "https://chat.google.com/x"])
def test_a_space_that_is_none_is_reported(sandbox: Sandbox, space: str) -> None:
    # GIVEN a setting that names no space  WHEN a message is posted  THEN that is reported, and other chats work
    chat = chat_of(sandbox, space)
    with pytest.raises(Misconfigured, match="names no Google Chat space"):
        chat.post(message())


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (401, Misconfigured, "refused access to the Google Chat space spaces/TEAM"),
        (403, Misconfigured, "that the Chat app is a member of it"),
        (404, Misconfigured, "Check the space's name"),
        (400, Misconfigured, "refused the Google Chat space spaces/TEAM .400 INVALID_ARGUMENT"),
    ],
)
def test_what_a_retry_cannot_help_is_reported_at_once(
    sandbox: Sandbox, status: int, error: type[Exception], expected: str
) -> None:
    # GIVEN an error for good  WHEN it is met  THEN there is one try, and what to do is reported
    break_next(sandbox, "chat", "status", status=status)
    with pytest.raises(error, match=expected):
        chat_of(sandbox).post(message())
    assert requests_to(sandbox, "chat") == {CREATE: 1}


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (403, "rateLimitExceeded", Unavailable),
        (403, "userRateLimitExceeded", Unavailable),
        (403, "dailyLimitExceeded", Unavailable),
        (403, "quotaExceeded", Unavailable),
        (403, "RESOURCE_EXHAUSTED", Unavailable),
        (403, "RATE_LIMIT_EXCEEDED", Unavailable),
        (403, "forbidden", Misconfigured),
        (400, "failedPrecondition", Misconfigured),
        (400, "invalidArgument", Misconfigured),
        (400, "neverHeardOf", Misconfigured),
        (400, "FAILED_PRECONDITION", Misconfigured),
        (403, "domainPolicy", Misconfigured),
        (403, "accessNotConfigured", Misconfigured),
        (404, "notFound", Misconfigured),
        (412, "conditionNotMet", Misconfigured),
        (418, "neverHeardOf", Misconfigured),
        (413, "uploadTooLarge", NotTaken),
        (400, "requestTooLarge", NotTaken),
        (400, "backendError", Unclear),
        (503, "neverHeardOf", Unclear),
        (409, "aborted", Unavailable),
        (500, "backendError", Unclear),
    ],
)
def test_the_reason_says_what_a_status_of_google_means(status: int, reason: str, error: type[Exception]) -> None:
    # GIVEN an answer of Google's  WHEN it is read  THEN its kind says whether to wait, to look or to repair
    body = {"error": {"message": "said", "errors": [{"reason": reason}]}}
    answer = httplib2.Response({"status": str(status), "retry-after": "4"})
    fault = fault_of(HttpError(answer, json.dumps(body).encode()), "it", "fix it", writes=True)
    assert type(fault) is error
    assert "said" in str(fault)

    # AND a passing fault waits as long as Google asks, and one for a person names the reason and what to do
    assert getattr(fault, "retry_after", None) == (4.0 if isinstance(fault, Unavailable) else None)
    if error is Misconfigured:
        assert reason in str(fault)
        assert "fix it" in str(fault)


@pytest.mark.parametrize(
    "expected",
    [
        *("Invalid To header", "Invalid Cc header", "Recipient address required"),
        *("Request payload size exceeds the limit: 1048576 bytes.", "Message too large"),
        "Message cannot be empty. Discarding empty create message request in spaces/TEAM.",
        "Message is longer than 32000 bytes: 40000.",
    ],
)
def test_what_is_known_to_be_the_messages_own_fault_is_not_taken(expected: str) -> None:
    # GIVEN Google's word on a message  WHEN one was written  THEN it is not taken, and anything else is a fault of ours
    body = {"error": {"code": 400, "message": expected, "status": "INVALID_ARGUMENT"}}
    error = HttpError(httplib2.Response({"status": "400"}), json.dumps(body).encode())
    assert type(fault_of(error, "it", "fix it", writes=True)) is NotTaken
    assert type(fault_of(error, "it", "fix it")) is Misconfigured


def test_googles_newest_shape_of_errors_is_known() -> None:
    # GIVEN a reason among the details alone  WHEN it is read  THEN it counts
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"}]
    body = {"error": {"code": 403, "message": "said", "status": "PERMISSION_DENIED", "details": details}}
    fault = fault_of(HttpError(httplib2.Response({"status": "403"}), json.dumps(body).encode()), "it", "fix it")
    assert type(fault) is Unavailable


def test_an_error_page_instead_of_json_is_reported_as_it_is() -> None:
    # GIVEN a proxy's own page  WHEN it is read  THEN its first words are reported
    fault = fault_of(HttpError(httplib2.Response({"status": "502"}), b"<html>Bad Gateway"), "it", "fix it")
    assert type(fault) is Unclear
    assert "Bad Gateway" in str(fault)


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 413, 502, 503])
@pytest.mark.parametrize("answer", FOREIGN, ids=str)
def test_an_answer_that_is_not_googles_passes_at_any_status(
    sandbox: Sandbox, tmp_path: Path, status: int, answer: dict[str, Any]
) -> None:
    # GIVEN something in between that answers for Google, for as long as is tried
    break_next(sandbox, "chat", status=status, times=4, **answer)

    # WHEN a message is posted  THEN it may be posted later; the error's text is cut
    chat = chat_of(sandbox)
    with pytest.raises(Unavailable) as raised:
        chat.post(message())
    assert len(str(raised.value)) < 400
    assert requests_to(sandbox, "chat") == {CREATE: 4}

    # AND once Google answers itself, there is one
    chat.post(message())
    assert len(posted(tmp_path)) == 1


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404])
@pytest.mark.parametrize("answer", [*FOREIGN, {"kind": "json", "body": {"access_token": None}}], ids=str)
def test_a_token_endpoint_that_is_not_googles_is_a_passing_fault(
    sandbox: Sandbox, status: int, answer: dict[str, Any]
) -> None:
    # GIVEN a proxy before the token endpoint  WHEN a message is posted  THEN it surely was not, and may be later
    break_next(sandbox, "token", status=status, times=4, retry_after=90, **answer)
    with pytest.raises(Unavailable, match="no token for the Google Chat space") as raised:
        chat_of(sandbox).post(message())
    assert type(raised.value) is Unavailable
    assert raised.value.retry_after == 90.0
    assert requests_to(sandbox, "chat") == {}


@pytest.mark.parametrize(
    "code",
    ["invalid_grant", "unauthorized_client", "invalid_client", "access_denied", "org_internal", "never_heard_of"],
)
def test_a_token_that_google_refuses_is_for_a_person_to_mend(sandbox: Sandbox, code: str) -> None:
    break_next(sandbox, "token", "code", code=code)
    with pytest.raises(Misconfigured, match=rf"{code}.*Check the secret 'csm/google'"):
        chat_of(sandbox).post(message())


@pytest.mark.parametrize("code", ["internal_failure", "server_error", "temporarily_unavailable"])
def test_a_token_endpoint_in_trouble_passes(sandbox: Sandbox, code: str) -> None:
    break_next(sandbox, "token", "code", code=code, retry_after=90, times=None)
    with pytest.raises(Unavailable, match="no token"):
        chat_of(sandbox).post(message())


def test_the_app_can_do_nothing_but_post(sandbox: Sandbox) -> None:
    # GIVEN the app's credentials  WHEN anything else is requested  THEN nothing leaves
    http = GatedHttp(credentials_for(service_account_of(sandbox), [SCOPE]), sandbox.url("chat"), ALLOWED, lambda: 5.0)
    for method, path in (("GET", "/v1/spaces/TEAM/messages"), ("DELETE", "/v1/spaces/TEAM"), ("POST", "/v1/spaces")):
        with pytest.raises(NotAllowed):
            http.request(sandbox.url("chat") + path, method)
    assert requests_to(sandbox, "chat") == {}
