"""An account as it stands in the team's book, before it is assessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from customer_success.accounts.status_words import Meaning, meaning_of
from customer_success.addresses import OwnerDomains
from customer_success.dataclass import dataclass
from customer_success.schemas import is_empty

AGELESS = ("tam_health_rag", "collections_risk")
"""Signals that do not grow old: what people rate by hand, and what only ever lowers a score. A warning does not fade
because a feed died.
"""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A property whose value could not be read. The signal behind it is unknown; the account is not refused.

    `field` is our name for the property, None where it is none of the account's own.
    """

    property: str
    value: str
    expected: str
    field: Annotated[str | None, Field(exclude_if=is_empty)] = None

    def __str__(self) -> str:
        return f"{self.property}: {self.value!r} could not be read, expected {self.expected}"


@dataclass(frozen=True, slots=True)
class ObservedSignal:
    """A signal that a feed observed: its value, the day that it is of, the feed's source, and for some signals in a few
    words what it was derived from.
    """

    value: Any
    as_of: date
    source: str
    basis: Annotated[str, Field(exclude_if=is_empty)] = ""


CONTRACT_END = "contract_end"
TERMS = (CONTRACT_END, "no_end", "notice_days", "auto_renew", "term_months")
"""The fields of an account that are its contract's."""
ROLLING_MONTHS = 3
"""A contract for so many months or fewer rolls on: its end is no event."""
LAST_INTERACTION = "last_interaction"
"""The observed day of the last contact; how many days ago that is depends on the day of the scan."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the book.

    `signals` holds what was read, by the field names of `CSMHealthSignals`, unvalidated and without the two
    that depend on the day: those come from `contract_end` and `last_interaction` (see `signals_on`).
    `signals_stale_after_days` is the tenant's limit: what was last updated longer ago counts as unknown (`known_on`).
    A property that is missing or empty is None here: unknown.
    """

    account_id: str
    name: str
    page_id: str
    page_url: str
    created_at: str
    status: str | None = None
    industry: str | None = None
    plan: str | None = None
    arr: float | None = None
    owner_email: str | None = None
    sales_email: str | None = None
    manager_email: str | None = None
    primary_contact_email: str | None = None
    contract_end: date | None = None
    last_interaction: date | None = None
    notice_days: int | None = None
    auto_renew: bool | None = None
    term_months: Annotated[int | None, Field(exclude_if=is_empty)] = None
    no_end: Annotated[bool, Field(exclude_if=is_empty)] = False
    renewal_stage: str | None = None
    outcome: Annotated[str | None, Field(exclude_if=is_empty)] = None
    """What became of the last contract, in the words of `OutcomeLine`; on which day, and the ARR since then."""
    outcome_date: Annotated[date | None, Field(exclude_if=is_empty)] = None
    outcome_arr: Annotated[float | None, Field(exclude_if=is_empty)] = None
    qbr_cadence: str | None = None
    onboarding_until: date | None = None
    quiet_until: date | None = None
    verdict: str | None = None
    signals_updated: date | None = None
    signals_stale_after_days: int = 14
    seats_bought: float | None = None
    seats_used: float | None = None
    connected_tools: tuple[str, ...] = ()
    notes: str | None = None
    signals: Mapping[str, object] = field(default_factory=dict)
    roi: Mapping[str, float] = field(default_factory=dict)
    external_ids: Annotated[str | None, Field(exclude_if=is_empty)] = None
    observed: Annotated[Mapping[str, ObservedSignal], Field(exclude_if=is_empty)] = field(default_factory=dict)
    """What fresh feeds say, by signal: it counts before what was typed."""
    terms: Annotated[Mapping[str, ObservedSignal], Field(exclude_if=is_empty)] = field(default_factory=dict)
    """Which fields of the contract come from a feed, and from which."""
    used_features: Annotated[Mapping[str, tuple[str, ...]], Field(exclude_if=is_empty)] = field(default_factory=dict)
    """The features in use, by the feed that counts them: what half of a plan uses is expected of the others."""
    unreadable: tuple[Unreadable, ...] = ()
    added_up: Annotated[tuple[str, ...], Field(exclude_if=is_empty)] = ()
    """The properties that hold the sum of several values of a rollup."""
    last_known: Annotated[Mapping[str, date], Field(exclude_if=is_empty)] = field(default_factory=dict)
    """The fields whose property is no longer in the book, each with the day on which it was last read."""

    @property
    def inactive(self) -> bool:
        """True for a customer who left: skipped by the scan, and what is open is closed."""
        return self.status_meaning == "left"

    @property
    def status_meaning(self) -> Meaning:
        """What the word of the status says. One that is not known keeps the account active inwards."""
        return meaning_of(self.status)

    @property
    def wants_review(self) -> bool:
        """False where `QBR Cadence` reads "None"."""
        return (self.qbr_cadence or "").strip().casefold() != "none"

    @property
    def open_ended(self) -> bool:
        """True for a contract that is known to have no end, or that rolls on: its end says nothing."""
        return self.no_end or (self.term_months is not None and self.term_months <= ROLLING_MONTHS)

    @property
    def renewal_signed(self) -> bool:
        """True where `Renewal Stage` reads "Signed": the contract's end needs no more attention."""
        return (self.renewal_stage or "").strip().casefold() == "signed"

    def within(self, domains: OwnerDomains) -> Account:
        """The account as far as it belongs to people of these domains. The customer's own contact is not bounded."""
        return replace(
            self,
            owner_email=domains.inside(self.owner_email),
            sales_email=domains.inside(self.sales_email),
            manager_email=domains.inside(self.manager_email),
        )

    def onboarding_on(self, day: date) -> bool:
        """True while the account is still being onboarded on `day` (the last day included)."""
        return self.onboarding_until is not None and day <= self.onboarding_until

    def days_to_renewal(self, day: date) -> int | None:
        """Days from `day` to the contract's end; negative once it has lapsed, None if no end is known."""
        return None if self.contract_end is None else (self.contract_end - day).days

    def stale_on(self, day: date) -> bool:
        """True if the signals were last updated too long before `day`; False where the date is unknown."""
        updated = self.signals_updated
        return updated is not None and (day - updated).days > self.signals_stale_after_days

    def known_on(self, day: date) -> Account:
        """The account without stale signals of `day`.

        What bears a date of its own stays, for it grows old by itself; so do the terms of the contract, the seats that
        were bought among them, and what was measured as return on investment.
        """
        if not self.stale_on(day):
            return self
        lasting = {name: value for name, value in self.signals.items() if name in AGELESS}
        return replace(self, signals=lasting, seats_used=None, connected_tools=())

    def signals_on(self, day: date) -> dict[str, object]:
        """The signals as they stand on `day`, ready for `CSMHealthSignals`; stale ones are not among them."""
        signals = dict(self.known_on(day).signals)
        if self.contract_end is not None:
            signals["days_to_renewal"] = self.days_to_renewal(day)
        if self.last_interaction is not None:
            signals["days_since_last_interaction"] = (day - self.last_interaction).days
        for name, seen in self.observed.items():
            if name == LAST_INTERACTION:
                signals["days_since_last_interaction"] = (day - date.fromisoformat(str(seen.value))).days
            else:
                signals[name] = seen.value
        return signals


LONGEST_NOTICE_DAYS = 3650
"""More than ten years is a slip of the pen."""
