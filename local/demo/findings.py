"""What a day left behind: read from the deployment's table, its queues, and the files that the services wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from customer_success.accounts.row import AccountRow
from customer_success.alerts.digest import Digest
from customer_success.alerts.entry import CHANNELS, AlertEntry, Channel
from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.digests import DynamoDigests
from customer_success.aws.dynamodb.expansion_log import DynamoExpansionLog
from customer_success.aws.dynamodb.offers import DynamoOffers
from customer_success.aws.dynamodb.qbrs import BY_CONTRACT, DynamoQbrs
from customer_success.aws.dynamodb.stored import Stored
from customer_success.aws.dynamodb.table import Table
from customer_success.expansion.entry import ExpansionEntry
from customer_success.expansion.expansion_run import KIND as EXPANSION
from customer_success.expansion.offer import Offer
from customer_success.periods import Quarter
from customer_success.renewals.contracts import KIND as RENEWALS
from customer_success.reviews.qbr import Qbr, QbrText
from customer_success.scan.run import HEALTH_SCAN, Run
from local.demo.alert_days import AlertDays
from local.demo.state import DemoState
from local.deployment import LocalDeployment
from local.stack.queues import DEAD_LETTERS, depths

INDIVIDUAL_CHANNELS: tuple[Channel, ...] = ("email_alert", "chat_alert")
"""The channels that take an alert only if it is sent individually."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How many of each lie with the outside services."""

    records: int
    events: int
    drafts: int
    messages: int
    reviews: int
    offers: int = 0

    @classmethod
    def now(cls, state: DemoState) -> Sent:
        folder = state.vendors
        chats = [*folder.glob("slack/*.jsonl"), *folder.glob("chat/*.jsonl")]
        return cls(
            records=len(list(folder.glob("notion/Health-Records/*.md"))),
            events=_lines(folder / "event_bus.jsonl"),
            drafts=len(list(folder.glob("gmail/*/*.eml"))),
            messages=sum(map(_lines, chats)),
            reviews=len(list(folder.glob("notion/QBR/*.md"))),
            offers=len(list(folder.glob("notion/Expansion/*.md"))),
        )


@dataclass(frozen=True, slots=True)
class Renewals:
    """What the contract check of a day found: its digest, None if none was posted, and the reviews it asked for."""

    day: date
    digest: Digest | None = None
    reviews: tuple[Qbr, ...] = ()

    @classmethod
    def of(cls, deployment: LocalDeployment, day: date) -> Renewals:
        digest = DynamoDigests(deployment.table).get(f"{RENEWALS}:{day}")
        return cls(day, digest, reviews_of_contracts(deployment.table, day))


@dataclass(frozen=True, slots=True)
class Expansion:
    """What the expansion check of a day found.

    `run` is what read feature usage and looked for candidates, None if there was none; `before` are the day's entries
    as they stood before it was played, `entries` as they stand; `offers` are those that the day found.
    """

    day: date
    run: Run | None = None
    before: tuple[ExpansionEntry, ...] = ()
    entries: tuple[ExpansionEntry, ...] = ()
    offers: tuple[Offer, ...] = ()

    @classmethod
    def of(cls, table: Table, day: date, before: tuple[ExpansionEntry, ...]) -> Expansion:
        entries, log = expansions_of(table, day), DynamoOffers(table)
        accounts = [entry.account_id for entry in entries if entry.outcome in ("offered", "recorded")]
        offers = (offer for account_id in accounts for offer in log.of_account(account_id) if offer.found_on == day)
        return cls(day, run_of(table, day, EXPANSION), before, entries, tuple(offers))

    @property
    def nothing_new(self) -> bool:
        """True if the day was checked before, and everything stands as it stood."""
        return bool(self.entries) and self.before == self.entries


@dataclass(frozen=True, slots=True)
class Findings:
    """One day that was played.

    `known` is its run as it stood before; `alerts` are those of the day, and those of earlier days that it sent;
    `dead` and `waiting` count the messages in dead-letter queues and in the queues themselves, by queue.
    """

    day: date
    known: Run | None
    run: Run
    rows: tuple[AccountRow, ...]
    alerts: tuple[AlertEntry, ...]
    dead: Mapping[str, int]
    waiting: Mapping[str, int]
    sent_before: Sent
    sent: Sent
    renewals: Renewals
    expansion: Expansion

    @property
    def already_scanned(self) -> bool:
        """True if the day had a finished scan, and this one did nothing but answer with it."""
        return self._was_finished and self.known == self.run

    @property
    def scanned_anew(self) -> bool:
        """True if the day had a finished scan, and all of it was scanned again."""
        return self._was_finished and self.known != self.run

    @property
    def _was_finished(self) -> bool:
        return self.known is not None and self.known.status == "finished"


@dataclass(frozen=True, slots=True)
class QuarterFindings:
    """A quarter that was played on `day`: its reviews as they stood `before`, and `now`.

    `texts` are what the reviews say, as far as they were written; `dead`, `waiting` and what was sent are as in
    `Findings`.
    """

    day: date
    before: tuple[Qbr, ...]
    now: tuple[Qbr, ...]
    texts: tuple[tuple[Qbr, QbrText], ...]
    dead: Mapping[str, int]
    waiting: Mapping[str, int]
    sent_before: Sent
    sent: Sent

    @property
    def quarter(self) -> Quarter:
        return Quarter.of(self.day)

    @property
    def nothing_new(self) -> bool:
        """True if the quarter was planned before, and every review stands as it stood."""
        return bool(self.now) and self.before == self.now


def gather_quarter(
    deployment: LocalDeployment, state: DemoState, day: date, before: tuple[Qbr, ...], sent_before: Sent
) -> QuarterFindings:
    """What the quarter of a day left behind."""
    qbrs, log = reviews_of_quarter(deployment.table, str(Quarter.of(day))), DynamoQbrs(deployment.table)
    texts = ((qbr, log.text(qbr.key)) for qbr in qbrs if qbr.state in ("written", "partial"))
    return QuarterFindings(
        day=day,
        before=before,
        now=qbrs,
        texts=tuple((qbr, text) for qbr, text in texts if text),
        dead=dead_letters(deployment),
        waiting=waiting(deployment),
        sent_before=sent_before,
        sent=Sent.now(state),
    )


@dataclass(frozen=True, slots=True)
class Before:
    """How things stood before a day was played: its run and its entries for expansion, and what lay at the services."""

    run: Run | None
    expansions: tuple[ExpansionEntry, ...]
    sent: Sent

    @classmethod
    def of(cls, deployment: LocalDeployment, state: DemoState, day: date) -> Before:
        return cls(run_of(deployment.table, day), expansions_of(deployment.table, day), Sent.now(state))


def gather(deployment: LocalDeployment, state: DemoState, day: date, before: Before) -> Findings | None:
    """What a day left behind, None if it has no scan at all."""
    run = run_of(deployment.table, day)
    if run is None:
        return None
    return Findings(
        day=day,
        known=before.run,
        run=run,
        rows=tuple(DynamoAccountRows(deployment.table).every()),
        alerts=tuple(AlertDays.until(deployment.table, day).alerts(deployment.table)),
        dead=dead_letters(deployment),
        waiting=waiting(deployment),
        sent_before=before.sent,
        sent=Sent.now(state),
        renewals=Renewals.of(deployment, day),
        expansion=Expansion.of(deployment.table, day, before.expansions),
    )


def run_of(table: Table, day: date, kind: str = HEALTH_SCAN) -> Run | None:
    """The scan of a day, or its run of another kind, as the table has it."""
    return Stored(table, Run).get(table.key("RUNS", kind, day.isoformat()))


def expansions_of(table: Table, day: date) -> tuple[ExpansionEntry, ...]:
    """What a day brought for expansion."""
    return tuple(DynamoExpansionLog(table).on(day))


def reviews_of_contracts(table: Table, day: date) -> tuple[Qbr, ...]:
    """The reviews that the contract check of a day asked for."""
    return tuple(qbr for qbr in DynamoQbrs(table).of_period(BY_CONTRACT) if qbr.on == day)


def reviews_of_quarter(table: Table, period: str) -> tuple[Qbr, ...]:
    """The reviews that were planned for a quarter such as "Q2 2026"."""
    return tuple(DynamoQbrs(table).of_period(period))


def dead_letters(deployment: LocalDeployment) -> dict[str, int]:
    """How many messages lie in dead-letter queues, by the name of the queue they failed in."""
    return {
        name.removesuffix(DEAD_LETTERS): n for name, n in _filled(deployment).items() if name.endswith(DEAD_LETTERS)
    }


def waiting(deployment: LocalDeployment) -> dict[str, int]:
    """How many messages are still to be worked on, by queue."""
    return {name: number for name, number in _filled(deployment).items() if not name.endswith(DEAD_LETTERS)}


def _filled(deployment: LocalDeployment) -> dict[str, int]:
    seen = depths(deployment.aws, deployment.stack.queues)
    return {name: depth.total for name, depth in seen.items() if depth.total}


def for_channel(alerts: tuple[AlertEntry, ...], channel: Channel) -> tuple[AlertEntry, ...]:
    """The published alerts that a channel is to bring."""
    return tuple(
        entry
        for entry in alerts
        if entry.state == "published" and (channel not in INDIVIDUAL_CHANNELS or entry.delivery == "single")
    )


def brought(alerts: tuple[AlertEntry, ...]) -> dict[Channel, tuple[int, int]]:
    """For each channel how many alerts have an outcome, and how many it is to bring."""
    return {
        channel: (sum(channel in entry.outcomes for entry in entries), len(entries))
        for channel in CHANNELS
        for entries in [for_channel(alerts, channel)]
    }


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0
