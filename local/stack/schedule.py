"""Hands a deployed rule's targets their event: no call makes a scheduled rule fire at will."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local.stack.aws import Aws


def fire(aws: Aws, rule: str, event: Mapping[str, Any]) -> int:
    """Puts `event` on each queue that `rule` has as a target, as EventBridge would.

    Returns:
        The number of targets.

    Raises:
        ValueError: a target is no queue.
    """
    targets = aws.events.list_targets_by_rule(Rule=rule)["Targets"]
    for target in targets:
        _, _, service, _, _, name = target["Arn"].split(":", 5)
        if service != "sqs":
            raise ValueError(f"rule {rule}: target {target['Arn']} is no queue")
        url = aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        aws.sqs.send_message(QueueUrl=url, MessageBody=target.get("Input") or json.dumps(event))
    return len(targets)
