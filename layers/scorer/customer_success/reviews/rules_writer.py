"""The rule-based writer of reviews: plain sentences, each figure in them a fact of the evidence. It needs no model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from customer_success.narration.evidence import QBREvidence, worded
from customer_success.narration.ports import BY_RULE, Narration
from customer_success.periods import long_date
from customer_success.reviews.facts import (
    ColourChange,
    FactKey,
    MeasuredRoi,
    OtherMoves,
    SignalMove,
    YesNo,
    has_figures,
    value_in_words,
)
from customer_success.schemas import QBRContent
from customer_success.scoring.scorecard import LABELS
from customer_success.scoring.words import LOW_ADOPTION

NOT_MEASURED = "not measured"
RENEWAL_DUE_DAYS = 120
MANY_SEATS, FEW_SEATS = 1.0, 0.5
LOW_NPS = 7


class ReviewByRule:
    """`ReviewWriter` by rule: plain sentences, each figure in them a fact of the evidence. It raises nothing."""

    def write_qbr(self, evidence: QBREvidence) -> Narration:
        return Narration(review(evidence), BY_RULE)


def review(evidence: QBREvidence) -> QBRContent:
    """The four sections of a review, in plain sentences."""
    return QBRContent(
        account_id=evidence.account_id,
        period=evidence.period,
        reviewed_period=evidence.reviewed_period,
        account_health_summary=[*_health(evidence), *_adoption(evidence)],
        roi_and_business_impact=list(_roi(evidence)) or [NOT_MEASURED],
        feature_adoption_scorecard=list(evidence.features),
        expansion_and_next_steps=[*_contract(evidence), *_steps(evidence)],
    )


def number(evidence: QBREvidence, key: FactKey) -> float | None:
    """A fact's value as a number, None if it is not known or not a number."""
    fact = evidence.fact(key)
    return fact.number if fact else None


def renewal_due(evidence: QBREvidence) -> bool:
    """True if the contract ends within `RENEWAL_DUE_DAYS` and its renewal is not signed."""
    days = number(evidence, FactKey.DAYS_TO_RENEWAL)
    return days is not None and 0 <= days <= RENEWAL_DUE_DAYS and evidence.fact(FactKey.RENEWAL_SIGNED) is None


def notice_is_past(evidence: QBREvidence) -> bool:
    """True if the contract auto-renews and the notice deadline has passed."""
    days, notice = number(evidence, FactKey.DAYS_TO_RENEWAL), number(evidence, FactKey.NOTICE_DAYS)
    return _renews(evidence) and days is not None and notice is not None and 0 <= days < notice


def _renews(evidence: QBREvidence) -> bool:
    """True if the contract auto-renews and no renewal is signed."""
    renews = evidence.fact(FactKey.AUTO_RENEW)
    return renews is not None and renews.value == YesNo.YES and evidence.fact(FactKey.RENEWAL_SIGNED) is None


def adoption_is_low(evidence: QBREvidence) -> bool:
    """True if some of what the plan includes is known not to be in use."""
    rate = number(evidence, FactKey.ADOPTION)
    return (rate is not None and rate < LOW_ADOPTION) or _has_little_used(evidence)


def _has_little_used(evidence: QBREvidence) -> bool:
    return any(feature.status == "underutilised" for feature in evidence.features)


class _Moment(NamedTuple):
    """The keys of score and colour at one moment."""

    score: FactKey
    colour: FactKey


_AT_START = _Moment(FactKey.SCORE_AT_START, FactKey.COLOUR_AT_START)
_AT_END = _Moment(FactKey.SCORE_AT_END, FactKey.COLOUR_AT_END)
_NOW = _Moment(FactKey.SCORE_NOW, FactKey.COLOUR_NOW)


def _health(evidence: QBREvidence) -> Iterator[str]:
    quarter = evidence.reviewed_period
    start, end, now = (_scored(evidence, moment) for moment in (_AT_START, _AT_END, _NOW))
    if end is None:
        yield f"There is no score history of {quarter}, so it cannot be said how health developed."
    elif start is None:
        yield f"The only health score of {quarter} is {end}."
    else:
        yield f"The health score was {start} and {end}{_changed(number(evidence, FactKey.SCORE_CHANGE))}."
        yield from _development(evidence)
    if now:
        yield f"The latest health score is {now}."


def _scored(evidence: QBREvidence, moment: _Moment) -> str | None:
    score, colour = evidence.fact(moment.score), evidence.fact(moment.colour)
    if score is None:
        return None
    return f"{worded(score)}{f' ({colour.value})' if colour else ''} on {long_date(score.as_of)}"


def _development(evidence: QBREvidence) -> Iterator[str]:
    lowest, highest = evidence.fact(FactKey.SCORE_LOWEST), evidence.fact(FactKey.SCORE_HIGHEST)
    if lowest and highest and lowest.value != highest.value:
        yield (
            f"The health score was lowest with {worded(lowest)} on {long_date(lowest.as_of)} "
            f"and highest with {worded(highest)} on {long_date(highest.as_of)}."
        )
    changes = [fact for fact in evidence.facts if isinstance(fact, ColourChange)]
    yield from (f"The colour changed from {change.before} to {change.after} on {worded(change)}." for change in changes)
    if not changes and (colour := evidence.fact(FactKey.COLOUR_AT_END)):
        yield f"The colour was {colour.value} throughout."
    for fact in evidence.facts:
        if isinstance(fact, SignalMove | OtherMoves):
            yield _moved(fact)


def _changed(points: float | None) -> str:
    if points is None:
        return ""
    if points == 0:
        return ": no change"
    return f": {'up' if points > 0 else 'down'} {abs(points):.1f} points"


def _moved(move: SignalMove | OtherMoves) -> str:
    points = move.number or 0.0
    cause = _cause(move) if isinstance(move, SignalMove) else move.label
    brought = "brought" if points > 0 else "cost"
    return f"{cause[0].upper()}{cause[1:]} {brought} {abs(points):.1f} points of the health score."


def _cause(move: SignalMove) -> str:
    """The signal, with its values if they are words; figures have facts of their own."""
    if has_figures(move.before) or has_figures(move.after):
        return LABELS[move.signal]
    before, after = value_in_words(move.signal, move.before), value_in_words(move.signal, move.after)
    return f"{LABELS[move.signal]} ({before} → {after})"


def _adoption(evidence: QBREvidence) -> Iterator[str]:
    was, now = evidence.fact(FactKey.ADOPTION_AT_START), evidence.fact(FactKey.ADOPTION)
    if now and was:
        yield (
            f"Feature adoption was {worded(was)} on {long_date(was.as_of)} and {worded(now)} on {long_date(now.as_of)}."
        )
    elif now:
        yield f"Feature adoption is {worded(now)} as of {long_date(now.as_of)}."


def _roi(evidence: QBREvidence) -> Iterator[str]:
    for fact in evidence.facts:
        if isinstance(fact, MeasuredRoi):
            yield f"{fact.label}: {worded(fact)}, as of {long_date(fact.as_of)}."


def _contract(evidence: QBREvidence) -> Iterator[str]:
    end, days = evidence.fact(FactKey.CONTRACT_END), number(evidence, FactKey.DAYS_TO_RENEWAL)
    if end is None or days is None:
        yield "The end of the contract is not known: confirm it."
    elif days < 0 and _renews(evidence):
        yield f"The term of the contract ended on {worded(end)}, and it renews by itself: confirm the new term."
        return
    elif days < 0:
        yield f"The contract ended on {worded(end)}: agree on what follows it."
    else:
        left = "today" if days == 0 else f"in {days:.0f} {'day' if days == 1 else 'days'}"
        yield f"The contract runs until {worded(end)}, {left}."
    if evidence.fact(FactKey.RENEWAL_SIGNED):
        yield "The renewal of the contract is signed."
    elif terms := list(_terms(evidence)):
        yield f"The contract {', and '.join(terms)}."
    if notice_is_past(evidence):
        yield "The day for giving notice has passed."
    elif renewal_due(evidence):
        yield "Agree on the renewal: who decides, by when, and what they need to see."


def _terms(evidence: QBREvidence) -> Iterator[str]:
    if renews := evidence.fact(FactKey.AUTO_RENEW):
        yield "renews by itself" if renews.value == YesNo.YES else "does not renew by itself"
    if notice := evidence.fact(FactKey.NOTICE_DAYS):
        yield f"has a notice period of {worded(notice)} {'day' if notice.value == 1 else 'days'}"


def _steps(evidence: QBREvidence) -> Iterator[str]:
    """What to do next, by rule, from what is known and asks for it."""
    steps = [*_adoption_step(evidence), *_usage_steps(evidence), *_support_steps(evidence)]
    if steps:
        yield from steps
    elif evidence.fact(FactKey.ADOPTION) or evidence.fact(FactKey.USAGE_TREND):
        yield "Nothing else that is known asks for a step: keep the regular contact."
    else:
        yield "Too little is known to propose more: fill in what is listed as not known."


def _adoption_step(evidence: QBREvidence) -> Iterator[str]:
    if _has_little_used(evidence):
        yield "Show what the features can do that the scorecard has as underutilised."
    elif (rate := evidence.fact(FactKey.ADOPTION)) and adoption_is_low(evidence):
        yield f"Feature adoption is {worded(rate)}: show what the plan includes and is not in use yet."


def _usage_steps(evidence: QBREvidence) -> Iterator[str]:
    usage, seats, nps = evidence.fact(FactKey.USAGE_TREND), evidence.fact(FactKey.SEATS), evidence.fact(FactKey.NPS)
    if usage and usage.value in ("declining", "inactive"):
        yield f"Usage is {usage.value}: ask what changed in the daily work."
    share = number(evidence, FactKey.SEATS)
    if seats and share is not None and share > MANY_SEATS:
        yield f"More seats are in use than were bought ({worded(seats)}): agree on how many are needed."
    elif seats and share is not None and share < FEW_SEATS:
        yield f"Seats in use: {worded(seats)}. Find out who has a seat and does not use it."
    rating = number(evidence, FactKey.NPS)
    if nps and rating is not None and rating < LOW_NPS:
        yield f"Ask what lies behind the NPS of {worded(nps)}."


def _support_steps(evidence: QBREvidence) -> Iterator[str]:
    tickets, escalations = evidence.fact(FactKey.OPEN_TICKETS), number(evidence, FactKey.ESCALATIONS)
    if tickets and tickets.value:
        open_tickets = "open ticket" if tickets.value == 1 else "open tickets"
        yield f"Go through the {worded(tickets)} {open_tickets} with support."
    if escalations:
        yield "Make sure that every escalation was closed to everybody's satisfaction."
