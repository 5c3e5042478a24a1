"""Checks one account for what it could buy more: exclusions, rationales, offers, records, and the way to Sales."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, field, replace
from datetime import date, datetime
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from customer_success.accounts.account import Account
from customer_success.accounts.ports import AccountRows
from customer_success.accounts.readable_signals import readable_signals
from customer_success.accounts.row import AccountRow
from customer_success.adoption.ports import FeatureUsages
from customer_success.dataclass import dataclass
from customer_success.errors import Refused, words_of
from customer_success.expansion.book_knowledge import gaps_in_words, held_for_gaps, known_of_book
from customer_success.expansion.entry import ExpansionEntry, Outcome
from customer_success.expansion.offer import HeldReason, Offer, quarter_of
from customer_success.expansion.offer_check import accepted
from customer_success.expansion.policy import blocked, never_offered, why_no_candidate
from customer_success.expansion.ports import ExpansionLog, Offers
from customer_success.expansion.price_list import PriceList
from customer_success.expansion.rationale import rationales
from customer_success.expansion.recording import OfferRecords
from customer_success.expansion.text import expansion_record
from customer_success.isolation import recorded
from customer_success.messages import ExpansionHandoff
from customer_success.metrics import Count, Metric
from customer_success.narration.fallback import Writers
from customer_success.narration.offer_evidence import ExpansionEvidence, Rationale
from customer_success.narration.ports import OfferWriter
from customer_success.once import Once
from customer_success.ports import Outbox
from customer_success.results import Failed, JobResult, TaskResult, finished_or_failed
from customer_success.scan.ports import Runs
from customer_success.schemas import Confidence, CSMHealthSignals, ExpansionOpportunity, OpportunityType, refusals
from customer_success.scoring.scorer import CSMHealthScorer, InsufficientDataError
from customer_success.scoring.words import too_little_known
from customer_success.tasks import Task, account_id_of, context_of, signals_of

KIND: Literal["check_expansion"] = "check_expansion"
NO_RATIONALE = "no signal asks for more seats, a module or an integration"
ASSUMED = "signals were laid over the account's own: nothing was stored, recorded or handed over"

_TYPES: tuple[OpportunityType, ...] = get_args(OpportunityType)
_CONFIDENCES: tuple[Confidence, ...] = ("low", "medium", "high")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExpansionRequest:
    """What is asked for; `request` is the id by which its redelivery is recognised.

    `now` is the moment at which offers are found. With `signals` laid over the account's own it is asked what would be:
    nothing is stored, recorded or handed over. On the `last_try` offers are written by rule if the model does not
    answer, and what fails for good is recorded.
    """

    account_id: str
    on: date
    request: str
    now: datetime
    signals: Mapping[str, Any] = field(default_factory=dict)
    last_try: bool = False


class NotDispatched(BaseModel):
    """An offer that did not go to Sales, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    handoff_id: str
    reason: str


class ExpansionResult(JobResult):
    """What the check of one account came to."""

    LOGGED = ("account_id", "run_date", "outcome", "reasons", "dispatched", "not_dispatched", "refused", "written_by")

    task_type: Literal["check_expansion"] = KIND
    account_id: str
    run_date: date
    outcome: Outcome
    reasons: tuple[str, ...]
    opportunities: tuple[ExpansionOpportunity, ...]
    dispatched: tuple[str, ...]
    """The handoff ids of the offers that went to Sales."""
    not_dispatched: tuple[NotDispatched, ...]
    refused: tuple[str, ...]
    dropped_claims: tuple[str, ...]
    written_by: str | None
    confidence: Confidence

    def counts(self) -> Mapping[Metric, float]:
        failed = self.outcome == "failed"
        return {} if failed else {Metric.EXPANSION_CHECKS: 1, Metric.HANDOFFS: len(self.dispatched)}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the narrator's answer came to, as it is stored for a redelivery: by whom, what of it was refused or left
    out, and why it was not the model's, if it was not.
    """

    written_by: str | None = None
    refused: Sequence[str] = ()
    dropped: Sequence[str] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class _Checked:
    """What came of a check. `errors` say what was done without."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    answer: _Answer = _Answer()
    errors: tuple[str, ...] = ()
    assessed: bool = True


@dataclass(slots=True)
class _Progress:
    """How far a check is: what is known of the account, and what is found by now."""

    row: AccountRow | None = None
    reasons: Sequence[str] = ()
    offers: list[Offer] = field(default_factory=list)
    answer: _Answer = _Answer()

    def failed(self, cause: Exception) -> _Checked:
        """What came of a check that was ended by this."""
        return _Checked("failed", (*self.reasons, words_of(cause)), tuple(self.offers), self.answer)


@dataclass(frozen=True, slots=True)
class CheckExpansion:
    """The job. `writers` word the offers, and `answers` stores what each request brought; `count` takes the counts for
    metrics.

    Without `records` an offer is stored in the table and handed over all the same, without `handoff` it is found and
    recorded only, without `log` the day's entries are not stored. `sales_owner` sells to accounts without a seller.
    """

    tenant_id: str
    rows: AccountRows
    runs: Runs
    usages: FeatureUsages
    offers: Offers
    records: OfferRecords | None
    handoff: Outbox | None
    writers: Writers[OfferWriter]
    answers: Once
    log: ExpansionLog | None
    scorer: CSMHealthScorer
    prices: PriceList
    sales_owner: str | None
    count: Count

    def __call__(self, request: ExpansionRequest) -> ExpansionResult | Failed:
        """Check the account, and hand over what may be offered to it; a repeat offers nothing twice.

        Fails with `Refused` for an account that is not there and for a signal that is none, `Unavailable` when the rest
        has to wait, `Misconfigured` when a person has to act first; what then remains undone is
        logged as failed. The offers that are found by then are in the failure.
        """
        progress = _Progress()

        def check() -> ExpansionResult:
            progress.row = self.rows.get(request.account_id)
            checked = self._check(request, _present(request.account_id, progress.row), progress)
            self._settle(request, progress.row, checked)
            return _result(request, checked)

        def check_or_record() -> ExpansionResult:
            return recorded(
                f"the check of account {request.account_id!r}",
                check,
                lambda error: self._settle(request, progress.row, _Checked("failed", (words_of(error),))),
                last_try=request.last_try,
            )

        def finished(cause: Exception) -> ExpansionResult | None:
            return _result(request, progress.failed(cause), words_of(cause)) if progress.offers else None

        return finished_or_failed(KIND, check_or_record, finished)

    def _check(self, request: ExpansionRequest, row: AccountRow, progress: _Progress) -> _Checked:
        account, on = row.account, request.on
        given = _signals(account.account_id, request.signals)
        own = readable_signals(account, on)
        try:
            signals = CSMHealthSignals.model_validate({**own.signals.model_dump(), **given})
            score = self.scorer.score(signals, account.account_id)
        except InsufficientDataError as error:
            return _not_assessed("; ".join((too_little_known(error), *map(str, own.refused))))
        if why := why_no_candidate(score.rag, signals):
            return _Checked("held_back", (why,))
        if reasons := never_offered(account, signals, row.latest.alert_state, on):
            return _Checked("held_back", reasons)
        if reasons := held_for_gaps(account, signals, known_of_book(self.runs, on)):
            return _Checked("held_back", reasons)
        found = rationales(account, signals, self.usages.of(account), self.prices, run_date=on)
        gaps = gaps_in_words(account, signals)
        return self._offer(request, account, _less_sure(found) if gaps else found, gaps, progress)

    def _offer(
        self,
        request: ExpansionRequest,
        account: Account,
        found: Sequence[Rationale],
        gaps: str,
        progress: _Progress,
    ) -> _Checked:
        """Make of the rationales what may be offered; what an earlier delivery of the day found is continued.

        Each offer names the `gaps` in what is known of the account.
        """
        offers = self.offers.of_account(account.account_id)
        against = blocked(offers, request.on)
        known = {o.opportunity.opportunity_type: o for o in offers if o.quarter == quarter_of(request.on)}
        own = {
            kind: offer
            for kind, offer in known.items()
            if offer.found_on == request.on and (offer.dispatched_on or kind not in against) and not request.signals
        }
        reasons, left = [], []
        for rationale in found:
            kind = rationale.opportunity_type
            if kind in own:
                continue
            if why := against.get(kind) or self._stands(known.get(kind), rationale, account):
                reasons.append(f"{kind}: {why}")
            else:
                left.append(rationale)
        if not left and not own:
            return _Checked("nothing", tuple(reasons) or (NO_RATIONALE,))
        if request.signals:
            answer, would_be = self._find(request, account, left, gaps, known)
            held = [replace(offer, held_because=self._held_because(offer, account)) for offer in would_be]
            return self._checked(reasons, held, answer, [answer.error])
        answer, new = self._find_once(request, account, left, gaps, known)
        offers = sorted((*own.values(), *new), key=lambda offer: _TYPES.index(offer.opportunity.opportunity_type))
        progress.reasons, progress.answer, progress.offers = reasons, answer, offers
        for place, offer in enumerate(offers):
            offers[place] = self._finish(request, account, offer)
        return self._checked(reasons, offers, answer, [answer.error, self._unrecorded(account) if offers else None])

    def _stands(self, known: Offer | None, rationale: Rationale, account: Account) -> str | None:
        """Why this quarter's offer of the rationale's type is not made anew, None if it is.

        One that was not handed over is made anew once it would be, or would not be for another reason.
        """
        if known is None:
            return None
        if known.dispatched_on or known.handoff:
            return f"offered in {known.quarter} already"
        # A writer that was less sure than the rules is not asked the same every day.
        as_sure = known.held_because is HeldReason.LOW_CONFIDENCE and known.rationale_confidence == rationale.confidence
        if known.held_because and (as_sure or known.held_because is self._held(rationale.confidence, account)):
            return f"recorded on {known.found_on} and not handed over: {known.held_because}"
        return None

    def _held_because(self, offer: Offer, account: Account) -> HeldReason | None:
        return self._held(offer.opportunity.confidence, account)

    def _held(self, confidence: Confidence, account: Account) -> HeldReason | None:
        """Why an offer of this confidence does not go to Sales, None if it does."""
        if confidence == "low":
            return HeldReason.LOW_CONFIDENCE
        if self.handoff is None:
            return HeldReason.NO_QUEUE
        return None if account.sales_email or self.sales_owner else HeldReason.NO_SALES_OWNER

    def _find_once(
        self,
        request: ExpansionRequest,
        account: Account,
        left: Sequence[Rationale],
        gaps: str,
        known: Mapping[OpportunityType, Offer],
    ) -> tuple[_Answer, list[Offer]]:
        """The narrator's answer and the offers that it newly makes, all of them stored before any goes further.

        A redelivery of the request gets the answer that was given, and no new offer.
        """
        new: list[Offer] = []

        def find() -> str:
            answer, offers = self._find(request, account, left, gaps, known)
            for offer in offers:
                self.offers.put(offer)
            new.extend(offers)
            return json.dumps(asdict(answer))

        key = f"{account.account_id}:{request.request}"
        return _Answer(**json.loads(self.answers(key, find))), new

    def _find(
        self,
        request: ExpansionRequest,
        account: Account,
        left: Sequence[Rationale],
        gaps: str,
        known: Mapping[OpportunityType, Offer],
    ) -> tuple[_Answer, list[Offer]]:
        if not left:
            return _Answer(), []
        evidence = ExpansionEvidence(
            account_id=account.account_id,
            account_name=account.name,
            plan=account.plan,
            industry=account.industry,
            on=request.on,
            rationales=tuple(left),
            notes=account.notes,
        )
        proposals, error = self.writers.write(
            lambda narrator: narrator.find_expansions(evidence),
            f"the offers to account {account.account_id}",
            last_try=request.last_try,
        )
        passed = accepted(proposals.proposed, evidence)
        for refused in passed.refused:
            logger.warning("an offer to account %s is refused: %s", account.account_id, refused)
        if passed.refused:
            self.count({Metric.OFFERS_REFUSED: len(passed.refused)})
        offers = [
            Offer(
                opportunity.model_copy(
                    update={"made_at": request.now, "evidence": [*opportunity.evidence, *([gaps] if gaps else [])]}
                ),
                quarter=quarter_of(request.on),
                found_on=request.on,
                written_by=proposals.written_by,
                account_name=account.name,
                owner_email=account.owner_email,
                sales_email=account.sales_email or self.sales_owner,
                page_id=before.page_id if (before := known.get(opportunity.opportunity_type)) else None,
                page_url=before.page_url if before else None,
                rationale_confidence=rationale.confidence
                if (rationale := evidence.rationale(opportunity.opportunity_type))
                else None,
            )
            for opportunity in passed.opportunities
        ]
        return _Answer(proposals.written_by, passed.refused, passed.dropped, error), offers

    def _finish(self, request: ExpansionRequest, account: Account, offer: Offer) -> Offer:
        """Record the offer and hand it over, as far as an earlier delivery did not."""
        if offer.dispatched_on:
            return offer
        why = None if offer.handoff else self._held_because(offer, account)
        if why and offer.held_because is why:
            return offer
        sales_email = account.sales_email or self.sales_owner
        offer = self._recorded(replace(offer, held_because=why, sales_email=sales_email), account)
        if why is None and offer.handoff is None and self.handoff:
            self.handoff.send([self._message(request, offer)])
        done = replace(offer, dispatched_on=None if why else request.on)
        self.offers.put(done)
        return done

    def _recorded(self, offer: Offer, account: Account) -> Offer:
        if self.records is None:
            return offer
        record = expansion_record(offer, account)
        page_id = self.records.put(record, page_id=offer.page_id)
        return replace(offer, page_id=page_id, page_url=self.records.url(page_id))

    def _unrecorded(self, account: Account) -> str | None:
        if self.records:
            return None
        logger.warning("the offers to account %s have no record: no records are configured", account.account_id)
        return "no record was written: Notion is not configured"

    def _message(self, request: ExpansionRequest, offer: Offer) -> ExpansionHandoff:
        found = offer.opportunity
        return ExpansionHandoff(
            tenant_id=self.tenant_id,
            handoff_id=offer.handoff_id,
            run_date=request.on,
            account_id=found.account_id,
            account_name=offer.account_name,
            opportunity_type=found.opportunity_type,
            evidence=tuple(found.evidence),
            estimated_arr_impact=found.estimated_arr_impact,
            recommended_talk_track=found.recommended_talk_track,
            confidence=found.confidence,
            sales_email=offer.sales_email,
            owner_email=offer.owner_email,
            record_url=offer.page_url,
        )

    def _checked(
        self, reasons: Iterable[str], offers: Sequence[Offer], answer: _Answer, errors: Iterable[str | None]
    ) -> _Checked:
        handed_over = any(offer.held_because is None for offer in offers)
        outcome: Outcome = "nothing" if not offers else "offered" if handed_over else "recorded"
        written_by = answer.written_by or next((offer.written_by for offer in offers), None)
        return _Checked(
            outcome,
            tuple(reasons),
            tuple(offers),
            replace(answer, written_by=written_by),
            tuple(error for error in errors if error),
        )

    def _settle(self, request: ExpansionRequest, row: AccountRow | None, checked: _Checked) -> None:
        """Write the outcome to the day's entries; a question alone writes none."""
        if self.log is None or request.signals:
            return
        account = row.account if row else None
        page_url = next((offer.page_url for offer in checked.offers if offer.page_url), None)
        self.log.settle(
            ExpansionEntry(
                on=request.on,
                key=request.account_id,
                account_id=request.account_id,
                account_name=account.name if account else request.account_id,
                owner_email=account.owner_email if account else None,
                outcome=checked.outcome,
                lines=_lines(checked),
                url=page_url or (account.page_url if account else None),
            )
        )


def _less_sure(found: Sequence[Rationale]) -> list[Rationale]:
    """Rationales as sure as they may be where something is unknown that could speak against an offer."""
    return [
        rationale.model_copy(update={"confidence": min("medium", rationale.confidence, key=_CONFIDENCES.index)})
        for rationale in found
    ]


def _present(account_id: str, row: AccountRow | None) -> AccountRow:
    if row is None:
        raise Refused(f"account {account_id!r} is not known; it is known once a scan has read it")
    if row.latest.status in ("gone", "skipped"):
        why = "no longer in the book" if row.latest.status == "gone" else "inactive"
        raise Refused(f"account {account_id!r} is not checked for expansion: it is {why}")
    return row


def _signals(account_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        CSMHealthSignals.model_validate(dict(given))
    except ValidationError as error:
        raise Refused(f"account {account_id!r}: {'; '.join(map(str, refusals(error)))}") from error
    return dict(given)


def _not_assessed(why: str) -> _Checked:
    return _Checked("held_back", (f"cannot be judged: {why}",), assessed=False)


def _lines(checked: _Checked) -> tuple[str, ...]:
    """The day's entry of the account in words. What decides comes before the evidence, which may be long."""
    refused = [f"refused: {reason}" for reason in checked.answer.refused]
    return (*map(_line, checked.offers), *checked.reasons, *refused, *checked.errors)


def _line(offer: Offer) -> str:
    found = offer.opportunity
    arr = "" if found.estimated_arr_impact is None else f", ARR {found.estimated_arr_impact:,.0f} a year"
    held = f", not handed over ({offer.held_because})" if offer.held_because else ""
    return f"{found.opportunity_type}{arr}{held}: {', '.join(found.evidence)}"


def check_expansion_task(
    check: Callable[[ExpansionRequest], ExpansionResult | Failed], *, timezone: str = "UTC"
) -> Task:
    """The task, made of the job."""

    def check_expansion(task: Mapping[str, Any], context: Mapping[str, Any]) -> TaskResult:
        account_id, signals = account_id_of(task), signals_of(task)
        asked = context_of(f"account {account_id!r}", context, timezone)
        return check(
            ExpansionRequest(account_id, asked.run_date, asked.request_id, asked.now, signals, last_try=asked.last_try)
        )

    return check_expansion


def _result(request: ExpansionRequest, checked: _Checked, failure: str | None = None) -> ExpansionResult:
    """The check as its caller sees it; partial, with the error, if something was done without or it failed."""
    assumed = (ASSUMED,) if request.signals else ()
    left = [offer for offer in checked.offers if not offer.dispatched_on]
    return ExpansionResult(
        account_id=request.account_id,
        run_date=request.on,
        outcome=checked.outcome,
        reasons=(*checked.reasons, *assumed),
        opportunities=tuple(offer.opportunity for offer in checked.offers),
        dispatched=tuple(offer.handoff_id for offer in checked.offers if offer.dispatched_on),
        not_dispatched=tuple(
            NotDispatched(handoff_id=offer.handoff_id, reason=offer.held_because or failure or ASSUMED)
            for offer in left
        ),
        refused=tuple(checked.answer.refused),
        dropped_claims=tuple(checked.answer.dropped),
        written_by=checked.answer.written_by,
        confidence="low" if failure else _confidence(checked),
        error=failure or "; ".join(checked.errors) or None,
    )


def _confidence(checked: _Checked) -> Confidence:
    """low where a part was skipped or the account cannot be assessed, else that of the least sure offer; at most
    medium where something was refused.
    """
    if checked.errors or not checked.assessed:
        return "low"
    offered = [offer.opportunity.confidence for offer in checked.offers]
    return min((*offered, "medium" if checked.answer.refused else "high"), key=_CONFIDENCES.index)
