"""Messages come twice, late, in batches or break off: in the end each offer is with Sales once."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from customer_success.errors import Unavailable
from customer_success.expansion.ports import RecordedAnswer
from customer_success.messages import ExpansionHandoff
from tests.builders.accounts import TODAY
from tests.builders.fakes import Crash
from tests.builders.handoffs import PORTS, Fault, Handoffs, Port, message

ACCOUNTS = ("A-0001", "A-0002")
OF_OTHERS = message(3)
"""An offer that another producer put on the queue."""
ALL = {"A-0001:seats:Q1 2026", "A-0001:module:Q1 2026", "A-0002:seats:Q1 2026", OF_OTHERS.handoff_id}


@dataclass(frozen=True)
class Batch:
    """Messages in one function's hand: each a check of an account or a handoff, of any account. The
    function dies `before` or after the write with the number `dies_at`, None is never.
    """

    checks: bool
    picks: tuple[int, ...]
    dies_at: int | None = None
    before: bool = False


@dataclass(frozen=True)
class Outage:
    """The next call of a port fails, after those that are to fail already."""

    port: Port
    fault: Fault


@dataclass(frozen=True)
class Answered:
    """Sales answers an offer of which there is a record."""

    pick: int


PICKS = st.lists(st.integers(0, 9), min_size=1, max_size=6).map(tuple)
CALM = st.builds(Batch, st.booleans(), PICKS)
DYING = st.builds(Batch, st.booleans(), PICKS, st.integers(1, 12), st.booleans())
OUTAGES = st.builds(
    Outage,
    st.sampled_from((*PORTS, "queue")),
    st.sampled_from(("down", "lost", "carried out")),  # type: ignore[arg-type]
)
STORM = st.lists(st.one_of(CALM, DYING, OUTAGES, OUTAGES, st.builds(Answered, st.integers(0, 9))), max_size=25)


def two_accounts() -> Handoffs:
    """One account that needs seats and a module, one that needs seats, and one of another producer's offer."""
    world = Handoffs()
    for number in (1, 2, 3):
        world.account(number)
    world.wants_a_module(1)
    return world


def take(world: Handoffs, batch: Batch) -> None:
    """Do a batch as a function does: what fails keeps nothing else back, and nothing follows its death."""
    writes = world.writes
    if batch.dies_at:
        setattr(writes, "crash_before" if batch.before else "crash_after", writes.count + batch.dies_at)
    with suppress(Crash):
        for pick in batch.picks:
            with suppress(Unavailable):
                if batch.checks:
                    world.check(ACCOUNTS[pick % len(ACCOUNTS)])
                else:
                    world.hand_off(waiting(world)[pick % len(waiting(world))])
    writes.crash_before = writes.crash_after = None


def waiting(world: Handoffs) -> list[ExpansionHandoff]:
    """What the queue to Sales may deliver, at any time and again."""
    return [*world.sent, OF_OTHERS]


def redeliver_all(world: Handoffs) -> None:
    """The faults are over, and every message comes again."""
    world.weather.faults.clear()
    for account_id in ACCOUNTS:
        world.check(account_id)
    for each in waiting(world):
        world.hand_off(each)


def end(world: Handoffs) -> dict[str, Any]:
    """The end state, without the vendors' ids."""
    offers, records = world.offers.offers, world.records.records
    return {
        "offers": {key: replace(each, page_id=None, page_url=None, handoff=None) for key, each in offers.items()},
        "on their records": {key: records[each.page_id or ""].key == key for key, each in offers.items()},
        "with Sales": {key: each.handoff and each.handoff.sales_email for key, each in offers.items()},
        "records": sorted(map(repr, records.values())),
        "drafts": sorted(map(repr, world.drafts.drafts.values())),
        "told": sorted((each.digest_id, each.recipient) for each in world.digests.digests.values()),
        "events": {event.handoff_id for _, event in world.bus.events},
        "story": {key: each.outcome for (_, key), each in world.log.entries.items()},
    }


def without_a_fault() -> dict[str, Any]:
    world = two_accounts()
    redeliver_all(world)
    return end(world)


SAME_END = without_a_fault()


def test_the_end_without_a_fault_is_one_of_each() -> None:
    assert SAME_END["events"] == ALL
    assert [len(SAME_END[what]) for what in ("records", "drafts", "told")] == [len(ALL)] * 3
    assert all(SAME_END["on their records"].values())
    assert set(SAME_END["with Sales"].values()) == {"sam@example.com"}
    assert SAME_END["story"] == dict.fromkeys(ACCOUNTS, "offered")


@given(STORM)
def test_any_storm_ends_as_a_calm_morning(steps: list[Batch | Outage | Answered]) -> None:
    # GIVEN messages in any order and number, ports that fail, and functions that die
    world = two_accounts()
    answers: dict[str, RecordedAnswer] = {}
    for step in steps:
        match step:
            case Batch():
                take(world, step)
            case Outage(port, fault):
                world.weather.faults.setdefault(port, []).append(fault)
            case Answered(pick):
                keys = sorted(record.key for record in world.records.records.values())
                if keys:
                    key = keys[pick % len(keys)]
                    world.records.answer(key, status="Accepted")
                    answers[key] = RecordedAnswer(key, "Accepted")
    # WHEN it is over and everything is delivered once more
    redeliver_all(world)
    # THEN nothing is missing, and nothing is there twice
    assert end(world) == SAME_END
    # AND what Sales wrote is still there
    assert {answer.handoff_id: answer for page in world.records.answers(TODAY) for answer in page} == answers
    # AND each offer was drafted and sent to its seller alone
    assert Counter(draft.key for draft in world.drafts.drafts.values()) == Counter(ALL)


@given(st.lists(CALM, max_size=12), st.randoms(use_true_random=False))
def test_five_times_in_any_order_in_one_batch_or_many_is_once(batches: list[Batch], shuffle: Any) -> None:
    # GIVEN checks, and some handoffs between them
    world = two_accounts()
    for batch in batches:
        take(world, batch)
    for account_id in ACCOUNTS:
        world.check(account_id)
    # WHEN every message comes five times, in any order
    messages = waiting(world) * 5
    shuffle.shuffle(messages)
    for each in messages:
        world.hand_off(each)
    # THEN Sales got each offer once: one message, record, draft, word in chat and event
    assert end(world) == SAME_END
    assert len(world.sent) == len(ALL) - 1
    assert Counter(event.handoff_id for _, event in world.bus.events) == Counter(ALL)
    assert len(world.topic.published) == len(ALL)
    assert (len(world.narrator.asked), world.records.calls.count("create")) == (len(ACCOUNTS), len(ALL))
