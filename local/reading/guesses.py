"""The nearest guess for a heading that is not known. It is shown to a person, and never taken."""

from __future__ import annotations

from functools import cache

from rapidfuzz import fuzz, process

from customer_success.reading.fields import words_of
from customer_success.reading.headings import heading_of, known_headings

NEAR = 80
"""From 100 for the same words in any order."""


def nearest(heading: str) -> str | None:
    """The field whose heading is most like this one, as MAP names it, None if none is near."""
    keys = heading_of(heading).keys
    if not keys:
        return None
    found = max(
        (match for key in keys if (match := process.extractOne(key, _known().keys(), scorer=fuzz.token_sort_ratio))),
        key=lambda match: match[1],
        default=None,
    )
    return _known()[found[0]] if found and found[1] >= NEAR else None


def in_words(field: str) -> str:
    """A guess in words, with the field's name for MAP."""
    return f"{words_of(field)} ({field})"


@cache
def _known() -> dict[str, str]:
    return dict(known_headings())
