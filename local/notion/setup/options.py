"""What a set-up is asked for: the variables that `make notion-setup` takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from customer_success.errors import Misconfigured
from local.notion.setup.mapping import can_be_given
from local.notion.variables import Given, api_url, notion_id, property_names, token


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


def read_options(variables: Mapping[str, str]) -> Options:
    """The options in a set of variables; an empty one counts as not given.

    Raises `Misconfigured` with a line for each that is missing or wrong.
    """
    given = Given(variables)
    secret, parent, accounts = (
        given.of("NOTION_TOKEN", token),
        given.of("PARENT", notion_id),
        given.of("ACCOUNTS", notion_id),
    )
    chosen, url = given.of("NOTION_PROPERTIES", _chosen), given.of("NOTION_API_URL", api_url)
    if not given.wrong and parent is None and accounts is None:
        given.wrong.append(
            "PARENT: is not given; expected the id or the link of the Notion page under which the databases are to lie"
        )
    if given.wrong or secret is None:
        raise Misconfigured("\n".join(given.wrong))
    return Options(secret, parent, accounts, chosen or {}, url)


def _chosen(text: str) -> Mapping[str, str]:
    """Names that the deployment takes too."""
    chosen = property_names(text)
    if wrong := [name for name in chosen.values() if not can_be_given(name)]:
        raise Misconfigured(f"{wrong[0]!r} has a quotation mark or a backslash, with which no deployment takes it")
    return chosen
