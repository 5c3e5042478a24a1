"""The run that follows a scan: usage and answers are read once, and every candidate is checked, after any crash."""

import math
from dataclasses import replace
from datetime import date, timedelta

import pytest

from customer_success.accounts.account import Unreadable
from customer_success.accounts.row import AssessmentRecord
from customer_success.errors import Misconfigured, OutOfTime, Refused, Unavailable
from customer_success.expansion.offer import SalesAnswer
from tests.builders.accounts import HEALTHY, TODAY, at_risk
from tests.builders.expansion_runs import CLOSES_AFTER, CONTENT, LOOK_AGAIN_SECONDS, Expansions, moment, scanned
from tests.builders.offers import offer, offer_id
from tests.builders.usage import little_used, usage

TOMORROW = TODAY + timedelta(days=1)
YESTERDAY = TODAY - timedelta(days=1)
FRIDAY = date(2026, 3, 6)
SATURDAY = date(2026, 3, 7)
MONDAY = date(2026, 3, 9)
PAGES = 3


@pytest.fixture
def world() -> Expansions:
    """Two candidates, an account that needs no more and one in danger."""
    expansions = Expansions()
    expansions.account(1)
    expansions.account(2, owner_email="bo@example.com")
    expansions.account(3, CONTENT)
    expansions.add(scanned(at_risk(4), TODAY))
    return expansions


# ---- feature usage


def test_the_usage_of_250_rows_is_read_with_three_requests_and_grouped_by_account() -> None:
    # GIVEN 250 rows of 50 accounts
    world = Expansions()
    world.book.rows = [usage(f"Feature {f}", n) for n in range(1, 51) for f in range(5)]
    # WHEN the run reads them
    result = world.run()
    # THEN one request was made per 100 rows, and each account has its features
    assert world.book.reads == math.ceil(250 / 100)
    assert result["usage_rows"] == {"read": 250, "kept": 250, "rejected": 0}
    assert len(world.usages.of(world.account(50))) == 5
    assert result["confidence"] == "high"


def test_a_feature_that_an_account_has_no_more_is_forgotten_with_the_next_run() -> None:
    world = Expansions()
    world.book.rows = [usage("Boards"), usage("Reports")]
    world.run()
    world.book.rows = [usage("Boards")]
    world.run(TOMORROW)
    assert [row.feature for row in world.usages.rows.values()] == ["Boards"]


def test_rows_that_could_not_be_read_are_counted_and_reported() -> None:
    # GIVEN a page of which seven rows name no account, and one value is unreadable
    world = Expansions()
    world.book.rows = [usage()]
    world.book.rejected = tuple(f"row {n} names no account" for n in range(7))
    world.book.unreadable = (("A-0001, Boards", Unreadable("Used", "many", "a number")),)
    # WHEN the run reads it
    result = world.run()
    # THEN read = stored + rejected, and the first ones of a kind stand in the notes
    assert result["usage_rows"] == {"read": 8, "kept": 1, "rejected": 7}
    assert result["notes"] == [
        *(f"Feature usage, row {n} names no account" for n in range(5)),
        "and 2 more of this kind",
        "Feature usage, A-0001, Boards: Used: 'many' could not be read, expected a number",
    ]
    assert result["confidence"] == "medium"


def test_short_of_time_the_reading_goes_on_with_the_next_delivery(world: Expansions) -> None:
    # GIVEN a book of three pages
    world.book.rows, world.book.page_size = [usage(f"Feature {n}") for n in range(6)], 2
    # WHEN little time is left with each delivery
    for pages in range(1, PAGES + 1):
        with pytest.raises(OutOfTime) as out:
            world.run(seconds_left=10)
        assert out.value.retry_after == 1
        assert len(world.usages.rows) == 2 * pages
        assert world.asked == []
    # THEN the rest is done with a delivery of its own, and every row is counted once
    reads = world.book.reads
    result = world.run(seconds_left=10)
    assert (result["usage_rows"]["read"], result["candidates"], world.book.reads) == (6, 2, reads)


def test_a_passing_fault_goes_on_from_the_checkpoint(world: Expansions) -> None:
    world.book.rows, world.book.page_size = [usage(f"Feature {n}") for n in range(6)], 2
    world.book.error, world.book.fails_at, world.book.failures = Unavailable("503"), 2, 1
    with pytest.raises(Unavailable):
        world.run()
    reads = world.book.reads
    result = world.run()
    assert (result["usage_rows"]["kept"], world.book.reads - reads) == (6, 2)
    assert result["notes"] == []


@pytest.mark.parametrize("fault", [Misconfigured("share the database"), Refused("the query was refused")])
def test_a_source_that_only_a_person_can_mend_holds_nothing_up(world: Expansions, fault: Exception) -> None:
    # GIVEN a source of feature usage that is closed after its first page
    world.book.rows, world.book.page_size = [usage(f"Feature {n}") for n in range(6)], 2
    world.book.error, world.book.fails_at, world.book.failures = fault, 2, 1
    # WHEN the run comes to it
    result = world.run()
    # THEN the candidates are queued all the same, and the day's digest will say why
    assert (result["status"], result["candidates"], result["usage_rows"]["kept"]) == ("finished", 2, 2)
    assert result["notes"] == [f"Feature usage could not be read to the end: {fault}"]
    assert world.queued[-1].notes == tuple(result["notes"])
    assert result["confidence"] == "medium"


def test_on_the_last_try_a_source_that_is_down_holds_nothing_up(world: Expansions) -> None:
    world.book.error, world.book.failures = Unavailable("Notion answered 503"), 1
    result = world.run(last_try=True)
    assert (result["candidates"], result["confidence"]) == (2, "low")
    assert result["notes"] == ["Feature usage could not be read to the end: Notion answered 503"]


def test_on_the_last_try_a_book_that_is_too_long_is_left_where_it_is(world: Expansions) -> None:
    world.book.rows, world.book.page_size = [usage(f"Feature {n}") for n in range(6)], 2
    result = world.run(seconds_left=10, last_try=True)
    assert (result["candidates"], result["usage_rows"]["read"]) == (2, 2)
    assert result["notes"] == ["Feature usage was not read to its end: 2 rows took all the time"]


def test_on_the_last_try_a_book_that_was_just_read_in_time_is_read(world: Expansions) -> None:
    world.book.rows = [usage()]
    assert world.run(seconds_left=10, last_try=True)["notes"] == []


def test_without_a_source_the_run_does_what_it_can(world: Expansions) -> None:
    result = world.run(without=["usage_book", "records"])
    assert (result["status"], result["candidates"], result["confidence"]) == ("finished", 2, "low")


# ---- peers


def test_peers_are_counted_of_the_active_accounts_by_what_they_use() -> None:
    # GIVEN accounts of one plan: two that use half of their features, one by its own rate, one whose rate is none,
    # an inactive one, and a removed one
    world = Expansions()
    for number in (1, 2):
        world.account(number, plan="Team")
        world.book.rows += [usage("Boards", number), little_used("Reports", number)]
    world.account(3, {**HEALTHY, "feature_adoption_rate": 0.8}, plan="Team")
    world.account(4, {**HEALTHY, "feature_adoption_rate": 1.7}, plan="Team")
    world.account(5, plan="Team", status="Inactive")
    missing = scanned(world.account(6, plan="Team"), TODAY)
    world.add(replace(missing, latest=AssessmentRecord(TODAY, "gone", TODAY)))
    # WHEN the run has read their usage
    world.run()
    # THEN each known rate counts once
    group = world.peers.groups["plan Team"]
    assert (dict(group.accounts), group.on) == ({50: 2, 80: 1}, TODAY)


# ---- candidates


def test_each_candidate_is_planned_and_its_check_asked_for(world: Expansions) -> None:
    result = world.run()
    assert [(c.account_id, c.run_date, c.id, c.tenant_id) for c in world.asked] == [
        ("A-0001", TODAY, f"expansion:{TODAY}#1", "acme"),
        ("A-0002", TODAY, f"expansion:{TODAY}#1", "acme"),
    ]
    planned = [(e.key, e.account_id, e.account_name, e.owner_email, e.outcome) for e in world.log.on(TODAY)]
    assert planned == [
        ("A-0001", "A-0001", "Account 1", "ada@example.com", "planned"),
        ("A-0002", "A-0002", "Account 2", "bo@example.com", "planned"),
    ]
    assert (result["candidates"], result["answers"]) == (2, 0)


def test_the_closing_of_the_day_is_queued_for_later(world: Expansions) -> None:
    world.run()
    (queued,) = world.queued
    assert (queued.run_date, queued.until, queued.notes) == (TODAY, moment(TODAY) + CLOSES_AFTER, ())
    assert world.closings.delays == [LOOK_AGAIN_SECONDS]


def test_a_book_of_many_accounts_is_read_by_hundreds() -> None:
    # GIVEN 250 candidates
    world = Expansions()
    for number in range(1, 251):
        world.account(number)
    # WHEN they are queued
    world.run()
    # THEN usage is asked for a hundred at a time, and no account is left out
    assert world.usages.asked == [100, 100, 50]
    assert {check.account_id for check in world.asked} == {f"A-{n:04d}" for n in range(1, 251)}


def test_who_was_not_scored_today_is_no_candidate() -> None:
    world = Expansions()
    world.account(1, on=YESTERDAY)
    assert world.run()["candidates"] == 0


# ---- days, requests


@pytest.mark.parametrize(("day", "holidays"), [(SATURDAY, frozenset[date]()), (FRIDAY, frozenset({FRIDAY}))])
def test_on_a_day_off_usage_is_read_and_no_message_is_sent(day: date, holidays: frozenset[date]) -> None:
    # GIVEN a candidate, its usage and an answer of Sales on a day off
    world = Expansions(holidays)
    world.account(1, on=day, plan="Team")
    world.book.rows = [usage(as_of=day)]
    world.offers.put(offer())
    world.records.answer(offer_id(), status="Accepted")
    # WHEN the run of the day comes
    result = world.run(day)
    # THEN usage and peers are up to date, and the rest waits
    assert (result["status"], result["usage_rows"]["kept"]) == ("finished", 1)
    assert world.peers.groups["plan Team"].on == day
    assert (world.asked, world.queued, list(world.log.on(day))) == ([], [], [])
    assert world.offers.offers[offer_id()].answer is None
    # AND the next working day reports it
    world.account(1, on=MONDAY)
    result = world.run(MONDAY)
    assert (result["answers"], result["candidates"]) == (1, 1)


def test_a_request_that_was_seen_is_answered_with_the_finished_run(world: Expansions) -> None:
    first = world.run()
    assert world.run() == first
    assert (world.book.reads, len(world.asked), len(world.queued)) == (1, 2, 1)


def test_another_request_of_the_day_runs_again_and_leaves_what_was_checked(world: Expansions) -> None:
    # GIVEN a run that read usage, and after which one account was checked
    world.book.rows = [usage()]
    world.run()
    world.checked(1)
    # WHEN the book was scanned again and a new request comes
    world.account(5)
    result = world.run(request="again")
    # THEN the new candidate is planned too, and the checked one stays so
    outcomes = {entry.key: entry.outcome for entry in world.log.on(TODAY)}
    assert (result["attempt"], outcomes) == (2, {"A-0001": "offered", "A-0002": "planned", "A-0005": "planned"})
    assert {check.id for check in world.asked} == {f"expansion:{TODAY}#1", f"expansion:{TODAY}#2"}


def test_a_day_before_the_last_run_is_refused(world: Expansions) -> None:
    world.run(TOMORROW)
    with pytest.raises(Refused, match=f"{TODAY} is refused: it lies before the last run, {TOMORROW}"):
        world.run()


@pytest.mark.parametrize("fault", [Unavailable("the queue is down"), Misconfigured("no such queue")])
@pytest.mark.parametrize("last_try", [False, True])
def test_a_queue_that_does_not_take_the_checks_lets_the_run_wait(
    world: Expansions, fault: Exception, *, last_try: bool
) -> None:
    world.checks.error = fault
    with pytest.raises(type(fault)):
        world.run(last_try=last_try)
    assert world.runs.released == 1
    world.checks.error = None
    assert world.run()["candidates"] == 2


# ---- answers of Sales


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": "Accepted"}, "Sales marked the seats offer of Q1 2026 as accepted"),
        (
            {"status": "Rejected", "reason": "no budget"},
            "Sales marked the seats offer of Q1 2026 as rejected: no budget",
        ),
        ({"status": "Won"}, "Sales marked the seats offer of Q1 2026 as won"),
    ],
)
def test_an_answer_is_noted_on_the_offer_and_sent_to_the_owner(
    world: Expansions, answer: dict[str, str], words: str
) -> None:
    # GIVEN an offer to an account whose owner changed since, and Sales' answer
    world.offers.put(offer("seats", 2))
    world.records.answer(offer_id("seats", 2), **answer)
    # WHEN the run reads it
    result = world.run()
    # THEN the offer has it, as of today, and the day's entry too
    given = SalesAnswer(answer["status"], TODAY, answer.get("reason"))  # type: ignore[arg-type]
    assert world.offers.offers[offer_id("seats", 2)].answer == given
    entry = world.log.entries[TODAY, offer_id("seats", 2)]
    assert (entry.outcome, entry.lines, entry.account_id) == ("answered", (words,), "A-0002")
    assert (entry.owner_email, entry.url) == ("bo@example.com", "https://notion.example/record-2-seats")
    assert result["answers"] == 1
    assert world.records.asked_since == [TODAY - timedelta(days=30)]


def test_the_answer_for_a_removed_account_goes_to_its_last_owner() -> None:
    world = Expansions()
    world.offers.put(offer("seats", 9))
    world.records.answer(offer_id("seats", 9), status="Won")
    world.run()
    entry = world.log.entries[TODAY, offer_id("seats", 9)]
    assert (entry.account_name, entry.owner_email) == ("Account 9", "ada@example.com")


def test_a_reported_answer_is_not_reported_again(world: Expansions) -> None:
    # GIVEN an answer that yesterday's run reported
    world.offers.put(offer())
    world.records.answer(offer_id(), status="Rejected", reason="no budget")
    world.run()
    # WHEN the next runs read it once more
    result = world.run(TOMORROW)
    # THEN there is nothing to report, and the answer is as old as it is
    assert (result["answers"], [e for e in world.log.on(TOMORROW) if e.outcome == "answered"]) == (0, [])
    assert world.offers.offers[offer_id()].answer == SalesAnswer("Rejected", TODAY, "no budget")


def test_a_rewritten_reason_is_reported_and_makes_the_answer_no_later(world: Expansions) -> None:
    world.offers.put(offer())
    world.records.answer(offer_id(), status="Rejected")
    world.run()
    world.records.answer(offer_id(), status="Rejected", reason="no budget")
    assert world.run(TOMORROW)["answers"] == 1
    assert world.offers.offers[offer_id()].answer == SalesAnswer("Rejected", TODAY, "no budget")


def test_an_answer_that_is_changed_is_as_of_the_day_of_the_change(world: Expansions) -> None:
    world.offers.put(offer())
    world.records.answer(offer_id(), status="Accepted")
    world.run()
    world.records.answer(offer_id(), status="Won")
    world.run(TOMORROW)
    assert world.offers.offers[offer_id()].answer == SalesAnswer("Won", TOMORROW)


def test_an_answer_that_is_taken_back_opens_the_offer_again(world: Expansions) -> None:
    world.offers.put(offer())
    world.records.answer(offer_id(), status="Rejected", reason="no budget")
    world.run()
    # WHEN Sales clears the status and leaves the reason
    world.records.answer(offer_id(), reason="no budget")
    world.run(TOMORROW)
    # THEN the offer is open, which is reported
    assert world.offers.offers[offer_id()].answer == SalesAnswer(None, TOMORROW)
    entry = world.log.entries[TOMORROW, offer_id()]
    assert entry.lines == ("Sales took back its answer to the seats offer of Q1 2026",)
    # AND only once
    assert world.run(TOMORROW + timedelta(days=1))["answers"] == 0


def test_an_offer_that_sales_has_not_answered_sends_no_message(world: Expansions) -> None:
    world.offers.put(offer())
    world.records.answer(offer_id(), reason="will call on Friday")
    assert world.run()["answers"] == 0
    assert world.offers.offers[offer_id()].answer is None


def test_an_unknown_status_changes_nothing_and_is_reported(world: Expansions) -> None:
    world.offers.put(offer(answer=SalesAnswer("Accepted", YESTERDAY)))
    world.offers.record_answer(offer_id(), SalesAnswer("Accepted", YESTERDAY))
    world.records.answer(offer_id(), unreadable="Maybe")
    result = world.run()
    assert result["notes"] == [
        f"Sales Status of {offer_id()}: 'Maybe' could not be read, expected Accepted, Rejected, Won or nothing"
    ]
    assert world.offers.offers[offer_id()].answer == SalesAnswer("Accepted", YESTERDAY)


def test_many_unreadable_answers_are_reported_by_the_first_ones(world: Expansions) -> None:
    for number in range(7):
        world.records.answer(offer_id("seats", number), unreadable="Maybe")
    assert len(world.run()["notes"]) == 6
    assert world.queued[-1].notes[-1] == "and 2 more of this kind"


def test_an_answer_to_no_offer_of_ours_is_ignored(world: Expansions) -> None:
    # GIVEN a record that a person made, and one of ours
    world.offers.put(offer("seats", 2))
    world.records.answer("A-0001:seats:Q1 1999", status="Won")
    world.records.answer(offer_id("seats", 2), status="Won")
    # THEN ours is read all the same
    result = world.run()
    assert (result["answers"], result["notes"]) == (1, [])


@pytest.mark.parametrize(
    ("fault", "last_try"),
    [(Misconfigured("share the records"), False), (Refused("refused"), False), (Unavailable("503"), True)],
)
def test_records_that_cannot_be_read_hold_nothing_up(world: Expansions, fault: Exception, *, last_try: bool) -> None:
    world.book.rows = [usage()]
    world.records.reading_error = fault
    result = world.run(last_try=last_try)
    assert (result["status"], result["candidates"], result["confidence"]) == ("finished", 2, "medium")
    assert world.queued[-1].notes == (f"The answers of Sales could not be read to the end: {fault}",)


def test_records_that_are_down_let_the_run_wait_and_nothing_is_read_twice(world: Expansions) -> None:
    world.book.rows = [usage()]
    world.records.reading_error = Unavailable("Notion answered 503")
    with pytest.raises(Unavailable, match="Notion answered 503"):
        world.run()
    assert (world.asked, world.runs.released) == ([], 1)
    world.records.reading_error = None
    assert world.run()["candidates"] == 2
    assert world.book.reads == 1


# ---- crashes


def busy_days() -> Expansions:
    """Candidates, usage on several pages, answers of each kind; nothing has run yet."""
    world = Expansions()
    for number in range(1, 6):
        world.account(number, plan="Team")
        world.offers.put(offer("seats", number))
    world.account(6, CONTENT, plan="Team")
    world.book.rows = [usage(f"Feature {f}", n) for n in range(1, 7) for f in range(2)]
    world.book.page_size = 5
    world.records.answer(offer_id("seats", 1), status="Accepted")
    world.records.answer(offer_id("seats", 2), status="Rejected", reason="no budget")
    world.records.answer(offer_id("seats", 3), unreadable="Maybe")
    world.writes.count = 0
    return world


def run_days(world: Expansions) -> None:
    """Two days, on the second of which an answer is taken back."""
    world.run_to_the_end(TODAY)
    world.records.answer(offer_id("seats", 1))
    for number in range(1, 6):
        world.account(number, on=TOMORROW, plan="Team")
    world.run_to_the_end(TOMORROW)


@pytest.mark.parametrize("where", ["crash_before", "crash_after"])
def test_killed_at_any_write_the_run_ends_as_if_it_had_not_been(where: str) -> None:
    # GIVEN two days that nothing disturbs
    undisturbed = busy_days()
    run_days(undisturbed)
    assert undisturbed.writes.count > 50
    # WHEN the same days are killed once, around each single write
    for at in range(1, undisturbed.writes.count + 1):
        world = busy_days()
        setattr(world.writes, where, at)
        run_days(world)
        # THEN the end is the same: each candidate checked, each answer reported
        assert world.end_state == undisturbed.end_state, f"{where} write {at}"
