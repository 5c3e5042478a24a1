"""The check of proposed offers: each must follow from its rationale, or it is refused."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import ValidationError

from customer_success.dataclass import dataclass
from customer_success.expansion.talk_track import spoken
from customer_success.narration.offer_evidence import ExpansionEvidence, Rationale, evidence_line
from customer_success.schemas import Confidence, ExpansionOpportunity, OpportunityType, refusals
from customer_success.text import short

LONGEST_SHOWN = 300
AS_ESTIMATED = 0.005
"""How far, as a share of it, a proposed estimate may be from the one that was worked out."""

_CONFIDENCES: tuple[Confidence, ...] = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The proposals that hold, and of each of the others in words why it was refused.

    `dropped` has the sentences that were taken out of the talk tracks of those that hold, each with the reason.
    """

    opportunities: tuple[ExpansionOpportunity, ...]
    refused: tuple[str, ...]
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Checked:
    """The offer that a proposal makes, None with the `faults` for which it makes none."""

    offer: ExpansionOpportunity | None = None
    faults: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def accepted(proposed: Iterable[Mapping[str, Any]], evidence: ExpansionEvidence) -> Accepted:
    """The proposals that are whole, of a type that has a rationale, and state nothing that does not follow from it.

    An estimate that was left out is filled in, and a confidence above the rationale's is lowered to it. Of a talk track
    stays what holds; a proposal of which no sentence stays is refused. Checking what holds again changes nothing.
    """
    offers: dict[OpportunityType, ExpansionOpportunity] = {}
    refused: list[str] = []
    dropped: list[str] = []
    for number, proposal in enumerate(proposed, start=1):
        who = f"{evidence.account_name}, {_what(proposal, number)}"
        checked = _checked(proposal, evidence, offers)
        if checked.offer:
            offers[checked.offer.opportunity_type] = checked.offer
            dropped += [f"{who}: {words}" for words in checked.dropped]
        else:
            refused.append(f"{who}: {'; '.join(checked.faults)}")
    return Accepted(tuple(offers.values()), tuple(refused), tuple(dropped))


def _what(proposal: Mapping[str, Any], number: int) -> str:
    kind = proposal.get("opportunity_type")
    return str(kind) if kind in get_args(OpportunityType) else f"proposal {number}"


def _checked(proposal: Mapping[str, Any], evidence: ExpansionEvidence, taken: Container[OpportunityType]) -> _Checked:
    given = {**proposal, "account_id": proposal.get("account_id", evidence.account_id)}
    try:
        offer = ExpansionOpportunity.model_validate(given)
    except ValidationError as error:
        return _Checked(faults=tuple(map(str, refusals(error, ExpansionOpportunity))))
    rationale = evidence.rationale(offer.opportunity_type)
    if rationale is None:
        return _Checked(faults=(f"opportunity_type: nothing that is known asks for {offer.opportunity_type!r}",))
    if offer.opportunity_type in taken:
        return _Checked(faults=(f"opportunity_type: {offer.opportunity_type!r} is proposed already",))
    sayable = spoken(offer.recommended_talk_track, rationale, evidence)
    dropped = tuple(f'"{short(text, LONGEST_SHOWN)}" ({short(why, LONGEST_SHOWN)})' for text, why in sayable.dropped)
    faults = list(_faults(offer, rationale, evidence))
    if not sayable.text:
        faults.append(f"recommended_talk_track: no sentence of it can be said: {', '.join(dropped) or 'it is empty'}")
    return (
        _Checked(faults=tuple(faults))
        if faults
        else _Checked(_settled(offer, rationale, sayable.text), dropped=dropped)
    )


def _faults(offer: ExpansionOpportunity, rationale: Rationale, evidence: ExpansionEvidence) -> Iterator[str]:
    if offer.account_id != evidence.account_id:
        yield f"account_id: {offer.account_id!r} is another account than {evidence.account_id!r}"
    known = {_line(evidence_line(signal)) for signal in rationale.signals}
    for number, line in enumerate(offer.evidence):
        if _line(line) not in known:
            yield f"evidence[{number}]: {short(line, LONGEST_SHOWN)!r} is not in the evidence"
    proposed, estimated = offer.estimated_arr_impact, rationale.estimated_arr_impact
    if proposed is None:
        return
    if estimated is None:
        yield f"estimated_arr_impact: {proposed:,.2f} cannot be known: price or quantity is not known"
    elif abs(proposed - estimated) > AS_ESTIMATED * estimated:
        yield f"estimated_arr_impact: {proposed:,.2f} is not price × quantity, which is {estimated:,.2f}"


def _settled(offer: ExpansionOpportunity, rationale: Rationale, talk_track: str) -> ExpansionOpportunity:
    return offer.model_copy(
        update={
            "evidence": list(dict.fromkeys(map(_line, offer.evidence))),
            "estimated_arr_impact": rationale.estimated_arr_impact,
            "recommended_talk_track": talk_track,
            "confidence": min(offer.confidence, rationale.confidence, key=_CONFIDENCES.index),
        }
    )


def _line(text: str) -> str:
    return " ".join(text.split())
