"""What a day brought for expansion: one entry per account that was looked at, and one per answer of Sales."""

from __future__ import annotations

from datetime import date
from typing import Literal

from customer_success.dataclass import dataclass

Outcome = Literal["planned", "offered", "recorded", "held_back", "nothing", "failed", "answered"]


@dataclass(frozen=True, slots=True)
class ExpansionEntry:
    """What a day brought for one account, known by `key`: the account id, or the handoff id of an answer.

    `offered` went to Sales, `recorded` did not (the reason is in `lines`), `held_back` may not be offered now,
    `nothing` has no rationale or is offered already. `lines` are worded for the digest, `url` is where to open it.
    """

    on: date
    key: str
    account_id: str
    account_name: str
    owner_email: str | None
    outcome: Outcome
    lines: tuple[str, ...] = ()
    url: str | None = None
