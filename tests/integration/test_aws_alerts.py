"""The alerts: added once, marked by the scan, and each channel's outcome beside the others'."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from customer_success.alerts.entry import CHANNELS, Acknowledgement, Outcome
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from customer_success.aws.dynamodb.table import Table
from customer_success.errors import Refused
from tests.builders.accounts import TODAY
from tests.builders.aws import TABLE, Client, Clock, refused
from tests.builders.stored import NASTY_ID, entry


@pytest.fixture
def log(table: Table, clock: Clock) -> DynamoAlertLog:
    return DynamoAlertLog(table, clock=clock)


def test_an_alert_is_found_by_its_id_under_any_account_name(log: DynamoAlertLog) -> None:
    # GIVEN alerts of accounts whose ids contain colons, dates and emoji
    stored = [entry(NASTY_ID), entry("2026-01-01:high"), entry(":"), entry("A-0001", on=TODAY - timedelta(1))]
    # WHEN they are added
    log.add(stored)
    # THEN each is found by its id, and by its run date
    assert [log.get(known.alert_id) for known in stored] == stored
    assert sorted(found.alert_id for found in log.on(TODAY)) == sorted(known.alert_id for known in stored[:3])


@pytest.mark.parametrize(
    "alert_id",
    [
        "nobody:2026-03-02:critical",
        "not-an-alert-id",
        ":",
        "",
        "../../etc/passwd",
        "A-0001:2026-03-02#x:critical",
        "A-0001:2026-03-02:critical'; DROP TABLE alerts; --",
        "A-0001:\ud800:critical",
        "\udfff",
        "№ 🚀\x00",
        f"{'x' * 1024}:2026-03-02:critical",
        f"A-0001:{'x' * 2048}:critical",
    ],
)
def test_an_alert_that_does_not_exist_is_none(log: DynamoAlertLog, alert_id: str) -> None:
    assert log.get(alert_id) is None


def test_adding_again_changes_nothing_and_costs_one_read(log: DynamoAlertLog, dynamodb: Client) -> None:
    # GIVEN 60 alerts, one of them sent already
    stored = [entry(f"A-{number:04d}") for number in range(60)]
    log.add(stored)
    log.mark([replace(stored[0], state="published", delivery="single")])
    assert dynamodb.calls == {"batch_get_item": 1, "batch_write_item": 3, "transact_write_items": 1}
    # WHEN a scan that crashed comes past them again, with a new one
    log.add([*stored, entry("A-0060")])
    assert dynamodb.calls == {"batch_get_item": 2, "batch_write_item": 4, "transact_write_items": 1}
    # THEN the sent one stays sent, and the new one is there
    reported = log.get(stored[0].alert_id)
    assert reported is not None
    assert reported.state == "published"
    assert len(list(log.on(TODAY))) == 61


def test_to_know_which_alerts_exist_only_their_keys_are_read(log: DynamoAlertLog, dynamodb: Client) -> None:
    log.add([entry()])
    assert dynamodb.requests[0]["RequestItems"][TABLE]["ProjectionExpression"] == "pk, sk"


def test_of_two_alerts_with_one_id_the_first_stays(log: DynamoAlertLog) -> None:
    first, second = entry(), entry(held=True)
    log.add([first, second])
    assert log.get(first.alert_id) == first


def test_nothing_to_add_costs_no_call(log: DynamoAlertLog, dynamodb: Client) -> None:
    log.add([])
    log.mark([])
    assert not dynamodb.calls


def test_marking_leaves_outcomes_and_words_alone(log: DynamoAlertLog) -> None:
    # GIVEN an alert of which the scan read a copy before two channels were done with it
    stored = entry(NASTY_ID)
    log.add([stored])
    delivered, failed = Outcome("delivered", reference="page-1"), Outcome("failed", reason="no such mailbox")
    log.record(stored.alert_id, "notion", delivered)
    log.record(stored.alert_id, "email_alert", failed)
    # WHEN the scan marks its old copy, in which the words differ too
    marked = replace(stored, state="published", delivery="digest", held=True)
    log.mark([replace(marked, alert=stored.alert.model_copy(update={"reason": "another"}))])
    # THEN the marks are set, and nothing else
    assert log.get(stored.alert_id) == replace(marked, outcomes={"notion": delivered, "email_alert": failed})


def test_a_delivery_can_be_taken_back(log: DynamoAlertLog) -> None:
    stored = entry(delivery="single", held=True)
    log.add([stored])
    log.mark([replace(stored, delivery=None, held=False)])
    assert log.get(stored.alert_id) == entry()


def test_a_hundred_alerts_are_marked_by_one_call(log: DynamoAlertLog, dynamodb: Client) -> None:
    stored = [entry(f"A-{number:04d}") for number in range(101)]
    log.add(stored)
    log.mark(replace(known, state="published", delivery="single") for known in stored)
    assert dynamodb.calls["transact_write_items"] == 2
    assert {found.state for found in log.on(TODAY)} == {"published"}


def test_every_channel_has_an_outcome_of_its_own(log: DynamoAlertLog, dynamodb: Client) -> None:
    log.add([entry()])
    outcomes = {channel: Outcome("delivered", reference=f"id in {channel}") for channel in CHANNELS}
    for channel, outcome in outcomes.items():
        log.record(entry().alert_id, channel, outcome)
    assert log.get(entry().alert_id) == entry(outcomes=outcomes)
    assert dynamodb.calls["update_item"] == 4


def test_an_outcome_waits_for_the_scan_that_marks_the_alert(
    log: DynamoAlertLog, dynamodb: Client, clock: Clock
) -> None:
    # GIVEN a scan that has the alert in hand when a channel is done with it
    log.add([entry()])
    dynamodb.instead("update_item", refused("TransactionConflictException"))
    # WHEN the channel records its outcome
    log.record(entry().alert_id, "notion", Outcome("delivered"))
    # THEN it is there, a moment later
    assert log.get(entry().alert_id) == entry(outcomes={"notion": Outcome("delivered")})
    assert len(clock.slept) == 1


def test_what_was_never_added_cannot_be_recorded_or_marked(log: DynamoAlertLog) -> None:
    with pytest.raises(Refused, match="'A-0001:2026-03-02:critical' is not in the table"):
        log.record(entry().alert_id, "notion", Outcome("delivered"))
    with pytest.raises(Refused, match="has to be added first"):
        log.mark([entry()])
    assert list(log.on(TODAY)) == []


def test_outcomes_that_are_known_are_added_with_the_alert(log: DynamoAlertLog) -> None:
    stored = entry(outcomes={"chat_alert": Outcome("skipped", reason="no chat is configured")})
    log.add([stored])
    assert log.get(stored.alert_id) == stored


def test_an_alert_expires_after_400_days(log: DynamoAlertLog, dynamodb: Client, clock: Clock) -> None:
    log.add([entry()])
    [item] = dynamodb.real.scan(TableName=TABLE)["Items"]
    assert item["expires_at"] == {"N": str(int(clock.now) + 400 * 86_400)}


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FALSE_ALARM = Acknowledgement("grace", NOON, "№ 1 🚀", "false alarm", TODAY + timedelta(days=20))


def test_an_acknowledgement_stands_beside_what_scan_and_channels_write(log: DynamoAlertLog) -> None:
    # GIVEN an alert of which scan and channel read a copy before a person acknowledged it
    stored = entry(NASTY_ID)
    log.add([stored])
    log.acknowledge(stored.alert_id, FALSE_ALARM)
    # WHEN both write what they have to
    log.mark([replace(stored, state="published", delivery="single")])
    log.record(stored.alert_id, "notion", Outcome("delivered"))
    # THEN the acknowledgement stands, found by id and by day, and so does the rest
    expected = replace(
        stored,
        state="published",
        delivery="single",
        outcomes={"notion": Outcome("delivered")},
        acknowledged=FALSE_ALARM,
    )
    assert log.get(stored.alert_id) == expected
    assert list(log.on(TODAY)) == [expected]


def test_the_least_acknowledgement_is_a_name_and_a_moment(log: DynamoAlertLog) -> None:
    log.add([entry()])
    log.acknowledge(entry().alert_id, Acknowledgement("grace", NOON))
    assert log.get(entry().alert_id) == entry(acknowledged=Acknowledgement("grace", NOON))


def test_of_two_acknowledgements_the_later_counts_in_any_order(log: DynamoAlertLog) -> None:
    # GIVEN an acknowledgement whose moment is given in another time zone, and a later one whose clock reads less
    log.add([entry()])
    earlier = replace(FALSE_ALARM, at=NOON.astimezone(timezone(timedelta(hours=13))))
    later = Acknowledgement("alan", NOON + timedelta(microseconds=1), verdict="true alarm")
    # WHEN the earlier one comes last
    log.acknowledge(entry().alert_id, earlier)
    log.acknowledge(entry().alert_id, later)
    log.acknowledge(entry().alert_id, replace(earlier, handed_on=True))
    # THEN the later one stands
    assert log.get(entry().alert_id) == entry(acknowledged=later)
    # AND a later note of the same person replaces it
    log.acknowledge(entry().alert_id, replace(later, handed_on=True))
    assert log.get(entry().alert_id) == entry(acknowledged=replace(later, handed_on=True))


def test_what_was_never_added_cannot_be_acknowledged(log: DynamoAlertLog) -> None:
    with pytest.raises(Refused, match="'A-0001:2026-03-02:critical' is not in the table; grace took care of it"):
        log.acknowledge(entry().alert_id, FALSE_ALARM)
    assert list(log.on(TODAY)) == []


def test_an_acknowledgement_that_is_known_is_added_with_the_alert_and_not_undone_later(log: DynamoAlertLog) -> None:
    stored = entry(acknowledged=FALSE_ALARM)
    log.add([stored])
    assert log.get(stored.alert_id) == stored
    log.acknowledge(stored.alert_id, replace(FALSE_ALARM, by="alan", at=NOON - timedelta(hours=1)))
    assert log.get(stored.alert_id) == stored
