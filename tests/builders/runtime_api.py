"""A function run as Lambda runs it: by Lambda's own runtime client, which asks our Runtime API for its events."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

SECONDS = 120
"""How long an answer is waited for; a function that ends by itself is found at once."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A process that is ended breaks its connection; what that means, its answer says."""


@dataclass
class RuntimeApi:
    """The part of Lambda's Runtime API that hands out events and takes answers."""

    server: ThreadingHTTPServer
    events: Queue[Any] = field(default_factory=Queue)
    answers: Queue[Any] = field(default_factory=Queue)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"


@contextmanager
def runtime_api() -> Iterator[RuntimeApi]:
    """Serves while the block runs."""

    class Serving(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """`/invocation/next`: waits for an event."""
            invocation = {
                "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + SECONDS) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:123456789012:function:sample",
            }
            self._reply(200, json.dumps(api.events.get()), invocation)

        def do_POST(self) -> None:
            """`/invocation/{id}/response` and `/error`, and `/init/error`."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            api.answers.put(json.loads(body))
            self._reply(202, "{}", {})

        def _reply(self, status: int, body: str, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            # The client crashes on an answer without a content type.
            fixed = {"Content-Type": "application/json", "Content-Length": str(len(body.encode()))}
            for name, value in {**headers, **fixed}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Requests are not worth a line."""

    api = RuntimeApi(_Server(("127.0.0.1", 0), Serving))
    Thread(target=api.server.serve_forever, daemon=True).start()
    try:
        yield api
    finally:
        api.server.shutdown()


@dataclass(frozen=True, slots=True)
class Package:
    """What is deployed of a function: its own folder and its layers' one, both read-only, and its environment."""

    task: Path
    layers: Path
    environment: Mapping[str, str]

    def answers(self, python: Path, runtime: Path, events: list[Any]) -> tuple[list[Any], str]:
        """The answers of one process to events, one after the other, and what it logged.

        `runtime` is the folder of what Lambda brings; `python` finds nothing else beside the package.
        """
        with runtime_api() as api:
            path = f"{self.layers / 'python'}:{runtime}"
            environment = {**self.environment, "PYTHONPATH": path, "AWS_LAMBDA_RUNTIME_API": api.address}
            # -S: what lies in the environment around `python` is not there. -B: as where nothing can be written.
            process = subprocess.Popen(
                [python, "-S", "-B", "-m", "awslambdaric", "app.handler"],
                cwd=self.task,
                env={"LAMBDA_TASK_ROOT": str(self.task), "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            Thread(target=_end_with, args=(process, api, len(events)), daemon=True).start()
            try:
                found = []
                for event in events:
                    api.events.put(event)
                    found.append(api.answers.get(timeout=SECONDS))
            finally:
                process.kill()
                log = process.communicate()[0]
        return found, log


def _end_with(process: subprocess.Popen[str], api: RuntimeApi, events: int) -> None:
    """Once the process has ended, let no event wait for an answer."""
    status = process.wait()
    for _ in range(events):
        api.answers.put({"errorMessage": f"the function's process ended with {status}"})
