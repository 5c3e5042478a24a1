"""What is known of an account when its quarter is reviewed: every figure that a review may quote, with its source.

The customer reads along: churn risk, ratings by other teams, invoices and what is thought of people are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, count, pairwise
from operator import attrgetter
from typing import NamedTuple, get_args

from pydantic import ValidationError

from customer_success.accounts.account import LONGEST_NOTICE_DAYS, Account
from customer_success.accounts.row import AccountRow
from customer_success.narration.evidence import Fact, QBREvidence, Unit
from customer_success.periods import Quarter, long_date
from customer_success.schemas import (
    CapKey,
    CSMHealthScore,
    CSMHealthSignals,
    FeatureAdoptionReport,
    FeatureScore,
    FeatureStatus,
    QbrTrigger,
    Sentiment,
    SignalValue,
)
from customer_success.scoring.scorecard import LABELS
from customer_success.scoring.scorer import explain_change
from customer_success.scoring.standing import Point
from customer_success.scoring.words import CHANGES_TOLD, NOTABLE_POINTS

NEAR = timedelta(days=14)
"""A score counts as the one at the start of a quarter if it is no older than this on the quarter's first day, and one
within a quarter stands for its start or its end if it is no farther away from it."""
HISTORY, PAGE, REPORT = "score history", "account page", "adoption report"

_INTERNAL = (*get_args(CapKey), "invoice_payment_status", "stakeholder_engagement")
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
_SHARES = ("feature_adoption_rate", "seats_utilization_rate")
_NO_SCORE = {
    "insufficient_data": "too little is known about the account",
    "invalid_signal": "a value on the account page is out of bounds",
    "onboarding": "the account is still in onboarding",
    "stale_signals": "the signals on the account page are too old",
    "duplicate_account_id": "its account id stands on two pages",
    "unexpected": "something went wrong with the account that no rule foresaw",
}
_COMMENTS: Mapping[FeatureStatus, str] = {
    "used": "in use",
    "underutilised": "in the plan, little used",
    "not_entitled": "not in the plan",
}


class _Measure(NamedTuple):
    """A signal that a review quotes as it was measured."""

    key: str
    field: str
    label: str
    about: tuple[str, ...]
    unit: Unit


_MEASURES = (
    _Measure("adoption", "feature_adoption_rate", "feature adoption", ("adoption",), "share"),
    _Measure("seats", "seats_utilization_rate", "seats in use", ("seat", "seats"), "share"),
    _Measure("usage_trend", "usage_trend", "usage trend", ("usage",), "word"),
    _Measure("login_frequency", "login_frequency_days", "average days between logins", ("login", "logins"), "days"),
    _Measure("nps", "nps_score", "NPS", ("nps",), "number"),
    _Measure("open_tickets", "open_ticket_count", "open tickets", ("ticket", "tickets"), "count"),
    _Measure("ticket_sentiment", "avg_ticket_sentiment", "ticket sentiment", ("sentiment",), "word"),
    _Measure(
        "escalations",
        "escalation_count_90_days",
        "escalations in 90 days",
        ("escalation", "escalations"),
        "count",
    ),
)


@dataclass(frozen=True, slots=True)
class _History:
    """An account's scores as a quarter sees them.

    `span` reaches from the score at the quarter's start to the last one within it, and is empty if there is none
    within it. `now` is the latest score after it.
    """

    quarter: Quarter
    span: tuple[Point, ...]
    now: Point | None

    @classmethod
    def of(cls, quarter: Quarter, points: Sequence[Point], on: date) -> _History:
        first, last = quarter.first, quarter.last
        before = [point for point in points if first - NEAR <= point.on <= first]
        within = [point for point in points if first <= point.on <= last]
        after = [point for point in points if last < point.on <= on]
        span = [*before[-1:], *(point for point in within if point.on > first)] if within else []
        return cls(quarter, tuple(span), after[-1] if after else None)

    @property
    def start(self) -> Point | None:
        """The score that the quarter is compared with, None if there is but one."""
        return self.span[0] if len(self.span) > 1 else None

    @property
    def end(self) -> Point | None:
        return self.span[-1] if self.span else None


def qbr_evidence(
    row: AccountRow,
    points: Sequence[Point],
    report: FeatureAdoptionReport | None,
    *,
    on: date,
    trigger: QbrTrigger,
) -> QBREvidence:
    """What the review of an account that is held on `on` may say of the quarter before.

    `points` are the account's scores, oldest first: those from `NEAR` before the reviewed quarter until `on`; what
    lies outside is not looked at. What is known at no point of the quarter is taken from the account page, as of the
    day on which it was read.
    """
    account, held = row.account, Quarter.of(on)
    history = _History.of(held.previous, points, on)
    measured = _Measured.of(row, history)
    return QBREvidence(
        account_id=row.account_id,
        account_name=account.name,
        on=on,
        period=str(held),
        reviewed_period=str(held.previous),
        reviewed_from=held.previous.first,
        reviewed_to=held.previous.last,
        trigger=trigger,
        facts=(
            *_score_facts(history),
            *_colour_facts(history),
            *_moves(history),
            *measured.facts(),
            *_feature_facts(report),
            *_contract_facts(account, row.day.on, on),
            *_roi_facts(account.roi, row.day.on),
        ),
        features=tuple(_features(report)),
        gaps=(*_history_gaps(row, history), *measured.gaps(), *_page_gaps(account, report)),
        notes=account.notes,
    )


def _score_facts(history: _History) -> Iterator[Fact]:
    quarter, start, end = history.quarter, history.start, history.end
    if start:
        near = abs(start.on - quarter.first) <= NEAR
        yield _score(
            "score_at_start", "health score at the start of" if near else "first health score of", start, quarter
        )
    if end:
        near = quarter.last - end.on <= NEAR
        yield _score("score_at_end", "health score at the end of" if near else "last health score of", end, quarter)
    if start and end:
        worth = attrgetter("score.score")
        within = [point for point in history.span if point.on >= quarter.first]
        yield _score("score_lowest", "lowest health score of", min(within, key=worth), quarter)
        yield _score("score_highest", "highest health score of", max(within, key=worth), quarter)
        yield _fact(
            "score_change",
            f"change of the health score in {quarter}",
            ("score", "health"),
            _change(start, end),
            "points",
            HISTORY,
            end.on,
        )
    if history.now:
        yield _score("score_now", "health score after", history.now, quarter)


def _score(key: str, label: str, point: Point, quarter: Quarter) -> Fact:
    value = _rounded(point.score.score)
    return _fact(
        key, f"{label} {quarter}", ("score", "health"), value, "points", HISTORY, point.on, series="health_score"
    )


def _change(start: Point, end: Point) -> float:
    """The change between the scores as people see them, so that whoever works it out finds the same."""
    return _rounded(_rounded(end.score.score) - _rounded(start.score.score))


def _rounded(points: float) -> float:
    return round(points, 1) + 0.0  # -0.0 would read as a loss


def _colour_facts(history: _History) -> Iterator[Fact]:
    quarter, start, end = history.quarter, history.start, history.end
    if start:
        yield _colour("colour_at_start", f"colour at the start of {quarter}", start)
    if end:
        yield _colour("colour_at_end", f"colour at the end of {quarter}", end)
    if start and end:
        turns = [(a, b) for a, b in pairwise(history.span) if a.score.rag != b.score.rag]
        label = f"changes of colour in {quarter}"
        yield _fact("colour_changes", label, ("colour",), float(len(turns)), "count", HISTORY, end.on)
        for number, (a, b) in enumerate(turns, start=1):
            label = f"colour changed from {a.score.rag} to {b.score.rag}"
            yield _fact(f"colour_change_{number}", label, ("colour",), b.on.isoformat(), "date", HISTORY, b.on)
    if history.now:
        yield _colour("colour_now", f"colour after {quarter}", history.now)


def _colour(key: str, label: str, point: Point) -> Fact:
    about = ("colour", "score", "health")
    return _fact(key, label, about, point.score.rag, "word", HISTORY, point.on, series="colour")


def _moves(history: _History) -> Iterator[Fact]:
    """What moved the score between start and end, the biggest first, and in one sum all that is not quoted alone."""
    start, end = history.start, history.end
    if not (start and end and _taken_apart(start, end)):
        return
    rest = end.score.score - start.score.score
    notable = [d for d in explain_change(start.score, end.score) if abs(d.delta) >= NOTABLE_POINTS]
    for delta in [d for d in notable if d.key not in _INTERNAL][:CHANGES_TOLD]:
        rest -= delta.delta
        label = f"{LABELS[delta.key]} {_shown(delta.key, delta.before)} → {_shown(delta.key, delta.after)}"
        moved = _rounded(delta.delta)
        yield _fact(f"moved_by_{delta.key}", label, _ABOUT[delta.key], moved, "points", HISTORY, end.on)
    if _rounded(rest):
        about = ("everything else", "all else", "other")
        yield _fact("moved_by_the_rest", "everything else together", about, _rounded(rest), "points", HISTORY, end.on)


def _taken_apart(start: Point, end: Point) -> bool:
    """True if both scores say what they are made of; an older one that was brought in may not."""
    return bool(start.score.drivers and end.score.drivers)


def _shown(key: str, value: SignalValue) -> str:
    if value is None:
        return "unknown"
    if key in _SHARES and isinstance(value, int | float):
        return f"{value:.0%}"
    return str(value).replace("_", " ")


@dataclass(frozen=True, slots=True)
class _Measured:
    """The signals at the quarter's start and end, and on the account page, by the field names of
    `CSMHealthSignals`. None where there was no score.
    """

    start: Mapping[str, SignalValue]
    end: Mapping[str, SignalValue]
    page: Mapping[str, SignalValue]
    start_on: date
    end_on: date
    page_on: date
    quarter: Quarter

    @classmethod
    def of(cls, row: AccountRow, history: _History) -> _Measured:
        start, end = history.start, history.end
        return cls(
            start=_values(start.score) if start else {},
            end=_values(end.score) if end else {},
            page=_values_on_page(row.account),
            start_on=start.on if start else history.quarter.first,
            end_on=end.on if end else history.quarter.last,
            page_on=row.day.on,
            quarter=history.quarter,
        )

    def facts(self) -> Iterator[Fact]:
        for measure in _MEASURES:
            was, now, on_page = (side.get(measure.field) for side in (self.start, self.end, self.page))
            if was is not None:
                key, label = f"{measure.key}_at_start", f"{measure.label} at the start of {self.quarter}"
                yield _measured(measure, key, label, was, HISTORY, self.start_on)
            if now is not None:
                label = f"{measure.label} at the end of {self.quarter}"
                yield _measured(measure, measure.key, label, now, HISTORY, self.end_on)
            elif on_page is not None:
                yield _measured(measure, measure.key, measure.label, on_page, PAGE, self.page_on)

    def gaps(self) -> Iterator[str]:
        unknown = [m.label for m in _MEASURES if self.end.get(m.field) is None and self.page.get(m.field) is None]
        if unknown:
            yield f"not known: {', '.join(unknown)}"


def _measured(measure: _Measure, key: str, label: str, value: SignalValue, source: str, on: date) -> Fact:
    known = str(value) if measure.unit == "word" else float(value or 0.0)
    return _fact(key, label, measure.about, known, measure.unit, source, on, series=measure.key)


def _values(score: CSMHealthScore) -> dict[str, SignalValue]:
    values: dict[str, SignalValue] = {driver.key: driver.value for driver in score.drivers}
    return values | _support(values.pop("support", None))


def _support(shown: SignalValue) -> dict[str, SignalValue]:
    """The halves of "negative, 5 open", "5 open" or "negative"; either may be unknown."""
    words = re.findall(r"\w+", str(shown or ""))
    tickets = next((int(word) for word in words if word.isdecimal()), None)
    sentiment = next((word for word in words if word in get_args(Sentiment)), None)
    return {"open_ticket_count": tickets, "avg_ticket_sentiment": sentiment}


def _values_on_page(account: Account) -> dict[str, SignalValue]:
    """What the page says, without what the schema refuses: that is not known."""
    given = dict(account.signals)
    try:
        CSMHealthSignals.model_validate(given)
    except ValidationError as error:
        refused = {detail["loc"][0] for detail in error.errors() if detail["loc"]}
        given = {name: value for name, value in given.items() if name not in refused}
    return CSMHealthSignals.model_validate(given).model_dump()


def _feature_facts(report: FeatureAdoptionReport | None) -> Iterator[Fact]:
    if report is None or not _features(report):
        return
    for key, label, about, features in (
        ("features_used", "features in use", ("used", "in use", "uses"), report.features_used),
        ("features_underutilised", "features little used", ("underutilised", "little"), report.underutilised_features),
        ("features_not_entitled", "features not in the plan", ("plan", "entitled"), report.not_entitled_features),
    ):
        yield _fact(key, label, about, float(len(features)), "count", REPORT, report.as_of)


def _features(report: FeatureAdoptionReport | None) -> list[FeatureScore]:
    if report is None:
        return []
    by_status: dict[FeatureStatus, list[str]] = {
        "used": report.features_used,
        "underutilised": report.underutilised_features,
        "not_entitled": report.not_entitled_features,
    }
    return [
        FeatureScore(feature=feature, status=status, comment=_COMMENTS[status])
        for status, features in by_status.items()
        for feature in features
    ]


def _contract_facts(account: Account, read_on: date, on: date) -> Iterator[Fact]:
    about = ("contract", "agreement", "renewal", "term")
    days = account.days_to_renewal(on)
    if account.contract_end is not None and days is not None:
        end = account.contract_end.isoformat()
        yield _fact("contract_end", "end of the contract", about, end, "date", PAGE, read_on)
        yield _fact("days_to_renewal", "days to the end of the contract", about, float(days), "days", PAGE, on)
    if account.plan:
        yield _fact("plan", "plan", ("plan",), account.plan, "word", PAGE, read_on)
    if _notice_known(account):
        notice = float(account.notice_days or 0)
        yield _fact("notice_days", "notice period", ("notice",), notice, "days", PAGE, read_on)
    if account.auto_renew is not None:
        word = "yes" if account.auto_renew else "no"
        yield _fact("auto_renew", "renews by itself", ("renew", "renews"), word, "word", PAGE, read_on)
    if account.renewal_signed:
        yield _fact("renewal_signed", "renewal signed", ("renewal", "signed"), "yes", "word", PAGE, read_on)
    if account.arr is not None:
        yield _fact("arr", "ARR", ("arr", "revenue", "contract value"), account.arr, "amount", PAGE, read_on)


def _notice_known(account: Account) -> bool:
    return account.notice_days is not None and 0 <= account.notice_days <= LONGEST_NOTICE_DAYS


def _roi_facts(roi: Mapping[str, float], read_on: date) -> Iterator[Fact]:
    taken: set[str] = set()
    for name, value in roi.items():
        own = name.casefold().removeprefix("roi")
        plain = "_".join(("roi", *(re.findall(r"\w+", own) or ("measured",))))
        key = next(key for key in chain((plain,), (f"{plain}_{n}" for n in count(2))) if key not in taken)
        taken.add(key)
        what = " ".join(re.sub(r"\(.*?\)", " ", own).split())
        about = what if any(map(str.isalnum, what)) else "roi"
        yield _fact(key, name, (about,), value, "number", PAGE, read_on)


def _history_gaps(row: AccountRow, history: _History) -> Iterator[str]:
    quarter, end = history.quarter, history.end
    if end is None:
        yield f"no score history in {quarter}: the review cannot say how health developed"
        if row.day.last is None and history.now is None:
            yield f"no health score so far: {_NO_SCORE.get(row.day.reason or '', 'the account was not scored yet')}"
        return
    if history.start is None:
        yield f"one score only in {quarter}: the review cannot say how health developed"
        return
    if history.span[0].on - quarter.first > NEAR:
        yield f"no score history in {quarter} before {long_date(history.span[0].on)}"
    if quarter.last - end.on > NEAR:
        yield f"no score history in {quarter} after {long_date(end.on)}"
    if not _taken_apart(history.span[0], end):
        yield f"what moved the health score in {quarter}: a score that was brought in does not say what it is made of"


def _page_gaps(account: Account, report: FeatureAdoptionReport | None) -> Iterator[str]:
    if not _features(report):
        yield "feature adoption: not known feature by feature"
    if account.contract_end is None:
        yield "end of the contract: not known"
    if account.notice_days is not None and not _notice_known(account):
        yield f"notice period: {account.notice_days} days cannot be right, expected 0 to {LONGEST_NOTICE_DAYS}"
    if not account.roi:
        yield "ROI: not measured"


def _fact(
    key: str,
    label: str,
    about: tuple[str, ...],
    value: float | str,
    unit: Unit,
    source: str,
    as_of: date,
    *,
    series: str | None = None,
) -> Fact:
    return Fact(key=key, label=label, about=about, value=value, unit=unit, series=series, source=source, as_of=as_of)
