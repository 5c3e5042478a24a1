"""Starts the embedded stack, and sees to it that nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import boto3
import botocore.session

from local.stack.aws import Aws

REGION = "eu-central-1"
SERVER = Path(__file__).with_name("server.py")
LOG = "stack.log"
START_SECONDS = 60
STOP_SECONDS = 30


class StackStartError(Exception):
    """The embedded stack ended before it answered; the text has its last words."""


@contextmanager
def serving(folder: Path, python: Path) -> Iterator[Aws]:
    """Runs the embedded stack while the block runs.

    All it writes lies under `folder`: its log `stack.log`, and its state, from which a later run on the same
    folder goes on. It ends with the block, and with this process, however that ends.

    Raises:
        StackStartError: it ended, or did not answer within a minute.
    """
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as listening, (folder / LOG).open("ab") as log:
        endpoint = f"http://127.0.0.1:{listening.getsockname()[1]}"
        process = subprocess.Popen(
            [str(python), "-I", str(SERVER), str(listening.fileno())],
            cwd=folder,
            env=_environment(folder.resolve(), endpoint),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )
    try:
        _wait_until_healthy(endpoint, folder / LOG)
        yield Aws(_session(), endpoint)
    finally:
        _stop(process)


def _environment(folder: Path, endpoint: str) -> dict[str, str]:
    """All that the stack and its functions see: nothing of the caller's own accounts, proxies or Docker."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "PERSIST_STATE": "1",
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        "MINISTACK_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _session() -> boto3.Session:
    """ministack's root user, instead of the caller's own profile."""
    no_profile = botocore.session.Session({"profile": (None, None, None, None)})
    return boto3.Session("test", "test", region_name=REGION, botocore_session=no_profile)


def _wait_until_healthy(endpoint: str, log: Path) -> None:
    # The socket already listens: one request waits until the stack takes it, or fails when the stack ends.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        direct.open(f"{endpoint}/_ministack/health", timeout=START_SECONDS).close()
    except (urllib.error.URLError, OSError) as error:
        _, _, last_words = log.read_text(errors="replace").strip().rpartition("\n")
        raise StackStartError(f"the embedded stack did not start: {last_words} (see {log})") from error


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    try:
        process.stdin.close()
        process.wait(STOP_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
