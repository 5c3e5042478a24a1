"""The whole deployment on one machine: the vendors' sandbox, the embedded stack, and the template deployed on it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from connectors.notion.names import ExpansionNames, PropertyNames, QbrNames, RecordNames, UsageNames
from connectors.notion.schema import (
    accounts_schema,
    expansion_schema,
    feature_usage_schema,
    qbr_schema,
    records_schema,
)
from customer_success.aws.dynamodb.table import Table
from local.sandbox.google import service_account
from local.sandbox.notion.load import Book, Row
from local.sandbox.server import NOTION_TOKEN, SLACK_TOKEN, Sandbox
from local.spreadsheets.usage import USAGE_KEY
from local.stack.aws import Aws
from local.stack.build import build
from local.stack.bus_tap import empty_bus_tap, open_bus_tap
from local.stack.deploy import Deployment, deploy
from local.stack.queues import (
    DEAD_LETTERS,
    LOOK_SECONDS,
    STILL_SECONDS,
    NotDrainedError,
    Stillness,
    depths,
    wait_until_drained,
)
from local.stack.schedule import fire
from local.stack.secret_store import put_secret
from local.stack.serving import LOG, serving
from local.stack.template import read_template

T = TypeVar("T")

ROOT = Path(__file__).parents[1]
STACK_PYTHON = ROOT / ".stack/bin/python"
BUILT = ROOT / ".build"
STACK = "customer-success-local"
TENANT = "demo"

PRICE_LIST = json.dumps({"seat": 300, "modules": {"Reporting": 4800, "Automation": 7200, "API": 6000}})
"""Yearly prices of the product that the bundled accounts use."""

SECRETS = {"notion": "csm/local/notion", "google": "csm/local/google", "slack": "csm/local/slack"}


@dataclass(frozen=True, slots=True)
class LocalDeployment:
    """What runs. `folder` holds the state of all of it, and what the vendors received, to be opened."""

    folder: Path
    sandbox: Sandbox
    aws: Aws
    stack: Deployment
    bus_tap: str

    @property
    def table(self) -> Table:
        """The deployed table, for reading what the functions wrote."""
        return Table(self.aws.dynamodb, self.stack.outputs["TableName"], self.stack.space)

    @property
    def api_url(self) -> str:
        """Where the API answers on this machine."""
        return f"{self.aws.endpoint}/_aws/execute-api/{self.stack.outputs['ApiId']}/local"

    def load(self, rows: list[Row]) -> None:
        """Put accounts into the Notion sandbox; one with a known Account ID is updated."""
        self.sandbox.load(_accounts(rows))

    def load_usage(self, rows: list[Row]) -> None:
        """Put feature usage into the Notion sandbox; rows that are not among these go to the trash."""
        self.sandbox.load(_feature_usage(self.sandbox.load(_accounts([])).data_source_id, rows, whole=True))

    def write_bus_events(self) -> Path:
        """Bring the events that came on the bus since last time to a file of JSON lines."""
        events = self.folder / "vendors/event_bus.jsonl"
        empty_bus_tap(self.aws, self.bus_tap, events)
        return events

    def tick(self, day: date, hour: int = 7) -> None:
        """Hand the scan rule's target the event that the rule sends on that day."""
        self._fire("ScanRuleName", day, hour)

    def check_contracts(self, day: date) -> None:
        """The same for the contract check's rule, at eight."""
        self._fire("ContractRuleName", day, 8)

    def plan_quarter(self, day: date) -> None:
        """The same for the rule of the quarterly reviews, at noon."""
        self._fire("QbrRuleName", day, 12)

    def _fire(self, rule: str, day: date, hour: int) -> None:
        event = json.loads((ROOT / "events/schedule.json").read_text("utf-8"))
        tick = {**event, "id": str(uuid4()), "time": f"{day}T{hour:02d}:00:00Z"}
        fire(self.aws, self.stack.outputs[rule], tick)

    def drain(self) -> dict[str, int]:
        """Wait until every queue has drained; the dead letters that are left, by their queue.

        Raises `NotDrainedError` when messages are left and nothing moves any more.
        """
        wait_until_drained(self.aws, self.stack.queues, work=self.work)
        dead = {name: url for name, url in self.stack.queues.items() if name.endswith(DEAD_LETTERS)}
        return {name: depth.total for name, depth in depths(self.aws, dead).items() if depth.total}

    def wait_for(self, found: Callable[[], T | None], what: str) -> T:
        """Look until what is looked for is there, however long that takes while anything moves.

        Raises `NotDrainedError`, with `what` in its text, when nothing moves any more.
        """
        stillness = Stillness()
        while (result := found()) is None:
            if stillness.seconds((depths(self.aws, self.stack.queues), self.work())) > STILL_SECONDS:
                raise NotDrainedError(f"nothing has moved for {STILL_SECONDS:.0f} s, still waiting for {what}")
            time.sleep(LOOK_SECONDS)
        return result

    def work(self) -> tuple[int, int]:
        """What changes whenever a function has done something: the stack's log of invocations, the vendors' calls."""
        return (self.folder / "stack" / LOG).stat().st_size, self.sandbox.requests


@contextmanager
def local_deployment(folder: Path, parameters: Mapping[str, str] | None = None) -> Iterator[LocalDeployment]:
    """Run everything while the block runs; a later run on the same folder goes on with its state."""
    template = read_template(ROOT / "template.yaml")
    zips = build(template, ROOT, BUILT, STACK_PYTHON)
    with Sandbox(folder / "vendors") as sandbox, serving(folder / "stack", STACK_PYTHON) as aws:
        sandbox.start()
        deployed = deploy(aws, template, zips, STACK, _parameters(aws, sandbox) | dict(parameters or {}))
        tap = open_bus_tap(aws, deployed.outputs["EventBusName"])
        yield LocalDeployment(folder, sandbox, aws, deployed, tap)


def _accounts(rows: list[Row]) -> Book:
    names = PropertyNames()
    return Book(title="Accounts", properties=accounts_schema(names), key=names.account_id, rows=rows)


def _feature_usage(accounts_source_id: str, rows: list[Row], *, whole: bool = False) -> Book:
    """Feature usage as a spreadsheet brings it in: an account is named by its id, and a row is known by `USAGE_KEY`."""
    names = UsageNames()
    text: dict[str, Any] = {"rich_text": {}}
    schema = feature_usage_schema(names, accounts_source_id=accounts_source_id) | {names.account: text, USAGE_KEY: text}
    return Book(title="Feature Usage", properties=schema, key=USAGE_KEY, rows=rows, whole=whole)


def _parameters(aws: Aws, sandbox: Sandbox) -> dict[str, str]:
    """The deployment's parameters, with the sandbox in place of each vendor and waits made short."""
    accounts = sandbox.load(_accounts([]))
    schema = records_schema(RecordNames(), accounts_source_id=accounts.data_source_id)
    records = sandbox.load(Book(title="Health Records", properties=schema, key=RecordNames().key, rows=[]))
    reviews = qbr_schema(QbrNames(), accounts_source_id=accounts.data_source_id)
    qbrs = sandbox.load(Book(title="QBR", properties=reviews, key=QbrNames().key, rows=[]))
    offers = expansion_schema(ExpansionNames(), accounts_source_id=accounts.data_source_id)
    expansions = sandbox.load(Book(title="Expansion", properties=offers, key=ExpansionNames().key, rows=[]))
    usage = sandbox.load(_feature_usage(accounts.data_source_id, []))
    _put_secrets(aws, sandbox)
    return {
        "Stage": "local",
        "TenantId": TENANT,
        # A tick of the clock on the wall would be of another day than the one that is played.
        "ScanEnabled": "false",
        "ContractCheckEnabled": "false",
        "QbrEnabled": "false",
        "FallbackOwner": "team-lead@example.com",
        "SalesOwner": "sales-lead@example.com",
        "PriceList": PRICE_LIST,
        "RetryBaseSeconds": "1",
        "NotionApiUrl": sandbox.url("notion").rstrip("/"),
        "NotionSecret": SECRETS["notion"],
        "NotionAccounts": accounts.database_id,
        "NotionHealthRecords": records.database_id,
        "NotionQbrs": qbrs.database_id,
        "NotionExpansions": expansions.database_id,
        "NotionFeatureUsage": usage.database_id,
        "NotionRequestsPerSecond": "100",
        "GmailApiUrl": sandbox.url("gmail").rstrip("/"),
        "GmailSecret": SECRETS["google"],
        "GoogleChatApiUrl": sandbox.url("chat").rstrip("/"),
        "GoogleChatSecret": SECRETS["google"],
        "GoogleChatSpace": "spaces/customer-success",
        "SlackApiUrl": sandbox.url("slack").rstrip("/"),
        "SlackSecret": SECRETS["slack"],
        "SlackChannel": "customer-success",
        "ChatRequestsPerSecond": "100",
        "BedrockApiUrl": sandbox.url("bedrock").rstrip("/"),
    }


def _put_secrets(aws: Aws, sandbox: Sandbox) -> None:
    secrets: dict[str, Mapping[str, Any]] = {
        SECRETS["notion"]: {"token": NOTION_TOKEN},
        SECRETS["slack"]: {"token": SLACK_TOKEN},
        SECRETS["google"]: service_account(sandbox.url("token")),
    }
    for name, content in secrets.items():
        put_secret(aws, name, content)
