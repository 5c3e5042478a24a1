"""Headings of a book become properties under any usual name; unknown ones are reported."""

import pytest

from local.spreadsheets.columns import recognise


@pytest.mark.parametrize(
    ("heading", "meant"),
    [
        ("rep", "Owner Email"),
        ("CSM", "Owner Email"),
        ("Company name", "Name"),
        ("account_id", "Account ID"),
        ("contract_end_date", "Contract End Date"),
        ("Renewal  Date", "Contract End Date"),
        ("nps_score", "NPS"),
        ("tam_health_rag", "Health Status"),
        ("auto-renew", "Auto-Renew"),
        ("ESCALATION_COUNT_90_DAYS", "Escalations 90d"),
        ("ROI hours saved", "ROI hours saved"),
    ],
)
def test_a_column_is_known_by_the_names_people_give_it(heading: str, meant: str) -> None:
    (column,) = recognise([heading]).columns
    assert column.property == meant


@pytest.mark.parametrize("heading", ["mrr", "date", "health", "score", "", "Owner's dog"])
def test_a_heading_that_could_mean_several_things_is_left_out_and_named(heading: str) -> None:
    recognised = recognise([heading])
    assert recognised.columns == ()
    assert [ignored.heading for ignored in recognised.ignored] == [heading]


def test_of_two_columns_that_mean_the_same_the_first_counts_and_the_second_is_reported() -> None:
    # GIVEN a book with an owner and a rep
    recognised = recognise(["Name", "Owner", "rep"])
    # THEN one of them is the owner, and the other says why it is not
    assert [column.heading for column in recognised.columns] == ["Name", "Owner"]
    assert str(recognised.ignored[0]) == "rep: means the same as 'Owner'"


def test_what_the_scan_writes_is_not_read_from_an_exported_book() -> None:
    recognised = recognise(["Name", "CSM Health Score", "csm_why"])
    assert [str(ignored) for ignored in recognised.ignored] == [
        "CSM Health Score: written by the scan itself",
        "csm_why: written by the scan itself",
    ]


def test_days_to_renewal_stand_behind_a_contract_end_and_are_not_taken_for_it() -> None:
    recognised = recognise(["days_to_renewal", "contract_end_date"])
    assert [(column.heading, column.kind) for column in recognised.columns] == [
        ("contract_end_date", "date"),
        ("days_to_renewal", "days"),
    ]
    end = recognised.named("Contract End Date")
    assert end is not None
    assert end.heading == "contract_end_date"
