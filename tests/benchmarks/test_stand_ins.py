"""The stand-ins behave where it counts as the services do."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from botocore.exceptions import ClientError

from connectors.notion.client import NotionClient
from connectors.retry_policy import RetryPolicy
from tests.benchmarks.aws_stand_in import LARGEST_ANSWER, TableOnDisk
from tests.benchmarks.book import AccountBook
from tests.benchmarks.notion_stand_in import ROWS_PER_QUERY, NotionStandIn
from tests.builders.secrets import notion_secret
from tests.builders.vendors import CountingRateLimiter


def test_notion_ends_a_query_where_notion_does() -> None:
    # GIVEN a book of one account more than a query returns
    notion = NotionStandIn(AccountBook(ROWS_PER_QUERY + 1))
    client = NotionClient(notion_secret(), RetryPolicy(CountingRateLimiter(), lambda: 60.0), transport=notion)
    # WHEN the last page is read
    last = ROWS_PER_QUERY - 100
    answer = client.call(
        lambda sdk: sdk.data_sources.query("any", start_cursor=str(last), page_size=100), about="the book"
    )
    # THEN it says so by its status alone
    assert len(answer["results"]) == 100
    assert (answer["has_more"], answer["request_status"]["type"]) == (False, "incomplete")


def test_notion_refuses_what_its_gate_does_not_let_in() -> None:
    notion = NotionStandIn(AccountBook(1))
    notion.admit = lambda: False
    with httpx.Client(transport=notion) as client:
        assert client.get("https://api.notion.com/v1/databases/any").status_code == 429
    assert (notion.requests.total(), notion.refused) == (0, 1)


@pytest.mark.parametrize(
    ("condition", "holds_for_none", "holds_for_five"),
    [
        ("attribute_not_exists(#n)", True, False),
        ("attribute_exists(#n)", False, True),
        ("#n <= :limit", False, False),
        ("attribute_not_exists(#n) OR #n <= :limit", True, False),
        ("#n = :five AND (#n <= :limit OR attribute_exists(#n))", False, True),
    ],
)
def test_the_table_keeps_conditions_as_dynamodb_does(
    tmp_path: Path, condition: str, holds_for_none: bool, holds_for_five: bool
) -> None:
    # GIVEN an item without the attribute, and one where it is 5
    table = TableOnDisk(tmp_path / "table")
    keys = [{"pk": {"S": "p"}, "sk": {"S": name}} for name in ("none", "five")]
    table.put_item(Item=keys[0])
    table.put_item(Item={**keys[1], "n": {"N": "5"}})
    # WHEN both are written under the condition
    request = {
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {"#n": "n"},
        "ExpressionAttributeValues": {":limit": {"N": "4.5"}, ":five": {"N": "5"}},
    }
    held = [_written(table, {"Item": key, **request}) for key in keys]
    # THEN an attribute that is not there compares as false
    assert held == [holds_for_none, holds_for_five]


def test_the_table_ends_an_answer_at_a_megabyte(tmp_path: Path) -> None:
    table = TableOnDisk(tmp_path / "table")
    items = [{"pk": {"S": "t#BOOK#0"}, "sk": {"S": f"{n:02d}"}, "body": {"S": "x" * 300_000}} for n in range(7)]
    table.batch_write_item(RequestItems={"any": [{"PutRequest": {"Item": item}} for item in items]})
    request = {
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "t#BOOK#0"}},
        "ScanIndexForward": True,
    }
    first = table.query(**request)
    second = table.query(**request, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert len(first["Items"]) == LARGEST_ANSWER // 300_000
    assert [item["sk"]["S"] for item in second["Items"]] == ["03", "04", "05"]
    assert table.full_answers("BOOK#") == 3


def test_the_table_keeps_bytes_and_compares_them(tmp_path: Path) -> None:
    # GIVEN an item with bytes
    table = TableOnDisk(tmp_path / "table")
    key, packed = {"pk": {"S": "t#OBSERVATIONS#1"}, "sk": {"S": "ACCOUNT"}}, {"B": b"\x78\x00"}
    table.put_item(Item={**key, "slot": packed})
    # THEN they are read as they were written, and a condition holds for them alone
    assert table.get_item(Key=key)["Item"]["slot"] == packed
    condition = {"ConditionExpression": "#slot = :before", "ExpressionAttributeNames": {"#slot": "slot"}}
    written = [
        _written(
            table, {"Item": {**key, "slot": packed}, **condition, "ExpressionAttributeValues": {":before": before}}
        )
        for before in (packed, {"B": b"\x79"})
    ]
    assert written == [True, False]


def _written(table: TableOnDisk, request: dict[str, object]) -> bool:
    try:
        table.put_item(**request)
    except ClientError:
        return False
    return True
