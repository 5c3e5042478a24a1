"""What the book let the system know, and what it keeps it from saying."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from customer_success.scan.run import Run
from customer_success.schemas import CSMHealthSignals, SignalKey
from customer_success.scoring.scorecard import LABELS
from local.spreadsheets.book import Sheet
from local.spreadsheets.columns import NAMES, Column, plain
from local.spreadsheets.rows import Rows

EXAMPLES = 8
SPARSE = 0.5
"""A signal that is given for less than this share of the accounts is named."""

SIGNALS = {getattr(NAMES, field) for field in CSMHealthSignals.model_fields if hasattr(NAMES, field)}
"""The properties that are signals."""

_CANNOT: Mapping[SignalKey, str] = {
    "feature_adoption_rate": "who uses little of what the plan includes",
    "usage_trend": "whose usage is falling: nobody is told for how they behave",
    "login_frequency_days": "who hardly logs in: falling usage alone tells nobody, only usage that has stopped",
    "days_since_last_interaction": "who was not spoken with for long",
    "invoice_payment_status": "who does not pay",
    "support": "who struggles with tickets",
    "days_to_renewal": "whose contract ends soon: nobody is told because of a renewal",
    "seats_utilization_rate": "who pays for seats that nobody uses",
    "stakeholder_engagement": "who has lost a sponsor",
    "nps_score": "who is unhappy by their own account",
    "escalation_count_90_days": "where complaints had to be escalated",
}
"""What is missing for every account while a signal is unknown in the whole book."""

_WITHOUT: Mapping[str, str] = {
    NAMES.owner_email: "no owner: everything is told to the fallback owner",
    NAMES.primary_contact_email: "no contact: the drafts are addressed to nobody",
    NAMES.arr: "no ARR: equal risks are not told by what is at stake",
    NAMES.tam_health_rag: "no rating by the technical account managers: it lowers no score",
    NAMES.collections_risk: "no collections risk: it lowers no score",
}
"""What follows where the book has no such column, or nothing in it."""


def columns(sheet: Sheet) -> Iterator[str]:
    """Which columns were recognised, as what, which were left out, and which say nothing or little."""
    recognised = sheet.recognised
    yield f"recognised: {', '.join(map(_in_words, recognised.columns))}"
    if recognised.ignored:
        yield f"left out: {'; '.join(map(str, recognised.ignored))}"
    shares = {column.heading: _share_filled(sheet, column) for column in recognised.columns}
    if empty := [heading for heading, share in shares.items() if not share]:
        yield f"empty throughout: {', '.join(empty)}"
    signals = {column.heading for column in recognised.columns if column.property in SIGNALS}
    if sparse := [f"{name} {share:.0%}" for name, share in shares.items() if name in signals and 0 < share < SPARSE]:
        yield f"given for a part of the accounts only: {', '.join(sparse)}"


def _in_words(column: Column) -> str:
    if column.kind == "days":
        return f"{column.heading} (as {column.property} where that is empty)"
    return (
        column.heading
        if plain(column.heading) == plain(column.property)
        else f"{column.heading} (as {column.property})"
    )


def _share_filled(sheet: Sheet, column: Column) -> float:
    return sum(bool(line.cells[column.place].strip()) for line in sheet.lines) / len(sheet.lines)


def not_taken(rows: Rows) -> Iterator[str]:
    """Cells and lines that Notion cannot hold."""
    if rows.not_taken:
        yield "left empty, or left out:"
    yield from (f"  {problem}" for problem in rows.not_taken[:EXAMPLES])
    if len(rows.not_taken) > EXAMPLES:
        yield f"  … and {len(rows.not_taken) - EXAMPLES} more"


def unknown(run: Run, sheet: Sheet) -> Iterator[str]:
    """The signals that are unknown for every account, and what is missing for want of them."""
    scored = run.tally.scored
    throughout = [signal for signal, number in run.tally.unknown.items() if scored and number == scored]
    if throughout:
        yield f"unknown for every account: {', '.join(LABELS[signal] for signal in throughout)}. So nobody can tell:"
    yield from (f"  {_CANNOT[signal]}" for signal in _CANNOT if signal in throughout)
    missing = [words for name, words in _WITHOUT.items() if not _filled(sheet, name)]
    yield from (f"  {words}" for words in missing)
    some = {LABELS[signal]: number for signal, number in run.tally.unknown.items() if signal not in throughout}
    if some:
        shares = ", ".join(f"{label} {number / scored:.0%}" for label, number in sorted(some.items()))
        yield f"unknown for some accounts: {shares}"


def _filled(sheet: Sheet, property_name: str) -> bool:
    column = sheet.recognised.named(property_name)
    return column is not None and _share_filled(sheet, column) > 0
