"""What the digest says of feeds: which are late, what they joined, and where they and the page disagree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import itemgetter

from customer_success.documents import Line
from customer_success.scan.observed_book import ObservedAccount, Unjoined
from customer_success.scan.tally import EXAMPLES, Tally, in_short
from customer_success.scoring.deriver_thresholds import FreshDays
from customer_success.scoring.signal_words import SIGNAL_NAMES
from customer_success.signals.freshness import Feed
from customer_success.signals.observations import Observation
from customer_success.text import short

CONFLICTS_NAMED = 5
NAME_LIMIT = 60


def count_observed(accounts: Iterable[ObservedAccount]) -> Tally:
    """The counts of one page of the book: accounts and signals by the feed that is late for them, and conflicts."""
    tally = Tally()
    for each in accounts:
        tally = tally.plus(_counted(each))
    return tally


def feed_lines(
    tally: Tally, feeds: Iterable[Feed], unjoined: Unjoined, on: date, thresholds: FreshDays
) -> tuple[Line, ...]:
    """The late feeds first, then the share that each feed joined, keys of no account, and conflicts."""
    ordered = sorted(feeds, key=lambda feed: (feed.kind, feed.source))
    return (
        *(Line(_late(feed, tally, on), strong=True) for feed in ordered if feed.late_on(on, thresholds)),
        *(Line(_joined(feed), bullet=True) for feed in ordered if feed.named),
        *(Line(text, bullet=True) for text in _unjoined(unjoined)),
        *_conflicts(tally),
    )


def explained_by_late_feeds(tally: Tally, signal: str) -> bool:
    """True if a late feed is why the signal is unknown for most of the accounts that lack it."""
    late = sum(signals.get(signal, 0) for signals in tally.late_signals.values())
    return 2 * late > tally.missing.get(signal, 0)


def _counted(each: ObservedAccount) -> Tally:
    by_feed: dict[str, set[str]] = {}
    for one in each.late:
        by_feed.setdefault(_feed(one), set()).add(_SIGNAL_OF.get(one.signal, one.signal))
    conflicts = [_conflict(each, *pair) for pair in each.conflicts]
    return Tally(
        late=dict.fromkeys(by_feed, 1),
        late_signals={feed: dict.fromkeys(sorted(signals), 1) for feed, signals in by_feed.items()},
        cases=dict(filter(itemgetter(1), {"conflicts": len(conflicts), "detractors": len(each.detractors)}.items())),
        conflicts=tuple(conflicts[:EXAMPLES]),
        detractors=tuple(_detractors(each, *one) for one in each.detractors.items()),
    )


_SIGNAL_OF: Mapping[str, str] = {"last_interaction": "days_since_last_interaction"}


def _feed(one: Observation) -> str:
    return f"{one.kind}/{one.source}"


def _conflict(each: ObservedAccount, observed: Observation, typed: Observation) -> str:
    name = f"{short(each.account.name, NAME_LIMIT)} ({each.account.account_id})"
    signal = SIGNAL_NAMES.get(observed.signal, observed.signal)
    return in_short(f"{name}: {signal} {typed.value} on the page, {observed.value} in {observed.source}")


def _detractors(each: ObservedAccount, source: str, scores: Sequence[int]) -> str:
    name = f"{short(each.account.name, NAME_LIMIT)} ({each.account.account_id})"
    people = "1 person" if len(scores) == 1 else f"{len(scores)} people"
    owner = f", {each.account.owner_email}" if each.account.owner_email else ""
    return in_short(f"{name}: {people} answered {', '.join(map(str, scores))} in {source}{owner}")


def _late(feed: Feed, tally: Tally, on: date) -> str:
    key = f"{feed.kind}/{feed.source}"
    since = feed.deliveries[-1].date() if feed.deliveries else None
    delivered = f"delivered last on {since}, {(on - since).days} days ago" if since else "never delivered"
    names = ", ".join(SIGNAL_NAMES.get(signal, signal) for signal in sorted(tally.late_signals.get(key, {})))
    accounts = tally.late.get(key, 0)
    missed = f"{names} of {_accounts(accounts)} do not come from it now" if accounts else "no account misses it"
    return f"Late: {feed.kind} from {feed.source} {delivered}; {missed}. Look at what writes in/{key}/ in the inbox."


def _joined(feed: Feed) -> str:
    share = f"{feed.joined / feed.named:.0%}"
    return f"{feed.kind} from {feed.source}: {feed.joined} of {feed.named} accounts joined ({share})"


def _unjoined(unjoined: Unjoined) -> Iterator[str]:
    for source, count in sorted(unjoined.counts.items()):
        first = ", ".join(short(key, NAME_LIMIT) for key in unjoined.first.get(source, ()))
        keys = "1 key leads" if count == 1 else f"{count} keys lead"
        more = ", …" if count > len(unjoined.first.get(source, ())) else ""
        hints = "".join(f" {hint}." for hint in unjoined.hints.get(source, ()))
        yield f"{source}: {keys} to no account: {first}{more}. Add them to External IDs, or send a file of ids.{hints}"


def _conflicts(tally: Tally) -> Iterator[Line]:
    count = tally.cases.get("conflicts", 0)
    if not count:
        return
    values = "1 typed value differs" if count == 1 else f"{count} typed values differ"
    yield Line(f"{values} from a fresh feed, which counts:")
    yield from (Line(text, bullet=True) for text in tally.conflicts[:CONFLICTS_NAMED])


def _accounts(count: int) -> str:
    return "1 account" if count == 1 else f"{count} accounts"
