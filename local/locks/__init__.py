"""Lock files: every package that an environment or a layer installs, with its version and hashes.

`make lock` writes them, `make install` and the layers' builds install from them. Each starts with the digest of the
requirements that it was made for, so that an outdated one is found without resolving anything. Only the standard
library is imported here: the check runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "pyproject.toml"
LAYERS = ("scorer", "connectors")
"""Layers in the order in which they are locked: each shares the versions of those before it."""

ENVIRONMENTS = {"lock": "lock", "venv": "dev", "stack": "stack", "sam": "sam", "checkov": "checkov"}
"""The dependency group of each environment; `.venv` has what the layers bring as well."""

OLDEST_PYTHON = "3.11"
MADE_FOR = "# requirements sha256: "


class StaleLockError(Exception):
    """A lock file was made for other requirements than there are now; the text has its name and the remedy."""


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock file, relative to the project's folder, and what it is made from."""

    path: Path
    group: str = ""
    files: tuple[Path, ...] = ()
    constraints: tuple[Path, ...] = ()
    """Locks whose versions this one shares, since both are on one path when a function runs."""

    def requirements(self, root: Path = ROOT) -> bytes:
        """What the digest is taken of. A layer's is its file as it is: the layer's own build compares it, too."""
        group = "".join(f"{line}\n" for line in group_requirements(root / PROJECT.name, self.group))
        return group.encode() + b"".join((root / file).read_bytes() for file in self.files)

    def made_for(self, root: Path = ROOT) -> str:
        """The line that a fresh lock file starts with."""
        return MADE_FOR + hashlib.sha256(self.requirements(root)).hexdigest()

    def check(self, root: Path = ROOT) -> None:
        """Raises StaleLockError if the file is absent or was made for other requirements."""
        file = root / self.path
        if not file.exists():
            raise StaleLockError(f"{self.path} is absent: run `make lock`")
        if file.read_text("utf-8").partition("\n")[0] != self.made_for(root):
            sources = ", ".join([*(["pyproject.toml"] if self.group else []), *map(str, self.files)])
            raise StaleLockError(f"{self.path} is stale, the requirements in {sources} changed since: run `make lock`")


def all_locks() -> dict[str, Lock]:
    """Every lock by the name of its layer or environment, in the order in which they are made."""
    locks: dict[str, Lock] = {}
    for name in LAYERS:
        # A layer is built from its own folder alone, so its lock lies there.
        folder = Path("layers") / name
        before = tuple(lock.path for lock in locks.values())
        locks[name] = Lock(folder / "requirements.lock", files=(folder / "requirements.txt",), constraints=before)
    files = tuple(file for lock in locks.values() for file in lock.files)
    layers = tuple(lock.path for lock in locks.values())
    for name, group in ENVIRONMENTS.items():
        path = Path("locks") / f"{name}.txt"
        locks[name] = Lock(path, group, files, layers) if name == "venv" else Lock(path, group)
    return locks


def group_requirements(project: Path, group: str) -> Iterator[str]:
    """The requirements of a dependency group, those of the groups that it includes among them."""
    if group:
        groups: dict[str, list[Any]] = tomllib.loads(project.read_text("utf-8"))["dependency-groups"]
        for entry in groups[group]:
            if isinstance(entry, str):
                yield entry
            else:
                yield from group_requirements(project, entry["include-group"])
