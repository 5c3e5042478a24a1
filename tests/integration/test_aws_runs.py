"""The runs: one attempt at a time, in one function at a time, and nothing lost when it dies."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from customer_success.aws.dynamodb.items import Item, text
from customer_success.aws.dynamodb.runs import DynamoRuns
from customer_success.aws.dynamodb.table import Table
from customer_success.errors import Unavailable
from customer_success.paging import Bookmark
from customer_success.scan.run import Run, SentCounts
from customer_success.scan.tally import Tally
from tests.builders.accounts import TODAY
from tests.builders.aws import Client, Clock, sent_twice
from tests.builders.stored import finished, scored

SCAN = "health_scan"


@pytest.fixture
def runs(table: Table, clock: Clock) -> DynamoRuns:
    return DynamoRuns(table, clock=clock)


@pytest.fixture
def elsewhere(table: Table, clock: Clock) -> DynamoRuns:
    """The same runs, as another function sees them."""
    return DynamoRuns(table, clock=clock)


def take(runs: DynamoRuns, request: str = "rule-1", *, on: date = TODAY, force: bool = False) -> Run:
    return runs.take(SCAN, on, request=request, force=force, lease_seconds=120)


def test_the_first_take_begins_the_run(runs: DynamoRuns, clock: Clock, dynamodb: Client) -> None:
    run = take(runs)
    started = datetime.fromtimestamp(clock.now, UTC)
    assert run == Run(SCAN, TODAY, "rule-1", started_at=started, version=1)
    assert dynamodb.calls == {"get_item": 1, "put_item": 1}


def test_a_saved_run_comes_back_as_it_was(runs: DynamoRuns, elsewhere: DynamoRuns, dynamodb: Client) -> None:
    # GIVEN a run that is half through
    tally = Tally(
        read=100,
        scored=98,
        inactive=1,
        rejected={"invalid_signal": 1},
        moves={"GREEN → AMBER": 2},
        lost={"support": {"0.0": 97, "3.5": 1}},
        rejections=("Łódź 🚀: nps_score: 11 is above the bound 10",),
    )
    run = replace(take(runs), tally=tally, chunk=1, bookmark=Bookmark("2026-01-01T00:00:00Z", "cursor"))
    # WHEN it is saved, given back and taken by another function for the same request
    saved = runs.save(replace(run, sent=SentCounts(1, 2, 3), alarm="the book shrank"))
    runs.release(saved)
    taken = take(elsewhere)
    # THEN it goes on where it was
    assert saved.version == 2
    assert taken == replace(saved, version=3)
    assert dynamodb.calls["update_item"] == 2


def test_a_held_run_reports_how_long_to_wait(runs: DynamoRuns, elsewhere: DynamoRuns, clock: Clock) -> None:
    # GIVEN a run under way, whose lease runs for another 90 seconds
    take(runs)
    clock.sleep(30)
    # WHEN another function wants it, for the same request or for another
    for request in ("rule-1", "person-1"):
        with pytest.raises(Unavailable, match="health_scan run of 2026-03-02") as busy:
            take(elsewhere, request)
        # THEN the error says when to come again
        assert busy.value.retry_after == pytest.approx(90)


def test_saving_extends_the_lease(runs: DynamoRuns, elsewhere: DynamoRuns, clock: Clock) -> None:
    run = take(runs)
    clock.sleep(100)
    runs.save(run)
    clock.sleep(100)
    with pytest.raises(Unavailable) as busy:
        take(elsewhere)
    assert busy.value.retry_after == pytest.approx(20)


def test_a_function_need_not_wait_for_the_lease_it_left_itself(runs: DynamoRuns) -> None:
    # GIVEN an invocation that broke off without giving its lease back
    run = runs.save(scored(take(runs), 10))
    # WHEN the next invocation of the same function takes the run
    # THEN it goes on at once
    assert take(runs) == replace(run, version=run.version + 1)


def test_who_lost_the_lease_writes_nothing(runs: DynamoRuns, elsewhere: DynamoRuns, clock: Clock) -> None:
    # GIVEN a function that stood still until its lease ran out, and another that took over
    slow = take(runs)
    clock.sleep(121)
    fast = elsewhere.save(scored(take(elsewhere), 10))
    # WHEN the slow one wakes up
    with pytest.raises(Unavailable, match="health_scan run of 2026-03-02 was lost at version 1"):
        runs.save(scored(slow, 1))
    runs.release(slow)
    # THEN the fast one's counts stand, and it still has the lease
    with pytest.raises(Unavailable):
        take(runs)
    assert elsewhere.save(fast).tally.scored == 10


def test_an_old_copy_of_a_run_cannot_be_saved(runs: DynamoRuns) -> None:
    old = take(runs)
    runs.save(scored(old, 10))
    with pytest.raises(Unavailable):
        runs.save(scored(old, 1))


def test_of_two_that_begin_a_run_at_once_one_waits(runs: DynamoRuns, elsewhere: DynamoRuns, dynamodb: Client) -> None:
    # GIVEN another function that begins the run just before this one's write
    def overtaken(operation: object, request: dict[str, object]) -> object:
        take(elsewhere, "person-1")
        return operation(**request)  # type: ignore[operator]

    dynamodb.instead("put_item", overtaken)
    # WHEN this one takes it
    # THEN it has to wait, and the run is the other one's
    with pytest.raises(Unavailable) as busy:
        take(runs)
    assert busy.value.retry_after == pytest.approx(120)
    assert elsewhere.save(take(elsewhere)).request_id == "person-1"


def test_a_repeated_write_is_no_lost_lease(runs: DynamoRuns, dynamodb: Client) -> None:
    # GIVEN a network that loses the answers to both writes, so that the client repeats them
    dynamodb.instead("put_item", sent_twice)
    dynamodb.instead("update_item", sent_twice)
    # WHEN a run is taken and saved
    run = take(runs)
    saved = runs.save(scored(run))
    # THEN both are done, and the run goes on
    assert run.attempt == 1
    assert runs.save(saved).version == saved.version + 1


def test_another_request_goes_on_with_a_run_under_way(runs: DynamoRuns, elsewhere: DynamoRuns, clock: Clock) -> None:
    # GIVEN a run whose function died
    run = runs.save(scored(take(runs), 10))
    clock.sleep(121)
    # WHEN another request comes, even one that would begin anew
    taken = take(elsewhere, "person-1", force=True)
    # THEN it goes on with the attempt, which stays the first one's
    assert (taken.attempt, taken.request_id, taken.tally) == (1, "rule-1", run.tally)
    # AND once that is finished, its redelivery does not begin another
    elsewhere.save(finished(taken))
    assert take(elsewhere, "person-1", force=True).status == "finished"


def test_a_finished_run_comes_back_as_it_is(runs: DynamoRuns, elsewhere: DynamoRuns, dynamodb: Client) -> None:
    # GIVEN a run that is finished
    run = runs.save(finished(scored(take(runs))))
    dynamodb.calls.clear()
    # WHEN its request is delivered again, or the rule fires again
    # THEN it comes as it is, without its lease
    assert take(elsewhere) == run
    assert take(elsewhere, "rule-2") == run
    assert dynamodb.calls == {"get_item": 2}


def test_force_begins_another_attempt_once(runs: DynamoRuns, elsewhere: DynamoRuns, clock: Clock) -> None:
    # GIVEN a run that is finished
    first = runs.save(finished(scored(take(runs))))
    # WHEN a person asks for it again an hour later
    clock.sleep(3600)
    second = take(elsewhere, "person-1", force=True)
    # THEN a second attempt begins at zero
    assert second == Run(
        SCAN,
        TODAY,
        "person-1",
        attempt=2,
        started_at=datetime.fromtimestamp(clock.now, UTC),
        version=first.version + 1,
    )
    # AND once it is finished, neither request begins a third
    done = elsewhere.save(finished(scored(second)))
    assert take(elsewhere, "person-1", force=True) == done
    assert take(elsewhere, "rule-1", force=True) == done


def test_a_run_that_scored_nothing_may_run_again(runs: DynamoRuns) -> None:
    nothing = runs.save(finished(take(runs)))
    assert take(runs) == nothing
    assert take(runs, "rule-2").attempt == 2


@pytest.mark.parametrize("request_id", ["rule-1", "person-1"], ids=["its own message, redriven", "another request"])
def test_a_failed_run_begins_anew(runs: DynamoRuns, elsewhere: DynamoRuns, request_id: str) -> None:
    # GIVEN a run that failed, and gave its lease back with that
    runs.save(replace(scored(take(runs, "rule-1")), status="failed", failure="401: check the token"))
    # WHEN a message asks for it again
    again = take(elsewhere, request_id)
    # THEN it begins anew at once
    assert (again.attempt, again.status, again.failure, again.tally) == (2, "running", None, Tally())


def test_a_new_attempt_waits_for_the_lease(runs: DynamoRuns, elsewhere: DynamoRuns) -> None:
    runs.save(finished(scored(take(runs))))
    take(runs, "person-1", force=True)
    with pytest.raises(Unavailable):
        take(elsewhere, "person-2", force=True)


def test_the_last_finished_run_is_the_one_to_compare_with(runs: DynamoRuns, dynamodb: Client) -> None:
    # GIVEN a week of runs: good, good, failed, empty, unfinished ones, and one of another kind
    def day(back: int) -> date:
        return TODAY - timedelta(days=back)

    for back in (20, 9):
        runs.save(finished(scored(take(runs, on=day(back)), back)))
    for back in (8, 7, 6, 5, 4):
        runs.save(replace(scored(take(runs, on=day(back))), status="failed"))
    runs.save(finished(take(runs, on=day(3))))
    runs.save(scored(take(runs, on=day(2))))
    runs.take("contract_check", day(1), request="rule", force=False, lease_seconds=1)
    runs.save(finished(scored(take(runs, on=TODAY), 99)))
    # WHEN the one before today is wanted
    # THEN it is the latest that is finished and scored something
    found = runs.last_finished(SCAN, TODAY)
    assert found is not None
    assert (found.run_date, found.tally.scored) == (day(9), 9)
    assert runs.last_finished(SCAN, day(20)) is None
    # AND the latest day is that of any run of the kind, found by reading one
    dynamodb.calls.clear()
    assert runs.latest_day(SCAN) == TODAY
    assert runs.latest_day("contract_check") == day(1)
    assert runs.latest_day("plan_qbrs") is None
    assert dynamodb.calls == {"query": 3}


@pytest.mark.parametrize("harm", [{"body": text('{"kind": 7}')}, {"body": text("")}, {"body": {"NULL": True}}])
@pytest.mark.parametrize("status", ["running", "closing", "failed", "finished"])
def test_a_run_of_today_that_cannot_be_read_is_begun_anew(
    runs: DynamoRuns, table: Table, harm: Item, status: Any, caplog: pytest.LogCaptureFixture
) -> None:
    # GIVEN a second attempt of today's run, which another version wrote and this one cannot read
    runs.save(finished(scored(take(runs))))
    second = runs.save(replace(take(runs, "person-1", force=True), status=status))
    [item] = table.query(table.partition("RUNS", SCAN))
    table.put({**item, **harm})
    # WHEN its message comes again
    begun = take(runs, "person-1")
    # THEN the run begins anew, under a name by which nothing is marked yet, and can be saved to its end
    assert (begun.status, begun.tally, begun.chunk) == ("running", Tally(), 0)
    assert begun.attempt > second.attempt
    assert runs.save(finished(scored(begun))).status == "finished"
    assert take(runs, "person-1").status == "finished"
    assert "the run is begun anew: item 'acme#RUNS#health_scan' / '2026-03-02'" in caplog.text


def test_a_run_that_cannot_be_read_is_left_to_who_works_on_it(
    runs: DynamoRuns, elsewhere: DynamoRuns, table: Table, clock: Clock
) -> None:
    # GIVEN a run on which a later version works
    take(runs)
    [item] = table.query(table.partition("RUNS", SCAN))
    table.put({**item, "body": text("{}")})
    # THEN this one waits for its lease, and begins once that is over
    with pytest.raises(Unavailable) as busy:
        take(elsewhere)
    clock.sleep(busy.value.retry_after or 0)
    assert take(elsewhere).attempt == 2


def test_an_item_without_anything_of_a_run_is_begun_anew(runs: DynamoRuns, table: Table) -> None:
    table.put(table.key("RUNS", SCAN, TODAY.isoformat()).attributes)
    assert runs.save(finished(scored(take(runs)))).status == "finished"
