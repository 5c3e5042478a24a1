"""Pages of ours that are found again by their key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.notion.answers import wanted
from connectors.notion.faults import NotFound
from connectors.text import clean
from customer_success.errors import Misconfigured, NotTaken, Removed

if TYPE_CHECKING:
    from connectors.notion.blocks import Block
    from connectors.notion.client import NotionClient
    from connectors.notion.source import DataSource


class KeyedPages:
    """The pages of one data source whose text property `key_name` holds a key of ours."""

    def __init__(self, client: NotionClient, source: DataSource, key_name: str) -> None:
        self._client = client
        self._source = source
        self._key_name = key_name

    def find(self, key: str) -> dict[str, Any] | None:
        """The page with this key as Notion shows it, or None. Raises as `DataSource.query`, and `require_key`."""
        self.require_key()
        try:
            return self._with_key(key)
        except NotTaken:
            # The property may have been renamed, or changed its type, since it was looked up.
            self._source.look_again()
            self.require_key()
            return self._with_key(key)

    def _with_key(self, key: str) -> dict[str, Any] | None:
        only = {"property": self._key_name, "rich_text": {"equals": clean(key)}}
        found = self._source.query(filter=only, page_size=1)["results"]
        return dict(found[0]) if found else None

    def create(self, about: str, properties: Mapping[str, Any], blocks: list[Block]) -> str:
        """Create a page and return its id. Raises `Unclear` when it may have been created, else as `update`."""
        page = self._client.call(
            lambda notion: wanted(
                "page",
                notion.pages.create(
                    parent={"type": "data_source_id", "data_source_id": self._source.id},
                    properties=properties,
                    children=blocks,
                ),
            ),
            about=f"{about} in {self._source.about}",
            repeatable=False,
        )
        return str(page["id"])

    def append(self, page_id: str, blocks: list[Block]) -> None:
        """Add blocks at the page's end. Raises `Unclear` when they may have been added, else as `update`."""
        self._client.call(
            lambda notion: wanted("list", notion.blocks.children.append(page_id, children=blocks)),
            about=f"the page {page_id}",
            repeatable=False,
        )

    def update(self, page_id: str, **what: Any) -> None:
        """Change a page. Raises as `NotionClient.call`."""
        self._client.call(
            lambda notion: wanted("page", notion.pages.update(page_id, **what)), about=f"the page {page_id}"
        )

    def present(self, page_id: str) -> dict[str, Any]:
        """The page as Notion shows it. Raises `Removed` for one in the trash or absent, else as `DataSource.query`."""
        try:
            page = self._client.call(
                lambda notion: wanted("page", notion.pages.retrieve(page_id)), about=f"the page {page_id}"
            )
        except NotFound as fault:
            # Notion gives the same answer for a removed page and for a database that is no longer shared.
            self._source.query(page_size=1)
            raise Removed(f"the page {page_id} was removed from {self._source.about}") from fault
        if page.get("in_trash"):
            raise Removed(f"the page {page_id} is in the trash of {self._source.about}")
        return dict(page)

    def url(self, page_id: str) -> str:
        """Where a person opens a page."""
        return f"https://www.notion.so/{page_id.replace('-', '')}"

    def require_key(self) -> None:
        """Raises `Misconfigured` if the pages cannot have a key."""
        self.require(self._key_name, ("rich_text",), "by which its pages are found again")

    def require(self, name: str, kinds: Sequence[str], purpose: str) -> None:
        """Raises `Misconfigured` unless the property `name` is there and of one of the types `kinds`."""
        found = self._source.schema.get(name)
        if found not in kinds:
            # A person may have set it right since it was looked up.
            self._source.look_again()
            found = self._source.schema.get(name)
        if found not in kinds:
            fitting = " or ".join(kind.removeprefix("rich_") for kind in kinds)
            raise Misconfigured(
                f"{self._source.about} needs a {fitting} property {name!r}, {purpose}; "
                f"it is {'missing' if found is None else f'of type {found}'}"
            )
