"""The composition root: builds each function's clients and jobs, at their first use and once per process.

A function's `app.py` makes one of the classes below. Making it touches neither environment nor network, and the
connectors are imported only by what needs them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from uuid import uuid4

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from pydantic import TypeAdapter, ValidationError

from customer_success.accounts.colleagues import DraftsOfColleagues, RowsOfColleagues
from customer_success.addresses import ANYBODY
from customer_success.adoption.track_feature_adoption import TrackFeatureAdoption
from customer_success.alerts.channels import AlertChannel, DraftMail, OwnerOf, PostToChat, PutOnBus, RecordAlert
from customer_success.alerts.publisher import Telling
from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.adoption import DynamoAdoptionReports
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from customer_success.aws.dynamodb.digests import DynamoDigests
from customer_success.aws.dynamodb.expansion_log import DynamoExpansionLog
from customer_success.aws.dynamodb.history import DynamoScoreHistory
from customer_success.aws.dynamodb.ledger import DynamoLedger
from customer_success.aws.dynamodb.offers import DynamoOffers
from customer_success.aws.dynamodb.pace import DynamoPace
from customer_success.aws.dynamodb.pages import DynamoWrittenPages
from customer_success.aws.dynamodb.peers import DynamoAdoptionPeers
from customer_success.aws.dynamodb.portfolios import DynamoPortfolios
from customer_success.aws.dynamodb.qbrs import DynamoQbrs
from customer_success.aws.dynamodb.runs import DynamoRuns
from customer_success.aws.dynamodb.shadow_log import DynamoShadowLog
from customer_success.aws.dynamodb.table import Table
from customer_success.aws.dynamodb.task_records import DynamoTaskRecords
from customer_success.aws.dynamodb.usages import DynamoFeatureUsages
from customer_success.aws.messaging.bus import EventBridgeBus
from customer_success.aws.messaging.consumer import Delivery, QueueConsumer
from customer_success.aws.messaging.queues import SqsOutbox
from customer_success.aws.messaging.sending import CORRELATION
from customer_success.aws.messaging.topic import SnsAnnouncements
from customer_success.aws.retries import CLIENT_CONFIG
from customer_success.aws.secrets import ManagedSecret
from customer_success.errors import NotUnderstood, Refused
from customer_success.expansion.check_expansion import CheckExpansion as ExpansionCheck
from customer_success.expansion.close_expansions import CloseExpansions
from customer_success.expansion.expansion_run import ExpansionRun
from customer_success.expansion.rules_writer import OffersByRule
from customer_success.expansion.sales_handoff import SalesHandoff as Handoff
from customer_success.isolation import attempted
from customer_success.log_privacy import without_addresses
from customer_success.messages import Message
from customer_success.metrics import Metric
from customer_success.periods import Calendar, run_date
from customer_success.renewals.contract_check import ContractCheck
from customer_success.reviews.generate_qbr import GenerateQbr as QbrReview
from customer_success.reviews.plan_qbrs import CloseQuarter
from customer_success.reviews.plan_qbrs import PlanQbrs as QbrPlan
from customer_success.reviews.rules_writer import ReviewByRule
from customer_success.scan.closing import Closing
from customer_success.scan.page_sync import NotionSync
from customer_success.scan.scan import ScanRun
from customer_success.schemas import refusals
from customer_success.scoring.scorer import CSMHealthScorer
from customer_success.settings import (
    AccountPagesSettings,
    AlertChatSettings,
    AlertEmailSettings,
    AlertEventBusSettings,
    AlertNotionSettings,
    ApiSettings,
    CheckExpansionSettings,
    ContractCheckSettings,
    Deployed,
    GenerateQbrSettings,
    GmailSettings,
    HealthScanSettings,
    ModelSettings,
    NotionSettings,
    PlanQbrsSettings,
    SalesHandoffSettings,
    ScoringSettings,
    Settings,
    TrackFeatureAdoptionSettings,
    read,
    shadow_of,
)
from customer_success.shadow.adapters import (
    Shadow,
    ShadowBus,
    ShadowChat,
    ShadowDrafts,
    ShadowOffers,
    ShadowPages,
    ShadowRecords,
    ShadowReviews,
    ShadowSections,
)
from customer_success.task_records.states import TaskStates

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayRestResolver
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from mypy_boto3_sqs import SQSClient

    from connectors.notion.accounts import NotionCSMAdapter
    from connectors.notion.client import NotionClient
    from connectors.patience import Patience
    from customer_success.accounts.ports import AccountRows
    from customer_success.adoption.ports import AdoptionSections, FeatureUsageBook
    from customer_success.alerts.ports import HealthRecords
    from customer_success.api.acknowledge import AcknowledgeAlert
    from customer_success.api.cursors import Cursors
    from customer_success.api.health import ShowHealth
    from customer_success.api.history import ShowHistory
    from customer_success.api.portfolio import ShowPortfolio
    from customer_success.api.shadow import ShowShadow
    from customer_success.api.tasks import TaskDesk
    from customer_success.expansion.ports import ExpansionRecords
    from customer_success.narration.ports import Narrator
    from customer_success.ports import Chat, Drafts, EventBus
    from customer_success.reviews.ports import QbrPages

D = TypeVar("D", bound=Deployed)
S = TypeVar("S", bound=Settings)
M = TypeVar("M")
W = TypeVar("W", bound=ModelSettings)

DELIVERY_LEASE_SECONDS = 90.0
"""Longer than any function may run that brings alerts or offers to people."""

LONG_LEASE_SECONDS = 210.0
"""Longer than any function may run that writes reviews, sections of pages, or checks accounts."""

EXPANSION_PATIENCE = timedelta(hours=3)
"""Until then a day's checks are waited for; the owners' digests then say which are not finished."""

LOOKS_AFTER_RETRIES = 2.0
"""A quarter or a day that is not done is looked at again after so many times the wait before a retry."""

LONGEST_DELAY = 900
"""Seconds: a queue delays a message for a quarter of an hour at most."""

SECONDS_KEPT = 5.0
"""Held back from the time left, to end an invocation in good order."""


class Function(Generic[D]):
    """One Lambda function: its settings, its clients, and the seconds that its invocation has left."""

    settings_model: ClassVar[type[Deployed]]

    def __init__(self) -> None:
        self._milliseconds_left: Callable[[], int] = lambda: 0
        self._run_date: date | None = None
        self.correlation_id = ""

    def begin(self, context: Any) -> None:
        """Take note of an invocation: its id, and the time that it has."""
        self.correlation_id = str(context.aws_request_id)
        self._milliseconds_left = context.get_remaining_time_in_millis
        self.logger.append_keys(function_request_id=context.aws_request_id)

    def follow(self, correlation_id: str) -> None:
        """Begin with the next thing to do, which `correlation_id` joins to what led to it and what follows from it."""
        self.correlation_id = correlation_id
        self.logger.remove_keys(["account_id", "run_date"])
        self.logger.append_keys(correlation_id=correlation_id)

    @cached_property
    def shadow(self) -> Shadow | None:
        """What takes the place of all that reaches people, if the deployment runs in shadow."""
        return Shadow(DynamoShadowLog(self.table), self._today) if self.settings.shadow else None

    def _today(self) -> date:
        """The run date of what is being worked at."""
        return self._run_date or run_date(self.now(), self.settings.timezone)

    def _table_of(self, space: str) -> Table:
        return Table(boto3.client("dynamodb", config=CLIENT_CONFIG), self.settings.table_name, space)

    def report(self, counts: Mapping[Metric, float]) -> None:
        """Write counts as metrics. What was done does not fail for one that is none."""
        metrics = EphemeralMetrics()
        for name, value in counts.items():
            attempted(f"the metric {name}", partial(metrics.add_metric, name, MetricUnit.Count, value))
        attempted("the metrics", metrics.flush_metrics)

    def done(
        self,
        what: str,
        result: Mapping[str, Any],
        counts: Callable[[], Mapping[Metric, float]] | None = None,
        *,
        told: Iterable[str] = (),
    ) -> None:
        """Log a result, or only what is `told` of it, and count it. What was done does not fail for how it is said."""
        said = {name: result.get(name) for name in told} or result
        self.logger.info(what, extra={"result": said}, stacklevel=3)
        if counts:
            attempted(f"the counts of the {what}", lambda: self.report(counts()))

    @cached_property
    def settings(self) -> D:
        return read(self.settings_model)  # type: ignore[return-value]

    @cached_property
    def logger(self) -> Logger:
        logger = Logger(service="customer-success", log_uncaught_exceptions=True, json_serializer=without_addresses)
        logging.getLogger("customer_success").propagate = False
        copy_config_to_registered_loggers(source_logger=logger, include={"customer_success"})
        return logger

    def time_left(self) -> float:
        """Seconds that may still be spent on work."""
        return self._milliseconds_left() / 1000 - SECONDS_KEPT

    @cached_property
    def table(self) -> Table:
        return self._table_of(self.settings.space)

    @cached_property
    def measured(self) -> Table:
        """What a tenant and its shadow share: the scores of every day, and the pace of the vendors."""
        return self._table_of(self.settings.tenant_id)

    @cached_property
    def score_history(self) -> DynamoScoreHistory:
        return DynamoScoreHistory(self.measured)

    @cached_property
    def ledger(self) -> DynamoLedger:
        return DynamoLedger(self.table, lease_seconds=DELIVERY_LEASE_SECONDS)

    @cached_property
    def rows(self) -> AccountRows:
        rows, domains = DynamoAccountRows(self.table), self.settings.owner_domains
        return rows if domains == ANYBODY else RowsOfColleagues(rows, domains)

    @cached_property
    def alerts(self) -> DynamoAlertLog:
        return DynamoAlertLog(self.table)

    @cached_property
    def qbrs(self) -> DynamoQbrs:
        return DynamoQbrs(self.table)

    @cached_property
    def usages(self) -> DynamoFeatureUsages:
        return DynamoFeatureUsages(self.table)

    @cached_property
    def peers(self) -> DynamoAdoptionPeers:
        return DynamoAdoptionPeers(self.table)

    @cached_property
    def offers(self) -> DynamoOffers:
        return DynamoOffers(self.table)

    @cached_property
    def expansion_log(self) -> DynamoExpansionLog:
        return DynamoExpansionLog(self.table)

    @cached_property
    def task_records(self) -> DynamoTaskRecords:
        return DynamoTaskRecords(self.table)

    @cached_property
    def task_states(self) -> TaskStates:
        return TaskStates(self.task_records)

    @cached_property
    def long_ledger(self) -> DynamoLedger:
        """The ledger of work that takes longer than a channel's."""
        return DynamoLedger(self.table, lease_seconds=LONG_LEASE_SECONDS)

    def outbox(self, queue_url: str) -> SqsOutbox:
        """What sends to a queue."""
        return SqsOutbox(self._sqs, queue_url, lambda: self.correlation_id)

    def announcements(self, topic_arn: str) -> SnsAnnouncements:
        """What publishes on a topic."""
        return SnsAnnouncements(boto3.client("sns", config=CLIENT_CONFIG), topic_arn, lambda: self.correlation_id)

    def telling(self, topic_arn: str) -> Telling:
        """What tells people by the channels that listen on the topic."""
        return Telling(self.settings.space, self.alerts, DynamoDigests(self.table), self.announcements(topic_arn))

    def now(self) -> datetime:
        """The moment, for whoever takes time as an argument."""
        return datetime.now(UTC)

    def secret(self, name: str) -> ManagedSecret:
        """A secret by its name."""
        return ManagedSecret(self._secrets, name)

    @cached_property
    def _secrets(self) -> SecretsProvider:
        return SecretsProvider(boto_config=CLIENT_CONFIG)

    @cached_property
    def _sqs(self) -> SQSClient:
        return boto3.client("sqs", config=CLIENT_CONFIG)


class QueueFunction(Function[S]):
    """A function that a queue feeds."""

    def consume(
        self, event: Mapping[str, Any], context: Any, work: Callable[[Delivery], object]
    ) -> PartialItemFailureResponse | dict[str, Any]:
        """Do `work` for each record of a queue's event, and answer which ones failed."""
        self.begin(context)

        def follow(delivery: Delivery) -> object:
            self.follow(delivery.attributes.get(CORRELATION, delivery.message_id))
            return work(delivery)

        return self._consumer.consume(event, follow)

    def message(self, model: TypeAdapter[M] | type[M], delivery: Delivery) -> M:
        """The delivery's message. Raises `Refused` for another tenant's, `NotUnderstood` for one that is unreadable, or
        that has to wait for the end of shadow.
        """
        adapter = model if isinstance(model, TypeAdapter) else TypeAdapter(model)
        try:
            message = adapter.validate_json(delivery.body)
        except ValidationError as error:
            raise NotUnderstood("; ".join(str(refusal) for refusal in refusals(error, Message))) from error
        if isinstance(message, Message):
            self._check_meant_for_us(message)
        self._about(message)
        return message

    def _check_meant_for_us(self, message: Message) -> None:
        """A live message that comes while the deployment runs in shadow waits: what it brings must not be lost."""
        settings = self.settings
        if settings.shadow and message.tenant_id == settings.tenant_id:
            raise NotUnderstood("Shadow=true: a message from before waits until the deployment is live again")
        if message.tenant_id != settings.space:
            raise Refused(f"tenant_id: {message.tenant_id!r} is not {settings.space!r}, which is served here")

    def _about(self, message: Any) -> None:
        """Note what the work is about, for the logs and for what is withheld."""
        account_id, time = getattr(message, "account_id", None), getattr(message, "time", None)
        self._run_date = getattr(message, "run_date", None) or run_date(time or self.now(), self.settings.timezone)
        known = {"account_id": account_id, "run_date": self._run_date.isoformat()}
        self.logger.append_keys(**{name: value for name, value in known.items() if value})

    @property
    def look_again_seconds(self) -> int:
        """After how long work that others do is looked at again."""
        return min(LONGEST_DELAY, round(LOOKS_AFTER_RETRIES * self.settings.retry_base_seconds))

    @cached_property
    def _consumer(self) -> QueueConsumer:
        return QueueConsumer(
            self._sqs,
            self.settings.queue_url,
            retry_base_seconds=self.settings.retry_base_seconds,
            max_receives=self.settings.max_receives,
            logger=self.logger,
        )

    def _drafts(self, settings: GmailSettings) -> Drafts | None:
        drafts = self._mailboxes(settings)
        return drafts and DraftsOfColleagues(drafts, settings.owner_domains)

    def _mailboxes(self, settings: GmailSettings) -> Drafts | None:
        if self.shadow:
            return ShadowDrafts(self.shadow)
        if settings.gmail_secret is None:
            return None
        from connectors.gmail.drafts import GmailDrafts

        patience = self._patience("gmail", settings.gmail_requests_per_second)
        return GmailDrafts(self.secret(settings.gmail_secret), patience, base_url=settings.gmail_api_url)

    def _bus(self, name: str) -> EventBus:
        if self.shadow:
            return ShadowBus(self.shadow)
        return EventBridgeBus(boto3.client("events", config=CLIENT_CONFIG), name)

    def _patience(self, vendor: str, per_second: float, *, share: float = 1.0) -> Patience:
        """The patience with a vendor that may take this share of the time that is left at each step."""
        from connectors.patience import Patience

        def time_left() -> float:
            return self.time_left() * share

        pace = DynamoPace(self.measured, vendor, per_second=per_second, time_left=time_left)
        return Patience(pace, time_left)


class _WithNotion(QueueFunction[S]):
    """A function that calls Notion."""

    def _notion(self, settings: NotionSettings) -> NotionClient:
        from connectors.notion.client import NotionClient

        patience = self._patience("notion", settings.notion_requests_per_second)
        return NotionClient(self.secret(settings.notion_secret), patience, base_url=settings.notion_api_url)

    def _account_pages(self, settings: AccountPagesSettings) -> NotionCSMAdapter:
        from connectors.notion.accounts import NotionCSMAdapter
        from connectors.notion.names import PropertyNames

        names = PropertyNames.overridden_by(settings.notion_properties)
        domains = settings.owner_domains
        return NotionCSMAdapter(self._notion(settings), settings.notion_accounts, names=names, owner_domains=domains)

    def _expansion_records(self, settings: NotionSettings, expansions_id: str) -> ExpansionRecords:
        if self.shadow:
            return ShadowOffers(self.shadow)
        from connectors.notion.expansions import NotionExpansionRecords

        return NotionExpansionRecords(self._notion(settings), expansions_id)


class HealthScan(_WithNotion[HealthScanSettings]):
    """Scans the account book."""

    settings_model = HealthScanSettings

    @cached_property
    def scan(self) -> ScanRun:
        settings = self.settings
        runs = DynamoRuns(self.table)
        return ScanRun(
            tenant_id=settings.space,
            book=self._account_pages(settings),
            rows=self.rows,
            history=self.score_history,
            alerts=self.alerts,
            runs=runs,
            page_updates=self.outbox(settings.notion_updates_queue_url),
            expansion_runs=self.outbox(settings.queue_url),
            closing=Closing(
                settings.space,
                self.rows,
                self.alerts,
                runs,
                DynamoDigests(self.table),
                DynamoPortfolios(self.table),
                self.announcements(settings.churn_topic_arn),
                Calendar(settings.holidays),
                self.now,
            ),
            scorer=_scorer(settings),
            fallback_owner=settings.fallback_owner,
            signals_stale_after_days=settings.signals_stale_after_days,
            time_left=self.time_left,
            now=self.now,
            timezone=settings.timezone,
        )

    @cached_property
    def expand(self) -> ExpansionRun:
        settings = self.settings
        return ExpansionRun(
            tenant_id=settings.space,
            usage_book=self._usage_book(),
            usages=self.usages,
            records=self._expansion_records(settings, settings.notion_expansions),
            offers=self.offers,
            rows=self.rows,
            peers=self.peers,
            log=self.expansion_log,
            checks=self.outbox(settings.expansion_queue_url),
            closings=self.outbox(settings.queue_url),
            runs=DynamoRuns(self.table),
            calendar=Calendar(settings.holidays),
            time_left=self.time_left,
            now=self.now,
            close_after=EXPANSION_PATIENCE,
            look_again_seconds=self.look_again_seconds,
            timezone=settings.timezone,
        )

    @cached_property
    def close(self) -> CloseExpansions:
        settings = self.settings
        return CloseExpansions(
            log=self.expansion_log,
            telling=self.telling(settings.churn_topic_arn),
            closings=self.outbox(settings.queue_url),
            fallback_owner=settings.fallback_owner,
            look_again_seconds=self.look_again_seconds,
        )

    def _usage_book(self) -> FeatureUsageBook | None:
        if self.settings.notion_feature_usage is None:
            return None
        from connectors.notion.feature_usage import NotionFeatureUsage

        return NotionFeatureUsage(self._notion(self.settings), self.settings.notion_feature_usage)


class CheckContracts(QueueFunction[ContractCheckSettings]):
    """Looks at the contracts."""

    settings_model = ContractCheckSettings

    @cached_property
    def check(self) -> ContractCheck:
        settings = self.settings
        return ContractCheck(
            tenant_id=settings.space,
            rows=self.rows,
            history=self.score_history,
            alerts=self.alerts,
            runs=DynamoRuns(self.table),
            digests=DynamoDigests(self.table),
            announcements=self.announcements(settings.churn_topic_arn),
            page_updates=self.outbox(settings.notion_updates_queue_url),
            qbr_requests=self.outbox(settings.qbr_queue_url),
            qbrs=self.qbrs,
            calendar=Calendar(settings.holidays),
            scorer=_scorer(settings),
            fallback_owner=settings.fallback_owner,
            now=self.now,
            timezone=settings.timezone,
        )


class PlanQbrs(QueueFunction[PlanQbrsSettings]):
    """Plans the reviews of a quarter, and closes it."""

    settings_model = PlanQbrsSettings

    @cached_property
    def plan(self) -> QbrPlan:
        settings = self.settings
        return QbrPlan(
            tenant_id=settings.space,
            rows=self.rows,
            qbrs=self.qbrs,
            adoption=self.outbox(settings.adoption_queue_url),
            reviews=self.outbox(settings.qbr_queue_url),
            closings=self.outbox(settings.queue_url),
            telling=self.telling(settings.churn_topic_arn),
            timezone=settings.timezone,
        )

    @cached_property
    def close(self) -> CloseQuarter:
        settings = self.settings
        return CloseQuarter(
            qbrs=self.qbrs,
            telling=self.telling(settings.churn_topic_arn),
            closings=self.outbox(settings.queue_url),
            fallback_owner=settings.fallback_owner,
            look_again_seconds=self.look_again_seconds,
        )


class TrackAdoption(_WithNotion[TrackFeatureAdoptionSettings]):
    """Works out feature adoption."""

    settings_model = TrackFeatureAdoptionSettings

    @cached_property
    def track(self) -> TrackFeatureAdoption:
        settings = self.settings
        return TrackFeatureAdoption(
            rows=self.rows,
            usages=self.usages,
            peers=self.peers,
            reports=DynamoAdoptionReports(self.table),
            sections=self._sections(),
            drafts=self._drafts(settings),
            ledger=self.long_ledger,
            fallback_owner=settings.fallback_owner,
            count=self.report,
        )

    def _sections(self) -> AdoptionSections:
        if self.shadow:
            return ShadowSections(self.shadow)
        from connectors.notion.adoption_sections import NotionAdoptionSections

        return NotionAdoptionSections(self._notion(self.settings))


class _WithModel(_WithNotion[W]):
    """A function that has a model write, if the deployment names one."""

    def consume(
        self, event: Mapping[str, Any], context: Any, work: Callable[[Delivery], object]
    ) -> PartialItemFailureResponse | dict[str, Any]:
        """Do `work` for each record of a queue's event; of an event that asks for the model, say what `make doctor`
        cannot see from outside.
        """
        if event.get("check") != "model":
            return super().consume(event, context, work)
        from customer_success.aws.bedrock.converse import runtime_of

        self.begin(context)
        return runtime_of(self._bedrock(self.settings)) | {"model": self.settings.bedrock_model_id}

    def _model(self, settings: ModelSettings) -> Narrator | None:
        if settings.bedrock_model_id is None:
            return None
        from customer_success.aws.bedrock.bedrock import BedrockNarrator

        return BedrockNarrator(self._bedrock(settings), settings.bedrock_model_id, time_left=self.time_left)

    def _bedrock(self, settings: ModelSettings) -> Any:
        from customer_success.aws.bedrock.bedrock import MODEL_CLIENT_CONFIG

        return boto3.client("bedrock-runtime", config=MODEL_CLIENT_CONFIG, endpoint_url=settings.bedrock_api_url)


class CheckExpansion(_WithModel[CheckExpansionSettings]):
    """Checks accounts for expansion."""

    settings_model = CheckExpansionSettings

    @cached_property
    def check(self) -> ExpansionCheck:
        settings = self.settings
        by_rule, queue = OffersByRule(), settings.sales_handoff_queue_url
        return ExpansionCheck(
            tenant_id=settings.space,
            rows=self.rows,
            usages=self.usages,
            offers=self.offers,
            records=self._expansion_records(settings, settings.notion_expansions),
            handoff=self.outbox(queue) if queue else None,
            narrator=self._model(settings) or by_rule,
            by_rule=by_rule,
            ledger=self.long_ledger,
            log=self.expansion_log,
            scorer=_scorer(settings),
            prices=settings.price_list,
            sales_owner=settings.sales_owner,
            count=self.report,
        )


class SalesHandoff(_WithNotion[SalesHandoffSettings]):
    """Hands offers to Sales."""

    settings_model = SalesHandoffSettings

    @cached_property
    def hand_off(self) -> Handoff:
        settings = self.settings
        return Handoff(
            tenant_id=settings.space,
            rows=self.rows,
            offers=self.offers,
            records=self._expansion_records(settings, settings.notion_expansions),
            drafts=self._drafts(settings),
            telling=self.telling(settings.churn_topic_arn),
            bus=self._bus(settings.event_bus_name),
            ledger=self.ledger,
            sales_owner=settings.sales_owner,
            count=self.report,
            domains=settings.owner_domains,
        )


class SyncNotion(_WithNotion[AccountPagesSettings]):
    """Writes account pages."""

    settings_model = AccountPagesSettings

    @cached_property
    def sync(self) -> NotionSync:
        pages = ShadowPages(self.shadow) if self.shadow else self._account_pages(self.settings)
        return NotionSync(self.rows, DynamoWrittenPages(self.table), pages, self.alerts)


class AlertNotion(_WithNotion[AlertNotionSettings]):
    """Records alerts in Notion."""

    settings_model = AlertNotionSettings

    @cached_property
    def channel(self) -> AlertChannel:
        return AlertChannel("notion", self.alerts, RecordAlert(self._records(), self.ledger))

    def _records(self) -> HealthRecords:
        if self.shadow:
            return ShadowRecords(self.shadow)
        from connectors.notion.records import NotionHealthRecords

        return NotionHealthRecords(self._notion(self.settings), self.settings.notion_health_records)


class AlertEventBus(QueueFunction[AlertEventBusSettings]):
    """Puts alerts on the bus."""

    settings_model = AlertEventBusSettings

    @cached_property
    def channel(self) -> AlertChannel:
        return AlertChannel("event_bus", self.alerts, PutOnBus(self._bus(self.settings.event_bus_name), self.ledger))


class AlertEmail(QueueFunction[AlertEmailSettings]):
    """Drafts mails."""

    settings_model = AlertEmailSettings

    @cached_property
    def channel(self) -> AlertChannel:
        owner_of = OwnerOf(self.rows, self.settings.fallback_owner, self.settings.owner_domains)
        return AlertChannel("email_alert", self.alerts, DraftMail(self._drafts(self.settings), self.ledger, owner_of))


class GenerateQbr(_WithModel[GenerateQbrSettings]):
    """Writes reviews."""

    settings_model = GenerateQbrSettings

    @cached_property
    def review(self) -> QbrReview:
        settings = self.settings
        by_rule = ReviewByRule()
        return QbrReview(
            rows=self.rows,
            history=self.score_history,
            usages=self.usages,
            peers=self.peers,
            qbrs=self.qbrs,
            narrator=self._model(settings) or by_rule,
            by_rule=by_rule,
            pages=self._pages(),
            drafts=self._drafts(settings),
            ledger=self.long_ledger,
            fallback_owner=settings.fallback_owner,
            count=self.report,
        )

    def _pages(self) -> QbrPages:
        if self.shadow:
            return ShadowReviews(self.shadow)
        from connectors.notion.qbr_pages import NotionQbrPages

        return NotionQbrPages(self._notion(self.settings), self.settings.notion_qbrs)


class AlertChat(QueueFunction[AlertChatSettings]):
    """Posts alerts and digests to the chats that are configured."""

    settings_model = AlertChatSettings

    @cached_property
    def post(self) -> PostToChat:
        owner_of = OwnerOf(self.rows, self.settings.fallback_owner, self.settings.owner_domains)
        return PostToChat(tuple(self._chats()), self.ledger, owner_of, DynamoDigests(self.table))

    @cached_property
    def channel(self) -> AlertChannel:
        return AlertChannel("chat_alert", self.alerts, self.post.alert)

    def _chats(self) -> list[Chat]:
        if self.shadow:
            return [ShadowChat(self.shadow)]
        settings = self.settings
        chats: list[Chat] = []
        with_google = bool(settings.google_chat_secret and settings.google_chat_space)
        if settings.slack_secret and settings.slack_channel:
            from connectors.slack.chat import SlackChat

            # A Slack that does not answer leaves time for the other.
            share = 0.5 if with_google else 1.0
            patience = self._patience("slack", settings.chat_requests_per_second, share=share)
            secret = self.secret(settings.slack_secret)
            chats.append(SlackChat(secret, settings.slack_channel, patience, base_url=settings.slack_api_url))
        if settings.google_chat_secret and settings.google_chat_space:
            from connectors.google_chat.chat import GoogleChat

            patience = self._patience("google_chat", settings.chat_requests_per_second)
            secret, space = self.secret(settings.google_chat_secret), settings.google_chat_space
            chats.append(GoogleChat(secret, space, patience, base_url=settings.google_chat_api_url))
        return chats


class Api(Function[ApiSettings]):
    """Answers the API. What answers is imported by what needs it, lest every function starts with all of it."""

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

        settings = self.settings
        scans = self.outbox(settings.scan_queue_url)
        return TaskDesk(
            tenant_id=settings.tenant_id,
            space=settings.space,
            timezone=settings.timezone,
            agent=CustomerSuccessAgent(accounts=self.rows, scorer=_scorer(settings), timezone=settings.timezone),
            rows=self.rows,
            records=self.task_records,
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

        return ShowHealth(self.rows, self.score_history)

    @cached_property
    def history(self) -> ShowHistory:
        from customer_success.api.history import ShowHistory

        return ShowHistory(self.rows, self.score_history, self._cursors)

    @cached_property
    def portfolio(self) -> ShowPortfolio:
        from customer_success.api.portfolio import ShowPortfolio

        return ShowPortfolio(DynamoPortfolios(self.table), self._cursors)

    @cached_property
    def acknowledge(self) -> AcknowledgeAlert:
        from customer_success.api.acknowledge import AcknowledgeAlert

        settings = self.settings
        return AcknowledgeAlert(
            tenant_id=settings.tenant_id,
            space=settings.space,
            alerts=self.alerts,
            rows=self.rows,
            page_updates=self.outbox(settings.notion_updates_queue_url),
            timezone=settings.timezone,
        )

    @cached_property
    def show_shadow(self) -> ShowShadow:
        from customer_success.api.shadow import ShowShadow

        kept = DynamoShadowLog(self._table_of(shadow_of(self.settings.tenant_id)))
        return ShowShadow(kept, self._cursors, self.settings.shadow)

    @cached_property
    def _cursors(self) -> Cursors:
        from customer_success.api.cursors import Cursors

        secret = self.secret(self.settings.api_cursor_secret)
        return Cursors(secret.read().get("key", ""), self.settings.tenant_id)

    @cached_property
    def _resolver(self) -> APIGatewayRestResolver:
        from customer_success.api.routes import build

        return build(self)


def _scorer(settings: ScoringSettings) -> CSMHealthScorer:
    return CSMHealthScorer(
        green_threshold=settings.green_threshold,
        amber_threshold=settings.amber_threshold,
        churn_window_days=settings.churn_window_days,
    )
