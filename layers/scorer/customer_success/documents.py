"""Messages and pages, before they take a vendor's shape."""

from __future__ import annotations

from customer_success.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a message. Its text is shown literally: account data in it is never read as markup."""

    text: str
    url: str | None = None
    strong: bool = False
    bullet: bool = False


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """An internal message for chat.

    `key` makes it recognisable at the vendor, so that a repeat can be found. `recipient` is the e-mail address of the
    person it is for; None is the team's channel. Messages with the same `thread` key belong together.
    """

    key: str
    title: str
    lines: tuple[Line, ...]
    recipient: str | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class MailDraft:
    """A mail for a person to read and send. `to` is None where no contact is known: left open."""

    key: str
    mailbox: str
    to: str | None
    subject: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a section of a page."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a page."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullet:
    """An item of a list on a page."""

    text: str


@dataclass(frozen=True, slots=True)
class Callout:
    """What a page says first, set apart from the rest."""

    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table on a page; every row has as many cells as `header`."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


PageBlock = Heading | Paragraph | Bullet | Callout | Grid
