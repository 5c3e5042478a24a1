"""What a test asks of the vendors' sandbox: faults to have, and what it received."""

from __future__ import annotations

import json
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import requests

from local.deployment import LocalDeployment

MOMENT = 0.01
"""Seconds after which a vendor that stays down asks to be tried again, where nothing is gained by waiting longer."""


def fault(deployment: LocalDeployment, vendor: str, **what: Any) -> None:
    """Let a vendor fail: `kind` and the rest as the sandbox's control takes them."""
    answer = requests.post(f"{deployment.sandbox.url('control')}/faults", json={"vendor": vendor, **what}, timeout=60)
    answer.raise_for_status()


def mend(deployment: LocalDeployment, vendor: str) -> None:
    """End the vendor's faults."""
    requests.delete(
        f"{deployment.sandbox.url('control')}/faults", params={"vendor": vendor}, timeout=60
    ).raise_for_status()


def faults_in_force(deployment: LocalDeployment) -> list[dict[str, Any]]:
    """The faults that have not struck as often as they are meant to."""
    answer = requests.get(f"{deployment.sandbox.url('control')}/faults", timeout=60)
    return answer.json()["faults"]  # type: ignore[no-any-return]


def calls(deployment: LocalDeployment, vendor: str) -> dict[str, int]:
    """How often a vendor was called, by method and path."""
    answer = requests.get(f"{deployment.sandbox.url('control')}/requests", params={"vendor": vendor}, timeout=60)
    return answer.json()["calls"]  # type: ignore[no-any-return]


def drafts(deployment: LocalDeployment) -> list[EmailMessage]:
    """All drafts in all mailboxes."""
    parser = BytesParser(EmailMessage, policy=policy.default)  # type: ignore[arg-type]
    return [parser.parsebytes(path.read_bytes()) for path in sorted(_received(deployment, "gmail").rglob("*.eml"))]  # type: ignore[misc]


def chat_messages(deployment: LocalDeployment, service: str) -> list[dict[str, Any]]:
    """All messages of "slack" or "chat" (Google's), with their text first."""
    files = sorted(_received(deployment, service).glob("*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text("utf-8").splitlines()]


def pages(deployment: LocalDeployment, source: str) -> dict[str, str]:
    """The pages of a data source as Markdown, by file name."""
    return {
        path.name: path.read_text("utf-8") for path in sorted(_received(deployment, "notion").glob(f"{source}/*.md"))
    }


def _received(deployment: LocalDeployment, vendor: str) -> Path:
    return deployment.folder / "vendors" / vendor
