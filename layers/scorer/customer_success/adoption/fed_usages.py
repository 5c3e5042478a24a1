"""Feature usage as feeds deliver it: before what the team's own list says of the same feature, while the feed lives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from customer_success.adoption.feature_usage import FeatureUsage
from customer_success.dataclass import dataclass
from customer_success.scoring.deriver_thresholds import FreshDays
from customer_success.signals import decoding
from customer_success.signals.slots import Holder

if TYPE_CHECKING:
    from customer_success.accounts.account import Account
    from customer_success.adoption.ports import FeatureUsages
    from customer_success.signals.freshness import Feed
    from customer_success.signals.ports import Feeds, Observations
    from customer_success.signals.slots import Slot, SlotName

Rows = tuple[FeatureUsage, ...]


@dataclass(frozen=True, slots=True)
class FedUsages:
    """`FeatureUsages` of the team's own list (`listed`) and of feeds. Without such a feed nothing more is read."""

    listed: FeatureUsages
    observations: Observations
    feeds: Feeds
    now: Callable[[], datetime]
    fresh: FreshDays = FreshDays()

    def of(self, account: Account) -> Rows:
        return self.of_many([account]).get(account.account_id, ())

    def of_many(self, accounts: Iterable[Account]) -> dict[str, Rows]:
        wanted = list(accounts)
        listed = self.listed.of_many(wanted)
        feeds = {feed.slot: feed for feed in self.feeds.all() if feed.kind == "features"}
        if not feeds:
            return listed
        slots = self.observations.get_many([Holder.account(account.account_id) for account in wanted])
        found = {
            account.account_id: self._with_fed(
                account.account_id,
                listed.get(account.account_id, ()),
                slots.get(Holder.account(account.account_id), {}),
                feeds,
            )
            for account in wanted
        }
        return {account_id: rows for account_id, rows in found.items() if rows}

    def add(self, run: str, rows: Iterable[FeatureUsage]) -> None:
        self.listed.add(run, rows)

    def _with_fed(
        self, account_id: str, listed: Rows, slots: Mapping[SlotName, Slot], feeds: Mapping[SlotName, Feed]
    ) -> Rows:
        """The rows of both. Late feeds come first and the freshest last, so that the latter counts."""
        today = self.now().date()
        rows = {row.feature.casefold(): row for row in listed}
        fed = [(feed, slots[name]) for name, feed in sorted(feeds.items()) if name in slots and feed.deliveries]
        for feed, slot in sorted(fed, key=lambda one: one[0].deliveries[-1]):
            late = feed.late_on(today, self.fresh)
            for line in decoding.features(slot, feed.snapshot):
                row = FeatureUsage(
                    account_id, line.feature, line.family, line.entitled, line.used, line.limit, line.as_of
                )
                known = rows.get(line.feature.casefold())
                rows[line.feature.casefold()] = _over(known, row) if late and known else _over(row, known)
        return tuple(rows[name] for name in sorted(rows))


def _over(first: FeatureUsage, second: FeatureUsage | None) -> FeatureUsage:
    """The first, with what it does not know from the second. The count and its day belong together."""
    if second is None:
        return first
    counted = second if first.used is None else first
    return replace(
        first,
        family=second.family if first.family is None else first.family,
        entitled=second.entitled if first.entitled is None else first.entitled,
        limit=second.limit if first.limit is None else first.limit,
        used=counted.used,
        as_of=counted.as_of,
    )
