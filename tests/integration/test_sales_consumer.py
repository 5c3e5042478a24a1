"""The consumer in docs/sales-handoff.md, as it stands there, on a queue of AWS's wire format."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

ROOT = Path(__file__).parents[2]
LONGEST = 20


@pytest.fixture
def consumer() -> dict[str, Any]:
    """What the page's one block of Python defines."""
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/sales-handoff.md").read_text("utf-8"), re.DOTALL)
    defined: dict[str, Any] = {}
    exec(compile(code, "docs/sales-handoff.md", "exec"), defined)
    return defined


def offer(**changes: Any) -> dict[str, Any]:
    return json.loads((ROOT / "events/expansion_handoff.json").read_text("utf-8")) | changes  # type: ignore[no-any-return]


def test_it_is_as_short_as_the_page_promises() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/sales-handoff.md").read_text("utf-8"), re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= LONGEST


@mock_aws
def test_each_offer_is_taken_once_and_what_it_cannot_read_stays(
    consumer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN two offers, one of them twice, one of a version to come and one that is no JSON
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    sqs = boto3.client("sqs", region_name="eu-central-1")
    queue = sqs.create_queue(QueueName="sales-handoff")["QueueUrl"]
    first, second = offer(), offer(handoff_id="FW-102:seats:Q1 2026")
    for message in (first, second, first, offer(version=2, handoff_id="new"), "no json"):
        body = message if isinstance(message, str) else json.dumps(message)
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    taken: list[dict[str, Any]] = []

    # WHEN the consumer runs
    consumer["take"](queue, taken.append, lambda handoff_id: handoff_id not in {each["handoff_id"] for each in taken})

    # THEN each offer was handed over once, and the two others wait to come again
    assert sorted(each["handoff_id"] for each in taken) == sorted([first["handoff_id"], second["handoff_id"]])
    waiting = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert waiting["ApproximateNumberOfMessagesNotVisible"] == "2"
    assert waiting["ApproximateNumberOfMessages"] == "0"
