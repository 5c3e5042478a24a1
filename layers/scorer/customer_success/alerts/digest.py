"""A digest: a summary in sections for a team or one person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import Field

from customer_success.dataclass import dataclass
from customer_success.documents import Line

NAME_LIMIT = 80


NO_OWNER = "no owner"

NOT_AGAIN = "It is not tried again by itself."


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the digest, such as the alerts of one owner."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest in words, in the order in which it is read; `recipient` is the e-mail address of the person it is for,
    None is the team.
    """

    digest_id: str
    run_kind: str
    run_date: Annotated[date, Field(alias="on")]
    title: str
    sections: tuple[Section, ...]
    recipient: str | None = None


def failed_digest(kind: str, on: date, title: str, failure: str, *more: str) -> Digest:
    """The team's digest of a job that did not come to its end.

    Only the first failure of a kind and day is reported: a vendor that is down for a morning makes one message, and
    the other failures wait in the dead-letter queue.
    """
    lines = (Line(failure, strong=True), *map(Line, (*more, NOT_AGAIN)))
    return Digest(f"{kind}:{on}:failed", kind, on, title, (Section("What failed", lines),))


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))
