"""Feeds in memory: what they deliver, and the ids by which it finds its account."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from customer_success.scan.observed_book import ObservedBook
from customer_success.signals.directory import Directory, Known
from customer_success.signals.entries import Mark
from customer_success.signals.freshness import Feed
from customer_success.signals.ingest import Delivery, Ingest, Ingested
from customer_success.signals.kinds import Kind
from customer_success.signals.ports import KeyedRequest
from customer_success.signals.records import Cells, Record, from_object
from customer_success.signals.slots import Holder, Slot, SlotName
from customer_success.signals.spool import DiskSpool

Line = dict[str, Any]
NIGHT = datetime(2026, 3, 2, 3, tzinfo=UTC)


def as_records(lines: Sequence[Line]) -> Iterator[tuple[int, Record]]:
    """The lines as a file has them: of text alone as a table, else as JSON."""
    for number, line in enumerate(lines, start=2):
        yield number, Cells(line) if all(isinstance(cell, str) for cell in line.values()) else from_object(line)


def delivery(kind: Kind, lines: Sequence[Line], at: datetime, source: str, *, snapshot: bool = False) -> Delivery:
    content = sha256(repr(lines).encode()).hexdigest()
    return Delivery(kind, source, f"in/{kind}/{source}/file.csv", at, content, snapshot)


@dataclass
class FakeObservations:
    slots: dict[Holder, dict[SlotName, Slot]] = field(default_factory=dict)

    def get_many(
        self, holders: Collection[Holder], kind: Kind | None = None
    ) -> Mapping[Holder, Mapping[SlotName, Slot]]:
        asked = {holder: self.slots[holder] for holder in holders if holder in self.slots}
        return {
            holder: {
                name: slot
                for name, slot in slots.items()
                if holder.unjoined or (name.kind == "outcomes") == (kind == "outcomes")
            }
            for holder, slots in asked.items()
        }

    def put(self, holder: Holder, name: SlotName, slot: Slot, before: Slot | None) -> None:
        assert self.slots.get(holder, {}).get(name) == before
        self.slots.setdefault(holder, {})[name] = slot

    def waiting(self) -> Iterator[Holder]:
        yield from [holder for holder in self.slots if holder.unjoined]

    def adopt(self, account: Holder, waiting: Holder) -> None:
        for name, slot in self.slots.pop(waiting, {}).items():
            before = self.slots.get(account, {}).get(name)
            self.put(account, name, slot if before is None else before.joined_with(slot, name.kind), before)


@dataclass
class FakeFeeds:
    feeds: dict[SlotName, Feed] = field(default_factory=dict)

    def all(self) -> list[Feed]:
        return list(self.feeds.values())

    def put(self, feed: Feed, before: Feed | None) -> None:
        assert self.feeds.get(feed.slot) == before
        self.feeds[feed.slot] = feed


@dataclass
class FakeDirectories:
    book: list[Known] | None = None

    def read(self) -> Directory | None:
        return None if self.book is None else Directory.of(self.book)

    def write(self, book: Iterable[Known]) -> None:
        self.book = list(book)


@dataclass
class FakeInbox:
    """Takes files in, and shows them to a scan."""

    observations: FakeObservations = field(default_factory=FakeObservations)
    feeds: FakeFeeds = field(default_factory=FakeFeeds)
    directories: FakeDirectories = field(default_factory=FakeDirectories)
    core_features: Mapping[str, Collection[str]] = field(default_factory=dict)

    @property
    def observed(self) -> ObservedBook:
        return ObservedBook(self.observations, self.feeds, self.directories, core_features=self.core_features)

    def take(
        self, kind: Kind, *lines: Line, at: datetime = NIGHT, source: str = "product", snapshot: bool = False
    ) -> Ingested:
        ingest = Ingest(self.observations, self.feeds, self.directories, DiskSpool, Mark("acme"))
        return ingest(delivery(kind, lines, at, source, snapshot=snapshot), as_records(lines))


def usage_lines(account: str, until: date, users: Sequence[int]) -> list[Line]:
    """Daily usage that ends on `until`; the last number is that day's."""
    days = [until - timedelta(days=back) for back in reversed(range(len(users)))]
    return [
        {"account": account, "date": str(day), "active_users": count}
        for day, count in zip(days, users, strict=True)
        if count
    ]


@dataclass
class FakeKeyedRequests:
    requests: dict[str, KeyedRequest] = field(default_factory=dict)

    def begin(self, request: KeyedRequest) -> KeyedRequest:
        return self.requests.setdefault(request.key, request)

    def finish(self, request: KeyedRequest, answer: bytes) -> None:
        self.requests[request.key] = replace(request, answer=answer)
