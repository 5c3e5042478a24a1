"""The check that keeps a narrator from inventing offers: each must rest on its ground, or it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from customer_success.expansion_evidence import ExpansionEvidence
from customer_success.schemas import ExpansionOpportunity, refusals


@dataclass(frozen=True, slots=True)
class Accepted:
    """The proposals that hold, and of each of the others in words why it was refused."""

    opportunities: tuple[ExpansionOpportunity, ...]
    refused: tuple[str, ...]


def accepted(proposed: Iterable[Mapping[str, Any]], evidence: ExpansionEvidence) -> Accepted:
    """The proposals that are whole, of a type that has a ground, and say nothing that it does not bear out."""
    kept: list[ExpansionOpportunity] = []
    refused: list[str] = []
    for proposal in proposed:
        try:
            offer = ExpansionOpportunity.model_validate({"account_id": evidence.account_id, **proposal})
        except ValidationError as error:
            refused += [f"{evidence.account_name}: {refusal}" for refusal in refusals(error, ExpansionOpportunity)]
            continue
        if evidence.ground(offer.opportunity_type) is None:
            refused.append(
                f"{evidence.account_name}: opportunity_type: there is no ground for {offer.opportunity_type}"
            )
            continue
        kept.append(offer)
    return Accepted(tuple(kept), tuple(refused))
