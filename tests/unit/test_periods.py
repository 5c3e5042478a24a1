"""Days as people count them: however far a day is moved, it is a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_success.periods import shifted


@given(st.dates(), st.integers(-3_000_000, 3_000_000))
def test_a_day_is_moved_as_the_calendar_has_it(day: date, days: int) -> None:
    moved = shifted(day, days)
    if date.min < moved < date.max:
        assert moved - day == timedelta(days=days)


@pytest.mark.parametrize(
    ("days", "moved"), [(10**30, date.max), (-(10**30), date.min), (1, date(2026, 3, 3)), (-2, date(2026, 2, 28))]
)
def test_beyond_the_calendar_it_is_its_first_or_last_day(days: int, moved: date) -> None:
    assert shifted(date(2026, 3, 2), days) == moved
