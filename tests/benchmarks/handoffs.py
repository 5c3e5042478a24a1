"""What becomes of 10,000 offers for Sales of which one in a hundred is poison, and all of which come twice."""

from __future__ import annotations

import json
import random
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger
from pydantic import BaseModel
from rich.console import Console

from customer_success.accounts.account import Account
from customer_success.alerts.publisher import AlertPublisher, OncePublisher
from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from customer_success.aws.dynamodb.digests import DynamoDigests
from customer_success.aws.dynamodb.ledger import DynamoLedger
from customer_success.aws.dynamodb.offers import DynamoOffers
from customer_success.aws.dynamodb.table import Table
from customer_success.aws.messaging.consumer import Delivery, QueueConsumer
from customer_success.aws.messaging.topic import SnsAnnouncements
from customer_success.documents import MailDraft
from customer_success.drafts.drafts import OnceDrafts, OptionalDrafts
from customer_success.expansion.offer import ExpansionRecord
from customer_success.expansion.ports import RecordedAnswer
from customer_success.expansion.recording import OfferRecords
from customer_success.expansion.sales_handoff import SalesHandoff
from customer_success.messages import ExpansionHandoff
from customer_success.once import Once, OnceBus
from customer_success.scan.assessment import ScanContext, assess
from customer_success.scoring.scorer import CSMHealthScorer
from tests.benchmarks.aws_stand_in import QueueOnDisk, TableOnDisk
from tests.benchmarks.figures import Promise, at_most, exactly, show
from tests.builders.accounts import account

POISON_EVERY = 100
TIMES = 2
BATCH = 10
MAX_RECEIVES = 5
DAY = date(2026, 3, 2)
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Size:
    """Offers, and the accounts that they are about."""

    messages: int = 10_000
    accounts: int = 500


QUICK = Size(messages=220, accounts=5)


@dataclass(slots=True)
class Mailboxes:
    """Drafts by their key, and how many were created."""

    created: Counter[str] = field(default_factory=Counter)

    def find(self, mailbox: str, key: str) -> str | None:  # noqa: ARG002
        return key if self.created[key] else None

    def create(self, draft: MailDraft) -> str:
        self.created[draft.key] += 1
        return draft.key


@dataclass(slots=True)
class Records:
    """Records by their key, and how many were created."""

    created: Counter[str] = field(default_factory=Counter)

    def find(self, key: str) -> str | None:
        return key if self.created[key] else None

    def create(self, record: ExpansionRecord) -> str:
        self.created[record.key] += 1
        return record.key

    def write(self, page_id: str, record: ExpansionRecord) -> None: ...

    def url(self, page_id: str) -> str:
        return f"https://notion.example/{page_id}"

    def answers(self, since: date) -> Iterator[tuple[RecordedAnswer, ...]]:  # noqa: ARG002
        return iter(())


@dataclass(slots=True)
class Bus:
    """How many events were put for each offer."""

    put_for: Counter[str] = field(default_factory=Counter)

    def put(self, detail_type: str, detail: BaseModel) -> str:  # noqa: ARG002
        self.put_for[str(getattr(detail, "handoff_id", ""))] += 1
        return str(uuid4())


class Queue:
    """A queue with a dead-letter queue, as far as a consumer sees one; batches come in no order."""

    def __init__(self, bodies: list[str]) -> None:
        random.Random(4).shuffle(bodies)
        self.waiting = deque((str(number), body, 1) for number, body in enumerate(bodies))
        self.dead: list[str] = []

    def batches(self) -> Iterator[dict[str, Any]]:
        """The event of each batch, until nothing waits."""
        while self.waiting:
            taken = [self.waiting.popleft() for _ in range(min(BATCH, len(self.waiting)))]
            self._in_hand = {number: (body, received) for number, body, received in taken}
            yield {"Records": [_record(number, body, received) for number, body, received in taken]}

    def answer(self, response: Any) -> None:
        """Take back what failed."""
        for failure in response["batchItemFailures"]:
            body, received = self._in_hand[failure["itemIdentifier"]]
            if received < MAX_RECEIVES:
                self.waiting.append((failure["itemIdentifier"], body, received + 1))
            else:
                self.dead.append(body)

    def change_message_visibility(self, **_: Any) -> None:
        """What failed comes back at once here."""


def run(console: Console, size: Size = Size()) -> list[Promise]:
    """Hand off, and count drafts, records, events and what was lost or doubled."""
    good, poison = _offers(size)
    queue = Queue([body for _ in range(TIMES) for body in (*good.values(), *poison)])
    with TemporaryDirectory() as folder:
        dynamodb: Any = TableOnDisk(Path(folder) / "table")
        job, mailboxes, records, bus = _function(dynamodb, QueueOnDisk(Path(folder) / "topic"), size)
        quiet = Logger(service="handoffs", level="CRITICAL")
        consumer = QueueConsumer(
            queue,  # type: ignore[arg-type]
            "sales-handoff",
            retry_base_seconds=1,
            max_receives=MAX_RECEIVES,
            logger=quiet,
        )

        def hand_off(delivery: Delivery) -> None:
            job(ExpansionHandoff.model_validate_json(delivery.body), last_try=delivery.last_try)

        dynamodb.calls.clear()
        for event in queue.batches():
            queue.answer(consumer.consume(event, hand_off))
        calls = sum(dynamodb.calls.values())
    made = {"drafts": mailboxes.created, "records": records.created, "events": bus.put_for}
    show(
        console,
        f"{size.messages:,} offers for Sales, 1 in {POISON_EVERY} poison, each delivered {TIMES} times",
        ("", "count"),
        [
            ("good ones", f"{len(good):,}"),
            *((name, f"{sum(count.values()):,}") for name, count in made.items()),
            ("dead letters", f"{len(queue.dead):,}"),
            ("AWS calls on the table per good delivery", f"{calls / (TIMES * len(good)):.2f}"),
        ],
    )
    return [
        *(exactly(f"Handoffs: {name}", sum(count.values()), len(good)) for name, count in made.items()),
        exactly("Handoffs: lost", sum(not all(c[key] for c in made.values()) for key in good), 0),
        exactly("Handoffs: doubled", sum(n > 1 for count in made.values() for n in count.values()), 0),
        exactly("Handoffs: poison in the dead-letter queue", len(queue.dead), TIMES * len(poison)),
        at_most("Handoffs: AWS calls on the table per good delivery", calls / (TIMES * len(good)), 15),
    ]


def _offers(size: Size) -> tuple[dict[str, str], list[str]]:
    """The good messages by their handoff id, and the poisoned ones, each broken in one of the ways that there are."""
    sample = json.loads((ROOT / "events/expansion_handoff.json").read_text("utf-8"))
    breaks: list[dict[str, Any]] = [
        {"version": 2},
        {"opportunity_type": "yacht"},
        {"estimated_arr_impact": -1},
        {"evidence": []},
    ]
    good, poison = {}, []
    for number in range(size.messages):
        account_id = f"A-{number % size.accounts + 1:04d}"
        handoff_id = f"{account_id}:seats:{number}"
        message = sample | {"handoff_id": handoff_id, "account_id": account_id}
        if number % POISON_EVERY == 0:
            poison.append(json.dumps(message | breaks[len(poison) % len(breaks)])[: None if number % 200 else -1])
        else:
            good[handoff_id] = json.dumps(message)
    return good, poison


def _function(dynamodb: Any, topic: Any, size: Size) -> tuple[SalesHandoff, Mailboxes, Records, Bus]:
    """What one function has built after its cold start, with vendors that only count."""
    table = Table(dynamodb, "customer-success", "acme")
    rows = DynamoAccountRows(table)
    scan = ScanContext("acme", DAY, "x", datetime(2026, 3, 2, 7, tzinfo=UTC), CSMHealthScorer(), {}, None)
    book: list[Account] = [account(number) for number in range(1, size.accounts + 1)]
    rows.put_many(assess(scan, each, None, 0).row for each in book)
    mailboxes, records, bus = Mailboxes(), Records(), Bus()
    ledger = DynamoLedger(table, lease_seconds=210)
    announcements = SnsAnnouncements(topic, "topic", str)
    publisher = AlertPublisher("acme", DynamoAlertLog(table), DynamoDigests(table), announcements)
    job = SalesHandoff(
        tenant_id="acme",
        rows=rows,
        offers=DynamoOffers(table),
        records=OfferRecords(records, Once(ledger, "expansion_record")),
        drafts=OptionalDrafts(OnceDrafts(mailboxes, Once(ledger, "sales_draft")), lambda _: None),
        publisher=OncePublisher(publisher, Once(ledger, "sales_news")),
        bus=OnceBus(bus, Once(ledger, "expansion_event")),
        sales_owner=None,
        count=lambda _: None,
    )
    return job, mailboxes, records, bus


def _record(number: str, body: str, received: int) -> dict[str, Any]:
    return {
        "messageId": number,
        "receiptHandle": number,
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(received)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }
