"""The facts of a review about the health score: its values, its colours, and what moved it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import get_args

from customer_success.dataclass import dataclass
from customer_success.narration.evidence import Fact
from customer_success.periods import Quarter, long_date
from customer_success.reviews.facts import (
    HISTORY,
    ColourChange,
    FactKey,
    OtherMoves,
    SignalMove,
    fact,
    value_in_words,
)
from customer_success.schemas import CapKey
from customer_success.scoring.health_status import Point
from customer_success.scoring.scorecard import LABELS
from customer_success.scoring.scorer import Delta, explain_change
from customer_success.scoring.words import MOST_CHANGES, NOTABLE_POINTS

NEAR = timedelta(days=14)
"""A score counts for the start of a quarter if it is at most this old on the quarter's first day. A score within the
quarter counts for its start or end if it is at most this far from it."""

_NOT_QUOTED = (*get_args(CapKey), "invoice_payment_status", "stakeholder_engagement")
"""The customer reads the review: ratings by other teams, invoices and opinions of people are left out."""
_ABOUT: Mapping[str, tuple[str, ...]] = {
    "feature_adoption_rate": ("adoption",),
    "usage_trend": ("usage",),
    "login_frequency_days": ("login", "logins"),
    "days_since_last_interaction": ("contact",),
    "support": ("support", "ticket", "tickets"),
    "days_to_renewal": ("renewal",),
    "seats_utilization_rate": ("seat", "seats"),
    "nps_score": ("nps",),
    "escalation_count_90_days": ("escalation", "escalations"),
}
_ABOUT_SCORE, _ABOUT_COLOUR = ("score", "health"), ("colour", "score", "health")


@dataclass(frozen=True, slots=True)
class QuarterScores:
    """An account's scores as a quarter sees them.

    `span` reaches from the score at the quarter's start to the last one within it, and is empty if there is none
    within it. `now` is the latest score after it.
    """

    quarter: Quarter
    span: tuple[Point, ...]
    now: Point | None

    @classmethod
    def of(cls, quarter: Quarter, points: Sequence[Point], run_date: date) -> QuarterScores:
        """The scores of `points`, oldest first, that lie between `NEAR` before the quarter and the run date."""
        first, last = quarter.first, quarter.last
        before = [point for point in points if first - NEAR <= point.run_date <= first]
        within = [point for point in points if first <= point.run_date <= last]
        after = [point for point in points if last < point.run_date <= run_date]
        span = [*before[-1:], *(point for point in within if point.run_date > first)] if within else []
        return cls(quarter, tuple(span), after[-1] if after else None)

    @property
    def start(self) -> Point | None:
        """The score that the quarter is compared with, None if there is but one."""
        return self.span[0] if len(self.span) > 1 else None

    @property
    def end(self) -> Point | None:
        """The last score within the quarter."""
        return self.span[-1] if self.span else None

    def facts(self) -> Iterator[Fact]:
        """Scores, colours and what moved the score."""
        yield from _scores(self)
        yield from _colours(self)
        yield from _moves(self)

    def gaps(self) -> Iterator[str]:
        """Which parts of the quarter have no score, in words; none if it has no score at all."""
        quarter, start, end = self.quarter, self.start, self.end
        if end is None:
            return
        if start is None:
            yield f"one score only in {quarter}: the review cannot say how health developed"
            return
        if start.run_date - quarter.first > NEAR:
            yield f"no score history in {quarter} before {long_date(start.run_date)}"
        if quarter.last - end.run_date > NEAR:
            yield f"no score history in {quarter} after {long_date(end.run_date)}"
        if not _has_drivers(start, end):
            yield (
                f"what moved the health score in {quarter}: a score that was brought in does not say what it is made of"
            )


def _scores(scores: QuarterScores) -> Iterator[Fact]:
    quarter, start, end = scores.quarter, scores.start, scores.end
    if start:
        near = abs(start.run_date - quarter.first) <= NEAR
        label = "health score at the start of" if near else "first health score of"
        yield _score(FactKey.SCORE_AT_START, f"{label} {quarter}", start)
    if end:
        near = quarter.last - end.run_date <= NEAR
        label = "health score at the end of" if near else "last health score of"
        yield _score(FactKey.SCORE_AT_END, f"{label} {quarter}", end)
    if start and end:
        points = attrgetter("score.score")
        within = [point for point in scores.span if point.run_date >= quarter.first]
        yield _score(FactKey.SCORE_LOWEST, f"lowest health score of {quarter}", min(within, key=points))
        yield _score(FactKey.SCORE_HIGHEST, f"highest health score of {quarter}", max(within, key=points))
        label = f"change of the health score in {quarter}"
        yield fact(FactKey.SCORE_CHANGE, label, _ABOUT_SCORE, _change(start, end), "points", HISTORY, end.run_date)
    if scores.now:
        yield _score(FactKey.SCORE_NOW, f"health score after {quarter}", scores.now)


def _score(key: FactKey, label: str, point: Point) -> Fact:
    value = _rounded(point.score.score)
    return fact(key, label, _ABOUT_SCORE, value, "points", HISTORY, point.run_date, series="health_score")


def _change(start: Point, end: Point) -> float:
    """The change between the scores as people see them, so that it agrees with the two scores shown."""
    return _rounded(_rounded(end.score.score) - _rounded(start.score.score))


def _rounded(points: float) -> float:
    return round(points, 1) + 0.0  # -0.0 would read as a loss


def _colours(scores: QuarterScores) -> Iterator[Fact]:
    quarter, start, end = scores.quarter, scores.start, scores.end
    if start:
        yield _colour(FactKey.COLOUR_AT_START, f"colour at the start of {quarter}", start)
    if end:
        yield _colour(FactKey.COLOUR_AT_END, f"colour at the end of {quarter}", end)
    if start and end:
        changes = [(a, b) for a, b in pairwise(scores.span) if a.health_status.rag != b.health_status.rag]
        label, number = f"changes of colour in {quarter}", float(len(changes))
        yield fact(FactKey.COLOUR_CHANGES, label, ("colour",), number, "count", HISTORY, end.run_date)
        yield from (_colour_change(number, *change) for number, change in enumerate(changes, start=1))
    if scores.now:
        yield _colour(FactKey.COLOUR_NOW, f"colour after {quarter}", scores.now)


def _colour(key: FactKey, label: str, point: Point) -> Fact:
    return fact(key, label, _ABOUT_COLOUR, point.health_status.rag, "word", HISTORY, point.run_date, series="colour")


def _colour_change(number: int, before: Point, after: Point) -> ColourChange:
    return ColourChange(
        key=f"colour_change_{number}",
        label=f"colour changed from {before.health_status.rag} to {after.health_status.rag}",
        about=("colour",),
        value=after.run_date,
        unit="date",
        source=HISTORY,
        as_of=after.run_date,
        before=before.health_status.rag,
        after=after.health_status.rag,
    )


def _moves(scores: QuarterScores) -> Iterator[Fact]:
    """What moved the score between start and end, the biggest first, and in one sum all that is not listed alone."""
    start, end = scores.start, scores.end
    if not (start and end and _has_drivers(start, end)):
        return
    rest = end.score.score - start.score.score
    notable = [d for d in explain_change(start.score, end.score) if abs(d.account) >= NOTABLE_POINTS]
    for delta in [d for d in notable if d.key not in _NOT_QUOTED][:MOST_CHANGES]:
        rest -= delta.account
        yield _move(delta, end.run_date)
    if _rounded(rest):
        yield OtherMoves(
            key="moved_by_the_rest",
            label="everything else together",
            about=("everything else", "all else", "other"),
            value=_rounded(rest),
            unit="points",
            source=HISTORY,
            as_of=end.run_date,
        )


def _move(delta: Delta, as_of: date) -> SignalMove:
    before, after = value_in_words(delta.key, delta.before), value_in_words(delta.key, delta.after)
    return SignalMove(
        key=f"moved_by_{delta.key}",
        label=f"{LABELS[delta.key]} {before} → {after}",
        about=_ABOUT[delta.key],
        value=_rounded(delta.account),
        unit="points",
        source=HISTORY,
        as_of=as_of,
        signal=delta.key,
        before=delta.before,
        after=delta.after,
    )


def _has_drivers(start: Point, end: Point) -> bool:
    """True if both scores have their drivers; an older one that was brought in may not."""
    return bool(start.score.drivers and end.score.drivers)
