"""What the template deploys that costs by itself: counted, not known."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local.stack.policies import functions, of_type, shown
from local.stack.template import Template

NAMESPACE = "CustomerSuccess/"
SECRET_PARAMETER = "Secret"
DEFAULT_MEMORY = 128
"""Megabytes of a function that names none."""

Metric = tuple[str, str]


@dataclass(frozen=True)
class Deployed:
    """The counts of one template."""

    template: Template

    @cached_property
    def queues_polled(self) -> int:
        """Queues that Lambda asks for messages, day and night."""
        return sum(event["Type"] == "SQS" for event in self._events())

    @cached_property
    def alarm_metrics(self) -> int:
        """Metrics that alarms watch: one, or each that an alarm works out something from."""
        return sum(
            sum("MetricStat" in metric for metric in body["Properties"].get("Metrics", [])) or 1
            for body in of_type(self.template, "AWS::CloudWatch::Alarm").values()
        )

    @cached_property
    def custom_metrics(self) -> int:
        """Metrics of our own that the dashboards and alarms know, each for one function."""
        watched = {
            (metric["MetricStat"]["Metric"]["MetricName"], json.dumps(metric["MetricStat"]["Metric"]["Dimensions"]))
            for body in of_type(self.template, "AWS::CloudWatch::Alarm").values()
            for metric in body["Properties"].get("Metrics", [])
            if "MetricStat" in metric and NAMESPACE in str(metric["MetricStat"]["Metric"]["Namespace"])
        }
        named = {
            (name, service) for name, dimensions in watched for service in re.findall(r'"Value": "(\w+)"', dimensions)
        }
        return len(named | {(shown[1], shown[3]) for shown in self._shown() if shown[0].startswith(NAMESPACE)})

    @cached_property
    def dashboards(self) -> int:
        return len(of_type(self.template, "AWS::CloudWatch::Dashboard"))

    @cached_property
    def dashboard_metrics(self) -> int:
        """Metrics that the dashboards show."""
        return len(list(self._shown()))

    @cached_property
    def secrets(self) -> int:
        """Those that the stack makes, and those that a parameter names: if all vendors are used."""
        named = [name for name in self.template["Parameters"] if name.endswith(SECRET_PARAMETER)]
        return len(of_type(self.template, "AWS::SecretsManager::Secret")) + len(named)

    @cached_property
    def api_methods(self) -> int:
        """API methods with detailed metrics, which cost extra; none if no API has them."""
        detailed = any(
            setting.get("MetricsEnabled")
            for body in of_type(self.template, "AWS::Serverless::Api").values()
            for setting in body["Properties"].get("MethodSettings", [])
        )
        methods = [event["Properties"]["Method"] for event in self._events() if event["Type"] == "Api"]
        return sum(method != "options" for method in methods) if detailed else 0

    @cached_property
    def memory(self) -> dict[str, float]:
        """GB of each function, by the name of its folder."""
        return {
            shown(self.template, name): properties.get("MemorySize", DEFAULT_MEMORY) / 1024
            for name, properties in functions(self.template).items()
        }

    @cached_property
    def has_recovery(self) -> bool:
        """Whether a table can be brought back to any point in time."""
        return any(
            body["Properties"].get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled")
            for body in of_type(self.template, "AWS::DynamoDB::Table").values()
        )

    def _events(self) -> Iterator[dict[str, Any]]:
        for properties in functions(self.template).values():
            yield from properties.get("Events", {}).values()

    def _shown(self) -> Iterator[list[str]]:
        """Every metric of every dashboard, as its body names it."""
        for body in of_type(self.template, "AWS::CloudWatch::Dashboard").values():
            text = body["Properties"]["DashboardBody"]
            text = text["Fn::Sub"] if isinstance(text, dict) else text
            text = text[0] if isinstance(text, list) else text
            for widget in json.loads(text)["widgets"]:
                for metric in widget["properties"].get("metrics", []):
                    if len(metric) >= 4 and isinstance(metric[0], str):
                        yield metric
