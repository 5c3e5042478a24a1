"""The API of a book that was scanned, served until it is stopped, with calls to try."""

from __future__ import annotations

import json
import math
import shlex
import signal
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from rich.console import Console

from customer_success.accounts.row import AccountRow
from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from local.demo.commands import prepared
from local.demo.day import DemoRun
from local.demo.environment import demo_deployment
from local.demo.options import Options
from local.demo.quarter import scan_first
from local.demo.report.words import name_of
from local.deployment import LocalDeployment
from local.spreadsheets.columns import NAMES

NAME_LIMIT = 60
JSON = "-H 'Content-Type: application/json'"


def run_api(options: Options, console: Console) -> None:
    """`make api`. Raises `DemoError` and what `demo_deployment` raises."""
    state, scenario, day = prepared(options)
    console.print("starting Notion, Gmail, Google Chat, Slack and AWS on this machine, deploying template.yaml …")
    with demo_deployment(state) as deployment:
        scan_first(DemoRun(deployment, state, console), scenario, state.played[-1] if state.played else day)
        console.print(
            f"\nThe API answers at {deployment.api_url} until Ctrl-C. Calls are signed; these work as they stand:\n"
        )
        account = worst(DynamoAccountRows(deployment.table).every())
        if account is None or account.latest.point is None:
            console.print(no_account_scored(account), soft_wrap=True)
        for title, call in _calls(deployment, account):
            console.print(f"# {title}", style="dim", soft_wrap=True)
            console.print(f"{call}\n", soft_wrap=True)
        while True:
            signal.pause()


def no_account_scored(account: AccountRow | None) -> str:
    """The text for a book in which no account has a score; `account` is one of it, if it has any."""
    if account is None:
        return "No account of the book was taken over, so the portfolio is empty and no account can be asked about.\n"
    return (
        "Nobody in this book is scored: the portfolio has no colours; an account's health says why. A score wants "
        f"more signals, such as {NAMES.feature_adoption_rate} or {NAMES.usage_trend}: add them, then make demo.\n"
    )


def _calls(deployment: LocalDeployment, account: AccountRow | None) -> Iterator[tuple[str, str]]:
    yield "the book as it stood when the last scan closed, by ARR at risk", _curl(deployment, "/portfolio?limit=5")
    if account is None:
        return
    account_id = quote(account.account_id, safe="")
    yield (
        f"why {name_of(account.account.name, NAME_LIMIT)} stands as it does",
        _curl(deployment, f"/accounts/{account_id}/health"),
    )
    yield "its scores", _curl(deployment, f"/accounts/{account_id}/history")
    what_if = json.dumps(
        {"type": "health_scan", "account_id": account.account_id, "signals": {"usage_trend": "growing"}}
    )
    yield "what if its usage grew: nothing is stored, nobody is told", _curl(deployment, "/tasks", what_if)
    review = json.dumps({"type": "generate_qbr", "account_id": account.account_id})
    yield "its quarterly review: the answer says where to look how far it is", _curl(deployment, "/tasks", review)
    if alert := next(iter(DynamoAlertLog(deployment.table).on(account.latest.run_date)), None):
        body = '{"by": "ada.lind@fernway.example", "note": "called them", "verdict": "true alarm"}'
        yield (
            "an alert that is taken care of",
            _curl(deployment, f"/alerts/{quote(alert.alert_id, safe='')}/acknowledge", body),
        )


def worst(rows: Iterable[AccountRow]) -> AccountRow | None:
    """The account with the lowest score; where none has one, the first of them, and None of an empty book."""
    return min(rows, key=lambda row: row.latest.point.score.score if row.latest.point else math.inf, default=None)


def _curl(deployment: LocalDeployment, path: str, body: str | None = None) -> str:
    credentials = deployment.aws.session.get_credentials()
    user = f"{credentials.access_key}:{credentials.secret_key}" if credentials else ""
    region = deployment.aws.session.region_name
    sent = f" {JSON} -d {shlex.quote(body)}" if body else ""
    return (
        f"curl -s --aws-sigv4 aws:amz:{region}:execute-api --user {user}{sent} {shlex.quote(deployment.api_url + path)}"
    )
