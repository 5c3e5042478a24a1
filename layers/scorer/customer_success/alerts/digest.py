"""A digest: a summary in sections for a team or one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from customer_success.documents import Line

NAME_LIMIT = 80


NO_OWNER = "no owner"


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
    on: date
    title: str
    sections: tuple[Section, ...]
    recipient: str | None = None


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))
