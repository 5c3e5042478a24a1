"""What a person asks the demo for, and the one line that answers what cannot be meant."""

from datetime import date
from pathlib import Path

import pytest

from local.demo.errors import DemoError
from local.demo.options import SAMPLE_BOOK, SAMPLE_DAY, Options, read_options
from local.demo.state import DemoState


def test_nothing_given_plays_the_bundled_book_for_a_day() -> None:
    given = {"ACCOUNTS": "", "DATE": "", "DAYS": "", "FORCE": "", "DOWN": "", "QUEUE": "", "NARRATOR": ""}
    assert read_options({}) == read_options(given) == Options(SAMPLE_BOOK)


def test_everything_given_counts() -> None:
    given = {"ACCOUNTS": "my book.csv", "DATE": "2024-09-30", "DAYS": "3", "FORCE": "1", "DOWN": "slack, gmail"}
    assert read_options(given) == Options(Path("my book.csv"), date(2024, 9, 30), 3, True, ("slack", "gmail"))
    file = {"FILE": "usage.csv", "KIND": "usage", "SOURCE": "product", "SNAPSHOT": "1"}
    expected = Options(SAMPLE_BOOK, file="usage.csv", kind="usage", source="product", snapshot="1")
    assert read_options(file) == expected
    given = {"NARRATOR": "bedrock", "FILE": "older.csv", "DOWN": "bedrock"}
    assert read_options(given) == Options(SAMPLE_BOOK, down=("bedrock",), narrator="bedrock", file="older.csv")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATE", "30.9.2024"),
        ("DATE", "20240930"),
        ("DATE", "2024-02-30"),
        ("DATE", "0001-01-01"),
        ("DATE", "9999-12-31"),
        ("DAYS", "0"),
        ("DAYS", "32"),
        ("DAYS", "-1"),
        ("DAYS", "99999999999999999999"),
        ("DAYS", "two"),
        ("FORCE", "yes"),
        ("DOWN", "fax"),
        ("DOWN", "slack,fax"),
        ("NARRATOR", "parrot"),
    ],
)
def test_what_cannot_be_meant_is_answered_with_name_value_and_what_would_be_right(name: str, value: str) -> None:
    with pytest.raises(DemoError, match=rf"^{name}={value}: .*expected"):
        read_options({name: value})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"DATE": "2026-03-03"}, "DATE=2026-03-03 lies after today, 2026-03-02: expected a day that has come"),
        ({"DATE": "2031-01-01"}, "DATE=2031-01-01 lies after today"),
        ({"DATE": "2026-03-01", "DAYS": "3"}, "DATE=2026-03-01 with DAYS=3 ends on 2026-03-03, which lies after today"),
    ],
)
def test_a_day_to_come_is_refused_before_anything_is_played(given: dict[str, str], expected: str) -> None:
    with pytest.raises(DemoError, match=expected):
        read_options(given, today=SAMPLE_DAY)
    assert read_options({"DATE": "2026-03-01", "DAYS": "2"}, today=SAMPLE_DAY).days == 2


def test_a_day_before_the_last_one_is_refused_and_the_last_one_is_where_it_goes_on(tmp_path: Path) -> None:
    # GIVEN a book that was played on two days
    state = DemoState(tmp_path / "book")
    first, second = date(2026, 3, 2), date(2026, 3, 3)
    for day in (first, second, second):
        state.note(day)
    # THEN it goes on with the last one, or a later one
    assert state.played == (first, second)
    assert state.starting(None, first) == second
    assert state.starting(date(2026, 3, 9), first) == date(2026, 3, 9)
    assert state.first_day(second) == first
    # AND not with an earlier one
    with pytest.raises(DemoError, match="DATE=2026-03-02 lies before the last run of this book, 2026-03-03"):
        state.starting(first, first)


def test_books_of_the_same_name_have_their_own_state(tmp_path: Path) -> None:
    one, other = tmp_path / "a" / "book.csv", tmp_path / "b" / "book.csv"
    assert DemoState.of(one) != DemoState.of(other)
    assert DemoState.of(one) == DemoState.of(tmp_path / "b" / ".." / "a" / "book.csv")
