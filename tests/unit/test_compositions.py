"""Each function composes itself, live and in shadow, and does once what reaches people, by the ledger's names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cached_property
from typing import Any

import pytest

from customer_success.adoption.fed_usages import FedUsages
from customer_success.once import Once
from local.stack.template import read_template
from tests.builders.functions import FUNCTIONS, app_of

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "TENANT_ID": "acme",
    "TABLE_NAME": "table",
    "TIMEZONE": "UTC",
    "RETRY_BASE_SECONDS": "60",
    "MAX_RECEIVES": "5",
    "CHURN_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:churn",
    "EVENT_BUS_NAME": "bus",
    "NOTION_API_URL": "https://notion.example",
    "NOTION_SECRET": "notion",
    "NOTION_REQUESTS_PER_SECOND": "3",
    "NOTION_ACCOUNTS": "0" * 32,
    "NOTION_QBRS": "1" * 32,
    "NOTION_EXPANSIONS": "2" * 32,
    "NOTION_HEALTH_RECORDS": "3" * 32,
    "GMAIL_API_URL": "https://gmail.example",
    "GMAIL_SECRET": "gmail",
    "SLACK_API_URL": "https://slack.example",
    "SLACK_SECRET": "slack",
    "SLACK_CHANNEL": "C0000000001",
    "GOOGLE_CHAT_API_URL": "https://chat.example",
    "GOOGLE_CHAT_SECRET": "chat",
    "GOOGLE_CHAT_SPACE": "spaces/AAAA",
    "CHAT_REQUESTS_PER_SECOND": "1",
    "GREEN_THRESHOLD": "70",
    "AMBER_THRESHOLD": "40",
    "CHURN_WINDOW_DAYS": "60",
    "SIGNALS_STALE_AFTER_DAYS": "14",
    "API_CURSOR_SECRET": "cursors",
    "INBOX_BUCKET": "inbox",
} | {
    f"{name}QUEUE_URL": "https://queue.example"
    for name in ("", "SCAN_", "QBR_", "EXPANSION_", "ADOPTION_", "NOTION_UPDATES_", "SALES_HANDOFF_")
}

CHANNELS = {
    "alert_chat": {"chat_alert:slack", "chat_alert:google_chat"},
    "alert_email": {"email_alert"},
    "alert_event_bus": {"event_bus"},
    "alert_notion": {"notion"},
    "check_expansion": {"expansion_record", "expansion_found"},
    "generate_qbr": {"qbr_page", "qbr_draft"},
    "sales_handoff": {"expansion_record", "sales_draft", "sales_news", "expansion_event"},
    "track_feature_adoption": {"adoption_section", "adoption_draft"},
}
"""What each function has in the ledger: entries live for 90 days, so a name that changes does everything again."""

NAMES = sorted(path.parent.name for path in FUNCTIONS.glob("*/app.py"))
READS_A_SECRET = {"_cursors", "history", "portfolio", "show_shadow"}
"""Parts of the API that need the key of its cursors."""


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)


def composed(name: str) -> list[Any]:
    """All that a function builds for itself."""
    function = app_of(name).function
    parts = [part for part, value in vars(type(function)).items() if isinstance(value, cached_property)]
    return [getattr(function, part) for part in parts if name != "api" or part not in READS_A_SECRET]


def once_in(part: Any) -> Iterator[Once]:
    """What is done once anywhere in a part."""
    part = getattr(part, "__self__", part)
    if isinstance(part, Once):
        yield part
    elif is_dataclass(part):
        for field in fields(part):
            yield from once_in(getattr(part, field.name))
    elif isinstance(part, list | tuple):
        for one in part:
            yield from once_in(one)


@pytest.mark.parametrize("name", NAMES)
def test_a_function_does_once_what_the_ledger_knows_by_its_name(name: str) -> None:
    found = {once.channel for part in composed(name) for once in once_in(part)}
    assert found == CHANNELS.get(name, set())


@pytest.mark.parametrize("name", NAMES)
def test_in_shadow_the_same_is_done_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHADOW", "true")
    found = {once.channel for part in composed(name) for once in once_in(part)}
    assert found == ({"chat_alert:shadow"} if name == "alert_chat" else CHANNELS.get(name, set()))


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_a_claim_lasts_longer_than_its_function_may_run(name: str) -> None:
    template = read_template(FUNCTIONS.parent / "template.yaml")
    resources = [resource["Properties"] for resource in template["Resources"].values()]
    (properties,) = [given for given in resources if str(given.get("CodeUri", "")).strip("/") == f"functions/{name}"]
    may_run = properties.get("Timeout", template["Globals"]["Function"]["Timeout"])
    assert app_of(name).function.lease_seconds > may_run


def usages_in(part: Any) -> Iterator[object]:
    """Where a part reads the use of features."""
    if is_dataclass(part) and not isinstance(part, FedUsages):
        for field in fields(part):
            value = getattr(part, field.name)
            if field.name == "usages":
                yield value
            yield from usages_in(value)


def test_every_function_that_reads_the_use_of_features_reads_that_of_feeds_too() -> None:
    found = {name: [usages for part in composed(name) for usages in usages_in(part)] for name in NAMES}
    readers = {name: usages for name, usages in found.items() if usages}
    assert readers.keys() == {"check_expansion", "generate_qbr", "health_scan", "track_feature_adoption"}
    assert all(isinstance(one, FedUsages) for usages in readers.values() for one in usages)
