"""What touchpoints say: when the customer was last in contact, and how engaged its people are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from customer_success.dataclass import dataclass
from customer_success.schemas import Engagement
from customer_success.scoring.deriver_thresholds import ContactThresholds
from customer_success.signals.derived import Derived, NotEnough
from customer_success.signals.stamped import Stamped

TouchpointKind = Literal["meeting", "reply", "mail_out", "ticket", "automatic"]
CONTACTS: frozenset[TouchpointKind] = frozenset({"meeting", "reply"})
"""Only what the customer took part in is a contact: our own mails, tickets and automatic ones are none."""


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """One touchpoint. `people` are marks of the customer's people who took part, never their addresses."""

    at: date
    kind: TouchpointKind
    people: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Touchpoints:
    """The touchpoints of one account by one feed."""

    by_key: Mapping[str, Stamped[Touchpoint]]

    def contacts(self, until: date) -> list[Touchpoint]:
        """The contacts up to `until`: what lies ahead has not happened."""
        found = (held.entry for held in self.by_key.values())
        return [touch for touch in found if touch.kind in CONTACTS and touch.at <= until]


def last_interaction(touchpoints: Touchpoints, on: date) -> Derived[date] | NotEnough:
    """The day of the last contact."""
    last = max((touch.at for touch in touchpoints.contacts(on)), default=None)
    return NotEnough("no meeting and no reply delivered") if last is None else Derived(last, f"last contact {last}")


def stakeholder_engagement(touchpoints: Touchpoints, on: date, thresholds: ContactThresholds) -> Derived[Engagement]:
    """High: two or more people of the customer took part in the last days; medium: one; low: none."""
    recent = [touch for touch in touchpoints.contacts(on) if (on - touch.at).days < thresholds.days]
    people = frozenset[str]().union(*(touch.people for touch in recent))
    count = max(len(people), 1 if recent else 0)
    level: Engagement = "high" if count >= thresholds.people_of_high else "medium" if count else "low"
    return Derived(level, f"{count} people in {thresholds.days} days")
