"""A feed that died must not look like a healthy account: what was last updated too long ago counts as unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import TypeAdapter

from customer_success.accounts.account import AGELESS, Account
from customer_success.accounts.row import AccountRow
from customer_success.errors import Misconfigured
from customer_success.periods import long_date
from customer_success.scan.one_account import CannotBeScored, HealthScan
from customer_success.schemas import CSMHealthSignals
from customer_success.scoring.scorer import CSMHealthScorer, InsufficientDataError
from tests.builders import scores
from tests.builders.accounts import DYING, HEALTHY, TODAY, account, at_risk, dying
from tests.builders.contract_checks import Mornings
from tests.builders.scans import World

MEND = "Bring the signals on this page up to date, and the day of Signals Updated with them."


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def updated_on_day_0(of: Account) -> Account:
    return replace(of, signals_updated=TODAY, last_interaction=TODAY)


def section(world: World, on: date, title: str) -> list[str]:
    """The lines of a section of a day's digest, empty where there is no such section."""
    digest = next(d for d in world.digests.digests.values() if d.run_date == on and d.run_kind == "health_scan")
    return [line.text for each in digest.sections if each.title == title for line in each.lines]


# ---- The rule ----


@pytest.mark.parametrize(("limit", "ago", "stale"), [(14, 14, False), (14, 15, True), (1, 1, False), (1, 2, True)])
def test_the_limit_is_the_last_day_that_counts(limit: int, ago: int, stale: bool) -> None:
    of = account(signals_updated=day(-ago), signals_stale_after_days=limit)
    assert of.stale_on(TODAY) is stale


@pytest.mark.parametrize("updated", [None, TODAY, day(1), date.max], ids=str)
def test_nothing_is_stale_without_a_limit(updated: date | None) -> None:
    of = account(signals_updated=updated)
    assert of.known_on(TODAY) == of


def test_what_is_known_of_a_stale_account_is_what_bears_its_own_date_and_what_warns() -> None:
    # GIVEN an account of which everything is known, and was last updated too long ago
    of = account(
        1,
        DYING | {"tam_health_rag": "RED", "collections_risk": "CRITICAL"},
        signals_updated=day(-15),
        last_interaction=day(-20),
        seats_bought=100.0,
        seats_used=30.0,
        connected_tools=("Slack",),
        roi={"ROI Savings": 1000.0},
    )
    # WHEN it is looked at today
    known = of.known_on(TODAY)
    # THEN what a feed brings is unknown; dates count, and so do ratings that people give and that only warn
    assert of.signals_on(TODAY) == known.signals_on(TODAY)
    assert known.signals_on(TODAY) == {
        "tam_health_rag": "RED",
        "collections_risk": "CRITICAL",
        "days_to_renewal": 200,
        "days_since_last_interaction": 20,
    }
    assert (known.seats_used, known.connected_tools) == (None, ())
    # AND what is no state of a feed stays
    assert (known.seats_bought, known.roi, known.contract_end) == (of.seats_bought, of.roi, of.contract_end)


SIGNALS = some.fixed_dictionaries(
    {},
    optional={
        "feature_adoption_rate": some.floats(0, 1),
        "usage_trend": some.sampled_from(["growing", "inactive"]),
        "login_frequency_days": some.integers(0, 100),
        "days_since_last_interaction": some.integers(0, 400),
        "stakeholder_engagement": some.sampled_from(["high", "low"]),
        "nps_score": some.integers(0, 10),
        "invoice_payment_status": some.sampled_from(["current", "overdue_90_plus"]),
        "seats_utilization_rate": some.floats(0, 2),
        "open_ticket_count": some.integers(0, 9),
        "avg_ticket_sentiment": some.sampled_from(["positive", "critical"]),
        "escalation_count_90_days": some.integers(0, 3),
        "tam_health_rag": some.sampled_from(["GREEN", "RED"]),
        "collections_risk": some.sampled_from(["GREEN", "CRITICAL"]),
    },
)


@given(
    signals=SIGNALS,
    updated=some.dates(),
    on=some.dates(),
    limit=some.integers(1, 365),
    contacted=some.none() | some.dates(day(-400), TODAY),
)
def test_an_account_counts_whole_until_its_limit_and_has_no_score_after_it(
    signals: dict[str, object], updated: date, on: date, limit: int, contacted: date | None
) -> None:
    of = account(1, signals, signals_updated=updated, signals_stale_after_days=limit, last_interaction=contacted)
    known = of.known_on(on)
    # What is known of what is known is the same: a row that keeps it says no less on the same day, no more later.
    assert known.known_on(on) == known
    if (on - updated).days <= limit:
        assert known == of
        return
    assert set(known.signals) <= set(AGELESS)
    with pytest.raises(InsufficientDataError):
        CSMHealthScorer().score(CSMHealthSignals.model_validate(known.signals))


# ---- A feed that stops ----


def test_a_feed_stops_the_accounts_are_no_longer_scored_and_all_is_as_before_when_it_comes_back() -> None:
    # GIVEN a book of which some accounts are in danger and alerted, and whose feed stops on day 0
    book = [updated_on_day_0(of) for of in (dying(1, contract_end=day(90)), at_risk(2), *map(account, range(3, 9)))]
    world = World(book)
    world.scan(day(0))
    assert {entry.alert.account_id for entry in world.alerts.entries.values()} == {"A-0001", "A-0002"}
    # WHEN the days go by until the limit THEN nothing happens
    for number in range(1, 15):
        assert world.scan(day(number))["scored"] == 8
    assert not section(world, day(14), "Signals older than 14 days")
    world.topic.published.clear()
    # WHEN one day more has passed
    result = world.scan(day(15))
    # THEN no account is scored, and each keeps its last known colour, marked
    assert (result["scored"], result["rejected"]) == (0, {"stale_signals": 8})
    for row in world.rows.every():
        page = row.latest.page
        assert page is not None
        last = row.latest.last
        assert last is not None
        assert (page.rag, page.score, page.churn_risk) == (last.score.rag, None, last.score.churn_risk)
        assert page.why == (
            f"{last.score.rag} as of {long_date(day(14))}, no data since. "
            f"signals last updated on {TODAY}, more than 14 days ago, so they count as unknown"
        )
        assert page.next_step == MEND
        assert row.account.signals == {}
    # AND the digest says of whom it can no longer speak, those that were in danger first, and why
    unseen = section(world, day(15), "Can no longer be judged")
    assert len(unseen) == 8
    assert unseen[0].startswith(f"Account 1 (A-0001): RED as of {long_date(day(14))}, no data since, churn risk high; ")
    assert unseen[1].startswith(f"Account 2 (A-0002): AMBER as of {long_date(day(14))}, no data since, churn risk high")
    stale = section(world, day(15), "Signals older than 14 days")
    assert len(stale) == 8
    assert stale[2] == f"Account 3 (A-0003): signals last updated on {TODAY}, 15 days ago"
    # AND it reports the feeds that broke, once for all that broke alike
    feeds, ends = section(world, day(15), "Broken feeds")
    assert feeds.startswith("feature adoption, usage trend, days between logins, stakeholder engagement, NPS, ")
    assert f": unknown for 8 of 8 accounts since {day(15)}, known for 8 of 8 on {day(14)}. Look at what fills" in feeds
    assert feeds.endswith(", and 'Signals Updated': of 8 accounts it is too old to count.")
    assert ends == "Each is told until it is mended, for 28 days at most."
    # AND no recovery or alert is sent
    assert not world.topic.sent_individually
    # WHEN it goes on THEN the change is reported once, the state every day, and no page is written for a day more
    world.outbox.sent.clear()
    world.scan(day(16))
    assert not section(world, day(16), "Can no longer be judged")
    assert len(section(world, day(16), "Signals older than 14 days")) == 8
    assert f"since {day(15)}" in section(world, day(16), "Broken feeds")[0]
    assert not world.outbox.sent
    # WHEN the feed comes back
    world.accounts = [replace(of, signals_updated=day(17)) for of in book]
    result = world.scan(day(17))
    # THEN all are scored again as they were, nothing is broken, and no alert is sent
    assert (result["scored"], result["rejected"]) == (8, {})
    assert not section(world, day(17), "Signals older than 14 days")
    assert not section(world, day(17), "Broken feeds")
    assert not world.topic.sent_individually
    assert world.runs.runs["health_scan", day(17)].tally.moves == {}
    assert {entry.alert.run_date for entry in world.alerts.entries.values()} == {TODAY}


@pytest.mark.parametrize(("limit", "words"), [(1, "1 day"), (3, "3 days")])
def test_the_digest_and_the_page_name_the_limit_that_is_set(limit: int, words: str) -> None:
    world = World([updated_on_day_0(account(1)), account(2)], signals_stale_after_days=limit)
    for number in range(limit + 2):
        world.scan(day(number))
    assert section(world, day(limit + 1), f"Signals older than {words}")
    assert not section(world, day(limit), f"Signals older than {words}")
    page = world.rows.rows["A-0001"].latest.page
    assert page is not None
    assert f"more than {words} ago" in page.why


def test_of_many_stale_accounts_fifty_are_named_and_the_rest_counted() -> None:
    world = World([account(n, signals_updated=day(-20)) for n in range(1, 61)])
    world.scan()
    lines = section(world, TODAY, "Signals older than 14 days")
    assert (len(lines), lines[-1]) == (51, "and 10 more")


def test_of_many_that_are_lost_sight_of_those_in_danger_are_named_first() -> None:
    # GIVEN a big book whose last account is in danger
    world = World([updated_on_day_0(account(n)) for n in range(1, 80)] + [updated_on_day_0(at_risk(80))])
    world.scan(day(14))
    # WHEN all grow stale
    world.scan(day(15))
    # THEN that one is named
    lines = section(world, day(15), "Can no longer be judged")
    assert lines[0].startswith("Account 80 (A-0080): AMBER as of")
    assert (len(lines), lines[-1]) == (52, "and 29 more")


def test_an_alert_of_a_failed_scan_is_not_called_recovered_because_its_account_went_stale() -> None:
    # GIVEN an account that falls into danger on a day whose scan fails later on
    book = [updated_on_day_0(account(n)) for n in range(1, 13)]
    world = World(book, page_size=6)
    world.scan(day(10))
    world.accounts = [updated_on_day_0(at_risk(1)), *book[1:]]
    world.book.error, world.book.fails_at, world.book.failures = Misconfigured("401"), 6, 1
    world.scan(day(14))
    # WHEN it is stale by the next scan
    world.scan(day(15))
    # THEN its alert is sent, and nothing of a recovery
    alerts = section(world, day(15), "Alerts for ada@example.com")
    assert len(alerts) == 1
    assert "recovered" not in alerts[0]
    assert section(world, day(15), "Can no longer be judged")[0].startswith("Account 1 (A-0001): AMBER as of")


def test_onboarding_reads_so_and_says_that_what_is_there_is_too_old() -> None:
    world = World([account(1, signals_updated=day(-20), onboarding_until=TODAY)])
    assert world.scan()["rejected"] == {"onboarding": 1}
    page = world.rows.rows["A-0001"].latest.page
    assert page is not None
    assert page.why.startswith(f"still in onboarding until {TODAY}; signals last updated on {day(-20)}, more than 14")


def test_of_an_account_id_on_two_pages_both_rows_keep_what_is_known() -> None:
    older, newer = account(1, signals_updated=day(-20)), account(2, signals_updated=day(-20), account_id="A-0001")
    world = World([older, newer])
    world.scan()
    assert [row.account.signals for row in world.rows.every()] == [{}, {}]


def test_what_is_usual_in_the_book_is_known_still_after_days_without_a_score() -> None:
    # GIVEN a book that loses points on adoption, and goes stale for two days
    modest = {**HEALTHY, "feature_adoption_rate": 0.5}
    book = [updated_on_day_0(account(n, modest)) for n in range(1, 9)]
    world = World(book)
    world.scan(day(14))
    world.scan(day(15))
    world.scan(day(16))
    # WHEN an account is in danger when the feed is back
    world.accounts = [replace(of, signals_updated=day(17)) for of in (at_risk(1), *book[1:])]
    world.scan(day(17))
    # THEN what costs it more than usual is compared with the last day that was scored
    (entry,) = world.alerts.entries.values()
    assert any("feature adoption" in cost and "median −10.0" in cost for cost in entry.alert.explanation.what_costs)


def test_a_customer_who_left_is_not_stale() -> None:
    world = World([account(1, signals_updated=day(-20), status="Churned")])
    world.scan()
    assert not section(world, TODAY, "Signals older than 14 days")


# ---- The contract check ----


def test_the_contract_check_assesses_by_the_same_rule_when_the_scan_fails_and_leaves_the_alerts_to_the_scan() -> None:
    # GIVEN an account whose contract ends soon, that is in danger, and whose tenant lets signals count for a week
    mornings = Mornings([updated_on_day_0(dying(1)), *map(account, range(2, 6))], signals_stale_after_days=7)
    mornings.scan(day(4))
    mornings.topic.published.clear()
    # WHEN the scan fails on the last day that counts THEN the contract check assesses it
    mornings.scan_fails(day(7))
    assert mornings.check(day(7))["scanned"] == 1
    # WHEN the scan fails on the day after THEN the check assesses nothing by stale signals, and sends no alert
    mornings.scan_fails(day(8))
    checked = mornings.check(day(8))
    assert (checked["scanned"], checked["confidence"]) == (0, "low")
    assert not mornings.topic.sent_individually
    assert f"as of {day(7)}" in mornings.renewals_text(day(8))
    # WHEN the next scan runs THEN it reports that the account can no longer be scored
    mornings.scan(day(9))
    (line,) = section(mornings, day(9), "Can no longer be judged")
    assert line.startswith(f"Account 1 (A-0001): RED as of {long_date(day(7))}, no data since, churn risk critical; ")
    # AND the check of that day does not assess it otherwise
    row = mornings.rows.rows["A-0001"]
    mornings.check(day(9))
    assert mornings.rows.rows["A-0001"] == row


def test_what_would_be_is_asked_of_what_is_known() -> None:
    # GIVEN a stale account
    world = World([account(1, HEALTHY | {"tam_health_rag": "RED"}, signals_updated=day(-15))])
    world.scan()
    scan = HealthScan(world.rows, CSMHealthScorer())
    now = scores.scan_context().now
    # WHEN its health is asked for THEN too little is known
    with pytest.raises(CannotBeScored):
        scan("A-0001", {}, on=TODAY, now=now)
    # WHEN it is asked what would be with other signals THEN only those and what does not grow old count
    signals = {"feature_adoption_rate": 1.0, "usage_trend": "growing", "login_frequency_days": 1}
    health = scan("A-0001", signals, on=TODAY, now=now).to_fields()["health"]
    assert health["caps"][0]["value"] == "RED"
    assert "nps_score" in health["unknown"]


def test_rows_of_an_earlier_version_are_read_and_scored_by_the_default_limit() -> None:
    rows = TypeAdapter(AccountRow)
    stored = rows.dump_python(
        scores.row(account(1, signals_updated=TODAY)), mode="json", round_trip=True, by_alias=True
    )
    del stored["account"]["signals_stale_after_days"]
    row = rows.validate_python(stored, strict=False)
    assert not row.account.stale_on(day(14))
    assert row.account.stale_on(day(15))
