"""What follows a scan for expansion: feature usage is read, the answers of Sales are taken over, candidates are queued.

Writes before a checkpoint may be repeated after a crash, with the same values.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Literal, TypeVar, get_args

from customer_success.accounts.account import Account
from customer_success.accounts.ports import AccountRows
from customer_success.accounts.row import AccountRow
from customer_success.adoption.feature_usage import FeatureUsage, UsagePage
from customer_success.adoption.peers import counted
from customer_success.adoption.ports import AdoptionPeers, FeatureUsageBook, FeatureUsages
from customer_success.adoption.report import adoption_rate
from customer_success.batches import batches
from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured, OutOfTime, Refused, Unavailable
from customer_success.expansion.entry import ExpansionEntry
from customer_success.expansion.offer import Offer, SalesAnswer, SalesStatus
from customer_success.expansion.policy import is_candidate
from customer_success.expansion.ports import ExpansionLog, ExpansionRecords, Offers, RecordedAnswer
from customer_success.isolation import alone, attempted, cause, together
from customer_success.messages import ExpansionCheckRequested, ExpansionsQueued
from customer_success.metrics import Metric
from customer_success.paging import one_ahead
from customer_success.periods import Calendar, today
from customer_success.ports import Outbox
from customer_success.results import JobResult
from customer_success.scan.ports import Runs
from customer_success.scan.run import Run, RunStatus
from customer_success.scan.tally import Counts, Tally, in_short
from customer_success.schemas import Confidence

KIND = "expansion"
LEASE_SECONDS = 300.0
"""As long as the function may run: what follows the reading knows no checkpoint."""
SECONDS_FOR_THE_REST = 90.0
"""With less time left nothing more is read: of a big book, what follows takes half of it."""
LOOK_BACK = timedelta(days=30)
"""So long ago an answer may have been written that no run has read yet."""
BATCH = 100
MOST_NOTED = 5
"""Cases of one kind that are named; the rest is counted."""

T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExpansionRunRequest:
    """What a run is asked for; `request` is the id of the message, by which its redelivery is recognised.

    On the `last_try` a passing fault of what is read no longer holds up the rest.
    """

    on: date
    request: str
    last_try: bool = False


class ExpansionRunResult(JobResult):
    """What a run found. `confidence` is high only if all was read and nothing refused."""

    task_type: Literal["expansion_run"] = "expansion_run"
    run_date: date
    attempt: int
    status: RunStatus
    confidence: Confidence
    usage_rows: Counts
    """The rows of feature usage that were read, stored and rejected."""
    answers: int
    candidates: int
    notes: tuple[str, ...]

    def counts(self) -> Mapping[Metric, float]:
        return {Metric.EXPANSION_CANDIDATES: self.candidates}


@dataclass(frozen=True, slots=True)
class ExpansionRun:
    """The job. `time_left` gives the seconds that the function may still run.

    Without a `usage_book` no feature usage is read, without `records` no answers are. Owners get a message when they
    are checked, or when `close_after` is over.
    """

    tenant_id: str
    usage_book: FeatureUsageBook | None
    usages: FeatureUsages
    records: ExpansionRecords | None
    offers: Offers
    rows: AccountRows
    peers: AdoptionPeers
    log: ExpansionLog
    checks: Outbox
    closings: Outbox
    runs: Runs
    calendar: Calendar
    time_left: Callable[[], float]
    now: Callable[[], datetime]
    close_after: timedelta
    look_again_seconds: int
    timezone: str = "UTC"

    def __call__(self, request: ExpansionRunRequest) -> ExpansionRunResult:
        """Run, or go on with a run, and return what it found.

        Raises `Refused` for a day before the last run's or after today, and `Unavailable` when the rest has to wait.
        On the last try an error that ends it is recorded, and the owners get a message with what is checked.
        """
        latest = self.runs.latest_day(KIND, until=today(request.on, self.now(), self.timezone))
        if latest and request.on < latest:
            raise Refused(f"the expansion run of {request.on} is refused: it lies before the last run, {latest}")
        run = self.runs.take(KIND, request.on, request=request.request, force=True, lease_seconds=LEASE_SECONDS)
        if run.status == "finished":
            return result(run)
        try:
            return result(self._finish(run, last_try=request.last_try))
        except Exception as error:
            if request.last_try:
                attempted(
                    f"the record that the expansion run of {run.run_date} failed", partial(self._fail, request, error)
                )
            attempted(f"the release of the expansion run of {run.run_date}", partial(self.runs.release, run))
            if isinstance(error, Refused):
                # The request is in order, so its message must not be acknowledged.
                raise Misconfigured(str(error)) from error
            raise

    def _fail(self, request: ExpansionRunRequest, error: Exception) -> None:
        """Note that the run failed, and let the day's digest say so."""
        run = self.runs.take(KIND, request.on, request=request.request, force=False, lease_seconds=LEASE_SECONDS)
        self.runs.save(replace(run, status="failed", failure=cause(error), finished_at=self.now()))
        if self.calendar.is_working_day(run.run_date):
            self._queue_closing(run.run_date, [f"The look for room to grow did not come to its end: {cause(error)}"])

    def _finish(self, run: Run, *, last_try: bool) -> Run:
        notes: list[str] = []
        run = self._read_usage(run, notes, last_try=last_try)
        notes += _noted(run.tally)
        if working_day := self.calendar.is_working_day(run.run_date):
            self._take_over_answers(run.run_date, notes, last_try=last_try)
        found = {"candidates": self._go_through_the_book(run, working_day=working_day)}
        if working_day:
            found["answers"] = sum(entry.outcome == "answered" for entry in self.log.on(run.run_date))
            self._queue_closing(run.run_date, notes)
        finished = replace(run, status="finished", found=found, notes=tuple(notes), finished_at=self.now())
        return self.runs.save(finished)

    def _read_usage(self, run: Run, notes: list[str], *, last_try: bool) -> Run:
        """Read on from the checkpoint. Raises `OutOfTime` when little time is left, but for the last try."""
        if self.usage_book is None:
            logger.warning("feature usage is not read: there is no place to read it from")
            return run
        if run.status != "running":
            return run
        pages = one_ahead(self.usage_book.read(run.bookmark))
        for page in _as_far_as_it_goes(pages, "Feature usage", notes, last_try=last_try):
            together(page.rows, partial(self.usages.add, run.key), about=_usage_words, otherwise=lambda *_: None)
            run = self.runs.save(run.page_done(_count(page), page.next, ()))
            if self.time_left() < SECONDS_FOR_THE_REST:
                named = f"{run.tally.read} rows of feature usage are read; the rest goes on from there"
                if not last_try:
                    raise OutOfTime(named, retry_after=1)
                if page.next:
                    notes.append(f"Feature usage was not read to its end: {run.tally.read} rows took all the time")
                    break
        return run

    def _take_over_answers(self, on: date, notes: list[str], *, last_try: bool) -> None:
        if self.records is None:
            logger.warning("the answers of Sales are not read: there are no records to read them from")
            return
        unreadable: list[str] = []
        pages = self.records.answers(on - LOOK_BACK)
        for answers in _as_far_as_it_goes(pages, "The answers of Sales", notes, last_try=last_try):
            for answer in answers:
                case = alone(
                    f"the answer to offer {answer.handoff_id!r}",
                    partial(self._heard, answer, on),
                    partial(_unheard, answer),
                )
                unreadable += [in_short(case)] if case else []
        notes += _first(unreadable, len(unreadable))

    def _heard(self, answer: RecordedAnswer, on: date) -> str | None:
        """Take over one answer; why it cannot be, if it cannot."""
        if answer.unreadable is not None:
            return (
                f"Sales Status of {answer.handoff_id}: {answer.unreadable!r} could not be read, expected "
                f"{', '.join(get_args(SalesStatus))} or nothing"
            )
        if (offer := self.offers.get(answer.handoff_id)) is None:
            logger.warning("an answer of Sales is ignored: there is no offer %r", answer.handoff_id)
        else:
            self._take_over(offer, answer, on)
        return None

    def _take_over(self, offer: Offer, given: RecordedAnswer, on: date) -> None:
        """Note an answer that is new. The day's entry comes first: what is noted already is not reported again.

        A reason that is written anew does not make the answer a later one; one without an answer says nothing.
        """
        known = offer.answer or SalesAnswer(None, on)
        reason = given.reason if given.status else None
        if (given.status, reason) == (known.status, known.reason):
            return
        answer = SalesAnswer(given.status, known.on if given.status == known.status else on, reason)
        self.log.settle(self._answered(offer, answer, on))
        self.offers.record_answer(offer.handoff_id, answer)

    def _answered(self, offer: Offer, answer: SalesAnswer, on: date) -> ExpansionEntry:
        """An answer in the day's entries, for the account's current owner."""
        account_id = offer.opportunity.account_id
        row = self.rows.get(account_id)
        return ExpansionEntry(
            on=on,
            key=offer.handoff_id,
            account_id=account_id,
            account_name=row.account.name if row else offer.account_name,
            owner_email=row.account.owner_email if row else offer.owner_email,
            outcome="answered",
            lines=(_in_words(offer, answer),),
            url=offer.page_url,
        )

    def _go_through_the_book(self, run: Run, *, working_day: bool) -> int:
        """Count the peer groups and, on a working day, queue the candidates; their number.

        A big book is read only once, and some accounts at a time.
        """
        candidates = 0

        def rates() -> Iterator[tuple[Account, float | None]]:
            nonlocal candidates
            for rows in batches(self.rows.every(), count=BATCH):
                found = [row for row in rows if working_day and _may_grow(row, run.run_date)]
                together(found, partial(self._queue_checks, run), about=_row_words, otherwise=lambda *_: None)
                candidates += len(found)
                active = [row.account for row in rows if row.latest.status not in ("gone", "skipped")]
                usage = self.usages.of_many(active)
                yield from (
                    (account, _rate(account, usage.get(account.account_id, ()), run.run_date)) for account in active
                )

        self.peers.put_many(counted(rates(), run.run_date))
        return candidates

    def _queue_checks(self, run: Run, candidates: Sequence[AccountRow]) -> None:
        """The entry is there before the message: the day is not closed before what is planned is checked."""
        self.log.plan(_planned(row, run.run_date) for row in candidates)
        self.checks.send(
            ExpansionCheckRequested(
                tenant_id=self.tenant_id, id=f"expansion:{run.key}", run_date=run.run_date, account_id=row.account_id
            )
            for row in candidates
        )

    def _queue_closing(self, on: date, notes: Sequence[str]) -> None:
        queued = ExpansionsQueued(
            tenant_id=self.tenant_id, run_date=on, until=self.now() + self.close_after, notes=tuple(notes)
        )
        self.closings.send([queued], delay_seconds=self.look_again_seconds)


def result(run: Run) -> ExpansionRunResult:
    """A run as its caller sees it."""
    tally = run.tally
    return ExpansionRunResult(
        run_date=run.run_date,
        attempt=run.attempt,
        status=run.status,
        confidence="medium" if run.confidence == "high" and run.notes else run.confidence,
        usage_rows={"read": tally.read, "kept": tally.scored, "rejected": sum(tally.rejected.values())},
        answers=run.found.get("answers", 0),
        candidates=run.found.get("candidates", 0),
        notes=run.notes,
    )


def _as_far_as_it_goes(pages: Iterator[T], what: str, notes: list[str], *, last_try: bool) -> Iterator[T]:
    """The pages of a vendor up to one that cannot be read, not even later: then a note says why.

    Raises `Unavailable` while another try may help.
    """
    try:
        yield from pages
    except (Misconfigured, Refused, Unavailable) as error:
        if isinstance(error, Unavailable) and not last_try:
            raise
        logger.warning("%s could not be read to the end: %s", what, error)
        notes.append(f"{what} could not be read to the end: {error}")


def _count(page: UsagePage) -> Tally:
    """The counts of one page of feature usage; what is stored counts as scored."""
    unreadable = tuple(in_short(f"{whose}: {problem}") for whose, problem in page.unreadable)
    cases = {"rejections": len(page.rejected), "unreadable": len(unreadable)}
    return Tally(
        read=len(page.rows) + len(page.rejected),
        scored=len(page.rows),
        rejected={"unreadable": len(page.rejected)} if page.rejected else {},
        cases={name: number for name, number in cases.items() if number},
        rejections=tuple(map(in_short, page.rejected)),
        unreadable=unreadable,
    )


def _noted(tally: Tally) -> Iterator[str]:
    """The rows of feature usage that were rejected, and what of the others could not be read."""
    for name in ("rejections", "unreadable"):
        cases = [f"Feature usage, {case}" for case in getattr(tally, name)]
        yield from _first(cases, tally.cases.get(name, 0))


def _first(cases: Sequence[str], number: int) -> list[str]:
    """The first of a number of cases, and how many more there are."""
    named = list(cases[:MOST_NOTED])
    more = number - len(named)
    return [*named, f"and {more} more of this kind"] if more > 0 else named


def _unheard(answer: RecordedAnswer, error: Exception) -> str:
    return f"Sales Status of {answer.handoff_id}: {cause(error)}"


def _may_grow(row: AccountRow, on: date) -> bool:
    return alone(_row_words(row), lambda: is_candidate(row, on), lambda _: False)


def _row_words(row: AccountRow) -> str:
    return f"account {row.account_id!r}"


def _usage_words(usage: FeatureUsage) -> str:
    return f"the usage of {usage.feature!r} by {usage.holder!r}"


def _rate(account: Account, usage: Sequence[FeatureUsage], on: date) -> float | None:
    """The account's adoption; an own rate that is none counts as unknown."""
    try:
        return adoption_rate(account, usage, on)
    except Refused:
        return None
    except Exception:
        logger.exception("the adoption of account %r counts as unknown", account.account_id)
        return None


def _planned(row: AccountRow, on: date) -> ExpansionEntry:
    account = row.account
    return ExpansionEntry(on, row.account_id, row.account_id, account.name, account.owner_email, outcome="planned")


def _in_words(offer: Offer, answer: SalesAnswer) -> str:
    about = f"the {offer.opportunity.opportunity_type} offer of {offer.quarter}"
    if answer.status is None:
        return f"Sales took back its answer to {about}"
    answered = f"Sales marked {about} as {answer.status.lower()}"
    return f"{answered}: {answer.reason}" if answer.reason else answered
