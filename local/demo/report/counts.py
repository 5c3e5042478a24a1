"""The counts of a run in sentences: what was read, what was refused and why, which alerts were sent and which not."""

from __future__ import annotations

from collections.abc import Iterator

from customer_success.scan.feeds import in_words
from customer_success.scan.run import Run
from customer_success.text import short
from local.demo.findings import Findings
from local.demo.report.words import counted

EXAMPLES = 8
LONGEST = 180


def counts(found: Findings) -> Iterator[str]:
    """The counts, one sentence a line."""
    run, tally = found.run, found.run.tally
    rejected = sum(tally.rejected.values())
    yield f"read {tally.read} = scored {tally.scored} + rejected {rejected} + skipped {tally.inactive} (inactive)"
    if tally.scored:
        yield f"colours: {counted(tally.colours)}; churn risk: {counted(tally.risks)}"
    if tally.moves:
        yield f"changed colour: {counted(tally.moves)}"
    yield f"account pages that changed: {tally.pages_changed}; accounts that are no longer in the book: {run.removed}"
    yield from _sent(run)
    if stale := tally.cases.get("stale"):
        yield f"accounts whose signals are too old to count: {stale}"
    yield from (f"broken feed: {feed}" for feed in in_words(run))
    if tally.suppressed:
        yield "kept quiet: " + "; ".join(f"{number} {reason}" for reason, number in sorted(tally.suppressed.items()))
    if tally.false_alarms:
        yield f"called a false alarm: {counted(tally.false_alarms)}"
    if run.alarm:
        yield f"attention: {run.alarm}"


def _sent(run: Run) -> Iterator[str]:
    sent = run.sent
    if sent:
        yield f"told one by one {sent.single}, in the digest {sent.digest}, held for the next working day {sent.held}"


def refusals(found: Findings) -> Iterator[str]:
    """What was rejected or could not be read, with its reason; at most `EXAMPLES` of each."""
    tally = found.run.tally
    if tally.rejected:
        yield f"rejected: {counted(tally.rejected)}"
        yield from _first(tally.rejections)
    if tally.stale:
        yield "too old to count, until their Signals Updated is recent again:"
        yield from _first(tally.stale)
    if tally.unreadable:
        yield "scored, but not all of it could be read:"
        yield from _first(tally.unreadable)


def again(found: Findings) -> Iterator[str]:
    """That a day was scanned before and no alert was sent again, with the services' messages as proof."""
    if found.already_scanned:
        at = f" at {found.run.finished_at:%H:%M} UTC" if found.run.finished_at else ""
        yield f"{found.day} was scanned before, finished{at}: nobody is told again."
    elif found.scanned_anew:
        yield f"{found.day} was scanned again (attempt {found.run.attempt}): nobody is told twice."
    else:
        return
    before, now = found.sent_before, found.sent
    yield (
        f"before and after: health records {before.records} and {now.records}, bus events {before.events} and "
        f"{now.events}, reviews {before.reviews} and {now.reviews}, offers {before.offers} and "
        f"{now.offers}, drafts {before.drafts} and {now.drafts}, chat messages {before.messages} and {now.messages}"
    )


def _first(items: tuple[str, ...]) -> Iterator[str]:
    yield from (f"  {short(item, LONGEST)}" for item in items[:EXAMPLES])
    if len(items) > EXAMPLES:
        yield f"  … and {len(items) - EXAMPLES} more"
