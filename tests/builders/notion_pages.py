"""Builds pages and properties as Notion returns them, of every type a team may have chosen."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

PAGE_ID = "1f0c2f3a-0000-4000-8000-00000000cafe"


def page(**properties: Json) -> Json:
    """A page; keyword `Seats_Used` is the property "Seats Used"."""
    return {
        "object": "page",
        "id": PAGE_ID,
        "created_time": "2024-09-30T07:00:00.000Z",
        "url": "https://www.notion.so/cafe",
        "properties": {name.replace("_", " "): value for name, value in properties.items()},
    }


def prop(kind: str, value: object) -> Json:
    return {"id": "x", "type": kind, kind: value}


def title(text: str) -> Json:
    return prop("title", _typed(text))


def text(text: str) -> Json:
    return prop("rich_text", _typed(text))


def number(value: float | None) -> Json:
    return prop("number", value)


def select(name: str | None) -> Json:
    return prop("select", None if name is None else {"id": "o", "name": name, "color": "red"})


def status(name: str) -> Json:
    return prop("status", {"id": "o", "name": name, "color": "red"})


def multi_select(*names: str) -> Json:
    return prop("multi_select", [{"id": name, "name": name, "color": "red"} for name in names])


def checkbox(ticked: bool) -> Json:
    return prop("checkbox", ticked)


def email(address: str | None) -> Json:
    return prop("email", address)


def dated(start: str | None, end: str | None = None) -> Json:
    return prop("date", None if start is None else {"start": start, "end": end, "time_zone": None})


def people(*persons: tuple[str, str | None]) -> Json:
    """Each person is a name and an e-mail, None where the integration may not see it."""
    return prop(
        "people",
        [
            {"object": "user", "id": name, "name": name, "person": {} if address is None else {"email": address}}
            for name, address in persons
        ],
    )


def formula(kind: str, value: object) -> Json:
    """A formula's result: kind is string, number, boolean or date."""
    return prop("formula", {"type": kind, kind: value})


def rollup(*values: Json) -> Json:
    """A rollup that shows the original values."""
    return prop("rollup", {"type": "array", "array": list(values), "function": "show_original"})


def rolled_up(kind: str, value: object) -> Json:
    """A rollup that computes one number or date."""
    return prop("rollup", {"type": kind, kind: value, "function": "max"})


def relation(*page_ids: str) -> Json:
    return {**prop("relation", [{"id": page_id} for page_id in page_ids]), "has_more": False}


def _typed(text: str) -> list[Json]:
    return [{"type": "text", "text": {"content": text}, "plain_text": text}] if text else []
