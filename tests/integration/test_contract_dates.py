"""The end of a contract, from what a person typed into Notion to the day on which the check counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from customer_success.paging import Bookmark
from customer_success.renewals.contracts import Group
from local.sandbox import Sandbox
from tests.builders.contract_checks import Mornings
from tests.builders.notion_books import account_book, load_book, row

DAY = date(2026, 5, 20)
THE_31ST = date(2026, 5, 31)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path).start() as sandbox:
        yield sandbox


def checked(sandbox: Sandbox, **properties: dict[str, Any]) -> tuple[date | None, dict[str, Any], Mornings]:
    """The end as it is read from a page with these properties, and the check of `DAY`."""
    source = load_book(sandbox, [row(1, **properties)]).data_source_id
    (page,) = account_book(sandbox, source).read(Bookmark())
    world = Mornings(list(page.accounts))
    world.scan(DAY)
    return page.accounts[0].contract_end, world.check(DAY), world


@pytest.mark.parametrize(
    "typed",
    [
        {"start": "2026-05-31"},
        {"start": "2026-05-30T23:30:00.000-08:00"},
        {"start": "2026-06-01T00:30:00.000+13:00"},
        {"start": "2025-06-01", "end": "2026-05-31"},
        {"start": "2025-06-01T09:00:00.000+02:00", "end": "2026-05-30T23:59:00.000-10:00"},
    ],
    ids=["a day", "late in Los Angeles", "early in Auckland", "a span", "a span with times"],
)
def test_a_contract_ends_on_its_day_in_the_tenants_zone(sandbox: Sandbox, typed: dict[str, str]) -> None:
    # GIVEN a contract's end, as a day, with a time and an offset, or as the span of the contract
    # WHEN it is read and checked
    end, result, world = checked(sandbox, Contract_End_Date={"date": typed})
    # THEN it is the 31st of the tenant's zone, UTC, eleven days away
    assert end == THE_31ST
    assert result["groups"][Group.WITHIN_30] == 1
    assert "Account 1: 2026-05-31 (in 11 days)" in world.renewals_text(DAY)
    assert world.reviews_asked_for == {"contract:A-1:2026-05-31"}


@pytest.mark.parametrize("properties", [{}, {"Contract_End_Date": {"date": None}}], ids=["never set", "emptied"])
def test_a_contract_without_an_end_is_counted_and_named(sandbox: Sandbox, properties: dict[str, Any]) -> None:
    end, result, world = checked(sandbox, **properties)
    assert end is None
    assert (result["dated"], result["undated"], result["qbrs"]) == (0, 1, 0)
    assert "No end date: 1 contract, ARR 0 and 1 unknown\nAccount 1: no owner" in world.renewals_text(DAY)


def test_the_terms_of_a_contract_come_from_the_accounts_page(sandbox: Sandbox) -> None:
    # GIVEN terms as people typed them  WHEN they are read and checked
    terms: dict[str, Any] = {
        "Contract_End_Date": {"date": {"start": "2026-12-02T01:00:00.000+13:00"}},
        "Notice_Days": {"number": 180},
    }
    _, result, world = checked(sandbox, **terms, **{"Auto-Renew": {"select": {"name": "Yes"}}})
    # THEN the day for giving notice counts from the day in the tenant's zone
    assert result["notice_deadlines"] == 1
    assert "renews by itself unless notice is given by 2026-06-04" in world.renewals_text(DAY)
