"""Google Chat: messages in spaces."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from local.sandbox.google import GoogleService, Grants, claims, refused
from local.sandbox.store import Store, file_name, readable
from local.sandbox.wire import Json, Reply, Request, Route

LARGEST_MESSAGE = 32_000
WITHOUT_APP = "spaces/without-app"
CONTENT = ("text", "cardsV2", "cards", "attachment", "fallbackText", "accessoryWidgets")
REPLY_OPTIONS = ("REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD", "REPLY_MESSAGE_OR_FAIL")


class GoogleChat(GoogleService):
    """Every space there is a name for exists, and the app is a member of it, save of `WITHOUT_APP`."""

    name = "chat"
    scopes = ("https://www.googleapis.com/auth/chat.",)

    def __init__(self, store: Store, clock: Callable[[], datetime], grants: Grants) -> None:
        self._store = store
        self.grants = grants
        self._clock = clock
        self._messages = store.table("chat.messages")
        self.routes = (
            Route("GET", "/v1/spaces/{space_id}", self._get),
            Route("POST", "/v1/spaces/{space_id}/messages", self._create),
            Route("GET", "/v1/spaces/{space_id}/messages", self._list),
        )

    def _get(self, _: Request, space_id: str) -> Reply:
        space = self._open(space_id)
        return Reply({"name": space, "spaceType": "SPACE", "displayName": space_id})

    def _open(self, space_id: str) -> str:
        space = f"spaces/{space_id}"
        if space == WITHOUT_APP:
            raise refused(403, "This Chat app is not a member of this space.")
        return space

    def _create(self, request: Request, space_id: str) -> Reply:
        space = self._open(space_id)
        body = request.json()
        sender = claims(request)["sub"] or "app"
        if request_id := request.param("requestId"):
            for row in self._messages:
                if row["request_id"] == request_id and row["space"] == space and row["sender"] == sender:
                    return Reply(row["message"])
        self._check(body, space)
        name = f"{space}/messages/{uuid4().hex[:11]}"
        thread, is_reply = self._thread(request, body.get("thread", {}), space)
        message = {
            "name": name,
            "sender": {"name": f"users/{sender}", "type": "BOT" if sender == "app" else "HUMAN"},
            "createTime": self._clock().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            **{field: body[field] for field in CONTENT if field in body},
            "thread": thread,
            "space": {"name": space},
            "threadReply": is_reply,
        }
        row = {"space": space, "sender": sender, "request_id": request_id, "message": message}
        self._messages.put(name, row)
        text = readable({"text": body.get("text", ""), "cards": body.get("cardsV2")})
        self._store.append(f"chat/{file_name(space_id)}.jsonl", {"text": text, "payload": message})
        return Reply(message)

    def _check(self, body: Json, space: str) -> None:
        if not any(body.get(field) for field in CONTENT):
            raise refused(400, f"Message cannot be empty. Discarding empty create message request in {space}.")
        size = len(json.dumps(body, ensure_ascii=False).encode())
        if size > LARGEST_MESSAGE:
            raise refused(400, f"Message is longer than {LARGEST_MESSAGE} bytes: {size}.")

    def _thread(self, request: Request, asked: Json, space: str) -> tuple[Json, bool]:
        """The thread a message goes to, a new one without a reply option; and whether it is a reply."""
        option = request.param("messageReplyOption")
        key = asked.get("threadKey") or request.param("threadKey")
        fresh = {"name": f"{space}/threads/{uuid4().hex[:11]}"}
        if option not in REPLY_OPTIONS or not (key or asked.get("name")):
            return fresh, False
        named = hashlib.sha256(f"{space} {key}".encode()).hexdigest()[:11]
        wanted = {
            "name": asked.get("name") or f"{space}/threads/{named}",
            **({"threadKey": key} if key else {}),
        }
        exists = any(row["message"]["thread"]["name"] == wanted["name"] for row in self._messages)
        if not exists and option == "REPLY_MESSAGE_OR_FAIL":
            raise refused(404)
        return (wanted if exists or key else fresh), exists

    def _list(self, request: Request, space_id: str) -> Reply:
        found = [row["message"] for row in self._messages if row["space"] == f"spaces/{space_id}"]
        if query := request.param("filter"):
            wanted = re.fullmatch(r"thread\.name\s*=\s*(\S+)", query.strip())
            if wanted is None:
                raise refused(400, f"Invalid filter: {query}. The sandbox filters by thread.name only.")
            found = [message for message in found if message["thread"]["name"] == wanted[1]]
        start = int(request.param("pageToken", "0"))
        end = start + min(int(request.param("pageSize", "25")), 1000)
        more = {"nextPageToken": str(end)} if end < len(found) else {}
        return Reply({"messages": found[start:end], **more} if found[start:end] else {})
