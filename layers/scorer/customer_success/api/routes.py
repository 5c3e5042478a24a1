"""The API's paths: which question each asks, and how its answer goes out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.api_gateway import ResponseBuilder
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BaseModel

from customer_success.api import history
from customer_success.api.acknowledge import AcknowledgeAlert, AcknowledgeAnswer, AcknowledgeRequest
from customer_success.api.error_responses import documented, error_response
from customer_success.api.health_models import HealthAnswer
from customer_success.api.history import HistoryAnswer, ShowHistory
from customer_success.api.observation_models import OUTCOMES, ObservationsAnswer, ObservationsRequest, OutcomesRequest
from customer_success.api.outgoing import as_json
from customer_success.api.parameters import (
    AccountId,
    AlertId,
    Colour,
    Cursor,
    From,
    IdempotencyKey,
    LineLimit,
    Owner,
    PointLimit,
    RenewalWithinDays,
    Risk,
    RunDate,
    Since,
    TaskId,
    TenantId,
    ThingLimit,
    To,
)
from customer_success.api.portfolio import PortfolioAnswer, PortfolioQuery, ShowPortfolio
from customer_success.api.problems import other_tenant
from customer_success.api.requests import JSON, Operation, checked
from customer_success.api.shadow import ShadowAnswer, ShowShadow
from customer_success.api.task_models import KEY_HEADER, HealthScanAnswer, TaskAccepted, TaskAnswer, TaskRequest
from customer_success.periods import run_date

if TYPE_CHECKING:
    from customer_success.api.health import ShowHealth
    from customer_success.api.observations import TakeObservations
    from customer_success.api.tasks import TaskDesk

TENANT = frozenset({"tenant_id"})
SUBMIT = Operation("POST", "/tasks", TENANT, TaskRequest)
TASK = Operation("GET", "/tasks/<task_id>", TENANT)
HEALTH = Operation("GET", "/accounts/<account_id>/health", TENANT | {"since"})
HISTORY = Operation("GET", "/accounts/<account_id>/history", TENANT | {"from", "to", "limit", "cursor"})
PORTFOLIO = Operation(
    "GET", "/portfolio", TENANT | {"owner", "colour", "risk", "renewal_within_days", "limit", "cursor"}
)
SHADOW = Operation("GET", "/shadow", TENANT | {"date", "limit", "cursor"})
ACKNOWLEDGE = Operation("POST", "/alerts/<alert_id>/acknowledge", TENANT, AcknowledgeRequest)
OBSERVE = Operation("POST", "/observations", TENANT, ObservationsRequest)
RECORD_OUTCOMES = Operation("POST", OUTCOMES, TENANT, OutcomesRequest)
OPERATIONS = (SUBMIT, TASK, HEALTH, HISTORY, PORTFOLIO, SHADOW, ACKNOWLEDGE, OBSERVE, RECORD_OUTCOMES)

LINES = 50
"""Accounts on a page of the portfolio, and outputs on a page of shadowed outputs, by default."""
LOCATION: Any = {
    "description": "Where to ask how far the task is.",
    "required": True,
    "schema": {"type": "string"},
}
TASKS = {
    "scan": {"summary": "A health scan", "value": {"type": "health_scan", "account_id": "acc-001"}},
    "book": {"summary": "A scan of the whole book", "value": {"type": "health_scan"}},
    "review": {
        "summary": "A review, as other teams ask for it",
        "value": {"task_type": "generate_qbr", "account_id": "acc-001", "tenant_id": "acme"},
    },
}
ACKNOWLEDGEMENTS = {
    "false alarm": {
        "summary": "A false alarm",
        "value": {"by": "ada@example.com", "note": "The drop is their summer break.", "verdict": "false alarm"},
    }
}
OBSERVED = {
    "usage": {
        "summary": "A day of usage",
        "value": {
            "kind": "usage",
            "source": "product",
            "lines": [{"account": "acc-001", "date": "2026-03-01", "active_users": 42}],
        },
    }
}
CONTRACTS_ENDED = {
    "renewed": {
        "summary": "A contract that was renewed",
        "value": {
            "source": "crm",
            "lines": [{"account": "acc-001", "outcome": "renewed", "at": "2026-03-01", "arr": 54000}],
        },
    }
}


class ApiDesk(Protocol):
    """Who answers; each is asked for when it is needed, and not before. `cors_origin` is the page that may call."""

    @property
    def tenant_id(self) -> str: ...
    @property
    def timezone(self) -> str: ...
    @property
    def cors_origin(self) -> str | None: ...
    @property
    def tasks(self) -> TaskDesk: ...
    @property
    def health(self) -> ShowHealth: ...
    @property
    def history(self) -> ShowHistory: ...
    @property
    def portfolio(self) -> ShowPortfolio: ...
    @property
    def show_shadow(self) -> ShowShadow: ...
    @property
    def acknowledge(self) -> AcknowledgeAlert: ...
    @property
    def take_observations(self) -> TakeObservations: ...
    def now(self) -> datetime: ...


class Resolver(APIGatewayRestResolver):
    """Finds the operation of a request, and answers every error in the one way."""

    def __init__(self, cors: CORSConfig | None) -> None:
        super().__init__(cors=cors, enable_validation=True, serializer=as_json)
        self.cors = cors
        self.exception_handler(Exception)(lambda error: _error_response(error, self.current_event, self.lambda_context))

    def resolve(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """The answer in the form in which API Gateway takes it."""
        try:
            if self.cors and event.get("httpMethod") == "OPTIONS":
                return super().resolve(dict(event), context)
            return super().resolve(checked(event, OPERATIONS), context)
        except Exception as error:  # noqa: BLE001 - the outermost handler: any error becomes an answer
            asked = APIGatewayProxyEvent(dict(event))
            answer = _error_response(error, asked, context)
            if self.cors:
                answer.headers.update(self.cors.to_dict(asked.headers.get("Origin")))
            builder: ResponseBuilder[APIGatewayProxyEvent] = ResponseBuilder(answer)
            return builder.build(asked)


def build(desk: ApiDesk) -> Resolver:
    """The API of one tenant. Building it asks the desk for nothing but its `cors_origin`."""
    origin = desk.cors_origin
    resolver = Resolver(
        CORSConfig(allow_origin=origin, allow_headers=[KEY_HEADER], expose_headers=["Location", "Retry-After"])
        if origin
        else None
    )

    def meant_for(tenant_id: str | None) -> None:
        if tenant_id not in (None, desk.tenant_id):
            raise other_tenant(str(tenant_id), desk.tenant_id)

    @resolver.post(
        SUBMIT.path,
        summary="Ask for a task",
        description="A health scan of one account is answered at once, from its row; with `signals` nothing is stored "
        "and nobody is told. Everything else is put on its queue: also a health scan with `refresh`, and one without "
        "an account, which is that of the whole book.",
        tags=["Tasks"],
        operation_id="submitTask",
        responses={
            200: {"description": "The health scan.", "content": {JSON: {"model": HealthScanAnswer}}},
            202: {
                "description": "The task is queued.",
                "headers": {"Location": LOCATION},
                "content": {JSON: {"model": TaskAccepted}},
            },
            **documented(400, 404, 409, 413, 415),
        },
    )
    def submit(
        task: Annotated[TaskRequest, Body(openapi_examples=TASKS)],
        idempotency_key: IdempotencyKey = None,
        tenant_id: TenantId = None,
    ) -> Response[HealthScanAnswer | TaskAccepted]:
        meant_for(tenant_id)
        answer = desk.tasks.submit(task, key=idempotency_key, now=desk.now())
        if isinstance(answer, TaskAccepted):
            return Response(202, JSON, answer, {"Location": answer.href})
        return Response(200, JSON, answer)

    @resolver.get(
        TASK.path,
        summary="How far a task is, and what came of it",
        description="Tasks are kept for 30 days. A state that is `done`, `partial` or `failed` is never left.",
        tags=["Tasks"],
        operation_id="showTask",
        responses=_answers("The task.", TaskAnswer, 404),
    )
    def task(task_id: TaskId, tenant_id: TenantId = None) -> TaskAnswer:
        meant_for(tenant_id)
        return desk.tasks.show(task_id, desk.now())

    @resolver.get(
        HEALTH.path,
        summary="An account's health, and why it is so",
        description="As of the last scan; what the change is told against can be chosen.",
        tags=["Accounts"],
        operation_id="showHealth",
        responses=_answers("The account's health.", HealthAnswer, 404),
    )
    def health(account_id: AccountId, since: Since = None, tenant_id: TenantId = None) -> HealthAnswer:
        meant_for(tenant_id)
        return desk.health(account_id, since=since, on=run_date(desk.now(), desk.timezone))

    @resolver.get(
        HISTORY.path,
        summary="An account's scores from day to day",
        description="Oldest first, in pages.",
        tags=["Accounts"],
        operation_id="showHistory",
        responses=_answers("A page of the account's history.", HistoryAnswer, 400, 404),
    )
    def scores(
        account_id: AccountId,
        first: From = None,
        last: To = None,
        limit: PointLimit = history.DEFAULT_LIMIT,
        cursor: Cursor = None,
        tenant_id: TenantId = None,
    ) -> HistoryAnswer:
        meant_for(tenant_id)
        return desk.history(account_id, first=first, last=last, limit=limit, cursor=cursor)

    @resolver.get(
        PORTFOLIO.path,
        summary="The book as it stood when the last scan closed",
        description="By ARR at risk, most first. The sums over all pages equal the totals in the first answer, "
        "whatever is scanned meanwhile.",
        tags=["Portfolio"],
        operation_id="showPortfolio",
        responses=_answers("A page of the book.", PortfolioAnswer, 400, 410),
    )
    def book(
        owner: Owner = None,
        colour: Colour = None,
        risk: Risk = None,
        renewal_within_days: RenewalWithinDays = None,
        limit: LineLimit = LINES,
        cursor: Cursor = None,
        tenant_id: TenantId = None,
    ) -> PortfolioAnswer:
        meant_for(tenant_id)
        query = PortfolioQuery(owner=owner, colour=colour, risk=risk, renewal_within_days=renewal_within_days)
        return desk.portfolio(query, limit=limit, cursor=cursor)

    @resolver.get(
        SHADOW.path,
        summary="What a deployment in shadow would have let out",
        description="Chat messages, the digest among them, drafts, pages, records and events of a day, as people would "
        "have read them. Nothing of it has reached anybody.",
        tags=["Shadow"],
        operation_id="showShadow",
        responses=_answers("A page of shadowed outputs.", ShadowAnswer, 400),
    )
    def shadowed_outputs(
        day: RunDate = None, limit: ThingLimit = LINES, cursor: Cursor = None, tenant_id: TenantId = None
    ) -> ShadowAnswer:
        meant_for(tenant_id)
        return desk.show_shadow(day, limit=limit, cursor=cursor)

    @resolver.post(
        ACKNOWLEDGE.path,
        summary="Say that somebody has taken care of an alert",
        description="The same as `CSM Verdict` and `CSM Quiet Until` on the account's page, and written there. The "
        "same request again changes nothing.",
        tags=["Alerts"],
        operation_id="acknowledgeAlert",
        responses=_answers("What was noted.", AcknowledgeAnswer, 400, 404, 413, 415),
    )
    def acknowledge(
        alert_id: AlertId,
        acknowledgement: Annotated[AcknowledgeRequest, Body(openapi_examples=ACKNOWLEDGEMENTS)],
        tenant_id: TenantId = None,
    ) -> AcknowledgeAnswer:
        meant_for(tenant_id)
        return desk.acknowledge(alert_id, acknowledgement, now=desk.now())

    @resolver.post(
        OBSERVE.path,
        summary="Deliver what a feed observes",
        description="Up to 500 lines of one kind and source. Each is answered in its order: accepted, unchanged, or "
        "refused with field, value and bound while the others are taken. The next scan scores by them.",
        tags=["Observations"],
        operation_id="takeObservations",
        responses=_answers("What became of each line.", ObservationsAnswer, 400, 409, 413, 415),
    )
    def observe(
        observations: Annotated[ObservationsRequest, Body(openapi_examples=OBSERVED)],
        idempotency_key: IdempotencyKey = None,
        tenant_id: TenantId = None,
    ) -> ObservationsAnswer:
        meant_for(tenant_id)
        return desk.take_observations(observations, key=idempotency_key, now=desk.now())

    @resolver.post(
        RECORD_OUTCOMES.path,
        summary="Say what became of contracts",
        description="Like `POST /observations`, with a path of its own so that a grant can be given for it alone: "
        "renewals and losses are what scores are measured by.",
        tags=["Observations"],
        operation_id="takeOutcomes",
        responses=_answers("What became of each line.", ObservationsAnswer, 400, 409, 413, 415),
    )
    def record_outcomes(
        outcomes: Annotated[OutcomesRequest, Body(openapi_examples=CONTRACTS_ENDED)],
        idempotency_key: IdempotencyKey = None,
        tenant_id: TenantId = None,
    ) -> ObservationsAnswer:
        meant_for(tenant_id)
        return desk.take_observations(outcomes, key=idempotency_key, now=desk.now())

    return resolver


def _answers(description: str, model: type[BaseModel], *problems: int) -> dict[int, OpenAPIResponse]:
    """The answer of a route that has one only, and its problems."""
    return {200: {"description": description, "content": {JSON: {"model": model}}}, **documented(*problems)}


def _error_response(error: Exception, event: Any, context: Any) -> Response[Any]:
    """The error under the id by which API Gateway's own log knows the request."""
    asked = event.get("requestContext") or {}
    known = next((operation.body for operation in OPERATIONS if operation.is_at(str(event.get("path")))), None)
    return error_response(error, str(asked.get("requestId") or context.aws_request_id), known)
