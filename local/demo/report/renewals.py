"""What the contract check of a day found, taken from the digest that the team reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from customer_success.digest import Section
from local.demo.findings import Renewals
from local.demo.report.words import counted


def renewals(found: Renewals, most: int) -> Iterator[str]:
    """The digest, with at most so many contracts of each group."""
    if found.digest is None:
        yield f"on a day off no renewals digest is posted ({found.day:%A}); contracts are looked at all the same"
        return
    overview, *groups = found.digest.sections
    yield from (line.text for line in overview.lines)
    for group in groups:
        yield from _group(group, most)


def _group(group: Section, most: int) -> Iterator[str]:
    yield group.title if most or ":" in group.title else f"{group.title}: {len(group.lines)}"
    shown = group.lines[:most]
    yield from (f"  {line.text}" for line in shown)
    if most and len(group.lines) > most:
        yield f"  … and {len(group.lines) - most} more"


def reviews_asked_for(found: Renewals, vendors: Path) -> Iterator[str]:
    """How many reviews the ends of contracts called for on the day, what became of them, and where they lie."""
    if not found.reviews:
        yield "no contract's end calls for a review that was not asked for before"
        return
    states = Counter[str](qbr.state for qbr in found.reviews)
    yield (
        f"reviews that these ends call for (contract_proximity): {len(found.reviews)} = {counted(states)}; "
        f"in {vendors / 'notion/QBR'}"
    )
