"""A secret is rotated while the process is warm: the next call goes by the new one, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.gmail.drafts import GmailDrafts
from connectors.google_chat.chat import GoogleChat
from connectors.notion.client import NotionClient
from connectors.notion.names import RecordNames
from connectors.notion.records import NotionHealthRecords
from connectors.notion.schema import records_schema
from connectors.slack.chat import SlackChat
from customer_success.alerts.records import HealthRecord
from customer_success.documents import ChatMessage, Line, MailDraft
from customer_success.errors import Misconfigured, Unavailable, Unclear
from local.sandbox import Sandbox
from local.sandbox.notion.load import Book
from local.sandbox.notion.workspace import ROOT_PAGE
from tests.builders.days import FIRST_DAY
from tests.builders.google_keys import grant_of, service_account_of
from tests.builders.notion_books import load_book
from tests.builders.secrets import HeldSecret, google_secret, notion_secret, slack_secret
from tests.builders.vendors import Waiting, break_next, requests_to, rotate

ADA = "ada@example.com"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path).start() as sandbox:
        yield sandbox


@dataclass
class Warm:
    """A connector that has worked already, its secret, and how to rotate what it holds.

    `made` says how many pages, drafts or messages there are; `rotated` is the new content of the secret.
    """

    vendor: str
    create: Callable[[str], str]
    made: Callable[[], int]
    secret: HeldSecret
    rotated: Mapping[str, Any]
    revoke: Callable[[], None]
    asked: str


def _notion(sandbox: Sandbox, folder: Path) -> Warm:
    source = load_book(sandbox, []).data_source_id
    schema = records_schema(RecordNames(), accounts_source_id=source)
    database = sandbox.load(Book(title="Records", properties=schema, key="Alert ID", rows=[])).database_id
    secret = notion_secret()
    client = NotionClient(secret, Waiting().retry_policy, base_url=sandbox.url("notion"), timeout=60)
    records = NotionHealthRecords(client, database)

    def create(key: str) -> str:
        lines = (Line("usage fell"),)
        return records.create(HealthRecord(key, "Acme", ROOT_PAGE, FIRST_DAY, 30.0, "RED", "high", "both", None, lines))

    return Warm(
        "notion",
        create,
        lambda: len(list(folder.glob("notion/Records/*.md"))),
        secret,
        {"token": "ntn_rotated"},
        lambda: rotate(sandbox, "notion", "ntn_rotated"),
        "POST /v1/pages",
    )


def _slack(sandbox: Sandbox, folder: Path) -> Warm:
    secret = slack_secret()
    chat = SlackChat(secret, "C0TEAM", Waiting().retry_policy, base_url=sandbox.url("slack"), timeout=60)
    return Warm(
        "slack",
        lambda key: chat.post(ChatMessage(key, "Acme", (Line("usage fell"),))),
        lambda: _lines(folder / "slack/C0TEAM.jsonl"),
        secret,
        {"token": "xoxb-rotated"},
        lambda: rotate(sandbox, "slack", "xoxb-rotated"),
        "POST /api/chat.postMessage",
    )


def _chat(sandbox: Sandbox, folder: Path) -> Warm:
    account = service_account_of(sandbox)
    secret = google_secret(account)
    chat = GoogleChat(secret, "spaces/TEAM", Waiting().retry_policy, base_url=sandbox.url("chat"), timeout=60)
    return Warm(
        "chat",
        lambda key: chat.post(ChatMessage(key, "Acme", (Line("usage fell"),))),
        lambda: _lines(folder / "chat/TEAM.jsonl"),
        secret,
        {**account, "private_key_id": "rotated"},
        lambda: rotate(sandbox, "google", "rotated"),
        "POST /v1/spaces/{space_id}/messages",
    )


def _gmail(sandbox: Sandbox, folder: Path) -> Warm:
    account = service_account_of(sandbox)
    return _drafts(sandbox, folder, account, {**account, "private_key_id": "rotated"}, "rotated")


def _gmail_grant(sandbox: Sandbox, folder: Path) -> Warm:
    grant = grant_of(sandbox, ADA)
    anew = {**grant, "refresh_token": f"{grant['refresh_token']}#2"}
    return _drafts(sandbox, folder, grant, anew, anew["refresh_token"])


def _drafts(
    sandbox: Sandbox,
    folder: Path,
    info: Mapping[str, Any],
    rotated: Mapping[str, Any],
    token: str,
) -> Warm:
    secret = google_secret(info)
    drafts = GmailDrafts(secret, Waiting().retry_policy, base_url=sandbox.url("gmail"), timeout=60)
    return Warm(
        "gmail",
        lambda key: drafts.create(MailDraft(key, ADA, None, "A word", ("Dear Kim,",))),
        lambda: len(list(folder.glob("gmail/*/*.eml"))),
        secret,
        rotated,
        lambda: rotate(sandbox, "google", token),
        "POST /v1/users/{user_id}/drafts",
    )


def _lines(file: Path) -> int:
    return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.fixture(params=[_notion, _slack, _chat, _gmail, _gmail_grant], ids=lambda make: make.__name__.strip("_"))
def warm(sandbox: Sandbox, tmp_path: Path, request: pytest.FixtureRequest) -> Warm:
    made: Warm = request.param(sandbox, tmp_path)
    made.create("k0")
    return made


def test_a_secret_that_was_rotated_is_taken_over_by_the_next_call(warm: Warm, sandbox: Sandbox) -> None:
    # GIVEN a warm connector whose token was rotated, in the secret as well, though what was read is still the old one
    warm.secret.cached, warm.secret.content = warm.secret.content, warm.rotated
    warm.revoke()

    # WHEN something is created  THEN it is, and once
    assert warm.create("k1")
    assert warm.made() == 2
    assert warm.secret.renewals == 1

    # AND the next call asks neither the vendor in vain nor for the secret
    before = requests_to(sandbox, warm.vendor)[warm.asked]
    warm.create("k2")
    assert requests_to(sandbox, warm.vendor)[warm.asked] == before + 1
    assert (warm.made(), warm.secret.renewals) == (3, 1)


def test_a_secret_that_is_behind_is_reported_by_its_name_until_it_is_right(warm: Warm) -> None:
    # GIVEN a token that the vendor takes no longer, and a secret that still holds it
    warm.revoke()

    # WHEN something is created  THEN nothing is, and the error names the secret and what it must hold
    with pytest.raises(Misconfigured, match=f"Check the secret '{warm.secret.name}': it must hold .* in force"):
        warm.create("k1")
    assert (warm.made(), warm.secret.renewals) == (1, 1)

    # WHEN the secret holds the new one  THEN the same connector goes on, and what failed is made once
    warm.secret.content = warm.rotated
    assert warm.create("k1")
    assert warm.made() == 2


def test_a_secret_that_was_read_anew_before_anything_was_refused_costs_no_refusal(warm: Warm, sandbox: Sandbox) -> None:
    # GIVEN a token that was rotated, and a secret that is known to have changed, since what was read had become old
    warm.secret.content = warm.rotated
    warm.revoke()
    before = requests_to(sandbox, warm.vendor)[warm.asked]

    # WHEN something is created  THEN nothing is refused on the way
    warm.create("k1")
    assert requests_to(sandbox, warm.vendor)[warm.asked] == before + 1
    assert warm.secret.renewals == 0


def test_what_is_refused_with_the_new_token_as_well_is_reported_and_not_asked_for_ever(
    warm: Warm, sandbox: Sandbox
) -> None:
    # GIVEN a secret that was rotated, to what the vendor takes neither
    warm.secret.cached, warm.secret.content = warm.secret.content, _another(warm.rotated)
    warm.revoke()
    before = requests_to(sandbox, "token" if warm.vendor in ("chat", "gmail") else warm.vendor)

    # WHEN something is created  THEN there are two tries
    with pytest.raises(Misconfigured, match=f"Check the secret '{warm.secret.name}'"):
        warm.create("k1")
    assert (warm.made(), warm.secret.renewals) == (1, 1)
    after = requests_to(sandbox, "token" if warm.vendor in ("chat", "gmail") else warm.vendor)
    assert sum(after.values()) - sum(before.values()) in (1, 2)


def _another(content: Mapping[str, Any]) -> dict[str, Any]:
    return {**content, "token": "other", "private_key_id": "other", "refresh_token": f"1//{ADA}#3"}


@pytest.mark.parametrize("kind", ["drop_after", "malformed"])
def test_what_may_have_been_done_with_the_new_token_is_unclear_and_not_repeated(
    warm: Warm, sandbox: Sandbox, kind: str
) -> None:
    # GIVEN a rotated token, and a connection that breaks once the new one was let in
    warm.secret.content = warm.rotated
    warm.revoke()
    break_next(sandbox, warm.vendor, kind, match=warm.asked.rpartition("/")[2], method="POST")

    # WHEN something is created  THEN it is unclear, where a repetition could make it twice; and it is there once
    if warm.vendor == "chat":
        warm.create("k1")
    else:
        with pytest.raises(Unclear):
            warm.create("k1")
    assert warm.made() == 2


def test_a_revoked_access_token_is_not_reused(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a Google that refuses an access token before it expires, once
    warm = _gmail(sandbox, tmp_path)
    warm.create("k0")
    break_next(sandbox, "gmail", "status", status=401)
    with pytest.raises(Misconfigured, match="401"):
        warm.create("k1")

    # WHEN something is created next  THEN another access token is asked for
    warm.create("k1")
    assert sum(requests_to(sandbox, "token").values()) == 2


def test_a_store_that_is_away_is_a_passing_fault_and_is_asked_again(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a store of secrets that does not answer once
    class Away(HeldSecret):
        reads = 0

        def read(self) -> Mapping[str, Any]:
            self.reads += 1
            if self.reads == 1:
                raise Unavailable("secret 'csm/slack': no answer")
            return super().read()

    secret = Away(slack_secret().content, "csm/slack")

    # WHEN a message is posted  THEN it is, once
    chat = SlackChat(secret, "C0TEAM", Waiting().retry_policy, base_url=sandbox.url("slack"), timeout=60)
    chat.post(ChatMessage("k1", "Acme", (Line("usage fell"),)))
    assert _lines(tmp_path / "slack/C0TEAM.jsonl") == 1
