"""Expansion on the embedded stack: from the scan to Sales, to what Sales answers, and to the next check."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.notion.names import ExpansionNames
from customer_success.aws.dynamodb.expansion_log import DynamoExpansionLog
from customer_success.aws.dynamodb.offers import DynamoOffers
from customer_success.messages import ExpansionHandoff, ScanRequested
from local.deployment import TENANT, LocalDeployment
from local.sandbox.notion.load import Book, Row
from local.spreadsheets.usage import USAGE_KEY
from local.stack.queues import redrive, wait_until_drained
from tests.builders.accounts import TODAY
from tests.builders.pages import choice, day, page, text, title
from tests.builders.sandbox import MOMENT, chat_messages, drafts, fault, mend, pages
from tests.builders.warm_stack import retry_at_once
from tests.e2e.conftest import Enter

TOMORROW = TODAY + timedelta(days=1)
ROOT = Path(__file__).parents[2]
SALES = {"Sales_Email": {"email": "nora@example.com"}}
FULL = {"Seats_Used": {"number": 107}, **SALES}
"""An account that uses seven seats more than it bought."""
SEATS = "A-0001:seats:Q1 2026"


def usage(number: int, feature: str, **properties: Any) -> Row:
    """A row of feature usage of account `number`, used 10 times; further properties with underscores for spaces."""
    account_id = f"A-{number:04d}"
    plain = {
        "Name": title(feature),
        "Feature": text(feature),
        "Account": text(account_id),
        USAGE_KEY: text(f"{account_id}:{feature}"),
        "Family": choice("Reporting"),
        "Entitled": choice("Yes"),
        "Used": {"number": 10},
        "As Of": day(TODAY),
    }
    return Row(properties=plain | {name.replace("_", " "): value for name, value in properties.items()})


def answer(deployment: LocalDeployment, handoff_id: str, **properties: Any) -> None:
    """Sales answers on the record, in Notion."""
    names = ExpansionNames()
    given = {name.replace("_", " "): value for name, value in properties.items()}
    row = Row(properties={names.key: text(handoff_id), **given})
    done = deployment.sandbox.load(Book(title="Expansion", properties={}, key=names.key, rows=[row]))
    assert done.updated == 1


def outcomes(deployment: LocalDeployment, on: date) -> dict[str, str]:
    """What the day brought, by account or handoff id."""
    return {entry.key: entry.outcome for entry in DynamoExpansionLog(deployment.table).on(on)}


def events(deployment: LocalDeployment) -> list[dict[str, Any]]:
    """The events by which other systems hear of handoffs."""
    lines = deployment.write_bus_events().read_text("utf-8").splitlines()
    return [event["detail"] for line in lines if (event := json.loads(line))["detail-type"] == "expansion.handed_off"]


def messages_with(deployment: LocalDeployment, text_in_it: str) -> int:
    """How many messages with that text came in Slack."""
    return sum(text_in_it in json.dumps(message, ensure_ascii=False) for message in chat_messages(deployment, "slack"))


def for_sales(deployment: LocalDeployment) -> list[Any]:
    """The drafts in the mailboxes of Sales."""
    return [mail for mail in drafts(deployment) if mail["From"] in ("nora@example.com", "sales-lead@example.com")]


def queued(deployment: LocalDeployment, *bodies: str) -> None:
    """Put messages on the queue to Sales."""
    for body in bodies:
        deployment.aws.sqs.send_message(QueueUrl=deployment.stack.queues["sales-handoff"], MessageBody=body)


def handoff(number: int = 1, **changes: Any) -> str:
    """The sample message, about account `number`."""
    sample = json.loads((ROOT / "events/expansion_handoff.json").read_text("utf-8"))
    account = {
        "tenant_id": TENANT,
        "account_id": f"A-{number:04d}",
        "handoff_id": f"A-{number:04d}:seats:Q1 2026",
        "sales_email": "nora@example.com",
    }
    return json.dumps(sample | account | changes)


def test_a_morning_from_the_scan_to_sales_and_the_next_check(deployment: LocalDeployment) -> None:
    # GIVEN an account that needs seats, one whose reporting is at its limit, one that may not be offered anything
    # for, one with a tool of which nothing is known, and one without rationales
    deployment.load(
        [
            page(1, **FULL),
            page(2),
            page(3, Escalations_90d={"number": 1}, Seats_Used={"number": 99}),
            page(4, Connected_Tools={"multi_select": [{"name": "Salesforce"}]}),
            page(5),
        ]
    )
    deployment.load_usage(
        [
            usage(2, "Dashboards", Limit={"number": 10}),
            usage(4, "Slack", Family=choice("Integrations")),
            usage(9, "Dashboards"),
        ]
    )
    # WHEN the scan's rule fires
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    # THEN each candidate has an outcome
    assert outcomes(deployment, TODAY) == {
        "A-0001": "offered",
        "A-0002": "offered",
        "A-0003": "held_back",
        "A-0004": "recorded",
        "A-0005": "nothing",
    }
    # AND Sales has two drafts to customers, without a figure that is not theirs
    assert {(mail["From"], mail["To"]) for mail in for_sales(deployment)} == {
        ("nora@example.com", "contact1@customer.example"),
        ("sales-lead@example.com", "contact2@customer.example"),
    }
    for mail in for_sales(deployment):
        customers_text = mail.get_body(("plain",)).get_content()
        assert not re.search(r"\b(score|churn|ARR|GREEN|2,?100)\b", customers_text, re.IGNORECASE)
    # AND three records, two of them ready for Sales, with evidence and the estimate where price and quantity are known
    records = pages(deployment, "Expansion")
    assert Counter("Ready for Sales" in record for record in records.values()) == {True: 2, False: 1}
    (seats,) = (record for record in records.values() if "A-0001:seats" in record)
    assert "107%" in seats
    assert re.search(r"\*\*Estimated ARR\*\*: 2100", seats)
    # AND one event and one message to the sales owner for each
    assert sorted(event["handoff_id"] for event in events(deployment)) == [
        "A-0001:seats:Q1 2026",
        "A-0002:module:Q1 2026",
    ]
    for account in ("Account 1", "Account 2"):
        assert messages_with(deployment, f"{account}: ") >= 1
    # AND the owner reads what went to Sales, and what did not and why
    assert messages_with(deployment, "Handed to Sales") == 1
    assert messages_with(deployment, "low confidence") == 1
    before = (len(drafts(deployment)), len(records), len(events(deployment)), len(chat_messages(deployment, "slack")))

    # WHEN the day is scanned again
    again = ScanRequested(tenant_id=TENANT, id="by hand", time=f"{TODAY}T09:00:00Z", force=True)
    deployment.aws.sqs.send_message(QueueUrl=deployment.stack.queues["scan"], MessageBody=again.model_dump_json())
    assert deployment.drain() == {}
    # THEN no message or draft is made again
    after = (
        len(drafts(deployment)),
        len(pages(deployment, "Expansion")),
        len(events(deployment)),
        len(chat_messages(deployment, "slack")),
    )
    assert after == before

    # WHEN Sales rejects one and accepts the other, and the next day comes
    answer(deployment, SEATS, Sales_Status=choice("Rejected"), Rejection_Reason=text("they hire nobody this year"))
    answer(deployment, "A-0002:module:Q1 2026", Sales_Status=choice("Accepted"))
    deployment.tick(TOMORROW)
    assert deployment.drain() == {}
    # THEN the check obeys both, the owner gets a message, and what Sales wrote stays
    found = outcomes(deployment, TOMORROW)
    assert (found[SEATS], found["A-0002:module:Q1 2026"]) == ("answered", "answered")
    assert (found["A-0001"], found["A-0002"]) == ("nothing", "nothing")
    assert messages_with(deployment, "they hire nobody this year") == 1
    assert (len(drafts(deployment)), len(pages(deployment, "Expansion")), len(events(deployment))) == before[:3]
    assert any("**Sales Status**: Rejected" in record for record in pages(deployment, "Expansion").values())
    (offer,) = DynamoOffers(deployment.table).of_account("A-0001")
    assert offer.answer is not None
    assert (offer.answer.status, offer.answer.on) == ("Rejected", TOMORROW)


@pytest.mark.slow
def test_an_offer_that_is_delivered_five_times_with_broken_connections_is_handed_off_once(
    deployment: LocalDeployment,
) -> None:
    # GIVEN a Notion and a Gmail that drop a connection after the work is done
    deployment.load([page(1, **SALES)])
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    fault(deployment, "notion", kind="drop_after", method="POST", match="/pages")
    fault(deployment, "gmail", kind="drop_after", method="POST", match="/drafts")
    # WHEN a message comes three times at once and twice later
    queued(deployment, *[handoff()] * 3)
    assert deployment.drain() == {}
    queued(deployment, *[handoff()] * 2)
    assert deployment.drain() == {}
    # THEN there is one record, one draft and one event, and the sales owner got one message
    assert (len(pages(deployment, "Expansion")), len(for_sales(deployment)), len(events(deployment))) == (1, 1, 1)
    assert messages_with(deployment, "Account 1: more seats") == 1


def test_poison_reaches_the_dead_letters_and_blocks_no_other(deployment: LocalDeployment) -> None:
    # GIVEN good offers, and among them what no reader can take
    retry_at_once(deployment)
    deployment.load([page(number, **SALES) for number in (1, 2, 3)])
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    poison = ["{", handoff(version=2), handoff(opportunity_type="yacht"), handoff(estimated_arr_impact=-1)]
    # WHEN they come together
    queued(deployment, handoff(1), *poison, handoff(2), handoff(3), handoff(evidence=[]))
    dead = deployment.drain()
    # THEN the good ones are handed off once, and the others lie where a person finds them
    assert dead == {"sales-handoff-dlq": 5}
    assert (len(pages(deployment, "Expansion")), len(for_sales(deployment)), len(events(deployment))) == (3, 3, 3)


def test_a_gmail_that_is_down_holds_up_the_draft_alone_and_a_redrive_makes_it_whole(
    deployment: LocalDeployment,
) -> None:
    # GIVEN a Gmail that is down
    retry_at_once(deployment)
    deployment.load([page(1, **FULL)])
    fault(deployment, "gmail", kind="status", status=503, retry_after=MOMENT, times=None)
    # WHEN an offer is found
    deployment.tick(TODAY)
    dead = deployment.drain()
    # THEN record and event are there, and the message waits
    assert dead == {"sales-handoff-dlq": 1}
    assert (len(pages(deployment, "Expansion")), len(for_sales(deployment)), len(events(deployment))) == (1, 0, 1)
    # WHEN Gmail is back and the queue is redriven
    mend(deployment, "gmail")
    assert redrive(deployment.aws, deployment.stack.queues, "sales-handoff") == 1
    assert deployment.drain() == {}
    # THEN the end is that of a morning without the fault
    assert (len(pages(deployment, "Expansion")), len(for_sales(deployment)), len(events(deployment))) == (1, 1, 1)
    (offer,) = DynamoOffers(deployment.table).of_account("A-0001")
    assert offer.handoff is not None


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        pytest.param({"SalesHandoffMode": "none"}, "no handoff queue", id="without a queue"),
        pytest.param({"SalesOwner": ""}, "no sales owner", id="without a sales owner", marks=pytest.mark.slow),
    ],
)
def test_what_cannot_go_to_sales_is_recorded_and_shown_to_the_owner(
    enter: Enter, parameters: dict[str, str], why: str
) -> None:
    # GIVEN a deployment without a way to Sales
    deployment = enter(parameters)
    deployment.load([page(1, Seats_Used={"number": 107})])
    # WHEN an offer is found
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    # THEN it is recorded, nothing is drafted, and the owner reads why
    assert outcomes(deployment, TODAY) == {"A-0001": "recorded"}
    (record,) = pages(deployment, "Expansion").values()
    assert "Ready for Sales" not in record
    assert (for_sales(deployment), events(deployment)) == ([], [])
    assert messages_with(deployment, why) == 1


def test_a_system_of_the_sales_team_takes_the_offers_from_the_queue(enter: Enter) -> None:
    # GIVEN a deployment that leaves offers on the queue
    deployment = enter({"SalesHandoffMode": "queue"})
    deployment.load([page(1, **FULL)])
    # WHEN an offer is found
    deployment.tick(TODAY)
    others = {name: url for name, url in deployment.stack.queues.items() if name != "sales-handoff"}
    wait_until_drained(deployment.aws, others, work=deployment.work)
    assert for_sales(deployment) == []
    # THEN the consumer of docs/sales-handoff.md gets it
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/sales-handoff.md").read_text("utf-8"), re.DOTALL)
    defined: dict[str, Any] = {}
    exec(compile(code, "docs/sales-handoff.md", "exec"), defined)
    taken: list[dict[str, Any]] = []
    defined["boto3"] = _Boto3(deployment)
    defined["take"](deployment.stack.queues["sales-handoff"], taken.append, lambda _: True)
    assert [offer["handoff_id"] for offer in taken] == [SEATS]
    assert ExpansionHandoff.model_validate(taken[0] | {"evidence": tuple(taken[0]["evidence"])}).sales_email == (
        "nora@example.com"
    )


class _Boto3:
    """What the consumer imports, with the embedded stack in the place of AWS."""

    def __init__(self, deployment: LocalDeployment) -> None:
        self._deployment = deployment

    def client(self, service: str) -> Any:
        assert service == "sqs"
        return self._deployment.aws.sqs
