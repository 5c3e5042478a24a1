"""The API over ports in memory, as API Gateway calls it, and as a WSGI application for tools that speak HTTP."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import count
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

from customer_success.agent import CustomerSuccessAgent
from customer_success.api.acknowledge import AcknowledgeAlert
from customer_success.api.cursors import Cursors
from customer_success.api.health import ShowHealth
from customer_success.api.history import ShowHistory
from customer_success.api.observations import TakeObservations
from customer_success.api.portfolio import ShowPortfolio
from customer_success.api.routes import build
from customer_success.api.shadow import ShowShadow
from customer_success.api.tasks import TaskDesk
from customer_success.scan.health_scan import health_scan_task
from customer_success.scan.one_account import HealthScan
from customer_success.scoring.scorer import CSMHealthScorer
from customer_success.signals.directory import ExternalId, Known
from customer_success.signals.entries import Mark
from customer_success.signals.ingest import Ingest
from customer_success.signals.memory_spool import MemorySpool
from tests.builders.accounts import TODAY, account, at_risk, dying
from tests.builders.fakes import FakeOutbox, Writes
from tests.builders.feeds import FakeInbox, FakeKeyedRequests
from tests.builders.scans import World
from tests.builders.shadow import FakeShadowLog, shadow_things
from tests.builders.tasks import MORNING, FakeTaskRecords

ODD = "A/0004: Größe & Söhne?"
"""An account id that a URL has to escape."""
STAGE = "dev"
REQUEST_ID = "5a2f7f0c-1f6e-4d4e-9d0b-3f6b7b1c2d3e"
CONTEXT = SimpleNamespace(aws_request_id="the function's own id")


@dataclass
class Desk:
    """What answers the API of `acme`, over a book that was scanned on two days."""

    cors_origin: str | None = None
    tenant_id: str = "acme"
    timezone: str = "UTC"
    moment: datetime = MORNING

    def __post_init__(self) -> None:
        self.world = World([account(1), at_risk(2), dying(3), account(4, account_id=ODD), account(5, {})])
        self.world.scan(TODAY - timedelta(days=1))
        self.world.accounts[0] = dying(1)
        self.world.scan(TODAY)
        self.records = FakeTaskRecords()
        self.queue = FakeOutbox(Writes())
        cursors, ids = Cursors("a secret of tests", self.tenant_id), count(1)
        kinds = ("health_scan", "generate_qbr", "check_expansion", "track_feature_adoption")
        self.tasks = TaskDesk(
            tenant_id=self.tenant_id,
            space=self.tenant_id,
            timezone="UTC",
            agent=CustomerSuccessAgent(
                {"health_scan": health_scan_task(HealthScan(self.world.rows, CSMHealthScorer()))}
            ),
            rows=self.world.rows,
            records=self.records,
            queues=dict.fromkeys(kinds, self.queue),
            new_id=lambda: f"task-{next(ids)}",
        )
        self.health = ShowHealth(self.world.rows, self.world.history)
        self.history = ShowHistory(self.world.rows, self.world.history, cursors)
        self.portfolio = ShowPortfolio(self.world.portfolios, cursors)
        self.acknowledge = AcknowledgeAlert(
            self.tenant_id, self.tenant_id, self.world.alerts, self.world.rows, self.world.outbox, "UTC"
        )
        self.shadow_log = FakeShadowLog(shadow_things())
        self.show_shadow = ShowShadow(self.shadow_log, cursors, in_shadow=True)
        self.inbox = FakeInbox()
        self.inbox.directories.write(
            [Known("A-0001", (ExternalId("stripe", "cus_1"),)), *(Known(f"A-000{n}") for n in (2, 3))]
        )
        self.keyed_requests = FakeKeyedRequests()
        inbox = self.inbox
        ingest = Ingest(inbox.observations, inbox.feeds, inbox.directories, MemorySpool, Mark(self.tenant_id))
        self.take_observations = TakeObservations(self.tenant_id, ingest, self.keyed_requests)
        self.resolver = build(self)

    def now(self) -> datetime:
        return self.moment

    def answer(self, event: dict[str, Any]) -> Answered:
        """What the API answers to an event of API Gateway."""
        answer = self.resolver.resolve(event, CONTEXT)
        headers = {name: ", ".join(values) for name, values in answer["multiValueHeaders"].items()}
        return Answered(answer["statusCode"], headers, answer["body"])

    def ask(self, method: str, path: str, body: Any = None, query: str = "", **headers: str) -> Answered:
        """What the API answers; `path` is escaped as it travels, `body` is sent as JSON unless it is text or bytes."""
        content = body if isinstance(body, str | bytes | None) else json.dumps(body)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and "content-type" not in {name.lower() for name in given}:
            given["Content-Type"] = "application/json"
        return self.answer(proxy_event(method, path, content, query, given))


@dataclass(frozen=True)
class Answered:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def proxy_event(
    method: str, path: str, body: str | bytes | None = None, query: str = "", headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """A request as API Gateway's REST API hands it on: the path as it came, the query decoded, bytes in base64."""
    values = parse_qs(query, keep_blank_values=True)
    given = headers or {}
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": given,
        "multiValueHeaders": {name: [value] for name, value in given.items()},
        "queryStringParameters": {name: found[-1] for name, found in values.items()} or None,
        "multiValueQueryStringParameters": values or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {"requestId": REQUEST_ID, "stage": STAGE, "path": f"/{STAGE}{path}", "httpMethod": method},
        "body": b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": isinstance(body, bytes),
    }


@dataclass
class Wsgi:
    """A WSGI application in front of a desk, which is what API Gateway is to the function."""

    desk: Desk = field(default_factory=Desk)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Answers by the first part of their path and their status."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").title(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        path = environ["REQUEST_URI"].partition("?")[0].removeprefix(f"/{STAGE}")
        event = proxy_event(environ["REQUEST_METHOD"], path, raw or None, environ["QUERY_STRING"], headers)
        answer = self.desk.answer(event)
        self.statuses[path.split("/")[1], answer.status] += 1
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers.items()))
        return [answer.body.encode()]
