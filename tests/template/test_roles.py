"""Each function may do its own work and nothing else."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from local.stack.template import Template
from tests.template.cloud import SOURCE, Cloud, Resource, Statement, environment, named_by

OWN_QUEUE = {
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
}
FOLDER = re.compile(r"\$\{(\w+)\.Arn\}/([a-z]+)/\*")
"""A folder of a bucket of the template's."""
OWN_LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}


def test_every_function_has_a_role_of_its_own(cloud: Cloud) -> None:
    roles = Counter(named_by(function.properties["Role"]) for function in cloud.all("Lambda::Function"))
    assert set(roles) == {role.id for role in cloud.all("IAM::Role")}
    assert set(roles.values()) == {1}


def test_roles_are_for_lambda_and_take_over_no_other_policies(cloud: Cloud) -> None:
    for role in cloud.all("IAM::Role"):
        assert "ManagedPolicyArns" not in role.properties, role.id
        assert role.properties["AssumeRolePolicyDocument"]["Statement"] == [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ], role.id


def test_every_role_stays_within_the_boundary_that_an_account_asks_for(cloud: Cloud) -> None:
    bounded = {"Fn::If": ["RolesAreBounded", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]}
    assert cloud.template["Conditions"]["RolesAreBounded"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "PermissionsBoundary"}, ""]}]
    }
    for role in cloud.all("IAM::Role"):
        assert role.properties["PermissionsBoundary"] == bounded, role.id


def test_no_role_has_a_wildcard_for_an_action_or_for_what_can_be_named(cloud: Cloud) -> None:
    for function in cloud.all("Lambda::Function"):
        for statement in cloud.permissions(function):
            assert not [action for action in statement.actions if "*" in action], statement
            assert all(is_named(resource) or is_bound(statement) for resource in statement.resources), statement


def test_a_function_may_take_its_own_messages_and_write_its_own_log(cloud: Cloud) -> None:
    for _, queue, function in cloud.fed_by_queue:
        # These alone put messages on their own queue: what follows a scan, and what looks again until all is done.
        more = {"sqs:SendMessage"} if function.id in ("HealthScan", "PlanQbrs") else set[str]()
        assert allowed(cloud, function, queue.id) == OWN_QUEUE | more, function.id
        assert allowed(cloud, function, named_by(function.properties["LoggingConfig"]["LogGroup"])) == OWN_LOG


def test_a_function_may_do_what_its_environment_points_to(cloud: Cloud) -> None:
    # GIVEN the resources in a function's environment
    for function in cloud.all("Lambda::Function"):
        known = environment(function)
        # THEN it may use it
        assert allowed(cloud, function, named_by(known["TABLE_NAME"])), function.id
        if "CHURN_TOPIC_ARN" in known:
            assert allowed(cloud, function, named_by(known["CHURN_TOPIC_ARN"])) == {"sns:Publish"}
        if "EVENT_BUS_NAME" in known:
            assert allowed(cloud, function, named_by(known["EVENT_BUS_NAME"])) == {"events:PutEvents"}
        secrets = {named_by(value) for name, value in known.items() if name.endswith("_SECRET")}
        assert readable_secrets(cloud, function) == secrets, function.id


def test_no_function_reads_the_whole_table_or_changes_the_table_itself(cloud: Cloud) -> None:
    rows_only = {"GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"}
    for function in cloud.all("Lambda::Function"):
        actions = allowed(cloud, function, "Table")
        assert actions <= {f"dynamodb:{action}" for action in rows_only}, function.id


@pytest.mark.parametrize("function", ["ContractCheck", "PlanQbrs"])
def test_what_keeps_no_ledger_deletes_nothing(cloud: Cloud, function: str) -> None:
    assert "dynamodb:DeleteItem" not in allowed(cloud, cloud.resources[function], "Table")


def test_who_could_delete_rows_is_known(cloud: Cloud) -> None:
    # IAM does not split BatchWriteItem into puts and deletes: it comes with the right to delete.
    able = {
        function.id: allowed(cloud, function, "Table") & {"dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}
        for function in cloud.all("Lambda::Function")
    }
    assert {name for name, actions in able.items() if not actions} == {"ApiFunction", "Ingest"}
    by_batches = {name for name, actions in able.items() if actions == {"dynamodb:BatchWriteItem"}}
    assert by_batches == {"ContractCheck", "PlanQbrs", "NotionSync"}


def test_what_is_delivered_is_only_read_and_only_results_are_written(cloud: Cloud) -> None:
    # GIVEN all that roles may do to objects
    objects = {
        (function.id, action, str(resource.get("Fn::Sub") or named_by(resource)))
        for function in cloud.all("Lambda::Function")
        for statement in cloud.permissions(function)
        for action in statement.actions
        if action.startswith("s3:")
        for resource in statement.resources
    }
    # THEN what a function writes cannot start it again, and it removes nothing
    assert objects == {
        ("Ingest", "s3:GetObject", "${InboxBucket.Arn}/in/*"),
        ("Ingest", "s3:ListBucket", "InboxBucket"),
        ("Ingest", "s3:PutObject", "${InboxBucket.Arn}/results/*"),
    }
    bucket = cloud.resources["InboxBucket"].properties
    assert named_by(environment(cloud.resources["Ingest"])["INBOX_BUCKET"]) == "InboxBucket"
    (configured,) = bucket["NotificationConfiguration"]["QueueConfigurations"]
    assert configured["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "in/"}]


def test_an_optional_secret_can_be_read_only_where_it_is_set(source: Template) -> None:
    optional = {name for name, body in source["Parameters"].items() if body.get("Default") == "" and "Secret" in name}
    assert optional == {"GmailSecret", "SlackSecret", "GoogleChatSecret"}
    for role in (body for body in source["Resources"].values() if body["Type"] == "AWS::IAM::Role"):
        for entry in role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]:
            # A statement under no condition names none of them.
            if "Fn::If" not in entry:
                assert not [name for name in optional if f"{{{name}}}" in str(entry)], entry
                continue
            condition, statement, otherwise = entry["Fn::If"]
            assert otherwise == {"Ref": "AWS::NoValue"}
            (named,) = {name for name in (*optional, "BedrockModelId") if f"{{{name}}}" in str(statement)}
            assert source["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": named}, ""]}]}


def test_each_role_and_each_policy_on_a_resource_says_why_in_a_comment_above_it(source: Template) -> None:
    text = SOURCE.read_text("utf-8")
    for name, body in source["Resources"].items():
        if body["Type"] in (
            "AWS::IAM::Role",
            "AWS::SQS::QueuePolicy",
            "AWS::SNS::TopicPolicy",
            "AWS::S3::BucketPolicy",
        ):
            above = text[: text.index(f"\n  {name}:\n")].rsplit("\n", 1)[-1]
            assert above.startswith("  # ") and not above.startswith("  # --"), f"{name}: no comment above it says why"


def test_only_reviews_and_offers_ask_a_model(cloud: Cloud) -> None:
    asking = [
        function.id
        for function in cloud.all("Lambda::Function")
        for statement in cloud.permissions(function)
        if "bedrock:InvokeModel" in statement.actions
    ]
    assert set(asking) == {"GenerateQbr", "CheckExpansion"}


def test_events_are_put_in_our_own_name_only(cloud: Cloud) -> None:
    for function in cloud.all("Lambda::Function"):
        for statement in cloud.permissions(function):
            if "events:PutEvents" in statement.actions:
                # Several events in one call have several sources: all of them have to be ours.
                ours = {"ForAllValues:StringEquals": {"events:source": "customer_success_manager"}}
                assert statement.condition == ours, function.id


def allowed(cloud: Cloud, function: Resource, resource: str) -> set[str]:
    """The actions that the function's role allows on that resource."""
    return {
        action
        for statement in cloud.permissions(function)
        if resource in map(named_by, statement.resources)
        for action in statement.actions
    }


def readable_secrets(cloud: Cloud, function: Resource) -> set[str]:
    """The parameters that name a secret which the function may read."""
    return {
        named_by(resource) or resource["Fn::Sub"].rpartition("${")[2].partition("}")[0]
        for statement in cloud.permissions(function)
        if statement.actions == ["secretsmanager:GetSecretValue"]
        for resource in statement.resources
    }


def is_bound(statement: Statement) -> bool:
    """Whether the statement allows models of any region through one named inference profile alone."""
    profile = statement.condition.get("StringEquals", {}).get("bedrock:InferenceProfileArn", {}).get("Fn::Sub", "")
    return statement.actions == ["bedrock:InvokeModel"] and profile.endswith(":inference-profile/${BedrockModelId}")


def is_named(resource: Any) -> bool:
    """Whether a statement's resource is one of the template's own, one folder of a bucket, or a secret of a given name.

    Secrets Manager adds six characters of its own to a secret's name, which are unknown beforehand.
    """
    match resource:
        case {"Ref": _} | {"Fn::GetAtt": _}:
            return True
        case {"Fn::Sub": str(arn)} if FOLDER.fullmatch(arn):
            return True
        case {"Fn::Sub": str(arn)}:
            return "*" not in arn and arn.endswith(("}-??????", "/${BedrockModelId}"))
    return False
