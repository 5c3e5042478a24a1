"""A quarterly review and its state: planned, then written, partial, failed or not wanted."""

from __future__ import annotations

from datetime import date
from typing import Literal

from customer_success.dataclass import dataclass
from customer_success.documents import (
    PageBlock,
)
from customer_success.narration.evidence import QBREvidence
from customer_success.schemas import QBRContent, QbrTrigger

QbrState = Literal["planned", "written", "partial", "failed", "not_wanted"]
SETTLED: tuple[QbrState, ...] = ("written", "partial", "failed", "not_wanted")


@dataclass(frozen=True, slots=True)
class QbrKey:
    """Which review it is: an account's of a quarter, or the one that its contract's end called for."""

    account_id: str
    period: str
    contract_end: date | None = None

    def __str__(self) -> str:
        """The run key, by which the page is found at the vendor."""
        return f"{self.account_id}:{self.contract_end or self.period}"


@dataclass(frozen=True, slots=True)
class Qbr:
    """The record of one review.

    `request` is the id of the request that it last answered, so that its redelivery is recognised. `error` says why
    it is partial or failed, `dropped_claims` are sentences of the model that the evidence does not bear out.
    """

    key: QbrKey
    account_name: str
    owner_email: str | None
    trigger: QbrTrigger
    on: date
    state: QbrState = "planned"
    request: str | None = None
    page_id: str | None = None
    page_url: str | None = None
    draft_id: str | None = None
    error: str | None = None
    dropped_claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QbrText:
    """A review's text and its evidence. `request` is the id of the request that it was written for."""

    request: str
    evidence: QBREvidence
    content: QBRContent
    written_by: str
    error: str | None = None
    dropped_claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QbrPage:
    """A quarterly review as a page beside its account. All text is shown literally."""

    key: str
    title: str
    account_page_id: str
    period: str
    reviewed_period: str
    on: date
    owner_email: str | None
    trigger: str
    partial: bool
    blocks: tuple[PageBlock, ...]
