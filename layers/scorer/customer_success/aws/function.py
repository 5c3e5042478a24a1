"""What all functions share: settings, clients, time, and the way from a queue's event to the work.

A function's `wiring.py` builds on it. Making one touches neither environment nor network: what it needs is imported and
built at its first use, once per process, so that no function loads what others need.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from pydantic import TypeAdapter, ValidationError

from customer_success.addresses import ANYBODY
from customer_success.aws.messaging.consumer import ConsumerResponse, Delivery, QueueConsumer
from customer_success.aws.messaging.sending import CORRELATION
from customer_success.aws.retries import CLIENT_CONFIG
from customer_success.errors import NotUnderstood, Refused
from customer_success.isolation import attempted
from customer_success.log_privacy import without_addresses
from customer_success.messages import Message
from customer_success.periods import run_date
from customer_success.schemas import refusals
from customer_success.settings import Deployed, Settings, read

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider
    from mypy_boto3_sqs import SQSClient

    from customer_success.accounts.ports import AccountRows
    from customer_success.alerts.publisher import AlertPublisher
    from customer_success.aws.dynamodb.ledger import DynamoLedger
    from customer_success.aws.dynamodb.rate_limiter import DynamoRateLimiter
    from customer_success.aws.dynamodb.store import Store
    from customer_success.aws.messaging.queues import SqsOutbox
    from customer_success.aws.secrets import ManagedSecret
    from customer_success.drafts.drafts import OnceDrafts, OptionalDrafts
    from customer_success.metrics import Metric
    from customer_success.once import Once, OnceBus
    from customer_success.ports import Drafts, EventBus
    from customer_success.results import JobResult
    from customer_success.shadow.adapters import Shadow
    from customer_success.task_records.states import TaskStates
    from customer_success.tasks import Task

# What has been imported so far stays: the garbage collector need not go through it again during the rest of the start.
gc.freeze()

D = TypeVar("D", bound=Deployed)
S = TypeVar("S", bound=Settings)
M = TypeVar("M")
P = TypeVar("P")

DELIVERY_LEASE_SECONDS = 90.0
"""Longer than any function may run that brings alerts or offers to people."""

LONG_LEASE_SECONDS = 210.0
"""Longer than any function may run that writes reviews, sections of pages, or checks accounts."""

LOOKS_AFTER_RETRIES = 2.0
"""A quarter or a day that is not done is looked at again after so many times the wait before a retry."""

LONGEST_DELAY = 900
"""Seconds: a queue delays a message for a quarter of an hour at most."""

RESERVED_SECONDS = 5.0
"""Held back from the time left, to end an invocation in good order."""


class Function(Generic[D]):
    """One Lambda function: its settings, its clients, and the seconds that its invocation has left."""

    settings_model: ClassVar[type[Deployed]]
    lease_seconds: ClassVar[float] = DELIVERY_LEASE_SECONDS
    """How long the function may take at most for what it does once."""

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
        if not self.settings.shadow:
            return None
        from customer_success.shadow.adapters import Shadow

        return Shadow(self.store.shadow_log, self._today)

    def outward(self, live: Callable[[], P], shadowed: Callable[[Shadow], P]) -> P:
        """What reaches people: `live`, or in shadow mode what records it instead."""
        return shadowed(self.shadow) if self.shadow else live()

    def _today(self) -> date:
        """The run date of what is being worked at."""
        return self._run_date or run_date(self.now(), self.settings.timezone)

    def report(self, counts: Mapping[Metric, float]) -> None:
        """Write counts as metrics. What was done does not fail for one that is none."""
        from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

        metrics = EphemeralMetrics()
        for name, value in counts.items():
            attempted(f"the metric {name}", partial(metrics.add_metric, name, MetricUnit.Count, value))
        attempted("the metrics", metrics.flush_metrics)

    def done(self, what: str, result: JobResult) -> None:
        """Log what a job brought, and count it. A result that cannot be logged does not fail the work."""

        def shown() -> Mapping[str, Any]:
            fields = result.to_fields()
            return {name: fields.get(name) for name in result.LOGGED} or fields

        attempted(f"the log of the {what}", lambda: self.logger.info(what, extra={"result": shown()}, stacklevel=4))
        if counts := result.counts():
            attempted(f"the counts of the {what}", lambda: self.report(counts))

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
        return self._milliseconds_left() / 1000 - RESERVED_SECONDS

    @cached_property
    def store(self) -> Store:
        """What is stored, live or in shadow."""
        return self.store_of(self.settings.space)

    def store_of(self, space: str) -> Store:
        """What is stored in a space."""
        from customer_success.aws.dynamodb.store import Store
        from customer_success.aws.dynamodb.table import Table

        client, name = boto3.client("dynamodb", config=CLIENT_CONFIG), self.settings.table_name
        return Store(Table(client, name, space), shared=Table(client, name, self.settings.tenant_id))

    @cached_property
    def rows(self) -> AccountRows:
        """The account rows, in which no account belongs to anybody outside the owners' domains."""
        rows, domains = self.store.rows, self.settings.owner_domains
        if domains == ANYBODY:
            return rows
        from customer_success.accounts.colleagues import RowsOfColleagues

        return RowsOfColleagues(rows, domains)

    @cached_property
    def task_states(self) -> TaskStates:
        from customer_success.task_records.states import TaskStates

        return TaskStates(self.store.task_records)

    def once(self, channel: str) -> Once:
        """What does one kind of thing once for each key; `channel` is what the ledger calls the kind."""
        from customer_success.once import Once

        return Once(self._ledger, channel)

    @cached_property
    def _ledger(self) -> DynamoLedger:
        return self.store.ledger(lease_seconds=self.lease_seconds)

    def outbox(self, queue_url: str) -> SqsOutbox:
        """What sends to a queue."""
        from customer_success.aws.messaging.queues import SqsOutbox

        return SqsOutbox(self._sqs, queue_url, lambda: self.correlation_id)

    def publisher(self, topic_arn: str) -> AlertPublisher:
        """What publishes alerts and digests for the channels that listen on the topic."""
        from customer_success.alerts.publisher import AlertPublisher
        from customer_success.aws.messaging.topic import SnsAnnouncements

        topic = SnsAnnouncements(boto3.client("sns", config=CLIENT_CONFIG), topic_arn, lambda: self.correlation_id)
        return AlertPublisher(self.settings.space, self.store.alerts, self.store.digests, topic)

    def rate_limiter(self, vendor: str, *, per_second: float, time_left: Callable[[], float]) -> DynamoRateLimiter:
        """The rate limit at which all functions together may call a vendor."""
        return self.store.rate_limiter(vendor, per_second=per_second, time_left=time_left)

    def now(self) -> datetime:
        """The moment, for code that takes time as an argument."""
        return datetime.now(UTC)

    def secret(self, name: str) -> ManagedSecret:
        """A secret by its name."""
        from customer_success.aws.secrets import ManagedSecret

        return ManagedSecret(self._secrets, name)

    @cached_property
    def _secrets(self) -> SecretsProvider:
        from aws_lambda_powertools.utilities.parameters import SecretsProvider

        # Without a client it opens a session of its own, which reads all that botocore knows of AWS once more.
        return SecretsProvider(boto3_client=boto3.client("secretsmanager", config=CLIENT_CONFIG))

    @cached_property
    def _sqs(self) -> SQSClient:
        return boto3.client("sqs", config=CLIENT_CONFIG)


class QueueFunction(Function[S]):
    """A function that a queue feeds."""

    def consume(
        self, event: Mapping[str, Any], context: Any, work: Callable[[Delivery], object]
    ) -> ConsumerResponse | dict[str, Any]:
        """Do `work` for each record of a queue's event, and answer which ones failed."""
        self.begin(context)

        def follow(delivery: Delivery) -> object:
            self.follow(delivery.attributes.get(CORRELATION, delivery.message_id))
            return work(delivery)

        return self._consumer.consume(event, follow)

    def run_task(
        self,
        what: str,
        execute: Task,
        task: Mapping[str, Any],
        *,
        run_date: date,
        request_id: str,
        task_id: str | None,
        last_try: bool,
    ) -> None:
        """Have the agent do what a message asks for; mark, log and count what came of it.

        `task_id` is the task of the API that asked for it. Raises the cause for which it failed, by which the consumer
        decides what becomes of the message.
        """
        from customer_success.results import Failed

        context = {"now": self.now(), "run_date": run_date, "request_id": request_id, "last_try": last_try}
        result = self.task_states.run(task_id, lambda: execute(task, context), last_try=last_try)
        finished = result.finished if isinstance(result, Failed) else result
        if finished:
            self.done(what, finished)
        if isinstance(result, Failed):
            raise result.cause

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
        """Note what the work is about, for the logs and for shadowed outputs."""
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

    def drafts(self, live: Callable[[], Drafts | None], channel: str) -> OnceDrafts | None:
        """Drafts in the mailboxes of the owners' domains alone, `live` ones or shadowed, each once on `channel`."""
        from customer_success.drafts.colleagues import DraftsOfColleagues
        from customer_success.drafts.drafts import OnceDrafts

        drafts = self.outward(live, lambda shadow: shadow.drafts())
        if drafts is None:
            return None
        return OnceDrafts(DraftsOfColleagues(drafts, self.settings.owner_domains), self.once(channel))

    def optional_drafts(self, live: Callable[[], Drafts | None], channel: str) -> OptionalDrafts | None:
        """Drafts that only enrich what they belong to."""
        from customer_success.drafts.drafts import OptionalDrafts

        drafts = self.drafts(live, channel)
        return None if drafts is None else OptionalDrafts(drafts, self.report)

    def bus(self, name: str, channel: str) -> OnceBus:
        """What puts each event on a bus once."""

        from customer_success.once import OnceBus

        def live() -> EventBus:
            from customer_success.aws.messaging.bus import EventBridgeBus

            return EventBridgeBus(boto3.client("events", config=CLIENT_CONFIG), name)

        return OnceBus(self.outward(live, lambda shadow: shadow.bus()), self.once(channel))
