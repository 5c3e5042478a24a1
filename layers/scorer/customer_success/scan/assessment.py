"""How one account comes out of one day's scan: a pure function, so that a day can be judged again with the same end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import ValidationError

from customer_success.accounts.account import Account
from customer_success.accounts.alert_state import AlertState
from customer_success.accounts.row import (
    AccountRow,
    AssessmentRecord,
    PageValues,
    same_but_for_the_scan_date,
    trail_after,
)
from customer_success.alerts.policy import Decision, MuteRequest, decide
from customer_success.identifiers import is_nameable
from customer_success.isolation import alone, cause, whole
from customer_success.messages import ChurnAlert, alert_id
from customer_success.scan.words import INACTIVE, step_to_judge, too_old
from customer_success.schemas import CSMHealthScore, CSMHealthSignals, refusals
from customer_success.scoring import words
from customer_success.scoring.health_status import HealthStatus, Point
from customer_success.scoring.scorer import CSMHealthScorer, InsufficientDataError
from customer_success.text import short

PAGE_REFRESH = timedelta(days=7)
NAME_LIMIT, URL_LIMIT = 100, 500

RejectionReason = Literal[
    "invalid_signal", "insufficient_data", "stale_signals", "onboarding", "duplicate_account_id", "unexpected"
]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a scan has to write about an account. `again` is true if the day was scanned before.

    `signals` are those that it was judged by, None where it was not judged by any.
    """

    row: AccountRow
    signals: CSMHealthSignals | None = None
    page_changed: bool = False
    alert: ChurnAlert | None = None
    decision: Decision | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Judge:
    """What is the same for all accounts of a run.

    `medians` are the points that the median account lost on each signal in the last finished scan, empty before the
    first; `now` is when the scores are made; `run` marks what this run wrote.
    """

    tenant_id: str
    on: date
    run: str
    now: datetime
    scorer: CSMHealthScorer
    medians: Mapping[str, float]
    fallback_owner: str | None

    def judge(self, account: Account, known: AccountRow | None, chunk: int) -> Assessment:
        """Judge one account, `known` being its present row. The row keeps of the account what is known on the day."""
        account = account.known_on(self.on)
        if account.inactive:
            return self._closed(account, known, chunk)
        try:
            signals = CSMHealthSignals.model_validate(account.signals_on(self.on))
        except ValidationError as error:
            detail = "; ".join(str(refusal) for refusal in refusals(error))
            return self._rejected(account, known, chunk, "invalid_signal", detail)
        try:
            score = self.scorer.score(signals, account_id=account.account_id, now=self.now)
        except InsufficientDataError as error:
            reason, detail = self._too_little_known(account, error)
            return replace(self._rejected(account, known, chunk, reason, detail), signals=signals)
        return replace(self._scored(account, known, chunk, signals, score), signals=signals)

    def duplicate(self, own: Account, known: AccountRow | None, chunk: int, holder: Account) -> Assessment:
        """Judge a page whose Account ID stands on the earlier page of `holder` too; `own` bears an id of its own."""
        detail = f"Account ID {holder.account_id!r} is also that of {holder.name!r}, {holder.page_url}"
        return self._rejected(own.known_on(self.on), known, chunk, "duplicate_account_id", detail)

    def unexpected(self, account: Account, known: AccountRow | None, chunk: int, error: Exception) -> Assessment:
        """Judge an account with which something went wrong that no rule foresaw."""
        return alone(
            f"account {account.account_id!r}, as far as its last row goes,",
            lambda: self._rejected(account, known, chunk, "unexpected", cause(error)),
            lambda _: self._rejected(account, None, chunk, "unexpected", cause(error)),
        )

    def unwritten(self, judgement: Assessment, error: Exception) -> Assessment:
        """Judge an account whose row or alert was not taken: of its page only what every table takes remains."""
        read, before = judgement.row.account, judgement.row.before
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
        known = AccountRow(account, lean, None, self.run, judgement.row.chunk) if lean else None
        return self._rejected(account, known, judgement.row.chunk, "unexpected", cause(error))

    def _too_little_known(self, account: Account, error: InsufficientDataError) -> tuple[RejectionReason, str]:
        """Why too little is known of the account, in a word and in a sentence."""
        updated = account.signals_updated
        stale = too_old(updated, account.signals_stale_after_days) if updated else ""
        if account.onboarding_on(self.on):
            onboarding = f"still in onboarding until {account.onboarding_until}"
            return "onboarding", f"{onboarding}; {stale}" if account.stale_on(self.on) else onboarding
        if account.stale_on(self.on):
            return "stale_signals", stale
        return "insufficient_data", words.too_little_known(error)

    def _closed(self, account: Account, known: AccountRow | None, chunk: int) -> Assessment:
        before = known.latest_before(self.on) if known else None
        since = before.since if before and before.status == "skipped" else self.on
        page = PageValues(None, "Unknown", None, INACTIVE, since, "", self.on)
        day = AssessmentRecord(
            self.on,
            "skipped",
            since,
            last=before.last if before else None,
            alert_state=alert_state_after_leaving(before),
        )
        row = AccountRow(account, day, before, self.run, chunk)
        shows_something = (before and before.page) or (known and known.latest.page)
        return self._with_page(row, page, known) if shows_something else Assessment(row)

    def _rejected(
        self, account: Account, known: AccountRow | None, chunk: int, reason: RejectionReason, detail: str
    ) -> Assessment:
        before = known.latest_before(self.on) if known else None
        since = before.since if before and before.status == "rejected" else self.on
        page = PageValues(None, "Unknown", None, detail, since, step_to_judge(reason), self.on)
        day = AssessmentRecord(
            self.on,
            "rejected",
            since,
            last=before.last if before else None,
            trail=before.trail if before else (),
            alert_state=before.alert_state if before else AlertState(),
            reason=reason,
            detail=detail,
        )
        return self._with_page(AccountRow(account, day, before, self.run, chunk), page, known)

    def _scored(
        self,
        account: Account,
        known: AccountRow | None,
        chunk: int,
        signals: CSMHealthSignals,
        score: CSMHealthScore,
    ) -> Assessment:
        before = known.latest_before(self.on) if known else None
        point = Point(self.on, score)
        decision = decide(
            point.health_status,
            should_alert=score.should_alert,
            trigger=score.churn_trigger,
            alert_state=before.alert_state if before else AlertState(),
            trail=before.trail if before else (),
            mute_request=MuteRequest(account.quiet_until, _plain(account.verdict) == "false alarm"),
            sent_today=_told_on(known, self.on),
        )
        since = _since(before, score) or self.on
        page = PageValues(
            score=round(score.score, 1),
            rag=score.rag,
            churn_risk=score.churn_risk,
            why=words.why(score),
            since=since,
            next_step=words.next_step(score),
            last_scan=self.on,
        )
        trail = trail_after(before.trail if before else (), point.health_status)
        day = AssessmentRecord(self.on, "scored", since, last=point, trail=trail, alert_state=decision.alert_state)
        judged = self._with_page(AccountRow(account, day, before, self.run, chunk), page, known)
        alert = self._alert(account, signals, point, before, decision, since) if decision.alert else None
        again = known is not None and known.written_for(self.on)
        return replace(judged, alert=alert, decision=decision, again=again)

    def _with_page(self, row: AccountRow, page: PageValues, known: AccountRow | None) -> Assessment:
        """Say what the account's page should show, and whether that must be written."""
        before = row.before
        changed = (
            before is None
            or before.page is None
            or before.page_queued is None
            or self.on - before.page_queued >= PAGE_REFRESH
            or _differs(page, before.page)
            or (known is not None and known.written_for(self.on) and _differs(page, known.latest.page))
        )
        queued = self.on if changed or before is None else before.page_queued
        return Assessment(replace(row, latest=replace(row.latest, page=page, page_queued=queued)), page_changed=changed)

    def _alert(
        self,
        account: Account,
        signals: CSMHealthSignals,
        point: Point,
        before: AssessmentRecord | None,
        decision: Decision,
        since: date,
    ) -> ChurnAlert:
        score = point.score
        assert decision.alert is not None
        return ChurnAlert(
            tenant_id=self.tenant_id,
            alert_id=alert_id(account.account_id, self.on, score.churn_risk),
            account_id=account.account_id,
            account_name=account.name,
            run_date=self.on,
            delivery="digest",
            score=score.score,
            rag=score.rag,
            churn_risk=score.churn_risk,
            churn_trigger=score.churn_trigger,
            reason=decision.alert,
            explanation=words.explain(score, before.last if before else None, self.medians, since),
            topics=words.topics(signals),
            owner_email=account.owner_email or self.fallback_owner,
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


def _told_on(known: AccountRow | None, day: date) -> HealthStatus | None:
    told = known.latest.alert_state.last_sent if known and known.latest.run_date == day else None
    return told if told and told.run_date == day else None


def _since(before: AssessmentRecord | None, score: CSMHealthScore) -> date | None:
    """Since when the account has had this colour and churn risk, if it had them at the last scan."""
    if before is None or before.point is None:
        return None
    last = before.point.score
    return before.since if (last.rag, last.churn_risk) == (score.rag, score.churn_risk) else None


def _differs(page: PageValues, other: PageValues | None) -> bool:
    return not same_but_for_the_scan_date(page, other)
