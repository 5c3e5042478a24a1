"""The rule-based explanation of a score in plain words. It needs no model and invents nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from math import fsum
from typing import Literal

from customer_success.dataclass import dataclass
from customer_success.messages import Explanation
from customer_success.periods import long_date
from customer_success.schemas import ChurnRiskResult, CSMHealthScore, CSMHealthSignals, Driver
from customer_success.scoring.health_status import Point
from customer_success.scoring.scorecard import DEFAULT_SCORECARD, LABELS
from customer_success.scoring.scorer import Delta, InsufficientDataError, explain_change
from customer_success.scoring.signal_words import SIGNAL_NAMES, in_words, side_of_change

WHY_DRIVERS = 3
MOST_CHANGES = 4
MOST_COSTS = 4
NOTABLE_POINTS = 0.5
BAD_SHARE = 0.4
LONG_SILENCE_DAYS = 60
LOW_ADOPTION = 0.7
NOTHING_COSTS = "No signal costs it points."

_WEIGHTS: dict[str, float] = {signal.key: signal.weight for signal in DEFAULT_SCORECARD.signals}

_NEXT_STEP = {
    "feature_adoption_rate": "Show them the features that their plan includes and they do not use yet.",
    "usage_trend": "Ask what changed in how they work; usage is going down.",
    "login_frequency_days": "Ask who still works with it day to day, and what keeps the others away.",
    "days_since_last_interaction": "Get back in touch and fix a date for a talk.",
    "invoice_payment_status": "Clear the open invoice with their finance contact.",
    "support": "Go through the open tickets with support before the next talk.",
    "days_to_renewal": "Agree on the renewal: who decides, by when, and what they need to see.",
    "seats_utilization_rate": "Find out who has a seat and does not use it.",
    "stakeholder_engagement": "Find a sponsor beside the daily contact.",
    "nps_score": "Ask what lies behind their low rating.",
    "escalation_count_90_days": "Make sure that the escalation was closed to their satisfaction.",
    "collections_risk": "Speak with collections about what is agreed before contacting the customer.",
    "tam_health_rag": "Ask the technical account manager what stands behind the rating.",
}


def driver_words(driver: Driver) -> str:
    """A driver in words."""
    return in_words(driver.key, driver.value)


def why(score: CSMHealthScore) -> str:
    """The drivers that cost most, for the account's page."""
    return "; ".join(costliest(score)) or NOTHING_COSTS


def costliest(score: CSMHealthScore) -> tuple[str, ...]:
    """The drivers that cost most, each in words with its points."""
    return tuple(f"{driver_words(d)} (−{d.points_lost:.1f})" for d in _costly(score)[:WHY_DRIVERS])


def _costly(score: CSMHealthScore) -> list[Driver]:
    return [driver for driver in score.drivers if driver.points_lost >= NOTABLE_POINTS]


def topics(signals: CSMHealthSignals) -> tuple[Literal["contact", "adoption", "support"], ...]:
    """What a mail to the customer may speak of: what is known and really so."""
    adoption, contact = signals.feature_adoption_rate, signals.days_since_last_interaction
    found: list[Literal["contact", "adoption", "support"]] = []
    if contact is not None and contact > LONG_SILENCE_DAYS:
        found.append("contact")
    if adoption is not None and adoption < LOW_ADOPTION:
        found.append("adoption")
    if signals.open_ticket_count:
        found.append("support")
    return tuple(found)


def next_step(score: CSMHealthScore) -> str:
    """One step for the owner: the renewal if the contract makes the risk, else by the worst of what is known."""
    if score.churn_trigger in ("contract_proximity", "both"):
        return _NEXT_STEP["days_to_renewal"]
    worst = next((driver for driver in _costly(score) if driver.value is not None and _is_bad(driver, score)), None)
    return _NEXT_STEP[worst.key] if worst else "Keep the regular contact."


def _is_bad(driver: Driver, score: CSMHealthScore) -> bool:
    """True for a cap, and for a signal that earns little of its weight: a merely fair one asks for no step."""
    weight = _WEIGHTS.get(driver.key)
    return weight is None or driver.points_lost >= BAD_SHARE * weight * score.scale


def too_little_known(error: InsufficientDataError) -> str:
    """Why an account has no score, for its page and the digest."""
    missing = ", ".join(LABELS[key] for key in error.missing)
    return (
        f"{error.coverage:.0%} of what the score weighs is known, at least {error.minimum:.0%} is needed; "
        f"unknown: {missing}"
    )


def changes(score: CSMHealthScore, before: Point | None, unrated: Collection[str] = frozenset()) -> tuple[str, ...]:
    """What moved the score since the point before, the costliest first, with the points it cost or brought.

    What the account did comes first; what only the data did is one sentence at the end.
    """
    if before is None:
        return ()
    deltas = explain_change(before.score, score, unrated=unrated)
    own = sorted(deltas, key=lambda delta: delta.account)
    notable = [delta for delta in own if abs(delta.account) >= NOTABLE_POINTS]
    return (
        *(f"{LABELS[delta.key]}: {_sides(delta)} ({_signed(delta.account)})" for delta in notable[:MOST_CHANGES]),
        *_changes_of_data(deltas, unrated),
    )


def _sides(delta: Delta) -> str:
    return f"{side_of_change(delta.key, delta.before)} → {side_of_change(delta.key, delta.after)}"


def _changes_of_data(deltas: Sequence[Delta], unrated: Collection[str]) -> tuple[str, ...]:
    points = fsum(delta.data for delta in deltas)
    flipped = [delta for delta in deltas if (delta.before is None) != (delta.after is None) and delta.data]
    lost = [LABELS[delta.key] for delta in flipped if delta.after is None or delta.key in unrated]
    found = [LABELS[delta.key] for delta in flipped if delta.after is not None]
    named = [f"{', '.join(names)} {what}" for names, what in ((lost, NO_LONGER), (found, KNOWN_NOW)) if names]
    if not named and abs(points) < NOTABLE_POINTS:
        return ()
    return (f"data, not the account: {'; '.join(named) or 'known in part'} ({_signed(points)})",)


NO_LONGER = "no longer known"
KNOWN_NOW = "known now"


def _signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", "−")


def costs(score: CSMHealthScore, medians: Mapping[str, float]) -> tuple[str, ...]:
    """What costs the account more than it costs the median account, the dearest first."""
    dear = [driver for driver in _costly(score) if driver.points_lost > medians.get(driver.key, 0.0)]
    return tuple(
        f"{driver_words(driver)} (−{driver.points_lost:.1f}{_median_words(driver.key, medians)})"
        for driver in dear[:MOST_COSTS]
    )


def _median_words(key: str, medians: Mapping[str, float]) -> str:
    return f", median −{medians[key]:.1f}" if medians.get(key) else ""


def unknowns(score: CSMHealthScore) -> tuple[str, ...]:
    """The unknown signals, by their names."""
    return tuple(LABELS[key] for key in score.unknown)


def headline(score: CSMHealthScore, before: Point | None) -> str:
    """Colour, score, its change and the risk in one line."""
    was = ""
    if before is not None:
        then = before.health_status
        was = f", {_signed(score.score - then.score)} since {then.run_date}"
        if then.rag != score.rag:
            was = f"{was}, was {then.rag}"
    return f"{score.rag} {score.score:.1f}{was}; churn risk {score.churn_risk}{_trigger_words(score)}"


def _trigger_words(score: CSMHealthScore) -> str:
    match score.churn_trigger:
        case "both":
            return ": the contract ends soon and usage is falling"
        case "contract_proximity":
            return ": the contract ends soon"
        case "behavioral":
            return ": usage is falling"
    return ""


@dataclass(frozen=True, slots=True)
class NoDataSince:
    """The score with the last known values of signals that became unknown, by whose colour the account goes on.

    `mark` says so in words, empty where neither colour nor score differ by it. `unrated` are caps among the signals.
    """

    score: CSMHealthScore
    mark: str
    unrated: frozenset[str] = frozenset()


def explain(
    score: CSMHealthScore,
    before: Point | None,
    medians: Mapping[str, float],
    since: date,
    no_data: NoDataSince | None = None,
) -> Explanation:
    """The explanation of a score: what changed first, then what costs more than usual, then the rest.

    With `no_data` the headline is that of the last known colour, marked; what costs and what changed is what is known.
    """
    shown = no_data.score if no_data else score
    mark = f"; {no_data.mark}" if no_data and no_data.mark else ""
    return Explanation(
        headline=f"{headline(shown, before)}{mark}",
        what_changed=changes(score, before, no_data.unrated if no_data else frozenset()),
        what_costs=costs(score, medians),
        unknown=unknowns(score),
        coverage=score.coverage,
        since=since,
        next_step=next_step(shown),
    )


def last_known_mark(rag: str, since: date, as_of: date, known_on: date, signals: Sequence[str] = ()) -> str:
    """Why an account keeps its colour: "RED as of 10 February 2026, no data since: usage trend".

    `since` is the first day of the colour, `known_on` the last on which all was known, `as_of` the day of those
    data.
    """
    names = [SIGNAL_NAMES.get(signal, signal) for signal in signals]
    named = ", ".join(names[:MOST_NAMES]) + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")
    if since <= known_on:
        return f"{rag} as of {long_date(as_of)}, no data since{f': {named}' if named else ''}"
    return f"{rag} with no data since {long_date(as_of)}{f': {named}' if named else ''}"


MOST_NAMES = 3


def churn_narrative(score: CSMHealthScore, explanation: Explanation) -> ChurnRiskResult:
    """The churn risk of an account with its reasons, by rule."""
    return ChurnRiskResult(
        account_id=score.account_id,
        churn_risk=score.churn_risk,
        trigger=score.churn_trigger,
        narrative=explanation.headline,
        what_changed=list(explanation.what_changed),
        what_costs=list(explanation.what_costs),
        unknown=list(explanation.unknown),
        next_step=explanation.next_step,
        confidence="high" if score.coverage >= _SURE else "medium",
    )


_SURE = 0.8
