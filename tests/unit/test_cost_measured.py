"""The figures on which the cost of a month rests are still those that the code makes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from hashlib import md5
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from customer_success.signals.kinds import Kind
from local.cost import measured
from tests.benchmarks.aws_stand_in import Item, TableOnDisk
from tests.benchmarks.book import FIRST_DAY, AccountBook, account_id
from tests.benchmarks.deployment import Deployment
from tests.benchmarks.notion_stand_in import NotionStandIn
from tests.builders.feeds import Line, as_records, delivery

ACCOUNTS = 1_000
MOVED = 0.1
"""Share by which a figure may have moved."""


FEEDS: tuple[Kind, ...] = ("usage", "tickets", "invoices", "touchpoints", "nps")
TAKEN_IN = datetime.combine(FIRST_DAY, time(3), UTC)
"""When the feeds deliver, before the first scan."""


class MeteredTable(TableOnDisk):
    """The table on disk, with the units that DynamoDB would ask for: 1 KB written, 4 KB read, twice in transactions."""

    write_units = 0
    read_units = 0

    def get_item(self, **request: Any) -> Any:
        return self._read_by(super().get_item(**request), lambda answer: [answer["Item"]] if answer else [])

    def batch_get_item(self, **request: Any) -> Any:
        answer = super().batch_get_item(**request)
        return answer if _is_of_observations(request) else self._read_by(answer, _found)

    def query(self, **request: Any) -> Any:
        answer = super().query(**request)
        self.read_units += max(1, math.ceil(sum(map(size, answer["Items"])) / 4096))
        return answer

    def transact_write_items(self, **request: Any) -> Any:
        before = self.write_units
        answer = super().transact_write_items(**request)
        self.write_units += self.write_units - before
        return answer

    def _write(self, items: Any) -> None:
        written = list(items)
        self.write_units += sum(math.ceil(size(item) / 1024) for item in written)
        super()._write(written)

    def mean_size(self, kind: str, sort_key: str = "") -> float:
        """Bytes of the items of a kind, on average."""
        return mean(map(size, self.items(kind, sort_key)))

    def _read_by(self, answer: Any, items: Any) -> Any:
        self.read_units += sum(math.ceil(size(item) / 4096) for item in items(answer)) or 1
        return answer


@pytest.fixture(scope="module")
def quiet_day(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """A second day of a book with five feeds, of which 3 in 100 accounts change: each figure for one account or page.

    What the scan reads of observations is left out: in one delivery they are smaller than they become in daily ones.
    """
    folder: Path = tmp_path_factory.mktemp("cost")
    deployment = Deployment(NotionStandIn(AccountBook(ACCOUNTS)), folder)
    table = deployment.dynamodb = MeteredTable(folder / "metered")
    deployment.know_ids()
    for kind in FEEDS:
        lines = [line for number in range(ACCOUNTS) for line in delivered(kind, account_id(number), days=100)]
        deployment.ingest(delivery(kind, lines, TAKEN_IN, kind), as_records(lines))
    deployment.scan(0)
    for message in deployment.page_updates():
        deployment.page_writer()(message)
    table.write_units = table.read_units = 0
    calls, reads = deployment.aws_calls, deployment.notion.requests["read"]
    counted = deployment.scan(1)
    scan = {
        "SCAN_WRITE_UNITS": table.write_units / ACCOUNTS,
        "SCAN_READ_UNITS": table.read_units / ACCOUNTS,
        "SCAN_CALLS": sum((deployment.aws_calls - calls).values()) / ACCOUNTS,
        "ACCOUNTS_PER_NOTION_READ": ACCOUNTS / (deployment.notion.requests["read"] - reads),
        "ALERTED_SHARE": sum(counted["told"].values()) / ACCOUNTS,
    }
    table.write_units = table.read_units = 0
    written = deployment.notion.requests["write"]
    writer = deployment.page_writer()
    for message in deployment.page_updates():
        writer(message)
    pages = deployment.notion.requests["write"] - written
    return scan | {
        "CHANGED_SHARE": pages / ACCOUNTS,
        "PAGE_WRITE_UNITS": table.write_units / pages,
        "PAGE_READ_UNITS": table.read_units / pages,
        "ROW_BYTES": table.mean_size("BOOK"),
        "POINT_BYTES": table.mean_size("ACCOUNT", "SCORE#"),
    }


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> float:
    """Bytes of what is stored of an account after 200 daily files of usage and one of each other feed."""
    folder: Path = tmp_path_factory.mktemp("observed")
    deployment = Deployment(NotionStandIn(AccountBook(1)), folder)
    table = deployment.dynamodb = MeteredTable(folder / "metered")
    deployment.know_ids()
    for kind in FEEDS:
        lines = list(delivered(kind, account_id(0)))
        files = [[line] for line in reversed(lines)] if kind == "usage" else [lines]
        for days_ago, file in zip(reversed(range(len(files))), files, strict=True):
            at = TAKEN_IN - timedelta(days=days_ago)
            as_of_s3 = replace(delivery(kind, file, at, kind), content_hash=md5(repr(file).encode()).hexdigest())
            deployment.ingest(as_of_s3, as_records(file))
    return table.mean_size("OBSERVATIONS")


@pytest.mark.slow  # a thousand accounts with five feeds; each day benchmarks/test_counts.py counts what is promised
@pytest.mark.parametrize(
    "figure",
    [
        "SCAN_WRITE_UNITS",
        "SCAN_READ_UNITS",
        "SCAN_CALLS",
        "ACCOUNTS_PER_NOTION_READ",
        "ALERTED_SHARE",
        "CHANGED_SHARE",
        "PAGE_WRITE_UNITS",
        "PAGE_READ_UNITS",
        "ROW_BYTES",
        "POINT_BYTES",
    ],
)
def test_a_figure_is_what_is_measured_now(quiet_day: dict[str, float], figure: str) -> None:
    known = getattr(measured, figure)
    assert quiet_day[figure] == pytest.approx(known, rel=MOVED), f"local/cost/measured.py: {figure} has moved"


def test_what_feeds_observe_is_as_long_as_what_is_measured_now(observed: float) -> None:
    assert observed == pytest.approx(measured.OBSERVATIONS_BYTES, rel=MOVED), "local/cost/measured.py has moved"


@pytest.mark.parametrize(
    ("item", "bytes_of_it"),
    [
        ({"pk": {"S": "abc"}}, 5),
        ({"n": {"N": "-12.5"}}, 1 + 3),
        ({"b": {"B": b"abc"}}, 1 + 3),
        ({"n": {"BOOL": True}, "m": {"NULL": True}}, 4),
        ({"l": {"L": [{"S": "ab"}]}}, 1 + 3 + 1 + 2),
        ({"m": {"M": {"k": {"S": "ab"}}}}, 1 + 3 + 1 + 1 + 2),
        ({"s": {"SS": ["ab", "c"]}}, 1 + 3),
    ],
)
def test_an_item_is_as_long_as_dynamodb_says(item: Item, bytes_of_it: int) -> None:
    assert size(item) == bytes_of_it


def delivered(kind: Kind, account: str, *, days: int = 200) -> Iterator[Line]:
    """What a feed has of an account, the newest first: so many days of usage, a year of the rest."""

    def ago(days: int) -> str:
        return str(FIRST_DAY - timedelta(days=days))

    of = {"account": account}
    match kind:
        case "usage":
            for day in range(1, days + 1):
                yield of | {"date": ago(day), "active_users": 5 + day % 20, "events": 7 * day}
        case "tickets":
            for number in range(12):
                opened, closed = ago(30 * number + 5), ago(30 * number + 2)
                yield of | {"id": f"T-{number}", "opened": opened, "closed": closed, "sentiment": "neutral"}
        case "invoices":
            for number in range(12):
                due, paid = ago(30 * number + 5), ago(30 * number + 2)
                yield of | {"id": f"in_{number}", "due": due, "paid": paid, "amount": 1_200, "currency": "USD"}
        case "touchpoints":
            for number in range(24):
                yield of | {"at": ago(8 * number + 1), "kind": "meeting", "people": [f"p{number % 3}@acme.example"]}
        case "nps":
            for number in range(4):
                yield of | {"person": f"p{number}@acme.example", "score": 8, "at": ago(80 * number + 3)}


def size(item: Item) -> int:
    """Bytes of an item as DynamoDB counts them: names and values, numbers two digits a byte."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: dict[str, Any]) -> int:
    [(kind, held)] = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "B":
            return len(held)
        case "N":
            return len(held.lstrip("-").replace(".", "")) // 2 + 2
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + _value_size(each) for each in held)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(each) for name, each in held.items())
        case "SS":
            return sum(len(each.encode()) for each in held)
    raise ValueError(f"{kind}: a kind of value that is not counted")


def _is_of_observations(request: Any) -> bool:
    """Whether a batch, which is of one table, reads what feeds delivered."""
    [wanted] = request["RequestItems"].values()
    return all("#OBSERVATIONS#" in key["pk"]["S"] for key in wanted["Keys"])


def _found(answer: Any) -> list[Item]:
    """The items of a batch, which is of one table."""
    [items] = answer["Responses"].values()
    return list(items)
