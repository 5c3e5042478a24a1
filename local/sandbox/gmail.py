"""Gmail: drafts that lie in mailboxes. Nothing can be sent, and every attempt is written down."""

from __future__ import annotations

import base64
import binascii
import random
import re
import time
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart

from local.sandbox.google import GoogleService, Grants, claims, refused
from local.sandbox.store import Store, file_name
from local.sandbox.wire import Json, Reply, Request, Route

SEND_ATTEMPTS = "gmail/send-attempts.jsonl"
LARGEST_LIST = 500
SNIPPET = 200


class Gmail(GoogleService):
    """The mailboxes of everyone who has an access token; a token opens its subject's own only."""

    name = "gmail"
    scopes = (
        "https://mail.google.com/",
        "https://www.googleapis.com/auth/gmail.compose",
        "https://www.googleapis.com/auth/gmail.modify",
    )

    def __init__(self, store: Store, grants: Grants) -> None:
        self._store = store
        self.grants = grants
        self._drafts = store.table("gmail.drafts")
        drafts, messages = "/v1/users/{user_id}/drafts", "/v1/users/{user_id}/messages/send"
        self.routes = (
            Route("POST", f"{drafts}/send", self._send),
            Route("POST", messages, self._send),
            # Uploads have a prefix of their own before `/gmail`.
            Route("POST", f"/gmail{drafts}/send", self._send),
            Route("POST", f"/gmail{messages}", self._send),
            Route("POST", drafts, self._create),
            Route("GET", drafts, self._list),
            Route("GET", f"{drafts}/{{draft_id}}", self._get),
            Route("PUT", f"{drafts}/{{draft_id}}", self._update),
            Route("DELETE", f"{drafts}/{{draft_id}}", self._delete),
        )

    def _send(self, request: Request, user_id: str) -> Reply:
        attempt = {"mailbox": user_id, "path": request.path, "body": request.body.decode(errors="replace")}
        self._store.append(SEND_ATTEMPTS, attempt)
        raise refused(403)

    def _create(self, request: Request, user_id: str) -> Reply:
        mailbox = _mailbox(request, user_id)
        given = _message(request)
        message_id = f"{random.getrandbits(60):015x}"
        draft = {
            "id": f"r{random.getrandbits(62)}",
            "mailbox": mailbox,
            "thread_id": given.get("threadId", message_id),
        }
        return Reply(self._keep(draft, message_id, given["raw"]))

    def _update(self, request: Request, user_id: str, draft_id: str) -> Reply:
        draft = self._draft(_mailbox(request, user_id), draft_id)
        return Reply(self._keep(draft, f"{random.getrandbits(60):015x}", _message(request)["raw"]))

    def _keep(self, draft: Json, message_id: str, raw: str) -> Json:
        stored = draft | {"message_id": message_id, "raw": raw, "date": int(time.time() * 1000)}
        stored["rfc822"] = str(_parsed(stored)["Message-ID"]).strip()
        self._drafts.put(f"{draft['mailbox']}/{draft['id']}", stored)
        self._store.write(_file(stored), _bytes(raw))
        return _shown(stored, "")

    def _list(self, request: Request, user_id: str) -> Reply:
        mailbox = _mailbox(request, user_id)
        found = [draft for draft in self._drafts if draft["mailbox"] == mailbox]
        if query := request.param("q"):
            wanted = _queried_message_id(query)
            found = [draft for draft in found if draft["rfc822"] == wanted]
        found.reverse()
        start = int(request.param("pageToken", "0"))
        end = start + min(int(request.param("maxResults", "100")), LARGEST_LIST)
        listed = {"drafts": [_shown(draft, "") for draft in found[start:end]]} if found[start:end] else {}
        more = {"nextPageToken": str(end)} if end < len(found) else {}
        return Reply({**listed, **more, "resultSizeEstimate": len(found)})

    def _get(self, request: Request, user_id: str, draft_id: str) -> Reply:
        form = request.param("format", "full").lower()
        if form not in ("minimal", "full", "raw", "metadata"):
            raise refused(400, f"Invalid value for format: {form}", "invalidArgument")
        return Reply(_shown(self._draft(_mailbox(request, user_id), draft_id), form))

    def _delete(self, request: Request, user_id: str, draft_id: str) -> Reply:
        draft = self._draft(_mailbox(request, user_id), draft_id)
        self._drafts.delete(f"{draft['mailbox']}/{draft['id']}")
        self._store.remove(_file(draft))
        return Reply(status=204)

    def _draft(self, mailbox: str, draft_id: str) -> Json:
        draft = self._drafts.get(f"{mailbox}/{draft_id}")
        if draft is None:
            raise refused(404)
        return draft


def _mailbox(request: Request, user_id: str) -> str:
    subject = str(claims(request)["sub"])
    if not subject:
        # A service account that acts for no user has no mailbox.
        raise refused(400, "Precondition check failed.", "failedPrecondition", "FAILED_PRECONDITION")
    if user_id not in ("me", subject):
        raise refused(403, f"Delegation denied for {subject}")
    return subject


def _message(request: Request) -> Json:
    message = request.json().get("message")
    if not isinstance(message, dict) or not message.get("raw"):
        raise refused(400, "Missing draft message", "invalidArgument")
    _bytes(message["raw"])
    return message


def _bytes(raw: str) -> bytes:
    try:
        # Google takes both alphabets of base64 and does not ask for the padding.
        text = raw.replace("-", "+").replace("_", "/").rstrip("=")
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (AttributeError, ValueError, binascii.Error) as error:
        raise refused(400, "Invalid value for ByteString", "invalidArgument") from error


def _queried_message_id(query: str) -> str:
    found = re.fullmatch(r"rfc822msgid:<?([^\s<>]+)>?", query.strip())
    if found is None:
        raise refused(400, f"The sandbox searches for rfc822msgid: only, not {query}", "invalidArgument")
    return f"<{found[1]}>"


def _parsed(draft: Json) -> EmailMessage:
    return message_from_bytes(_bytes(draft["raw"]), policy=policy.default)


def _file(draft: Json) -> str:
    return f"gmail/{file_name(draft['mailbox'])}/{draft['id']}.eml"


def _shown(draft: Json, form: str) -> Json:
    message: Json = {"id": draft["message_id"], "threadId": draft["thread_id"], "labelIds": ["DRAFT"]}
    if form:
        message |= {"historyId": "1", "internalDate": str(draft["date"])}
        message |= {"sizeEstimate": len(_bytes(draft["raw"])), "snippet": _snippet(_parsed(draft))}
    if form == "raw":
        message["raw"] = base64.urlsafe_b64encode(_bytes(draft["raw"])).decode()
    elif form in ("full", "metadata"):
        message["payload"] = _part(_parsed(draft), form == "full")
    return {"id": draft["id"], "message": message}


def _snippet(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return " ".join(str(body.get_content()).split())[:SNIPPET] if body else ""


def _part(part: MIMEPart, whole: bool, part_id: str = "") -> Json:
    headers = [{"name": name, "value": str(value)} for name, value in part.items()]
    shown: Json = {"partId": part_id, "mimeType": part.get_content_type(), "filename": "", "headers": headers}
    if not whole:
        return shown
    if part.is_multipart():
        prefix = f"{part_id}." if part_id else ""
        parts = [_part(inner, True, f"{prefix}{index}") for index, inner in enumerate(part.iter_parts())]
        return shown | {"body": {"size": 0}, "parts": parts}
    content = part.get_payload(decode=True)
    data = content if isinstance(content, bytes) else b""
    return shown | {"body": {"size": len(data), "data": base64.urlsafe_b64encode(data).decode()}}
