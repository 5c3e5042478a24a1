"""A message as Slack's blocks: rich text, in which account data is shown and never read as markup."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any

from connectors.lines import fitted
from connectors.text import clean, one_line, shortened, size, web_address

if TYPE_CHECKING:
    from customer_success.documents import Line

Block = dict[str, Any]

LONGEST_TITLE = 150
LONGEST_LINE = 3000
LARGEST_BLOCK = 3000
MOST_TEXT = 11_000
"""Slack takes about 13,000 characters in all; the title and the notification's text take their part."""
LONGEST_NOTICE = 300


def blocks(title: str, lines: Iterable[Line]) -> list[Block]:
    """The title as a header and as many lines as fit. They fill ten blocks at most, where Slack takes 50."""
    header = {"type": "plain_text", "text": headline(title), "emoji": False}
    shown = fitted(lines, MOST_TEXT, _cost)
    return [{"type": "header", "text": header}, *map(_rich_text, _portions(shown))]


def headline(title: str) -> str:
    """The title as long as a header may be."""
    return shortened(one_line(title), LONGEST_TITLE)


def notice(title: str, lines: Iterable[Line]) -> str:
    """The text of notifications, where Slack shows no blocks, escaped."""
    text = "\n".join([headline(title), *(one_line(line.text) for line in lines)])
    return shortened(text, LONGEST_NOTICE).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _portions(lines: Iterable[Line]) -> list[list[Line]]:
    portions: list[list[Line]] = []
    room = 0
    for line in lines:
        if not portions or _cost(line) > room:
            portions.append([])
            room = LARGEST_BLOCK
        portions[-1].append(line)
        room -= _cost(line)
    return portions


def _rich_text(lines: list[Line]) -> Block:
    elements: list[Block] = []
    for bulleted, group in groupby(lines, key=lambda line: line.bullet):
        sections = [{"type": "rich_text_section", "elements": [_element(line)]} for line in group]
        if bulleted:
            elements.append({"type": "rich_text_list", "style": "bullet", "elements": sections})
        else:
            elements.extend(sections)
    return {"type": "rich_text", "elements": elements}


def _element(line: Line) -> Block:
    address = web_address(line.url)
    # An empty text is refused by Slack.
    text = shortened(clean(line.text), LONGEST_LINE) or " "
    style = {"style": {"bold": True}} if line.strong else {}
    if address:
        return {"type": "link", "url": address, "text": text, **style}
    return {"type": "text", "text": text, **style}


def _cost(line: Line) -> int:
    element = _element(line)
    return size(element["text"]) + size(element.get("url", ""))
