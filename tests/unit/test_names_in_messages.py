"""A name is text in chats and on pages: no name makes markup, a mention or a line in it."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.google_chat.card import LARGEST_MESSAGE, card_message
from connectors.notion.values import rich_text
from connectors.slack.blocks import blocks, notice
from connectors.text import clean, one_line, shortened
from customer_success.documents import ChatMessage, Line
from tests.builders.mails import HOSTILE_NAMES
from tests.builders.vendors import NASTY

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

MARKUP = (
    NASTY,
    "<!channel> <!here> <!everyone> <!subteam^S1> <@U012AB3CD> <#C012AB3CD> <!date^1^{date}|x>",
    "@channel @here <https://evil.example|acme.example> &lt;!channel&gt; &amp;lt;",
    "</b><a href='https://evil.example'>Acme</a><b> <font color=red> <br> <users/all>",
    '"><img src=x onerror=alert(1)> javascript:alert(1)',
    "*b* _i_ ~s~ `c` ```p``` > q :smile:",
    *HOSTILE_NAMES,
)
names = (
    st.sampled_from(MARKUP) | st.text(max_size=200) | st.text("<>&;!@#|\"'/ab\n\r\x85\u2028\x00\ud83e🦊", max_size=80)
)


class Tags(HTMLParser):
    """The tags and the text of a piece of HTML."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(f"{tag} {attrs}" if attrs else tag)
        self.text += "\n" if tag == "br" else ""

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def texts(part: Any) -> list[str]:
    """All strings in a body, of every field."""
    if isinstance(part, str):
        return [part]
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return [text for one in inner for text in texts(one)]


@given(names)
def test_slack_shows_a_name_and_reads_nothing_in_it(name: str) -> None:
    # GIVEN a message with the name as its title and as a line
    lines = (Line(name), Line(name, bullet=True, strong=True))
    header, *rest = blocks(name, lines)

    # THEN the blocks hold plain texts alone, which Slack does not read
    assert header["text"]["type"] == "plain_text"
    elements = [
        element
        for block in rest
        for section in block["elements"]
        for one in ([section] if section["type"] == "rich_text_section" else section["elements"])
        for element in one["elements"]
    ]
    assert {element["type"] for element in elements} == {"text"}
    assert [element["text"] for element in elements] == [shortened(clean(name), 3000) or " "] * 2

    # AND the notification, which Slack does read, has no mention, no link and no entity of its own
    shown = notice(name, lines)
    assert not re.search("[<>]|&(?!amp;|lt;|gt;)", shown)
    assert html.unescape(shown).startswith(shortened(one_line(name), 150)[:100])
    assert not any(CONTROL.search(text) for text in [shown, *texts([header, *rest])])


@given(names)
def test_google_chat_shows_a_name_and_reads_nothing_in_it(name: str) -> None:
    # GIVEN the same as a card
    body = card_message(ChatMessage(f"{name}:k", name, (Line(name), Line(name, bullet=True, strong=True))), "card")

    # THEN its HTML has the tags that we wrote, and the text is as it was
    title, lines = (each["textParagraph"]["text"] for each in body["cardsV2"][0]["card"]["sections"][0]["widgets"])
    assert Tags(title).tags == ["b", "b"]
    assert Tags(title).text == shortened(one_line(name), 150)
    wanted = shortened(clean(name), 3000)
    assert set(Tags(lines).tags) <= {"b", "br"}
    assert Tags(lines).tags.count("b") == 2
    assert Tags(lines).text == f"{wanted}\n• {wanted}"
    assert len(json.dumps(body)) <= LARGEST_MESSAGE
    assert not any(CONTROL.search(text) for text in texts(body))


@given(names)
def test_notion_shows_a_name_and_reads_nothing_in_it(name: str) -> None:
    # GIVEN the same as rich text  THEN it is text without mentions, equations and links, in whole characters
    items = rich_text(name)
    assert {item["type"] for item in items} <= {"text"}
    assert not any("link" in item["text"] and item["text"]["link"] for item in items)
    assert "".join(item["text"]["content"] for item in items) == clean(name)
    assert not any(CONTROL.search(text) for text in texts(items))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a.example/\r\nx", "data:text/html,x", "//evil.example", ""]
)
def test_a_link_leads_to_the_web_or_is_none(url: str) -> None:
    line = Line("Acme", url=url)
    assert "link" not in json.dumps(blocks("t", [line]))
    assert "<a" not in json.dumps(card_message(ChatMessage("k", "t", (line,)), "card"))
