"""The evidence as the check asks it: with what follows from it, and the words that name each fact."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import groupby

from customer_success.narration.claims.figures import Figure, figures
from customer_success.narration.claims.sentences import plain
from customer_success.narration.claims.subjects import Vocabulary
from customer_success.narration.evidence import Fact, QBREvidence
from customer_success.patterns import lazy_pattern
from customer_success.periods import Quarter

COLOUR = lazy_pattern(r"\b(?:green|amber|red|yellow)\b(?!\s(?:flags?|lights?|tape|thread)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class KnownFacts:
    """The evidence, prepared for the check of many sentences."""

    evidence: QBREvidence

    @cached_property
    def facts(self) -> dict[str, Fact]:
        """By key: the facts, the days to each day that is known, and the numbers of features."""
        return {fact.key: fact for fact in (*self.evidence.facts, *self._days_to(), *self._feature_counts())}

    def _days_to(self) -> Iterator[Fact]:
        for fact in self.evidence.facts:
            if fact.day:
                days = float((fact.day - self.evidence.on).days)
                yield fact.model_copy(update={"key": f"days_to {fact.key}", "value": days, "unit": "days"})

    def _feature_counts(self) -> Iterator[Fact]:
        statuses = [feature.status for feature in self.evidence.features]
        counts: dict[str, int] = {status: statuses.count(status) for status in sorted(set(statuses))}
        if statuses:
            counts |= {"all": len(statuses), "entitled": len(statuses) - statuses.count("not_entitled")}
        for what, count in counts.items():
            yield Fact(
                key=f"features {what}",
                label=f"number of features: {what}",
                about=("feature", "module"),
                value=float(count),
                unit="count",
                source="feature adoption scorecard",
                as_of=self.evidence.on,
            )

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(tuple(self.facts.values()))

    @cached_property
    def series(self) -> dict[str, list[Fact]]:
        """The numeric facts of each series, oldest first."""
        numeric = [fact for fact in self.facts.values() if fact.series and isinstance(fact.value, float)]
        ordered = sorted(numeric, key=lambda fact: (str(fact.series), fact.as_of))
        return {name: list(group) for name, group in groupby(ordered, key=lambda fact: str(fact.series))}

    @cached_property
    def quoted(self) -> dict[str, list[Figure]]:
        """The figures in the label of each fact and in the word that it is: those of "escalations in 90 days"."""
        texts = {key: f"{fact.label}; {fact.value if fact.unit == 'word' else ''}" for key, fact in self.facts.items()}
        return {key: figures(plain(text).replace("_", " ")) for key, text in texts.items()}

    @cached_property
    def days(self) -> frozenset[date]:
        """The days that a review may name of anything."""
        evidence = self.evidence
        named = (evidence.on, evidence.reviewed_from, evidence.reviewed_to, *(fact.as_of for fact in evidence.facts))
        return frozenset({*named, *(fact.day for fact in evidence.facts if fact.day)})

    @cached_property
    def months(self) -> frozenset[date]:
        """A day of each month of the reviewed quarter and the one in which the review is held."""
        quarters = (Quarter.of(self.evidence.reviewed_from), Quarter.of(self.evidence.on))
        return frozenset(quarter.first + timedelta(days=31 * month) for quarter in quarters for month in range(3))

    @cached_property
    def colours(self) -> dict[str, frozenset[str]]:
        """The colours that the facts with these keys have or mention."""
        texts = {key: f"{fact.label} {fact.value}" for key, fact in self.facts.items()}
        found = {key: frozenset(map(str.casefold, COLOUR.findall(text))) for key, text in texts.items()}
        return {key: colours for key, colours in found.items() if colours}

    @cached_property
    def names(self) -> re.Pattern[str] | None:
        """Names and phrases of the evidence whose figures and colours claim nothing, None if there are none."""
        words = (str(fact.value) for fact in self.evidence.facts if fact.unit == "word")
        features = (feature.feature for feature in self.evidence.features)
        known = (self.evidence.account_name, self.evidence.account_id, *self.evidence.gaps, *features, *words)
        # The team named these columns itself: no sign in one of them claims anything.
        columns = (fact.label for fact in self.evidence.facts if fact.key.startswith("roi_"))
        return _any_of([*filter(_is_name, map(plain, known)), *map(plain, columns)])


def _any_of(names: Iterable[str]) -> re.Pattern[str] | None:
    given = sorted({name.strip() for name in names}, key=len, reverse=True)
    return re.compile(whole(given), re.IGNORECASE) if given else None


def whole(names: Iterable[str]) -> str:
    """A pattern for any of the names, whole: none begins or ends within a word, or in a number such as 95,001."""
    return rf"(?<!\w)(?<!\d[.,])(?:{'|'.join(map(re.escape, names))})(?!\w|[.,]\d)"


def _is_name(text: str) -> bool:
    """True for what holds a figure or colour and something else: "Studio 54", not "Three", "AMBER" or "99 %"."""
    rest = list(COLOUR.sub("", text))
    found = figures("".join(rest))
    for figure in found:
        rest[figure.start : figure.end] = " " * (figure.end - figure.start)
    given = len(rest) < len(text) or bool(found)
    return given and "%" not in text and any(character.isalpha() for character in rest)
