"""The daily contract check: which contracts are due, which alerts and reviews follow, and the renewals digest.

It reads the account rows alone, and so works on a morning on which the account book cannot be read. It keeps no
checkpoint: what is done is seen from what is there, and any part of it may be done again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Literal, TypeVar

from customer_success.accounts.ports import AccountRows, ScoreHistory
from customer_success.accounts.row import AccountRow, check_marker
from customer_success.alerts.entry import AlertEntry
from customer_success.alerts.policy import Candidate, rank
from customer_success.alerts.ports import AlertLog
from customer_success.alerts.publisher import BATCH, AlertPublisher
from customer_success.batches import batches
from customer_success.dataclass import dataclass
from customer_success.isolation import alone, attempted, cause, recorded, together
from customer_success.messages import ChurnAlert, QbrRequested, pages_changed
from customer_success.outcomes.capture import CapturedOutcomes, CaptureOutcomes, OutcomeCase, case_of
from customer_success.periods import Calendar, Quarter, today
from customer_success.ports import Outbox
from customer_success.renewals.contracts import (
    DUE,
    ENDS_SOON,
    WITHOUT_END,
    Contract,
    Group,
    UncheckedAccount,
    contract_of,
)
from customer_success.renewals.digest import failed_check_digest, in_words, renewals_digest
from customer_success.results import IfKnown, JobResult
from customer_success.reviews.ports import Qbrs
from customer_success.reviews.qbr import Qbr, QbrKey
from customer_success.scan.assessment import Assessment, Rejected, ScanContext, Scored, assess
from customer_success.scan.ports import Runs
from customer_success.scan.run import HEALTH_SCAN, Run
from customer_success.scan.tally import Counts
from customer_success.schemas import Confidence
from customer_success.scoring.health_status import RISKS
from customer_success.scoring.scorer import CSMHealthScorer

ONE_DAY = timedelta(days=1)

T = TypeVar("T")


@dataclass(slots=True)
class Found:
    """What a look at the rows found. `failed` are accounts with which something went wrong; `due` are those
    that are not assessed today, `alerts` what they raise; `changed` are accounts whose pages an earlier try of the same
    day changed, `reviews` contracts that call for one, `outcomes` what rows say of ended contracts.
    """

    contracts: dict[str, Contract] = field(default_factory=dict)
    failed: list[UncheckedAccount] = field(default_factory=list)
    skipped: int = 0
    due: list[str] = field(default_factory=list)
    alerts: list[ChurnAlert] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    reviews: list[Contract] = field(default_factory=list)
    outcomes: list[OutcomeCase] = field(default_factory=list)


class ContractCheckResult(JobResult):
    """What a check counted: read = dated + undated + skipped + failed, and dated = all groups + signed."""

    task_type: Literal["contract_check"] = "contract_check"
    run_date: date
    confidence: Confidence
    """high if every account that is due has a score of today, low if none has."""
    read: int
    dated: int
    undated: int
    skipped: int
    groups: Counts
    signed: int
    failed: IfKnown[int] = None
    notice_deadlines: int
    request: str
    scanned: int
    alerts: int
    qbrs: int


@dataclass(frozen=True, slots=True)
class ContractCheck:
    """The job. `now` is the moment of scoring."""

    tenant_id: str
    rows: AccountRows
    history: ScoreHistory
    alerts: AlertLog
    runs: Runs
    publisher: AlertPublisher
    page_updates: Outbox
    qbr_requests: Outbox
    qbrs: Qbrs
    outcomes: CaptureOutcomes
    calendar: Calendar
    scorer: CSMHealthScorer
    fallback_owner: str | None
    now: Callable[[], datetime]
    timezone: str = "UTC"

    def __call__(self, on: date, *, request: str, time: datetime, last_try: bool = False) -> ContractCheckResult:
        """Check the contracts of the run date `on`, that of `time`, and return what was counted.

        `request` is the id of the event that asks for it. What an earlier try did already is not counted as scanned,
        sent or requested again. Raises `Refused` for a day after today, `Unavailable` when the rest has to wait; on the
        `last_try` an error that ends the check is reported.
        """
        today(on, self.now(), self.timezone)
        return recorded(
            f"the contract check of {on}",
            lambda: self._checked(on, request, time),
            lambda error: self.publisher.post(failed_check_digest(on, cause(error))),
            last_try=last_try,
        )

    def _checked(self, on: date, request: str, time: datetime) -> ContractCheckResult:
        last_scan = self.runs.last_finished(HEALTH_SCAN, on + ONE_DAY)
        scan = self._context(on, last_scan)
        found = self._look(scan)
        self._rank(found.alerts, on, first_scan=last_scan is None)
        scanned = self._scan(found, scan)
        self.page_updates.send(pages_changed(self.tenant_id, found.changed, on))
        sent = self.publisher.publish(e for e in self.alerts.on(on) if e.state == "pending" and e.delivery)
        requested = self._request_reviews(found.reviews, on, time)
        captured = self._capture_outcomes(found.outcomes, time)
        if self.calendar.is_working_day(on):
            # A scan that could score nothing has read the book all the same.
            ended = (run.run_date for run in self.runs.before(HEALTH_SCAN, on + ONE_DAY) if run.status == "finished")
            last_scan_on = next(ended, None)
            asked = captured.open if self.calendar.begins_week(on) else ()
            self.publisher.post(
                renewals_digest(
                    on,
                    found.contracts.values(),
                    found.failed,
                    skipped=found.skipped,
                    last_scan=last_scan_on,
                    unanswered=asked,
                )
            )
        return _result(on, found, request=request, scanned=scanned, alerts=sent, qbrs=requested)

    def _capture_outcomes(self, cases: Sequence[OutcomeCase], time: datetime) -> CapturedOutcomes:
        """Capture what became of contracts. It comes beside the check: what fails is captured on the next day."""
        captured = CapturedOutcomes()

        def capture() -> None:
            nonlocal captured
            captured = self.outcomes(cases, time)

        attempted("the capture of outcomes", capture)
        return captured

    def _context(self, on: date, last_scan: Run | None) -> ScanContext:
        return ScanContext(
            tenant_id=self.tenant_id,
            run_date=on,
            run=check_marker(on),
            now=self.now(),
            scorer=self.scorer,
            medians=last_scan.tally.medians() if last_scan else {},
            fallback_owner=self.fallback_owner,
        )

    def _look(self, scan: ScanContext) -> Found:
        """Read every row once; keep each contract in memory, not the row: a big book has many."""
        found = Found()
        for row in self.rows.every():
            self._alone(found, row, partial(self._look_at, found, row, scan))
            if case := case_of(row, scan.run_date):
                found.outcomes.append(case)
        return found

    def _alone(self, found: Found, row: AccountRow, work: Callable[[], T]) -> T | None:
        """What the work for one account brings; where it fails the account is passed over, and named."""

        def passed_over(error: Exception) -> None:
            found.contracts.pop(row.account_id, None)
            found.failed.append(UncheckedAccount(row.account_id, row.account.name, cause(error)))

        return alone(f"account {row.account_id!r}", work, passed_over)

    def _look_at(self, found: Found, row: AccountRow, scan: ScanContext) -> None:
        contract = contract_of(row)
        if contract is None:
            found.skipped += 1
            return
        group = contract.group(scan.run_date)
        # What cannot be put into words is better found here than when the digest of all is written.
        in_words(contract, scan.run_date)
        due = group in DUE and row.latest.run_date != scan.run_date
        alert = self._alert_of(scan, row) if due else None
        found.contracts[row.account_id] = contract
        if group in ENDS_SOON and row.account.wants_review:
            found.reviews.append(contract)
        if due:
            found.due.append(row.account_id)
        elif row.run == scan.run and row.latest.page_queued == scan.run_date:
            found.changed.append(row.account_id)
        if alert:
            found.alerts.append(alert)

    def _assessed(self, scan: ScanContext, row: AccountRow) -> Assessment | None:
        """Assess an account by what was last read of it. None leaves the row as it is.

        An alert that is not for this check leaves the alert state as it was, so that the next scan raises it. An
        account that can no longer be scored keeps its row: the scan has to report it.
        """
        assessment = assess(scan, row.account, row, row.chunk)
        match assessment:
            case Rejected() if row.latest.status == "scored":
                return None
            case Scored(alert=alert) if alert and not self._alerts(alert, row):
                unchanged = replace(assessment.row.latest, alert_state=row.latest.alert_state)
                return replace(assessment, row=replace(assessment.row, latest=unchanged), alert=None)
        return assessment

    def _alert_of(self, scan: ScanContext, row: AccountRow) -> ChurnAlert | None:
        assessment = self._assessed(scan, row)
        return assessment.alert if isinstance(assessment, Scored) else None

    def _alerts(self, alert: ChurnAlert, row: AccountRow) -> bool:
        """True if the risk is higher than last reported; on a day off only if it is critical."""
        sent = row.latest.alert_state.last_sent
        higher = sent is None or RISKS.index(alert.churn_risk) > RISKS.index(sent.churn_risk)
        return higher and (alert.churn_risk == "critical" or self.calendar.is_working_day(alert.run_date))

    def _rank(self, alerts: Iterable[ChurnAlert], on: date, *, first_scan: bool) -> None:
        """Write the alerts with their delivery: a scan that closes meanwhile may publish them at any moment."""
        raised = {alert.alert_id: AlertEntry(alert) for alert in alerts}
        if not raised:
            return
        unranked: list[str] = []
        candidates: dict[str, Candidate] = {alert_id: entry.candidate for alert_id, entry in raised.items()}
        for known in self.alerts.on(on):
            candidates[known.alert_id] = known.candidate
            if known.alert_id in raised and known.delivery is None:
                unranked.append(known.alert_id)
        deliveries = rank(candidates.values(), first_scan=first_scan, working_day=self.calendar.is_working_day(on))
        ranked = {alert_id: replace(entry, delivery=deliveries[alert_id]) for alert_id, entry in raised.items()}
        self.alerts.add(ranked.values())
        self.alerts.mark(ranked[alert_id] for alert_id in unranked)

    def _scan(self, found: Found, scan: ScanContext) -> int:
        """Write the assessments, the alerts being there already. Rows are read anew, for a scan may have come by."""
        scanned = 0
        for account_ids in batches(found.due, count=BATCH):
            rows = list(self.rows.get_many(account_ids).values())
            assessed = self._written(found, [each for row in rows if (each := self._assessed_alone(found, scan, row))])
            found.changed += [each.row.account_id for each in assessed if each.page_changed]
            present = {row.account_id: row for row in (*rows, *(each.row for each in assessed))}
            found.contracts |= {i: contract for i, row in present.items() if (contract := contract_of(row))}
            scanned += len(assessed)
        return scanned

    def _assessed_alone(self, found: Found, scan: ScanContext, row: AccountRow) -> Assessment | None:
        """The account's assessment, None if it is assessed already, or keeps its row."""
        if row.latest.run_date == scan.run_date:
            return None
        return self._alone(found, row, partial(self._assessed, scan, row))

    def _written(self, found: Found, assessed: Sequence[Assessment]) -> list[Assessment]:
        """Write the assessments; an account whose row is refused is named, and keeps its row."""
        refused: set[str] = set()

        def write(some: Sequence[Assessment]) -> None:
            points = [(each.row.account_id, each.row.latest.point) for each in some]
            self.history.put_many((account_id, point) for account_id, point in points if point)
            self.rows.put_many([each.row for each in some])

        def pass_over(assessment: Assessment, error: Exception) -> None:
            refused.add(assessment.row.account_id)
            account = assessment.row.account
            found.failed.append(UncheckedAccount(account.account_id, account.name, cause(error)))

        together(assessed, write, about=lambda each: f"account {each.row.account_id!r}", otherwise=pass_over)
        return [each for each in assessed if each.row.account_id not in refused]

    def _request_reviews(self, contracts: Iterable[Contract], on: date, time: datetime) -> int:
        """Ask for the review that a contract's end calls for, once for that end.

        It is asked for before that is noted: asked for twice it is made once, noted only it would never be made.
        """
        requested = 0
        period = str(Quarter.of(on))
        for some in batches(contracts, count=BATCH):
            keyed = {QbrKey(c.account_id, period, c.end): c for c in some}
            known = self.qbrs.known(keyed)
            wanted = {key: contract for key, contract in keyed.items() if key not in known}
            self.qbr_requests.send(self._review_of(key, time) for key in wanted)
            self.qbrs.add(
                Qbr(key, contract.name, contract.owner_email, trigger="contract_proximity", on=on)
                for key, contract in wanted.items()
            )
            requested += len(wanted)
        return requested

    def _review_of(self, key: QbrKey, time: datetime) -> QbrRequested:
        return QbrRequested(
            tenant_id=self.tenant_id,
            id=f"contract:{key}",
            time=time,
            account_id=key.account_id,
            trigger="contract_proximity",
            contract_end=key.contract_end,
        )


def _result(on: date, found: Found, *, request: str, scanned: int, alerts: int, qbrs: int) -> ContractCheckResult:
    contracts = found.contracts.values()
    groups = Counter(contract.group(on) for contract in contracts)
    undated = sum(groups[group] for group in WITHOUT_END)
    signed = groups[Group.SIGNED]
    return ContractCheckResult(
        run_date=on,
        confidence=_confidence([c for c in contracts if c.group(on) in DUE], on),
        read=len(contracts) + found.skipped + len(found.failed),
        dated=len(contracts) - undated,
        undated=undated,
        skipped=found.skipped,
        groups={group.value: groups[group] for group in Group if group not in (*WITHOUT_END, Group.SIGNED)},
        signed=signed,
        failed=len(found.failed) or None,
        notice_deadlines=sum(contract.notice_due(on) for contract in contracts),
        request=request,
        scanned=scanned,
        alerts=alerts,
        qbrs=qbrs,
    )


def _confidence(due: Sequence[Contract], on: date) -> Confidence:
    scored = sum(c.health_status is not None and c.health_status.run_date == on for c in due)
    if scored == len(due):
        return "high"
    return "medium" if scored else "low"
