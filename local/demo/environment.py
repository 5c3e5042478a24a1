"""The deployment that a demo runs on, with what earlier demos of the book left, and the services that are down."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.demo.errors import DemoError
from local.demo.state import DemoState
from local.deployment import STACK_PYTHON, LocalDeployment, local_deployment

PARAMETERS = {"FallbackOwner": "success-team@fernway.example"}


@contextmanager
def demo_deployment(state: DemoState, parameters: Mapping[str, str] | None = None) -> Iterator[LocalDeployment]:
    """Run everything while the block runs, on what was stored; `parameters` are laid over the demo's own.

    Raises `DemoError`, `StackStartError`, `BuildError`, `DeployError`.
    """
    if not STACK_PYTHON.exists():
        raise DemoError(f"{STACK_PYTHON} is missing: `make install` makes it")
    with deployed(state.folder, PARAMETERS | dict(parameters or {})) as deployment:
        yield deployment


@contextmanager
def deployed(folder: Path, parameters: Mapping[str, str]) -> Iterator[LocalDeployment]:
    """Run everything while the block runs, and leave nothing in the folder but the state."""
    ours = False
    try:
        with local_deployment(folder, parameters) as deployment:
            ours = True
            yield deployment
    finally:
        if ours:
            # The embedded AWS unpacks layers there for each worker, hundreds of megabytes.
            shutil.rmtree(folder / "stack" / "tmp", ignore_errors=True)


def refuse(deployment: LocalDeployment, vendor: str) -> None:
    """From now on the vendor answers 503 to everything."""
    fault = {"vendor": vendor, "kind": "status", "status": 503, "times": None}
    deployment.sandbox.answer("POST", "/control/faults", {}, json.dumps(fault).encode())


def page_writes(deployment: LocalDeployment) -> int:
    """How many times a Notion page was written since the start."""
    reply = deployment.sandbox.answer("GET", "/control/requests?vendor=notion", {}, b"")
    calls = reply.body["calls"] if reply and isinstance(reply.body, dict) else {}
    return int(calls.get("PATCH /v1/pages/{page_id}", 0))


def obey_notes(deployment: LocalDeployment, account_id: str) -> None:
    """From now on the sandbox's model does what the notes of this account ask for."""
    behaviour = {"behaviour": "obey_notes", "account_id": account_id, "times": None}
    deployment.sandbox.answer("POST", "/control/bedrock", {}, json.dumps(behaviour).encode())


def tokens(deployment: LocalDeployment) -> dict[str, int]:
    """The calls of the model since the start, and its tokens: "calls", "input" and "output"."""
    reply = deployment.sandbox.answer("GET", "/control/tokens", {}, b"")
    return dict(reply.body) if reply and isinstance(reply.body, dict) else {}
