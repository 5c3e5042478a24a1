"""The fields of an account that a table can give: what kind of value each is, and its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from customer_success.dataclass import dataclass

FieldKind = Literal[
    "id", "text", "status", "left", "left_on", "amount", "number", "count", "share", "nps", "date", "yes_no", "word",
    "payment", "people", "domain", "days", "months", "several", "currency", "notes", "ids",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its name, its name in a sentence, the kind of its values, and their bounds."""

    name: str
    words: str
    kind: FieldKind
    low: float = 0.0
    high: float = 1e12
    past: bool = False
    """Whether a day of it cannot lie ahead."""


_ALL = (
    Field("account_id", "account id", "id"),
    Field("name", "name", "text"),
    Field("status", "status", "status"),
    Field("is_active", "status", "left"),
    Field("deleted", "status: deleted records are inactive", "left"),
    Field("merged_into", "status: merged records are inactive", "text"),
    Field("left_on", "status: inactive where it has a day", "left_on"),
    Field("industry", "industry", "text"),
    Field("plan", "plan", "text"),
    Field("arr", "ARR", "amount", low=-1e12),
    Field("mrr", "MRR", "amount", low=-1e12),
    Field("currency", "currency", "currency"),
    Field("csm", "owner", "people"),
    Field("owner", "owner", "people"),
    Field("sales_email", "seller", "people"),
    Field("manager_email", "manager", "people"),
    Field("primary_contact", "primary contact", "people"),
    Field("primary_contact_email", "primary contact's address", "people"),
    Field("contact_name", "primary contact", "people"),
    Field("domain", "domain", "domain"),
    Field("contract_end", "contract end", "date"),
    Field("days_to_renewal", "days until the contract ends", "number", low=-3650, high=3650),
    Field("notice_days", "notice days", "days", high=3650),
    Field("auto_renew", "auto-renew", "yes_no"),
    Field("term_months", "term in months", "months", low=1, high=600),
    Field("renewal_stage", "renewal stage", "text"),
    Field("qbr_cadence", "QBR cadence", "text"),
    Field("onboarding_until", "onboarding until", "date"),
    Field("quiet_until", "quiet until", "date"),
    Field("verdict", "verdict", "text"),
    Field("signals_updated", "day of the signals", "date", past=True),
    Field("as_of", "day", "date"),
    Field("feature", "feature", "text"),
    Field("family", "family", "text"),
    Field("entitled", "entitled", "yes_no"),
    Field("used", "used", "number"),
    Field("limit", "limit", "number"),
    Field("last_interaction", "last interaction", "date", past=True),
    Field("days_since_last_interaction", "days since the last interaction", "count", high=36_500),
    Field("feature_adoption_rate", "feature adoption", "share", high=1.0),
    Field("usage_trend", "usage trend", "word"),
    Field("login_frequency_days", "days between logins", "number", high=3650),
    Field("stakeholder_engagement", "stakeholder engagement", "word"),
    Field("nps_score", "NPS", "nps", high=10),
    Field("nps_company", "NPS", "nps", high=10),
    Field("invoice_payment_status", "invoice status", "payment"),
    Field("seats_bought", "seats bought", "count", high=10_000_000),
    Field("seats_used", "seats used", "count", high=10_000_000),
    Field("seats_utilization_rate", "seat utilisation", "share", high=2.0),
    Field("open_ticket_count", "open tickets", "count", high=1_000_000),
    Field("avg_ticket_sentiment", "ticket sentiment", "word"),
    Field("escalation_count_90_days", "escalations in 90 days", "count", high=1_000_000),
    Field("tam_health_rag", "TAM's rating", "word"),
    Field("collections_risk", "collections risk", "word"),
    Field("external_ids", "external ids", "ids"),
    Field("connected_tools", "connected tools", "several"),
    Field("notes", "notes", "notes"),
)
FIELDS: Mapping[str, Field] = {field.name: field for field in _ALL}
ROI = "roi:"
"""A column of measured return on investment bears its name after this."""
EXTERNAL = "external:"
"""A column of another tool's ids bears the tool's name after this."""


def field_named(name: str) -> Field | None:
    """The field of a name, also of one of the team's own measures or another tool's ids; None if there is none."""
    if name.startswith(ROI):
        return Field(name, f"return on investment: {name.removeprefix(ROI)}", "number", low=-1e15, high=1e15)
    if name.startswith(EXTERNAL):
        return Field(name, f"id in {name.removeprefix(EXTERNAL)}", "id")
    return FIELDS.get(name)


def words_of(name: str) -> str:
    """A field in a sentence."""
    found = field_named(name)
    return found.words if found else name
