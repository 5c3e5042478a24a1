"""Builds what an account could buy more: the rationales for it, offers on their way, and what a day brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from customer_success.accounts.account import Account
from customer_success.adoption.feature_usage import FeatureUsage
from customer_success.expansion.entry import ExpansionEntry, Outcome
from customer_success.expansion.offer import Offer, SalesAnswer, SalesStatus, quarter_of
from customer_success.expansion.price_list import PriceList
from customer_success.expansion.rationale import rationales
from customer_success.messages import ExpansionHandoff
from customer_success.narration.offer_evidence import ExpansionEvidence
from customer_success.schemas import CSMHealthSignals, ExpansionOpportunity
from tests.builders.accounts import HEALTHY, TODAY, account

SEATS = {"seats_used": 257.0, "seats_bought": 240.0}
FULL = {**HEALTHY, "seats_utilization_rate": 257 / 240}


def full(number: int = 1, /, **facts: Any) -> Account:
    """A healthy account with 257 of 240 seats in use, with `facts` laid over."""
    return account(number, FULL, **{**SEATS, **facts})


def asks_for(
    of: Account, usage: Sequence[FeatureUsage] = (), prices: PriceList | None = None, on: date = TODAY
) -> ExpansionEvidence:
    """All that an offer to the account may say."""
    signals = CSMHealthSignals.model_validate(of.signals_on(on))
    return ExpansionEvidence(
        account_id=of.account_id,
        account_name=of.name,
        plan=of.plan,
        industry=of.industry,
        on=on,
        rationales=rationales(of, signals, usage, prices or PriceList(), run_date=on),
        notes=of.notes,
    )


def opportunity(**changes: Any) -> ExpansionOpportunity:
    """More seats for A-0001, with `changes` laid over."""
    plain: dict[str, Any] = {
        "account_id": "A-0001",
        "opportunity_type": "seats",
        "evidence": ["Seats in use: 257 (account page, 2026-03-02)", "Seats bought: 240 (account page, 2026-03-02)"],
        "estimated_arr_impact": 5100.0,
        "recommended_talk_track": "Your team uses 257 seats, and 240 are in your plan. How many do you need?",
        "confidence": "high",
    }
    return ExpansionOpportunity(**(plain | changes))


def offered(found_on: date = TODAY, *, kind: str = "seats", **facts: Any) -> Offer:
    """An offer that was put on the queue to Sales on the day on which it was found, with `facts` laid over."""
    plain = Offer(
        opportunity=opportunity(opportunity_type=kind),
        quarter=quarter_of(found_on),
        found_on=found_on,
        written_by="rules",
        account_name="Account 1",
        owner_email="ada@example.com",
        sales_email="nora@example.com",
        dispatched_on=found_on,
    )
    return replace(plain, **facts)


def answered(status: SalesStatus | None, on: date, *, found_on: date, **facts: Any) -> Offer:
    """An offer that Sales answered on the day `on`."""
    return offered(found_on, answer=SalesAnswer(status, on), **facts)


def handoff(**changes: Any) -> ExpansionHandoff:
    """The message that hands more seats for A-0001 to Sales."""
    found = opportunity()
    kind = changes.get("opportunity_type", found.opportunity_type)
    plain: dict[str, Any] = {
        "tenant_id": "acme",
        "handoff_id": f"A-0001:{kind}:Q1 2026",
        "run_date": TODAY,
        "account_id": "A-0001",
        "account_name": "Account 1",
        "opportunity_type": found.opportunity_type,
        "evidence": tuple(found.evidence),
        "estimated_arr_impact": found.estimated_arr_impact,
        "recommended_talk_track": found.recommended_talk_track,
        "confidence": found.confidence,
        "sales_email": "nora@example.com",
        "owner_email": "ada@example.com",
    }
    return ExpansionHandoff(**(plain | changes))


def entry(outcome: Outcome, number: int = 1, *lines: str, **facts: Any) -> ExpansionEntry:
    """What the day brought for account `number` of ada@example.com."""
    account_id = f"A-{number:04d}"
    plain = ExpansionEntry(TODAY, account_id, account_id, f"Account {number}", "ada@example.com", outcome, lines)
    return replace(plain, **facts)
