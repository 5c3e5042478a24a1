"""The check of a talk track: it must follow from the rationale of the offer, and be fit for the customer.

Names of features and tools are read as one word each, so that no figure, break or word within them claims anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from customer_success.dataclass import dataclass
from customer_success.narration.claims.figures import figures
from customer_success.narration.claims.known_facts import KnownFacts, whole
from customer_success.narration.claims.sentence import Sentence
from customer_success.narration.claims.sentences import HIDDEN, joined, plain, sentences, without_list_mark
from customer_success.narration.evidence import Fact, QBREvidence
from customer_success.narration.offer_evidence import ExpansionEvidence, Rationale
from customer_success.patterns import lazy_pattern
from customer_success.periods import Quarter

_GOES_ON = lazy_pattern(r"\s*(?:it|its|this|that|they|their|these|those)\b", re.IGNORECASE)
_OURS_ALONE = lazy_pattern(
    r"\b(?:churn\w*|scor(?:es?|ed|ing)|ratings?|rated|invoic\w+|overdue|collections|escalat\w+|risks?|risky|nps|"
    r"sentiment|arr|up-?sell\w*|cross-?sell\w*|revenue|pric(?:es?|ed|ing)|discount\w*|free|costs?|attrition|"
    r"cancel\w*|leav(?:e|es|ing)|quit\w*|instructions?|passwords?)\b",
    re.IGNORECASE,
)
LONGEST_NAME = 60
_NO_NAME = lazy_pattern(r"[:;,!?<>]")
"""Characters that make a name a statement."""
_LINK = lazy_pattern(r"https?:|www\.|\S@\S", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is left of a text, empty if nothing is; `dropped` has the other sentences, each with the reason."""

    text: str
    dropped: tuple[tuple[str, str], ...]


def spoken(text: str, rationale: Rationale, evidence: ExpansionEvidence) -> Spoken:
    """The sentences of a talk track that follow from the offer's rationale and are fit for the customer."""
    names = _Names(rationale, evidence)
    known_facts = KnownFacts(_as_reviewed(evidence, names))
    passed: list[tuple[str, str]] = []
    dropped: list[tuple[str, str]] = []
    spoken_of: frozenset[str] | None = None
    found = sentences(text)
    for before, found_text in zip(["", *found], found, strict=False):
        read = names.hidden(without_list_mark(found_text))
        sentence = Sentence(known_facts, read, planning=True, before=spoken_of if _GOES_ON.match(found_text) else None)
        if fault := _unfit(read) or sentence.fault():
            dropped.append((found_text.strip(), fault))
            continue
        spoken_of = sentence.keys
        passed.append((found_text, before))
    return Spoken(joined(passed), tuple(dropped))


def sayable(text: str) -> str:
    """The sentences of a text that a customer may hear."""
    found = sentences(text)
    return joined([(one, before) for before, one in zip(["", *found], found, strict=False) if not _unfit(plain(one))])


def can_be_named(name: str) -> bool:
    """True for a name that a sentence can hold: it stays one sentence, the name is more than a figure, and it says
    nothing that a customer is not to hear.
    """
    read = plain(name)
    if len(read) > LONGEST_NAME or _unfit(read) or _NO_NAME.search(read):
        return False
    rest = list(read)
    for figure in figures(read):
        rest[figure.start : figure.end] = " " * (figure.end - figure.start)
    one = len(sentences(f"With {name} at hand.")) == 1 and read == " ".join(read.split())
    return one and "%" not in read and any(character.isalpha() for character in rest)


def _unfit(text: str) -> str | None:
    """Why the customer is not to hear it, None if nothing speaks against it."""
    if word := _OURS_ALONE.search(text):
        return f"{word.group()} is nothing to tell the customer"
    return "it holds an address" if _LINK.search(text) else None


@dataclass(frozen=True)
class _Names:
    """The names that a talk track may hold, and the word that each feature's or tool's is read as."""

    rationale: Rationale
    evidence: ExpansionEvidence

    @cached_property
    def words(self) -> dict[str, str]:
        """By name in lower case. There are no such names where seats are offered."""
        names = dict.fromkeys(_lower(signal.name) for signal in self.rationale.signals if signal.name is not None)
        return {name: f"name{_in_letters(number)}" for number, name in enumerate(names)}

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        others = (_lower(name) for name in (self.evidence.plan, self.evidence.industry) if name)
        known = sorted({name for name in (*self.words, *others) if can_be_named(name)}, key=len, reverse=True)
        return re.compile(whole(known)) if known else None

    def hidden(self, text: str) -> str:
        """The text as the check reads it: in lower case, each name one word."""
        read = _lower(text)
        return self._pattern.sub(self._word, read) if self._pattern else read

    def _word(self, match: re.Match[str]) -> str:
        return self.words.get(match.group(), HIDDEN)

    def facts(self) -> Iterator[Fact]:
        """The rationale's signals, named by these words alone: a figure in a label is none that may be quoted."""
        for signal in self.rationale.signals:
            about = signal.about if signal.name is None else (self.words[_lower(signal.name)],)
            yield signal.model_copy(update={"label": signal.unit, "about": about})


def _lower(text: str) -> str:
    # Plain text may have capital letters that were one sign before: "㎒".
    return plain(text.casefold()).casefold()


def _in_letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def _as_reviewed(evidence: ExpansionEvidence, names: _Names) -> QBREvidence:
    """The evidence in the shape in which claims are checked; no other day is known than that of the facts."""
    quarter = Quarter.of(evidence.on)
    return QBREvidence(
        account_id=evidence.account_id,
        account_name=evidence.account_name,
        on=evidence.on,
        period=str(quarter),
        reviewed_period=str(quarter),
        reviewed_from=evidence.on,
        reviewed_to=evidence.on,
        trigger="requested",
        facts=tuple(names.facts()),
    )
