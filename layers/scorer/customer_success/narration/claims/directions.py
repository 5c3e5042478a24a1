"""Which way a sentence says that something went."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from customer_success.patterns import lazy_pattern

Direction = Literal[-1, 0, 1]
Mode = Literal["level", "change", "either"]

_RISE = (
    r"rose|risen|rises?|rising|increased|increases|grew|grown|grows|climb(?:ed|s|ing)|jumped|gained|added|brought|"
    r"earned|(?:increase|rise|growth|gain|jump|improvement)\sof|up(?!\sto\b|\sfor\b|-)|improve[ds]|recovered"
)
_FALL = (
    r"fell|fallen|falls?|falling|declined|declines|drop(?:ped|s|ping)|decreased|decreases|shrank|shrunk|shrinks|"
    r"slipped|lost|cost|took|sank|(?:decrease|decline|drop|fall|loss|reduction)\sof|down|reduced|worsened|deteriorated"
)
_MOVE = lazy_pattern(rf"\b(?:(?P<up>{_RISE})|(?P<down>{_FALL}))\b", re.IGNORECASE)
_EVALUATIVE = ("improve", "recover", "worsen", "deterior")
_NEGATED = lazy_pattern(r"(?:\b(?:not|never|hardly|no)|n't)\s(?:\w+\s)?\Z", re.IGNORECASE)
_COMPARED = lazy_pattern(
    r"\s?(?:(?P<up>more|higher|increase|rise|growth|gain|improvement)|"
    r"(?P<down>less|lower|fewer|drop|decline|decrease|reduction))\b",
    re.IGNORECASE,
)

HEDGES = r"(?:(?:about|around|roughly|approximately|nearly|almost|some|over|more than|just)\s)*"
_BY = lazy_pattern(
    rf"\b(?P<by>by|up|down|gained|lost|cost|took|added|brought|earned|(?:increase|rise|growth|gain|jump|improvement|"
    rf"decrease|decline|drop|fall|loss|reduction|change|difference)\sof)\s{HEDGES}\Z",
    re.IGNORECASE,
)
_AT = lazy_pattern(
    r"(?:\b(?:to|at|from|reach(?:ed|es|ing)?|is|was|are|were|of|with|stands|stood|hit|exceeds|exceeded)\s|→\s?)"
    rf"{HEDGES}\Z",
    re.IGNORECASE,
)
_FROM = lazy_pattern(rf"\bfrom\s{HEDGES}\Z", re.IGNORECASE)
_TO = lazy_pattern(rf"(?:\bto\s|→\s?){HEDGES}\Z", re.IGNORECASE)
_ARROW = lazy_pattern(r"\s?→")
_MOVED_TO = lazy_pattern(rf"\b(?:{_RISE}|{_FALL})\s(?:to|from)\s{HEDGES}\Z", re.IGNORECASE)


class Move(NamedTuple):
    """A way that something went, 0 if none is named. An `evaluative` one ("improved") holds only for what is better
    the more it is.
    """

    direction: Direction
    evaluative: bool = False


def mode_of(before: str, after: str, *, moved: bool) -> Mode:
    """Whether a figure between the two texts is where something stands, or by how much it went, as far as it shows."""
    by = _BY.search(before)
    if (by and (moved or by["by"].casefold() != "by")) or _COMPARED.match(after):
        return "change"
    if _AT.search(before):
        return "level"
    return "either" if moved else "level"


def move_of(before: str, after: str) -> Move:
    """The way that the words before a figure, or else those after it, say that something went."""
    if compared := _COMPARED.match(after):
        return Move(1 if compared["up"] else -1)
    moves = [*_MOVE.finditer(before)][-1:] or [*_MOVE.finditer(after)][:1]
    for move in moves:
        if _NEGATED.search(move.string[: move.start()]):
            return Move(0)
        return Move(1 if move["up"] else -1, move.group().casefold().startswith(_EVALUATIVE))
    return Move(0)


def comes_from(before: str, after: str) -> bool:
    """True if what stands between the texts is where something began: "from 82.0", "82.0 →"."""
    return bool(_FROM.search(before) or _ARROW.match(after))


def comes_to(before: str) -> bool:
    """True if what follows the text is where something ended: "to 71.5", "→ 71.5"."""
    return bool(_TO.search(before))


def went(before: str) -> bool:
    """True if the text ends with a move to or from what follows it: "rose to"."""
    return bool(_MOVED_TO.search(before))
