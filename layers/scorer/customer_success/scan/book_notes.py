"""What the digest says of the account book itself: status words that are not known, and properties that disappeared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from customer_success.accounts.last_known import FORGOTTEN_AFTER, IN_WORDS, STANDS_FOR
from customer_success.scan.run import Run, VanishedProperty
from customer_success.scan.tally import OTHER

if TYPE_CHECKING:
    from datetime import date

MOSTLY = 0.5
HOW_TO_MAP = (
    "To map a word, rename the option in Notion to Active or Inactive, or add a formula property that turns your words "
    "into these two, and name it with NotionProperties as `status`."
)


def vanished_properties(run: Run, before: Run | None) -> tuple[VanishedProperty, ...]:
    """The properties that the run `before` found in the book, or missed, and that this run did not find.

    Each is named until it is back, for `FORGOTTEN_AFTER` at most.
    """
    if before is None or not run.properties:
        return ()
    new = (VanishedProperty(field, name, before.run_date) for field, name in before.properties.items())
    known = {each.field: each for each in (*new, *before.vanished)}
    return tuple(
        each
        for field, each in known.items()
        if field not in run.properties and run.run_date - each.last_seen <= FORGOTTEN_AFTER
    )


def mostly_unknown_statuses(run: Run) -> str | None:
    """What comes first in the digest where half of the book or more has a status that is not known."""
    count, read = sum(run.tally.statuses.values()), run.tally.read
    if not count or count < read * MOSTLY:
        return None
    return (
        f"Attention: the status of {count} of {read} accounts is not known, so nothing is drafted for their customers "
        f"and nothing is offered to them. {HOW_TO_MAP}"
    )


def status_lines(run: Run) -> Iterator[str]:
    """Each status word that is not known, with how many accounts have it, the most frequent first."""
    for word, count in sorted(run.tally.statuses.items(), key=lambda found: (-found[1], found[0])):
        shown = word if word == OTHER else repr(word)
        yield f"{shown}: {_accounts(count)}"
    if run.tally.statuses:
        yield (
            "They count as active: alerts and records go out, marked. Nothing is drafted for their customers, and "
            f"nothing is offered to them. {HOW_TO_MAP}"
        )


def property_lines(run: Run) -> Iterator[str]:
    """Each property that disappeared, and each whose values are added up."""
    for each in run.vanished:
        yield f"{_vanished(each, run.run_date)}{_consequence(each, run.run_date)}"
    if run.vanished:
        yield "Add them again in Notion, or say with NotionProperties what they are called now."
    for name, count in sorted(run.tally.sums.items()):
        yield f"{name!r} shows several values in {_accounts(count)}: they are added up, equal ones too."


def _vanished(each: VanishedProperty, run_date: date) -> str:
    when = "at the last scan" if (run_date - each.last_seen).days <= 1 else f"at the scan of {each.last_seen}"
    return f"The property {each.property!r} was there {when} and is not now"


def _consequence(each: VanishedProperty, run_date: date) -> str:
    if each.field not in IN_WORDS:
        return ": what it says is unknown."
    end = each.last_seen + STANDS_FOR
    stand = "stands until" if run_date <= end else "stood until"
    return f": of each account the last known {IN_WORDS[each.field]}, as of {each.last_seen}, {stand} {end}."


def _accounts(count: int) -> str:
    return "1 account" if count == 1 else f"{count} accounts"
