"""The counts of a scan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from customer_success.alerts.policy import Suppressed
from customer_success.isolation import alone, cause
from customer_success.scan.assessment import Assessment
from customer_success.schemas import CSMHealthScore
from customer_success.text import short


def count(judgements: Iterable[Assessment]) -> Tally:
    """The counts of one page of the book, account by account: one that cannot be put into words costs only those."""
    tally = Tally()
    for judgement in judgements:
        tally = tally.plus(
            alone(
                f"account {judgement.row.account_id!r}, in what is counted and said of it,",
                partial(_count, judgement),
                partial(_barely, judgement),
            )
        )
    return tally


def _count(j: Assessment) -> Tally:
    """The counts of one account."""
    status, decision = j.row.latest.status, j.decision
    score = _score(j) if status == "scored" else None
    signals = j.signals if _is_watched(j) else None
    told = _in_words(j)
    examples: dict[str, Any] = {name: tuple(map(in_short, cases[:EXAMPLES])) for name, cases in told.items()}
    return replace(
        _outcome(j),
        colours=_once(score.rag if score else None),
        moves=_once(_move(j) if score else None),
        risks=_once(score.churn_risk if score else None),
        alerts=_once((j.alert.churn_trigger or "score") if score and j.alert else None),
        suppressed=_once(str(decision.suppressed) if score and decision and decision.suppressed else None),
        false_alarms=_once(decision.false_alarm if score and decision else None),
        unknown=dict(Counter(score.unknown)) if score else {},
        lost={driver.key: {f"{driver.points_lost:.1f}": 1} for driver in score.drivers} if score else {},
        watched=int(signals is not None),
        missing={signal: 1 for signal, value in signals or () if value is None},
        outdated=int(signals is not None and _stale(j)),
        cases={name: len(cases) for name, cases in told.items() if cases},
        **examples,
    )


def _outcome(j: Assessment) -> Tally:
    """What became of an account, in numbers alone."""
    status = j.row.latest.status
    return Tally(
        read=1,
        scored=int(status == "scored"),
        inactive=int(status == "skipped"),
        pages_changed=int(j.page_changed),
        rejected=_once((j.row.latest.reason or "") if status == "rejected" else None),
    )


def _barely(j: Assessment, error: Exception) -> Tally:
    """What is counted of an account of which more cannot be said than that."""
    case = in_short(f"{j.row.account_id}: it was not counted in full: {cause(error)}")
    return replace(_outcome(j), cases={"unreadable": 1}, unreadable=(case,))


def _once(key: str | None) -> Counts:
    return {} if key is None else {key: 1}


def _in_words(j: Assessment) -> dict[str, list[str]]:
    """What the digest lists of an account, by the tally's name for the list."""
    day, decision = j.row.latest, j.decision
    rejected = day.status == "rejected"
    lost = rejected and j.row.before is not None and j.row.before.status == "scored"
    hushed = decision is not None and decision.suppressed in (Suppressed.MUTED_UNTIL, Suppressed.FALSE_ALARM)
    why = f"{_name(j)}: {day.detail}"
    return {
        "rejections": [why] if rejected else [],
        "unexpected": [why] if rejected and day.reason == "unexpected" else [],
        "danger_lost_sight_of": [f"{_name(j)}: {_was(j)}; {day.detail}"] if lost and _was_in_danger(j) else [],
        "no_longer_judged": [why] if lost and not _was_in_danger(j) else [],
        "unreadable": [f"{_name(j)}: {problem}" for problem in j.row.account.unreadable],
        "stale": [f"{_name(j)}: {_last_updated(j)}"] if _stale(j) else [],
        "muted": [f"{_name(j)}: {decision.suppressed}"] if decision and hushed else [],
    }


def _stale(judgement: Assessment) -> bool:
    account, on = judgement.row.account, judgement.row.latest.run_date
    return not account.inactive and account.stale_on(on)


def _last_updated(judgement: Assessment) -> str:
    updated = judgement.row.account.signals_updated
    assert updated is not None
    return f"signals last updated on {updated}, {(judgement.row.latest.run_date - updated).days} days ago"


def _was_in_danger(judgement: Assessment) -> bool:
    last = judgement.row.latest.last
    return last is not None and last.score.should_alert


def _was(judgement: Assessment) -> str:
    last = judgement.row.latest.last
    assert last is not None
    return f"was {last.score.rag} with churn risk {last.score.churn_risk} on {last.run_date}"


def _is_watched(judgement: Assessment) -> bool:
    """True for an account whose feeds are watched: one that is scored, or that was once and of which too little is
    known now. Of an account that is new or in onboarding nobody expects signals yet.
    """
    day = judgement.row.latest
    return judgement.signals is not None and day.last is not None and day.reason != "onboarding"


def _score(judgement: Assessment) -> CSMHealthScore:
    point = judgement.row.latest.point
    assert point is not None
    return point.score


def _move(judgement: Assessment) -> str | None:
    before = judgement.row.before
    now = _score(judgement).rag
    was = before.last.score.rag if before and before.last else now
    return None if was == now else f"{was} → {now}"


def _name(judgement: Assessment) -> str:
    account = judgement.row.account
    return f"{short(account.name, 60)} ({account.account_id})"


EXAMPLES = 50


Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of a run, or of one page of it. `read` = `scored` + all `rejected` + `inactive`, always.

    The dictionaries count by reason, colour, move of colour ("GREEN → AMBER"), churn risk or signal. `lost` counts
    for each signal how many accounts lost how many points on it, in steps of 0.1. The lists hold the first
    `EXAMPLES` cases in words, `cases` how many there are of each list.

    `watched` are the accounts that are scored, or that once were and of which too little is known now: `missing` says
    for each field of the signals for how many of them it is unknown, `outdated` how many of them are stale.
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
    cases: Counts = field(default_factory=dict)
    rejections: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    danger_lost_sight_of: tuple[str, ...] = ()
    no_longer_judged: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    muted: Annotated[tuple[str, ...], Field(alias="hushed")] = ()

    def plus(self, other: Tally) -> Tally:
        """Both counts together."""
        return Tally(**{f.name: _sum(getattr(self, f.name), getattr(other, f.name)) for f in fields(Tally)})

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


def _median(counts: Counts) -> float:
    half, seen = sum(counts.values()) / 2, 0
    for points in sorted(counts, key=float):
        seen += counts[points]
        if seen >= half:
            return float(points)
    return 0.0


LONGEST_CASE, LARGEST_CASE = 300, 600
"""Characters and bytes of a case in words: a run is one item of the table, whatever its cases say."""


def in_short(case: str) -> str:
    """A case in words as a tally holds it."""
    cut = case if len(case) <= LONGEST_CASE else f"{case[: LONGEST_CASE - 1]}…"
    return cut.encode("utf-8", "replace")[:LARGEST_CASE].decode("utf-8", "ignore")
