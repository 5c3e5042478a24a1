"""Nothing of a secret is in an error, its causes, a log line or an object, with any text of a vendor or a library."""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors.access import hidden
from connectors.gmail.drafts import GmailDrafts
from connectors.google_chat.chat import GoogleChat
from connectors.notion.client import NotionClient
from connectors.slack.chat import SlackChat
from customer_success.documents import ChatMessage, Line, MailDraft
from customer_success.errors import Misconfigured, Refused, Unavailable
from local.sandbox import Sandbox
from tests.builders.google_keys import grant_of, service_account_of
from tests.builders.secrets import HeldSecret, google_secret, notion_secret, slack_secret
from tests.builders.vendors import Waiting, break_next, rotate

ADA = "ada@example.com"
NOTION = "ntn_plantedNotion0123456789"
SLACK = "xoxb-plantedSlack-0123456789"
CLIENT_SECRET = "GOCSPX-plantedGoogle-0123456789"
PASSES = (r"ya29\.", r"eyJ[\w-]+\.[\w-]{8}")
"""What Google lets in with for an hour, and what that is asked for with."""

Call = Callable[[], object]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path, notion_token=NOTION, slack_token=SLACK).start() as sandbox:
        yield sandbox


def calls(
    sandbox: Sandbox, secrets: Mapping[str, HeldSecret], seconds_left: float = 60.0
) -> dict[str, tuple[object, Call]]:
    """A connector for each of the secrets, and a call of it that changes something."""
    retry_policy = Waiting(seconds_left).retry_policy
    notion = NotionClient(secrets["notion"], retry_policy, base_url=sandbox.url("notion"), timeout=60)
    slack = SlackChat(secrets["slack"], "C0TEAM", retry_policy, base_url=sandbox.url("slack"), timeout=60)
    chat = GoogleChat(secrets["chat"], "spaces/TEAM", retry_policy, base_url=sandbox.url("chat"), timeout=60)
    gmail = GmailDrafts(secrets["gmail"], retry_policy, base_url=sandbox.url("gmail"), timeout=60)
    granted = GmailDrafts(secrets["granted"], retry_policy, base_url=sandbox.url("gmail"), timeout=60)
    message = ChatMessage("k", "Acme", (Line("usage fell"),), recipient=ADA)
    draft = MailDraft("k", ADA, None, "A word", ("Dear Kim,",))
    return {
        "notion": (
            notion,
            lambda: notion.call(lambda sdk: sdk.users.me(), about="the integration", repeatable=False),
        ),
        "slack": (slack, lambda: slack.post(message)),
        "chat": (chat, lambda: chat.post(message)),
        "gmail": (gmail, lambda: gmail.create(draft)),
        "granted": (granted, lambda: granted.create(draft)),
    }


def planted(sandbox: Sandbox) -> dict[str, HeldSecret]:
    """Secrets that are in force."""
    account = service_account_of(sandbox)
    grant = {**grant_of(sandbox, ADA), "client_secret": CLIENT_SECRET}
    return {
        "notion": notion_secret(NOTION),
        "slack": slack_secret(SLACK),
        "chat": google_secret(account),
        "gmail": google_secret(account),
        "granted": google_secret(grant),
    }


VENDORS = ("notion", "slack", "chat", "gmail", "granted")


def assert_unseen(secret: HeldSecret, *seen: str) -> None:
    """Fail if any of these texts holds a part of the secret, or what lets in with it."""
    fields = ("token", "private_key", "client_secret", "refresh_token")
    values = [str(secret.content[field]) for field in fields if secret.content.get(field)]
    lines = [line for value in values for line in value.splitlines() if len(line) >= 8 and "-----" not in line]
    # Also what is left of it when a text was cut off, or written for an address.
    parts = {part for line in lines for part in (line[:8], line[-8:], line[:4] + "%2F", line.replace("/", "%2F")[:9])}
    parts -= {ADA[-8:]}
    for text in seen:
        assert not [part for part in parts if part in text], text
        assert not [found for pattern in PASSES for found in re.findall(pattern, text)], text


def shown_of(fault: BaseException) -> str:
    """All that a log line or a person may be shown of an exception."""
    return "".join(traceback.format_exception(fault)) + repr(fault)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything that any library says."""
    caplog.set_level(logging.DEBUG)
    return caplog


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        *(("status", status) for status in (400, 401, 403, 404, 409, 429, 500, 503)),
        *((kind, status) for kind in ("echo", "echo_page") for status in (400, 401, 403, 404, 409, 429, 500, 502)),
        ("echo_page", 200),
        ("drop_before", 503),
        ("drop_after", 503),
        ("malformed", 503),
    ],
)
def test_a_fault_of_a_vendor_shows_nothing(
    sandbox: Sandbox, vendor: str, kind: str, status: int, log: pytest.LogCaptureFixture
) -> None:
    # GIVEN a vendor that fails, even by sending back all that it was sent
    secret = planted(sandbox)[vendor]
    connector, call = calls(sandbox, planted(sandbox))[vendor]
    break_next(sandbox, "gmail" if vendor == "granted" else vendor, kind, status=status, times=None)

    # WHEN it is called  THEN the error is one of ours, and nothing that can be read holds a part of the secret
    seen = [repr(connector), repr(vars(connector))]
    with pytest.raises((Misconfigured, Refused, Unavailable)) as fault:
        call()
    assert_unseen(secret, *seen, shown_of(fault.value), log.text)


@pytest.mark.parametrize("vendor", ["gmail", "granted"])
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        *((kind, status) for kind in ("echo", "echo_page") for status in (200, 400, 401)),
        ("echo", 500),
        ("status", 400),
        ("drop_before", 503),
        ("drop_after", 503),
        ("malformed", 503),
    ],
)
def test_a_fault_of_googles_token_endpoint_shows_nothing(
    sandbox: Sandbox, vendor: str, kind: str, status: int, log: pytest.LogCaptureFixture
) -> None:
    # GIVEN a token endpoint that fails, even by sending back the key's signature or the grant
    secret = planted(sandbox)[vendor]
    # Google's library repeats this request by itself, so there is time for one try of ours only.
    _, call = calls(sandbox, planted(sandbox), seconds_left=0.1)[vendor]
    break_next(sandbox, "token", kind, status=status, times=None)

    # WHEN something is to be created  THEN surely nothing was, and nothing that can be read holds a part of the secret
    with pytest.raises((Misconfigured, Unavailable)) as fault:
        call()
    assert_unseen(secret, shown_of(fault.value), log.text)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_refused_secret_is_named_and_not_shown(sandbox: Sandbox, vendor: str, log: pytest.LogCaptureFixture) -> None:
    # GIVEN vendors that take other tokens now
    for name in ("notion", "slack", "google"):
        rotate(sandbox, name, "another")
    secret = planted(sandbox)[vendor]
    _, call = calls(sandbox, planted(sandbox))[vendor]

    # WHEN one is called  THEN the secret is named, and not shown
    with pytest.raises(Misconfigured, match=f"Check the secret '{secret.name}'") as fault:
        call()
    assert_unseen(secret, shown_of(fault.value), log.text)


def _cut_off(key: str) -> str:
    return key[: len(key) // 2]


@pytest.mark.parametrize(
    "damage",
    [
        lambda token: {"token": f"{token}\n"},
        lambda token: {"token": f"{token}\r\nX-Other: {token}"},
        lambda token: {"token": f" {token}"},
        lambda token: {"token": f"{token}é"},
        lambda token: {"token": f"{token}…"},
        lambda token: {"token": f"{token}\x00"},
        lambda _: {"token": ""},
        lambda token: {"token": [token]},
        lambda token: {"token": {"token": token}},
        lambda token: {"tokem": token},
        lambda token: {token: "token"},
    ],
)
@pytest.mark.parametrize("vendor", ["notion", "slack"])
def test_a_damaged_token_is_reported_and_not_shown(
    sandbox: Sandbox, vendor: str, damage: Callable[[str], dict[str, Any]], log: pytest.LogCaptureFixture
) -> None:
    # GIVEN a token that was stored wrongly
    secrets = planted(sandbox)
    token = secrets[vendor].content["token"]
    secret = HeldSecret(damage(token), f"csm/{vendor}")

    # WHEN the vendor is called  THEN the error names the secret to fix, and shows nothing of it
    with pytest.raises(Misconfigured, match=f"^secret 'csm/{vendor}' holds (no|a) token") as fault:
        calls(sandbox, {**secrets, vendor: secret})[vendor][1]()
    assert_unseen(HeldSecret({"token": token}), shown_of(fault.value), log.text)


@pytest.mark.parametrize(
    ("field", "damage", "expected"),
    [
        ("private_key", _cut_off, "whole key"),
        ("private_key", lambda key: key.replace("\n", "\\n"), "whole key"),
        ("private_key", lambda key: key.replace("A", "é"), "whole key"),
        ("private_key", lambda key: key.splitlines()[1], "whole key"),
        ("private_key", lambda key: [key], "lack private_key"),
        ("private_key", lambda key: {"key": key}, "lack private_key"),
        ("private_key", lambda _: "", "lack private_key"),
        ("type", lambda _: SLACK, "of no known type"),
        ("type", lambda _: None, "of no known type"),
    ],
)
@pytest.mark.parametrize("vendor", ["chat", "gmail"])
def test_a_damaged_key_is_reported_and_not_shown(
    sandbox: Sandbox,
    vendor: str,
    field: str,
    damage: Callable[[str], Any],
    expected: str,
    log: pytest.LogCaptureFixture,
) -> None:
    # GIVEN a service account's key that was stored wrongly
    secrets = planted(sandbox)
    account = secrets[vendor].content
    secret = google_secret({**account, field: damage(str(account[field]))})

    # WHEN Google is called  THEN the error names the secret to fix, and shows nothing of it
    with pytest.raises(Misconfigured, match=f"^secret 'csm/google' holds .*{expected}") as fault:
        calls(sandbox, {**secrets, vendor: secret})[vendor][1]()
    assert_unseen(secrets[vendor], shown_of(fault.value), log.text)
    assert SLACK not in shown_of(fault.value)


@pytest.mark.parametrize("field", ["refresh_token", "client_secret"])
@pytest.mark.parametrize("value", [None, "", ["1//ada@example.com"], {"x": CLIENT_SECRET}])
def test_a_damaged_grant_is_reported_and_not_shown(sandbox: Sandbox, field: str, value: object) -> None:
    # GIVEN a grant that was stored wrongly  WHEN Gmail is called  THEN what it lacks is reported, and nothing is shown
    secrets = planted(sandbox)
    grant = secrets["granted"]
    secret = google_secret({**grant.content, field: value})
    with pytest.raises(
        Misconfigured, match=f"^secret 'csm/google' holds Google credentials that lack {field}"
    ) as fault:
        calls(sandbox, {**secrets, "granted": secret})["granted"][1]()
    assert_unseen(grant, shown_of(fault.value))


def test_what_is_hidden_is_hidden_in_every_writing() -> None:
    # GIVEN what a text may hold of secrets: whole, cut off, encoded, in JSON, line by line
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq+/hkiG9w0\nSecondLineOfTheKey/+==\n-----END PRIVATE KEY-----\n"
    content = {"token": NOTION, "private_key": key, "refresh_token": "1//0a/b+c=d-efgh", "client_email": "a@b.example"}
    secret = HeldSecret(content)
    for text in (
        f"token {NOTION}",
        f"token {NOTION[:12]}",
        json.dumps(content),
        repr(content),
        "refresh_token=1%2F%2F0a%2Fb%2Bc%3Dd-efgh&x=1",
        key.replace("\n", " "),
        "Authorization: Bearer ya29.abcdefghijk",
        "b'Bearer something-else-that-lets-in'",
        "assertion=eyJhbGciOi.eyJpc3MiOi.c2lnbmF0dXJl",
    ):
        # WHEN it is shown  THEN none of that is
        assert_unseen(secret, hidden(text, content))
        assert "…" in hidden(text, content)

    # AND what is no secret stays
    harmless = "a@b.example may not use the scope; check the token, the key and the bearer. Request id 1a2b-3c"
    assert hidden(harmless, content) == harmless
    assert hidden("too short to be one: abc", {"token": "abc"}) == "too short to be one: abc"
