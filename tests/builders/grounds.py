"""What an offer may rest on: a story says only the grounds that it turns on."""

from __future__ import annotations

from typing import Any

from customer_success.narration.evidence import Fact
from customer_success.narration.offer_evidence import ExpansionEvidence, Ground
from customer_success.schemas import OpportunityType
from tests.builders.evidence import ON, fact


def ground(opportunity_type: OpportunityType, *facts: Fact, **changes: Any) -> Ground:
    """A ground of that type with these facts; its price is not known."""
    plain: dict[str, Any] = {"opportunity_type": opportunity_type, "facts": facts, "confidence": "medium"}
    return Ground(**(plain | changes))


def seats(**changes: Any) -> Ground:
    """120 seats in use of 100, and a price for the 20 that are missing."""
    used = fact("seats_used", 120.0, "count", label="Seats in use", about=("seat", "seats"))
    return ground("seats", used, **({"estimated_arr_impact": 12_000.0, "confidence": "high"} | changes))


def module(feature: str = "Forecasts", **changes: Any) -> Ground:
    """A feature that the plan does not include, and that was asked for three times."""
    label, about = f"{feature}, not in the plan: times asked for", (feature.casefold(),)
    return ground(
        "module", fact("module_1_asked", 3.0, "count", label=label, about=about, source="feature usage"), **changes
    )


def integration(tool: str = "Salesforce", **changes: Any) -> Ground:
    """A tool that the account works with and has not connected."""
    return ground(
        "integration", fact("tool_1", tool, "word", label="Connected tool", about=(tool.casefold(),)), **changes
    )


def prospect(*grounds: Ground, **changes: Any) -> ExpansionEvidence:
    """What is known of A-0001, Northwind Traders, with these grounds and no others."""
    plain: dict[str, Any] = {
        "account_id": "A-0001",
        "account_name": "Northwind Traders",
        "plan": "Professional",
        "industry": "Retail",
        "on": ON,
        "grounds": grounds,
    }
    return ExpansionEvidence(**(plain | changes))
