"""The 08:00 contract check: which accounts are assessed, which alerts and reviews result, and crashes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from customer_success.accounts.account import Account
from customer_success.accounts.row import AccountRow
from customer_success.errors import Unavailable
from customer_success.messages import PagesChanged, QbrRequested
from tests.builders.accounts import AT_RISK, TODAY, account, at_risk, dying
from tests.builders.contract_checks import Mornings
from tests.builders.fakes import Crash
from tests.builders.killed import at_every

TOMORROW = TODAY + timedelta(days=1)
FRIDAY = date(2026, 3, 6)
SATURDAY, SUNDAY, MONDAY = (FRIDAY + timedelta(days=n) for n in (1, 2, 3))

LUKEWARM: dict[str, object] = {
    "feature_adoption_rate": 0.45,
    "usage_trend": "stable",
    "login_frequency_days": 20,
    "days_since_last_interaction": 50,
    "stakeholder_engagement": "low",
    "nps_score": 3,
    "invoice_payment_status": "overdue_60",
    "seats_utilization_rate": 0.4,
    "open_ticket_count": 3,
    "avg_ticket_sentiment": "negative",
    "escalation_count_90_days": 2,
}
"""Churn risk medium until 61 days before the end, high (AMBER) from 60, critical (RED) from 30."""


def ending(days: int, number: int = 1, given: dict[str, object] | None = None, /, **facts: Any) -> Account:
    """An account whose contract ends so many days after `TODAY`; a healthy one unless signals are given."""
    return account(number, given, **{"contract_end": TODAY + timedelta(days=days), **facts})


def lukewarm(days: int, number: int = 1, **facts: Any) -> Account:
    return ending(days, number, LUKEWARM, **facts)


def scanned(*accounts: Account, on: date = TODAY, **world: Any) -> Mornings:
    """A world in which the scan of a day found these accounts."""
    mornings = Mornings(list(accounts), **world)
    mornings.scan(on)
    return mornings


def alerted(world: Mornings) -> set[str]:
    """All alerts that went out, single or not."""
    return {message.alert_id for message in world.topic.published if message.kind == "alert"}


def handed_on(world: Mornings) -> list[PagesChanged]:
    return [message for message in world.outbox.sent if isinstance(message, PagesChanged)]


def row(world: Mornings, number: int = 1) -> AccountRow:
    return world.rows.rows[f"A-{number:04d}"]


def test_read_is_dated_plus_undated_plus_skipped_and_each_dated_one_is_counted_once() -> None:
    # GIVEN contracts of every kind, an inactive account, one on two pages, and one that left the book
    accounts = [
        *(ending(days, number) for number, days in enumerate((-1, 0, 30, 31, 60, 61, 90, 91), start=1)),
        ending(10, 9, renewal_stage="Signed"),
        account(10, contract_end=None),
        ending(10, 11, status="Inactive"),
        ending(10, 12, account_id="A-0001"),
        ending(10, 13),
    ]
    world = scanned(*accounts, on=TODAY - timedelta(days=1))
    world.accounts = accounts[:-1]
    world.scan()
    # WHEN the contracts are checked
    result = world.check(request="the rule's event")
    # THEN every account is counted once
    assert result == {
        "task_type": "contract_check",
        "run_date": "2026-03-02",
        "request": "the rule's event",
        "confidence": "high",
        "read": 13,
        "dated": 9,
        "undated": 1,
        "skipped": 3,
        "groups": {"lapsed": 1, "within_30_days": 2, "within_60_days": 2, "within_90_days": 2, "later": 1},
        "signed": 1,
        "notice_deadlines": 0,
        "scanned": 0,
        "alerts": 0,
        "qbrs": 6,
    }


def test_after_a_finished_scan_no_account_is_scored_or_alerted_again() -> None:
    # GIVEN a morning whose scan alerted for an account that is due
    world = scanned(dying(1), lukewarm(50, 2), ending(20, 3))
    before = world.end_state
    # WHEN the contracts are checked
    result = world.check()
    # THEN no row, no score and no alert is different, and the digest shows today's scores
    assert (result["scanned"], result["alerts"], result["confidence"]) == (0, 0, "high")
    after = world.end_state
    assert {name: after[name] for name in ("rows", "history", "alerts", "told", "pages")} == {
        name: before[name] for name in ("rows", "history", "alerts", "told", "pages")
    }
    text = world.renewals_text()
    assert "as of" not in text
    assert " finished" not in text


def test_on_a_morning_without_notion_the_due_accounts_are_scored_and_the_others_wait() -> None:
    # GIVEN yesterday's scan, and a Notion that is down today
    world = scanned(lukewarm(61, 1), ending(-5, 2), ending(62, 3), account(4), account(5, contract_end=None))
    assert world.scan_fails(TOMORROW)["status"] == "failed"
    # WHEN the contracts are checked
    result = world.check(TOMORROW)
    # THEN those within 60 days and the lapsed ones have a score of today, which follows from the day
    assert (result["scanned"], result["confidence"]) == (2, "high")
    assert {i for i, on in world.history.points if on == TOMORROW} == {"A-0001", "A-0002"}
    day = row(world).latest
    assert day.last is not None
    assert (day.run_date, day.last.score.churn_risk, day.last.score.days_to_renewal) == (TOMORROW, "high", 60)
    assert row(world, 3).latest.run_date == TODAY
    # AND the digest says of when its scores are
    text = world.renewals_text(TOMORROW)
    assert "Scores are of what the account pages said on 2026-03-02: today's scan has not finished." in text
    assert "Account 1: 2026-05-02 (in 60 days), ARR 1,000, ada@example.com, AMBER, churn risk high" in text
    assert "Account 3: 2026-05-03 (in 61 days), ARR 3,000, ada@example.com, GREEN as of 2026-03-02" in text


def test_an_account_that_cannot_be_scored_is_listed_and_lowers_the_confidence() -> None:
    world = scanned(ending(20, 1, {"nps_score": 9}))
    world.scan_fails(TOMORROW)
    assert world.check(TOMORROW)["confidence"] == "low"
    assert "in 19 days), ARR 1,000, ada@example.com, not judged" in world.renewals_text(TOMORROW)
    world = scanned(ending(20, 1, {"nps_score": 9}), ending(20, 2))
    world.scan_fails(TOMORROW)
    assert world.check(TOMORROW)["confidence"] == "medium"
    # AND a score of yesterday is none of today
    world.accounts = [ending(20, 2, {"nps_score": 11})]
    world.scan(TOMORROW, request="mended")
    assert row(world, 2).latest.last is not None
    assert world.check(TOMORROW)["confidence"] == "low"


def test_a_scan_that_could_score_nothing_has_finished_all_the_same() -> None:
    # GIVEN a day on which the signals of the whole book are too old
    world = scanned(ending(20, 1, signals_updated=TODAY - timedelta(days=30)))
    # WHEN the contracts are checked
    world.check(TODAY)
    # THEN the message does not mention an unfinished scan
    text = world.renewals_text(TODAY)
    assert "not finished" not in text
    assert "No scan has finished" not in text


def test_an_alert_compares_with_the_median_of_the_last_finished_scan() -> None:
    # GIVEN yesterday's scan of a book of which most lose 4 points on their renewal
    world = scanned(lukewarm(61), *(ending(61, n) for n in range(2, 6)))
    world.scan_fails(TOMORROW)
    # WHEN the check reports an account
    world.check(TOMORROW)
    # THEN the explanation compares with that scan
    (alert,) = world.topic.sent_individually.values()
    assert any("renewal within 60 days (−7.0, median −4.0)" in cost for cost in alert.explanation.what_costs)


def test_it_alerts_what_grew_riskier_than_reported_and_nothing_else() -> None:
    # GIVEN accounts alerted as high, of which one is critical from tomorrow on, and one alerted as critical
    world = scanned(at_risk(1, contract_end=TODAY + timedelta(days=61)), lukewarm(50, 2), dying(3))
    world.topic.published.clear()
    world.scan_fails(TOMORROW)
    # WHEN the contracts are checked  THEN only the first alerts, once more than before
    assert world.check(TOMORROW)["alerts"] == 1
    assert alerted(world) == {f"A-0001:{TOMORROW}:critical"}
    assert row(world).latest.alert_state.last_sent == row(world).latest.last.health_status  # type: ignore[union-attr]


def test_what_is_no_riskier_than_reported_is_left_for_the_next_scan() -> None:
    # GIVEN an account that alerted as high, and recovered
    start = TODAY - timedelta(days=30)
    world = scanned(account(2), on=start - timedelta(days=1))
    world.accounts = [account(1, AT_RISK, contract_end=TODAY + timedelta(days=60)), account(2)]
    world.scan(start)
    world.accounts = [lukewarm(60, contract_end=TODAY + timedelta(days=60)), account(2)]
    world.scan(TODAY - timedelta(days=1))
    assert row(world).latest.alert_state.alerting_since is None
    # WHEN its contract comes near on a morning without Notion: high again, as in its alert
    world.scan_fails()
    assert world.check()["alerts"] == 0
    assert (row(world).latest.run_date, row(world).latest.alert_state) == (TODAY, row(world).before.alert_state)  # type: ignore[union-attr]
    # THEN the next scan reports it
    world.scan(TOMORROW)
    assert f"A-0001:{TOMORROW}:high" in world.topic.sent_individually


def test_a_signed_contract_is_silent() -> None:
    world = scanned(lukewarm(61, renewal_stage="signed", notice_days=50))
    world.scan_fails(TOMORROW)
    result = world.check(TOMORROW)
    assert (result["scanned"], result["alerts"], result["qbrs"], result["notice_deadlines"]) == (0, 0, 0, 0)
    assert (result["signed"], row(world).latest.run_date) == (1, TODAY)
    assert "Account 1" not in world.renewals_text(TOMORROW)


@pytest.mark.parametrize("away", [{"status": "Inactive"}, {"account_id": "A-0002"}], ids=["inactive", "listed twice"])
def test_an_account_that_is_not_checked_is_neither_scored_nor_reviewed(away: dict[str, Any]) -> None:
    world = scanned(account(2), dying(1, **away))
    world.scan_fails(TOMORROW)
    before = world.rows.rows.copy()
    result = world.check(TOMORROW)
    assert (result["skipped"], result["scanned"], result["alerts"], result["qbrs"]) == (1, 0, 0, 0)
    assert world.rows.rows == before


def test_pages_that_show_something_else_are_handed_on_in_full_messages() -> None:
    # GIVEN 60 accounts that come within 60 days, and one whose page shows the same as yesterday
    world = scanned(*(lukewarm(61, n) for n in range(1, 61)), lukewarm(50, 61))
    world.scan_fails(TOMORROW)
    world.outbox.sent.clear()
    # WHEN they are assessed
    world.check(TOMORROW)
    # THEN only the changed ones are handed on
    messages = handed_on(world)
    assert [len(message.account_ids) for message in messages] == [25, 25, 10]
    assert "A-0061" not in {account_id for message in messages for account_id in message.account_ids}


def test_pages_that_were_changed_before_a_crash_are_handed_on_by_the_next_try() -> None:
    # GIVEN a check that wrote its rows, of which one shows something else than yesterday, and could not hand it on
    world = scanned(lukewarm(61), lukewarm(50, 2))
    world.scan_fails(TOMORROW)
    world.outbox.sent.clear()
    world.writes.crash_before = world.writes.count + 6  # the alert, two points, two rows, and then the page
    with pytest.raises(Crash):
        world.check(TOMORROW)
    assert {row(world, n).latest.run_date for n in (1, 2)} == {TOMORROW}
    # WHEN the message is delivered again
    world.check(TOMORROW)
    # THEN the changed page is handed on, and no other
    assert [message.account_ids for message in handed_on(world)] == [("A-0001",)]


def test_an_account_without_owner_goes_to_the_fallback_owner() -> None:
    world = scanned(lukewarm(61, owner_email=None))
    world.scan_fails(TOMORROW)
    world.check(TOMORROW)
    (alert,) = world.topic.sent_individually.values()
    assert alert.owner_email == "lead@example.com"


def test_the_later_scan_sends_no_alert_twice_and_leaves_one_point() -> None:
    # GIVEN a check that alerted for an account before the day's scan
    world = scanned(lukewarm(61), account(2))
    world.scan_fails(TOMORROW)
    world.check(TOMORROW)
    # WHEN the scan comes after all, and the check is asked for again
    result = world.scan(TOMORROW, request="mended")
    again = world.check(TOMORROW, request="again")
    # THEN no alert is sent twice, and the day has one point
    assert [m.alert_id for m in world.topic.published if m.kind == "alert"] == [f"A-0001:{TOMORROW}:high"]
    assert result["told"] == {"single": 0, "digest": 0, "held": 0}
    assert (again["scanned"], again["alerts"]) == (0, 0)
    assert sorted(on for account_id, on in world.history.points if account_id == "A-0001") == [TODAY, TOMORROW]
    # AND its alert stands in the scan's digest
    (digest,) = (d for d in world.digests.digests.values() if d.digest_id.startswith(f"health_scan:{TOMORROW}:1"))
    assert any("Account 1" in line.text for section in digest.sections for line in section.lines)


def test_a_later_scan_reports_what_is_worse_than_the_check_knew() -> None:
    world = scanned(lukewarm(61), account(2))
    world.scan_fails(TOMORROW)
    world.check(TOMORROW)
    world.accounts = [dying(1), account(2)]
    world.scan(TOMORROW, request="mended")
    assert set(world.topic.sent_individually) == {f"A-0001:{TOMORROW}:high", f"A-0001:{TOMORROW}:critical"}


def test_what_is_better_than_the_check_knew_stays_alerted_but_is_not_alerted_again() -> None:
    world = scanned(lukewarm(61), account(2))
    world.scan_fails(TOMORROW)
    world.check(TOMORROW)
    world.accounts = [account(1), account(2)]
    world.scan(TOMORROW, request="mended")
    assert alerted(world) == {f"A-0001:{TOMORROW}:high"}
    assert row(world).latest.alert_state.last_sent is not None
    assert world.history.points["A-0001", TOMORROW].score.rag == "GREEN"


def test_each_owner_gets_five_a_day_from_scan_and_check_together() -> None:
    # GIVEN a scan that finds four of ada's accounts in danger, in a book of which most is missing
    world = scanned(*(account(n) for n in range(1, 8)), *(lukewarm(61, n) for n in range(11, 14)))
    world.accounts = [at_risk(n) for n in range(1, 5)]
    assert world.scan(TOMORROW)["told"]["single"] == 4
    # WHEN the check assesses three of the missing ones, whose contracts came near
    assert world.check(TOMORROW)["alerts"] == 3
    # THEN ada has one more for the day, the largest
    assert len(world.topic.sent_individually) == 5
    assert f"A-0013:{TOMORROW}:high" in world.topic.sent_individually


def test_the_sixth_of_an_owner_goes_out_for_record_and_bus_alone() -> None:
    # GIVEN seven accounts of one owner that come within 60 days on the same morning without Notion
    world = scanned(*(lukewarm(61, n) for n in range(1, 8)), lukewarm(31, 8))
    world.topic.published.clear()
    world.scan_fails(TOMORROW)
    # WHEN the check reports them
    assert world.check(TOMORROW)["alerts"] == 8
    # THEN five of the largest and the critical one go singly, and the digest lists all of them
    assert {alert.account_id for alert in world.topic.sent_individually.values()} == {
        *(f"A-000{n}" for n in (3, 4, 5, 6, 7)),
        "A-0008",
    }
    assert world.renewals_text(TOMORROW).count("churn risk high") == 7


def test_before_the_first_finished_scan_only_critical_ones_go_singly() -> None:
    # GIVEN a first scan that fails after its first page
    world = Mornings([lukewarm(61), at_risk(2, contract_end=TODAY + timedelta(days=61)), account(3)], page_size=2)
    world.book.error, world.book.fails_at, world.book.failures = Unavailable("503"), 2, 1
    with pytest.raises(Unavailable):
        world.scan(last_try=True)
    # WHEN the next day's check finds one more in danger, and one that is critical now
    world.check(TOMORROW)
    # THEN only the critical one goes singly
    assert set(world.topic.sent_individually) == {f"A-0002:{TOMORROW}:critical"}
    assert f"A-0001:{TOMORROW}:high" in alerted(world)
    assert "No scan has finished yet" in world.renewals_text(TOMORROW)


def test_an_alert_that_a_killed_scan_left_behind_is_sent_by_the_check() -> None:
    # GIVEN a scan that dies after it wrote an account's alert, and before its row
    world = scanned(lukewarm(61), account(2))
    world.writes.crash_after = world.writes.count + 2
    with pytest.raises(Crash):
        world.scan(TOMORROW)
    world.writes.crash_after = None
    assert world.alerts.entries[f"A-0001:{TOMORROW}:high"].delivery is None
    # WHEN the contracts are checked  THEN the account alerts
    world.check(TOMORROW)
    assert set(world.topic.sent_individually) == {f"A-0001:{TOMORROW}:high"}


def test_an_alert_that_a_scan_has_yet_to_rank_is_left_to_the_scan() -> None:
    # GIVEN a scan that died before its closing, with an alert about an account that is not due
    world = scanned(account(1), account(2))
    world.accounts = [at_risk(1), account(2)]
    world.writes.crash_after = world.writes.count + 2
    with pytest.raises(Crash):
        world.scan(TOMORROW)
    world.writes.crash_after = None
    # WHEN the contracts are checked  THEN it waits for the scan's ranking
    assert world.check(TOMORROW)["alerts"] == 0
    world.scan(TOMORROW)
    assert set(world.topic.sent_individually) == {f"A-0001:{TOMORROW}:high"}


def test_an_account_that_is_scanned_while_the_check_runs_is_left_to_the_scan() -> None:
    # GIVEN a check that has looked at the rows
    world = scanned(lukewarm(61), account(2))
    world.scan_fails(TOMORROW)
    look, fresh = world.rows.get_many, world.accounts

    def scan_first(account_ids: Any) -> dict[str, AccountRow]:
        world.rows.get_many = look  # type: ignore[method-assign]
        world.accounts = [lukewarm(61, name="As the scan read it"), account(2)]
        world.scan(TOMORROW, request="mended")
        return look(account_ids)

    # WHEN the scan comes by before it writes
    world.rows.get_many = scan_first  # type: ignore[method-assign]
    assert world.check(TOMORROW)["scanned"] == 0
    # THEN the row is the scan's, and the account alerts once
    assert (row(world).account.name, row(world).run) == ("As the scan read it", f"{TOMORROW}#2")
    assert fresh != world.accounts
    assert set(world.topic.sent_individually) == {f"A-0001:{TOMORROW}:high"}
    assert "As the scan read it: 2026-05-02" in world.renewals_text(TOMORROW)


def test_on_a_day_off_critical_alerts_are_sent_and_lesser_ones_wait_untouched() -> None:
    # GIVEN two accounts that come near on a Saturday without Notion, one of them critical
    high, critical = SATURDAY + timedelta(days=60), SATURDAY + timedelta(days=30)
    world = scanned(lukewarm(0, 1, contract_end=high), lukewarm(0, 2, contract_end=critical), on=FRIDAY)
    world.topic.published.clear()
    for day in (SATURDAY, SUNDAY):
        world.scan_fails(day)
        # WHEN the weekend's checks run
        result = world.check(day)
        # THEN both are assessed, and the critical one alone alerts; there is no digest
        assert result["scanned"] == 2
        with pytest.raises(KeyError):
            world.renewals_text(day)
    assert alerted(world) == {f"A-0002:{SATURDAY}:critical"}
    assert row(world, 1).latest.alert_state.alerting_since is None
    # AND Monday's check reports the other
    world.scan_fails(MONDAY)
    world.check(MONDAY)
    assert set(world.topic.sent_individually) == {f"A-0002:{SATURDAY}:critical", f"A-0001:{MONDAY}:high"}
    assert "Account 1" in world.renewals_text(MONDAY)


def test_a_holiday_is_a_day_off_and_its_reviews_are_asked_for_all_the_same() -> None:
    world = scanned(ending(80), holidays=frozenset({TODAY}))
    assert world.check()["qbrs"] == 1
    assert f"contract_check:{TODAY}" not in world.topic.digest_ids


def test_the_digest_is_announced_under_the_day() -> None:
    world = scanned(ending(20))
    world.check()
    assert f"contract_check:{TODAY}" in world.topic.digest_ids
    digest = world.digests.digests[f"contract_check:{TODAY}"]
    assert (digest.run_kind, digest.run_date, digest.title) == ("contract_check", TODAY, "Renewals, 2026-03-02")


def test_a_book_without_accounts_is_reported_as_empty() -> None:
    world = Mornings([])
    assert world.check()["read"] == 0
    assert world.renewals_text().splitlines()[1:] == [
        "Read: 0 = 0 with an end date + 0 without + 0 skipped (inactive, gone or listed twice)",
        "No contract ends within 90 days.",
        "No scan has finished yet: not every account may be known.",
    ]


def test_a_review_is_asked_for_when_a_contract_comes_within_90_days() -> None:
    # GIVEN contracts of all kinds, one account that wants no reviews
    world = scanned(
        ending(90, 1),
        ending(91, 2),
        ending(0, 3, owner_email=None),
        ending(-1, 4),
        ending(10, 5, qbr_cadence="None"),
        ending(10, 6, qbr_cadence="Quarterly"),
        account(7, contract_end=None),
    )
    # WHEN they are checked
    world.check()
    # THEN those between today and 90 days from now are asked for, each with the end that calls for it
    requests = [m for m in world.qbr_requests.sent if isinstance(m, QbrRequested)]
    assert {(m.account_id, m.contract_end, m.trigger) for m in requests} == {
        ("A-0001", TODAY + timedelta(days=90), "contract_proximity"),
        ("A-0003", TODAY, "contract_proximity"),
        ("A-0006", TODAY + timedelta(days=10), "contract_proximity"),
    }
    assert world.reviews_asked_for == {
        "contract:A-0001:2026-05-31",
        "contract:A-0003:2026-03-02",
        "contract:A-0006:2026-03-12",
    }
    # AND are noted as planned
    qbr = world.qbrs.records["A-0001:2026-05-31"]
    assert (qbr.account_name, qbr.owner_email, qbr.trigger, qbr.on, qbr.state, qbr.key.period) == (
        "Account 1",
        "ada@example.com",
        "contract_proximity",
        TODAY,
        "planned",
        "Q1 2026",
    )


def test_a_review_is_asked_for_once_for_a_contracts_end_and_anew_for_another_end() -> None:
    # GIVEN a contract that comes within 90 days in one quarter and ends in the next
    world = scanned(ending(85))
    assert world.check()["qbrs"] == 1
    # WHEN it is checked again, on the same day and in the quarter after
    assert world.check(request="again")["qbrs"] == 0
    assert world.check(date(2026, 4, 1))["qbrs"] == 0
    assert len(world.qbr_requests.sent) == 1
    # THEN only another end calls for another review
    world.accounts = [ending(90)]
    world.scan(TOMORROW)
    assert world.check(TOMORROW)["qbrs"] == 1


def test_with_the_topic_down_the_check_waits_and_then_publishes() -> None:
    world = scanned(lukewarm(61))
    world.scan_fails(TOMORROW)
    world.topic.down = True
    with pytest.raises(Unavailable):
        world.check(TOMORROW)
    world.topic.down = False
    assert world.check(TOMORROW)["alerts"] == 1
    assert set(world.topic.sent_individually) == {f"A-0001:{TOMORROW}:high"}


def test_an_alert_of_a_check_that_is_brought_back_a_day_later_is_sent() -> None:
    # GIVEN a check whose message went to the dead-letter queue, the topic being down
    world = scanned(lukewarm(61))
    world.scan_fails(TOMORROW)
    world.topic.down = True
    with pytest.raises(Unavailable):
        world.check(TOMORROW)
    world.topic.down = False
    # WHEN it is brought back after the check of the next day
    rows_then = world.rows.rows.copy()
    world.rows.rows = {
        i: replace(r, run=f"contract_check:{TOMORROW + timedelta(days=1)}") for i, r in rows_then.items()
    }
    world.check(TOMORROW)
    # THEN its alert is sent
    assert alerted(world) == {f"A-0001:{TOMORROW}:high"}


def busy_mornings(world: Mornings) -> None:
    """A scan, then days of which some have no scan: contracts come near over a weekend, one day is scanned late."""
    world.scan_to_the_end(FRIDAY)
    world.check_to_the_end(FRIDAY)
    for day in (SATURDAY, MONDAY):
        fail_the_scan_in_peace(world, day)
        world.check_to_the_end(day)
    world.accounts = [replace(each, arr=5.0) for each in world.accounts]
    world.scan_to_the_end(MONDAY, request="late")
    world.check_to_the_end(MONDAY, request="again")
    world.scan_to_the_end(MONDAY + timedelta(days=1))


def fail_the_scan_in_peace(world: Mornings, on: date) -> None:
    """A scan that fails for another reason than the crash that the test is about."""
    meant = replace(world.writes)
    world.writes.crash_before = world.writes.crash_after = None
    world.scan_fails(on)
    world.writes.crash_before, world.writes.crash_after = meant.crash_before, meant.crash_after
    world.writes.count = meant.count


def fresh_mornings() -> Mornings:
    high, critical = (SATURDAY - TODAY).days + 60, (MONDAY - TODAY).days + 30
    return Mornings(
        [
            *(lukewarm(high, n) for n in range(1, 4)),
            *(lukewarm((MONDAY - TODAY).days + 60, n) for n in range(4, 9)),
            lukewarm(critical, 9),
            ending(-4, 10, {"nps_score": 11}),
            account(11),
            ending(95, 12),
        ],
        page_size=5,
    )


@at_every(7)
@pytest.mark.parametrize("where", ["crash_before", "crash_after"])
def test_killed_at_any_write_the_checks_end_as_if_they_had_not_been(where: str, step: int) -> None:
    # GIVEN mornings that nothing disturbs
    undisturbed = fresh_mornings()
    busy_mornings(undisturbed)
    assert len(undisturbed.topic.sent_individually) > 5
    # WHEN the same mornings are killed once, around each single write
    for at in range(1, undisturbed.writes.count + 1, step):
        world = fresh_mornings()
        setattr(world.writes, where, at)
        busy_mornings(world)
        # THEN the end is the same: no alert sent twice, none lost, each review requested once
        assert world.end_state == undisturbed.end_state, f"{where} write {at}"


def test_an_alert_is_never_there_without_its_delivery() -> None:
    # GIVEN a check that is killed after each of its writes
    for at in range(1, 8):
        world = scanned(lukewarm(61))
        world.scan_fails(TOMORROW)
        world.writes.crash_after = world.writes.count + at
        with pytest.raises(Crash):
            world.check(TOMORROW)
        # THEN a scan that closes at that moment finds how to send each alert
        assert all(entry.delivery for entry in world.alerts.entries.values()), f"write {at}"


@pytest.mark.parametrize("notion", ["down", "up"])
def test_while_a_contract_runs_out_each_risk_is_alerted_once_and_one_review_is_asked_for(notion: str) -> None:
    # GIVEN an account 95 days before its contract's end, medium until 60 days before it, then high, then critical
    end = TODAY + timedelta(days=95)
    world = scanned(lukewarm(95), account(2), on=TODAY - timedelta(days=1))
    reviews: list[date] = []
    alerts: list[tuple[date, str]] = []
    digests = 0
    for number in range(110):
        day = TODAY + timedelta(days=number)
        # WHEN every morning is scanned, or none, and the contracts are checked twice
        if notion == "up":
            world.scan(day)
        else:
            world.scan_fails(day)
        before = len(world.qbr_requests.sent)
        published = len(world.topic.published)
        world.check(day)
        world.check(day, request="again")
        reviews += [day] * (len(world.qbr_requests.sent) - before)
        alerts += [(day, m.churn_risk) for m in world.topic.published[published:] if m.kind == "alert"]
        digests += f"contract_check:{day}" in world.digests.digests
        assert (f"contract_check:{day}" in world.digests.digests) == (day.weekday() < 5)
    # THEN there is one review, at 90 days, on any weekday, and a digest on every working day
    assert reviews == [end - timedelta(days=90)]
    assert digests == sum((TODAY + timedelta(days=n)).weekday() < 5 for n in range(110))
    # AND each risk alerts once: by the check where there was no scan, the lesser one on a working day
    singles = sorted(world.topic.sent_individually)
    assert [alert_id.rpartition(":")[2] for alert_id in singles] == ["high", "critical"]
    first_high, first_critical = end - timedelta(days=60), end - timedelta(days=30)
    while first_high.weekday() >= 5:
        first_high += timedelta(days=1)
    if notion == "down":
        assert alerts == [(first_high, "high"), (first_critical, "critical")]
    else:
        assert alerts == []
    # AND no day has two points of an account
    assert len({on for account_id, on in world.history.points if account_id == "A-0001"}) <= 111
