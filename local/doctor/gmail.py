"""Gmail: whether drafts may be written in a mailbox of the team."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.gmail.drafts import GmailDrafts
from customer_success.errors import Misconfigured, Refused, Unavailable
from local.doctor.check_result import CheckResult, bad, off, ok, untried
from local.doctor.secrets import secret_fault
from local.doctor.target import Target

NO_DRAFT = "doctor"
"""The key of a draft that is in no mailbox."""


def check_gmail(target: Target) -> Iterator[CheckResult]:
    """The mailbox of the fallback owner stands for all; nothing in it is read."""
    if not target.setting("GmailSecret"):
        yield off("GmailSecret is empty: no drafts are written")
        return
    if secret_fault(target, "GmailSecret"):
        yield untried("mailboxes: they hang on GmailSecret")
        return
    secret, mailbox = target.secret("GmailSecret"), target.setting("FallbackOwner")
    gmail = GmailDrafts(secret, target.retry_policy(), base_url=target.setting("GmailApiUrl"))
    try:
        gmail.find(mailbox, NO_DRAFT)
    except Unavailable as fault:
        yield bad(f"GmailApiUrl: {fault}", "try again later")
    except (Misconfigured, Refused) as fault:
        advice = ""
        if secret.read().get("type") == "authorized_user":
            advice = "the grant of one user opens that user's mailbox alone: is it the one of FallbackOwner?"
        yield bad(f"GmailSecret, for FallbackOwner: {fault}", advice)
    else:
        yield ok(f"GmailSecret: the drafts of {mailbox} (FallbackOwner) are reachable")
