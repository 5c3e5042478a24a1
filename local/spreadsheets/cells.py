"""Turns the cells of a book into values that Notion takes: what does not fit is reported, never repaired."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from local.spreadsheets.columns import Kind

LONGEST_OPTION = 100
LONGEST_ADDRESS = 200
MOST_DAYS = 36_500

# With a sign of currency, three decimals would be thousands to others.
_PERCENT = re.compile(r"([+-]?\d+(?:\.\d+)?) ?%")
_CURRENCY = re.compile(r"^([+-]?)[$€£¥] ?| ?[$€£¥]$")
_AMOUNT = re.compile(r"[+-]?(\d+(\.\d{1,2})?|[1-9]\d{0,2}(,\d{3})+(\.\d+)?)")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_YES_NO: Mapping[str, bool] = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

EXPECTED: Mapping[Kind, str] = {
    "title": "a text",
    "rich_text": "a text",
    "number": "a number such as 0.85, 35% or 1200",
    "select": f"one option, without a comma and of at most {LONGEST_OPTION} characters",
    "multi_select": f"options with commas between them, of at most {LONGEST_OPTION} characters each",
    "date": "a date as YYYY-MM-DD",
    "email": f"an e-mail address of at most {LONGEST_ADDRESS} characters",
    "checkbox": "yes or no",
    "days": "a whole number of days",
}
"""What would be right, by the type of the property."""


def empty(kind: Kind) -> dict[str, Any]:
    """The value of an empty cell. A checkbox is never unknown: it is not ticked."""
    return _held(kind, False if kind == "checkbox" else [] if kind in ("title", "rich_text", "multi_select") else None)


def value_of(kind: Kind, cell: str, first_day: date) -> dict[str, Any] | None:
    """The Notion value of a filled cell, None if the property cannot hold it. Days count from `first_day`."""
    held = _days(cell, first_day) if kind == "days" else _READERS[kind](cell)
    return None if held is None else _held(kind, held)


def _held(kind: Kind, value: Any) -> dict[str, Any]:
    return {"date" if kind == "days" else kind: value}


def _days(cell: str, first_day: date) -> dict[str, str] | None:
    days = _number(cell) if _NUMBER.fullmatch(cell) else None
    if not isinstance(days, int) or abs(days) > MOST_DAYS:
        return None
    return {"start": (first_day + timedelta(days)).isoformat()}


def _number(cell: str) -> int | float | None:
    number = _as_written(cell)
    if number is None or not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def _as_written(cell: str) -> float | None:
    """Plain, in per cent, or an amount with thousands commas or a sign of currency; None for what is ambiguous."""
    if _NUMBER.fullmatch(cell):
        return float(cell)
    if percent := _PERCENT.fullmatch(cell):
        return float(percent[1]) / 100
    amount = _CURRENCY.sub(r"\1", cell, count=1)
    return float(amount.replace(",", "")) if _AMOUNT.fullmatch(amount) else None


def _option(cell: str) -> dict[str, str] | None:
    return {"name": cell} if "," not in cell and len(cell) <= LONGEST_OPTION else None


def _options(cell: str) -> list[dict[str, str]] | None:
    names = [name.strip() for name in re.split("[,;]", cell) if name.strip()]
    return None if any(len(name) > LONGEST_OPTION for name in names) else [{"name": name} for name in names]


def _date(cell: str) -> dict[str, str] | None:
    try:
        return {"start": datetime.fromisoformat(cell).date().isoformat()}
    except ValueError:
        return None


def _text(cell: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": {"content": cell}}]


_READERS: Mapping[Kind, Callable[[str], Any]] = {
    "title": _text,
    "rich_text": _text,
    "number": _number,
    "select": _option,
    "multi_select": _options,
    "date": _date,
    "email": lambda cell: cell if len(cell) <= LONGEST_ADDRESS else None,
    "checkbox": lambda cell: _YES_NO.get(cell.casefold()),
}
