"""Works out what an account makes of its features, keeps it, and puts it on the account's page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime
from typing import Any, Literal

from pydantic import ValidationError

from customer_success.accounts.account import Account
from customer_success.accounts.outward import draft_held_because
from customer_success.accounts.ports import AccountRows
from customer_success.accounts.row import AccountRow
from customer_success.adoption.feature_usage import FeatureUsage
from customer_success.adoption.peers import groups_of
from customer_success.adoption.ports import AdoptionPeers, AdoptionReports, FeatureUsages
from customer_success.adoption.report import adoption_report
from customer_success.adoption.sections import OnceSections
from customer_success.adoption.text import adoption_mail, adoption_section, as_of
from customer_success.alerts.digest import failed_digest
from customer_success.alerts.publisher import AlertPublisher
from customer_success.dataclass import dataclass
from customer_success.drafts.drafts import Drafted, OptionalDrafts
from customer_success.errors import NotTaken, Refused, words_of
from customer_success.isolation import cause, recorded
from customer_success.results import Failed, JobResult, TaskResult, finished_or_failed
from customer_success.schemas import Confidence, CSMHealthSignals, FeatureAdoptionReport, refusals
from customer_success.tasks import Task, account_id_of, context_of, signals_of

KIND: Literal["track_feature_adoption"] = "track_feature_adoption"
NO_SECTION, NO_MAIL = "no section was written", "no mail was drafted"
OTHERS = "Others of the day that fail are not told one by one: they wait in the dead-letter queue of adoption."

Section = Literal["written", "unchanged", "not_written"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AdoptionRequest:
    """What is asked for; `request` is the id by which its redelivery is recognised.

    `now` is the moment of the report. With `signals` laid over the account's own it is asked what would be: nothing is
    stored or written. On the `last_try` what only enriches the report is done without.
    """

    account_id: str
    on: date
    request: str
    now: datetime
    draft: bool = False
    signals: Mapping[str, Any] = field(default_factory=dict)
    last_try: bool = False


class AdoptionResult(JobResult):
    """What an account makes of its features, and what became of its section and its mail."""

    LOGGED = ("account_id", "section", "draft_id", "confidence", "error")

    task_type: Literal["track_feature_adoption"] = KIND
    account_id: str
    report: FeatureAdoptionReport
    section: Section | None
    draft_id: str | None
    confidence: Confidence


@dataclass(slots=True)
class _Progress:
    """What is there by now of a report on its way."""

    report: FeatureAdoptionReport | None = None
    section: Section | None = None


@dataclass(frozen=True, slots=True)
class TrackFeatureAdoption:
    """The job. Without `sections` the report is stored in the table alone, without `drafts` no mail is drafted; the
    result says so.
    """

    rows: AccountRows
    usages: FeatureUsages
    peers: AdoptionPeers
    reports: AdoptionReports
    sections: OnceSections | None
    drafts: OptionalDrafts | None
    fallback_owner: str | None
    publisher: AlertPublisher

    def __call__(self, request: AdoptionRequest) -> AdoptionResult | Failed:
        """Work out the report, keep it, then write the section, and the mail if one is asked for.

        Fails with `Refused` for an account that is not known and for a signal that is none, `Unavailable` when the rest
        has to wait, `Misconfigured` when a person has to act before the section can be written, `NotTaken` if it is not
        taken as it is; a report that is there by then is in the failure. On the `last_try` an error that ends it is
        reported, if there is a `publisher`.
        """
        progress = _Progress()

        def track() -> AdoptionResult:
            return recorded(
                f"the feature adoption of account {request.account_id!r}",
                lambda: self._track(request, progress),
                lambda error: self._report_failure(request, error),
                last_try=request.last_try,
            )

        def finished(cause: Exception) -> AdoptionResult | None:
            report = progress.report
            return _result(report, progress.section, None, [words_of(cause)]) if report else None

        return finished_or_failed(KIND, track, finished)

    def _report_failure(self, request: AdoptionRequest, error: Exception) -> None:
        """Report to the team that an output is missing. An impossible request is answered, and nothing is missing."""
        if isinstance(error, Refused) and not isinstance(error, NotTaken):
            return
        title = f"Feature adoption, {request.on}: a page does not show it"
        self.publisher.post(failed_digest(KIND, request.on, title, f"{request.account_id}: {cause(error)}", OTHERS))

    def _track(self, request: AdoptionRequest, progress: _Progress) -> AdoptionResult:
        row = self.rows.get(request.account_id)
        if row is None:
            raise Refused(f"account {request.account_id!r} is not known; it is known once a scan has read it")
        usage = self.usages.of(row.account)
        report = progress.report = self._report(request, row.account, usage)
        if request.signals:
            return _result(report, section=None, draft_id=None, errors=())
        self.reports.put(report)
        section, unwritten = self._section(row.account, report, usage)
        progress.section = section
        draft_id, undrafted = self._draft(request, row, report) if request.draft else (None, None)
        return _result(report, section, draft_id, [reason for reason in (unwritten, undrafted) if reason])

    def _report(
        self, request: AdoptionRequest, account: Account, usage: Sequence[FeatureUsage]
    ) -> FeatureAdoptionReport:
        """A rate that is given is what is asked about: it counts before what is known feature by feature."""
        try:
            assumed = CSMHealthSignals.model_validate(dict(request.signals)).feature_adoption_rate
        except ValidationError as error:
            raise Refused(f"account {account.account_id!r}: {'; '.join(map(str, refusals(error)))}") from error
        laid_over = replace(account, signals={**account.signals, **request.signals})
        groups = self.peers.get_many(groups_of(account))
        return adoption_report(laid_over, usage, groups, run_date=request.on, now=request.now, assumed=assumed)

    def _section(
        self, account: Account, report: FeatureAdoptionReport, usage: Sequence[FeatureUsage]
    ) -> tuple[Section, str | None]:
        """What became of the section, and why it is not written, if it is not."""
        account_id = account.account_id
        if self.sections is None:
            logger.warning("account %s gets no section on feature adoption: no pages are configured", account_id)
            return "not_written", f"{NO_SECTION}: Notion is not configured"
        try:
            written = self.sections.write(account, adoption_section(report, usage), as_of(report))
        except NotTaken:
            raise
        except Refused as error:
            logger.warning("account %s gets no section on feature adoption: %s", account_id, error)
            return "not_written", f"{NO_SECTION}: {error}"
        return "written" if written else "unchanged", None

    def _draft(
        self, request: AdoptionRequest, row: AccountRow, report: FeatureAdoptionReport
    ) -> tuple[str | None, str | None]:
        """The id of the mail to the account's contact, and why there is none, if there is none."""
        account = row.account
        mailbox, key = account.owner_email or self.fallback_owner, f"adoption:{account.account_id}:{request.request}"
        if self.drafts is None:
            logger.warning("account %s gets no mail on feature adoption: Gmail is not configured", account.account_id)
            return None, f"{NO_MAIL}: Gmail is not configured"
        if mailbox is None:
            return None, f"{NO_MAIL}: the account has no owner, and there is none to fall back on"
        if account.primary_contact_email is None:
            return None, f"{NO_MAIL}: the account has no primary contact"
        if row.latest.status in ("gone", "skipped"):
            return None, f"{NO_MAIL}: the account is inactive or no longer in the book"
        if why := draft_held_because(account):
            return None, f"{NO_MAIL}: {why}"
        made = self.drafts.create(adoption_mail(account, report, key, mailbox), last_try=request.last_try)
        if isinstance(made, Drafted):
            return made.draft_id, None
        logger.warning("account %s gets no mail on feature adoption: %s", account.account_id, made.reason)
        return None, f"{NO_MAIL}: {made.reason}"


def track_feature_adoption_task(
    track: Callable[[AdoptionRequest], AdoptionResult | Failed], *, timezone: str = "UTC"
) -> Task:
    """The task, made of the job. With `draft` a mail to the account's contact is drafted too."""

    def track_feature_adoption(task: Mapping[str, Any], context: Mapping[str, Any]) -> TaskResult:
        account_id, signals = account_id_of(task), signals_of(task)
        asked = context_of(f"account {account_id!r}", context, timezone)
        return track(
            AdoptionRequest(
                account_id,
                asked.run_date,
                asked.request_id,
                asked.now,
                draft=task.get("draft") is True,
                signals=signals,
                last_try=asked.last_try,
            )
        )

    return track_feature_adoption


def _result(
    report: FeatureAdoptionReport, section: Section | None, draft_id: str | None, errors: Sequence[str]
) -> AdoptionResult:
    """The report as its caller sees it; partial, with the error, if anything that was asked for is missing."""
    return AdoptionResult(
        account_id=report.account_id,
        report=report,
        section=section,
        draft_id=draft_id,
        confidence="low" if errors else report.confidence,
        error="; ".join(errors) or None,
    )
