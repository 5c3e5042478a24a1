"""Offers by rule: one for each type that the evidence has a ground for, in words that can be said to the customer."""

from __future__ import annotations

from collections.abc import Iterator

from customer_success.evidence import Fact
from customer_success.expansion_evidence import ExpansionEvidence, Ground
from customer_success.qbr_writer import said
from customer_success.schemas import ExpansionOpportunity


def opportunities(evidence: ExpansionEvidence) -> Iterator[ExpansionOpportunity]:
    """One opportunity for each ground, its evidence the ground's facts in words."""
    for ground in evidence.grounds:
        yield ExpansionOpportunity(
            account_id=evidence.account_id,
            opportunity_type=ground.opportunity_type,
            evidence=[evidence_line(fact) for fact in ground.facts],
            estimated_arr_impact=ground.estimated_arr_impact,
            recommended_talk_track=" ".join(_talk_track(ground)),
            confidence=ground.confidence,
        )


def evidence_line(fact: Fact) -> str:
    """A fact as a line of an offer's evidence: the signal, its value, its source and day."""
    return f"{fact.label}: {said(fact)} ({fact.source}, {fact.as_of})"


def _talk_track(ground: Ground) -> Iterator[str]:
    match ground.opportunity_type:
        case "seats":
            yield from _seats(ground)
        case "module":
            yield "Some of what you use is close to its limit, or not in your plan yet."
            yield "We can show you what would give your team more room."
            yield "What would your team like to do with it?"
        case "integration":
            yield "Your team works with tools that are not connected yet."
            yield "We can show you how to bring them together."
            yield "Which steps between them cost your team the most effort today?"


def _seats(ground: Ground) -> Iterator[str]:
    facts = {fact.key: fact for fact in ground.facts}
    yield f"Your team uses {said(facts['seats_rate'])} of its seats."
    yield "We can add seats, so that everybody who needs one can keep working."
    yield "How many people will join you this year?"
