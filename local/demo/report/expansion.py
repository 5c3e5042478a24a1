"""What a day's expansion check found: what went to Sales, what was only recorded, what was held back, and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from connectors.text import one_line
from customer_success.expansion.entry import ExpansionEntry, Outcome
from customer_success.expansion.offer import Offer
from customer_success.expansion.policy import HIGH_ADOPTION, MANY_SEATS
from customer_success.periods import Calendar
from customer_success.text import short
from local.demo.findings import Expansion, Findings
from local.demo.report.lines import cut, head, relative, section
from local.demo.report.words import amount, name_of, owner
from local.spreadsheets.usage import NAMES, Usage, usage_beside

MOST = 12
"""Offers or accounts of one kind that are named."""
PROBLEMS = 8
NAME_LIMIT = 28
REASON_LIMIT = 200

_SOURCE = re.compile(r" \([^()]*, \d{4}-\d{2}-\d{2}\)$")

_CHECKED: Mapping[Outcome, str] = {
    "offered": "offered",
    "recorded": "recorded",
    "held_back": "held back",
    "nothing": "nothing",
    "failed": "failed",
    "planned": "not finished",
}
"""What becomes of an account that is checked, in words."""


_TITLES: Mapping[Outcome, str] = {
    "held_back": "Held back",
    "nothing": "Nothing to offer",
    "failed": "Could not be checked",
    "answered": "Answered",
}


def in_short(found: Expansion) -> Iterator[str]:
    """The day in one line."""
    yield _why_none(found) if not _checks(found) else _sum(found)


def expansion_report(console: Console, found: Findings, usage: Usage | None, book: Path, vendors: Path) -> None:
    """Everything about a day's expansion; `usage` is the feature usage beside the book, None if there is none."""
    expansion = found.expansion
    section(console, "Expansion", [*in_short(expansion), *_again(expansion), *_notes(expansion)])
    dispatched = sorted(filter(_went_out, expansion.offers), key=_biggest_first)
    recorded = [offer for offer in expansion.offers if not _went_out(offer)]
    _list(console, _handed(dispatched), map(_offer, dispatched))
    _list(console, f"Recorded, not handed to Sales: {len(recorded)}", map(_recorded, sorted(recorded, key=_by_name)))
    for outcome, title in _TITLES.items():
        entries = [entry for entry in expansion.entries if entry.outcome == outcome]
        _list(console, f"{title}: {len(entries)}", map(_entry, sorted(entries, key=_by_account)))
    section(console, "Where to look", _where(dispatched or recorded, vendors))
    section(console, "Feature usage", _usage(usage, book))


def _checks(found: Expansion) -> list[ExpansionEntry]:
    """The accounts that were checked; what Sales answered is none of them."""
    return [entry for entry in found.entries if entry.outcome in _CHECKED]


def _sum(found: Expansion) -> str:
    counts = Counter(entry.outcome for entry in found.entries)
    parts = [
        f"{words} {counts[outcome]}" for outcome, words in _CHECKED.items() if counts[outcome] or outcome != "planned"
    ]
    return f"candidates checked {len(_checks(found))} = {' + '.join(parts)}"


def _why_none(found: Expansion) -> str:
    if found.run is None:
        return "candidates were not looked for: the run that follows the scan has not begun"
    if found.run.status != "finished":
        return f"candidates were not looked for to the end: {found.run.failure or 'it is tried again'}"
    if not Calendar().is_working_day(found.day):
        return f"it is a day off ({found.day:%A}): nobody is offered anything"
    return (
        f"nobody is a candidate today: no GREEN account uses {MANY_SEATS:.0%} of its seats, or {HIGH_ADOPTION:.0%} of "
        "its features with usage growing"
    )


def _again(found: Expansion) -> Iterator[str]:
    if found.nothing_new:
        yield "it was checked before, and nothing is new: no second draft, record or message"


def _notes(found: Expansion) -> Iterator[str]:
    """What stopped feature usage or the answers of Sales from being read completely."""
    for note in found.run.notes if found.run else ():
        yield f"attention: {_in_line(note)}"


def _handed(dispatched: Sequence[Offer]) -> str:
    known = [arr for offer in dispatched if (arr := offer.opportunity.estimated_arr_impact) is not None]
    unknown = len(dispatched) - len(known)
    sums = [f"ARR {amount(sum(known))} a year"] if known else []
    sums += [f"{unknown} not known"] if unknown else []
    return f"Handed to Sales: {len(dispatched)} ({', '.join(sums)})"


def _offer(offer: Offer) -> str:
    found = offer.opportunity
    arr = found.estimated_arr_impact
    worth = "ARR not known" if arr is None else f"ARR {amount(arr)}"
    missing = "" if offer.handoff else ", has not reached Sales yet"
    undrafted = f", {offer.handoff.skipped}" if offer.handoff and offer.handoff.skipped else ""
    to = owner(offer.handoff.sales_email if offer.handoff else offer.sales_email)
    return f"{_head(offer)}, {worth}, to {to}{missing}{undrafted}: {_first(offer)}"


def _recorded(offer: Offer) -> str:
    return f"{_head(offer)}: {offer.held_because or 'it was not finished'}; {_first(offer)}"


def _head(offer: Offer) -> str:
    return f"{name_of(offer.account_name, NAME_LIMIT)}: {offer.opportunity.opportunity_type}"


def _first(offer: Offer) -> str:
    """The first line of the evidence without its source and day, so that its value fits on the line."""
    return _SOURCE.sub("", offer.opportunity.evidence[0])


def _entry(entry: ExpansionEntry) -> str:
    return f"{name_of(entry.account_name, NAME_LIMIT)}: {'; '.join(entry.lines) or 'no reason was given'}"


def _went_out(offer: Offer) -> bool:
    return offer.dispatched_on is not None


def _biggest_first(offer: Offer) -> tuple[float, str, str]:
    return (-(offer.opportunity.estimated_arr_impact or 0), *_by_name(offer))


def _by_name(offer: Offer) -> tuple[str, str]:
    return offer.account_name.casefold(), offer.handoff_id


def _by_account(entry: ExpansionEntry) -> tuple[str, str]:
    return entry.account_name.casefold(), entry.key


def _list(console: Console, title: str, lines: Iterable[str]) -> None:
    """A titled list, a line each; nothing if it is empty."""
    lines = list(lines)
    if not lines:
        return
    head(console, title)
    for line in lines[:MOST]:
        cut(console, Text(f"  {_in_line(line)}"))
    if len(lines) > MOST:
        cut(console, Text(f"  … and {len(lines) - MOST} more"))


def _in_line(text: str) -> str:
    return short(one_line(text), REASON_LIMIT)


def _where(offers: Sequence[Offer], vendors: Path) -> Iterator[str]:
    """A draft, a record and the events of these offers, as far as there are any."""
    drafts = [f"gmail/*/{offer.handoff.draft_id}.eml" for offer in offers if offer.handoff and offer.handoff.draft_id]
    records = [f"notion/Expansion/*--{offer.page_id[:8]}.md" for offer in offers if offer.page_id]
    events = ["event_bus.jsonl"] if any(offer.handoff for offer in offers) else []
    found = [
        (words, next((file for pattern in patterns for file in vendors.glob(pattern)), None))
        for words, patterns in (
            ("a draft to a customer", drafts),
            ("a record; Sales answers there", records),
            ("the events expansion.handed_off", events),
        )
    ]
    if any(file for _, file in found):
        yield f"in {relative(vendors)}:"
    yield from (f"  {file.relative_to(vendors)}: {words}" for words, file in found if file)


def _usage(usage: Usage | None, book: Path) -> Iterator[str]:
    """How much of the feature usage was imported, and what was not; without any, what is missing for want of it."""
    if usage is None:
        yield (
            f"no {usage_beside(book).name} lies beside the book: nobody can be offered a module or an integration, and "
            "adoption is known as one rate, not feature by feature"
        )
        return
    yield f"{usage.file.name}: {len(usage.rows)} rows"
    if undated := sum(not (row.properties.get(NAMES.as_of) or {}).get("date") for row in usage.rows):
        yield f"  of {undated} rows nobody says of which day they are ({NAMES.as_of}): nothing follows from them"
    yield from (f"  {usage.file.name}, {problem}" for problem in usage.not_taken[:PROBLEMS])
    if len(usage.not_taken) > PROBLEMS:
        yield f"  … and {len(usage.not_taken) - PROBLEMS} more"
