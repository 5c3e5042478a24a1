"""The report of one day in shadow: the digest as it would have been posted, then who would have got what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby, islice

from rich.console import Console
from rich.text import Text

from customer_success.shadow.outputs import KINDS, Kind, ShadowedOutput
from customer_success.shadow.ports import ShadowLog
from customer_success.text import short
from local.demo.report.lines import head, in_frame, wrapped

MOST_LINES = 12
"""Lines of one text that are shown."""
MOST_THINGS = 5
"""Things of one kind that are named, of one person's for drafts and messages; the first of them is shown."""
DAYS_NAMED = 14
WORDS: dict[Kind, str] = {
    "digest": "digests for the team",
    "message": "chat messages",
    "draft": "mail drafts",
    "page": "account pages changed",
    "record": "health records",
    "review": "quarterly reviews",
    "section": "sections on feature adoption",
    "offer": "records of offers",
    "event": "events on the bus",
}


def shadow_report(console: Console, log: ShadowLog, day: date | None) -> None:
    """Print the shadowed outputs of `day`, by default the latest with any."""
    days = log.days(DAYS_NAMED)
    day = day or next(iter(days), None)
    if day is None:
        console.print("In shadow nothing has been withheld yet: no scan has run with Shadow=true.")
        return
    counts = {kind: sum(1 for _ in log.on(day, kind)) for kind in KINDS}
    head(console, f"In shadow on {day}: what would have happened, and did not")
    if not any(counts.values()):
        wrapped(console, f"nothing was withheld on that day; the latest days: {', '.join(map(str, days)) or 'none'}")
        return
    for kind, count in counts.items():
        if count:
            wrapped(console, f"{WORDS[kind]}: {count:,}")
    for digest in log.on(day, "digest"):
        _read(console, digest, None)
    for kind in ("message", "draft"):
        _by_person(console, kind, list(log.on(day, kind)))
    for kind in ("offer", "review"):
        _some(console, kind, list(islice(log.on(day, kind), MOST_THINGS)), counts[kind])
    if earlier := [str(each) for each in days if each != day]:
        head(console, "Other days")
        wrapped(console, f"DATE=… shows one: {', '.join(earlier)}")


def _by_person(console: Console, kind: Kind, things: Sequence[ShadowedOutput]) -> None:
    of_person = sorted(things, key=_recipient)
    for person, theirs in groupby(of_person, key=_recipient):
        mine = list(theirs)
        head(console, f"For {person}: {WORDS[kind]} ({len(mine)})")
        _read(console, mine[0], MOST_LINES)
        for thing in mine[1:MOST_THINGS]:
            wrapped(console, f"  {short(thing.title, 100)}")
        _more(console, len(mine) - MOST_THINGS)


def _some(console: Console, kind: Kind, things: Sequence[ShadowedOutput], count: int) -> None:
    if things:
        head(console, WORDS[kind].capitalize())
    for thing in things:
        recipient = f" ({thing.recipient})" if thing.recipient else ""
        wrapped(console, short(f"{thing.title}{recipient}: {'; '.join(thing.lines[:2])}", 300))
    _more(console, count - len(things))


def _read(console: Console, thing: ShadowedOutput, most: int | None) -> None:
    in_frame(console, Text(thing.title, "bold"))
    for line in _lines(thing, most):
        in_frame(console, Text(line))
    in_frame(console, Text())


def _lines(thing: ShadowedOutput, most: int | None) -> Iterator[str]:
    yield from thing.lines[:most]
    if most is not None and len(thing.lines) > most:
        yield f"… more lines: {len(thing.lines) - most}"


def _more(console: Console, left: int) -> None:
    if left > 0:
        wrapped(console, f"… and {left} more")


def _recipient(thing: ShadowedOutput) -> str:
    return thing.recipient or "nobody: no owner is known"
