"""The assessment of one account in a scan: a pure function, so that assessing a day again comes to the same end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias, TypeVar

from customer_success.accounts.account import Account
from customer_success.accounts.alert_state import AlertState
from customer_success.accounts.carried import (
    LastKnown,
    carried,
    known_on,
    left_over,
    overruled,
    plain,
    sources_of,
    still_applies,
)
from customer_success.accounts.last_known import with_last_known
from customer_success.accounts.outward import marks
from customer_success.accounts.readable_signals import readable_signals
from customer_success.accounts.row import (
    AccountRow,
    AssessmentRecord,
    PageValues,
    same_values,
    trail_after,
)
from customer_success.alerts.policy import Decision, MuteRequest, Reason, decide
from customer_success.dataclass import dataclass
from customer_success.identifiers import is_nameable
from customer_success.isolation import alone, cause, whole
from customer_success.messages import AlertId, ChurnAlert
from customer_success.scan.sources import sources_in_words
from customer_success.scan.words import INACTIVE, mark_of, step_to_score, too_old
from customer_success.schemas import CSMHealthScore, CSMHealthSignals
from customer_success.scoring import words
from customer_success.scoring.health_status import HealthStatus, Point, status_of
from customer_success.scoring.scorer import CSMHealthScorer, InsufficientDataError
from customer_success.text import short

PAGE_REFRESH = timedelta(days=7)
NAME_LIMIT, URL_LIMIT = 100, 500

RejectionReason = Literal["insufficient_data", "stale_signals", "onboarding", "duplicate_account_id", "unexpected"]


@dataclass(frozen=True, slots=True)
class Scored:
    """An account with a score, made of these signals, and the alert that it raises, if any.

    `page_changed` is true if its page is to be written, `again` if the day was scanned before. `mark` says in words
    that its colour is the last known one, with signals that are unknown now; empty where it is that of the score.
    """

    row: AccountRow
    page_changed: bool
    signals: CSMHealthSignals
    score: CSMHealthScore
    decision: Decision
    alert: ChurnAlert | None
    again: bool
    mark: str = ""

    @property
    def health_status(self) -> HealthStatus:
        """The health status that decisions and people compare."""
        point = self.row.latest.point
        return point.health_status if point else status_of(self.row.latest.run_date, self.score)


@dataclass(frozen=True, slots=True)
class Rejected:
    """An account that could not be scored, and why. `signals` are None where they could not be read as such."""

    row: AccountRow
    page_changed: bool
    reason: RejectionReason
    detail: str
    signals: CSMHealthSignals | None = None


@dataclass(frozen=True, slots=True)
class Inactive:
    """An account that is marked as having left."""

    row: AccountRow
    page_changed: bool


Assessment: TypeAlias = Scored | Rejected | Inactive
"""What a scan found for one account, with the row that it has to write."""

T = TypeVar("T", Scored, Rejected, Inactive)


@dataclass(frozen=True, slots=True)
class ScanContext:
    """What is the same for all accounts of a run.

    `medians` are the points that the median account lost on each signal in the last finished scan, empty before the
    first; `now` is when the scores are made; `run` marks what this run wrote. `absent` are the fields whose property
    the book does not have, as far as that is known.
    """

    tenant_id: str
    run_date: date
    run: str
    now: datetime
    scorer: CSMHealthScorer
    medians: Mapping[str, float]
    fallback_owner: str | None
    absent: frozenset[str] = frozenset()


def assess(scan: ScanContext, account: Account, known: AccountRow | None, chunk: int) -> Assessment:
    """Assess one account, `known` being its present row. The new row has what is known of the account on the run date,
    without stale signals, and with those that were refused among what could not be read.
    """
    account = with_last_known(account, known, scan.absent, scan.run_date).known_on(scan.run_date)
    if account.inactive:
        return _inactive(scan, account, known, chunk)
    readable = readable_signals(account, scan.run_date)
    signals = readable.signals
    account = replace(account, unreadable=tuple(dict.fromkeys((*account.unreadable, *readable.refused))))
    try:
        score = scan.scorer.score(signals, account_id=account.account_id, now=scan.now)
    except InsufficientDataError as error:
        reason, detail = _too_little_known(scan, account, error)
        detail = "; ".join((detail, *map(str, readable.refused)))
        return _rejected(scan, account, known, chunk, reason, detail, signals)
    return _scored(scan, account, known, chunk, signals, score)


def rejected_as_duplicate(
    scan: ScanContext, own: Account, known: AccountRow | None, chunk: int, holder: Account
) -> Rejected:
    """Reject a page with the Account ID of the earlier page of `holder`; `own` is the account under another id."""
    detail = f"Account ID {holder.account_id!r} is also that of {holder.name!r}, {holder.page_url}"
    return _rejected(scan, own.known_on(scan.run_date), known, chunk, "duplicate_account_id", detail)


def rejected_for_error(
    scan: ScanContext, account: Account, known: AccountRow | None, chunk: int, error: Exception
) -> Rejected:
    """Reject an account whose assessment raised an error that no rule expects."""
    return alone(
        f"account {account.account_id!r}, as far as its last row goes,",
        lambda: _rejected(scan, account, known, chunk, "unexpected", cause(error)),
        lambda _: _rejected(scan, account, None, chunk, "unexpected", cause(error)),
    )


def rejected_as_unwritable(scan: ScanContext, assessment: Assessment, error: Exception) -> Rejected:
    """Reject an account whose row or alert the table refused: its new row has only what every table takes."""
    read, before = assessment.row.account, assessment.row.before
    own_id = read.page_id.replace("-", "")
    account = Account(
        account_id=read.account_id if is_nameable(read.account_id) else own_id,
        name=whole(short(read.name, NAME_LIMIT)),
        page_id=read.page_id,
        page_url=whole(short(read.page_url, URL_LIMIT)),
        created_at=whole(read.created_at),
        status=whole(short(read.status, NAME_LIMIT)) if read.status else None,
    )
    lean = (
        AssessmentRecord(before.run_date, before.status, before.since, alert_state=before.alert_state)
        if before
        else None
    )
    known = AccountRow(account, lean, None, scan.run, assessment.row.chunk) if lean else None
    return _rejected(scan, account, known, assessment.row.chunk, "unexpected", cause(error))


def _too_little_known(scan: ScanContext, account: Account, error: InsufficientDataError) -> tuple[RejectionReason, str]:
    """Why too little is known of the account, in a word and in a sentence."""
    updated = account.signals_updated
    stale = too_old(updated, account.signals_stale_after_days) if updated else ""
    if account.onboarding_on(scan.run_date):
        onboarding = f"still in onboarding until {account.onboarding_until}"
        return "onboarding", f"{onboarding}; {stale}" if account.stale_on(scan.run_date) else onboarding
    if account.stale_on(scan.run_date):
        return "stale_signals", stale
    return "insufficient_data", words.too_little_known(error)


def _inactive(scan: ScanContext, account: Account, known: AccountRow | None, chunk: int) -> Inactive:
    before = known.latest_before(scan.run_date) if known else None
    since = before.since if before and before.status == "skipped" else scan.run_date
    page = PageValues(None, "Unknown", None, INACTIVE, since, "", scan.run_date)
    record = AssessmentRecord(
        scan.run_date,
        "skipped",
        since,
        last=before.last if before else None,
        alert_state=alert_state_after_leaving(before),
    )
    row = AccountRow(account, record, before, scan.run, chunk)
    shows_something = (before and before.page) or (known and known.latest.page)
    return _with_page(Inactive(row, page_changed=False), page, known) if shows_something else Inactive(row, False)


def _rejected(
    scan: ScanContext,
    account: Account,
    known: AccountRow | None,
    chunk: int,
    reason: RejectionReason,
    detail: str,
    signals: CSMHealthSignals | None = None,
) -> Rejected:
    before = known.latest_before(scan.run_date) if known else None
    since = before.since if before and before.status == "rejected" else scan.run_date
    last = still_applies(before.last_known, account) if before else {}
    left = left_over(account, last, before.overruled if before else {})
    now = known_on(scan.run_date, account, signals) if signals else {}
    record = AssessmentRecord(
        scan.run_date,
        "rejected",
        since,
        last=before.last if before else None,
        trail=before.trail if before else (),
        alert_state=before.alert_state if before else AlertState(),
        reason=reason,
        detail=detail,
        carried={**last, **{name: one for name, one in now.items() if name not in left}},
        overruled={**(before.overruled if before else {}), **overruled(account)},
    )
    sources = sources_in_words(account, scan.run_date) if signals else ""
    page = PageValues(None, "Unknown", None, detail, since, step_to_score(reason), scan.run_date, sources)
    if status := record.last_colour:
        mark = words.last_known_mark(status.rag, status.run_date, status.run_date, status.run_date)
        page = replace(
            page,
            rag=status.rag,
            churn_risk=status.churn_risk,
            why=f"{mark}. {detail}",
            since=_colour_since(before) or since,
        )
    row = AccountRow(account, record, before, scan.run, chunk)
    return _with_page(Rejected(row, page_changed=False, reason=reason, detail=detail, signals=signals), page, known)


def _scored(
    scan: ScanContext,
    account: Account,
    known: AccountRow | None,
    chunk: int,
    signals: CSMHealthSignals,
    score: CSMHealthScore,
) -> Scored:
    before = known.latest_before(scan.run_date) if known else None
    last = still_applies(before.last_known, account) if before else {}
    left = left_over(account, last, before.overruled) if before else {}
    missed = carried(signals, last, left)
    shown = _with_last_known(scan, account, signals, missed) if missed else score
    point = Point(
        scan.run_date,
        score,
        signals=plain(signals),
        sources=sources_of(account),
        typed_on=account.signals_updated,
        carried=status_of(scan.run_date, shown) if missed else None,
    )
    decision = decide(
        point.health_status,
        should_alert=shown.should_alert,
        trigger=shown.churn_trigger,
        alert_state=before.alert_state if before else AlertState(),
        trail=before.trail if before else (),
        mute_request=MuteRequest(account.quiet_until, _plain(account.verdict) == "false alarm"),
        sent_today=_sent_on(known, scan.run_date),
    )
    since = _since(before, point.health_status) or scan.run_date
    no_data = _no_data(scan, score, shown, since, missed) if missed else None
    mark = no_data.mark if no_data else ""
    page = PageValues(
        score=round(shown.score, 1),
        rag=shown.rag,
        churn_risk=shown.churn_risk,
        why=f"{mark}. {words.why(score)}" if mark else words.why(score),
        since=since,
        next_step=words.next_step(shown),
        last_scan=scan.run_date,
        sources=sources_in_words(account, scan.run_date),
    )
    trail = trail_after(before.trail if before else (), point.health_status)
    record = AssessmentRecord(
        scan.run_date,
        "scored",
        since,
        last=point,
        trail=trail,
        alert_state=decision.alert_state,
        carried=missed,
        overruled={**left, **overruled(account)},
    )
    scored = Scored(
        AccountRow(account, record, before, scan.run, chunk),
        page_changed=False,
        signals=signals,
        score=score,
        decision=decision,
        alert=_alert(scan, account, signals, score, before, decision.alert, since, no_data) if decision.alert else None,
        again=known is not None and known.written_for(scan.run_date),
        mark=mark,
    )
    return _with_page(scored, page, known)


def _with_last_known(
    scan: ScanContext, account: Account, signals: CSMHealthSignals, missed: Mapping[str, LastKnown]
) -> CSMHealthScore:
    """The score with the last known values of what is unknown now: what merely became unknown does not change it."""
    values = {name: one.value for name, one in missed.items()}
    with_them = CSMHealthSignals.model_validate({**plain(signals), **values})
    return scan.scorer.score(with_them, account_id=account.account_id, now=scan.now)


def _no_data(
    scan: ScanContext, score: CSMHealthScore, shown: CSMHealthScore, since: date, missed: Mapping[str, LastKnown]
) -> words.NoDataSince:
    mark = mark_of(status_of(scan.run_date, shown), score, since, missed)
    return words.NoDataSince(shown, mark, frozenset(missed))


def _with_page(assessment: T, page: PageValues, known: AccountRow | None) -> T:
    """The assessment with what the account's page should show, and whether that must be written."""
    row, before = assessment.row, assessment.row.before
    run_date = row.latest.run_date
    changed = (
        before is None
        or before.page is None
        or before.page_queued is None
        or run_date - before.page_queued >= PAGE_REFRESH
        or _differs(page, before.page)
        or (known is not None and known.written_for(run_date) and _differs(page, known.latest.page))
    )
    queued = run_date if changed or before is None else before.page_queued
    row = replace(row, latest=replace(row.latest, page=page, page_queued=queued))
    return replace(assessment, row=row, page_changed=changed)


def _alert(
    scan: ScanContext,
    account: Account,
    signals: CSMHealthSignals,
    score: CSMHealthScore,
    before: AssessmentRecord | None,
    reason: Reason,
    since: date,
    no_data: words.NoDataSince | None,
) -> ChurnAlert:
    shown = no_data.score if no_data else score
    explanation = words.explain(score, before.last if before else None, scan.medians, since, no_data)
    return ChurnAlert(
        tenant_id=scan.tenant_id,
        alert_id=str(AlertId(account.account_id, scan.run_date, shown.churn_risk)),
        account_id=account.account_id,
        account_name=account.name,
        run_date=scan.run_date,
        delivery="digest",
        score=shown.score,
        rag=shown.rag,
        churn_risk=shown.churn_risk,
        churn_trigger=shown.churn_trigger,
        reason=reason,
        explanation=explanation.model_copy(update={"unknown": (*explanation.unknown, *marks(account))}),
        topics=words.topics(signals),
        owner_email=account.owner_email or scan.fallback_owner,
        primary_contact_email=account.primary_contact_email,
        arr=account.arr,
        contract_end=account.contract_end,
        page_id=account.page_id,
        page_url=account.page_url,
    )


def alert_state_after_leaving(before: AssessmentRecord | None) -> AlertState:
    """The state of an account that left: the last alert, so that coming back at once sends no second one."""
    return AlertState(sent=before.alert_state.sent if before else None)


def _plain(word: str | None) -> str:
    return " ".join((word or "").lower().replace("-", " ").replace("_", " ").split())


def _sent_on(known: AccountRow | None, run_date: date) -> HealthStatus | None:
    """What an earlier scan of the same day sent."""
    sent = known.latest.alert_state.last_sent if known and known.latest.run_date == run_date else None
    return sent if sent and sent.run_date == run_date else None


def _since(before: AssessmentRecord | None, now: HealthStatus) -> date | None:
    """Since when the account has had this colour and churn risk, if it had them at the last scan."""
    if before is None:
        return None
    last = before.point.health_status if before.point else before.last_colour
    same = last and (last.rag, last.churn_risk) == (now.rag, now.churn_risk)
    return _colour_since(before) if same else None


def _colour_since(before: AssessmentRecord | None) -> date | None:
    """Since when the account has had the colour that it had before: of one without a score its page knows."""
    if before is None:
        return None
    if before.point:
        return before.since
    return before.page.since if before.page and before.last_colour else None


def _differs(page: PageValues, other: PageValues | None) -> bool:
    return not same_values(page, other)
