"""Deploys the template: uploads the zips and creates or updates the stack, as `sam deploy` would."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from customer_success.aws.errors import code_of
from customer_success.settings import shadow_of
from local.stack.aws import NO_STACK, Aws
from local.stack.template import Template, resources_with_code, without_metric_math

ARTIFACTS = "customer-success-artifacts"
UNCHANGED = "UNCHANGED"
DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", UNCHANGED)
ASLEEP = "Asleep"
NOTHING_NEW = "No updates are to be performed"
POLL_SECONDS = 0.1
DEPLOY_SECONDS = 120.0


class DeployError(Exception):
    """The stack could not be created or updated; the text names each resource and why."""


@dataclass(frozen=True)
class Deployment:
    """What stands after a deployment, by names without the stage's prefix: "alert-email", "alert-email-dlq".

    Attributes:
        outputs: the template's outputs.
        parameters: the values that the template's parameters have.
        queues: URL of each queue by its name.
        log_groups: log group of each function by the function's name.
    """

    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    queues: Mapping[str, str]
    log_groups: Mapping[str, str]

    @property
    def space(self) -> str:
        """The key of rows and messages: the tenant, or its shadow."""
        tenant_id = self.parameters["TenantId"]
        return shadow_of(tenant_id) if self.parameters["Shadow"] == "true" else tenant_id


def deploy(
    aws: Aws, template: Template, zips: Mapping[str, Path], stack: str, parameters: Mapping[str, str]
) -> Deployment:
    """Creates the stack, or updates it where template, code or parameters changed.

    Args:
        aws: where to.
        template: the SAM template as it is written.
        zips: the code of each resource that has some, by logical id.
        stack: name of the stack.
        parameters: the template's parameters that differ from their defaults.

    Raises:
        DeployError: a parameter is refused, a resource could not be made, or it took longer than two minutes.
    """
    started = datetime.now(UTC)
    status = _change(
        aws,
        stack,
        TemplateURL=_upload(aws, template, zips),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    if status not in DONE:
        reasons = "\n".join(_failures(aws, stack, started))
        raise DeployError(f"stack {stack} ended as {status}:\n{reasons}")
    _wake_functions(aws)
    return describe(aws, stack)


def describe(aws: Aws, stack: str) -> Deployment:
    """What stands of a stack deployed earlier, here or on AWS. Raises `DeployError` for one of another template."""
    found = aws.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])}
    if not {"Stage", "TenantId", "Shadow"} <= set(parameters):
        raise DeployError(f"{stack} was not made from this template: name the deployment's stack with STACK=…")
    prefix = f"customer-success-{parameters['Stage']}-"
    physical: dict[str, list[str]] = {}
    for page in aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for resource in page["StackResourceSummaries"]:
            physical.setdefault(resource["ResourceType"], []).append(resource["PhysicalResourceId"])
    queues, log_groups = physical.get("AWS::SQS::Queue", []), physical.get("AWS::Logs::LogGroup", [])
    if not queues:
        raise DeployError(f"{stack} is {found['StackStatus']} and has no queue: deploy it anew")
    return Deployment(
        outputs={output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])},
        parameters=parameters,
        queues={url.rpartition("/")[2].removeprefix(prefix): url for url in sorted(queues)},
        log_groups={name.rpartition("/")[2].removeprefix(prefix): name for name in sorted(log_groups)},
    )


def _upload(aws: Aws, template: Template, zips: Mapping[str, Path]) -> str:
    """Puts code and template where the deployment finds them; answers the template's URL."""
    if ARTIFACTS not in [bucket["Name"] for bucket in aws.s3.list_buckets()["Buckets"]]:
        region: Any = aws.session.region_name
        aws.s3.create_bucket(Bucket=ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": region})
    packaged = without_metric_math(template)
    for logical_id, code_property, _ in resources_with_code(template):
        path = zips[logical_id]
        aws.s3.upload_file(str(path), ARTIFACTS, path.name)
        packaged["Resources"][logical_id]["Properties"][code_property] = f"s3://{ARTIFACTS}/{path.name}"
    aws.s3.put_object(Bucket=ARTIFACTS, Key="template.json", Body=json.dumps(packaged).encode())
    return f"{aws.endpoint}/{ARTIFACTS}/template.json"


def _change(aws: Aws, stack: str, **wanted: Any) -> str:
    """Creates or updates the stack; answers the status it ends in."""
    status = _status(aws, stack)
    if status == "ROLLBACK_COMPLETE":
        aws.cloudformation.delete_stack(StackName=stack)
        status = _settled(aws, stack)
    try:
        if status in (None, "DELETE_COMPLETE"):
            aws.cloudformation.create_stack(StackName=stack, **wanted)
        else:
            aws.cloudformation.update_stack(StackName=stack, **wanted)
    except ClientError as error:
        if NOTHING_NEW in str(error):
            return UNCHANGED
        raise DeployError(f"stack {stack}: {error.response['Error']['Message']}") from error
    return _settled(aws, stack)


def _wake_functions(aws: Aws) -> None:
    """A stack that was stopped starts asleep, so that no function runs before it knows today's addresses.

    What the template has switched off stays so.
    """
    for page in aws.functions.get_paginator("list_event_source_mappings").paginate():
        for mapping in page["EventSourceMappings"]:
            if mapping["State"] == ASLEEP:
                aws.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def _status(aws: Aws, stack: str) -> str | None:
    try:
        return aws.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if code_of(error) == NO_STACK:
            return None
        raise


def _settled(aws: Aws, stack: str) -> str:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while (status := _status(aws, stack) or "DELETE_COMPLETE").endswith("_IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise DeployError(f"stack {stack} is still {status} after {DEPLOY_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)
    return status


def _failures(aws: Aws, stack: str, since: datetime) -> Iterator[str]:
    for page in aws.cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack):
        for event in page["StackEvents"]:
            if event["Timestamp"] >= since and event["ResourceStatus"].endswith("_FAILED"):
                reason = event.get("ResourceStatusReason", "no reason given")
                yield f"  {event['LogicalResourceId']}: {reason}"
