"""What the functions log joins what belongs together, and holds no name, no mail address and no secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from local.deployment import SECRETS, LocalDeployment
from local.stack.logs import LogLine, log_lines
from tests.builders.accounts import TODAY
from tests.builders.pages import at_risk_page, critical_page, page, title
from tests.builders.sandbox import fault
from tests.builders.warm_stack import retry_at_once

NAMES = ("Zebra Quill Holdings", "Quagga Ink Limited", "Okapi Press")
SHORTEST_SECRET = 12
"""Characters; a shorter part of a secret may be found anywhere."""


def secrets_of(deployment: LocalDeployment) -> Iterator[str]:
    """Every part of every secret of the deployment, which must appear nowhere else."""
    api_key = next(name for name in _secret_names(deployment) if name not in SECRETS.values())
    for name in (*SECRETS.values(), api_key):
        held = json.loads(deployment.aws.secrets.get_secret_value(SecretId=name)["SecretString"])
        for field in ("token", "key", "private_key", "private_key_id"):
            lines = str(held.get(field, "")).splitlines()
            yield from (line for line in lines if len(line) >= SHORTEST_SECRET and "PRIVATE KEY" not in line)


def _secret_names(deployment: LocalDeployment) -> list[str]:
    return [secret["Name"] for secret in deployment.aws.secrets.list_secrets()["SecretList"]]


def items(deployment: LocalDeployment) -> str:
    """The whole table as text: what tasks, reviews and alerts came to is in it."""
    pages = deployment.aws.dynamodb.get_paginator("scan").paginate(TableName=deployment.stack.outputs["TableName"])
    return json.dumps([item for part in pages for item in part["Items"]], default=str, ensure_ascii=False)


def environments(deployment: LocalDeployment) -> str:
    """The environment of every function as text."""
    functions = deployment.aws.functions.list_functions()["Functions"]
    assert len(functions) > 10
    return json.dumps([function.get("Environment") for function in functions])


def test_logs_can_be_followed_and_hold_nothing_that_is_private(deployment: LocalDeployment) -> None:
    # GIVEN accounts with telling names, a mailbox that is refused and a chat that fails
    retry_at_once(deployment)
    began = datetime.now(UTC)
    first, second, third = (title(name) for name in NAMES)
    deployment.load([critical_page(1, Name=first), at_risk_page(2, Name=second), page(3, Name=third), page(4)])
    fault(deployment, "gmail", kind="status", status=403, times=2)
    fault(deployment, "slack", kind="status", status=503, times=1)
    # WHEN a day of everything is worked through, and what no function can read arrives
    deployment.tick(TODAY)
    deployment.check_contracts(TODAY)
    deployment.drain()
    deployment.plan_quarter(TODAY)
    for queue in ("alert-email", "qbr"):
        deployment.aws.sqs.send_message(
            QueueUrl=deployment.stack.queues[queue],
            MessageBody=json.dumps({"account_name": NAMES[0], "to": "a@b.example"}),
        )
    deployment.drain()
    lines = list(log_lines(deployment.aws, deployment.stack, began))
    reported = "\n".join(line.text for line in lines)
    # THEN no line names a person or a customer
    assert [line.text for line in lines if "@" in line.text] == []
    for name in NAMES:
        assert [line.text for line in lines if name in line.text] == [], name
    # AND no secret is in a line, a result, or an environment
    elsewhere = items(deployment) + environments(deployment)
    hidden = set(secrets_of(deployment))
    assert len(hidden) > 20
    assert [part[:4] for part in hidden if part in reported or part in elsewhere] == []
    # AND what one tick of the rule led to bears one id, through scan, alerts and channels
    by_id: dict[str, list[LogLine]] = {}
    for line in lines:
        if correlation_id := line.fields.get("correlation_id"):
            by_id.setdefault(str(correlation_id), []).append(line)
    scan = next(found for found in by_id.values() if any(line.fields.get("message") == "health scan" for line in found))
    assert {line.function for line in scan} >= {
        "health-scan", "notion-sync", "alert-notion", "alert-event-bus", "alert-email", "alert-chat"
    }  # fmt: skip
    # AND each hop says which account and day it was about
    alerted = [line.fields for line in scan if line.function == "alert-notion"]
    assert {(entry["account_id"], entry["run_date"]) for entry in alerted} >= {
        ("A-0001", str(TODAY)), ("A-0002", str(TODAY))
    }  # fmt: skip
    # AND the next message is not logged under the one before it
    refused = [line.fields for line in lines if "NotUnderstood" in line.text]
    assert refused
    assert all("account_id" not in entry for entry in refused)
