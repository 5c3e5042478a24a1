"""What it costs to take a file of usage in, and what feeds add to a scan.

`python -m tests.benchmarks.feed_cost 1000000` measures in a process of its own, whose memory no other size has touched.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from pydantic import TypeAdapter

from customer_success.api.observation_models import MOST_LINES
from tests.benchmarks.book import FIRST_DAY, AccountBook, account_id
from tests.benchmarks.deployment import Deployment
from tests.benchmarks.memory import peak_megabytes
from tests.benchmarks.notion_stand_in import NotionStandIn
from tests.benchmarks.scan_cost import ITEMS_PER_READ, needed_to_scan

DAYS = 200
WRITES = ("UpdateItem", "PutItem", "BatchWriteItem", "TransactWriteItems")
READS = ("BatchGetItem", "GetItem", "Query")


@dataclass(frozen=True, slots=True)
class IngestCost:
    """What a file cost: seconds, those of parsing its CSV alone, and the writes to the table."""

    lines: int
    accounts: int
    seconds: float
    parsing_seconds: float
    writes: int
    peak_megabytes: float


@dataclass(frozen=True, slots=True)
class ScanCost:
    """What a scan cost: reads of the table, the fewest that full batches come to, reads of Notion, pages written."""

    day: date
    table_reads: int
    floor: int
    notion_reads: int
    pages_written: int


@dataclass(frozen=True, slots=True)
class RequestCost:
    """What `POST /observations` cost: seconds, those of parsing the JSON alone, and the writes to the table."""

    lines: int
    accounts: int
    seconds: float
    parsing_seconds: float
    writes: int


COST = TypeAdapter(IngestCost)


def measure_ingest(lines: int, folder: Path) -> IngestCost:
    """Take a file of so many lines in, of 200 days of each account."""
    accounts = ceil(lines / DAYS)
    file = folder / "usage.csv"
    write_usage(file, accounts, [FIRST_DAY - timedelta(days=back) for back in range(DAYS, 0, -1)])
    begun = perf_counter()
    with file.open(newline="", encoding="utf-8") as content:
        parsed = sum(1 for _ in csv.reader(content)) - 1
    parsing = perf_counter() - begun
    deployment = Deployment(NotionStandIn(AccountBook(accounts)), folder)
    deployment.know_ids()
    before = _count(deployment.dynamodb.calls, WRITES)
    begun = perf_counter()
    done = deployment.take_usage(file, datetime.combine(FIRST_DAY, time(3), UTC))
    seconds = perf_counter() - begun
    if not parsed == done.accepted == lines:
        raise ValueError(f"{done.accepted:,} of {parsed:,} lines were taken: {done.refusals[:1]}")
    writes = _count(deployment.dynamodb.calls, WRITES) - before
    return IngestCost(lines, accounts, seconds, parsing, writes, peak_megabytes())


def measure_requests(requests: int, folder: Path) -> RequestCost:
    """Take full requests of usage, each of ten days of fifty accounts, and after the first of days that come anew."""
    deployment = Deployment(NotionStandIn(AccountBook(ACCOUNTS_OF_A_REQUEST)), folder)
    deployment.know_ids()
    bodies = [_request(number) for number in range(requests)]
    begun = perf_counter()
    for body in bodies:
        json.loads(body)
    parsing = perf_counter() - begun
    before, begun = _count(deployment.dynamodb.calls, WRITES), perf_counter()
    taken = sum(deployment.take_request(body, _noon(number)).accepted for number, body in enumerate(bodies))
    seconds = perf_counter() - begun
    if taken != requests * MOST_LINES:
        raise ValueError(f"{taken:,} of {requests * MOST_LINES:,} lines were taken")
    writes = _count(deployment.dynamodb.calls, WRITES) - before
    return RequestCost(taken, ACCOUNTS_OF_A_REQUEST * requests, seconds, parsing, writes)


ACCOUNTS_OF_A_REQUEST = 50


def _noon(number: int) -> datetime:
    return datetime.combine(FIRST_DAY + timedelta(days=number), time(12), UTC)


def _request(number: int) -> str:
    days = MOST_LINES // ACCOUNTS_OF_A_REQUEST
    first = FIRST_DAY + timedelta(days=days * (number - 20))
    lines = [
        {"account": account_id(n), "date": str(first + timedelta(days=back)), "active_users": n}
        for n in range(ACCOUNTS_OF_A_REQUEST)
        for back in range(days)
    ]
    return json.dumps({"kind": "usage", "source": "product", "lines": lines})


def measure_scans(size: int, folder: Path) -> tuple[ScanCost, list[ScanCost]]:
    """A scan without feeds, and those of four steady days with them, the last a Monday.

    After a week pages are written again for their date alone, so no week is full."""
    deployment = Deployment(NotionStandIn(AccountBook(size)), folder)
    _scanned(deployment, 0)
    without = _scanned(deployment, 1)
    deployment.know_ids()
    _deliver(deployment, folder, 2, [FIRST_DAY + timedelta(days=2 - back) for back in range(DAYS, 0, -1)])
    # The first scan with a feed: the pages get what it says.
    _scanned(deployment, 2)
    steady: list[ScanCost] = []
    for day in range(3, 7):
        _deliver(deployment, folder, day, [FIRST_DAY + timedelta(days=day - 1)])
        steady.append(_scanned(deployment, day))
    return without, steady


def _deliver(deployment: Deployment, folder: Path, on: int, days: list[date]) -> None:
    file = folder / f"usage-{on}.csv"
    write_usage(file, deployment.notion.book.size, days)
    done = deployment.take_usage(file, datetime.combine(FIRST_DAY + timedelta(days=on), time(3), UTC))
    if done.joined != deployment.notion.book.size:
        raise ValueError(f"{done.joined} of {done.accounts} accounts were found")


def _scanned(deployment: Deployment, day: int) -> ScanCost:
    """Scan a day, and write the pages that changed."""
    notion, table = deployment.notion, deployment.dynamodb
    before, reads, written = _count(table.calls, READS), notion.requests.total(), notion.requests["write"]
    counted = deployment.scan(day)
    made = _count(table.calls, READS) - before
    notion_reads = notion.requests.total() - reads
    needed = needed_to_scan(deployment, counted, notion_reads, 0)
    # And the observations, the feeds as the scan found them, and what waits for an id.
    floor = _count(needed, READS) + ceil(counted["read"] / ITEMS_PER_READ) + 2
    write = deployment.page_writer()
    for message in deployment.page_updates():
        write(message)
    return ScanCost(FIRST_DAY + timedelta(days=day), made, floor, notion_reads, notion.requests["write"] - written)


def _count(calls: Mapping[str, int], kinds: Iterable[str]) -> int:
    return sum(calls.get(kind, 0) for kind in kinds)


def write_usage(file: Path, accounts: int, days: list[date]) -> None:
    """A file of usage, day by day, of accounts that are used on weekdays by as many people each week."""
    with file.open("w", newline="", encoding="utf-8") as content:
        writer = csv.writer(content)
        writer.writerow(("account", "date", "active_users", "events"))
        writer.writerows(_usage(accounts, days))


def _usage(accounts: int, days: list[date]) -> Iterator[tuple[str, str, int, int]]:
    for day in days:
        for number in range(accounts):
            users = 1 if day.weekday() >= 5 else 5 + (number + day.weekday()) % 20
            yield account_id(number), day.isoformat(), users, 7 * users


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        print(COST.dump_json(measure_ingest(int(sys.argv[1]), Path(scratch))).decode())
