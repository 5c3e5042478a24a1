"""Stands between the functions and the embedded AWS: passes on byte for byte what no fault is meant for."""

from __future__ import annotations

import http.client
import json
import socket
import socketserver
import struct
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread, local
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.builders import aws_partial

Service = Literal["dynamodb", "sqs", "sns", "events", "secretsmanager"]
Kind = Literal["throttled", "reset_before", "reset_after", "in_part"]

TARGETS: Mapping[str, Service] = {
    "DynamoDB_20120810": "dynamodb",
    "AmazonSQS": "sqs",
    "AWSEvents": "events",
    "secretsmanager": "secretsmanager",
}
"""Services by the first part of X-Amz-Target; SNS speaks the older query protocol, without that header."""

THROTTLED: Mapping[Service, str] = {
    "dynamodb": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
    "sqs": "com.amazonaws.sqs#RequestThrottled",
    "events": "ThrottlingException",
    "secretsmanager": "ThrottlingException",
    "sns": "Throttled",
}
"""The code with which each service says that there were too many calls."""

SIGNED = ("authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "content-length")
"""Headers of a request that belong to its body and its signature."""


@dataclass
class AwsFault:
    """What happens to the next `times` calls of `operation` (any if empty) whose body has `match` in it.

    `throttled` refuses, `reset_before` cuts the connection and passes nothing on, `reset_after` cuts it when the work
    is done. `in_part` passes on only the first half of a batch, and says of the rest that it was not taken; for a
    transaction it says that another one has an item in hand. The first `after` calls that are meant go through.
    """

    service: Service
    kind: Kind
    operation: str = ""
    times: int = 1
    after: int = 0
    match: str = ""

    def concerns(self, call: Call) -> bool:
        """True if the call is one of those meant."""
        meant = self.service == call.service and self.operation in ("", call.operation)
        fits = self.kind != "in_part" or call.operation in aws_partial.OPERATIONS
        return meant and fits and self.match in call.body.decode("utf-8", "replace")


class Call(NamedTuple):
    """One call of a function to AWS."""

    service: Service | None
    operation: str
    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes


class Answer(NamedTuple):
    """What AWS answers."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class AwsProxy:
    """The way of the functions to AWS at `endpoint`, at `url` while the block runs.

    What a fault changes is signed anew with the embedded stack's own credentials: a changed body no longer fits the
    signature of the function. All else keeps its Host and its signature, so that roles stay enforced.
    """

    def __init__(self, endpoint: str) -> None:
        self._upstream = urlsplit(endpoint).netloc
        self._lock = Lock()
        self._faults: list[AwsFault] = []
        self._own = local()
        self.calls: Counter[str] = Counter()
        """Calls since the start, by "service operation"."""

    def __enter__(self) -> Self:
        self._server = _Server(self)
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """What the functions are given as AWS's address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def fault(self, *faults: AwsFault) -> None:
        """Put faults in force."""
        with self._lock:
            self._faults += faults

    def mend(self) -> None:
        """Lift all faults."""
        with self._lock:
            self._faults.clear()

    def in_force(self) -> list[AwsFault]:
        """Faults that have not struck as often as they are meant to."""
        with self._lock:
            return [replace(fault) for fault in self._faults]

    def answer(self, call: Call) -> Answer | None:
        """What a call is answered; None if the connection is to be reset."""
        fault = self._take(call)
        if fault is None:
            return self._pass_on(call)
        match fault.kind:
            case "throttled":
                return _throttled(call)
            case "reset_before":
                return None
            case "reset_after":
                self._pass_on(call)
                return None
            case "in_part":
                return self._in_part(call)

    def _take(self, call: Call) -> AwsFault | None:
        with self._lock:
            self.calls[f"{call.service} {call.operation}"] += 1
            for fault in self._faults:
                if fault.concerns(call):
                    if fault.after:
                        fault.after -= 1
                        continue
                    fault.times -= 1
                    if fault.times == 0:
                        self._faults.remove(fault)
                    return fault
        return None

    def _pass_on(self, call: Call) -> Answer:
        connection = http.client.HTTPConnection(self._upstream, timeout=60)
        try:
            connection.putrequest(call.method, call.path, skip_host=True, skip_accept_encoding=True)
            for name, value in call.headers:
                connection.putheader(name, value)
            connection.endheaders(call.body)
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def _in_part(self, call: Call) -> Answer:
        part = aws_partial.split(call.operation, call.body)
        if part.accepted is None:
            return Answer(part.status, [("Content-Type", _content_type(call))], part.merged(b""))
        answer = self._pass_on(_signed(call, part.accepted))
        if answer.status != 200:
            return answer
        return Answer(200, [("Content-Type", _content_type(call))], part.merged(answer.body))


def _signed(call: Call, body: bytes) -> Call:
    """The call with another body, signed by the embedded stack's root user."""
    unsigned = {name: value for name, value in call.headers if name.lower() not in SIGNED}
    host = next(value for name, value in call.headers if name.lower() == "host")
    _, _, scope = dict(call.headers)["Authorization"].partition("Credential=")
    _, _, region, service, _ = scope.split(",")[0].split("/")
    request = AWSRequest(call.method, f"http://{host}{call.path}", headers=unsigned, data=body)
    SigV4Auth(Credentials("test", "test"), service, region).add_auth(request)
    headers = {**dict(request.headers.items()), "Content-Length": str(len(body))}
    return call._replace(headers=list(headers.items()), body=body)


def _throttled(call: Call) -> Answer:
    assert call.service is not None
    code, text = THROTTLED[call.service], "Rate exceeded"
    if call.service == "sns":
        output = (
            '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>'
            f"<Code>{code}</Code><Message>{text}</Message></Error><RequestId>0</RequestId></ErrorResponse>"
        ).encode()
    else:
        output = json.dumps({"__type": code, "message": text}).encode()
    return Answer(400, [("Content-Type", _content_type(call)), ("x-amzn-RequestId", "0")], output)


def _content_type(call: Call) -> str:
    if call.service == "sns":
        return "text/xml"
    return "application/x-amz-json-1.0" if call.service in ("dynamodb", "sqs") else "application/x-amz-json-1.1"


def _service_and_operation(headers: Mapping[str, str], body: bytes) -> tuple[Service | None, str]:
    prefix, _, operation = headers.get("x-amz-target", "").rpartition(".")
    if service := TARGETS.get(prefix):
        return service, operation
    action = parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
    return ("sns", action) if action else (None, "")


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def __init__(self, proxy: AwsProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        # The base class would look up this machine's name, which can take seconds without a network.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def shutdown_request(self, request: Any) -> None:
        # No orderly end first: where the handler asked for a reset, that is what the function sees.
        self.close_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        service, operation = _service_and_operation({k.lower(): v for k, v in self.headers.items()}, body)
        call = Call(service, operation, self.command, self.path, list(self.headers.items()), body)
        answer = self.server.proxy.answer(call)
        if answer is None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the base class asks for these names

    def log_message(self, *args: object) -> None:
        """Say nothing: calls are counted, not logged."""
