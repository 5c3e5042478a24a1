"""The template's functions, each to be started by itself with what is deployed with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from local.cold_start import recording
from local.cold_start.environment import environments
from local.cold_start.lists import Start
from local.stack.build import build
from local.stack.template import Template

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".stack/bin/python"
BUILT = ROOT / ".build"
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
"""What the Lambda runtime brings."""
EMPTY = "def handler(event, context):\n    return None\n"


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """One function as it is deployed: its folder and its layers on the path, and its environment."""

    name: str
    path: tuple[Path, ...]
    environment: Mapping[str, str]

    def start(self, code: str) -> float:
        """Seconds of CPU that a fresh interpreter takes for `code`: other work on this machine changes them little."""
        started = subprocess.Popen([*self._python, "-c", code], env=self._environment)
        _, status, used = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode:
            raise RuntimeError(f"{self.name} did not start: see above")
        return used.ru_utime + used.ru_stime

    def recorded(self, wanted: str) -> Start:
        """What a start loads and makes until `wanted`, a property of the function, is built."""
        command = [*self._python, recording.__file__, "", wanted]
        done = subprocess.run(command, env=self._environment, stdout=subprocess.PIPE, text=True, check=True)
        return Start.read(done.stdout)

    @property
    def _python(self) -> list[str]:
        # Without the environment's own packages: what is not in a layer or in the runtime is not there.
        return [str(PYTHON), "-S", "-B"]

    @property
    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join(map(str, self.path))
        return {"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONSAFEPATH": "1", **self.environment}


def unzipped_layers(template: Template, folder: Path) -> dict[str, Path]:
    """The layers as they are deployed, by logical id: the folder that comes on the path."""
    zips = build(template, ROOT, BUILT, PYTHON)
    layers = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            with zipfile.ZipFile(zips[name]) as archive:
                archive.extractall(folder / name)
            layers[name] = _read_only(folder / name / "python")
    return layers


def deployed_functions(
    template: Template, layers: Mapping[str, Path], folder: Path, secrets: str
) -> tuple[Function, list[Function]]:
    """An empty function, and those of the template."""
    runtime, nothing = _runtime(folder / "runtime"), folder / "empty"
    nothing.mkdir()
    (nothing / "app.py").write_text(EMPTY, "utf-8")
    shared, environment = template["Globals"]["Function"], environments(template, secrets)
    found = []
    for resource in template["Resources"].values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        own = resource["Properties"]
        source = _copied(ROOT / own["CodeUri"], folder)
        used = [layers[layer["Ref"]] for layer in [*shared["Layers"], *own.get("Layers", [])]]
        found.append(Function(source.name, (source, *used, runtime), environment[source.name]))
    return Function("empty", (nothing, runtime), {}), found


def _copied(source: Path, folder: Path) -> Path:
    """A function's folder as it is deployed: without what Python has put there on this machine."""
    copy = folder / "functions" / source.name
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return _read_only(copy)


def _read_only(folder: Path) -> Path:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return folder


def _runtime(folder: Path) -> Path:
    """A folder with the packages of the Lambda runtime and no others."""
    folder.mkdir()
    for name in RUNTIME:
        spec = find_spec(name)
        assert spec is not None and spec.origin is not None, f"{name} is not installed"
        origin = Path(spec.origin)
        package = origin.parent if origin.name == "__init__.py" else origin
        (folder / package.name).symlink_to(package)
    return folder
