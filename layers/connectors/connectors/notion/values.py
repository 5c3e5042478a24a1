"""Values as Notion takes them: rich text, and one property of a given type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.text import clean, pieces, shortened, web_address
from customer_success.dataclass import dataclass

LONGEST_TEXT = 20_000
"""The most units of one text: ten of the hundred pieces that Notion takes."""
LONGEST_PIECE = 2000
LONGEST_OPTION = 100


@dataclass(frozen=True, slots=True)
class Related:
    """Another page, as the value of a relation."""

    page_id: str


Value = str | float | date | Related | None


def rich_text(text: str, *, url: str | None = None, strong: bool = False) -> list[dict[str, Any]]:
    """The text, shown literally, in pieces that Notion takes; a url that is no web address is left out."""
    address = web_address(url)
    link = {"link": {"url": address}} if address else {}
    style = {"annotations": {"bold": True}} if strong else {}
    return [
        {"type": "text", "text": {"content": piece, **link}, **style}
        for piece in pieces(shortened(clean(text), LONGEST_TEXT), LONGEST_PIECE)
    ]


def property_value(kind: str, value: Value) -> Mapping[str, Any] | None:
    """The value for a property of type `kind`, None if that type cannot hold it. A None given empties it."""
    match kind, value:
        case (("rich_text" | "title" | "relation"), None):
            return {kind: []}
        case (("number" | "select" | "date" | "email"), None):
            return {kind: None}
        case (("rich_text" | "title"), str() | int() | float() | date()):
            return {kind: rich_text(str(value))}
        case "number", int() | float():
            return {kind: value}
        case "date", date():
            return {kind: {"start": value.isoformat()}}
        case "select", str() if "," not in value:
            return {kind: {"name": shortened(clean(value), LONGEST_OPTION)} if value else None}
        case "email", str():
            return {kind: value or None}
        case "relation", Related():
            return {kind: [{"id": value.page_id}]}
        case _:
            return None
