"""Builds offers, and stores them, their records and each day's entries in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from customer_success.errors import Refused, Removed
from customer_success.expansion.entry import ExpansionEntry
from customer_success.expansion.offer import ExpansionRecord, Handoff, Offer, SalesAnswer, handoff_id, quarter_of
from customer_success.expansion.ports import RecordedAnswer
from customer_success.schemas import ExpansionOpportunity, OpportunityType
from tests.builders.accounts import TODAY
from tests.builders.fakes import Writes


def opportunity(opportunity_type: OpportunityType = "seats", number: int = 1, /, **facts: Any) -> ExpansionOpportunity:
    """Something of a type that account `number` could buy more of, with `facts` laid over."""
    plain = ExpansionOpportunity(
        account_id=f"A-{number:04d}",
        opportunity_type=opportunity_type,
        evidence=["seats_utilization_rate: 0.95"],
        recommended_talk_track="Your team has grown into the product; let us talk about what comes next.",
        confidence="high",
    )
    return plain.model_copy(update=facts)


def offer(opportunity_type: OpportunityType = "seats", number: int = 1, /, **facts: Any) -> Offer:
    """An offer to account `number`, found and dispatched on `TODAY`; with `found_on` in the quarter of that day."""
    found_on = facts.get("found_on", TODAY)
    plain = Offer(
        opportunity=opportunity(opportunity_type, number),
        quarter=quarter_of(found_on),
        found_on=found_on,
        written_by="rules",
        account_name=f"Account {number}",
        owner_email="ada@example.com",
        sales_email="sam@example.com",
        page_id=f"record-{number}-{opportunity_type}",
        page_url=f"https://notion.example/record-{number}-{opportunity_type}",
        dispatched_on=found_on,
    )
    return replace(plain, **facts)


def offer_id(opportunity_type: OpportunityType = "seats", number: int = 1, *, on: date = TODAY) -> str:
    """The handoff id of an offer to account `number` that was found on a day."""
    return handoff_id(f"A-{number:04d}", opportunity_type, quarter_of(on))


@dataclass
class FakeOffers:
    """Offers by handoff id. `error` is raised by every call while it is set."""

    writes: Writes = field(default_factory=Writes)
    offers: dict[str, Offer] = field(default_factory=dict)
    error: Exception | None = None

    def of_account(self, account_id: str) -> list[Offer]:
        self._fail()
        return [offer for _, offer in sorted(self.offers.items()) if offer.opportunity.account_id == account_id]

    def get(self, handoff_id: str) -> Offer | None:
        self._fail()
        return self.offers.get(handoff_id)

    def put(self, offer: Offer) -> None:
        self._fail()
        with self.writes:
            known = self.offers.get(offer.handoff_id)
            others = {"handoff": known.handoff, "answer": known.answer} if known else {"handoff": None, "answer": None}
            self.offers[offer.handoff_id] = replace(offer, **others)  # type: ignore[arg-type]

    def record_handoff(self, handoff_id: str, handoff: Handoff) -> None:
        self._change(handoff_id, handoff=handoff)

    def record_answer(self, handoff_id: str, answer: SalesAnswer) -> None:
        self._change(handoff_id, answer=answer)

    def _change(self, handoff_id: str, **changes: Any) -> None:
        self._fail()
        if handoff_id not in self.offers:
            raise Refused(f"there is no offer {handoff_id!r}")
        with self.writes:
            self.offers[handoff_id] = replace(self.offers[handoff_id], **changes)

    def _fail(self) -> None:
        if self.error:
            raise self.error


@dataclass
class FakeExpansionRecords:
    """Records by id, and what Sales wrote on them.

    `errors` are raised by the next writing calls, `after` of them only once the work is done; `reading_error` by
    every reading of answers while it is set.
    """

    writes: Writes = field(default_factory=Writes)
    records: dict[str, ExpansionRecord] = field(default_factory=dict)
    sales: dict[str, RecordedAnswer] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    errors: list[Exception] = field(default_factory=list)
    after: bool = False
    reading_error: Exception | None = None
    asked_since: list[date] = field(default_factory=list)

    def find(self, key: str) -> str | None:
        return next((i for i, record in self.records.items() if record.key == key and i not in self.removed), None)

    def create(self, record: ExpansionRecord) -> str:
        self._fail(after=False)
        page_id = f"record-{len(self.records) + 1}"
        with self.writes:
            self.records[page_id] = record
        self._fail(after=True)
        return page_id

    def write(self, page_id: str, record: ExpansionRecord) -> None:
        if page_id in self.removed or page_id not in self.records:
            raise Removed(f"the record {page_id} is gone")
        self._fail(after=False)
        with self.writes:
            self.records[page_id] = record
        self._fail(after=True)

    def url(self, page_id: str) -> str:
        return f"https://notion.example/{page_id}"

    def answers(self, since: date) -> Iterator[tuple[RecordedAnswer, ...]]:
        """One answer a page: a reader has to go on."""
        self.asked_since.append(since)
        if self.reading_error:
            raise self.reading_error
        yield from ((answer,) for _, answer in sorted(self.sales.items()))

    def answer(self, handoff_id: str, **answer: Any) -> None:
        """Sales answers on a record."""
        self.sales[handoff_id] = RecordedAnswer(handoff_id, **answer)

    def _fail(self, *, after: bool) -> None:
        if self.errors and after == self.after:
            raise self.errors.pop(0)


@dataclass
class FakeExpansionLog:
    """Entries by day and key. `error` is raised by every call while it is set."""

    writes: Writes = field(default_factory=Writes)
    entries: dict[tuple[date, str], ExpansionEntry] = field(default_factory=dict)
    error: Exception | None = None

    def plan(self, entries: Iterable[ExpansionEntry]) -> None:
        self._fail()
        for entry in entries:
            with self.writes:
                self.entries.setdefault((entry.on, entry.key), entry)

    def settle(self, entry: ExpansionEntry) -> None:
        self._fail()
        with self.writes:
            self.entries[entry.on, entry.key] = entry

    def on(self, day: date) -> Iterator[ExpansionEntry]:
        self._fail()
        yield from [entry for (on, _), entry in sorted(self.entries.items()) if on == day]

    def _fail(self) -> None:
        if self.error:
            raise self.error
