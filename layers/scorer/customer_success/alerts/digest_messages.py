"""A digest as chat messages: the first one has the summary, the others follow in its thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from customer_success.documents import ChatMessage, Line

if TYPE_CHECKING:
    from customer_success.alerts.digest import Digest, Section

LINES_A_MESSAGE = 40
CHARACTERS_A_MESSAGE = 8_000


def digest_messages(digest: Digest) -> list[ChatMessage]:
    """The messages of a digest, together naming every line of it."""
    first, *rest = _packed(digest.sections)
    head = ChatMessage(digest.digest_id, digest.title, first, recipient=digest.recipient)
    return [
        head,
        *(
            replace(head, key=f"{head.key}#{number}", title=f"{head.title} ({number})", lines=lines, thread=head.key)
            for number, lines in enumerate(rest, start=2)
        ),
    ]


def _packed(sections: tuple[Section, ...]) -> Iterator[tuple[Line, ...]]:
    """The lines of all sections in parts that a chat takes; a section's title is repeated where it is split."""
    part: list[Line] = []
    for section in sections:
        part.append(Line(section.title, strong=True))
        for line in section.lines:
            if len(part) >= LINES_A_MESSAGE or _length(part) + len(line.text) > CHARACTERS_A_MESSAGE:
                yield tuple(part)
                part = [Line(f"{section.title} (continued)", strong=True)]
            part.append(line)
    yield tuple(part)


def _length(lines: list[Line]) -> int:
    return sum(len(line.text) for line in lines)
