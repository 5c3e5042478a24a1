"""Text as the vendors take it: whole characters, nothing that reorders it, no longer than allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

_BREAK = re.compile("\r\n?|[\x85\u2028\u2029]")
"""What begins a new line beside the line feed, for one reader or another."""

_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, which vendors refuse, and those that turn the direction of the text around them."""

LONGEST_URL = 2000


def clean(text: str) -> str:
    """The text without control characters, its lines parted by line feeds; a lone surrogate becomes U+FFFD."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _UNWANTED.sub("", _BREAK.sub("\n", whole))


def one_line(text: str) -> str:
    """The clean text with every run of white space as one space."""
    return " ".join(clean(text).split())


def size(text: str) -> int:
    """The length as the vendors count it: in UTF-16 units, of which an emoji takes two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(text: str, limit: int) -> str:
    """The text, cut to `limit` units with an ellipsis if it is longer."""
    return text if size(text) <= limit else _head(text, limit - 1).rstrip() + "…"


def cut(text: str, limit: int) -> str:
    """The text, cut to `limit` units with a mark that says how long it was if it is longer."""
    if size(text) <= limit:
        return text
    mark = f"… (cut: {len(text):,} characters)"
    return _head(text, limit - size(mark)).rstrip() + mark


def pieces(text: str, limit: int) -> Iterator[str]:
    """The text in pieces of at most `limit` units that add up to it."""
    while text:
        piece = _head(text, limit)
        yield piece
        text = text[len(piece) :]


def web_address(url: str | None) -> str | None:
    """The url if a link may lead there (http or https, at most 2,000 characters), else None."""
    if url is None or len(url) > LONGEST_URL or url != one_line(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def _head(text: str, limit: int) -> str:
    """The first `limit` units, without half a character at the end."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * limit].decode("utf-16-le", "ignore")
