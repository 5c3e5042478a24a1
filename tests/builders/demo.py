"""The demo as a person starts it: a process of its own, configured by variables, and its output."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from local.deployment import ROOT


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


def run(book: Path, *arguments: str, seconds: float = 240, **asked: str) -> tuple[int, str]:
    """The exit code and the output."""
    process = start(book, *arguments, **asked)
    printed, _ = process.communicate(timeout=seconds)
    return process.returncode, printed
