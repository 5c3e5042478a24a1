"""Composes what plans a quarter's reviews, and closes it."""

from __future__ import annotations

from functools import cached_property

from customer_success.aws.function import QueueFunction
from customer_success.reviews.plan_qbrs import CloseQuarter
from customer_success.reviews.plan_qbrs import PlanQbrs as QbrPlan
from customer_success.settings import (
    Optional,
    Settings,
    Text,
)


class PlanQbrsSettings(Settings):
    """The plan of a quarter: where it goes, and where the index is announced."""

    adoption_queue_url: Text
    qbr_queue_url: Text
    churn_topic_arn: Text
    fallback_owner: Optional = None


class PlanQbrs(QueueFunction[PlanQbrsSettings]):
    """Plans the reviews of a quarter, and closes it."""

    settings_model = PlanQbrsSettings

    @cached_property
    def plan(self) -> QbrPlan:
        settings = self.settings
        return QbrPlan(
            tenant_id=settings.space,
            rows=self.rows,
            qbrs=self.store.qbrs,
            adoption=self.outbox(settings.adoption_queue_url),
            reviews=self.outbox(settings.qbr_queue_url),
            closings=self.outbox(settings.queue_url),
            publisher=self.publisher(settings.churn_topic_arn),
            timezone=settings.timezone,
        )

    @cached_property
    def close(self) -> CloseQuarter:
        settings = self.settings
        return CloseQuarter(
            qbrs=self.store.qbrs,
            publisher=self.publisher(settings.churn_topic_arn),
            closings=self.outbox(settings.queue_url),
            fallback_owner=settings.fallback_owner,
            look_again_seconds=self.look_again_seconds,
        )
