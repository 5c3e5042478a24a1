"""Rich text, the form in which Notion takes and gives all text."""

from __future__ import annotations

import re
from urllib.parse import quote

from local.sandbox.notion.errors import unfit
from local.sandbox.wire import Json

LONGEST_TEXT = 2000
MOST_ITEMS = 100
PLAIN = {
    "bold": False,
    "italic": False,
    "strikethrough": False,
    "underline": False,
    "code": False,
    "color": "default",
}


_MARKS = re.compile(r"[\\`*<\[~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
"""What begins or ends something in Markdown."""
_SAFE = "!#$%&'*+,/:;=?@[]~"
"""What stays in a link's address: all but what would end it."""


def read_rich_text(value: object, at: str) -> list[Json]:
    """Rich text as Notion stores it. Raises `VendorError` beyond 100 items, or 2,000 characters in one."""
    if not isinstance(value, list):
        raise unfit(at, "an array", value)
    if len(value) > MOST_ITEMS:
        raise unfit(f"{at}.length", f"≤ `{MOST_ITEMS}`", len(value))
    items = [_read_item(item, f"{at}[{index}]") for index, item in enumerate(value)]
    return [item for item in items if item["plain_text"]]


def _read_item(item: object, at: str) -> Json:
    text = item.get("text") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(text, dict):
        raise unfit(f"{at}.text", "defined")
    content = text.get("content")
    if not isinstance(content, str):
        raise unfit(f"{at}.text.content", "a string", content)
    if len(content) > LONGEST_TEXT:
        raise unfit(f"{at}.text.content.length", f"≤ `{LONGEST_TEXT}`", len(content))
    link = text.get("link")
    annotations = item.get("annotations") or {}
    if unknown := set(annotations) - set(PLAIN):
        raise unfit(f"{at}.annotations.{min(unknown)}", "not present", annotations[min(unknown)])
    return {
        "type": "text",
        "text": {"content": content, "link": link},
        "annotations": PLAIN | annotations,
        "plain_text": content,
        "href": link["url"] if link else None,
    }


def typed(text: str) -> list[Json]:
    """Text of any length as the app stores it when a person types or pastes it."""
    pieces = [text[start : start + LONGEST_TEXT] for start in range(0, len(text), LONGEST_TEXT)]
    return [item for piece in pieces for item in read_rich_text([{"text": {"content": piece}}], "text")]


def plain(items: list[Json]) -> str:
    """Rich text without its marks."""
    return "".join(item["plain_text"] for item in items)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _MARKS.sub(r"\\\g<0>", text)


def marked(items: list[Json]) -> str:
    """Rich text as Markdown."""
    return "".join(_marked(item) for item in items)


def _marked(item: Json) -> str:
    marks = item["annotations"]
    text: str = item["plain_text"]
    text = in_code(text) if marks["code"] else escaped(text)
    text = f"**{text}**" if marks["bold"] else text
    text = f"*{text}*" if marks["italic"] else text
    return f"[{text}]({quote(item['href'], safe=_SAFE)})" if item["href"] else text


def in_code(text: str) -> str:
    """Text within code, also if it contains backticks."""
    ticks = fence(text, 1)
    return f"{ticks} {text} {ticks}" if "`" in text else f"`{text}`"


def fence(text: str, least: int) -> str:
    """Backticks, at least so many and more than stand together anywhere in the text."""
    return "`" * max([least, *(len(run) + 1 for run in re.findall("`+", text))])
