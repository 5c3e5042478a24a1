"""An alert as it reads in chat, and a draft as it reads in Gmail: taken from what the services received."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from connectors.text import clean
from customer_success.alerts.entry import AlertEntry, Channel


@dataclass(frozen=True, slots=True)
class DeliveredText:
    """A text that a service received, the file it lies in, and where a person finds it in the service."""

    where: str
    file: Path
    text: str


def chat_message(vendors: Path, alerts: Iterable[AlertEntry], preferred: str) -> DeliveredText | None:
    """The Slack message of an alert sent individually, of the `preferred` account if it has one."""
    keys = [entry.alert_id for entry in _single(alerts, preferred)]
    posted = {key: message for file in sorted(vendors.glob("slack/*.jsonl")) for key, message in _messages(file)}
    return next((_in_slack(*posted[key]) for key in keys if key in posted), None)


def mail_draft(vendors: Path, alerts: Iterable[AlertEntry], preferred: str) -> DeliveredText | None:
    """The draft of an alert sent individually, of the `preferred` account if it has one."""
    files = {file.stem: file for file in vendors.glob("gmail/*/*.eml")}
    references = [entry.outcomes["email_alert"].reference for entry in _single(alerts, preferred, "email_alert")]
    file = next((files[name] for name in references if name in files), None)
    return None if file is None else _draft(file)


def draft(vendors: Path, draft_id: str | None) -> DeliveredText | None:
    """The draft of that id, None if there is none."""
    file = next(vendors.glob(f"gmail/*/{draft_id}.eml"), None) if draft_id else None
    return None if file is None else _draft(file)


def direct_message(vendors: Path, recipient: str | None, title: str) -> DeliveredText | None:
    """The last direct message with this title to a person in Slack, None if there is none."""
    file = vendors / f"slack/dm-{recipient}.jsonl"
    texts = [text for _, (_, text) in _messages(file)] if file.exists() else []
    return next((_in_slack(file, text) for text in reversed(texts) if text.startswith(title)), None)


def _draft(file: Path) -> DeliveredText:
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    heads = [f"{name}: {mail[name]}" if mail[name] else f"{name}: (left open)" for name in ("From", "To", "Subject")]
    text = "\n".join([*heads, "", str(body.get_content()).strip() if body else ""])
    return DeliveredText(f"a draft in the mailbox of {file.parent.name}", file, clean(text))


def _single(alerts: Iterable[AlertEntry], preferred: str, channel: Channel = "chat_alert") -> list[AlertEntry]:
    """The alerts that reached the channel, that of the preferred account first."""
    reached = [entry for entry in alerts if (outcome := entry.outcomes.get(channel)) and outcome.state == "delivered"]
    return sorted(reached, key=lambda entry: entry.alert.account_id != preferred)


def _messages(file: Path) -> Iterator[tuple[str, tuple[Path, str]]]:
    """The messages of a channel by the key that is sent with each."""
    for line in file.read_text(encoding="utf-8").splitlines():
        message = json.loads(line)
        key = message["payload"].get("metadata", {}).get("event_payload", {}).get("key", "")
        yield key, (file, "\n".join(_blocks(message["payload"].get("blocks", []))) or message["text"])


def _blocks(blocks: list[dict[str, Any]]) -> Iterator[str]:
    """The lines of a message as Slack shows them, the items of a list with their bullets."""
    for block in blocks:
        if block["type"] != "rich_text":
            yield str(block.get("text", {}).get("text", ""))
        for element in block.get("elements", []) if block["type"] == "rich_text" else []:
            listed = element["type"] == "rich_text_list"
            for section in element["elements"] if listed else [element]:
                text = "".join(part.get("text", "") for part in section["elements"])
                yield f"• {text}" if listed else text


def _in_slack(file: Path, text: str) -> DeliveredText:
    channel = file.stem.removeprefix("dm-")
    where = f"in the channel #{channel}" if channel == file.stem else f"a direct message to {channel}"
    return DeliveredText(where, file, clean(text))
