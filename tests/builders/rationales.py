"""Rationales of offers: a test gives only those that it depends on."""

from __future__ import annotations

from typing import Any

from customer_success.expansion.text import signal_label
from customer_success.narration.evidence import Unit
from customer_success.narration.offer_evidence import ExpansionEvidence, ExpansionSignal, Rationale
from customer_success.narration.offer_evidence import ExpansionSignalKind as Kind
from customer_success.schemas import OpportunityType
from tests.builders.evidence import ON, REVIEWED_TO


def signal(kind: Kind, value: float | str, unit: Unit, **changes: Any) -> ExpansionSignal:
    """A signal for an offer, worded as offers are; `name` is the feature or tool that it is about."""
    name = changes.get("name")
    plain: dict[str, Any] = {
        "kind": kind,
        "key": kind,
        "label": signal_label(kind, name),
        "about": (name.casefold(),) if name else ("seat", "seats"),
        "value": value,
        "unit": unit,
        "source": "account page",
        "as_of": REVIEWED_TO,
    }
    return ExpansionSignal(**(plain | changes))


def rationale(opportunity_type: OpportunityType, *signals: ExpansionSignal, **changes: Any) -> Rationale:
    """A rationale of that type with these signals; its price is not known."""
    plain: dict[str, Any] = {"opportunity_type": opportunity_type, "signals": signals, "confidence": "medium"}
    return Rationale(**(plain | changes))


def seats(**changes: Any) -> Rationale:
    """120 seats in use of 100, and a price for the 20 that are missing."""
    used = signal(Kind.SEATS_USED, 120.0, "count")
    return rationale("seats", used, **({"estimated_arr_impact": 12_000.0, "confidence": "high"} | changes))


def module(feature: str = "Forecasts", **changes: Any) -> Rationale:
    """A feature that the plan does not include, and that was asked for three times."""
    asked = signal(Kind.ASKED_FOR, 3.0, "count", name=feature, key="module_1_asked", source="feature usage")
    return rationale("module", asked, **changes)


def integration(tool: str = "Salesforce", **changes: Any) -> Rationale:
    """A tool that the account works with and has not connected."""
    return rationale("integration", signal(Kind.TOOL, tool, "word", name=tool, key="tool_1"), **changes)


def prospect(*rationales: Rationale, **changes: Any) -> ExpansionEvidence:
    """What is known of A-0001, Northwind Traders, with these rationales and no others."""
    plain: dict[str, Any] = {
        "account_id": "A-0001",
        "account_name": "Northwind Traders",
        "plan": "Professional",
        "industry": "Retail",
        "on": ON,
        "rationales": rationales,
    }
    return ExpansionEvidence(**(plain | changes))
