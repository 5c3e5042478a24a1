"""An outcome: what became of a contract, on which day, and the ARR before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import cast

from customer_success.dataclass import dataclass
from customer_success.schemas import OutcomeKind
from customer_success.signals.slots import Fields, Slot, SlotName


@dataclass(frozen=True, slots=True)
class ContractOutcome:
    """What became of an account's contract on the day `at`, decided on `decision_date`, as `source` reported it."""

    account_id: str
    kind: OutcomeKind
    at: date
    source: str
    decision_date: date | None = None
    arr_before: float | None = None
    arr: float | None = None


def outcomes_of(account_id: str, slots: Mapping[SlotName, Slot]) -> list[ContractOutcome]:
    """The outcomes that are stored of an account, oldest first, without those that were taken back."""
    found = [
        _outcome(account_id, name.source, held.entry)
        for name, slot in slots.items()
        if name.kind == "outcomes"
        for held in slot.entries.values()
        if held.entry[0]
    ]
    return sorted(found, key=lambda outcome: (outcome.at, outcome.source))


def _outcome(account_id: str, source: str, fields: Fields) -> ContractOutcome:
    kind, at, decided, arr_before, arr = fields
    return ContractOutcome(
        account_id=account_id,
        kind=cast(OutcomeKind, kind),
        at=date.fromisoformat(str(at)),
        source=source,
        decision_date=date.fromisoformat(str(decided)) if decided else None,
        arr_before=cast(float | None, arr_before),
        arr=cast(float | None, arr),
    )
