"""What the template makes of itself on AWS: its resources after the SAM transform, and how they refer to each other."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

from local.stack.template import Template, resources_with_code

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "template.yaml"
BUCKET_ARN = "arn:${AWS::Partition}:s3:::"


@dataclass(frozen=True)
class Resource:
    """One resource: its logical id, its type without "AWS::", its properties and its deletion policy."""

    id: str
    type: str
    properties: dict[str, Any]
    deletion_policy: str | None


@dataclass(frozen=True)
class Statement:
    """One statement of a policy, with the policy's owner for the sake of messages."""

    of: str
    effect: str
    actions: list[str]
    resources: list[Any]
    principal: Any
    condition: dict[str, Any]


@dataclass(frozen=True)
class Cloud:
    """All resources of a transformed template."""

    template: Template

    @cached_property
    def resources(self) -> dict[str, Resource]:
        return {name: _resource(name, body) for name, body in self.template["Resources"].items()}

    def all(self, kind: str) -> list[Resource]:
        """The resources of one type, such as "SQS::Queue"."""
        return [resource for resource in self.resources.values() if resource.type == kind]

    @cached_property
    def fed_by_queue(self) -> list[tuple[Resource, Resource, Resource]]:
        """Event source mapping, queue and function of each function that a queue feeds."""
        return [
            (mapping, self.at(mapping.properties["EventSourceArn"]), self.at(mapping.properties["FunctionName"]))
            for mapping in self.all("Lambda::EventSourceMapping")
        ]

    @cached_property
    def dead_letter_queues(self) -> dict[str, str]:
        """Logical id of each dead-letter queue, and of the queue or rule whose failures it takes."""
        found = {}
        for queue in self.all("SQS::Queue"):
            if redrive := queue.properties.get("RedrivePolicy"):
                found[named_by(redrive["deadLetterTargetArn"])] = queue.id
        for rule in self.all("Events::Rule"):
            for target in rule.properties["Targets"]:
                if dead_letters := target.get("DeadLetterConfig"):
                    found[named_by(dead_letters["Arn"])] = rule.id
        return found

    def at(self, reference: Any) -> Resource:
        """The resource that a Ref or GetAtt points to."""
        return self.resources[named_by(reference)]

    def source(self, reference: Any) -> str:
        """The resource that a policy's condition names, by a reference or by the ARN of a bucket that is made later."""
        match reference:
            case {"Fn::Sub": str(arn)} if arn.startswith(BUCKET_ARN):
                name = {"Fn::Sub": arn.removeprefix(BUCKET_ARN)}
                return next((each.id for each in self.all("S3::Bucket") if each.properties["BucketName"] == name), "")
        return named_by(reference)

    @cached_property
    def notified(self) -> dict[str, str]:
        """Logical id of each queue that a bucket notifies of new objects, and of the bucket."""
        return {
            named_by(configuration["Queue"]): bucket.id
            for bucket in self.all("S3::Bucket")
            for configuration in bucket.properties.get("NotificationConfiguration", {}).get("QueueConfigurations", [])
        }

    def permissions(self, function: Resource) -> list[Statement]:
        """What the function's role allows."""
        role = self.at(function.properties["Role"])
        return [
            statement
            for policy in role.properties["Policies"]
            for statement in _statements(role.id, policy["PolicyDocument"])
        ]

    def queue_policy(self, queue: str) -> list[Statement]:
        """The statements that are attached to a queue."""
        return [
            statement
            for policy in self.all("SQS::QueuePolicy")
            if queue in map(named_by, policy.properties["Queues"])
            for statement in _statements(policy.id, policy.properties["PolicyDocument"])
        ]

    def topic_policy(self, topic: str) -> list[Statement]:
        """The statements that are attached to a topic."""
        return [
            statement
            for policy in self.all("SNS::TopicPolicy")
            if topic in map(named_by, policy.properties["Topics"])
            for statement in _statements(policy.id, policy.properties["PolicyDocument"])
        ]


def transform(template: Template) -> Cloud:
    """What CloudFormation gets to see of the template, its code taken to be uploaded."""
    packaged = copy.deepcopy(template)
    for name, code_property, _ in resources_with_code(template):
        packaged["Resources"][name]["Properties"][code_property] = f"s3://artifacts/{name}.zip"
    somewhere = boto3.Session(region_name="eu-central-1")
    return Cloud(Translator({}, Parser(), boto_session=somewhere).translate(packaged, {}))


def named_by(reference: Any) -> str:
    """Logical id that a Ref or GetAtt names, or the first branch of a condition; anything else names nothing."""
    match reference:
        case {"Fn::If": [_, first, _]}:
            return named_by(first)
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
    return ""


def filled_in(value: Any, **parameters: str) -> str:
    """A text, the parameters in it replaced by their values; "${Stage}" stays where no stage is given."""
    text: str = value["Fn::Sub"] if isinstance(value, dict) else value
    for name, given in parameters.items():
        text = text.replace(f"${{{name}}}", given)
    return text


def service(function: Resource) -> str:
    """The name under which a function logs and counts."""
    name: str = environment(function)["POWERTOOLS_SERVICE_NAME"]
    return name


def environment(function: Resource) -> dict[str, Any]:
    """A function's environment variables."""
    variables: dict[str, Any] = function.properties["Environment"]["Variables"]
    return variables


def _resource(name: str, body: dict[str, Any]) -> Resource:
    kind = body["Type"].removeprefix("AWS::")
    return Resource(name, kind, body.get("Properties", {}), body.get("DeletionPolicy"))


def _statements(owner: str, document: dict[str, Any]) -> Iterator[Statement]:
    """The statements of a policy, those included that stand under a condition of the template."""
    for entry in document["Statement"]:
        for statement in entry["Fn::If"][1:] if "Fn::If" in entry else [entry]:
            if "Effect" in statement:
                yield Statement(
                    of=owner,
                    effect=statement["Effect"],
                    actions=_list(statement["Action"]),
                    resources=_list(statement["Resource"]),
                    principal=statement.get("Principal"),
                    condition=statement.get("Condition", {}),
                )


def _list(one_or_several: Any) -> list[Any]:
    return one_or_several if isinstance(one_or_several, list) else [one_or_several]
