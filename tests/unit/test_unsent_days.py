"""What a day could not report, the next one does: failed scans, killed ones, weekends, and what happened meanwhile."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from customer_success.accounts.row import check_marker
from customer_success.errors import Misconfigured, Refused
from tests.builders.accounts import HEALTHY, account, at_risk, dying
from tests.builders.fakes import Crash
from tests.builders.scans import World

THURSDAY = date(2026, 3, 5)
FRIDAY, SATURDAY, SUNDAY, MONDAY, TUESDAY = (THURSDAY + timedelta(days=n) for n in (1, 2, 3, 4, 5))
GREEN_FALL = {
    **HEALTHY,
    "avg_ticket_sentiment": "negative",
    "open_ticket_count": 5,
    "invoice_payment_status": "overdue_60",
}


def twenty(**changed: object) -> list:  # type: ignore[type-arg]
    """Twenty healthy accounts, some of them replaced by number."""
    return [changed.get(f"a{n}") or account(n) for n in range(1, 21)]


def digest_text(world: World, day: date) -> str:
    digests = [d for d in world.digests.digests.values() if d.run_date == day]
    return "\n".join(line.text for d in digests for section in d.sections for line in (*section.lines,))


def test_an_alert_of_a_failed_scan_is_sent_by_the_next_days_scan() -> None:
    # GIVEN a Thursday on which an account falls into danger, and Notion refuses after its page was scanned
    world = World(twenty(), page_size=5)
    world.scan(THURSDAY - timedelta(days=1))
    world.accounts = twenty(a1=dying(1), a2=at_risk(2))
    world.book.error, world.book.fails_at, world.book.failures = Misconfigured("401"), 10, 1
    assert world.scan(THURSDAY)["status"] == "failed"
    # WHEN Friday's scan runs
    reported = world.scan(FRIDAY)["told"]
    # THEN both are sent individually, and the digest names them and the failure
    assert reported == {"single": 2, "digest": 0, "held": 0}
    assert set(world.topic.sent_individually) == {f"A-0001:{THURSDAY}:critical", f"A-0002:{THURSDAY}:high"}
    assert f"The scan of {THURSDAY} failed: 401" in digest_text(world, FRIDAY)
    assert "Account 1: RED" in digest_text(world, FRIDAY)
    # AND once
    assert world.scan(MONDAY)["told"] == {"single": 0, "digest": 0, "held": 0}


def test_an_alert_of_a_killed_scan_is_sent_although_its_message_comes_too_late() -> None:
    # GIVEN a Thursday's scan that dies after its first page, and whose message comes back only after Friday's scan
    world = World(twenty(), page_size=5)
    world.scan(THURSDAY - timedelta(days=1))
    world.accounts = twenty(a1=dying(1))
    world.writes.crash_after = world.writes.count + 25
    with pytest.raises(Crash):
        world.scan(THURSDAY)
    world.writes.crash_after = None
    # WHEN Friday's scan runs, and then the late message
    world.scan(FRIDAY)
    with pytest.raises(Refused):
        world.scan(THURSDAY)
    # THEN the account alerted
    assert set(world.topic.sent_individually) == {f"A-0001:{THURSDAY}:critical"}


@pytest.mark.parametrize("monday_fails", [True, False], ids=["Monday's scan fails", "there is none on Monday"])
def test_what_waited_over_the_weekend_is_sent_on_the_next_working_day_that_scans(monday_fails: bool) -> None:
    # GIVEN an account that falls into danger on Saturday
    world = World(twenty())
    world.scan(FRIDAY)
    world.accounts = twenty(a1=at_risk(1))
    assert world.scan(SATURDAY)["told"]["held"] == 1
    # WHEN Monday sends no alert
    if monday_fails:
        world.book.error, world.book.failures = Misconfigured("401"), 1
        world.scan(MONDAY)
    # THEN Tuesday does
    assert world.scan(TUESDAY)["told"]["single"] == 1
    assert set(world.topic.sent_individually) == {f"A-0001:{SATURDAY}:high"}


def test_a_failed_friday_is_held_over_the_weekend_but_for_what_is_critical() -> None:
    world = World(twenty(), page_size=5)
    world.scan(THURSDAY)
    world.accounts = twenty(a1=dying(1), a2=at_risk(2))
    world.book.error, world.book.fails_at, world.book.failures = Misconfigured("401"), 10, 1
    world.scan(FRIDAY)
    assert world.scan(SATURDAY)["told"] == {"single": 1, "digest": 0, "held": 1}
    assert set(world.topic.sent_individually) == {f"A-0001:{FRIDAY}:critical"}
    world.scan(MONDAY)
    assert set(world.topic.sent_individually) == {f"A-0001:{FRIDAY}:critical", f"A-0002:{FRIDAY}:high"}


def test_a_verdict_over_the_weekend_keeps_monday_quiet() -> None:
    # GIVEN an alert that waits since Saturday, and a person who calls it a false alarm on Sunday
    world = World(twenty())
    world.scan(FRIDAY)
    world.accounts = twenty(a1=at_risk(1))
    world.scan(SATURDAY)
    world.accounts = twenty(a1=at_risk(1, verdict="False_alarm"))
    world.scan(SUNDAY)
    # WHEN Monday comes  THEN no alert is sent individually
    assert world.scan(MONDAY)["told"]["single"] == 0


@pytest.mark.parametrize("worse_on", [SATURDAY, SUNDAY])
def test_what_waits_is_not_sent_after_something_worse_was(worse_on: date) -> None:
    # GIVEN an alert that waits since Saturday, and a worse one that was sent at once the same weekend
    world = World(twenty())
    world.scan(FRIDAY)
    world.accounts = twenty(a1=at_risk(1))
    world.scan(SATURDAY)
    world.accounts = twenty(a1=dying(1))
    world.scan(worse_on, request="worse", force=True)
    # WHEN Monday comes  THEN the lesser one is not sent any more
    assert world.scan(MONDAY)["told"]["single"] == 0
    assert set(world.topic.sent_individually) == {f"A-0001:{worse_on}:critical"}


def test_a_fall_on_saturday_alerts_on_monday_although_the_account_is_green() -> None:
    world = World(twenty())
    world.scan(FRIDAY)
    world.accounts = twenty(a1=account(1, GREEN_FALL))
    assert world.scan(SATURDAY)["told"]["held"] == 1
    assert world.scan(MONDAY)["told"]["single"] == 1


def test_monday_ranks_by_the_present_owner_and_lists_under_them() -> None:
    # GIVEN six accounts of ada in danger since Saturday, the smallest of which went to ben on Sunday
    world = World(twenty())
    world.scan(FRIDAY)
    in_danger = {f"a{n}": at_risk(n) for n in range(1, 7)}
    world.accounts = twenty(**in_danger)
    world.scan(SATURDAY)
    world.accounts = twenty(**in_danger | {"a1": at_risk(1, owner_email="ben@example.com")})
    # WHEN Monday reports them
    world.scan(MONDAY)
    # THEN ada has five, and ben his one
    assert len(world.topic.sent_individually) == 6
    sections = {
        s.title: len(s.lines) for d in world.digests.digests.values() if d.run_date == MONDAY for s in d.sections
    }
    assert (sections["Alerts for ada@example.com"], sections["Alerts for ben@example.com"]) == (5, 1)


def test_mondays_digest_reports_the_whole_weekend_and_what_became_of_it() -> None:
    # GIVEN a Saturday on which three fall into danger and one can no longer be scored
    world = World(twenty())
    world.scan(FRIDAY)
    saturday = {f"a{n}": at_risk(n) for n in (1, 2, 3)}
    world.accounts = twenty(**saturday, a9=account(9, {}))
    world.scan(SATURDAY)
    # WHEN until Monday one recovers, one leaves the book, and one gets worse
    world.accounts = [a for a in twenty(a3=dying(3), a9=account(9, {})) if a.account_id != "A-0002"]
    world.scan(MONDAY)
    # THEN Monday's digest says each of it once
    text = digest_text(world, MONDAY)
    assert f"Changes of colour since {FRIDAY}: AMBER → GREEN 1, AMBER → RED 1, GREEN → AMBER 3" in text
    assert "(recovered since)" in text
    assert "no longer in the book)" in text
    assert text.count("Account 3: ") == 1
    assert "Account 9 (A-0009): " in text


def test_a_book_that_shrank_is_doubted_for_a_week_and_reported_at_once() -> None:
    # GIVEN a book that loses two thirds of its accounts on a Saturday
    world = World(twenty())
    world.scan(FRIDAY)
    world.accounts = world.accounts[:6]
    # WHEN the days pass
    world.scan(SATURDAY)
    # THEN it is reported on that very day, and no account is closed for a week
    assert "less than half of the 20" in digest_text(world, SATURDAY)
    for day in range(2, 8):
        assert world.scan(FRIDAY + timedelta(days=day))["gone"] == 0
    assert world.scan(FRIDAY + timedelta(days=8))["gone"] == 14


@pytest.mark.parametrize("how", ["inactive", "gone"])
def test_an_account_that_is_missing_for_a_day_is_not_alerted_again(how: str) -> None:
    # GIVEN an account that alerted
    world = World(twenty(a1=dying(1)))
    world.scan(MONDAY)
    # WHEN it is inactive, or missing, for a day
    away = [replace(dying(1), status="Inactive")] if how == "inactive" else []
    world.accounts = [*away, *twenty()[1:]]
    world.scan(TUESDAY)
    assert world.rows.rows["A-0001"].latest.alert_state.alerting_since is None
    # THEN its return is within the cool-down
    world.accounts = twenty(a1=dying(1))
    world.scan(TUESDAY + timedelta(days=1))
    assert set(world.topic.sent_individually) == {f"A-0001:{MONDAY}:critical"}


def test_an_inactive_accounts_page_is_cleared_once() -> None:
    world = World([dying(1), account(2)])
    world.scan(MONDAY)
    world.outbox.sent.clear()
    world.accounts = [dying(1, status="Inactive"), account(2)]
    world.scan(TUESDAY)
    world.scan(TUESDAY + timedelta(days=1))
    page = world.rows.rows["A-0001"].latest.page
    assert page is not None
    assert (page.score, page.rag, page.churn_risk, page.why) == (None, "Unknown", None, "Inactive: not scanned.")
    assert [message.account_ids for message in world.outbox.sent] == [("A-0001",)]  # type: ignore[attr-defined]


def test_the_page_of_an_account_that_was_inactive_from_the_beginning_is_left_alone() -> None:
    world = World([account(1, status="Inactive"), account(2)])
    world.scan(MONDAY)
    assert [message.account_ids for message in world.outbox.sent] == [("A-0002",)]  # type: ignore[attr-defined]


def test_a_long_list_says_how_many_more_there_are() -> None:
    world = World([account(n) for n in range(1, 121)])
    world.scan(MONDAY)
    world.accounts = [account(n, {}) for n in range(1, 121)]
    world.scan(TUESDAY)
    assert "and 70 more" in digest_text(world, TUESDAY)


def test_a_row_that_the_days_contract_check_wrote_meanwhile_is_not_removed() -> None:
    # GIVEN a row that the contract check wrote after the scan had read it
    world = World([account(1), account(2)])
    world.scan(THURSDAY)
    world.rows.rows["A-0002"] = replace(world.rows.rows["A-0002"], run=check_marker(FRIDAY))
    world.accounts = [account(1)]
    # WHEN the scan closes
    # THEN that account is left, and closed the next day if it really was removed
    assert world.scan(FRIDAY)["gone"] == 0
    assert world.scan(SATURDAY)["gone"] == 1
