"""The server: all vendors behind one loopback port, with faults and limits in front of them."""

from __future__ import annotations

import json
import logging
import socket
import socketserver
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from local.sandbox.bedrock import Bedrock
from local.sandbox.control import Control
from local.sandbox.faults import Fault, Faults, Limits, Tally
from local.sandbox.gates import Gates
from local.sandbox.gmail import Gmail
from local.sandbox.google import Grants, TokenEndpoint
from local.sandbox.google_chat import GoogleChat
from local.sandbox.notion.api import Notion
from local.sandbox.notion.load import Book, Loaded, load
from local.sandbox.notion.workspace import Workspace
from local.sandbox.people import People
from local.sandbox.slack import Slack
from local.sandbox.store import Store
from local.sandbox.wire import Reply, Request, Vendor

NOTION_TOKEN = "ntn_sandbox"
SLACK_TOKEN = "xoxb-sandbox"
NOTION_QUERY_LIMIT = 10_000
# What each client takes as its base address, below the sandbox's own.
BASE_PATHS: Mapping[str, str] = {
    "notion": "/notion",
    "gmail": "/",
    "chat": "/chat",
    "slack": "/slack/api/",
    "bedrock": "/bedrock",
    "token": "/token",
    "control": "/control",
}


PROXY_PAGE = (
    "<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n"
)


def _now() -> datetime:
    return datetime.now(UTC)


class Sandbox:
    """Notion, Gmail, Google Chat, Slack and Bedrock on one port of this machine.

    What they are sent stays below `folder`, as state that the next start goes on from and as files to read. A
    fault, a limit, the count of requests and a rotated token last only as long as the sandbox runs.
    `clock` dates what is created; `notion_query_limit` is the number of rows at which a Notion query silently stops.

        with Sandbox(folder).start() as sandbox:
            Client(auth=NOTION_TOKEN, base_url=sandbox.url("notion"))
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        notion_token: str = NOTION_TOKEN,
        slack_token: str = SLACK_TOKEN,
        notion_query_limit: int = NOTION_QUERY_LIMIT,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._port = port
        self._lock = Lock()
        self._store = Store(folder)
        self._faults, self._limits, self._tally = Faults(), Limits(), Tally()
        self._workspace = Workspace(self._store, clock)
        people, grants = People(self._store), Grants()
        gmail, bedrock = Gmail(self._store, grants), Bedrock(self._store, clock)
        notion = Notion(self._workspace, notion_token, notion_query_limit)
        slack = Slack(self._store, people, slack_token, clock)
        gates = Gates(notion, slack, grants)
        self._vendors: Mapping[str, Vendor] = {
            "notion": notion,
            "gmail": gmail,
            "upload": gmail,
            "chat": GoogleChat(self._store, clock, grants),
            "slack": slack,
            "bedrock": bedrock,
            "token": TokenEndpoint(people, grants),
            "control": Control(self._faults, self._limits, self._tally, self._workspace, people, bedrock, gates),
        }
        self._store.commit()
        self._server: _Server | None = None

    def start(self) -> Self:
        """Listen on the port, or on a free one if it is 0. Raises OSError if the port is taken."""
        self._server = _Server(self, self._port)
        self._port = self._server.server_address[1]
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Close all connections, and let go of the folder."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server = None
        with self._lock:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return self._port

    @property
    def requests(self) -> int:
        """The requests that all vendors have received so far."""
        return self._tally.total

    def url(self, vendor: str) -> str:
        """The base address that the vendor's client is to be given. Raises KeyError for an unknown vendor."""
        return f"http://127.0.0.1:{self._port}{BASE_PATHS[vendor]}"

    def load(self, book: Book) -> Loaded:
        """Load an account book into Notion, as POST /control/notion/load does."""
        with self._lock:
            loaded = load(self._workspace, book)
            self._store.commit()
            return loaded

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply | None:
        """What a request is answered; None if the connection is to be closed without an answer."""
        parts = urlsplit(target)
        _, prefix, *rest = parts.path.split("/", 2)
        request = Request(method, "/" + "".join(rest), parse_qs(parts.query), headers, body)
        vendor = self._vendors.get(prefix)
        if vendor is None:
            return Reply({"error": f"no vendor is at /{prefix}"}, 404)
        return self._work(vendor, request) if vendor.name == "control" else self._face(vendor, request)

    def _face(self, vendor: Vendor, request: Request) -> Reply | None:
        self._tally.count(vendor.name, f"{request.method} {vendor.template(request)}")
        fault = self._faults.take(vendor.name, request.method, request.path)
        kind = fault.kind if fault else ""
        if fault and kind == "delay":
            time.sleep(fault.seconds)
        if kind == "drop_before":
            return None
        if fault and (fault.answers or kind == "silence"):
            if fault.done:
                self._work(vendor, request)
            if kind == "silence":
                time.sleep(fault.seconds)
                return None
            return self._with_pause(vendor, _instead(fault, vendor, request), fault.retry_after)
        if wait := self._limits.wait(vendor.name):
            return self._with_pause(vendor, vendor.error(429), wait)
        reply = self._work(vendor, request)
        if kind == "drop_after":
            return None
        return reply.broken() if kind == "malformed" else reply

    def _work(self, vendor: Vendor, request: Request) -> Reply:
        with self._lock:
            try:
                reply = vendor.handle(request)
            except Exception:
                # What the sandbox cannot cope with must not look like a dropped connection.
                logging.getLogger(__name__).exception("%s %s %s", vendor.name, request.method, request.path)
                reply = vendor.error(500)
            self._store.commit()
            return reply

    def _with_pause(self, vendor: Vendor, reply: Reply, retry_after: float | None) -> Reply:
        if reply.status == 429:
            self._tally.count_throttled(vendor.name)
        if retry_after is None:
            return reply
        return Reply(reply.body, reply.status, {**reply.headers, "Retry-After": f"{retry_after:.12g}"})


def _instead(fault: Fault, vendor: Vendor, request: Request) -> Reply:
    """What the fault answers in the vendor's place."""
    status = fault.status or 503
    match fault.kind:
        case "code":
            return vendor.error_of(fault.code, fault.status)
        case "echo":
            return Reply(_echo(request, vendor.error(status).body), status)
        case "echo_page":
            return _page(status, str(_echo(request, "page")))
        case "html":
            return _page(status, PROXY_PAGE.format(status=status))
        case "empty":
            return Reply(None, status)
        case "json":
            return Reply(json.dumps(fault.body).encode(), status)
        case _:
            return vendor.error(status)


def _page(status: int, content: str) -> Reply:
    return Reply(f"<html>{content}</html>".encode(), status, {"Content-Type": "text/html; charset=utf-8"})


def _echo(request: Request, shape: object) -> object:
    """`shape` with all that was sent in place of each text."""
    if isinstance(shape, dict):
        return {name: _echo(request, part) for name, part in shape.items()}
    if isinstance(shape, list):
        return [_echo(request, part) for part in shape]
    return f"{dict(request.headers)} {request.body.decode()}" if isinstance(shape, str) else shape


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, sandbox: Sandbox, port: int) -> None:
        self.sandbox = sandbox
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        # The base class would look up this machine's name, which can take seconds without a network.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def close_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        if isinstance(request, socket.socket):
            self._open.discard(request)
        super().close_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self._open):
            # A persistent connection would otherwise be served after the end.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Buffered, so that headers and body leave in one piece.
    wbufsize = -1
    server: _Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.sandbox.answer(self.command, self.path, headers, body)
        if reply is None:
            self.close_connection = True
            return
        content = reply.encoded()
        self.send_response(reply.status)
        for name, value in {
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": str(len(content)),
            **reply.headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the base class asks for these names

    def log_message(self, *args: object) -> None:
        """Say nothing: requests are counted, not logged."""
