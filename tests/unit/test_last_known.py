"""A property that disappears from the book is named, and says nothing about any account; an emptied cell does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from customer_success.accounts.account import Account
from customer_success.accounts.last_known import IN_WORDS
from customer_success.accounts.outward import marks
from tests.builders.accounts import TODAY, account
from tests.builders.scans import World

END = TODAY + timedelta(days=200)
ALL = {
    "status": "Status",
    "owner_email": "Owner Email",
    "contract_end": "Contract End Date",
    "invoice_payment_status": "Invoice Status",
}


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def without(*fields: str) -> dict[str, str]:
    return {field: name for field, name in ALL.items() if field not in fields}


def scanned(days: Sequence[int], *absent: str, given: Account | None = None) -> World:
    """A book that was read whole, and on `days` without these properties."""
    world = World([given or account(1, contract_end=END)])
    world.book.properties = ALL
    world.scan()
    world.book.properties = without(*absent)
    world.accounts = [replace(world.accounts[0], **dict.fromkeys(set(absent) & IN_WORDS.keys()))]
    for number in days:
        world.scan(day(number))
    return world


def stored(world: World) -> Account:
    return world.rows.rows["A-0001"].account


def digest_lines(world: World) -> list[str]:
    digest = list(world.digests.digests.values())[-1]
    return [
        line.text
        for section in digest.sections
        if section.title == "Properties of the account book"
        for line in section.lines
    ]


def test_the_last_known_end_owner_and_status_stand_for_seven_days_named_with_their_date() -> None:
    fields = ("status", "owner_email", "contract_end")
    # GIVEN a book that lost three properties  WHEN it is scanned for a week
    world = scanned(range(1, 8), *fields)
    # THEN their last values stand, with the day on which they were read
    known = stored(world)
    assert (known.status, known.owner_email, known.contract_end) == ("Active", "ada@example.com", END)
    assert dict(known.last_known) == dict.fromkeys(fields, TODAY)
    assert f"contract end as of {TODAY}, as its property is no longer in the book" in marks(known)
    # WHEN a day more passes  THEN they are unknown, and the status holds what goes outwards
    world.scan(day(8))
    known = stored(world)
    assert (known.status, known.owner_email, known.contract_end) == (None, None, None)
    assert any("status is not known since" in mark for mark in marks(known))


def test_who_left_stays_inactive_when_the_status_disappears() -> None:
    world = scanned([1], "status", given=account(1, status="Churned"))
    assert world.rows.rows["A-0001"].latest.status == "skipped"


def test_an_emptied_cell_retracts_its_value() -> None:
    # GIVEN a book whose properties are all there  WHEN a cell is emptied
    world = World([account(1, contract_end=END)])
    world.book.properties = ALL
    world.scan()
    world.accounts = [replace(world.accounts[0], contract_end=None)]
    world.scan(day(1))
    # THEN its value is unknown at once
    assert (stored(world).contract_end, dict(stored(world).last_known)) == (None, {})


def test_the_same_day_scanned_again_comes_to_the_same_end() -> None:
    world = scanned([1], "contract_end")
    before = stored(world)
    world.scan(day(1), request="again", force=True)
    assert stored(world) == before


def test_a_property_that_comes_back_counts_again() -> None:
    world = scanned([1, 2], "contract_end")
    world.book.properties = ALL
    world.accounts = [account(1, contract_end=END + timedelta(days=365))]
    world.scan(day(3))
    assert (stored(world).contract_end, dict(stored(world).last_known)) == (END + timedelta(days=365), {})
    assert digest_lines(world) == []


def test_a_property_that_disappeared_is_named_until_it_is_back_or_28_days_are_over() -> None:
    # GIVEN a book that lost a property  WHEN it is scanned
    world = scanned([1], "invoice_payment_status")
    # THEN the digest names it
    assert digest_lines(world)[0] == (
        "The property 'Invoice Status' was there at the last scan and is not now: what it says is unknown."
    )
    # AND later on with the day
    world.scan(day(3))
    assert digest_lines(world)[0].startswith(f"The property 'Invoice Status' was there at the scan of {TODAY} and")
    for number in range(4, 29):
        world.scan(day(number))
    assert digest_lines(world)
    world.scan(day(29))
    assert digest_lines(world) == []


def test_the_digest_says_until_when_the_last_known_values_stand() -> None:
    world = scanned([1], "contract_end")
    assert digest_lines(world)[0].endswith(
        f"of each account the last known contract end, as of {TODAY}, stands until {day(7)}."
    )


@pytest.mark.parametrize("properties", [None, ALL])
def test_where_nothing_disappeared_the_digest_has_no_such_section(properties: dict[str, str] | None) -> None:
    world = World([account(1)])
    world.book.properties = properties
    world.scan()
    world.scan(day(1))
    assert digest_lines(world) == []
    assert dict(stored(world).last_known) == {}


def test_the_digest_says_which_values_are_added_up() -> None:
    world = World([account(1, added_up=("ARR",)), account(2, added_up=("ARR",)), account(3)])
    world.scan()
    assert digest_lines(world) == ["'ARR' shows several values in 2 accounts: they are added up, equal ones too."]
