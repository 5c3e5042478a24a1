"""What the picture shows, read out of the template: who starts whom, and what each function works with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local.permissions.statements import functions, named_by, of_type, role_statements, shown
from local.stack.template import Template

QUEUE, TOPIC, RULE = "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::Events::Rule"
SUBSCRIPTION, API, BUS, TABLE = (
    "AWS::SNS::Subscription",
    "AWS::Serverless::Api",
    "AWS::Events::EventBus",
    "AWS::DynamoDB::Table",
)
VENDOR_URL = "_API_URL"
"""How the environment variable ends that holds a vendor's address; what stands before it is the vendor's name."""
SENDS = ("sqs:SendMessage", "sns:Publish")


@dataclass(frozen=True, slots=True)
class Inlet:
    """What a function is called by: a queue or the API. `dead_letters` is the name of the queue for what failed."""

    id: str
    kind: str
    name: str
    dead_letters: str | None = None
    filter: str | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """What functions work with: a table or bus of ours, or a vendor (`id` is then empty)."""

    name: str
    kind: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the picture: a rule, a topic, or a function with what it is called by.

    `goes_on` says that it puts messages on the queue that it is called by.
    """

    id: str
    kind: str
    name: str
    note: str = ""
    inlet: Inlet | None = None
    uses: tuple[Used, ...] = ()
    goes_on: bool = False
    dead_letters: str | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """The alarms: how many there are, and the topic that they tell."""

    alarms: int
    topic: str
    name: str


class Parts:
    """All parts of a template, and the ways between them."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._functions = functions(template)
        self._inlets = self._called_by()

    @cached_property
    def all(self) -> list[Part]:
        """Rules, functions and topics, in the order in which the template has them."""
        found = [*self._rules(), *map(self._function, self._functions), *self._topics()]
        order = list(self._template["Resources"])
        return sorted(found, key=lambda part: order.index(part.id))

    @cached_property
    def ways(self) -> list[tuple[str, str]]:
        """From each part to those that it starts, by their ids."""
        at = {part.inlet.id: part.id for part in self.all if part.inlet} | {part.id: part.id for part in self.all}
        pairs = [*self._targets(), *self._sent(), *self._subscribed()]
        found = [(source, at[target]) for source, target in pairs if target in at and at[target] != source]
        return sorted(set(found), key=found.index)

    @cached_property
    def used(self) -> dict[Used, int]:
        """What functions work with, and how many of them do: ours first, then the vendors."""
        counts: dict[Used, int] = defaultdict(int)
        for kind in (TABLE, BUS):
            for name in of_type(self._template, kind):
                counts[Used(_word(kind), kind, name)] = 0
        for part in self.all:
            for used in part.uses:
                counts[used] += 1
        return dict(counts)

    @cached_property
    def watches(self) -> list[Watch]:
        """Each topic that alarms tell."""
        counts: dict[str, int] = defaultdict(int)
        for body in of_type(self._template, "AWS::CloudWatch::Alarm").values():
            for action in _listed(body["Properties"].get("AlarmActions")):
                counts[named_by(action)] += 1
        return [Watch(number, topic, shown(self._template, topic)) for topic, number in counts.items()]

    @cached_property
    def dead_letters(self) -> dict[str, str]:
        """Name of the dead-letter queue of each queue and rule that has one."""
        found = {}
        for name, body in of_type(self._template, QUEUE).items():
            if redrive := body["Properties"].get("RedrivePolicy"):
                found[name] = shown(self._template, named_by(redrive["deadLetterTargetArn"]))
        for name, body in of_type(self._template, RULE).items():
            for target in body["Properties"]["Targets"]:
                if letters := target.get("DeadLetterConfig"):
                    found[name] = shown(self._template, named_by(letters["Arn"]))
        return found

    def _rules(self) -> Iterator[Part]:
        for name, body in of_type(self._template, RULE).items():
            when = body["Properties"].get("ScheduleExpression", "")
            if parameter := named_by(when):
                when = self._template["Parameters"][parameter].get("Default", parameter)
            yield Part(name, RULE, _words(name), note=str(when), dead_letters=self.dead_letters.get(name))

    def _topics(self) -> Iterator[Part]:
        for name in of_type(self._template, TOPIC):
            if name not in {watch.topic for watch in self.watches}:
                yield Part(name, TOPIC, shown(self._template, name))

    def _function(self, name: str) -> Part:
        sends = {target for source, target in self._sent() if source == name}
        inlet = self._inlets.get(name)
        return Part(
            name,
            "AWS::Serverless::Function",
            shown(self._template, name),
            inlet=inlet,
            uses=tuple(self._uses(name)),
            goes_on=inlet is not None and inlet.id in sends,
        )

    def _uses(self, function: str) -> Iterator[Used]:
        for _, resource in self._allowed(function):
            kind = self._template["Resources"].get(resource, {}).get("Type")
            if kind in (TABLE, BUS):
                yield Used(_word(kind), kind, resource)
        for variable in self._functions[function]["Environment"]["Variables"]:
            if variable.endswith(VENDOR_URL):
                yield Used(variable.removesuffix(VENDOR_URL).replace("_", " ").title(), "vendor")

    def _called_by(self) -> dict[str, Inlet]:
        filters = {queue: _filter(body) for _, queue, body in self._subscriptions()}
        found = {}
        for name, properties in self._functions.items():
            for event in properties.get("Events", {}).values():
                if event["Type"] == "SQS":
                    queue = named_by(event["Properties"]["Queue"])
                    shown_name = shown(self._template, queue)
                    found[name] = Inlet(queue, QUEUE, shown_name, self.dead_letters.get(queue), filters.get(queue))
                elif event["Type"] == "Api":
                    found[name] = Inlet(named_by(event["Properties"]["RestApiId"]), API, "REST API (IAM)")
        return found

    def _targets(self) -> Iterator[tuple[str, str]]:
        for name, body in of_type(self._template, RULE).items():
            for target in body["Properties"]["Targets"]:
                yield name, named_by(target["Arn"])

    def _sent(self) -> Iterator[tuple[str, str]]:
        for name in self._functions:
            for action, resource in self._allowed(name):
                if action in SENDS:
                    yield name, resource

    def _subscribed(self) -> Iterator[tuple[str, str]]:
        for topic, queue, _ in self._subscriptions():
            yield topic, queue

    def _subscriptions(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for body in of_type(self._template, SUBSCRIPTION).values():
            yield named_by(body["Properties"]["TopicArn"]), named_by(body["Properties"]["Endpoint"]), body["Properties"]

    def _allowed(self, function: str) -> Iterator[tuple[str, str]]:
        """Each first action on each resource of this template that the function's role allows."""
        for statement in role_statements(self._template, named_by(self._functions[function]["Role"])):
            for resource in statement.resources:
                yield statement.actions[0], named_by(resource)


def _filter(subscription: dict[str, Any]) -> str:
    policy = subscription.get("FilterPolicy", {})
    return ", ".join(f"{name}: {' or '.join(map(str, values))}" for name, values in policy.items())


def _word(kind: str) -> str:
    return {TABLE: "table", BUS: "bus"}[kind]


def _words(logical_id: str) -> str:
    """ "ScanRule" as "scan rule"."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in logical_id).strip()


def _listed(actions: Any) -> list[Any]:
    """Alarm actions as a list, those included that stand under a condition."""
    match actions:
        case None:
            return []
        case {"Fn::If": [_, first, _]}:
            return _listed(first)
        case list():
            return actions
    return [actions]
