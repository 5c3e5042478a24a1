"""The functions that call the model describe their own runtime when invoked with that question."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import boto3
import botocore
import pytest

from functions.check_expansion.wiring import CheckExpansion
from functions.generate_qbr.wiring import GenerateQbr

CONTEXT = SimpleNamespace(aws_request_id="r-1", get_remaining_time_in_millis=lambda: 30_000)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, session: boto3.Session) -> None:
    for name, value in {
        "AWS_DEFAULT_REGION": str(session.region_name),
        "TABLE_NAME": "t",
        "TENANT_ID": "acme",
        "QUEUE_URL": "https://queue.example/q",
        "TIMEZONE": "UTC",
        "RETRY_BASE_SECONDS": "60",
        "MAX_RECEIVES": "7",
        "GREEN_THRESHOLD": "70",
        "AMBER_THRESHOLD": "40",
        "CHURN_WINDOW_DAYS": "60",
        "NOTION_API_URL": "https://api.notion.com",
        "NOTION_REQUESTS_PER_SECOND": "3",
        "GMAIL_API_URL": "https://gmail.googleapis.com",
        "GMAIL_REQUESTS_PER_SECOND": "5",
        "NOTION_SECRET": "s",
        "NOTION_QBRS": "0" * 32,
        "NOTION_EXPANSIONS": "0" * 32,
        "BEDROCK_MODEL_ID": "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("made", [GenerateQbr, CheckExpansion])
def test_a_function_says_what_its_sdk_knows_and_does_no_work(made: type[Any]) -> None:
    done: list[object] = []
    text = made().consume({"check": "model"}, CONTEXT, done.append)
    assert text == {
        "botocore": botocore.__version__,
        "structured_output": "outputConfig",
        "strict": False,
        "model": "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    }
    assert done == []
