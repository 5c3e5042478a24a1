"""The pause that a service asks for, at any status of its answer."""

from __future__ import annotations

import math
import time
from datetime import UTC
from email.utils import parsedate_to_datetime

from customer_success.ports import LONGEST_PAUSE


def seconds_asked(retry_after: str | None) -> float | None:
    """The pause a `Retry-After` header asks for, from its seconds or its date; None if it names none.

    It is never longer than `LONGEST_PAUSE`: what asks for years is a mistake, and would silence us for as long.
    """
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        return bounded(_seconds_until(retry_after))
    # More digits than a float holds are a long pause all the same; "inf" is none.
    return LONGEST_PAUSE if seconds == math.inf and retry_after.strip().lstrip("+")[0].isdigit() else bounded(seconds)


def _seconds_until(http_date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(http_date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def bounded(seconds: float | None) -> float | None:
    """A pause that may be waited for; None for what is no number."""
    if seconds is None or not math.isfinite(seconds):
        return None
    return min(max(0.0, seconds), LONGEST_PAUSE)
