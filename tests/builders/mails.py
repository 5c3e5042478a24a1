"""Reads a mail as strictly as its most careful reader: with the standard library alone, so that any Python can."""

from __future__ import annotations

import base64
import json
import re
import sys
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

from connectors.gmail.mime import raw_mail
from customer_success.documents import MailDraft

MAILBOX, CONTACT = "ada@example.com", "kim@acme.example"
HEADERS = ["Content-Type", "From", "MIME-Version", "Message-ID", "Subject", "To", "X-CSM-Key"]
WITHOUT_CONTACT = [name for name in HEADERS if name != "To"]

HOSTILE_NAMES = (
    "Foo =?utf-8?q?=0D=0ABcc:_attacker@evil.example?=",
    "Foo =?utf-8?q?=0D=0A=0D=0A<script>alert(1)</script>?=",
    "=?us-ascii?b?DQpCY2M6IGV2ZUBldmlsLmV4YW1wbGU=?=",
    "=?UTF-16?B?AA0ACgBCAGMAYwA6?= =?utf-7?q?+AA0ACg-Bcc:?=",
    "=?utf-8*en?Q?=0ABcc:_a@b.example?=",
    "=?unknown-8bit?q?=0D=0ATo:_a@b.example?=",
    "Foo\r\nBcc: eve@evil.example",
    "Foo\nBcc: eve@evil.example",
    "Foo\rBcc: eve@evil.example\r\r",
    "Foo\x85Bcc: a@b.example\u2028Cc: a@b.example\u2029\x0b\x0c\x1c\x1d\x1eTo: a@b.example",
    "Foo\r\n\r\n<b>body</b>",
    "Foo\x00Bar\x7f\x9b31m",
    "Foo \ud83e and \udd8a apart",
    "\u202eelpmaxe.live@eve :ccB\u2066\u200f",
    "🦊" * 80,
    "é" * 400,
    "x" * 5000,
    "word " * 400,
    "a" * 66 + " =?utf-8?q?=0D=0ABcc:_x?=" + "b" * 40,
    "==?utf-8?q?=0D=0ABcc:_x?=?=",
    "=?utf-8?q?" + "=0D=0A" * 20 + "?=",
    "=?", "?=", "", " ", "\t", ":", "From", "Bcc: a@b.example", "--===============1==--",
)  # fmt: skip
"""Names of accounts that would do harm wherever a mail reads them as more than text."""


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A mail as it was read: the names of its headers, its subject, its plain text and its HTML."""

    headers: list[str]
    subject: str
    plain: str
    html: str


def write(name: str, to: str | None = CONTACT) -> bytes:
    """A mail with the name wherever a name lands."""
    draft = MailDraft(f"{name}:2026-03-02:high", MAILBOX, to, name, (f"Dear {name},", name))
    return base64.urlsafe_b64decode(raw_mail(draft))


def read(mail: bytes) -> ReadMail:
    """Raises AssertionError where two readers could see two different mails."""
    written = _lines(mail)
    for rules in (policy.compat32, policy.SMTP, policy.default):
        parsed = message_from_bytes(mail, policy=rules)
        assert sorted(parsed.keys()) == written, (rules, parsed.keys())
        assert not parsed.defects, parsed.defects
    old = message_from_bytes(mail)
    new = message_from_bytes(mail, policy=policy.default)
    assert isinstance(new, EmailMessage)
    subject = str(make_header(decode_header(old["Subject"].replace("\r\n", ""))))
    assert str(new["Subject"]) == subject, (new["Subject"], subject)
    return ReadMail(written, subject, _part(new, "plain"), _part(new, "html"))


def _lines(mail: bytes) -> list[str]:
    """The headers' names, in the alphabet's order, as they stand on the mail's own lines."""
    head, _, body = mail.partition(b"\r\n\r\n")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\x00", mail), "a line that ends otherwise than by CRLF"
    assert head.isascii()
    assert body.startswith(b"--===============")
    names = []
    for line in head.split(b"\r\n"):
        assert len(line) <= (76 if b"=?" in line else 200), line
        if not line.startswith(b" "):
            header = re.fullmatch(rb"([A-Za-z-]+): ?(.*)", line)
            assert header, line
            names.append(header[1].decode())
    return sorted(names)


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    assert not part.defects
    return str(part.get_content()).replace("\r\n", "\n")


def main() -> None:
    """Write and read a mail for each name on standard input; how each was read goes to standard output."""
    found = []
    for name in json.load(sys.stdin):
        mail = read(write(name))
        found.append([mail.headers, mail.subject, mail.plain, mail.html])
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
