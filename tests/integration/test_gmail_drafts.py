"""Drafts in Gmail: written so that they could be sent as they stand, and never made twice."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from connectors.gmail.drafts import GmailDrafts
from customer_success.documents import MailDraft
from customer_success.errors import Misconfigured, Refused, Unavailable, Unclear
from local.sandbox import Sandbox
from tests.builders.google_keys import grant_of, service_account_of
from tests.builders.secrets import google_secret
from tests.builders.vendors import NASTY, Waiting, break_next, requests_to

ADA = "ada@example.com"
CREATE = "POST /v1/users/{user_id}/drafts"
LIST = "GET /v1/users/{user_id}/drafts"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path).start() as sandbox:
        yield sandbox


def gmail(sandbox: Sandbox, info: dict[str, Any] | None = None, waiting: Waiting | None = None) -> GmailDrafts:
    return GmailDrafts(
        google_secret(service_account_of(sandbox) if info is None else info),
        (waiting or Waiting()).retry_policy,
        base_url=sandbox.url("gmail"),
        timeout=60,
    )


def draft(
    *paragraphs: str, to: str | None = "kim@acme.example", subject: str = "A word", mailbox: str = ADA
) -> MailDraft:
    return MailDraft("A-1:2024-09-30:critical", mailbox, to, subject, paragraphs or ("Dear Kim,", "shall we talk?"))


def mails(folder: Path) -> list[EmailMessage]:
    """The drafts as they lie on disk."""
    return [
        message_from_bytes(file.read_bytes(), policy=policy.default) for file in sorted(folder.glob("gmail/*/*.eml"))
    ]


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_draft_lies_in_the_mailbox_of_its_sender(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a mail for a customer  WHEN its draft is created
    created = gmail(sandbox).create(draft())

    # THEN it lies in the sender's own mailbox, ready to be read and sent
    assert (tmp_path / "gmail" / ADA / f"{created}.eml").exists()
    [mail] = mails(tmp_path)
    assert (mail["From"], mail["To"], mail["Subject"]) == (ADA, "kim@acme.example", "A word")
    assert body(mail, "plain") == "Dear Kim,\n\nshall we talk?\n"
    assert body(mail, "html") == "<p>Dear Kim,</p>\n<p>shall we talk?</p>\n"


def test_a_draft_is_found_by_its_key_in_its_mailbox_only(sandbox: Sandbox) -> None:
    # GIVEN a mailbox without the draft  WHEN it is looked for  THEN it is not there
    drafts = gmail(sandbox)
    assert drafts.find(ADA, draft().key) is None

    # WHEN it was created  THEN it is found there, and nowhere else, and under no other key
    created = drafts.create(draft())
    assert drafts.find(ADA, draft().key) == created
    assert drafts.find("bob@example.com", draft().key) is None
    assert drafts.find(ADA, "A-1:2024-09-30:high") is None


def test_a_mail_shows_the_customer_nothing_about_the_account(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a key that says what we think of the account  WHEN the draft is created
    gmail(sandbox).create(draft())

    # THEN no header carries it, since the mail may go out as it stands
    [mail] = mails(tmp_path)
    assert "critical" not in str(mail)
    assert len(mail["X-CSM-Key"]) == 32
    assert mail["Message-ID"] == f"<csm-{mail['X-CSM-Key']}@example.com>"


def test_a_draft_without_a_contact_leaves_the_recipient_open(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN an account without a contact  WHEN the draft is created  THEN it has no recipient
    gmail(sandbox).create(draft(to=None))
    assert mails(tmp_path)[0]["To"] is None


def test_account_data_in_a_mail_is_shown_not_read(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a name full of markup, half a character and a long one
    name = NASTY + "\ud83e\x00"
    gmail(sandbox).create(draft(name, "🦊" * 5000, subject=name + "\r\nBcc: eve@example.com\n" + "x" * 5000))

    # WHEN the draft is opened
    [mail] = mails(tmp_path)

    # THEN the text is as it was, and the HTML shows the same
    shown = NASTY + "\ufffd"
    assert body(mail, "plain") == f"{shown}\n\n{'🦊' * 5000}\n"
    assert "<script>" not in body(mail, "html")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; *bold*" in body(mail, "html")

    # AND the subject is one short line that adds no header
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith(f"{shown} Bcc: eve@example.com xxx")
    assert mail["Subject"].endswith("…")
    assert len(mail["Subject"].encode("utf-16-le")) // 2 == 150


def test_an_address_beyond_ascii_is_stored(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN a contact with an umlaut  WHEN the draft is created  THEN the address is whole
    gmail(sandbox).create(draft(to="jürgen@exämple.com"))
    [file] = tmp_path.glob("gmail/*/*.eml")
    assert "To: jürgen@exämple.com\r\n".encode() in file.read_bytes()


@pytest.mark.parametrize("to", ["kim@acme.example, eve@example.com", "kim@acme.example\nBcc: eve@x.org", "kim@"])
def test_a_draft_goes_to_one_address_or_is_refused(sandbox: Sandbox, to: str) -> None:
    # GIVEN a contact that is no single address  WHEN a draft is created  THEN it is refused before anything is sent
    with pytest.raises(Refused, match="is not an e-mail address"):
        gmail(sandbox).create(draft(to=to))
    assert requests_to(sandbox, "gmail") == {}


@pytest.mark.parametrize("mailbox", ["ada", "", "ada@", "../ada@example.com", "ada@example.com/messages"])
def test_a_mailbox_that_cannot_be_one_is_refused(sandbox: Sandbox, mailbox: str) -> None:
    # GIVEN an owner that is no address  WHEN a draft is looked for or created  THEN it is refused, nothing is sent
    drafts = gmail(sandbox)
    with pytest.raises(Refused):
        drafts.create(draft(mailbox=mailbox))
    with pytest.raises(Refused):
        drafts.find(mailbox, "k")
    assert requests_to(sandbox, "gmail") == {}


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "malformed", "status"])
def test_a_draft_without_a_known_outcome_is_unclear_and_never_made_twice(
    sandbox: Sandbox, tmp_path: Path, kind: str
) -> None:
    # GIVEN a connection that breaks around the creation
    drafts = gmail(sandbox)
    break_next(sandbox, "gmail", kind, status=503, method="POST")

    # WHEN the draft is created  THEN it is unclear what became of it, and it was asked for once
    with pytest.raises(Unclear):
        drafts.create(draft())
    assert requests_to(sandbox, "gmail") == {CREATE: 1}

    # AND a look-up finds out
    done = kind in ("drop_after", "malformed")
    assert (drafts.find(ADA, draft().key) is not None) is done
    assert len(mails(tmp_path)) == done


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "malformed", "status"])
def test_a_question_that_fails_is_asked_again(sandbox: Sandbox, kind: str) -> None:
    # GIVEN a draft, and an answer that breaks off  WHEN it is looked for  THEN it is asked again
    drafts = gmail(sandbox)
    created = drafts.create(draft())
    break_next(sandbox, "gmail", kind, status=503, method="GET")
    assert drafts.find(ADA, draft().key) == created
    assert requests_to(sandbox, "gmail")[LIST] == 2


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 413, 502])
@pytest.mark.parametrize(
    "answer",
    [
        *({"kind": "html"}, {"kind": "empty"}),
        *({"kind": "json", "body": body} for body in ({}, {"ok": True}, {"error": "forbidden"}, [], None, {"id": 5})),
    ],
    ids=str,
)
def test_an_answer_that_is_not_gmails_is_unclear_and_the_draft_is_looked_up(
    sandbox: Sandbox, status: int, answer: dict[str, Any]
) -> None:
    # GIVEN a proxy that answers in Gmail's place, before the draft is made or after
    for done in (False, True):
        drafts = gmail(sandbox)
        break_next(sandbox, "gmail", status=status, method="POST", done=done, **answer)
        with pytest.raises(Unclear):
            drafts.create(draft())

        # WHEN it is looked for, with the same answer in between  THEN it is asked again, and what is there is known
        break_next(sandbox, "gmail", status=status, method="GET", **answer)
        assert (drafts.find(ADA, draft().key) is not None) is done


@pytest.mark.parametrize("code", ["failedPrecondition", "FAILED_PRECONDITION", "invalidArgument", "neverHeardOf"])
def test_a_refusal_that_is_not_the_mails_own_fault_names_the_mailbox(sandbox: Sandbox, code: str) -> None:
    # GIVEN a mailbox that was suspended, or an unknown reason  WHEN a draft is made  THEN a person has to look
    break_next(sandbox, "gmail", "code", code=code, method="POST")
    with pytest.raises(Misconfigured, match=rf"the mailbox {ADA} .*{code}"):
        gmail(sandbox).create(draft())


def test_a_pause_that_gmail_asks_for_is_respected(sandbox: Sandbox) -> None:
    # GIVEN a Gmail that asks for 3 seconds  WHEN a draft is created  THEN the rate limiter knows, and it is made
    waiting = Waiting()
    break_next(sandbox, "gmail", "status", status=429, retry_after=3)
    gmail(sandbox, waiting=waiting).create(draft())
    assert waiting.rate_limiter.pauses == [3.0]
    assert waiting.rate_limiter.waits == 2


def test_a_mailbox_that_does_not_exist_is_named_with_what_to_do(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN an owner who has no account  WHEN a draft is created  THEN mailbox and remedy are reported
    with pytest.raises(Misconfigured, match=r"the mailbox nobody@example.com.*domain-wide delegation"):
        gmail(sandbox).create(draft(mailbox="nobody@example.com"))
    assert mails(tmp_path) == []


def test_one_users_grant_opens_that_users_mailbox_alone(sandbox: Sandbox, tmp_path: Path) -> None:
    # GIVEN the grant of one user  WHEN that user's draft is created  THEN it is there
    drafts = gmail(sandbox, grant_of(sandbox, ADA))
    created = drafts.create(draft())
    assert (tmp_path / "gmail" / ADA / f"{created}.eml").exists()

    # WHEN it is another's  THEN it lands in no wrong mailbox, and the other is named
    with pytest.raises(Misconfigured, match="the mailbox bob@"):
        drafts.create(draft(mailbox="bob@example.com"))
    assert len(mails(tmp_path)) == 1


def test_a_revoked_grant_is_reported(sandbox: Sandbox) -> None:
    # GIVEN a grant that was revoked  WHEN a draft is created  THEN that is reported, with the mailbox
    revoked = {**grant_of(sandbox, ADA), "refresh_token": "revoked"}
    with pytest.raises(Misconfigured, match=r"the mailbox ada@example.com: .*expired or revoked"):
        gmail(sandbox, revoked).create(draft())


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({}, "secret 'csm/google' holds Google credentials of no known type"),
        ({"type": "external_account"}, "type 'external_account', which cannot be used"),
        ({"type": "service_account", "client_email": "x"}, "lack token_uri, private_key"),
        (
            {"type": "service_account", "client_email": "x", "token_uri": "x", "private_key": "no key"},
            "cannot be used",
        ),
        ({"type": "authorized_user", "client_id": "x"}, "lack refresh_token, client_secret, token_uri"),
    ],
)
def test_credentials_that_cannot_be_used_are_reported(sandbox: Sandbox, info: dict[str, Any], expected: str) -> None:
    # GIVEN something else in the secret  WHEN a draft is created  THEN what is wrong with the secret is reported
    with pytest.raises(Misconfigured, match=expected):
        gmail(sandbox, info).create(draft())


def test_a_draft_that_never_left_is_unavailable_not_unclear(sandbox: Sandbox) -> None:
    # GIVEN a Gmail that cannot be reached at all  WHEN a draft is created  THEN it surely was not, after four tries
    waiting = Waiting()
    drafts = GmailDrafts(
        google_secret(service_account_of(sandbox)), waiting.retry_policy, base_url="http://127.0.0.1:9"
    )
    with pytest.raises(Unavailable, match="did not answer about the mailbox ada@") as raised:
        drafts.create(draft())
    assert not isinstance(raised.value, Unclear)
    assert waiting.rate_limiter.waits == 4


def test_a_token_endpoint_that_is_down_is_a_passing_fault(sandbox: Sandbox) -> None:
    # GIVEN a token endpoint that cannot be reached  WHEN a draft is created  THEN it surely was not
    info = {**service_account_of(sandbox), "token_uri": "http://127.0.0.1:9/token"}
    with pytest.raises(Unavailable, match="no token for the mailbox ada@") as raised:
        gmail(sandbox, info).create(draft())
    assert not isinstance(raised.value, Unclear)
