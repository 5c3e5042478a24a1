"""The lines of a month: how much of what, worked out from accounts, the template and what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from customer_success.messages import ACCOUNTS_PER_MESSAGE
from local.cost import measured, prices
from local.cost.deployed import Deployed
from local.cost.prices import Price

DAYS = 365 / 12
HOURS = 24 * DAYS
GB = 1e9

POLLERS = 5
POLLS_A_MINUTE = 3
"""Lambda asks each queue with five pollers, 20 seconds at a time; it comes down to two only where no MaximumConcurrency
is set (docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html)."""
REQUESTS_PER_MESSAGE = 3
"""Sent, received, deleted."""
STORED_MONTHS = 12
"""Of history in the table: that at the end of the first year."""
METRICS_PER_METHOD = 5
"""Calls, two kinds of errors, latency and that of the function."""

# What nothing measures: the assumptions, which are printed with the result.
CHECKED_SHARE, OFFERED_SHARE = 0.02, 0.35
API_CALLS_PER_ACCOUNT, API_HOURS = 2, 220
READS_PER_API_CALL = 4
COUNTING_HOURS_A_DAY = 2
RUNS_OF_PLAN = 10
FEEDS = 5
"""Files a day that name every account: usage, tickets, invoices, touchpoints, NPS."""
SECONDS_PER_AWS_CALL, SECONDS_PER_VENDOR_CALL, SECONDS_PER_MODEL_CALL = 0.01, 2 / 3, 8.0
SLOWER = 2
"""How much longer Lambda computes, with its share of a core."""
LOG_BYTES = 3_000
ARTIFACT_GB = 0.5
CHANNELS = ("alert_notion", "alert_event_bus", "alert_email", "alert_chat")

ASSUMPTIONS = (
    f"Counted in the benchmark's invented book: a day {measured.CHANGED_SHARE:.0%} of the accounts change, and "
    f"{measured.ALERTED_SHARE:.0%} are told of. Taken to reach every channel.",
    f"Guessed: {CHECKED_SHARE:.0%} are checked for expansion a day. Of the checks {OFFERED_SHARE:.0%} offer something: "
    "9 of 26 in the sample book.",
    "One review and one adoption report for each account and quarter.",
    f"Guessed: {API_CALLS_PER_ACCOUNT} API calls for each account a month, in {API_HOURS} hours of it.",
    f"Durations are worked out, not measured on AWS: a call of AWS takes {SECONDS_PER_AWS_CALL * 1000:.0f} ms, one of "
    f"a vendor {SECONDS_PER_VENDOR_CALL * 1000:.0f} ms (two functions at Notion's three a second), a model's answer "
    f"{SECONDS_PER_MODEL_CALL:.0f} s; Lambda computes at half the speed measured.",
    f"A queue is asked for messages day and night, by {POLLERS} pollers {POLLS_A_MINUTE} times a minute each.",
    f"Our own metrics are sent in {COUNTING_HOURS_A_DAY} hours a day, and paid by the hour in which they are sent.",
    f"Guessed: {LOG_BYTES / 1000:.0f} KB of log for each run of a function. {STORED_MONTHS} months of "
    "history in the table.",
    "All four secrets of vendors are used, and the sales handoff is on.",
    f"Guessed: {FEEDS} feeds deliver a file a day that names every account. Not counted: the 30 days for which S3 "
    "stores the files.",
    "Not counted: traffic to the internet (100 GB are free), tax, support, the vendors' own plans.",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be worked out: accounts; whether a model writes, and its price in USD a million tokens, in and out."""

    accounts: int
    model: bool = False
    model_in: float = 3.0
    model_out: float = 15.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill. `lever` says how to make it less."""

    service: str
    what: str
    quantity: float
    price: Price
    lever: str = ""

    @property
    def usd(self) -> float:
        """Before the free tier."""
        return self.quantity * self.price.each

    @property
    def free_usd(self) -> float:
        """What the free tier takes off."""
        return min(self.quantity, self.price.free) * self.price.each


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to do in a month."""

    scanned: float
    pages: float
    page_messages: float
    alerts: float
    digests: float
    reviews: float
    checks: float
    offers: float
    api_calls: float

    @property
    def runs(self) -> dict[str, float]:
        """How often each function runs; a message at a time, as on a quiet queue."""
        return {
            "health_scan": 2 * DAYS,
            "contract_check": DAYS,
            "plan_qbrs": RUNS_OF_PLAN,
            "notion_sync": self.page_messages,
            "track_feature_adoption": self.reviews,
            "generate_qbr": self.reviews,
            "check_expansion": self.checks,
            "sales_handoff": self.offers,
            "ingest": FEEDS * DAYS,
            "api": self.api_calls,
            **dict.fromkeys(CHANNELS, self.alerts),
            "alert_chat": self.alerts + self.digests,
        }

    def seconds(self, *, model: bool) -> dict[str, float]:
        """How long each function runs in all."""
        thinking = SECONDS_PER_MODEL_CALL if model else 0.0
        handoff = measured.HANDOFF_CALLS * SECONDS_PER_AWS_CALL
        scan = measured.SCAN_SECONDS * SLOWER + measured.SCAN_CALLS * SECONDS_PER_AWS_CALL
        reading = SECONDS_PER_VENDOR_CALL / measured.ACCOUNTS_PER_NOTION_READ
        review = measured.REVIEW_CALLS * SECONDS_PER_AWS_CALL + 2 * SECONDS_PER_VENDOR_CALL
        return {
            "health_scan": self.scanned * (scan + reading),
            "contract_check": self.scanned * scan,
            "plan_qbrs": self.reviews * scan,
            "notion_sync": self.pages * SECONDS_PER_VENDOR_CALL,
            "track_feature_adoption": self.reviews * review,
            "generate_qbr": self.reviews * (review + thinking),
            "check_expansion": self.checks * (handoff + SECONDS_PER_VENDOR_CALL + thinking),
            "sales_handoff": self.offers * (handoff + 2 * SECONDS_PER_VENDOR_CALL),
            "ingest": FEEDS * self.scanned * SECONDS_PER_AWS_CALL,
            "api": self.api_calls * READS_PER_API_CALL * SECONDS_PER_AWS_CALL,
            "alert_notion": self.alerts * (handoff + SECONDS_PER_VENDOR_CALL),
            "alert_event_bus": self.alerts * handoff,
            "alert_email": self.alerts * (handoff + SECONDS_PER_VENDOR_CALL),
            "alert_chat": (self.alerts + self.digests) * (handoff + 2 * SECONDS_PER_VENDOR_CALL),
        }

    @property
    def sent_on(self) -> float:
        """Small pieces of work, each of which reads and writes some small rows: in channels, on checks and handoffs."""
        return len(CHANNELS) * self.alerts + self.digests + self.checks + self.offers

    @property
    def messages(self) -> float:
        """Messages on all queues."""
        return sum(self.runs.values()) - self.api_calls


def work(accounts: int) -> Work:
    """What a book of so many accounts makes there to do."""
    pages_a_day = accounts * measured.CHANGED_SHARE
    checks = accounts * CHECKED_SHARE * DAYS
    return Work(
        scanned=accounts * DAYS,
        pages=pages_a_day * DAYS,
        page_messages=max(pages_a_day / ACCOUNTS_PER_MESSAGE, 1) * DAYS,
        alerts=accounts * measured.ALERTED_SHARE * DAYS,
        digests=2 * DAYS,
        reviews=accounts / 3,
        checks=checks,
        offers=checks * OFFERED_SHARE,
        api_calls=accounts * API_CALLS_PER_ACCOUNT,
    )


def lines(asked: Asked, deployed: Deployed) -> list[Line]:
    """The whole month, line by line."""
    todo = work(asked.accounts)
    found = [
        *_lambda(todo, deployed, model=asked.model),
        *_table(asked.accounts, todo, deployed),
        *_messages(todo, deployed),
        *_watching(todo, deployed),
        *_others(todo, deployed),
    ]
    return [*found, *_model(asked, todo)] if asked.model else found


def _lambda(todo: Work, deployed: Deployed, *, model: bool) -> Iterator[Line]:
    seconds = todo.seconds(model=model)
    gigabytes = sum(deployed.memory.get(name, 0.0) * length for name, length in seconds.items())
    yield Line("Lambda", "runs", sum(todo.runs.values()), prices.LAMBDA_REQUESTS)
    yield Line(
        "Lambda", "memory over time", gigabytes, prices.LAMBDA_SECONDS, "memory: MemorySize of the functions that wait"
    )


def _table(accounts: int, todo: Work, deployed: Deployed) -> Iterator[Line]:
    small = todo.sent_on * measured.HANDOFF_CALLS / 2
    files = FEEDS * todo.scanned
    writes = (
        todo.scanned * measured.SCAN_WRITE_UNITS
        + todo.pages * measured.PAGE_WRITE_UNITS
        + 2 * todo.reviews * measured.REVIEW_WRITE_UNITS
        + small
    )
    book = todo.scanned * measured.ROW_BYTES / 4096
    reads = (
        todo.scanned * measured.SCAN_READ_UNITS
        + book
        + (todo.scanned + files) * ceil(measured.OBSERVATIONS_BYTES / 4096)
        + todo.pages * measured.PAGE_READ_UNITS
        + 2 * todo.reviews * measured.REVIEW_READ_UNITS
        + small
        + todo.api_calls * READS_PER_API_CALL
    )
    of_an_account = measured.ROW_BYTES + measured.OBSERVATIONS_BYTES + measured.POINT_BYTES * DAYS * STORED_MONTHS
    stored = accounts * of_an_account / GB
    yield Line("DynamoDB", "write units", writes, prices.TABLE_WRITES, "scan on working days alone: ScanSchedule")
    yield Line(
        "DynamoDB",
        "write units of feeds",
        files * ceil(measured.OBSERVATIONS_BYTES / 1024),
        prices.TABLE_WRITES,
        "feeds that deliver what changed alone: each account in a file is written",
    )
    yield Line("DynamoDB", "read units", reads, prices.TABLE_READS)
    yield Line("DynamoDB", "storage", stored, prices.TABLE_STORAGE)
    if deployed.has_recovery:
        yield Line("DynamoDB", "point-in-time recovery", stored, prices.TABLE_RECOVERY)


def _messages(todo: Work, deployed: Deployed) -> Iterator[Line]:
    polls = deployed.queues_polled * POLLERS * POLLS_A_MINUTE * 60 * HOURS
    yield Line(
        "SQS", "asking idle queues", polls, prices.SQS_REQUESTS, "fewer queues: each is asked 657,000 times a month"
    )
    # The free tier is that of the account, and the asking has used it up.
    left = max(prices.SQS_REQUESTS.free - polls, 0.0)
    rest = Price(prices.SQS_REQUESTS.usd, prices.SQS_REQUESTS.per, prices.SQS_REQUESTS.unit, left)
    yield Line("SQS", "messages", todo.messages * REQUESTS_PER_MESSAGE, rest)
    yield Line("SNS", "published", todo.alerts + todo.digests, prices.SNS_PUBLISHES)
    yield Line("EventBridge", "events on our bus", todo.alerts + todo.offers, prices.BUS_EVENTS)


def _watching(todo: Work, deployed: Deployed) -> Iterator[Line]:
    yield Line(
        "CloudWatch",
        "alarms",
        deployed.alarm_metrics,
        prices.ALARM_METRICS,
        "fewer alarms: each metric watched costs 0.10",
    )
    free = prices.FREE_DASHBOARDS if deployed.dashboard_metrics <= prices.FREE_DASHBOARD_METRICS else 0
    dashboard = Price(prices.DASHBOARDS.usd, 1, prices.DASHBOARDS.unit, free)
    yield Line("CloudWatch", "dashboard", deployed.dashboards, dashboard, "a dashboard of 50 metrics or fewer is free")
    own = deployed.custom_metrics * COUNTING_HOURS_A_DAY / 24
    yield Line("CloudWatch", "our own metrics", own, prices.CUSTOM_METRICS)
    methods = deployed.api_methods * METRICS_PER_METHOD * API_HOURS / HOURS
    left = max(prices.CUSTOM_METRICS.free - own, 0.0)
    rest = Price(prices.CUSTOM_METRICS.usd, 1, prices.CUSTOM_METRICS.unit, left)
    if methods:
        yield Line("CloudWatch", "metrics of each API method", methods, rest, "MetricsEnabled of the API: false")
    runs = sum(todo.runs.values())
    yield Line("CloudWatch", "logs taken in", runs * LOG_BYTES / GB, prices.LOGS, "LOG_LEVEL: WARNING")


def _others(todo: Work, deployed: Deployed) -> Iterator[Line]:
    yield Line("API Gateway", "calls", todo.api_calls, prices.API_CALLS)
    yield Line("Secrets Manager", "secrets", deployed.secrets, prices.SECRETS, "leave out channels that nobody reads")
    yield Line("Secrets Manager", "reads, one a run at most", sum(todo.runs.values()), prices.SECRET_READS)
    yield Line("S3", "what was deployed", ARTIFACT_GB, prices.ARTIFACTS)


def _model(asked: Asked, todo: Work) -> Iterator[Line]:
    """Reviews are asked of the model, and the words of offers; the latter are taken to be as long."""
    calls = todo.reviews + todo.checks
    lever = "a smaller model: BedrockModelId"
    for what, tokens, usd in (
        ("tokens in", measured.REVIEW_TOKENS_IN, asked.model_in),
        ("tokens out", measured.REVIEW_TOKENS_OUT, asked.model_out),
    ):
        yield Line("Bedrock", what, calls * tokens, Price(usd, prices.MILLION, "million tokens"), lever)
