"""Offers by rule: one for each type that the evidence has a ground for, in words that can be said to the customer."""

from __future__ import annotations

from collections.abc import Iterator

from customer_success.evidence import Fact
from customer_success.expansion_evidence import ExpansionEvidence
from customer_success.schemas import ExpansionOpportunity


def opportunities(evidence: ExpansionEvidence) -> Iterator[ExpansionOpportunity]:
    """One opportunity for each ground, its evidence the ground's facts in words."""
    raise NotImplementedError


def evidence_line(fact: Fact) -> str:
    """A fact as a line of an offer's evidence: the signal, its value, its source and day."""
    raise NotImplementedError
