"""The check that keeps a writer from inventing: what a review says must follow from its evidence.

A sentence that states what the evidence does not bear out is dropped and listed with the reason; the rest stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from customer_success.dataclass import dataclass
from customer_success.narration.claims.known_facts import KnownFacts
from customer_success.narration.claims.sentence import Sentence
from customer_success.narration.claims.sentences import joined, plain, sentences, without_list_mark
from customer_success.narration.evidence import QBREvidence
from customer_success.patterns import lazy_pattern
from customer_success.schemas import FeatureScore, QBRContent
from customer_success.text import short

NOT_MEASURED = "not measured"
LONGEST_SHOWN = 300
_GOES_ON = lazy_pattern(r"\s*(?:it|its|this|that|they|their|these|those)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Checked:
    """A review's content without what the evidence does not bear out.

    `dropped_claims` has for each sentence or row that was dropped its words and the reason:
    '"Adoption rose to 99 %." (99 % is not in the evidence)'.
    """

    content: QBRContent
    dropped_claims: tuple[str, ...]


def checked(content: QBRContent, evidence: QBREvidence) -> Checked:
    """The content with only those sentences and rows that follow from the evidence; checking twice drops no more."""
    check = _Check(KnownFacts(evidence), [])
    holding = content.model_copy(
        update={
            "account_health_summary": check.paragraphs(content.account_health_summary),
            "roi_and_business_impact": check.roi(content.roi_and_business_impact),
            "feature_adoption_scorecard": list(check.rows(content.feature_adoption_scorecard)),
            "expansion_and_next_steps": check.paragraphs(content.expansion_and_next_steps, planning=True),
        }
    )
    return Checked(holding, tuple(check.dropped))


@dataclass(frozen=True, slots=True)
class _Check:
    """The check of one review; what it drops is added to `dropped`."""

    known_facts: KnownFacts
    dropped: list[str]

    def paragraphs(self, paragraphs: list[str], *, planning: bool = False) -> list[str]:
        return [holding for paragraph in paragraphs if (holding := self._paragraph(paragraph, planning=planning))]

    def _paragraph(self, paragraph: str, *, about: frozenset[str] | None = None, planning: bool = False) -> str:
        """What is left of a paragraph that speaks of the facts `about`, unless it says itself of which."""
        holding: list[tuple[str, str]] = []
        found = sentences(paragraph)
        spoken_of = about
        for before, text in zip(["", *found], found, strict=False):
            goes_on = spoken_of if _GOES_ON.match(text) else about
            sentence = Sentence(self.known_facts, plain(without_list_mark(text)), planning, goes_on)
            if fault := sentence.fault():
                self._drop(text, fault)
                continue
            spoken_of = sentence.keys
            holding.append((text, before))
        return paragraph if len(holding) == len(found) else joined(holding)

    def roi(self, paragraphs: list[str]) -> list[str]:
        """The section on ROI, which reads "not measured" and nothing else unless ROI was measured."""
        if any(fact.key.startswith("roi_") for fact in self.known_facts.evidence.facts):
            return self.paragraphs(paragraphs)
        for text in (text for paragraph in paragraphs for text in sentences(paragraph)):
            if Sentence(self.known_facts, plain(without_list_mark(text))).figures:
                self._drop(text, "ROI was not measured")
        return [NOT_MEASURED]

    def rows(self, rows: list[FeatureScore]) -> Iterator[FeatureScore]:
        """The scorecard's rows that say what is known of their features."""
        known = {_name(feature): feature for feature in self.known_facts.evidence.features}
        for row in rows:
            feature = known.get(_name(row))
            if feature is None:
                self._drop(f"{row.feature}: {row.status}", "the evidence has no such feature")
            elif feature.status != row.status:
                self._drop(f"{row.feature}: {row.status}", f"the evidence has it as {feature.status}")
            elif row.comment == feature.comment:
                yield row
            else:
                # What is known of other things is no reason to say it of this feature.
                yield row.model_copy(update={"comment": self._paragraph(row.comment, about=frozenset())})

    def _drop(self, text: str, why: str) -> None:
        self.dropped.append(f'"{short(text, LONGEST_SHOWN)}" ({short(why, LONGEST_SHOWN)})')


def _name(row: FeatureScore) -> str:
    return plain(row.feature).strip().casefold()
