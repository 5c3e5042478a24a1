"""Listens in on the event bus, so that its events can be read in a file.

Local only: the template knows nothing of it.
"""

from __future__ import annotations

import json
from pathlib import Path

from local.stack.aws import Aws

NAME = "local-bus-tap"


def open_bus_tap(aws: Aws, bus: str) -> str:
    """Copies every event of `bus` to a queue; answers the queue's URL. Opened again, it is the same one."""
    url = aws.sqs.create_queue(QueueName=NAME)["QueueUrl"]
    arn = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = aws.events.put_rule(Name=NAME, EventBusName=bus, EventPattern=json.dumps({"source": [{"prefix": ""}]}))
    grant = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    aws.events.put_targets(Rule=NAME, EventBusName=bus, Targets=[{"Id": NAME, "Arn": arn}])
    return url


def empty_bus_tap(aws: Aws, tap: str, into: Path) -> int:
    """Appends the events that came since last time to the JSON lines of `into`; answers how many."""
    count = 0
    with into.open("a", encoding="utf-8") as lines:
        while messages := aws.sqs.receive_message(QueueUrl=tap, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                lines.write(message["Body"] + "\n")
                aws.sqs.delete_message(QueueUrl=tap, ReceiptHandle=message["ReceiptHandle"])
            count += len(messages)
    return count
