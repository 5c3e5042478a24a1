"""Composes the scan of the book, and what follows it."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import Field

from connectors.notion.wiring import account_pages, expansion_records, feature_usage
from customer_success.agent import CustomerSuccessAgent
from customer_success.aws.function import QueueFunction
from customer_success.periods import Calendar
from customer_success.scan.closing import Closing
from customer_success.scan.health_scan import health_scan_task
from customer_success.scan.observed_book import ObservedBook
from customer_success.scan.one_account import HealthScan as OneAccount
from customer_success.scan.scan import ScanRun, book_scan_task
from customer_success.scoring.scorecard import DEFAULT_SCORECARD
from customer_success.scoring.scorer import scorer_of
from customer_success.settings import (
    AccountPagesSettings,
    AssessmentSettings,
    Optional,
    Text,
)

if TYPE_CHECKING:
    from customer_success.adoption.ports import FeatureUsageBook
    from customer_success.expansion.close_expansions import CloseExpansions
    from customer_success.expansion.expansion_run import ExpansionRun
    from customer_success.expansion.ports import ExpansionRecords


EXPANSION_CLOSES_AFTER = timedelta(hours=3)
"""Until then a day's checks are waited for; the owners' digests then say which are not finished."""


class HealthScanSettings(AccountPagesSettings, AssessmentSettings):
    """The scan, and what follows it: feature usage, the answers of Sales, candidates for expansion."""

    notion_feature_usage: Optional = None
    notion_expansions: Text
    expansion_queue_url: Text
    signals_stale_after_days: int = Field(ge=1, le=365)


class HealthScan(QueueFunction[HealthScanSettings]):
    """Scans the account book."""

    settings_model = HealthScanSettings

    @cached_property
    def agent(self) -> CustomerSuccessAgent:
        settings = self.settings
        account = OneAccount(self.rows, scorer_of(settings))
        book = book_scan_task(self.scan, timezone=settings.timezone)
        return CustomerSuccessAgent({"health_scan": health_scan_task(account, book, timezone=settings.timezone)})

    @cached_property
    def observed(self) -> ObservedBook:
        return ObservedBook(
            self.store.observations,
            self.store.feeds,
            self.store.directories,
            core_features=DEFAULT_SCORECARD.core_features,
        )

    @cached_property
    def scan(self) -> ScanRun:
        settings = self.settings
        return ScanRun(
            tenant_id=settings.space,
            book=account_pages(self, settings),
            rows=self.rows,
            history=self.store.history,
            alerts=self.store.alerts,
            runs=self.store.runs,
            page_updates=self.outbox(settings.notion_updates_queue_url),
            expansion_runs=self.outbox(settings.queue_url),
            closing=Closing(
                self.rows,
                self.store.alerts,
                self.store.runs,
                self.store.portfolios,
                self.publisher(settings.churn_topic_arn),
                self.observed,
                Calendar(settings.holidays),
                self.now,
            ),
            observed=self.observed,
            scorer=scorer_of(settings),
            fallback_owner=settings.fallback_owner,
            signals_stale_after_days=settings.signals_stale_after_days,
            time_left=self.time_left,
            now=self.now,
            timezone=settings.timezone,
        )

    @cached_property
    def expand(self) -> ExpansionRun:
        from customer_success.adoption.fed_usages import FedUsages
        from customer_success.expansion.expansion_run import ExpansionRun

        settings = self.settings
        return ExpansionRun(
            tenant_id=settings.space,
            usage_book=self._usage_book(),
            usages=FedUsages(self.store.usages, self.store.observations, self.store.feeds, self.now),
            records=self._records(),
            offers=self.store.offers,
            rows=self.rows,
            peers=self.store.peers,
            log=self.store.expansion_log,
            checks=self.outbox(settings.expansion_queue_url),
            closings=self.outbox(settings.queue_url),
            runs=self.store.runs,
            calendar=Calendar(settings.holidays),
            time_left=self.time_left,
            now=self.now,
            close_after=EXPANSION_CLOSES_AFTER,
            look_again_seconds=self.look_again_seconds,
            timezone=settings.timezone,
        )

    @cached_property
    def close(self) -> CloseExpansions:
        from customer_success.expansion.close_expansions import CloseExpansions

        settings = self.settings
        return CloseExpansions(
            log=self.store.expansion_log,
            publisher=self.publisher(settings.churn_topic_arn),
            closings=self.outbox(settings.queue_url),
            fallback_owner=settings.fallback_owner,
            look_again_seconds=self.look_again_seconds,
        )

    def _usage_book(self) -> FeatureUsageBook | None:
        settings = self.settings
        if settings.notion_feature_usage is None:
            return None
        return feature_usage(self, settings, settings.notion_feature_usage)

    def _records(self) -> ExpansionRecords:
        settings = self.settings

        def live() -> ExpansionRecords:
            return expansion_records(self, settings, settings.notion_expansions)

        return self.outward(live, lambda shadow: shadow.offers())
