"""What an import is asked for: the variables that `make notion-import` takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from connectors.notion.ids import id_in
from connectors.notion.names import PropertyNames
from connectors.text import web_address
from customer_success.errors import Misconfigured
from local.demo.errors import DemoError

Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class Options:
    """One import. `accounts` is the id of the data source or its database, `names` are the team's property names."""

    file: Path
    token: str
    accounts: str
    names: PropertyNames
    api_url: str | None
    dry_run: bool

    def __repr__(self) -> str:
        return f"Options({self.file}, {self.accounts})"


def read_options(given: Mapping[str, str]) -> Options:
    """The options in a set of variables; an empty one counts as not given.

    Raises `DemoError` with a line for each that is missing or wrong.
    """
    wrong: list[str] = []

    def of(name: str, read: Callable[[str], Given]) -> Given | None:
        try:
            return read(given.get(name, "").strip())
        except DemoError as error:
            wrong.append(f"{name}: {error}")
            return None

    file, token, accounts = of("FILE", _file), of("NOTION_TOKEN", _token), of("NOTION_ACCOUNTS", _accounts)
    names, url, dry_run = of("NOTION_PROPERTIES", _names), of("NOTION_API_URL", _url), of("DRY_RUN", _yes)
    if wrong or file is None or token is None or accounts is None or names is None:
        raise DemoError("\n".join(wrong))
    return Options(file, token, accounts, names, url or None, bool(dry_run))


def _file(text: str) -> Path:
    if not text:
        raise DemoError("is not given; expected a CSV file, e.g. make notion-import FILE=book.csv")
    return Path(text)


def _token(text: str) -> str:
    """It is a secret: what is wrong with it is told without it."""
    if not text:
        raise DemoError("is not given; expected the secret of the Notion integration, which begins with ntn_")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise DemoError("holds characters that no token has; expected one word that begins with ntn_")
    return text


def _accounts(text: str) -> str:
    if not text:
        raise DemoError("is not given; expected the id or the address of the database of the accounts")
    if (found := id_in(text)) is None:
        raise DemoError(f"{text[:80]!r} holds no id; expected 32 hexadecimal digits, or the address that Notion shows")
    return found


def _names(text: str) -> PropertyNames:
    try:
        given = json.loads(text or "{}")
    except ValueError as error:
        raise DemoError(f'{error}; expected JSON such as {{"plan": "Tier"}}') from error
    if not isinstance(given, dict) or not all(isinstance(name, str) and name for name in given.values()):
        raise DemoError('expected an object with names for values, such as {"plan": "Tier"}')
    try:
        return PropertyNames.overridden_by(given)
    except Misconfigured as error:
        raise DemoError(str(error)) from error


def _url(text: str) -> str:
    if text and web_address(text) is None:
        raise DemoError(f"{text[:80]!r} is no address; expected one such as https://api.notion.com")
    return text


def _yes(text: str) -> bool:
    if text not in ("", "0", "1"):
        raise DemoError(f"{text[:80]!r}; expected 1, or nothing")
    return text == "1"
