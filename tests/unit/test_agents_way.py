"""The way of a task: a record of a queue, the agent, the job, and the result under the task's id."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from customer_success.agent import CustomerSuccessAgent
from customer_success.errors import Misconfigured, NotTaken, Unavailable
from customer_success.messages import QbrRequested, ScanRequested
from customer_success.results import Failed
from customer_success.reviews.generate_qbr import generate_qbr_task
from customer_success.scan.health_scan import health_scan_task
from customer_success.scan.one_account import HealthScan
from customer_success.scan.scan import book_scan_task
from customer_success.scoring.scorer import CSMHealthScorer
from customer_success.task_records.states import TaskStates
from tests.builders.accounts import TODAY, account
from tests.builders.functions import app_of
from tests.builders.reviews import Reviews
from tests.builders.scans import World
from tests.builders.tasks import MORNING, FakeTaskRecords, queued

MOST_RECEIVES = 3


@dataclass
class FakeSqs:
    """How long each message is hidden, in seconds."""

    hidden: dict[str, int] = field(default_factory=dict)

    def change_message_visibility(self, **request: Any) -> None:
        self.hidden[request["ReceiptHandle"]] = request["VisibilityTimeout"]


@dataclass
class Lambda:
    """A function as its queue calls it, with an agent of real jobs over ports in memory."""

    name: str
    agent: CustomerSuccessAgent
    records: FakeTaskRecords = field(default_factory=lambda: FakeTaskRecords(tasks={"task-1": queued()}))
    sqs: FakeSqs = field(default_factory=FakeSqs)

    def __post_init__(self) -> None:
        self.app = app_of(self.name)
        function: Any = self.app.function  # type: ignore[attr-defined]
        function.settings = SimpleNamespace(
            space="acme",
            timezone="UTC",
            shadow=False,
            queue_url="the queue",
            retry_base_seconds=60,
            max_receives=MOST_RECEIVES,
        )
        function._sqs, function.agent, function.task_states = self.sqs, self.agent, TaskStates(self.records)
        function.report = lambda _: None

    def deliver(self, message: QbrRequested | ScanRequested, *, received: int = 1) -> bool:
        """Deliver the message for the so-many-th time; True if it is done with, False if it goes back to its queue, or
        after the last time to the dead-letter queue.
        """
        record = {
            "messageId": "m-1",
            "receiptHandle": "m-1",
            "body": message.model_dump_json(),
            "attributes": {"ApproximateReceiveCount": str(received)},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
        }
        context = SimpleNamespace(aws_request_id="r-1", get_remaining_time_in_millis=lambda: 60_000)
        answer = self.app.handler({"Records": [record]}, context)
        return answer["batchItemFailures"] == []


REVIEW = QbrRequested(
    tenant_id="acme",
    id="task-1",
    time=MORNING.replace(month=4),
    account_id="A-0001",
    trigger="requested",
    task_id="task-1",
)


@pytest.fixture
def reviews() -> Reviews:
    reviews = Reviews()
    reviews.account(1)
    return reviews


@pytest.fixture
def writer(reviews: Reviews) -> Lambda:
    return Lambda("generate_qbr", CustomerSuccessAgent({"generate_qbr": generate_qbr_task(reviews.generate_qbr())}))


def test_what_lies_on_the_queue_is_done_by_the_agent_and_its_result_is_the_tasks(
    reviews: Reviews, writer: Lambda
) -> None:
    # WHEN a review's message is delivered
    assert writer.deliver(REVIEW)
    # THEN the review is written, and the task has what the agent answers to the same
    task = writer.records.tasks["task-1"]
    assert (task.state, len(reviews.pages.pages)) == ("done", 1)
    asked = {"type": "generate_qbr", "account_id": "A-0001", "trigger": "requested"}
    same = writer.agent.execute(asked, {"now": REVIEW.time, "request_id": REVIEW.id})
    assert task.result == same.to_fields()


def test_a_passing_fault_of_an_output_goes_back_to_the_queue_until_it_is_written(
    reviews: Reviews, writer: Lambda
) -> None:
    # GIVEN pages that are down for two tries, the first with a time to wait
    reviews.pages.errors = [Unavailable("Notion is down", retry_after=7), Unavailable("Notion is down")]
    # WHEN the message is delivered THEN it comes back after that time, and the task is not over
    assert not writer.deliver(REVIEW)
    assert (writer.sqs.hidden["m-1"], writer.records.tasks["task-1"].state) == (7, "running")
    assert not writer.deliver(REVIEW, received=2)
    assert writer.sqs.hidden["m-1"] == 120
    # AND at last the review is written, from the text of the first try
    assert writer.deliver(REVIEW, received=MOST_RECEIVES)
    assert writer.records.tasks["task-1"].state == "done"
    assert reviews.narrator.asked == 1  # type: ignore[attr-defined]


def test_on_the_last_receive_an_enrichment_is_done_without(reviews: Reviews, writer: Lambda) -> None:
    # GIVEN a mailbox that stays down
    reviews.drafts.errors = [Unavailable("Gmail is down")] * 2
    # WHEN the message is delivered for the first and for the last time THEN the review is done without its draft
    assert not writer.deliver(REVIEW)
    assert writer.deliver(REVIEW, received=MOST_RECEIVES)
    task = writer.records.tasks["task-1"]
    assert (task.state, task.error) == ("partial", "no invitation was drafted: Gmail is down")


@pytest.mark.parametrize("fault", [Unavailable("Notion is down"), Misconfigured("share the database"), KeyError("x")])
def test_an_output_that_fails_to_the_last_goes_to_the_dead_letters_with_the_text_in_the_task(
    reviews: Reviews, writer: Lambda, fault: Exception
) -> None:
    # GIVEN pages that never take the review
    reviews.pages.errors = [fault] * MOST_RECEIVES
    # WHEN the message is delivered as often as it can be
    for received in range(1, MOST_RECEIVES + 1):
        assert writer.records.tasks["task-1"].state != "failed"
        assert not writer.deliver(REVIEW, received=received)
    # THEN it goes to the dead-letter queue at once, and the task has the cause and the text
    assert writer.sqs.hidden["m-1"] == 0
    task = writer.records.tasks["task-1"]
    assert (task.state, task.result and task.result["partial"]) == ("failed", True)
    assert task.result
    assert task.result["qbr"]["account_health_summary"]
    assert task.error == ("KeyError: 'x'" if isinstance(fault, KeyError) else str(fault))


def test_what_a_vendor_does_not_take_is_never_acknowledged(reviews: Reviews, writer: Lambda) -> None:
    reviews.pages.errors = [NotTaken("a text is too long")]
    assert not writer.deliver(REVIEW)
    assert writer.records.tasks["task-1"].state == "failed"


def test_refused_input_is_acknowledged_and_the_task_has_the_reason(writer: Lambda) -> None:
    unknown = REVIEW.model_copy(update={"account_id": "A-9999"})
    assert writer.deliver(unknown)
    task = writer.records.tasks["task-1"]
    assert (task.state, task.result) == ("failed", None)
    assert task.error == "account 'A-9999' is not known; it is known once a scan has read it"


def scanner(world: World) -> Lambda:
    account = HealthScan(world.rows, CSMHealthScorer())
    return Lambda(
        "health_scan",
        CustomerSuccessAgent({"health_scan": health_scan_task(account, book_scan_task(world.scan_run()))}),
    )


SCAN = ScanRequested(tenant_id="acme", id="task-1", time=MORNING, task_id="task-1")


def test_a_scan_of_the_book_is_the_agents_task_too() -> None:
    # GIVEN a book that was never scanned
    world = World([account(1), account(2)], today=TODAY)
    scan = scanner(world)
    # WHEN its message is delivered THEN the book is scanned, and the task has the counts
    assert scan.deliver(SCAN)
    task = scan.records.tasks["task-1"]
    assert (task.state, task.result and task.result["read"]) == ("done", 2)
    assert set(world.rows.rows) == {"A-0001", "A-0002"}


def test_a_misconfigured_scan_is_reported_at_once_and_comes_again() -> None:
    # GIVEN a book that cannot be read before it is shared
    world = World([account(1)], today=TODAY)
    world.book.error, world.book.fails_at, world.book.failures = Misconfigured("share the database"), 0, 1
    scan = scanner(world)
    # WHEN the message is delivered THEN it comes back, and the team has the failure
    assert not scan.deliver(SCAN)
    assert scan.records.tasks["task-1"].state == "running"
    assert any(digest.title for digest in world.digests.digests.values())
    # WHEN the database is shared by then THEN the task is done
    assert scan.deliver(SCAN, received=2)
    assert scan.records.tasks["task-1"].state == "done"


def test_a_failure_is_a_value_until_the_function_raises_it(writer: Lambda, reviews: Reviews) -> None:
    reviews.pages.errors = [Unavailable("Notion is down")]
    result = writer.agent.execute({"type": "generate_qbr", "account_id": "A-0001"}, {"now": MORNING.replace(month=4)})
    assert isinstance(result, Failed)
    assert result.retryable
