"""The demo as a person starts it, configured by variables: a process of its own, or played in this one."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from local.demo.__main__ import main
from local.deployment import ROOT, LocalDeployment
from tests.builders.warm_stack import WarmStack, WarmStacks, retry_at_once


def started(module: str, *arguments: str, **asked: str) -> subprocess.Popen[str]:
    """Start a module of the project; `asked` are the variables that `make` would pass on."""
    paths = os.pathsep.join(str(ROOT / layer) for layer in ("layers/scorer", "layers/connectors"))
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths, **asked},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start(book: Path, *arguments: str, **asked: str) -> subprocess.Popen[str]:
    """Start the demo on a book; `arguments` name the play."""
    return started("local.demo", *arguments, ACCOUNTS=str(book), **asked)


def run(book: Path, *arguments: str, **asked: str) -> tuple[int, str]:
    """The exit code and the output."""
    process = start(book, *arguments, **asked)
    printed, _ = process.communicate()
    return process.returncode, printed


def play(book: Path, *arguments: str, **asked: str) -> tuple[int, str]:
    """The same in this process, which is quicker: for what the demo does, rather than how it starts and ends."""
    return played(main, *arguments, ACCOUNTS=str(book), **asked)


def played(command: Callable[[Sequence[str]], int], *arguments: str, **asked: str) -> tuple[int, str]:
    """The exit code of a command's main function called with these variables, and its output."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    handlers = {request: signal.getsignal(request) for request in (signal.SIGINT, signal.SIGTERM)}
    try:
        with patch.dict(os.environ, asked), redirect_stdout(printed), redirect_stderr(printed):
            code = command(arguments)
    finally:
        for request, handler in handlers.items():
            signal.signal(request, handler)
    return code, printed.buffer.getvalue().decode()  # type: ignore[attr-defined]


class WarmDemos:
    """The demo's deployment is the worker's warm one: its folder is where the book's state lies."""

    def __init__(self, stacks: WarmStacks) -> None:
        self._stacks = stacks
        self._entered: dict[Path, WarmStack] = {}

    @contextmanager
    def deployed(self, folder: Path, parameters: Mapping[str, str]) -> Iterator[LocalDeployment]:
        """What stands in for a deployment of the demo's own; entered again, it goes on with the state."""
        if folder not in self._entered:
            stack = self._stacks.stack(parameters)
            retry_at_once(stack.return_to())
            self._entered[folder] = stack
            self._move_in(folder, stack.deployment.folder)
        yield self._entered[folder].start_again(parameters)

    def _move_in(self, folder: Path, warm: Path) -> None:
        """Let the book's state lie in the warm deployment's folder, with the days that were noted before it started."""
        folder.mkdir(parents=True, exist_ok=True)
        for note in folder.iterdir():
            note.replace(warm / note.name)
        folder.rmdir()
        folder.symlink_to(warm)

    def move_out(self) -> None:
        """Forget what the books left."""
        for folder, stack in self._entered.items():
            folder.unlink()
            for note in filter(Path.is_file, stack.deployment.folder.iterdir()):
                note.unlink()
