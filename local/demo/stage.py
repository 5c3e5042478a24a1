"""Sets the stage: the whole deployment on what was kept of a book, and the services that are down."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from local.demo.errors import DemoError
from local.demo.kept import Kept
from local.house import STACK_PYTHON, House, house

PARAMETERS = {
    "FallbackOwner": "success-team@fernway.example",
    # The demo hands the rule's target its event itself; a tick of the real 07:00 would be of another day.
    "ScanEnabled": "false",
}


@contextmanager
def staged(kept: Kept) -> Iterator[House]:
    """Run everything while the block runs, on what was kept.

    Raises `DemoError`, `StackStartError`, `BuildError`, `DeployError`.
    """
    if not STACK_PYTHON.exists():
        raise DemoError(f"{STACK_PYTHON} is missing: `make install` makes it")
    ours = False
    try:
        with house(kept.folder, PARAMETERS) as home:
            ours = True
            yield home
    finally:
        if ours:
            # The embedded AWS unpacks layers there for each worker, hundreds of megabytes.
            shutil.rmtree(kept.folder / "stack" / "tmp", ignore_errors=True)


def refuse(home: House, vendor: str) -> None:
    """From now on the vendor answers 503 to everything."""
    fault = {"vendor": vendor, "kind": "status", "status": 503, "times": None}
    home.sandbox.answer("POST", "/control/faults", {}, json.dumps(fault).encode())


def page_writes(home: House) -> int:
    """How many times a Notion page was written since the start."""
    reply = home.sandbox.answer("GET", "/control/requests?vendor=notion", {}, b"")
    calls = reply.body["calls"] if reply and isinstance(reply.body, dict) else {}
    return int(calls.get("PATCH /v1/pages/{page_id}", 0))
