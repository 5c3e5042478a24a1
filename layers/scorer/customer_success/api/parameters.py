"""The values that stand in a request's path, query and headers, with their bounds."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal
from urllib.parse import unquote

from annotated_types import Interval
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import AfterValidator, BeforeValidator, StringConstraints, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from customer_success.api import history, portfolio, shadow, task_models
from customer_success.api.problems import not_found
from customer_success.schemas import ChurnRisk, Rag

LONGEST_ID = 500
"""Bytes, and so at most as many characters."""
NOTHING = SkipJsonSchema[None]
"""A parameter that may be left out, and is never null."""


def _decoded(given: str) -> str:
    """What a path escapes, read once."""
    try:
        return unquote(given, errors="strict")
    except UnicodeDecodeError as error:
        raise ValueError("it must be UTF-8, escaped with %") from error


def _not_too_long(given: str) -> str:
    size = len(given.encode())
    if size > LONGEST_ID:
        raise not_found(f"there is nothing of an id of {size} bytes; one has up to {LONGEST_ID}")
    return given


def _day(given: object) -> object:
    """A day in the one spelling that the document shows; others mean a day only to some."""
    if isinstance(given, str):
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given):
            raise ValueError("it must be a day as in 2026-03-31")
        return date.fromisoformat(given)
    return given


def _whole(given: object) -> object:
    if isinstance(given, str) and not re.fullmatch(r"-?[0-9]{1,9}", given):
        raise ValueError("it must be a whole number")
    return given


_NO_CONTROLS = r"^[^\x00-\x1f\x7f]+$"
Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_ID, pattern=_NO_CONTROLS),
    AfterValidator(_not_too_long),
    BeforeValidator(_decoded),
]
Email = Annotated[str, StringConstraints(max_length=portfolio.LONGEST_EMAIL, pattern=r"\S")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Days = Annotated[int, Interval(ge=0, le=portfolio.LONGEST_WINDOW), BeforeValidator(_whole)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=task_models.LONGEST_KEY, pattern=r"^[!-~]+$")]

AccountId = Annotated[
    Id,
    Path(
        description="The account's id, escaped as URLs ask for.",
        openapi_examples={"account": {"summary": "An account", "value": "acc-001"}},
    ),
]
TaskId = Annotated[Id, Path(description="The task's id, as `POST /tasks` answered it.")]
AlertId = Annotated[
    Id,
    Path(
        description="The alert's id: account, run date and churn risk. It is told with the alert.",
        openapi_examples={"alert": {"summary": "An alert", "value": "acc-001:2026-03-02:high"}},
    ),
]
TenantId = Annotated[
    Name | NOTHING,
    Query(
        description="The tenant that the request is meant for; if it is not the one that is served, the answer is 403."
    ),
]
IdempotencyKey = Annotated[
    Key | NOTHING,
    Header(
        alias=task_models.KEY_HEADER,
        description="A name for the request; a repeat under the same name answers the same.",
    ),
]
Cursor = Annotated[
    Token | NOTHING,
    Query(description="Where to go on: `next` of the answer before. It is signed, and good for the same question."),
]
Since = Annotated[
    Day | NOTHING,
    Query(description="The day against which the change is told; by default the scored day before the last scan."),
]
From = Annotated[Day | NOTHING, Query(alias="from", description="The first day, `to` at the latest.")]
To = Annotated[Day | NOTHING, Query(alias="to", description="The last day; by default that of the last scan.")]
PointLimit = Annotated[
    int, Interval(ge=1, le=history.LARGEST_LIMIT), BeforeValidator(_whole), Query(description="Points on a page.")
]
LineLimit = Annotated[
    int, Interval(ge=1, le=portfolio.MOST_ACCOUNTS), BeforeValidator(_whole), Query(description="Accounts on a page.")
]
Owner = Annotated[
    Email | NOTHING, Query(description="Only accounts of this owner, by e-mail address; `none` for those without one.")
]
Colour = Annotated[
    Literal[Rag, "UNKNOWN"] | NOTHING, Query(description="Only accounts of this colour; `UNKNOWN` were not scored.")
]
Risk = Annotated[
    Literal[ChurnRisk, "UNKNOWN"] | NOTHING,
    Query(description="Only accounts of this churn risk; `UNKNOWN` were not scored."),
]
RenewalWithinDays = Annotated[
    Days | NOTHING,
    Query(description="Only accounts whose contract ends within so many days of the scan, or lapsed."),
]
RunDate = Annotated[
    Day | NOTHING,
    Query(alias="date", description="The run date; by default the latest with shadowed outputs."),
]
ThingLimit = Annotated[
    int, Interval(ge=1, le=shadow.LARGEST_LIMIT), BeforeValidator(_whole), Query(description="Things on a page.")
]
