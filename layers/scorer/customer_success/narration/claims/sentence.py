"""Whether the evidence bears out what a sentence states, and if not, why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import combinations, pairwise
from typing import get_args

from customer_success.narration.claims.directions import (
    Direction,
    Mode,
    Move,
    comes_from,
    comes_to,
    mode_of,
    move_of,
    went,
)
from customer_success.narration.claims.figures import ROUGHLY, Figure, figures
from customer_success.narration.claims.known_facts import COLOUR, KnownFacts
from customer_success.narration.claims.matching import can_change, changes, is_of, stated
from customer_success.narration.claims.moments import Moment
from customer_success.narration.claims.number_words import any_of
from customer_success.narration.claims.plans import is_planned
from customer_success.narration.claims.sentences import HIDDEN
from customer_success.narration.claims.subjects import Clause, clauses
from customer_success.narration.evidence import Fact
from customer_success.patterns import lazy_pattern
from customer_success.schemas import Sentiment, UsageTrend

_FROM_COLOUR = lazy_pattern(r"\bfrom\s(green|amber|red)\sto\s(green|amber|red)\b", re.IGNORECASE)
_LEAST = lazy_pattern(r"\b(?:more than|over|above|at least|exceed(?:s|ed|ing)?)\s\Z", re.IGNORECASE)
_MOST = lazy_pattern(r"\b(?:less than|fewer than|under|below|at most|nearly|almost)\s\Z", re.IGNORECASE)
_PAST = lazy_pattern(r"\b(?:ago|lapsed|expired|ended|overdue)\b", re.IGNORECASE)
_FRAME = lazy_pattern(r"(?:\b(?:as of|as at|by|since|between|during)\s(?:the\s)?|\A\W*(?:on|in|at)\s)\Z", re.IGNORECASE)
_ON = lazy_pattern(r"\b(?:on|as of|as at)\s(?:the\s)?\Z", re.IGNORECASE)
_HAPPENS = lazy_pattern(
    r"\b(?:end(?:s|ed|ing)?|expire[sd]?|until|due|renews|renewed|lapse[sd]?|starts?|began|signed|changed|turned|became)\b",
    re.IGNORECASE,
)
_CHANGING = lazy_pattern(r"change|moved|lost|gain|delta|difference|cost|growth", re.IGNORECASE)
_NONE = lazy_pattern(
    r"\b(?:no(?!\s(?:longer|further|more|such|other)\b)|not a single|without(?: any)?|none of (?:the|its|their))\s"
    r"(?:\w+\s){0,2}\Z",
    re.IGNORECASE,
)
_NO_CLAIM = lazy_pattern(
    r"\s(?:data|reports?|history|figures?|records?|information|facts?)\b|\s(?:is|are|was|were)\s(?:known|measured|available)\b",
    re.IGNORECASE,
)
_COUNTED = lazy_pattern(
    r"\b(?:tickets?|escalations?|features?|modules?|incidents?|invoices?|complaints?)\b", re.IGNORECASE
)
_ONE_THING = lazy_pattern(r"\s(?!of\b)(?:\w+\s){0,2}\Z")
_BETTER_THE_MORE = ("share", "points", "amount")
_STATE = (
    r"(?:\s(?:trend|sentiment|tickets?))?\s(?:is|was|are|were|remains?|remained|stays?|stayed)\s"
    r"(?:(?:still|now|\w+ly)\s)?"
)
_WORDS = [frozenset(get_args(words)) for words in (UsageTrend, Sentiment)]
_INCREASED_BY = lazy_pattern(r"\bby\s(?:\w+\s)?\Z", re.IGNORECASE)
_EXTREME = lazy_pattern(
    r"\b(?:(?P<lowest>lowest|worst|minimum|low)|(?P<highest>highest|best|maximum|peak|high))\b", re.IGNORECASE
)
_WINDOW = 60
NOISE = 1e-9


@dataclass(frozen=True)
class Sentence:
    """One sentence before the check. `planning` is true in the section of next steps; `before` is what it is
    about where it does not say so itself, None if that may be anything.
    """

    known_facts: KnownFacts
    text: str
    planning: bool = False
    before: frozenset[str] | None = None

    @cached_property
    def bare(self) -> str:
        """The text with names hidden."""
        names = self.known_facts.names
        text = names.sub(lambda match: HIDDEN * len(match.group()), self.text) if names else self.text
        return re.sub(r"\bB2[BC]\b", HIDDEN * 3, text)

    @cached_property
    def unnamed(self) -> str:
        """The bare text with what it speaks of hidden too: the "cost" of "ROI Cost saved" is no way that it went."""
        text = self.bare
        for mention in (mention for clause in self.clauses for mention in clause.mentions):
            text = text[: mention.start] + HIDDEN * (mention.end - mention.start) + text[mention.end :]
        return text

    @cached_property
    def figures(self) -> list[Figure]:
        return figures(self.bare)

    @cached_property
    def clauses(self) -> list[Clause]:
        return clauses(self.text, self.figures, self.known_facts.vocabulary, self.before)

    @property
    def keys(self) -> frozenset[str] | None:
        """The facts of which it speaks at its end."""
        return self.clauses[-1].keys

    @cached_property
    def named(self) -> frozenset[str]:
        """All facts that it names."""
        return frozenset().union(*(clause.keys or () for clause in self.clauses))

    def fault(self) -> str | None:
        """Why it must go, None if the evidence bears it out."""
        return next(self._faults(), None)

    def _faults(self) -> Iterator[str]:
        at = 0
        for clause in self.clauses:
            found = []
            while at < len(self.figures) and self.figures[at].start < clause.end:
                found.append(self.figures[at])
                at += 1
            part = _Part(self, clause, found)
            yield from part.figure_faults()
            yield from part.colour_faults()
            yield from part.word_faults()
            yield from part.none_faults()


@dataclass(frozen=True)
class _Part:
    """One clause of a sentence with its figures."""

    sentence: Sentence
    clause: Clause
    figures: Sequence[Figure]

    @property
    def known_facts(self) -> KnownFacts:
        return self.sentence.known_facts

    @cached_property
    def facts(self) -> dict[str, Fact]:
        return self.known_facts.facts

    def figure_faults(self) -> Iterator[str]:
        paired = {id(figure) for pair in self._pairs for figure in pair}
        for figure in self.figures:
            stands = self._is_known(figure) if id(figure) in paired else self._stands(figure)
            if not stands:
                yield f"{figure.text} is not in the evidence{self._elsewhere(figure)}"
        for began, ended in self._pairs:
            if not self._pair_stands(began, ended):
                yield f"from {began.text} to {ended.text} is not in the evidence"

    @cached_property
    def _pairs(self) -> list[tuple[Figure, Figure]]:
        """The numbers of which the clause says that something went from the first to the second."""
        numbers = [figure for figure in self.figures if figure.kind not in ("moment", "unread")]
        return [
            (began, ended)
            for began, ended in pairwise(numbers)
            if comes_from(self._before(began), self._after(began)) and comes_to(self._before(ended))
        ]

    def _is_known(self, figure: Figure) -> bool:
        """True if a fact of what the clause names stands at the figure."""
        return any(_is(figure, fact) or self._quotes(figure, fact) for fact in self._candidates(figure))

    def _elsewhere(self, figure: Figure) -> str:
        everything = list(self.facts.values())
        fits = self.clause.keys is not None and figure.readings and self._fits(figure, everything, any_move=True)
        return " as the sentence has it" if fits else ""

    def colour_faults(self) -> Iterator[str]:
        text = self.sentence.bare[self.clause.start : self.clause.end]
        colours = [match.group() for match in COLOUR.finditer(text)]
        if not colours:
            return
        of_clause = {key: found for key, found in self.known_facts.colours.items() if key in (self.clause.keys or ())}
        known = frozenset().union(*(of_clause or self.known_facts.colours).values())
        yield from (f"{colour} is not in the evidence" for colour in colours if colour.casefold() not in known)
        for first, last in _FROM_COLOUR.findall(text):
            if not self._colour_turned(first.casefold(), last.casefold()):
                yield f"from {first} to {last} is not in the evidence"

    def _colour_turned(self, first: str, last: str) -> bool:
        words = [fact for key in self.known_facts.colours if (fact := self.facts[key])]
        if any(f"from {first} to {last}" in fact.label.casefold() for fact in words):
            return True
        coloured = [(fact, str(fact.value).casefold()) for fact in words if fact.unit == "word"]
        return any(
            (was, became) == (first, last) and a.as_of < b.as_of for a, was in coloured for b, became in coloured
        )

    def word_faults(self) -> Iterator[str]:
        """Words for a state that has another word: "usage is growing" where it is declining."""
        text = self.sentence.bare
        for mention in self.clause.mentions:
            known = {str(fact.value) for key in mention.keys if (fact := self.facts[key]).unit == "word"}
            for words in (words for words in _WORDS if known & words):
                state = re.compile(rf"{_STATE}(?P<word>{any_of(words)})\b", re.IGNORECASE).match(text, mention.end)
                if state and state["word"].casefold() not in known:
                    yield f"{state['word']} is not in the evidence"

    def none_faults(self) -> Iterator[str]:
        for mention in self.clause.mentions:
            word = self.sentence.text[mention.start : mention.end]
            before = self.sentence.bare[max(self.clause.start, mention.start - _WINDOW) : mention.start]
            if not (_COUNTED.fullmatch(word) and (none := _NONE.search(before))):
                continue
            counts = [fact.value for key in mention.keys if (fact := self.facts[key]).unit == "count"]
            if 0.0 not in counts and not _NO_CLAIM.match(self.sentence.text, mention.end):
                yield f"{none.group()}{word} is not in the evidence"

    def _before(self, figure: Figure) -> str:
        return self.sentence.bare[max(self.clause.start, figure.start - _WINDOW) : figure.start]

    def _after(self, figure: Figure) -> str:
        return self.sentence.bare[figure.end : min(self.clause.end, figure.end + _WINDOW)]

    def _stands(self, figure: Figure) -> bool:
        if figure.kind == "moment":
            return self._moment_stands(figure)
        if figure.kind == "unread":
            return False
        if figure.pronoun and not self._counts_things(figure):
            return True
        if self.sentence.planning and is_planned(figure, self._before(figure), self._after(figure), self._timed):
            return True
        if figure.parts and figure.readings[0].value != 1 and all(self._stands(part) for part in figure.parts):
            return True
        return self._fits(figure, self._candidates(figure))

    @cached_property
    def _past(self) -> bool:
        return _PAST.search(self.clause.text) is not None

    @cached_property
    def _happens(self) -> bool:
        """True if the clause says that something begins, ends or turns."""
        return _HAPPENS.search(self.clause.text) is not None

    @cached_property
    def _timed(self) -> bool:
        """True if the clause names something whose days are known."""
        named = frozenset[str]().union(*(mention.keys for mention in self.clause.mentions))
        return any(self.facts[key].unit in ("days", "date") for key in named)

    def _counts_things(self, figure: Figure) -> bool:
        """True for the "one" of "one open ticket"."""
        after = next((mention for mention in self.clause.mentions if mention.start >= figure.end), None)
        if after is None or not _ONE_THING.match(self.sentence.text[figure.end : after.start]):
            return False
        return not after.keys or any(self.facts[key].unit == "count" for key in after.keys)

    def _moment_stands(self, figure: Figure) -> bool:
        named = [self.facts[key] for key in self.clause.keys or ()]
        own = {fact.day for fact in named if fact.day} | {fact.as_of for fact in named if fact.series}
        exact = any(moment.day for moment in figure.moments)
        asked = exact or self._happens
        if any(fact.day for fact in named) and asked and not _FRAME.search(self._before(figure)):
            return _any_holds(figure.moments, own)
        return _any_holds(figure.moments, self.known_facts.days | (frozenset() if exact else self.known_facts.months))

    def _candidates(self, figure: Figure) -> list[Fact]:
        """The facts that the figure may state: of what is named, or anything where nothing is."""
        changing = figure.kind == "times" or self._mode(figure) != "level"
        fitting = frozenset(
            key
            for key, fact in self.facts.items()
            if stated(figure, fact) is not None or (changing and can_change(figure, fact)) or self._quotes(figure, fact)
        )
        counted = [fact for key in self.clause.counted(figure) if (fact := self.facts[key]).unit == "count"]
        if figure.kind == "plain" and counted:
            return counted
        named = self.clause.nearest(figure, fitting)
        if named is None or (named and not self.clause.mentions and not named & fitting):
            return list(self.facts.values())
        if figure.kind in ("plain", "points"):  # points of the score are lost to something else
            named |= {key for key in self.clause.keys or () if self.facts[key].unit == "points"}
            named |= {key for key in self.sentence.named if _is_change(self.facts[key])}
        return self._extreme(figure, [self.facts[key] for key in named])

    def _extreme(self, figure: Figure, named: list[Fact]) -> list[Fact]:
        """The facts that are the lowest or highest, if the figure is called that and there are such."""
        words = [*_EXTREME.finditer(self._before(figure))][-1:]
        extreme = [fact for fact in named for match in words if fact.key.endswith(f"_{match.lastgroup}")]
        return extreme or named

    def _fits(self, figure: Figure, facts: Sequence[Fact], *, any_move: bool = False) -> bool:
        move, mode = self._move(figure), self._mode(figure)
        if any_move:
            move, mode = Move(0), "either"
        if any(self._states(figure, fact, move, mode) for fact in facts):
            return True
        if mode == "level" and figure.kind != "times":
            return False
        names = {fact.series for fact in facts if fact.series}
        return any(
            _changed_by(figure, change, _direction(move, earlier))
            for name in names
            for earlier, later in combinations(self.known_facts.series.get(name, ()), 2)
            if earlier.as_of < later.as_of
            for change in changes(figure, earlier, later)
        )

    def _move(self, figure: Figure) -> Move:
        start = self.clause.start if self.clause.mentions else 0
        text = self.sentence.unnamed
        after = text[figure.end : min(self.clause.end, figure.end + _WINDOW)]
        return move_of(text[max(start, figure.start - _WINDOW) : figure.start], after)

    def _mode(self, figure: Figure) -> Mode:
        if figure.kind == "percentage_points":
            return "change"
        moved = figure.signed or self._move(figure).direction != 0
        before = self.sentence.unnamed[max(self.clause.start, figure.start - _WINDOW) : figure.start]
        return mode_of(before, self._after(figure), moved=moved)

    def _states(self, figure: Figure, fact: Fact, move: Move, mode: Mode) -> bool:
        value, direction = stated(figure, fact), _direction(move, fact)
        if (direction == 0 or figure.kind == "duration") and self._quotes(figure, fact):
            return True
        if value is None:
            return False
        if _is_change(fact):
            names_change = mode == "change" or figure.signed or figure.kind == "points" or direction != 0
            return names_change and _changed_by(figure, value, direction)
        if mode == "change" and (fact.unit != "number" or _INCREASED_BY.search(self._before(figure))):
            return False
        if fact.unit == "days" and (value < 0 or fact.key.startswith("days_to")):
            if self._past != (value < 0) and not figure.signed:
                return False
            value = value if figure.signed else abs(value)
        return self._is_near(figure, value) and self._went_so(figure, fact, direction)

    def _quotes(self, figure: Figure, fact: Fact) -> bool:
        """True if the figure stands so in the fact's label: the days of "escalations in 90 days"."""
        return any(
            quoted.kind in (figure.kind, "plain")
            and quoted.unit in (figure.unit, "")
            and [reading.value for reading in quoted.readings] == [reading.value for reading in figure.readings]
            for quoted in self.known_facts.quoted[fact.key]
            if quoted.readings and figure.kind not in ("percentage_points", "times", "amount")
        )

    def _is_near(self, figure: Figure, value: float) -> bool:
        """True if the figure states the value, or a bound that it keeps to and is not far from: "under 90 days"."""
        before, figure_ = self._before(figure), figure.readings[0].value
        least, most = _LEAST.search(before), _MOST.search(before)
        if not (least or most) or (least and figure.kind == "duration"):
            return is_of(figure, value)
        holds = value >= figure_ - NOISE if least else value <= figure_ + NOISE
        near = figure.kind not in ("percent", "share") and abs(value - figure_) <= ROUGHLY * abs(figure_)
        return holds and (near or is_of(figure, value))

    def _went_so(self, figure: Figure, fact: Fact, direction: Direction) -> bool:
        """True if the fact's series went the stated way, and stood so on the stated day."""
        series = self.known_facts.series.get(fact.series or "", [fact])
        if fact.series and not self._stood_then(fact):
            return False
        if direction == 0:
            return True
        if len(series) == 1:
            return not went(self._before(figure))
        return direction in _trends(fact, series, self.known_facts.evidence.reviewed_to)

    def _stood_then(self, fact: Fact) -> bool:
        """True unless the clause names one day on which it says that things stood so, and the fact is of another."""
        return not self._then or _any_holds(self._then, {fact.as_of, self.known_facts.evidence.on})

    @cached_property
    def _then(self) -> tuple[Moment, ...]:
        """The one day on which the clause says that things stood so, empty if it names none or several."""
        named = [figure for figure in self.figures if any(moment.day for moment in figure.moments)]
        return named[0].moments if len(named) == 1 and _ON.search(self._before(named[0])) else ()

    def _pair_stands(self, began: Figure, ended: Figure) -> bool:
        """True if one thing stood at the first figure, and later at the second."""
        direction = self._move(began)
        starts, ends = self._candidates(began), self._candidates(ended)
        return any(self._quotes(began, fact) and self._quotes(ended, fact) for fact in starts) or any(
            a.series is not None
            and a.series == b.series
            and a.as_of < b.as_of
            and _is(began, a)
            and _is(ended, b)
            and _direction(direction, a) in (0, _sign(_number(b) - _number(a)))
            for a in starts
            for b in ends
        )


def _is(figure: Figure, fact: Fact) -> bool:
    value = stated(figure, fact)
    return value is not None and is_of(figure, value)


def _number(fact: Fact) -> float:
    return fact.value if isinstance(fact.value, float) else 0.0


def _sign(number: float) -> Direction:
    return 0 if number == 0 else 1 if number > 0 else -1


def _direction(move: Move, fact: Fact) -> Direction:
    return 0 if move.evaluative and fact.unit not in _BETTER_THE_MORE else move.direction


def _is_change(fact: Fact) -> bool:
    """True if the fact is itself a change: "change of the health score". What is counted, as "changes of colour", or
    bears a name that people gave it, as "ROI Cost saved", is none.
    """
    return fact.series is None and fact.unit in ("points", "share") and _CHANGING.search(_named(fact)) is not None


def _named(fact: Fact) -> str:
    return f"{fact.key} {fact.label}"


def _changed_by(figure: Figure, change: float, direction: Direction) -> bool:
    if figure.signed or figure.kind == "times":
        return is_of(figure, change)
    return is_of(figure, abs(change)) and direction in (0, _sign(change))


def _trends(fact: Fact, series: Sequence[Fact], reviewed_to: date) -> set[Direction]:
    """Which way the series went to the fact from its start, or from the fact if that is its start."""
    first = series[0]
    if fact.as_of > first.as_of:
        return {_sign(_number(fact) - _number(first))}
    reviewed = [later for later in series if later.as_of <= reviewed_to]
    return {_sign(_number(last) - _number(fact)) for last in (*reviewed[-1:], series[-1])}


def _any_holds(moments: Sequence[Moment], days: frozenset[date] | set[date]) -> bool:
    return any(moment.holds(day) for moment in moments for day in days)
