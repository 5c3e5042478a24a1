"""What the demo is asked for: the variables that `make demo` and its sisters take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from local.demo.errors import DemoError

SAMPLE_BOOK = Path(__file__).parents[1] / "books" / "sample.csv"
SAMPLE_DAY = date(2026, 3, 2)
MOST_DAYS = 31
FIRST_YEAR, LAST_YEAR = 2000, 2099

DOWN_VENDORS: Mapping[str, str] = {
    "slack": "slack",
    "google_chat": "chat",
    "gmail": "gmail",
    "notion": "notion",
    "bedrock": "bedrock",
}
"""The services that can be down, by the name a person gives, with the name the sandbox has for them."""

NARRATORS = ("rules", "bedrock")
"""Who writes the reviews: rules, or a model behind Bedrock's interface."""


@dataclass(frozen=True, slots=True)
class Options:
    """One demo. `day` is None where DATE is not given, `down` are names of `DOWN_VENDORS`."""

    book: Path
    day: date | None = None
    days: int = 1
    force: bool = False
    down: tuple[str, ...] = ()
    queue: str = ""
    shadow: bool = False
    narrator: str = "rules"
    file: str = ""
    kind: str = ""
    source: str = ""
    snapshot: str = ""
    account: str = ""
    map: str = ""


def read_options(given: Mapping[str, str], *, today: date | None = None) -> Options:
    """The options in a set of variables; an empty one counts as not given. Raises `DemoError` for a wrong one, as is a
    day after today.
    """
    options = Options(
        book=Path(given.get("ACCOUNTS") or SAMPLE_BOOK),
        day=_day(given.get("DATE", "")),
        days=_days(given.get("DAYS", "")),
        force=_yes("FORCE", given.get("FORCE", "")),
        down=_down(given.get("DOWN", "")),
        queue=given.get("QUEUE", "").strip(),
        shadow=_yes("SHADOW", given.get("SHADOW", "")),
        narrator=_narrator(given.get("NARRATOR", "").strip()),
        file=given.get("FILE", "").strip(),
        kind=given.get("KIND", "").strip(),
        source=given.get("SOURCE", "").strip(),
        snapshot=given.get("SNAPSHOT", "").strip(),
        account=given.get("ACCOUNT", "").strip(),
        map=given.get("MAP", "").strip(),
    )
    not_ahead(options.day, options.days, today or datetime.now(UTC).date())
    return options


def not_ahead(day: date | None, days: int, today: date) -> None:
    """Raise `DemoError` if a demo of so many days would go beyond today: the functions take no day that is to come."""
    if day is None or (last := day + timedelta(days=days - 1)) <= today:
        return
    several = f" with DAYS={days} ends on {last}, which" if days > 1 else ""
    raise DemoError(f"DATE={day}{several} lies after today, {today}: expected a day that has come")


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day.isoformat() != text or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise DemoError(
            f"DATE={text}: expected a day from {FIRST_YEAR} to {LAST_YEAR} as YYYY-MM-DD, e.g. {SAMPLE_DAY}"
        )
    return day


def _days(text: str) -> int:
    if not text:
        return 1
    if not text.isdecimal() or not 1 <= int(text[:4]) <= MOST_DAYS:
        raise DemoError(f"DAYS={text}: expected a number of days from 1 to {MOST_DAYS}")
    return int(text)


def _yes(name: str, text: str) -> bool:
    if text not in ("", "0", "1"):
        raise DemoError(f"{name}={text}: expected 1, or nothing")
    return text == "1"


def _down(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in DOWN_VENDORS:
            raise DemoError(f"DOWN={text}: {name!r} is no service; expected some of {', '.join(DOWN_VENDORS)}")
    return names


def _narrator(text: str) -> str:
    if text not in ("", *NARRATORS):
        raise DemoError(f"NARRATOR={text}: expected {' or '.join(NARRATORS)}, or nothing")
    return text or NARRATORS[0]
