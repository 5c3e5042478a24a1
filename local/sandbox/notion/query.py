"""Filters, sorts and pages of a list, as Notion understands them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.sandbox.notion.errors import invalid, unfit
from local.sandbox.notion.properties import find, simple, stored
from local.sandbox.wire import Json

LARGEST_PAGE = 100
TIMESTAMPS = ("created_time", "last_edited_time")

Keeps = Callable[[Json], bool]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a list, and the cursor of the next one."""

    start: int
    end: int
    next_cursor: str | None


def window(ids: Sequence[str], asked: Mapping[str, Any], at: str) -> Window:
    """The stretch asked for by `start_cursor` and `page_size`; a cursor is the id of its first item."""
    size = asked.get("page_size", LARGEST_PAGE)
    if isinstance(size, str) and size.isdigit():
        size = int(size)
    if isinstance(size, bool) or not isinstance(size, int):
        raise unfit(f"{at}.page_size", "a number", size)
    if not 1 <= size <= LARGEST_PAGE:
        raise unfit(f"{at}.page_size", f"≤ `{LARGEST_PAGE}`" if size > 0 else "≥ `1`", size)
    cursor = asked.get("start_cursor")
    if cursor is not None and cursor not in ids:
        raise invalid(f"The start_cursor provided is invalid: {cursor}.")
    start = 0 if cursor is None else ids.index(cursor)
    end = min(start + size, len(ids))
    return Window(start, end, ids[end] if end < len(ids) else None)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _by_date(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(have: str, want: str) -> bool:
        whole_day = len(want) == len("2024-01-01")
        first, second = (have[:10], want) if whole_day else (have, want)
        return holds(_moment(first), _moment(second))

    return compare


def _folded(holds: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda have, want: holds(have.casefold(), want.casefold())


# What a filter compares, by operator. Operators that begin with `does_not_` and the two on emptiness follow.
_EQUALS: Mapping[str, Callable[[Any, Any], bool]] = {"equals": lambda have, want: have == want}
_OPERATORS: Mapping[str, Mapping[str, Callable[[Any, Any], bool]]] = {
    "text": {
        **_EQUALS,
        "contains": _folded(lambda have, want: want in have),
        "starts_with": _folded(str.startswith),
        "ends_with": _folded(str.endswith),
    },
    "number": {
        **_EQUALS,
        "greater_than": lambda have, want: have > want,
        "less_than": lambda have, want: have < want,
        "greater_than_or_equal_to": lambda have, want: have >= want,
        "less_than_or_equal_to": lambda have, want: have <= want,
    },
    "truth": _EQUALS,
    "option": _EQUALS,
    "list": {"contains": lambda have, want: want in have},
    "date": {
        "equals": _by_date(lambda have, want: have == want),
        "before": _by_date(lambda have, want: have < want),
        "after": _by_date(lambda have, want: have > want),
        "on_or_before": _by_date(lambda have, want: have <= want),
        "on_or_after": _by_date(lambda have, want: have >= want),
    },
}
_FAMILIES: Mapping[str, str] = {
    **dict.fromkeys(("title", "rich_text", "url", "email", "phone_number"), "text"),
    "checkbox": "truth",
    **dict.fromkeys(("select", "status"), "option"),
    **dict.fromkeys(("multi_select", "relation", "people"), "list"),
    **dict.fromkeys(("date", *TIMESTAMPS), "date"),
    "number": "number",
}


def read_filter(given: object, schema: Mapping[str, Json], at: str = "body.filter", depth: int = 0) -> Keeps:
    """The test that a filter makes of a page. Raises `VendorError` for one that does not fit the schema."""
    if not isinstance(given, dict):
        raise unfit(at, "an object", given)
    for joint, joined in (("and", all), ("or", any)):
        if joint in given:
            if depth == 2:
                raise unfit(f"{at}.{joint}", "not present", given[joint])
            parts = [
                read_filter(part, schema, f"{at}.{joint}[{index}]", depth + 1)
                for index, part in enumerate(given[joint])
            ]
            return lambda page, joined=joined: joined(part(page) for part in parts)  # type: ignore[misc]
    if "timestamp" in given:
        return _timestamp_filter(given, at)
    return _property_filter(given, schema, at)


def _timestamp_filter(given: Json, at: str) -> Keeps:
    name = given["timestamp"]
    if name not in TIMESTAMPS:
        raise unfit(f"{at}.timestamp", '`"created_time"` or `"last_edited_time"`', name)
    if name not in given:
        raise unfit(f"{at}.{name}", "defined")
    holds = _condition("date", given[name], f"{at}.{name}")
    return lambda page: holds(page[name])


def _property_filter(given: Json, schema: Mapping[str, Json], at: str) -> Keeps:
    prop = find(schema, given.get("property"))
    if prop is None:
        raise invalid(f"Could not find property with name or id: {given.get('property')}")
    kinds = [key for key in given if key not in ("property", "type")]
    kind = kinds[0] if len(kinds) == 1 else ""
    own = prop["type"]
    if kind != own and not (kind == "rich_text" and own == "title"):
        raise invalid(f"database property {own} does not match filter {kind or given}")
    if own not in _FAMILIES:
        raise invalid(f"The sandbox does not filter by {own} properties.")
    holds = _condition(_FAMILIES[own], given[kind], f"{at}.{kind}")
    return lambda page: holds(simple(own, stored(page, prop)))


def _condition(family: str, wanted: object, at: str) -> Callable[[Any], bool]:
    if not isinstance(wanted, dict) or len(wanted) != 1:
        raise unfit(at, "an object with one condition", wanted)
    operator, want = next(iter(wanted.items()))
    if operator in ("is_empty", "is_not_empty"):
        return lambda have: (have is None) == (operator == "is_empty")
    negated = operator.startswith("does_not_")
    holds = _OPERATORS[family].get(f"{operator.removeprefix('does_not_')}s" if negated else operator)
    if holds is None or (operator == "does_not_equal" and family == "date"):
        raise unfit(f"{at}.{operator}", "not present", want)
    _check_wanted(family, want, f"{at}.{operator}")
    return lambda have: negated if have is None else holds(have, want) != negated


def _check_wanted(family: str, want: object, at: str) -> None:
    if family == "number":
        fits = isinstance(want, int | float) and not isinstance(want, bool)
    elif family == "truth":
        fits = isinstance(want, bool)
    else:
        fits = isinstance(want, str)
    if not fits:
        expected = {"number": "a number", "truth": "a boolean"}.get(family, "a string")
        raise unfit(at, expected, want)
    if family == "date":
        try:
            _moment(str(want))
        except ValueError as error:
            raise unfit(at, "a valid ISO 8601 date string", want) from error


def sort(pages: list[Json], sorts: object, schema: Mapping[str, Json]) -> list[Json]:
    """The pages in the order asked for: the first sort counts most, empty values come last."""
    if not isinstance(sorts, list):
        raise unfit("body.sorts", "an array", sorts)
    for order in reversed(sorts):
        value_of = _sort_value(order, schema)
        filled = [page for page in pages if value_of(page) is not None]
        empty = [page for page in pages if value_of(page) is None]
        pages = sorted(filled, key=value_of, reverse=order.get("direction") == "descending") + empty
    return pages


def _sort_value(order: Json, schema: Mapping[str, Json]) -> Callable[[Json], Any]:
    if order.get("direction", "ascending") not in ("ascending", "descending"):
        raise unfit("body.sorts.direction", '`"ascending"` or `"descending"`', order["direction"])
    if order.get("timestamp") in TIMESTAMPS:
        return lambda page: page[order["timestamp"]]
    prop = find(schema, order.get("property"))
    if prop is None:
        raise invalid(f"Could not find sort property with name or id: {order.get('property')}")
    return lambda page: simple(prop["type"], stored(page, prop))
