"""The inputs of a command that works on the team's Notion; an error names the variable."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from connectors.notion.ids import id_in
from connectors.notion.names import PropertyNames
from connectors.text import web_address
from customer_success.errors import Misconfigured

LONGEST_SHOWN = 80

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class GivenToken:
    """The port `Secret` over a token that stays as it is."""

    token: str = field(repr=False)
    name: str = "NOTION_TOKEN"

    def read(self) -> Mapping[str, Any]:
        return {"token": self.token}

    def renew(self) -> Mapping[str, Any]:
        return self.read()


class Given:
    """Variables, of which an empty one counts as not given; what is wrong with them is gathered line by line."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.wrong: list[str] = []

    def of(self, name: str, read: Callable[[str], Read]) -> Read | None:
        """What `read` makes of a variable; None, and a line more in `wrong`, if it raises `Misconfigured`."""
        try:
            return read(self._variables.get(name, "").strip())
        except Misconfigured as error:
            self.wrong.append(f"{name}: {error}")
            return None


def token(text: str) -> str:
    """The integration's token. It is a secret: errors about it do not show it."""
    if not text:
        raise Misconfigured("is not given; expected the secret of the Notion integration, which begins with ntn_")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise Misconfigured("holds characters that no token has; expected one word that begins with ntn_")
    return text


def notion_id(text: str) -> str | None:
    """The id in a text that is one, or the link of a page or database; None where nothing is given."""
    if not text:
        return None
    if (found := id_in(text)) is None:
        shown = repr(text[:LONGEST_SHOWN])
        raise Misconfigured(f"{shown} holds no id; expected 32 hexadecimal digits, or the link that Notion copies")
    return found


def property_names(text: str) -> Mapping[str, str]:
    """The team's names of properties by ours, from the JSON that the deployment takes as well."""
    try:
        given = json.loads(text or "{}")
    except ValueError as error:
        raise Misconfigured(f'{error}; expected JSON such as {{"arr":"Annual value"}}') from error
    if not isinstance(given, dict) or not all(isinstance(name, str) and name for name in given.values()):
        raise Misconfigured('expected an object with names for values, such as {"arr":"Annual value"}')
    PropertyNames.overridden_by(given)
    return given


def api_url(text: str) -> str | None:
    """Another address of Notion's than the real one; None where nothing is given."""
    if text and web_address(text) is None:
        raise Misconfigured(f"{text[:LONGEST_SHOWN]!r} is no address; expected one such as https://api.notion.com")
    return text or None
