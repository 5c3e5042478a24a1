"""What the API's reads cost: time beside a route that answers with a constant, and reads of the table."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from types import SimpleNamespace
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from moto import mock_aws
from rich.console import Console

from customer_success.accounts.portfolio import PackedLines, line_of
from customer_success.api.cursors import Cursors
from customer_success.api.health import ShowHealth
from customer_success.api.history import ShowHistory
from customer_success.api.portfolio import ShowPortfolio
from customer_success.api.routes import build
from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.history import DynamoScoreHistory
from customer_success.aws.dynamodb.portfolios import DynamoPortfolios
from customer_success.aws.dynamodb.table import Table
from customer_success.scan.assessment import assess
from customer_success.scoring.health_status import Point
from tests.benchmarks.figures import Promise, at_most, show
from tests.builders.accounts import TODAY, account
from tests.builders.aws import REGION, TABLE, TENANT, Client, create_table
from tests.builders.scores import point, scan_context

MOST_READS = 2
"""Reads of the table for one account."""
READS_OF_A_WHOLE_BOOK = 2 + 5
"""What a filter keeps is summed up over all parts of the book, of 200 accounts each."""
MOST_READS_OF_THE_BOOK = 4
"""Reads for a page of 1,000 accounts, also if a filter asks for all of them."""


@dataclass(frozen=True, slots=True)
class Size:
    """Accounts of the book; days of the one that is asked about, more than one answer of the table holds; rounds."""

    accounts: int = 1_000
    points: int = 800
    rounds: int = 40


QUICK = Size(accounts=20, points=5, rounds=2)

Resolver = Any
Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """One request, and how it is shown."""

    name: str
    path: str
    query: dict[str, str]
    most_reads: int

    @property
    def event(self) -> Event:
        """The event that API Gateway makes of it."""
        return {
            "httpMethod": "GET",
            "path": self.path,
            "resource": "/{proxy+}",
            "headers": {},
            "multiValueHeaders": {},
            "queryStringParameters": self.query or None,
            "multiValueQueryStringParameters": {name: [value] for name, value in self.query.items()} or None,
            "requestContext": {"requestId": "benchmark", "httpMethod": "GET", "stage": "v1"},
            "body": None,
            "isBase64Encoded": False,
        }


HEALTH, HISTORY = "/accounts/A-0001/health", "/accounts/A-0001/history"
CONSTANT = Question("a constant", "/constant", {}, 0)
QUESTIONS = (
    Question("health", HEALTH, {}, 1),
    Question("health since a month ago", HEALTH, {"since": f"{TODAY - timedelta(days=30)}"}, MOST_READS),
    Question("health since a year ago", HEALTH, {"since": f"{TODAY - timedelta(days=365)}"}, MOST_READS),
    Question("history, 90 days", HISTORY, {}, MOST_READS),
    Question("history, 400 points", HISTORY, {"from": "2020-01-01", "limit": "400"}, MOST_READS),
    Question("portfolio, a page", "/portfolio", {}, MOST_READS_OF_THE_BOOK),
    Question("portfolio, a page of a colour", "/portfolio", {"colour": "GREEN"}, READS_OF_A_WHOLE_BOOK),
)
"""What is asked, and how many reads it may take."""


def run(console: Console, size: Size = Size()) -> list[Promise]:
    """Ask every question in turns, and count what each reads."""
    with mock_aws():
        dynamodb = Client(boto3.Session("testing", "testing", region_name=REGION).client("dynamodb"))
        create_table(dynamodb.real)
        routes = build(_desk(Table(dynamodb, TABLE, TENANT), size))  # type: ignore[arg-type]
        reads = {question.name: _reads(routes, question, dynamodb) for question in QUESTIONS}
        times = _timed([(CONSTANT, _constant()), *((question, routes) for question in QUESTIONS)], size.rounds)
    middle, slow = _percentiles(times[CONSTANT.name])
    rows = []
    for name, measured in times.items():
        p50, p95 = _percentiles(measured)
        figures = (f"{1000 * p50:.1f}", f"{1000 * p95:.1f}", f"{p50 / middle:.0f}", f"{p95 / slow:.0f}")
        rows.append((name, *figures, f"{reads.get(name, 0)}"))
    show(
        console,
        f"Reads of the API, a book of {size.accounts:,}, {size.points} points of the account",
        ("", "p50 ms", "p95 ms", "p50 over\na constant", "p95 over\na constant", "reads of\nthe table"),
        rows,
        "through the resolver, on a table in this process: most of the time is the table's stand-in",
    )
    return [at_most(f"API: table reads, {q.name}", reads[q.name], q.most_reads) for q in QUESTIONS]


def _desk(table: Table, size: Size) -> Any:
    """Who answers, with a book that was scanned and an account that was for years."""
    rows, history, portfolios = DynamoAccountRows(table), DynamoScoreHistory(table), DynamoPortfolios(table)
    numbers = range(1, size.accounts + 1)
    assessed = [assess(scan_context(TODAY - timedelta(days=1)), account(number), None, 0).row for number in numbers]
    book = [assess(scan_context(), row.account, row, 0).row for row in assessed]
    rows.put_many(book)
    history.put_many(("A-0001", _point(back)) for back in range(size.points))
    lines = PackedLines()
    for line in filter(None, map(line_of, book)):
        lines.add(line)
    portfolios.write(*lines.cut(f"{TODAY}#1", TODAY))
    cursors = Cursors("a long random secret", TENANT)
    return SimpleNamespace(
        tenant_id=TENANT,
        timezone="UTC",
        cors_origin=None,
        health=ShowHealth(rows, history),
        history=ShowHistory(rows, history, cursors),
        portfolio=ShowPortfolio(portfolios, cursors),
        now=lambda: datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC),
    )


def _point(days_ago: int) -> Point:
    return point(days_ago, feature_adoption_rate=0.5 + days_ago % 50 / 100)


def _constant() -> Resolver:
    """A resolver of the same kind, whose only route does nothing."""
    resolver = APIGatewayRestResolver(enable_validation=True)

    @resolver.get(CONSTANT.path)
    def answer() -> dict[str, str]:
        return {"as_of": f"{TODAY}"}

    return resolver


def _reads(routes: Resolver, question: Question, dynamodb: Client) -> int:
    """How often the table is read for an answer. Raises AssertionError for an answer that is none."""
    dynamodb.calls.clear()
    answer = routes.resolve(question.event, _context())
    assert answer["statusCode"] == 200, f"{question.name}: {answer}"
    return sum(dynamodb.calls.values())


def _timed(asked: list[tuple[Question, Resolver]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each answer but the first, the questions in turns."""
    times: dict[str, list[float]] = {question.name: [] for question, _ in asked}
    for question, routes in asked:
        routes.resolve(question.event, _context())
    for _ in range(rounds):
        for question, routes in asked:
            event = question.event
            start = time.perf_counter()
            routes.resolve(event, _context())
            times[question.name].append(time.perf_counter() - start)
    return times


def _percentiles(times: list[float]) -> tuple[float, float]:
    """The median, and what 95 of 100 do not exceed."""
    parts = quantiles(times, n=20)
    return parts[9], parts[18]


def _context() -> Any:
    return SimpleNamespace(aws_request_id="benchmark", function_name="api", memory_limit_in_mb=512)
