"""The counts of a scan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import field, fields, replace
from functools import partial
from typing import Annotated, Any, assert_never

from pydantic import Field

from customer_success.alerts.policy import Decision, Suppressed
from customer_success.dataclass import dataclass
from customer_success.isolation import alone, cause
from customer_success.scan.assessment import Assessment, Inactive, Rejected, Scored
from customer_success.schemas import CSMHealthSignals, is_empty
from customer_success.scoring import words
from customer_success.scoring.health_status import HealthStatus
from customer_success.text import short


def count(assessments: Iterable[Assessment]) -> Tally:
    """The counts of one page of the book. An account that cannot be put into words is counted without them."""
    tally = Tally()
    for each in assessments:
        tally = tally.plus(
            alone(
                f"account {each.row.account_id!r}, in its counts and cases,",
                partial(_count, each),
                partial(_barely, each),
            )
        )
    return tally


def _count(assessment: Assessment) -> Tally:
    """The counts of one account, with its cases in words."""
    tally = _outcome(assessment)
    match assessment:
        case Scored():
            tally = replace(tally, **_of_score(assessment))
        case Rejected() | Inactive():
            pass
        case _:
            assert_never(assessment)
    signals = _watched(assessment)
    cases = _cases(assessment)
    examples: dict[str, Any] = {name: tuple(map(in_short, found[:EXAMPLES])) for name, found in cases.items()}
    return replace(
        tally,
        watched=int(signals is not None),
        missing={signal: 1 for signal, value in signals or () if value is None},
        outdated=int(signals is not None and _stale(assessment)),
        statuses=_once(_unknown_status(assessment)),
        sums=dict.fromkeys(assessment.row.account.added_up[:EXAMPLES], 1),
        cases={name: len(found) for name, found in cases.items() if found},
        **examples,
    )


def _outcome(assessment: Assessment) -> Tally:
    """What became of an account, in numbers alone."""
    one = Tally(read=1, pages_changed=int(assessment.page_changed))
    match assessment:
        case Scored():
            return replace(one, scored=1)
        case Rejected(reason=reason):
            return replace(one, rejected={reason: 1})
        case Inactive():
            return replace(one, inactive=1)
        case _:
            assert_never(assessment)


def _of_score(scored: Scored) -> dict[str, Any]:
    """The counts of a score and of what was decided, by their names in the tally."""
    score, decision, status = scored.score, scored.decision, scored.health_status
    return {
        "colours": {status.rag: 1},
        "moves": _once(_move(scored)),
        "risks": {status.churn_risk: 1},
        "alerts": _once((scored.alert.churn_trigger or "score") if scored.alert else None),
        "suppressed": _once(str(decision.suppressed) if decision.suppressed else None),
        "false_alarms": _once(decision.false_alarm),
        "unknown": dict(Counter(score.unknown)),
        "lost": {driver.key: {f"{driver.points_lost:.1f}": 1} for driver in score.drivers},
    }


def _barely(assessment: Assessment, error: Exception) -> Tally:
    """The counts of an account whose cases cannot be put into words."""
    case = in_short(f"{assessment.row.account_id}: it was not counted in full: {cause(error)}")
    return replace(_outcome(assessment), cases={"unreadable": 1}, unreadable=(case,))


def _once(key: str | None) -> Counts:
    return {} if key is None else {key: 1}


def _cases(assessment: Assessment) -> dict[str, list[str]]:
    """What the digest lists of an account, by the tally's name for the list."""
    name, account = _name(assessment), assessment.row.account
    cases = {
        "unreadable": [f"{name}: {problem}" for problem in account.unreadable],
        "stale": [f"{name}: {_last_updated(assessment)}"] if _stale(assessment) else [],
    }
    if mark := _mark(assessment):
        cases["last_colours"] = [f"{name}: {mark}"]
    match assessment:
        case Scored(decision=Decision(suppressed=Suppressed.MUTED_UNTIL | Suppressed.FALSE_ALARM as suppressed)):
            cases["muted"] = [f"{name}: {suppressed}"]
        case Scored() | Inactive():
            pass
        case Rejected():
            cases |= _rejection(assessment, name)
        case _:
            assert_never(assessment)
    return cases


def _mark(assessment: Assessment) -> str:
    """That an account at risk keeps its last known colour, in words; empty where it has the colour of its score, and on
    the first day without one, when it is among those that can no longer be scored.
    """
    latest, before = assessment.row.latest, assessment.row.before
    match assessment:
        case Scored(mark=mark):
            return mark if assessment.health_status.at_risk else ""
        case Rejected() if (status := latest.last_colour) and status.at_risk:
            newly_lost = before is not None and before.status == "scored"
            return "" if newly_lost else _last_colour(status)
    return ""


def _last_colour(status: HealthStatus) -> str:
    day = status.run_date
    return f"{words.last_known_mark(status.rag, day, day, day)}, churn risk {status.churn_risk}"


def _rejection(rejected: Rejected, name: str) -> dict[str, list[str]]:
    before, last = rejected.row.before, rejected.row.latest.last
    why = f"{name}: {rejected.detail}"
    cases = {"rejections": [why]}
    if rejected.reason == "unexpected":
        cases["unexpected"] = [why]
    if before and before.status == "scored":
        status = last.health_status if last else None
        if status and status.at_risk:
            cases["danger_lost_sight_of"] = [f"{name}: {_last_colour(status)}; {rejected.detail}"]
        else:
            cases["no_longer_judged"] = [why]
    return cases


def _stale(assessment: Assessment) -> bool:
    account, run_date = assessment.row.account, assessment.row.latest.run_date
    return not account.inactive and account.stale_on(run_date)


def _last_updated(assessment: Assessment) -> str:
    updated = assessment.row.account.signals_updated
    assert updated is not None
    return f"signals last updated on {updated}, {(assessment.row.latest.run_date - updated).days} days ago"


def _unknown_status(assessment: Assessment) -> str | None:
    """The word of the account's status if it is not known."""
    account = assessment.row.account
    return short(account.status or "", 60) if account.status_meaning == "unknown" else None


def _watched(assessment: Assessment) -> CSMHealthSignals | None:
    """The signals of an account whose feeds are watched: one that is scored, or was once and has too little known now.
    New and onboarding accounts are not expected to have signals.
    """
    match assessment:
        case Scored(signals=signals):
            return signals
        case Rejected(signals=signals, reason=reason):
            return signals if assessment.row.latest.last and reason != "onboarding" else None
        case Inactive():
            return None
        case _:
            assert_never(assessment)


def _move(scored: Scored) -> str | None:
    """The change of colour since the last score."""
    before, now = scored.row.before, scored.health_status.rag
    was = before.last.health_status.rag if before and before.last else now
    return None if was == now else f"{was} → {now}"


def _name(assessment: Assessment) -> str:
    account = assessment.row.account
    return f"{short(account.name, 60)} ({account.account_id})"


EXAMPLES = 50
OTHER = "other words"


Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of a run, or of one page of it. `read` = `scored` + all `rejected` + `inactive`, always.

    The dictionaries count by reason, colour, move of colour ("GREEN → AMBER"), churn risk or signal. `lost` counts
    for each signal how many accounts lost how many points on it, in steps of 0.1. The lists hold the first
    `EXAMPLES` cases in words, `cases` how many there are of each list.

    `watched` are the accounts that are scored, or that once were and with too little known now: `missing` counts
    for each field of the signals for how many of them it is unknown, `outdated` how many of them are stale. `statuses`
    counts the words of a status that are not known, `sums` the properties that hold the sum of several values.

    `late` counts the accounts that miss a late feed ("usage/product"), `late_signals` those signals of theirs;
    `conflicts` are typed values that differ from a fresh feed's, `last_colours` accounts at risk that keep their last
    known colour, as there is no data; `detractors` accounts of which people became detractors.
    """

    read: int = 0
    scored: int = 0
    inactive: Annotated[int, Field(alias="skipped")] = 0
    pages_changed: int = 0
    rejected: Counts = field(default_factory=dict)
    colours: Counts = field(default_factory=dict)
    moves: Counts = field(default_factory=dict)
    risks: Counts = field(default_factory=dict)
    alerts: Counts = field(default_factory=dict)
    suppressed: Annotated[Counts, Field(alias="quiet")] = field(default_factory=dict)
    false_alarms: Counts = field(default_factory=dict)
    unknown: Counts = field(default_factory=dict)
    lost: dict[str, Counts] = field(default_factory=dict)
    watched: int = 0
    missing: Counts = field(default_factory=dict)
    outdated: int = 0
    statuses: Counts = field(default_factory=dict)
    sums: Counts = field(default_factory=dict)
    cases: Counts = field(default_factory=dict)
    rejections: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    danger_lost_sight_of: tuple[str, ...] = ()
    no_longer_judged: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    muted: Annotated[tuple[str, ...], Field(alias="hushed")] = ()
    late: Annotated[Counts, Field(exclude_if=is_empty)] = field(default_factory=dict)
    late_signals: Annotated[dict[str, Counts], Field(exclude_if=is_empty)] = field(default_factory=dict)
    conflicts: Annotated[tuple[str, ...], Field(exclude_if=is_empty)] = ()
    last_colours: Annotated[tuple[str, ...], Field(exclude_if=is_empty)] = ()
    detractors: Annotated[tuple[str, ...], Field(exclude_if=is_empty)] = ()

    def plus(self, other: Tally) -> Tally:
        """Both counts together."""
        both = Tally(**{f.name: _sum(getattr(self, f.name), getattr(other, f.name)) for f in fields(Tally)})
        return replace(both, statuses=_bounded(both.statuses))

    def medians(self) -> dict[str, float]:
        """The points that the median scored account loses on each signal."""
        return {signal: _median(counts) for signal, counts in self.lost.items()}


def add_counts(a: Counts, b: Counts) -> Counts:
    """Both counts together, by key."""
    return {key: a.get(key, 0) + b.get(key, 0) for key in {**a, **b}}


def _sum(a: Any, b: Any) -> Any:
    if isinstance(a, dict):
        return {key: _sum(a[key], b[key]) if key in a and key in b else {**b, **a}[key] for key in {**a, **b}}
    if isinstance(a, tuple):
        return (*a, *b)[:EXAMPLES]
    return a + b


def _bounded(counts: Counts) -> Counts:
    """The first `EXAMPLES` keys, and what the others count together: a run is one item of the table."""
    named = {key: count for key, count in counts.items() if key != OTHER}
    if len(named) <= EXAMPLES:
        return counts
    first = dict(list(named.items())[:EXAMPLES])
    return {**first, OTHER: sum(counts.values()) - sum(first.values())}


def _median(counts: Counts) -> float:
    half, seen = sum(counts.values()) / 2, 0
    for points in sorted(counts, key=float):
        seen += counts[points]
        if seen >= half:
            return float(points)
    return 0.0


LONGEST_CASE, LARGEST_CASE = 300, 600
"""Characters and bytes of a case in words: a run is one item of the table, with cases of any length."""


def in_short(case: str) -> str:
    """A case in words as a tally holds it."""
    cut = case if len(case) <= LONGEST_CASE else f"{case[: LONGEST_CASE - 1]}…"
    return cut.encode("utf-8", "replace")[:LARGEST_CASE].decode("utf-8", "ignore")
