"""A message as a card: HTML with the account data escaped, so that it is shown and never read as markup."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

from connectors.lines import fitted, named
from connectors.text import clean, one_line, shortened, web_address

if TYPE_CHECKING:
    from customer_success.documents import ChatMessage, Line

LARGEST_MESSAGE = 32_000
"""Bytes that Google Chat takes for a message, everything in it counted."""
LONGEST_TITLE = 150
LONGEST_LINE = 3000


def card_message(message: ChatMessage, card_id: str) -> dict[str, Any]:
    """The body of a message: one card, with as many lines as fit."""
    title = shortened(one_line(message.title), LONGEST_TITLE)
    around = _body(message, card_id, title, [])
    lines = fitted(named(message), LARGEST_MESSAGE - _bytes(around), _cost)
    return _body(message, card_id, title, [_html(line) for line in lines])


def _body(message: ChatMessage, card_id: str, title: str, lines: list[str]) -> dict[str, Any]:
    # A header would cut the title to a line or two; a paragraph shows it whole.
    paragraphs = [f"<b>{html.escape(title)}</b>", "<br>".join(lines)]
    widgets = [{"textParagraph": {"text": text}} for text in paragraphs if text]
    return {
        "cardsV2": [{"cardId": card_id, "card": {"sections": [{"widgets": widgets}]}}],
        "fallbackText": title,
        "thread": {"threadKey": clean(message.thread or message.key)},
    }


def _html(line: Line) -> str:
    text = html.escape(shortened(clean(line.text), LONGEST_LINE)).replace("\n", "<br>")
    address = web_address(line.url)
    if address:
        text = f'<a href="{html.escape(address)}">{text}</a>'
    if line.strong:
        text = f"<b>{text}</b>"
    return f"• {text}" if line.bullet else text


def _cost(line: Line) -> int:
    return _bytes(_html(line) + "<br>")


def _bytes(body: object) -> int:
    return len(json.dumps(body))
