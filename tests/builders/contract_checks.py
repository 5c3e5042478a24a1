"""Scans and contract checks over the same fakes: a morning's 07:00 and 08:00."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from customer_success.alerts.publisher import AlertPublisher
from customer_success.errors import Misconfigured, Unavailable
from customer_success.messages import QbrRequested
from customer_success.outcomes.capture import CaptureOutcomes
from customer_success.periods import Calendar
from customer_success.renewals.contract_check import ContractCheck
from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.accounts import TODAY
from tests.builders.fakes import Crash, FakeOutbox, FakeQbrs
from tests.builders.results import brought
from tests.builders.scans import World


@dataclass
class Mornings(World):
    """A world in which contracts are checked, too."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.qbr_requests = FakeOutbox(self.writes)
        self.qbrs = FakeQbrs(self.writes)

    def scan_fails(self, on: date = TODAY) -> dict[str, Any]:
        """A scan on a morning on which Notion cannot be read."""
        self.book.error, self.book.fails_at, self.book.failures = Misconfigured("Notion is down"), 0, 1
        return self.scan(on)

    def check(self, on: date = TODAY, *, request: str | None = None, last_try: bool = False) -> dict[str, Any]:
        """Check the contracts of a day, as one delivery of the rule's message."""
        self.today = max(self.today, on)
        moment = datetime.combine(on, time(8), UTC)
        now = datetime.combine(self.today, time(8), UTC)
        job = ContractCheck(
            tenant_id="acme",
            rows=self.rows,
            history=self.history,
            alerts=self.alerts,
            runs=self.runs,
            publisher=AlertPublisher("acme", self.alerts, self.digests, self.topic),
            page_updates=self.outbox,
            qbr_requests=self.qbr_requests,
            qbrs=self.qbrs,
            outcomes=CaptureOutcomes(self.inbox.observations),
            calendar=Calendar(self.holidays),
            scorer=CSMHealthScorer(),
            fallback_owner="lead@example.com",
            now=lambda: now,
        )
        return brought(job(on, request=request or f"rule-{on}", time=moment, last_try=last_try))

    def check_to_the_end(self, on: date = TODAY, **asked: Any) -> dict[str, Any]:
        """Deliver the message again after each crash or passing fault, as its queue does."""
        while True:
            try:
                return self.check(on, **asked)
            except (Crash, Unavailable):
                self.writes.crash_before = self.writes.crash_after = None

    @property
    def reviews_asked_for(self) -> set[str]:
        """The reviews that were asked for, by what their makers recognise: repeats are left out."""
        return {m.id for m in self.qbr_requests.sent if isinstance(m, QbrRequested)}

    @property
    def end_state(self) -> dict[str, Any]:
        """As of a scan, and what remains of the contract checks."""
        return {**super().end_state, "reviews": self.reviews_asked_for, "qbrs": self.qbrs.records}

    def renewals_text(self, on: date = TODAY) -> str:
        """The renewals digest of a day as it reads, a line each; a KeyError if there is none."""
        digest = self.digests.digests[f"contract_check:{on}"]
        return "\n".join(t for s in digest.sections for t in (s.title, *(line.text for line in s.lines)))
