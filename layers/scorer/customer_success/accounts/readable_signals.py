"""The signals of an account that are within their bounds; one that is not is unknown and costs no other."""

from __future__ import annotations

from datetime import date

from pydantic import ValidationError

from customer_success.accounts.account import LAST_INTERACTION, Account, Unreadable
from customer_success.dataclass import dataclass
from customer_success.schemas import CSMHealthSignals, refusals
from customer_success.text import short

LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class ReadableSignals:
    """The signals that count, and those that were refused, each with its value and its bound."""

    signals: CSMHealthSignals
    refused: tuple[Unreadable, ...] = ()


def readable_signals(account: Account, day: date) -> ReadableSignals:
    """The account's signals on `day`. Values out of bounds, and a touch that lies ahead, are refused."""
    given = account.signals_on(day)
    refused: list[Unreadable] = []
    touch = account.last_interaction
    if touch and touch > day and LAST_INTERACTION not in account.observed:
        del given["days_since_last_interaction"]
        refused.append(Unreadable("last_interaction", str(touch), f"a day up to {day}", LAST_INTERACTION))
    try:
        return ReadableSignals(CSMHealthSignals.model_validate(given), tuple(refused))
    except ValidationError as error:
        faults = refusals(error)
    refused += [
        Unreadable(fault.field, short(str(given[fault.field]), LONGEST_SHOWN), fault.bound, fault.field)
        for fault in faults
    ]
    within = {name: value for name, value in given.items() if name not in {fault.field for fault in faults}}
    return ReadableSignals(CSMHealthSignals.model_validate(within), tuple(refused))
