"""Errors as the API answers them: problem+json with the fitting status, and never a trace."""

from __future__ import annotations

import logging
import math
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from customer_success.api.outgoing import as_json
from customer_success.api.problems import Problem, ProblemAnswer, not_found
from customer_success.api.requests import MethodNotAllowed
from customer_success.errors import Refused, Unavailable
from customer_success.schemas import refusals

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER = 5
"""Seconds after which to ask again, by default."""
MOST_LISTED = 10
"""Refused values of one request that an answer lists."""

logger = logging.getLogger(__name__)

_WORDS = {
    400: "The request cannot be read, or names a task type that does not exist.",
    403: "The request is not signed by somebody who may ask, or names another tenant.",
    404: "What was asked for is not there.",
    405: "The path is there, but not for this method.",
    410: "The cursor is of a snapshot that has expired.",
    409: "The key was used for another request.",
    413: "The body is too large.",
    415: "The body is in something else than JSON.",
    422: "A value is out of its bounds, or a parameter or field is not known.",
    429: "Too many requests; ask again later.",
    500: "Something went wrong here; the request id helps to find it.",
    503: "The table cannot be reached just now.",
}
_HEADERS: dict[int, dict[str, Any]] = {
    405: {"Allow": {"description": "The methods of the path.", "required": True, "schema": {"type": "string"}}},
    503: {
        "Retry-After": {
            "description": "Seconds after which to ask again.",
            "required": True,
            "schema": {"type": "integer", "minimum": 1},
        }
    },
}


def documented(*statuses: int) -> dict[int, OpenAPIResponse]:
    """The problems that a route may answer with, for the API's document: these, and those that any route may."""
    return {status: _documented(status) for status in sorted({*statuses, 403, 405, 422, 429, 500, 503})}


def _documented(status: int) -> OpenAPIResponse:
    response: OpenAPIResponse = {
        "description": _WORDS[status],
        "content": {PROBLEM_JSON: {"model": ProblemAnswer}},
    }
    if status in _HEADERS:
        response["headers"] = _HEADERS[status]
    return response


def error_response(error: Exception, request_id: str, body: type[BaseModel] | None) -> Response[Any]:
    """The answer. `body` is the model whose fields a misspelt name is likened to."""
    problem = _problem(error, request_id, body)
    answer = ProblemAnswer(
        type=f"urn:problem:{problem.kind}",
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        request_id=request_id,
        field=problem.field,
    )
    return Response(
        status_code=problem.status,
        content_type=PROBLEM_JSON,
        body=as_json(answer.model_dump()),
        headers=_headers(problem, error),
    )


def _headers(problem: Problem, error: Exception) -> dict[str, str | list[str]]:
    match problem, error:
        case MethodNotAllowed(), _:
            return {"Allow": problem.allow}
        case _, Unavailable():
            return {"Retry-After": str(math.ceil(error.retry_after or RETRY_AFTER))}
    return {}


def _problem(error: Exception, request_id: str, body: type[BaseModel] | None) -> Problem:
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _refused(error, body)
        case Refused():
            return Problem(422, "invalid", "Invalid input", str(error))
        case NotFoundError():
            return not_found("there is nothing at this path")
        case Unavailable():
            logger.warning("request %s failed: %s", request_id, error)
            detail = "what is asked for cannot be reached just now; ask again after the seconds in Retry-After"
            return Problem(503, "unavailable", "Unavailable", detail)
    logger.error("request %s failed: %s: %s", request_id, type(error).__name__, error, exc_info=error)
    detail = f"something went wrong here, and was written down under {request_id}"
    return Problem(500, "internal", "Internal error", detail)


def _refused(error: RequestValidationError, body: type[BaseModel] | None) -> Problem:
    """All refused values in one sentence each; the first one's field is the problem's."""
    details = [_detail(found) for found in error.errors() if found["type"] != _LEFT_OUT]
    wrong = refusals(ValidationError.from_exception_data("body", details), body or BaseModel)
    sentences = [str(one) for one in wrong[:MOST_LISTED]]
    if len(wrong) > MOST_LISTED:
        sentences.append(f"and {len(wrong) - MOST_LISTED} more")
    return Problem(422, "invalid", "Invalid input", "; ".join(sentences), wrong[0].field)


_LEFT_OUT = "none_required"
"""An error that every optional parameter gets beside its real one."""


def _detail(found: dict[str, Any]) -> InitErrorDetails:
    """An error by its field alone: where in the request that stands, and in how many ways it may be read, is no part
    of its name.
    """
    read_from, *field = found["loc"]
    kind: str | PydanticCustomError = found["type"]
    if kind == "value_error":  # raised with our own text
        kind = PydanticCustomError("value_error", "{said}", {"said": str(found["ctx"]["error"])})
    loc = tuple(field) if read_from == "body" else tuple(field[:1])
    return InitErrorDetails(type=kind, loc=loc, input=found.get("input"), ctx=found.get("ctx", {}))
