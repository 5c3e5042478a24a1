"""What a set-up is asked for: the variables that `make notion-setup` takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from connectors.notion.ids import id_in
from connectors.notion.names import PropertyNames
from connectors.text import web_address
from customer_success.errors import Misconfigured
from local.notion_setup.mapping import can_be_given

Given = TypeVar("Given")

LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Options:
    """One set-up. `parent` is the page's id, `accounts` that of a database that the team has; one of them is given.

    `chosen` are the team's names of properties, by ours.
    """

    token: str = field(repr=False)
    parent: str | None = None
    accounts: str | None = None
    chosen: Mapping[str, str] = field(default_factory=dict)
    api_url: str | None = None


def read_options(given: Mapping[str, str]) -> Options:
    """The options in a set of variables; an empty one counts as not given.

    Raises `Misconfigured` with a line for each that is missing or wrong.
    """
    wrong: list[str] = []

    def of(name: str, read: Callable[[str], Given]) -> Given | None:
        try:
            return read(given.get(name, "").strip())
        except Misconfigured as error:
            wrong.append(f"{name}: {error}")
            return None

    token, parent, accounts = of("NOTION_TOKEN", _token), of("PARENT", _id), of("ACCOUNTS", _id)
    chosen, url = of("NOTION_PROPERTIES", _chosen), of("NOTION_API_URL", _url)
    if not wrong and parent is None and accounts is None:
        wrong.append(
            "PARENT: is not given; expected the id or the link of the Notion page under which the databases are to lie"
        )
    if wrong or token is None:
        raise Misconfigured("\n".join(wrong))
    return Options(token, parent, accounts, chosen or {}, url)


def _token(text: str) -> str:
    """It is a secret: what is wrong with it is told without it."""
    if not text:
        raise Misconfigured("is not given; expected the secret of the Notion integration, which begins with ntn_")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise Misconfigured("holds characters that no token has; expected one word that begins with ntn_")
    return text


def _id(text: str) -> str | None:
    if not text:
        return None
    if (found := id_in(text)) is None:
        shown = repr(text[:LONGEST_SHOWN])
        raise Misconfigured(f"{shown} holds no id; expected 32 hexadecimal digits, or the link that Notion copies")
    return found


def _chosen(text: str) -> Mapping[str, str]:
    try:
        given = json.loads(text or "{}")
    except ValueError as error:
        raise Misconfigured(f'{error}; expected JSON such as {{"arr":"Annual value"}}') from error
    if not isinstance(given, dict) or not all(isinstance(name, str) and name for name in given.values()):
        raise Misconfigured('expected an object with names for values, such as {"arr":"Annual value"}')
    if wrong := [name for name in given.values() if not can_be_given(name)]:
        raise Misconfigured(f"{wrong[0]!r} has a quotation mark or a backslash, with which no deployment takes it")
    PropertyNames.overridden_by(given)
    return given


def _url(text: str) -> str | None:
    if text and web_address(text) is None:
        raise Misconfigured(f"{text[:LONGEST_SHOWN]!r} is no address; expected one such as https://api.notion.com")
    return text or None
