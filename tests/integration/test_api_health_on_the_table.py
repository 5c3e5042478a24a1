"""The health and the history of an account on the table: how often it is read, and that ids are but names."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from customer_success.api.cursors import Cursors
from customer_success.api.health import ShowHealth
from customer_success.api.history import LARGEST_LIMIT, ShowHistory
from customer_success.api.problems import Problem
from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.history import DynamoScoreHistory
from customer_success.aws.dynamodb.table import Table
from customer_success.errors import Unavailable
from tests.builders.accounts import TODAY
from tests.builders.aws import Client, refused
from tests.builders.stored import NASTY_ID, point, row

YEARS = 1000
"""Days of points: more than one answer of the table holds."""


@pytest.fixture
def show_health(table: Table) -> ShowHealth:
    """Accounts that were scanned today and yesterday, one of them for years."""
    rows, history = DynamoAccountRows(table), DynamoScoreHistory(table)
    rows.put_many([row(1), row(2, account_id=NASTY_ID), row(3, account_id="A" * 1024)])
    days = [TODAY - timedelta(days=back) for back in range(YEARS)]
    # Caps, words and unknown signals make a point as long as it gets.
    long = {"tam_health_rag": "AMBER", "collections_risk": "CRITICAL", "avg_ticket_sentiment": "critical"}
    history.put_many(
        ("A-0001", point(on, login_frequency_days=None, feature_adoption_rate=0.123456789, **long)) for on in days
    )
    history.put_many((NASTY_ID, point(on)) for on in days[:5])
    return ShowHealth(rows, history)


@pytest.fixture
def show_history(show_health: ShowHealth) -> ShowHistory:
    return ShowHistory(show_health.rows, show_health.history, Cursors("a long random secret", "acme"))


@pytest.mark.parametrize(
    ("days_ago", "reads"),
    [
        (None, {"get_item": 1}),
        (0, {"get_item": 1}),
        (1, {"get_item": 1}),
        (2, {"get_item": 1, "query": 1}),
        (300, {"get_item": 1, "query": 1}),
        (YEARS, {"get_item": 1, "query": 1}),
        (5000, {"get_item": 1, "query": 1}),
    ],
)
def test_health_reads_the_table_twice_at_most(
    show_health: ShowHealth, dynamodb: Client, days_ago: int | None, reads: dict[str, int]
) -> None:
    # GIVEN an account with years of points
    dynamodb.calls.clear()
    # WHEN its health is asked for, with its change since a day
    answer = show_health("A-0001", since=None if days_ago is None else TODAY - timedelta(days=days_ago))
    # THEN the row was read, and the history once where the row does not know that day
    assert dynamodb.calls == reads
    against = answer.change.against
    assert against is not None
    back = 1 if days_ago is None else min(days_ago, YEARS - 1)
    assert against.on == TODAY - timedelta(days=back)


def test_a_full_page_of_history_reads_the_table_twice(show_history: ShowHistory, dynamodb: Client) -> None:
    # GIVEN an account with years of points
    dynamodb.calls.clear()
    # WHEN the largest page of all of them is read, and the one after it
    first = show_history("A-0001", first=date.min, last=date.max, limit=LARGEST_LIMIT)
    assert dynamodb.calls == {"get_item": 1, "query": 1}
    dynamodb.calls.clear()
    second = show_history("A-0001", first=None, last=None, limit=LARGEST_LIMIT, cursor=first.next)
    # THEN each took the row and one answer of the history
    assert dynamodb.calls == {"get_item": 1, "query": 1}
    on = [point.on for answer in (first, second) for point in answer.points]
    assert on == [TODAY - timedelta(days=back) for back in range(YEARS - 1, YEARS - 1 - 2 * LARGEST_LIMIT, -1)]


def test_an_id_with_everything_in_it_is_a_name_like_any_other(
    show_health: ShowHealth, show_history: ShowHistory
) -> None:
    answer = show_health(NASTY_ID, since=TODAY - timedelta(days=4))
    assert answer.account_id == NASTY_ID
    assert answer.change.against is not None
    assert answer.change.against.on == TODAY - timedelta(days=4)
    pages = [show_history(NASTY_ID, first=None, last=None, limit=3)]
    pages.append(show_history(NASTY_ID, first=None, last=None, limit=3, cursor=pages[0].next))
    assert [len(page.points) for page in pages] == [3, 2]


def test_the_longest_id_that_can_be_stored_is_known(show_health: ShowHealth, show_history: ShowHistory) -> None:
    assert show_health("A" * 1024, since=None).status == "scored"
    assert show_history("A" * 1024, first=None, last=None).points == ()


@pytest.mark.parametrize(
    "account_id", ["", "A" * 1025, "№" * 10_000, "\ud800", "\x00", "A-0001#", "A-0001/../A-0001", "PAGE", "%2e%2e%2f"]
)
def test_an_unknown_id_is_not_found(show_health: ShowHealth, show_history: ShowHistory, account_id: str) -> None:
    with pytest.raises(Problem) as unknown:
        show_health(account_id, since=TODAY)
    assert unknown.value.status == 404
    with pytest.raises(Problem) as unknown:
        show_history(account_id, first=None, last=None)
    assert unknown.value.status == 404


def test_another_tenants_account_is_not_known(table: Table, dynamodb: Client) -> None:
    theirs = Table(dynamodb, "customer-success", "globex")  # type: ignore[arg-type]
    DynamoAccountRows(theirs).put_many([row(1)])
    with pytest.raises(Problem) as unknown:
        ShowHealth(DynamoAccountRows(table), DynamoScoreHistory(table))("A-0001", since=None)
    assert unknown.value.status == 404


def test_a_table_that_is_busy_is_not_a_missing_account(show_health: ShowHealth, dynamodb: Client) -> None:
    dynamodb.instead("get_item", refused("ProvisionedThroughputExceededException"))
    with pytest.raises(Unavailable):
        show_health("A-0001", since=None)
