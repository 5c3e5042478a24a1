"""The daily scan: counts that are honest, alerts that come once, and an end that no crash changes."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from customer_success.errors import Misconfigured, OutOfTime, Refused, Unavailable
from customer_success.messages import ExpansionRunRequested
from tests.builders.accounts import AT_RISK, DYING, HEALTHY, TODAY, account, at_risk, dying
from tests.builders.fakes import Crash
from tests.builders.scans import World

TOMORROW = TODAY + timedelta(days=1)


def test_read_is_scored_plus_rejected_plus_skipped() -> None:
    # GIVEN a book with a healthy account, one with a bad value, an inactive, an unknown and an onboarding account
    world = World(
        [
            account(1),
            account(2, {**HEALTHY, "nps_score": 11}),
            account(3, status="Inactive"),
            account(4, {"nps_score": 9}),
            account(5, {}, onboarding_until=TODAY),
        ]
    )
    # WHEN it is scanned
    result = world.scan()
    # THEN each account is counted once, and each rejection with its reason
    assert (result["read"], result["scored"], result["skipped"]) == (5, 2, 1)
    assert result["rejected"] == {"insufficient_data": 1, "onboarding": 1}
    assert result["confidence"] == "medium"


def test_a_value_that_is_refused_is_named_with_account_field_value_and_bound() -> None:
    world = World([account(2, {**HEALTHY, "nps_score": 11})])
    world.scan()
    page = world.rows.rows["A-0002"].latest.page
    assert page is not None
    assert page.rag == "GREEN"
    assert world.runs.runs["health_scan", TODAY].tally.unreadable == (
        "Account 2 (A-0002): nps_score: '11' could not be read, expected at most 10",
    )


def test_an_account_in_onboarding_reads_so() -> None:
    world = World([account(5, {}, onboarding_until=TODAY)])
    world.scan()
    page = world.rows.rows["A-0005"].latest.page
    assert page is not None
    assert page.why == f"still in onboarding until {TODAY}"


def test_nothing_scored_is_low_confidence_and_may_run_again() -> None:
    # GIVEN a book of which nothing could be scored
    world = World([account(1, {})])
    assert world.scan()["confidence"] == "low"
    # WHEN the book is mended and the rule's event comes again under another id
    world.accounts = [account(1)]
    # THEN the scan runs again
    assert world.scan(request="another event")["scored"] == 1


def test_a_finished_run_answers_a_repeat_with_its_result() -> None:
    world = World([account(1)])
    first = world.scan()
    world.accounts = [account(1), account(2)]
    assert world.scan(request="another event") == first
    assert world.book.reads == 1


def test_the_first_scan_reports_only_critical_ones_singly() -> None:
    world = World([dying(1), at_risk(2), account(3)])
    result = world.scan()
    assert set(world.topic.sent_individually) == {f"A-0001:{TODAY}:critical"}
    assert result["told"] == {"single": 1, "digest": 1, "held": 0}


def test_the_next_day_reports_only_what_is_new_or_worse() -> None:
    # GIVEN a first scan
    world = World([dying(1), at_risk(2), account(3), account(4)])
    world.scan()
    world.topic.published.clear()
    # WHEN on the next day one account enters an alerting state and the others stay
    world.accounts = [dying(1), at_risk(2), at_risk(3), account(4)]
    world.scan(TOMORROW)
    # THEN only that one alerts, to its owner, with what changed
    (alert,) = world.topic.sent_individually.values()
    assert alert.account_id == "A-0003"
    assert alert.explanation.what_changed[0] == "usage trend: growing → inactive (−15.0)"
    assert alert.owner_email == "ada@example.com"


def test_a_forced_rescan_scans_again_and_sends_no_alert_again() -> None:
    world = World([dying(1), at_risk(2)])
    world.scan()
    before, reads = len(world.topic.published), world.book.reads
    result = world.scan(request="please", force=True)
    assert world.book.reads > reads
    assert result["attempt"] == 2
    assert result["told"] == {"single": 0, "digest": 0, "held": 0}
    assert world.topic.digest_ids == {f"health_scan:{TODAY}:2"}
    assert [m for m in world.topic.published[before:] if m.kind == "alert"] == []


def test_a_forced_rescan_with_corrected_figures_rewrites_the_page() -> None:
    # GIVEN two healthy mornings, the second with a wrong figure
    world = World([account(1)])
    world.scan()
    world.accounts = [account(1, AT_RISK)]
    world.scan(TOMORROW)
    world.outbox.sent.clear()
    # WHEN the figure is corrected and the day scanned again
    world.accounts = [account(1)]
    world.scan(TOMORROW, request="corrected", force=True)
    # THEN the page is written again although it shows what it showed yesterday
    assert len(world.outbox.sent) == 1


def test_a_day_before_the_last_run_is_refused() -> None:
    world = World([account(1)])
    world.scan(TOMORROW)
    with pytest.raises(Refused, match=f"{TODAY} is refused: it lies before the last run, {TOMORROW}"):
        world.scan(TODAY)


def test_unchanged_accounts_are_not_written_and_weekly_ones_are() -> None:
    world = World([account(1)])
    world.scan()
    written = [len(world.outbox.sent)]
    for day in range(1, 8):
        world.scan(TODAY + timedelta(days=day))
        written.append(len(world.outbox.sent))
    assert written == [1, 1, 1, 1, 1, 1, 1, 2]


def test_an_account_without_owner_goes_to_the_fallback_owner() -> None:
    world = World([dying(1, owner_email=None)])
    world.scan()
    (alert,) = world.topic.sent_individually.values()
    assert alert.owner_email == "lead@example.com"


def test_one_account_id_on_two_pages_scores_the_first_and_refuses_the_second() -> None:
    # GIVEN the same Account ID on two pages of Notion, in two pages of the book
    twin = account(2, account_id="A-0001", name="Twin")
    world = World([account(1), account(3), twin], page_size=2)
    # WHEN the book is scanned, twice
    result = world.scan()
    again = world.scan(request="again", force=True)
    # THEN the older page keeps the id, and the other says where it stands
    assert result["rejected"] == again["rejected"] == {"duplicate_account_id": 1}
    assert world.rows.rows["A-0001"].account.name == "Account 1"
    (own,) = [row for row in world.rows.rows.values() if row.account.name == "Twin"]
    assert own.latest.detail is not None
    assert "'A-0001' is also that of 'Account 1'" in own.latest.detail


def test_removed_accounts_are_closed_and_a_shrunken_book_closes_nothing() -> None:
    # GIVEN four accounts
    world = World([account(n) for n in range(1, 5)])
    world.scan()
    # WHEN one is missing the next day
    world.accounts = world.accounts[:3]
    assert world.scan(TOMORROW)["gone"] == 1
    assert world.rows.rows["A-0004"].latest.status == "gone"
    # THEN it is closed; but when most are missing, that is an alarm and nothing is closed
    world.accounts = world.accounts[:1]
    result = world.scan(TOMORROW + timedelta(days=1))
    assert result["gone"] == 0
    assert result["alarm"].startswith("the book holds 1 accounts, less than half of the 3")
    assert world.rows.rows["A-0003"].latest.status == "scored"


def test_an_inactive_account_closes_what_is_open() -> None:
    world = World([dying(1), account(2)])
    world.scan()
    world.accounts = [dying(1, status="Inactive"), account(2)]
    world.scan(TOMORROW)
    assert world.rows.rows["A-0001"].latest.alert_state.alerting_since is None


SATURDAY = date(2026, 3, 7)
FRIDAY, MONDAY = SATURDAY - timedelta(days=1), SATURDAY + timedelta(days=2)


def test_on_a_weekend_only_critical_alerts_are_sent_and_the_rest_waits_for_monday() -> None:
    # GIVEN healthy accounts on Friday
    world = World([account(1), account(2), account(3)])
    world.scan(FRIDAY)
    # WHEN two fall into danger on Saturday, one of them critical
    world.accounts = [at_risk(1), dying(2), account(3)]
    saturday = world.scan(SATURDAY)
    # THEN the critical one alerts at once, there is no digest, and the other waits
    assert saturday["told"] == {"single": 1, "digest": 0, "held": 1}
    assert set(world.topic.sent_individually) == {f"A-0002:{SATURDAY}:critical"}
    assert world.topic.digest_ids == {f"health_scan:{FRIDAY}:0"}
    # AND on Monday it alerts, once, and stands in the digest with the critical one
    world.scan(SATURDAY + timedelta(days=1))
    assert world.scan(MONDAY)["told"] == {"single": 1, "digest": 0, "held": 0}
    assert set(world.topic.sent_individually) == {f"A-0002:{SATURDAY}:critical", f"A-0001:{SATURDAY}:high"}
    assert f"health_scan:{MONDAY}:2" in world.topic.digest_ids
    world.scan(MONDAY, request="again", force=True)
    assert len([m for m in world.topic.published if m.kind == "alert" and m.account_id == "A-0001"]) == 2


def test_an_account_that_recovers_over_the_weekend_is_not_alerted_on_monday() -> None:
    world = World([account(1), account(2)])
    world.scan(FRIDAY)
    world.accounts = [at_risk(1), account(2)]
    world.scan(SATURDAY)
    world.accounts = [account(1), account(2)]
    world.scan(MONDAY)
    assert world.topic.sent_individually == {}


def test_a_holiday_is_a_day_off() -> None:
    world = World([account(1)], holidays=frozenset({TODAY}))
    world.scan()
    assert world.topic.digest_ids == set()


def test_a_digest_is_posted_when_nothing_is_new() -> None:
    world = World([account(1)])
    world.scan()
    (digest,) = world.digests.digests.values()
    assert "Nothing new" in digest.sections[1].lines[0].text


def test_a_query_that_notion_refuses_fails_the_run_and_is_reported() -> None:
    world = World([account(1)])
    world.book.error, world.book.failures = Refused("Notion refused the query"), 1
    assert world.scan()["error"] == "Notion refused the query"
    assert len(world.digests.digests) == 1


def test_a_misconfigured_notion_fails_the_run_with_what_to_fix_and_reports_it() -> None:
    # GIVEN a Notion that refuses the token
    world = World([account(1)])
    world.book.error, world.book.failures = Misconfigured("Notion refused the token: check the secret"), 1
    # WHEN the scan runs
    result = world.scan()
    # THEN it fails open, says what to fix, and the digest says so too
    assert (result["status"], result["partial"], result["confidence"]) == ("failed", True, "low")
    assert result["error"] == "Notion refused the token: check the secret"
    (digest,) = world.digests.digests.values()
    assert digest.sections[0].lines[0].text == "Notion refused the token: check the secret"
    # AND a later request may run again
    assert world.scan(request="fixed")["status"] == "finished"


def test_a_notion_that_is_closed_in_the_middle_of_the_book_fails_the_run_and_keeps_what_it_found() -> None:
    # GIVEN a Notion that takes the access back after two pages of the book
    world = World([account(n) for n in range(1, 7)], page_size=2)
    world.book.error, world.book.fails_at, world.book.failures = Misconfigured("share the database"), 4, 1
    # WHEN the scan runs
    result = world.scan()
    # THEN it says what to fix and how far it came, and the pages of these accounts are written
    assert (result["status"], result["error"], result["read"]) == ("failed", "share the database", 4)
    assert world.end_state["pages"] == {"A-0001", "A-0002", "A-0003", "A-0004"}


def test_changed_pages_are_handed_on_in_full_messages() -> None:
    # GIVEN a book of 30 small pages, a few accounts on each
    world = World([account(n) for n in range(1, 301)], page_size=10)
    # WHEN all of them change
    world.scan()
    # THEN no message but the last is smaller than it may be
    assert [len(message.account_ids) for message in world.outbox.sent] == [25] * 12  # type: ignore[attr-defined]


def test_a_passing_fault_goes_on_from_the_checkpoint() -> None:
    # GIVEN a book of three pages, the second of which cannot be read at first
    world = World([account(n) for n in range(1, 7)], page_size=2)
    world.book.error, world.book.fails_at, world.book.failures = Unavailable("503"), 2, 1
    with pytest.raises(Unavailable):
        world.scan()
    # WHEN the message is delivered again
    reads = world.book.reads
    result = world.scan()
    # THEN only what remains is read, and everything is counted once
    assert (result["read"], world.book.reads - reads) == (6, 2)


def test_the_last_try_reports_that_the_scan_failed() -> None:
    world = World([account(1)])
    world.book.error, world.book.failures = Unavailable("Notion answered 503"), 1
    with pytest.raises(Unavailable):
        world.scan(last_try=True)
    assert world.runs.runs["health_scan", TODAY].failure == "Notion answered 503"
    assert len(world.digests.digests) == 1


def test_a_failed_scan_that_is_redriven_scans_the_day_after_all() -> None:
    # GIVEN a scan whose last try failed, so that its message went to the dead-letter queue
    world = World([account(1)])
    world.book.error, world.book.failures = Unavailable("Notion answered 503"), 1
    with pytest.raises(Unavailable):
        world.scan(last_try=True)
    # WHEN the very same message is brought back
    result = world.scan()
    # THEN the day is scanned
    assert (result["status"], result["attempt"], result["scored"]) == ("finished", 2, 1)


def test_short_of_time_the_rest_waits_for_the_next_delivery() -> None:
    world = World([account(n) for n in range(1, 7)], page_size=2)
    for _ in range(2):
        with pytest.raises(OutOfTime):
            world.scan(seconds_left=10)
    assert world.scan(seconds_left=10)["read"] == 6


def test_a_finished_scan_asks_for_the_expansion_run_of_its_day() -> None:
    world = World([dying(1), account(2)])
    world.scan()
    (asked,) = world.expansion_runs.sent
    assert isinstance(asked, ExpansionRunRequested)
    assert (asked.tenant_id, asked.id, asked.run_date) == ("acme", f"expansion:{TODAY}#1", TODAY)
    # AND a forced rescan is another request
    world.scan(request="please", force=True)
    assert world.end_state["expansion"] == {f"expansion:{TODAY}#1", f"expansion:{TODAY}#2"}


def test_a_scan_that_failed_asks_for_no_expansion_run() -> None:
    world = World([account(1)])
    world.book.error, world.book.failures = Misconfigured("share the database"), 1
    world.scan()
    assert world.expansion_runs.sent == []


def test_alerts_and_digest_do_not_wait_for_the_expansion_run() -> None:
    # GIVEN a queue that does not take the request
    world = World([dying(1), account(2)])
    world.expansion_runs.error = Unavailable("the queue is down")
    # WHEN the scan runs
    with pytest.raises(Unavailable, match="the queue is down"):
        world.scan()
    # THEN alerts are sent, and the next delivery asks once more
    assert (len(world.topic.sent_individually), world.topic.digest_ids) == (1, {f"health_scan:{TODAY}:1"})
    world.expansion_runs.error = None
    assert world.scan()["status"] == "finished"
    assert world.end_state["expansion"] == {f"expansion:{TODAY}#1"}


@pytest.mark.parametrize("fault", [Unavailable("the queue is down"), Misconfigured("no such queue")])
def test_a_scan_does_not_fail_for_the_expansion_run_that_follows(fault: Exception) -> None:
    world = World([dying(1), account(2)])
    world.expansion_runs.error = fault
    assert world.scan(last_try=True)["status"] == "finished"
    assert world.digests.digests.keys() == {f"health_scan:{TODAY}:1"}


def in_the_portfolio(world: World) -> list[str]:
    """The accounts of the latest snapshot in their order."""
    latest = world.portfolios.latest()
    assert latest is not None
    return [line.account_id for number in range(latest.parts) for line in world.portfolios.part(latest.run, number)]


def test_the_book_as_a_scan_leaves_it_is_the_portfolio() -> None:
    # GIVEN a book, of which an account leaves on the next day
    world = World([account(1), at_risk(2), dying(3), account(4), account(5, status="Inactive"), account(6, {})])
    world.scan()
    assert world.portfolios.latest_run == f"{TODAY}#1"
    assert in_the_portfolio(world) == ["A-0003", "A-0002", "A-0001", "A-0004", "A-0005", "A-0006"]
    world.accounts = [each for each in world.accounts if each.account_id != "A-0003"]
    world.scan(TOMORROW)
    # THEN the next snapshot has the others, with their sums
    snapshot = world.portfolios.latest()
    assert snapshot is not None
    assert (snapshot.run, snapshot.run_date, snapshot.lines) == (f"{TOMORROW}#1", TOMORROW, 5)
    assert in_the_portfolio(world) == ["A-0002", "A-0001", "A-0004", "A-0005", "A-0006"]
    assert (snapshot.totals.arr, snapshot.totals.arr_at_risk) == (18_000.0, 2000.0)
    assert snapshot.totals.statuses == {"scored": 3, "skipped": 1, "rejected": 1}


def test_an_account_removed_earlier_is_not_in_the_portfolio_and_one_that_came_back_is() -> None:
    world = World([account(1), account(2), account(3)])
    world.scan()
    world.accounts = [account(1), account(2)]
    assert world.scan(TOMORROW)["gone"] == 1
    assert world.scan(TOMORROW + timedelta(days=1))["gone"] == 0
    assert in_the_portfolio(world) == ["A-0001", "A-0002"]
    world.accounts = [account(1), account(2), account(3)]
    world.scan(TOMORROW + timedelta(days=2))
    assert in_the_portfolio(world) == ["A-0001", "A-0002", "A-0003"]


def test_while_the_book_is_in_doubt_the_portfolio_keeps_whom_it_misses() -> None:
    world = World([account(n) for n in range(1, 5)])
    world.scan()
    world.accounts = world.accounts[:1]
    assert "alarm" in world.scan(TOMORROW)
    assert in_the_portfolio(world) == ["A-0001", "A-0002", "A-0003", "A-0004"]


def test_a_book_that_lost_just_half_is_not_in_doubt() -> None:
    world = World([account(n) for n in range(1, 5)])
    world.scan()
    world.accounts = world.accounts[:2]
    assert "alarm" not in world.scan(TOMORROW)
    assert in_the_portfolio(world) == ["A-0001", "A-0002"]


def test_a_rescan_that_finds_the_book_in_doubt_says_that_nothing_was_closed() -> None:
    # GIVEN a day on which an account is missing
    world = World([account(n) for n in range(1, 5)])
    world.scan()
    world.accounts = world.accounts[:3]
    assert world.scan(TOMORROW)["gone"] == 1
    # WHEN a rescan finds most of the others missing
    world.accounts = world.accounts[:1]
    result = world.scan(TOMORROW, request="again", force=True)
    assert ("no account was closed" in result["alarm"], result["gone"]) == (True, 0)


def test_a_rescan_makes_a_portfolio_of_its_own_and_the_earlier_one_can_still_be_read() -> None:
    world = World([account(1)])
    world.scan()
    world.accounts = [dying(1)]
    world.scan(request="corrected", force=True)
    assert world.portfolios.latest_run == f"{TODAY}#2"
    assert world.portfolios.part(f"{TODAY}#1", 0)[0].rag == "GREEN"
    assert world.portfolios.part(f"{TODAY}#2", 0)[0].rag == "RED"


def test_a_scan_that_failed_leaves_the_portfolio_as_it_was() -> None:
    world = World([account(1)])
    world.scan()
    world.book.error, world.book.failures = Misconfigured("share the database"), 1
    world.scan(TOMORROW)
    assert world.portfolios.latest_run == f"{TODAY}#1"


def test_people_do_not_wait_for_the_portfolio() -> None:
    # GIVEN a table that does not take the portfolio
    world = World([dying(1), account(2)])
    world.portfolios.error = Unavailable("the table is down")
    # WHEN the scan runs
    with pytest.raises(Unavailable, match="the table is down"):
        world.scan()
    # THEN alerts are sent, and the next delivery writes it
    assert (len(world.topic.sent_individually), world.topic.digest_ids) == (1, {f"health_scan:{TODAY}:1"})
    world.portfolios.error = None
    assert world.scan()["status"] == "finished"
    assert in_the_portfolio(world) == ["A-0001", "A-0002"]


@pytest.mark.parametrize(
    ("fault", "last_try"),
    [
        (Unavailable("the table is down"), True),
        (Misconfigured("no permission"), True),
        (Misconfigured("no permission"), False),
    ],
)
def test_a_scan_does_not_fail_for_the_portfolio(
    fault: Exception, last_try: bool, caplog: pytest.LogCaptureFixture
) -> None:
    # GIVEN a portfolio of yesterday, and a table that does not take today's
    world = World([account(1), account(2)])
    world.scan()
    world.portfolios.error = fault
    # WHEN the scan runs
    result = world.scan(TOMORROW, last_try=last_try)
    # THEN it ends, yesterday's portfolio stands, and the log says so
    assert (result["status"], f"expansion:{TOMORROW}#1" in world.end_state["expansion"]) == ("finished", True)
    assert world.portfolios.latest_run == f"{TODAY}#1"
    assert f"the portfolio stays as it was before the scan of {TOMORROW}" in caplog.text


def test_killed_at_any_write_readers_find_yesterdays_portfolio_or_todays_and_each_whole() -> None:
    at = 0
    while True:
        # GIVEN a scan of tomorrow that is killed after each of its writes
        world = World([account(1), account(2)])
        world.scan()
        world.accounts = [dying(1), account(3)]
        world.writes.crash_after = world.writes.count + (at := at + 1)
        try:
            world.scan(TOMORROW)
        except Crash:
            # THEN what is read is one book or the other
            whole = {f"{TODAY}#1": ["A-0001", "A-0002"], f"{TOMORROW}#1": ["A-0001", "A-0003"]}
            assert in_the_portfolio(world) == whole[str(world.portfolios.latest_run)]
        else:
            break
    assert at > 10


def test_a_portfolio_that_may_be_read_already_is_not_written_again() -> None:
    # GIVEN a scan that is killed when its portfolio is there, at its very last write
    world = World([account(1), account(2)])
    world.scan()
    writes = world.writes.count
    world = World([account(1), account(2)])
    world.writes.crash_before = writes
    with pytest.raises(Crash):
        world.scan()
    assert world.portfolios.latest_run == f"{TODAY}#1"
    # WHEN a row has changed until the scan goes on
    row = world.rows.rows["A-0002"]
    world.rows.rows["A-0002"] = replace(row, account=replace(row.account, arr=7.0))
    world.writes.crash_before = None
    assert world.scan()["status"] == "finished"
    # THEN the lines stay where they are
    assert [line.arr for line in world.portfolios.part(f"{TODAY}#1", 0)] == [1000.0, 2000.0]


def busy_days(world: World) -> None:
    """Two mornings with alerts of every delivery, a rejection, a departure and a Monday after a weekend."""
    world.scan_to_the_end(SATURDAY)
    world.accounts = [
        dying(1),
        at_risk(2),
        *(at_risk(n) for n in range(3, 10)),
        account(10, {"nps_score": 9}),
    ]
    world.scan_to_the_end(SATURDAY + timedelta(days=1))
    world.accounts = [replace(a, arr=5.0) for a in world.accounts]
    world.scan_to_the_end(MONDAY)


def fresh_world() -> World:
    return World([account(n) for n in range(1, 12)], page_size=4)


@pytest.mark.parametrize("where", ["crash_before", "crash_after"])
def test_killed_at_any_write_the_scan_ends_as_if_it_had_not_been(where: str) -> None:
    # GIVEN three mornings that nothing disturbs
    undisturbed = fresh_world()
    busy_days(undisturbed)
    # WHEN the same mornings are killed once, around each single write
    for at in range(1, undisturbed.writes.count + 1):
        world = fresh_world()
        setattr(world.writes, where, at)
        busy_days(world)
        # THEN the end is the same: no alert sent twice, none lost
        assert world.end_state == undisturbed.end_state, f"{where} write {at}"


def test_killed_twice_the_scan_still_ends_the_same() -> None:
    undisturbed = fresh_world()
    busy_days(undisturbed)
    for at in range(1, undisturbed.writes.count, 7):
        world = fresh_world()
        world.writes.crash_after = at
        world.writes.crash_before = at + 3
        busy_days(world)
        assert world.end_state == undisturbed.end_state, f"killed after write {at}"


def test_killed_before_its_figures_improve_an_account_is_alerted_all_the_same() -> None:
    # GIVEN an account that falls into danger
    for at in range(1, 12):
        world = World([account(1)])
        world.scan()
        world.accounts = [dying(1)]
        # WHEN the scan is killed at any write, and the figures are better at its redelivery
        world.writes.crash_after = world.writes.count + at
        with pytest.raises(Crash):
            world.scan(TOMORROW)
        world.writes.crash_after = None
        world.accounts = [at_risk(1)]
        world.scan(TOMORROW)
        # THEN it is sent, as it stood then or as it stands now
        assert {m.account_id for m in world.topic.published if m.kind == "alert"} == {"A-0001"}, f"write {at}"


def test_dying_accounts_are_critical() -> None:
    world = World([account(1, DYING, contract_end=TODAY + timedelta(days=30))])
    world.scan()
    assert world.rows.rows["A-0001"].latest.last is not None
    assert world.rows.rows["A-0001"].latest.last.score.churn_risk == "critical"


@pytest.mark.parametrize("status", ["Inactive", "churned ", "Cancelled", "Canceled"])
def test_an_inactive_account_is_skipped_under_any_word_for_it(status: str) -> None:
    assert World([account(1), account(2, status=status)]).scan()["skipped"] == 1
