"""Builds account books in the Notion sandbox."""

from __future__ import annotations

from typing import Any

from connectors.notion.accounts import NotionCSMAdapter
from connectors.notion.client import NotionClient
from connectors.notion.names import PropertyNames, UsageNames
from connectors.notion.schema import accounts_schema, feature_usage_schema
from local.sandbox import NOTION_TOKEN, Sandbox
from local.sandbox.notion.load import Book, Loaded, Row
from tests.builders.secrets import notion_secret
from tests.builders.vendors import Waiting

Json = dict[str, Any]


def typed(text: str) -> list[Json]:
    return [{"text": {"content": text}}]


def row(number: int, created: str = "2024-01-01T00:00:00.000Z", **properties: Json) -> Row:
    """Account `A-{number}`, created at that minute; keyword `Seats_Used` is the property "Seats Used"."""
    values = {"Name": {"title": typed(f"Account {number}")}, "Account ID": {"rich_text": typed(f"A-{number}")}}
    values |= {name.replace("_", " "): value for name, value in properties.items()}
    return Row(properties=values, created_time=created)


def load_book(sandbox: Sandbox, rows: list[Row], schema: Json | None = None) -> Loaded:
    """Load the rows into the data source "Accounts", made with our own schema unless another is given."""
    properties = accounts_schema(PropertyNames()) if schema is None else schema
    return sandbox.load(Book(title="Accounts", properties=properties, key="Account ID", rows=rows))


def notion_client(sandbox: Sandbox, waiting: Waiting, *, token: str = NOTION_TOKEN) -> NotionClient:
    return NotionClient(notion_secret(token), waiting.retry_policy, base_url=sandbox.url("notion"), timeout=60)


def account_book(sandbox: Sandbox, accounts_id: str, waiting: Waiting | None = None) -> NotionCSMAdapter:
    return NotionCSMAdapter(notion_client(sandbox, waiting or Waiting()), accounts_id)


def usage_row(
    account: Json, feature: str = "Boards", created: str = "2024-01-01T00:00:00.000Z", **properties: Json
) -> Row:
    """A row of the feature usage whose property "Account" is `account`; keyword `As_Of` is the property "As Of"."""
    values = {"Name": {"title": typed(feature)}, "Feature": {"rich_text": typed(feature)}, "Account": account}
    values |= {name.replace("_", " "): value for name, value in properties.items()}
    return Row(properties=values, created_time=created)


def related(*page_ids: str) -> Json:
    return {"relation": [{"id": page_id} for page_id in page_ids]}


def load_usage(sandbox: Sandbox, rows: list[Row], changes: Json | None = None) -> str:
    """The id of a database "Feature Usage" of the rows, made with our own schema with `changes` laid over it."""
    accounts = load_book(sandbox, []).data_source_id
    schema = feature_usage_schema(UsageNames(), accounts_source_id=accounts) | (changes or {})
    given = {name: about for name, about in schema.items() if about}
    return sandbox.load(Book(title="Feature Usage", properties=given, key="Name", rows=rows)).database_id
