"""The check that keeps a narrator from inventing offers: each must rest on its ground, or it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from customer_success.expansion_evidence import ExpansionEvidence
from customer_success.schemas import ExpansionOpportunity


@dataclass(frozen=True, slots=True)
class Accepted:
    """The proposals that hold, and of each of the others in words why it was refused."""

    opportunities: tuple[ExpansionOpportunity, ...]
    refused: tuple[str, ...]


def accepted(proposed: Iterable[Mapping[str, Any]], evidence: ExpansionEvidence) -> Accepted:
    """The proposals that are whole, of a type that has a ground, and say nothing that it does not bear out."""
    raise NotImplementedError
