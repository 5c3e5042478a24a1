"""Reading an account from a page whose properties have the types that the team happened to choose."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from connectors.notion.account_page import account_of
from connectors.notion.names import PropertyNames
from customer_success.accounts.account import Account
from customer_success.errors import Misconfigured
from customer_success.schemas import CSMHealthSignals
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

UNKNOWN = None
A_NUMBER, A_DATE, AN_ADDRESS = "a number", "a date", "an e-mail address"


def read(**properties: Json) -> Account:
    return account_of(page(**properties), PropertyNames())


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (number(7), 7),
        (number(30.0), 30),
        (number(30.5), 30.5),
        (formula("number", 7.0), 7),
        (rolled_up("number", 7), 7),
        (rollup(number(7)), 7),
        (rollup(number(7), number(7)), 7),
        (number(None), UNKNOWN),
        (formula("number", None), UNKNOWN),
        (rollup(), UNKNOWN),
        (number(999), 999),
    ],
)
def test_a_number_is_read_from_any_type_that_holds_one(given: Json, meant: float | None) -> None:
    # GIVEN a property that holds a number in its own way  WHEN the account is read
    account = read(NPS=given)

    # THEN the signal is that number, a whole one as an int; the scorer checks its range
    assert account.signals.get("nps_score") == meant
    assert type(account.signals.get("nps_score")) is type(meant)
    assert account.unreadable == ()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (text("about 8"), "about 8"),
        (select("8"), "8"),
        (checkbox(True), "True"),
        (formula("string", "75%"), "75%"),
        (rollup(number(7), number(8)), "7, 8"),
        (dated("2024-10-01"), "2024-10-01"),
        (relation("p1"), "the page p1"),
        (prop("files", [{"name": "a"}]), "a value of type files"),
        (number(float("nan")), "nan"),
        (text("x" * 5000), "x" * 199 + "…"),
    ],
)
def test_what_cannot_be_a_number_is_unknown_and_reported(given: Json, shown: str) -> None:
    # GIVEN a property of a type that cannot give a number  WHEN the account is read
    account = read(NPS=given, ARR=number(5))

    # THEN the signal is unknown, the property is named, and the rest of the account is there
    assert "nps_score" not in account.signals
    [note] = account.unreadable
    assert (note.property, note.value, note.expected) == ("NPS", shown, A_NUMBER)
    assert account.arr == 5


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (dated("2024-10-01"), date(2024, 10, 1)),
        (dated("2024-10-01T23:30:00.000-08:00"), date(2024, 10, 2)),
        (dated("2024-10-01T00:30:00.000+09:00"), date(2024, 9, 30)),
        (dated("2024-10-01T12:30:00.000"), date(2024, 10, 1)),
        (rollup(dated("2024-10-01"), dated("2024-10-01")), date(2024, 10, 1)),
        (dated("2024-01-01", "2024-12-31"), date(2024, 12, 31)),
        (formula("date", {"start": "2024-10-01", "end": None}), date(2024, 10, 1)),
        (rolled_up("date", {"start": "2024-10-01", "end": None}), date(2024, 10, 1)),
        (rollup(dated("2024-10-01")), date(2024, 10, 1)),
        (prop("created_time", "2024-10-01T07:00:00.000Z"), date(2024, 10, 1)),
        (dated(None), UNKNOWN),
    ],
)
def test_a_date_is_the_day_in_the_tenants_zone(given: Json, meant: date | None) -> None:
    # GIVEN a date, with or without time and offset  WHEN it is read  THEN it is the day in UTC
    account = read(Contract_End_Date=given)
    assert account.contract_end == meant
    assert account.unreadable == ()


LAST_MOMENT = "2026-03-02T00:30:00.000+00:00"


@pytest.mark.parametrize(
    ("given", "timezone", "meant"),
    [
        (dated(LAST_MOMENT), "America/Los_Angeles", date(2026, 3, 1)),
        (dated(LAST_MOMENT), "Europe/Berlin", date(2026, 3, 2)),
        (prop("created_time", "2026-03-02T23:30:00.000Z"), "Europe/Berlin", date(2026, 3, 3)),
        (
            prop("date", {"start": "2026-03-01T16:30:00.000", "time_zone": "America/Los_Angeles"}),
            "Europe/Berlin",
            date(2026, 3, 2),
        ),
        (dated("2026-03-02"), "America/Los_Angeles", date(2026, 3, 2)),
    ],
)
def test_a_moment_is_the_day_where_the_team_is(given: Json, timezone: str, meant: date) -> None:
    account = account_of(page(Last_Interaction=given), PropertyNames(), timezone)
    assert (account.last_interaction, account.unreadable) == (meant, ())


@pytest.mark.parametrize("kind", ["unsupported", "incomplete"])
@pytest.mark.parametrize("wrapper", ["formula", "rollup"])
def test_what_notion_does_not_compute_is_listed_and_not_taken_for_empty(wrapper: str, kind: str) -> None:
    # GIVEN formulas or rollups without a result: a number, a date, a word, a list, an address, a measured return
    not_computed = prop(wrapper, {"type": kind, kind: {}})
    names = {"NPS": A_NUMBER, "ARR": "a number from 0 on", "Contract End Date": A_DATE, "Status": "a text"}
    names |= {"Usage Trend": "one of growing, stable, declining, inactive", "Connected Tools": "a list"}
    names |= {"Owner Email": AN_ADDRESS, "ROI Hours": A_NUMBER, "Auto-Renew": "yes or no"}

    # WHEN the account is read
    account = account_of({**page(), "properties": dict.fromkeys(names, not_computed)}, PropertyNames())

    # THEN each is unknown, and listed with its property, what stands there, and what is expected
    assert {note.property: note.expected for note in account.unreadable} == names
    assert {note.value for note in account.unreadable} == {f"not computed by Notion ({kind})"}
    assert (account.status, account.arr, account.signals, account.roi) == (None, None, {}, {})


def test_amounts_and_counts_of_a_rollup_add_up_equal_ones_too() -> None:
    # GIVEN rollups that show each value
    two = rollup(number(12000), number(12000))
    account = read(ARR=two, Open_Tickets=rollup(number(2), number(2), number(3)), Seats_Bought=rollup(number(5)))
    # WHEN they are read  THEN they are added up, and their names are noted
    assert (account.arr, account.signals["open_ticket_count"], account.seats_bought) == (24000, 7, 5)
    assert set(account.added_up) == {"ARR", "Open Tickets"}
    assert account.unreadable == ()


def test_rates_dates_and_words_of_a_rollup_count_only_where_they_agree() -> None:
    # GIVEN rollups of equal, and of different values
    equal = read(NPS=rollup(number(8.5), number(8.5)), Usage_Trend=rollup(select("Growing"), select("Growing")))
    assert (equal.signals["nps_score"], equal.signals["usage_trend"], equal.unreadable) == (8.5, "growing", ())
    different = read(
        NPS=rollup(number(8), number(9)),
        Usage_Trend=rollup(select("Growing"), select("Declining")),
        Contract_End_Date=rollup(dated("2026-10-01"), dated("2027-10-01")),
    )
    # THEN different ones are listed, as no rule says which one counts
    assert {note.property for note in different.unreadable} == {"NPS", "Usage Trend", "Contract End Date"}
    # AND a text or a list has each once
    listed = read(Industry=rollup(select("Retail"), select("Retail"), select("Food")))
    assert listed.industry == "Retail, Food"


@pytest.mark.parametrize("name", ["Signals_Updated", "Last_Interaction"])
def test_the_time_of_the_last_edit_is_no_delivery(name: str) -> None:
    # GIVEN a date of delivery that each of our own writes moves  WHEN it is read
    account = read(**{name: prop("last_edited_time", "2026-03-02T07:00:00.000Z")})
    # THEN it is unknown, and the account says why
    assert (account.signals_updated, account.last_interaction) == (None, None)
    [note] = account.unreadable
    assert note.property == name.replace("_", " ")
    assert "each page that we write changes this one" in note.expected
    # AND a property that says when the page was made is fine
    assert read(**{name: prop("created_time", "2026-03-02T07:00:00.000Z")}).unreadable == ()


@pytest.mark.parametrize("given", [text("next spring"), text("2024-10-01"), number(45000), dated("soon")])
def test_what_cannot_be_a_date_is_unknown_and_reported(given: Json) -> None:
    # GIVEN no date  WHEN it is read  THEN the contract's end is unknown, and reported
    account = read(Contract_End_Date=given)
    assert account.contract_end is None
    assert [(note.property, note.expected) for note in account.unreadable] == [("Contract End Date", A_DATE)]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (select("Growing"), "growing"),
        (status("GROWING"), "growing"),
        (text(" growing "), "growing"),
        (formula("string", "growing"), "growing"),
        (rollup(select("Growing")), "growing"),
        (select("booming"), "booming"),
        (select(None), UNKNOWN),
        (text("  "), UNKNOWN),
    ],
)
def test_a_choice_is_read_from_any_type_that_holds_a_word(given: Json, meant: str | None) -> None:
    # GIVEN a word of the scorer's, or one it does not know  WHEN read  THEN the first fits, the second stays
    account = read(Usage_Trend=given)
    assert account.signals.get("usage_trend") == meant
    assert account.unreadable == ()


@pytest.mark.parametrize(
    ("name", "written", "signal", "meant"),
    [
        ("Invoice Status", "Overdue 30", "invoice_payment_status", "overdue_30"),
        ("Invoice Status", "overdue-90 Plus", "invoice_payment_status", "overdue_90_plus"),
        ("Invoice Status", "Overdue 90+", "invoice_payment_status", "Overdue 90+"),
        ("Health Status", "green", "tam_health_rag", "GREEN"),
        ("Collections Risk", "Critical", "collections_risk", "CRITICAL"),
        ("Ticket Sentiment", "Negative", "avg_ticket_sentiment", "negative"),
        ("Stakeholder Engagement", "HIGH", "stakeholder_engagement", "high"),
    ],
)
def test_case_space_and_hyphen_of_a_choice_do_not_matter(name: str, written: str, signal: str, meant: str) -> None:
    # GIVEN a choice as a person wrote it  WHEN read  THEN it is the scorer's word, where that is beyond doubt
    assert read(**{name: select(written)}).signals == {signal: meant}


@pytest.mark.parametrize("given", [number(3), multi_select("growing"), checkbox(True)])
def test_what_cannot_be_a_choice_is_unknown_and_reported(given: Json) -> None:
    # GIVEN no word  WHEN read  THEN the signal is unknown and the words that would be right are listed
    account = read(Usage_Trend=given)
    assert account.signals == {}
    assert account.unreadable[0].expected == "one of growing, stable, declining, inactive"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (email(" Ada@Example.COM "), "ada@example.com"),
        (email("ju\u0308rgen@münchen.example"), "jürgen@münchen.example"),
        (text("ada@example.com"), "ada@example.com"),
        (formula("string", "ada@example.com"), "ada@example.com"),
        (people(("Grace", None), ("Ada", "Ada@example.com")), "ada@example.com"),
        (rollup(people(("Ada", "ada@example.com"))), "ada@example.com"),
        (prop("created_by", {"name": "Ada", "person": {"email": "ada@example.com"}}), "ada@example.com"),
        (email(None), UNKNOWN),
        (people(), UNKNOWN),
    ],
)
def test_an_address_is_read_from_any_type_that_holds_one(given: Json, meant: str | None) -> None:
    # GIVEN an address in one of its forms  WHEN it is read  THEN it is that address, in lower case
    account = read(Owner_Email=given)
    assert account.owner_email == meant
    assert account.unreadable == ()


@pytest.mark.parametrize(
    "given",
    [
        email("ada"),
        email("ada@localhost"),
        email("ada@b..example"),
        email("ada\u200b@example.com"),
        email("ada\ud83e@example.com"),
        email("\u202eada@example.com"),
        email(".ada@example.com"),
        email("ada@example.com, eve@example.com"),
        email("Ada <ada@example.com>"),
        text("ada@example.com\nBcc: eve@example.com"),
        email("a" * 250 + "@example.com"),
        people(("Ada", None)),
        number(1),
        select("Ada"),
    ],
)
def test_what_is_no_single_address_is_unknown_and_reported(given: Json) -> None:
    # GIVEN an address that is none or two  WHEN it is read  THEN there is no owner, and that is reported
    account = read(Owner_Email=given)
    assert account.owner_email is None
    assert [note.expected for note in account.unreadable] == [AN_ADDRESS]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (checkbox(True), True),
        (checkbox(False), False),
        (select("Yes"), True),
        (select("no"), False),
        (formula("boolean", True), True),
        (select(None), UNKNOWN),
    ],
)
def test_yes_or_no_is_read_from_a_checkbox_or_a_word(given: Json, meant: bool | None) -> None:
    # GIVEN yes, no or nothing  WHEN it is read  THEN it is just that
    assert read(**{"Auto-Renew": given}).auto_renew is meant


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (multi_select("Jira", "Slack"), ("Jira", "Slack")),
        (select("Jira"), ("Jira",)),
        (text("Jira, Slack ,"), ("Jira", "Slack")),
        (rollup(select("Jira"), multi_select("Slack", "Jira")), ("Jira", "Slack")),
        (multi_select(), ()),
    ],
)
def test_a_list_is_read_from_any_type_that_holds_several(given: Json, meant: tuple[str, ...]) -> None:
    # GIVEN several values in one of their forms  WHEN they are read  THEN they are those, once each
    assert read(Connected_Tools=given).connected_tools == meant


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (text("A-1"), "A-1"),
        (number(1042), "1042"),
        (number(1042.0), "1042"),
        (prop("unique_id", {"prefix": "ACC", "number": 12}), "ACC-12"),
        (prop("unique_id", {"prefix": None, "number": 12}), "12"),
        (formula("string", "A-1"), "A-1"),
        (text(""), PAGE_ID.replace("-", "")),
        (text("Ä" * 251), PAGE_ID.replace("-", "")),
        (relation("p1"), PAGE_ID.replace("-", "")),
    ],
)
def test_an_account_without_an_id_of_its_own_goes_by_its_page(given: Json, meant: str) -> None:
    # GIVEN an id of any kind, or none  WHEN it is read  THEN it is a text, and never missing
    assert read(Account_ID=given).account_id == meant


@pytest.mark.parametrize(
    ("properties", "meant"),
    [
        ({"Name": title("Acme")}, "Acme"),
        ({"Company": title("Acme")}, "Acme"),
        ({"Name": title(" ")}, f"Unnamed account ({PAGE_ID.replace('-', '')})"),
        ({}, f"Unnamed account ({PAGE_ID.replace('-', '')})"),
    ],
)
def test_an_account_always_has_a_name(properties: dict[str, Json], meant: str) -> None:
    # GIVEN a title under any property name, or none  WHEN it is read  THEN there is a name to show
    assert read(**properties).name == meant


@pytest.mark.parametrize(
    ("properties", "rate"),
    [
        ({"Seats_Utilization": number(0.85), "Seats_Used": number(1), "Seats_Bought": number(2)}, 0.85),
        ({"Seats_Used": number(30), "Seats_Bought": number(40)}, 0.75),
        ({"Seats_Used": number(0), "Seats_Bought": number(40)}, 0.0),
        ({"Seats_Used": number(30)}, UNKNOWN),
        ({"Seats_Used": number(0), "Seats_Bought": number(0)}, UNKNOWN),
        ({"Seats_Bought": number(40)}, UNKNOWN),
    ],
)
def test_seat_use_is_the_rate_or_follows_from_the_counts(properties: dict[str, Json], rate: float | None) -> None:
    # GIVEN a rate, counts, or too little of either  WHEN read  THEN the rate is known only where it follows
    account = read(**properties)
    assert account.signals.get("seats_utilization_rate") == rate
    assert account.unreadable == ()


@pytest.mark.parametrize(
    ("bought", "used", "counts"),
    [
        (number(40.0), number(30.5), (40, 30.5)),
        (number(0), number(0), (0, 0)),
        (number(None), formula("number", 3), (None, 3)),
    ],
)
def test_seats_are_counted_as_they_are_written(bought: Json, used: Json, counts: tuple[float | None, float]) -> None:
    # GIVEN seats as a person keeps them, with a rate of their own  WHEN the account is read  THEN both are as written
    account = read(Seats_Bought=bought, Seats_Used=used, Seats_Utilization=number(0.5))
    assert (account.seats_bought, account.seats_used) == counts
    assert account.signals == {"seats_utilization_rate": 0.5}
    assert account.unreadable == ()


@pytest.mark.parametrize(("bought", "used"), [(-1, 5), (5, -1)])
def test_fewer_seats_than_none_are_unknown_and_reported(bought: float, used: float) -> None:
    # GIVEN a negative count  WHEN the account is read  THEN it is unknown, and so is the rate; the other count stays
    account = read(Seats_Bought=number(bought), Seats_Used=number(used))
    assert (account.seats_bought, account.seats_used) == (None if bought < 0 else 5, None if used < 0 else 5)
    assert account.signals == {}
    [note] = account.unreadable
    assert (note.value, note.expected) == ("-1", "a number from 0 on")


def test_seats_in_use_of_none_bought_are_reported() -> None:
    # GIVEN seats in use and none bought  WHEN the account is read
    account = read(Seats_Used=number(3), Seats_Bought=number(0))

    # THEN the rate is unknown, and the contradiction is reported
    assert account.signals == {}
    assert str(account.unreadable[0]) == (
        "Seats Bought: '0' could not be read, expected more than 0, since Seats Used is 3"
    )


def test_the_last_interaction_is_a_date_or_else_a_number_of_days() -> None:
    # GIVEN both  WHEN the account is read  THEN the date counts
    both = read(Last_Interaction=dated("2024-09-01"), Days_Since_Last_Interaction=number(99))
    assert both.last_interaction == date(2024, 9, 1)
    assert both.signals == {}

    # GIVEN only the number  WHEN it is read  THEN that is the signal
    assert read(Days_Since_Last_Interaction=number(12.0)).signals == {"days_since_last_interaction": 12}


def test_numbers_that_begin_with_roi_are_gathered_by_their_name() -> None:
    # GIVEN measured returns beside other properties  WHEN the account is read
    account = read(
        ROI_Hours_Saved=number(120),
        ROI_Savings=formula("number", 1500.5),
        ROI_Comment=text("good"),
        ROI_Later=number(None),
        ROIs=number(1),
    )

    # THEN only the numbers are there, each under its property's name
    assert account.roi == {"ROI Hours Saved": 120.0, "ROI Savings": 1500.5}
    assert account.unreadable == ()


def test_a_whole_account_reads_into_valid_signals() -> None:
    # GIVEN a page on which everything is filled in
    full: dict[str, Any] = {
        "Name": title("Acme"),
        "Status": select("Inactive"),
        "Account ID": text("A-1"),
        "Industry": select("FinTech"),
        "Plan": select("Enterprise"),
        "ARR": number(120_000),
        "Owner Email": people(("Ada", "ada@example.com")),
        "Sales Email": email("sales@example.com"),
        "Manager Email": email("boss@example.com"),
        "Primary Contact Email": email("kim@acme.example"),
        "Contract End Date": dated("2025-01-31"),
        "Feature Adoption Rate": number(0.85),
        "Usage Trend": select("Growing"),
        "Login Frequency Days": number(3.0),
        "Last Interaction": dated("2024-09-20"),
        "Stakeholder Engagement": select("High"),
        "NPS": number(9.0),
        "Invoice Status": select("Overdue 30"),
        "Seats Bought": number(40),
        "Seats Used": number(30),
        "Open Tickets": number(2.0),
        "Ticket Sentiment": select("Neutral"),
        "Escalations 90d": number(0),
        "Health Status": select("Amber"),
        "Collections Risk": select("Red"),
        "Signals Updated": dated("2024-09-29"),
        "Onboarding Until": dated("2024-10-15"),
        "CSM Quiet Until": dated("2024-10-20"),
        "CSM Verdict": select("false alarm"),
        "Connected Tools": multi_select("Jira"),
        "Notes": text("Renewal talks began."),
        "Notice Days": number(60.0),
        "Auto-Renew": checkbox(True),
        "Term Months": number(24.0),
        "No End": select("No"),
        "Renewal Stage": select("Negotiating"),
        "QBR Cadence": select("Quarterly"),
        "Outcome": select("Renewed"),
        "Outcome Date": dated("2024-02-01"),
        "Outcome ARR": number(120_000),
        "External IDs": text("stripe:cus_1, domain:acme.example"),
        "ROI Hours": number(10),
    }

    # WHEN it is read
    account = read(**full)

    # THEN every fact is in its place
    assert account == Account(
        account_id="A-1",
        name="Acme",
        page_id=PAGE_ID,
        page_url="https://www.notion.so/cafe",
        created_at="2024-09-30T07:00:00.000Z",
        status="Inactive",
        industry="FinTech",
        plan="Enterprise",
        arr=120_000,
        owner_email="ada@example.com",
        sales_email="sales@example.com",
        manager_email="boss@example.com",
        primary_contact_email="kim@acme.example",
        contract_end=date(2025, 1, 31),
        last_interaction=date(2024, 9, 20),
        notice_days=60,
        auto_renew=True,
        term_months=24,
        renewal_stage="Negotiating",
        outcome="renewed",
        outcome_date=date(2024, 2, 1),
        outcome_arr=120_000,
        external_ids="stripe:cus_1, domain:acme.example",
        qbr_cadence="Quarterly",
        onboarding_until=date(2024, 10, 15),
        quiet_until=date(2024, 10, 20),
        verdict="false alarm",
        signals_updated=date(2024, 9, 29),
        seats_bought=40,
        seats_used=30,
        connected_tools=("Jira",),
        notes="Renewal talks began.",
        signals={
            "feature_adoption_rate": 0.85,
            "usage_trend": "growing",
            "login_frequency_days": 3,
            "stakeholder_engagement": "high",
            "nps_score": 9,
            "invoice_payment_status": "overdue_30",
            "seats_utilization_rate": 0.75,
            "open_ticket_count": 2,
            "avg_ticket_sentiment": "neutral",
            "escalation_count_90_days": 0,
            "tam_health_rag": "AMBER",
            "collections_risk": "RED",
        },
        roi={"ROI Hours": 10.0},
    )

    # AND the strict scorer takes them as they are
    CSMHealthSignals.model_validate(account.signals_on(date(2024, 9, 30)))


def test_an_empty_page_is_an_account_of_which_nothing_is_known() -> None:
    # GIVEN a page without a single property  WHEN it is read  THEN there is an account, and nothing to complain of
    account = read()
    assert account.signals == {}
    assert account.unreadable == ()


def test_half_a_day_of_notice_is_reported() -> None:
    # GIVEN a notice period that is no whole number of days  WHEN read  THEN it is unknown and reported
    account = read(Notice_Days=number(30.5))
    assert account.notice_days is None
    assert account.unreadable[0].expected == "a whole number of days"


def test_names_of_properties_are_settings() -> None:
    # GIVEN a team that calls things otherwise
    names = PropertyNames.overridden_by({"nps_score": "Promoter", "roi_prefix": "Value: "})

    # WHEN its page is read  THEN its names count
    account = account_of(page(Promoter=number(9), NPS=number(1), **{"Value: hours": number(2)}), names)
    assert account.signals == {"nps_score": 9}
    assert account.roi == {"Value: hours": 2.0}

    # AND a setting that names nothing is refused with what there is
    with pytest.raises(Misconfigured, match=r"nps is not known; known are name, .*nps_score"):
        PropertyNames.overridden_by({"nps": "Promoter"})
