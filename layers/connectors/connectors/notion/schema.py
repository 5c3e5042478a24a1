"""The properties that the data sources have, as Notion takes them.

The team may rename, retype or leave out any of them; this is what a new one is made with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors.notion.names import ExpansionNames, PropertyNames, QbrNames, RecordNames, UsageNames

Schema = dict[str, dict[str, Any]]

_TITLE: dict[str, Any] = {"title": {}}
_TEXT: dict[str, Any] = {"rich_text": {}}
_DATE: dict[str, Any] = {"date": {}}
_EMAIL: dict[str, Any] = {"email": {}}
_NUMBER: dict[str, Any] = {"number": {"format": "number"}}
_PERCENT: dict[str, Any] = {"number": {"format": "percent"}}
_MONEY: dict[str, Any] = {"number": {"format": "dollar"}}
_SEVERAL: dict[str, Any] = {"multi_select": {"options": []}}

_RAG: Mapping[str, str] = {"GREEN": "green", "AMBER": "yellow", "RED": "red"}
_RISK: Mapping[str, str] = {"low": "green", "medium": "yellow", "high": "orange", "critical": "red"}


def accounts_schema(names: PropertyNames) -> Schema:
    """The account book: what is read, and what the scan writes back."""
    return {
        names.name: _TITLE,
        names.account_id: _TEXT,
        names.status: _choice(Active="green", Inactive="gray"),
        names.industry: _choice(),
        names.plan: _choice(),
        names.arr: _MONEY,
        names.owner_email: _EMAIL,
        names.sales_email: _EMAIL,
        names.manager_email: _EMAIL,
        names.primary_contact_email: _EMAIL,
        names.contract_end: _DATE,
        names.notice_days: _NUMBER,
        names.auto_renew: _choice(Yes="green", No="gray"),
        names.term_months: _NUMBER,
        names.no_end: _choice(Yes="green", No="gray"),
        names.renewal_stage: _choice(Open="yellow", Negotiating="blue", Signed="green"),
        names.outcome: _choice(Renewed="green", Churned="red", Contracted="orange", Expanded="blue"),
        names.outcome_date: _DATE,
        names.outcome_arr: _MONEY,
        names.qbr_cadence: _options({"Quarterly": "blue", "None": "gray"}),
        names.onboarding_until: _DATE,
        names.feature_adoption_rate: _PERCENT,
        names.usage_trend: _choice(Growing="green", Stable="blue", Declining="orange", Inactive="red"),
        names.login_frequency_days: _NUMBER,
        names.last_interaction: _DATE,
        names.days_since_last_interaction: _NUMBER,
        names.stakeholder_engagement: _choice(High="green", Medium="yellow", Low="red"),
        names.nps_score: _NUMBER,
        names.invoice_payment_status: _options(
            {"Current": "green", "Overdue 30": "yellow", "Overdue 60": "orange", "Overdue 90 Plus": "red"}
        ),
        names.seats_bought: _NUMBER,
        names.seats_used: _NUMBER,
        names.seats_utilization_rate: _PERCENT,
        names.open_ticket_count: _NUMBER,
        names.avg_ticket_sentiment: _choice(Positive="green", Neutral="gray", Negative="orange", Critical="red"),
        names.escalation_count_90_days: _NUMBER,
        names.tam_health_rag: _options(_RAG),
        names.collections_risk: _options({**_RAG, "CRITICAL": "pink"}),
        names.signals_updated: _DATE,
        names.connected_tools: _SEVERAL,
        names.external_ids: _TEXT,
        names.notes: _TEXT,
        names.quiet_until: _DATE,
        names.verdict: _options({"true alarm": "red", "false alarm": "gray"}),
        names.health_score: _NUMBER,
        names.health_rag: _options({**_RAG, "Unknown": "gray"}),
        names.churn_risk: _options(_RISK),
        names.why: _TEXT,
        names.since: _DATE,
        names.next_step: _TEXT,
        names.last_scan: _DATE,
        names.sources: _TEXT,
    }


def records_schema(names: RecordNames, *, accounts_source_id: str, title: str = "Name") -> Schema:
    """The health records, each related to its account in the data source `accounts_source_id`."""
    return {
        title: _TITLE,
        names.key: _TEXT,
        names.account: _related(accounts_source_id),
        names.on: _DATE,
        names.score: _NUMBER,
        names.rag: _options(_RAG),
        names.churn_risk: _options(_RISK),
        names.trigger: _choice(both="red", contract_proximity="orange", behavioral="yellow"),
        names.owner_email: _EMAIL,
    }


def qbr_schema(names: QbrNames, *, accounts_source_id: str, title: str = "Name") -> Schema:
    """The quarterly reviews, each related to its account in the data source `accounts_source_id`."""
    return {
        title: _TITLE,
        names.key: _TEXT,
        names.account: _related(accounts_source_id),
        names.period: _choice(),
        names.reviewed_period: _choice(),
        names.on: _DATE,
        names.owner_email: _EMAIL,
        names.state: _choice(Writing="gray", Written="green", Partial="yellow"),
        names.trigger: _choice(scheduled="blue", contract_proximity="orange", requested="gray"),
    }


def feature_usage_schema(names: UsageNames, *, accounts_source_id: str, title: str = "Name") -> Schema:
    """The feature usage, each row related to its account in the data source `accounts_source_id`."""
    return {
        title: _TITLE,
        names.account: _related(accounts_source_id),
        names.feature: _TEXT,
        names.family: _choice(),
        # A checkbox would mean "no" on every row that is not filled in.
        names.entitled: _choice(Yes="green", No="gray"),
        names.used: _NUMBER,
        names.limit: _NUMBER,
        names.as_of: _DATE,
    }


def expansion_schema(names: ExpansionNames, *, accounts_source_id: str, title: str = "Name") -> Schema:
    """The offers, each related to its account in the data source `accounts_source_id`, and Sales' answers."""
    return {
        title: _TITLE,
        names.key: _TEXT,
        names.account: _related(accounts_source_id),
        names.on: _DATE,
        names.state: _options({"Recorded": "gray", "Ready for Sales": "green"}),
        names.opportunity: _choice(seats="blue", module="purple", integration="orange"),
        names.confidence: _choice(high="green", medium="yellow", low="gray"),
        names.estimated_arr: _MONEY,
        names.evidence: _TEXT,
        names.talk_track: _TEXT,
        names.owner_email: _EMAIL,
        names.sales_email: _EMAIL,
        names.note: _TEXT,
        names.sales_status: _choice(Accepted="blue", Rejected="red", Won="green"),
        names.rejection_reason: _TEXT,
    }


def _related(source_id: str) -> dict[str, Any]:
    return {"relation": {"data_source_id": source_id, "type": "single_property", "single_property": {}}}


def _choice(**colours: str) -> dict[str, Any]:
    return _options(colours)


def _options(colours: Mapping[str, str]) -> dict[str, Any]:
    return {"select": {"options": [{"name": name, "color": colour} for name, colour in colours.items()]}}
