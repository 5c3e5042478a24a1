"""Days on which Notion answers oddly: each trouble costs what it touches, and what it touches is made up for."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest

from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.items import number
from customer_success.aws.dynamodb.runs import DynamoRuns
from customer_success.ports import LONGEST_PAUSE
from local.deployment import LocalDeployment
from tests.builders.accounts import TODAY
from tests.builders.notion_books import notion_client
from tests.builders.pages import at_risk_page, page
from tests.builders.sandbox import calls, fault, mend, pages
from tests.builders.vendors import Waiting

ACCOUNTS = 20
SCORE = "CSM Health Score"


def slot(deployment: LocalDeployment) -> float:
    """Seconds until the functions may call Notion again."""
    item = deployment.table.get(deployment.table.key("PACE", "notion", "SLOT"))
    assert item is not None
    return float(item["next_free"]["N"]) - time.time()


def finished(deployment: LocalDeployment, day: date) -> bool:
    run = DynamoRuns(deployment.table).last_finished("health_scan", day + timedelta(days=1))
    return run is not None and run.run_date == day


def shown(deployment: LocalDeployment, name: str) -> list[str]:
    """What the accounts' pages show of a property, one line for each page."""
    found = [text.splitlines() for text in pages(deployment, "Accounts").values()]
    return [line for lines in found for line in lines if line.startswith(f"- **{name}**: ")]


def page_id(deployment: LocalDeployment, account_id: str) -> str:
    row = DynamoAccountRows(deployment.table).get(account_id)
    assert row is not None
    return row.account.page_id


@pytest.mark.slow
def test_one_odd_answer_of_notion_costs_only_itself(deployment: LocalDeployment) -> None:
    # GIVEN a book, a rate limit whose next slot lies 57 years ahead, and a proxy that once says 403 in its own words
    deployment.load([page(n) for n in range(1, ACCOUNTS + 1)])
    key = deployment.table.key("PACE", "notion", "SLOT")
    deployment.table.put({**key.attributes, "next_free": number(time.time() + 1_800_000_000)})
    fault(deployment, "notion", kind="html", status=403, match="/query")
    # WHEN the morning's scan comes
    deployment.tick(TODAY)
    # THEN it is finished, and every page is written
    assert deployment.drain() == {}
    assert finished(deployment, TODAY)
    assert len(shown(deployment, SCORE)) == ACCOUNTS

    # GIVEN the next day, on which all get worse, a property that was renamed, and a page that answers 500
    deployment.load([at_risk_page(n) for n in range(1, ACCOUNTS + 1)])
    notion = notion_client(deployment.sandbox, Waiting())
    database = notion.call(
        lambda sdk: sdk.databases.retrieve(deployment.stack.parameters["NotionAccounts"]), about="the book"
    )
    notion.call(
        lambda sdk: sdk.data_sources.update(
            database["data_sources"][0]["id"], properties={"CSM Why": {"name": "Reason"}}
        ),
        about="the book",
    )
    before = shown(deployment, SCORE)
    fault(deployment, "notion", kind="status", status=500, method="PATCH", match=page_id(deployment, "A-0003"), times=5)
    # WHEN the scan comes
    deployment.tick(TODAY + timedelta(days=1))
    # THEN all pages are written, the one that failed by another delivery, and nothing waits for a person
    assert deployment.drain() == {}
    assert finished(deployment, TODAY + timedelta(days=1))
    assert len(shown(deployment, SCORE)) == ACCOUNTS
    assert not set(before) & set(shown(deployment, SCORE))

    # GIVEN a Notion that once asks for a pause of 57 years
    fault(deployment, "notion", kind="status", status=503, retry_after=1_800_000_000, match="/query")
    # WHEN the next scan comes
    deployment.tick(TODAY + timedelta(days=2))
    deployment.wait_for(lambda: True if slot(deployment) >= 60 else None, "the pause to be obeyed")
    # THEN the functions leave it alone, for a quarter of an hour
    assert slot(deployment) <= LONGEST_PAUSE + 1
    asked = calls(deployment, "notion")
    time.sleep(3)
    assert calls(deployment, "notion") == asked
    mend(deployment, "notion")
