"""Two stages live side by side in one account: every name has the stage in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.stack.template import Template
from tests.template.cloud import Cloud, environment

# Where each kind of resource says its own name; names within a resource need no stage.
NAMES = {
    "ApiGateway::RestApi": "Name",
    "CloudWatch::Alarm": "AlarmName",
    "CloudWatch::Dashboard": "DashboardName",
    "DynamoDB::Table": "TableName",
    "Events::EventBus": "Name",
    "Events::Rule": "Name",
    "IAM::Role": "RoleName",
    "Lambda::Function": "FunctionName",
    "Logs::LogGroup": "LogGroupName",
    "S3::Bucket": "BucketName",
    "SNS::Topic": "TopicName",
    "SQS::Queue": "QueueName",
    "SecretsManager::Secret": "Name",
}
NAMELESS = {
    "ApiGateway::Deployment",
    "ApiGateway::Stage",
    "Lambda::EventSourceMapping",
    "Lambda::LayerVersion",  # see below: SAM fills in the stage by itself
    "Lambda::Permission",
    "S3::BucketPolicy",
    "SNS::Subscription",
    "SNS::TopicPolicy",
    "SQS::QueuePolicy",
}


def test_every_kind_of_resource_is_known_here(cloud: Cloud) -> None:
    assert {resource.type for resource in cloud.resources.values()} <= set(NAMES) | NAMELESS


def test_every_name_has_the_stage_in_it(cloud: Cloud) -> None:
    named = {resource.id: name for resource, name in names(cloud)}
    assert len(named) > 80
    for resource, name in named.items():
        assert "${Stage}" in str(name), resource


def test_every_layer_has_the_stage_in_its_name(source: Template) -> None:
    layers = [body for body in source["Resources"].values() if body["Type"] == "AWS::Serverless::LayerVersion"]
    assert layers
    for layer in layers:
        assert "${Stage}" in layer["Properties"]["LayerName"]["Fn::Sub"]


def test_no_name_is_used_twice(cloud: Cloud) -> None:
    taken = [(resource.type, str(name)) for resource, name in names(cloud)]
    assert len(set(taken)) == len(taken)


def test_the_name_of_a_bucket_is_free_in_every_account(cloud: Cloud) -> None:
    # Names of buckets are shared by all of AWS.
    for bucket in cloud.all("S3::Bucket"):
        assert bucket.properties["BucketName"]["Fn::Sub"].endswith("-${AWS::AccountId}"), bucket.id


def test_metrics_are_counted_by_stage(cloud: Cloud) -> None:
    for function in cloud.all("Lambda::Function"):
        namespace = environment(function)["POWERTOOLS_METRICS_NAMESPACE"]
        assert namespace == {"Fn::Sub": "CustomerSuccess/${Stage}"}, function.id


def names(cloud: Cloud) -> Iterator[tuple[Any, Any]]:
    """Each resource that is given a name, and the name. What has none gets one of CloudFormation, by stack."""
    for resource in cloud.resources.values():
        if (name := resource.properties.get(NAMES.get(resource.type, ""))) is not None:
            yield resource, name
