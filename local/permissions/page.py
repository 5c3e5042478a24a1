"""docs/permissions.md as Markdown text: one table of what each function may do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from local.generated import NotMadeError
from local.stack.policies import Statement, functions, named_by, role_statements, shown, vendors
from local.stack.template import Template

HEAD = """\
# What each function may do

Made from `template.yaml` by `make permissions`; a test fails when it is stale. Each function has a role of its own, and
the comment above the role in the template says why. Names are without `customer-success-<stage>-`.

Beside this, each function takes the messages of its own queue and writes its own log. *Deletes* is `DeleteItem`; *could
delete* is `BatchWriteItem` alone, which IAM does not split into puts and deletes."""
FOOT = """\
People: [deployer-policy.json](deployer-policy.json) and [deployer-policy-data.json](deployer-policy-data.json) are for
those who deploy, [operator-policy.json](operator-policy.json) is for those who operate. None is used by a function."""
OWN = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
}
"""What each function may do with its own queue and log; in no column."""
READS = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}
WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem"}
READS_FILES = {"s3:GetObject", "s3:ListBucket"}
WRITES_FILES = {"s3:PutObject"}
SENDS = {"sqs:SendMessage": "queue", "sns:Publish": "topic", "events:PutEvents": ""}
CALLS = {"bedrock:InvokeModel": "Bedrock"}
SECRETS = {"secretsmanager:GetSecretValue"}
COLUMNS = ("function", "trigger", "reads", "writes", "sends to", "calls", "secrets")


class UnknownActionError(NotMadeError):
    """A role allows an action that no column of the page is for."""


@dataclass(frozen=True)
class Page:
    """The page of a template."""

    template: Template

    def written(self) -> str:
        """The whole page. Raises UnknownActionError."""
        rows = [self._row(name, properties) for name, properties in functions(self.template).items()]
        lines = [COLUMNS, ("---",) * len(COLUMNS), *rows]
        return "\n\n".join((HEAD, "\n".join(f"| {' | '.join(line)} |" for line in lines), FOOT)) + "\n"

    def _row(self, function: str, properties: dict[str, Any]) -> tuple[str, ...]:
        role = named_by(properties["Role"])
        allowed = list(role_statements(self.template, role))
        actions = {action for statement in allowed for action in statement.actions}
        if (
            unknown := actions
            - OWN
            - READS
            - WRITES
            - READS_FILES
            - WRITES_FILES
            - SENDS.keys()
            - CALLS.keys()
            - SECRETS
        ):
            raise UnknownActionError(f"{role}: no column of docs/permissions.md is for {', '.join(sorted(unknown))}")
        return (
            f"`{shown(self.template, function)}`",
            ", ".join(dict.fromkeys(self._trigger(event) for event in properties.get("Events", {}).values())),
            ", ".join([*(["table"] if actions & READS else []), *self._files(allowed, READS_FILES)]),
            ", ".join([*_writes(actions), *self._files(allowed, WRITES_FILES)]),
            ", ".join(self._targets(allowed)),
            ", ".join(dict.fromkeys(self._calls(properties, allowed))),
            ", ".join(self._secrets(allowed)),
        )

    def _trigger(self, event: dict[str, Any]) -> str:
        queue = named_by(event["Properties"].get("Queue"))
        return f"queue `{shown(self.template, queue)}`" if queue else "REST API"

    def _targets(self, allowed: Iterable[Statement]) -> Iterator[str]:
        for statement, action in _those(allowed, SENDS):
            for resource in statement.resources:
                name = shown(self.template, named_by(resource))
                yield f"{SENDS[action]} `{name}`" if SENDS[action] else "event bus"

    def _files(self, allowed: Iterable[Statement], actions: Iterable[str]) -> Iterator[str]:
        """The folders of buckets, and the buckets whose files may be listed."""
        for statement, _ in _those(allowed, actions):
            for resource in statement.resources:
                if bucket := named_by(resource):
                    yield f"names of files in bucket `{shown(self.template, bucket)}`"
                else:
                    bucket, _, folder = resource["Fn::Sub"].removeprefix("${").partition(".Arn}/")
                    yield f"bucket `{shown(self.template, bucket)}` `{folder}`"

    def _calls(self, properties: dict[str, Any], allowed: Iterable[Statement]) -> Iterator[str]:
        """The vendors outside AWS, then what IAM lets it call."""
        yield from (vendor for vendor in vendors(properties) if vendor not in CALLS.values())
        yield from (f"{CALLS[action]}{self._if_set(statement)}" for statement, action in _those(allowed, CALLS))

    def _secrets(self, allowed: Iterable[Statement]) -> Iterator[str]:
        """Each secret by its parameter or logical id."""
        for statement, _ in _those(allowed, SECRETS):
            for resource in statement.resources:
                name = named_by(resource) or resource["Fn::Sub"].rpartition("${")[2].partition("}")[0]
                yield f"`{name}`{self._if_set(statement)}".replace(f" (if `{name}` is set)", " (if set)")

    def _if_set(self, statement: Statement) -> str:
        """The condition of the template under which the statement holds, in words."""
        match self.template["Conditions"].get(statement.when):
            case None:
                return ""
            case {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}:
                return f" (if `{parameter}` is set)"
        return f" (if `{statement.when}`)"


def _those(allowed: Iterable[Statement], actions: Iterable[str]) -> Iterator[tuple[Statement, str]]:
    """Each statement that allows one of the actions, with that action."""
    wanted = set(actions)
    for statement in allowed:
        yield from ((statement, action) for action in statement.actions if action in wanted)


def _writes(actions: set[str]) -> Iterator[str]:
    if actions & WRITES:
        yield "table"
    if "dynamodb:DeleteItem" in actions:
        yield "deletes"
    elif "dynamodb:BatchWriteItem" in actions:
        yield "could delete"
