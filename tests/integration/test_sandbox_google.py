"""The Gmail and Google Chat sandboxes, driven by Google's own client."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials
from google.oauth2.service_account import Credentials as ServiceAccount
from googleapiclient.discovery import build  # type: ignore[import-untyped]
from googleapiclient.errors import HttpError  # type: ignore[import-untyped]

from local.sandbox import Sandbox
from local.sandbox.google import service_account

COMPOSE = "https://www.googleapis.com/auth/gmail.compose"
CHAT_BOT = "https://www.googleapis.com/auth/chat.bot"
REPLY = "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"
SPACE = "spaces/CSM"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path).start() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def key() -> dict[str, Any]:
    return service_account("http://127.0.0.1/replaced")


def credentials(sandbox: Sandbox, key: dict[str, Any], scope: str, user: str | None = None) -> Any:
    info = key | {"token_uri": sandbox.url("token")}
    account = ServiceAccount.from_service_account_info(info, scopes=[scope])  # type: ignore[no-untyped-call]
    return account.with_subject(user) if user else account


def refreshed(sandbox: Sandbox, refresh_token: str) -> Any:
    return Credentials(  # type: ignore[no-untyped-call]
        None,
        refresh_token=refresh_token,
        token_uri=sandbox.url("token"),
        client_id="app",
        client_secret="secret",
    )


def gmail_of(sandbox: Sandbox, signed: Any) -> Any:
    options = {"api_endpoint": sandbox.url("gmail")}
    return build("gmail", "v1", credentials=signed, client_options=options, cache_discovery=False)


@pytest.fixture
def gmail(sandbox: Sandbox, key: dict[str, Any]) -> Any:
    return gmail_of(sandbox, credentials(sandbox, key, COMPOSE, "dana@acme.com"))


@pytest.fixture
def chat(sandbox: Sandbox, key: dict[str, Any]) -> Any:
    options = {"api_endpoint": sandbox.url("chat")}
    signed = credentials(sandbox, key, CHAT_BOT)
    return build("chat", "v1", credentials=signed, client_options=options, cache_discovery=False)


def mail(key: str, subject: str = "Your renewal") -> dict[str, Any]:
    message = EmailMessage()
    message["To"], message["Subject"], message["Message-ID"] = "ann@customer.com", subject, f"<{key}@csm>"
    message.set_content("Shall we talk on Tuesday?\n")
    message.add_alternative("<p>Shall we talk on Tuesday?</p>", subtype="html")
    return {"message": {"raw": base64.urlsafe_b64encode(message.as_bytes()).decode()}}


def test_a_draft_lies_in_its_owners_mailbox_and_on_disk(gmail: Any, tmp_path: Path) -> None:
    # WHEN a draft is written in Dana's mailbox
    draft = gmail.users().drafts().create(userId="me", body=mail("a1")).execute()

    # THEN it is a file that a mail program opens
    [file] = (tmp_path / "gmail" / "dana@acme.com").iterdir()
    assert file.name == f"{draft['id']}.eml"
    assert message_from_bytes(file.read_bytes())["Subject"] == "Your renewal"

    # AND Gmail gives it back in each of its formats
    read = gmail.users().drafts().get
    full = read(userId="me", id=draft["id"]).execute()["message"]
    assert full["labelIds"] == ["DRAFT"]
    assert {"name": "Subject", "value": "Your renewal"} in full["payload"]["headers"]
    plain, rich = full["payload"]["parts"]
    assert base64.urlsafe_b64decode(plain["body"]["data"]) == b"Shall we talk on Tuesday?\n"
    assert (rich["mimeType"], full["snippet"]) == ("text/html", "Shall we talk on Tuesday?")
    raw = read(userId="me", id=draft["id"], format="raw").execute()["message"]["raw"]
    assert base64.urlsafe_b64decode(raw) == file.read_bytes()
    assert "payload" not in read(userId="me", id=draft["id"], format="minimal").execute()["message"]


def test_drafts_are_listed_found_by_message_id_changed_and_deleted(gmail: Any, tmp_path: Path) -> None:
    drafts = gmail.users().drafts()
    ids = [drafts.create(userId="me", body=mail(f"a{number}")).execute()["id"] for number in range(3)]

    # THEN they are listed page by page, newest first
    first = drafts.list(userId="me", maxResults=2).execute()
    second = drafts.list(userId="me", maxResults=2, pageToken=first["nextPageToken"]).execute()
    assert [draft["id"] for draft in first["drafts"] + second["drafts"]] == ids[::-1]
    assert "nextPageToken" not in second

    # AND one is found by its own Message-ID, while one that is not there is not found
    [found] = drafts.list(userId="me", q="rfc822msgid:a1@csm").execute()["drafts"]
    assert found["id"] == ids[1]
    assert drafts.list(userId="me", q="rfc822msgid:<a9@csm>").execute() == {"resultSizeEstimate": 0}

    # WHEN one is changed and one deleted, the files follow
    drafts.update(userId="me", id=ids[1], body=mail("a1", "Changed")).execute()
    drafts.delete(userId="me", id=ids[0]).execute()
    mailbox = tmp_path / "gmail" / "dana@acme.com"
    assert b"Subject: Changed" in (mailbox / f"{ids[1]}.eml").read_bytes()
    assert sorted(path.stem for path in mailbox.iterdir()) == sorted(ids[1:])
    with pytest.raises(HttpError) as refusal:
        drafts.get(userId="me", id=ids[0]).execute()
    assert refusal.value.status_code == 404


def test_sending_is_refused_and_every_attempt_is_on_record(gmail: Any, tmp_path: Path) -> None:
    draft = gmail.users().drafts().create(userId="me", body=mail("a1")).execute()
    sends = [
        gmail.users().drafts().send(userId="me", body={"id": draft["id"]}),
        gmail.users().messages().send(userId="me", body=mail("a2")["message"]),
    ]
    for send in sends:
        with pytest.raises(HttpError) as refusal:
            send.execute()
        assert refusal.value.status_code == 403
    attempts = (tmp_path / "gmail" / "send-attempts.jsonl").read_text().splitlines()
    assert [json.loads(line)["path"] for line in attempts] == ["/v1/users/me/drafts/send", "/v1/users/me/messages/send"]


def test_a_token_opens_the_mailbox_of_its_subject_only(sandbox: Sandbox, key: dict[str, Any], gmail: Any) -> None:
    gmail.users().drafts().create(userId="dana@acme.com", body=mail("a1")).execute()

    # Another's mailbox, no mailbox at all, and a scope that is too narrow
    refused = [
        (gmail, "eve@acme.com", 403),
        (gmail_of(sandbox, credentials(sandbox, key, COMPOSE)), "me", 400),
        (gmail_of(sandbox, credentials(sandbox, key, CHAT_BOT, "dana@acme.com")), "me", 403),
    ]
    for service, user, status in refused:
        with pytest.raises(HttpError) as refusal:
            service.users().drafts().list(userId=user).execute()
        assert refusal.value.status_code == status
        assert json.loads(refusal.value.content)["error"]["code"] == status

    # A token that Google never gave
    address = sandbox.url("gmail") + "gmail/v1/users/me/drafts"
    answer = httpx.get(address, headers={"Authorization": "Bearer ya29.made-up"})
    assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")

    # Someone who does not work here
    with pytest.raises(RefreshError, match="invalid_grant: Invalid email or User ID"):
        credentials(sandbox, key, COMPOSE, "nobody@acme.com").refresh(Request())
    httpx.post(sandbox.url("control") + "/people", json={"known": ["eve@acme.com"]}).raise_for_status()
    with pytest.raises(RefreshError, match="Invalid email"):
        credentials(sandbox, key, COMPOSE, "dana@acme.com").refresh(Request())


def test_a_refresh_token_belongs_to_the_user_it_names(sandbox: Sandbox) -> None:
    # GIVEN one that Dana gave, and one that is no longer good
    dana = gmail_of(sandbox, refreshed(sandbox, "1//dana@acme.com"))
    revoked = gmail_of(sandbox, refreshed(sandbox, "revoked"))

    # THEN the first opens her mailbox, and the other none
    draft = dana.users().drafts().create(userId="dana@acme.com", body=mail("a1")).execute()
    assert dana.users().drafts().list(userId="me").execute()["drafts"][0]["id"] == draft["id"]
    with pytest.raises(RefreshError, match="expired or revoked"):
        revoked.users().drafts().list(userId="me").execute()


def test_a_draft_that_cannot_be_read_is_refused(gmail: Any) -> None:
    bodies: list[dict[str, Any]] = [{}, {"message": {}}, {"message": {"raw": "not base64!"}}]
    for body in bodies:
        with pytest.raises(HttpError) as refusal:
            gmail.users().drafts().create(userId="me", body=body).execute()
        assert refusal.value.status_code == 400
    assert gmail.users().drafts().list(userId="me").execute() == {"resultSizeEstimate": 0}


def test_a_request_id_posts_once(chat: Any, tmp_path: Path) -> None:
    messages = chat.spaces().messages()

    # WHEN a message is posted twice with one request id, and another with its own
    once = messages.create(parent=SPACE, requestId="alert-1", body={"text": "Acme is critical"}).execute()
    again = messages.create(parent=SPACE, requestId="alert-1", body={"text": "Acme is critical"}).execute()
    other = messages.create(parent=SPACE, requestId="alert-2", body={"text": "Bolt is high"}).execute()

    # THEN there are two messages, and a line for each on disk that begins with its text
    assert once == again
    assert once["name"].startswith("spaces/CSM/messages/")
    listed = messages.list(parent=SPACE).execute()["messages"]
    assert [message["name"] for message in listed] == [once["name"], other["name"]]
    lines = (tmp_path / "chat" / "CSM.jsonl").read_text().splitlines()
    assert [line.startswith('{"text": "') for line in lines] == [True, True]
    assert json.loads(lines[0])["text"] == "Acme is critical"


def test_a_thread_key_gathers_messages_where_it_is_asked_for(chat: Any) -> None:
    messages = chat.spaces().messages()
    thread = {"thread": {"threadKey": "acme"}}

    first = messages.create(parent=SPACE, messageReplyOption=REPLY, body={"text": "1", **thread}).execute()
    second = messages.create(parent=SPACE, messageReplyOption=REPLY, body={"text": "2", **thread}).execute()
    # Without the option the key counts for nothing
    alone = messages.create(parent=SPACE, body={"text": "3", **thread}).execute()

    assert first["thread"]["name"] == second["thread"]["name"] != alone["thread"]["name"]
    assert (first["threadReply"], second["threadReply"]) == (False, True)
    within = messages.list(parent=SPACE, filter=f"thread.name = {first['thread']['name']}").execute()
    assert [message["text"] for message in within["messages"]] == ["1", "2"]
    with pytest.raises(HttpError, match="404"):
        messages.create(
            parent=SPACE,
            messageReplyOption="REPLY_MESSAGE_OR_FAIL",
            body={"text": "4", "thread": {"threadKey": "unknown"}},
        ).execute()


def test_chat_refuses_what_is_empty_or_beyond_32_000_bytes(chat: Any) -> None:
    messages = chat.spaces().messages()
    for body in ({}, {"text": "ä" * 16_000}):
        with pytest.raises(HttpError) as refusal:
            messages.create(parent=SPACE, body=body).execute()
        error = json.loads(refusal.value.content)["error"]
        assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    messages.create(parent=SPACE, body={"text": "ä" * 15_900}).execute()


def test_a_card_reads_as_text_on_disk(chat: Any, tmp_path: Path) -> None:
    card = {
        "header": {"title": "Acme &amp; Co", "subtitle": "critical"},
        "sections": [{"widgets": [{"textParagraph": {"text": "NPS fell by 40"}}]}],
    }
    chat.spaces().messages().create(parent=SPACE, body={"cardsV2": [{"cardId": "a", "card": card}]}).execute()
    line = json.loads((tmp_path / "chat" / "CSM.jsonl").read_text())
    assert line["text"] == "Acme & Co\ncritical\nNPS fell by 40"
    assert line["payload"]["cardsV2"][0]["card"] == card


def test_a_restart_keeps_drafts_and_messages(tmp_path: Path, key: dict[str, Any]) -> None:
    with Sandbox(tmp_path).start() as sandbox:
        gmail = gmail_of(sandbox, credentials(sandbox, key, COMPOSE, "dana@acme.com"))
        draft = gmail.users().drafts().create(userId="me", body=mail("a1")).execute()
    with Sandbox(tmp_path).start() as sandbox:
        gmail = gmail_of(sandbox, credentials(sandbox, key, COMPOSE, "dana@acme.com"))
        [found] = gmail.users().drafts().list(userId="me", q="rfc822msgid:a1@csm").execute()["drafts"]
        assert found["id"] == draft["id"]
