"""Of what a sentence speaks: its clauses, and the facts that each of them names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from customer_success.dataclass import dataclass
from customer_success.narration.claims.figures import Figure
from customer_success.narration.claims.number_words import any_of
from customer_success.narration.evidence import Fact
from customer_success.patterns import lazy_pattern

STATES = (
    "adoption",
    "arr",
    "escalation",
    "nps",
    "percentile",
    "return on investment",
    "roi",
    "savings",
    "seats",
    "tickets",
)
"""What reviews speak of. A figure about one of these of which nothing is known is invented."""

_BREAK = lazy_pattern(
    r",\s|;|:\s|\s[–—-]\s|[()\[\]]"
    r"|\b(?:and|but|while|whereas|although|though|because|which|with|when|after|before|so|yet|versus|vs|against)\b"
    r"|\bas\b(?!\s(?:of|at|many|much|well|high|low|few|an?)\b)",
    re.IGNORECASE,
)
_DIRECTLY = lazy_pattern(
    r"[\s-]*(?:(?!(?:to|by|from|on|in|due|for|as|than|over|under|at|after|thanks|per|was|were|is|are|has|have)\b)"
    r"[\w-]+\s+){0,3}\Z",
    re.IGNORECASE,
)
_COMPARED = lazy_pattern(r"\b(?:like|unlike|than)\s(?:the\s|its\s|their\s)?\Z", re.IGNORECASE)
_WINDOW = 20
_SHORTEST_PLURAL = 3
_FILLER = lazy_pattern(
    r"\b(?:the|its|their|our|both|all|current|open|active|total|average|number|of|share|rate)\b|\W", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A word of a sentence that names the facts with these keys, which may be none."""

    start: int
    end: int
    keys: frozenset[str]


@dataclass(frozen=True)
class Vocabulary:
    """The words that name facts."""

    facts: tuple[Fact, ...]

    @cached_property
    def _keys(self) -> dict[str, frozenset[str]]:
        keys: dict[str, frozenset[str]] = {_stem(word): frozenset() for word in STATES}
        for fact in self.facts:
            words = (*fact.about, "roi") if fact.key.startswith("roi_") else fact.about
            for word in words:
                keys[_stem(word)] = keys.get(_stem(word), frozenset()) | {fact.key}
        return keys

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(rf"\b(?:{any_of(self._keys)})(?:s\b|\b)", re.IGNORECASE)

    def mentions(self, text: str) -> list[Mention]:
        """Where the text names something, in its order."""
        return [
            Mention(match.start(), match.end(), self._keys[_stem(match.group())])
            for match in self._pattern.finditer(text)
            if not _COMPARED.search(text, max(0, match.start() - _WINDOW), match.start())
        ]


def _stem(word: str) -> str:
    stem = word.casefold()
    return stem[:-1] if len(stem) > _SHORTEST_PLURAL and stem.endswith("s") else stem


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence with what it names; `before` are the keys that the parts before it, or if there are none
    the parts after it, speak of.
    """

    start: int
    end: int
    text: str
    mentions: tuple[Mention, ...]
    before: frozenset[str] | None

    def nearest(self, figure: Figure, fitting: frozenset[str]) -> frozenset[str] | None:
        """The facts that a figure may be about; None if nothing is named. `fitting` can be stated by such a figure.

        These are the ones named last before it, with those named directly after it ("85 % of the seats"); only where
        none of these could be stated so, the ones named farther away.
        """
        if not self.mentions:
            return self.before
        before = [mention for mention in self.mentions if mention.end <= figure.start]
        after = [mention for mention in self.mentions if mention.start >= figure.end]
        named = self.counted(figure)
        for mention in (*reversed(before), *after):
            if not mention.keys or mention.keys & fitting:
                return named | mention.keys
        return named

    def counted(self, figure: Figure) -> frozenset[str]:
        """What is named directly after a figure, as in "3 open tickets"."""
        after = next((mention for mention in self.mentions if mention.start >= figure.end), None)
        return after.keys if after and _DIRECTLY.match(self._between(figure, after)) else frozenset()

    def _between(self, figure: Figure, mention: Mention) -> str:
        return self.text[figure.end - self.start : mention.start - self.start]

    @property
    def keys(self) -> frozenset[str] | None:
        """All that it speaks of; None if nothing is named."""
        return frozenset().union(*(m.keys for m in self.mentions)) if self.mentions else self.before


def clauses(text: str, found: Sequence[Figure], vocabulary: Vocabulary, before: frozenset[str] | None) -> list[Clause]:
    """The clauses of a sentence that goes on from what speaks of `before`."""
    taken = [(figure.start, figure.end) for figure in found]
    spans = _spans(text, taken)
    mentions = vocabulary.mentions(text)
    named = [tuple(m for m in mentions if start <= m.start < end) for start, end in spans]
    first = next((_keys(group) for group in named if group), None)
    parted: list[Clause] = []
    current, listed = before if before is not None else first, frozenset[str]()
    for (start, end), group in zip(spans, named, strict=True):
        clause = text[start:end]
        if group:
            keys = _keys(group)
            current = keys | listed
            group = (replace(group[0], keys=group[0].keys | listed), *group[1:])
            listed = current if _only_names(clause, start, group) else frozenset()
        parted.append(Clause(start, end, clause, group, current))
    return parted


def _keys(mentions: Iterable[Mention]) -> frozenset[str]:
    return frozenset().union(*(mention.keys for mention in mentions))


def _only_names(clause: str, start: int, mentions: Iterable[Mention]) -> bool:
    """True for the first part of "adoption and seats": it names things and says nothing of them."""
    rest = clause
    for mention in mentions:
        rest = rest[: mention.start - start] + " " * (mention.end - mention.start) + rest[mention.end - start :]
    return not _FILLER.sub("", rest)


def _spans(text: str, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The clauses' places. A break within a figure, as in "one hundred and five", is none."""
    spans, start, at = [], 0, 0
    for match in _BREAK.finditer(text):
        while at < len(taken) and taken[at][1] <= match.start():
            at += 1
        if at < len(taken) and taken[at][0] < match.end() and match.start() < taken[at][1]:
            continue
        spans.append((start, match.start()))
        start = match.end()
    return [*spans, (start, len(text))]
