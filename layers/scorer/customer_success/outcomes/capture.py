"""Captures what became of contracts from the account pages, and finds the contracts of which it is still unknown.

An outcome stands on a page (`Outcome`, `Outcome Date`, `Outcome ARR`), or a status says that the customer left. What
was captured stays, also when the page is cleared for the next term: it cannot be collected backwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, timedelta
from typing import get_args

from customer_success.accounts.row import AccountRow
from customer_success.batches import batches
from customer_success.dataclass import dataclass
from customer_success.outcomes.outcome import outcomes_of
from customer_success.schemas import OutcomeKind
from customer_success.signals.kinds import Kind
from customer_success.signals.ports import Observations, Outdated
from customer_success.signals.slots import Fields, Holder, Slot, SlotName
from customer_success.signals.stamped import Stamp, Stamped

KIND: Kind = "outcomes"
PAGE, STATUS = SlotName(KIND, "notion"), SlotName(KIND, "status")
"""The sources of outcomes that are read from a page, and of those that a status says."""
SAME_DECISION = timedelta(days=60)
"""Two dates on a page that lie closer together are one decision, of which the later entry corrects the former."""
DAYS_ASKED = 365
"""For so many days after its end it is asked what became of a contract."""
DECIDED_BEFORE = timedelta(days=180)
"""So long before a contract's end an outcome may be of that end."""
BATCH = 100
MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class OutcomeCase:
    """What a row says of an outcome: the one on its page, that the customer left, or that a contract has ended.

    `left_on` is the first day with a status that means "left", `back_from` that day for one who is back since.
    """

    account_id: str
    name: str
    page_url: str
    owner_email: str | None
    arr: float | None
    end: date | None = None
    kind: str | None = None
    at: date | None = None
    arr_after: float | None = None
    left_on: date | None = None
    back_from: date | None = None


def case_of(row: AccountRow, run_date: date) -> OutcomeCase | None:
    """What a row says of an outcome; None if it says nothing."""
    account, latest, before = row.account, row.latest, row.before
    ended = account.contract_end
    asked = ended is not None and 0 < (run_date - ended).days <= DAYS_ASKED and not account.renewal_signed
    # One that was never scored had left before anything was known of it: the day is not that of its leaving.
    left = latest.status == "skipped" and latest.last is not None
    back = latest.status in ("scored", "rejected") and before is not None and before.status == "skipped"
    written = account.outcome in get_args(OutcomeKind)
    if latest.reason == "duplicate_account_id" or not (asked or left or back or written):
        return None
    return OutcomeCase(
        account_id=account.account_id,
        name=account.name,
        page_url=account.page_url,
        owner_email=account.owner_email,
        arr=account.arr,
        end=ended if asked else None,
        kind=account.outcome if written else None,
        at=account.outcome_date if written else None,
        arr_after=account.outcome_arr if written else None,
        left_on=latest.since if left else None,
        back_from=before.since if back and before else None,
    )


@dataclass(frozen=True, slots=True)
class CapturedOutcomes:
    """What was captured on a day. `captured` counts the outcomes that are new or other than before; `open` are the
    contracts that ended without a known outcome.
    """

    captured: int = 0
    open: Sequence[OutcomeCase] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class CaptureOutcomes:
    """The job. Capturing the same again changes nothing."""

    observations: Observations

    def __call__(self, cases: Iterable[OutcomeCase], now: datetime) -> CapturedOutcomes:
        """Store the outcomes that the cases name, and find those that lack one. Raises `Unavailable`."""
        captured, unanswered = 0, list[OutcomeCase]()
        for some in batches(cases, count=BATCH):
            stored = self._stored([case.account_id for case in some])
            for case in some:
                slots = dict(stored.get(Holder.account(case.account_id), {}))
                for name, entries in _entries(case).items():
                    before = slots.get(name)
                    slots[name] = self._put(case.account_id, name, before, entries, now)
                    captured += slots[name] != (before or Slot())
                if case.end and not _answered(case, slots, case.end):
                    unanswered.append(case)
        return CapturedOutcomes(captured, unanswered)

    def _put(
        self, account_id: str, name: SlotName, before: Slot | None, entries: Sequence[Fields], now: datetime
    ) -> Slot:
        holder = Holder.account(account_id)
        for _ in range(MOST_TRIES):
            after = _stamped(name, before or Slot(), entries, now)
            if after == (before or Slot()):
                return after
            try:
                self.observations.put(holder, name, after, before)
            except Outdated:
                before = self._stored([account_id]).get(holder, {}).get(name)
                continue
            return after
        raise Outdated(f"the outcomes of {holder} were written by others again and again")

    def _stored(self, account_ids: Sequence[str]) -> Mapping[Holder, Mapping[SlotName, Slot]]:
        return self.observations.get_many([Holder.account(account_id) for account_id in account_ids], KIND)


def _entries(case: OutcomeCase) -> dict[SlotName, list[Fields]]:
    """What a case has to store, by its source; an entry without a kind takes back what stands for its day."""
    found: dict[SlotName, list[Fields]] = {}
    if case.kind and case.at:
        found[PAGE] = [[case.kind, str(case.at), None, None, case.arr_after]]
    if case.left_on:
        found[STATUS] = [["churned", str(case.left_on), None, case.arr, 0.0]]
    elif case.back_from:
        found[STATUS] = [[None, str(case.back_from), None, None, None]]
    return found


def _stamped(name: SlotName, stored: Slot, entries: Sequence[Fields], now: datetime) -> Slot:
    """The slot with these entries, where they differ from what stands for their days."""
    known = {key: held.entry for key, held in stored.entries.items()}
    wanted = {str(entry[1]): entry for entry in entries}
    if name == PAGE:
        for day, entry in known.items():
            if day not in wanted and any(_close(day, other) for other in wanted):
                wanted[day] = [None, *entry[1:]]
    changed = {
        key: Stamped(entry, Stamp(now, name.source))
        for key, entry in wanted.items()
        if known.get(key) != entry and not (entry[0] is None and key not in known)
    }
    return stored.with_(changed, KIND, None) if changed else stored


def _close(day: str, other: str) -> bool:
    return abs(date.fromisoformat(day) - date.fromisoformat(other)) < SAME_DECISION


def _answered(case: OutcomeCase, slots: Mapping[SlotName, Slot], end: date) -> bool:
    decided = (outcome.decision_date or outcome.at for outcome in outcomes_of(case.account_id, slots))
    return any(day >= end - DECIDED_BEFORE for day in decided)


def most_valuable_first(cases: Iterable[OutcomeCase]) -> Iterator[OutcomeCase]:
    """The cases by ARR, then by how long ago the contract ended."""
    yield from sorted(cases, key=lambda case: (-(case.arr or 0.0), case.end or date.max, case.account_id))
