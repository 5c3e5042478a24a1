"""The template as a Mermaid flowchart: what starts each function, what it fills, and which vendors it calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local.stack.policies import functions, named_by, of_type, role_statements, shown, vendors
from local.stack.template import Template

QUEUE, TOPIC, RULE, BUS = "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::Events::Rule", "AWS::Events::EventBus"
SUBSCRIPTION = "AWS::SNS::Subscription"
BUCKET = "AWS::S3::Bucket"
SENDS = {"sqs:SendMessage", "sns:Publish", "events:PutEvents"}
SPACING = '%%{init: {"flowchart": {"nodeSpacing": 18, "rankSpacing": 36, "padding": 8}}}%%'
"""Tight enough for letters of a readable size on a page as wide as GitHub's."""
STYLES = (
    "classDef rule fill:#fff4e0,stroke:#d99a2b,color:#6b4404",
    "classDef api fill:#e9e6fb,stroke:#7c6fd0,color:#3a2f86",
    "classDef function fill:#eaf2fb,stroke:#5f8fc2,color:#123a66",
    "classDef bucket fill:#f3ece2,stroke:#a5835a,color:#4f3716",
    "classDef topic fill:#e2f5f1,stroke:#2f9c86,color:#0d5446",
)
"""Fill, border and text of each kind: all three, so that they are readable on a light and on a dark page."""


@dataclass(frozen=True)
class Flowchart:
    """The flowchart of a template. A queue or API is drawn in one box with the function that it calls."""

    template: Template

    def drawn(self) -> str:
        """The flowchart as Mermaid text."""
        lines = [
            *self._rules(),
            *self._buckets(),
            *self._functions(),
            *self._topics_and_buses(),
            *self._drawn_arrows(),
            *STYLES,
        ]
        return "\n".join([SPACING, "flowchart TB", *(f"  {line}" for line in lines)])

    @cached_property
    def arrows(self) -> list[tuple[str, str]]:
        """From each rule, bucket, function and topic to the functions, topics and buses that it starts or fills.

        A function that puts messages on its own queue has no arrow for that.
        """
        found = []
        for source, target in [*self._targets(), *self._notified(), *self._sent(), *self._subscribed()]:
            arrow = (source, self._called.get(target, target))
            if source != arrow[1] and arrow not in found:
                found.append(arrow)
        return found

    @cached_property
    def repeating(self) -> list[str]:
        """The functions that put messages on their own queue."""
        return [source for source, target in self._sent() if self._called.get(target) == source]

    @cached_property
    def _properties(self) -> dict[str, dict[str, Any]]:
        return functions(self.template)

    @cached_property
    def _called(self) -> dict[str, str]:
        """The function that each queue and API calls."""
        return {
            named_by(event["Properties"].get("Queue") or event["Properties"].get("RestApiId")): name
            for name, properties in self._properties.items()
            for event in properties.get("Events", {}).values()
        }

    def _rules(self) -> Iterator[str]:
        for name, body in of_type(self.template, RULE).items():
            when = body["Properties"]["ScheduleExpression"]
            if parameter := named_by(when):
                when = self.template["Parameters"][parameter]["Default"]
            yield f'{name}(["{_words(name)}<br/>{when}"]):::rule'

    def _buckets(self) -> Iterator[str]:
        """Those whose files start a function."""
        for name in dict(self._notified()):
            yield f'{name}[("bucket {shown(self.template, name)}")]:::bucket'

    def _functions(self) -> Iterator[str]:
        for name, properties in self._properties.items():
            callers = [self._caller(inlet) for inlet, called in self._called.items() if called == name]
            name_and_vendors = [f"<b>{shown(self.template, name)}</b>", ", ".join(vendors(properties))]
            text = "<br/>".join(line for line in [*callers, *name_and_vendors] if line)
            yield f'{name}["{text}"]:::{"api" if self._behind_api(name) else "function"}'

    def _topics_and_buses(self) -> Iterator[str]:
        """The topic of the alarms is not drawn: no function has to do with it."""
        for name in of_type(self.template, TOPIC):
            if any(name in arrow for arrow in self.arrows):
                yield f'{name}[["topic {shown(self.template, name)}"]]:::topic'
        for name in of_type(self.template, BUS):
            yield f'{name}[["event bus"]]:::topic'

    def _drawn_arrows(self) -> Iterator[str]:
        """What is done on request is dotted; what a subscription lets through stands on its arrow."""
        for source, target in self.arrows:
            line = "-.->" if self._behind_api(source) else "-->"
            let_through = self._filters.get((source, target))
            yield f'{source} {line}|"{let_through}"| {target}' if let_through else f"{source} {line} {target}"

    def _caller(self, inlet: str) -> str:
        kind = self.template["Resources"][inlet]["Type"]
        return f"queue {shown(self.template, inlet)}" if kind == QUEUE else "REST API"

    def _behind_api(self, function: str) -> bool:
        return any(
            called == function and self.template["Resources"][inlet]["Type"] != QUEUE
            for inlet, called in self._called.items()
        )

    @cached_property
    def _filters(self) -> dict[tuple[str, str], str]:
        """What each subscription lets through, by topic and function."""
        found = {}
        for properties in self._subscriptions():
            ends = (named_by(properties["TopicArn"]), self._called[named_by(properties["Endpoint"])])
            policy = properties.get("FilterPolicy", {})
            found[ends] = ", ".join(f"{name}: {' or '.join(map(str, values))}" for name, values in policy.items())
        return found

    def _targets(self) -> Iterator[tuple[str, str]]:
        for name, body in of_type(self.template, RULE).items():
            for target in body["Properties"]["Targets"]:
                yield name, named_by(target["Arn"])

    def _notified(self) -> Iterator[tuple[str, str]]:
        """From each bucket to the queues on which it names new files."""
        for name, body in of_type(self.template, BUCKET).items():
            configured = body["Properties"].get("NotificationConfiguration", {}).get("QueueConfigurations", [])
            yield from ((name, named_by(configuration["Queue"])) for configuration in configured)

    def _sent(self) -> Iterator[tuple[str, str]]:
        """From each function to each queue, topic and bus that its role lets it fill."""
        for name, properties in self._properties.items():
            for statement in role_statements(self.template, named_by(properties["Role"])):
                if SENDS.intersection(statement.actions):
                    yield from ((name, named_by(resource)) for resource in statement.resources)

    def _subscribed(self) -> Iterator[tuple[str, str]]:
        for properties in self._subscriptions():
            yield named_by(properties["TopicArn"]), named_by(properties["Endpoint"])

    def _subscriptions(self) -> Iterator[dict[str, Any]]:
        for body in of_type(self.template, SUBSCRIPTION).values():
            yield body["Properties"]


def _words(logical_id: str) -> str:
    """ "ScanRule" as "scan rule"."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in logical_id).strip()
