"""The embedded stack's own process: serves ministack on the socket it is given, and ends with its parent.

Runs in the environment `.stack`, not in the project's: functions run with this very interpreter, and shall
find there what the Lambda runtime offers and what their layers bring, and nothing else.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
import zipfile
from importlib import import_module
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

# Not installed where the project is checked, so imported by name.
app = import_module("ministack.app").app
lambda_runtime: Any = import_module("ministack.core.lambda_runtime")
lambda_service = import_module("ministack.services.lambda_svc")
sqs = import_module("ministack.services.sqs")
hypercorn = import_module("hypercorn.asyncio")
Config = import_module("hypercorn.config").Config

iam_actions: Any = import_module("ministack.core.iam_actions")
rest_api = import_module("ministack.services.apigateway_v1")
gateway_answers = run_path(str(Path(__file__).with_name("gateway_answers.py")))

# AWS asks for the permission of the single call; ministack asks for one by the batch's own name, which does not exist.
BATCHES = {"sns:PublishBatch": "sns:Publish", "sqs:SendMessageBatch": "sqs:SendMessage"}

# The state of an event source at rest, which local/stack/deploy.py wakes; one that is switched off is "Disabled".
ASLEEP = "Asleep"

# While this file is there, a message that failed is tried again at once: tests of many tries do not wait between them.
RETRY_AT_ONCE = Path("retry-at-once")

# Seconds for a predecessor to leave the folder, and for the state to be saved before the end is forced.
SHUTDOWN_SECONDS = 20.0


class UnpackedOnce(zipfile.ZipFile):
    """Layers and functions are unpacked once and linked from then on.

    A scan wakes a dozen workers at the same moment; unpacking 3,000 files for each took longer than their work.
    """

    _one_at_a_time = threading.Lock()

    def namelist(self) -> list[str]:
        return []  # each name would be looked up on disk, for every worker again

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        content = hash(tuple((entry.filename, entry.CRC) for entry in self.infolist()))
        unpacked = Path(tempfile.gettempdir(), "unpacked", str(content))
        with self._one_at_a_time:
            if not unpacked.exists():
                super().extractall(unpacked, members or self.infolist(), pwd)
        for entry in unpacked.iterdir():
            Path(path, entry.name).symlink_to(entry)


def _as_aws_names_actions(action_of: Any) -> Any:
    def named(*request: Any) -> str | None:
        action: str | None = action_of(*request)
        return BATCHES.get(action or "", action)

    return named


def _at_once_where_asked(change_visibility: Any) -> Any:
    def changed(request: dict[str, Any], queue_url: str) -> Any:
        asked = {**request, "VisibilityTimeout": 0} if RETRY_AT_ONCE.exists() else request
        return change_visibility(asked, queue_url)

    return changed


async def serve(listening: int) -> None:
    """Serves until standard input ends or SIGTERM arrives; ministack then saves its state."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    threading.Thread(target=_end_with_parent, args=(loop, stop), daemon=True).start()
    config = Config()
    config.bind = [f"fd://{listening}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    await hypercorn.serve(gateway, config, shutdown_trigger=stop.wait)


async def gateway(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ministack as if behind a proxy that ends TLS, since policies refuse unencrypted requests."""
    if scope["type"] == "lifespan":
        await app(scope, _at_rest_when_it_stops(receive), send)
    else:
        headers = [*scope.get("headers", []), (b"x-forwarded-proto", b"https")]
        await app({**scope, "headers": headers}, receive, send)


def _at_rest_when_it_stops(receive: Any) -> Any:
    async def receive_after_rest() -> Any:
        event = await receive()
        if event["type"] == "lifespan.shutdown":
            _come_to_rest()
        return event

    return receive_after_rest


def _come_to_rest() -> None:
    """What is saved is a stack at rest.

    Its functions sleep until a deployment has brought them up to date and wakes them. Messages in hand are
    back on their queues: those who work on them end with this process.
    """
    for _, mapping in lambda_service._esms.all_items():
        if mapping["State"] == "Enabled":
            mapping.update(Enabled=False, State=ASLEEP)
    for _, queue in sqs._queues.all_items():
        for message in queue["messages"]:
            message["visible_at"] = 0.0


def _end_with_parent(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(stop.set)
    time.sleep(SHUTDOWN_SECONDS)
    _end_all()


def _end_all() -> None:
    """Ends this process and every worker it started: they share its process group."""
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _hold_folder() -> int:
    """One stack to a folder; the lock ends with the process, however that ends."""
    lock = os.open("lock", os.O_RDWR | os.O_CREAT)
    deadline = time.monotonic() + SHUTDOWN_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > deadline:
                sys.exit(f"another run uses {Path.cwd()}")
            time.sleep(0.1)


def _clear(folder: Path) -> None:
    """What a predecessor left that was ended by force."""
    for left in folder.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


if __name__ == "__main__":
    _hold_folder()
    _clear(Path(tempfile.gettempdir()))
    iam_actions.extract_iam_action = _as_aws_names_actions(iam_actions.extract_iam_action)
    gateway_answers["teach"](rest_api)
    hide = "ChangeMessageVisibility"
    sqs._HANDLERS[hide] = _at_once_where_asked(sqs._HANDLERS[hide])
    lambda_runtime.zipfile = SimpleNamespace(
        ZipFile=UnpackedOnce, BadZipFile=zipfile.BadZipFile, LargeFileError=zipfile.LargeZipFile
    )
    try:
        asyncio.run(serve(int(sys.argv[1])))
    except BaseException:
        traceback.print_exc()  # here, for the end comes before Python would print it
        raise
    finally:
        _end_all()
