"""The narrator that needs no model: plain sentences by rule, each figure in them a fact of the evidence."""

from __future__ import annotations

from customer_success.expansion.rules_writer import opportunities
from customer_success.narration.evidence import QBREvidence
from customer_success.narration.offer_evidence import ExpansionEvidence
from customer_success.narration.ports import Narration, Proposals
from customer_success.reviews.rules_writer import review

WRITTEN_BY = "rules"


class RulesNarrator:
    """`Narrator` by rule. It raises nothing."""

    def write_qbr(self, evidence: QBREvidence) -> Narration:
        return Narration(review(evidence), WRITTEN_BY)

    def find_expansions(self, evidence: ExpansionEvidence) -> Proposals:
        return Proposals(tuple(found.model_dump() for found in opportunities(evidence)), WRITTEN_BY)
