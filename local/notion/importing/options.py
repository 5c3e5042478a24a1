"""What an import is asked for: the variables that `make notion-import` takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.notion.names import PropertyNames
from customer_success.errors import Misconfigured
from customer_success.reading.errors import UnreadableTableError
from customer_success.reading.mapping import Map
from local.check_book.asked import map_of
from local.notion.variables import LONGEST_SHOWN, Given, api_url, notion_id, property_names, token


@dataclass(frozen=True, slots=True)
class Options:
    """One import. `accounts` is the id of the data source or its database, `names` are the team's property names."""

    file: Path
    token: str = field(repr=False)
    accounts: str
    names: PropertyNames
    api_url: str | None
    dry_run: bool
    map: Map = field(default_factory=Map)


@dataclass(frozen=True, slots=True)
class FileOnly:
    """A dry run without Notion: the file alone is looked at."""

    file: Path
    names: PropertyNames
    map: Map


def read_options(variables: Mapping[str, str]) -> Options | FileOnly:
    """The options in a set of variables; an empty one counts as not given. A dry run needs neither token nor database.

    Raises `Misconfigured` with a line for each that is missing or wrong.
    """
    given = Given(variables)
    if variables.get("DRY_RUN", "").strip() == "1" and not any(
        variables.get(name, "").strip() for name in ("NOTION_TOKEN", "NOTION_ACCOUNTS")
    ):
        return _file_only(given)
    file, secret, accounts = given.of("FILE", _file), given.of("NOTION_TOKEN", token), given.of("NOTION_ACCOUNTS", _id)
    names, url = given.of("NOTION_PROPERTIES", property_names), given.of("NOTION_API_URL", api_url)
    dry_run, mapping = given.of("DRY_RUN", _yes), given.of("MAP", _map)
    if given.wrong or file is None or secret is None or accounts is None or names is None or mapping is None:
        raise Misconfigured("\n".join(given.wrong))
    return Options(file, secret, accounts, PropertyNames.overridden_by(names), url, bool(dry_run), mapping)


def _file_only(given: Given) -> FileOnly:
    file, names = given.of("FILE", _file), given.of("NOTION_PROPERTIES", property_names)
    mapping = given.of("MAP", _map)
    if given.wrong or file is None or names is None or mapping is None:
        raise Misconfigured("\n".join(given.wrong))
    return FileOnly(file, PropertyNames.overridden_by(names), mapping)


def _map(text: str) -> Map:
    try:
        return map_of(text)
    except UnreadableTableError as error:
        raise Misconfigured(str(error).removeprefix("MAP=")) from error


def _file(text: str) -> Path:
    if not text:
        raise Misconfigured("is not given; expected a CSV file, e.g. make notion-import FILE=book.csv")
    return Path(text)


def _id(text: str) -> str:
    found = notion_id(text)
    if found is None:
        raise Misconfigured("is not given; expected the id or the link of the database of the accounts")
    return found


def _yes(text: str) -> bool:
    if text not in ("", "0", "1"):
        raise Misconfigured(f"{text[:LONGEST_SHOWN]!r}; expected 1, or nothing")
    return text == "1"
