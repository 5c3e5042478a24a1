"""The pause that a vendor asks for: any text may stand in the header, and none makes us wait for long, or fails."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.retry_policy import RetryPolicy
from customer_success.errors import Unavailable, Unclear
from customer_success.pauses import seconds_asked
from customer_success.ports import LONGEST_PAUSE
from tests.builders.vendors import CountingRateLimiter


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("12", 12.0),
        (" 12 ", 12.0),
        ("0.5", 0.5),
        ("0", 0.0),
        ("-3", 0.0),
        ("-1e999", None),
        ("900", 900.0),
        ("901", 900.0),
        ("1800000000", 900.0),
        ("9" * 400, 900.0),
        ("+1e999", 900.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 900.0),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Thu, 01 Jan 0001 00:00:00 -0000", 0.0),
        ("Mon, 99 Foo 2024 99:99:99 GMT", None),
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("-inf", None),
        ("Infinity", None),
    ],
)
def test_the_header_is_read_in_both_forms_and_bounded(header: str | None, seconds: float | None) -> None:
    assert seconds_asked(header) == seconds


def test_a_date_is_counted_from_now() -> None:
    assert 25 < (seconds_asked(in_seconds(30)) or 0) <= 30
    assert seconds_asked(in_seconds(-30)) == 0.0
    assert seconds_asked(in_seconds(10_000)) == LONGEST_PAUSE


words = st.text() | st.from_regex(r"[+-]?[0-9]{1,400}(\.[0-9]+)?(e[+-]?[0-9]{1,5})?", fullmatch=True)
dates = st.datetimes().map(lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S GMT"))
nearly = st.from_regex(
    r"[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,7} [0-9:]{1,9} [-+A-Z0-9]{1,6}", fullmatch=True
)


@given(words | dates | nearly)
@example("_")
@example("1_0")
@example("٣")
def test_no_header_fails_and_none_asks_for_more_than_a_quarter_of_an_hour(header: str) -> None:
    seconds = seconds_asked(header)
    assert seconds is None or 0 <= seconds <= LONGEST_PAUSE


@pytest.mark.parametrize(
    ("asked", "pauses"), [(1.8e9, [900.0]), (math.inf, []), (math.nan, []), (-5.0, []), (0.0, []), (30.0, [30.0])]
)
@pytest.mark.parametrize("error", [Unavailable, Unclear])
def test_no_adapter_can_ask_for_more(asked: float, pauses: list[float], error: type[Unavailable]) -> None:
    # GIVEN an adapter that passes its input on, unread
    rate_limiter = CountingRateLimiter()
    retry_policy = RetryPolicy(rate_limiter, lambda: 10.0, lambda _: None, tries=1)

    def fail() -> None:
        raise error("no", retry_after=asked)

    # WHEN it fails  THEN the rate limiter is pushed back by what may be waited for, and so is the message
    with pytest.raises(Unavailable) as raised:
        retry_policy.call(fail, repeatable=True)
    assert rate_limiter.pauses == pauses
    assert raised.value.retry_after in (None, 0.0, *pauses)
