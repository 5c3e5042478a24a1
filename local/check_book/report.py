"""What a check of a file comes to, line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from customer_success.reading.accounts import Reading, shown_value
from customer_success.reading.columns import ReadColumn
from customer_success.schemas import SignalKey
from customer_success.scoring.scorecard import DEFAULT_SCORECARD
from customer_success.text import short
from local.check_book.coverage import BROUGHT_BY, Coverage
from local.reading.guesses import in_words, nearest

SHOWN = 20
LONGEST_CELL = 40
LABELS: dict[SignalKey, str] = {signal.key: signal.label for signal in DEFAULT_SCORECARD.signals}
WEIGHTS: dict[SignalKey, float] = {signal.key: signal.weight for signal in DEFAULT_SCORECARD.signals}


def report_lines(path: Path, reading: Reading, coverage: Coverage) -> Iterator[str]:
    """The whole report."""
    yield f"{path.name}: {reading.recognised}; {_count(len(reading.accounts), 'account')}"
    yield from _columns(reading)
    yield from _not_taken(reading)
    yield from _section("Lines that are no accounts", map(str, reading.not_accounts))
    yield from _section("Cells that could not be read for sure: unknown", _unread(reading))
    yield from _section("Values out of bounds: unknown", coverage.refused)
    yield from _section("Note", reading.notes)
    yield from coverage_lines(coverage)


def _columns(reading: Reading) -> Iterator[str]:
    yield ""
    yield "Columns that are taken"
    width = max((len(column.heading) for column in reading.columns), default=0)
    for column in reading.columns:
        how = f" · {'; '.join(column.how)}" if column.how else ""
        yield f"  {short(column.heading, 40):{min(width, 40)}}  {column.field.words}: {_example(column)}{how}"


def _example(column: ReadColumn) -> str:
    if column.example is None:
        return "empty"
    cell, value = column.example
    if column.field.kind == "left":
        value = "inactive" if value else "active"
    raw, read = short(str(cell), LONGEST_CELL), short(shown_value(value), LONGEST_CELL)
    return raw if raw == read else f"{raw} → {read}"


def _not_taken(reading: Reading) -> Iterator[str]:
    refused = [f"{column.heading}: {column.reason}. MAP: {column.cure}" for column in reading.refused]
    yield from _section("Columns with two readings, or none: left out until you choose by MAP=map.toml", refused, None)
    unknown = [column.heading for column in reading.left_out if not column.reason]
    guesses = [f"{heading}: {_guess(heading)}" for heading in unknown]
    yield from _section("Columns that are not known", guesses, None)
    others = [f"{column.heading}: {column.reason}" for column in reading.left_out if column.reason]
    yield from _section("Columns that are left out", others, None)


def _guess(heading: str) -> str:
    field = nearest(heading)
    return f'perhaps {in_words(field)}; if so, MAP: "{heading}" = "{field}"' if field else "nothing like it is known"


def _unread(reading: Reading) -> Iterator[str]:
    """Single cells; a reason that many cells of a column share is given once."""
    counts = Counter((cell.heading, cell.cell, cell.reason) for cell in reading.unread)
    shown: set[tuple[str, str, str]] = set()
    for cell in reading.unread:
        key = (cell.heading, cell.cell, cell.reason)
        if key not in shown:
            shown.add(key)
            more = f" ({counts[key]} times)" if counts[key] > 1 else ""
            yield f"{cell}{more}"


def coverage_lines(coverage: Coverage) -> Iterator[str]:
    """Who would be scored, and what brings the signals that are missing."""
    yield ""
    left = f", {coverage.inactive} inactive" if coverage.inactive else ""
    yield (
        f"Would be scored: {len(coverage.scored)} of {_count(coverage.active, 'active account')}{left}. At least "
        f"{coverage.minimum * 100:.0f} % of the scorecard's weight must be known; the best known account has "
        f"{coverage.best * 100:.0f} %"
    )
    missing = [key for key, count in coverage.known.items() if count < coverage.active and WEIGHTS[key]]
    if missing:
        yield "Signals that are missing, and what brings them"
    for key in missing:
        count = coverage.known[key]
        of = f"known of {count} of {coverage.active}" if count else "known of none"
        yield f"  {LABELS[key]} (weight {WEIGHTS[key]:g}): {of} · {BROUGHT_BY[key]}"


def _section(title: str, lines: Iterable[str], most: int | None = SHOWN) -> Iterator[str]:
    every = list(lines)
    if not every:
        return
    yield ""
    yield title
    yield from (f"  {line}" for line in every[:most])
    if most is not None and len(every) > most:
        yield f"  and {len(every) - most} more"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
