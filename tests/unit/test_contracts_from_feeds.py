"""What a feed delivers of contracts is the account's contract: before what was typed, and never late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from customer_success.accounts.account import Account
from customer_success.accounts.row import AccountRow
from customer_success.renewals.contracts import Group, contract_of
from customer_success.signals.contracts import Contracts, ContractTerms
from customer_success.signals.stamped import Stamp, Stamped
from tests.builders.accounts import TODAY, account, dying
from tests.builders.scans import World

TYPED = TODAY + timedelta(days=200)
DELIVERED = TODAY + timedelta(days=20)


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def deliver(world: World, on: int = 0, account_id: str = "A-0001", *, snapshot: bool = False, **terms: Any) -> None:
    line = {"account": account_id, **{name: str(v) if isinstance(v, date) else v for name, v in terms.items()}}
    at = datetime.combine(day(on), time(3), UTC)
    assert world.inbox.take("contracts", line, at=at, source="billing", snapshot=snapshot).refused == 0


def stored(world: World) -> Account:
    return world.rows.rows["A-0001"].account


def digest(world: World) -> str:
    latest = list(world.digests.digests.values())[-1]
    return "\n".join(line.text for section in latest.sections for line in section.lines)


def test_the_contract_of_a_feed_goes_before_a_typed_one_and_the_difference_is_listed() -> None:
    # GIVEN a page with a contract that ends in 200 days, and a feed that has its terms
    world = World([account(1, contract_end=TYPED, auto_renew=True)])
    deliver(world, end=DELIVERED, notice_days=30, term_months=12)
    # WHEN the book is scanned
    world.scan()
    # THEN the feed's terms count, and what it does not say stays as it was typed
    known = stored(world)
    assert (known.contract_end, known.notice_days, known.auto_renew, known.term_months) == (DELIVERED, 30, True, 12)
    assert known.signals_on(TODAY)["days_to_renewal"] == 20
    # AND the contract check works by them
    contract = contract_of(world.rows.rows["A-0001"])
    assert contract is not None
    assert (contract.group(TODAY), contract.notice_by) == (Group.WITHIN_30, DELIVERED - timedelta(days=30))
    # AND where they came from is stored and shown
    point = world.history.points["A-0001", TODAY]
    assert (point.sources["days_to_renewal"].source, point.sources["days_to_renewal"].as_of) == ("billing", TODAY)
    page = world.rows.rows["A-0001"].latest.page
    assert page is not None
    assert "Contract end: billing, 2 March" in page.sources
    assert f"contract end {TYPED} on the page, {DELIVERED} in billing" in digest(world)
    # AND the row is read as it was written
    adapter = TypeAdapter(AccountRow)
    row = world.rows.rows["A-0001"]
    assert (
        adapter.validate_json(adapter.dump_json(row, by_alias=True, round_trip=True)).account.contract_end == DELIVERED
    )


def test_a_contract_raises_the_alert_that_a_typed_end_would_have_raised() -> None:
    world = World([dying(1, contract_end=None)])
    deliver(world, end=DELIVERED)
    world.scan()
    assert [alert.contract_end for alert in world.topic.sent_individually.values()] == [DELIVERED]


def test_an_emptied_cell_of_a_feed_takes_its_value_back() -> None:
    world = World([account(1, contract_end=TYPED)])
    deliver(world, end=DELIVERED, notice_days=30)
    world.scan()
    # WHEN the next file has the end empty  THEN the typed one counts again
    deliver(world, 1, notice_days=60)
    world.scan(day(1))
    assert (stored(world).contract_end, stored(world).notice_days) == (TYPED, 60)
    assert stored(world).terms.keys() == {"notice_days"}


def test_a_contract_is_never_late_and_a_person_goes_before_one_of_long_ago() -> None:
    # GIVEN a file of contracts that came once
    world = World([account(1, contract_end=None)])
    end = TODAY + timedelta(days=400)
    deliver(world, end=end)
    # WHEN 100 days pass  THEN its end stands, and no feed is called late
    world.scan(day(100))
    assert stored(world).contract_end == end
    assert "Late: contracts" not in digest(world)
    # WHEN a person types another end  THEN that counts, as the feed is silent for long
    world.accounts = [account(1, contract_end=TYPED)]
    world.scan(day(101))
    assert stored(world).contract_end == TYPED


def test_a_property_that_disappears_takes_nothing_from_a_fed_contract() -> None:
    world = World([account(1, contract_end=TYPED)])
    world.book.properties = {"contract_end": "Contract End Date", "status": "Status", "owner_email": "Owner Email"}
    deliver(world, end=DELIVERED)
    world.scan()
    # WHEN the property is taken out of the book, and the feed delivers a renewal
    world.book.properties = {"status": "Status", "owner_email": "Owner Email"}
    world.accounts = [replace(world.accounts[0], contract_end=None)]
    renewed = DELIVERED + timedelta(days=365)
    deliver(world, 1, end=renewed)
    world.scan(day(1))
    # THEN the feed's end counts, and nothing stands as the last known
    assert (stored(world).contract_end, dict(stored(world).last_known)) == (renewed, {})


@pytest.mark.parametrize("terms", [{"no_end": True}, {"term_months": 1}], ids=["no end", "monthly"])
def test_an_open_ended_contract_is_in_no_danger_by_its_date(terms: dict[str, Any]) -> None:
    # GIVEN an account that alerts by the end of its contract
    world = World([dying(1, contract_end=DELIVERED)])
    world.scan()
    assert world.rows.rows["A-0001"].latest.last.score.churn_trigger == "both"  # type: ignore[union-attr]
    # WHEN a feed says that the contract is open-ended
    deliver(world, 1, end=DELIVERED, **terms)
    world.scan(day(1))
    # THEN the date counts no more: that it does not apply is no unknown value, of which the last one stands
    row = world.rows.rows["A-0001"]
    assert "days_to_renewal" not in row.account.signals_on(day(1))
    assert "days_to_renewal" not in row.latest.last_known
    # AND the contract check has it in a group of its own, without a deadline
    contract = contract_of(row)
    assert contract is not None
    assert contract.group(day(1)) is Group.OPEN_ENDED
    assert contract.notice_by is None


@pytest.mark.parametrize("terms", [{"no_end": True}, {"term_months": 3}], ids=["no end", "quarterly"])
def test_a_typed_contract_is_open_ended_too_without_any_feed(terms: dict[str, Any]) -> None:
    world = World([dying(1, contract_end=DELIVERED, **terms), dying(2, contract_end=DELIVERED, term_months=4)])
    world.scan()
    triggers = {id_: row.latest.last.score.churn_trigger for id_, row in world.rows.rows.items() if row.latest.last}
    assert triggers == {"A-0001": "behavioral", "A-0002": "both"}


def terms(end: int | None = None, **facts: Any) -> ContractTerms:
    return ContractTerms(None if end is None else day(end), **facts)


@pytest.mark.parametrize(
    ("several", "counts"),
    [
        ([terms(400), terms(30), terms(-5)], terms(30)),
        ([terms(-5), terms(0)], terms(0)),
        ([terms(-5), terms(-90)], terms(-5)),
        ([terms(-5), terms(no_end=True)], terms(no_end=True)),
        ([terms(30), terms(no_end=True)], terms(30)),
        ([terms(notice_days=30), terms(-5)], terms(-5)),
        ([], None),
    ],
)
def test_of_several_contracts_the_next_to_end_counts(
    several: list[ContractTerms], counts: ContractTerms | None
) -> None:
    stamp = Stamp(datetime(2026, 3, 1, tzinfo=UTC), "hash")
    held = Contracts({str(number): Stamped(one, stamp) for number, one in enumerate(several)})
    assert held.present(TODAY) == counts


def test_of_two_contracts_that_stand_alike_the_one_delivered_last_counts() -> None:
    # GIVEN two without an end, under two ids of an account, of two deliveries or of one
    earlier, later = (Stamp(datetime(2026, 3, number, tzinfo=UTC), "hash") for number in (1, 2))
    for stamps in ((earlier, later), (later, later)):
        held = dict(zip(("1", "A-1"), map(Stamped, (terms(), terms(notice_days=30)), stamps), strict=True))
        # THEN the same one counts, in either order
        for stored_as in (held, dict(reversed(held.items()))):
            assert Contracts(stored_as).present(TODAY) == terms(notice_days=30)


def test_a_contract_that_a_complete_file_lacks_is_over() -> None:
    # GIVEN two contracts of an account, under its id and under its domain
    world = World([replace(account(1, contract_end=None), external_ids="domain:acme.example")])
    world.scan()
    deliver(world, end=day(30))
    deliver(world, account_id="acme.example", end=day(90))
    world.scan(day(1))
    assert stored(world).contract_end == day(30)
    # WHEN a complete file has one of them left  THEN that one counts
    deliver(world, 2, "acme.example", end=day(90), snapshot=True)
    world.scan(day(2))
    assert stored(world).contract_end == day(90)
