"""An offer and its states: found, recorded, handed to Sales, answered."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from customer_success.dataclass import dataclass
from customer_success.periods import Quarter
from customer_success.schemas import Confidence, ExpansionOpportunity

SalesStatus = Literal["Accepted", "Rejected", "Won"]


class HeldReason(StrEnum):
    """Why an offer does not go to Sales, in the words that are stored and shown."""

    LOW_CONFIDENCE = "low confidence"
    NO_QUEUE = "no handoff queue is configured"
    NO_SALES_OWNER = "no sales owner: neither the account nor the deployment names one"


@dataclass(frozen=True, slots=True)
class Handoff:
    """The handoff to Sales. `skipped` is why there is no draft, None if there is one."""

    on: date
    sales_email: str
    draft_id: str | None = None
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class SalesAnswer:
    """What Sales answered, seen on the day `on`; a `status` of None takes an answer back."""

    status: SalesStatus | None
    on: date
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One opportunity of an account, found in a quarter.

    `dispatched_on` is the day on which it was put on the queue to Sales, None while `held_because` says why it was
    not: a `HeldReason`, or the words of what refused it. `handoff` and `answer` are written separately from the rest.
    """

    opportunity: ExpansionOpportunity
    quarter: str
    found_on: date
    written_by: str
    account_name: str
    owner_email: str | None
    sales_email: str | None
    page_id: str | None = None
    page_url: str | None = None
    dispatched_on: date | None = None
    held_because: Annotated[HeldReason | str, Field(union_mode="left_to_right")] | None = None
    rationale_confidence: Annotated[Confidence | None, Field(alias="ground_confidence")] = None
    """How sure the rules were of its rationale; the writer may be less sure."""
    handoff: Handoff | None = None
    answer: SalesAnswer | None = None
    unreadable: bool = False
    """True for one of which only its account, type and quarter are known, as the rest cannot be read."""

    @property
    def handoff_id(self) -> str:
        """The name under which it is known everywhere."""
        return handoff_id(self.opportunity.account_id, self.opportunity.opportunity_type, self.quarter)


def handoff_id(account_id: str, opportunity_type: str, quarter: str) -> str:
    """An account gets one offer of a type in a quarter."""
    return f"{account_id}:{opportunity_type}:{quarter}"


def quarter_of(day: date) -> str:
    """The quarter that an offer found on `day` belongs to."""
    return str(Quarter.of(day))


ExpansionState = Literal["Recorded", "Ready for Sales"]


@dataclass(frozen=True, slots=True)
class ExpansionRecord:
    """A page that records one offer beside its account. `note` is why it did not go to Sales, None if it did."""

    key: str
    title: str
    account_page_id: str
    on: date
    state: ExpansionState
    opportunity_type: str
    confidence: str
    estimated_arr_impact: float | None
    evidence: tuple[str, ...]
    talk_track: str
    owner_email: str | None
    sales_email: str | None
    note: str | None = None
