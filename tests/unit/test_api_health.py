"""What the API says of one account's health: the score with its reasons, what changed since when, and why not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from customer_success.accounts.account import Account
from customer_success.accounts.row import AccountRow
from customer_success.api.health import HealthAnswer, ScoreShown, ShowHealth
from customer_success.api.problems import Problem
from customer_success.errors import Refused, Unavailable
from customer_success.scoring.health_status import Point
from local.api.openapi import document
from tests.builders.accounts import AT_RISK, HEALTHY, TODAY, account, dying
from tests.builders.fakes import FakeHistory, FakeRows, Writes
from tests.builders.scans import World
from tests.builders.scores import point

YESTERDAY = TODAY - timedelta(days=1)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def world_of(*days: tuple[date, Account | None]) -> World:
    """What is known after an account was scanned on these days, each time as it is given; None: it was not there."""
    bystanders = [account(number) for number in range(50, 53)]
    world = World(bystanders)
    for on, given in days:
        world.accounts = [*bystanders, given] if given else bystanders
        world.scan_to_the_end(on)
    return world


def health(world: World, since: date | None = None, on: date | None = None, account_id: str = "A-0001") -> HealthAnswer:
    return ShowHealth(world.rows, world.history)(account_id, since=since, on=on)


def with_nps(nps: int) -> Account:
    return account(1, {**HEALTHY, "nps_score": nps})


# --- what it is --------------------------------------------------------------------------------------------------


def test_a_scored_account_says_who_it_is_and_how_it_is() -> None:
    # GIVEN an account in danger that was healthy the day before
    fallen = account(1, AT_RISK, name="Łódź GmbH", owner_email="bo@example.com", arr=1250.5)
    world = world_of((YESTERDAY, account(1)), (TODAY, fallen))
    # WHEN its health is asked for
    answer = health(world)
    # THEN it says who it is
    assert (answer.account_id, answer.name, answer.owner_email) == ("A-0001", "Łódź GmbH", "bo@example.com")
    assert (answer.arr, answer.contract_end, answer.days_to_renewal) == (1250.5, TODAY + timedelta(days=200), 200)
    assert answer.page_url == fallen.page_url
    # AND its health, by the score that the scan stored
    known = world.history.points["A-0001", TODAY].score
    assert (answer.as_of, answer.status, answer.reason, answer.detail) == (TODAY, "scored", None, None)
    assert (answer.exact_score, answer.score) == (known.score, round(known.score, 1))
    assert (answer.rag, answer.churn_risk, answer.churn_trigger) == ("AMBER", "high", "behavioral")
    assert (answer.coverage, answer.unknown, answer.scorecard_version) == (1.0, (), "1")
    assert answer.since == TODAY
    assert answer.last_known is None


def test_the_shown_score_has_one_decimal_and_the_exact_one_all() -> None:
    answer = health(world_of((TODAY, account(1, {**HEALTHY, "feature_adoption_rate": 0.3333}))))
    assert (answer.score, answer.exact_score) == (86.7, pytest.approx(86.666, abs=1e-9))


def test_the_state_is_as_old_as_its_colour_and_risk() -> None:
    world = world_of((days_ago(3), account(1)), (days_ago(2), dying(1)), (YESTERDAY, dying(1)), (TODAY, dying(1)))
    answer = health(world)
    assert (answer.since, answer.as_of) == (days_ago(2), TODAY)
    # AND the renewal is counted from the last scan
    assert answer.days_to_renewal == 30


def test_the_drivers_lose_all_that_is_missing_to_100_the_dearest_first() -> None:
    # GIVEN an account with bad signals, an unknown one and a cap
    bad = {**AT_RISK, "nps_score": None, "tam_health_rag": "RED"}
    # WHEN its health is asked for
    answer = health(world_of((TODAY, account(1, bad))))
    # THEN its drivers explain the whole score, the dearest first, each with its name, its value and its words
    assert answer.exact_score is not None
    lost = [driver.points_lost for driver in answer.drivers]
    assert sum(lost) == pytest.approx(100 - answer.exact_score, abs=0.01)
    assert lost == sorted(lost, reverse=True)
    assert len(lost) == 12
    shown = {driver.signal: (driver.label, driver.value, driver.words) for driver in answer.drivers}
    assert shown["feature_adoption_rate"] == ("feature adoption", 0.3, "feature adoption 30%")
    assert shown["nps_score"] == ("NPS", None, "NPS unknown")
    # AND the cap stands among them and by itself
    assert shown["tam_health_rag"] == ("technical account manager's rating", "RED", "TAM rating RED")
    (cap,) = answer.caps
    assert (cap.signal, cap.label, cap.value, cap.factor) == (
        "tam_health_rag",
        "technical account manager's rating",
        "RED",
        0.85,
    )
    assert cap.points_lost == next(d.points_lost for d in answer.drivers if d.signal == "tam_health_rag") > 0
    # AND what is unknown is named
    assert answer.unknown == ("nps_score",)
    assert answer.coverage == pytest.approx(0.97)


def test_it_uses_the_words_of_the_alert() -> None:
    # GIVEN an account that fell, and alerted
    world = world_of((YESTERDAY, account(1)), (TODAY, dying(1)))
    (entry,) = world.alerts.entries.values()
    # WHEN its health is asked for, also with a day to compare with
    for since in (None, TODAY):
        text = health(world, since).explanation
        # THEN it reads as in the alert
        alerted = entry.alert.explanation
        assert (text.headline, text.what_changed, text.next_step) == (
            alerted.headline,
            alerted.what_changed,
            alerted.next_step,
        )
    assert text.what_changed


# --- what changed ------------------------------------------------------------------------------------------------


def test_the_change_is_against_the_scored_day_before_and_its_parts_are_the_whole() -> None:
    # GIVEN an account that lost some, won some, and was capped on its way
    before = account(1, {**HEALTHY, "nps_score": None, "feature_adoption_rate": 0.5})
    now = account(1, {**AT_RISK, "nps_score": 10, "collections_risk": "RED"})
    world = world_of((days_ago(4), before), (TODAY, now))
    # WHEN its health is asked for
    answer = health(world)
    # THEN the change names the day and the score that it is against
    then = world.history.points["A-0001", days_ago(4)].score
    assert answer.change.against == ScoreShown(
        on=days_ago(4), score=round(then.score, 1), exact_score=then.score, rag="GREEN", churn_risk="low"
    )
    # AND the parts add up to it, the biggest first
    assert answer.exact_score is not None
    assert answer.change.delta == pytest.approx(answer.exact_score - then.score, abs=1e-9)
    parts = [part.delta for part in answer.change.made_by]
    assert sum(parts) == pytest.approx(answer.change.delta, abs=0.01)
    assert [abs(part) for part in parts] == sorted((abs(part) for part in parts), reverse=True)
    # AND each says from what to what
    shown = {part.signal: (part.label, part.before, part.after) for part in answer.change.made_by}
    assert shown["usage_trend"] == ("usage trend", "growing", "inactive")
    assert shown["collections_risk"] == ("collections risk", None, "RED")
    assert shown["nps_score"] == ("NPS", None, 10)
    assert answer.change.reason is None


def test_a_day_that_could_not_be_scored_is_no_day_to_compare_with() -> None:
    world = world_of((days_ago(2), with_nps(9)), (YESTERDAY, account(1, {"nps_score": "ten"})), (TODAY, with_nps(0)))
    change = health(world).change
    assert change.against is not None
    assert (change.against.on, change.delta) == (days_ago(2), pytest.approx(-3))


def test_a_first_day_has_no_change_and_says_so() -> None:
    world = world_of((TODAY, account(1)))
    for since in (None, YESTERDAY, days_ago(400), date.min):
        change = health(world, since).change
        assert (change.against, change.delta, change.made_by) == (None, None, ())
        assert change.reason == f"no scored day is known before {TODAY}"


@pytest.mark.parametrize(
    ("since", "against"),
    [
        (0, 0),  # the last scan's own day: nothing changed since then
        (1, 1),
        (2, 5),  # not scored on that day nor the two before: the last one before counts
        (4, 5),
        (5, 5),
        (9, 10),
        (10, 10),
        (11, 10),  # nothing so early: the first one after
        (3000, 10),
    ],
)
def test_since_compares_with_the_last_point_up_to_that_day_or_else_the_first_one(since: int, against: int) -> None:
    # GIVEN an account that was scored today, yesterday, five and ten days ago, with another rating each time
    nps = {10: 9, 5: 7, 1: 5, 0: 0}
    world = world_of(*((days_ago(day), with_nps(rating)) for day, rating in nps.items()))
    # WHEN the change since a day is asked for
    change = health(world, days_ago(since)).change
    # THEN it says which day it is against, and what made it
    then = world.history.points["A-0001", days_ago(against)].score
    now = world.history.points["A-0001", TODAY].score
    assert change.against is not None
    assert (change.against.on, change.against.exact_score) == (days_ago(against), then.score)
    assert change.delta == pytest.approx(now.score - then.score)
    assert [(part.signal, part.before, part.after) for part in change.made_by] == (
        [] if against == 0 else [("nps_score", nps[against], 0)]
    )


@pytest.mark.parametrize(("since", "against"), [(30, 20), (20, 20), (12, 20), (2, 20), (1, 1)])
def test_points_that_were_imported_before_the_first_scan_can_be_compared_with(since: int, against: int) -> None:
    # GIVEN an account that was scanned once, with points of the time before
    world = world_of((TODAY, account(1)))
    world.history.put_many([("A-0001", point(20, nps_score=0)), ("A-0001", point(1, nps_score=5))])
    # WHEN the change since a day is asked for  THEN it is against the point of that time
    found = health(world, days_ago(since)).change.against
    assert found is not None
    assert found.on == days_ago(against)


def test_the_day_before_the_last_scan_can_be_the_first_one_after() -> None:
    world = world_of((TODAY, account(1)))
    world.history.put_many([("A-0001", point(1, nps_score=5))])
    found = health(world, days_ago(5)).change.against
    assert found is not None
    assert found.on == YESTERDAY


@pytest.mark.parametrize(("since", "against"), [(34, 400), (33, 10)])
def test_a_point_stands_for_the_366_days_after_it(since: int, against: int) -> None:
    # GIVEN a point, then nothing for more than a year, then three more
    world = world_of((YESTERDAY, account(1)), (TODAY, account(1)))
    world.history.put_many([("A-0001", point(400)), ("A-0001", point(10))])
    # WHEN the change since a day between them is asked for
    found = health(world, days_ago(since)).change.against
    # THEN the old one counts while it lies at most 366 days before, else the first one after
    assert found is not None
    assert found.on == days_ago(against)


def test_since_a_day_to_come_is_refused() -> None:
    world = world_of((TODAY, account(1)))
    tomorrow = TODAY + timedelta(days=1)
    with pytest.raises(Problem, match="since: 2026-03-03 lies in the future; it can be 2026-03-02") as refused:
        health(world, tomorrow)
    assert (refused.value.status, refused.value.field) == (422, "since")
    with pytest.raises(Problem):
        health(world, date.max, on=tomorrow)


def test_since_a_day_without_a_scan_is_not_refused_while_it_is_not_to_come() -> None:
    """The scan of today may not have run yet, or have failed."""
    world = world_of((YESTERDAY, with_nps(9)), (TODAY, with_nps(0)))
    tomorrow = TODAY + timedelta(days=1)
    change = health(world, tomorrow, on=tomorrow).change
    assert change.against is not None
    assert (change.against.on, change.delta) == (TODAY, 0.0)
    with pytest.raises(Problem, match="can be 2026-03-03 at the latest"):
        health(world, TODAY + timedelta(days=2), on=tomorrow)


def test_the_last_scan_is_not_to_come_even_where_the_present_day_is_before_it() -> None:
    assert health(world_of((TODAY, account(1))), since=TODAY, on=YESTERDAY).change.delta == 0.0


# --- what cannot be scored ---------------------------------------------------------------------------------------

NOT_ENOUGH: dict[str, object] = {"nps_score": 9}


@pytest.mark.parametrize(
    ("now", "status", "reason", "detail", "next_step"),
    [
        (account(1, NOT_ENOUGH), "rejected", "insufficient_data", "13% of what", "Fill in the signals"),
        (
            account(1, NOT_ENOUGH, onboarding_until=TODAY + timedelta(days=9)),
            "rejected",
            "onboarding",
            "still in onboarding until 2026-03-11",
            "Nothing yet",
        ),
        (account(1, status="Churned"), "skipped", "inactive", "Inactive: not scanned.", ""),
        (None, "gone", "gone", "No longer in the account book.", ""),
    ],
)
def test_an_account_that_cannot_be_scored_says_why_and_how_it_last_was(
    now: Account | None, status: str, reason: str, detail: str, next_step: str
) -> None:
    # GIVEN an account that was scored, and today cannot be
    world = world_of((days_ago(3), account(1)), (TODAY, now))
    # WHEN its health is asked for
    answer = health(world)
    # THEN it has no score, and says why in words, with what to do
    assert (answer.score, answer.exact_score, answer.rag, answer.churn_risk, answer.churn_trigger) == (None,) * 5
    assert (answer.drivers, answer.caps, answer.unknown) == ((), (), ())
    assert (answer.coverage, answer.scorecard_version) == (None, None)
    assert (answer.status, answer.reason) == (status, reason)
    assert (answer.as_of, answer.since) == (TODAY, TODAY)
    assert (answer.detail or "").startswith(detail)
    assert answer.explanation.headline == answer.detail
    assert answer.explanation.next_step.startswith(next_step)
    assert bool(answer.explanation.next_step) == bool(next_step)
    # AND how it last was
    stored = world.history.points["A-0001", days_ago(3)].score
    assert answer.last_known == ScoreShown(
        on=days_ago(3), score=98.0, exact_score=stored.score, rag="GREEN", churn_risk="low"
    )
    # AND there is no change, for that reason
    for since in (None, days_ago(2)):
        change = health(world, since).change
        assert (change.delta, change.against, change.made_by) == (None, None, ())
        assert change.reason == f"there is no score of {TODAY}: {answer.detail}"


def test_an_account_that_never_had_a_score_has_none_that_is_known() -> None:
    answer = health(world_of((TODAY, account(1, NOT_ENOUGH))))
    assert (answer.status, answer.last_known) == ("rejected", None)


def test_an_account_of_two_pages_says_which_is_the_other() -> None:
    # GIVEN two pages with one Account ID
    world = World([account(1), account(2, account_id="A-0001")])
    world.scan()
    (other,) = world.rows.rows.keys() - {"A-0001"}
    # WHEN the health of the later one is asked for
    answer = health(world, account_id=other)
    # THEN it names the earlier one
    assert answer.reason == "duplicate_account_id"
    assert "also that of 'Account 1'" in (answer.detail or "")


# --- who is not known --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("account_id", ["A-9999", "../A-0001", "a/b", "'; DROP TABLE", "№ 🚀", "a-0001", "A-0001 "])
def test_an_account_that_is_not_known_is_not_found_by_its_id(account_id: str) -> None:
    with pytest.raises(Problem) as missing:
        health(world_of((TODAY, account(1))), account_id=account_id)
    assert (missing.value.status, missing.value.kind) == (404, "not-found")
    assert repr(account_id) in missing.value.detail


class PickyRows(FakeRows):
    """Rows that take no key that the table would not take."""

    def get(self, account_id: str) -> AccountRow | None:
        if not 1 <= len(account_id.encode()) <= 1024:
            raise Refused("cannot be kept")
        return super().get(account_id)


@pytest.mark.parametrize("account_id", ["", "A" * 1025, "\ud800"])
def test_an_id_that_no_account_can_have_is_not_found(account_id: str) -> None:
    with pytest.raises(Problem) as missing:
        ShowHealth(PickyRows(Writes()), FakeHistory(Writes()))(account_id, since=None)
    assert missing.value.status == 404
    assert len(missing.value.detail) < 200
    assert missing.value.detail.isascii()


class FailingRows(FakeRows):
    def get(self, account_id: str) -> AccountRow | None:  # noqa: ARG002
        raise Unavailable("the table is busy", retry_after=3)


def test_a_table_that_does_not_answer_is_no_missing_account() -> None:
    with pytest.raises(Unavailable):
        ShowHealth(FailingRows(Writes()), FakeHistory(Writes()))("A-0001", since=None)


# --- what it takes -----------------------------------------------------------------------------------------------


class CountedHistory(FakeHistory):
    """Counts the questions, and the points that were taken."""

    asked: int = 0
    taken: int = 0

    def between(self, account_id: str, first: date, last: date) -> Iterator[Point]:
        self.asked += 1
        for found in super().between(account_id, first, last):
            self.taken += 1
            yield found


@pytest.mark.parametrize(("since", "asked"), [(None, 0), (0, 0), (1, 0), (2, 1), (4, 1), (90, 1)])
def test_the_history_is_asked_only_where_the_row_does_not_know(since: int | None, asked: int) -> None:
    world = world_of(*((days_ago(day), with_nps(day)) for day in (5, 4, 3, 1, 0)))
    history = CountedHistory(world.writes, world.history.points)
    answer = ShowHealth(world.rows, history)("A-0001", since=None if since is None else days_ago(since))
    assert answer.change.delta is not None
    assert history.asked == asked


def test_no_more_points_are_taken_than_lead_up_to_the_day() -> None:
    # GIVEN three years of points
    world = world_of((YESTERDAY, account(1)), (TODAY, account(1)))
    world.history.put_many(("A-0001", point(day)) for day in range(2, 1000))
    history = CountedHistory(world.writes, world.history.points)
    # WHEN the change since a day in the midst of them is asked for
    answer = ShowHealth(world.rows, history)("A-0001", since=days_ago(500))
    # THEN only those of the year before it were looked at, and one more
    assert answer.change.against is not None
    assert answer.change.against.on == days_ago(500)
    assert history.taken == 368


def test_the_answer_is_frozen_and_takes_nothing_else() -> None:
    answer = health(world_of((TODAY, account(1))))
    with pytest.raises(ValidationError):
        answer.score = 1.0  # type: ignore[misc]
    with pytest.raises(ValidationError):
        HealthAnswer.model_validate({**answer.model_dump(), "more": 1})
    assert HealthAnswer.model_validate_json(answer.model_dump_json()) == answer


def test_the_fields_are_described() -> None:
    schemas = document()["components"]["schemas"]
    assert schemas["HealthAnswer"]["properties"]["coverage"]["description"].startswith("Weight of the signals")
    assert all("description" in schemas[name] for name in ["HealthAnswer", *HealthAnswer.model_json_schema()["$defs"]])


def test_the_last_alert_of_an_account_is_named_so_that_it_can_be_acknowledged() -> None:
    # GIVEN an account in danger and a healthy one, scanned
    world = World([dying(1), account(2)])
    world.scan()
    shown = ShowHealth(world.rows, world.history)
    # THEN the first names its alert, which is there, and the other names none
    alert_id = shown("A-0001", since=None).alert_id
    assert alert_id in world.alerts.entries
    assert shown("A-0002", since=None).alert_id is None
