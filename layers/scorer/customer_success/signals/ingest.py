"""Takes in what a feed delivers: reads every line, then merges what was accepted into the accounts.

Nothing is written before the last line is read, so that a file that is refused half-way leaves nothing half done.
What was merged once merges again without a change: a redelivery goes on where the first try ended.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import field, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Literal, Protocol, cast

from pydantic import ValidationError

from customer_success.batches import batches
from customer_success.dataclass import dataclass
from customer_success.errors import Refused
from customer_success.schemas import Refusal
from customer_success.scoring.deriver_thresholds import TrendThresholds
from customer_success.signals import decoding, season
from customer_success.signals.directory import Directory
from customer_success.signals.entries import Mark, entry
from customer_success.signals.freshness import Feed
from customer_success.signals.kinds import Kind
from customer_success.signals.lines import MODELS, AnyLine, IdLine, line_refusals
from customer_success.signals.ports import Directories, Feeds, Observations, Outdated
from customer_success.signals.records import Record, parsed
from customer_success.signals.season import SeasonTally
from customer_success.signals.slots import Fields, Holder, Slot, SlotName
from customer_success.signals.stamped import Stamp, Stamped, changed

MOST_LINES = 10_000_000
MOST_REFUSALS_SHOWN = 100
MOST_TRIES = 5
HOLDERS_AT_ONCE = 100

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What arrived: of which feed, when, and the hash of its content. A `snapshot` is complete for its source."""

    kind: Kind
    source: str
    name: str
    arrived_at: datetime
    content_hash: str
    snapshot: bool = False

    @property
    def stamp(self) -> Stamp:
        return Stamp(self.arrived_at, self.content_hash)

    @property
    def slot(self) -> SlotName:
        return SlotName(self.kind, self.source)


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that was not taken, by its number in the file, and why. `bounds` names fields and bounds, and no value."""

    number: int
    reason: str
    bounds: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a delivery. `unjoined` are keys that lead to no account, the first of them.

    `closes_nothing` says that a snapshot did not count as complete, since lines of it were refused.
    """

    kind: Kind
    source: str
    name: str
    lines: int
    refused: int
    accounts: int
    joined: int
    changed: int
    refusals: tuple[RefusedLine, ...] = ()
    unjoined: tuple[str, ...] = ()
    closes_nothing: bool = False

    @property
    def accepted(self) -> int:
        return self.lines - self.refused


EntryStatus = Literal["accepted", "unchanged", "too old"]
"""What became of an entry: it is new or another than before, it was there already, or it lies too far back to count."""


class LineNotes(Protocol):
    """Takes note of what becomes of each line, for who delivers so few that each is answered."""

    def refused(self, refusals: Sequence[Refusal]) -> None:
        """The next line was not taken."""

    def read(self, account: str, key: str) -> None:
        """The next line is this entry, of the account as the feed names it."""

    def joined(self, account: str, holder: Holder) -> None:
        """An account as the feed names it leads to this holder."""

    def merged(self, holder: Holder, key: str, status: EntryStatus) -> None:
        """An entry was merged."""


class Spool(Protocol):
    """Sorts lines by the account that they name, in constant memory."""

    def add(self, account: str, key: str, fields: Fields, day: date) -> None:
        """Add one entry; of two with the same account and key the later one counts."""

    def by_account(self) -> Iterator[tuple[str, str, Fields, date]]:
        """Everything that was added, account by account."""

    def close(self) -> None:
        """Remove it."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """The job. `spool` opens an empty one; `most_lines` bounds a file."""

    observations: Observations
    feeds: Feeds
    directories: Directories
    spool: Callable[[], Spool]
    mark: Mark
    most_lines: int = MOST_LINES
    trend: TrendThresholds = TrendThresholds()

    def __call__(
        self, delivery: Delivery, records: Iterable[tuple[int, Record]], notes: LineNotes | None = None
    ) -> Ingested:
        """Take a delivery in. Raises `Refused` for one that is too large, and `Unavailable` when the store is."""
        with closing(self.spool()) as spool:
            read = self._read(delivery, records, spool, notes)
            merged = self._merge(delivery, spool, self._season(delivery, read), notes)
        # What a refused line holds open must not be closed for want of that line.
        complete = delivery.snapshot and not read.refused
        # A delivery of which nothing could be taken says nothing: it must not keep a dead feed alive.
        if not read.lines or read.refused < read.lines:
            self._delivered(delivery, merged, complete=complete)
        return Ingested(
            kind=delivery.kind,
            source=delivery.source,
            name=delivery.name,
            lines=read.lines,
            refused=read.refused,
            accounts=merged.accounts,
            joined=merged.joined,
            changed=merged.changed,
            refusals=tuple(read.refusals),
            unjoined=tuple(merged.unjoined),
            closes_nothing=delivery.snapshot and not complete,
        )

    def _read(
        self, delivery: Delivery, records: Iterable[tuple[int, Record]], spool: Spool, notes: LineNotes | None
    ) -> _Reading:
        read = _Reading(delivery.kind, notes)
        for number, record in records:
            if read.lines == self.most_lines:
                raise Refused(f"{delivery.name} has more than {self.most_lines:,} lines: deliver it in several files")
            line = read.line(number, record)
            if line is None:
                continue
            account = line.account_id if isinstance(line, IdLine) else line.account
            key, fields, day = entry(line, delivery.kind, self.mark)
            spool.add(account, key, fields, day)
            read.newest = max(read.newest, day)
            if notes:
                notes.read(account, key)
        return read

    def _season(self, delivery: Delivery, read: _Reading) -> SeasonTally | None:
        """What counts the book's season where usage is delivered: while it is merged, each account's is at hand."""
        if delivery.kind != "usage" or read.newest == date.min:
            return None
        until = min(read.newest, delivery.arrived_at.date() - timedelta(days=1))
        return SeasonTally(until, self.trend)

    def _merge(self, delivery: Delivery, spool: Spool, season: SeasonTally | None, notes: LineNotes | None) -> _Merged:
        directory = self.directories.read() or Directory(frozenset())
        merged = _Merged(season)
        by_account = groupby(spool.by_account(), key=itemgetter(0))
        for several in batches(
            ((key, _entries(rows, delivery.stamp)) for key, rows in by_account), count=HOLDERS_AT_ONCE
        ):
            by_holder: dict[Holder, _Entries] = {}
            for key, entries in several:
                match = directory.account_of(key, delivery.source)
                holder = Holder.account(match[0]) if match else Holder.waiting(delivery.source, key)
                by_holder[holder] = by_holder[holder].plus(entries) if holder in by_holder else entries
                merged.count(key, joined=match is not None, newest=entries.newest)
                if notes:
                    notes.joined(key, holder)
            merged.changed += self._put(delivery.slot, by_holder, season, notes)
        return merged

    def _put(
        self,
        name: SlotName,
        delivered: Mapping[Holder, _Entries],
        season: SeasonTally | None,
        notes: LineNotes | None,
    ) -> int:
        """Merge entries into their slots; how many values changed. A slot that was written meanwhile is read again."""
        left, changes = dict(delivered), 0
        for _ in range(MOST_TRIES):
            stored = self.observations.get_many(list(left), name.kind)
            for holder, entries in list(left.items()):
                before = stored.get(holder, {}).get(name)
                after = (before or Slot()).with_(entries.by_key, name.kind, entries.first)
                if before != after:
                    try:
                        self.observations.put(holder, name, after, before)
                    except Outdated:
                        continue
                    changes += changed(before.entries if before else {}, after.entries)
                if season:
                    season.add(decoding.daily_usage(after))
                if notes:
                    for key in entries.by_key:
                        notes.merged(holder, key, _status(key, before or Slot(), after))
                del left[holder]
            if not left:
                return changes
        raise Outdated(f"{name}: {len(left)} accounts were written by others again and again")

    def _delivered(self, delivery: Delivery, merged: _Merged, *, complete: bool) -> None:
        """Remember of the feed that it delivered, and what is no more if the delivery is `complete`."""
        for _ in range(MOST_TRIES):
            before = next((feed for feed in self.feeds.all() if feed.slot == delivery.slot), None)
            feed = before or Feed(delivery.kind, delivery.source)
            stamps = [stamp for stamp in (feed.snapshot, delivery.stamp if complete else None) if stamp]
            newest = [day for day in (feed.last_whole_day, merged.newest) if day]
            overtaken = bool(feed.deliveries) and delivery.arrived_at < feed.deliveries[-1]
            after = replace(
                feed,
                deliveries=feed.after(delivery.arrived_at),
                last_whole_day=max(newest, default=None),
                snapshot=max(stamps, default=None),
                named=feed.named if overtaken else merged.accounts,
                joined=feed.joined if overtaken else merged.joined,
                seasons=season.joined(feed.seasons, merged.season.seasons() if merged.season else (), self.trend),
            )
            if after == before:
                return None
            try:
                return self.feeds.put(after, before)
            except Outdated:
                continue
        raise Outdated(f"{delivery.slot}: the feed was written by others again and again")


@dataclass(slots=True)
class _Reading:
    """Reads lines, and counts what is refused."""

    kind: Kind
    notes: LineNotes | None
    lines: int = 0
    refused: int = 0
    refusals: list[RefusedLine] = field(default_factory=list)
    newest: date = date.min

    def line(self, number: int, record: Record) -> AnyLine | None:
        self.lines += 1
        model = MODELS[self.kind]
        try:
            return cast("AnyLine", parsed(record, model))
        except ValidationError as error:
            refusals = line_refusals(error, model)
            self._refuse(number, refusals)
            if self.notes:
                self.notes.refused(refusals)
            return None

    def _refuse(self, number: int, reasons: Sequence[Refusal]) -> None:
        self.refused += 1
        if len(self.refusals) < MOST_REFUSALS_SHOWN:
            bounds = "; ".join(f"{reason.field}: {reason.bound}" for reason in reasons)
            self.refusals.append(RefusedLine(number, "; ".join(map(str, reasons)), bounds))


@dataclass(frozen=True, slots=True)
class _Entries:
    """What a delivery brings for one slot."""

    by_key: Mapping[str, Stamped[Fields]]
    first: date | None
    newest: date | None

    def plus(self, other: _Entries) -> _Entries:
        days = [day for day in (self.first, other.first) if day]
        newest = [day for day in (self.newest, other.newest) if day]
        return _Entries({**self.by_key, **other.by_key}, min(days, default=None), max(newest, default=None))


@dataclass(slots=True)
class _Merged:
    """What merging came to."""

    season: SeasonTally | None = None
    accounts: int = 0
    joined: int = 0
    changed: int = 0
    newest: date | None = None
    unjoined: list[str] = field(default_factory=list)

    def count(self, key: str, *, joined: bool, newest: date | None) -> None:
        self.accounts += 1
        self.joined += joined
        self.newest = max((day for day in (self.newest, newest) if day), default=None)
        if not joined and len(self.unjoined) < MOST_REFUSALS_SHOWN:
            self.unjoined.append(key)


def _status(key: str, before: Slot, after: Slot) -> EntryStatus:
    if key not in after.entries:
        return "too old"
    stored = before.entries.get(key)
    return "unchanged" if stored and stored.entry == after.entries[key].entry else "accepted"


def _entries(rows: Iterable[tuple[str, str, Fields, date]], stamp: Stamp) -> _Entries:
    found = list(rows)
    days: Sequence[date] = [day for *_, day in found if day != date.min]
    by_key = {key: Stamped(fields, stamp) for _, key, fields, _ in found}
    return _Entries(by_key, min(days, default=None), max(days, default=None))
