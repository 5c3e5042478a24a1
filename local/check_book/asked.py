"""What a check is asked for: the variables that `make check-book` takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from customer_success.reading.accounts import Asked
from customer_success.reading.errors import UnreadableTableError
from customer_success.reading.mapping import Map, read_map
from customer_success.reading.numbers import CODES


@dataclass(frozen=True, slots=True)
class CheckAsked:
    """One check: the file, with what it is read, and where its readings go as JSON, if anywhere."""

    path: Path
    asked: Asked
    readings: Path | None = None


def read_asked(given: Mapping[str, str], today: date) -> CheckAsked:
    """The check that FILE, MAP, DATE, CURRENCY, TIMEZONE and READINGS ask for. Raises `UnreadableTableError`."""
    values = {name: given.get(name, "").strip() for name in ("FILE", "MAP", "DATE", "CURRENCY", "TIMEZONE", "READINGS")}
    if not values["FILE"]:
        raise UnreadableTableError("FILE is missing: name the file to look at, as in FILE=accounts.csv")
    if values["CURRENCY"] and values["CURRENCY"] not in CODES:
        raise UnreadableTableError(f"CURRENCY={values['CURRENCY']}: expected a code of ISO 4217 such as USD or EUR")
    return CheckAsked(
        Path(values["FILE"]),
        Asked(
            _day(values["DATE"], today),
            _zone(values["TIMEZONE"]),
            values["CURRENCY"] or None,
            map_of(values["MAP"]),
        ),
        Path(values["READINGS"]) if values["READINGS"] else None,
    )


def map_of(file: str) -> Map:
    """The MAP file of that name, an empty one where none is named. Raises `UnreadableTableError`."""
    if not file:
        return Map()
    try:
        return read_map(Path(file).read_text("utf-8"))
    except OSError as error:
        raise UnreadableTableError(f"MAP={file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UnreadableTableError(f"MAP={file}: this is not UTF-8") from error


def _day(text: str, today: date) -> date:
    try:
        return date.fromisoformat(text) if text else today
    except ValueError as error:
        raise UnreadableTableError(f"DATE={text}: expected a day as YYYY-MM-DD") from error


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key if text else "UTC"
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnreadableTableError(f"TIMEZONE={text}: expected a zone such as Europe/Berlin") from error
