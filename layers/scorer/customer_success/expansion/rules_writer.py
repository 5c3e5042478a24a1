"""Offers by rule: one for each type that the evidence has a ground for, in words that can be said to the customer."""

from __future__ import annotations

from collections.abc import Iterator

from customer_success.expansion.grounds import ALL_SEATS, ASKED_FOR, OF_LIMIT
from customer_success.expansion.talk_track import can_be_named
from customer_success.narration.evidence import Fact, said
from customer_success.narration.offer_evidence import ExpansionEvidence, Ground, evidence_line
from customer_success.narration.ports import BY_RULE, Proposals
from customer_success.schemas import ExpansionOpportunity

NAMED = 2
"""So many features or tools are named to the customer; the others stand in the evidence."""


class OffersByRule:
    """`OfferWriter` by rule: one offer for each ground. It raises nothing."""

    def find_expansions(self, evidence: ExpansionEvidence) -> Proposals:
        return Proposals(tuple(found.model_dump() for found in opportunities(evidence)), BY_RULE)


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


def _talk_track(ground: Ground) -> Iterator[str]:
    """At most five sentences: what they do today, what the offer adds to it, an open question."""
    match ground.opportunity_type:
        case "seats":
            yield from _seats(ground)
        case "module":
            yield from _module(ground)
        case "integration":
            yield from _integration(ground)


def _seats(ground: Ground) -> Iterator[str]:
    facts = {fact.key: fact for fact in ground.facts}
    rate, used, bought = (facts.get(f"seats_{what}") for what in ("rate", "used", "bought"))
    if used and bought:
        yield f"Your team uses {said(used)} seats, and {said(bought)} are in your plan."
    elif rate:
        yield f"Your team uses {said(rate)} of its seats."
    if "usage_trend" in facts:
        yield "What your team does with us is growing, too."
    if rate and isinstance(rate.value, float) and rate.value < ALL_SEATS:
        yield "We can add seats before they become scarce, so that nobody who joins has to wait."
    else:
        yield "We can add seats, so that everybody who needs one can keep working."
    yield "How many people are going to work with it this year?"


def _module(ground: Ground) -> Iterator[str]:
    asked = [fact for fact in ground.facts if fact.key.endswith("_asked")]
    near = [fact for fact in ground.facts if fact.key.endswith("_share")]
    named = [fact for fact in (*near, *asked) if can_be_named(_name(fact))][:NAMED]
    for fact in named:
        if fact in near:
            yield f"With {_name(fact)} your team has {_reached(fact)} what your plan allows."
        else:
            yield f"Your team asked for {_name(fact)}, which is not in your plan yet."
    if not named:
        yield "Your team asks for more than your plan includes."
    yield f"We can show you what {'more room' if near else 'it'} would let your team do."
    yield "What would your team like to do next that it cannot do today?"


def _reached(share: Fact) -> str:
    """How far it is, in words: of features with names like "your team" no figure could be told apart."""
    return "reached" if isinstance(share.value, float) and share.value >= 1 else "nearly reached"


def _integration(ground: Ground) -> Iterator[str]:
    tools = [str(fact.value) for fact in ground.facts if fact.unit == "word"]
    named = [tool for tool in tools if can_be_named(tool)][:NAMED]
    yield f"Your team works with {' and '.join(named) or 'other tools'} as well."
    yield "We would like to look with you at what could be connected, so that nothing has to be entered by hand."
    yield "Which steps between the tools take your team the most time today?"


def _name(fact: Fact) -> str:
    """The name of the feature that a fact is about."""
    return fact.label.removesuffix(OF_LIMIT).removesuffix(ASKED_FOR)
