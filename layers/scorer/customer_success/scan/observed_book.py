"""The book as feeds observe it: accounts with the signals that count on a day, and the ids by which feeds find them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime
from typing import Any

from customer_success.accounts.account import LAST_INTERACTION, TERMS, Account, ObservedSignal, Unreadable
from customer_success.accounts.ports import AccountBook
from customer_success.accounts.row import AccountRow
from customer_success.dataclass import dataclass
from customer_success.isolation import alone
from customer_success.paging import Bookmark
from customer_success.periods import Quarter
from customer_success.scoring.deriver_thresholds import DeriverThresholds
from customer_success.scoring.health_status import TYPED
from customer_success.signals import decoding
from customer_success.signals.adoption import HabitTally
from customer_success.signals.deriving import Context, derive, features_used
from customer_success.signals.directory import Directory, ExternalId, Known
from customer_success.signals.freshness import Feed
from customer_success.signals.nps import new_detractors
from customer_success.signals.observations import Observation, observed
from customer_success.signals.ports import Directories, Feeds, Observations, Outdated
from customer_success.signals.slots import Holder, Slot, SlotName
from customer_success.signals.suggestions import AccountNames
from customer_success.text import short

MOST_TRIES = 5
BASIS_SHOWN = ("usage_trend", "nps_score", "feature_adoption_rate")
"""The signals of which a page says what they were derived from: the value alone does not say how sure it is."""

logger = logging.getLogger(__name__)


class BookTally:
    """What the end of a scan learns of the book for those to come: the ids, and which features each plan uses."""

    def __init__(self) -> None:
        self.known: list[Known] = []
        self.names = AccountNames()
        self.habits: dict[str, HabitTally] = {}
        """By the source of the usage."""

    def add(self, row: AccountRow) -> None:
        """Count an account that the book holds."""
        self.known.append(_known(row.account))
        self.names.add(row.account.name, row.account_id)
        if row.latest.status != "skipped":
            for source, used in row.account.used_features.items():
                self.habits.setdefault(source, HabitTally()).add(row.account.plan, used)

    def add_removed(self, row: AccountRow) -> None:
        """Know an account that left the book by its own id alone: what became of its contract may come later."""
        self.known.append(Known(row.account_id))


KEYS_NAMED, LONGEST_HINT = 3, 60


@dataclass(frozen=True, slots=True)
class ObservedAccount:
    """An account with what was observed of it.

    `late` are observations of feeds that are late and that no other feed replaces, `conflicts` those that go before a
    typed value which says something else, `detractors` the scores of people who became detractors, by source.
    """

    account: Account
    late: tuple[Observation, ...] = ()
    conflicts: tuple[tuple[Observation, Observation], ...] = ()
    detractors: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unjoined:
    """The keys of no account for which something waits: how many by source, and the first of them.

    `hints` say of the first keys for which that is possible which account they may mean, or why they lead to none.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    first: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ObservedBook:
    """What feeds deliver, joined to the accounts of the book."""

    observations: Observations
    feeds: Feeds
    directories: Directories
    thresholds: DeriverThresholds = DeriverThresholds()
    core_features: Mapping[str, Collection[str]] = field(default_factory=dict)

    def prepare(self, book: AccountBook) -> Mapping[SlotName, Feed]:
        """The feeds that there are. Before the first scan, what they delivered waits for the book's ids: those are read
        ahead, so that the first score rests on the feeds already.

        The ids are written last: a first scan that ends in between begins here again.
        """
        feeds = {feed.slot: feed for feed in self.feeds.all()}
        if feeds and self.directories.read() is None:
            known = [_known(account) for page in book.read(Bookmark()) for account in page.accounts]
            self._adopt(Directory.of(known), AccountNames())
            self.directories.write(known)
        return feeds

    def with_observations(
        self,
        accounts: Sequence[Account],
        feeds: Mapping[SlotName, Feed],
        run_date: date,
        arrived: tuple[datetime, datetime] | None = None,
    ) -> list[ObservedAccount]:
        """The accounts with what was observed of them. Without a feed they stay as they are, and nothing is read.

        New is what arrived between the two moments of `arrived`, the first excluded; nothing is without them.
        """
        if not feeds:
            return [ObservedAccount(_with_terms(account, {})) for account in accounts]
        slots = self.observations.get_many([Holder.account(account.account_id) for account in accounts])
        return [
            self._observed(account, slots.get(Holder.account(account.account_id), {}), feeds, run_date, arrived)
            for account in accounts
        ]

    def remember(self, book: Iterable[Known], names: AccountNames | None = None, *, feeds: bool = True) -> Unjoined:
        """Write the ids of the whole book, and give each account what waited for one of them. What still waits is
        counted, and the first keys are named.

        Without `feeds` nothing waits. The ids are there all the same, so that the first delivery finds its accounts.
        """
        known = list(book)
        self.directories.write(known)
        return self._adopt(Directory.of(known), names or AccountNames()) if feeds else Unjoined()

    def _adopt(self, directory: Directory, names: AccountNames) -> Unjoined:
        """Give each account what waited for one of its ids."""
        left, first, hints = Counter[str](), dict[str, tuple[str, ...]](), dict[str, tuple[str, ...]]()
        for waiting in self.observations.waiting():
            source, key = waiting.unjoined or ("", "")
            if match := directory.account_of(key, source):
                self.observations.adopt(Holder.account(match[0]), waiting)
                continue
            left[source] += 1
            if left[source] <= KEYS_NAMED:
                first[source] = (*first.get(source, ()), key)
            known = hints.get(source, ())
            if len(known) < KEYS_NAMED and (hint := _hint(source, key, directory, names)):
                hints[source] = (*known, hint)
        return Unjoined(left, first, hints)

    def expect(self, book: BookTally, feeds: Mapping[SlotName, Feed], run_date: date) -> None:
        """Write what each plan's accounts are expected to use, once a quarter."""
        for source, habits in book.habits.items():
            found = habits.expected(Quarter.of(run_date), self.thresholds.adoption)
            before = feeds.get(SlotName("usage", source))
            for _ in range(MOST_TRIES):
                if before is None or not found.by_plan:
                    break
                after = replace(before, expected=before.expected.joined_with(found) if before.expected else found)
                if after == before:
                    break
                try:
                    self.feeds.put(after, before)
                    break
                except Outdated:
                    before = next((feed for feed in self.feeds.all() if feed.slot == after.slot), None)

    def _observed(
        self,
        account: Account,
        slots: Mapping[SlotName, Slot],
        feeds: Mapping[SlotName, Feed],
        run_date: date,
        arrived: tuple[datetime, datetime] | None,
    ) -> ObservedAccount:
        def with_signals() -> ObservedAccount:
            context = Context(run_date, feeds, self.thresholds, account.seats_bought, account.plan, self.core_features)
            found, _ = derive(slots, context)
            seen = observed([*found, *_typed(account, run_date)])
            signals = {
                signal: ObservedSignal(one.value, one.as_of, one.source, one.basis if signal in BASIS_SHOWN else "")
                for signal, one in seen.signals.items()
                if not one.typed
            }
            terms = {name: signals.pop(name) for name in TERMS if name in signals}
            with_them = replace(
                _with_terms(account, terms),
                observed=signals,
                used_features=features_used(slots, context),
                external_ids=_with_delivered_ids(account, slots),
                unreadable=(*account.unreadable, *_no_ids(account)),
            )
            fed = {signal for signal, one in seen.signals.items() if not one.typed}
            late = tuple(one for one in found if not one.fresh and one.signal not in fed)
            return ObservedAccount(with_them, late, seen.conflicts, self._detractors(slots, run_date, arrived))

        about = f"the observations of account {account.account_id!r}"
        return alone(about, with_signals, lambda _: ObservedAccount(account))

    def _detractors(
        self, slots: Mapping[SlotName, Slot], run_date: date, arrived: tuple[datetime, datetime] | None
    ) -> Mapping[str, tuple[int, ...]]:
        if arrived is None:
            return {}
        found = {
            name.source: tuple(
                sorted(
                    answer.score
                    for answer in new_detractors(decoding.nps_answers(slot), *arrived, run_date, self.thresholds.nps)
                )
            )
            for name, slot in sorted(slots.items())
            if name.kind == "nps"
        }
        return {source: scores for source, scores in found.items() if scores}


def _hint(source: str, key: str, directory: Directory, names: AccountNames) -> str | None:
    if bearers := directory.bearers_of(key, source):
        return f"'{short(key, LONGEST_HINT)}' stands on {' and '.join(bearers)}, so it leads to neither"
    if account_id := names.suggested(key):
        return f"'{short(key, LONGEST_HINT)}' may be {account_id}"
    return None


def _known(account: Account) -> Known:
    ids, _ = ExternalId.parse_all(account.external_ids)
    return Known(account.account_id, ids)


def _typed(account: Account, run_date: date) -> list[Observation]:
    """What people typed into the account's page, as far as it is not too old."""
    on = account.signals_updated or run_date
    typed = [Observation(name, value, on, TYPED) for name, value in account.known_on(run_date).signals.items()]
    typed += [
        Observation(name, value, on, TYPED) for name in TERMS if (value := getattr(account, name)) not in (None, False)
    ]
    if account.last_interaction:
        typed.append(Observation(LAST_INTERACTION, account.last_interaction, account.last_interaction, TYPED))
    return typed


def _no_ids(account: Account) -> Iterator[Unreadable]:
    """What stands among the account's ids in other tools and is none."""
    _, wrong = ExternalId.parse_all(account.external_ids)
    for part in wrong:
        expected = "the tool and the id, such as stripe:cus_1, or domain:acme.example"
        yield Unreadable("External IDs", short(part, LONGEST_HINT), expected, "external_ids")


def _with_terms(account: Account, terms: Mapping[str, ObservedSignal]) -> Account:
    """The account with the terms of its contract that feeds delivered. One that is open-ended has no end to look at."""
    values: dict[str, Any] = {name: seen.value for name, seen in terms.items()}
    with_them = replace(account, **values, terms=terms)
    return replace(with_them, contract_end=None) if with_them.open_ended else with_them


def _with_delivered_ids(account: Account, slots: Mapping[SlotName, Slot]) -> str | None:
    """The account's ids in other tools: those on its page, and those that a file of ids delivered."""
    delivered = [
        str(ExternalId(str(held.entry[0]), str(held.entry[1])))
        for name, slot in sorted(slots.items())
        if name.kind == "ids"
        for _, held in sorted(slot.entries.items())
    ]
    typed = [part.strip() for part in (account.external_ids or "").split(",") if part.strip()]
    return ", ".join(dict.fromkeys([*typed, *delivered])) or None
