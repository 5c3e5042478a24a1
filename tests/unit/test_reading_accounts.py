"""Of several columns and several readings the file decides, the team by its MAP, or none does and it is shown."""

from __future__ import annotations

import pytest

from customer_success.reading.accounts import Reading
from customer_success.reading.errors import UnreadableTableError
from customer_success.reading.headings import _dictionary
from tests.builders.reading_cells import day, read

CURRENCIES = 'Account ID,Name,ARR\nJ,Tokyo KK,"¥9,800,000"\nU,Austin Inc,"$50,000"\n'


def arr(reading: Reading) -> list[object]:
    return [account.values.get("arr") for account in reading.accounts]


def test_of_two_columns_of_the_owner_the_one_with_addresses_is_the_owners() -> None:
    reading = read("Account ID,CSM,CSM Email\nA,Dana Fox,dana@x.example\n")
    assert reading.accounts[0].values["owner_email"] == "dana@x.example"
    assert reading.accounts[0].values["owner_name"] == "Dana Fox"
    assert "of CSM and CSM Email the second is the owner: its cells are addresses" in reading.notes


def test_the_success_manager_comes_before_the_account_owner() -> None:
    # GIVEN a seller and a success manager, both by address
    reading = read("Account ID,Account Owner,CSM\nA,sell@x.example,succeed@x.example\n")
    # THEN the success manager is the owner, and the other column is named
    assert reading.accounts[0].values["owner_email"] == "succeed@x.example"
    assert reading.left_out[0].heading == "Account Owner"


def test_the_name_of_another_person_is_not_the_owners() -> None:
    reading = read("Account ID,Account Owner,CSM\nA,Nora Vale,dana.fox@x.example\n")
    assert "owner_name" not in reading.accounts[0].values


def test_the_owners_addresses_may_stand_under_another_name_than_theirs() -> None:
    agreeing = read("Account ID,CSM,Owner Email\nA,Dana Fox,dana@x.example\nB,Eli Park,eli@x.example\n")
    assert [account.values["owner_email"] for account in agreeing.accounts] == ["dana@x.example", "eli@x.example"]
    # But not where one of them is another person's.
    differing = read("Account ID,CSM,Owner Email\nA,Dana Fox,nora@x.example\nB,Eli Park,eli@x.example\n")
    assert "owner_email" not in differing.accounts[0].values


def test_a_sentiment_is_that_of_tickets_only_beside_them() -> None:
    beside = read("Account ID,Sentiment,Tickets\nA,good,2\n")
    assert beside.accounts[0].values["avg_ticket_sentiment"] == "positive"
    alone = read("Account ID,Sentiment\nA,good\n")
    assert "avg_ticket_sentiment" not in alone.accounts[0].values
    assert "how they feel about us" in alone.refused[0].reason


def test_a_churned_column_of_days_or_words_is_a_status() -> None:
    reading = read("Account ID,Churned\nA,no\nB,yes\nC,2026-01-15\nD,2026-12-31\n")
    assert [account.values.get("status") for account in reading.accounts] == [None, "inactive", "inactive", None]


def test_several_owners_are_left_open_and_named() -> None:
    reading = read("Account ID,Owner\nA,a@x.example; b@x.example\nB,a@x.example\n")
    assert "owner_email" not in reading.accounts[0].values
    assert "which of a@x.example, b@x.example?" in reading.unread[0].reason


def test_two_currencies_leave_the_column_out_with_how_to_choose() -> None:
    reading = read(CURRENCIES)
    assert arr(reading) == [None, None]
    assert reading.refused[0].reason == "2 currencies: ¥ J; USD U"
    assert 'currency = "USD"' in reading.refused[0].cure


def test_a_currency_by_map_takes_its_amounts_and_names_the_others() -> None:
    reading = read(CURRENCIES, '[columns."ARR"]\ncurrency = "USD"\n')
    assert arr(reading) == [None, 50000]
    assert reading.unread[0].reason == "in ¥, not in USD"


def test_a_sign_of_several_countries_is_the_one_that_map_names() -> None:
    reading = read('Account ID,ARR\nA,"$1,000.00"\n', 'currency = "CAD"\n')
    assert arr(reading) == [1000]
    assert reading.currency == "CAD"


def test_another_currency_than_the_books_is_refused() -> None:
    reading = read('Account ID,ARR\nA,"€1,000.00"\n', currency="USD")
    assert arr(reading) == [None]
    assert "the book's currency is USD" in reading.refused[0].reason


def test_a_column_of_currencies_counts_for_the_amounts_beside_it() -> None:
    assert read("Account ID,ARR,Currency\nA,1,EUR\nB,2,eur\n").currency == "EUR"
    mixed = read("Account ID,ARR,Currency\nA,1,EUR\nB,2,USD\n")
    assert arr(mixed) == [None, None]


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ('[columns."ARR"]\ndecimal = ","\n', 126000),
        ('[columns."ARR"]\ndecimal = "."\n', 126),
        ('decimal = ","\n', 126000),
    ],
)
def test_a_decimal_sign_by_map_decides(given: str, value: int) -> None:
    assert arr(read("Account ID;ARR\nA;126.000\n", given)) == [value]


@pytest.mark.parametrize(("order", "right"), [("day first", "2026-04-03"), ("month first", "2026-03-04")])
def test_an_order_of_dates_by_map_decides(order: str, right: str) -> None:
    reading = read("Account ID,Renewal Date\nA,3/4/2026\n", f'[columns."Renewal Date"]\ndates = "{order}"\n')
    assert reading.accounts[0].values["contract_end"] == day(right)


def test_a_unit_by_map_decides() -> None:
    text = "Account ID,Adoption %\nA,0.45\nB,0.9\n"
    assert "feature_adoption_rate" not in read(text).accounts[0].values
    given = '[columns."Adoption %"]\nunit = "share"\n'
    assert read(text, given).accounts[0].values["feature_adoption_rate"] == 0.45


def test_map_names_a_column_and_its_words_and_leaves_another_out() -> None:
    given = (
        '[columns]\n"Jahresumsatz" = "arr"\n"Name" = ""\n[words.status]\n"At Risk" = "active"\n"Parked" = "inactive"\n'
    )
    reading = read("Account ID,Name,Jahresumsatz,Status\nA,Acme,5,At Risk\nB,Beta,6,parked\n", given)
    assert arr(reading) == [5, 6]
    assert [account.values["status"] for account in reading.accounts] == ["active", "inactive"]
    assert reading.accounts[0].name == "A"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("columns = 1", "[columns] is a table"),
        ('[columns]\nARR = "money"', "is no field; fields are"),
        ('[columns.ARR]\ndecimals = ","', "takes the name of a field"),
        ('[columns.ARR]\ndecimal = ";"', 'decimal is "." or ","'),
        ('[columns.ARR]\ncurrency = "Dollar"', "ISO 4217"),
        ('[columns.ARR]\nunit = "points"', "unit is"),
        ('dates = "year last"', "dates is one of"),
        ("colums = 1", "colums is not known"),
        ("= 1", "MAP is no TOML"),
    ],
)
def test_a_map_that_is_wrong_is_refused_by_its_entry(given: str, reason: str) -> None:
    with pytest.raises(UnreadableTableError, match=reason.replace("[", r"\[").replace(".", r"\.")):
        read("Account ID,ARR\nA,1\n", given)


def test_a_moment_is_a_day_in_the_teams_zone() -> None:
    text = "Account ID,Last Interaction\nA,2026-03-02T00:30:00Z\nB,2026-02-27T12:00:00Z\n"
    los_angeles = read(text, timezone="America/Los_Angeles")
    assert los_angeles.accounts[0].values["last_interaction"] == day("2026-03-01")


def test_days_that_a_tool_writes_as_midnight_are_days_in_every_zone() -> None:
    text = "Account ID,Contract End Date\nA,2026-05-31T00:00:00.000Z\n"
    reading = read(text, timezone="America/Los_Angeles")
    assert reading.accounts[0].values["contract_end"] == day("2026-05-31")


def test_a_months_revenue_is_a_years_only_where_no_years_is_given() -> None:
    assert arr(read("Account ID,MRR\nA,100\n")) == [1200]
    both = read("Account ID,MRR,ARR\nA,100,1000\n")
    assert arr(both) == [1000]
    assert both.left_out[0].reason == "ARR is given beside it"


def test_seats_in_use_are_a_share_of_those_bought() -> None:
    reading = read("Account ID,Seats,Active users\nA,100,80\nB,0,12\nC,0,0\nD,10,50\n")
    assert [account.values.get("seats_utilization_rate") for account in reading.accounts] == [0.8, None, None, None]
    assert "B: no seats bought and 12 in use, so utilisation is unknown" in reading.notes


def test_two_ends_of_a_contract_that_differ_give_none() -> None:
    reading = read("Account ID,Renewal Date,Contract End Date\nA,2026-04-01,2026-03-31\n")
    assert "contract_end" not in reading.accounts[0].values
    assert [column.field for column in reading.refused] == ["contract_end", "contract_end"]


def test_a_unit_that_a_field_does_not_have_refuses_the_column() -> None:
    reading = read("Account ID,Open Tickets %,Seats (k),Seats Used %\nA,4,2,80\n")
    assert [column.heading for column in reading.refused] == ["Open Tickets %", "Seats (k)"]
    assert reading.accounts[0].values["seats_utilization_rate"] == 0.8


def test_ids_of_other_tools_and_domains_become_external_ids() -> None:
    reading = read(
        "Account ID,Stripe Customer ID,Zendesk Organization ID,Website\nA,cus_1,42,https://www.acme.example\n"
    )
    assert reading.accounts[0].values["external_ids"] == "stripe:cus_1, zendesk:42, domain:acme.example"


def test_no_heading_is_both_a_field_and_none() -> None:
    known = _dictionary()
    assert not known.fields.keys() & known.left_out.keys()
    assert not known.fields.keys() & known.two_readings.keys()
    assert not known.left_out.keys() & known.two_readings.keys()
