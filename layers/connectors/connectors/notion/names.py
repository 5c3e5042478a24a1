"""The names of the properties in the team's own Notion. Each is a setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class PropertyNames:
    """The account book's properties. Those that are signals are called here as in `CSMHealthSignals`."""

    name: str = "Name"
    status: str = "Status"
    account_id: str = "Account ID"
    industry: str = "Industry"
    plan: str = "Plan"
    arr: str = "ARR"
    owner_email: str = "Owner Email"
    sales_email: str = "Sales Email"
    manager_email: str = "Manager Email"
    primary_contact_email: str = "Primary Contact Email"
    contract_end: str = "Contract End Date"
    notice_days: str = "Notice Days"
    auto_renew: str = "Auto-Renew"
    term_months: str = "Term Months"
    no_end: str = "No End"
    renewal_stage: str = "Renewal Stage"
    outcome: str = "Outcome"
    outcome_date: str = "Outcome Date"
    outcome_arr: str = "Outcome ARR"
    qbr_cadence: str = "QBR Cadence"
    onboarding_until: str = "Onboarding Until"
    quiet_until: str = "CSM Quiet Until"
    verdict: str = "CSM Verdict"
    signals_updated: str = "Signals Updated"
    connected_tools: str = "Connected Tools"
    external_ids: str = "External IDs"
    notes: str = "Notes"

    feature_adoption_rate: str = "Feature Adoption Rate"
    usage_trend: str = "Usage Trend"
    login_frequency_days: str = "Login Frequency Days"
    last_interaction: str = "Last Interaction"
    days_since_last_interaction: str = "Days Since Last Interaction"
    stakeholder_engagement: str = "Stakeholder Engagement"
    nps_score: str = "NPS"
    invoice_payment_status: str = "Invoice Status"
    seats_bought: str = "Seats Bought"
    seats_used: str = "Seats Used"
    seats_utilization_rate: str = "Seats Utilization"
    open_ticket_count: str = "Open Tickets"
    avg_ticket_sentiment: str = "Ticket Sentiment"
    escalation_count_90_days: str = "Escalations 90d"
    tam_health_rag: str = "Health Status"
    collections_risk: str = "Collections Risk"
    roi_prefix: str = "ROI "

    health_score: str = "CSM Health Score"
    health_rag: str = "CSM Health RAG"
    churn_risk: str = "CSM Churn Risk"
    why: str = "CSM Why"
    since: str = "CSM Since"
    next_step: str = "CSM Next Step"
    last_scan: str = "CSM Last Scan"
    sources: str = "CSM Sources"

    @classmethod
    def overridden_by(cls, names: Mapping[str, str]) -> PropertyNames:
        """The default names with some replaced. Raises `Misconfigured` for a key that names no property."""
        known = [field.name for field in fields(cls)]
        unknown = sorted(names.keys() - set(known))
        if unknown:
            raise Misconfigured(f"Property names: {', '.join(unknown)} is not known; known are {', '.join(known)}")
        return replace(cls(), **names)

    @property
    def read(self) -> Mapping[str, str]:
        """The names of the properties that are read, by our name for each; those that we write are not among them."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name not in _NOT_READ}

    @property
    def written(self) -> tuple[str, ...]:
        """The names of the properties that the scan writes."""
        return tuple(getattr(self, field) for field in _WRITTEN)

    def field_of(self, name: str) -> str | None:
        """Our name for the property with this name."""
        return next((field for field, called in self.read.items() if called == name), None)


_WRITTEN = ("health_score", "health_rag", "churn_risk", "why", "since", "next_step", "last_scan", "sources")
_NOT_READ = frozenset({"roi_prefix", *_WRITTEN})


@dataclass(frozen=True, slots=True)
class RecordNames:
    """The properties of the health records, beside their title."""

    key: str = "Alert ID"
    account: str = "Account"
    on: str = "Date"
    score: str = "Score"
    rag: str = "RAG"
    churn_risk: str = "Churn Risk"
    trigger: str = "Trigger"
    owner_email: str = "Owner Email"


@dataclass(frozen=True, slots=True)
class QbrNames:
    """The properties of the quarterly reviews, beside their title."""

    key: str = "Run Key"
    account: str = "Account"
    period: str = "Period"
    reviewed_period: str = "Reviews"
    on: str = "Date"
    owner_email: str = "Owner Email"
    state: str = "State"
    trigger: str = "Trigger"


@dataclass(frozen=True, slots=True)
class UsageNames:
    """The properties of the feature usage, beside its title."""

    account: str = "Account"
    feature: str = "Feature"
    family: str = "Family"
    entitled: str = "Entitled"
    used: str = "Used"
    limit: str = "Limit"
    as_of: str = "As Of"


@dataclass(frozen=True, slots=True)
class ExpansionNames:
    """The properties of the offers, beside their title. The last two are for Sales to fill in."""

    key: str = "Handoff ID"
    account: str = "Account"
    on: str = "Date"
    state: str = "State"
    opportunity: str = "Opportunity"
    confidence: str = "Confidence"
    estimated_arr: str = "Estimated ARR"
    evidence: str = "Evidence"
    talk_track: str = "Talk Track"
    owner_email: str = "Owner Email"
    sales_email: str = "Sales Email"
    note: str = "Note"
    sales_status: str = "Sales Status"
    rejection_reason: str = "Rejection Reason"
