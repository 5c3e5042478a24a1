"""The demo as a person starts it: a process of its own, asked by variables, and all that it said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from local.house import ROOT


def start(book: Path, *arguments: str, **asked: str) -> subprocess.Popen[str]:
    """Start it on a book; `arguments` name the play, `asked` are the variables that `make` would pass on."""
    paths = os.pathsep.join(str(ROOT / layer) for layer in ("layers/scorer", "layers/connectors"))
    return subprocess.Popen(
        [sys.executable, "-m", "local.demo", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths, "ACCOUNTS": str(book), **asked},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(book: Path, *arguments: str, **asked: str) -> tuple[int, str]:
    """The exit code and all that was said."""
    process = start(book, *arguments, **asked)
    said, _ = process.communicate(timeout=240)
    return process.returncode, said
