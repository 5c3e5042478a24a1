"""Composes the contract check."""

from __future__ import annotations

from functools import cached_property

from customer_success.aws.function import QueueFunction
from customer_success.outcomes.capture import CaptureOutcomes
from customer_success.periods import Calendar
from customer_success.renewals.contract_check import ContractCheck
from customer_success.scoring.scorer import scorer_of
from customer_success.settings import AssessmentSettings, Text


class ContractCheckSettings(AssessmentSettings):
    """The contract check, and the queue on which it asks for reviews."""

    qbr_queue_url: Text


class CheckContracts(QueueFunction[ContractCheckSettings]):
    """Looks at the contracts."""

    settings_model = ContractCheckSettings

    @cached_property
    def check(self) -> ContractCheck:
        settings = self.settings
        return ContractCheck(
            tenant_id=settings.space,
            rows=self.rows,
            history=self.store.history,
            alerts=self.store.alerts,
            runs=self.store.runs,
            publisher=self.publisher(settings.churn_topic_arn),
            page_updates=self.outbox(settings.notion_updates_queue_url),
            qbr_requests=self.outbox(settings.qbr_queue_url),
            qbrs=self.store.qbrs,
            outcomes=CaptureOutcomes(self.store.observations),
            calendar=Calendar(settings.holidays),
            scorer=scorer_of(settings),
            fallback_owner=settings.fallback_owner,
            now=self.now,
            timezone=settings.timezone,
        )
