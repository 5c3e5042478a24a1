"""What a data source's properties lack, beside those that it is to have."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from connectors.notion.account_page import account_of, fields_on
from connectors.notion.databases import accounts_database, related_databases
from connectors.notion.fit import Missing, MissingOptions, WrongType, additions, compare, fits, kind_of
from connectors.notion.names import ExpansionNames, PropertyNames, QbrNames, UsageNames
from connectors.notion.reading import OWN_EDITS, PropertyReader
from connectors.notion.schema import accounts_schema, feature_usage_schema
from connectors.notion.values import Related, property_value

NAMES = PropertyNames()
ACCOUNTS = accounts_schema(NAMES)

_TEXT = [{"plain_text": "Yes"}]
SHOWN: dict[str, Any] = {
    "title": _TEXT,
    "rich_text": _TEXT,
    "number": 7,
    "select": {"name": "Yes"},
    "status": {"name": "Yes"},
    "multi_select": [{"name": "Yes"}],
    "date": {"start": "2024-09-30"},
    "people": [{"id": "p", "name": "Ana", "person": {"email": "ana@example.com"}}],
    "files": [{"name": "a.pdf"}],
    "checkbox": True,
    "url": "https://example.com",
    "email": "ana@example.com",
    "phone_number": "+1 555",
    "relation": [{"id": "00000000-0000-4000-8000-000000000001"}],
    "created_time": "2024-09-30T07:00:00.000Z",
    "created_by": {"id": "p", "name": "Ana", "person": {"email": "ana@example.com"}},
    "last_edited_time": "2024-09-30T07:00:00.000Z",
    "last_edited_by": {"id": "p", "name": "Ana", "person": {"email": "ana@example.com"}},
    "unique_id": {"prefix": "AC", "number": 7},
}
"""A value of each type whose result is known, as Notion shows it on a page. Texts say what reads as a choice."""
ADDRESSED: dict[str, Any] = {
    kind: [{"plain_text": "ana@example.com"}] if kind in ("title", "rich_text") else {"name": "ana@example.com"}
    for kind in ("title", "rich_text", "select", "status")
}
LINES = ("url", "email", "phone_number", "unique_id")
"""Types whose values are texts, and may be any text as far as the type says."""
ADDRESSES = [name for name, wanted in ACCOUNTS.items() if "email" in wanted]
DATABASE = accounts_database(NAMES)
WRITTEN = DATABASE.written
READ_AS_TEXTS = (NAMES.status, NAMES.renewal_stage, NAMES.qbr_cadence)
"""Choices that the scan reads as a text, so that it understands more of them than it can use."""


def found(schema: dict[str, Any]) -> dict[str, Any]:
    """Properties as Notion shows them that were made with `schema`."""
    return {name: {"id": name, "name": name, "type": kind_of(given), **given} for name, given in schema.items()}


def shown(kind: str, **more: Any) -> dict[str, Any]:
    return {"id": "x", "type": kind, kind: more}


def test_what_was_made_with_the_schema_is_as_it_should_be() -> None:
    for database in (accounts_database(NAMES), *related_databases()):
        assert database.differences(found(database.schema("a-source")), "a-source") == ()


def test_a_property_that_is_not_there_is_missing_and_added_as_a_new_one_is_made() -> None:
    there = found(ACCOUNTS)
    del there["ARR"]
    differences = compare(ACCOUNTS, there)
    assert differences == (Missing("ARR", ACCOUNTS["ARR"]),)
    assert str(differences[0]) == "'ARR' is missing"
    assert additions(differences) == {"ARR": {"number": {"format": "dollar"}}}


def test_a_wrong_type_is_named_with_what_follows_and_never_changed() -> None:
    there = found(ACCOUNTS) | {"ARR": shown("rich_text"), NAMES.last_scan: shown("checkbox")}
    differences = accounts_database(NAMES).differences(there)
    assert [str(each) for each in differences] == [
        "'ARR' is a text, needs a number: change its type in Notion; until then it is unknown",
        "'CSM Last Scan' is a checkbox, needs a date: change its type in Notion; until then it is not written",
    ]
    assert additions(differences) == {}


def test_a_key_of_another_type_stops_the_writing() -> None:
    keyed = next(database for database in related_databases() if database.title == "QBR")
    there = found(keyed.schema("s")) | {QbrNames().key: shown("title"), QbrNames().state: shown("rich_text")}
    assert [str(each) for each in keyed.differences(there, "s")] == [
        "'Run Key' is a title, needs a text: change its type in Notion; until then nothing is written there",
        "'State' is a text, needs a select: change its type in Notion; until then nothing is written there",
    ]


def test_the_title_may_have_any_name_and_more_properties_do_not_matter() -> None:
    there = found(ACCOUNTS) | {"Customer": shown("title"), "Our own": shown("files")}
    del there["Name"]
    assert compare(ACCOUNTS, there) == ()


def test_missing_options_are_added_behind_the_teams_own() -> None:
    """Notion removes the options that an update leaves out, and with them the values of all pages."""
    there = found(ACCOUNTS)
    own = {"id": "o1", "name": "Paused", "color": "brown", "description": None}
    same = {"id": "o2", "name": "active", "color": "pink", "description": "ours"}
    there["Status"] = shown("select", options=[own, same])
    differences = compare(ACCOUNTS, there)
    assert [str(each) for each in differences] == ["'Status' has no option 'Inactive'"]
    assert additions(differences) == {
        "Status": {
            "select": {
                "options": [
                    {"id": "o1", "name": "Paused", "color": "brown"},
                    {"id": "o2", "name": "active", "color": "pink"},
                    {"name": "Inactive", "color": "gray"},
                ]
            }
        }
    }


def test_an_option_that_reads_the_same_is_not_added_again() -> None:
    there = found(ACCOUNTS)
    options = [{"id": str(n), "name": name} for n, name in enumerate(("current", "overdue-30", "OVERDUE_60"))]
    there[NAMES.invoice_payment_status] = shown("select", options=options)
    [lacking] = compare(ACCOUNTS, there)
    assert isinstance(lacking, MissingOptions)
    assert [option["name"] for option in lacking.options] == ["Overdue 90 Plus"]


def test_options_of_a_status_are_left_alone_since_notion_does_not_allow_new_ones() -> None:
    there = found(ACCOUNTS) | {"Status": shown("status", options=[{"id": "1", "name": "Customer"}])}
    assert compare(ACCOUNTS, there) == ()


def test_a_select_that_would_get_more_options_than_notion_takes_is_left_alone() -> None:
    there = found(ACCOUNTS)
    there["Status"] = shown("select", options=[{"id": str(n), "name": f"Own {n}"} for n in range(99)])
    assert compare(ACCOUNTS, there) == ()
    there["Status"]["select"]["options"].pop()
    assert [str(each) for each in compare(ACCOUNTS, there)] == ["'Status' has no option 'Active', 'Inactive'"]


def test_a_relation_has_to_lead_to_the_accounts_however_the_id_is_written() -> None:
    usage = next(database for database in related_databases() if database.title == "Feature Usage")
    there = found(usage.schema("aa-bb"))
    assert usage.differences(there, "aabb") == ()
    hidden = {"Account": {"type": "relation", "relation": {"type": "single_property"}}}
    assert usage.differences(there | hidden, "aabb") == (), "Notion does not show where it leads"
    assert [str(each) for each in usage.differences(there, "cc")] == [
        "'Account' is a relation to another database, needs a relation to Accounts: change its type in Notion; "
        "until then it is unknown"
    ]


@pytest.mark.parametrize("kind", SHOWN)
@pytest.mark.parametrize("name", sorted(ACCOUNTS.keys() - WRITTEN - {*READ_AS_TEXTS, NAMES.quiet_until}))
def test_a_type_is_right_where_the_scan_reads_it(name: str, kind: str) -> None:
    """GIVEN a property of each type. WHEN a page is read, THEN it is understood if and only if the type fits."""
    wanted = ACCOUNTS[name]
    held = ADDRESSED.get(kind, SHOWN[kind]) if name in ADDRESSES else SHOWN[kind]
    account = account_of({"id": "p", "properties": {name: {"type": kind, kind: held}}}, NAMES)
    understood = not account.unreadable or (name in (*ADDRESSES, NAMES.auto_renew, NAMES.no_end) and kind in LINES)
    differences = compare({name: wanted}, {name: shown(kind)}, deliveries=DATABASE.deliveries)
    refused = kind in OWN_EDITS and any(isinstance(each, WrongType) for each in differences)
    assert (fits(wanted, shown(kind)) and not refused) is understood


@pytest.mark.parametrize("kind", SHOWN)
def test_a_type_of_the_feature_usages_account_is_right_where_it_is_read(kind: str) -> None:
    wanted = feature_usage_schema(UsageNames(), accounts_source_id="s")["Account"]
    reader = PropertyReader({"Account": {"type": kind, kind: SHOWN[kind]}})
    assert fits(wanted, shown(kind)) is (reader.account("Account") is not None)


@pytest.mark.parametrize("name", READ_AS_TEXTS)
def test_a_choice_that_the_scan_reads_as_a_text_may_be_any_type_of_one_word(name: str) -> None:
    right = {kind for kind in SHOWN if fits(ACCOUNTS[name], shown(kind))}
    assert right == {"title", "rich_text", "select", "status", *LINES}


VALUES: dict[str, Any] = {
    "title": "Acme",
    "rich_text": "why, and how",
    "number": 3,
    "select": "RED",
    "date": date(2024, 9, 30),
    "email": "ana@example.com",
    "relation": Related("p"),
}


@pytest.mark.parametrize("needed", VALUES)
def test_a_type_is_right_only_where_what_we_write_fits_into_it(needed: str) -> None:
    wanted = {needed: {}}
    right = [kind for kind in SHOWN if fits(wanted, shown(kind), written=True)]
    assert needed in right
    assert ("rich_text" in right) is (needed not in ("title", "relation"))
    assert all(property_value(kind, VALUES[needed]) for kind in right)


@pytest.mark.parametrize("kind", ["formula", "rollup"])
def test_what_is_computed_is_read_and_not_written(kind: str) -> None:
    assert fits(ACCOUNTS["ARR"], shown(kind))
    assert not fits(ACCOUNTS[NAMES.health_score], shown(kind), written=True)
    assert not fits(ACCOUNTS[NAMES.quiet_until], shown(kind), exact=True)


def test_what_sales_fills_in_is_read() -> None:
    offers = next(database for database in related_databases() if database.title == "Expansion")
    there = found(offers.schema("s")) | {ExpansionNames().sales_status: shown("status", options=[])}
    assert offers.differences(there, "s") == ()
    there |= {ExpansionNames().state: shown("status", options=[])}
    assert [type(each) for each in offers.differences(there, "s")] == [WrongType]


@pytest.mark.parametrize("name", [NAMES.signals_updated, NAMES.last_interaction])
@pytest.mark.parametrize(
    "found",
    [
        {"type": "last_edited_time", "last_edited_time": {}},
        {"type": "last_edited_by", "last_edited_by": {}},
        {"type": "formula", "formula": {"expression": 'dateAdd(prop("Touched"), 0, "days")'}},
        {"type": "formula", "formula": {"expression": "{{notion:block_property:Ab%3F:x:y}}"}},
    ],
)
def test_a_date_of_delivery_must_not_move_with_our_own_writes(name: str, found: dict[str, Any]) -> None:
    # GIVEN a book whose date of delivery is the last edit, or made of it
    there = {name: found, "Touched": {"id": "Ab%3F", "type": "last_edited_time", "last_edited_time": {}}}
    # WHEN set-up or doctor compares it  THEN it is refused with the reason; an honest formula is not
    [difference] = [each for each in DATABASE.differences(there) if isinstance(each, WrongType)]
    assert difference.property == name
    assert "a feed that stopped would look alive" in str(difference)
    honest = {"type": "formula", "formula": {"expression": 'prop("Last call")'}}
    assert not [each for each in DATABASE.differences(there | {name: honest}) if isinstance(each, WrongType)]


def test_what_the_scan_writes_is_not_missed_where_it_is_not_there() -> None:
    # GIVEN a page of a book with every property, WHEN one is looked for that the scan writes
    page = {"properties": {name: {} for name in ACCOUNTS}}
    # THEN none counts as read, so that none that disappears is named as a feed that did
    assert set(fields_on(page, NAMES).values()).isdisjoint(NAMES.written)
