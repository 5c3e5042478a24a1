"""Warnings and errors in the logs of the functions."""

from __future__ import annotations

from datetime import datetime

from connectors.text import one_line
from local.deployment import LocalDeployment
from local.stack.logs import LogLine, log_lines

SERIOUS = ("WARNING", "ERROR", "CRITICAL")


def last_logged_error(deployment: LocalDeployment, since: datetime) -> str | None:
    """The last warning or error that a function logged since then, in one line."""
    logged = _logged_errors(deployment, since)
    return _in_one_line(max(logged, key=lambda line: line.at)) if logged else None


def crashed(deployment: LocalDeployment, since: datetime) -> bool:
    """True if a function broke off; what it had in hand would come back only after the queue's time-out."""
    return any("exception_name" in line.fields for line in _logged_errors(deployment, since))


def _logged_errors(deployment: LocalDeployment, since: datetime) -> list[LogLine]:
    lines = log_lines(deployment.aws, deployment.stack, since)
    return [line for line in lines if line.fields.get("level") in SERIOUS]


def _in_one_line(line: LogLine) -> str:
    exception = str(line.fields.get("exception", "")).strip().splitlines()[-1:]
    return one_line(f"{line.function}: {' '.join([str(line.fields.get('message')), *exception])}")
