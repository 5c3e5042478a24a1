"""The table keeps what it must, the topic notifies whom it should, and each rule starts its own job."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import pytest

from customer_success.messages import ChurnAlert, DigestReady
from tests.template.cloud import Cloud, named_by

SINGLE_ALERTS = {"kind": ["alert"], "delivery": ["single"]}


def test_the_table_outlives_the_stack_and_forgets_what_has_expired(cloud: Cloud) -> None:
    (table,) = cloud.all("DynamoDB::Table")
    assert table.deletion_policy == "Retain"
    assert table.properties["DeletionProtectionEnabled"] is True
    assert "TableName" not in table.properties  # a name would be taken when the stack is made again
    assert table.properties["BillingMode"] == "PAY_PER_REQUEST"
    assert table.properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table.properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table.properties["SSESpecification"] == {"SSEEnabled": True}


def test_buckets_are_closed_and_what_is_delivered_does_not_stay(cloud: Cloud) -> None:
    for bucket in cloud.all("S3::Bucket"):
        assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}, bucket.id
        assert bucket.properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        (policy,) = (p for p in cloud.all("S3::BucketPolicy") if named_by(p.properties["Bucket"]) == bucket.id)
        (refusal,) = policy.properties["PolicyDocument"]["Statement"]
        assert (refusal["Effect"], refusal["Principal"], refusal["Action"]) == ("Deny", "*", "s3:*")
        assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        arn = {"Fn::GetAtt": [bucket.id, "Arn"]}
        assert refusal["Resource"] == [arn, {"Fn::Sub": f"${{{bucket.id}.Arn}}/*"}], bucket.id
    # What was taken in is in the table: neither a file nor an old version of it stays for longer than 30 days.
    (rule,) = cloud.resources["InboxBucket"].properties["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 30)
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}


def test_subscriptions_hand_on_the_bare_message_and_choose_by_its_attributes(cloud: Cloud) -> None:
    for subscription in cloud.all("SNS::Subscription"):
        assert subscription.properties["Protocol"] == "sqs", subscription.id
        assert subscription.properties["RawMessageDelivery"] is True, subscription.id
        assert subscription.properties["FilterPolicyScope"] == "MessageAttributes", subscription.id
        assert subscription.properties["FilterPolicy"], subscription.id


def test_a_filter_asks_for_what_a_message_can_say(cloud: Cloud) -> None:
    # GIVEN the attributes that go with a message on the topic, and the values that its models allow
    can_say = {
        attribute: {value for model in (ChurnAlert, DigestReady) for value in get_args(hint(model, attribute))}
        for attribute in ("kind", "delivery")
    }
    assert can_say == {"kind": {"alert", "digest"}, "delivery": {"single", "digest"}}
    # THEN no subscription waits for an attribute or a value that never comes
    for subscription in cloud.all("SNS::Subscription"):
        for attribute, values in subscription.properties["FilterPolicy"].items():
            assert set(values) <= can_say[attribute], (subscription.id, attribute)


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


def test_alerts_are_encrypted_and_alarms_can_be_published(cloud: Cloud) -> None:
    # Alarms have no right to the AWS-managed key, and a key of one's own would cost more than all alarms.
    keys = {topic.id: topic.properties.get("KmsMasterKeyId") for topic in cloud.all("SNS::Topic")}
    assert keys == {"ChurnAlerts": "alias/aws/sns", "AlarmTopic": None}


def test_topics_refuse_open_lines(cloud: Cloud) -> None:
    for topic in cloud.all("SNS::Topic"):
        refusals = [s for s in cloud.topic_policy(topic.id) if s.effect == "Deny"]
        assert [(s.principal, s.actions, s.condition) for s in refusals] == [
            ("*", ["sns:Publish"], {"Bool": {"aws:SecureTransport": "false"}})
        ], topic.id


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


def test_all_that_a_person_or_another_system_looks_for_is_an_output(cloud: Cloud) -> None:
    # GIVEN the outputs of a deployment
    exported = {named_by(output["Value"]) for output in cloud.template["Outputs"].values()}
    # THEN the table, the topics, the bus, the rules, the dashboard, the API and every queue are among them
    for kind in (
        "DynamoDB::Table",
        "SNS::Topic",
        "Events::EventBus",
        "Events::Rule",
        "CloudWatch::Dashboard",
        "ApiGateway::RestApi",
        "SQS::Queue",
    ):
        assert {resource.id for resource in cloud.all(kind)} <= exported, kind
    # AND the addresses to open
    links = {name for name, output in cloud.template["Outputs"].items() if "https" in str(output["Value"])}
    assert links == {"ApiUrl", "DashboardUrl"}


def test_an_output_stands_under_the_condition_of_what_it_names(cloud: Cloud) -> None:
    for name, output in cloud.template["Outputs"].items():
        resource = cloud.template["Resources"].get(named_by(output["Value"]), {})
        assert output.get("Condition") == resource.get("Condition"), name


def hint(model: type, attribute: str) -> Any:
    """What a message model allows for one of its fields."""
    return get_type_hints(model)[attribute]
