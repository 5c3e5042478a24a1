"""In shadow a morning is worked out like any other, and no vendor is written to; then the team goes live."""

from __future__ import annotations

import json
from datetime import timedelta

from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.history import DynamoScoreHistory
from customer_success.aws.dynamodb.runs import DynamoRuns
from customer_success.aws.dynamodb.shadow_log import DynamoShadowLog
from customer_success.aws.dynamodb.table import Table
from customer_success.messages import AlertAcknowledged
from customer_success.shadow.outputs import KINDS
from local.deployment import TENANT, LocalDeployment
from local.stack.queues import redrive
from tests.builders.accounts import TODAY
from tests.builders.pages import at_risk_page, critical_page, page
from tests.builders.sandbox import calls, chat_messages, drafts, pages
from tests.builders.signed import api
from tests.builders.warm_stack import retry_at_once
from tests.e2e.conftest import Enter

TOMORROW = TODAY + timedelta(days=1)
BOOK = [critical_page(1), at_risk_page(2), page(3), page(4)]


def vendor_writes(deployment: LocalDeployment) -> dict[str, int]:
    """Requests by which a vendor's state could have changed; a query of Notion is a POST that only reads."""
    return {
        call: count
        for vendor in ("notion", "gmail", "chat", "slack")
        for call, count in calls(deployment, vendor).items()
        if not call.startswith("GET ") and not call.endswith("/query")
    }


def page_of(deployment: LocalDeployment, account_id: str) -> str:
    """The account's page in Notion."""
    row = DynamoAccountRows(deployment.table).get(account_id)
    assert row is not None
    return row.account.page_id


def test_a_team_tries_it_in_shadow_and_then_goes_live(enter: Enter) -> None:
    # GIVEN a deployment in shadow
    deployment = enter({"Shadow": "true"})
    deployment.load(BOOK)
    # WHEN a morning is played: the scan, the contract check, and all that follows
    deployment.tick(TODAY)
    deployment.check_contracts(TODAY)
    assert deployment.drain() == {}
    # THEN everything was worked out
    run = DynamoRuns(deployment.table).last_finished("health_scan", TOMORROW)
    assert run is not None
    assert (run.tally.read, run.tally.scored) == (4, 4)
    # AND nothing was written, drafted, posted or put on the bus
    assert vendor_writes(deployment) == {}
    assert (
        pages(deployment, "Health-Records"),
        drafts(deployment),
        chat_messages(deployment, "slack"),
        chat_messages(deployment, "chat"),
    ) == (
        {},
        [],
        [],
        [],
    )
    assert deployment.write_bus_events().read_text("utf-8") == ""
    # AND what would have happened can be read, from the table and by the API, the digest first
    log = DynamoShadowLog(deployment.table)
    counts = {kind: sum(1 for _ in log.on(TODAY, kind)) for kind in KINDS}
    assert {kind: counts[kind] for kind in ("page", "record", "event", "draft", "message")} == {
        "page": 4,
        "record": 2,
        "event": 2,
        "draft": 1,
        "message": 1,
    }
    answer = api(deployment, "GET", "/shadow?limit=200").json()
    assert (answer["shadow"], answer["on"]) == (True, str(TODAY))
    assert answer["counts"] == {kind: count for kind, count in counts.items() if count}
    assert answer["withheld"][0]["kind"] == "digest"
    assert any("Account health" in thing["title"] for thing in answer["withheld"])
    assert api(deployment, "GET", "/accounts/A-0001/health").json()["rag"] == "RED"
    # AND a message left over from before shadow is not taken for one of now, and not lost
    retry_at_once(deployment)
    old = AlertAcknowledged(
        tenant_id=TENANT,
        alert_id="a",
        account_id="A-0003",
        page_id=page_of(deployment, "A-0003"),
        verdict="false alarm",
    )
    deployment.aws.sqs.send_message(
        QueueUrl=deployment.stack.queues["notion-updates"], MessageBody=old.model_dump_json()
    )
    assert deployment.drain() == {"notion-updates-dlq": 1}
    assert vendor_writes(deployment) == {}

    # WHEN the team goes live and the next morning comes
    deployment = enter({"Shadow": "false"})
    assert {row.account_id for row in DynamoAccountRows(deployment.table).every()} == set()
    assert redrive(deployment.aws, deployment.stack.queues, "notion-updates") == 1
    assert deployment.drain() == {}
    assert [text for text in pages(deployment, "Accounts").values() if "**CSM Verdict**: false alarm" in text]
    deployment.tick(TOMORROW)
    assert deployment.drain() == {}
    # THEN it begins as a new deployment does: every page written, every account in danger recorded, the critical one
    # sent individually
    shown = [text for text in pages(deployment, "Accounts").values() if "**CSM Health RAG**" in text]
    assert len(shown) == 4
    assert (len(pages(deployment, "Health-Records")), len(drafts(deployment))) == (2, 1)
    # AND the days in shadow are part of every account's history
    history = DynamoScoreHistory(Table(deployment.aws.dynamodb, deployment.stack.outputs["TableName"], TENANT))
    assert [point.run_date for point in history.between("A-0001", TODAY, TOMORROW)] == [TODAY, TOMORROW]
    # AND the shadowed outputs can still be read
    answer = api(deployment, "GET", "/shadow").json()
    assert (answer["shadow"], answer["on"]) == (False, str(TODAY))
    assert json.dumps(answer["counts"]) == json.dumps({kind: count for kind, count in counts.items() if count})
