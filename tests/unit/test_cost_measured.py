"""The figures on which the cost of a month rests are still those that the code makes."""

from __future__ import annotations

import json
import math
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from local.cost import measured
from tests.benchmarks.aws_stand_in import Item, TableOnDisk
from tests.benchmarks.book import AccountBook
from tests.benchmarks.deployment import Deployment
from tests.benchmarks.notion_stand_in import NotionStandIn

ACCOUNTS = 1_000
MOVED = 0.1
"""Share by which a figure may have moved."""


class MeteredTable(TableOnDisk):
    """The table on disk, with the units that DynamoDB would ask for: 1 KB written, 4 KB read, twice in transactions."""

    write_units = 0
    read_units = 0

    def get_item(self, **request: Any) -> Any:
        return self._read_by(super().get_item(**request), lambda answer: [answer["Item"]] if answer else [])

    def batch_get_item(self, **request: Any) -> Any:
        return self._read_by(super().batch_get_item(**request), _found)

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
        wanted = (f"%#{kind}#%", f"{sort_key}%")
        return mean(
            size(json.loads(text))
            for (text,) in self._db.execute("SELECT item FROM items WHERE pk LIKE ? AND sk LIKE ?", wanted)
        )

    def _read_by(self, answer: Any, items: Any) -> Any:
        self.read_units += sum(math.ceil(size(item) / 4096) for item in items(answer)) or 1
        return answer


@pytest.fixture(scope="module")
def quiet_day(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """A second day of a book, of which 3 in 100 accounts change: each figure for one account or page."""
    folder: Path = tmp_path_factory.mktemp("cost")
    deployment = Deployment(NotionStandIn(AccountBook(ACCOUNTS)), folder)
    table = deployment.dynamodb = MeteredTable(folder / "metered")
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


@pytest.mark.parametrize(
    ("item", "bytes_of_it"),
    [
        ({"pk": {"S": "abc"}}, 5),
        ({"n": {"N": "-12.5"}}, 1 + 3),
        ({"n": {"BOOL": True}, "m": {"NULL": True}}, 4),
        ({"l": {"L": [{"S": "ab"}]}}, 1 + 3 + 1 + 2),
        ({"m": {"M": {"k": {"S": "ab"}}}}, 1 + 3 + 1 + 1 + 2),
        ({"s": {"SS": ["ab", "c"]}}, 1 + 3),
    ],
)
def test_an_item_is_as_long_as_dynamodb_says(item: Item, bytes_of_it: int) -> None:
    assert size(item) == bytes_of_it


def size(item: Item) -> int:
    """Bytes of an item as DynamoDB counts them: names and values, numbers two digits a byte."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: dict[str, Any]) -> int:
    [(kind, held)] = value.items()
    match kind:
        case "S":
            return len(held.encode())
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


def _found(answer: Any) -> list[Item]:
    """The items of a batch, which is of one table."""
    [items] = answer["Responses"].values()
    return list(items)
