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
from local.deployment import TENANT, USAGE_KEY, House
from local.sandbox.notion.load import Book, Row
from local.stack.queues import redrive, wait_until_drained
from tests.builders.accounts import TODAY
from tests.builders.pages import choice, day, page, text, title
from tests.builders.sandbox import chat_messages, drafts, fault, mend, pages
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


def answer(home: House, handoff_id: str, **properties: Any) -> None:
    """Sales answers on the record, in Notion."""
    names = ExpansionNames()
    given = {name.replace("_", " "): value for name, value in properties.items()}
    row = Row(properties={names.key: text(handoff_id), **given})
    done = home.sandbox.load(Book(title="Expansion", properties={}, key=names.key, rows=[row]))
    assert done.updated == 1


def outcomes(home: House, on: date) -> dict[str, str]:
    """What the day brought, by account or handoff id."""
    return {entry.key: entry.outcome for entry in DynamoExpansionLog(home.table).on(on)}


def events(home: House) -> list[dict[str, Any]]:
    """The events by which other systems hear of handoffs."""
    lines = home.write_bus_events().read_text("utf-8").splitlines()
    return [event["detail"] for line in lines if (event := json.loads(line))["detail-type"] == "expansion.handed_off"]


def told(home: House, text_in_it: str) -> int:
    """How many messages with that text came in Slack."""
    return sum(text_in_it in json.dumps(message, ensure_ascii=False) for message in chat_messages(home, "slack"))


def for_sales(home: House) -> list[Any]:
    """The drafts in the mailboxes of Sales."""
    return [mail for mail in drafts(home) if mail["From"] in ("nora@example.com", "sales-lead@example.com")]


def queued(home: House, *bodies: str) -> None:
    """Put messages on the queue to Sales."""
    for body in bodies:
        home.aws.sqs.send_message(QueueUrl=home.deployment.queues["sales-handoff"], MessageBody=body)


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


def test_a_morning_from_the_scan_to_sales_and_the_next_check(home: House) -> None:
    # GIVEN an account that needs seats, one whose reporting is at its limit, one that nobody may be offered anything
    # for, one with a tool of which nothing is known, and one without grounds
    home.load(
        [
            page(1, **FULL),
            page(2),
            page(3, Escalations_90d={"number": 1}, Seats_Used={"number": 99}),
            page(4, Connected_Tools={"multi_select": [{"name": "Salesforce"}]}),
            page(5),
        ]
    )
    home.load_usage(
        [
            usage(2, "Dashboards", Limit={"number": 10}),
            usage(4, "Slack", Family=choice("Integrations")),
            usage(9, "Dashboards"),
        ]
    )
    # WHEN the scan's rule fires
    home.tick(TODAY)
    assert home.drain(120) == {}
    # THEN each candidate has an outcome
    assert outcomes(home, TODAY) == {
        "A-0001": "offered",
        "A-0002": "offered",
        "A-0003": "held_back",
        "A-0004": "recorded",
        "A-0005": "nothing",
    }
    # AND Sales has two drafts to customers, without a figure that is not theirs
    assert {(mail["From"], mail["To"]) for mail in for_sales(home)} == {
        ("nora@example.com", "contact1@customer.example"),
        ("sales-lead@example.com", "contact2@customer.example"),
    }
    for mail in for_sales(home):
        told_to_customer = mail.get_body(("plain",)).get_content()
        assert not re.search(r"\b(score|churn|ARR|GREEN|2,?100)\b", told_to_customer, re.IGNORECASE)
    # AND three records, two of them ready for Sales, with evidence and the estimate where price and quantity are known
    records = pages(home, "Expansion")
    assert Counter("Ready for Sales" in record for record in records.values()) == {True: 2, False: 1}
    (seats,) = (record for record in records.values() if "A-0001:seats" in record)
    assert "107%" in seats
    assert re.search(r"\*\*Estimated ARR\*\*: 2100", seats)
    # AND one event and one message to the sales owner for each
    assert sorted(event["handoff_id"] for event in events(home)) == ["A-0001:seats:Q1 2026", "A-0002:module:Q1 2026"]
    for account in ("Account 1", "Account 2"):
        assert told(home, f"{account}: ") >= 1
    # AND the owner is told what went to Sales, and what did not and why
    assert told(home, "Handed to Sales") == 1
    assert told(home, "low confidence") == 1
    before = (len(drafts(home)), len(records), len(events(home)), len(chat_messages(home, "slack")))

    # WHEN the day is scanned again
    again = ScanRequested(tenant_id=TENANT, id="by hand", time=f"{TODAY}T09:00:00Z", force=True)
    home.aws.sqs.send_message(QueueUrl=home.deployment.queues["scan"], MessageBody=again.model_dump_json())
    assert home.drain(120) == {}
    # THEN nobody is told or drafted anything again
    after = (len(drafts(home)), len(pages(home, "Expansion")), len(events(home)), len(chat_messages(home, "slack")))
    assert after == before

    # WHEN Sales rejects one and accepts the other, and the next day comes
    answer(home, SEATS, Sales_Status=choice("Rejected"), Rejection_Reason=text("they hire nobody this year"))
    answer(home, "A-0002:module:Q1 2026", Sales_Status=choice("Accepted"))
    home.tick(TOMORROW)
    assert home.drain(120) == {}
    # THEN the check obeys both, the owner is told, and what Sales wrote stays
    found = outcomes(home, TOMORROW)
    assert (found[SEATS], found["A-0002:module:Q1 2026"]) == ("answered", "answered")
    assert (found["A-0001"], found["A-0002"]) == ("nothing", "nothing")
    assert told(home, "they hire nobody this year") == 1
    assert (len(drafts(home)), len(pages(home, "Expansion")), len(events(home))) == before[:3]
    assert any("**Sales Status**: Rejected" in record for record in pages(home, "Expansion").values())
    (offer,) = DynamoOffers(home.table).of_account("A-0001")
    assert offer.answer is not None
    assert (offer.answer.status, offer.answer.on) == ("Rejected", TOMORROW)


def test_an_offer_that_is_delivered_five_times_with_broken_connections_is_handed_off_once(home: House) -> None:
    # GIVEN a Notion and a Gmail that drop a connection after the work is done
    home.load([page(1, **SALES)])
    home.tick(TODAY)
    assert home.drain(120) == {}
    fault(home, "notion", kind="drop_after", method="POST", match="/pages")
    fault(home, "gmail", kind="drop_after", method="POST", match="/drafts")
    # WHEN a message comes three times at once and twice later
    queued(home, *[handoff()] * 3)
    assert home.drain(240) == {}
    queued(home, *[handoff()] * 2)
    assert home.drain(240) == {}
    # THEN there is one record, one draft and one event, and the sales owner was told once
    assert (len(pages(home, "Expansion")), len(for_sales(home)), len(events(home))) == (1, 1, 1)
    assert told(home, "Account 1: more seats") == 1


def test_poison_reaches_the_dead_letters_and_holds_nobody_up(home: House) -> None:
    # GIVEN good offers, and among them what no reader can take
    home.load([page(number, **SALES) for number in (1, 2, 3)])
    home.tick(TODAY)
    assert home.drain(120) == {}
    poison = ["{", handoff(version=2), handoff(opportunity_type="yacht"), handoff(estimated_arr_impact=-1)]
    # WHEN they come together
    queued(home, handoff(1), *poison, handoff(2), handoff(3), handoff(evidence=[]))
    dead = home.drain(180)
    # THEN the good ones are handed off once, and the others lie where a person finds them
    assert dead == {"sales-handoff-dlq": 5}
    assert (len(pages(home, "Expansion")), len(for_sales(home)), len(events(home))) == (3, 3, 3)


def test_a_gmail_that_is_down_holds_up_the_draft_alone_and_a_redrive_makes_it_whole(home: House) -> None:
    # GIVEN a Gmail that is down
    home.load([page(1, **FULL)])
    fault(home, "gmail", kind="status", status=503, times=None)
    # WHEN an offer is found
    home.tick(TODAY)
    dead = home.drain(180)
    # THEN record and event are there, and the message waits
    assert dead == {"sales-handoff-dlq": 1}
    assert (len(pages(home, "Expansion")), len(for_sales(home)), len(events(home))) == (1, 0, 1)
    # WHEN Gmail is back and the queue is redriven
    mend(home, "gmail")
    assert redrive(home.aws, home.deployment.queues, "sales-handoff") == 1
    assert home.drain(120) == {}
    # THEN the end is that of a morning without the fault
    assert (len(pages(home, "Expansion")), len(for_sales(home)), len(events(home))) == (1, 1, 1)
    (offer,) = DynamoOffers(home.table).of_account("A-0001")
    assert offer.handoff is not None


@pytest.mark.parametrize(
    ("parameters", "why"),
    [({"SalesHandoffMode": "none"}, "no handoff queue"), ({"SalesOwner": ""}, "no sales owner")],
    ids=["without a queue", "without a sales owner"],
)
def test_what_cannot_go_to_sales_is_recorded_and_shown_to_the_owner(
    enter: Enter, parameters: dict[str, str], why: str
) -> None:
    # GIVEN a deployment without a way to Sales
    home = enter(parameters)
    home.load([page(1, Seats_Used={"number": 107})])
    # WHEN an offer is found
    home.tick(TODAY)
    assert home.drain(120) == {}
    # THEN it is recorded, nothing is drafted, and the owner reads why
    assert outcomes(home, TODAY) == {"A-0001": "recorded"}
    (record,) = pages(home, "Expansion").values()
    assert "Ready for Sales" not in record
    assert (for_sales(home), events(home)) == ([], [])
    assert told(home, why) == 1


def test_a_system_of_the_sales_team_takes_the_offers_from_the_queue(enter: Enter) -> None:
    # GIVEN a deployment that leaves offers on the queue
    home = enter({"SalesHandoffMode": "queue"})
    home.load([page(1, **FULL)])
    # WHEN an offer is found
    home.tick(TODAY)
    others = {name: url for name, url in home.deployment.queues.items() if name != "sales-handoff"}
    wait_until_drained(home.aws, others, 120)
    assert for_sales(home) == []
    # THEN the consumer of docs/sales-handoff.md gets it
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/sales-handoff.md").read_text("utf-8"), re.DOTALL)
    defined: dict[str, Any] = {}
    exec(compile(code, "docs/sales-handoff.md", "exec"), defined)
    taken: list[dict[str, Any]] = []
    defined["boto3"] = _Boto3(home)
    defined["take"](home.deployment.queues["sales-handoff"], taken.append, lambda _: True)
    assert [offer["handoff_id"] for offer in taken] == [SEATS]
    assert ExpansionHandoff.model_validate(taken[0] | {"evidence": tuple(taken[0]["evidence"])}).sales_email == (
        "nora@example.com"
    )


class _Boto3:
    """What the consumer imports, with the embedded stack in the place of AWS."""

    def __init__(self, home: House) -> None:
        self._home = home

    def client(self, service: str) -> Any:
        assert service == "sqs"
        return self._home.aws.sqs
