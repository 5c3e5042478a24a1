"""What is left when a morning is over: at the vendors, on the bus and in the table, as plain values to compare."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from local.deployment import LocalDeployment
from tests.builders.sandbox import chat_messages, drafts, pages

Leaves = dict[str, str]

TIMES = (
    "scored_at",
    "made_at",
    "started_at",
    "finished_at",
    "expires_at",
    "at",
    "lease_until",
    "lease_holder",
    "version",
)
"""Fields of the table that say when, or by which function's hand: they differ between any two runs."""
RATE_LIMITER = "PACE"
"""Kind of the items that say when a vendor may be called next."""

ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
DRAFT = re.compile(r"\br\d{12,}\b")
MESSAGE = re.compile(r"\b\d{10}\.\d{6}\b|(?<=/messages/)[0-9a-f]{11}\b")
SCANNED = re.compile(r"(?<=Scanned at )\d\d:\d\d")


def end_state(deployment: LocalDeployment) -> Leaves:
    """Every page, draft, chat message, event and item of the table, each value under the path to it.

    Ids that a vendor gives are replaced by what they stand for: a page's by its title, a draft's by its mailbox, a
    message's by the word. Two runs in which the same was done have the same leaves.
    """
    titles = _titles(deployment)
    received = {**_pages(deployment), **_drafts(deployment), **_chat(deployment), **_events(deployment)}
    found = {place: sorted(text) for place, text in received.items()}
    return {_named(path, titles): _named(leaf, titles) for path, leaf in _leaves({**found, **_items(deployment)})}


def differences(expected: Leaves, found: Leaves) -> dict[str, tuple[str | None, str | None]]:
    """What is expected and what is found, by path, where they are not the same."""
    paths = sorted({*expected, *found})
    both = {path: (expected.get(path), found.get(path)) for path in paths}
    return {path: pair for path, pair in both.items() if pair[0] != pair[1]}


def unexplained(
    differing: Mapping[str, tuple[str | None, str | None]], reasons: Mapping[str, str]
) -> dict[str, tuple[str | None, str | None] | str]:
    """The differences that no pattern of paths allows for, and the patterns for which there is no difference."""
    allowed = {path for like in reasons for path in alike(differing, like)}
    idle = {like: why for like, why in reasons.items() if not alike(differing, like)}
    return {**{path: pair for path, pair in differing.items() if path not in allowed}, **idle}


def alike(paths: Iterable[str], like: str) -> list[str]:
    """The paths that fit a pattern, in which a star stands for any text."""
    return [path for path in paths if fnmatchcase(path, like.replace("[", "[[]"))]


def _titles(deployment: LocalDeployment) -> dict[str, str]:
    """Titles of pages by the beginning of their id, and mailboxes of drafts by their id."""
    vendors = deployment.folder / "vendors"
    stems = [path.stem.rpartition("--") for path in (vendors / "notion").rglob("*--*.md")]
    mails = {mail.stem: f"draft in {mail.parent.name}" for mail in (vendors / "gmail").rglob("*.eml")}
    return {begin: title for title, _, begin in stems} | mails


def _named(text: str, titles: Mapping[str, str]) -> str:
    text = ID.sub(lambda found: f"<{titles.get(found[0][:8], 'id')}>", text)
    text = DRAFT.sub(lambda found: f"<{titles.get(found[0], 'draft')}>", text)
    return SCANNED.sub("<time>", MESSAGE.sub("<message>", text))


def _pages(deployment: LocalDeployment) -> dict[str, list[str]]:
    found = defaultdict(list)
    for source in (path.name for path in (deployment.folder / "vendors/notion").iterdir()):
        for name, markdown in pages(deployment, source).items():
            found[f"page {source}: {name.rpartition('--')[0]}"].append(markdown)
    return found


def _drafts(deployment: LocalDeployment) -> dict[str, list[str]]:
    found = defaultdict(list)
    for mail in drafts(deployment):
        bodies = "\n".join(part.get_content() for part in mail.walk() if not part.is_multipart())
        found[f"draft of {mail['From']} to {mail['To']}: {mail['Subject']}"].append(f"{mail['Message-ID']}\n{bodies}")
    return found


def _chat(deployment: LocalDeployment) -> dict[str, list[str]]:
    found = defaultdict(list)
    for service in ("slack", "chat"):
        for message in chat_messages(deployment, service):
            payload = json.dumps(message["payload"], ensure_ascii=False)
            links = dict.fromkeys(re.findall(r"https://www\.notion\.so/[\w-]+", payload))
            place = message.get("channel", "space")
            found[f"{service} {place}: {message['text'].splitlines()[0]}"].append("\n".join([message["text"], *links]))
    return found


def _events(deployment: LocalDeployment) -> dict[str, list[str]]:
    found = defaultdict(list)
    for line in deployment.write_bus_events().read_text("utf-8").splitlines():
        event = json.loads(line)
        about = event["detail"].get("alert_id") or event["detail"]["handoff_id"]
        detail = json.dumps(event["detail"], sort_keys=True, ensure_ascii=False)
        found[f"event {event['detail-type']}: {about}"].append(f"{event['source']} {detail}")
    return found


def _items(deployment: LocalDeployment) -> dict[str, Any]:
    """The table, item by item, without what says when a vendor may be called next."""
    read = TypeDeserializer().deserialize
    scanned = deployment.aws.dynamodb.get_paginator("scan").paginate(TableName=deployment.stack.outputs["TableName"])
    found: dict[str, Any] = {}
    for item in (item for page in scanned for item in page["Items"]):
        plain = {name: read(value) for name, value in item.items()}
        _, kind, name = plain.pop("pk").split("#", 2)
        if kind != RATE_LIMITER:
            found[f"item {kind} {name} / {plain.pop('sk')}"] = plain
    return found


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each single value with the path to it; JSON that lies in a text is read."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        value = json.loads(value)
    if isinstance(value, dict) and value:
        for name, part in value.items():
            if name not in TIMES:
                yield from _leaves(part, f"{path} > {name}" if path else name)
    elif isinstance(value, list) and value:
        for place, part in enumerate(value):
            yield from _leaves(part, f"{path} > {place}")
    else:
        yield path, str(sorted(value) if isinstance(value, set) else value)
