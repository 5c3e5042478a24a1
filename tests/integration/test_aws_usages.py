"""The feature usage in the table: one item per holder, the latest run's alone."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, cast

import pytest

from customer_success.adoption.feature_usage import FeatureUsage
from customer_success.aws.dynamodb.items import text
from customer_success.aws.dynamodb.table import Table
from customer_success.aws.dynamodb.usages import DynamoFeatureUsages
from tests.builders.accounts import TODAY, account
from tests.builders.aws import TABLE, Client, Clock
from tests.builders.stored import NASTY_ID
from tests.builders.usage import little_used, usage

MONDAY, TUESDAY = "expansion_run:2026-03-02", "expansion_run:2026-03-03"
YESTERDAY = TODAY - timedelta(days=1)
PAGE = account(1).page_id.replace("-", "")


@pytest.fixture
def usages(table: Table, clock: Clock) -> DynamoFeatureUsages:
    return DynamoFeatureUsages(table, clock=clock)


def names(rows: tuple[FeatureUsage, ...]) -> list[str]:
    return [row.feature for row in rows]


def test_rows_come_back_as_they_were_by_feature(usages: DynamoFeatureUsages) -> None:
    # GIVEN rows with all and with nothing in them, of an account with a nasty id
    full = FeatureUsage(NASTY_ID, "zeta 🚀", "Łódź", False, 3.5, 10.0, TODAY)
    bare = FeatureUsage(NASTY_ID, "Äther")
    usages.add(MONDAY, [bare, full, usage(holder=NASTY_ID)])
    # THEN they are read as they were added, in order of their names however these are capitalised
    assert usages.of(account(1, account_id=NASTY_ID)) == (usage(holder=NASTY_ID), full, bare)


def test_an_account_without_records_has_none(usages: DynamoFeatureUsages) -> None:
    usages.add(MONDAY, [usage()])
    assert usages.of(account(2)) == ()
    assert usages.of_many([account(1), account(2)]) == {"A-0001": (usage(),)}
    assert usages.of_many([]) == {}


def test_rows_under_the_id_and_under_the_page_are_one_accounts(usages: DynamoFeatureUsages, dynamodb: Client) -> None:
    # GIVEN rows of one account, some by its id and some by its page
    older = usage("BOARDS", as_of=YESTERDAY, used=1.0)
    usages.add(MONDAY, [usage("Search"), older, usage(holder=PAGE), usage("API", holder=PAGE)])
    dynamodb.calls.clear()
    # WHEN the account's are read
    found = usages.of(account(1))
    # THEN each feature comes once, with its later day, and it took one call
    assert found == (usage("API", holder=PAGE), usage(holder=PAGE), usage("Search"))
    assert dynamodb.calls == {"batch_get_item": 1}


def test_of_one_day_the_row_under_the_accounts_id_counts(usages: DynamoFeatureUsages) -> None:
    usages.add(MONDAY, [usage(used=1.0), usage(holder=PAGE, used=2.0)])
    assert usages.of(account(1)) == (usage(used=1.0),)


def test_an_account_known_by_its_page_alone_is_asked_for_once(usages: DynamoFeatureUsages, dynamodb: Client) -> None:
    """A second account with an id that is taken goes by its page."""
    usages.add(MONDAY, [usage(holder=PAGE)])
    assert usages.of(account(1, account_id=PAGE)) == (usage(holder=PAGE),)
    assert len(dynamodb.requests[-1]["RequestItems"][TABLE]["Keys"]) == 1


@pytest.mark.parametrize(
    ("first", "second", "stored"),
    [
        (usage(as_of=TODAY), usage("BOARDS", as_of=YESTERDAY), "Boards"),
        (usage(as_of=YESTERDAY), usage("BOARDS", as_of=TODAY), "BOARDS"),
        (usage(as_of=TODAY), usage("BOARDS", as_of=None), "Boards"),
        (usage(as_of=None), usage("BOARDS", as_of=YESTERDAY), "BOARDS"),
        (usage(), usage("BOARDS"), "BOARDS"),
        (usage("Straße"), usage("STRASSE"), "STRASSE"),
    ],
)
def test_of_a_feature_that_is_there_twice_the_later_day_counts_then_the_last_row(
    usages: DynamoFeatureUsages, first: FeatureUsage, second: FeatureUsage, stored: str
) -> None:
    # WHEN both come with one page of the list, for one account, and with two pages, for another
    usages.add(MONDAY, [first, second])
    usages.add(MONDAY, [usage(first.feature, 2, as_of=first.as_of)])
    usages.add(MONDAY, [usage(second.feature, 2, as_of=second.as_of)])
    # THEN the same one counts
    assert names(usages.of(account(1))) == names(usages.of(account(2))) == [stored]


def test_a_later_run_forgets_what_an_earlier_one_read_of_the_account(usages: DynamoFeatureUsages, clock: Clock) -> None:
    # GIVEN what Monday's run read of two accounts
    usages.add(MONDAY, [usage("Boards"), usage("Search"), usage("Search", 2)])
    # WHEN Tuesday's run reads of the first one that a feature was removed and another was added, by two pages
    clock.now += 86_400
    usages.add(TUESDAY, [usage("Boards", used=0.0)])
    usages.add(TUESDAY, [usage("API")])
    # THEN only that counts, and the other account is what it was
    assert usages.of(account(1)) == (usage("API"), usage("Boards", used=0.0))
    assert usages.of(account(2)) == (usage("Search", 2),)


def test_rows_that_moved_from_the_id_to_the_page_count_once(usages: DynamoFeatureUsages, clock: Clock) -> None:
    # GIVEN what Monday's run read of an account by its id
    usages.add(MONDAY, [usage("Boards"), usage("Search")])
    # WHEN Tuesday's run finds it by its page, with a feature less
    clock.now += 86_400
    usages.add(TUESDAY, [usage("Boards", holder=PAGE)])
    # THEN Monday's rows are forgotten, those by the id as well
    assert usages.of(account(1)) == (usage("Boards", holder=PAGE),)
    # AND so they are when they move back
    clock.now += 86_400
    usages.add("expansion_run:2026-03-04", [usage("Search")])
    assert usages.of(account(1)) == (usage("Search"),)


def test_a_repeat_changes_nothing_and_writes_nothing(usages: DynamoFeatureUsages, dynamodb: Client) -> None:
    # GIVEN two pages of the list
    pages = [usage("Boards"), little_used(), usage("Boards", 2)], [usage("API"), usage("BOARDS", used=1.0)]
    for page in pages:
        usages.add(MONDAY, page)
    before = dynamodb.real.scan(TableName=TABLE)["Items"]
    # WHEN the second is read again
    dynamodb.calls.clear()
    usages.add(MONDAY, pages[1])
    # THEN it costs one look
    assert dynamodb.calls == {"batch_get_item": 1}
    # AND when both are read again the table holds what it held
    for page in pages:
        usages.add(MONDAY, page)
    assert dynamodb.real.scan(TableName=TABLE)["Items"] == before


def test_a_thousand_accounts_take_full_batches(usages: DynamoFeatureUsages, dynamodb: Client) -> None:
    # GIVEN 1,000 accounts with two features each
    accounts = [account(number) for number in range(1000)]
    usages.add(MONDAY, (usage(feature, number) for number in range(1000) for feature in ("API", "Boards")))
    assert dynamodb.calls == {"batch_get_item": 10, "batch_write_item": 40}
    # WHEN all of them are asked for, each under two names
    dynamodb.calls.clear()
    found = usages.of_many(accounts)
    # THEN none is missing
    assert dynamodb.calls == {"batch_get_item": 20}
    assert found == {
        known.account_id: (usage("API", number), usage("Boards", number)) for number, known in enumerate(accounts)
    }


def test_nothing_read_costs_no_call(usages: DynamoFeatureUsages, dynamodb: Client) -> None:
    usages.add(MONDAY, [])
    usages.of_many([])
    assert not dynamodb.calls


def test_a_holder_with_more_than_an_item_can_take_keeps_what_fits(
    usages: DynamoFeatureUsages, dynamodb: Client, caplog: pytest.LogCaptureFixture
) -> None:
    # GIVEN one account with a megabyte of features, with names beyond ASCII, and another on the same page
    many = [usage(f"{number:04d}" + "№" * 300) for number in range(1000)]
    # WHEN they are added
    with caplog.at_level(logging.WARNING):
        usages.add(MONDAY, [*reversed(many), usage("Boards", 2)])
    # THEN the first by name are stored, nearly as many as the table could take, and that is logged
    known = usages.of(account(1))
    assert list(known) == many[: len(known)]
    [item] = [item for item in dynamodb.real.scan(TableName=TABLE)["Items"] if "A-0001" in item["pk"]["S"]]
    assert 370_000 < len(item["body"]["S"].encode()) < 400_000
    assert f"feature usage of 'A-0001': {len(known)} of 1000 features are kept" in caplog.text
    assert "A-0002" not in caplog.text
    # AND the other account has its own
    assert usages.of(account(2)) == (usage("Boards", 2),)


def test_a_row_that_no_item_can_take_does_not_keep_the_others_out(
    usages: DynamoFeatureUsages, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    # GIVEN a feature with a name of 500 KB
    huge = usage("A" * 500_000)
    usages.add(MONDAY, [huge, usage("Boards")])
    # THEN the account has its others
    assert usages.of(account(1)) == (usage("Boards"),)
    # AND when the next run reads nothing else of it, it has none
    clock.now += 86_400
    usages.add(TUESDAY, [huge])
    assert usages.of(account(1)) == ()
    assert "0 of 1 features are kept" in caplog.text


def test_a_persons_text_for_one_account_stops_no_other_account(usages: DynamoFeatureUsages) -> None:
    # GIVEN a row whose account is a whole essay
    essay = "é" * 3000
    usages.add(MONDAY, [usage(holder=essay), usage(holder=essay + "!", used=1.0), usage()])
    # THEN the others are stored, and so is that one
    assert usages.of(account(1)) == (usage(),)
    assert usages.of(account(2, account_id=essay)) == (usage(holder=essay),)


def test_numbers_that_are_none_are_unknown(usages: DynamoFeatureUsages) -> None:
    usages.add(MONDAY, [usage(used=float("nan"), limit=float("inf"))])
    assert usages.of(account(1)) == (usage(used=None, limit=None),)


def test_usage_is_forgotten_after_90_days(usages: DynamoFeatureUsages, dynamodb: Client, clock: Clock) -> None:
    usages.add(MONDAY, [usage()])
    [item] = dynamodb.real.scan(TableName=TABLE)["Items"]
    assert (item["pk"]["S"], item["sk"]["S"]) == ("acme#USAGE#A-0001", "FEATURES")
    assert item["expires_at"] == {"N": str(int(clock.now) + 90 * 86_400)}


def test_tenants_do_not_see_each_other(usages: DynamoFeatureUsages, dynamodb: Client) -> None:
    # GIVEN another tenant with an account of the same id
    other = DynamoFeatureUsages(Table(cast("Any", dynamodb), TABLE, "other"))
    other.add(MONDAY, [usage("Theirs")])
    usages.add(MONDAY, [usage("Ours")])
    # THEN each has its own
    assert names(usages.of(account(1))) == ["Ours"]
    assert names(other.of(account(1))) == ["Theirs"]


def test_usage_of_another_version_costs_its_account_alone_and_is_named(
    usages: DynamoFeatureUsages, table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    # GIVEN usage of one account that this version cannot read, beside another's
    usages.add(MONDAY, [usage(holder="A-0002")])
    table.put({**table.key("USAGE", "A-0001", "FEATURES").attributes, "body": text('{"rows": 1}')})
    # WHEN that of many is read, THEN the other's is there, and the log names the one that is passed over
    assert usages.of_many([account(1), account(2)]).keys() == {"A-0002"}
    assert usages.of(account(1)) == ()
    assert "'acme#USAGE#A-0001' / 'FEATURES' was written by a version" in caplog.text
    # AND the next reading of it replaces what cannot be read
    usages.add(TUESDAY, [usage()])
    assert usages.of(account(1)) == (usage(),)
