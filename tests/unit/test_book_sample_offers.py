"""The bundled book shows all that expansion has to show: each type, each confidence, and many reasons to hold back."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import get_args

import pytest

from customer_success.accounts.account import Account
from customer_success.accounts.readable_signals import readable_signals
from customer_success.adoption.feature_usage import FeatureUsage
from customer_success.expansion.policy import is_candidate, never_offered
from customer_success.expansion.price_list import PriceList
from customer_success.expansion.rationale import rationales
from customer_success.narration.offer_evidence import Rationale
from customer_success.schemas import Confidence, OpportunityType
from local.demo.options import SAMPLE_BOOK, SAMPLE_DAY
from local.deployment import PRICE_LIST
from local.sandbox import Sandbox
from local.spreadsheets.book import read_book
from local.spreadsheets.changes import changed, changes_beside
from local.spreadsheets.rows import notion_rows
from local.spreadsheets.usage import usage_rows, usage_sheet
from tests.builders.books import accounts_in_notion, usage_in_notion
from tests.builders.scans import World

Found = dict[str, tuple[Account, tuple[str, ...], tuple[Rationale, ...]]]
"""Of each candidate why it may be offered nothing, and what speaks for an offer."""


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> list[Found]:
    """The candidates of the first two days."""
    with Sandbox(tmp_path_factory.mktemp("sample")) as sandbox:
        return list(_days(sandbox))


def _days(sandbox: Sandbox) -> Iterator[Found]:
    world, book, changes = World([]), read_book(SAMPLE_BOOK), changes_beside(SAMPLE_BOOK)
    for number in (1, 2):
        today, day = (
            changed(book, [change for change in changes if change.day <= number]),
            SAMPLE_DAY + timedelta(number - 1),
        )
        world.accounts = accounts_in_notion(sandbox, notion_rows(today, SAMPLE_DAY))
        world.scan(day)
        yield _found(world, _usage(sandbox), day)


def _found(world: World, usage: Mapping[str, list[FeatureUsage]], day: date) -> Found:
    prices, found = PriceList.model_validate_json(PRICE_LIST), {}
    for row in world.rows.every():
        if is_candidate(row, day):
            account, signals = row.account, readable_signals(row.account, day).signals
            why = never_offered(account, signals, row.latest.alert_state, day)
            found[row.account_id] = (
                account,
                why,
                rationales(account, signals, usage.get(row.account_id, []), prices, run_date=day),
            )
    return found


def _usage(sandbox: Sandbox) -> dict[str, list[FeatureUsage]]:
    """The feature usage by account; Notion gives a hundred rows at once."""
    sheet = usage_sheet(SAMPLE_BOOK)
    assert sheet
    usage, found = usage_rows(sheet, read_book(SAMPLE_BOOK), SAMPLE_DAY), dict[str, list[FeatureUsage]]()
    for at in range(0, len(usage.rows), 100):
        for row in usage_in_notion(sandbox, replace(usage, rows=usage.rows[at : at + 100])):
            found.setdefault(row.holder, []).append(row)
    return found


def may_be_offered(found: Found) -> list[Rationale]:
    return [rationale for _, why, all_rationales in found.values() if not why for rationale in all_rationales]


def test_the_first_day_has_offers_of_each_type_and_confidence_with_and_without_a_price(days: list[Found]) -> None:
    offers = may_be_offered(days[0])
    assert {offer.opportunity_type for offer in offers} == set(get_args(OpportunityType))
    assert {offer.confidence for offer in offers} == set(get_args(Confidence))
    assert {offer.estimated_arr_impact is None for offer in offers if offer.opportunity_type == "module"} == {
        True,
        False,
    }


def test_some_offers_are_only_recorded_and_some_candidates_have_no_seller(days: list[Found]) -> None:
    allowed = {account_id: offers for account_id, (_, why, offers) in days[0].items() if not why}
    only_recorded = [each for each, offers in allowed.items() if any(offer.confidence == "low" for offer in offers)]
    assert 4 <= len(only_recorded) < len(allowed) - 8
    assert 0 < sum(account.sales_email is None for account, _, _ in days[0].values()) < len(days[0]) / 2


def test_an_account_whose_signals_are_too_old_is_offered_something_once_they_are_brought_up_to_date(
    days: list[Found],
) -> None:
    assert ("FW-117" in days[0], "FW-117" in days[1]) == (False, True)


def test_the_second_day_holds_back_for_many_reasons_and_brings_seats_beyond_those_bought(days: list[Found]) -> None:
    reasons = Counter(reason.split(" ", 1)[0] for _, why, _ in days[1].values() for reason in why)
    assert reasons.keys() >= {"the", "escalations", "stakeholder", "ticket", "invoices"}
    (seats,) = (offer for offer in days[1]["FW-117"][2] if offer.opportunity_type == "seats")
    assert (seats.confidence, seats.estimated_arr_impact) == ("high", 1800)
