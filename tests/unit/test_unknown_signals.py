"""Becoming unknown says nothing about the customer: nothing recovers, ends or gets better because a feed died."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from math import fsum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pydantic import TypeAdapter

from customer_success.accounts.account import Account
from customer_success.accounts.portfolio import line_of
from customer_success.accounts.row import AccountRow
from customer_success.periods import long_date
from customer_success.scan.assessment import Scored, assess
from customer_success.scoring.health_status import COLOURS, RISKS, HealthStatus, Point
from customer_success.scoring.scorer import CSMHealthScorer, explain_change
from tests.builders.accounts import DYING, HEALTHY, TODAY, account, at_risk, dying
from tests.builders.feeds import usage_lines
from tests.builders.partly_known import any_signals
from tests.builders.scans import World
from tests.builders.scores import scan_context
from tests.builders.signals import healthy, perfect

ONE_DAY = timedelta(days=1)
USAGE = ("usage_trend", "login_frequency_days", "seats_utilization_rate", "feature_adoption_rate")
STOPPED = (*[5] * 75, *[0] * 45)
"""No login for 45 days: usage is inactive, logins are far apart."""


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def night(number: int) -> datetime:
    return datetime.combine(day(number), time(3), UTC)


def typed(number: int, **signals: object) -> Account:
    """An account whose page has all but usage, which comes from a feed."""
    page = {name: value for name, value in HEALTHY.items() if name not in USAGE}
    return account(number, {**page, "feature_adoption_rate": 0.3, **signals}, seats_bought=10.0)


def deliver_usage(world: World, number: int, numbers: Iterable[int] = (1, 2)) -> None:
    """The usage up to the day before: of account 1 it has stopped, the others work as ever."""
    lines = [
        line
        for n in numbers
        for line in usage_lines(f"A-{n:04d}", day(number - 1), STOPPED if n == 1 else [5] * len(STOPPED))
    ]
    world.inbox.take("usage", *lines, at=night(number))


def deliver_tickets(world: World, number: int, *open_of: str) -> None:
    lines = [{"account": id_, "id": f"t-{id_}", "opened": str(day(-20))} for id_ in open_of]
    world.inbox.take("tickets", *lines, at=night(number), source="zendesk")


def digest(world: World, on: date) -> str:
    found = next((each for each in world.digests.digests.values() if each.run_date == on), None)
    if found is None:
        assert on.weekday() >= 5
        return ""
    return "\n".join(f"{section.title}: {line.text}" for section in found.sections for line in section.lines)


def status(world: World, account_id: str = "A-0001") -> HealthStatus:
    last = world.rows.rows[account_id].latest.last
    assert last is not None
    return last.health_status


def at_risk_now(world: World, account_id: str = "A-0001") -> bool:
    """What alerts, page and portfolio hold of an account."""
    row = world.rows.rows[account_id]
    line, page = line_of(row), row.latest.page
    assert line is not None
    assert page is not None
    shown = HealthStatus(day(0), 0.0, page.rag, page.churn_risk) if page.churn_risk else None  # type: ignore[arg-type]
    found = {row.latest.alert_state.episode is not None, line.arr_at_risk > 0, bool(shown and shown.at_risk)}
    if row.latest.point:
        found.add(row.latest.point.health_status.at_risk)
    assert len(found) == 1, "they agree"
    return found.pop()


# ---- A feed that dies ----


@pytest.mark.parametrize("least_known", [False, True], ids=["still scored", "too little known"])
def test_a_feed_dies_and_for_ten_days_nothing_recovers(least_known: bool) -> None:
    # GIVEN an account whose usage feed says that it stopped working, and one that is well
    accounts = [typed(1), typed(2)]
    if least_known:
        left = ("invoice_payment_status", "open_ticket_count", "stakeholder_engagement")
        accounts = [replace(of, signals={k: v for k, v in of.signals.items() if k in left}) for of in accounts]
    world = World(accounts)
    deliver_usage(world, 0)
    world.scan(day(0))
    before = status(world)
    assert before.at_risk
    assert at_risk_now(world)
    alerted = set(world.alerts.entries)
    # WHEN nothing is delivered for ten days more
    for number in range(1, 11):
        world.scan(day(number))
        row = world.rows.rows["A-0001"]
        page = row.latest.page
        assert page is not None
        # THEN it stays at risk with no better colour, its time at risk goes on, and no alert of it ends or is repeated
        assert at_risk_now(world), number
        assert COLOURS.index(status(world).rag) >= COLOURS.index(before.rag)
        assert RISKS.index(status(world).churn_risk) >= RISKS.index(before.churn_risk)
        assert (page.rag, page.churn_risk, page.since) == (before.rag, before.churn_risk, day(0))
        assert row.latest.alert_state.alerting_since == day(0)
        assert set(world.alerts.entries) == alerted
        assert "recovered" not in digest(world, day(number))
        assert "→" not in digest(world, day(number))
        # AND no other colour is better
        assert status(world, "A-0002").rag == world.history.points["A-0002", day(0)].score.rag
    # AND the page and the digest say that the colour is old
    as_of = f"{before.rag} as of "
    assert page.why.startswith(as_of)
    assert "no data since" in page.why
    assert f"Account 1 (A-0001): {as_of}" in digest(world, day(10))
    # AND the score itself counts what is known alone
    if least_known:
        assert row.latest.status == "rejected"
    else:
        point = world.history.points["A-0001", day(10)]
        assert "usage_trend" in point.score.unknown
        assert not point.score.should_alert


def test_a_feed_that_comes_back_counts_again() -> None:
    # GIVEN an account at risk whose feed died
    world = World([typed(1), typed(2)])
    deliver_usage(world, 0)
    world.scan(day(0))
    for number in range(1, 9):
        world.scan(day(number))
    assert at_risk_now(world)
    # WHEN the feed comes back and says the same THEN nothing is new
    deliver_usage(world, 9)
    world.scan(day(9))
    assert at_risk_now(world)
    assert world.rows.rows["A-0001"].latest.carried.keys().isdisjoint(USAGE)
    assert len(world.alerts.entries) == 1
    # WHEN it says that they work again THEN the account recovers
    world.inbox.take("usage", *usage_lines("A-0001", day(9), [5] * 120), at=night(10))
    world.scan(day(10))
    assert not at_risk_now(world)


def test_a_day_without_a_score_forgets_nothing() -> None:
    # GIVEN an account at risk by a feed that died, still scored by what its page has
    world = World([typed(1), typed(2)])
    deliver_usage(world, 0)
    for number in range(7):
        world.scan(day(number))
    whole = world.accounts
    # WHEN the page is empty for a day, so that there is no score, and is full again
    world.accounts = [replace(of, signals={}) for of in whole]
    world.scan(day(7))
    assert world.rows.rows["A-0001"].latest.status == "rejected"
    world.accounts = whole
    world.scan(day(8))
    # THEN the account is at risk all the time
    assert world.rows.rows["A-0001"].latest.status == "scored"
    assert at_risk_now(world)


def test_of_two_feeds_one_dies_and_the_other_goes_on() -> None:
    # GIVEN usage and tickets from two feeds
    world = World([typed(n) for n in (1, 2, 3, 4)])
    deliver_usage(world, 0, (1, 2, 3, 4))
    deliver_tickets(world, 0, "A-0001")
    world.scan(day(0))
    # WHEN usage is delivered no more, and tickets go on
    for number in range(1, 8):
        deliver_tickets(world, number, "A-0001", "A-0002", "A-0003")
        world.scan(day(number))
    # THEN the living feed counts, and the dead one is named: since when, what it costs, what to look at
    assert world.history.points["A-0002", day(7)].signals["open_ticket_count"] == 1
    text = digest(world, day(7))
    assert "Feeds: Late: usage from product delivered last on 2026-03-02, 7 days ago; " in text
    assert "usage trend" in text
    assert "of 4 accounts do not come from it now. Look at what writes in/usage/product/ in the inbox." in text
    assert "Late: tickets" not in text
    assert "Feeds: tickets from zendesk: 3 of 3 accounts joined (100%)" in text
    # AND it is named once
    assert "Broken feeds" not in text
    assert world.runs.runs["health_scan", day(7)].broken_feeds
    assert at_risk_now(world)


def test_what_was_typed_before_a_feed_died_ends_nothing_either() -> None:
    # GIVEN a page that says "growing" while a fresh feed, which counts, says that they stopped
    world = World([typed(1, usage_trend="growing", login_frequency_days=2)])
    deliver_usage(world, 0)
    world.scan(day(0))
    assert at_risk_now(world)
    # WHEN the feed dies THEN the old word counts in the score, and ends nothing
    for number in range(1, 8):
        world.scan(day(number))
        assert at_risk_now(world)
    assert world.history.points["A-0001", day(7)].signals["usage_trend"] == "growing"
    # WHEN the day is scanned again THEN it comes to the same
    world.scan(day(7), force=True, request="again")
    assert at_risk_now(world)
    # WHEN a person updates the page THEN it counts
    world.accounts = [replace(world.accounts[0], signals_updated=day(8))]
    world.scan(day(8))
    assert not at_risk_now(world)


def test_a_known_signal_that_gets_worse_beside_a_dead_feed_alerts() -> None:
    # GIVEN an account that is well, and whose usage feed dies
    world = World([typed(2)])
    deliver_usage(world, 0, [2])
    world.scan(day(0))
    for number in range(1, 6):
        world.scan(day(number))
    assert not world.alerts.entries
    # WHEN the rest of what is known turns bad
    bad = {name: value for name, value in DYING.items() if name not in USAGE}
    world.accounts = [replace(world.accounts[0], signals={**bad, "feature_adoption_rate": 0.0})]
    world.accounts = [replace(world.accounts[0], contract_end=day(30))]
    world.scan(day(6))
    # THEN it alerts: unknown is not mute
    assert list(world.alerts.entries)


# ---- What is stored and shown ----


def test_a_history_point_has_its_signals_their_sources_and_the_scorecard() -> None:
    world = World([replace(typed(1), signals_updated=day(-1))])
    deliver_usage(world, 0)
    world.scan(day(0))
    stored = world.history.points["A-0001", day(0)]
    read = TypeAdapter(Point).validate_json(TypeAdapter(Point).dump_json(stored, by_alias=True, round_trip=True))
    assert read == stored
    assert stored.signals["usage_trend"] == "inactive"
    assert (stored.sources["usage_trend"].source, stored.sources["usage_trend"].as_of) == ("product", day(-1))
    assert "invoice_payment_status" not in stored.sources
    assert (stored.typed_on, stored.score.scorecard_version) == (day(-1), "1")
    # AND the score follows from them
    again = CSMHealthScorer().score(scored_signals(stored), "A-0001")
    assert again.score == stored.score.score


def scored_signals(point: Point) -> Any:
    from customer_success.schemas import CSMHealthSignals

    return CSMHealthSignals.model_validate(dict(point.known_signals))


def test_a_point_from_before_signals_were_stored_knows_what_its_drivers_name() -> None:
    score = CSMHealthScorer().score(healthy(open_ticket_count=3, nps_score=None, tam_health_rag="AMBER"), "A-0001")
    before = TypeAdapter(Point).validate_python({"on": "2026-03-01", "score": json.loads(score.model_dump_json())})
    assert scored_signals(before) == healthy(open_ticket_count=3, nps_score=None, tam_health_rag="AMBER")


def test_conflicts_and_keys_of_no_account_are_in_the_digest() -> None:
    # GIVEN a page that says something else than a fresh feed, and a feed with keys of no account
    world = World([typed(1, open_ticket_count=0), typed(2, open_ticket_count=1)])
    deliver_tickets(world, 0, "A-0001", "A-0002", "cus_7", "cus_8", "cus_9", "cus_10")
    # WHEN the book is scanned
    world.scan(day(0))
    # THEN both are named
    text = digest(world, day(0))
    assert "1 typed value differs from a fresh feed, which counts:" in text
    assert "Account 1 (A-0001): open tickets 0 on the page, 1 in zendesk" in text
    assert "zendesk: 4 keys lead to no account: cus_" in text
    assert ", …. Add them to External IDs" in text


def test_a_key_that_has_an_accounts_name_is_suggested_and_one_that_two_bear_is_explained() -> None:
    # GIVEN keys that are no ids: names, one of them with a legal form, a domain, and an id that two accounts bear
    world = World(
        [
            typed(1, open_ticket_count=0),
            replace(typed(2), name="Globex"),
            *(replace(typed(n), name="Twins", external_ids="zendesk:7") for n in (3, 4)),
        ]
    )
    deliver_tickets(world, 0, "Account 1, Inc.", "globex.example", "Twins")
    # WHEN the book is scanned
    world.scan(day(0))
    # THEN the digest suggests, and nothing is matched by a name
    text = digest(world, day(0))
    assert "zendesk: 3 keys lead to no account: " in text
    assert "'Account 1, Inc.' may be A-0001." in text
    assert "'globex.example' may be A-0002." in text
    assert "'Twins' may be" not in text
    assert "open_ticket_count" in world.rows.rows["A-0001"].account.signals
    # AND of an id that two bear it says so
    world.inbox.take("tickets", {"account": "7", "id": "1", "opened": str(day(-20))}, at=night(1), source="zendesk")
    world.scan(day(1))
    assert "'7' stands on A-0003 and A-0004, so it leads to neither." in digest(world, day(1))


def test_a_person_who_became_a_detractor_is_named_once_by_account() -> None:
    # GIVEN two people of an account, one of whom was a detractor before
    world = World([typed(1), typed(2)])

    def answers(number: int, *given: tuple[str, int, int]) -> None:
        lines = [{"account": "A-0001", "person": p, "score": s, "at": str(day(at))} for p, s, at in given]
        world.inbox.take("nps", *lines, at=night(number), source="survey")

    answers(0, ("ada", 9, -40), ("bob", 3, -40))
    world.scan(day(0))
    # THEN the first scan names none, and the page has how many answered and the lowest
    assert "New NPS detractors" not in digest(world, day(0))
    page = world.rows.rows["A-0001"].latest.page
    assert page is not None
    assert "NPS: survey, 21 January (2 people, lowest 3)" in page.sources
    # WHEN both answer low, and a third
    answers(1, ("ada", 5, -1), ("bob", 2, -1), ("eve", 0, 0))
    world.scan(day(1))
    # THEN those who became one are in the digest, on that day alone, also if it is scanned again
    line = "New NPS detractors: Account 1 (A-0001): 2 people answered 0, 5 in survey, ada@example.com"
    assert line in digest(world, day(1))
    assert world.runs.runs["health_scan", day(1)].tally.cases["detractors"] == 1
    world.scan(day(1), force=True, request="again")
    assert world.runs.runs["health_scan", day(1)].tally.cases["detractors"] == 1
    world.scan(day(2))
    assert "New NPS detractors" not in digest(world, day(2))
    # AND what arrives after a scan has begun is of the next one
    line = {"account": "A-0002", "person": "kim", "score": 1, "at": str(day(2))}
    world.inbox.take("nps", line, at=night(2) + timedelta(hours=6), source="survey")
    world.scan(day(2), force=True, request="once more")
    assert "detractors" not in world.runs.runs["health_scan", day(2)].tally.cases
    world.scan(day(3))
    assert "Account 2 (A-0002): 1 person answered 1 in survey" in digest(world, day(3))


def test_a_change_separates_the_data_from_the_account() -> None:
    # GIVEN an account whose usage is inactive and whose invoice is overdue
    scorer = CSMHealthScorer()
    before = scorer.score(perfect(invoice_payment_status="overdue_90_plus", usage_trend="inactive"))
    # WHEN usage becomes unknown, an NPS falls, and collections rate it RED
    after = scorer.score(
        perfect(invoice_payment_status="overdue_90_plus", usage_trend=None, nps_score=0, collections_risk="RED")
    )
    deltas = {delta.key: delta for delta in explain_change(before, after)}
    # THEN what usage gives back, and what it puts on the others, is data; the rest is the account
    assert deltas["usage_trend"].data == pytest.approx(15.0)
    assert deltas["usage_trend"].account == pytest.approx(0.0)
    assert deltas["invoice_payment_status"].account == pytest.approx(0.0)
    assert deltas["nps_score"].account == pytest.approx(-3.0)
    assert deltas["nps_score"].data == pytest.approx(3 - 3 * 100 / 85)
    assert deltas["collections_risk"].account == pytest.approx(-7.2)
    parts = fsum(delta.account + delta.data for delta in deltas.values())
    assert parts == pytest.approx(after.score - before.score, abs=0.01)


def test_a_rating_that_became_unknown_is_data() -> None:
    scorer = CSMHealthScorer()
    (delta,) = explain_change(
        scorer.score(perfect(tam_health_rag="RED")), scorer.score(perfect()), unrated={"tam_health_rag"}
    )
    assert (delta.data, delta.account) == (pytest.approx(15.0), pytest.approx(0.0))


@settings(deadline=None)
@given(any_signals(), any_signals())
def test_without_a_signal_that_became_known_or_unknown_no_change_is_of_the_data(then: Any, now: Any) -> None:
    scorer = CSMHealthScorer(scorecard=replace(_any_coverage(), minimum_coverage=0.01))
    known = {name for name, value in now if value is not None} & {name for name, value in then if value is not None}
    then, now = (each.model_copy(update={n: None for n, _ in each if n not in known}) for each in (then, now))
    if not known - {"tam_health_rag", "collections_risk"}:
        return
    before, after = scorer.score(then), scorer.score(now)
    deltas = explain_change(before, after)
    assert all(delta.data == pytest.approx(0.0, abs=1e-9) for delta in deltas)
    assert fsum(delta.account for delta in deltas) == pytest.approx(after.score - before.score, abs=0.01)


def _any_coverage() -> Any:
    from customer_success.scoring.scorecard import DEFAULT_SCORECARD

    return DEFAULT_SCORECARD


# ---- Anything becomes unknown ----


@settings(deadline=None, max_examples=200)
@given(any_signals(), some.sets(some.sampled_from([*HEALTHY, "contract_end", "tam_health_rag", "collections_risk"])))
def test_if_any_signals_become_unknown_an_account_at_risk_stays_at_risk(signals: Any, lost: set[str]) -> None:
    # GIVEN an account as it was scored
    given_signals = {name: value for name, value in signals if value is not None}
    renewal = given_signals.pop("days_to_renewal", None)
    contact = given_signals.pop("days_since_last_interaction", None)
    of = account(
        1,
        given_signals,
        contract_end=None if renewal is None else TODAY + timedelta(days=renewal),
        last_interaction=None if contact is None else TODAY - timedelta(days=contact),
    )
    first = assess(scan_context(TODAY), of, None, 0)
    if not isinstance(first, Scored):
        return
    # WHEN any of its signals become unknown, and it is scanned a day later and a day after that
    less = replace(of, signals={n: v for n, v in given_signals.items() if n not in lost})
    if "contract_end" in lost:
        less = replace(less, contract_end=None)
    if "days_since_last_interaction" in lost:
        less = replace(less, last_interaction=None)
    row: AccountRow = first.row
    for number in (1, 2):
        found = assess(scan_context(day(number)), less, row, 0)
        row = found.row
        # THEN an account that was at risk still is, by its alert state and by its colour
        if first.health_status.at_risk:
            shown = row.latest.point.health_status if row.latest.point else row.latest.last_colour
            assert row.latest.alert_state.episode is not None
            assert shown is not None
            assert shown.at_risk
        # AND one that was not, has no alert by what is unknown
        elif isinstance(found, Scored) and not {renewal, contact} - {None}:
            assert found.alert is None


# ---- Books of which much is unknown ----


def warehouse_book(count: int = 415) -> list[Account]:
    """A book without any invoice status, NPS, engagement or seats: every tenth account is critical, others at risk."""
    unknown = ("invoice_payment_status", "nps_score", "stakeholder_engagement", "seats_utilization_rate")
    makers = [dying if number % 10 == 0 else at_risk if number % 3 == 0 else account for number in range(1, count + 1)]
    found = [make(number) for number, make in enumerate(makers, start=1)]
    return [replace(of, signals={n: v for n, v in of.signals.items() if n not in unknown}) for of in found]


@pytest.mark.parametrize("words", [("Active",), ("At Risk", "Renewing", "Phase 3", "🙂")], ids=["active", "unknown"])
def test_every_critical_account_of_a_book_of_which_much_is_unknown_alerts(words: tuple[str, ...]) -> None:
    # GIVEN 415 accounts without an invoice status, and status words that no list has
    book = [replace(of, status=words[number % len(words)]) for number, of in enumerate(warehouse_book())]
    world = World(book)
    # WHEN it is scanned
    result = world.scan()
    # THEN all are scored, and each critical one alerts by itself
    assert (result["read"], result["scored"]) == (415, 415)
    critical = {of.account_id for number, of in enumerate(book, start=1) if number % 10 == 0}
    assert critical <= {alert.account_id for alert in world.topic.sent_individually.values()}
    assert len(critical) == 41


def test_every_critical_account_stays_so_when_all_its_book_becomes_unknown() -> None:
    # GIVEN the book after its scan
    world = World(warehouse_book(60))
    world.scan(day(0))
    danger = {id_ for id_, row in world.rows.rows.items() if row.latest.alert_state.episode}
    # WHEN nothing at all is known of any account any more
    world.accounts = [replace(of, signals={}, contract_end=None) for of in world.accounts]
    for number in range(1, 11):
        world.scan(day(number))
    # THEN the same accounts are at risk, each as of the last day on which it was known
    assert {id_ for id_ in world.rows.rows if at_risk_now(world, id_)} == danger
    page = world.rows.rows["A-0010"].latest.page
    assert page is not None
    assert page.why.startswith(f"RED as of {long_date(day(0))}, no data since.")
