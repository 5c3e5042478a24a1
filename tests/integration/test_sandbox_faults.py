"""Faults, limits and counts, as each vendor's own client meets them; and the sandbox as a process."""

from __future__ import annotations

import json
import logging
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build  # type: ignore[import-untyped]
from googleapiclient.errors import HttpError  # type: ignore[import-untyped]
from notion_client import Client
from notion_client.errors import APIResponseError, RequestTimeoutError
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from local.sandbox import NOTION_TOKEN, SLACK_TOKEN, Sandbox
from local.sandbox.faults import Fault, Faults
from local.sandbox.notion.workspace import ROOT_PAGE

ROOT = Path(__file__).parents[2]
NAME_ONLY: dict[str, Any] = {"properties": {"Name": {"title": {}}}}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path).start() as sandbox:
        yield sandbox


def notion_of(base_url: str, timeout_ms: int = 5_000) -> Any:
    return Client(
        auth=NOTION_TOKEN,
        base_url=base_url,
        retry=False,
        timeout_ms=timeout_ms,
        logger=logging.getLogger("notion"),
        log_level=logging.CRITICAL,
    )


@pytest.fixture
def notion(sandbox: Sandbox) -> Any:
    return notion_of(sandbox.url("notion"))


@pytest.fixture
def slack(sandbox: Sandbox) -> WebClient:
    return WebClient(token=SLACK_TOKEN, base_url=sandbox.url("slack"), retry_handlers=[])


@pytest.fixture
def gmail(sandbox: Sandbox) -> Any:
    signed = Credentials(  # type: ignore[no-untyped-call]
        None,
        refresh_token="1//dana@acme.com",
        token_uri=sandbox.url("token"),
        client_id="app",
        client_secret="secret",
    )
    options = {"api_endpoint": sandbox.url("gmail")}
    return build("gmail", "v1", credentials=signed, client_options=options, cache_discovery=False)


def break_down(sandbox: Sandbox, vendor: str, kind: str, **more: Any) -> None:
    fault = {"vendor": vendor, "kind": kind, **more}
    httpx.post(sandbox.url("control") + "/faults", json=fault).raise_for_status()


def requests(sandbox: Sandbox, vendor: str = "") -> Any:
    return httpx.get(sandbox.url("control") + "/requests", params={"vendor": vendor}).json()


def new_database(notion: Any) -> Any:
    return notion.databases.create(parent={"page_id": ROOT_PAGE}, initial_data_source=NAME_ONLY)


def test_a_status_comes_in_the_vendors_own_words(sandbox: Sandbox, notion: Any, slack: WebClient, gmail: Any) -> None:
    # GIVEN every vendor is down once, and asks to be left alone for a while
    for vendor in ("notion", "slack", "gmail"):
        break_down(sandbox, vendor, "status", status=503, retry_after=7)

    # THEN each client raises its own error
    with pytest.raises(APIResponseError) as notions:
        notion.users.me()
    assert (notions.value.code, notions.value.status) == ("service_unavailable", 503)
    assert notions.value.headers["Retry-After"] == "7"
    with pytest.raises(SlackApiError) as slacks:
        slack.auth_test()
    assert (slacks.value.response.status_code, slacks.value.response["ok"]) == (503, False)
    with pytest.raises(HttpError) as googles:
        gmail.users().drafts().list(userId="me").execute()
    assert (googles.value.status_code, googles.value.resp["retry-after"]) == (503, "7")

    # AND it was for once
    assert notion.users.me()["object"] == "user"
    assert slack.auth_test()["ok"]
    assert gmail.users().drafts().list(userId="me").execute() == {"resultSizeEstimate": 0}


def test_a_fault_concerns_only_what_it_names_until_it_is_cleared(sandbox: Sandbox, notion: Any) -> None:
    database = new_database(notion)
    break_down(sandbox, "notion", "status", status=500, times=None, match="/databases/", method="GET")

    # THEN reading a database fails every time, and nothing else does
    for _ in range(3):
        with pytest.raises(APIResponseError, match="went wrong"):
            notion.databases.retrieve(database["id"])
    notion.users.me()
    notion.databases.update(database["id"], title=[{"text": {"content": "Accounts"}}])

    # AND after clearing it works
    httpx.delete(sandbox.url("control") + "/faults", params={"vendor": "notion"}).raise_for_status()
    assert notion.databases.retrieve(database["id"])["title"][0]["plain_text"] == "Accounts"


def test_a_dropped_connection_may_or_may_not_have_done_the_work(sandbox: Sandbox, notion: Any) -> None:
    source = new_database(notion)["data_sources"][0]["id"]
    title = {"Name": {"title": [{"text": {"content": "Acme"}}]}}

    # WHEN the connection drops before the work
    break_down(sandbox, "notion", "drop_before", match="/pages")
    with pytest.raises(httpx.RemoteProtocolError):
        notion.pages.create(parent={"data_source_id": source}, properties=title)
    assert notion.data_sources.query(source)["results"] == []

    # WHEN it drops after the work: the client cannot distinguish the two
    break_down(sandbox, "notion", "drop_after", match="/pages")
    with pytest.raises(httpx.RemoteProtocolError):
        notion.pages.create(parent={"data_source_id": source}, properties=title)
    assert len(notion.data_sources.query(source)["results"]) == 1


@pytest.mark.parametrize(("done", "pages"), [(False, 0), (True, 1)])
def test_a_silent_vendor_may_or_may_not_have_done_the_work(
    sandbox: Sandbox, notion: Any, done: bool, pages: int
) -> None:
    source = new_database(notion)["data_sources"][0]["id"]
    title = {"Name": {"title": [{"text": {"content": "Acme"}}]}}
    # GIVEN a Notion that says nothing for longer than the client waits
    break_down(sandbox, "notion", "silence", seconds=2, done=done, match="/pages")
    # WHEN a page is created
    with pytest.raises(RequestTimeoutError):
        notion_of(sandbox.url("notion"), timeout_ms=200).pages.create(
            parent={"data_source_id": source}, properties=title
        )
    # THEN it is there only where the work was done
    assert len(notion.data_sources.query(source)["results"]) == pages


def test_googles_client_repeats_a_dropped_post_by_itself(sandbox: Sandbox, gmail: Any) -> None:
    # GIVEN a draft whose answer is lost
    gmail.users().drafts().list(userId="me").execute()
    break_down(sandbox, "gmail", "drop_after")

    # WHEN it is created once, without retries
    gmail.users().drafts().create(userId="me", body={"message": {"raw": "U3ViamVjdDogaGkKCkhp"}}).execute(num_retries=0)

    # THEN there are two: the trap that our own transport has to avoid can be seen here
    assert len(gmail.users().drafts().list(userId="me").execute()["drafts"]) == 2


def test_slack_drops_and_rate_limits(sandbox: Sandbox, slack: WebClient) -> None:
    break_down(sandbox, "slack", "drop_after", match="chat.postMessage")
    with pytest.raises(OSError, match="closed connection"):
        slack.chat_postMessage(channel="#cs", text="Acme")
    channel = slack.chat_postMessage(channel="#cs", text="Acme")["channel"]
    assert len(slack.conversations_history(channel=channel)["messages"]) == 2

    break_down(sandbox, "slack", "status", status=429, retry_after=30)
    with pytest.raises(SlackApiError) as refusal:
        slack.chat_postMessage(channel="#cs", text="Acme")
    assert (refusal.value.response["error"], refusal.value.response.headers["Retry-After"]) == ("ratelimited", "30")


def test_broken_json_and_slowness(sandbox: Sandbox, notion: Any) -> None:
    break_down(sandbox, "notion", "malformed")
    with pytest.raises(json.JSONDecodeError):
        notion.users.me()

    break_down(sandbox, "notion", "delay", seconds=0.5)
    with pytest.raises(RequestTimeoutError):
        notion_of(sandbox.url("notion"), timeout_ms=100).users.me()


def test_a_limit_answers_429_and_everything_is_counted(sandbox: Sandbox, notion: Any) -> None:
    database = new_database(notion)
    httpx.delete(sandbox.url("control") + "/requests").raise_for_status()
    httpx.post(sandbox.url("control") + "/limits", json={"vendor": "notion", "per_second": 3}).raise_for_status()

    def status(_: int) -> int:
        try:
            notion.databases.retrieve(database["id"])
        except APIResponseError as error:
            assert (error.code, error.headers["Retry-After"]) == ("rate_limited", "1")
            return error.status
        return 200

    # WHEN five requests come at once
    with ThreadPoolExecutor(5) as callers:
        statuses = sorted(callers.map(status, range(5)))

    # THEN three pass, and all are counted under one template
    assert statuses == [200, 200, 200, 429, 429]
    assert requests(sandbox, "notion") == {"calls": {"GET /v1/databases/{database_id}": 5}, "throttled": 2}
    assert list(requests(sandbox)) == ["notion"]


def test_what_the_sandbox_cannot_cope_with_is_an_error_and_no_dropped_connection(
    notion: Any, caplog: pytest.LogCaptureFixture
) -> None:
    source = new_database(notion)["data_sources"][0]["id"]
    with pytest.raises(APIResponseError) as refusal:
        notion.data_sources.query(source, sorts=["not an object"])
    assert (refusal.value.status, refusal.value.code) == (500, "internal_server_error")
    assert "notion POST" in caplog.text


def test_a_fault_that_makes_no_sense_is_refused_with_its_reason(sandbox: Sandbox) -> None:
    answer = httpx.post(sandbox.url("control") + "/faults", json={"vendor": "slak", "kind": "status"})
    assert answer.status_code == 400
    assert "vendor" in answer.json()["error"]
    assert httpx.get(sandbox.url("control") + "/faults").json() == {"faults": []}


@pytest.mark.usefixtures("sandbox")
def test_two_sandboxes_do_not_share_a_folder(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        Sandbox(tmp_path)


def test_a_stopped_sandbox_serves_no_open_connection(tmp_path: Path) -> None:
    with httpx.Client() as client:
        with Sandbox(tmp_path).start() as sandbox:
            client.get(sandbox.url("control") + "/faults").raise_for_status()
        with pytest.raises(httpx.ConnectError):
            client.get(sandbox.url("control") + "/faults")


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


def run(folder: Path, processes: list[subprocess.Popen[str]]) -> Any:
    command = [sys.executable, "-m", "local.sandbox", "--folder", str(folder)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    processes.append(process)
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def test_the_process_reports_its_port_and_keeps_what_it_answered_even_when_killed(
    tmp_path: Path, processes: list[subprocess.Popen[str]]
) -> None:
    # GIVEN a sandbox process that has taken a database
    ready = run(tmp_path, processes)
    assert str(ready["port"]) in ready["urls"]["notion"]
    database = new_database(notion_of(ready["urls"]["notion"]))

    # WHEN it is killed without a warning, and started again
    processes[0].kill()
    processes[0].wait()
    again = run(tmp_path, processes)

    # THEN the database is there, and a polite end is a clean one
    assert notion_of(again["urls"]["notion"]).databases.retrieve(database["id"])["id"] == database["id"]
    assert httpx.get(again["urls"]["control"] + "/flush").status_code == 200
    processes[1].send_signal(signal.SIGTERM)
    assert processes[1].wait() == 0


def test_a_fault_can_begin_after_some_requests() -> None:
    faults = Faults()
    faults.add(Fault(vendor="notion", kind="status", after=2, times=1, match="/query"))
    asked = [
        faults.take("notion", "POST", path) is not None for path in ("/query", "/pages", "/query", "/query", "/query")
    ]
    assert asked == [False, False, False, True, False]


VENDORS = ("notion", "gmail", "chat", "slack", "bedrock", "token")


def answer_of(sandbox: Sandbox, vendor: str) -> httpx.Response:
    path = "gmail/v1/users/me/drafts" if vendor == "gmail" else ""
    return httpx.post(sandbox.url(vendor) + path, json={})


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("status", [200, 400, 403, 404, 502, 503])
def test_a_proxy_in_between_answers_with_its_page_or_with_nothing(sandbox: Sandbox, vendor: str, status: int) -> None:
    # GIVEN a proxy that answers in the vendor's place, with a status and a pause of its own
    break_down(sandbox, vendor, "html", status=status, retry_after=9)
    break_down(sandbox, vendor, "empty", status=status)

    # THEN its page comes first, and then an empty answer
    page = answer_of(sandbox, vendor)
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert (page.headers["retry-after"], f"<h1>{status}</h1>" in page.text) == ("9", True)
    empty = answer_of(sandbox, vendor)
    assert (empty.status_code, empty.content, empty.headers.get("retry-after")) == (status, b"", None)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("body", [{"ok": True}, {"message": "Forbidden"}, [], [1], None, 7, "text", {"error": None}])
def test_an_answer_can_be_json_of_any_shape(sandbox: Sandbox, vendor: str, body: object) -> None:
    break_down(sandbox, vendor, "json", status=403, body=body)
    answer = answer_of(sandbox, vendor)
    assert (answer.status_code, answer.json()) == (403, body)


@pytest.mark.parametrize(
    ("vendor", "code", "status"),
    [
        ("notion", "validation_error", 400),
        ("notion", "restricted_resource", 403),
        ("notion", "never_heard_of", 400),
        ("gmail", "failedPrecondition", 400),
        ("gmail", "rateLimitExceeded", 429),
        ("chat", "FAILED_PRECONDITION", 400),
        ("chat", "PERMISSION_DENIED", 403),
        ("slack", "messages_tab_disabled", 200),
        ("slack", "never_heard_of", 200),
        ("bedrock", "AccessDeniedException", 403),
        ("bedrock", "NeverHeardOfException", 400),
        ("token", "invalid_grant", 400),
    ],
)
def test_a_code_comes_in_the_vendors_own_shape_with_its_usual_status(
    sandbox: Sandbox, vendor: str, code: str, status: int
) -> None:
    # GIVEN a vendor that answers with a code  WHEN it is asked  THEN the code stands where its clients look for it
    break_down(sandbox, vendor, "code", code=code)
    break_down(sandbox, vendor, "code", code=code, status=418)
    answer = answer_of(sandbox, vendor)
    assert answer.status_code == status
    assert code in answer.text + answer.headers.get("x-amzn-errortype", "")

    # AND another status goes with it where one is named
    assert answer_of(sandbox, vendor).status_code == 418


def test_the_work_may_be_done_before_such_an_answer(sandbox: Sandbox, slack: WebClient) -> None:
    # GIVEN a proxy that loses Slack's answer
    break_down(sandbox, "slack", "html", status=502, done=True, match="chat.postMessage")
    with pytest.raises(SlackApiError):
        slack.chat_postMessage(channel="#cs", text="Acme")

    # THEN the message is there
    channel = slack.chat_postMessage(channel="#cs", text="Acme")["channel"]
    assert len(slack.conversations_history(channel=channel)["messages"]) == 2
