"""Gmail drafts in people's own mailboxes. Sending is impossible here.

No scope of Gmail's allows drafts without sending, so the discovery document knows only five methods of
drafts, and the transport lets no other request through.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from connectors.answers import text_at
from connectors.gmail.mime import message_id, raw_mail
from connectors.google_auth import credentials_for
from connectors.google_service import GoogleService
from customer_success.addresses import is_address
from customer_success.errors import Refused

if TYPE_CHECKING:
    from connectors.retry_policy import RetryPolicy
    from customer_success.documents import MailDraft
    from customer_success.ports import Secret

SCOPE = "https://www.googleapis.com/auth/gmail.compose"

_DRAFTS = r"/gmail/v1/users/[^/?#]*(?:@|%40)[^/?#]*/drafts"
_ONE = _DRAFTS + r"/(?!send$)[\w-]+"
ALLOWED = (("POST", _DRAFTS), ("GET", _DRAFTS), ("GET", _ONE), ("PUT", _ONE), ("DELETE", _ONE))


class GmailDrafts:
    """The port `Drafts`.

    `secret` holds a service account's key with domain-wide delegation, or one user's OAuth grant for that user's
    own mailbox. `timeout` bounds one answer, in seconds.
    """

    def __init__(
        self,
        secret: Secret,
        retry_policy: RetryPolicy,
        *,
        base_url: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        self._secret = secret
        self._retry_policy = retry_policy
        self._base_url = base_url
        self._timeout = timeout
        self._mailboxes: dict[str, GoogleService] = {}

    def find(self, mailbox: str, key: str) -> str | None:
        """The id of the draft with this key, looked up by its Message-ID. Raises as `create` does."""
        wanted = f"rfc822msgid:{message_id(mailbox, key)}"
        return self._open(mailbox).call(
            lambda gmail: gmail.users().drafts().list(userId=mailbox, q=wanted, maxResults=1), _first, repeatable=True
        )

    def create(self, draft: MailDraft) -> str:
        """Create the draft and return its id.

        Raises `Unclear` when it may have been created, else `Misconfigured` naming the mailbox and what to
        set right, `Refused` for what is no address, `NotTaken`, `Unavailable`.
        """
        body = {"message": {"raw": raw_mail(draft)}}
        return self._open(draft.mailbox).call(
            lambda gmail: gmail.users().drafts().create(userId=draft.mailbox, body=body),
            lambda created: text_at(created, "id"),
            repeatable=False,
            writes=True,
        )

    def _open(self, mailbox: str) -> GoogleService:
        if not is_address(mailbox):
            raise Refused(f"{mailbox!r} is no mailbox: it must be an e-mail address")
        if mailbox not in self._mailboxes:
            self._mailboxes[mailbox] = GoogleService(
                files(__package__).joinpath("gmail_drafts.json").read_text("utf-8"),
                self._secret,
                lambda info: credentials_for(info, [SCOPE], mailbox=mailbox),
                ALLOWED,
                retry_policy=self._retry_policy,
                endpoint=self._base_url,
                timeout=self._timeout,
                about=f"the mailbox {mailbox}",
                fix="Check that this mailbox exists and has Gmail, and that the credentials may use it: in "
                "the Admin console, domain-wide delegation must allow the service account's client id the "
                f"scope {SCOPE}.",
            )
        return self._mailboxes[mailbox]


def _first(found: dict[str, Any]) -> str | None:
    # Gmail leaves the list out where there is none, and gives the estimate in any case.
    if "drafts" not in found and found["resultSizeEstimate"] == 0:
        return None
    return text_at(found["drafts"][0], "id") if found["drafts"] else None
