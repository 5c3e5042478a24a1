"""Builds what expansion needs around it: a world of fakes in which accounts are checked and offers go to Sales."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

from customer_success.accounts.row import AccountRow
from customer_success.addresses import ANYBODY, OwnerDomains
from customer_success.alerts.publisher import AlertPublisher, OncePublisher
from customer_success.documents import MailDraft
from customer_success.drafts.drafts import OnceDrafts, OptionalDrafts
from customer_success.errors import Unavailable, Unclear
from customer_success.expansion.check_expansion import CheckExpansion, ExpansionRequest
from customer_success.expansion.entry import ExpansionEntry
from customer_success.expansion.offer import ExpansionRecord, Handoff, Offer
from customer_success.expansion.price_list import PriceList
from customer_success.expansion.recording import OfferRecords
from customer_success.expansion.rules_writer import OffersByRule
from customer_success.expansion.sales_handoff import SalesHandoff
from customer_success.messages import ChurnAlert, DigestReady, ExpansionHandedOff, ExpansionHandoff
from customer_success.metrics import Metric
from customer_success.narration.evidence import QBREvidence
from customer_success.narration.fallback import Writers
from customer_success.narration.offer_evidence import ExpansionEvidence
from customer_success.narration.ports import Narration, Proposals
from customer_success.once import Once, OnceBus
from customer_success.ports import Claim
from customer_success.scan.assessment import ScanContext, assess
from customer_success.scan.run import Run
from customer_success.scan.tally import Tally
from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.accounts import HEALTHY, TODAY, account
from tests.builders.fakes import FakeAlerts, FakeDigests, FakeLedger, FakeOutbox, FakeRows, FakeRuns, FakeTopic, Writes
from tests.builders.offers import FakeExpansionLog, FakeExpansionRecords, FakeOffers
from tests.builders.results import brought
from tests.builders.reviews import FakeDrafts
from tests.builders.usage import FakeUsages, usage

T = TypeVar("T")
Port = Literal["records", "drafts", "topic", "bus", "offers", "ledger", "queue"]
PORTS: tuple[Port, ...] = ("records", "drafts", "topic", "bus", "offers", "ledger")
"""All that a handoff writes to."""
Fault = Literal["down", "lost", "carried out"]
"""A call fails before anything is done, or its answer is lost, with or without the work done."""


@dataclass
class Weather:
    """What goes wrong at the next calls of each port, one fault a call; an exception is raised as it is."""

    faults: dict[Port, list[Fault | Exception]] = field(default_factory=dict)

    def through(self, port: Port, work: Callable[[], T]) -> T:
        """Do the work as far as the weather allows."""
        waiting = self.faults.get(port)
        fault = waiting.pop(0) if waiting else None
        if isinstance(fault, Exception):
            raise fault
        if fault == "down":
            raise Unavailable(f"{port} is down")
        if fault == "lost":
            raise Unclear(f"the connection to {port} broke")
        done = work()
        if fault == "carried out":
            raise Unclear(f"the connection to {port} broke")
        return done


@dataclass
class WeatheredRecords(FakeExpansionRecords):
    weather: Weather = field(default_factory=Weather)
    calls: list[str] = field(default_factory=list)

    def create(self, record: ExpansionRecord) -> str:
        self.calls.append("create")
        create = super().create
        return self.weather.through("records", lambda: create(record))

    def write(self, page_id: str, record: ExpansionRecord) -> None:
        self.calls.append("write")
        write = super().write
        self.weather.through("records", lambda: write(page_id, record))


@dataclass
class WeatheredDrafts(FakeDrafts):
    weather: Weather = field(default_factory=Weather)

    def create(self, draft: MailDraft) -> str:
        create = super().create
        return self.weather.through("drafts", lambda: create(draft))


@dataclass
class WeatheredTopic(FakeTopic):
    weather: Weather = field(default_factory=Weather)

    def publish(self, messages: Iterable[ChurnAlert | DigestReady]) -> None:
        publish = super().publish
        self.weather.through("topic", lambda: publish(messages))


@dataclass
class WeatheredQueue(FakeOutbox):
    weather: Weather = field(default_factory=Weather)

    def send(self, messages: Iterable[Any], *, delay_seconds: int = 0) -> None:
        send = super().send
        self.weather.through("queue", lambda: send(messages, delay_seconds=delay_seconds))


@dataclass
class WeatheredOffers(FakeOffers):
    weather: Weather = field(default_factory=Weather)

    def put(self, offer: Offer) -> None:
        put = super().put
        self.weather.through("offers", lambda: put(offer))

    def record_handoff(self, handoff_id: str, handoff: Handoff) -> None:
        record = super().record_handoff
        self.weather.through("offers", lambda: record(handoff_id, handoff))


@dataclass
class WeatheredLedger(FakeLedger):
    """A ledger whose function does one thing at a time: what it finds under way broke off."""

    writes: Writes = field(default_factory=Writes)
    weather: Weather = field(default_factory=Weather)

    def claim(self, key: str, channel: str) -> Claim:
        def claim() -> Claim:
            if self.entries.get((key, channel), ("", ""))[0] == "sending":
                self.entries[key, channel] = ("unclear", "")
            with self.writes:
                return super(WeatheredLedger, self).claim(key, channel)

        return self.weather.through("ledger", claim)

    def done(self, key: str, channel: str, outcome: str) -> None:
        def done() -> None:
            with self.writes:
                super(WeatheredLedger, self).done(key, channel, outcome)

        self.weather.through("ledger", done)


@dataclass
class WeatheredBus:
    """The bus. An event that was carried out unheard comes twice: its readers know it by its `handoff_id`."""

    writes: Writes
    weather: Weather
    events: list[tuple[str, ExpansionHandedOff]] = field(default_factory=list)

    def put(self, detail_type: str, detail: BaseModel) -> str:
        def put() -> str:
            assert isinstance(detail, ExpansionHandedOff)
            with self.writes:
                self.events.append((detail_type, detail))
            return f"event-{len(self.events)}"

        return self.weather.through("bus", put)


@dataclass
class FakeOfferNarrator:
    """A model that proposes by rule, or raises the next of `errors`; `changes` are laid over what it proposes."""

    errors: list[Exception] = field(default_factory=list)
    changes: Mapping[str, Any] = field(default_factory=dict)
    silent: bool = False
    asked: list[ExpansionEvidence] = field(default_factory=list)

    def write_qbr(self, evidence: QBREvidence) -> Narration:
        raise NotImplementedError

    def find_expansions(self, evidence: ExpansionEvidence) -> Proposals:
        self.asked.append(evidence)
        if self.errors:
            raise self.errors.pop(0)
        by_rule = [] if self.silent else OffersByRule().find_expansions(evidence).proposed
        proposed = tuple({**proposal, **self.changes} for proposal in by_rule)
        return Proposals(proposed, "some-model", tokens_in=500, tokens_out=100, calls=1)

    @property
    def asked_for(self) -> list[list[str]]:
        """The types of which it was asked, each time."""
        return [[rationale.opportunity_type for rationale in evidence.rationales] for evidence in self.asked]


def message(number: int = 1, **changes: Any) -> ExpansionHandoff:
    """An offer of seats to account `number` as it comes from the queue."""
    plain = ExpansionHandoff(
        tenant_id="acme",
        handoff_id=f"A-{number:04d}:seats:Q1 2026",
        run_date=TODAY,
        account_id=f"A-{number:04d}",
        account_name=f"Account {number}",
        opportunity_type="seats",
        evidence=("Seats in use per seat bought: 107% (account page, 2026-03-02)",),
        estimated_arr_impact=2100.0,
        recommended_talk_track="Your team uses all of its seats. How many people will join you this year?",
        confidence="high",
        sales_email="sam@example.com",
        owner_email="ada@example.com",
        record_url=f"https://notion.example/given-{number}",
    )
    return plain.model_copy(update=changes)


@dataclass
class Handoffs:
    """All that checks and handoffs read and write; it outlives every crash."""

    writes: Writes = field(default_factory=Writes)
    weather: Weather = field(default_factory=Weather)
    narrator: FakeOfferNarrator = field(default_factory=FakeOfferNarrator)
    sales_owner: str | None = "sales-lead@example.com"
    owner_domains: OwnerDomains = ANYBODY
    prices: PriceList = field(default_factory=lambda: PriceList(seat=300, modules={"Planning": 1200}))

    def __post_init__(self) -> None:
        writes, weather = self.writes, self.weather
        self.rows, self.usages, self.runs = FakeRows(writes), FakeUsages(writes), FakeRuns(writes)
        self.offers = WeatheredOffers(writes, weather=weather)
        self.records = WeatheredRecords(writes, weather=weather)
        self.log, self.queue = FakeExpansionLog(writes), WeatheredQueue(writes, weather=weather)
        self.ledger = WeatheredLedger(writes=writes, weather=weather)
        self.drafts = WeatheredDrafts(writes, weather=weather)
        self.digests, self.topic = FakeDigests(writes), WeatheredTopic(writes, weather=weather)
        self.bus = WeatheredBus(writes, weather)
        self.counted: Counter[str] = Counter()

    def count(self, counts: Mapping[Metric, float]) -> None:
        """Add up what is counted for metrics."""
        self.counted.update({str(metric): int(value) for metric, value in counts.items() if value})

    def account(self, number: int = 1, *, on: date = TODAY, signals: Any = None, **facts: Any) -> AccountRow:
        """Add an account that was scanned on a day: one that uses seven seats more than it bought, with `signals` laid
        over its own.
        """
        given = {**HEALTHY, "seats_utilization_rate": 1.07, **(signals or {})}
        now = datetime.combine(on, time(7), UTC)
        scan = ScanContext("acme", on, f"{on}#1", now, CSMHealthScorer(), {}, None)
        facts = {"seats_used": 107.0, "seats_bought": 100.0, "sales_email": "sam@example.com", **facts}
        row = assess(scan, account(number, given, **facts), self.rows.rows.get(f"A-{number:04d}"), 0).row
        self.rows.rows[row.account_id] = row
        return row

    def book_lacks(self, missing: Mapping[str, int], *, watched: int = 100, on: date = TODAY, **facts: Any) -> None:
        """The day's scan found these signals missing for so many of the accounts that it watched."""
        tally = Tally(read=watched, scored=watched, watched=watched, missing=dict(missing))
        self.runs.runs["health_scan", on] = Run("health_scan", on, "rule", status="finished", tally=tally, **facts)

    def wants_a_module(self, number: int = 1, *, on: date = TODAY, **facts: Any) -> None:
        """A feature of the account is at its limit."""
        self.usages.add(str(on), [usage("Boards", number, used=10.0, limit=10.0, as_of=on, **facts)])

    def check(
        self,
        account_id: str = "A-0001",
        on: date = TODAY,
        *,
        request: str = "scan",
        signals: Mapping[str, Any] | None = None,
        last_try: bool = False,
        without: Iterable[str] = (),
    ) -> dict[str, Any]:
        """Check an account, as one delivery of its message; `without` names ports that are None."""
        job, now = self.check_expansion(without), datetime.combine(on, time(9), UTC)
        return brought(job(ExpansionRequest(account_id, on, f"{request}:{on}", now, signals or {}, last_try)))

    def check_expansion(self, without: Iterable[str] = ()) -> CheckExpansion:
        """The job that checks an account; `without` names ports that are None."""
        job = CheckExpansion(
            tenant_id="acme",
            rows=self.rows,
            runs=self.runs,
            usages=self.usages,
            offers=self.offers,
            records=self._records,
            handoff=self.queue,
            writers=Writers(self.narrator, OffersByRule(), self.count),
            answers=Once(self.ledger, "expansion_found"),
            log=self.log,
            scorer=CSMHealthScorer(),
            prices=self.prices,
            sales_owner=self.sales_owner,
            count=self.count,
        )
        return replace(job, **dict.fromkeys(without))

    def hand_off(
        self, message: ExpansionHandoff, *, last_try: bool = False, without: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Hand one offer to Sales, as one delivery of its message."""
        job = SalesHandoff(
            tenant_id="acme",
            rows=self.rows,
            offers=self.offers,
            records=self._records,
            drafts=OptionalDrafts(OnceDrafts(self.drafts, Once(self.ledger, "sales_draft")), self.count),
            publisher=OncePublisher(
                AlertPublisher("acme", FakeAlerts(self.writes), self.digests, self.topic),
                Once(self.ledger, "sales_news"),
            ),
            bus=OnceBus(self.bus, Once(self.ledger, "expansion_event")),
            sales_owner=self.sales_owner,
            count=self.count,
            domains=self.owner_domains,
        )
        return brought(replace(job, **dict.fromkeys(without))(message, last_try=last_try))

    @property
    def _records(self) -> OfferRecords:
        return OfferRecords(self.records, Once(self.ledger, "expansion_record"))

    @property
    def sent(self) -> list[ExpansionHandoff]:
        """What lies on the queue to Sales, repeats included."""
        return [sent for sent in self.queue.sent if isinstance(sent, ExpansionHandoff)]

    def entry(self, account_id: str = "A-0001", on: date = TODAY) -> ExpansionEntry:
        """What the day's record has of an account."""
        return self.log.entries[on, account_id]
