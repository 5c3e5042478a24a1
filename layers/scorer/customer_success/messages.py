"""What travels on the topic, the queues and the bus: versioned models, refused when their version is unknown.

A sample of each lies in `events/` and is tested on the side that writes it and on the side that reads it.
"""

# Annotations are evaluated: pydantic would compile each one from its text at every cold start.
from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from customer_success.batches import batches
from customer_success.dataclass import dataclass
from customer_success.schemas import Confidence, OpportunityType, QbrTrigger, Text

EVENT_SOURCE = "customer_success_manager"
HEALTH_DETAIL_TYPE = "agent.health"
HANDED_OFF_DETAIL_TYPE = "expansion.handed_off"
ACCOUNTS_PER_MESSAGE = 25
"""Accounts whose pages are handed on together."""

TwoDecimals = Annotated[float, Field(allow_inf_nan=False), AfterValidator(partial(round, ndigits=2))]
"""A number as systems of others read it."""


class Message(BaseModel):
    """What all messages share. `tenant_id` is checked by the reader: one deployment serves one tenant."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    version: Literal[1] = 1
    tenant_id: str = Field(min_length=1)


class ScheduledEvent(BaseModel):
    """The event that a schedule rule puts on a queue; `time` is of the day that it is about."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    source: Literal["aws.events"]
    id: str
    time: AwareDatetime


class ScanRequested(Message):
    """A person or another function asks for a scan. `force` scans a day again that is already finished."""

    kind: Literal["scan_requested"] = "scan_requested"
    id: str = Field(min_length=1)
    time: AwareDatetime
    force: bool = False
    task_id: str | None = None
    """The task of the API that asks for it."""


class PagesChanged(Message):
    """Accounts whose pages show something else than what is known now."""

    kind: Literal["pages_changed"] = "pages_changed"
    run_date: date
    account_ids: Annotated[tuple[str, ...], Field(min_length=1, max_length=ACCOUNTS_PER_MESSAGE)]


class AlertAcknowledged(Message):
    """A person has taken care of an alert: what they wish goes to the account's page."""

    kind: Literal["alert_acknowledged"] = "alert_acknowledged"
    alert_id: str = Field(min_length=1)
    account_id: str = Field(min_length=1)
    page_id: str = Field(min_length=1)
    quiet_until: date | None = None
    verdict: Literal["true alarm", "false alarm"] | None = None


class QbrRequested(Message):
    """One account's review is wanted. `id` names the request, by which its redelivery is recognised; the run date is
    that of `time`. A review that a contract's end calls for is made once for that end.
    """

    kind: Literal["qbr_requested"] = "qbr_requested"
    id: str = Field(min_length=1)
    time: AwareDatetime
    account_id: str = Field(min_length=1)
    trigger: QbrTrigger = "scheduled"
    contract_end: date | None = None
    task_id: str | None = None
    """The task of the API that asks for it."""

    @model_validator(mode="after")
    def _has_the_end_that_calls_for_it(self) -> Self:
        if self.trigger == "contract_proximity" and self.contract_end is None:
            raise ValueError("contract_end is missing: the trigger contract_proximity is about one contract's end")
        return self


class AdoptionRequested(Message):
    """One account's feature adoption is to be worked out, on the run date of `time`."""

    kind: Literal["adoption_requested"] = "adoption_requested"
    id: str = Field(min_length=1)
    time: AwareDatetime
    account_id: str = Field(min_length=1)
    draft: bool = False
    """A mail to the account's contact is wanted too."""
    task_id: str | None = None
    """The task of the API that asks for it."""


class ExpansionRunRequested(Message):
    """The book has been scanned: feature usage and the answers of Sales are to be read, and candidates looked for.

    `id` names the request, by which its redelivery is recognised.
    """

    kind: Literal["expansion_run_requested"] = "expansion_run_requested"
    id: str = Field(min_length=1)
    run_date: date


class ExpansionCheckRequested(Message):
    """One account is to be checked for something that it could buy more."""

    kind: Literal["expansion_check_requested"] = "expansion_check_requested"
    id: str = Field(min_length=1)
    run_date: date
    account_id: str = Field(min_length=1)
    task_id: str | None = None
    """The task of the API that asks for it."""


class ExpansionsQueued(Message):
    """All candidates of a day are on their queue. Read again and again until they are checked, or until `until`.

    `notes` are what the day's digest has to say beside them, such as why feature usage could not be read.
    """

    kind: Literal["expansions_queued"] = "expansions_queued"
    run_date: date
    until: AwareDatetime
    notes: tuple[str, ...] = ()


class ExpansionHandoff(Message):
    """An opportunity for Sales: what an account could buy more, why, and how to say it.

    `handoff_id` is made of account, type and quarter; a reader does each one once.
    """

    kind: Literal["handle_expansion_opportunity"] = "handle_expansion_opportunity"
    handoff_id: str = Field(min_length=1)
    run_date: date
    account_id: Text
    account_name: Text
    opportunity_type: OpportunityType
    evidence: Annotated[tuple[Text, ...], Field(min_length=1)]
    estimated_arr_impact: Annotated[TwoDecimals, Field(ge=0)] | None = None
    recommended_talk_track: Text
    confidence: Confidence
    sales_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    owner_email: str | None = None
    record_url: str | None = None

    @model_validator(mode="after")
    def _is_named_by_what_it_offers(self) -> Self:
        if not self.handoff_id.startswith(f"{self.account_id}:{self.opportunity_type}:"):
            raise ValueError(
                f"handoff_id: {self.handoff_id!r} is not that of {self.opportunity_type!r} for account "
                f"{self.account_id!r}: it must begin with '{self.account_id}:{self.opportunity_type}:'"
            )
        return self


class QuarterPlanned(Message):
    """All reviews of a quarter are on their queue. Read again and again until they are done, or until `until`."""

    kind: Literal["quarter_planned"] = "quarter_planned"
    period: str = Field(pattern=r"^Q[1-4] \d{4}$")
    run_date: date
    until: AwareDatetime


def pages_changed(tenant_id: str, account_ids: Iterable[str], on: date) -> Iterator[PagesChanged]:
    """The messages that hand all these accounts on to what writes their pages."""
    for some in batches(account_ids, count=ACCOUNTS_PER_MESSAGE):
        yield PagesChanged(tenant_id=tenant_id, run_date=on, account_ids=tuple(some))


class Explanation(BaseModel):
    """The explanation of an account's alert, in reading order."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    headline: str
    what_changed: tuple[str, ...] = ()
    what_costs: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    coverage: float = Field(ge=0, le=1)
    since: date
    next_step: str


@dataclass(frozen=True, slots=True)
class AlertId:
    """The id of an alert everywhere: in the ledger, at the vendors, in the API. Its text is
    `account:run date:churn risk`; the account may contain colons.
    """

    account_id: str
    run_date: date
    churn_risk: str

    def __str__(self) -> str:
        return f"{self.account_id}:{self.run_date.isoformat()}:{self.churn_risk}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The parts of an id. Raises `ValueError` for a text that is none."""
        rest, _, churn_risk = text.rpartition(":")
        account_id, _, run_date = rest.rpartition(":")
        try:
            return cls(account_id, date.fromisoformat(run_date), churn_risk)
        except ValueError as error:
            raise ValueError(f"{text!r} is no alert id: account:run date:churn risk is expected") from error


class ChurnAlert(Message):
    """One alert about one account; `alert_id` is made of account, run date and churn risk."""

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True, serialize_by_alias=True)

    kind: Literal["alert"] = "alert"
    alert_id: str
    account_id: str
    account_name: str
    run_date: date
    delivery: Literal["single", "digest"]
    score: float = Field(ge=0, le=100)
    rag: Literal["GREEN", "AMBER", "RED"]
    churn_risk: Literal["low", "medium", "high", "critical"]
    churn_trigger: Literal["both", "contract_proximity", "behavioral"] | None
    reason: str
    explanation: Explanation = Field(alias="said")
    topics: tuple[Literal["contact", "adoption", "support"], ...] = ()
    owner_email: str | None
    primary_contact_email: str | None = None
    arr: float | None = None
    contract_end: date | None = None
    page_id: str
    page_url: str


class DigestReady(Message):
    """A run has closed, or failed: its digest lies in the table and can be posted."""

    kind: Literal["digest"] = "digest"
    delivery: Literal["single"] = "single"
    digest_id: str
    run_kind: str
    run_date: date


class HealthEvent(BaseModel):
    """The detail of the bus event, for other systems of the company."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    version: Literal[1] = 1
    alert_type: Literal["csm_churn_alert"] = "csm_churn_alert"
    alert_id: str
    tenant_id: str
    account_id: str
    run_date: date
    score: TwoDecimals
    rag: str
    churn_risk: str
    churn_trigger: str | None
    owner_email: str | None
    arr: TwoDecimals | None
    contract_end: date | None
    reason: str


class ExpansionHandedOff(BaseModel):
    """The detail of the bus event `expansion.handed_off`, for other systems of the company."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    version: Literal[1] = 1
    handoff_id: str
    tenant_id: str
    account_id: str
    run_date: date
    opportunity_type: str
    evidence: tuple[str, ...]
    estimated_arr_impact: TwoDecimals | None
    confidence: str
    owner_email: str | None
    sales_email: str
    record_url: str | None


ScanAsked = ScanRequested | ExpansionRunRequested | ExpansionsQueued | ScheduledEvent
_AT_FIRST_USE = ConfigDict(defer_build=True)

ScanMessage = TypeAdapter[ScanAsked](ScanAsked, config=_AT_FIRST_USE)
SyncMessage = TypeAdapter[PagesChanged | AlertAcknowledged](
    Annotated[PagesChanged | AlertAcknowledged, Field(discriminator="kind")], config=_AT_FIRST_USE
)
PlanMessage = TypeAdapter[QuarterPlanned | ScheduledEvent](QuarterPlanned | ScheduledEvent, config=_AT_FIRST_USE)
AlertOrDigest = TypeAdapter[ChurnAlert | DigestReady](
    Annotated[ChurnAlert | DigestReady, Field(discriminator="kind")], config=_AT_FIRST_USE
)
