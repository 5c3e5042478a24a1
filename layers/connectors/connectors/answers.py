"""Vendors' answers, which may not be theirs: something in between answers with pages, nothing, or JSON of its own."""

from __future__ import annotations

from typing import Any

from connectors.text import cut, one_line

LONGEST_SHOWN = 200

NOT_THEIRS = (LookupError, TypeError, AttributeError, ValueError)
"""What comes of reading an answer that is not as the vendor's is."""


def text_at(answer: Any, *path: str) -> str:
    """The text that lies at `path`. Raises one of `NOT_THEIRS` where there is none."""
    for name in path:
        answer = answer[name]
    if not isinstance(answer, str) or not answer:
        raise TypeError(f"{'.'.join(path)} is no text")
    return answer


def shown(text: object) -> str:
    """A vendor's text, shortened for a log."""
    return cut(one_line(str(text)), LONGEST_SHOWN)
