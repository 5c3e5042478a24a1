"""What a quarterly review asks of the model, Notion and AWS; what a plan of 1,000 takes; what the check costs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import requests
from rich.console import Console

from connectors.gmail.drafts import GmailDrafts
from connectors.notion.accounts import NotionCSMAdapter
from connectors.notion.client import NotionClient
from connectors.notion.names import PropertyNames, QbrNames
from connectors.notion.qbr_pages import NotionQbrPages
from connectors.notion.schema import accounts_schema, qbr_schema
from connectors.retry_policy import RetryPolicy
from customer_success.accounts.account import Account
from customer_success.aws.bedrock.bedrock import BedrockNarrator
from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.history import DynamoScoreHistory
from customer_success.aws.dynamodb.ledger import DynamoLedger
from customer_success.aws.dynamodb.peers import DynamoAdoptionPeers
from customer_success.aws.dynamodb.qbrs import DynamoQbrs
from customer_success.aws.dynamodb.table import Table
from customer_success.aws.dynamodb.usages import DynamoFeatureUsages
from customer_success.aws.messaging.queues import SqsOutbox
from customer_success.drafts.drafts import OnceDrafts, OptionalDrafts
from customer_success.narration.claims import checked
from customer_success.narration.fallback import Writers
from customer_success.narration.ports import Narrator
from customer_success.once import Once
from customer_success.paging import Bookmark
from customer_success.reviews.generate_qbr import GenerateQbr, QbrRequest
from customer_success.reviews.pages import OncePages
from customer_success.reviews.plan_qbrs import PlanQbrs
from customer_success.reviews.rules_writer import ReviewByRule
from customer_success.scan.assessment import ScanContext, assess
from customer_success.schemas import QBRContent
from customer_success.scoring.scorer import CSMHealthScorer
from local.demo.options import SAMPLE_BOOK
from local.sandbox import Sandbox
from local.sandbox.google import service_account
from local.sandbox.notion.load import Book
from local.spreadsheets.book import read_book
from local.spreadsheets.rows import notion_rows
from tests.benchmarks.aws_stand_in import QueueOnDisk, TableOnDisk
from tests.benchmarks.figures import Promise, at_most, exactly, show
from tests.builders.accounts import account
from tests.builders.fakes import FakeAlerts, Writes, publisher_of
from tests.builders.secrets import google_secret, notion_secret

SCANS = (date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31))
QUARTER_DAY = date(2026, 4, 1)
MESSAGES_PER_CALL = 10


@dataclass(frozen=True, slots=True)
class Size:
    """Reviews that are written, of the sample book at most; those that are planned; rounds of the check."""

    written: int = 1_000
    planned: int = 1_000
    rounds: int = 5


QUICK = Size(written=3, planned=20, rounds=1)


class Uncounted:
    """No rate limit: what is counted here are calls, not seconds."""

    def wait(self) -> None: ...

    def push_back(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of the sample book that one function has written."""

    results: list[dict[str, Any]]
    aws: Counter[str]
    notion: Counter[str]
    gmail: Counter[str]
    model: dict[str, int]


def run(console: Console, size: Size = Size()) -> list[Promise]:
    """Write the sample book's reviews by a model, plan some, and time the check."""
    with TemporaryDirectory() as folder:
        quarter, texts = _quarter(Path(folder), size.written)
    reviews = len(quarter.results)
    show(
        console,
        f"One quarterly review, on average over {reviews} of the sample book",
        ("", "calls"),
        [
            *((f"model: {name}", f"{number / reviews:,.2f}") for name, number in quarter.model.items()),
            *((f"Notion: {call}", f"{number / reviews:.2f}") for call, number in sorted(quarter.notion.items())),
            *((f"Gmail: {call}", f"{number / reviews:.2f}") for call, number in sorted(quarter.gmail.items())),
            *((f"AWS: {call}", f"{number / reviews:.2f}") for call, number in sorted(quarter.aws.items())),
        ],
        "Tokens are counted by the sandbox, in fours of characters; the model that answers there is the sandbox's.",
    )
    with TemporaryDirectory() as folder:
        planned = _planned(Path(folder), console, size.planned)
    cost = _cost_of_check(texts, size.rounds)
    show(
        console,
        "The check of a review's text, beside parsing the model's answer",
        ("", "ratio"),
        [("checking / parsing", f"{cost:.1f}")],
    )
    notion = sum(quarter.notion.values()) / reviews
    return [
        exactly("Reviews written of those asked for", sum(r["status"] == "written" for r in quarter.results), reviews),
        exactly("Model calls per review, none repaired", quarter.model["calls"], reviews),
        at_most("Notion calls per review", notion, 1.1),
        *planned,
    ]


def _quarter(folder: Path, most: int) -> tuple[Quarter, list[tuple[str, Any]]]:
    dynamodb: Any = TableOnDisk(folder / "table")
    with Sandbox(folder / "vendors").start() as sandbox:
        client = boto3.client(
            "bedrock-runtime",
            region_name="eu-central-1",
            aws_access_key_id="nobody",
            aws_secret_access_key="nothing",
            endpoint_url=sandbox.url("bedrock"),
        )
        job, rows = _function(dynamodb, sandbox, BedrockNarrator(client, "sandbox.writer-v1", time_left=_plenty))
        known = _scanned(rows, job.history, _book(sandbox))[:most]
        control = sandbox.url("control")
        dynamodb.calls.clear()
        requests.delete(f"{control}/requests", timeout=10).raise_for_status()
        results = [job(QbrRequest(account_id, QUARTER_DAY, "tick", "scheduled")).to_fields() for account_id in known]
        counted = requests.get(f"{control}/requests", timeout=10).json()
        tokens = requests.get(f"{control}/tokens", timeout=10).json()
        texts = [job.qbrs.text(QbrRequest(account_id, QUARTER_DAY, "tick").key) for account_id in known]
    quarter = Quarter(
        results,
        aws=Counter(dynamodb.calls),
        notion=Counter(counted["notion"]["calls"]),
        gmail=Counter(counted["gmail"]["calls"]),
        model=tokens,
    )
    return quarter, [(text.content.model_dump_json(), text.evidence) for text in texts if text]


def _function(dynamodb: Any, sandbox: Sandbox, narrator: Narrator) -> tuple[GenerateQbr, DynamoAccountRows]:
    """What one function has built after its cold start."""
    table = Table(dynamodb, "customer-success", "acme")
    retry_policy = RetryPolicy(Uncounted(), _plenty)
    notion = NotionClient(notion_secret(), retry_policy, base_url=sandbox.url("notion"))
    accounts = sandbox.load(
        Book(title="Accounts", properties=accounts_schema(PropertyNames()), key="Account ID", rows=[])
    )
    schema = qbr_schema(QbrNames(), accounts_source_id=accounts.data_source_id)
    qbrs = sandbox.load(Book(title="QBR", properties=schema, key=QbrNames().key, rows=[]))
    rows = DynamoAccountRows(table)
    google = google_secret(service_account(sandbox.url("token")))
    gmail = GmailDrafts(google, retry_policy, base_url=sandbox.url("gmail").rstrip("/"))
    ledger = DynamoLedger(table, lease_seconds=210)
    job = GenerateQbr(
        rows=rows,
        history=DynamoScoreHistory(table),
        usages=DynamoFeatureUsages(table),
        peers=DynamoAdoptionPeers(table),
        qbrs=DynamoQbrs(table),
        writers=Writers(narrator, ReviewByRule(), _uncounted),
        pages=OncePages(NotionQbrPages(notion, qbrs.database_id), Once(ledger, "qbr_page")),
        drafts=OptionalDrafts(OnceDrafts(gmail, Once(ledger, "qbr_draft")), _uncounted),
        fallback_owner="lead@example.com",
    )
    return job, rows


def _uncounted(_: object) -> None:
    """Takes metrics, and drops them."""


def _book(sandbox: Sandbox) -> list[Account]:
    """The sample book, as it is read from Notion."""
    loaded = sandbox.load(notion_rows(read_book(SAMPLE_BOOK), SCANS[0]).book)
    notion = NotionClient(notion_secret(), RetryPolicy(Uncounted(), _plenty), base_url=sandbox.url("notion"))
    pages = NotionCSMAdapter(notion, loaded.database_id).read(Bookmark())
    return [account for page in pages for account in page.accounts if not account.inactive]


def _scanned(rows: DynamoAccountRows, history: Any, book: list[Account]) -> list[str]:
    """Scan the book at each month's end, and return the ids of its accounts."""
    for on in SCANS:
        scan = ScanContext(
            "acme", on, f"{on}#1", datetime(on.year, on.month, on.day, 7, tzinfo=UTC), CSMHealthScorer(), {}, None
        )
        known = rows.get_many([account.account_id for account in book])
        assessed = [assess(scan, account, known.get(account.account_id), 0).row for account in book]
        history.put_many([(row.account_id, row.latest.point) for row in assessed if row.latest.point])
        rows.put_many(assessed)
    return sorted({account.account_id for account in book})


def _planned(folder: Path, console: Console, accounts: int) -> list[Promise]:
    """Plan so many reviews, and count what is sent."""
    dynamodb: Any = TableOnDisk(folder / "table")
    queues: dict[str, Any] = {name: QueueOnDisk(folder / name) for name in ("qbr", "adoption", "qbr-plan")}
    table = Table(dynamodb, "customer-success", "acme")
    rows = DynamoAccountRows(table)
    scan = ScanContext("acme", SCANS[-1], "x", datetime(2026, 3, 31, 7, tzinfo=UTC), CSMHealthScorer(), {}, None)
    rows.put_many(assess(scan, account(number), None, 0).row for number in range(1, accounts + 1))
    dynamodb.calls.clear()
    reviews, adoption, closings = (SqsOutbox(queue, name, str) for name, queue in queues.items())
    publisher = publisher_of(FakeAlerts(Writes()))
    noon = datetime(2026, 4, 1, 12, tzinfo=UTC)
    plan = PlanQbrs("acme", rows, DynamoQbrs(table), adoption, reviews, closings, publisher)
    result = plan(QUARTER_DAY, request="tick", time=noon, now=noon)
    sent = {name: (sum(1 for _ in queue.receive()), sum(queue.calls.values())) for name, queue in queues.items()}
    show(
        console,
        f"A quarter of {accounts:,} accounts, planned",
        ("queue", "messages", "calls"),
        [(name, f"{messages:,}", f"{calls:,}") for name, (messages, calls) in sent.items()],
        f"Table: {', '.join(f'{call} {number:,}' for call, number in sorted(dynamodb.calls.items()))}.",
    )
    return [
        exactly("Reviews planned", result.planned, accounts),
        *(exactly(f"Messages on the {name} queue", sent[name][0], accounts) for name in ("qbr", "adoption")),
        *(
            exactly(f"Calls to the {name} queue", sent[name][1], accounts // MESSAGES_PER_CALL)
            for name in ("qbr", "adoption")
        ),
    ]


def _cost_of_check(texts: list[tuple[str, Any]], rounds: int) -> float:
    """How many times as long as parsing an answer the check of it takes, each by its best round."""

    def parse() -> None:
        for answer, _ in texts:
            QBRContent.model_validate_json(answer)

    contents = [(QBRContent.model_validate_json(answer), evidence) for answer, evidence in texts]

    def check() -> None:
        for content, evidence in contents:
            checked(content, evidence)

    return min(_seconds(check) for _ in range(rounds)) / min(_seconds(parse) for _ in range(rounds))


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _plenty() -> float:
    """Seconds left: no function is cut off here."""
    return 3600.0
