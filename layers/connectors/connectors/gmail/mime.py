"""A draft as a mail: plain text, and the same as HTML."""

from __future__ import annotations

import base64
import hashlib
import html
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from connectors.text import clean, is_address, one_line, shortened
from customer_success.errors import Refused
from customer_success.news import MailDraft

LONGEST_SUBJECT = 150


def message_id(mailbox: str, key: str) -> str:
    """The mail's own Message-ID, without its brackets: the same for the same key in the same mailbox."""
    return f"csm-{_mark(key)}@{mailbox.partition('@')[2]}"


def raw_mail(draft: MailDraft) -> str:
    """The whole mail as Gmail takes it. Raises `Refused` for an address that is none."""
    # Only addresses may need more than ASCII; everything else is encoded.
    ascii_only = f"{draft.mailbox}{draft.to}".isascii()
    mail = EmailMessage(policy=SMTP if ascii_only else SMTPUTF8)
    mail["From"] = _address(draft.mailbox)
    if draft.to:
        mail["To"] = _address(draft.to)
    mail["Subject"] = shortened(one_line(draft.subject), LONGEST_SUBJECT)
    mail["Message-ID"] = f"<{message_id(draft.mailbox, draft.key)}>"
    # The mail may go out as it stands: the key itself would tell the customer what we think of the account.
    mail["X-CSM-Key"] = _mark(draft.key)
    paragraphs = [clean(paragraph) for paragraph in draft.paragraphs]
    mail.set_content("\n\n".join(paragraphs) + "\n")
    mail.add_alternative("".join(map(_html, paragraphs)), subtype="html")
    return base64.urlsafe_b64encode(mail.as_bytes()).decode("ascii")


def _address(text: str) -> Address:
    if not is_address(text):
        raise Refused(f"{text!r} is not an e-mail address")
    username, _, domain = text.partition("@")
    return Address(username=username, domain=domain)


def _html(paragraph: str) -> str:
    return f"<p>{html.escape(paragraph).replace(chr(10), '<br>')}</p>\n"


def _mark(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
