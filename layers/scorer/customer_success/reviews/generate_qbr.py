"""Writes one account's quarterly review: evidence, text, check, page, invitation. Asked twice, it writes one page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal

from customer_success.accounts.account import Account
from customer_success.accounts.outward import draft_held_because
from customer_success.accounts.ports import AccountRows, ScoreHistory
from customer_success.accounts.row import AccountRow
from customer_success.adoption.peers import groups_of
from customer_success.adoption.ports import AdoptionPeers, FeatureUsages
from customer_success.adoption.report import adoption_report
from customer_success.dataclass import dataclass
from customer_success.drafts.drafts import Drafted, OptionalDrafts
from customer_success.errors import Refused, Removed, words_of
from customer_success.isolation import recorded
from customer_success.metrics import Metric
from customer_success.narration.claims import checked
from customer_success.narration.evidence import QBREvidence
from customer_success.narration.fallback import Writers
from customer_success.narration.ports import ReviewWriter
from customer_success.periods import Quarter
from customer_success.results import Failed, JobResult, TaskResult, finished_or_failed
from customer_success.reviews.evidence import qbr_evidence
from customer_success.reviews.pages import OncePages
from customer_success.reviews.ports import Qbrs
from customer_success.reviews.qbr import Qbr, QbrKey, QbrState, QbrText
from customer_success.reviews.text import invitation, qbr_page
from customer_success.schemas import Confidence, FeatureAdoptionReport, QBRContent, QbrTrigger
from customer_success.tasks import Task, account_id_of, context_of

KIND: Literal["generate_qbr"] = "generate_qbr"
LOOK_BACK = timedelta(days=14)
"""How old the last score before the quarter may be to count as the one at its start."""
EDITED = "a person edited the page, so it stays as it is"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class QbrRequest:
    """What is asked for; `request` is the id by which its redelivery is recognised.

    On the `last_try` what only enriches the review is done without, and what fails for good is recorded.
    """

    account_id: str
    on: date
    request: str
    trigger: QbrTrigger = "requested"
    contract_end: date | None = None
    last_try: bool = False

    @property
    def key(self) -> QbrKey:
        """The review it is about."""
        return QbrKey(self.account_id, str(Quarter.of(self.on)), self.contract_end)


class QbrResult(JobResult):
    """What became of one review. `qbr` is its text, also where its page could not be written."""

    LOGGED = ("account_id", "period", "status", "confidence", "written_by", "qbr_page_id", "draft_id", "error")

    task_type: Literal["generate_qbr"] = KIND
    account_id: str
    period: str
    trigger: QbrTrigger
    status: QbrState
    qbr: QBRContent | None
    written_by: str | None
    qbr_page_id: str | None
    qbr_page_url: str | None
    draft_id: str | None
    confidence: Confidence
    dropped_claims: tuple[str, ...]

    def counts(self) -> Mapping[Metric, float]:
        written = self.status != "failed"
        return {Metric.QBRS_WRITTEN: 1, Metric.CLAIMS_DROPPED: len(self.dropped_claims)} if written else {}


@dataclass(slots=True)
class _Progress:
    """How far a review is: what was there, and what is there by now."""

    known: Qbr | None = None
    row: AccountRow | None = None
    text: QbrText | None = None
    page_id: str | None = None
    page_url: str | None = None


@dataclass(frozen=True, slots=True)
class GenerateQbr:
    """The job.

    Without `pages` the review is stored in the table alone, without `drafts` there is no invitation; the result has
    both.
    """

    rows: AccountRows
    history: ScoreHistory
    usages: FeatureUsages
    peers: AdoptionPeers
    qbrs: Qbrs
    writers: Writers[ReviewWriter]
    pages: OncePages | None
    drafts: OptionalDrafts | None
    fallback_owner: str | None

    def __call__(self, request: QbrRequest) -> QbrResult | Failed:
        """Write the review, or answer with the one that is there; a partial one is written anew when asked anew.

        Fails with `Refused` for an account that is not there, `Unavailable` when the rest has to wait, `Misconfigured`
        when a person has to act first; what then remains undone is recorded as failed. The text
        that is written by then is in the failure.
        """
        progress = _Progress()

        def review() -> QbrResult:
            progress.known, progress.row = self.qbrs.get(request.key), self.rows.get(request.account_id)
            known = progress.known
            if known and _answered(known, request):
                return result(known, self.qbrs.text(known.key))
            return self._review(request, _present(request.account_id, progress.row), progress)

        def review_or_record() -> QbrResult:
            return recorded(
                f"the review of account {request.account_id!r}",
                review,
                lambda error: self.qbrs.put(_failed(request, progress, words_of(error))),
                last_try=request.last_try,
            )

        def finished(cause: Exception) -> QbrResult | None:
            failed = _failed(request, progress, words_of(cause))
            return result(failed, progress.text) if progress.text else None

        return finished_or_failed(KIND, review_or_record, finished)

    def _review(self, request: QbrRequest, row: AccountRow, progress: _Progress) -> QbrResult:
        text = progress.text = self._text(request, row)
        page_id, unwritten = self._page(request, row, progress.known, text)
        progress.page_id = page_id
        progress.page_url = self.pages.url(page_id) if self.pages and page_id else None
        draft_id, undrafted = self._draft(request, row, text)
        errors = [reason for reason in (text.error, unwritten, undrafted) if reason]
        qbr = Qbr(
            request.key,
            account_name=row.account.name,
            owner_email=row.account.owner_email,
            trigger=request.trigger,
            on=request.on,
            state="partial" if errors else "written",
            request=request.request,
            page_id=page_id,
            page_url=progress.page_url,
            draft_id=draft_id,
            error="; ".join(errors) or None,
            dropped_claims=text.dropped_claims,
        )
        self.qbrs.put(qbr)
        return result(qbr, text)

    def _text(self, request: QbrRequest, row: AccountRow) -> QbrText:
        """The review's text. It is stored before the page is written, so that the model is called once per request."""
        stored = self.qbrs.text(request.key)
        if stored and stored.request == request.request:
            return stored
        evidence = self._evidence(request, row)
        narration, error = self.writers.write(
            lambda narrator: narrator.write_qbr(evidence),
            f"the review of account {row.account_id}",
            last_try=request.last_try,
        )
        passed = checked(narration.content, evidence)
        text = QbrText(
            request.request,
            evidence,
            passed.content.model_copy(update={"trigger": request.trigger}),
            narration.written_by,
            error=error,
            dropped_claims=passed.dropped_claims,
        )
        self.qbrs.put_text(request.key, text)
        return text

    def _evidence(self, request: QbrRequest, row: AccountRow) -> QBREvidence:
        reviewed = Quarter.of(request.on).previous
        points = list(self.history.between(row.account_id, reviewed.first - LOOK_BACK, request.on))
        report = self._adoption(row.account, request.on)
        return qbr_evidence(row, points, report, run_date=request.on, trigger=request.trigger)

    def _adoption(self, account: Account, on: date) -> FeatureAdoptionReport:
        """The report of the day, stored or not; an own rate that is none is unknown here."""
        usage, groups = self.usages.of(account), self.peers.get_many(groups_of(account))
        try:
            return adoption_report(account, usage, groups, run_date=on)
        except Refused as error:
            logger.warning("the review of account %s does without its adoption rate: %s", account.account_id, error)
        without_rate = replace(account, signals={**account.signals, "feature_adoption_rate": None})
        return adoption_report(without_rate, usage, groups, run_date=on)

    def _page(
        self, request: QbrRequest, row: AccountRow, known: Qbr | None, text: QbrText
    ) -> tuple[str | None, str | None]:
        """The page's id, and why it does not read as it should, if it does not."""
        if self.pages is None:
            logger.warning("the review of account %s has no page: no pages are configured", row.account_id)
            return None, "no page was written: Notion is not configured"
        page = qbr_page(
            request.key,
            row.account,
            text.evidence,
            text.content,
            partial=text.error is not None,
        )
        if known is None or known.page_id is None:
            return self.pages.create(page, str(request.key)), None
        try:
            return known.page_id, None if self.pages.replace(known.page_id, page) else EDITED
        except Removed as removed:
            logger.warning("the review of account %s gets a new page: %s", row.account_id, removed)
            return self.pages.create(page, f"{request.key}#{request.request}"), None

    def _draft(self, request: QbrRequest, row: AccountRow, text: QbrText) -> tuple[str | None, str | None]:
        """The id of the draft that invites the account's contact, and why there is none although there should be.

        A contact is invited once in a quarter, also where the contract's end calls for a review of its own.
        """
        if self.drafts is None:
            logger.warning("the review of account %s has no invitation: Gmail is not configured", row.account_id)
            return None, None
        key, mailbox = f"{request.account_id}:{request.key.period}", row.account.owner_email or self.fallback_owner
        if mailbox is None or row.account.primary_contact_email is None:
            return None, None
        if why := draft_held_because(row.account):
            logger.warning("the review of account %s has no invitation: %s", row.account_id, why)
            return None, None
        draft = replace(invitation(row.account, request.key, text.evidence, mailbox), key=key)
        made = self.drafts.create(draft, last_try=request.last_try)
        if isinstance(made, Drafted):
            return made.draft_id, None
        logger.warning("the review of account %s has no invitation: %s", row.account_id, made.reason)
        return None, f"no invitation was drafted: {made.reason}"


def generate_qbr_task(review: Callable[[QbrRequest], QbrResult | Failed], *, timezone: str = "UTC") -> Task:
    """The task, made of the job. `trigger` and `contract_end` say what calls for the review."""

    def generate_qbr(task: Mapping[str, Any], context: Mapping[str, Any]) -> TaskResult:
        account_id = account_id_of(task)
        asked = context_of(f"account {account_id!r}", context, timezone)
        trigger, contract_end = task.get("trigger", "requested"), task.get("contract_end")
        return review(QbrRequest(account_id, asked.run_date, asked.request_id, trigger, contract_end, asked.last_try))

    return generate_qbr


def result(qbr: Qbr, text: QbrText | None) -> QbrResult:
    """A review as its caller sees it; partial, with the error, if it is not whole."""
    return QbrResult(
        account_id=qbr.key.account_id,
        period=qbr.key.period,
        trigger=qbr.trigger,
        status=qbr.state,
        qbr=text.content if text else None,
        written_by=text.written_by if text else None,
        qbr_page_id=qbr.page_id,
        qbr_page_url=qbr.page_url,
        draft_id=qbr.draft_id,
        confidence=_confidence(qbr, text),
        dropped_claims=qbr.dropped_claims,
        error=qbr.error,
    )


def _confidence(qbr: Qbr, text: QbrText | None) -> Confidence:
    """low for what is not whole, medium where something is not known or was dropped, else high."""
    if qbr.state != "written" or text is None:
        return "low"
    return "medium" if text.evidence.gaps or qbr.dropped_claims else "high"


def _answered(known: Qbr, request: QbrRequest) -> bool:
    """True if the request needs no work: a whole review is there, or a partial one that this very request made.

    A failed one is tried again, also by the same request: its message was brought back from the dead-letter queue.
    """
    return known.state == "written" or (known.state == "partial" and known.request == request.request)


def _present(account_id: str, row: AccountRow | None) -> AccountRow:
    if row is None:
        raise Refused(f"account {account_id!r} is not known; it is known once a scan has read it")
    if row.latest.status in ("gone", "skipped"):
        why = "no longer in the book" if row.latest.status == "gone" else "inactive"
        raise Refused(f"account {account_id!r} gets no review: it is {why}")
    return row


def _failed(request: QbrRequest, progress: _Progress, error: str) -> Qbr:
    account, known = progress.row.account if progress.row else None, progress.known
    return Qbr(
        request.key,
        account_name=account.name if account else known.account_name if known else request.account_id,
        owner_email=account.owner_email if account else known.owner_email if known else None,
        trigger=request.trigger,
        on=request.on,
        state="failed",
        request=request.request,
        page_id=progress.page_id or (known.page_id if known else None),
        page_url=progress.page_url or (known.page_url if known else None),
        draft_id=known.draft_id if known else None,
        error=error,
        dropped_claims=progress.text.dropped_claims if progress.text else (),
    )
