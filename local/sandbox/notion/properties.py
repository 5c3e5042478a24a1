"""Property types: their schema, the values they take, and how pages show them."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

from local.sandbox.notion.errors import ABSENT, invalid, unfit
from local.sandbox.notion.text import plain, read_rich_text, typed
from local.sandbox.wire import Json

MOST_RELATIONS_SHOWN = 25
MOST_OPTIONS = 100
READ_ONLY = ("formula", "rollup", "created_time", "last_edited_time")
COLOURS = ("default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red")
LONGEST_LINES = {"email": 200, "phone_number": 200, "url": 2000}
DEFAULT_STATUS = ("Not started", "In progress", "Done")
# The schema of a page that lies outside any data source.
TITLE_ONLY: dict[str, Json] = {"title": {"id": "title", "name": "title", "type": "title", "title": {}}}


def read_text(_: Json, value: object, at: str) -> object:
    """The value of a title or text property."""
    return read_rich_text(value, at)


def read_number(_: Json, value: object, at: str) -> object:
    """The value of a number property."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise unfit(at, "a number or `null`", value)
    return value


def read_checkbox(_: Json, value: object, at: str) -> object:
    """The value of a checkbox property."""
    if not isinstance(value, bool):
        raise unfit(at, "a boolean", value)
    return value


def read_line(prop: Json, value: object, at: str) -> object:
    """The value of an e-mail, URL or telephone property."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise unfit(at, "a string or `null`", value)
    if not value:
        raise unfit(at, "populated", value)
    if len(value) > LONGEST_LINES[prop["type"]]:
        raise unfit(f"{at}.length", f"≤ `{LONGEST_LINES[prop['type']]}`", len(value))
    return value


def read_date(_: Json, value: object, at: str) -> object:
    """The value of a date property."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise unfit(at, "an object or `null`", value)
    if "start" not in value:
        raise unfit(f"{at}.start", "defined")
    for end in ("start", "end"):
        if value.get(end) is not None:
            _check_iso(value[end], f"{at}.{end}")
    return {"start": value["start"], "end": value.get("end"), "time_zone": value.get("time_zone")}


def _check_iso(value: object, at: str) -> None:
    try:
        if not isinstance(value, str) or len(value) < len("2024-01-01") or value[4] != "-":
            raise ValueError
        datetime.fromisoformat(value)
    except ValueError as error:
        raise unfit(at, "a valid ISO 8601 date string", value) from error


def read_option(prop: Json, value: object, at: str) -> object:
    """The option of a select or status property; one that a select does not have yet is added to it."""
    if value is None:
        return None
    if not isinstance(value, dict) or not ("name" in value or "id" in value):
        raise unfit(f"{at}.name", "defined")
    field = "name" if "name" in value else "id"
    options = prop[prop["type"]]["options"]
    for option in options:
        if option[field] == value[field]:
            return dict(option)
    if field == "id" or prop["type"] == "status":
        raise invalid(f'Invalid {prop["type"]} option. Option "{value[field]}" does not exist.')
    options.append(new_option(value, f"{at}.name"))
    return dict(options[-1])


def new_option(value: Json, at: str) -> Json:
    """An option of a select, multi-select or status property."""
    name = value.get("name")
    if not isinstance(name, str) or not name:
        raise unfit(at, "a populated string", name)
    if "," in name:
        raise invalid(f"Invalid select option, commas not allowed: {name}")
    if len(name) > 100:
        raise unfit(f"{at}.length", "≤ `100`", len(name))
    return {"id": value.get("id", str(uuid4())), "name": name, "color": value.get("color", COLOURS[0])}


def read_options(prop: Json, value: object, at: str) -> object:
    """The options of a multi-select property."""
    return [read_option(prop, item, f"{at}[{index}]") for index, item in enumerate(_list(value, at))]


def read_references(prop: Json, value: object, at: str) -> object:
    """The pages of a relation, or the users of a people property; that they exist is checked elsewhere."""
    fields = ("id",) if prop["type"] == "relation" else ("object", "id", "name", "type", "person")
    references = []
    for index, item in enumerate(_list(value, at)):
        if not isinstance(item, dict) or not isinstance(item.get("id"), str):
            raise unfit(f"{at}[{index}].id", "defined")
        references.append({name: item[name] for name in fields if name in item})
    return references


def _list(value: object, at: str) -> list[object]:
    if not isinstance(value, list):
        raise unfit(at, "an array", value)
    if len(value) > 100:
        raise unfit(f"{at}.length", "≤ `100`", len(value))
    return value


READERS: Mapping[str, Callable[[Json, object, str], object]] = {
    "title": read_text,
    "rich_text": read_text,
    "number": read_number,
    "checkbox": read_checkbox,
    "email": read_line,
    "phone_number": read_line,
    "url": read_line,
    "date": read_date,
    "select": read_option,
    "status": read_option,
    "multi_select": read_options,
    "relation": read_references,
    "people": read_references,
}
EMPTY: Mapping[str, object] = {
    "title": [],
    "rich_text": [],
    "multi_select": [],
    "relation": [],
    "people": [],
    "checkbox": False,
    "formula": {"type": "string", "string": None},
    "rollup": {"type": "array", "array": [], "function": "show_original"},
}


def find(schema: Mapping[str, Json], name_or_id: object) -> Json | None:
    """The property with this name or id, the id with or without its URL encoding."""
    wanted = str(name_or_id)
    if wanted in schema:
        return schema[wanted]
    return next((prop for prop in schema.values() if unquote(prop["id"]) == unquote(wanted)), None)


def read_values(schema: Mapping[str, Json], given: object, *, in_app: bool = False) -> Json:
    """Property values by property id, as stored. New options of selects are added to the schema.

    `in_app` takes what the app would store but the API would not: text of any length in one piece, and
    the results of formulas and rollups.
    """
    if not isinstance(given, dict):
        raise unfit("body.properties", "an object", given)
    found = {name: find(schema, name) for name in given}
    complaints = [_complaint(name, prop, given[name]) for name, prop in found.items()]
    if any(complaints):
        raise invalid(" ".join(complaint for complaint in complaints if complaint))
    read = _read_in_app if in_app else _read
    return {prop["id"]: read(prop, name, given[name]) for name, prop in found.items() if prop}


def _complaint(name: str, prop: Json | None, value: object) -> str:
    if prop is None:
        return f"{name} is not a property that exists."
    if isinstance(value, list) and prop["type"] == "title":
        return ""
    if not isinstance(value, dict) or prop["type"] not in value:
        return f"{name} is expected to be {prop['type']}."
    return ""


def _read(prop: Json, name: str, value: object) -> object:
    kind = prop["type"]
    if kind in READ_ONLY:
        raise invalid(f"{name} is a {kind} property and can't be written.")
    content = value[kind] if isinstance(value, dict) else value
    return READERS[kind](prop, content, f"body.properties.{name}.{kind}")


def _read_in_app(prop: Json, name: str, value: Json) -> object:
    kind = prop["type"]
    if kind in READ_ONLY:
        return value[kind]
    if kind in ("title", "rich_text"):
        return typed("".join(item["text"]["content"] for item in value[kind]))
    return _read(prop, name, value)


def read_schema(given: object, before: Mapping[str, Json]) -> dict[str, Json]:
    """The schema after the change: None removes a property, `name` renames it, a definition sets it."""
    if not isinstance(given, dict):
        raise unfit("body.properties", "an object", given)
    schema = dict(before)
    for key, definition in given.items():
        old = find(before, key)
        name = old["name"] if old else key
        schema.pop(name, None)
        if definition is not None:
            prop = _read_definition(name, definition, old)
            schema[prop["name"]] = prop
    titles = [prop for prop in schema.values() if prop["type"] == "title"]
    if len(titles) != 1:
        raise invalid("body.properties should have exactly one title property.")
    return schema


def _read_definition(name: str, definition: object, old: Json | None) -> Json:
    at = f"body.properties.{name}"
    if not isinstance(definition, dict):
        raise unfit(at, "an object", definition)
    kinds = [kind for kind in definition if kind in READERS or kind in READ_ONLY]
    kind = kinds[0] if kinds else old["type"] if old else None
    if kind is None:
        raise unfit(f"{at}.title", "defined")
    config = definition.get(kind, old[kind] if old and old["type"] == kind else ABSENT)
    if not isinstance(config, dict):
        raise unfit(f"{at}.{kind}", "an object", config)
    property_id = old["id"] if old and old["type"] == kind else "title" if kind == "title" else _new_id()
    return {
        "id": property_id,
        "name": definition.get("name", name),
        "description": None,
        "type": kind,
        kind: _read_config(kind, config, old, at),
    }


def _read_config(kind: str, config: Json, old: Json | None, at: str) -> Json:
    if kind == "number":
        return {"format": "number"} | config
    if kind == "relation":
        if "data_source_id" not in config:
            raise unfit(f"{at}.relation.data_source_id", "defined")
        if "single_property" not in config:
            raise unfit(f"{at}.relation.single_property", "defined")
        return config | {"type": "single_property"}
    if kind in ("select", "multi_select", "status"):
        given = config.get("options", [{"name": name} for name in DEFAULT_STATUS if kind == "status"])
        if len(given) > MOST_OPTIONS:
            raise unfit(f"{at}.{kind}.options.length", f"≤ `{MOST_OPTIONS}`", len(given))
        known = {option["name"]: option for option in (old or {}).get(kind, {}).get("options", [])}
        # An option that is left out is removed from the property.
        options = [known.get(item.get("name")) or new_option(item, f"{at}.{kind}.options") for item in given]
        return {"options": options} | ({"groups": _one_group(options)} if kind == "status" else {})
    return config


def _one_group(options: list[Json]) -> list[Json]:
    ids = [option["id"] for option in options]
    return [{"id": str(uuid4()), "name": "To-do", "color": "gray", "option_ids": ids}]


def _new_id() -> str:
    # Always with a character that has to be encoded, as many of Notion's own.
    return quote("".join(random.choices(string.ascii_letters, k=3)) + random.choice(";:>?\\^"), safe="")


def show(page: Json, prop: Json) -> Json:
    """A property of a page as the API gives it."""
    kind = prop["type"]
    if kind == "relation":
        related = stored(page, prop)
        shown = related[:MOST_RELATIONS_SHOWN]
        return {"id": prop["id"], "type": kind, kind: shown, "has_more": len(shown) < len(related)}
    return {"id": prop["id"], "type": kind, kind: stored(page, prop)}


def stored(page: Json, prop: Json) -> Any:
    """The value of a property, whole: for lists the list, for others the value of their type."""
    kind = prop["type"]
    if kind in ("created_time", "last_edited_time"):
        return page[kind]
    if kind == "status" and prop["id"] not in page["properties"]:
        return next(iter(prop[kind]["options"]), None)
    return page["properties"].get(prop["id"], EMPTY.get(kind))


def simple(kind: str, value: Any) -> Any:
    """A value as it is compared and read: a text, number, truth, ISO date, list of texts, or None."""
    if value in (None, "", [], {}):
        return None
    if kind in ("title", "rich_text"):
        return plain(value)
    if kind in ("formula", "rollup"):
        return simple(value["type"], value.get(value["type"]))
    if kind == "array":
        return [str(simple(item["type"], item[item["type"]])) for item in value]
    if isinstance(value, list):
        return [item.get("name", item["id"]) for item in value]
    if isinstance(value, dict):
        return value["start"] if kind == "date" else value["name"]
    return value
