"""What a first and a second day cost at one size of the book.

`python -m tests.benchmarks.scan_cost 1000` measures in a process of its own, whose memory no other size has touched.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import TypeAdapter

from customer_success.messages import PagesChanged
from tests.benchmarks.book import AccountBook
from tests.benchmarks.deployment import Deployment
from tests.benchmarks.memory import peak_megabytes
from tests.benchmarks.notion_stand_in import NotionStandIn

ITEMS_PER_WRITE, ITEMS_PER_READ, MARKS_PER_CALL = 25, 100, 100
ACCOUNTS_PER_CHECKPOINT, ACCOUNTS_PER_SEND, MESSAGES_PER_PUBLISH = 100, 250, 10
ACCOUNTS_PER_PART = 200
LOOK_UPS_OF_A_WRITER = 2


@dataclass(frozen=True, slots=True)
class Calls:
    """AWS calls by operation: those `made`, and those `needed` if all batches were full."""

    made: dict[str, int]
    needed: dict[str, int]

    @property
    def excess(self) -> float:
        """Calls made for each one needed."""
        return sum(self.made.values()) / sum(self.needed.values())

    @property
    def worst(self) -> tuple[str, float]:
        """The operation with the most calls for each one needed, and how many."""
        return max(((kind, made / self.needed[kind]) for kind, made in self.made.items()), key=lambda kind: kind[1])


@dataclass(frozen=True, slots=True)
class Writing:
    """What writing the pages of a day cost; `idle` are the writes that changed nothing."""

    pages: int
    idle: int
    calls: Calls


@dataclass(frozen=True, slots=True)
class DayCost:
    """What a day cost: the scan, and the writing of the pages that it found `changed`, if they were written.

    `reads` are Notion's, and `changed` is what the book knows to have changed.
    """

    day: int
    accounts: int
    reads: int
    changed: int
    calls: Calls
    writing: Writing | None
    peak_megabytes: float

    def per_thousand(self, count: int) -> float:
        """A count for each 1,000 accounts."""
        return count * 1000 / self.accounts


COSTS = TypeAdapter(list[DayCost])


def measure(size: int, folder: Path, *, write_first_day: bool = True) -> list[DayCost]:
    """Scan a book of `size` accounts on two days, and write the pages that changed."""
    deployment = Deployment(NotionStandIn(AccountBook(size)), folder)
    return [_day(deployment, 0, write=write_first_day), _day(deployment, 1, write=True)]


def _day(deployment: Deployment, day: int, *, write: bool) -> DayCost:
    requests, calls = deployment.notion.requests.total(), deployment.aws_calls
    counted = deployment.scan(day)
    reads, changed = deployment.notion.requests.total() - requests, deployment.notion.book.changed(day)
    made = deployment.aws_calls - calls
    updates = deployment.page_updates()
    return DayCost(
        day=day,
        accounts=counted["read"],
        reads=reads,
        changed=changed,
        calls=Calls(made, needed_to_scan(deployment, counted, reads, changed)),
        writing=_write(deployment, updates, changed) if write else None,
        peak_megabytes=peak_megabytes(),
    )


def _write(deployment: Deployment, updates: list[PagesChanged], changed: int) -> Writing:
    notion = deployment.notion
    written, idle, calls = notion.requests["write"], notion.idle_writes, deployment.aws_calls
    writer = deployment.page_writer()
    for message in updates:
        writer(message)
    made = deployment.aws_calls - calls
    calls_of_it = Calls(made, _needed_to_write(changed))
    return Writing(notion.requests["write"] - written, notion.idle_writes - idle, calls_of_it)


def needed_to_scan(deployment: Deployment, counted: dict[str, Any], reads: int, changed: int) -> dict[str, int]:
    """A row and a point per account, an alert per alert, a checkpoint per 100 accounts, and the portfolio's parts.

    All batches are full.
    """
    reported = sum(counted["told"].values())
    answers = deployment.dynamodb.full_answers("BOOK#") + deployment.dynamodb.full_answers(
        f"ALERTS#{counted['run_date']}"
    )
    items = counted["read"] + counted["scored"] + reported
    return {
        # The rows, and the ids of the book as they were.
        "BatchGetItem": ceil(counted["read"] / ITEMS_PER_READ) + 1,
        "BatchWriteItem": ceil(items / ITEMS_PER_WRITE) + ceil(counted["read"] / ACCOUNTS_PER_PART / ITEMS_PER_WRITE),
        # Ranked, then published.
        "TransactWriteItems": 2 * ceil(reported / MARKS_PER_CALL),
        # The book, the day's alerts, the latest run and the last finished one.
        "Query": answers + 2,
        # With the run as ranked and as finished.
        "UpdateItem": ceil(counted["read"] / ACCOUNTS_PER_CHECKPOINT) + 2,
        # A rate limit slot per read, the run with its lease, the digest, the portfolio and the mark of the latest one.
        "PutItem": reads + 4,
        # The run, the feeds, and whether its portfolio is there already.
        "GetItem": 3,
        # With the request for the expansion run.
        "SendMessageBatch": ceil(changed / ACCOUNTS_PER_SEND) + 1,
        # With the digest.
        "PublishBatch": ceil((reported + 1) / MESSAGES_PER_PUBLISH),
    }


def _needed_to_write(pages: int) -> dict[str, int]:
    """The row, and what was last written, read for each page; noted what was written; a slot for each request."""
    return {
        "BatchGetItem": 2 * ceil(pages / ITEMS_PER_READ),
        "BatchWriteItem": ceil(pages / ITEMS_PER_WRITE),
        "PutItem": pages + LOOK_UPS_OF_A_WRITER,
    }


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        costs = measure(int(sys.argv[1]), Path(scratch), write_first_day="--write-first-day" in sys.argv)
    print(COSTS.dump_json(costs).decode())
