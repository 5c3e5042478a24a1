"""Builds what a review needs around it: a world of fakes in which reviews are asked for, planned and closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from customer_success.accounts.row import AccountRow
from customer_success.adoption.sections import OnceSections
from customer_success.adoption.track_feature_adoption import AdoptionRequest, TrackFeatureAdoption
from customer_success.alerts.publisher import AlertPublisher
from customer_success.documents import MailDraft
from customer_success.drafts.drafts import OnceDrafts, OptionalDrafts
from customer_success.errors import Removed
from customer_success.messages import AdoptionRequested, QbrRequested, QuarterPlanned
from customer_success.metrics import Metric
from customer_success.narration.evidence import QBREvidence
from customer_success.narration.fallback import Writers
from customer_success.narration.ports import Narration, Narrator
from customer_success.once import Once
from customer_success.reviews.generate_qbr import GenerateQbr, QbrRequest
from customer_success.reviews.pages import OncePages
from customer_success.reviews.plan_qbrs import CloseQuarter, PlanQbrs
from customer_success.reviews.ports import FoundPage
from customer_success.reviews.qbr import QbrPage
from customer_success.reviews.rules_writer import ReviewByRule
from customer_success.scan.assessment import ScanContext, assess
from customer_success.schemas import FeatureAdoptionReport, QbrTrigger
from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.accounts import account
from tests.builders.fakes import (
    FakeAlerts,
    FakeDigests,
    FakeHistory,
    FakeLedger,
    FakeOutbox,
    FakeQbrs,
    FakeRows,
    FakeTopic,
    Writes,
)
from tests.builders.results import brought
from tests.builders.usage import FakePeers, FakeSections, FakeUsages

QUARTER_DAY = date(2026, 4, 1)
"""The run date of Q2 2026, which looks back on Q1."""


@dataclass
class FakeReports:
    reports: dict[str, FeatureAdoptionReport] = field(default_factory=dict)

    def get(self, account_id: str) -> FeatureAdoptionReport | None:
        return self.reports.get(account_id)

    def put(self, report: FeatureAdoptionReport) -> None:
        self.reports[report.account_id] = report


@dataclass
class FakeQbrPages:
    """Pages by id. `errors` are raised by the next calls, `after` of them only once the work is done."""

    writes: Writes = field(default_factory=Writes)
    pages: dict[str, QbrPage] = field(default_factory=dict)
    edited: set[str] = field(default_factory=set)
    incomplete: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    errors: list[Exception] = field(default_factory=list)
    after: bool = False

    def find(self, key: str) -> FoundPage | None:
        found = next((i for i, page in self.pages.items() if page.key == key and i not in self.removed), None)
        return FoundPage(found, found not in self.incomplete) if found else None

    def create(self, page: QbrPage) -> str:
        if self.errors and not self.after:
            raise self.errors.pop(0)
        page_id = f"page-{len(self.pages) + 1}"
        with self.writes:
            self.pages[page_id] = page
        if self.errors:
            self.incomplete.add(page_id)
            raise self.errors.pop(0)
        return page_id

    def replace(self, page_id: str, page: QbrPage) -> bool:
        if page_id in self.removed:
            raise Removed(f"the page {page_id} is gone")
        if page_id in self.edited:
            return False
        with self.writes:
            self.pages[page_id] = page
        self.incomplete.discard(page_id)
        return True

    def url(self, page_id: str) -> str:
        return f"https://notion.example/{page_id}"


@dataclass
class FakeDrafts:
    writes: Writes = field(default_factory=Writes)
    drafts: dict[str, MailDraft] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)

    def find(self, mailbox: str, key: str) -> str | None:
        return next((i for i, d in self.drafts.items() if (d.mailbox, d.key) == (mailbox, key)), None)

    def create(self, draft: MailDraft) -> str:
        if self.errors:
            raise self.errors.pop(0)
        with self.writes:
            draft_id = f"draft-{len(self.drafts) + 1}"
            self.drafts[draft_id] = draft
        return draft_id


@dataclass
class FakeNarrator:
    """A model that writes by rule, or raises the next of `errors`; what it `changes` it makes up."""

    errors: list[Exception] = field(default_factory=list)
    changes: Mapping[str, Any] = field(default_factory=dict)
    asked: int = 0

    def write_qbr(self, evidence: QBREvidence) -> Narration:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        content = ReviewByRule().write_qbr(evidence).content.model_copy(update=self.changes)
        return Narration(content, "some-model", tokens_in=900, tokens_out=300, calls=1)


@dataclass
class Reviews:
    """All that reviews read and write; it outlives every crash."""

    writes: Writes = field(default_factory=Writes)
    narrator: Narrator = field(default_factory=FakeNarrator)

    def __post_init__(self) -> None:
        self.rows, self.history = FakeRows(self.writes), FakeHistory(self.writes)
        self.alerts, self.digests = FakeAlerts(self.writes), FakeDigests(self.writes)
        self.topic = FakeTopic(self.writes)
        self.qbrs, self.pages, self.drafts = FakeQbrs(self.writes), FakeQbrPages(self.writes), FakeDrafts(self.writes)
        self.reports, self.ledger = FakeReports(), FakeLedger()
        self.usages, self.peers = FakeUsages(self.writes), FakePeers(self.writes)
        self.sections = FakeSections(self.writes)
        self.adoption, self.queue, self.closings = (FakeOutbox(self.writes) for _ in range(3))
        self.counted: Counter[str] = Counter()

    def count(self, counts: Mapping[Metric, float]) -> None:
        """Add up what is counted for metrics."""
        self.counted.update({str(metric): int(value) for metric, value in counts.items() if value})

    def account(self, number: int = 1, *, days: Iterable[date] = (), **changes: Any) -> AccountRow:
        """Add an account that was scored on these days, on the last of 2025 and of March 2026 if none are given."""
        known: AccountRow | None = None
        for on in days or (date(2025, 12, 31), date(2026, 3, 31)):
            now = datetime.combine(on, time(7), UTC)
            scan = ScanContext("acme", on, f"{on}#1", now, CSMHealthScorer(), {}, "lead@example.com")
            known = assess(scan, account(number, **changes), known, 0).row
            self.rows.rows[known.account_id] = known
            if known.latest.point:
                self.history.points[known.account_id, on] = known.latest.point
        assert known is not None
        return known

    def review(
        self,
        account_id: str = "A-0001",
        on: date = QUARTER_DAY,
        *,
        request: str = "tick",
        trigger: QbrTrigger = "scheduled",
        contract_end: date | None = None,
        last_try: bool = False,
        without: Iterable[str] = (),
    ) -> dict[str, Any]:
        """Ask for a review, as one delivery of its message; `without` names ports that are None."""
        job = self.generate_qbr(without)
        return brought(job(QbrRequest(account_id, on, request, trigger, contract_end, last_try)))

    def generate_qbr(self, without: Iterable[str] = ()) -> GenerateQbr:
        """The job that writes reviews; `without` names ports that are None."""
        job = GenerateQbr(
            rows=self.rows,
            history=self.history,
            usages=self.usages,
            peers=self.peers,
            qbrs=self.qbrs,
            writers=Writers(self.narrator, ReviewByRule(), self.count),
            pages=OncePages(self.pages, Once(self.ledger, "qbr_page")),
            drafts=self._drafts("qbr_draft"),
            fallback_owner="lead@example.com",
        )
        return replace(job, **dict.fromkeys(without))

    def track(
        self,
        account_id: str = "A-0001",
        on: date = QUARTER_DAY,
        *,
        request: str = "tick",
        draft: bool = False,
        signals: Mapping[str, Any] | None = None,
        last_try: bool = False,
        without: Iterable[str] = (),
    ) -> dict[str, Any]:
        """Ask for an account's adoption, as one delivery of its message; `without` names ports that are None."""
        job, noon = self.track_feature_adoption(without), datetime.combine(on, time(12), UTC)
        return brought(job(AdoptionRequest(account_id, on, request, noon, draft, signals or {}, last_try)))

    def track_feature_adoption(self, without: Iterable[str] = ()) -> TrackFeatureAdoption:
        """The job that works out feature adoption; `without` names ports that are None."""
        job = TrackFeatureAdoption(
            rows=self.rows,
            usages=self.usages,
            peers=self.peers,
            reports=self.reports,
            sections=OnceSections(self.sections, Once(self.ledger, "adoption_section")),
            drafts=self._drafts("adoption_draft"),
            fallback_owner="lead@example.com",
            publisher=self._publisher,
        )
        return replace(job, **dict.fromkeys(without))

    @property
    def _publisher(self) -> AlertPublisher:
        return AlertPublisher("acme", self.alerts, self.digests, self.topic)

    def _drafts(self, channel: str) -> OptionalDrafts:
        return OptionalDrafts(OnceDrafts(self.drafts, Once(self.ledger, channel)), self.count)

    def plan(self, on: date = QUARTER_DAY, *, request: str = "tick") -> dict[str, Any]:
        """Plan the quarter of a day, at noon."""
        noon = datetime.combine(on, time(12), UTC)
        job = PlanQbrs("acme", self.rows, self.qbrs, self.adoption, self.queue, self.closings, self._publisher)
        return brought(job(on, request=request, time=noon, now=noon))

    def close(self, *, hours_later: float = 1, last_try: bool = False) -> dict[str, Any]:
        """Look at the quarter that was planned last."""
        (*_, planned) = [message for message in self.closings.sent if isinstance(message, QuarterPlanned)]
        job = CloseQuarter(self.qbrs, self._publisher, self.closings, "lead@example.com", look_again_seconds=120)
        noon = datetime.combine(planned.run_date, time(12), UTC)
        return brought(job(planned, now=noon + timedelta(hours=hours_later), last_try=last_try))

    @property
    def asked_for(self) -> dict[str, tuple[str, ...]]:
        """The accounts on each of the two queues."""
        reviews = tuple(m.account_id for m in self.queue.sent if isinstance(m, QbrRequested))
        adoption = tuple(m.account_id for m in self.adoption.sent if isinstance(m, AdoptionRequested))
        return {"qbr": reviews, "adoption": adoption}
