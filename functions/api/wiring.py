"""Composes what answers the API."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from customer_success.aws.function import Function
from customer_success.settings import (
    Optional,
    ScoringSettings,
    Text,
    shadow_of,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayRestResolver

    from customer_success.api.acknowledge import AcknowledgeAlert
    from customer_success.api.cursors import Cursors
    from customer_success.api.health import ShowHealth
    from customer_success.api.history import ShowHistory
    from customer_success.api.observations import TakeObservations
    from customer_success.api.portfolio import ShowPortfolio
    from customer_success.api.shadow import ShowShadow
    from customer_success.api.tasks import TaskDesk


class ApiSettings(ScoringSettings):
    """The API: the queues of its tasks, and the name of the secret that signs its cursors."""

    api_cursor_secret: Text
    api_cors_origin: Optional = None
    scan_queue_url: Text
    qbr_queue_url: Text
    expansion_queue_url: Text
    adoption_queue_url: Text
    notion_updates_queue_url: Text


class Api(Function[ApiSettings]):
    """Answers the API. Routes are imported here only, so that no other function loads them."""

    settings_model = ApiSettings

    def answer(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """The answer to a request, as API Gateway takes it."""
        self.begin(context)
        return self._resolver.resolve(event, context)

    @property
    def tenant_id(self) -> str:
        return self.settings.tenant_id

    @property
    def timezone(self) -> str:
        return self.settings.timezone

    @property
    def cors_origin(self) -> str | None:
        return self.settings.api_cors_origin

    @cached_property
    def tasks(self) -> TaskDesk:
        from customer_success.agent import CustomerSuccessAgent
        from customer_success.api.tasks import TaskDesk
        from customer_success.scan.health_scan import health_scan_task
        from customer_success.scan.one_account import HealthScan
        from customer_success.scoring.scorer import scorer_of

        settings = self.settings
        account = HealthScan(self.rows, scorer_of(settings))
        scans = self.outbox(settings.scan_queue_url)
        return TaskDesk(
            tenant_id=settings.tenant_id,
            space=settings.space,
            timezone=settings.timezone,
            agent=CustomerSuccessAgent({"health_scan": health_scan_task(account, timezone=settings.timezone)}),
            rows=self.rows,
            records=self.store.task_records,
            queues={
                "health_scan": scans,
                "generate_qbr": self.outbox(settings.qbr_queue_url),
                "check_expansion": self.outbox(settings.expansion_queue_url),
                "track_feature_adoption": self.outbox(settings.adoption_queue_url),
            },
            new_id=lambda: str(uuid4()),
        )

    @cached_property
    def health(self) -> ShowHealth:
        from customer_success.api.health import ShowHealth

        return ShowHealth(self.rows, self.store.history)

    @cached_property
    def history(self) -> ShowHistory:
        from customer_success.api.history import ShowHistory

        return ShowHistory(self.rows, self.store.history, self._cursors)

    @cached_property
    def portfolio(self) -> ShowPortfolio:
        from customer_success.api.portfolio import ShowPortfolio

        return ShowPortfolio(self.store.portfolios, self._cursors)

    @cached_property
    def acknowledge(self) -> AcknowledgeAlert:
        from customer_success.api.acknowledge import AcknowledgeAlert

        settings = self.settings
        return AcknowledgeAlert(
            tenant_id=settings.tenant_id,
            space=settings.space,
            alerts=self.store.alerts,
            rows=self.rows,
            page_updates=self.outbox(settings.notion_updates_queue_url),
            timezone=settings.timezone,
        )

    @cached_property
    def take_observations(self) -> TakeObservations:
        from customer_success.api.observations import TakeObservations
        from customer_success.signals.entries import Mark
        from customer_success.signals.ingest import Ingest
        from customer_success.signals.memory_spool import MemorySpool

        store, tenant_id = self.store, self.settings.tenant_id
        ingest = Ingest(store.observations, store.feeds, store.directories, MemorySpool, Mark(tenant_id))
        return TakeObservations(tenant_id, ingest, store.keyed_requests)

    @cached_property
    def show_shadow(self) -> ShowShadow:
        from customer_success.api.shadow import ShowShadow

        log = self.store_of(shadow_of(self.settings.tenant_id)).shadow_log
        return ShowShadow(log, self._cursors, self.settings.shadow)

    @cached_property
    def _cursors(self) -> Cursors:
        from customer_success.api.cursors import Cursors

        secret = self.secret(self.settings.api_cursor_secret)
        return Cursors(secret.read().get("key", ""), self.settings.tenant_id)

    @cached_property
    def _resolver(self) -> APIGatewayRestResolver:
        from customer_success.api.routes import build

        return build(self)
