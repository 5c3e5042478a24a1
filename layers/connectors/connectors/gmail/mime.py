"""A draft as a mail: plain text, and the same as HTML.

The headers are written here rather than by the standard library, which reads RFC 2047 words in a header that it is
given: before Python 3.13 a name such as `=?utf-8?q?=0D=0ABcc:_…?=` becomes a header of its own.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP, compat32
from typing import TYPE_CHECKING

from connectors.text import clean, one_line, shortened
from customer_success.addresses import is_address
from customer_success.errors import NotTaken, Refused

if TYPE_CHECKING:
    from customer_success.documents import MailDraft

LONGEST_SUBJECT = 150
LONGEST_CHUNK = 39
"""Bytes in one encoded word: with `Subject: ` before it, it has 73 of the 76 characters that its line may have."""

_PLAIN = re.compile(r"[\x20-\x7e]*")

Headers = dict[str, str]


def message_id(mailbox: str, key: str) -> str:
    """The mail's own Message-ID, without its brackets: the same for the same key in the same mailbox."""
    return f"csm-{_mark(key)}@{mailbox.partition('@')[2]}"


def raw_mail(draft: MailDraft) -> str:
    """The whole mail as Gmail takes it.

    Raises `Refused` for an address that is none, `NotTaken` should a text have become a header.
    """
    headers = _headers(draft)
    written = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    mail = written.encode("utf-8") + _body([clean(paragraph) for paragraph in draft.paragraphs])
    _check(mail, headers)
    return base64.urlsafe_b64encode(mail).decode("ascii")


def _headers(draft: MailDraft) -> Headers:
    # The mail may go out as it stands: the key itself would show the customer what we think of the account.
    return {
        "From": _address(draft, "From", draft.mailbox),
        **({"To": _address(draft, "To", draft.to)} if draft.to else {}),
        "Subject": _unstructured(shortened(one_line(draft.subject), LONGEST_SUBJECT)),
        "Message-ID": f"<{message_id(draft.mailbox, draft.key)}>",
        "X-CSM-Key": _mark(draft.key),
    }


def _body(paragraphs: list[str]) -> bytes:
    """The mail from its MIME headers on, of which no text of ours is a part."""
    mail = EmailMessage(policy=SMTP)
    mail.set_content("\n\n".join(paragraphs) + "\n")
    mail.add_alternative("".join(map(_html, paragraphs)), subtype="html")
    return mail.as_bytes()


def _address(draft: MailDraft, header: str, text: str) -> str:
    """The address as it stands: it has no white space, no quotes and none of the characters that end one."""
    if not is_address(text):
        raise Refused(
            f"draft {draft.key!r}: {header} {text!r} is not an e-mail address; correct it on the account's page"
        )
    return text


def _unstructured(text: str) -> str:
    """A text as the value of a header: plain where encoding it would make it unreadable, else in encoded words."""
    if _PLAIN.fullmatch(text) and "=?" not in text:
        return text
    words = (base64.b64encode(chunk).decode("ascii") for chunk in _chunks(text))
    return "\r\n ".join(f"=?utf-8?b?{word}?=" for word in words)


def _chunks(text: str) -> Iterator[bytes]:
    """The text in UTF-8, in pieces of whole characters."""
    chunk = b""
    for character in text:
        octets = character.encode("utf-8")
        if len(chunk) + len(octets) > LONGEST_CHUNK:
            yield chunk
            chunk = b""
        chunk += octets
    yield chunk


def _check(mail: bytes, headers: Headers) -> None:
    """Read the mail as others will, and refuse it if they find another header than those that were meant."""
    wanted = sorted([*headers, "MIME-Version", "Content-Type"])
    lines = mail.partition(b"\r\n\r\n")[0].split(b"\r\n")
    written = sorted(line.partition(b":")[0].decode("utf-8") for line in lines if not line.startswith((b" ", b"\t")))
    parsed = sorted(BytesHeaderParser(policy=compat32).parsebytes(mail).keys())
    if not written == parsed == wanted:
        raise NotTaken(f"the mail would have the headers {written}, read as {parsed}, instead of {wanted}")


def _html(paragraph: str) -> str:
    return f"<p>{html.escape(paragraph).replace(chr(10), '<br>')}</p>\n"


def _mark(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
