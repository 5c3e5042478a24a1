"""Which property of the account book each column of a CSV file is, by its heading."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal, get_args

from connectors.notion.names import PropertyNames
from connectors.notion.schema import accounts_schema

NAMES = PropertyNames()
DAYS_TO_RENEWAL = "days_to_renewal"
"""What a column means that gives the contract's end in days. Notion keeps the date."""

Kind = Literal["title", "rich_text", "number", "select", "multi_select", "date", "email", "checkbox", "days"]
"""The type of a Notion property; "days" are days until the date that the property holds."""

# Beside the property's own name and the signal's. Only what can mean nothing else in an account book.
_ALSO_CALLED: Mapping[str, Sequence[str]] = {
    NAMES.name: ("account", "account name", "company", "company name", "customer", "customer name"),
    NAMES.account_id: ("id", "customer id", "company id"),
    NAMES.owner_email: ("owner", "account owner", "csm", "csm email", "rep", "rep email"),
    NAMES.sales_email: ("sales owner", "account executive"),
    NAMES.manager_email: ("manager",),
    NAMES.primary_contact_email: ("primary contact", "contact email"),
    NAMES.arr: ("annual recurring revenue", "arr usd"),
    NAMES.plan: ("plan tier", "tier"),
    NAMES.industry: ("sector",),
    NAMES.status: ("account status",),
    NAMES.contract_end: ("contract end", "renewal date"),
    NAMES.auto_renew: ("auto renewal",),
    NAMES.feature_adoption_rate: ("feature adoption", "adoption rate"),
    NAMES.usage_trend: ("usage",),
    NAMES.login_frequency_days: ("login frequency", "days between logins"),
    NAMES.last_interaction: ("last interaction date", "last contact", "last contact date"),
    NAMES.days_since_last_interaction: ("days since last contact",),
    NAMES.stakeholder_engagement: ("engagement",),
    NAMES.nps_score: ("nps",),
    NAMES.invoice_payment_status: ("invoice status", "payment status"),
    NAMES.seats_bought: ("licensed seats", "seats purchased"),
    NAMES.seats_used: ("seats in use", "active seats"),
    NAMES.seats_utilization_rate: ("seat utilization", "seat utilisation", "seats utilisation"),
    NAMES.open_ticket_count: ("open tickets",),
    NAMES.avg_ticket_sentiment: ("sentiment",),
    NAMES.escalation_count_90_days: ("escalations",),
    NAMES.tam_health_rag: ("tam rating", "tam health"),
    NAMES.quiet_until: ("quiet until",),
    NAMES.verdict: ("verdict",),
    DAYS_TO_RENEWAL: ("days until renewal",),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A recognised column: its place in the file, its heading there, and the Notion property it becomes."""

    place: int
    heading: str
    property: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Ignored:
    """A column that is left out, and why."""

    heading: str
    reason: str

    def __str__(self) -> str:
        return f"{self.heading or '(no heading)'}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the headings of a book mean."""

    columns: tuple[Column, ...]
    ignored: tuple[Ignored, ...]

    def named(self, property_name: str) -> Column | None:
        """The column that gives this property itself."""
        return next((c for c in self.columns if c.property == property_name and c.kind != "days"), None)

    @property
    def key(self) -> Column | None:
        """The column by which an account is known again the next day: its id, else its name."""
        return self.named(NAMES.account_id) or self.named(NAMES.name)


def recognise(headings: Sequence[str], own: PropertyNames = NAMES) -> Recognised:
    """Say of each heading which property it means; of two that mean the same the first counts.

    The team's `own` names of the properties count before all others.
    """
    columns: dict[str, Column] = {}
    ignored = []
    for place, heading in enumerate(headings):
        meant = _meaning(heading, own)
        if meant is None:
            ignored.append(Ignored(heading, "not known"))
        elif meant in NAMES.written:
            ignored.append(Ignored(heading, "written by the scan itself"))
        elif meant in columns:
            ignored.append(Ignored(heading, f"means the same as {columns[meant].heading!r}"))
        else:
            columns[meant] = _column(place, heading, meant)
    # Days until a date come last: they fill in where the date itself is not given.
    return Recognised(tuple(sorted(columns.values(), key=lambda c: c.kind == "days")), tuple(ignored))


def _column(place: int, heading: str, meant: str) -> Column:
    if meant == DAYS_TO_RENEWAL:
        return Column(place, heading, NAMES.contract_end, "days")
    return Column(place, heading, meant, _KINDS.get(meant, "number"))


def _meaning(heading: str, own: PropertyNames) -> str | None:
    name = " ".join(heading.split())
    for prefix in (own.roi_prefix, NAMES.roi_prefix):
        if prefix and name.startswith(prefix):
            return NAMES.roi_prefix + name.removeprefix(prefix)
    renamed = {plain(getattr(own, field.name)): getattr(NAMES, field.name) for field in fields(NAMES)}
    return renamed.get(plain(heading)) or _MEANINGS.get(plain(heading))


def plain(heading: str) -> str:
    """A heading without what people vary: case, spaces, hyphens, underscores."""
    return re.sub(r"[\W_]+", " ", heading.casefold()).strip()


def _all_names() -> dict[str, str]:
    properties = {getattr(NAMES, field.name): field.name for field in fields(NAMES) if field.name != "roi_prefix"}
    names = {plain(name): name for name in properties}
    names |= {plain(field): name for name, field in properties.items()}
    names |= {plain(other): name for name, others in _ALSO_CALLED.items() for other in others}
    return names | {plain(DAYS_TO_RENEWAL): DAYS_TO_RENEWAL}


_MEANINGS: Mapping[str, str] = _all_names()
_KINDS: Mapping[str, Kind] = {
    name: kind for name, definition in accounts_schema(NAMES).items() for kind in get_args(Kind) if kind in definition
}
