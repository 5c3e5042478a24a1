""""""

from __future__ import annotations


def short(text: str, limit: int) -> str:
    """The text in one line of at most `limit` characters, cut with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
