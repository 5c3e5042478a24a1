"""Errors of the API, as `application/problem+json` (RFC 9457) has them."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict


class ProblemAnswer(BaseModel):
    """The body of every answer that is no success."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    type: str
    """A URI that names the kind of problem."""
    title: str
    status: int
    detail: str
    """What was wrong: the field, the value and what would be right."""
    request_id: str
    field: str | None = None
    """The field, parameter or header that was wrong, if it is one."""


@dataclass(eq=False)
class Problem(Exception):
    """A request that cannot be answered as it was meant. `kind` ends the URI that names it, as in "not-found"."""

    status: int
    kind: str
    title: str
    detail: str
    field: str | None = None

    def __str__(self) -> str:
        return self.detail


def not_found(detail: str) -> Problem:
    """What was asked for is not there; `detail` names it."""
    return Problem(404, "not-found", "Not found", detail)


def expired(detail: str, field: str | None = None) -> Problem:
    """What was asked for has expired; `detail` says what to do instead."""
    return Problem(410, "gone", "Gone", detail, field)


def other_tenant(tenant_id: str, served: str, field: str = "tenant_id") -> Problem:
    """One deployment serves one tenant."""
    detail = f"{field}: {tenant_id[:80]!r} is not {served!r}, which is served here"
    return Problem(403, "other-tenant", "Another tenant", detail, field)


def invalid(field: str, detail: str) -> Problem:
    """A value that is out of its bound; `detail` says which would be right."""
    return Problem(422, "invalid", "Invalid input", f"{field}: {detail}", field)


def bad_request(detail: str, field: str | None = None) -> Problem:
    """A request that cannot be read."""
    return Problem(400, "bad-request", "Bad request", detail, field)


def conflict(detail: str, field: str | None = None) -> Problem:
    """What is asked for contradicts what was asked for before."""
    return Problem(409, "conflict", "Conflict", detail, field)
