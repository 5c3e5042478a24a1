"""Notion's errors."""

from __future__ import annotations

import json
from uuid import uuid4

from local.sandbox.wire import Reply, VendorError

CODES = {
    400: "validation_error",
    401: "unauthorized",
    403: "restricted_resource",
    404: "object_not_found",
    409: "conflict_error",
    429: "rate_limited",
    500: "internal_server_error",
    502: "bad_gateway",
    503: "service_unavailable",
    504: "gateway_timeout",
    529: "service_overload",
}
ABSENT = object()


def error(status: int, message: str, code: str = "") -> Reply:
    """An error in Notion's shape."""
    body = {
        "object": "error",
        "status": status,
        "code": code or CODES.get(status, "internal_server_error"),
        "message": message,
        "request_id": str(uuid4()),
    }
    return Reply(body, status)


def invalid(message: str) -> VendorError:
    """The request does not fit: 400 `validation_error`."""
    return VendorError(error(400, message))


def archived() -> VendorError:
    """The page lies in the trash: 400 `validation_error`."""
    return invalid("Can't edit block that is archived. You must unarchive the block before editing.")


def unfit(at: str, expected: str, value: object = ABSENT) -> VendorError:
    """The value at `at`, a path such as `body.page_size`, is not what it should be."""
    found = "undefined" if value is ABSENT else json.dumps(value)
    where = at.partition(".")[0]
    return invalid(f"{where} failed validation: {at} should be {expected}, instead was `{found}`.")


def missing(kind: str, object_id: str) -> VendorError:
    """There is no such object, or it is not shared: 404 `object_not_found`."""
    return VendorError(
        error(
            404,
            f"Could not find {kind} with ID: {object_id}. Make sure the relevant pages and databases are "
            'shared with your integration "Sandbox".',
        )
    )
