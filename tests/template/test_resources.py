"""The table keeps what it must, the topic tells whom it should, and somebody hears of dead letters."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local.stack.template import Template
from tests.template.cloud import Cloud, named_by

SINGLE_ALERTS = {"kind": ["alert"], "delivery": ["single"]}


def test_the_table_outlives_the_stack_and_forgets_what_has_expired(cloud: Cloud) -> None:
    (table,) = cloud.all("DynamoDB::Table")
    assert table.deletion_policy == "Retain"
    assert "TableName" not in table.properties  # a name would be taken when the stack is made again
    assert table.properties["BillingMode"] == "PAY_PER_REQUEST"
    assert table.properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table.properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table.properties["SSESpecification"] == {"SSEEnabled": True}


def test_subscriptions_hand_on_the_bare_message_and_choose_by_its_attributes(cloud: Cloud) -> None:
    for subscription in cloud.all("SNS::Subscription"):
        assert subscription.properties["Protocol"] == "sqs", subscription.id
        assert subscription.properties["RawMessageDelivery"] is True, subscription.id
        assert subscription.properties["FilterPolicyScope"] == "MessageAttributes", subscription.id
        assert subscription.properties["FilterPolicy"], subscription.id


@pytest.mark.parametrize(
    ("queue", "hears"),
    [
        ("AlertNotionQueue", {"kind": ["alert"]}),
        ("AlertEventBusQueue", {"kind": ["alert"]}),
        ("AlertEmailQueue", SINGLE_ALERTS),
        ("AlertChatQueue", {"delivery": ["single"]}),  # a digest is published as single, of kind digest
    ],
)
def test_each_channel_hears_what_concerns_it(cloud: Cloud, queue: str, hears: dict[str, Any]) -> None:
    (subscription,) = (s for s in cloud.all("SNS::Subscription") if named_by(s.properties["Endpoint"]) == queue)
    assert subscription.properties["FilterPolicy"] == hears


def test_topics_refuse_open_lines(cloud: Cloud) -> None:
    for topic in cloud.all("SNS::Topic"):
        refusals = [s for s in cloud.topic_policy(topic.id) if s.effect == "Deny"]
        assert [(s.principal, s.actions, s.condition) for s in refusals] == [
            ("*", ["sns:Publish"], {"Bool": {"aws:SecureTransport": "false"}})
        ], topic.id


def test_somebody_hears_of_every_dead_letter(cloud: Cloud) -> None:
    alarms = {
        named_by(alarm.properties["Dimensions"][0]["Value"]): alarm.properties
        for alarm in cloud.all("CloudWatch::Alarm")
        if alarm.properties["Namespace"] == "AWS/SQS"
    }
    assert set(alarms) == set(cloud.dead_letter_queues)
    for queue, alarm in alarms.items():
        assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible", queue
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0), queue
        assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}]
        assert alarm["AlarmActions"]["Fn::If"][:2] == ["AlarmsHaveRecipient", [{"Ref": "AlarmTopic"}]], queue


@pytest.mark.parametrize(
    ("rule", "schedule", "default", "condition", "queue"),
    [
        ("ScanRule", "ScanSchedule", "cron(0 7 * * ? *)", "ScanRunsDaily", "ScanQueue"),
        ("ContractRule", "ContractSchedule", "cron(0 8 * * ? *)", "ContractCheckRunsDaily", "ContractCheckQueue"),
        ("QbrRule", "QbrSchedule", "cron(0 12 1 1,4,7,10 ? *)", "QbrsRunQuarterly", "QbrPlanQueue"),
    ],
)
def test_each_rule_starts_its_own_job_at_its_hour_unless_it_is_switched_off(
    cloud: Cloud, rule: str, schedule: str, default: str, condition: str, queue: str
) -> None:
    properties = cloud.resources[rule].properties
    assert properties["ScheduleExpression"] == {"Ref": schedule}
    assert cloud.template["Parameters"][schedule]["Default"] == default
    assert properties["State"] == {"Fn::If": [condition, "ENABLED", "DISABLED"]}
    assert [named_by(target["Arn"]) for target in properties["Targets"]] == [queue]


def test_every_parameter_is_described_bounded_and_fits_its_own_default(source: Template) -> None:
    for name, parameter in source["Parameters"].items():
        assert parameter["Description"].endswith((".", "*)")), name
        match parameter:
            case {"AllowedValues": allowed}:
                assert parameter["Default"] in allowed, name
            case {"Type": "Number"}:
                assert parameter["MinValue"] <= parameter["Default"] <= parameter["MaxValue"], name
            case {"AllowedPattern": pattern}:
                assert re.fullmatch(pattern, parameter.get("Default", "")) or "Default" not in parameter, name
            case _:
                pytest.fail(f"{name} takes anything")


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        ("Stage", "prod-2", "Prod"),
        ("TenantId", "acme", "acme/other"),
        ("Timezone", "America/Argentina/Buenos_Aires", "Europe Berlin"),
        ("Holidays", "2024-12-25,2024-12-26", "25.12.2024"),
        ("FallbackOwner", "lead@acme.example", "lead"),
        ("ScanSchedule", "rate(1 day)", "0 7 * * *"),
        ("NotionApiUrl", "https://api.notion.com", "https://api.notion.com/"),
        ("NotionAccounts", "0f7d2a9c5b1e4c3d8a6f0e1d2c3b4a59", "Accounts"),
        ("NotionProperties", '{"arr": "Annual value"}', "arr=Annual value"),
        ("GoogleChatSpace", "spaces/AAAA", "AAAA"),
        ("NotionQbrs", "0f7d2a9c-5b1e-4c3d-8a6f-0e1d2c3b4a59", "QBR"),
        ("BedrockModelId", "eu.anthropic.claude-sonnet-4-20250514-v1:0", "arn/of a model"),
        ("AlarmEmail", "ops@acme.example", "ops"),
    ],
)
def test_parameters_refuse_what_cannot_be_right(source: Template, parameter: str, good: str, bad: str) -> None:
    pattern = source["Parameters"][parameter]["AllowedPattern"]
    assert re.fullmatch(pattern, good)
    assert not re.fullmatch(pattern, bad)
