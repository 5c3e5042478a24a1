"""`make lock` writes all lock files; `python -m local.locks NAME …` checks that those named are fresh."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from local.locks import OLDEST_PYTHON, ROOT, Lock, StaleLockError, all_locks

UV = Path(sys.executable).with_name("uv")


def main(names: list[str], root: Path = ROOT) -> None:
    """Check the locks that are named; write all if none is."""
    locks = all_locks()
    try:
        for name in names:
            locks[name].check(root)
    except StaleLockError as stale:
        sys.exit(str(stale))
    for lock in [] if names else locks.values():
        print(f"locking {lock.path} …", flush=True)
        write(lock, upgrade=bool(os.environ.get("UPGRADE")))


def write(lock: Lock, *, upgrade: bool = False) -> None:
    """Resolve for every platform. Versions that the file has already stay, unless `upgrade`."""
    command: list[str | Path] = [UV, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-annotate"]
    command += ["--python-version", OLDEST_PYTHON, "--custom-compile-command", "make lock", "--output-file", lock.path]
    command += ["--upgrade"] if upgrade else []
    command += ["--group", lock.group] if lock.group else []
    for constraint in lock.constraints:
        command += ["--constraint", constraint]
    if subprocess.run([*command, *lock.files], cwd=ROOT).returncode != 0:
        sys.exit(f"{lock.path} was not written: no versions satisfy its requirements, or the package index is away")
    file = ROOT / lock.path
    file.write_text(f"{lock.made_for()}\n{file.read_text('utf-8')}", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
