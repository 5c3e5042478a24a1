"""Offers by rule: one for each rationale of the evidence, in words fit for the customer."""

from __future__ import annotations

from collections.abc import Iterator

from customer_success.expansion.rationale import ALL_SEATS
from customer_success.expansion.talk_track import can_be_named
from customer_success.narration.evidence import worded
from customer_success.narration.offer_evidence import ExpansionEvidence, ExpansionSignal, Rationale, evidence_line
from customer_success.narration.offer_evidence import ExpansionSignalKind as Kind
from customer_success.narration.ports import BY_RULE, Proposals
from customer_success.schemas import ExpansionOpportunity

NAMED = 2
"""So many features or tools are named to the customer; the others stand in the evidence."""


class OffersByRule:
    """`OfferWriter` by rule: one offer for each rationale. It raises nothing."""

    def find_expansions(self, evidence: ExpansionEvidence) -> Proposals:
        return Proposals(tuple(found.model_dump() for found in opportunities(evidence)), BY_RULE)


def opportunities(evidence: ExpansionEvidence) -> Iterator[ExpansionOpportunity]:
    """One opportunity for each rationale, its evidence the rationale's facts in words."""
    for rationale in evidence.rationales:
        yield ExpansionOpportunity(
            account_id=evidence.account_id,
            opportunity_type=rationale.opportunity_type,
            evidence=[evidence_line(signal) for signal in rationale.signals],
            estimated_arr_impact=rationale.estimated_arr_impact,
            recommended_talk_track=" ".join(_talk_track(rationale)),
            confidence=rationale.confidence,
        )


def _talk_track(rationale: Rationale) -> Iterator[str]:
    """At most five sentences: what they do today, what the offer adds to it, an open question."""
    match rationale.opportunity_type:
        case "seats":
            yield from _seats(rationale)
        case "module":
            yield from _module(rationale)
        case "integration":
            yield from _integration(rationale)


def _seats(rationale: Rationale) -> Iterator[str]:
    known = {signal.kind: signal for signal in rationale.signals}
    rate, used, bought = (known.get(kind) for kind in (Kind.SEATS_RATE, Kind.SEATS_USED, Kind.SEATS_BOUGHT))
    if used and bought:
        yield f"Your team uses {worded(used)} seats, and {worded(bought)} are in your plan."
    elif rate:
        yield f"Your team uses {worded(rate)} of its seats."
    if Kind.USAGE_TREND in known:
        yield "What your team does with us is growing, too."
    if rate and rate.number is not None and rate.number < ALL_SEATS:
        yield "We can add seats before they become scarce, so that nobody who joins has to wait."
    else:
        yield "We can add seats, so that everybody who needs one can keep working."
    yield "How many people are going to work with it this year?"


def _module(rationale: Rationale) -> Iterator[str]:
    asked = [signal for signal in rationale.signals if signal.kind is Kind.ASKED_FOR]
    near = [signal for signal in rationale.signals if signal.kind is Kind.LIMIT_SHARE]
    named = [(signal.name, signal) for signal in (*near, *asked) if signal.name and can_be_named(signal.name)]
    for name, signal in named[:NAMED]:
        if signal.kind is Kind.LIMIT_SHARE:
            yield f"With {name} your team has {_reached(signal)} what your plan allows."
        else:
            yield f"Your team asked for {name}, which is not in your plan yet."
    if not named:
        yield "Your team asks for more than your plan includes."
    yield f"We can show you what {'more room' if near else 'it'} would let your team do."
    yield "What would your team like to do next that it cannot do today?"


def _reached(share: ExpansionSignal) -> str:
    """How far it is, in words: a figure of a feature named like "your team" could not be assigned."""
    return "reached" if share.number is not None and share.number >= 1 else "nearly reached"


def _integration(rationale: Rationale) -> Iterator[str]:
    tools = [signal.name for signal in rationale.signals if signal.kind is Kind.TOOL and signal.name]
    named = [tool for tool in tools if can_be_named(tool)][:NAMED]
    yield f"Your team works with {' and '.join(named) or 'other tools'} as well."
    yield "We would like to look with you at what could be connected, so that nothing has to be entered by hand."
    yield "Which steps between the tools take your team the most time today?"
