"""Loading a whole account book at once, as if a person had imported it in the app."""

from __future__ import annotations

from collections import defaultdict, deque
from itertools import chain
from typing import Any

from pydantic import BaseModel, ConfigDict

from local.sandbox.notion.errors import invalid
from local.sandbox.notion.properties import read_schema, read_values, simple, stored
from local.sandbox.notion.text import typed
from local.sandbox.notion.workspace import PERSON, ROOT_PAGE, Workspace
from local.sandbox.wire import Json


class Row(BaseModel):
    """One page; values in Notion's own format, also of formulas and rollups."""

    model_config = ConfigDict(extra="forbid")

    properties: dict[str, Any]
    created_time: str = ""


class Book(BaseModel):
    """A data source and its pages. `key` is the property by which a page is known again on the next load.

    A `whole` book has all pages: those that it lacks go to the trash.
    """

    model_config = ConfigDict(extra="forbid")

    title: str
    properties: dict[str, Any]
    key: str
    rows: list[Row]
    whole: bool = False


class Loaded(BaseModel):
    """What a load did."""

    database_id: str
    data_source_id: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    trashed: int = 0


def load(workspace: Workspace, book: Book) -> Loaded:
    """Make the data source hold the book's rows; pages that it does not have stay, unless the book is whole.

    Properties that the book has and the data source lacks are added. Rows with the same key are pages of
    their own, identified by their order. Raises `VendorError` for a value that does not fit its property.
    """
    source = _source(workspace, book)
    schema = source["schema"]
    if book.key not in schema:
        raise invalid(f"{book.key} is not a property that exists.")
    known = _by_key(workspace, source, schema[book.key])
    done = Loaded(database_id=source["database_id"], data_source_id=source["id"])
    parent = {"data_source_id": source["id"], "database_id": source["database_id"]}
    for row in book.rows:
        values = read_values(schema, row.properties, in_app=True)
        key = simple(schema[book.key]["type"], values.get(schema[book.key]["id"]))
        same = known.get(key)
        if not same:
            workspace.add_page({"type": "data_source_id", **parent}, values, [], created=row.created_time, by=PERSON)
            done.created += 1
        elif _update(workspace, same.popleft(), values):
            done.updated += 1
        else:
            done.unchanged += 1
    for page in chain(*known.values()) if book.whole else ():
        if not page["in_trash"]:
            workspace.save_page(page | {"in_trash": True}, by=PERSON)
            done.trashed += 1
    workspace.save_source(source)
    return done


def _source(workspace: Workspace, book: Book) -> Json:
    source = workspace.source_titled(book.title)
    if source is None:
        parent = {"type": "page_id", "page_id": ROOT_PAGE}
        database = workspace.add_database(parent, typed(book.title), read_schema(book.properties, {}))
        return workspace.sources_of(database)[0]
    lacking = {name: given for name, given in book.properties.items() if name not in source["schema"]}
    source["schema"] = read_schema(lacking, source["schema"])
    return source


def _by_key(workspace: Workspace, source: Json, key: Json) -> dict[Any, deque[Json]]:
    known: dict[Any, deque[Json]] = defaultdict(deque)
    for page in workspace.pages_in(source["id"]):
        known[simple(key["type"], stored(page, key))].append(page)
    return known


def _update(workspace: Workspace, page: Json, values: Json) -> bool:
    if not page["in_trash"] and all(page["properties"].get(name) == value for name, value in values.items()):
        return False
    page["properties"] = page["properties"] | values
    page["in_trash"] = False
    workspace.save_page(page, by=PERSON)
    return True
