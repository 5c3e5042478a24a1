"""Databases as they are found under a page, made there, and completed. Nothing is taken away or changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from notion_client import Client

from connectors.notion.answers import wanted
from connectors.notion.children import children
from connectors.notion.faults import NotFound
from connectors.text import one_line
from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured, NotTaken

if TYPE_CHECKING:
    from connectors.notion.client import NotionClient
    from connectors.notion.fit import Definition, Definitions

CONNECT = "open it in Notion, choose ··· > Connections, and add your integration"
_CHILDREN_OF_THEIR_OWN = ("child_page", "child_database")


@dataclass(frozen=True, slots=True)
class FoundDatabase:
    """A database as it stands. `id` is its own, or that of the data source where it has several.

    `parent` is what Notion says of where it lies.
    """

    id: str
    title: str
    url: str
    source_id: str
    properties: Definitions
    parent: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.title!r} ({self.url})"


class Databases:
    """The databases that the integration sees."""

    def __init__(self, client: NotionClient) -> None:
        self._client = client

    def open(self, given_id: str) -> FoundDatabase:
        """The database with this id, or whose data source has it.

        Raises `Misconfigured` for one that is not there, lies in the trash, or has several data sources of which none,
        or more than one, has its name.
        """
        try:
            database = self._client.call(
                lambda notion: wanted("database", notion.databases.retrieve(given_id)),
                about=f"the database {given_id}",
            )
        except (NotFound, NotTaken) as fault:
            return self._open_source(given_id, fault)
        self._refuse_trashed(database)
        sources, title = database.get("data_sources") or [], _text(database["title"])
        fitting = sources if len(sources) == 1 else [each for each in sources if each.get("name") == title]
        if len(fitting) != 1:
            names = ", ".join(f"{each.get('name')!r} ({each['id']})" for each in sources) or "none"
            raise Misconfigured(
                f"the database {title!r} must have one data source of its own name, but has: {names}; "
                "rename the one to use in Notion"
            )
        source = self._source(fitting[0]["id"])
        return _found(database, source, database["id"] if len(sources) == 1 else source["id"])

    def update(self, database: FoundDatabase, properties: Mapping[str, Definition]) -> FoundDatabase:
        """Add properties, or options beside the existing ones; returns the database after the change."""
        source = self._client.call(
            lambda notion: wanted("data_source", notion.data_sources.update(database.source_id, properties=properties)),
            about=f"the database {database.title}",
        )
        return replace(database, properties=source["properties"])

    def page_of(self, database: FoundDatabase) -> str:
        """The id of the page that a database lies on. Raises `Misconfigured` if it lies on none."""
        parent = database.parent
        while parent.get("type") == "block_id":
            parent = self._parent_of_block(parent["block_id"])
        if parent.get("type") != "page_id":
            raise Misconfigured(
                f"the database {database} lies on no page: say with PARENT= under which page the others are to go"
            )
        return str(parent["page_id"])

    def _parent_of_block(self, block_id: str) -> Mapping[str, Any]:
        block = self._client.call(
            lambda notion: wanted("block", notion.blocks.retrieve(block_id)), about=f"the block {block_id}"
        )
        return dict(block.get("parent") or {})

    def _open_source(self, source_id: str, fault: NotFound | NotTaken) -> FoundDatabase:
        try:
            source = self._source(source_id)
        except (NotFound, NotTaken):
            if isinstance(fault, NotTaken):
                what = f"{source_id} is a page, not a database: open the database itself and copy its link"
            else:
                what = f"Notion does not find the database {source_id}, or does not show it: {CONNECT}"
            raise Misconfigured(what) from fault
        about = f"the database of {source_id}"
        database_id = source["parent"]["database_id"]
        database = self._client.call(
            lambda notion: wanted("database", notion.databases.retrieve(database_id)), about=about
        )
        self._refuse_trashed(database)
        return _found(database, source, source["id"])

    def _source(self, source_id: str) -> dict[str, Any]:
        source: dict[str, Any] = self._client.call(
            lambda notion: wanted("data_source", notion.data_sources.retrieve(source_id)),
            about=f"the data source {source_id}",
        )
        return source

    def _refuse_trashed(self, database: Mapping[str, Any]) -> None:
        if database.get("in_trash"):
            raise Misconfigured(
                f"the database {_text(database['title'])!r} lies in the trash: restore it, or name another"
            )


class SharedPage:
    """The page that a deployment's databases lie on, however its columns and toggles are arranged."""

    def __init__(self, client: NotionClient, page_id: str) -> None:
        self._client = client
        self._databases = Databases(client)
        self.id = page_id

    def require(self) -> None:
        """Raises `Misconfigured` unless it is a page that the integration sees and that is not in the trash."""
        try:
            page = self._client.call(lambda notion: wanted("page", notion.pages.retrieve(self.id)), about=self._about)
        except (NotFound, NotTaken) as fault:
            if isinstance(fault, NotTaken) or self._is_database():
                what = f"{self.id} is a database, not a page: give the page that the databases are to lie on"
            else:
                what = f"Notion does not find the page {self.id}, or does not show it: {CONNECT}"
            raise Misconfigured(what) from fault
        if page.get("in_trash"):
            raise Misconfigured(f"the page {self.id} lies in the trash: restore it, or give another")

    def titled(self) -> dict[str, list[str]]:
        """The ids of the databases on the page that are not in the trash, by title."""
        found: dict[str, list[str]] = {}
        for database_id, title in self._on(self.id):
            found.setdefault(one_line(title), []).append(database_id)
        return found

    def create(self, title: str, properties: Mapping[str, Definition]) -> FoundDatabase:
        """Make a database on the page. It is tried again only where it is not there: an answer may have been lost."""
        tried = False

        def once(notion: Client) -> Any:
            nonlocal tried
            if tried and (there := self.titled().get(title)):
                return {"object": "database", "id": there[0], "data_sources": []}
            tried = True
            made = notion.databases.create(
                parent={"type": "page_id", "page_id": self.id},
                title=[{"type": "text", "text": {"content": title}}],
                # Notion drops `properties` beside it without a word.
                initial_data_source={"properties": properties},
            )
            return wanted("database", made)

        made = self._client.call(once, about=f"the new database {title}")
        return self._databases.open(str(made["id"]))

    @property
    def _about(self) -> str:
        return f"the page {self.id}"

    def _is_database(self) -> bool:
        try:
            self._client.call(lambda notion: wanted("database", notion.databases.retrieve(self.id)), about=self._about)
        except (NotFound, NotTaken):
            return False
        return True

    def _on(self, block_id: str) -> Iterator[tuple[str, str]]:
        for block in self._children(block_id):
            if block["type"] == "child_database":
                yield str(block["id"]), str(block["child_database"].get("title") or "")
            elif block.get("has_children") and block["type"] not in _CHILDREN_OF_THEIR_OWN:
                yield from self._on(block["id"])

    def _children(self, block_id: str) -> Iterator[Mapping[str, Any]]:
        return children(self._client, block_id, self._about)


def _found(database: Mapping[str, Any], source: Mapping[str, Any], given_id: str) -> FoundDatabase:
    return FoundDatabase(
        id=str(given_id),
        title=one_line(_text(database["title"])),
        url=str(database.get("url") or database["id"]),
        source_id=str(source["id"]),
        properties=source["properties"],
        parent=database.get("parent") or {},
    )


def _text(rich: list[Mapping[str, Any]]) -> str:
    return "".join(part.get("plain_text", "") for part in rich)
