"""The counts of a scan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from customer_success.alerts.policy import Quiet
from customer_success.scan.assessment import (
    Judgement,
)
from customer_success.schemas import CSMHealthScore
from customer_success.text import short


def count(judgements: Iterable[Judgement]) -> Tally:
    """The counts of one page of the book."""
    judged = tuple(judgements)
    scored = [j for j in judged if j.row.day.status == "scored"]
    rejected = [j for j in judged if j.row.day.status == "rejected"]
    decisions = [j.decision for j in scored if j.decision]
    told = _in_words(judged)
    watched = [j for j in judged if _is_watched(j)]
    return Tally(
        read=len(judged),
        scored=len(scored),
        skipped=sum(j.row.day.status == "skipped" for j in judged),
        pages_changed=sum(j.page_changed for j in judged),
        rejected=Counter(j.row.day.reason or "" for j in rejected),
        colours=Counter(_score(j).rag for j in scored),
        moves=Counter(move for j in scored if (move := _move(j))),
        risks=Counter(_score(j).churn_risk for j in scored),
        alerts=Counter((j.alert.churn_trigger or "score") for j in scored if j.alert),
        quiet=Counter(str(d.quiet) for d in decisions if d.quiet),
        false_alarms=Counter(d.false_alarm for d in decisions if d.false_alarm),
        unknown=Counter(signal for j in scored for signal in _score(j).unknown),
        lost=_lost(scored),
        watched=len(watched),
        missing=Counter(signal for j in watched for signal, value in (j.signals or ()) if value is None),
        outdated=sum(_stale(j) for j in watched),
        cases={name: len(cases) for name, cases in told.items() if cases},
        **{name: tuple(map(in_short, cases[:EXAMPLES])) for name, cases in told.items()},
    )


def _in_words(judged: Sequence[Judgement]) -> dict[str, list[str]]:
    """The cases that the digest lists, by the tally's name for the list."""
    rejected = [j for j in judged if j.row.day.status == "rejected"]
    lost = [j for j in rejected if j.row.before and j.row.before.status == "scored"]
    hushed = [j for j in judged if j.decision and j.decision.quiet in (Quiet.QUIET_UNTIL, Quiet.FALSE_ALARM)]
    unexpected = [j for j in rejected if j.row.day.reason == "unexpected"]
    return {
        "rejections": [f"{_name(j)}: {j.row.day.detail}" for j in rejected],
        "unexpected": [f"{_name(j)}: {j.row.day.detail}" for j in unexpected],
        "danger_lost_sight_of": [f"{_name(j)}: {_was(j)}; {j.row.day.detail}" for j in lost if _was_in_danger(j)],
        "no_longer_judged": [f"{_name(j)}: {j.row.day.detail}" for j in lost if not _was_in_danger(j)],
        "unreadable": [f"{_name(j)}: {problem}" for j in judged for problem in j.row.account.unreadable],
        "stale": [f"{_name(j)}: {_last_updated(j)}" for j in judged if _stale(j)],
        "hushed": [f"{_name(j)}: {j.decision.quiet}" for j in hushed if j.decision],
    }


def _stale(judgement: Judgement) -> bool:
    account, on = judgement.row.account, judgement.row.day.on
    return not account.inactive and account.stale_on(on)


def _last_updated(judgement: Judgement) -> str:
    updated = judgement.row.account.signals_updated
    assert updated is not None
    return f"signals last updated on {updated}, {(judgement.row.day.on - updated).days} days ago"


def _was_in_danger(judgement: Judgement) -> bool:
    last = judgement.row.day.last
    return last is not None and last.score.should_alert


def _was(judgement: Judgement) -> str:
    last = judgement.row.day.last
    assert last is not None
    return f"was {last.score.rag} with churn risk {last.score.churn_risk} on {last.on}"


def _is_watched(judgement: Judgement) -> bool:
    """True for an account whose feeds are watched: one that is scored, or that was once and of which too little is
    known now. Of an account that is new or in onboarding nobody expects signals yet.
    """
    day = judgement.row.day
    return judgement.signals is not None and day.last is not None and day.reason != "onboarding"


def _score(judgement: Judgement) -> CSMHealthScore:
    point = judgement.row.day.point
    assert point is not None
    return point.score


def _move(judgement: Judgement) -> str | None:
    before = judgement.row.before
    now = _score(judgement).rag
    was = before.last.score.rag if before and before.last else now
    return None if was == now else f"{was} → {now}"


def _lost(scored: list[Judgement]) -> dict[str, dict[str, int]]:
    """How many accounts lost how many points on each signal, in steps of 0.1."""
    lost: dict[str, Counter[str]] = {}
    for judgement in scored:
        for driver in _score(judgement).drivers:
            lost.setdefault(driver.key, Counter())[f"{driver.points_lost:.1f}"] += 1
    return {signal: dict(counts) for signal, counts in lost.items()}


def _name(judgement: Judgement) -> str:
    account = judgement.row.account
    return f"{short(account.name, 60)} ({account.account_id})"


EXAMPLES = 50


Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of a run, or of one page of it. `read` = `scored` + all `rejected` + `skipped`, always.

    The dictionaries count by reason, colour, move of colour ("GREEN → AMBER"), churn risk or signal. `lost` counts
    for each signal how many accounts lost how many points on it, in steps of 0.1. The lists hold the first
    `EXAMPLES` cases in words, `cases` how many there are of each list.

    `watched` are the accounts that are scored, or that once were and of which too little is known now: `missing` says
    for each field of the signals for how many of them it is unknown, `outdated` how many of them are stale.
    """

    read: int = 0
    scored: int = 0
    skipped: int = 0
    pages_changed: int = 0
    rejected: Counts = field(default_factory=dict)
    colours: Counts = field(default_factory=dict)
    moves: Counts = field(default_factory=dict)
    risks: Counts = field(default_factory=dict)
    alerts: Counts = field(default_factory=dict)
    quiet: Counts = field(default_factory=dict)
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
    hushed: tuple[str, ...] = ()

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
