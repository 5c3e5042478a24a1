"""A person has taken care of an alert: noted on the alert, and what they wish is handed on to the account's page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from customer_success.accounts.ports import AccountRows
from customer_success.alerts.entry import Acknowledgement, AlertEntry, Verdict
from customer_success.alerts.ports import AlertLog
from customer_success.api.problems import Problem, conflict, invalid, not_found, other_tenant
from customer_success.dataclass import dataclass
from customer_success.errors import Refused
from customer_success.messages import AlertAcknowledged, AlertId, ChurnAlert
from customer_success.periods import run_date
from customer_success.ports import Outbox
from customer_success.schemas import CSMAlertResult

LONGEST_BY = 200
LONGEST_NOTE = 2000
LONGEST_QUIET = timedelta(days=365)
LONGEST_SHOWN = 600
"""Characters of an unknown id that an error shows; a known one has fewer."""

_TEXT = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*"
"""No control characters but those that part lines and words."""
_LINES = rf"^{_TEXT}$"
_VISIBLE_LINES = rf"^{_TEXT}[^\x00-\x20\x7f]{_TEXT}$"

WrittenToNotion = Literal["queued", "nothing to write", "account is gone"]


def _day(given: object) -> object:
    """JSON has no days, and a strict model takes no text for one."""
    if not isinstance(given, str):
        return given
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise ValueError("must be a day as in 2026-03-31") from error


class AcknowledgeRequest(BaseModel):
    """Who has taken care of an alert, what they made of it, and what they wish for its account."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)

    by: Annotated[str, Field(min_length=1, max_length=LONGEST_BY, pattern=_VISIBLE_LINES)]
    """The person's e-mail address or name."""
    note: Annotated[str, Field(max_length=LONGEST_NOTE, pattern=_LINES)] | None = None
    """What there is to say about it. It stays with the alert."""
    verdict: Verdict | None = None
    """"false alarm" keeps the account quiet for 28 days unless it gets worse. Goes to `CSM Verdict` in Notion."""
    quiet_until: Annotated[date, BeforeValidator(_day)] | None = None
    """Until that day the account is quiet unless it gets worse. Goes to `CSM Quiet Until` in Notion.

    A day after today, and at most 365 days ahead.
    """
    tenant_id: Annotated[str, Field(min_length=1, max_length=LONGEST_BY)] | None = None
    """The tenant that is served here, where a caller wants to be sure of it."""

    def repeats(self, known: Acknowledgement) -> bool:
        """True if this asks for nothing but what was noted already."""
        return (self.by, self.note, self.verdict, self.quiet_until) == (
            known.by,
            known.note,
            known.verdict,
            known.quiet_until,
        )


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Acknowledged(_Answer):
    """What was noted on the alert."""

    by: str
    at: AwareDatetime
    """When it was first asked for in these words."""
    note: str | None
    verdict: Verdict | None
    quiet_until: date | None


class AcknowledgeAnswer(_Answer):
    """An alert that was acknowledged."""

    alert_id: str
    account_id: str
    acknowledged: Acknowledged
    written_to_notion: WrittenToNotion
    """"queued": verdict and day are on their way to the account's page, from where the next scan reads them."""
    result: CSMAlertResult
    """What became of the alert on each of its channels."""


@dataclass(frozen=True, slots=True)
class AcknowledgeAlert:
    """Answers `POST /alerts/{id}/acknowledge`. `page_updates` is the queue of what is written to account pages."""

    tenant_id: str
    space: str
    alerts: AlertLog
    rows: AccountRows
    page_updates: Outbox
    timezone: str

    def __call__(self, alert_id: str, request: AcknowledgeRequest, *, now: datetime) -> AcknowledgeAnswer:
        """Note it on the alert, then hand on what is wished for the account. Of several requests the latest counts.

        The same request again changes nothing; only what could not be handed on before is handed on now. Raises
        `Problem` for an alert that is not known and for a day that is out of its bounds, `Unavailable`.
        """
        if request.tenant_id not in (None, self.tenant_id):
            raise other_tenant(str(request.tenant_id), self.tenant_id)
        entry = self.alerts.get(alert_id)
        if entry is None:
            raise _unknown(alert_id)
        noted = entry.acknowledged
        if noted is None or not request.repeats(noted):
            self._of_the_latest(entry.alert, request)
            noted = self._noted(request, now)
            self._note(alert_id, noted)
        written = self._hand_on(entry, noted)
        return AcknowledgeAnswer(
            alert_id=alert_id,
            account_id=entry.alert.account_id,
            acknowledged=Acknowledged(
                by=noted.by, at=noted.at, note=noted.note, verdict=noted.verdict, quiet_until=noted.quiet_until
            ),
            written_to_notion=written,
            result=entry.result,
        )

    def _of_the_latest(self, alert: ChurnAlert, request: AcknowledgeRequest) -> None:
        """A mute is written on the account's page, where it would also mute later alerts: it needs the latest alert."""
        row = self.rows.get(alert.account_id)
        sent = row.latest.alert_state.last_sent if row else None
        if sent and sent.run_date > alert.run_date and (request.verdict or request.quiet_until):
            latest = str(AlertId(alert.account_id, sent.run_date, sent.churn_risk))
            raise conflict(
                f"alert {alert.alert_id!r} is not the latest of its account: what is wished is said of {latest!r}"
            )

    def _noted(self, request: AcknowledgeRequest, now: datetime) -> Acknowledgement:
        today = run_date(now, self.timezone)
        last = today + LONGEST_QUIET
        if request.quiet_until is not None and not today < request.quiet_until <= last:
            raise invalid("quiet_until", f"{request.quiet_until} must be a day after {today}, and {last} at the latest")
        return Acknowledgement(request.by, now, request.note, request.verdict, request.quiet_until)

    def _hand_on(self, entry: AlertEntry, noted: Acknowledgement) -> WrittenToNotion:
        """Queue what is wished, then note that it is: a fault in between makes a second message, never none."""
        if noted.verdict is None and noted.quiet_until is None:
            return "nothing to write"
        if noted.handed_on:
            return "queued"
        row = self.rows.get(entry.alert.account_id)
        if row is None or row.latest.status == "gone":
            return "account is gone"
        self.page_updates.send(
            [
                AlertAcknowledged(
                    tenant_id=self.space,
                    alert_id=entry.alert_id,
                    account_id=row.account_id,
                    page_id=row.account.page_id,
                    quiet_until=noted.quiet_until,
                    verdict=noted.verdict,
                )
            ]
        )
        self._note(entry.alert_id, replace(noted, handed_on=True))
        return "queued"

    def _note(self, alert_id: str, noted: Acknowledgement) -> None:
        try:
            self.alerts.acknowledge(alert_id, noted)
        except Refused as expired:
            raise _unknown(alert_id) from expired


def _unknown(alert_id: str) -> Problem:
    return not_found(f"alert {alert_id[:LONGEST_SHOWN]!r} is not known; alerts are kept for 400 days")
