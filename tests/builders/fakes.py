"""The ports in memory. Every write goes through one `Writes`, which can crash before or after any of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from customer_success.accounts.account import Account
from customer_success.accounts.ports import BookPage
from customer_success.accounts.row import AccountRow, PageValues
from customer_success.alerts.digest import Digest
from customer_success.alerts.entry import Acknowledgement, AlertEntry, Channel, Outcome
from customer_success.alerts.publisher import AlertPublisher
from customer_success.errors import Refused, Unavailable
from customer_success.messages import ChurnAlert, DigestReady, Message
from customer_success.paging import Bookmark
from customer_success.ports import Claim
from customer_success.reviews.qbr import Qbr, QbrKey, QbrText
from customer_success.scan.run import Run
from customer_success.scoring.health_status import Point


class Crash(BaseException):
    """The process dies here: nothing after it runs, and no handler sees it."""


@dataclass
class Writes:
    """Counts writes, and crashes around a given one."""

    crash_before: int | None = None
    crash_after: int | None = None
    count: int = 0

    def __enter__(self) -> None:
        self.count += 1
        if self.count == self.crash_before:
            raise Crash

    def __exit__(self, *_: object) -> None:
        if self.count == self.crash_after:
            raise Crash


@dataclass
class FakeBook:
    """An account book in pages of `page_size`; it can fail at one page a number of times."""

    accounts: list[Account]
    page_size: int = 100
    error: Exception | None = None
    fails_at: int | None = None
    failures: int = 0
    reads: int = 0
    properties: Mapping[str, str] | None = None

    def read(self, start: Bookmark) -> Iterator[BookPage]:
        first = int(start.cursor or 0)
        for at in range(first, max(len(self.accounts), 1), self.page_size):
            self.reads += 1
            if self.error and at == (self.fails_at or 0) and self.failures:
                self.failures -= 1
                raise self.error
            after = at + self.page_size
            more = Bookmark(cursor=str(after)) if after < len(self.accounts) else None
            yield BookPage(tuple(self.accounts[at:after]), more, self.properties)


@dataclass
class FakeRows:
    writes: Writes
    rows: dict[str, AccountRow] = field(default_factory=dict)

    def get(self, account_id: str) -> AccountRow | None:
        return self.rows.get(account_id)

    def get_many(self, account_ids: Iterable[str]) -> dict[str, AccountRow]:
        return {i: self.rows[i] for i in account_ids if i in self.rows}

    def put_many(self, rows: Iterable[AccountRow]) -> None:
        for row in rows:
            with self.writes:
                self.rows[row.account_id] = row

    def every(self) -> Iterator[AccountRow]:
        yield from list(self.rows.values())


@dataclass
class FakeHistory:
    writes: Writes
    points: dict[tuple[str, date], Point] = field(default_factory=dict)

    def put_many(self, points: Iterable[tuple[str, Point]]) -> None:
        for account_id, point in points:
            with self.writes:
                self.points[account_id, point.run_date] = point

    def between(self, account_id: str, first: date, last: date) -> Iterator[Point]:
        yield from (p for (i, on), p in sorted(self.points.items()) if i == account_id and first <= on <= last)


@dataclass
class FakeAlerts:
    writes: Writes
    entries: dict[str, AlertEntry] = field(default_factory=dict)

    def put(self, entries: Iterable[AlertEntry]) -> None:
        for entry in entries:
            with self.writes:
                self.entries[entry.alert_id] = entry

    def add(self, entries: Iterable[AlertEntry]) -> None:
        for entry in entries:
            with self.writes:
                self.entries.setdefault(entry.alert_id, entry)

    def on(self, day: date) -> Iterator[AlertEntry]:
        yield from [e for _, e in sorted(self.entries.items()) if e.alert.run_date == day]

    def mark(self, entries: Iterable[AlertEntry]) -> None:
        for e in entries:
            with self.writes:
                known = self.entries[e.alert_id]
                self.entries[e.alert_id] = replace(known, state=e.state, delivery=e.delivery, held=e.held)

    def record(self, alert_id: str, channel: Channel, outcome: Outcome) -> None:
        with self.writes:
            known = self.entries[alert_id]
            self.entries[alert_id] = replace(known, outcomes={**known.outcomes, channel: outcome})

    def get(self, alert_id: str) -> AlertEntry | None:
        return self.entries.get(alert_id)

    def acknowledge(self, alert_id: str, acknowledgement: Acknowledgement) -> None:
        with self.writes:
            known = self.entries.get(alert_id)
            if known is None:
                raise Refused(f"alert {alert_id!r} is not there")
            if known.acknowledged is None or known.acknowledged.at <= acknowledgement.at:
                self.entries[alert_id] = replace(known, acknowledged=acknowledgement)


@dataclass
class FakeRuns:
    """Runs in one process: there is no other holder of a lease, so none is stored."""

    writes: Writes
    runs: dict[tuple[str, date], Run] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def take(self, kind: str, on: date, *, request: str, force: bool, lease_seconds: float) -> Run:  # noqa: ARG002
        run = self.runs.get((kind, on))
        asked_anew = request not in self.seen and run is not None and (force or not run.tally.scored)
        anew = run is None or run.status == "failed" or (run.status == "finished" and asked_anew)
        self.seen.add(request)
        if anew:
            with self.writes:
                started = datetime(on.year, on.month, on.day, 7, tzinfo=UTC)
                run = Run(kind, on, request, attempt=run.attempt + 1 if run else 1, started_at=started)
                self.runs[kind, on] = run
        assert run is not None
        return run

    def save(self, run: Run) -> Run:
        with self.writes:
            if self.runs[run.kind, run.run_date].version != run.version:
                raise Unavailable("the lease was lost")
            saved = replace(run, version=run.version + 1)
            self.runs[run.kind, run.run_date] = saved
        return saved

    def release(self, run: Run) -> None: ...

    def before(self, kind: str, on: date) -> Iterator[Run]:
        yield from (run for (k, day), run in sorted(self.runs.items(), reverse=True) if k == kind and day < on)

    def last_finished(self, kind: str, before: date) -> Run | None:
        return next((r for r in self.before(kind, before) if r.status == "finished" and r.tally.scored), None)

    def latest_day(self, kind: str, *, until: date | None = None) -> date | None:
        return max((on for k, on in self.runs if k == kind and on <= (until or on)), default=None)


@dataclass
class FakeDigests:
    writes: Writes
    digests: dict[str, Digest] = field(default_factory=dict)

    def put(self, digest: Digest) -> None:
        with self.writes:
            self.digests[digest.digest_id] = digest

    def get(self, digest_id: str) -> Digest | None:
        return self.digests.get(digest_id)


@dataclass
class FakeTopic:
    """The topic: what was published, repeats included."""

    writes: Writes
    published: list[ChurnAlert | DigestReady] = field(default_factory=list)
    down: bool = False

    def publish(self, messages: Iterable[ChurnAlert | DigestReady]) -> None:
        for message in messages:
            if self.down:
                raise Unavailable("the topic is down")
            with self.writes:
                self.published.append(message)

    @property
    def sent_individually(self) -> dict[str, ChurnAlert]:
        """The alerts that people get one by one, as the channels know them: once each."""
        return {m.alert_id: m for m in self.published if isinstance(m, ChurnAlert) and m.delivery == "single"}

    @property
    def digest_ids(self) -> set[str]:
        return {m.digest_id for m in self.published if isinstance(m, DigestReady)}


def publisher_of(alerts: FakeAlerts) -> AlertPublisher:
    """A publisher of these alerts, on a topic without subscribers."""
    return AlertPublisher("acme", alerts, FakeDigests(alerts.writes), FakeTopic(alerts.writes))


@dataclass
class FakeOutbox:
    writes: Writes
    sent: list[Message] = field(default_factory=list)
    down: bool = False

    def send(self, messages: Iterable[Message], *, delay_seconds: int = 0) -> None:  # noqa: ARG002
        for message in messages:
            if self.down:
                raise Unavailable("the queue is down")
            with self.writes:
                self.sent.append(message)


@dataclass
class FakeWrittenPages:
    values: dict[str, PageValues] = field(default_factory=dict)

    def get_many(self, account_ids: Iterable[str]) -> dict[str, PageValues]:
        return {i: self.values[i] for i in account_ids if i in self.values}

    def put_many(self, written: Mapping[str, PageValues]) -> None:
        self.values.update(written)


@dataclass
class FakeLedger:
    entries: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def claim(self, key: str, channel: str) -> Claim:
        state, outcome = self.entries.get((key, channel), ("new", ""))
        if state == "done":
            return Claim("done", outcome)
        if state == "sending":
            return Claim("busy", seconds=60.0)
        self.entries[key, channel] = ("sending", "")
        return Claim("stale" if state == "unclear" else "new")

    def done(self, key: str, channel: str, outcome: str) -> None:
        self.entries[key, channel] = ("done", outcome)

    def release(self, key: str, channel: str, *, unclear: bool) -> None:
        if unclear:
            self.entries[key, channel] = ("unclear", "")
        else:
            self.entries.pop((key, channel), None)


@dataclass
class FakeQbrs:
    """Reviews by their run key: of those that a contract's end called for, the quarter distinguishes none."""

    writes: Writes
    records: dict[str, Qbr] = field(default_factory=dict)
    texts: dict[str, QbrText] = field(default_factory=dict)

    def get(self, key: QbrKey) -> Qbr | None:
        return self.records.get(str(key))

    def put(self, qbr: Qbr) -> None:
        with self.writes:
            self.records[str(qbr.key)] = qbr

    def add(self, qbrs: Iterable[Qbr]) -> None:
        for qbr in qbrs:
            with self.writes:
                self.records.setdefault(str(qbr.key), qbr)

    def of_period(self, period: str) -> Iterator[Qbr]:
        yield from [q for _, q in sorted(self.records.items()) if q.key.period == period and not q.key.contract_end]

    def known(self, keys: Iterable[QbrKey]) -> set[QbrKey]:
        return {key for key in keys if str(key) in self.records}

    def text(self, key: QbrKey) -> QbrText | None:
        return self.texts.get(str(key))

    def put_text(self, key: QbrKey, text: QbrText) -> None:
        with self.writes:
            self.texts[str(key)] = text
