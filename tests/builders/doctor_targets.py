"""Deployments that `make doctor` looks at: the sandbox around AWS in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from connectors.notion.names import ExpansionNames, PropertyNames, QbrNames, RecordNames, UsageNames
from connectors.notion.schema import (
    accounts_schema,
    expansion_schema,
    feature_usage_schema,
    qbr_schema,
    records_schema,
)
from local.doctor.check_result import CheckResult, State
from local.doctor.target import Target
from local.sandbox import NOTION_TOKEN, SLACK_TOKEN, Sandbox
from local.sandbox.google import service_account
from local.sandbox.notion.load import Book, Row
from local.stack.aws import Aws
from local.stack.deploy import Deployment
from tests.builders.aws import TABLE, TENANT

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRETS = {"NotionSecret": "csm/notion", "SlackSecret": "csm/slack", "GmailSecret": "csm/google"}


def target(session: boto3.Session, sandbox: Sandbox | None = None, **parameters: str) -> Target:
    """A deployment at nine in the morning, made two days before; `parameters` are laid over its own."""
    plain = {
        "Stage": "dev",
        "TenantId": TENANT,
        "Timezone": "UTC",
        "Shadow": "false",
        "ScanEnabled": "true",
        "ScanSchedule": "cron(0 7 * * ? *)",
        "ScanOverdueHours": "25",
        "ContractCheckEnabled": "true",
        "ContractSchedule": "cron(0 8 * * ? *)",
        "QbrEnabled": "false",
        "QbrSchedule": "cron(0 12 1 1,4,7,10 ? *)",
        "AlarmEmail": "",
        "BedrockModelId": "",
        "FallbackOwner": "lead@example.com",
        "NotionProperties": "{}",
        "NotionRequestsPerSecond": "100",
        "SlackChannel": "customer-success",
        "GoogleChatSecret": SECRETS["GmailSecret"],
        "GoogleChatSpace": "spaces/team",
        **SECRETS,
        **({} if sandbox is None else _vendors(sandbox)),
    }
    outputs = {"TableName": TABLE, "ScanRuleName": "scan", "ContractRuleName": "contracts", "QbrRuleName": "qbrs"}
    deployed = Deployment(outputs, plain | parameters, {}, {})
    return Target(Aws(session), "csm-dev", deployed, NOW - timedelta(days=2), NOW, "STACK=csm-dev", lambda _: None)


def put_secrets(session: boto3.Session, sandbox: Sandbox, **contents: Mapping[str, Any]) -> None:
    """The secrets that the sandbox takes, by parameter; `contents` are laid over them."""
    plain: dict[str, Mapping[str, Any]] = {
        "NotionSecret": {"token": NOTION_TOKEN},
        "SlackSecret": {"token": SLACK_TOKEN},
        "GmailSecret": service_account(sandbox.url("token")),
    }
    client = session.client("secretsmanager")
    for parameter, content in (plain | contents).items():
        client.create_secret(Name=SECRETS[parameter], SecretString=json.dumps(content))


def databases(sandbox: Sandbox, rows: list[Row], **changed: Mapping[str, Any]) -> dict[str, str]:
    """The five databases by parameter, with accounts in the first; `changed` has other properties of some of them."""
    book = Book(title="Accounts", properties=accounts_schema(PropertyNames()), key="Account ID", rows=rows)
    if "NotionAccounts" in changed:
        book = book.model_copy(update={"properties": dict(changed["NotionAccounts"])})
    accounts = sandbox.load(book)
    source = accounts.data_source_id
    schemas: dict[str, tuple[str, str, Mapping[str, Any]]] = {
        "NotionHealthRecords": ("Records", "Alert ID", records_schema(RecordNames(), accounts_source_id=source)),
        "NotionQbrs": ("QBR", "Run Key", qbr_schema(QbrNames(), accounts_source_id=source)),
        "NotionExpansions": ("Expansion", "Handoff ID", expansion_schema(ExpansionNames(), accounts_source_id=source)),
        "NotionFeatureUsage": ("Usage", "Feature", feature_usage_schema(UsageNames(), accounts_source_id=source)),
    }
    ids = {"NotionAccounts": accounts.database_id}
    for parameter, (title, key, schema) in schemas.items():
        properties = dict(changed.get(parameter, schema))
        ids[parameter] = sandbox.load(Book(title=title, properties=properties, key=key, rows=[])).database_id
    return ids


def texts(results: list[CheckResult], state: State) -> str:
    """What results of a state say, with what to do."""
    return "\n".join(f"{each.what} → {each.advice} {each.command}" for each in results if each.state == state)


def _vendors(sandbox: Sandbox) -> dict[str, str]:
    named = {
        "NotionApiUrl": "notion",
        "SlackApiUrl": "slack",
        "GmailApiUrl": "gmail",
        "GoogleChatApiUrl": "chat",
        "BedrockApiUrl": "bedrock",
    }
    return {parameter: sandbox.url(vendor).rstrip("/") for parameter, vendor in named.items()}
