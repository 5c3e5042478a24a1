"""What became of contracts is captured from pages and statuses, stored for good, and asked for where it is unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from customer_success.errors import Unavailable
from customer_success.outcomes.outcome import ContractOutcome, outcomes_of
from customer_success.periods import Calendar
from customer_success.signals.slots import Holder
from tests.builders.accounts import TODAY, account
from tests.builders.contract_checks import Mornings

ASKED = "What became of"
MONDAY = TODAY
assert MONDAY.weekday() == 0


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def morning(world: Mornings, number: int = 0) -> dict[str, Any]:
    world.scan(day(number))
    return world.check(day(number))


def stored(world: Mornings, account_id: str = "A-0001") -> list[ContractOutcome]:
    holder = Holder.account(account_id)
    return outcomes_of(account_id, world.inbox.observations.get_many([holder], "outcomes").get(holder, {}))


def kinds(world: Mornings) -> list[tuple[str, date]]:
    return [(outcome.kind, outcome.at) for outcome in stored(world)]


def test_an_outcome_on_a_page_is_captured_and_stays_when_the_page_is_cleared() -> None:
    # GIVEN a page on which a person wrote what became of the contract
    renewed = account(1, outcome="renewed", outcome_date=day(-3), outcome_arr=1200.0)
    world = Mornings([renewed])
    # WHEN the contracts are checked, twice
    morning(world)
    morning(world, 1)
    # THEN it is stored once, whole
    assert stored(world) == [ContractOutcome("A-0001", "renewed", day(-3), "notion", arr=1200.0)]
    # AND it stays when the page is cleared for the next term
    world.accounts = [replace(renewed, outcome=None, outcome_date=None, outcome_arr=None)]
    morning(world, 2)
    assert kinds(world) == [("renewed", day(-3))]
    # AND the next term's outcome stands beside it
    world.accounts = [replace(renewed, outcome="churned", outcome_date=day(362))]
    morning(world, 363)
    assert kinds(world) == [("renewed", day(-3)), ("churned", day(362))]


def test_a_corrected_outcome_counts_alone() -> None:
    world = Mornings([account(1, outcome="renewed", outcome_date=day(-3))])
    morning(world)
    # WHEN kind, then day are corrected
    world.accounts = [account(1, outcome="churned", outcome_date=day(-3))]
    morning(world, 1)
    assert kinds(world) == [("churned", day(-3))]
    world.accounts = [account(1, outcome="churned", outcome_date=day(-10))]
    morning(world, 2)
    # THEN one outcome is left
    assert kinds(world) == [("churned", day(-10))]


def test_a_status_that_means_left_is_a_churn_on_the_day_it_was_first_seen() -> None:
    # GIVEN a customer who is in the book, and one who had left before the first scan
    world = Mornings([account(1), account(2, status="Churned")])
    morning(world)
    # WHEN the first one leaves
    world.accounts = [account(1, status="Churned"), world.accounts[1]]
    for number in (1, 2, 3):
        morning(world, number)
    # THEN the day is that of the first sight, and nothing is known of when the other left
    assert stored(world) == [ContractOutcome("A-0001", "churned", day(1), "status", arr_before=1000.0, arr=0.0)]
    assert stored(world, "A-0002") == []
    # AND one who was marked by mistake and is back did not churn
    world.accounts = [account(1), world.accounts[1]]
    morning(world, 4)
    assert stored(world) == []


def test_contracts_that_ended_without_a_known_outcome_are_asked_for_on_mondays() -> None:
    # GIVEN a contract that ended without an outcome, one with an outcome, one that is signed, and one to come
    ended = day(-5)
    world = Mornings(
        [
            account(1, contract_end=ended),
            account(2, contract_end=ended, outcome="renewed", outcome_date=day(-20)),
            account(3, contract_end=ended, renewal_stage="Signed"),
            account(4),
            account(5, contract_end=day(-8), outcome="renewed", outcome_date=day(-300)),
            account(6, contract_end=day(-400)),
        ]
    )
    # WHEN the contracts are checked on a Monday
    morning(world)
    # THEN the first is asked for, and the one whose outcome is of an earlier term, the larger one first
    text = world.renewals_text()
    assert "What became of these 2 contracts?" in text
    asked = text.partition(ASKED)[2]
    assert asked.index("Account 5: ended on 2026-02-22, ARR 5,000") < asked.index("Account 1: ended on 2026-02-25")
    assert "Fill in Outcome and Outcome Date on the account's page" in asked
    # AND not on other days
    morning(world, 1)
    assert ASKED not in world.renewals_text(day(1))


def test_an_outcome_that_came_by_the_api_answers_too_and_one_of_a_removed_account_finds_it() -> None:
    # GIVEN an account that was removed from the book after its contract had ended
    world = Mornings([account(1, contract_end=day(-5)), *(account(n) for n in range(2, 6))])
    morning(world)
    world.accounts = world.accounts[1:]
    morning(world, 1)
    assert world.rows.rows["A-0001"].latest.status == "gone"
    # WHEN its outcome is delivered
    line = {"account": "A-0001", "outcome": "churned", "at": str(day(-5)), "decision_date": str(day(-60)), "arr": 0}
    at = datetime.combine(day(2), time(3), UTC)
    assert world.inbox.take("outcomes", line, at=at, source="crm").joined == 1
    # THEN it is stored whole, and is not asked for any more
    found = ContractOutcome("A-0001", "churned", day(-5), "crm", decision_date=day(-60), arr=0.0)
    assert stored(world) == [found]
    morning(world, 7)
    assert ASKED not in world.renewals_text(day(7))
    # AND it can be corrected, and taken back
    world.inbox.take("outcomes", {**line, "outcome": "renewed"}, at=at + timedelta(hours=1), source="crm")
    assert [outcome.kind for outcome in stored(world)] == ["renewed"]
    world.inbox.take("outcomes", {**line, "outcome": None}, at=at + timedelta(hours=2), source="crm")
    assert stored(world) == []


def test_outcomes_of_many_years_stay() -> None:
    world = Mornings([account(1)])
    world.scan()
    lines = [{"account": "A-0001", "outcome": "renewed", "at": f"{year}-03-01"} for year in range(2010, 2027)]
    world.inbox.take("outcomes", *lines, source="crm")
    assert len(stored(world)) == 17


def test_outcomes_that_cannot_be_stored_do_not_hold_up_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Mornings([account(1, outcome="renewed", outcome_date=day(-3))])
    world.scan()

    def fails(*_: Any) -> Any:
        raise Unavailable("the table is throttled")

    monkeypatch.setattr(world.inbox.observations, "put", fails)
    assert world.check()["read"] == 1
    monkeypatch.undo()
    # THEN they are captured on the next day
    morning(world, 1)
    assert kinds(world) == [("renewed", day(-3))]


def test_a_week_begins_on_its_first_working_day() -> None:
    calendar = Calendar(frozenset({day(0)}))
    assert [number for number in range(14) if calendar.begins_week(day(number))] == [1, 7]
