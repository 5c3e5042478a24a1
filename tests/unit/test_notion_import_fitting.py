"""A cell becomes what the team's own property holds, and what it holds already is not written again."""

from typing import Any

import pytest

from connectors.notion.reading import Read, value_of
from local.spreadsheets.fitting import Fitted, Unfit, fitted, same


def chosen(kind: str, *names: str) -> dict[str, Any]:
    return {"type": kind, kind: {"options": [{"name": name} for name in names]}}


def plain(kind: str) -> dict[str, Any]:
    return {"type": kind, kind: {}}


def dated(start: str, end: str | None = None) -> dict[str, Any]:
    return {"type": "date", "date": {"start": start, "end": end}}


@pytest.mark.parametrize(
    ("definition", "cell", "read"),
    [
        (plain("title"), " Acme ", "Acme"),
        (plain("rich_text"), "35%", "35%"),
        (plain("rich_text"), "two\r\nlines \x1b[31m", "two\nlines [31m"),
        (plain("rich_text"), "x" * 5000, "x" * 5000),
        (plain("number"), "35%", 0.35),
        (plain("number"), "$1,200", 1200),
        (plain("email"), "a@b.example", "a@b.example"),
        (plain("checkbox"), "No", False),
        (chosen("select", "Yes", "No"), "yes", "Yes"),
        (chosen("select", "Overdue 90 Plus"), "overdue_90-plus", "Overdue 90 Plus"),
        (chosen("select", "Overdue 90 Plus"), "Overdue 90+", "Overdue 90+"),
        (chosen("select", "growing", "Growing"), "Growing", "Growing"),
        (chosen("select"), "New", "New"),
        (chosen("status", "In Progress"), "in progress", "In Progress"),
        (chosen("multi_select", "Slack"), "slack; Jira, jira, SLACK,Jira", ("Slack", "Jira", "jira")),
    ],
)
def test_a_cell_is_written_so_that_it_reads_as_it_should(definition: dict[str, Any], cell: str, read: Read) -> None:
    value = fitted(definition, cell)
    assert isinstance(value, Fitted)
    assert value.read == read
    assert list(value.written) == [definition["type"]]
    assert same(value.read, value.read)


def test_a_date_is_its_day_alone() -> None:
    value = fitted(plain("date"), "2026-05-01T23:00:00+02:00")
    assert isinstance(value, Fitted)
    assert value.written == {"date": {"start": "2026-05-01"}}


@pytest.mark.parametrize(
    ("definition", "cell", "expected"),
    [
        (plain("number"), "many", "a number such as"),
        (plain("date"), "31/12/2026", "a date as YYYY-MM-DD"),
        (plain("checkbox"), "maybe", "yes or no"),
        (plain("email"), "x" * 201, "an e-mail address of at most 200"),
        (plain("rich_text"), "x" * 20_001, "a text of at most 20,000 characters"),
        (plain("rich_text"), "\x07", "a text of at most 20,000 characters"),
        (chosen("select"), "a,b", "one option, without a comma"),
        (chosen("status", "Open", "Closed"), "Won", "one of the options that this status has: Open, Closed"),
    ],
)
def test_what_a_property_cannot_hold_is_reported_with_what_would_be_right(
    definition: dict[str, Any], cell: str, expected: str
) -> None:
    unfit = fitted(definition, cell)
    assert isinstance(unfit, Unfit)
    assert unfit.expected.startswith(expected)


@pytest.mark.parametrize(
    ("have", "definition", "cell", "is_same"),
    [
        (dated("2026-01-01", "2026-05-01T10:00:00Z"), plain("date"), "2026-05-01", True),
        (dated("2026-05-01"), plain("date"), "2026-05-02", False),
        ({"type": "date", "date": None}, plain("date"), "2026-05-02", False),
        ({"type": "number", "number": 0}, plain("number"), "0", True),
        ({"type": "number", "number": None}, plain("number"), "0", False),
        ({"type": "number", "number": 12.0}, plain("number"), "12", True),
        ({"type": "checkbox", "checkbox": False}, plain("checkbox"), "no", True),
        ({"type": "checkbox", "checkbox": False}, plain("checkbox"), "yes", False),
        ({"type": "multi_select", "multi_select": [{"name": "b"}, {"name": "a"}]}, plain("multi_select"), "a,b", True),
        ({"type": "multi_select", "multi_select": [{"name": "a"}]}, plain("multi_select"), "a,b", False),
        ({"type": "multi_select", "multi_select": []}, plain("multi_select"), "a", False),
        ({"type": "title", "title": [{"plain_text": " a"}, {"plain_text": "b "}]}, plain("title"), "ab", True),
        ({"type": "select", "select": {"name": "Growth"}}, plain("select"), "growth", False),
    ],
)
def test_what_is_there_already_is_the_same(
    have: dict[str, Any], definition: dict[str, Any], cell: str, is_same: bool
) -> None:
    want = fitted(definition, cell)
    assert isinstance(want, Fitted)
    assert same(value_of(have), want.read) is is_same
