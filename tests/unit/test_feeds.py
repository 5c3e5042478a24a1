"""A signal that is unknown for most of the book, and was known before, is reported as a broken feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import TypeAdapter

from connectors.notion.names import PropertyNames
from customer_success.accounts.account import Account
from customer_success.errors import Misconfigured
from customer_success.scan.feeds import NEW_NORMAL_AFTER, PROPERTIES, broken_feeds, in_words
from customer_success.scan.run import BrokenFeed, Run
from customer_success.scan.tally import Tally
from customer_success.schemas import CSMHealthSignals
from tests.builders.accounts import HEALTHY, TODAY, account
from tests.builders.scans import World

ONE_DAY = timedelta(days=1)
BROKEN_FEEDS = "Broken feeds"


def day(number: int) -> date:
    return TODAY + number * ONE_DAY


def without(number: int, *signals: str) -> Account:
    return account(number, {name: value for name, value in HEALTHY.items() if name not in signals})


def book(size: int, lacking: int, signal: str = "feature_adoption_rate") -> list[Account]:
    """A healthy book whose first accounts lack a signal."""
    return [without(n, signal) if n <= lacking else account(n) for n in range(1, size + 1)]


def feeds_reported(world: World, on: date) -> list[str]:
    digest = next(d for d in world.digests.digests.values() if d.run_date == on and "failed" not in d.digest_id)
    return [line.text for each in digest.sections if each.title == BROKEN_FEEDS for line in each.lines if line.bullet]


def broken(world: World, on: date) -> list[str]:
    return [feed.signal for feed in world.runs.runs["health_scan", on].broken_feeds]


def test_a_feed_that_dies_is_reported_with_what_to_look_at() -> None:
    # GIVEN a book of ten of which adoption is known for nine
    world = World(book(10, 1))
    world.scan(day(0))
    assert feeds_reported(world, day(0)) == []
    # WHEN it is unknown for most
    world.accounts = book(10, 6)
    result = world.scan(day(1))
    # THEN the digest says which, since when, of how many, and what to do
    assert feeds_reported(world, day(1)) == [
        f"feature adoption: unknown for 6 of 10 accounts since {day(1)}, known for 9 of 10 on {day(0)}. "
        "Look at what fills 'Feature Adoption Rate' in Notion."
    ]
    assert result["broken_feeds"] == ["feature_adoption_rate"]


@pytest.mark.parametrize(
    ("before", "now", "breaks"),
    [(0, 5, False), (0, 6, True), (4, 6, True), (5, 6, False), (6, 10, False)],
    ids=["half is not most", "most", "known for most", "was known for half only", "was unknown"],
)
def test_most_is_more_than_half(before: int, now: int, breaks: bool) -> None:
    world = World(book(10, before))
    world.scan(day(0))
    world.accounts = book(10, now)
    world.scan(day(1))
    assert bool(feeds_reported(world, day(1))) is breaks


def test_on_a_first_scan_nothing_was_known_before() -> None:
    world = World(book(10, 10))
    world.scan()
    assert feeds_reported(world, TODAY) == []


@pytest.mark.parametrize(("size", "reports"), [(3, False), (4, True)])
def test_a_tiny_book_does_not_shout(size: int, reports: bool) -> None:
    world = World(book(size, 0))
    world.scan(day(0))
    world.accounts = book(size, size)
    world.scan(day(1))
    assert bool(feeds_reported(world, day(1))) is reports


def test_a_feed_that_leaves_accounts_without_a_score_is_counted_all_the_same() -> None:
    # GIVEN a book that lacks nothing
    world = World(book(6, 0))
    world.scan(day(0))
    # WHEN so much is missing that no account can be scored
    removed = ("feature_adoption_rate", "usage_trend", "login_frequency_days", "invoice_payment_status", "nps_score")
    world.accounts = [without(n, *removed) for n in range(1, 7)]
    assert world.scan(day(1))["scored"] == 0
    # THEN each is reported, and what still comes is not
    assert broken(world, day(1)) == [signal for signal in PROPERTIES if signal in removed]
    # AND on the day after still, although that day scored nothing either
    world.scan(day(2))
    assert broken(world, day(2)) == broken(world, day(1))


def test_it_is_reported_every_day_until_it_is_fixed() -> None:
    world = World(book(10, 0))
    world.scan(day(0))
    for number, lacking in enumerate((10, 8, 6), start=1):
        world.accounts = book(10, lacking)
        world.scan(day(number))
        (line,) = feeds_reported(world, day(number))
        assert f"unknown for {lacking} of 10 accounts since {day(1)}, known for 10 of 10 on {day(0)}" in line
    world.accounts = book(10, 5)
    world.scan(day(4))
    assert feeds_reported(world, day(4)) == []


@pytest.mark.parametrize("failing", [1, 12], ids=["a day", "longer than a book is in doubt"])
def test_runs_that_fail_do_not_make_it_forgotten(failing: int) -> None:
    # GIVEN a broken feed, and one that breaks while no scan runs
    world = World(book(10, 0))
    world.scan(day(0))
    world.accounts = book(10, 10)
    world.scan(day(1))
    for number in range(2, 2 + failing):
        world.book.error, world.book.failures = Misconfigured("401"), 1
        assert world.scan(day(number))["status"] == "failed"
    # WHEN a scan runs again
    world.accounts = [without(n, "feature_adoption_rate", "nps_score") for n in range(1, 11)]
    last = day(2 + failing)
    world.scan(last)
    # THEN both are reported, each since the run that found it
    found = {feed.signal: feed.since for feed in world.runs.runs["health_scan", last].broken_feeds}
    assert found == {"feature_adoption_rate": day(1), "nps_score": last}


def test_after_four_weeks_the_book_is_as_it_is() -> None:
    # GIVEN a feed that a team gave up
    world = World(book(6, 0))
    world.scan(day(0))
    world.accounts = book(6, 6)
    for number in range(1, 31):
        world.scan(day(number))
    # THEN it is reported for 28 days and not again
    telling = [number for number in range(1, 31) if broken(world, day(number))]
    assert telling == list(range(1, NEW_NORMAL_AFTER.days + 1))


def test_new_accounts_without_signals_break_nothing() -> None:
    # GIVEN a small book
    world = World(book(6, 0))
    world.scan(day(0))
    # WHEN three times as many come in of which nothing is known yet, and as many of which one signal is not
    world.accounts = [
        *book(6, 0),
        *(account(n, {}) for n in range(7, 25)),
        *(without(n, "nps_score") for n in range(25, 43)),
    ]
    world.scan(day(1))
    world.scan(day(2))
    # THEN no feed is called broken
    assert (feeds_reported(world, day(1)), feeds_reported(world, day(2))) == ([], [])


def test_accounts_without_expected_signals_are_not_watched() -> None:
    # GIVEN one that is scored, one of which nothing was ever known, and one that goes back into onboarding
    world = World([account(1), account(2, {}), account(3)])
    world.scan(day(0))
    world.accounts = [account(1), account(2, {}), account(3, {}, onboarding_until=day(30))]
    world.scan(day(1))
    assert [world.runs.runs["health_scan", day(n)].tally.watched for n in (0, 1)] == [2, 1]


def test_a_day_off_and_a_second_attempt_change_nothing() -> None:
    # GIVEN a feed that breaks on a Saturday
    world = World(book(6, 0))
    world.scan(day(4))
    world.accounts = book(6, 6)
    world.scan(day(5))
    world.scan(day(5), request="again", force=True)
    # WHEN Monday comes THEN it is reported, since Saturday
    world.scan(day(7))
    assert f"since {day(5)}" in feeds_reported(world, day(7))[0]


def test_while_the_book_is_in_doubt_what_is_broken_stays_so() -> None:
    # GIVEN a broken feed
    world = World(book(10, 0))
    world.scan(day(0))
    world.accounts = book(10, 10)
    world.scan(day(1))
    # WHEN most of the book is missing, and what is left is whole
    world.accounts = [account(n) for n in (1, 2, 3, 4)]
    assert "alarm" in world.scan(day(2))
    assert broken(world, day(2)) == ["feature_adoption_rate"]


def counted(number: int, watched: int, missing: int, *feeds: BrokenFeed) -> Run:
    return Run(
        "health_scan",
        day(number),
        "r",
        tally=Tally(watched=watched, missing={"nps_score": missing}),
        broken_feeds=feeds,
    )


@pytest.mark.parametrize(
    ("before", "now", "breaks"), [(10, 10, True), (3, 10, False), (10, 3, False)], ids=["big", "was tiny", "is tiny"]
)
def test_a_book_that_is_or_was_tiny_does_not_shout(before: int, now: int, breaks: bool) -> None:
    earlier = counted(0, before, 0)
    assert bool(broken_feeds(counted(1, now, now), replace(earlier, tally=Tally(watched=before)))) is breaks


def test_a_run_without_alerts_changes_nothing() -> None:
    feed = BrokenFeed("nps_score", day(0), day(-1), 9, 10)
    assert broken_feeds(counted(1, 0, 0), counted(0, 10, 10, feed)) == (feed,)


def test_feeds_that_broke_alike_share_a_line_across_others_between_them() -> None:
    tally = Tally(watched=10, missing={"feature_adoption_rate": 10, "usage_trend": 9, "nps_score": 10})
    feeds = tuple(BrokenFeed(signal, day(0), day(-1), 10, 10) for signal in PROPERTIES if signal in tally.missing)
    lines = list(in_words(Run("health_scan", day(1), "r", tally=tally, broken_feeds=feeds)))
    assert sorted(line.split(":")[0] for line in lines) == ["feature adoption, NPS", "usage trend"]


def test_halves_of_a_signal_are_feeds_of_their_own() -> None:
    world = World(book(6, 0))
    world.scan(day(0))
    world.accounts = book(6, 6, "avg_ticket_sentiment")
    world.scan(day(1))
    (line,) = feeds_reported(world, day(1))
    assert line.startswith("ticket sentiment: unknown for 6 of 6")
    assert "'Ticket Sentiment'" in line


def test_every_signal_is_named_by_its_property() -> None:
    assert PROPERTIES.keys() == set(CSMHealthSignals.model_fields)
    names = PropertyNames()
    from_another = {
        "days_since_last_interaction": names.last_interaction,
        "days_to_renewal": names.contract_end,
        "seats_utilization_rate": names.seats_used,
    }
    for signal, name in PROPERTIES.items():
        assert name == from_another.get(signal, getattr(names, signal, None))


def test_a_run_of_an_earlier_version_is_read_and_is_nothing_to_compare_with() -> None:
    runs = TypeAdapter(Run)
    world = World(book(6, 0))
    world.scan(day(0))
    stored = runs.dump_python(world.runs.runs["health_scan", day(0)], mode="json", round_trip=True, by_alias=True)
    del stored["broken_feeds"]
    for name in ("watched", "missing", "outdated", "danger_lost_sight_of"):
        del stored["tally"][name]
    world.runs.runs["health_scan", day(0)] = runs.validate_python(stored, strict=False)
    world.accounts = book(6, 6)
    world.scan(day(1))
    assert feeds_reported(world, day(1)) == []


def test_pages_of_a_book_add_up() -> None:
    whole, paged = World(book(10, 6), page_size=100), World(book(10, 6), page_size=3)
    whole.scan()
    paged.scan()
    tallies = [world.runs.runs["health_scan", TODAY].tally for world in (whole, paged)]
    assert tallies[0].watched == tallies[1].watched == 10
    assert tallies[0].missing == tallies[1].missing


COUNTS = some.integers(0, 40).flatmap(
    lambda watched: some.builds(
        lambda missing: Tally(watched=watched, missing=missing),
        some.dictionaries(some.sampled_from(list(PROPERTIES)), some.integers(0, watched)),
    )
)


@given(before=COUNTS, now=COUNTS, days=some.integers(1, 40), since=some.integers(0, 40))
def test_only_what_became_unknown_for_most_is_reported(before: Tally, now: Tally, days: int, since: int) -> None:
    was_broken = BrokenFeed("nps_score", day(-since), day(-since - 1), 9, 10)
    earlier = Run("health_scan", day(0), "r", tally=before, broken_feeds=(was_broken,))
    run = Run("health_scan", day(days), "r", tally=now)
    found = broken_feeds(run, earlier)
    assert len({feed.signal for feed in found}) == len(found)
    for feed in found:
        assert run.run_date - feed.since < NEW_NORMAL_AFTER
        if now.watched:
            assert 2 * now.missing.get(feed.signal, 0) > now.watched
        if feed != was_broken:
            assert (feed.since, feed.before) == (run.run_date, earlier.run_date)
            assert 2 * feed.known > feed.accounts >= 4
    # However many share a line, each is named on one.
    lines = list(in_words(replace(run, broken_feeds=found)))
    for feed in found:
        assert sum(repr(PROPERTIES[feed.signal]) in line for line in lines) == 1


def test_what_is_watched_is_added_up() -> None:
    one = Tally(watched=1, outdated=2, missing={"nps_score": 1}, danger_lost_sight_of=("a",))
    both = one.plus(one)
    assert (both.watched, both.outdated, both.missing) == (2, 4, {"nps_score": 2})
    assert both.danger_lost_sight_of == ("a", "a")
