"""Properties of an account book that the team already has are recognised by the many names they may have."""

from __future__ import annotations

from typing import Any

from connectors.notion.names import PropertyNames
from connectors.notion.schema import accounts_schema
from local.notion.setup.mapping import mapped, not_there

Json = dict[str, Any]


def book(**kinds: str) -> Json:
    """Properties as Notion shows them, an underscore in a name being a space."""
    return {name.replace("_", " "): {"type": kind, kind: {}} for name, kind in kinds.items()}


def theirs(found: Json, **chosen: str) -> dict[str, str]:
    return dict(mapped(found, chosen).theirs)


def test_names_of_ours_are_no_mapping() -> None:
    found = {name: {"type": next(iter(about)), **about} for name, about in accounts_schema(PropertyNames()).items()}
    what = mapped(found, {})
    assert (what.theirs, what.unclear, what.same) == ({}, {}, len(found))
    assert what.names == PropertyNames()


def test_case_spaces_and_punctuation_do_not_matter() -> None:
    found = book(Name="title", **{"account-ID": "rich_text", "contractend date": "date", "CSM_health_score": "number"})
    assert theirs(found) == {
        "account_id": "account-ID",
        "contract_end": "contractend date",
        "health_score": "CSM health score",
    }


def test_a_name_that_books_use_is_recognised_where_its_type_fits() -> None:
    found = book(Name="title", Plan_tier="select", Sector="checkbox", Annual_recurring_revenue="number", CSM="people")
    assert theirs(found) == {"plan": "Plan tier", "arr": "Annual recurring revenue", "owner_email": "CSM"}


def test_the_same_name_of_another_type_is_meant_all_the_same() -> None:
    """Its type is reported then, where a second property beside it would only confuse."""
    assert theirs(book(Name="title", arr="rich_text")) == {"arr": "arr"}


def test_our_own_name_counts_before_all_others() -> None:
    assert theirs(book(Name="title", ARR="rich_text", arr="number", Annual_recurring_revenue="number")) == {}


def test_ambiguous_matches_are_reported_and_none_is_taken() -> None:
    what = mapped(book(Name="title", Last_contact="date", Last_contact_date="date"), {})
    assert what.theirs == {}
    assert what.unclear == {"Last Interaction": ["Last contact", "Last contact date"]}


def test_of_several_the_one_whose_type_fits_is_meant() -> None:
    assert theirs(book(Name="title", Last_contact="date", Last_contact_date="files")) == {
        "last_interaction": "Last contact"
    }
    assert theirs(book(Name="title", aRR="files", Arr="number")) == {"arr": "Arr"}


def test_what_the_team_chose_is_not_guessed_and_free_for_nothing_else() -> None:
    found = book(Name="title", Last_contact="date", Last_contact_date="date", Tier="select")
    chosen = {"last_interaction": "Last contact date", "industry": "Tier"}
    what = mapped(found, chosen)
    assert what.unclear == {}
    assert what.theirs == chosen
    assert what.names.last_interaction == "Last contact date"


def test_a_choice_that_is_our_own_name_is_no_mapping() -> None:
    assert theirs(book(Name="title", ARR="number"), arr="ARR") == {}


def test_the_teams_own_score_is_never_taken_for_what_the_scan_writes() -> None:
    """GIVEN a team with a churn risk and a next step of its own, THEN the scan must not write over them."""
    found = book(Name="title", Churn_Risk="select", Next_Step="rich_text", Health_Score="number", Last_Scan="date")
    assert theirs(found) == {}


def test_what_is_written_needs_a_type_that_takes_it() -> None:
    """GIVEN a verdict that a formula computes: it could be read, but people's verdicts could not be written to it."""
    assert theirs(book(Name="title", Verdict="formula")) == {}
    assert theirs(book(Name="title", Verdict="select")) == {"verdict": "Verdict"}


def test_the_title_is_the_accounts_name_under_any_property_name() -> None:
    assert theirs(book(Customer="title")) == {"name": "Customer"}
    assert theirs(book(Deal="title")) == {"name": "Deal"}
    assert theirs(book(Deal="title", Company="rich_text")) == {"name": "Company"}
    assert theirs(book(Company="title", Customer="rich_text")) == {"name": "Company"}


def test_days_are_no_date() -> None:
    assert theirs(book(Name="title", days_to_renewal="formula")) == {}


def test_a_name_that_the_deployment_cannot_take_is_not_recognised() -> None:
    found = book(Name="title", **{'a"rr': "number", "annual recurring\\revenue": "number"})
    assert theirs(found) == {}


def test_our_own_name_may_be_chosen_for_what_is_yet_to_be_added_but_not_for_a_title_of_another_name() -> None:
    found = book(Company="title")
    assert not_there("Customers", found, {"arr": "ARR", "name": "Company"}) == []
    assert not_there("Customers", found, {"name": "Name"}) == [
        "name: there is no property 'Name' in 'Customers'; its title is 'Company'"
    ]


def test_a_chosen_name_in_another_case_is_close_to_the_one_that_is_meant() -> None:
    [reported] = not_there("Customers", book(Company="title", customer_id="rich_text"), {"account_id": "CUSTOMER ID"})
    assert reported == "account_id: there is no property 'CUSTOMER ID' in 'Customers'; close to it: 'customer id'"
