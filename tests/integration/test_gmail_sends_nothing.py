"""There is no way to send a mail: not by the SDK's methods, not by a request of one's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.gmail.drafts import ALLOWED, SCOPE, GmailDrafts
from connectors.google_auth import credentials_for
from connectors.google_http import GatedHttp, NotAllowed
from local.sandbox import Sandbox
from tests.builders.google_keys import service_account_of
from tests.builders.secrets import google_secret
from tests.builders.vendors import Waiting, requests_to

ADA = "ada@example.com"
USER = "/gmail/v1/users/ada%40example.com"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path).start() as sandbox:
        yield sandbox


@pytest.fixture
def sdk(sandbox: Sandbox) -> Any:
    """Google's own resource, as the drafts use it."""
    secret = google_secret(service_account_of(sandbox))
    drafts = GmailDrafts(secret, Waiting().retry_policy, base_url=sandbox.url("gmail"))
    return drafts._open(ADA)._access.use(lambda sdk: sdk)


@pytest.fixture
def http(sandbox: Sandbox) -> GatedHttp:
    credentials = credentials_for(service_account_of(sandbox), [SCOPE], mailbox=ADA)
    return GatedHttp(credentials, sandbox.url("gmail"), ALLOWED, lambda: 5.0)


def test_the_sdk_knows_nothing_but_five_methods_of_drafts(sdk: Any) -> None:
    # GIVEN the SDK's resource  WHEN it is asked for more  THEN there is no such method
    drafts = sdk.users().drafts()
    methods = {name for name in dir(drafts) if not name.startswith("_")}
    assert methods == {"create", "list", "list_next", "get", "update", "delete", "close"}
    assert not hasattr(drafts, "send")
    assert not hasattr(sdk.users(), "messages")
    assert not hasattr(sdk.users(), "settings")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{USER}/drafts/send"),
        ("PUT", f"{USER}/drafts/send"),
        ("POST", f"{USER}/drafts/send?alt=json"),
        ("POST", f"{USER}/drafts/r1/send"),
        ("POST", f"{USER}/drafts%2Fsend"),
        ("POST", f"{USER}/drafts/../messages/send"),
        ("POST", f"{USER}/messages/send"),
        ("POST", f"{USER}/messages"),
        ("POST", f"{USER}/messages/import"),
        ("POST", "/gmail/v1/users/me/drafts"),
        ("POST", "/gmail/v1/users/../x@y/drafts"),
        ("POST", f"/upload{USER}/drafts/send"),
        ("POST", f"/upload{USER}/drafts"),
        ("POST", "/batch"),
        ("POST", "/batch/gmail/v1"),
        ("PATCH", f"{USER}/drafts/r1"),
        ("GET", f"{USER}/messages"),
        ("GET", "/"),
    ],
)
def test_no_other_request_leaves(sandbox: Sandbox, http: GatedHttp, method: str, path: str) -> None:
    # GIVEN a request that is not about drafts  WHEN it is made with our own transport  THEN it goes nowhere
    with pytest.raises(NotAllowed):
        http.request(sandbox.url("gmail").rstrip("/") + path, method, body="{}")
    assert requests_to(sandbox, "gmail") == {}
    assert requests_to(sandbox, "token") == {}


def test_no_request_leaves_for_elsewhere(sandbox: Sandbox, http: GatedHttp) -> None:
    # GIVEN a fitting path at another address  WHEN it is requested  THEN no token goes there
    base = sandbox.url("gmail").rstrip("/")
    for elsewhere in (f"{base}0{USER}/drafts", f"https://gmail.example.com{USER}/drafts", f"{USER}/drafts"):
        with pytest.raises(NotAllowed):
            http.request(elsewhere, "GET")
    assert requests_to(sandbox, "token") == {}


def test_no_request_is_one_thing_and_means_another(sandbox: Sandbox, http: GatedHttp) -> None:
    # GIVEN a header by which Google takes a GET for a POST  WHEN it is sent along  THEN nothing leaves
    url = f"{sandbox.url('gmail').rstrip('/')}{USER}/drafts"
    with pytest.raises(NotAllowed):
        http.request(url, "GET", headers={"X-HTTP-Method-Override": "POST"})
    assert requests_to(sandbox, "gmail") == {}


def test_a_batch_of_the_sdk_goes_nowhere(sandbox: Sandbox, sdk: Any) -> None:
    # GIVEN allowed requests in the SDK's own batch  WHEN it is executed  THEN it goes nowhere
    batch = sdk.new_batch_http_request()
    batch.add(sdk.users().drafts().list(userId=ADA))
    with pytest.raises(NotAllowed):
        batch.execute()
    assert requests_to(sandbox, "gmail") == {}


def test_drafts_can_be_handled_and_nothing_was_ever_sent(sdk: Any, tmp_path: Path) -> None:
    # GIVEN the five methods  WHEN they are all used
    drafts = sdk.users().drafts()
    made = drafts.create(userId=ADA, body={"message": {"raw": "U3ViamVjdDogYQ"}}).execute()
    drafts.update(userId=ADA, id=made["id"], body={"message": {"raw": "U3ViamVjdDogYg"}}).execute()
    assert (
        drafts.get(userId=ADA, id=made["id"], format="raw").execute()["message"]["raw"].rstrip("=") == "U3ViamVjdDogYg"
    )
    assert [one["id"] for one in drafts.list(userId=ADA).execute()["drafts"]] == [made["id"]]
    drafts.delete(userId=ADA, id=made["id"]).execute()

    # THEN they work, and no attempt to send reached Gmail
    assert drafts.list(userId=ADA).execute().get("drafts") is None
    assert not (tmp_path / "gmail" / "send-attempts.jsonl").exists()


def test_each_thread_has_a_connection_of_its_own(http: GatedHttp) -> None:
    # GIVEN a transport that two threads use  WHEN each takes its session  THEN they do not share it
    sessions = [http._session(), http._session()]
    thread = threading.Thread(target=lambda: sessions.append(http._session()))
    thread.start()
    thread.join()
    assert sessions[0] is sessions[1]
    assert sessions[2] is not sessions[0]
