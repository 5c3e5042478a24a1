"""The team's accounts as whole pages, each known by its Account ID: found, made and changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from notion_client import Client

from connectors.notion.answers import wanted
from connectors.notion.faults import NotFound
from connectors.notion.reading import PropertyReader, Read, value_of
from connectors.notion.source import DataSource
from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured, Removed
from customer_success.paging import Bookmark

if TYPE_CHECKING:
    from connectors.notion.client import NotionClient
    from connectors.notion.names import PropertyNames
    from connectors.notion.walk import Row

KEY_KINDS = ("rich_text", "title")

Definition = Mapping[str, Any]
Properties = Mapping[str, Mapping[str, Any]]


def has_key(definitions: Mapping[str, Definition], names: PropertyNames) -> bool:
    """Whether there is a property by which accounts can be known again."""
    return definitions.get(names.account_id, {}).get("type") in KEY_KINDS


@dataclass(frozen=True, slots=True)
class KnownPage:
    """One account as it stands in Notion, with what the properties that matter hold."""

    page_id: str
    url: str
    account_id: str | None
    name: str | None
    held: Mapping[str, Read]


class AccountSource:
    """The data source of the accounts. `accounts_id` is its own id or that of its database."""

    def __init__(self, client: NotionClient, accounts_id: str, names: PropertyNames) -> None:
        self._client = client
        self._source = DataSource(client, accounts_id)
        self._names = names

    @property
    def about(self) -> str:
        """How errors name it."""
        return self._source.about

    @property
    def id(self) -> str:
        """The data source's own id. Raises as `DataSource.id`."""
        return self._source.id

    @property
    def definitions(self) -> Mapping[str, Definition]:
        """Each property's type and, where it has them, options, by its name. Raises as `NotionClient.call`."""
        return self._source.definitions

    @property
    def title(self) -> str:
        """The name of the title property."""
        return next(name for name, definition in self.definitions.items() if definition["type"] == "title")

    def require_key(self) -> None:
        """Raises `Misconfigured` unless the Account ID, a property that is there, is a text."""
        name = self._names.account_id
        kind = self.definitions[name]["type"]
        if kind not in KEY_KINDS:
            raise Misconfigured(
                f"{self.about}: the property {name!r}, by which accounts are known again, is of type {kind} in Notion; "
                "expected a text"
            )

    def pages(self, properties: Collection[str]) -> Iterator[list[KnownPage]]:
        """All its pages that are not in the trash, up to 100 at a time, with what these `properties` hold.

        Raises as `DataSource.rows`.
        """
        for rows, _ in self._source.rows(Bookmark()):
            yield [self._known(row, properties) for row in rows]

    def create(self, account_id: str, properties: Properties) -> None:
        """Make the account's page. It is tried again only where it is not found, as an answer may have been lost.

        Raises `NotTaken`, `Misconfigured`, `Unavailable`.
        """
        tried = False

        def once(notion: Client) -> Any:
            nonlocal tried
            if tried and (there := self._page_of(account_id)):
                return there
            tried = True
            parent = {"type": "data_source_id", "data_source_id": self._source.id}
            return wanted("page", notion.pages.create(parent=parent, properties=properties))

        self._client.call(once, about=f"the account {account_id}")

    def update(self, page_id: str, account_id: str, properties: Properties) -> None:
        """Set these properties, and no others. Raises `Removed` for a removed page, else as `create`."""
        try:
            self._client.call(
                lambda notion: wanted("page", notion.pages.update(page_id, properties=properties)),
                about=f"the account {account_id}",
            )
        except NotFound as missing:
            # The data source was read a moment ago, so only this page was removed.
            raise Removed("its page was removed, or is no longer shared with the integration") from missing

    def _page_of(self, account_id: str) -> Row | None:
        name = self._names.account_id
        kind = self.definitions[name]["type"]
        found = self._source.query(filter={"property": name, kind: {"equals": account_id}})["results"]
        return next((row for row in found if self._known(row, ()).account_id == account_id), None)

    def _known(self, row: Row, properties: Collection[str]) -> KnownPage:
        held, read = row.get("properties") or {}, PropertyReader(row.get("properties") or {})
        return KnownPage(
            page_id=str(row["id"]),
            url=str(row.get("url") or row["id"]),
            account_id=read.text(self._names.account_id),
            name=read.text(self._names.name) or read.title(),
            held={name: value_of(held.get(name)) for name in properties},
        )
