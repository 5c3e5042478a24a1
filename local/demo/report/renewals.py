"""What the contract check of a day found, taken from the digest that the team reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from connectors.text import one_line
from customer_success.alerts.digest import Section
from local.demo.findings import Renewals
from local.demo.report.words import counted

_OWNERS_DOMAIN = re.compile(r"(, [\w.+-]+)@[\w.-]+\w(?=, |$)")
"""What stands behind an owner's name, who stands between commas at the end of the line or before its last words."""


def renewals(found: Renewals, most: int) -> Iterator[str]:
    """The digest, with at most so many contracts of each group, a line each."""
    if found.digest is None:
        yield f"on a day off no renewals digest is posted ({found.day:%A}); contracts are looked at all the same"
        return
    overview, *groups = found.digest.sections
    yield from (line.text for line in overview.lines)
    for group in groups:
        yield from _group(group, most)


def _group(group: Section, most: int) -> Iterator[str]:
    # A title that counts by itself, or asks, needs no number.
    yield group.title if ":" in group.title or group.title.endswith("?") else f"{group.title}: {len(group.lines)}"
    if most:
        yield from (f"  {_shorter(line.text)}" for line in group.lines[:most])
        more = len(group.lines) - most
        yield from [f"  … and {more} more"] if more > 0 else []


def _shorter(text: str) -> str:
    """A line of the digest in fewer words, so that its dates fit on a line of the terminal."""
    text = _OWNERS_DOMAIN.sub(r"\1", one_line(text))
    return text.replace(", churn risk ", " ").replace("renews by itself unless notice is given", "renews unless notice")


def reviews_asked_for(found: Renewals, vendors: Path) -> Iterator[str]:
    """How many reviews the ends of contracts called for on the day, what became of them, and where they lie."""
    if not found.reviews:
        yield "reviews that contract ends call for: none that was not asked for before"
        return
    states = counted(Counter[str](qbr.state for qbr in found.reviews))
    yield f"reviews that contract ends call for: {len(found.reviews)} ({states}), in {vendors / 'notion/QBR'}"
