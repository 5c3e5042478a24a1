"""The ports of what writes texts: a model or the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from customer_success.dataclass import dataclass

if TYPE_CHECKING:
    from customer_success.narration.evidence import QBREvidence
    from customer_success.narration.offer_evidence import ExpansionEvidence
    from customer_success.schemas import QBRContent


BY_RULE = "rules"
"""`written_by` of a text that the rules wrote."""


@dataclass(frozen=True, slots=True)
class Narration:
    """A written review and its cost; the rules take no tokens."""

    content: QBRContent
    written_by: str
    tokens_in: int = 0
    tokens_out: int = 0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Proposals:
    """The offers that a narrator proposes, each in the fields of `ExpansionOpportunity` and not yet checked."""

    proposed: tuple[Mapping[str, Any], ...]
    written_by: str
    tokens_in: int = 0
    tokens_out: int = 0
    calls: int = 0


class ReviewWriter(Protocol):
    """Writes reviews, from evidence alone."""

    def write_qbr(self, evidence: QBREvidence) -> Narration:
        """The review. Raises `NotWritten` if no usable answer came, `Unavailable` for a passing fault."""
        ...


class OfferWriter(Protocol):
    """Finds and words what could be offered, from evidence alone."""

    def find_expansions(self, evidence: ExpansionEvidence) -> Proposals:
        """What to offer: one opportunity, several or none. Raises as `ReviewWriter.write_qbr`."""
        ...


class Narrator(ReviewWriter, OfferWriter, Protocol):
    """Writes reviews and offers."""
