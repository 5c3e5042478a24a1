"""What `make doctor` says of the accounts in Notion, and of databases that stand otherwise than usual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import boto3
import pytest

from connectors.notion.client import NotionClient
from connectors.notion.databases import Database, related_databases
from connectors.notion.names import PropertyNames
from connectors.notion.setup import FoundDatabase
from customer_success.accounts.account import Unreadable
from local.doctor.notion import SIGNALS, _Book, _facts, _signals
from tests.builders.accounts import TODAY, account
from tests.builders.doctor_targets import target, texts

NAMES = PropertyNames()
SOURCE = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    return boto3.Session("testing", "testing", region_name="eu-central-1")


def test_accounts_of_which_there_are_more_are_called_the_first() -> None:
    [result] = _facts([account(1), account(2)], NAMES, first=True)
    assert result.what.startswith("of the first 2 accounts 2 have 'Account ID'")


def test_an_account_without_an_id_of_its_own_goes_by_its_pages_and_is_not_counted() -> None:
    whole = account(1)
    bare = account(2, account_id=account(2).page_id.replace("-", ""))
    [result] = _facts([whole, bare], NAMES, first=False)
    assert result.what.startswith("of the 2 accounts 1 have 'Account ID'")


def test_owners_whose_address_the_integration_does_not_see_are_reported() -> None:
    hidden = account(1, owner_email=None, unreadable=(Unreadable("Owner Email", "Ada", "an e-mail address"),))
    other = account(2, unreadable=(Unreadable("NPS", "many", "a number"),))
    # GIVEN a book in which no owner can be read
    results = list(_facts([hidden], NAMES, first=False))
    assert "'Owner Email' shows no e-mail address in any of them → of a person" in texts(results, "bad")
    # AND one in which a single one cannot, which is the team's own to put right
    results = list(_facts([hidden, other], NAMES, first=False))
    assert texts(results, "bad") == ""
    assert texts(results, "off").startswith("'Owner Email' is no e-mail address in 1 of them: the digest names them")
    assert "Ada" not in str(results)
    assert texts(list(_facts([other], NAMES, first=False)), "off") == ""


def test_signals_that_are_never_filled_in_are_reported_and_a_date_stands_for_its_days() -> None:
    given: dict[str, object] = {name: 1 for name in SIGNALS if name not in ("nps_score", "days_since_last_interaction")}
    [result] = _signals([account(1, given, last_interaction=TODAY), account(2, {})], NAMES)
    assert (result.state, result.what) == ("off", "no account has 'NPS': unknown throughout")
    # AND none at all is a fault
    [result] = _signals([account(1, {}), account(2, {})], NAMES)
    assert (result.state, "nothing can be scored" in result.what) == ("bad", True)
    # AND every one is right
    [result] = _signals([account(1, given), account(2, {"nps_score": 9}, last_interaction=TODAY)], NAMES)
    assert result.state == "ok"


def qbrs(session: boto3.Session, properties: Mapping[str, Any]) -> list[Any]:
    """What is found of the reviews' database with these properties."""
    book = _Book(target(session), cast("NotionClient", None))
    database = _reviews()
    found = FoundDatabase("id", "QBR", "url", "source", properties, {})
    accounts = FoundDatabase("accounts-id", "Accounts", "url", SOURCE, {}, {})
    return list(book._properties(database, found, accounts))


def _reviews() -> Database:
    return next(each for each in related_databases() if each.parameter == "NotionQbrs")


def test_a_property_of_a_wrong_type_is_wrong_by_itself(session: boto3.Session) -> None:
    right = _reviews().schema(SOURCE)
    assert [each.state for each in qbrs(session, right)] == ["ok"]
    results = qbrs(session, {**right, "State": {"type": "number", "number": {}}})
    assert [each.state for each in results] == ["bad"]


def test_options_that_are_not_there_are_reported_and_are_no_fault(session: boto3.Session) -> None:
    right = _reviews().schema(SOURCE)
    results = qbrs(session, {**right, "State": {"type": "select", "select": {"options": [{"name": "Writing"}]}}})
    assert [each.state for each in results] == ["off", "ok"]
    assert "'State' has no option 'Written', 'Partial'" in results[0].what
    assert results[0].command.endswith("ACCOUNTS=accounts-id")


class TwoSources:
    """Notion with one database of two data sources, one of which has the database's name."""

    def call(self, request: Any, *, about: str, repeatable: bool = True) -> Any:
        del about, repeatable
        return request(self)

    @property
    def databases(self) -> Any:
        return self

    @property
    def data_sources(self) -> Any:
        return Sources()

    def retrieve(self, database_id: str) -> dict[str, Any]:
        sources = [{"id": "id-of-book", "name": "Book"}, {"id": "id-of-old", "name": "Old"}]
        return {"id": database_id, "title": [{"plain_text": "Book"}], "data_sources": sources}


class Sources:
    def retrieve(self, source_id: str) -> dict[str, Any]:
        return {"id": source_id, "properties": {}}


def test_a_database_of_several_data_sources_is_reported_with_the_id_to_take(session: boto3.Session) -> None:
    whole = target(session, NotionAccounts=SOURCE)
    [result] = _Book(whole, cast("NotionClient", TwoSources()))._opened("NotionAccounts")
    assert result.state == "bad"
    assert "'Book' has several data sources, and needs exactly one" in result.what
    assert result.advice == "name the one to use: NotionAccounts=id-of-book"
