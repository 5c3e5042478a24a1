"""docs/permissions.md as Markdown text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local.generated import NotMadeError
from local.permissions.reasons import reasons
from local.permissions.statements import (
    ONLY_OVER_TLS,
    Statement,
    as_list,
    functions,
    named_by,
    of_type,
    role_statements,
    shown,
    statements,
)
from local.stack.template import Template

HEAD = """\
# What each function may do

Made from `template.yaml` by `make permissions`; a test tells when it is stale. Each function has a role of its own. Why
it may do what it may is the comment above its role in the template. Names are without `customer-success-<stage>-`."""
WORDS = {
    "AWS::SQS::Queue": "queue `{}`",
    "AWS::SNS::Topic": "topic `{}`",
    "AWS::DynamoDB::Table": "the table",
    "AWS::Events::EventBus": "the event bus",
    "AWS::Events::Rule": "rule `{}`",
    "AWS::Logs::LogGroup": "log `{}`",
    "AWS::SecretsManager::Secret": "secret `{}`",
}
"""How a resource is called, by its type."""
POLICIES = {"AWS::SQS::QueuePolicy": "Queues", "AWS::SNS::TopicPolicy": "Topics"}
"""Types of resource policies, and the property that names what they are for."""
OPERATORS = {"ArnEquals": "is", "StringEquals": "is", "ForAllValues:StringEquals": "is always", "Bool": "is"}


class WithoutReasonError(NotMadeError):
    """A role of the template has no comment above it."""


@dataclass(frozen=True)
class Page:
    """The page of a template, of which `text` is the source."""

    template: Template
    text: str

    def written(self) -> str:
        """The whole page. Raises WithoutReasonError."""
        parts = [HEAD, *self._overview(), *self._each(), *self._resource_policies(), *self._limits(), *self._actions()]
        return "\n\n".join(parts) + "\n"

    @cached_property
    def roles(self) -> dict[str, str]:
        """The role of each function, by their logical ids."""
        return {name: named_by(body["Role"]) for name, body in functions(self.template).items()}

    @cached_property
    def reasons(self) -> dict[str, str]:
        return reasons(self.text)

    def allowed(self, function: str) -> list[Statement]:
        """What a function's role allows."""
        return list(role_statements(self.template, self.roles[function]))

    def _overview(self) -> Iterator[str]:
        yield "## All of them at a glance"
        rows = []
        for function in self.roles:
            said = self.allowed(function)
            rows.append(
                (
                    f"[`{self._name(function)}`](#{self._name(function)})",
                    _rows_of(said),
                    self._targets(said, "sqs:SendMessage"),
                    self._targets(said, "sns:Publish"),
                    self._targets(said, "events:PutEvents"),
                    self._targets(said, "secretsmanager:GetSecretValue"),
                    "yes" if _having(said, "bedrock:InvokeModel") else "",
                )
            )
        yield _table(("function", "rows", "sends to", "publishes", "events", "secrets", "asks the model"), rows)

    def _each(self) -> Iterator[str]:
        yield "## One by one"
        for function, role in self.roles.items():
            why = self.reasons.get(role)
            if not why:
                raise WithoutReasonError(
                    f"{role}: the template has no comment above it that says why it may what it may"
                )
            yield f"### {self._name(function)}"
            yield why
            yield _table(("may", "on", "provided that"), [self._row(statement) for statement in self.allowed(function)])

    def _resource_policies(self) -> Iterator[str]:
        yield "## Who else may put something there"
        yield (
            "Policies on the resources themselves. What names nobody here gets nothing but from the roles above and, "
            "for dead letters, from SQS itself."
        )
        rows = []
        for kind, property_name in POLICIES.items():
            for name, body in of_type(self.template, kind).items():
                properties = body["Properties"]
                said = list(statements(properties["PolicyDocument"]))
                where = ", ".join(self._called(resource) for resource in properties[property_name])
                rows.append(
                    (where, _lines(map(self._grant, said)), "yes" if _over_tls(said) else "**no**", self._why(name))
                )
        yield _table(("on", "who may", "TLS only", "why"), rows)

    def _limits(self) -> Iterator[str]:
        yield "## What holds for all roles"
        yield "\n".join(f"- {limit}" for limit in self._held())

    def _held(self) -> Iterator[str]:
        """What can be said of all roles, each worked out from what they allow."""
        every = [statement for function in self.roles for statement in self.allowed(function)]
        wild = sorted({action for said in every for action in said.actions if "*" in action})
        yield _none("No role has a wildcard in an action", wild)
        everything = sorted({action for said in every for action in said.actions if "*" in said.resources})
        yield _none('No role has "*" as a resource', everything)
        patterns = sorted({self._called(each) for said in every for each in said.resources if _is_pattern(each)})
        yield f"Resources that are patterns: {', '.join(patterns) or 'none'}."
        yield from self._deletions()
        shared = sorted({role for role in self.roles.values() if list(self.roles.values()).count(role) > 1})
        yield _none("No two functions share a role", shared)
        trusted = {
            principal
            for role in self.roles.values()
            for entry in self._role(role)["AssumeRolePolicyDocument"]["Statement"]
            for principal in as_list(entry["Principal"]["Service"])
        }
        yield f"Roles are taken on by {', '.join(f'`{principal}`' for principal in sorted(trusted))} alone."
        unbounded = [role for role in self.roles.values() if "PermissionsBoundary" not in self._role(role)]
        yield _none("Every role is bounded by `PermissionsBoundary` where that is set", unbounded)

    def _deletions(self) -> Iterator[str]:
        """Who can delete rows: one by one, or by the batches for which IAM asks for no right to delete."""
        can = {
            action: [name for name in self.roles if _having(self.allowed(name), f"dynamodb:{action}")]
            for action in ("DeleteItem", "BatchWriteItem")
        }
        by_batch = [name for name in can["BatchWriteItem"] if name not in can["DeleteItem"]]
        never = [name for name in self.roles if name not in can["DeleteItem"] + by_batch]
        yield f"Rows can be deleted by {self._listed(can['DeleteItem'])} (`DeleteItem`)."
        yield f"By `BatchWriteItem`, which IAM does not split into puts and deletes, so could {self._listed(by_batch)}."
        yield f"By no means could {self._listed(never)}."

    def _actions(self) -> Iterator[str]:
        yield "## Who has which right"
        yield "All actions that any function has. What is not here, none has."
        having: dict[str, list[str]] = defaultdict(list)
        for function in self.roles:
            for statement in self.allowed(function):
                for action in statement.actions:
                    if function not in having[action]:
                        having[action].append(function)
        rows = []
        for action, who in sorted(having.items()):
            everybody = len(who) == len(self.roles)
            rows.append((f"`{action}`", "all" if everybody else self._listed(who)))
        yield _table(("action", "functions"), rows)

    def _row(self, statement: Statement) -> tuple[str, str, str]:
        on = _lines(self._called(resource) for resource in statement.resources)
        return _grouped(statement.actions), on, "; ".join(self._provisos(statement))

    def _provisos(self, statement: Statement) -> Iterator[str]:
        if statement.when:
            yield self._set(statement.when)
        yield from self._conditions(statement)

    def _conditions(self, statement: Statement) -> Iterator[str]:
        for operator, keys in statement.condition.items():
            for key, values in keys.items():
                wanted = " or ".join(self._value(value) for value in as_list(values))
                yield f"`{key}` {OPERATORS.get(operator, operator)} {wanted}"

    def _grant(self, statement: Statement) -> str:
        if statement.effect == "Deny":
            return ""
        who = ", ".join(f"`{name}`" for name in as_list(statement.principal.get("Service", statement.principal)))
        provided = " and ".join(self._conditions(statement))
        return f"{who}: {_grouped(statement.actions)}" + (f", if {provided}" if provided else "")

    def _set(self, condition: str) -> str:
        """A condition of the template in words."""
        match self.template["Conditions"][condition]:
            case {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}:
                return f"`{parameter}` is set"
        return f"`{condition}` holds"

    def _value(self, value: Any) -> str:
        match value:
            case {"Ref": "AWS::AccountId"}:
                return "this account"
            case {"Ref": _} | {"Fn::GetAtt": _} | {"Fn::Sub": _}:
                return self._called(value)
        return f"`{value}`"

    def _called(self, resource: Any) -> str:
        """What a reference or ARN is called on the page."""
        if isinstance(resource, dict) and "Fn::Sub" in resource:
            resource = resource["Fn::Sub"]
        if isinstance(resource, str):
            return f"`{_short_arn(resource)}`"
        name = named_by(resource)
        return WORDS.get(self.template["Resources"][name]["Type"], "`{}`").format(shown(self.template, name))

    def _targets(self, said: Iterable[Statement], action: str) -> str:
        found = [self._called(each) for statement in _having(said, action) for each in statement.resources]
        words = [name.removeprefix("queue ").removeprefix("topic ").removeprefix("secret ") for name in found]
        return ", ".join(word.replace("secret:${", "").replace("}-??????", "") for word in words)

    def _role(self, role: str) -> dict[str, Any]:
        properties: dict[str, Any] = self.template["Resources"][role]["Properties"]
        return properties

    def _why(self, name: str) -> str:
        return self.reasons.get(name, "")

    def _listed(self, names: Iterable[str]) -> str:
        return ", ".join(f"`{self._name(name)}`" for name in names) or "none"

    def _name(self, function: str) -> str:
        return shown(self.template, function)


def _having(said: Iterable[Statement], action: str) -> list[Statement]:
    return [statement for statement in said if action in statement.actions]


def _rows_of(said: Iterable[Statement]) -> str:
    """What becomes of rows, in a word or three."""
    actions = {action for statement in said for action in statement.actions if action.startswith("dynamodb:")}
    words = {
        "reads": {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"},
        "writes": {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem"},
        "deletes": {"dynamodb:DeleteItem"},
    }
    if "dynamodb:BatchWriteItem" in actions and "dynamodb:DeleteItem" not in actions:
        words["could delete"] = {"dynamodb:BatchWriteItem"}
    return ", ".join(word for word, those in words.items() if actions & those)


def _over_tls(said: Iterable[Statement]) -> bool:
    return any(each.effect == "Deny" and each.principal == "*" and each.condition == ONLY_OVER_TLS for each in said)


def _is_pattern(resource: Any) -> bool:
    text = resource.get("Fn::Sub", "") if isinstance(resource, dict) else resource
    return "*" in text or "?" in text


def _grouped(actions: Iterable[str]) -> str:
    """Actions by their service, as in `sqs`: SendMessage, DeleteMessage."""
    by_service: dict[str, list[str]] = defaultdict(list)
    for action in actions:
        service, _, name = action.partition(":")
        by_service[service].append(name)
    return "; ".join(f"`{service}`: {', '.join(names)}" for service, names in by_service.items())


def _short_arn(arn: str) -> str:
    """An ARN without what is the same for all of them: the partition, and this region and account."""
    short = arn.removeprefix("arn:${AWS::Partition}:").replace("${AWS::Region}:${AWS::AccountId}:", "")
    return short.replace("${AWS::Region}::", "").removeprefix("secretsmanager:")


def _none(claim: str, exceptions: Iterable[str]) -> str:
    named = ", ".join(f"`{exception}`" for exception in exceptions)
    return f"{claim}; **but these: {named}**." if named else f"{claim}."


def _lines(texts: Iterable[str]) -> str:
    return "<br>".join(text for text in texts if text)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
