"""An alert is acknowledged: noted first, handed on once, with the person's name."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from customer_success.accounts.alert_state import SentAlert
from customer_success.alerts.entry import Acknowledgement, Outcome
from customer_success.api.acknowledge import AcknowledgeAlert, AcknowledgeAnswer, AcknowledgeRequest
from customer_success.api.problems import Problem
from customer_success.errors import Unavailable
from customer_success.messages import AlertAcknowledged
from local.api.openapi import document
from tests.builders.accounts import TODAY, account, at_risk, dying
from tests.builders.fakes import Crash
from tests.builders.scans import World

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
ALERT = f"A-0001:{TODAY}:critical"
GRACE = {"by": "grace@example.com"}
FALSE_ALARM = {**GRACE, "note": "They moved to SSO.", "verdict": "false alarm"}
QUIET = {**GRACE, "quiet_until": "2026-03-20"}


@pytest.fixture
def world() -> World:
    """A morning's scan that alerted for one account."""
    world = World([dying(1), account(2)])
    world.scan()
    world.outbox.sent.clear()
    return world


def acknowledge(
    world: World, asked: dict[str, Any], alert_id: str = ALERT, *, now: datetime = NOON, timezone: str = "UTC"
) -> AcknowledgeAnswer:
    use_case = AcknowledgeAlert("acme", "acme", world.alerts, world.rows, world.outbox, timezone)
    return use_case(alert_id, AcknowledgeRequest.model_validate(asked), now=now)


def test_it_is_noted_on_the_alert_and_what_is_wished_is_handed_on(world: World) -> None:
    # WHEN a person calls an alert a false alarm, and asks for quiet
    answer = acknowledge(world, FALSE_ALARM | QUIET)
    # THEN that is noted on the alert
    noted = world.alerts.entries[ALERT].acknowledged
    assert noted is not None
    assert (noted.by, noted.at, noted.note) == ("grace@example.com", NOON, "They moved to SSO.")
    assert (noted.verdict, noted.quiet_until) == ("false alarm", date(2026, 3, 20))
    # AND it is on its way to the account's page
    assert world.outbox.sent == [
        AlertAcknowledged(
            tenant_id="acme",
            alert_id=ALERT,
            account_id="A-0001",
            page_id=account(1).page_id,
            quiet_until=date(2026, 3, 20),
            verdict="false alarm",
        )
    ]
    # AND the answer says so
    assert (answer.alert_id, answer.account_id, answer.written_to_notion) == (ALERT, "A-0001", "queued")
    assert json.loads(answer.acknowledged.model_dump_json()) == {
        "by": "grace@example.com",
        "at": "2026-03-02T12:00:00Z",
        "note": "They moved to SSO.",
        "verdict": "false alarm",
        "quiet_until": "2026-03-20",
    }


def test_the_answer_reports_what_became_of_the_alert_on_its_channels(world: World) -> None:
    world.alerts.record(ALERT, "email_alert", Outcome("delivered", reference="draft-7"))
    result = acknowledge(world, GRACE).result
    assert (result.channels["email_alert"], result.channels["notion"]) == ("delivered", "pending")
    assert (result.draft_id, result.alerts_sent) == ("draft-7", 1)


def test_a_mute_needs_the_latest_alert_and_a_note_any(world: World) -> None:
    # GIVEN an account with a later alert
    row = world.rows.rows["A-0001"]
    reported = row.latest.alert_state.last_sent
    assert reported is not None
    later = replace(reported, run_date=TODAY + timedelta(days=3), churn_risk="critical")
    memory = replace(row.latest.alert_state, sent=SentAlert(later))
    world.rows.rows["A-0001"] = replace(row, latest=replace(row.latest, alert_state=memory))
    # WHEN a person calls the older one false
    with pytest.raises(Problem, match="A-0001:2026-03-05:critical") as refused:
        acknowledge(world, FALSE_ALARM)
    # THEN that is refused, for it would silence the newer one
    assert (refused.value.status, world.outbox.sent) == (409, [])
    # AND that it was taken care of can be noted
    assert acknowledge(world, GRACE).written_to_notion == "nothing to write"


def test_without_a_wish_there_is_nothing_to_write(world: World) -> None:
    assert acknowledge(world, {**GRACE, "note": "I call them."}).written_to_notion == "nothing to write"
    assert world.outbox.sent == []
    assert world.alerts.entries[ALERT].acknowledged == Acknowledgement(GRACE["by"], NOON, "I call them.")


@pytest.mark.parametrize("wish", [{"verdict": "true alarm"}, {"quiet_until": "2026-03-20"}])
def test_one_wish_is_enough_to_be_handed_on(world: World, wish: dict[str, str]) -> None:
    assert acknowledge(world, GRACE | wish).written_to_notion == "queued"
    [sent] = world.outbox.sent
    assert {"verdict", "quiet_until"} - set(sent.model_dump(exclude_none=True)) == {"verdict", "quiet_until"} - set(
        wish
    )


def test_a_repeat_answers_the_same_and_hands_nothing_on(world: World) -> None:
    first = acknowledge(world, FALSE_ALARM | QUIET)
    # WHEN it comes again, even after the day it asks for  THEN it is answered alike, and nothing is done
    for now in (LATER, NOON + timedelta(days=60)):
        assert acknowledge(world, FALSE_ALARM | QUIET, now=now) == first
    assert len(world.outbox.sent) == 1


@pytest.mark.parametrize(
    "other",
    [
        {**FALSE_ALARM, "by": "alan@example.com"},
        {**FALSE_ALARM, "note": "They moved."},
        {**FALSE_ALARM, "verdict": "true alarm"},
        FALSE_ALARM | QUIET,
    ],
)
def test_who_corrects_himself_is_heard(world: World, other: dict[str, str]) -> None:
    # GIVEN an acknowledgement  WHEN another one follows
    acknowledge(world, FALSE_ALARM)
    answer = acknowledge(world, other, now=LATER)
    # THEN the latest counts, and is handed on
    noted = world.alerts.entries[ALERT].acknowledged
    assert noted is not None
    assert (noted.at, noted.by, noted.note, noted.verdict) == (LATER, other["by"], other["note"], other["verdict"])
    assert answer.acknowledged.at == LATER
    assert len(world.outbox.sent) == 2
    # AND so it is when he goes back to the first
    acknowledge(world, FALSE_ALARM, now=LATER + timedelta(hours=1))
    assert len(world.outbox.sent) == 3


def test_what_the_queue_did_not_take_is_noted_and_handed_on_by_a_repeat(world: World) -> None:
    # GIVEN a queue that takes nothing
    world.outbox.down = True
    with pytest.raises(Unavailable):
        acknowledge(world, FALSE_ALARM)
    # WHEN the caller repeats the request once it does
    assert world.alerts.entries[ALERT].acknowledged is not None
    world.outbox.down = False
    again = acknowledge(world, FALSE_ALARM, now=LATER)
    # THEN it is handed on, as it was first asked for
    assert (again.acknowledged.at, again.written_to_notion) == (NOON, "queued")
    assert len(world.outbox.sent) == 1


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_crash_at_any_step_loses_no_wish(world: World, after: int) -> None:
    # GIVEN a function that dies after one of its writes: the note, the message, the note of the message
    world.writes.crash_after = world.writes.count + after
    with pytest.raises(Crash):
        acknowledge(world, FALSE_ALARM)
    # WHEN the caller repeats the request, twice
    answers = [acknowledge(world, FALSE_ALARM, now=LATER) for _ in range(2)]
    # THEN the message was sent, and at most twice
    assert answers[0] == answers[1]
    assert len(world.outbox.sent) == (2 if after == 2 else 1)


def test_an_older_request_that_comes_to_its_end_late_does_not_undo_a_newer_one(world: World) -> None:
    # GIVEN a request that was read before another one was noted
    class Slow:
        """A queue during whose call another person acknowledges the same alert."""

        def send(self, messages: Any, *, delay_seconds: int = 0) -> None:
            del delay_seconds
            acknowledge(world, {**GRACE, "verdict": "true alarm"}, now=LATER)
            world.outbox.send(messages)

    late = AcknowledgeAlert("acme", "acme", world.alerts, world.rows, Slow(), "UTC")
    # WHEN it ends after the newer one
    late(ALERT, AcknowledgeRequest.model_validate(FALSE_ALARM), now=NOON)
    # THEN the newer one stands
    noted = world.alerts.entries[ALERT].acknowledged
    assert noted is not None
    assert (noted.verdict, noted.at) == ("true alarm", LATER)


@pytest.mark.parametrize("status", ["gone", "no row"])
def test_the_alert_of_a_removed_account_is_acknowledged_and_nothing_is_handed_on(world: World, status: str) -> None:
    # GIVEN an account that left the book after its alert
    world.accounts = [account(2)]
    world.scan(TODAY + timedelta(days=1))
    if status == "no row":
        del world.rows.rows["A-0001"]
    world.outbox.sent.clear()
    # WHEN its alert is acknowledged  THEN it is noted, and the answer says that there is no page
    assert acknowledge(world, FALSE_ALARM).written_to_notion == "account is gone"
    assert world.alerts.entries[ALERT].acknowledged is not None
    assert world.outbox.sent == []


def test_a_repeat_after_the_account_was_removed_answers_the_same(world: World) -> None:
    first = acknowledge(world, FALSE_ALARM)
    del world.rows.rows["A-0001"]
    assert acknowledge(world, FALSE_ALARM, now=LATER) == first


def test_the_page_is_the_accounts_present_one(world: World) -> None:
    world.accounts = [dying(1, page_id="a-new-page"), account(2)]
    world.scan(TODAY + timedelta(days=1))
    world.outbox.sent.clear()
    acknowledge(world, FALSE_ALARM)
    assert [message.page_id for message in world.outbox.sent] == ["a-new-page"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("alert_id", ["", "A-0001", f"A-0001:{TODAY}:low", "../..", "' OR 1=1 --", "№ 🚀", "x" * 9000])
def test_an_alert_that_is_not_known_is_reported_with_its_id(world: World, alert_id: str) -> None:
    with pytest.raises(Problem) as problem:
        acknowledge(world, {**QUIET, "quiet_until": "1999-01-01"}, alert_id)
    assert (problem.value.status, problem.value.kind) == (404, "not-found")
    assert repr(alert_id[:600]) in problem.value.detail
    assert len(problem.value.detail) < 700


def test_an_alert_that_expires_meanwhile_is_not_known(world: World) -> None:
    # GIVEN an alert that the table deletes between reading and writing it
    entry = world.alerts.entries.pop(ALERT)
    world.alerts.get = {ALERT: entry}.get  # type: ignore[method-assign,assignment]
    with pytest.raises(Problem) as problem:
        acknowledge(world, FALSE_ALARM)
    assert problem.value.status == 404
    assert world.outbox.sent == []


@pytest.mark.parametrize(
    ("day", "bound"),
    [
        (TODAY, "must be a day after 2026-03-02, and 2027-03-02 at the latest"),
        (TODAY - timedelta(days=1), "must be a day after 2026-03-02"),
        (TODAY + timedelta(days=366), "2027-03-02 at the latest"),
        (date.max, "2027-03-02 at the latest"),
    ],
)
def test_a_day_out_of_bounds_is_refused_with_the_bound(world: World, day: date, bound: str) -> None:
    with pytest.raises(Problem) as problem:
        acknowledge(world, {**GRACE, "quiet_until": day.isoformat()})
    assert (problem.value.status, problem.value.field) == (422, "quiet_until")
    assert str(day) in problem.value.detail
    assert bound in problem.value.detail
    assert world.alerts.entries[ALERT].acknowledged is None


@pytest.mark.parametrize("days", [1, 365])
def test_a_day_at_its_bound_is_taken(world: World, days: int) -> None:
    wish = {"quiet_until": (TODAY + timedelta(days=days)).isoformat()}
    assert acknowledge(world, GRACE | wish).written_to_notion == "queued"


def test_today_is_the_tenants(world: World) -> None:
    # GIVEN a noon in London that is the next day's midnight in Auckland
    tomorrow = {"quiet_until": (TODAY + timedelta(days=1)).isoformat()}
    with pytest.raises(Problem, match="must be a day after 2026-03-03"):
        acknowledge(world, GRACE | tomorrow, timezone="Pacific/Auckland")


def test_another_tenants_request_is_refused_and_the_own_is_taken(world: World) -> None:
    with pytest.raises(Problem) as problem:
        acknowledge(world, {**GRACE, "tenant_id": "globex"})
    assert (problem.value.status, problem.value.kind) == (403, "other-tenant")
    assert world.alerts.entries[ALERT].acknowledged is None
    assert acknowledge(world, {**GRACE, "tenant_id": "acme"}).alert_id == ALERT


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "by"),
        ({"by": ""}, "by"),
        ({"by": " \t\n"}, "by"),
        ({"by": "x" * 201}, "by"),
        ({"by": 7}, "by"),
        ({"by": "\ud800"}, "by"),
        ({**GRACE, "note": "x" * 2001}, "note"),
        ({**GRACE, "note": "\udfff"}, "note"),
        ({**GRACE, "verdict": "False alarm"}, "verdict"),
        ({**GRACE, "verdict": ""}, "verdict"),
        ({**GRACE, "quiet_until": "next week"}, "quiet_until"),
        ({**GRACE, "quiet_until": "2026-02-30"}, "quiet_until"),
        ({**GRACE, "quiet_until": "2026-03-20T00:00:00"}, "quiet_until"),
        ({**GRACE, "quiet_until": 1_773_964_800}, "quiet_until"),
        ({**GRACE, "tenant_id": ""}, "tenant_id"),
        ({**GRACE, "at": "2026-03-02T12:00:00Z"}, "at"),
    ],
)
def test_a_request_that_is_none_names_the_field(asked: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        AcknowledgeRequest.model_validate(asked)
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]


def test_a_request_at_its_bounds_is_taken_from_json_as_well() -> None:
    asked = {"by": "x" * 200, "note": "y" * 2000, "verdict": None, "quiet_until": "2026-03-20", "tenant_id": "acme"}
    taken = AcknowledgeRequest.model_validate_json(json.dumps(asked))
    assert taken == AcknowledgeRequest.model_validate(asked)
    assert taken.quiet_until == date(2026, 3, 20)


def test_every_field_is_described_where_the_api_is(world: World) -> None:
    described = document()["components"]["schemas"][AcknowledgeRequest.__name__]["properties"]
    assert all(field.get("description") for field in described.values())
    assert acknowledge(world, GRACE).model_dump(mode="json").keys() == AcknowledgeAnswer.model_fields.keys()


def test_the_next_digest_says_who_has_taken_care_of_an_alert() -> None:
    # GIVEN a weekend on which two accounts fall into danger, and a person who takes care of one of them
    friday = date(2026, 3, 6)
    saturday, monday = friday + timedelta(days=1), friday + timedelta(days=3)
    world = World([account(n) for n in range(1, 6)])
    world.scan(friday)
    world.accounts = [dying(1), at_risk(2), *(account(n) for n in range(3, 6))]
    world.scan(saturday)
    acknowledge(world, {"by": "  Grace\n Hopper " + "x" * 90}, f"A-0001:{saturday}:critical")
    # WHEN Monday's digest is made
    world.scan(monday)
    [digest] = [d for d in world.digests.digests.values() if d.run_date == monday]
    lines = {line.text.split(":")[0]: line.text for section in digest.sections for line in section.lines}
    # THEN it says so, on one line of a bearable length, and of the other alert it says nothing
    assert "(told one by one, taken care of by Grace Hopper xxx" in lines["Account 1"]
    assert lines["Account 1"].endswith("xx…)")
    assert "taken care of" not in lines["Account 2"]
