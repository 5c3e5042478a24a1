"""Slack: messages in channels and direct messages."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from local.sandbox.people import People
from local.sandbox.store import Store, file_name, readable
from local.sandbox.wire import Json, Reply, Request, Route, Vendor, VendorError

MOST_BLOCKS = 50
LONGEST_MESSAGE = 40_000
LONGEST_IN_BLOCKS = 13_000
LONGEST_SECTION = 3000
LONGEST_HEADER = 150
LONGEST_FIELD = 2000
MOST_FIELDS = 10
TEAM_CHANNEL = "customer-success"
WITHOUT_BOT = "without-bot"
SCOPES = (
    *("chat:write", "users:read", "users:read.email", "im:write", "im:history"),
    *("channels:history", "groups:history", "channels:read", "groups:read"),
)


class Slack(Vendor):
    """One workspace and one bot. Every channel with a well-formed name or id exists, and the bot is in all of them but
    `WITHOUT_BOT`. Listed are these two and all that were used.

    `token` is the only one that it takes; it has the `scopes`.
    """

    name = "slack"

    def __init__(self, store: Store, people: People, token: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._people = people
        self.token = token
        self.scopes = SCOPES
        self._clock = clock
        self._messages = store.table("slack.messages")
        # Ids are hashes; what was hashed is stored, so that files can be named after it.
        self._names = store.table("slack.names")
        methods: Mapping[str, Callable[[Json], Json]] = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.info": self._info,
            "conversations.list": self._list,
            "conversations.open": self._open,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "users.lookupByEmail": self._look_up,
        }
        self.routes = tuple(
            Route(verb, f"/api/{name}", self._method(answer))
            for name, answer in methods.items()
            for verb in ("POST", "GET")
        )

    def error(self, status: int) -> Reply:
        """A failure with an HTTP status of its own, which few of Slack's have."""
        codes = {429: "ratelimited", 503: "service_unavailable"}
        return Reply({"ok": False, "error": codes.get(status, "internal_error")}, status)

    def error_of(self, code: str, status: int | None) -> Reply:
        """A failure with this code: a 200, as nearly all of Slack's are."""
        return Reply({"ok": False, "error": code}, status or 200)

    def unknown_path(self) -> Reply:
        """There is no such method."""
        return _failed("unknown_method").reply

    def unreadable(self) -> Reply:
        """The arguments are not JSON."""
        return _failed("invalid_json").reply

    def admit(self, request: Request) -> None:
        """Slack asks for the bot's token, in the header or among the arguments."""
        token = request.bearer or _arguments(request).get("token", "")
        if token != self.token:
            raise _failed("invalid_auth" if token else "not_authed")

    def _method(self, answer: Callable[[Json], Json]) -> Callable[[Request], Reply]:
        """What answers a method: with the token's scopes, as Slack does to each call."""
        return lambda request: Reply(
            {"ok": True, **answer(_arguments(request))}, headers={"x-oauth-scopes": ",".join(self.scopes)}
        )

    def _auth_test(self, _: Json) -> Json:
        return {"url": "https://sandbox.slack.com/", "team": "Sandbox", "user": "csm", **_bot()}

    def _look_up(self, asked: Json) -> Json:
        address = asked.get("email", "")
        if not self._people.know(address):
            raise _failed("users_not_found")
        user = self._id("U", address)
        return {"user": {"id": user, "name": address.partition("@")[0], "profile": {"email": address}}}

    def _open(self, asked: Json) -> Json:
        users = asked.get("users", "")
        if users not in self._names:
            raise _failed("user_not_found")
        return {"channel": {"id": self._channel(users)}}

    def _info(self, asked: Json) -> Json:
        """Of a channel by its id: unlike a message, this finds none by its name."""
        channel = str(asked.get("channel", ""))
        if not re.fullmatch(r"[CG][A-Z0-9]{4,}", channel):
            raise _failed("channel_not_found")
        return {"channel": self._about(channel)}

    def _list(self, asked: Json) -> Json:
        for name in (TEAM_CHANNEL, WITHOUT_BOT):
            self._id("C", name)
        channels = sorted({_hashed("C", row["name"]) for row in self._names})
        found = [self._about(channel) for channel in channels if channel in self._names]
        start = int(asked.get("cursor") or 0)
        end = start + min(int(asked.get("limit") or 100), 1000)
        cursor = str(end) if end < len(found) else ""
        return {"channels": found[start:end], "response_metadata": {"next_cursor": cursor}}

    def _about(self, channel: str) -> Json:
        name = (self._names.get(channel) or {"name": channel.lower()})["name"]
        return {"id": channel, "name": name, "is_member": self._has_bot(channel), "is_archived": False}

    def _has_bot(self, channel: str) -> bool:
        return channel != _hashed("C", WITHOUT_BOT)

    def _id(self, kind: str, name: str) -> str:
        found = _hashed(kind, name)
        if found not in self._names:
            self._names.put(found, {"name": name})
        return found

    def _channel(self, asked: object) -> str:
        """The id of the channel meant by an id, a name, or a user, whose direct message it is then."""
        text = str(asked or "")
        if text.startswith("U") and (user := self._names.get(text)):
            return self._id("D", f"dm-{user['name']}")
        if re.fullmatch(r"[CGD][A-Z0-9]{4,}", text):
            return text
        if re.fullmatch(r"#?[^\sA-Z#.,]{1,80}", text):
            return self._id("C", text.lstrip("#"))
        raise _failed("channel_not_found")

    def _post(self, asked: Json) -> Json:
        channel = self._channel(asked.get("channel"))
        if not self._has_bot(channel):
            raise _failed("not_in_channel")
        _check(asked)
        ts = self._next_ts(channel)
        fields = {name: part for name, part in asked.items() if name not in ("token", "channel")}
        message = {
            "type": "message",
            "user": _bot()["user_id"],
            "bot_id": _bot()["bot_id"],
            "ts": ts,
            "text": "",
        } | fields
        return self._keep(channel, message)

    def _update(self, asked: Json) -> Json:
        channel, ts = self._channel(asked.get("channel")), asked.get("ts", "")
        row = self._messages.get(f"{channel}/{ts}")
        if row is None:
            raise _failed("message_not_found")
        _check(asked)
        changed = {name: asked[name] for name in ("text", "blocks", "metadata") if name in asked}
        edited = {"user": _bot()["user_id"], "ts": self._next_ts(channel)}
        return self._keep(channel, row["message"] | changed | {"edited": edited}) | {"text": asked.get("text", "")}

    def _keep(self, channel: str, message: Json) -> Json:
        self._messages.put(f"{channel}/{message['ts']}", {"channel": channel, "message": message})
        name = (self._names.get(channel) or {"name": channel})["name"]
        text = readable(message.get("blocks", [])) or readable([{"text": message["text"]}])
        self._store.append(f"slack/{file_name(name)}.jsonl", {"text": text, "channel": channel, "payload": message})
        return {"channel": channel, "ts": message["ts"], "message": message}

    def _next_ts(self, channel: str) -> str:
        """A time stamp that no message of the channel has yet."""
        micros = int(self._clock().timestamp() * 1_000_000)
        while f"{channel}/{_ts(micros)}" in self._messages:
            micros += 1
        return _ts(micros)

    def _in(self, channel: str) -> list[Json]:
        found = [row["message"] for row in self._messages if row["channel"] == channel]
        return sorted(found, key=lambda message: str(message["ts"]))

    def _history(self, asked: Json) -> Json:
        found = self._in(self._channel(asked.get("channel")))
        top = [message for message in found if message.get("thread_ts", message["ts"]) == message["ts"]]
        return _listed(list(reversed(top)), asked, 100)

    def _replies(self, asked: Json) -> Json:
        ts = asked.get("ts", "")
        found = self._in(self._channel(asked.get("channel")))
        thread = [message for message in found if ts in (message["ts"], message.get("thread_ts"))]
        if not thread:
            raise _failed("thread_not_found")
        return _listed(thread, asked, 1000)


def _arguments(request: Request) -> Json:
    """The arguments, from a JSON body, or from a form and the address, in which structures are JSON texts."""
    if "json" in request.headers.get("content-type", ""):
        return request.json()
    given = {name: values[0] for name, values in request.query.items()}
    given |= dict(parse_qsl(request.body.decode()))
    try:
        return {name: json.loads(text) if text[:1] in "[{" else text for name, text in given.items() if text}
    except ValueError as error:
        raise _failed("invalid_arguments") from error


def _hashed(kind: str, name: str) -> str:
    return kind + hashlib.sha256(name.encode()).hexdigest()[:10].upper()


def _bot() -> Json:
    return {"team_id": "T0SANDBOX", "user_id": "U0SANDBOX", "bot_id": "B0SANDBOX"}


def _ts(micros: int) -> str:
    return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"


def _failed(code: str, *messages: str) -> VendorError:
    more = {"response_metadata": {"messages": [f"[ERROR] {message}" for message in messages]}} if messages else {}
    return VendorError(Reply({"ok": False, "error": code, **more}))


def _check(asked: Json) -> None:
    text, blocks = asked.get("text", ""), asked.get("blocks", [])
    if not text and not blocks:
        raise _failed("no_text")
    if len(text) > LONGEST_MESSAGE:
        raise _failed("msg_too_long")
    if not isinstance(blocks, list):
        raise _failed("invalid_blocks_format")
    if len(blocks) > MOST_BLOCKS:
        raise _failed("invalid_blocks", f"no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]")
    for index, block in enumerate(blocks):
        if complaint := _complaint(block):
            raise _failed("invalid_blocks", f"{complaint} [json-pointer:/blocks/{index}]")
    if len(readable(blocks)) > LONGEST_IN_BLOCKS:
        raise _failed("msg_blocks_too_long")


def _complaint(block: Any) -> str:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind == "header":
        return _text_complaint(block.get("text"), LONGEST_HEADER, ("plain_text",))
    if kind == "section":
        fields = block.get("fields", [])
        complaints = [_text_complaint(field, LONGEST_FIELD) for field in fields]
        if "text" in block or not fields:
            complaints.append(_text_complaint(block.get("text"), LONGEST_SECTION))
        if len(fields) > MOST_FIELDS:
            complaints.append(f"no more than {MOST_FIELDS} items allowed")
        return next(filter(None, complaints), "")
    if kind in ("context", "actions"):
        elements = block.get("elements", [])
        allowed = 10 if kind == "context" else 25
        return "" if 0 < len(elements) <= allowed else f"must have 1 to {allowed} elements"
    return "" if kind in ("divider", "image", "rich_text", "markdown") else f"unsupported type: {kind}"


def _text_complaint(text: Any, longest: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> str:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        return f"must be a text object of type {' or '.join(kinds)}"
    if not 0 < len(text.get("text", "")) <= longest:
        return f"must be more than 0 and less than {longest + 1} characters"
    return ""


def _listed(messages: list[Json], asked: Json, usual: int) -> Json:
    oldest, latest = str(asked.get("oldest", "")), str(asked.get("latest", "")) or "~"
    inclusive = str(asked.get("inclusive", "")).lower() in ("1", "true")
    within = [
        message
        for message in messages
        if oldest < message["ts"] < latest or (inclusive and message["ts"] in (oldest, latest))
    ]
    start = int(asked.get("cursor") or 0)
    end = start + min(int(asked.get("limit") or usual), 999)
    shown = within[start:end]
    if str(asked.get("include_all_metadata", "")).lower() not in ("1", "true"):
        shown = [{name: part for name, part in message.items() if name != "metadata"} for message in shown]
    cursor = str(end) if end < len(within) else ""
    return {"messages": shown, "has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}
