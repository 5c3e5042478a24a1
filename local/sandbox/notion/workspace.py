"""The workspace: databases, their data sources, pages and blocks, in the store and as Markdown on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID, uuid4

from local.sandbox.notion.errors import archived, error, invalid, missing, unfit
from local.sandbox.notion.markdown import page_as_markdown
from local.sandbox.notion.properties import TITLE_ONLY
from local.sandbox.notion.text import plain, typed
from local.sandbox.store import Store, file_name
from local.sandbox.wire import Json, VendorError

# The page that is shared with the integration from the start, under which databases are created.
ROOT_PAGE = "c5000000-0000-4000-8000-000000000001"
# The users: the integration, as which the API writes, and a person, who works in the app.
INTEGRATION: Json = {"object": "user", "id": "c5000000-0000-4000-8000-00000000000b"}
PERSON: Json = {"object": "user", "id": "c5000000-0000-4000-8000-00000000000c"}


class Workspace:
    """Rows as stored. What the API shows of them is the business of `api`.

    A page's `properties` are values by property id, its `file` is where it lies on disk. What a page or block
    contains is a row of its own, with the id of the page. Pages and blocks keep by whom they were made and edited.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._databases = store.table("notion.databases")
        self._sources = store.table("notion.data_sources")
        self._pages = store.table("notion.pages")
        self._children = store.table("notion.children")
        self._most_in_time: int | None = None
        self._in_source: dict[str, dict[str, Json]] = {}
        self._below: dict[str, dict[str, Json]] = {}
        for page in self._pages:
            self._index(page)
        if ROOT_PAGE not in self._pages:
            title = {"title": typed("Customer Success")}
            self.add_page({"type": "workspace", "workspace": True}, title, [], page_id=ROOT_PAGE)

    def now(self) -> str:
        """The time as Notion stamps it: cut to the minute."""
        return self._clock().strftime("%Y-%m-%dT%H:%M:00.000Z")

    def database(self, database_id: str) -> Json:
        """The database. Raises `VendorError` (404) if there is none or it is not shared."""
        key = _uuid(database_id, "database_id")
        row = self._databases.get(key)
        if row is None or not row["shared"]:
            raise missing("database", key)
        return row

    def source(self, source_id: str) -> Json:
        """The data source. Raises `VendorError` (404) as its database does."""
        key = _uuid(source_id, "data_source_id")
        row = self._sources.get(key)
        if row is None or not self._is_shared(row["database_id"]):
            raise missing("data_source", key)
        return row

    def page(self, page_id: str) -> Json:
        """The page. Raises `VendorError` (404) if there is none or its database is not shared."""
        key = _uuid(page_id, "page_id")
        row = self._pages.get(key)
        if row is None or not self._is_shared(row["parent"].get("database_id")):
            raise missing("page", key)
        return row

    def _is_shared(self, database_id: str | None) -> bool:
        row = self._databases.get(database_id or "")
        return row is None or bool(row["shared"])

    def share(self, database_id: str, shared: bool) -> None:
        """Share a database with the integration, or take it away."""
        row = self._databases.get(_uuid(database_id, "database_id"))
        if row is None:
            raise missing("database", database_id)
        self._databases.put(row["id"], row | {"shared": shared})

    def source_titled(self, title: str) -> Json | None:
        """The first data source with this title."""
        return next((row for row in self._sources if plain(row["title"]) == title), None)

    def sources_of(self, database: Json) -> list[Json]:
        """The data sources of a database."""
        return [row for row in self._sources if row["database_id"] == database["id"]]

    def pages_in(self, source_id: str) -> list[Json]:
        """All pages of a data source in order of creation, those in the trash included."""
        return list(self._in_source.get(source_id, {}).values())

    def nest(self, database_id: str, source_id: str) -> None:
        """Put a database among the pages of a data source, which is that of a wiki from then on."""
        for row in self.sources_of(self.database(database_id)):
            self.save_source(row | {"nested_in": self.source(source_id)["id"]})

    def nested_in(self, source_id: str) -> list[Json]:
        """The data sources that lie among the pages of a wiki."""
        return [row for row in self._sources if row.get("nested_in") == source_id]

    def be_heavy(self, rows_above: int | None) -> None:
        """Answer 504 from now on to requests for more rows or blocks at once; None ends that."""
        self._most_in_time = rows_above

    def require_light(self, rows: int) -> None:
        """Raise `VendorError` (504) for more rows than can be shown in time."""
        if self._most_in_time is not None and rows > self._most_in_time:
            raise VendorError(error(504, "Notion timed out while attempting to complete this request."))

    def listed(self, block_id: str) -> list[Json]:
        """What the API lists inside a page or block: its blocks, then the pages and the databases that lie there.

        Raises `VendorError` (404) if there is no such page or block.
        """
        blocks, key = self.children(block_id), _uuid(block_id, "block_id")
        pages = [page for page in self._below.get(key, {}).values() if not page["in_trash"]]
        databases = [row for row in self._databases if key in row["parent"].values() and self._is_visible(row)]
        return [
            *blocks,
            *(_child("child_page", page, self.title_of(page)) for page in pages),
            *(_child("child_database", row, plain(row["title"])) for row in databases),
        ]

    def _is_visible(self, database: Json) -> bool:
        return bool(database["shared"]) and not database.get("in_trash")

    def move(self, database_id: str, block_id: str) -> None:
        """Drag a database into a block of a page, such as a column or a toggle."""
        row = self._databases.get(_uuid(database_id, "database_id"))
        if row is None:
            raise missing("database", database_id)
        self.children(block_id)
        self._databases.put(row["id"], row | {"parent": {"type": "block_id", "block_id": _uuid(block_id, "block_id")}})

    def block(self, block_id: str) -> tuple[Json, str]:
        """A block, and the id of the page or block that it lies in. Raises `VendorError` (404) if there is none."""
        key = _uuid(block_id, "block_id")
        page = self._page_of(key)
        parent_id = self._parent_of(key, page["id"])
        if parent_id is None:
            raise missing("block", key)
        return next(block for block in self.children(parent_id) if block["id"] == key), parent_id

    def is_database(self, some_id: str) -> bool:
        """True if the id is that of a database which the integration sees."""
        row = self._databases.get(_uuid(some_id, "page_id"))
        return row is not None and bool(row["shared"])

    def is_page(self, block_id: str) -> bool:
        """True if the id is that of a page, False if that of a block."""
        return _uuid(block_id, "block_id") in self._pages

    def schema_of(self, page: Json) -> Mapping[str, Json]:
        """The schema that a page's properties follow."""
        source = self._sources.get(page["parent"].get("data_source_id", ""))
        return TITLE_ONLY if source is None else source["schema"]

    def title_of(self, page: Json) -> str:
        """The page's title, without marks."""
        return plain(page["properties"].get("title", []))

    def add_database(self, parent: Json, title: list[Json], schema: dict[str, Json]) -> Json:
        """Create a database with one data source of the same title."""
        common = {"title": title, "created_time": self.now()}
        database: Json = {"id": str(uuid4()), "parent": parent, "shared": True, **common}
        source: Json = {"id": str(uuid4()), "database_id": database["id"], "schema": schema, **common}
        self.save_database(database)
        self.save_source(source)
        return database

    def save_database(self, database: Json) -> None:
        """Keep a changed database."""
        database["last_edited_time"] = self.now()
        self._databases.put(database["id"], database)

    def save_source(self, source: Json) -> None:
        """Keep a changed data source."""
        source["last_edited_time"] = self.now()
        self._sources.put(source["id"], source)

    def add_page(
        self,
        parent: Json,
        properties: Json,
        blocks: list[Json],
        *,
        page_id: str = "",
        created: str = "",
        by: Json = INTEGRATION,
    ) -> Json:
        """Create a page, with its blocks."""
        page: Json = {
            "id": page_id or str(uuid4()),
            "parent": parent,
            "properties": properties,
            "created_time": created or self.now(),
            "created_by": by,
            "in_trash": False,
            "file": "",
        }
        self._children.put(page["id"], {"page_id": page["id"], "blocks": []})
        self._add_children(page["id"], page["id"], blocks, None, by)
        return self.save_page(page, by=by)

    def save_page(self, page: Json, *, by: Json = INTEGRATION) -> Json:
        """Keep a changed page, and write its file."""
        page |= {"last_edited_time": self.now(), "last_edited_by": by}
        self._write(page)
        self._pages.put(page["id"], page)
        self._index(page)
        return page

    def _index(self, page: Json) -> None:
        if source_id := page["parent"].get("data_source_id"):
            self._in_source.setdefault(source_id, {})[page["id"]] = page
        if page_id := page["parent"].get("page_id"):
            self._below.setdefault(page_id, {})[page["id"]] = page

    def children(self, block_id: str) -> list[Json]:
        """The blocks inside a page or block. Raises `VendorError` (404) if there is none."""
        key = _uuid(block_id, "block_id")
        row = self._children.get(key)
        if row is None or not self._is_shared(self._pages_parent(row["page_id"]).get("database_id")):
            raise missing("block", key)
        return list(row["blocks"])

    def _pages_parent(self, page_id: str) -> Json:
        return (self._pages.get(page_id) or {}).get("parent", {})  # type: ignore[no-any-return]

    def erase(self, page: Json) -> None:
        """Take all blocks off a page, which the caller saves."""
        for block in self.children(page["id"]):
            self._forget(block["id"])
        self._children.put(page["id"], {"page_id": page["id"], "blocks": []})

    def _forget(self, block_id: str) -> None:
        for block in self.children(block_id):
            self._forget(block["id"])
        self._children.delete(block_id)

    def delete(self, block_id: str, *, by: Json = INTEGRATION) -> Json:
        """Put a block into the trash with all that lies in it; the block as it was, with the id of its parent.

        Raises `VendorError` if there is none (404), if it or its page is in the trash, or if it is a page.
        """
        key = _uuid(block_id, "block_id")
        page = self._page_of(key)
        if page["id"] == key:
            raise invalid("The sandbox deletes blocks, but no pages.")
        parent_id = self._parent_of(key, page["id"])
        if page["in_trash"] or parent_id is None:
            raise archived()
        [block] = [block for block in self.children(parent_id) if block["id"] == key]
        others = [block for block in self.children(parent_id) if block["id"] != key]
        self._children.put(parent_id, {"page_id": page["id"], "blocks": others})
        self.save_page(page, by=by)
        return {**block, "last_edited_time": self.now(), "last_edited_by": by, "parent_id": parent_id}

    def _page_of(self, key: str) -> Json:
        """The page on which a block lies, or lay before it was put into the trash."""
        self.children(key)
        return self.page(self._children.get(key)["page_id"])  # type: ignore[index]

    def _parent_of(self, key: str, holder: str) -> str | None:
        """The page or block in which a block lies, below `holder`; None for one in the trash."""
        blocks = self.children(holder)
        if any(block["id"] == key for block in blocks):
            return holder
        return next((found for block in blocks if (found := self._parent_of(key, block["id"]))), None)

    def append(self, block_id: str, blocks: list[Json], after: str | None, *, by: Json = INTEGRATION) -> None:
        """Put blocks inside a page or block: after one of its blocks, at the start (""), or at the end."""
        key = _uuid(block_id, "block_id")
        page = self._page_of(key)
        in_trash = key != page["id"] and self._parent_of(key, page["id"]) is None
        if page["in_trash"] or in_trash:
            raise archived()
        self._add_children(page["id"], key, blocks, after, by)
        self.save_page(page, by=by)

    def _add_children(self, page_id: str, parent_id: str, blocks: list[Json], after: str | None, by: Json) -> None:
        before = self.children(parent_id)
        ids = [block["id"] for block in before]
        if after and after not in ids:
            raise missing("block", after)
        place = len(ids) if after is None else ids.index(after) + 1 if after else 0
        made = {"created_time": self.now(), "last_edited_time": self.now(), "created_by": by, "last_edited_by": by}
        own = [{**block, **made} for block in blocks]
        nested = {block["id"]: block.pop("children") for block in own}
        row = {"page_id": page_id, "blocks": before[:place] + own + before[place:]}
        self._children.put(parent_id, row)
        for block_id, inner in nested.items():
            self._children.put(block_id, {"page_id": page_id, "blocks": []})
            self._add_children(page_id, block_id, inner, None, by)

    def _write(self, page: Json) -> None:
        file = "" if page["in_trash"] else self._file(page)
        if page["file"] not in ("", file):
            self._store.remove(page["file"])
        page["file"] = file
        if file:
            blocks = self.children(page["id"])
            text = page_as_markdown(page, self.schema_of(page), blocks, self.children)
            self._store.write(file, text.encode(errors="replace"))

    def _file(self, page: Json) -> str:
        source = self._sources.get(page["parent"].get("data_source_id", ""))
        folder = "pages" if source is None else file_name(plain(source["title"]))
        return f"notion/{folder}/{file_name(self.title_of(page))}--{page['id'][:8]}.md"


def _child(kind: str, row: Json, title: str) -> Json:
    made: Json = {name: row[name] for name in ("created_time", "last_edited_time", "created_by") if name in row}
    return {"id": row["id"], "type": kind, "content": {"title": title}, **made}


def _uuid(text: str, field: str) -> str:
    try:
        return str(UUID(text))
    except (ValueError, AttributeError, TypeError) as error:
        raise unfit(f"path.{field}", "a valid uuid", text) from error
