"""Every page of the account book makes an account that can be stored, scored and alerted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from connectors.notion.account_page import account_of
from connectors.notion.names import PropertyNames
from connectors.notion.reading import LONGEST_TEXT, LONGEST_TEXT_OF_LINES, MOST_IN_A_LIST, MOST_NAMED_NUMBERS
from customer_success.accounts.account import Account
from customer_success.accounts.row import AccountRow
from customer_success.identifiers import LONGEST_ID, is_nameable
from customer_success.scan.assessment import ScanContext, assess
from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.notion_pages import (
    PAGE_ID,
    Json,
    checkbox,
    dated,
    email,
    formula,
    multi_select,
    number,
    page,
    people,
    prop,
    relation,
    rolled_up,
    rollup,
    select,
    status,
    text,
    title,
)

NAMES = PropertyNames()
BY_PAGE = PAGE_ID.replace("-", "")
LARGEST_ROW = 300_000
"""Bytes: well under the 400 KB that an item of the table may have, and under what fits beside others."""
HALF = "\ud83d"
ROW = TypeAdapter(AccountRow)
ON = date(2026, 3, 2)


def read(**properties: Json) -> Account:
    return account_of(page(**properties), NAMES)


def scored_row(account: Account) -> AccountRow:
    scan = ScanContext(
        tenant_id="acme",
        run_date=ON,
        run=f"{ON}#1",
        now=datetime(2026, 3, 2, 7, tzinfo=UTC),
        scorer=CSMHealthScorer(),
        medians={},
        fallback_owner=None,
    )
    first = assess(scan, account, None, 0).row
    # A row that was there before keeps the day before beside the new one.
    return assess(replace(scan, run_date=date(2026, 3, 3)), account, first, 0).row


def stored(account: Account) -> bytes:
    """The account's row as it lies in the table."""
    return ROW.dump_json(scored_row(account), round_trip=True, by_alias=True)


_CHARACTERS = st.characters(codec=None, categories=None) | st.sampled_from(
    [HALF, "\x00", "\u202e", "𒐫", '"', "\\", "\n"]
)
_TEXTS = st.text(_CHARACTERS, max_size=30) | st.builds(
    lambda piece, times: piece * times, st.text(_CHARACTERS, min_size=1, max_size=3), st.sampled_from([700, 150_000])
)
_NUMBERS = st.none() | st.floats() | st.integers() | st.sampled_from([10**400, -(10**400), 1e300, 5e-324, 10**9])
_DAYS = st.sampled_from(["0001-01-01", "9999-12-31", "2026-03-01T23:00:00.000-08:00", "", "soon", HALF * 2000])
_SIMPLE: st.SearchStrategy[Json] = st.one_of(
    st.builds(text, _TEXTS),
    st.builds(select, _TEXTS),
    st.builds(status, _TEXTS),
    st.builds(email, _TEXTS),
    st.builds(number, _NUMBERS),
    st.builds(dated, _DAYS, st.none() | _DAYS),
    st.builds(checkbox, st.booleans()),
    st.builds(lambda one, times: multi_select(*[one] * times), _TEXTS, st.sampled_from([0, 1, 3, 900])),
    st.builds(lambda one, address: people((one, address)), _TEXTS, st.none() | _TEXTS),
    st.builds(relation, _TEXTS),
    st.builds(lambda kind, held: prop(kind, held), st.sampled_from(["url", "files", "button", "nobody knows"]), _TEXTS),
    st.builds(lambda prefix, held: prop("unique_id", {"prefix": prefix, "number": held}), st.none() | _TEXTS, _NUMBERS),
    st.builds(formula, st.just("string"), _TEXTS),
    st.builds(formula, st.just("number"), _NUMBERS),
    st.builds(lambda day: formula("date", {"start": day, "end": None}), _DAYS),
    st.builds(rolled_up, st.just("number"), _NUMBERS),
    # What no page of the documentation shows.
    st.sampled_from([{}, {"type": "rollup", "rollup": {"type": "array"}}, prop("date", "2026"), prop("people", ["x"])]),
)
_PROPERTIES = st.one_of(_SIMPLE, st.lists(_SIMPLE, max_size=4).map(lambda held: rollup(*held)))
_NAMED = st.sampled_from([str(getattr(NAMES, field)) for field in NAMES.__dataclass_fields__ if field != "roi_prefix"])
_ROI = st.builds(lambda name: f"{NAMES.roi_prefix}{name}", _TEXTS)


@settings(max_examples=settings.default.max_examples // 3)  # type: ignore[union-attr]
@given(
    st.dictionaries(_NAMED, _PROPERTIES, max_size=40), st.dictionaries(_ROI, st.builds(number, _NUMBERS), max_size=4)
)
def test_every_page_makes_a_row_that_fits_into_the_table(expected: dict[str, Json], roi: dict[str, Json]) -> None:
    # GIVEN a page with anything in its properties  WHEN its account is read, and assessed on two days
    account = account_of({**page(), "properties": {**expected, **roi}}, NAMES)
    row = stored(account)

    # THEN its row can be written, read again, and is far from what the table cannot take
    assert len(row) < LARGEST_ROW
    # AND beside what the reader noted, the values that are out of bounds
    read = ROW.validate_json(row).account
    assert replace(read, unreadable=account.unreadable) == account
    assert is_nameable(account.account_id)
    assert account.name


def test_the_fullest_page_fits() -> None:
    # GIVEN a page on which everything is as long as it can be, in the characters that take most room
    long = "東" * 40_000
    everything: dict[str, Json] = {
        str(getattr(NAMES, field)): text(long) for field in NAMES.__dataclass_fields__ if field != "roi_prefix"
    }
    everything |= {f"ROI {number_of} {'東' * 90}": number(1) for number_of in range(400)}
    everything[NAMES.connected_tools] = multi_select(*(f"{place}{long}" for place in range(500)))
    everything[NAMES.notes] = prop("rich_text", [{"plain_text": "東" * 2000} for _ in range(230)])

    # WHEN it is read  THEN its row fits
    account = account_of({**page(), "properties": everything}, NAMES)
    assert len(stored(account)) < LARGEST_ROW
    assert (len(account.connected_tools), len(account.roi)) == (MOST_IN_A_LIST, MOST_NAMED_NUMBERS)


@pytest.mark.parametrize("field", [f for f in NAMES.__dataclass_fields__ if f != "roi_prefix"])
def test_half_an_emoji_in_any_property_costs_that_property_at_most(field: str) -> None:
    # GIVEN half an emoji in one property, as a text, a word or a list  WHEN the account is read
    for broken in (
        text(f"Acme {HALF}"),
        select(f"Acme {HALF}"),
        multi_select(HALF),
        title(HALF),
        email(f"{HALF}@b.co"),
    ):
        account = account_of({**page(), "properties": {str(getattr(NAMES, field)): broken}}, NAMES)
        # THEN it can be stored
        assert stored(account)


def test_halves_of_an_emoji_in_two_pieces_of_a_text_are_one_emoji() -> None:
    both = prop("rich_text", [{"plain_text": "Acme \ud83d"}, {"plain_text": "\ude00"}])
    assert read(Notes=both).notes == "Acme 😀"


def test_long_notes_are_cut_with_a_mark() -> None:
    # GIVEN 450,000 characters of notes, as Notion delivers them: in pieces of 2,000
    notes = prop("rich_text", [{"plain_text": "n" * 2000} for _ in range(225)])

    # WHEN they are read  THEN the beginning stays, and how long they were
    read_notes = read(Notes=notes).notes or ""
    assert len(read_notes) == LONGEST_TEXT_OF_LINES
    assert read_notes.endswith("n… (cut: 450,000 characters)")
    assert read(Notes=text("first\nsecond")).notes == "first\nsecond"


def test_a_long_name_is_cut_with_a_mark_and_stands_in_one_line() -> None:
    account = read(Name=title("Acme\nof " + "x" * 3000))
    assert len(account.name) == LONGEST_TEXT
    assert account.name.startswith("Acme of xxx") and account.name.endswith("x… (cut: 3,008 characters)")
    assert read(Status=text("Ac\x07tive\n")).status == "Active"


def test_a_list_that_is_too_long_to_be_stored_is_reported() -> None:
    # GIVEN more tools than anybody has, and more measured returns  WHEN the account is read
    tools = read(Connected_Tools=multi_select(*(f"Tool {place}" for place in range(130))))
    roi = account_of({**page(), "properties": {f"ROI {place}": number(place) for place in range(80)}}, NAMES)

    # THEN the first are there, and the property is named with its bound
    assert len(tools.connected_tools) == MOST_IN_A_LIST
    assert str(tools.unreadable[0]) == (
        "Connected Tools: '130 values' could not be read, expected at most 100, so only the first are taken"
    )
    assert len(roi.roi) == MOST_NAMED_NUMBERS
    assert str(roi.unreadable[0]) == "ROI …: '80 numbers' could not be read, expected at most 50"


@pytest.mark.parametrize(
    ("account_id", "taken"),
    [
        ("A-91e948", True),
        ("A/0004: Größe & Söhne?", True),
        ("100%", True),
        ("A  1", True),
        ("東" * 166, True),
        ("a" * LONGEST_ID, True),
        (".", False),
        ("..", False),
        ("...", True),
        ("A\x001", False),
        ("A\n1", False),
        ("A\x7f1", False),
        ("A\u202e1", False),
        (f"A{HALF}", False),
        ("東" * 167, False),
        ("a" * 501, False),
    ],
)
def test_an_id_that_no_call_can_name_is_reported_and_the_page_s_own_is_used(account_id: str, taken: bool) -> None:
    # GIVEN an id as a person wrote it  WHEN the account is read
    account = read(Account_ID=text(account_id))

    # THEN it is taken exactly as it stands, or the page's own id is, and the property is named with its bound
    assert account.account_id == (account_id if taken else BY_PAGE)
    assert [note.property for note in account.unreadable] == ([] if taken else ["Account ID"])
    assert all("1 to 500 bytes" in note.expected for note in account.unreadable)
    assert stored(account)


@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31", "2200-01-01", "9999-12-31"])
@pytest.mark.parametrize(
    "field", ["contract_end", "last_interaction", "onboarding_until", "quiet_until", "signals_updated"]
)
def test_a_day_of_another_age_is_unknown_and_reported(field: str, day: str) -> None:
    # GIVEN a date that can only be a slip of the pen  WHEN it is read  THEN it is unknown, and reported with its bound
    name = str(getattr(NAMES, field))
    account = account_of({**page(), "properties": {name: dated(day)}}, NAMES)
    assert getattr(account, field) is None
    assert str(account.unreadable[0]) == (
        f"{name}: '{day}' could not be read, expected a day from 1970-01-01 to 2199-12-31"
    )


def test_an_arr_below_zero_is_unknown_and_reported() -> None:
    account = read(ARR=number(-5))
    assert account.arr is None
    assert [(note.property, note.expected) for note in account.unreadable] == [("ARR", "a number from 0 on")]


@pytest.mark.parametrize("value", [1e300, -1e16, 10**30])
def test_a_number_that_nothing_can_be_is_unknown_and_reported(value: float) -> None:
    account = read(ARR=number(value), ROI_Saved=number(value))
    assert (account.arr, account.roi) == (None, {})
    assert [(note.property, note.expected) for note in account.unreadable] == [
        ("ARR", "a number from 0 to 1e+15"),
        ("ROI Saved", "a number from -1e+15 to 1e+15"),
    ]


@pytest.mark.parametrize(
    "shapeless", [{"type": "date", "date": {"end": None}}, {"type": "people", "people": ["Ada"]}, ["x"], 7, "text"]
)
def test_a_property_of_an_unknown_shape_costs_itself(shapeless: Any) -> None:
    # GIVEN a property as no documentation shows it  WHEN the account is read
    account = read(Owner_Email=shapeless, ARR=number(5))

    # THEN it is unknown and reported, and the rest is there
    assert (account.owner_email, account.arr) == (None, 5)
    [note] = account.unreadable
    assert (note.property, note.expected) == ("Owner Email", "an e-mail address")
    assert "a value of an unknown shape" in note.value
