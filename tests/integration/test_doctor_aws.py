"""What `make doctor` sees of the stack, the table, the last scan and the dead letters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError

from customer_success.alerts.digest import Digest
from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.digests import DynamoDigests
from customer_success.aws.dynamodb.runs import DynamoRuns
from customer_success.scan.run import Run
from customer_success.scan.tally import Tally
from customer_success.settings import shadow_of
from local.doctor.dead_letters import check_dead_letters
from local.doctor.stack import (
    StackNotReadyError,
    check_alarm_mail,
    check_alarms,
    check_queues,
    check_shadow,
    check_triggers,
    check_waiting,
    state_of,
)
from local.doctor.table import check_contracts, check_expansion, check_scan, check_shadow_length, check_table
from local.doctor.target import Target
from local.stack.aws import Aws
from tests.builders.accounts import TODAY
from tests.builders.aws import TABLE, TENANT, create_table
from tests.builders.doctor_targets import NOW, target, texts
from tests.builders.stored import finished, row, scored

YESTERDAY = TODAY - timedelta(days=1)


class Stacks:
    """CloudFormation that knows one stack."""

    def __init__(self, status: str = "CREATE_COMPLETE", parameters: tuple[str, ...] = ("Stage", "TenantId")) -> None:
        self._status, self._parameters = status, parameters

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 - as boto3 calls it
        if StackName != "csm-dev":
            text = f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": text}}, "DescribeStacks")
        keys = [{"ParameterKey": name} for name in self._parameters]
        return {"Stacks": [{"StackStatus": self._status, "Parameters": keys, "CreationTime": NOW}]}


class Mappings:
    """Lambda that knows these event source mappings, by queue and state."""

    def __init__(self, **states: str) -> None:
        self._states = states

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self) -> Any:
        arn = "arn:aws:sqs:eu-central-1:1:customer-success-dev-"
        for name, state in self._states.items():
            mapping = {"EventSourceArn": arn + name.replace("_", "-"), "State": state, "UUID": f"id-of-{name}"}
            yield {"EventSourceMappings": [mapping]}


def of_stack(stacks: Stacks, session: boto3.Session) -> Aws:
    aws = Aws(session)
    aws.__dict__["cloudformation"] = stacks
    return aws


def test_a_deployed_stack_is_reported_with_its_region(aws: boto3.Session) -> None:
    result, made = state_of(of_stack(Stacks(), aws), "csm-dev")
    assert (result.state, made) == ("ok", NOW)
    assert "csm-dev in eu-central-1" in result.what
    # AND one whose last change went wrong is looked at, too
    result, _ = state_of(of_stack(Stacks("UPDATE_ROLLBACK_COMPLETE"), aws), "csm-dev")
    assert result.state == "bad"
    assert "describe-stack-events --stack-name csm-dev" in result.command


@pytest.mark.parametrize(
    ("stacks", "stack", "expected", "advice"),
    [
        (Stacks(), "csm-prod", "there is no stack csm-prod in eu-central-1", "AWS_DEFAULT_REGION"),
        (Stacks("UPDATE_IN_PROGRESS"), "csm-dev", "is being changed", "wait"),
        (Stacks("ROLLBACK_COMPLETE"), "csm-dev", "csm-dev is ROLLBACK_COMPLETE", "deploy it anew"),
        (Stacks(parameters=("Stage",)), "csm-dev", "was not made from this template", "STACK="),
    ],
)
def test_a_stack_that_cannot_be_looked_at_is_reported_with_what_to_do(
    aws: boto3.Session, stacks: Stacks, stack: str, expected: str, advice: str
) -> None:
    with pytest.raises(StackNotReadyError, match=expected) as error:
        state_of(of_stack(stacks, aws), stack)
    assert advice in error.value.advice


def test_rules_that_are_on_switched_off_by_a_parameter_or_by_a_person(aws: boto3.Session) -> None:
    events = aws.client("events")
    events.put_rule(Name="scan", ScheduleExpression="rate(1 day)")
    events.put_rule(Name="contracts", ScheduleExpression="rate(1 day)", State="DISABLED")
    results = list(check_triggers(target(aws)))
    assert texts(results, "ok") == "a rule starts the daily scan by cron(0 7 * * ? *), in UTC →  "
    assert "ContractCheckEnabled=true, but the rule of the contract check is off" in texts(results, "bad")
    assert "aws events enable-rule --name contracts" in texts(results, "bad")
    assert texts(results, "off") == "QbrEnabled=false: no rule starts the quarterly reviews →  "


def with_queues(whole: Target, *names: str) -> Target:
    urls = {name: f"https://sqs/1/customer-success-dev-{name}" for name in names}
    return replace(whole, deployed=replace(whole.deployed, queues=urls))


def test_a_queue_without_a_reader_is_reported(aws: boto3.Session) -> None:
    whole = with_queues(target(aws, SalesHandoffMode="queue"), "scan", "scan-dlq", "qbr", "alert-chat", "sales-handoff")
    whole.aws.__dict__["functions"] = Mappings(scan="Enabled", alert_chat="Disabled", sales_handoff="Disabled")
    results = list(check_queues(whole))
    assert texts(results, "ok") == "queues whose messages are taken: 1 →  "
    wrong = texts(results, "bad")
    assert "no function takes from the queue qbr" in wrong
    assert "the messages of the queue alert-chat are not taken: Disabled" in wrong
    assert "update-event-source-mapping --enabled --uuid id-of-alert_chat" in wrong
    assert "scan-dlq" not in wrong
    # AND what a parameter has switched off is not wrong
    assert texts(results, "off") == "SalesHandoffMode=queue: no function takes from sales-handoff →  "
    handed = with_queues(target(aws, SalesHandoffMode="drafts"), "sales-handoff")
    handed.aws.__dict__["functions"] = Mappings(sales_handoff="Disabled")
    assert "sales-handoff are not taken" in texts(list(check_queues(handed)), "bad")


def test_shadow_mode_is_reported(aws: boto3.Session) -> None:
    assert [each.state for each in check_shadow(target(aws))] == ["off"]
    [result] = check_shadow(target(aws, Shadow="true"))
    assert (result.state, result.command) == ("ok", "make shadow-report STACK=csm-dev")


def test_the_mail_of_alarms_is_confirmed_pending_unsubscribed_or_none(aws: boto3.Session) -> None:
    sns = aws.client("sns")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    whole = target(aws, AlarmEmail="ops@example.com")
    whole = replace(whole, deployed=replace(whole.deployed, outputs={"AlarmTopicArn": topic}))
    assert [each.state for each in check_alarm_mail(target(aws))] == ["off"]
    [removed] = check_alarm_mail(whole)
    assert "has left the list" in removed.what
    assert topic in removed.command
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    [confirmed] = check_alarm_mail(whole)
    assert confirmed.state == "ok"


class Unconfirmed(Target):
    """A deployment whose alarm mail is unconfirmed, and one whose alarm mail is confirmed."""

    def client(self, *_: Any, **__: Any) -> Any:
        return self

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **_: str) -> Any:
        pending = {"SubscriptionArn": "PendingConfirmation", "Endpoint": "ops@example.com"}
        other = {"SubscriptionArn": "arn:aws:sns:x:1:t:1", "Endpoint": "other@example.com"}
        return [{"Subscriptions": [pending, other]}]


def test_an_unconfirmed_alarm_mail_is_reported(aws: boto3.Session) -> None:
    whole = target(aws, AlarmEmail="ops@example.com")
    deployed = replace(whole.deployed, outputs={"AlarmTopicArn": "arn:aws:sns:x:1:t"})
    [result] = check_alarm_mail(Unconfirmed(whole.aws, whole.stack, deployed, whole.made, whole.now))
    assert (result.state, "has not confirmed yet" in result.what) == ("bad", True)


def test_a_table_without_backups_or_expiry_is_reported_with_the_commands(aws: boto3.Session) -> None:
    client = aws.client("dynamodb")
    create_table(client)
    wrong = texts(list(check_table(target(aws))), "bad")
    assert f"aws dynamodb update-continuous-backups --table-name {TABLE}" in wrong
    assert f"aws dynamodb update-time-to-live --table-name {TABLE}" in wrong
    # AND the table is right when they are carried out
    client.update_continuous_backups(
        TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    client.update_time_to_live(
        TableName=TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
    )
    results = list(check_table(target(aws)))
    assert [each.state for each in results] == ["ok", "ok"]


def ran(whole: Target, run: Run) -> None:
    """Put a run into the table."""
    runs = DynamoRuns(whole.table)
    taken = runs.take(run.kind, run.run_date, request=uuid4().hex, force=True, lease_seconds=0)
    runs.save(replace(run, version=taken.version))


SCANNED = finished(scored(Run("health_scan", TODAY, "e"), accounts=4))


def test_the_last_scan_is_reported_with_its_counts(aws: boto3.Session) -> None:
    create_table(aws.client("dynamodb"))
    whole = target(aws)
    DynamoAccountRows(whole.table).put_many([row(1), row(2)])
    tally = Tally(read=7, scored=4, rejected={"no_signals": 1, "invalid": 1}, inactive=1)
    ran(whole, replace(SCANNED, run_date=YESTERDAY))
    ran(whole, replace(SCANNED, tally=tally))
    results = list(check_scan(whole))
    assert texts(results, "bad") == ""
    right = texts(results, "ok")
    assert "accounts in the table: 2" in right
    assert f"the last finished scan is of {TODAY}, today: 7 read, 4 scored, 2 rejected, 1 skipped" in right


def test_a_scan_that_is_overdue_is_wrong_unless_none_starts_by_itself(aws: boto3.Session) -> None:
    create_table(aws.client("dynamodb"))
    ran(target(aws), SCANNED)
    later = replace(target(aws), now=NOW + timedelta(days=3))
    assert f"of {TODAY}, 3 days ago" in texts(list(check_scan(later)), "bad")
    assert "25 hours (ScanOverdueHours)" in texts(list(check_scan(later)), "bad")
    by_hand = replace(target(aws, ScanEnabled="false"), now=NOW + timedelta(days=3))
    assert texts(list(check_scan(by_hand)), "bad") == ""
    weekly = replace(target(aws, ScanOverdueHours="75"), now=NOW + timedelta(days=3))
    assert texts(list(check_scan(weekly)), "bad") == ""


def test_before_the_first_scan_nothing_is_wrong_until_it_is_overdue(aws: boto3.Session) -> None:
    create_table(aws.client("dynamodb"))
    new = replace(target(aws), made=NOW - timedelta(hours=1))
    assert texts(list(check_scan(new)), "bad") == ""
    assert "no scan has finished yet; the next starts by cron(0 7 * * ? *)" in texts(list(check_scan(new)), "off")
    assert "no scan has finished yet" in texts(list(check_scan(target(aws))), "bad")
    by_hand = list(check_scan(target(aws, ScanEnabled="false")))
    assert "none starts by itself" in texts(by_hand, "off")
    assert f"make rescan STACK=csm-dev DATE={TODAY}" in texts(by_hand, "off")


def test_a_scan_that_failed_hangs_or_scored_nothing_is_wrong(aws: boto3.Session) -> None:
    create_table(aws.client("dynamodb"))
    whole = target(aws)
    ran(whole, replace(SCANNED, run_date=YESTERDAY))
    ran(whole, replace(SCANNED, status="failed", failure="Notion is down"))
    results = list(check_scan(whole))
    wrong = texts(results, "bad")
    assert f"the scan of {TODAY} failed: Notion is down" in wrong
    assert f"make rescan STACK=csm-dev DATE={TODAY}" in wrong
    # AND the one before it is reported as the last finished one
    assert f"the last finished scan is of {YESTERDAY}, yesterday" in texts(results, "ok")

    ran(whole, replace(SCANNED, status="running", started_at=NOW - timedelta(hours=3)))
    assert f"the scan of {TODAY} is under way since 3 hours" in texts(list(check_scan(whole)), "bad")
    ran(whole, replace(SCANNED, status="running", started_at=NOW - timedelta(minutes=3)))
    assert f"the scan of {TODAY} is under way since 3 minutes" in texts(list(check_scan(whole)), "ok")
    ran(whole, replace(SCANNED, tally=Tally(read=3, rejected={"no_signals": 3})))
    assert "3 read, 0 scored, 3 rejected" in texts(list(check_scan(whole)), "bad")


def test_in_shadow_the_scans_of_the_shadow_are_looked_at(aws: boto3.Session) -> None:
    create_table(aws.client("dynamodb"))
    shadow = target(aws, Shadow="true")
    assert shadow.deployed.space == shadow_of(TENANT)
    ran(shadow, SCANNED)
    assert "the last finished scan in shadow is of" in texts(list(check_scan(shadow)), "ok")
    assert "no scan has finished yet" in texts(list(check_scan(target(aws))), "bad")


def test_dead_letters_are_reported_with_the_way_back(aws: boto3.Session) -> None:
    sqs = aws.client("sqs")
    names = ("alert-chat", "alert-chat-dlq", "schedule-dlq", "scan-dlq")
    urls = {name: sqs.create_queue(QueueName=f"customer-success-dev-{name}")["QueueUrl"] for name in names}
    whole = target(aws)
    whole = replace(whole, deployed=replace(whole.deployed, queues=urls))
    # GIVEN messages that wait in a queue, which are no fault
    sqs.send_message(QueueUrl=urls["alert-chat"], MessageBody="{}")
    assert texts(list(check_dead_letters(whole)), "ok") == "all 3 dead-letter queues are empty →  "
    # WHEN some were given up
    for name in ("alert-chat-dlq", "alert-chat-dlq", "schedule-dlq"):
        sqs.send_message(QueueUrl=urls[name], MessageBody="{}")
    results = list(check_dead_letters(whole))
    # THEN each queue is reported, with its command where there is a queue to go back to
    assert [each.what for each in results] == ["alert-chat-dlq holds 2 messages", "schedule-dlq holds 1 message"]
    assert results[0].command == "make redrive STACK=csm-dev QUEUE=alert-chat"
    assert (results[1].command, "schedule-dead-letters" in results[1].advice) == ("", True)


def test_a_stack_of_an_older_template_is_reported_by_what_it_lacks(aws: boto3.Session) -> None:
    whole = target(aws)
    older = dict(cast("dict[str, str]", whole.deployed.parameters))
    del older["AlarmEmail"]
    older_one = replace(whole, deployed=replace(whole.deployed, parameters=older))
    with pytest.raises(Exception, match="no parameter AlarmEmail"):
        list(check_alarm_mail(older_one))
    with pytest.raises(Exception, match="no output AlarmTopicArn"):
        list(check_alarm_mail(target(aws, AlarmEmail="ops@example.com")))


LONG_AGO = TODAY - timedelta(days=273)


@pytest.mark.parametrize("enabled", ["true", "false"])
def test_a_scan_of_long_ago_is_wrong_whether_or_not_one_starts_by_itself(aws: boto3.Session, enabled: str) -> None:
    # GIVEN a book that was scanned 273 days ago, and never since
    create_table(aws.client("dynamodb"))
    whole = target(aws, ScanEnabled=enabled)
    ended = NOW - timedelta(days=273)
    ran(whole, replace(SCANNED, run_date=LONG_AGO, finished_at=ended))
    # THEN that is wrong, with what to do
    wrong = texts(list(check_scan(whole)), "bad")
    assert "273 days" in wrong
    assert (f"make rescan STACK=csm-dev DATE={TODAY}" in wrong) == (enabled == "false")


def test_an_old_day_that_was_scanned_just_now_asks_for_a_scan_of_today(aws: boto3.Session) -> None:
    create_table(aws.client("dynamodb"))
    ran(target(aws), replace(SCANNED, run_date=LONG_AGO, finished_at=NOW))
    results = list(check_scan(target(aws)))
    assert texts(results, "bad") == ""
    assert "what people see is 273 days old" in texts(results, "due")
    assert f"make rescan STACK=csm-dev DATE={TODAY}" in texts(results, "due")


@pytest.mark.parametrize(("days", "asks"), [(0, False), (3, False), (4, True)])
def test_a_scan_may_be_a_day_and_a_weekend_old(aws: boto3.Session, days: int, asks: bool) -> None:
    create_table(aws.client("dynamodb"))
    whole = target(aws, ScanEnabled="false")
    ended = NOW - timedelta(days=days)
    ran(whole, replace(SCANNED, run_date=ended.date(), finished_at=ended))
    assert any(each.state in ("bad", "due") for each in check_scan(whole)) == asks


def test_a_scan_of_a_day_to_come_hides_no_other(aws: boto3.Session) -> None:
    create_table(aws.client("dynamodb"))
    whole = target(aws)
    ran(whole, replace(SCANNED, run_date=YESTERDAY))
    ran(whole, replace(SCANNED, run_date=date(2062, 3, 2)))
    results = list(check_scan(whole))
    assert "2062-03-02, in days to come" in texts(results, "due")
    assert f"the last finished scan is of {YESTERDAY}" in texts(results, "ok")


def test_today_is_that_of_the_tenant(aws: boto3.Session) -> None:
    create_table(aws.client("dynamodb"))
    # GIVEN a tenant for whom it is tomorrow already
    ahead = replace(target(aws, Timezone="Pacific/Auckland"), now=NOW.replace(hour=20))
    ran(ahead, replace(SCANNED, run_date=TODAY + timedelta(days=1)))
    results = list(check_scan(ahead))
    assert ", today: " in texts(results, "ok")
    assert texts(results, "due") == ""


def test_more_than_a_tenth_that_could_not_be_scored_asks_for_a_look(aws: boto3.Session) -> None:
    create_table(aws.client("dynamodb"))
    ran(target(aws), replace(SCANNED, tally=Tally(read=100, scored=80, rejected={"onboarding": 10, "x": 10})))
    assert texts(list(check_scan(target(aws))), "due") == ""
    ran(target(aws), replace(SCANNED, tally=Tally(read=100, scored=79, rejected={"onboarding": 10, "x": 11})))
    assert "of 100 accounts 11 could not be judged" in texts(list(check_scan(target(aws))), "due")


def test_an_empty_book_and_a_scan_of_no_known_beginning_are_wrong(aws: boto3.Session) -> None:
    create_table(aws.client("dynamodb"))
    ran(target(aws), replace(SCANNED, tally=Tally()))
    assert "there is no account in the book" in texts(list(check_scan(target(aws))), "bad")
    ran(target(aws), replace(SCANNED, status="running", started_at=None))
    assert "since nobody knows when" in texts(list(check_scan(target(aws))), "bad")


def test_an_expansion_run_that_failed_or_hangs_is_wrong(aws: boto3.Session) -> None:
    create_table(aws.client("dynamodb"))
    whole = target(aws)
    assert [each.state for each in check_expansion(whole)] == ["off"]
    ran(whole, replace(SCANNED, kind="expansion", status="failed", failure="Notion is down"))
    assert f"the expansion run of {TODAY} failed: Notion is down" in texts(list(check_expansion(whole)), "bad")
    ran(whole, replace(SCANNED, kind="expansion", status="closing", started_at=NOW - timedelta(hours=3)))
    assert "under way since 3 hours" in texts(list(check_expansion(whole)), "bad")
    ran(whole, replace(SCANNED, kind="expansion"))
    assert [each.state for each in check_expansion(whole)] == ["ok"]


def test_renewals_that_are_no_longer_listed_ask_for_a_look(aws: boto3.Session) -> None:
    create_table(aws.client("dynamodb"))
    whole = target(aws)
    # GIVEN a deployment of two days that has listed none yet, and the same after a month
    assert [each.state for each in check_contracts(whole)] == ["off"]
    old = replace(whole, made=NOW - timedelta(days=30))
    assert "no contract check has listed renewals for 14 days" in texts(list(check_contracts(old)), "due")
    # WHEN one was listed
    digests = DynamoDigests(whole.table)
    for days, state in ((5, "due"), (1, "ok")):
        on = TODAY - timedelta(days=days)
        digests.put(Digest(f"contract_check:{on}", "contract_check", on, "Renewals", ()))
        # THEN it counts by its age
        assert [each.state for each in check_contracts(old)] == [state]
    assert list(check_contracts(target(aws, ContractCheckEnabled="false"))) == []


def test_a_deployment_that_stays_in_shadow_is_asked_about(aws: boto3.Session) -> None:
    create_table(aws.client("dynamodb"))
    shadow = target(aws, Shadow="true")
    # GIVEN a shadow of long ago that was ended, and one of 28 days, with weekends
    for days in (200, 28, 25, 21, 14, 7, 1):
        ran(shadow, replace(SCANNED, run_date=TODAY - timedelta(days=days)))
    assert list(check_shadow_length(shadow)) == []
    # WHEN it is a day longer
    (result,) = check_shadow_length(replace(shadow, now=NOW + timedelta(days=1)))
    # THEN a person is to decide
    assert (result.state, "29 days" in result.what, "Shadow=false" in result.advice) == ("due", True, True)
    assert list(check_shadow_length(target(aws))) == []


def test_nothing_that_starts_by_itself_asks_for_a_decision(aws: boto3.Session) -> None:
    quiet = target(aws, ScanEnabled="false", ContractCheckEnabled="false")
    assert "nothing starts on any day" in texts(list(check_triggers(quiet)), "due")


def test_offers_that_no_function_takes_are_reported(aws: boto3.Session) -> None:
    sqs = aws.client("sqs")
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("scan", "sales-handoff", "scan-dlq")}
    for url in urls.values():
        sqs.send_message(QueueUrl=url, MessageBody="{}")
    for mode, lies in (("queue", True), ("none", True), ("drafts", False)):
        whole = target(aws, SalesHandoffMode=mode)
        results = list(check_waiting(replace(whole, deployed=replace(whole.deployed, queues=urls))))
        assert ("sales-handoff holds 1 offers" in texts(results, "due")) == lies
        assert "messages under way: scan 1" in texts(results, "ok")


def test_an_alarm_that_rings_is_wrong(aws: boto3.Session) -> None:
    # GIVEN alarms of ours and of another stage, some of which ring
    cloudwatch = aws.client("cloudwatch")
    for name in ("dev-qbr-waiting", "dev-scan-overdue", "dev-scan-dead-letters", "prod-qbr-waiting"):
        cloudwatch.put_metric_alarm(
            AlarmName=f"customer-success-{name}",
            Namespace="AWS/SQS",
            MetricName="any",
            Statistic="Maximum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )
    assert texts(list(check_alarms(target(aws))), "ok") == "no alarm rings →  "
    for name in ("dev-qbr-waiting", "dev-scan-overdue", "prod-qbr-waiting"):
        cloudwatch.set_alarm_state(AlarmName=f"customer-success-{name}", StateValue="ALARM", StateReason="a test")
    # THEN ours is reported with its runbook; whether a scan is overdue, the scans themselves say
    [result] = check_alarms(target(aws))
    assert (result.state, result.what) == ("bad", "the alarm qbr-waiting rings")
    assert "docs/operating.md" in result.advice


def test_a_stack_without_queues_is_not_one_whose_queues_are_empty(aws: boto3.Session) -> None:
    whole = target(aws, SalesHandoffMode="drafts")
    whole.aws.__dict__["functions"] = Mappings()
    assert [each.state for each in check_dead_letters(whole)] == ["bad"]
    assert [each.state for each in check_queues(whole)] == ["bad"]
