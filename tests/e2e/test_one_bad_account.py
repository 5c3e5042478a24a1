"""A book of ten on the embedded stack, seven of which hold something that no table, calendar or number takes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from customer_success.alerts.digest import Digest
from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from customer_success.aws.dynamodb.digests import DynamoDigests
from customer_success.aws.dynamodb.qbrs import DynamoQbrs
from customer_success.aws.dynamodb.runs import DynamoRuns
from customer_success.messages import ScanRequested
from local.deployment import TENANT, LocalDeployment
from tests.builders.accounts import TODAY
from tests.builders.pages import critical_page, page, text, title

HALF = "\ud83d"
QUARTER_DAY = date(2026, 4, 1)
TOMORROW, FUTURE = TODAY + timedelta(days=1), date(2099, 5, 5)
LONG = {"rich_text": [{"type": "text", "text": {"content": "n" * 2000}} for _ in range(225)]}


def an_odd_book() -> list[Any]:
    return [
        critical_page(1),
        page(2),
        page(3, Account_ID=text("A-91e948"), Contract_End_Date={"date": {"start": str(TODAY + timedelta(days=30))}}),
        critical_page(4, Name=title(f"Half {HALF}"), Industry={"select": {"name": f"Retail {HALF}"}}),
        page(
            5,
            Notes=text(f"Called {HALF}"),
            Renewal_Stage={"select": {"name": f"Open {HALF}"}},
            Owner_Email={"email": f"a{HALF}@example.com"},
        ),
        page(6, Notes=LONG),
        page(7, Contract_End_Date={"date": {"start": "0001-01-01"}}, Notice_Days={"number": 90}),
        page(8, Contract_End_Date={"date": {"start": "9999-12-31"}}, Notice_Days={"number": -(10**9)}),
        page(9, Account_ID=text("..")),
        page(10, ARR={"number": 1e300}, NPS={"number": 11}),
    ]


def text_of(digest: Digest | None) -> str:
    assert digest is not None
    return "\n".join(t for section in digest.sections for t in (section.title, *(line.text for line in section.lines)))


@pytest.mark.slow
def test_any_bad_value_of_an_account_costs_that_account_alone(deployment: LocalDeployment) -> None:
    # GIVEN the book  WHEN a morning comes, with its scan and its look at the contracts
    deployment.load(an_odd_book())
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    deployment.check_contracts(TODAY)
    assert deployment.drain() == {}

    # THEN all ten are scored, the one with the impossible value by its other signals
    run = DynamoRuns(deployment.table).last_finished("health_scan", TOMORROW)
    assert run is not None
    assert (run.tally.read, run.tally.scored, run.tally.rejected) == (10, 10, {})
    # AND the alerts are on every channel
    results = {
        entry.alert_id: set(entry.result.channels.values()) for entry in DynamoAlertLog(deployment.table).on(TODAY)
    }
    assert results[f"A-0001:{TODAY}:critical"] == results[f"A-0004:{TODAY}:critical"] == {"delivered"}
    # AND both digests are there, each naming what it cannot read
    scan = text_of(DynamoDigests(deployment.table).get(f"health_scan:{TODAY}:2"))
    for odd in (
        "Contract End Date: '0001-01-01'",
        "Account ID: '..'",
        "ARR: '1e+300'",
        "nps_score: '11'",
        "Owner Email: ",
    ):
        assert odd in scan
    assert "Account 3: " in text_of(DynamoDigests(deployment.table).get(f"contract_check:{TODAY}"))
    # AND the long notes are cut with a mark
    row = DynamoAccountRows(deployment.table).get("A-0006")
    assert row is not None and (row.account.notes or "").endswith("… (cut: 450,000 characters)")
    # WHEN the quarter is planned
    deployment.plan_quarter(QUARTER_DAY)
    assert deployment.drain() == {}
    # THEN every account has its review, the one among them whose id reads like a number
    reviews = {review.key.account_id: review.state for review in DynamoQbrs(deployment.table).of_period("Q2 2026")}
    assert len(reviews) == 10
    assert reviews["A-91e948"] == "written"
    assert set(reviews.values()) == {"written"}


def test_a_scan_of_a_day_to_come_is_refused_and_blocks_nothing(deployment: LocalDeployment) -> None:
    # GIVEN a book, and a person who asks for a scan of another century
    deployment.load([page(1)])
    asked = ScanRequested(tenant_id=TENANT, id="by hand", time=f"{FUTURE}T12:00:00Z", force=True)
    deployment.aws.sqs.send_message(QueueUrl=deployment.stack.queues["scan"], MessageBody=asked.model_dump_json())
    assert deployment.drain() == {}
    assert DynamoRuns(deployment.table).latest_day("health_scan") is None
    # WHEN the next morning comes  THEN it is scanned
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    assert DynamoRuns(deployment.table).latest_day("health_scan") == TODAY
