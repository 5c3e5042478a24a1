"""Builds feature usage, and keeps it, its peers and its sections in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from customer_success.accounts.account import Account
from customer_success.adoption.feature_usage import FeatureUsage
from customer_success.adoption.peers import PeerGroup
from customer_success.documents import PageBlock
from customer_success.errors import Removed
from tests.builders.accounts import TODAY
from tests.builders.fakes import Writes


def usage(feature: str = "Boards", number: int = 1, /, **facts: Any) -> FeatureUsage:
    """A feature that account `number` has and uses, as of `TODAY`, with `facts` laid over."""
    plain = FeatureUsage(f"A-{number:04d}", feature, family="Planning", entitled=True, used=40.0, as_of=TODAY)
    return replace(plain, **facts)


def little_used(feature: str = "Reports", number: int = 1, /, **facts: Any) -> FeatureUsage:
    """A feature that the account has and does not use."""
    return usage(feature, number, **{"used": 0.0, **facts})


def not_in_plan(feature: str = "Forecasts", number: int = 1, /, **facts: Any) -> FeatureUsage:
    """A feature that the account's plan does not include, and that was never requested."""
    return usage(feature, number, **{"entitled": False, "used": 0.0, **facts})


@dataclass
class FakeUsages:
    """Feature usage by holder; `error` is raised by every reading while it is set."""

    writes: Writes = field(default_factory=Writes)
    rows: dict[tuple[str, str], FeatureUsage] = field(default_factory=dict)
    read_by: dict[str, str] = field(default_factory=dict)
    error: Exception | None = None

    def of(self, account: Account) -> tuple[FeatureUsage, ...]:
        if self.error:
            raise self.error
        names = (account.page_id.replace("-", ""), account.account_id)
        rows = {row.feature: row for name in names for row in self.rows.values() if row.holder == name}
        return tuple(row for _, row in sorted(rows.items()))

    def of_many(self, accounts: Iterable[Account]) -> dict[str, tuple[FeatureUsage, ...]]:
        return {account.account_id: rows for account in accounts if (rows := self.of(account))}

    def add(self, run: str, rows: Iterable[FeatureUsage]) -> None:
        for row in rows:
            with self.writes:
                if self.read_by.setdefault(row.holder, run) != run:
                    self.rows = {key: known for key, known in self.rows.items() if known.holder != row.holder}
                    self.read_by[row.holder] = run
                self.rows[row.holder, row.feature] = row


@dataclass
class FakePeers:
    writes: Writes = field(default_factory=Writes)
    groups: dict[str, PeerGroup] = field(default_factory=dict)
    error: Exception | None = None

    def get_many(self, names: Iterable[str]) -> dict[str, PeerGroup]:
        if self.error:
            raise self.error
        return {name: self.groups[name] for name in names if name in self.groups}

    def put_many(self, groups: Iterable[PeerGroup]) -> None:
        for group in groups:
            with self.writes:
                self.groups[group.name] = group


@dataclass
class FakeSections:
    """Sections by page and title, and how often any was written. `errors` are raised by the next calls."""

    writes: Writes = field(default_factory=Writes)
    sections: dict[tuple[str, str], tuple[PageBlock, ...]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    errors: list[Exception] = field(default_factory=list)
    written: int = 0

    def write(self, page_id: str, title: str, blocks: Sequence[PageBlock]) -> None:
        if self.errors:
            raise self.errors.pop(0)
        if page_id in self.removed:
            raise Removed(f"the page {page_id} is gone")
        with self.writes:
            self.written += 1
            self.sections[page_id, title] = tuple(blocks)
