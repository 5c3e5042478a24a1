"""What the functions logged, so that a failure can be shown with its cause."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from local.stack.aws import Aws
from local.stack.deploy import Deployment

SERIOUS = ("ERROR", "CRITICAL")


@dataclass(frozen=True)
class LogLine:
    """One line of a function's log: `function` without prefix, for example "alert-email"."""

    function: str
    at: datetime
    text: str

    @property
    def fields(self) -> dict[str, object]:
        """The line's fields where it is structured, else none."""
        if not self.text.startswith("{"):
            return {}
        try:
            return dict(json.loads(self.text))
        except ValueError:
            return {}

    @property
    def is_error(self) -> bool:
        return self.fields.get("level") in SERIOUS


def log_lines(aws: Aws, deployment: Deployment, since: datetime) -> Iterator[LogLine]:
    """Everything the deployment's functions logged since then, function by function, oldest first."""
    for function, group in deployment.log_groups.items():
        pages = aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=int(since.timestamp() * 1000)
        )
        for page in pages:
            for event in page["events"]:
                at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                yield LogLine(function, at, event["message"].rstrip())


def errors(aws: Aws, deployment: Deployment, since: datetime) -> list[LogLine]:
    """The errors among them, oldest first."""
    return sorted((line for line in log_lines(aws, deployment, since) if line.is_error), key=lambda line: line.at)
