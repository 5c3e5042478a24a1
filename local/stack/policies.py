"""What the template says of its functions and policies, with the resources in them called by their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.stack.template import Template

VENDOR_URL = "_API_URL"
"""How the environment variable ends that holds a vendor's address; what stands before it is the vendor's name."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `when` is the condition of the template under which it is there at all."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[Any, ...]
    principal: Any
    condition: dict[str, Any]
    when: str | None


def of_type(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """The resources of a type, such as "AWS::SQS::Queue", by their logical id: what stands below it in the template."""
    return {name: body for name, body in template["Resources"].items() if body["Type"] == kind}


def functions(template: Template) -> dict[str, dict[str, Any]]:
    """Properties of each function, with what all of them share laid under its environment."""
    shared = template.get("Globals", {}).get("Function", {})
    found = {}
    for name, body in of_type(template, "AWS::Serverless::Function").items():
        own = body["Properties"]
        variables = {
            variable: value
            for properties in (shared, own)
            for variable, value in properties.get("Environment", {}).get("Variables", {}).items()
        }
        found[name] = {**shared, **own, "Environment": {"Variables": variables}}
    return found


def vendors(function: dict[str, Any]) -> list[str]:
    """The vendors that a function of these properties calls, as "Google Chat"."""
    variables = function["Environment"]["Variables"]
    names = [name.removesuffix(VENDOR_URL) for name in variables if name.endswith(VENDOR_URL)]
    return [name.replace("_", " ").title() for name in names]


def role_statements(template: Template, role: str) -> Iterator[Statement]:
    """What a role allows, statement by statement."""
    for policy in template["Resources"][role]["Properties"].get("Policies", []):
        yield from statements(policy["PolicyDocument"])


def statements(document: dict[str, Any]) -> Iterator[Statement]:
    """The statements of a policy, those included that stand under a condition of the template."""
    for entry in document["Statement"]:
        when, choices = (entry["Fn::If"][0], entry["Fn::If"][1:]) if "Fn::If" in entry else (None, [entry])
        for statement in choices:
            if "Effect" in statement:
                yield Statement(
                    statement["Effect"],
                    tuple(as_list(statement["Action"])),
                    tuple(as_list(statement["Resource"])),
                    statement.get("Principal"),
                    statement.get("Condition", {}),
                    when,
                )


def named_by(reference: Any) -> str:
    """Logical id that a Ref or GetAtt names, or the first branch of a condition; anything else names nothing."""
    match reference:
        case {"Fn::If": [_, first, _]}:
            return named_by(first)
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
        case {"Fn::GetAtt": str(path)}:
            return path.split(".")[0]
    return ""


def shown(template: Template, logical_id: str) -> str:
    """A resource's name without the stage before it: of a function its folder, of a queue as in "scan-dlq"."""
    properties = template["Resources"][logical_id].get("Properties", {})
    if "CodeUri" in properties:
        return str(properties["CodeUri"]).rstrip("/").rsplit("/", 1)[-1]
    for property_name in ("QueueName", "TopicName", "LogGroupName", "BucketName", "Name"):
        if property_name in properties:
            name = properties[property_name]
            text = str(name.get("Fn::Sub", name) if isinstance(name, dict) else name).removesuffix("-${AWS::AccountId}")
            return text.split("${Stage}-", 1)[1] if "${Stage}-" in text else logical_id
    return logical_id


def as_list(one_or_several: Any) -> list[Any]:
    return one_or_several if isinstance(one_or_several, list) else [one_or_several]
