"""The feature usage, one item per holder: what the latest run read of it."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from itertools import chain

from pydantic import TypeAdapter

from customer_success.accounts.account import Account
from customer_success.adoption.feature_usage import FeatureUsage
from customer_success.aws.dynamodb.items import Item, Key, expiry, shortened
from customer_success.aws.dynamodb.stored import Stored
from customer_success.aws.dynamodb.table import Table
from customer_success.dataclass import dataclass

STORED_DAYS = 90
MOST_BYTES = 380 * 1024
"""Bytes of rows in one item; the table takes 400 KB."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a run read of one holder, each feature once, and when in epoch seconds."""

    run: str
    at: float
    rows: tuple[FeatureUsage, ...]


class DynamoFeatureUsages:
    """`FeatureUsages` in the table. They are stored for 90 days.

    Of two rows of one feature, however its name is capitalised, the one with the later day stays, of one day the
    last given. A holder with more than an item can take loses the last features by name, with a logged warning.
    """

    def __init__(self, table: Table, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._readings = Stored(table, Reading)
        self._clock = clock

    def of(self, account: Account) -> tuple[FeatureUsage, ...]:
        return self.of_many([account]).get(account.account_id, ())

    def of_many(self, accounts: Iterable[Account]) -> dict[str, tuple[FeatureUsage, ...]]:
        """As the port says; all of them are in memory together."""
        holders = {account.account_id: _holders(account) for account in accounts}
        readings = self._known(chain.from_iterable(holders.values()))
        found = {
            account_id: _latest([readings[name] for name in names if name in readings])
            for account_id, names in holders.items()
        }
        return {account_id: rows for account_id, rows in found.items() if rows}

    def add(self, run: str, rows: Iterable[FeatureUsage]) -> None:
        given: defaultdict[str, list[FeatureUsage]] = defaultdict(list)
        for row in rows:
            given[row.holder].append(row)
        self._table.put_many(self._changed(run, given))

    def _changed(self, run: str, given: dict[str, list[FeatureUsage]]) -> Iterator[Item]:
        """The items of those holders of which the run did not read this before."""
        known = self._known(given)
        now = self._clock()
        for holder, new in given.items():
            before = known.get(holder)
            same = before.rows if before and before.run == run else None
            rows = _fitting(holder, _merged([*(same or ()), *new]))
            if rows != same:
                yield self._readings.item(
                    self._key(holder), Reading(run, now, rows), expires_at=expiry(now, STORED_DAYS)
                )

    def _known(self, holders: Iterable[str]) -> dict[str, Reading]:
        return self._readings.get_many({holder: self._key(holder) for holder in holders})

    def _key(self, holder: str) -> Key:
        """A holder is what a person wrote, of any length."""
        return self._table.key("USAGE", shortened(holder), "FEATURES")


def _holders(account: Account) -> tuple[str, str]:
    """The names under which the account's rows may lie; those under its id are the last given."""
    return account.page_id.replace("-", ""), account.account_id


def _latest(readings: Sequence[Reading]) -> tuple[FeatureUsage, ...]:
    """What the latest run read; a holder that it did not find any more is forgotten."""
    latest = max(readings, key=lambda reading: reading.at, default=None)
    return _merged(row for reading in readings if latest and reading.run == latest.run for row in reading.rows)


def _merged(rows: Iterable[FeatureUsage]) -> tuple[FeatureUsage, ...]:
    """The rows by feature name, each feature once."""
    by_day = sorted(rows, key=lambda row: row.as_of or date.min)
    features = {row.feature.casefold(): row for row in by_day}
    return tuple(features[name] for name in sorted(features))


def _fitting(holder: str, rows: tuple[FeatureUsage, ...]) -> tuple[FeatureUsage, ...]:
    """The rows that an item can take, first come, first served."""
    fitting: list[FeatureUsage] = []
    left = MOST_BYTES
    for row in rows:
        size = len(_row_adapter().dump_json(row)) + 1
        if size <= left:
            fitting.append(row)
            left -= size
    if len(fitting) < len(rows):
        logger.warning(
            "feature usage of %.80r: %d of %d features are kept, as many as fit into %d bytes",
            holder,
            len(fitting),
            len(rows),
            MOST_BYTES,
        )
    return tuple(fitting)


@cache
def _row_adapter() -> TypeAdapter[FeatureUsage]:
    return TypeAdapter(FeatureUsage)
