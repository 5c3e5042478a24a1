"""`GET /accounts/{id}/health`: how an account is, why, and what changed, from its row."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from customer_success.accounts.ports import AccountRows, ScoreHistory
from customer_success.accounts.row import AccountRow, AssessmentRecord
from customer_success.api.accounts import days_before, known_account
from customer_success.api.health_models import (
    CapShown,
    Change,
    DeltaShown,
    DriverShown,
    ExplanationShown,
    HealthAnswer,
    ScoreShown,
)
from customer_success.api.problems import invalid
from customer_success.dataclass import dataclass
from customer_success.messages import AlertId
from customer_success.scan.words import INACTIVE, mark_of, step_to_score
from customer_success.schemas import (
    CSMHealthScore,
    plain_value,
)
from customer_success.scoring import words as narrator
from customer_success.scoring.health_status import Point
from customer_success.scoring.scorecard import LABELS
from customer_success.scoring.scorer import explain_change

LOOKBACK_DAYS = 366
"""How far before the day that is asked about a point may lie that stands for it: one read holds so many."""

_REMOVED = "No longer in the account book."


class _Unscored(NamedTuple):
    """Why a day has no score, and what is to be done about it."""

    reason: str
    detail: str
    next_step: str


@dataclass(frozen=True, slots=True)
class ShowHealth:
    """Explains the health of one account. It reads the table twice at most, once where the row says enough."""

    rows: AccountRows
    history: ScoreHistory

    def __call__(self, account_id: str, *, since: date | None, on: date | None = None) -> HealthAnswer:
        """The account's health, with its change against the scored day before the last scan.

        With `since` the change is against the last point on or before that day, looked for up to `LOOKBACK_DAYS`
        back, else against the first one after it. `on` is the present day, by default that of the last scan. Raises
        a `Problem` for an account that is not known, and for a `since` that lies in the future.
        """
        row = known_account(self.rows, account_id)
        latest = max(row.latest.run_date, on or row.latest.run_date)
        if since is not None and since > latest:
            raise invalid("since", f"{since} lies in the future; it can be {latest} at the latest")
        point = row.latest.point
        if point is None:
            return _without_score(row)
        return _with_score(row, point, self._compared(row, point, since))

    def _compared(self, row: AccountRow, now: Point, since: date | None) -> Point | None:
        """The point that the present one is compared with, None if there is none."""
        before = row.before.last if row.before else None
        if since is None:
            return before
        if now.run_date <= since:
            return now
        if before and before.run_date <= since:
            return before
        return self._point_at(row.account_id, since, days_before(now.run_date, 1))

    def _point_at(self, account_id: str, since: date, last: date) -> Point | None:
        """The last point on or before `since`, else the first one after it up to `last`."""
        found = None
        for point in self.history.between(account_id, days_before(since, LOOKBACK_DAYS), last):
            if point.run_date > since:
                return found or point
            found = point
        return found


def _with_score(row: AccountRow, point: Point, against: Point | None) -> HealthAnswer:
    score, before = point.score, row.before
    explanation = narrator.explain(score, before.last if before else None, {}, row.latest.since)
    mark = mark_of(point.health_status, score, row.latest.since, row.latest.carried)
    headline = f"{explanation.headline}; {mark}" if mark else explanation.headline
    return HealthAnswer(
        **_facts(row),
        reason=None,
        detail=None,
        score=round(score.score, 1),
        exact_score=score.score,
        rag=point.health_status.rag,
        churn_risk=point.health_status.churn_risk,
        churn_trigger=score.churn_trigger,
        drivers=_drivers(score),
        caps=_caps(score),
        coverage=score.coverage,
        unknown=tuple(score.unknown),
        scorecard_version=score.scorecard_version,
        explanation=ExplanationShown(
            headline=headline, what_changed=explanation.what_changed, next_step=explanation.next_step
        ),
        change=_change(point, against),
        last_known=None,
    )


def _without_score(row: AccountRow) -> HealthAnswer:
    day, why = row.latest, _why_unscored(row.latest)
    return HealthAnswer(
        **_facts(row),
        reason=why.reason,
        detail=why.detail,
        score=None,
        exact_score=None,
        rag=None,
        churn_risk=None,
        churn_trigger=None,
        drivers=(),
        caps=(),
        coverage=None,
        unknown=(),
        scorecard_version=None,
        explanation=ExplanationShown(headline=why.detail, next_step=why.next_step),
        change=Change(reason=f"there is no score of {day.run_date}: {why.detail}"),
        last_known=_shown(day.last) if day.last else None,
    )


def _facts(row: AccountRow) -> dict[str, Any]:
    """What does not depend on a score."""
    account, day, sent = row.account, row.latest, row.latest.alert_state.last_sent
    return {
        "account_id": account.account_id,
        "name": account.name,
        "owner_email": account.owner_email,
        "arr": account.arr,
        "contract_end": account.contract_end,
        "days_to_renewal": account.days_to_renewal(day.run_date),
        "page_url": account.page_url,
        "as_of": day.run_date,
        "status": day.status,
        "since": day.since,
        "alert_id": sent and str(AlertId(account.account_id, sent.run_date, sent.churn_risk)),
    }


def _why_unscored(day: AssessmentRecord) -> _Unscored:
    match day.status:
        case "skipped":
            return _Unscored("inactive", INACTIVE, "")
        case "gone":
            return _Unscored("gone", _REMOVED, "")
    reason = str(day.reason)
    return _Unscored(reason, str(day.detail), step_to_score(reason))


def _drivers(score: CSMHealthScore) -> tuple[DriverShown, ...]:
    return tuple(
        DriverShown(
            signal=driver.key,
            label=LABELS[driver.key],
            value=plain_value(driver.value),
            words=narrator.driver_words(driver),
            points_lost=driver.points_lost,
        )
        for driver in score.drivers
    )


def _caps(score: CSMHealthScore) -> tuple[CapShown, ...]:
    return tuple(
        CapShown(
            signal=cap.name, label=LABELS[cap.name], value=cap.value, factor=cap.factor, points_lost=cap.points_lost
        )
        for cap in score.caps
    )


def _change(now: Point, against: Point | None) -> Change:
    if against is None:
        return Change(reason=f"no scored day is known before {now.run_date}")
    deltas = explain_change(against.score, now.score)
    made_by = [
        DeltaShown(
            signal=d.key,
            label=LABELS[d.key],
            delta=d.delta,
            data=d.data,
            before=plain_value(d.before),
            after=plain_value(d.after),
        )
        for d in deltas
    ]
    return Change(against=_shown(against), delta=now.score.score - against.score.score, made_by=tuple(made_by))


def _shown(point: Point) -> ScoreShown:
    score = point.score
    return ScoreShown(
        on=point.run_date,
        score=round(score.score, 1),
        exact_score=score.score,
        rag=point.health_status.rag,
        churn_risk=point.health_status.churn_risk,
    )
