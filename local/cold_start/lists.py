"""The import list of each function: which of our modules and which packages a start loads, and who brought one in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement

from local.cold_start import recording

ROOT = Path(__file__).parents[2]
LISTS = ROOT / "docs/imports"
LAYERS = ("layers/scorer", "layers/connectors")
RUNTIME = ("boto3",)
"""What Lambda's runtime brings, with all that it needs."""
COMMAND = "make imports"
OURS = ("customer_success", "connectors")
DETAILED = "aws_lambda_powertools"
"""Listed by its parts as well: some of them load much that others do not need."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a function's start loaded: each module with its first importer, in order; and the AWS clients it made.

    `sessions` of boto3 made them; each reads all that botocore knows of AWS once more.
    """

    modules: Mapping[str, str]
    clients: tuple[str, ...]
    sessions: int = 1

    @classmethod
    def read(cls, printed: str) -> Start:
        """What `recording` printed."""
        recorded = json.loads(printed)
        return cls(recorded["modules"], tuple(recorded["clients"]), recorded["sessions"])

    @property
    def listed(self) -> list[str]:
        """Our modules, then packages of others, as they stand in the function's list."""
        ours = {name for name in self.modules if name.partition(".")[0] in OURS}
        others = {short for name in self.modules if (short := _short(name)) and name not in ours}
        return [*sorted(ours), *sorted(others)]

    @property
    def floor(self) -> str:
        """The program of a function that only imports the same modules of others and makes the same clients."""
        others = [name for name in self.modules if not is_ours(name)]
        packages = [name for name in others if name.partition(".")[0] in deployed_packages()]
        clients = [f"boto3.client({service!r})" for service in dict.fromkeys(self.clients)]
        return "\n".join([*(f"import {name}" for name in packages), *clients])

    def chain(self, name: str) -> list[str]:
        """How a listed module came in: the function's own file first, each imported by the one before."""
        module = next(module for module in self.modules if name in (module, _short(module)))
        chain = [module]
        while (importer := self.modules.get(chain[0], "")) and importer not in chain:
            chain.insert(0, importer)
        return chain


def is_ours(module: str) -> bool:
    """Whether a module is the project's own."""
    return module.partition(".")[0] in (*OURS, "app", "wiring")


def start_of(name: str, environment: Mapping[str, str], wanted: str = "*") -> Start:
    """Load a function in a fresh interpreter up to its first message. Raises RuntimeError with what it printed."""
    path = os.pathsep.join(str(ROOT / folder) for folder in (f"functions/{name}", *LAYERS))
    done = subprocess.run(
        [sys.executable, "-B", recording.__file__, ",".join(sorted(_not_deployed())), wanted],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONSAFEPATH": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name} did not start:\n{done.stderr}")
    return Start.read(done.stdout)


def committed(name: str) -> list[str]:
    """A function's list as it is in the repository, empty if there is none."""
    path = LISTS / f"{name}.txt"
    return path.read_text("utf-8").split() if path.exists() else []


def write(name: str, start: Start) -> None:
    """Write a function's list."""
    LISTS.mkdir(exist_ok=True)
    (LISTS / f"{name}.txt").write_text("".join(f"{line}\n" for line in start.listed), "utf-8")


def differences(name: str, start: Start, wanted: Iterable[str]) -> list[str]:
    """One line for each module that came in or is no longer there, and what to do about it."""
    listed, wanted = start.listed, set(wanted)
    new = [
        f"{name} loads {module}, which its list does not have: {' → '.join(start.chain(module))}"
        for module in listed
        if module not in wanted
    ]
    missing = [f"{name} does not load {module} any more" for module in sorted(wanted - set(listed))]
    remedy = f"Import it only where it is used, or, if the function needs it, write the lists again: {COMMAND}"
    return [*new, *missing, remedy] if new or missing else []


@cache
def deployed_packages() -> frozenset[str]:
    """The top-level packages that layers and runtime bring, by what their requirements need in turn."""
    wanted = [*RUNTIME]
    for layer in LAYERS:
        lines = (ROOT / layer / "requirements.txt").read_text("utf-8").splitlines()
        wanted += [line.partition("#")[0].strip() for line in lines]
    distributions: set[str] = set()
    todo = [Requirement(line) for line in wanted if line]
    while todo:
        requirement = todo.pop()
        key = f"{_canonical(requirement.name)}[{','.join(sorted(requirement.extras))}]"
        if key in distributions:
            continue
        distributions.add(key)
        todo += [needed for needed in _needs(requirement.name) if _applies(needed, requirement.extras)]
    names = {key.partition("[")[0] for key in distributions}
    return frozenset(
        package for package, brought in packages_distributions().items() if names & {_canonical(one) for one in brought}
    )


@cache
def _not_deployed() -> frozenset[str]:
    return frozenset(packages_distributions()) - deployed_packages()


def _needs(distribution: str) -> list[Requirement]:
    try:
        return [Requirement(line) for line in requires(distribution) or ()]
    except PackageNotFoundError:
        return []


def _applies(requirement: Requirement, extras: set[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def _canonical(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _short(module: str) -> str:
    """The name under which others' modules are listed, empty for what comes with Python."""
    first = module.partition(".")[0]
    if first not in deployed_packages():
        return ""
    if first != DETAILED:
        return first
    parts = module.split(".")
    return ".".join(parts[:3] if parts[1:2] == ["utilities"] else parts[:2])
