"""Notion's endpoints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from local.sandbox.notion.blocks import read_blocks
from local.sandbox.notion.errors import CODES, archived, error, invalid, unfit
from local.sandbox.notion.properties import TITLE_ONLY, find, read_schema, read_values, show, stored
from local.sandbox.notion.query import Window, read_filter, sort, window
from local.sandbox.notion.text import plain, read_rich_text
from local.sandbox.notion.workspace import INTEGRATION, Workspace
from local.sandbox.wire import Json, Reply, Request, Route, Vendor, VendorError

NEWER_VERSION = "2026-03-11"
VERSIONS = ("2025-09-03", NEWER_VERSION)
LARGEST_BODY = 500_000
LISTED = ("title", "rich_text", "relation", "people")
MESSAGES: Mapping[int, str] = {
    401: "API token is invalid.",
    429: "You have been rate limited. Please try again in a few minutes.",
    503: "Notion is unavailable. Please try again later.",
}


class Notion(Vendor):
    """The API for one integration.

    `token` is the only one that it takes; `query_limit` is the number of rows at which a query silently stops.
    """

    name = "notion"

    def __init__(self, workspace: Workspace, token: str, query_limit: int) -> None:
        self._workspace = workspace
        self.token = token
        self._query_limit = query_limit
        self.routes = (
            Route("GET", "/v1/users/me", self._me),
            Route("POST", "/v1/databases", self._create_database),
            Route("GET", "/v1/databases/{database_id}", self._retrieve_database),
            Route("PATCH", "/v1/databases/{database_id}", self._update_database),
            Route("GET", "/v1/data_sources/{data_source_id}", self._retrieve_source),
            Route("PATCH", "/v1/data_sources/{data_source_id}", self._update_source),
            Route("POST", "/v1/data_sources/{data_source_id}/query", self._query),
            Route("POST", "/v1/pages", self._create_page),
            Route("GET", "/v1/pages/{page_id}", self._retrieve_page),
            Route("PATCH", "/v1/pages/{page_id}", self._update_page),
            Route("GET", "/v1/pages/{page_id}/properties/{property_id}", self._retrieve_property),
            Route("GET", "/v1/blocks/{block_id}", self._retrieve_block),
            Route("GET", "/v1/blocks/{block_id}/children", self._list_children),
            Route("PATCH", "/v1/blocks/{block_id}/children", self._append_children),
            Route("DELETE", "/v1/blocks/{block_id}", self._delete_block),
        )

    def error(self, status: int) -> Reply:
        """An error that Notion gives before it looks at what is asked."""
        return error(status, MESSAGES.get(status, "Something went wrong."))

    def error_of(self, code: str, status: int | None) -> Reply:
        """An error with a code of Notion's, or with one that it may come to have."""
        usual = next((usual for usual, known in CODES.items() if known == code), 400)
        return error(status or usual, f"The request was refused: {code}.", code)

    def unknown_path(self) -> Reply:
        """Notion says 400 to an address that is none of its own."""
        return error(400, "Invalid request URL.", "invalid_request_url")

    def unreadable(self) -> Reply:
        """The body is not JSON."""
        return error(400, "Error parsing JSON body.", "invalid_json")

    def admit(self, request: Request) -> None:
        """Notion asks for the integration's token and a version, and takes 500 KB at most."""
        if request.bearer != self.token:
            raise VendorError(self.error(401))
        version = request.headers.get("notion-version")
        if version not in VERSIONS:
            given = "undefined" if version is None else f'"{version}"'
            message = f"Notion-Version header failed validation: it should be one of {VERSIONS}, was `{given}`."
            raise VendorError(error(400, message, "missing_version"))
        if len(request.body) > LARGEST_BODY:
            raise unfit("body.length", f"≤ `{LARGEST_BODY}`", len(request.body))

    def _me(self, _: Request) -> Reply:
        workspace = {"owner": {"type": "workspace", "workspace": True}, "workspace_name": "Sandbox"}
        return _found({**INTEGRATION, "type": "bot", "name": "Sandbox", "avatar_url": None, "bot": workspace})

    def _create_database(self, request: Request) -> Reply:
        # `properties` beside `initial_data_source` is not refused: Notion drops it without a word.
        body = request.json()
        parent = body.get("parent")
        if not isinstance(parent, dict) or "page_id" not in parent:
            raise unfit("body.parent.page_id", "defined")
        page = self._workspace.page(parent["page_id"])
        title = read_rich_text(body.get("title", []), "body.title")
        given = body.get("initial_data_source", {}).get("properties", {"Name": {"title": {}}})
        schema = self._read_schema(given, {})
        found = self._workspace.add_database({"type": "page_id", "page_id": page["id"]}, title, schema)
        return self._show_database(request, found)

    def _retrieve_database(self, request: Request, database_id: str) -> Reply:
        if self._workspace.is_page(database_id):
            raise invalid(f"Provided database_id {database_id} is a page, not a database. Use the pages API instead.")
        return self._show_database(request, self._workspace.database(database_id))

    def _update_database(self, request: Request, database_id: str) -> Reply:
        database = self._workspace.database(database_id)
        body = request.json()
        if "title" in body:
            database["title"] = read_rich_text(body["title"], "body.title")
        database["in_trash"] = body.get("in_trash", database.get("in_trash", False))
        self._workspace.save_database(database)
        return self._show_database(request, self._workspace.database(database_id))

    def _retrieve_source(self, request: Request, source_id: str) -> Reply:
        return self._show_source(request, self._workspace.source(source_id))

    def _update_source(self, request: Request, source_id: str) -> Reply:
        source = self._workspace.source(source_id)
        body = request.json()
        _only(body, "title", "properties", "icon", "in_trash", "archived", "parent")
        schema = self._read_schema(body.get("properties", {}), source["schema"])
        title = read_rich_text(body["title"], "body.title") if "title" in body else source["title"]
        source.update(schema=schema, title=title)
        self._workspace.save_source(source)
        return self._show_source(request, source)

    def _read_schema(self, given: object, before: Mapping[str, Json]) -> dict[str, Json]:
        schema = read_schema(given, before)
        for prop in schema.values():
            if prop["type"] == "relation":
                related = self._workspace.source(prop["relation"]["data_source_id"])
                prop["relation"]["database_id"] = related["database_id"]
        return schema

    def _query(self, request: Request, source_id: str) -> Reply:
        source = self._workspace.source(source_id)
        schema = source["schema"]
        body = request.json()
        trash = _trash_field(request)
        _only(body, "filter", "sorts", "start_cursor", "page_size", "result_type", trash, "in_trash")
        wanted = _wanted(request, schema)
        keeps = read_filter(body["filter"], schema) if body.get("filter") else lambda _: True
        trashed = bool(body.get("in_trash", body.get(trash, False)))
        pages = [page for page in self._workspace.pages_in(source["id"]) if page["in_trash"] is trashed]
        pages = sort([page for page in pages if keeps(page)], body.get("sorts", []), schema)
        capped = len(pages) > self._query_limit
        rows = [*self._nested(source, body), *pages[: self._query_limit]]
        part = window([row["id"] for row in rows], body, "body")
        self._workspace.require_light(part.end - part.start)
        shown = [
            self._source_shown(request, row) if "schema" in row else self._show_page(request, row, wanted)
            for row in rows[part.start : part.end]
        ]
        status = {"type": "complete"}
        if capped and part.next_cursor is None:
            status = {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
        return _listed("page_or_data_source", shown, part, request_status=status)

    def _nested(self, source: Json, body: Json) -> list[Json]:
        """The data sources that lie among the pages of a wiki; only pages are listed if only they are asked for."""
        kind = body.get("result_type")
        if kind not in (None, "page", "data_source"):
            raise unfit("body.result_type", '`"page"` or `"data_source"`', kind)
        return [] if kind == "page" else self._workspace.nested_in(source["id"])

    def _create_page(self, request: Request) -> Reply:
        body = request.json()
        _only(body, "parent", "properties", "children", "icon", "cover")
        parent, schema = self._read_parent(body.get("parent"))
        if "properties" not in body:
            raise unfit("body.properties", "defined")
        values = self._read_values(schema, body["properties"])
        blocks = read_blocks(body.get("children", []))
        page = self._workspace.add_page(parent, values, blocks)
        self._keep_options(page)
        return _found(self._show_page(request, page))

    def _read_parent(self, parent: object) -> tuple[Json, Mapping[str, Json]]:
        if isinstance(parent, dict) and "data_source_id" in parent:
            source = self._workspace.source(parent["data_source_id"])
            ids = {"data_source_id": source["id"], "database_id": source["database_id"]}
            return {"type": "data_source_id", **ids}, source["schema"]
        if isinstance(parent, dict) and "page_id" in parent:
            return {"type": "page_id", "page_id": self._workspace.page(parent["page_id"])["id"]}, TITLE_ONLY
        raise unfit("body.parent.data_source_id", "defined")

    def _read_values(self, schema: Mapping[str, Json], given: object) -> Json:
        values = read_values(schema, given)
        for prop in schema.values():
            if prop["type"] == "relation":
                for reference in values.get(prop["id"], []):
                    reference["id"] = self._workspace.page(reference["id"])["id"]
        return values

    def _keep_options(self, page: Json) -> None:
        # Writing a value may have added an option to the schema.
        if source_id := page["parent"].get("data_source_id"):
            self._workspace.save_source(self._workspace.source(source_id))

    def _retrieve_page(self, request: Request, page_id: str) -> Reply:
        if self._workspace.is_database(page_id):
            raise invalid(f"Provided ID {page_id} is a database, not a page. Use the retrieve database API instead.")
        page = self._workspace.page(page_id)
        wanted = _wanted(request, self._workspace.schema_of(page))
        return _found(self._show_page(request, page, wanted))

    def _update_page(self, request: Request, page_id: str) -> Reply:
        page = self._workspace.page(page_id)
        body = request.json()
        trash = _trash_field(request)
        _only(body, "properties", "icon", "cover", "is_locked", "in_trash", "erase_content", trash)
        in_trash = body.get("in_trash", body.get(trash, page["in_trash"]))
        if page["in_trash"] and in_trash:
            raise archived()
        erase = body.get("erase_content", False)
        if not isinstance(erase, bool):
            raise unfit("body.erase_content", "a boolean or `undefined`", erase)
        values = self._read_values(self._workspace.schema_of(page), body.get("properties", {}))
        page["properties"] = page["properties"] | values
        page["in_trash"] = in_trash
        if erase:
            self._workspace.erase(page)
        self._workspace.save_page(page)
        self._keep_options(page)
        return _found(self._show_page(request, page))

    def _retrieve_property(self, request: Request, page_id: str, property_id: str) -> Reply:
        page = self._workspace.page(page_id)
        prop = find(self._workspace.schema_of(page), property_id)
        if prop is None:
            raise invalid(f"{property_id} is not a property that exists.")
        kind, whole = prop["type"], stored(page, prop)
        if kind not in LISTED:
            return _found({"object": "property_item", **show(page, prop)})
        part = window([str(index) for index in range(len(whole))], _first_values(request), "query")
        own = {"id": prop["id"], "type": kind}
        items = [{"object": "property_item", **own, kind: item} for item in whole[part.start : part.end]]
        return _listed("property_item", items, part, property_item={**own, "next_url": None, kind: {}})

    def _retrieve_block(self, request: Request, block_id: str) -> Reply:
        block, parent_id = self._workspace.block(block_id)
        return _found(self._show_block(request, block, parent_id))

    def _list_children(self, request: Request, block_id: str) -> Reply:
        blocks = self._workspace.listed(block_id)
        part = window([block["id"] for block in blocks], _first_values(request), "query")
        self._workspace.require_light(part.end - part.start)
        shown = [self._show_block(request, block, block_id) for block in blocks[part.start : part.end]]
        return _listed("block", shown, part)

    def _append_children(self, request: Request, block_id: str) -> Reply:
        body = request.json()
        _only(body, "children", "position" if _is_newer(request) else "after")
        blocks = read_blocks(body.get("children"))
        self._workspace.append(block_id, blocks, _place(body))
        ids = {block["id"] for block in blocks}
        added = [block for block in self._workspace.children(block_id) if block["id"] in ids]
        shown = [self._show_block(request, block, block_id) for block in added]
        return _listed("block", shown, Window(0, len(shown), None))

    def _delete_block(self, request: Request, block_id: str) -> Reply:
        block = self._workspace.delete(block_id)
        return _found(self._show_block(request, {**block, "in_trash": True}, block["parent_id"]))

    def _show_database(self, request: Request, database: Json) -> Reply:
        sources = self._workspace.sources_of(database)
        return _found(
            {
                "object": "database",
                "id": database["id"],
                "title": database["title"],
                "parent": database["parent"],
                "is_inline": False,
                "is_locked": False,
                "data_sources": [{"id": row["id"], "name": plain(row["title"])} for row in sources],
                **_common(request, database, plain(database["title"])),
                "description": [],
            }
        )

    def _show_source(self, request: Request, source: Json) -> Reply:
        return _found(self._source_shown(request, source))

    def _source_shown(self, request: Request, source: Json) -> Json:
        database = self._workspace.database(source["database_id"])
        return {
            "object": "data_source",
            "id": source["id"],
            "title": source["title"],
            "parent": {"type": "database_id", "database_id": database["id"]},
            "database_parent": database["parent"],
            "is_inline": False,
            "properties": source["schema"],
            **_common(request, source, plain(source["title"])),
            "description": [],
        }

    def _show_page(self, request: Request, page: Json, wanted: list[str] | None = None) -> Json:
        schema = self._workspace.schema_of(page)
        names = [name for name in schema if not wanted or name in wanted]
        return {
            "object": "page",
            "id": page["id"],
            "parent": page["parent"],
            "is_locked": False,
            "properties": {name: show(page, schema[name]) for name in names},
            **_common(request, page, self._workspace.title_of(page)),
        }

    def _show_block(self, request: Request, block: Json, parent_id: str) -> Json:
        parent = "page_id" if self._workspace.is_page(parent_id) else "block_id"
        is_child = block["type"] in ("child_page", "child_database")
        return {
            "object": "block",
            "id": block["id"],
            "parent": {"type": parent, parent: parent_id},
            "has_children": block["type"] != "child_database" and bool(self._workspace.listed(block["id"])),
            **_times(request, block),
            "type": block["type"],
            block["type"]: block["content"] if is_child else {"color": "default", **block["content"]},
        }


def _wanted(request: Request, schema: Mapping[str, Json]) -> list[str]:
    """The names of the properties asked for, which are asked for by id; none if all are."""
    names = {unquote(prop["id"]): name for name, prop in schema.items()}
    ids = [unquote(key) for key in request.query.get("filter_properties", [])]
    for key in ids:
        if key not in names:
            raise invalid(f"query.filter_properties: {key} is not the id of a property that exists.")
    return [names[key] for key in ids]


def _is_newer(request: Request) -> bool:
    return request.headers["notion-version"] == NEWER_VERSION


def _trash_field(request: Request) -> str:
    return "in_trash" if _is_newer(request) else "archived"


def _only(body: Json, *known: str) -> None:
    for field in body:
        if field not in known:
            raise unfit(f"body.{field}", "not present", body[field])


def _place(body: Json) -> str | None:
    if "after" in body:
        return str(body["after"])
    position = body.get("position", {"type": "end"})
    if position.get("type") == "after_block":
        return str(position["after_block"]["id"])
    return "" if position.get("type") == "start" else None


def _first_values(request: Request) -> Json:
    return {name: values[0] for name, values in request.query.items()}


def _times(request: Request, row: Json) -> Json:
    trash = {"in_trash": bool(row.get("in_trash"))}
    return {
        "created_time": row["created_time"],
        "last_edited_time": row["last_edited_time"],
        "created_by": row.get("created_by", INTEGRATION),
        "last_edited_by": row.get("last_edited_by", INTEGRATION),
        **trash,
        **({} if _is_newer(request) else {"archived": trash["in_trash"]}),
    }


def _common(request: Request, row: Json, title: str) -> Json:
    words = re.findall(r"[A-Za-z0-9]+", title[:60])
    place = "-".join([*words, row["id"].replace("-", "")])
    return {
        **_times(request, row),
        "icon": None,
        "cover": None,
        "url": f"https://www.notion.so/{place}",
        "public_url": None,
    }


def _found(shown: Json) -> Reply:
    return Reply({**shown, "request_id": str(uuid4())})


def _listed(kind: str, results: list[Json], part: Window, **more: Any) -> Reply:
    return _found(
        {
            "object": "list",
            "results": results,
            "next_cursor": part.next_cursor,
            "has_more": part.next_cursor is not None,
            "type": kind,
            kind: {},
            **more,
        }
    )
