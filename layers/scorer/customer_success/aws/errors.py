"""AWS's errors, turned into ours: what may pass by itself, and what a person has to look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    HTTPClientError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from customer_success.errors import Misconfigured, Unavailable, Unclear

LONGEST_SHOWN = 300
"""Characters of AWS's own words that stand in an error: they may hold what was sent."""

PASSING_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "ExpiredToken",
        "ExpiredTokenException",
        "InternalError",
        "InternalException",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "KMSThrottling",
        "LimitExceeded",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestExpired",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeTooSkewed",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Codes of passing faults that come with another HTTP status than 429 or 5xx, or inside an accepted batch.

Credentials of a role that have expired are renewed by the SDK."""

_CODE = re.compile(r"[A-Za-z][\w.:-]*")
_NO_CODE = "Unknown"


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Raise what goes wrong inside as one of our errors; `where` names the table, queue, topic or bus."""
    try:
        yield
    except ClientError as error:
        raise _answered(where, error) from error
    except (ReadTimeoutError, ConnectionClosedError) as error:
        raise Unclear(f"{where}: {shown(error)}") from error
    except (HTTPClientError, BotoConnectionError) as error:
        raise Unavailable(f"{where}: {shown(error)}") from error
    except ParamValidationError:
        raise
    except ResponseParserError as error:
        raise Unclear(f"{where}: {shown(error)}; this is no answer of AWS's") from error
    except BotoCoreError as error:
        raise Misconfigured(f"{where}: {shown(error)}; check the region, the credentials and the endpoint") from error


def fault(where: str, code: str, text: str, *, status: int = 0) -> Unavailable | Misconfigured:
    """Our error for a refusal with this code and HTTP status."""
    reason = f"{where}: {shown(code)}: {shown(text)}"
    if code in PASSING_CODES or status == 429 or status >= 500:
        return Unavailable(reason)
    if code == _NO_CODE or not _CODE.fullmatch(code):
        # The SDK puts the status, or nothing, in place of the code of an answer that is not AWS's.
        return Unclear(f"{reason}; this is no answer of AWS's")
    return Misconfigured(
        f"{reason}; check that it exists, that the function's role allows the call, and that the call keeps its limits"
    )


def shown(words: object, longest: int = LONGEST_SHOWN) -> str:
    """The words of AWS, or of its SDK, on one line, and cut."""
    text = " ".join(str(words).split())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def code_of(error: ClientError) -> str:
    """The code with which AWS refused, "Unknown" if it gave none."""
    return error.response.get("Error", {}).get("Code", _NO_CODE)


def _answered(where: str, error: ClientError) -> Unavailable | Misconfigured:
    text = error.response.get("Error", {}).get("Message", "no reason given")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return fault(where, code_of(error), f"{shown(text, LONGEST_SHOWN - 50)} ({error.operation_name})", status=status)
