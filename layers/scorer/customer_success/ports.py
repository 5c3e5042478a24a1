"""All that the agent and its tasks need from outside. Adapters raise the errors of `errors`, no vendor's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from datetime import date

    from pydantic import BaseModel

    from customer_success.accounts.account import Account
    from customer_success.accounts.portfolio import PortfolioLine, Snapshot
    from customer_success.accounts.row import AccountRow, PageValues
    from customer_success.adoption.feature_usage import FeatureUsage, UsagePage
    from customer_success.adoption.peers import PeerGroup
    from customer_success.alerts.digest import Digest
    from customer_success.alerts.entry import Acknowledgement, AlertEntry, Channel, Outcome
    from customer_success.alerts.records import HealthRecord
    from customer_success.documents import ChatMessage, MailDraft, PageBlock
    from customer_success.expansion.entry import ExpansionEntry
    from customer_success.expansion.offer import ExpansionRecord, Handoff, Offer, SalesAnswer, SalesStatus
    from customer_success.messages import ChurnAlert, DigestReady, Message
    from customer_success.narration.evidence import QBREvidence
    from customer_success.narration.offer_evidence import ExpansionEvidence
    from customer_success.reviews.qbr import Qbr, QbrKey, QbrPage, QbrText
    from customer_success.scan.run import Run
    from customer_success.schemas import FeatureAdoptionReport, QBRContent
    from customer_success.scoring.standing import Point
    from customer_success.shadow.withheld import Kind, Withheld
    from customer_success.task_records.record import TaskRecord, TaskState


LONGEST_PAUSE = 900.0
"""Seconds: no vendor's wish for a pause is heard for longer. What asks for years is a mistake."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where reading the account book goes on: the vendor's cursor inside a window of creation times.

    `created_from` is the ISO time at which the window begins, None for the first one. `cursor` is None at a
    window's first page. `page_size` is how many rows are asked for at once: fewer, once more took too long.
    """

    created_from: str | None = None
    cursor: str | None = None
    page_size: int = 100


@dataclass(frozen=True, slots=True)
class BookPage:
    """Up to 100 accounts, and where to go on; `next` is None after the last ones."""

    accounts: tuple[Account, ...]
    next: Bookmark | None


class Secret(Protocol):
    """A secret that holds a JSON object, as it stands at the moment: a rotated one is taken over without a deploy.

    Both raise `Misconfigured`, in words that show nothing of it, and `Unavailable`.
    """

    @property
    def name(self) -> str:
        """What a person finds it by."""
        ...

    def read(self) -> Mapping[str, Any]:
        """What it holds, at most some minutes old."""
        ...

    def renew(self) -> Mapping[str, Any]:
        """What it holds now: for whoever finds that the vendor takes it no longer."""
        ...


class AccountBook(Protocol):
    """The team's own list of accounts."""

    def read(self, start: Bookmark) -> Iterator[BookPage]:
        """Yield the book from `start` on, in order of creation. The first accounts of a new window may have been
        read before; the reader recognises them.
        """
        ...


class AccountPages(Protocol):
    """The pages on which people look at their accounts."""

    def write(self, page_id: str, values: PageValues) -> None:
        """Set the values. Safe to repeat."""
        ...

    def write_wishes(self, page_id: str, quiet_until: date | None, verdict: str | None) -> None:
        """Set `CSM Quiet Until` and `CSM Verdict`, each only if it is given. Safe to repeat."""
        ...


class HealthRecords(Protocol):
    """Pages that record alerts."""

    def find(self, key: str) -> str | None:
        """The id of the record with this key, or None."""
        ...

    def create(self, record: HealthRecord) -> str:
        """Create the record and return its id. Not safe to repeat."""
        ...


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page that is there; it is not `complete` if writing it broke off."""

    page_id: str
    complete: bool


class QbrPages(Protocol):
    """The pages of quarterly reviews."""

    def find(self, key: str) -> FoundPage | None:
        """The page with this key, or None."""
        ...

    def create(self, page: QbrPage) -> str:
        """Create the page and return its id. Not safe to repeat."""
        ...

    def replace(self, page_id: str, page: QbrPage) -> bool:
        """Make the page read as `page`, whatever stood on it; safe to repeat.

        False, and nothing is changed, if a person edited it. Raises `Gone` if it is not there any more.
        """
        ...

    def url(self, page_id: str) -> str:
        """Where a person opens the page."""
        ...


@dataclass(frozen=True, slots=True)
class Narration:
    """What a narrator wrote, and what it took; the rules narrator takes no tokens."""

    content: QBRContent
    written_by: str
    tokens_in: int = 0
    tokens_out: int = 0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Proposals:
    """The offers that a narrator proposes, each in the fields of `ExpansionOpportunity` and not yet checked."""

    proposed: tuple[Mapping[str, Any], ...]
    written_by: str
    tokens_in: int = 0
    tokens_out: int = 0
    calls: int = 0


class Narrator(Protocol):
    """Writes what people read, from evidence alone."""

    def write_qbr(self, evidence: QBREvidence) -> Narration:
        """The review. Raises `NotWritten` if no usable answer came, `Unavailable` for a passing fault."""
        ...

    def find_expansions(self, evidence: ExpansionEvidence) -> Proposals:
        """What to offer: one opportunity, several or none. Raises as `write_qbr`."""
        ...


class Qbrs(Protocol):
    """The quarterly reviews: a short record of each, and beside it the evidence and the text."""

    def get(self, key: QbrKey) -> Qbr | None: ...

    def put(self, qbr: Qbr) -> None: ...

    def add(self, qbrs: Iterable[Qbr]) -> None:
        """Add those that are not there yet; the others stay as they are."""
        ...

    def of_period(self, period: str) -> Iterator[Qbr]:
        """The reviews of a quarter, by account id."""
        ...

    def known(self, keys: Iterable[QbrKey]) -> set[QbrKey]:
        """Those of the keys for which there is a review."""
        ...

    def text(self, key: QbrKey) -> QbrText | None: ...

    def put_text(self, key: QbrKey, text: QbrText) -> None: ...


class FeatureUsageBook(Protocol):
    """The team's own list of who uses which feature."""

    def read(self, start: Bookmark) -> Iterator[UsagePage]:
        """Yield the list from `start` on, in order of creation. Rows may come twice where a new window begins."""
        ...


class FeatureUsages(Protocol):
    """The feature usage that was last read of each account."""

    def of(self, account: Account) -> tuple[FeatureUsage, ...]:
        """The account's features by name, each once."""
        ...

    def of_many(self, accounts: Iterable[Account]) -> dict[str, tuple[FeatureUsage, ...]]:
        """The same for several accounts, by account id; those without features are left out."""
        ...

    def add(self, run: str, rows: Iterable[FeatureUsage]) -> None:
        """Keep what the run `run` read. What an earlier run read of the same accounts is forgotten; a repeat changes
        nothing.
        """
        ...


class AdoptionPeers(Protocol):
    """How feature adoption is spread over the accounts of each group."""

    def get_many(self, names: Iterable[str]) -> dict[str, PeerGroup]:
        """The groups that exist, by name."""
        ...

    def put_many(self, groups: Iterable[PeerGroup]) -> None: ...


class AdoptionSections(Protocol):
    """The section on feature adoption of an account's page."""

    def write(self, page_id: str, title: str, blocks: Sequence[PageBlock]) -> None:
        """Make the page's section of that title read as `blocks`, be it there or not. Safe to repeat.

        Raises `Gone` if the page is not there any more.
        """
        ...


class Offers(Protocol):
    """The offers that were found, per account. Those who write them do not undo each other's work."""

    def of_account(self, account_id: str) -> list[Offer]:
        """All offers of an account that are kept."""
        ...

    def get(self, handoff_id: str) -> Offer | None: ...

    def put(self, offer: Offer) -> None:
        """Write all of the offer but its handoff and its answer, which stay as they are."""
        ...

    def record_handoff(self, handoff_id: str, handoff: Handoff) -> None:
        """Note that Sales has it. Raises `Refused` if there is no such offer."""
        ...

    def record_answer(self, handoff_id: str, answer: SalesAnswer) -> None:
        """Note what Sales answered. Raises `Refused` if there is no such offer."""
        ...


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """What a record says of Sales' answer; `unreadable` is a status that is none of those that are known."""

    handoff_id: str
    status: SalesStatus | None = None
    reason: str | None = None
    unreadable: str | None = None


class ExpansionRecords(Protocol):
    """Pages that record offers, on which Sales answers."""

    def find(self, key: str) -> str | None:
        """The id of the record with this key, or None."""
        ...

    def create(self, record: ExpansionRecord) -> str:
        """Create the record and return its id. Not safe to repeat."""
        ...

    def write(self, page_id: str, record: ExpansionRecord) -> None:
        """Make the record read as `record`; what Sales wrote on it stays. Safe to repeat.

        Raises `Gone` if it is not there any more.
        """
        ...

    def url(self, page_id: str) -> str:
        """Where a person opens the record."""
        ...

    def answers(self, since: date) -> Iterator[tuple[RecordedAnswer, ...]]:
        """What the records say that were edited on or after `since`, up to 100 of them with each request."""
        ...


class ExpansionLog(Protocol):
    """What each day brought for expansion."""

    def plan(self, entries: Iterable[ExpansionEntry]) -> None:
        """Add those that are not there yet; the others stay as they are."""
        ...

    def settle(self, entry: ExpansionEntry) -> None:
        """Write what came of it."""
        ...

    def on(self, day: date) -> Iterator[ExpansionEntry]:
        """The entries of a day, by their keys."""
        ...


class AdoptionReports(Protocol):
    """The latest feature adoption report of each account."""

    def get(self, account_id: str) -> FeatureAdoptionReport | None: ...

    def put(self, report: FeatureAdoptionReport) -> None: ...


class Drafts(Protocol):
    """Mail drafts in people's mailboxes. There is no way to send one."""

    def find(self, mailbox: str, key: str) -> str | None:
        """The id of the draft with this key in `mailbox`, or None."""
        ...

    def create(self, draft: MailDraft) -> str:
        """Create the draft and return its id. Not safe to repeat."""
        ...


class Chat(Protocol):
    """One chat service of the team."""

    name: str

    def find(self, message: ChatMessage) -> str | None:
        """The id of the message if it was posted already, or None."""
        ...

    def post(self, message: ChatMessage) -> str:
        """Post the message and return its id. Safe to repeat only where `find` says so."""
        ...


class Pace(Protocol):
    """One rate limit that all functions share for a vendor."""

    def wait(self) -> None:
        """Wait for the next free slot. Raises `OutOfTime` when it lies beyond the time left."""
        ...

    def push_back(self, seconds: float) -> None:
        """The vendor asked for a pause: no slot of any function before `seconds` from now, `LONGEST_PAUSE` at most."""
        ...


class AccountRows(Protocol):
    """What the table knows of the accounts."""

    def get(self, account_id: str) -> AccountRow | None: ...

    def get_many(self, account_ids: Iterable[str]) -> dict[str, AccountRow]:
        """The rows that exist, by account id."""
        ...

    def put_many(self, rows: Iterable[AccountRow]) -> None: ...

    def every(self) -> Iterator[AccountRow]:
        """All rows of the tenant, one batch in memory at a time."""
        ...


class ScoreHistory(Protocol):
    """One point per account and day."""

    def put_many(self, points: Iterable[tuple[str, Point]]) -> None:
        """Write points by account id; a point of the same day is replaced."""
        ...

    def between(self, account_id: str, first: date, last: date) -> Iterator[Point]:
        """The points from `first` to `last`, both included, oldest first."""
        ...


class AlertLog(Protocol):
    """The alerts, from `pending` to what became of them on each channel."""

    def put(self, entries: Iterable[AlertEntry]) -> None:
        """Write alerts that nobody can have published yet."""
        ...

    def add(self, entries: Iterable[AlertEntry]) -> None:
        """Add those that are not there yet; the others stay as they are."""
        ...

    def on(self, day: date) -> Iterator[AlertEntry]:
        """The alerts of a run date."""
        ...

    def mark(self, entries: Iterable[AlertEntry]) -> None:
        """Write state, delivery and held of these entries, and nothing else of them."""
        ...

    def record(self, alert_id: str, channel: Channel, outcome: Outcome) -> None:
        """Write what became of an alert on a channel."""
        ...

    def get(self, alert_id: str) -> AlertEntry | None: ...

    def acknowledge(self, alert_id: str, acknowledgement: Acknowledgement) -> None:
        """Note who has taken care of it. Raises `Refused` if there is no such alert."""
        ...


class Runs(Protocol):
    """The runs, each with a lease so that one function works on it at a time."""

    def take(self, kind: str, on: date, *, request: str, force: bool, lease_seconds: float) -> Run:
        """Take the run of this kind and day, a new one or the present one, and its lease.

        A finished run comes back as it is, unless `force` asks for a new attempt (a request that the run has seen
        before does not ask for one again), or nothing was scored; a failed one begins a new attempt. Raises
        `Unavailable` while another function holds the lease.
        """
        ...

    def save(self, run: Run) -> Run:
        """Write the run if nobody else did since it was read; the saved run has the next version.

        Raises `Unavailable` when the lease was lost to another function.
        """
        ...

    def release(self, run: Run) -> None:
        """Give the lease back, so that the next delivery need not wait for its end."""
        ...

    def before(self, kind: str, on: date) -> Iterator[Run]:
        """The runs dated before `on`, whatever became of them, latest first."""
        ...

    def last_finished(self, kind: str, before: date) -> Run | None:
        """The latest finished run that scored something, dated before `before`."""
        ...

    def latest_day(self, kind: str, *, until: date | None = None) -> date | None:
        """The latest day, `until` at the latest, of which a run of this kind exists."""
        ...


class Digests(Protocol):
    """Digests, kept in the table until they are posted."""

    def put(self, digest: Digest) -> None: ...

    def get(self, digest_id: str) -> Digest | None: ...


class ShadowLog(Protocol):
    """What a deployment in shadow would have let out, by the run date; kept for 90 days."""

    def put(self, withheld: Withheld) -> None:
        """Keep it in the place of one of the same day, kind and key."""
        ...

    def days(self, most: int) -> list[date]:
        """The latest days of which anything is kept, latest first."""
        ...

    def on(self, day: date, kind: Kind, after: str = "") -> Iterator[Withheld]:
        """What was kept of a kind on that day, by its keys, those after the given one."""
        ...


class Announcements(Protocol):
    """The topic on which alerts and digests go out to the channels."""

    def publish(self, messages: Iterable[ChurnAlert | DigestReady]) -> None:
        """Publish all of them; raises `Unavailable` if any was not taken."""
        ...


class Outbox(Protocol):
    """A queue to which messages are sent."""

    def send(self, messages: Iterable[Message], *, delay_seconds: int = 0) -> None:
        """Send all of them, to be delivered after `delay_seconds` (at most 900).

        Raises `Unavailable` if any was not taken.
        """
        ...


class EventBus(Protocol):
    """The bus on which other systems of the company listen."""

    def put(self, detail_type: str, detail: BaseModel) -> str:
        """Put one event and return its id; raises `Unavailable` if the bus did not take it."""
        ...


class WrittenPages(Protocol):
    """What was last written to each account's page."""

    def get_many(self, account_ids: Iterable[str]) -> dict[str, PageValues]: ...

    def put_many(self, written: Mapping[str, PageValues]) -> None: ...


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim: `new` and `stale` may go on (a stale one looks first), `done` carries its outcome,
    `busy` is under way elsewhere for `seconds` more.
    """

    state: Literal["new", "stale", "done", "busy"]
    outcome: str | None = None
    seconds: float = 0.0


class Ledger(Protocol):
    """Written before a vendor is called, so that a repeat is recognised. Entries are kept for 90 days."""

    def claim(self, key: str, channel: str) -> Claim: ...

    def done(self, key: str, channel: str, outcome: str) -> None: ...

    def release(self, key: str, channel: str, *, unclear: bool) -> None:
        """The call failed. If it is `unclear` whether it was carried out, the next claim is stale, else new."""
        ...


class TaskRecords(Protocol):
    """The tasks that were asked for, kept for 30 days."""

    def add(self, task: TaskRecord) -> TaskRecord:
        """Write the task unless one of its id is there; the one that is there."""
        ...

    def get(self, task_id: str) -> TaskRecord | None: ...

    def mark(
        self,
        task_id: str,
        state: TaskState,
        *,
        result: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        """Write how far the task is; one that has come to its end stays as it is, and one that is not there is none."""
        ...


class Portfolios(Protocol):
    """Snapshots of the book, one for each closed scan, kept for some days so that a reader can page through one."""

    def write(self, snapshot: Snapshot, parts: Iterable[Sequence[PortfolioLine]]) -> None:
        """Write all parts, then make the snapshot the latest one. Safe to repeat."""
        ...

    def latest(self) -> Snapshot | None: ...

    def get(self, run: str) -> Snapshot | None:
        """The snapshot of a run, None if it is not kept any more."""
        ...

    def part(self, run: str, number: int) -> Sequence[PortfolioLine]:
        """The lines of one part, counted from 0."""
        ...
