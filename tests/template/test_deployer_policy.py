"""The deployer's two policies allow what CloudFormation does to deploy the template, on names of ours, and no more.

What it does is what AWS says: the permissions that the registry's schema of each resource type lists for creating,
reading, updating and deleting one. cfn-lint brings these schemas along.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from tests.template.cloud import ROOT, Cloud

POLICIES = {
    name: json.loads((ROOT / "docs" / name).read_text("utf-8"))
    for name in ("deployer-policy.json", "deployer-policy-data.json")
}
STATEMENTS = [statement for policy in POLICIES.values() for statement in policy["Statement"]]
LARGEST = 6144
"""Characters that IAM takes as a managed policy, white space not counted."""

REGION, ACCOUNT, STACK = "eu-central-1", "123456789012", "customer-success-prod"
DEEDS = ("create", "read", "update", "delete")

# The ARN of one resource of each type as it is called on AWS. What the template does not name, CloudFormation does: by
# stack, logical id and chance; a secret by logical id and chance alone.
ARNS = {
    "ApiGateway::Deployment": f"arn:aws:apigateway:{REGION}::/restapis/a1b2c3/deployments/d1",
    "ApiGateway::RestApi": f"arn:aws:apigateway:{REGION}::/restapis",
    "ApiGateway::Stage": f"arn:aws:apigateway:{REGION}::/restapis/a1b2c3/stages/prod",
    "CloudWatch::Alarm": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{STACK}-scan-overdue",
    "CloudWatch::Dashboard": f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{STACK}",
    "DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{STACK}-Table-1ABCDEF",
    "Events::EventBus": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{STACK}",
    "Events::Rule": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{STACK}-ScanRule-1ABCDEF",
    "IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{STACK}-HealthScanRole-1ABCDEF",
    "Lambda::EventSourceMapping": f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:1a2b-3c4d",
    "Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{STACK}-health-scan",
    "Lambda::LayerVersion": f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:{STACK}-scorer:7",
    "Lambda::Permission": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{STACK}-api",
    "Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{STACK}-health-scan",
    "S3::Bucket": f"arn:aws:s3:::{STACK}-inbox-{ACCOUNT}",
    "S3::BucketPolicy": f"arn:aws:s3:::{STACK}-inbox-{ACCOUNT}",
    "SNS::Subscription": f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-churn-alerts",
    "SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-churn-alerts",
    "SNS::TopicPolicy": f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-churn-alerts",
    "SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{STACK}-scan",
    "SQS::QueuePolicy": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{STACK}-scan",
    "SecretsManager::Secret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:ApiCursorKey-1ABCDEF-x1y2z3",
}

# Actions on something else than the resource itself.
ELSEWHERE = {
    "iam:PassRole": ARNS["IAM::Role"],
    "lambda:GetLayerVersion": ARNS["Lambda::LayerVersion"],
    "s3:GetObject": "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-1ab/customer-success-prod/1a2b",
    "s3:GetObjectVersion": "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-1ab/customer-success-prod/1a2b",
    "s3:DeleteObject": f"{ARNS['S3::Bucket']}/in/usage/product/a.csv",
    "sns:Unsubscribe": "*",
    "sns:GetSubscriptionAttributes": "*",
    "sns:SetSubscriptionAttributes": "*",
}
LISTED_BY_REGION = {
    "cloudwatch:DescribeAlarms",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "secretsmanager:GetRandomPassword",
}

# What a handler does only for a property that no resource of ours has.
WITHOUT: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ApiGateway::RestApi": {
        "BodyS3Location": ("s3:GetObject",),
        "Policy": ("apigateway:UpdateRestApiPolicy",),
        "CloneFrom": ("iam:PassRole",),
    },
    "DynamoDB::Table": {
        "ContributorInsightsSpecification": ("dynamodb:UpdateContributorInsights", "iam:CreateServiceLinkedRole"),
        "GlobalSecondaryIndexes": ("dynamodb:CreateTableReplica", "dynamodb:AssociateTableReplica"),
        "ImportSourceSpecification": (
            "dynamodb:ImportTable",
            "dynamodb:DescribeImport",
            "dynamodb:*Item",
            "dynamodb:Query",
            "dynamodb:Scan",
            "logs:*",
            "s3:*",
        ),
        "KinesisStreamSpecification": (
            "dynamodb:EnableKinesisStreamingDestination",
            "dynamodb:DisableKinesisStreamingDestination",
            "dynamodb:UpdateKinesisStreamingDestination",
            "kinesis:*",
        ),
        "ResourcePolicy": ("dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy"),
    },
    "Events::EventBus": {"KmsKeyIdentifier": ("kms:*",), "Policy": ("events:PutPermission", "events:RemovePermission")},
    "Events::Rule": {"RoleArn": ("iam:PassRole",)},
    "IAM::Role": {
        "ManagedPolicyArns": ("iam:AttachRolePolicy", "iam:DetachRolePolicy"),
        "Description": ("iam:UpdateRoleDescription",),
        "MaxSessionDuration": ("iam:UpdateRole",),
    },
    "Lambda::EventSourceMapping": {"KmsKeyArn": ("kms:*",)},
    "Lambda::Function": {
        "VpcConfig": ("ec2:*",),
        "FileSystemConfigs": ("elasticfilesystem:*", "s3files:*"),
        "KmsKeyArn": ("kms:*",),
        "CodeSigningConfigArn": (
            "lambda:GetCodeSigningConfig",
            "lambda:PutFunctionCodeSigningConfig",
            "lambda:DeleteFunctionCodeSigningConfig",
        ),
        "RuntimeManagementConfig": ("lambda:PutRuntimeManagementConfig", "lambda:AssociateRuntimeAlias"),
        "RecursiveLoop": ("lambda:PutFunctionRecursionConfig",),
        "ReservedConcurrentExecutions": ("lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"),
        "CapacityProviderConfig": ("lambda:PassCapacityProvider", "lambda:PublishVersion"),
        "FunctionScalingConfig": ("lambda:PutFunctionScalingConfig",),
    },
    "Logs::LogGroup": {
        "BearerTokenAuthenticationEnabled": ("logs:PutBearerTokenAuthentication",),
        "DataProtectionPolicy": (
            "logs:PutDataProtectionPolicy",
            "logs:DeleteDataProtectionPolicy",
            "logs:CreateLogDelivery",
            "firehose:*",
            "s3:*",
        ),
        "DeletionProtectionEnabled": ("logs:PutLogGroupDeletionProtection",),
        "FieldIndexPolicies": ("logs:PutIndexPolicy", "logs:DeleteIndexPolicy"),
        "KmsKeyId": ("logs:AssociateKmsKey", "logs:DisassociateKmsKey"),
        "ResourcePolicyDocument": ("logs:PutResourcePolicy", "logs:DeleteResourcePolicy"),
    },
    "S3::Bucket": {
        "AbacStatus": ("s3:PutBucketAbac",),
        "AccelerateConfiguration": ("s3:PutAccelerateConfiguration",),
        "AccessControl": ("s3:*Acl",),
        "AnalyticsConfigurations": ("s3:PutAnalyticsConfiguration", "s3:DeleteBucketAnalyticsConfiguration"),
        "CorsConfiguration": ("s3:PutBucketCORS", "s3:DeleteBucketCors"),
        "IntelligentTieringConfigurations": ("s3:PutIntelligentTieringConfiguration",),
        "InventoryConfigurations": ("s3:PutInventoryConfiguration",),
        "LoggingConfiguration": ("s3:PutBucketLogging",),
        "MetadataConfiguration": ("s3:UpdateBucketMetadata*",),
        "MetadataTableConfiguration": ("s3:CreateBucketMetadata*", "s3:DeleteBucketMetadata*", "s3tables:*"),
        "MetricsConfigurations": ("s3:PutMetricsConfiguration", "s3:DeleteBucketMetricsConfiguration"),
        "ObjectLockConfiguration": ("s3:PutBucketObjectLockConfiguration", "s3:PutObjectLockConfiguration"),
        "ReplicationConfiguration": (
            "s3:PutReplicationConfiguration",
            "s3:PutBucketReplication",
            "s3:DeleteBucketReplication",
            "iam:PassRole",
        ),
        "WebsiteConfiguration": ("s3:PutBucketWebsite", "s3:DeleteBucketWebsite"),
    },
    "SNS::Subscription": {"SubscriptionRoleArn": ("iam:*",)},
    "SNS::Topic": {"DeliveryStatusLogging": ("iam:*",), "DataProtectionPolicy": ("sns:PutDataProtectionPolicy",)},
    "SecretsManager::Secret": {
        "ReplicaRegions": ("secretsmanager:ReplicateSecretToRegions", "secretsmanager:RemoveRegionsFromReplication")
    },
}

# What the registry lists as actions and IAM does not know: the action that allows it.
ALLOWED_BY = {
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketTagging": "s3:PutBucketTagging",
}

# Of keys that AWS manages: their own policies let in everybody whom the service lets in.
MANAGED_KEYS = {"DynamoDB::Table": "kms:*"}

# What the SAM CLI asks for itself; tests/e2e/test_sam_deploy.py deploys with it.
MANAGED = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/aws-sam-cli-managed-default/*"
OURS = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/1a2b"
BUCKET = "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-1ab"

EMPTYING = {"s3:ListBucketVersions", "s3:DeleteObject", "s3:DeleteObjectVersion"}
"""What a person does to our buckets before the stack is removed: CloudFormation removes none that holds objects."""


@pytest.mark.parametrize("policy", POLICIES)
def test_it_fits_into_a_managed_policy(policy: str) -> None:
    assert len("".join(json.dumps(POLICIES[policy], separators=(",", ":")).split())) <= LARGEST


def test_each_policy_is_about_services_of_its_own() -> None:
    # GIVEN the services of each, stacks and SAM's own bucket aside
    services = {
        name: {
            action.partition(":")[0]
            for statement in policy["Statement"]
            if statement["Sid"] != "Artifacts"
            for action in listed(statement["Action"])
        }
        for name, policy in POLICIES.items()
    }
    # THEN who asks where a permission stands finds one answer
    assert services["deployer-policy.json"] & services["deployer-policy-data.json"] == set()
    assert services["deployer-policy-data.json"] == {"dynamodb", "events", "s3", "secretsmanager", "sns", "sqs"}


def test_every_type_of_resource_is_known_here(cloud: Cloud) -> None:
    assert {resource.type for resource in cloud.resources.values()} == set(ARNS)


@pytest.mark.parametrize("kind", ARNS)
def test_each_resource_can_be_made_looked_at_changed_and_removed(kind: str) -> None:
    assert needed(kind)
    refused = {action for action in needed(kind) if not allowed(action, at(action, kind))}
    assert refused == set()


@pytest.mark.parametrize(("kind", "property_"), [(kind, name) for kind in WITHOUT for name in WITHOUT[kind]])
def test_what_is_left_out_is_for_properties_that_nothing_has(kind: str, property_: str, cloud: Cloud) -> None:
    assert property_ in registered(kind)["properties"], f"{kind} has no {property_}"
    for resource in cloud.all(kind):
        assert property_ not in resource.properties, resource.id


def test_only_aws_managed_keys_are_used(cloud: Cloud) -> None:
    (table,) = cloud.all("DynamoDB::Table")
    assert "KMSMasterKeyId" not in table.properties["SSESpecification"]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        *(
            (f"cloudformation:{each}ChangeSet", stack)
            for each in ("Create", "Describe", "Execute")
            for stack in (OURS, MANAGED)
        ),
        *((f"cloudformation:Describe{each}", stack) for each in ("Stacks", "StackEvents") for stack in (OURS, MANAGED)),
        ("cloudformation:CreateChangeSet", f"arn:aws:cloudformation:{REGION}:aws:transform/Serverless-2016-10-31"),
        ("cloudformation:DeleteStack", OURS),
        ("cloudformation:GetTemplate", OURS),
        ("cloudformation:GetTemplateSummary", "*"),
        ("s3:PutObject", f"{BUCKET}/customer-success-prod/1a2b"),
        ("s3:GetObject", f"{BUCKET}/customer-success-prod/1a2b"),
        ("s3:DeleteObject", f"{BUCKET}/customer-success-prod/1a2b"),
        ("s3:DeleteObjectVersion", f"{BUCKET}/customer-success-prod/1a2b"),  # the bucket is emptied by hand
        ("s3:ListBucket", BUCKET),
        *(
            (f"s3:{each}", BUCKET)
            for each in (
                "CreateBucket",
                "DeleteBucket",
                "DeleteBucketPolicy",
                "GetBucketPolicy",
                "PutBucketPolicy",
                "PutBucketPublicAccessBlock",
                "PutBucketTagging",
                "PutBucketVersioning",
                "PutEncryptionConfiguration",
                "TagResource",
                "UntagResource",
            )
        ),
    ],
)
def test_what_sam_itself_asks_for_is_allowed(action: str, resource: str) -> None:
    assert allowed(action, resource)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
        ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole"),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
        ("iam:AttachRolePolicy", ARNS["IAM::Role"]),
        ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:payroll"),
        ("lambda:InvokeFunction", ARNS["Lambda::Function"]),
        ("cloudformation:DeleteStack", f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/network/1a2b"),
        ("dynamodb:DeleteTable", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders"),
        ("dynamodb:Scan", ARNS["DynamoDB::Table"]),
        ("dynamodb:GetItem", ARNS["DynamoDB::Table"]),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:csm/prod/notion-x1y2z3"),
        ("s3:GetObject", "arn:aws:s3:::customers/book.csv"),
        ("s3:DeleteBucket", "arn:aws:s3:::customers"),
        ("s3:GetObject", f"{ARNS['S3::Bucket']}/in/usage/product/a.csv"),
        ("s3:PutObject", f"{ARNS['S3::Bucket']}/in/usage/product/a.csv"),
        ("sqs:ReceiveMessage", ARNS["SQS::Queue"]),
        ("sns:Publish", ARNS["SNS::Topic"]),
    ],
)
def test_what_is_not_ours_and_what_accounts_hold_stays_out_of_reach(action: str, resource: str) -> None:
    assert not allowed(action, resource)


def test_a_bucket_can_be_emptied_by_who_removes_it() -> None:
    for bucket in ("inbox", "content"):
        arn = f"arn:aws:s3:::{STACK}-{bucket}-{ACCOUNT}"
        assert {
            action for action in EMPTYING if allowed(action, arn if "List" in action else f"{arn}/a/b.csv")
        } == EMPTYING


def test_roles_are_passed_to_functions_alone() -> None:
    (passing,) = (each for each in STATEMENTS if "iam:PassRole" in listed(each["Action"]))
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}


def test_event_sources_are_those_of_our_functions() -> None:
    (statement,) = (e for e in STATEMENTS if "lambda:CreateEventSourceMapping" in listed(e["Action"]))
    (function,) = statement["Condition"]["ArnLike"].values()
    assert fnmatchcase(ARNS["Lambda::Function"], function)
    assert not fnmatchcase(f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:payroll", function)


def test_nothing_is_allowed_that_no_deployment_needs() -> None:
    # GIVEN all that CloudFormation does to our resources
    wanted = {action for kind in ARNS for action in needed(kind)}
    # THEN each action of the policies is among it, those aside that are for stacks, SAM's own bucket, emptying ours
    for statement in STATEMENTS:
        for action in listed(statement["Action"]):
            if action.partition(":")[0] != "cloudformation" and statement["Sid"] != "Artifacts":
                assert action in wanted | EMPTYING, action
    # AND what is allowed on everything changes nothing, subscriptions aside: AWS narrows those by no name
    changing = {
        action
        for statement in STATEMENTS
        if "*" in listed(statement["Resource"]) and "Condition" not in statement
        for action in listed(statement["Action"])
        if not action.partition(":")[2].startswith(("Describe", "Get", "List"))
    }
    assert changing == {"sns:SetSubscriptionAttributes", "sns:Unsubscribe"}


def needed(kind: str) -> set[str]:
    """What is done to our resources of a type."""
    left_out = [pattern for patterns in WITHOUT.get(kind, {}).values() for pattern in patterns]
    left_out += [MANAGED_KEYS[kind]] if kind in MANAGED_KEYS else []
    return {
        ALLOWED_BY.get(action, action)
        for action in everything(kind)
        if not any(fnmatchcase(action, each) for each in left_out)
    }


def everything(kind: str) -> set[str]:
    """What AWS lists for a type, tags included."""
    listed_for = [handler["permissions"] for deed, handler in registered(kind)["handlers"].items() if deed in DEEDS]
    return {action for actions in listed_for for action in actions} | set(
        registered(kind)["tagging"].get("permissions", [])
    )


def registered(kind: str) -> dict[str, Any]:
    """The registry's schema of a type."""
    schema: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, f"AWS::{kind}").schema
    return schema


def at(action: str, kind: str) -> str:
    """What an action is done to when a resource of a type is deployed."""
    return "*" if action in LISTED_BY_REGION else ELSEWHERE.get(action, ARNS[kind])


def allowed(action: str, resource: str) -> bool:
    """Whether a statement covers both; conditions are looked at by tests of their own."""
    return any(
        any(fnmatchcase(action, pattern) for pattern in listed(statement["Action"]))
        and any(pattern == "*" or fnmatchcase(resource, pattern) for pattern in listed(statement["Resource"]))
        for statement in STATEMENTS
    )


def listed(one_or_several: Any) -> list[str]:
    return one_or_several if isinstance(one_or_several, list) else [one_or_several]


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
