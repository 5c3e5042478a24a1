"""Shadowed outputs: what a deployment computes and does not send."""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

from customer_success.dataclass import dataclass

Kind = Literal["digest", "message", "draft", "page", "record", "review", "section", "offer", "event"]
"""A chat message to the team, one to a person, a mail draft, what a scan writes on an account's page, a health record,
a quarterly review, a section on feature adoption, a record of an offer, an event on the bus.
"""

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class ShadowedOutput:
    """One output of the run date `on`, as people would have read it.

    `key` identifies it within its kind on that day. `recipient` is the e-mail address of the person it is for, None
    where it is for the team.
    """

    on: date
    kind: Kind
    key: str
    title: str
    recipient: str | None = None
    lines: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """What stands where a vendor's id would stand."""
        return f"shadow:{self.kind}:{self.key}"
