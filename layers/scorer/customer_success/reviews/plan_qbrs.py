"""Plans the reviews of a quarter, and informs the owners when all of them have come to an end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Literal

from customer_success.accounts.ports import AccountRows
from customer_success.accounts.row import AccountRow
from customer_success.alerts.digest import failed_digest
from customer_success.alerts.publisher import AlertPublisher
from customer_success.batches import batches
from customer_success.dataclass import dataclass
from customer_success.isolation import cause, recorded, together
from customer_success.messages import AdoptionRequested, QbrRequested, QuarterPlanned
from customer_success.metrics import Metric
from customer_success.periods import Quarter, today
from customer_success.ports import Outbox
from customer_success.results import IfKnown, JobResult
from customer_success.reviews.ports import Qbrs
from customer_success.reviews.qbr import SETTLED, Qbr, QbrKey, QbrState
from customer_success.reviews.text import quarter_index
from customer_success.schemas import Confidence

KIND: Literal["plan_qbrs"] = "plan_qbrs"
CLOSING: Literal["close_quarter"] = "close_quarter"
BATCH = 100
CLOSES_AFTER = timedelta(hours=24)
"""Until then a quarter's reviews are waited for; the index then lists those that are not finished."""


class QuarterPlan(JobResult):
    """What a plan counted: read = planned + skipped + failed, and planned = queued + not wanted."""

    task_type: Literal["plan_qbrs"] = KIND
    run_date: date
    period: str
    read: int
    planned: int
    queued: int
    not_wanted: int
    skipped: int
    confidence: Confidence
    failed: IfKnown[dict[str, str]] = None
    """Why an account has no plan, by its id."""

    def counts(self) -> Mapping[Metric, float]:
        return {Metric.QBRS_PLANNED: self.planned}


@dataclass(frozen=True, slots=True)
class PlanQbrs:
    """The job: every active account gets a record, and one that wants a review a message on each of two queues."""

    tenant_id: str
    rows: AccountRows
    qbrs: Qbrs
    adoption: Outbox
    reviews: Outbox
    closings: Outbox
    publisher: AlertPublisher
    timezone: str = "UTC"

    def __call__(self, on: date, *, request: str, time: datetime, now: datetime, last_try: bool = False) -> QuarterPlan:
        """Plan the quarter of the run date `on`, asked for by the event `request` of the moment `time`.

        Safe to repeat: the record is there before the message, and who takes the message knows what is written. Raises
        `Refused` for a day after today. On the `last_try` an error that ends the plan is reported.
        """
        today(on, now, self.timezone)
        return recorded(
            f"the plan of the reviews of {on}",
            lambda: self._plan(on, request, time, now),
            lambda error: self._report_failure(on, error),
            last_try=last_try,
        )

    def _report_failure(self, on: date, error: Exception) -> None:
        title = f"Quarterly reviews, {Quarter.of(on)}: the plan failed"
        self.publisher.post(failed_digest(KIND, on, title, cause(error)))

    def _plan(self, on: date, request: str, time: datetime, now: datetime) -> QuarterPlan:
        period = str(Quarter.of(on))
        wanted = unwanted = skipped = 0
        failed: dict[str, str] = {}

        def leave_out(row: AccountRow, error: Exception) -> None:
            failed[row.account_id] = cause(error)

        for rows in batches(self.rows.every(), count=BATCH):
            active = [row for row in rows if row.latest.status not in ("gone", "skipped")]
            skipped += len(rows) - len(active)
            together(active, partial(self._plan_some, period, on, request, time), about=_about, otherwise=leave_out)
            planned = [row for row in active if row.account_id not in failed]
            wanting = sum(row.account.wants_review for row in planned)
            wanted += wanting
            unwanted += len(planned) - wanting
        if wanted or unwanted:
            self.closings.send(
                [QuarterPlanned(tenant_id=self.tenant_id, period=period, run_date=on, until=now + CLOSES_AFTER)]
            )
        return QuarterPlan(
            run_date=on,
            period=period,
            read=wanted + unwanted + skipped + len(failed),
            planned=wanted + unwanted,
            queued=wanted,
            not_wanted=unwanted,
            skipped=skipped,
            confidence="low" if not (wanted or unwanted) else "medium" if failed else "high",
            failed=failed or None,
        )

    def _plan_some(self, period: str, on: date, request: str, time: datetime, rows: Sequence[AccountRow]) -> None:
        self.qbrs.add(_planned(row, period, on) for row in rows)
        self._hand_on([row for row in rows if row.account.wants_review], request, time)

    def _hand_on(self, wanting: Sequence[AccountRow], request: str, time: datetime) -> None:
        ids = [row.account_id for row in wanting]
        self.adoption.send(
            AdoptionRequested(tenant_id=self.tenant_id, id=request, time=time, account_id=account_id)
            for account_id in ids
        )
        self.reviews.send(
            QbrRequested(tenant_id=self.tenant_id, id=request, time=time, account_id=account_id) for account_id in ids
        )


class QuarterCounts(JobResult):
    """The reviews of a quarter by their state."""

    task_type: Literal["close_quarter"] = CLOSING
    planned: int
    written: int
    partial: int
    failed: int
    not_wanted: int


@dataclass(frozen=True, slots=True)
class CloseQuarter:
    """The job that follows: looks again and again until every review is settled, then posts the index."""

    qbrs: Qbrs
    publisher: AlertPublisher
    closings: Outbox
    fallback_owner: str | None
    look_again_seconds: int

    def __call__(self, message: QuarterPlanned, *, now: datetime, last_try: bool = False) -> QuarterCounts:
        """Post each owner's index, or put the message back. The counts of the reviews by their state.

        On the `last_try` an error that stops the closing is reported; it is raised in any case.
        """
        title = f"Quarterly reviews, {message.period}: what became of them could not be told"
        return recorded(
            f"the closing of the quarter {message.period}",
            lambda: self._close(message, now),
            lambda error: self.publisher.post(failed_digest(CLOSING, message.run_date, title, cause(error))),
            last_try=last_try,
        )

    def _close(self, message: QuarterPlanned, now: datetime) -> QuarterCounts:
        qbrs = list(self.qbrs.of_period(message.period))
        unsettled = [qbr for qbr in qbrs if qbr.state not in SETTLED]
        if unsettled and now < message.until:
            self.closings.send([message], delay_seconds=self.look_again_seconds)
        else:
            self.publisher.post_each(quarter_index(message.period, message.run_date, qbrs, self.fallback_owner))
        counts = Counter[QbrState](qbr.state for qbr in qbrs)
        return QuarterCounts(
            planned=counts["planned"],
            written=counts["written"],
            partial=counts["partial"],
            failed=counts["failed"],
            not_wanted=counts["not_wanted"],
        )


def _about(row: AccountRow) -> str:
    return f"account {row.account_id!r}"


def _planned(row: AccountRow, period: str, on: date) -> Qbr:
    return Qbr(
        QbrKey(row.account_id, period),
        account_name=row.account.name,
        owner_email=row.account.owner_email,
        trigger="scheduled",
        on=on,
        state="planned" if row.account.wants_review else "not_wanted",
    )
